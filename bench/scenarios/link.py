"""A slow link between two network namespaces: a TUN device in each, and this program between them, which holds every packet back. Needs no kernel module."""
import ctypes
import fcntl
import os
import select
import struct
import sys
import time
from collections import deque

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x1, 0x1000
MOST_AT_ONCE = 64
LONGEST_PACKET = 65536
DEVICE = 'slow0'


class Way:
    """One direction: packets leave it as fast as the rate allows, and arrive the delay later. What would wait longer than the queue is dropped."""

    def __init__(self, delay, rate, queue):
        self._delay, self._rate, self._queue = delay, rate, queue
        self._free_at = 0
        self._packets = deque()
        self.dropped = 0

    def put(self, packet, now):
        starts = max(now, self._free_at)
        if starts - now > self._queue:
            self.dropped += 1
            return
        self._free_at = starts + (len(packet) / self._rate if self._rate else 0)
        self._packets.append((self._free_at + self._delay, packet))

    def due(self):
        return self._packets[0][0] if self._packets else None

    def take(self, now):
        while self._packets and self._packets[0][0] <= now:
            yield self._packets.popleft()[1]


def carry(ends, ways):
    """Until the process is ended. ways[i] is that of the packets that come out of ends[i]."""
    others = {ends[0]: (ways[0], ends[1]), ends[1]: (ways[1], ends[0])}
    told = 0
    while True:
        now = time.monotonic()
        due = min((way.due() for way in ways if way.due() is not None), default=None)
        readable, _, _ = select.select(ends, [], [], None if due is None else max(0, due - now))
        for end in readable:
            _read(end, others[end][0])
        now = time.monotonic()
        for way, end in others.values():
            for packet in way.take(now):
                os.write(end, packet)
        dropped = sum(way.dropped for way in ways)
        if dropped != told:
            told = dropped
            print(f'dropped {dropped}', flush=True)


def _read(end, way):
    for _ in range(MOST_AT_ONCE):
        try:
            packet = os.read(end, LONGEST_PACKET)
        except BlockingIOError:
            return
        way.put(packet, time.monotonic())


def open_device(pid):
    """A TUN device in the network namespace of a process."""
    with open(f'/proc/{pid}/ns/net') as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), 'setns')
    end = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack('16sH', DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    return end


def main(left, right, delay_ms, megabits, queue_ms):
    # Somebody else's work must not make the link slower than it is.
    os.nice(-15)
    ends = [open_device(pid) for pid in (left, right)]
    ways = [Way(float(delay_ms) / 1000, float(megabits) * 1e6 / 8, float(queue_ms) / 1000) for _ in ends]
    print('Ready', flush=True)
    carry(ends, ways)


if __name__ == '__main__':
    main(*sys.argv[1:])
