"""A download and an upload over a link with a long round trip: straight to the origin, and through a tunnel that crosses the link once."""
import re
import sys
from contextlib import ExitStack
from statistics import median

from end_to_end import iskandar, origin, work
from end_to_end.peers import Running
from end_to_end.processes import Failed, free_port
from end_to_end.program import at_least, need, parser, run, say, table

from . import namespaces
from .namespaces import ADDRESSES

WARM_UP_BYTES = 16 * 1024 * 1024
SLOWEST = 8


def parse():
    made = parser('latency', 'Transfers over a slow link between two network namespaces: straight to the origin, and through a tunnel. Needs root and iproute2.')
    made.add_argument('--size', type=at_least(1), default=256, metavar='MIB', help='of each transfer; default 256')
    made.add_argument('--delay', type=float, default=50, metavar='MS', help='in each direction; default 50, a round trip of 100')
    made.add_argument('--rate', type=float, default=200, metavar='MBIT', help='in each direction; 0: as fast as this machine can; default 200')
    made.add_argument('--queue', type=float, default=1000, metavar='MS', help='how long a packet waits for the link before it is dropped; default 1000')
    made.add_argument('--repeats', type=at_least(1), default=3, metavar='N', help='default 3')
    return made.parse_args()


def measure(arguments, folder):
    need('nginx', 'curl')
    www, size = folder / 'www', arguments.size * 1024 * 1024
    origin.write_files(www, size)
    (www / 'warm-up.bin').write_bytes(bytes(WARM_UP_BYTES))
    with ExitStack() as stack:
        enter = stack.enter_context
        here, there, link = enter(namespaces.joined(folder, arguments.delay, arguments.rate, arguments.queue))
        origin_port, port = enter(origin.origin(folder / 'origin', www, size, '0.0.0.0', there)), free_port()
        server = enter(iskandar.server(arguments.iskandar, folder, f'0.0.0.0:{port}', within=here))
        client, host = enter(iskandar.client(arguments.iskandar, folder, origin_port, f'http://{ADDRESSES[0]}:{port}', within=there))
        ways = {'direct': Running(origin_port, address=ADDRESSES[1], within=here),
                'tunnel': Running(port, host, {'server': server, 'client': client}, within=here)}
        for running in ways.values():
            transfer(running, www / 'warm-up.bin', arguments)
        samples = []
        for repeat in range(arguments.repeats):
            for name in list(ways)[::1 if repeat % 2 == 0 else -1]:
                say(f'repeat {repeat + 1} of {arguments.repeats}: {name}')
                samples.append({'way': name, 'repeat': repeat, **transfer(ways[name], www / 'big.bin', arguments)})
        tcp = {name: namespaces.setting(here, f'ipv4/{name}') for name in ('tcp_rmem', 'tcp_wmem', 'tcp_congestion_control')}
        link.check()
        dropped = re.findall(r'^dropped (\d+)$', link.log.read_text(), re.MULTILINE)
    kept = {'samples': samples, 'tcp': tcp, 'dropped': int(dropped[-1]) if dropped else 0}
    return report(arguments, kept), {'latency': kept}


def transfer(running, file, arguments):
    # Should it be slower than an eighth of the link, something is wrong.
    megabits = arguments.rate or 100
    seconds = int(60 + file.stat().st_size * 8 / 1e6 / megabits * SLOWEST)
    result = {'down': work.download(running, file, seconds), 'up': work.upload(running, file, seconds)}
    for name, one in result.items():
        if not one['complete']:
            raise Failed(f'{name} through {running.host or "the link"}: {one}')
    return result


def report(arguments, kept):
    rows = []
    for name, words in (('down', 'download'), ('up', 'upload')):
        speeds = {way: [sample[name]['mb_per_s'] for sample in kept['samples'] if sample['way'] == way] for way in ('direct', 'tunnel')}
        by_repeat = sorted(kept['samples'], key=lambda sample: sample['repeat'])
        pairs = zip(*([sample[name]['mb_per_s'] for sample in by_repeat if sample['way'] == way] for way in ('direct', 'tunnel')))
        ratios = [tunnel / direct for direct, tunnel in pairs]
        cpu = median(sample[name]['cpu_s_per_gb'] for sample in kept['samples'] if sample['way'] == 'tunnel')
        rows.append((words, *(f'{median(figures):.1f}' for figures in speeds.values()), f'{median(ratios):.2f}x',
                     f'{min(ratios):.2f}x to {max(ratios):.2f}x', f'{cpu:.1f}'))
    connect = [sample[name]['connect_s'] * 1000 for sample in kept['samples'] if sample['way'] == 'direct' for name in ('down', 'up')]
    tcp = kept['tcp']
    return '\n'.join([
        f'{arguments.size} MiB over a link of {arguments.delay:g} ms and {arguments.rate:g} Mbit/s each way; a connection opens in '
        f'{median(connect):.0f} ms. Medians of {arguments.repeats} interleaved repeats; the ratio is the median of those of each repeat. '
        f'{kept["dropped"]:,} packets dropped. For both alike: {tcp["tcp_congestion_control"]}, tcp_rmem {tcp["tcp_rmem"]}, tcp_wmem {tcp["tcp_wmem"]}.', '',
        table(['MB/s', 'direct', 'through the tunnel', 'ratio', 'lowest to highest', 'CPU seconds a GB'], rows)])


if __name__ == '__main__':
    arguments = parse()
    why = namespaces.missing()
    if why:
        print(f'\n!!! SKIPPED: bench/latency {why}\n')
        sys.exit(0)
    sys.exit(run(measure, arguments))
