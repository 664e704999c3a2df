"""Thousands of tunnels on one server: what each costs while it is idle, and how they all do when each gets a request every second."""
import json
import resource
import sys
import time
from contextlib import contextmanager

from end_to_end import iskandar
from end_to_end.processes import Failed, Process, free_port
from end_to_end.program import LOAD, at_least, parser, run, say, table

from .collection import collect

WARM_UP_TUNNELS = 50
WARM_UP_SECONDS = 5
CONNECT_SECONDS = 300
STEADY_SECONDS = 12
STEADY_KIB = 1024


def parse():
    made = parser('tunnels', 'Connects many idle tunnels and measures the server\'s memory for each; then sends each of them one request a second.')
    made.add_argument('--tunnels', type=at_least(1), default=5000, metavar='N', help='how many; default 5000')
    made.add_argument('--connections', type=at_least(1), default=200, metavar='N', help='persistent connections of the visitors; default 200')
    made.add_argument('--seconds', type=at_least(1), default=20, metavar='S', help='how long requests are sent; default 20')
    made.add_argument('--settle', type=at_least(STEADY_SECONDS), default=90, metavar='S',
                      help=f'wait at most so long for memory to change by less than 1 MiB in {STEADY_SECONDS} s; default 90')
    return made.parse_args()


def measure(arguments, folder):
    raise_limit(arguments.tunnels + arguments.connections + 1000)
    port = free_port()
    options = ('--max-tunnels', arguments.tunnels + WARM_UP_TUNNELS)
    states = {}
    with iskandar.server(arguments.iskandar, folder, f'127.0.0.1:{port}', options) as server:
        def held(state):
            states[state] = settled(server, arguments.settle)
            say(f'{state}: {states[state]["kib"] / 1024:.1f} MiB')

        # What is compiled and pooled once isn't the price of a tunnel.
        with tunnels(folder, port, WARM_UP_TUNNELS):
            visit(folder, port, WARM_UP_TUNNELS, WARM_UP_SECONDS)
        held('before')
        collect(server.pid)
        held('before, collected')
        started = time.monotonic()
        with tunnels(folder, port, arguments.tunnels) as load:
            connected = time.monotonic() - started
            say(f'{arguments.tunnels:,} tunnels in {connected:.1f} s')
            held('idle')
            collect(server.pid)
            held('idle, collected')
            cpu = idle_cpu(server)
            load.check()
            visit(folder, port, arguments.connections, WARM_UP_SECONDS)
            before = server.cpu_seconds()
            visits = visit(folder, port, arguments.connections, arguments.seconds)
            visits['cpu_us'] = (server.cpu_seconds() - before) / visits['requests'] * 1e6
            held('after requests')
            collect(server.pid)
            held('after requests, collected')
            load.check()
        server.check()
    kept = {'connect_seconds': connected, 'states': states, 'idle_cpu': cpu, 'visits': visits}
    return report(arguments, kept), {'tunnels': kept}


@contextmanager
def tunnels(folder, port, count):
    with Process([LOAD, 'tunnels', port, count], folder / 'hosts') as load:
        load.wait_for_line('^Ready', CONNECT_SECONDS)
        yield load


def visit(folder, port, connections, seconds):
    """One request a second for each tunnel there is."""
    hosts = folder / 'hosts.visited'
    hosts.write_text(''.join(line for line in (folder / 'hosts').read_text().splitlines(True) if line.strip() != 'Ready'))
    with Process([LOAD, 'visitors', port, hosts, connections, seconds], folder / 'visits') as visitors:
        visitors.wait_for_end(seconds + 60)
        return json.loads((folder / 'visits').read_text())


def settled(process, seconds):
    """Resident memory when it no longer changes; or after so many seconds, if it does."""
    samples = []
    while len(samples) < seconds:
        process.check()
        samples.append(process.resident_kib())
        last = samples[-STEADY_SECONDS:]
        if len(last) == STEADY_SECONDS and max(last) - min(last) < STEADY_KIB:
            return {'kib': samples[-1], 'seconds': len(samples), 'steady': True}
        time.sleep(1)
    return {'kib': samples[-1], 'seconds': len(samples), 'steady': False}


def idle_cpu(process, seconds=10):
    before = process.cpu_seconds()
    time.sleep(seconds)
    return (process.cpu_seconds() - before) / seconds


def raise_limit(descriptors):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= descriptors:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, max(hard, descriptors)))
    except (OSError, ValueError) as why:
        raise Failed(f'needs {descriptors} open files, and the limit of {hard} can\'t be raised: ulimit -n') from why


def report(arguments, kept):
    states, visits = kept['states'], kept['visits']

    def each(state, base):
        return f'{(states[state]["kib"] - states[base]["kib"]) / arguments.tunnels:.1f}'

    memory = [(state, f'{held["kib"] / 1024:.1f}', f'{held["seconds"]}{"" if held["steady"] else ", still changing"}',
               '' if state.startswith('before') else each(state, 'before, collected' if state.endswith('collected') else 'before'))
              for state, held in states.items()]
    latency = [(f'from when it was {since}', *(f'{visits[key][name]:.2f}' for name in ('p50', 'p99', 'p999', 'max')))
               for since, key in (('sent', 'from_sent'), ('due', 'from_due'))]
    missing = visits['requests'] - visits['answered']
    return '\n'.join([
        table(['the server\'s memory', 'MiB', 'steady after s', 'KiB a tunnel'], memory), '',
        f'{arguments.tunnels:,} tunnels connected in {kept["connect_seconds"]:.1f} s. Idle, they cost the server {kept["idle_cpu"]:.1%} of a core.', '',
        f'One request a second for each for {arguments.seconds} s, over {arguments.connections} connections: {visits["answered"]:,} of '
        f'{visits["requests"]:,} answered{f", {missing:,} NOT" if missing else ""}; {visits["cpu_us"]:.0f} µs of the server\'s CPU each.', '',
        table(['latency of a request, ms', 'p50', 'p99', 'p99.9', 'max'], latency)])


if __name__ == '__main__':
    sys.exit(run(measure, parse()))
