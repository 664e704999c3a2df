"""Two network namespaces that a slow link joins. They end with the processes in them: nothing is left behind, however this program ends."""
import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager

from end_to_end.processes import Process, environment, find
from end_to_end.program import ROOT

from .link import DEVICE

ADDRESSES = ('192.0.2.1', '192.0.2.2')
MTU = 1500


def missing():
    """Why there can be no namespaces here, or None."""
    if os.geteuid() != 0:
        return 'needs root'
    lacking = [command for command in ('ip', 'unshare', 'nsenter') if not find(command)]
    if lacking:
        return f'needs {" and ".join(lacking)} (iproute2, util-linux)'
    return None if os.path.exists('/dev/net/tun') else 'needs /dev/net/tun'


@contextmanager
def joined(folder, delay_ms, megabits, queue_ms):
    """Yields for each of the two the command that runs another one in it, and the link's process."""
    with ExitStack() as stack:
        holders = [stack.enter_context(_namespace(folder / f'namespace{number}')) for number in (1, 2)]
        link = stack.enter_context(Process(
            [sys.executable, '-m', 'scenarios.link', *(holder.pid for holder in holders), delay_ms, megabits, queue_ms],
            folder / 'link', environment(PYTHONPATH=str(ROOT / 'bench'))))
        link.wait_for_line('^Ready')
        within = [(find('nsenter'), f'--net=/proc/{holder.pid}/ns/net') for holder in holders]
        for number, (command, own, other) in enumerate(zip(within, ADDRESSES, ADDRESSES[::-1])):
            for words in ('link set lo up', f'addr add {own} peer {other} dev {DEVICE}', f'link set {DEVICE} mtu {MTU} txqueuelen 10000 up'):
                with Process([*command, find('ip'), *words.split()], folder / f'ip{number}') as process:
                    process.wait_for_end()
        yield *within, link


@contextmanager
def _namespace(log):
    with Process([find('unshare'), '--net', find('sleep'), 'infinity'], log) as holder:
        ours = os.readlink('/proc/self/ns/net')
        holder.wait_until(lambda: os.readlink(f'/proc/{holder.pid}/ns/net') != ours, 'get a network namespace of its own')
        yield holder


def setting(within, name):
    """The value of a setting of the network in a namespace. /proc/sys shows that of whoever opens it."""
    ended = subprocess.run([*within, 'cat', f'/proc/sys/net/{name}'], capture_output=True, text=True, timeout=20, check=False)
    return ended.stdout.strip().replace('\t', ' ')
