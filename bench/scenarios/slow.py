"""Fast visitors of a tunnel alone, beside one who reads a large file slowly, and beside one who asks for it and reads nothing."""
import select
import socket
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from end_to_end import origin, work
from end_to_end.peers import Settings, iskandar
from end_to_end.processes import Failed
from end_to_end.program import ROOT, at_least, need, parser, run, say, table

CONNECTIONS = 64
BYTES_A_SECOND = 20_000
PAUSE = 0.1
RECEIVE_BUFFER = 16 * 1024
FILE = '/big.bin'
# By then whatever lies between the origin and the slow visitor is full.
FILLING_SECONDS = 3


def parse():
    made = parser('slow', f'The latency of {CONNECTIONS} fast connections, alone, beside a visitor who reads slowly, and beside one who reads nothing.')
    made.add_argument('--seconds', type=at_least(1), default=10, metavar='S', help='the length of each run of wrk; default 10')
    made.add_argument('--warm-up', type=at_least(1), default=15, metavar='S', help='unmeasured work first; default 15')
    made.add_argument('--repeats', type=at_least(1), default=5, metavar='N', help='default 5')
    return made.parse_args()


@contextmanager
def nobody(_running):
    yield


@contextmanager
def slow_visitor(running):
    """Reads a little ten times a second; it has to be at it from beginning to end. (curl --limit-rate takes megabytes at once, and then pauses for minutes.)"""
    with asking(running) as connection:
        ended, pieces = threading.Event(), []

        def read():
            while not ended.wait(PAUSE):
                try:
                    pieces.append(len(connection.recv(int(BYTES_A_SECOND * PAUSE))))
                except OSError:
                    pieces.append(0)
                if pieces[-1] == 0:
                    return

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield
        finally:
            ended.set()
            reader.join()
        if not pieces or pieces[-1] == 0 or median(pieces) < BYTES_A_SECOND * PAUSE:
            raise Failed('the slow visitor was given up, or got less than it could read')


@contextmanager
def stalled_visitor(running):
    """Sends a request and takes nothing; the connection has to last all the same."""
    with asking(running) as connection:
        yield
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        events = dict(poll.poll(0)).get(connection.fileno(), 0)
        if events & (select.POLLHUP | select.POLLERR) or not events & select.POLLIN:
            raise Failed('the stalled visitor was given up, or got nothing')


@contextmanager
def asking(running):
    """A connection on which the file was asked for. What the kernel takes for it is little."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        connection.settimeout(10)
        connection.connect(('127.0.0.1', running.port))
        connection.sendall(f'GET {FILE} HTTP/1.1\r\nHost: {running.host}\r\n\r\n'.encode())
        yield connection


VISITORS = {'alone': nobody, 'beside a slow visitor': slow_visitor, 'beside a stalled visitor': stalled_visitor}


def measure(arguments, folder):
    need('nginx', 'wrk')
    www, own = folder / 'www', folder / 'iskandar'
    own.mkdir()
    origin.write_files(www)
    samples = []
    with origin.origin(folder / 'origin', www) as origin_port, \
            iskandar(Settings(ROOT, Path(arguments.iskandar), www), own, origin_port) as running:
        work.wrk(running, '/small.txt', CONNECTIONS, arguments.warm_up)
        names = list(VISITORS)
        for repeat in range(arguments.repeats):
            for name in names[repeat % len(names):] + names[:repeat % len(names)]:
                say(f'repeat {repeat + 1} of {arguments.repeats}: {name}')
                with VISITORS[name](running):
                    time.sleep(FILLING_SECONDS)
                    ran = work.wrk(running, '/small.txt', CONNECTIONS, arguments.seconds)
                    held = {role: process.resident_kib() for role, process in running.processes.items()}
                samples.append({'visitor': name, 'repeat': repeat, **ran, 'kib': held})
    return report(arguments, samples), {'slow': samples}


def report(arguments, samples):
    rows = []
    for name in VISITORS:
        own = [sample for sample in samples if sample['visitor'] == name]
        base = {sample['repeat']: sample for sample in samples if sample['visitor'] == 'alone'}
        ratios = [sample['p99_ms'] / base[sample['repeat']]['p99_ms'] for sample in own]
        of_medians = median(sample['p99_ms'] for sample in own) / median(sample['p99_ms'] for sample in base.values())
        rows.append((name, f'{median(sample["rps"] for sample in own):,.0f}', f'{median(sample["p50_ms"] for sample in own):.2f}',
                     f'{median(sample["p99_ms"] for sample in own):.2f}',
                     *(('', '') if name == 'alone' else (f'{of_medians:.2f}x', f'{min(ratios):.2f}x to {max(ratios):.2f}x')),
                     sum(sample['failed'] for sample in own), f'{max(sum(sample["kib"].values()) for sample in own) / 1024:.0f}'))
    return '\n'.join([
        f'{CONNECTIONS} connections, responses of 128 B, medians of {arguments.repeats} interleaved repeats of {arguments.seconds} s. '
        f'The slow visitor reads {BYTES_A_SECOND:,} bytes a second of a file of 256 MiB, the stalled one nothing of it.', '',
        table(['', 'requests/s', 'p50, ms', 'p99, ms', 'p99: ratio of medians', 'of the repeats', 'failed', 'server and client, MiB'], rows)])


if __name__ == '__main__':
    sys.exit(run(measure, parse()))
