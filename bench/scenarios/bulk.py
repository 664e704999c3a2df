"""One download and one upload of many gigabytes through a tunnel, each byte checked, and what the two processes hold meanwhile."""
import sys
import time
from statistics import median

from end_to_end import iskandar
from end_to_end.processes import Failed, Process, free_port
from end_to_end.program import LOAD, parser, run, say, table

DIRECTIONS = ('download', 'upload')
PARTS = 10
LEAST_BYTES_A_SECOND = 10e6


def parse():
    made = parser('bulk', 'One long download and one long upload through a tunnel, each byte checked at the other end, with the memory held meanwhile.')
    made.add_argument('--gigabytes', type=float, default=10, metavar='N', help='the length of each, 1 GB being 1,000,000,000 bytes; default 10')
    made.add_argument('--only', choices=DIRECTIONS, help='only one of the two')
    made.add_argument('--interval', type=float, default=1, metavar='S', help='between two samples of the memory; default 1')
    return made.parse_args()


def measure(arguments, folder):
    origin_port, port = free_port(), free_port()
    length = int(arguments.gigabytes * 1e9)
    results = {}
    with Process([LOAD, 'origin', origin_port], folder / 'origin') as origin:
        origin.wait_for_line('^Ready')
        for direction in [arguments.only] if arguments.only else DIRECTIONS:
            # Started anew for each, so that neither gets what the other has left in memory.
            with iskandar.server(arguments.iskandar, folder, f'127.0.0.1:{port}') as server, \
                    iskandar.client(arguments.iskandar, folder, origin_port, f'http://localhost:{port}') as (client, host):
                say(f'{direction} of {length:,} bytes')
                processes = {'server': server, 'client': client}
                results[direction] = transfer(arguments, folder, direction, (port, host, length), processes)
                server.check()
                client.check()
    return '\n\n'.join(report(*result, length) for result in results.items()), {'bulk': results}


def transfer(arguments, folder, direction, where, processes):
    """Samples of the memory, each with how many bytes had been transferred."""
    length = where[-1]
    before = held(processes)
    cpu = cpu_seconds(processes)
    samples = []
    started = time.monotonic()
    with Process([LOAD, direction, *where], folder / 'visitor') as visitor:
        while not visitor.ends_within(arguments.interval):
            elapsed = time.monotonic() - started
            if elapsed > length / LEAST_BYTES_A_SECOND + 60:
                raise Failed(f'{direction}: not done after {elapsed:.0f} s')
            samples.append({'seconds': round(elapsed, 1), 'bytes': progress(visitor), 'kib': held(processes)})
        elapsed = time.monotonic() - started
        visitor.wait_for_end()
    return {'seconds': round(elapsed, 1), 'before_kib': before, 'after_kib': held(processes), 'samples': samples,
            'cpu_s_per_gb': (cpu_seconds(processes) - cpu) / (length / 1e9)}


def held(processes):
    return {role: process.resident_kib() for role, process in processes.items()}


def cpu_seconds(processes):
    return sum(process.cpu_seconds() for process in processes.values())


def progress(visitor):
    whole = visitor.log.read_text().rpartition('\n')[0]
    return int(whole.rpartition('\n')[2] or 0)


def report(direction, result, length):
    roles = list(result['before_kib'])
    rows = [('before', *cells([result['before_kib']], roles))]
    for part in range(PARTS):
        own = [sample['kib'] for sample in result['samples'] if part <= sample['bytes'] * PARTS / length < part + 1]
        rows.append((f'{part * 100 // PARTS} to {(part + 1) * 100 // PARTS} %', *cells(own, roles)))
    rows.append(('after', *cells([result['after_kib']], roles)))
    return '\n'.join([
        f'{direction} of {length / 1e9:g} GB: all bytes arrived as they should, {length / 1e6 / result["seconds"]:,.0f} MB/s, '
        f'{result["cpu_s_per_gb"]:.2f} CPU seconds of server and client a GB.', '',
        table(['memory, MiB: min / median / max', *roles], rows)])


def cells(samples, roles):
    for role in roles:
        mib = [sample[role] / 1024 for sample in samples]
        yield f'{min(mib):.1f} / {median(mib):.1f} / {max(mib):.1f}' if len(mib) > 1 else f'{mib[0]:.1f}' if mib else '-'


if __name__ == '__main__':
    sys.exit(run(measure, parse()))
