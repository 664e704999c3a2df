"""What a figure depends on beside the code: the machine, the versions, the commit."""
import datetime
import os
import platform
import re
import subprocess

from .processes import find


def describe(root):
    return {'date': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
            'cores': len(os.sched_getaffinity(0)), 'cpu': _cpu(), 'memory_mib': _memory_mib(), 'kernel': platform.release(),
            'load': os.getloadavg()[0], 'commit': _commit(root),
            'dotnet': _say('dotnet', '--version', cwd=root), 'nginx': _say('nginx', '-v'), 'ssh': _say('ssh', '-V'),
            'node': _say('node', '--version'), 'python': platform.python_version()}


def words(machine):
    return (f'{machine["cores"]} cores ({machine["cpu"]}), Linux {machine["kernel"]}, .NET SDK {machine["dotnet"]}, commit {machine["commit"]}, '
            f'{machine["date"]}.')


def busy(machine):
    """Whether others use the processors enough to spoil the figures."""
    return machine['load'] > machine['cores'] / 4


def _commit(root):
    commit = _say('git', 'rev-parse', '--short', 'HEAD', cwd=root)
    if not commit:
        return None
    return commit + ('-dirty' if _say('git', 'status', '--porcelain', cwd=root) else '')


def _say(command, *arguments, cwd=None):
    """What a program answers, or None: a version that can't be had must not end a run."""
    path = find(command)
    if not path:
        return None
    try:
        ended = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=30, cwd=cwd, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (ended.stdout or ended.stderr).strip() or None if ended.returncode == 0 else None


def _cpu():
    with open('/proc/cpuinfo') as file:
        found = re.search(r'^model name\s*:\s*(.+)$', file.read(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _memory_mib():
    with open('/proc/meminfo') as file:
        return int(re.search(r'^MemTotal:\s+(\d+)', file.read())[1]) // 1024
