"""A soak: many requests in slices, and after each what the processes hold. A leak shows as growth that does not end."""
from .processes import Failed
from .work import wrk

CONNECTIONS = 64
SLICES = 10
LONGEST_SLICE = 60


def measure(running, requests, say):
    """One entry for the start and one for each slice. wrk counts seconds: how long a slice must be is what the one before tells."""
    slices = [{'requests': 0, 'failed': 0, 'rps': None, **_held(running)}]
    say(_line(slices[0]))
    done, seconds = 0, 1
    while done < requests:
        ran = wrk(running, '/small.txt', CONNECTIONS, seconds)
        if ran['requests'] == 0:
            raise Failed(f'no request in {seconds} s, after {done:,}')
        done += ran['requests']
        slices.append({'requests': done, 'failed': ran['failed'], 'rps': ran['rps'], **_held(running)})
        say(_line(slices[-1]))
        seconds = min(max(round(requests / SLICES / ran['rps']), 1), LONGEST_SLICE)
    return slices


def table(title, slices):
    roles = list(slices[0]['resident_kib'])
    heads = ['requests so far', *(f'{role}, MiB' for role in roles), *(f'{role}, threads' for role in roles),
             *(f'{role}, descriptors' for role in roles), 'requests/s', 'failed']
    lines = [f'### Growth: {title}', '', f'| {" | ".join(heads)} |', f'|{" ---: |" * len(heads)}']
    for entry in slices:
        cells = [f'{entry["requests"]:,}', *(f'{entry["resident_kib"][role] / 1024:.1f}' for role in roles),
                 *(str(entry['threads'][role]) for role in roles), *(str(entry['descriptors'][role]) for role in roles),
                 f'{entry["rps"]:,.0f}' if entry['rps'] else '', str(entry['failed'])]
        lines.append(f'| {" | ".join(cells)} |')
    if len(slices) < 5:
        return '\n'.join(lines)
    lines.append('')
    middle = slices[len(slices) // 2]
    for role in roles:
        change = (slices[-1]['resident_kib'][role] - middle['resident_kib'][role]) / 1024
        lines.append(f'{role}: {change:+.1f} MiB over the second half ({slices[-1]["requests"] - middle["requests"]:,} requests).')
    return '\n'.join(lines)


def _held(running):
    processes = running.processes.items()
    return {'resident_kib': {role: process.resident_kib() for role, process in processes},
            'threads': {role: process.threads() for role, process in processes},
            'descriptors': {role: process.descriptors() for role, process in processes}}


def _line(entry):
    held = ', '.join(f'{role} {kib / 1024:.1f} MiB' for role, kib in entry['resident_kib'].items())
    return f'{entry["requests"]:>10,} requests: {held}'
