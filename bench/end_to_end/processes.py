"""Starting, measuring and ending processes; Linux, by way of /proc."""
import ctypes
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

HERTZ = os.sysconf('SC_CLK_TCK')
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


class Failed(Exception):
    """Something that was started or measured did not do what it should."""


def find(command):
    """The path of an executable, or None. /usr/sbin is not in everybody's PATH."""
    return shutil.which(command) or shutil.which(command, path='/usr/sbin:/sbin')


def environment(**extra):
    """Ours without what would change a process under measurement: proxies and Iskandar's own settings."""
    kept = {name: value for name, value in os.environ.items()
            if not name.lower().endswith('_proxy') and not name.startswith('ISKANDAR_') and name != 'NODE_OPTIONS'}
    return {**kept, **extra}


def free_port():
    """A free loopback port below the ephemeral range, where no outgoing connection can take it before it is bound."""
    for _ in range(200):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue
    raise Failed('no free port between 20000 and 32000')


def end_with_parent():
    # Should this program be killed outright, what it started ends too.
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def begin_group():
    # What a terminal sends to the program itself must not reach what it measures.
    os.setpgid(0, 0)
    end_with_parent()


class Process:
    """A process in a group of its own, and all it starts. As a context manager it ends them."""

    # Linux can give each session a share of the processors of its own (sched_autogroup_enabled). Without this, all share those of the one that the benchmark was started in.
    own_session = False

    def __init__(self, command, log, env=None, cwd=None):
        self.command = [str(word) for word in command]
        self.log = Path(log)
        with open(self.log, 'wb') as out, open(f'{self.log}.err', 'wb') as err:
            self._popen = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env or environment(),
                                           cwd=cwd, start_new_session=self.own_session,
                                           preexec_fn=end_with_parent if self.own_session else begin_group)
        self.pid = self._popen.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def ends_within(self, seconds):
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def check(self):
        if self._popen.poll() is not None:
            raise Failed(f'{self.command[0]} ended by itself with {self._popen.returncode}: {self.complaints()}')

    def complaints(self):
        text = self.log.read_text(errors='replace')[-400:] + Path(f'{self.log}.err').read_text(errors='replace')[-400:]
        return text.strip() or '(it said nothing)'

    def wait_for_line(self, pattern, seconds=20):
        """The match of the first line of standard output, or of standard error, that the pattern fits."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for path in (self.log, f'{self.log}.err'):
                with open(path, errors='replace') as lines:
                    for line in lines:
                        found = re.search(pattern, line)
                        if found and line.endswith('\n'):
                            return found
            self.check()
            time.sleep(0.05)
        raise Failed(f'{self.command[0]} did not say {pattern!r} within {seconds} s: {self.complaints()}')

    def wait_for_port(self, port, seconds=20):
        def listens():
            try:
                socket.create_connection(('127.0.0.1', port), timeout=1).close()
                return True
            except OSError:
                return False
        self.wait_until(listens, f'listen on port {port}', seconds)

    def wait_for_file(self, path, seconds=20):
        self.wait_until(path.exists, f'write {path}', seconds)

    def wait_until(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check()
            if condition():
                return
            time.sleep(0.05)
        raise Failed(f'{self.command[0]} did not {what} within {seconds} s: {self.complaints()}')

    def wait_for_end(self, seconds=20):
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired as expired:
            raise Failed(f'{self.command[0]} did not end within {seconds} s') from expired
        if code != 0:
            raise Failed(f'{self.command[0]} failed with {code}: {self.complaints()}')

    def tree(self):
        """The ids of this process and its descendants. Not of its group: sshd gives each connection a session of its own."""
        return _tree(self.pid)

    def stop(self, seconds=10):
        if self._popen.poll() is not None:
            return
        # A process id alone may be another's by the time it is used: id and start time together are not.
        started = {pid: _start_time(pid) for pid in self.tree()}
        self._popen.terminate()
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        for pid, start in started.items():
            if pid != self.pid and start is not None and _start_time(pid) == start:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue

    def cpu_seconds(self):
        """User and system time, with that of children who have ended."""
        return _tree_cpu_seconds(self.pid)

    def resident_kib(self):
        return sum(_status(pid, 'VmRSS') for pid in self.tree())

    def peak_kib(self):
        return sum(_status(pid, 'VmHWM') for pid in self.tree())

    def threads(self):
        return sum(_status(pid, 'Threads') for pid in self.tree())

    def descriptors(self):
        return sum(_count(f'/proc/{pid}/fd') for pid in self.tree())


class OthersMeter:
    """How much of the processors everybody else used, as a share of all cores: processes that are not ours, and the hypervisor."""

    def __init__(self):
        self._start = self._read()

    def share(self):
        elapsed, busy, own = (now - then for now, then in zip(self._read(), self._start))
        return round(max(busy - own, 0) / (elapsed * os.cpu_count()), 3) if elapsed > 0 else 0.0

    @staticmethod
    def _read():
        with open('/proc/stat') as file:
            user, nice, system, _idle, _wait, _irq, _softirq, steal = map(int, file.readline().split()[1:9])
        return time.monotonic(), (user + nice + system + steal) / HERTZ, _tree_cpu_seconds(os.getpid())


def _tree(root):
    children = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            fields = _stat(int(entry))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def _tree_cpu_seconds(root):
    return sum(sum(map(int, fields[11:15])) for fields in map(_stat, _tree(root)) if fields) / HERTZ


def _stat(pid):
    """The fields of /proc/PID/stat from the third on (the second, the name, may hold anything)."""
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rsplit(')', 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _start_time(pid):
    fields = _stat(pid)
    return fields[19] if fields and fields[0] != 'Z' else None


def _status(pid, name):
    try:
        with open(f'/proc/{pid}/status') as file:
            found = re.search(rf'^{name}:\s+(\d+)', file.read(), re.MULTILINE)
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) if found else 0


def _count(folder):
    try:
        return len(os.listdir(folder))
    except (FileNotFoundError, ProcessLookupError):
        return 0
