"""Medians of the samples and their ratios to the yardstick, as a table in Markdown."""
import json
from statistics import median

from .machine import words
from .peers import TITLES
from .work import REQUESTS

YARDSTICKS = ('nginx', 'nginx-together')
DISTURBED = 0.1
WORK = {'c1': '1 connection, responses of 128 B', 'c64': '64 connections, responses of 128 B', 'c64_16k': '64 connections, responses of 16 KiB'}


def render(machine, samples, systems):
    """samples: one dict a system and repeat, in the order they were taken."""
    shown = [system for system in systems if any(sample['system'] == system for sample in samples)]
    lines = [_about(machine, samples), '', f'| | {" | ".join(TITLES[system] for system in shown)} |', f'| --- |{" ---: |" * len(shown)}']
    for label, value, form in _rows(samples):
        if value is None:
            lines.append(f'| **{label}** |{" |" * len(shown)}')
            continue
        cells = [_cell(samples, system, value, form) for system in shown]
        if any(cell != '-' for cell in cells):
            lines.append(f'| {label} | {" | ".join(cells)} |')
    lines.append(f'| **Failed** |{" |" * len(shown)}')
    lines.append(f'| failed responses | {" | ".join(_failed(samples, system) for system in shown)} |')
    lines += ['', *_spread(samples, shown), *_disturbed(samples), *_split(samples, shown), *_problems(samples)]
    return '\n'.join(lines)


def append(path, run):
    """One run, one line: a file that tools read line by line."""
    with open(path, 'a') as file:
        file.write(json.dumps(run, separators=(',', ':')) + '\n')


def _rows(samples):
    """Label, where the figure stands in a sample, format; or the heading of a group."""
    for name, _, _ in REQUESTS:
        yield WORK[name], None, None
        yield 'requests/s', (name, 'rps'), ',.0f'
        yield 'median latency, ms', (name, 'p50_ms'), '.2f'
        yield '99th percentile of latency, ms', (name, 'p99_ms'), '.2f'
        yield 'CPU a request, µs', (name, 'cpu_us'), '.1f'
    if any('down' in sample for sample in samples):
        yield 'Transfers of 256 MiB', None, None
        yield 'download, MB/s', ('down', 'mb_per_s'), ',.0f'
        yield 'download, CPU seconds a GB', ('down', 'cpu_s_per_gb'), '.2f'
        yield 'upload, MB/s', ('up', 'mb_per_s'), ',.0f'
        yield 'upload, CPU seconds a GB', ('up', 'cpu_s_per_gb'), '.2f'
    yield 'Memory', None, None
    yield 'idle, MiB', ('idle_kib', None), '.0f'
    yield 'peak after the requests, MiB', ('peak_requests_kib', None), '.0f'
    if any('down' in sample for sample in samples):
        yield 'peak after the transfers too, MiB', ('peak_kib', None), '.0f'


def _value(sample, key):
    """The figure, or None where there is none."""
    part = sample.get(key[0])
    if part is None or sample.get('error'):
        return None
    if key[1] is None:
        return sum(part.values()) / 1024 if part else None
    return part[key[1]]


def _cell(samples, system, key, form):
    own = {sample['repeat']: _value(sample, key) for sample in samples if sample['system'] == system}
    figures = [figure for figure in own.values() if figure is not None]
    if not figures:
        return _refusal(samples, system, key)
    ratios = [_ratio(samples, own, yardstick, key) for yardstick in YARDSTICKS if yardstick != system]
    shown = ', '.join(f'{ratio:.2f}x' for ratio in ratios if ratio is not None)
    return format(median(figures), form) + (f' ({shown})' if shown and system != YARDSTICKS[0] else '')


def _ratio(samples, own, yardstick, key):
    """Pairs of one repeat were taken minutes apart at most: their ratio stands where the absolute figures drift."""
    base = {sample['repeat']: _value(sample, key) for sample in samples if sample['system'] == yardstick}
    ratios = [own[repeat] / base[repeat] for repeat in own if own[repeat] is not None and base.get(repeat)]
    return median(ratios) if ratios else None


def _refusal(samples, system, key):
    """Why a transfer has no speed."""
    if key[1] != 'mb_per_s':
        return '-'
    answers = [sample[key[0]] for sample in samples if sample['system'] == system and key[0] in sample]
    if not answers:
        return '-'
    code = answers[-1]['code']
    return f'refused ({code})' if code == 413 else f'failed ({code or "no response"})'


def _failed(samples, system):
    own = [sample[name] for sample in samples if sample['system'] == system for name, _, _ in REQUESTS if name in sample]
    failed, requests = sum(part['failed'] for part in own), sum(part['requests'] for part in own)
    return f'{failed:,} of {requests:,}' if requests else '-'


def _about(machine, samples):
    repeats = 1 + max(sample['repeat'] for sample in samples)
    yardsticks = [f'"{TITLES[system]}"' for system in YARDSTICKS if any(sample['system'] == system for sample in samples)]
    return (f'{words(machine)} Medians of {repeats} interleaved repeat{"s" if repeats > 1 else ""} of {samples[0]["seconds"]} s; '
            + (f'in brackets the medians of the ratios to {" and to ".join(yardsticks)} of the same repeat.' if yardsticks else ''))


def _spread(samples, shown):
    """How far the repeats of one system lie apart: smaller differences between systems mean nothing."""
    parts = []
    for system in shown:
        figures = [figure for sample in samples if sample['system'] == system and (figure := _value(sample, ('c64', 'rps')))]
        if len(figures) > 1:
            parts.append(f'{TITLES[system]} {min(figures):,.0f} to {max(figures):,.0f}')
    return [f'Requests/s at 64 connections, 128 B, lowest to highest repeat: {"; ".join(parts)}.'] if parts else []


def _disturbed(samples):
    """Other people's work, a backup, a neighbour on the host: figures taken meanwhile are no good."""
    runs = [sample[name] for sample in samples for name, _, _ in REQUESTS if name in sample]
    bad = [ran['others'] for ran in runs if ran['others'] > DISTURBED]
    if not bad:
        return []
    return [f'!!! Others used over {DISTURBED:.0%} of the processors during {len(bad)} of {len(runs)} runs of wrk (at most {max(bad):.0%}): '
            'measure again on a quiet machine.']


def _split(samples, shown):
    """Memory by process, for the systems that have two."""
    lines = []
    for system in shown:
        own = [sample for sample in samples if sample['system'] == system and not sample.get('error')]
        roles = list(own[0]['idle_kib']) if own else []
        if len(roles) > 1:
            parts = [f'{role} {median(sample["idle_kib"][role] for sample in own) / 1024:.1f} idle and '
                     f'{median(sample["peak_kib"][role] for sample in own) / 1024:.1f} peak' for role in roles]
            lines.append(f'Memory of {TITLES[system]}, MiB: {"; ".join(parts)}.')
    return lines


def _problems(samples):
    return [f'!!! {TITLES[sample["system"]]}, repeat {sample["repeat"] + 1}: {sample["error"]}' for sample in samples if sample.get('error')]
