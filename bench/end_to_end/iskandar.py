"""Iskandar's two processes."""
from contextlib import contextmanager

from .processes import Process, environment


@contextmanager
def server(executable, folder, address, options=(), within=()):
    """Yields the process. within: a command that runs another one elsewhere, in a network namespace for example."""
    port = address.rsplit(':', 1)[1]
    command = [*within, executable, 'server', '--public-url', f'http://localhost:{port}', '--listen', address, *options]
    with Process(command, folder / 'server.log', _home(folder), folder) as process:
        process.wait_for_line(r'^Listening on')
        yield process


@contextmanager
def client(executable, folder, origin, server_url, options=(), within=()):
    """Yields the process and the tunnel's host."""
    with Process([*within, executable, 'http', origin, '--server', server_url, *options], folder / 'client.log', _home(folder), folder) as process:
        yield process, process.wait_for_line(r'^http://(\S+?)/?\s*$')[1]


def _home(folder):
    # Its own: neither the user's configuration nor state of an earlier run plays a part.
    return environment(HOME=str(folder), XDG_CONFIG_HOME=str(folder / 'config'), XDG_STATE_HOME=str(folder / 'state'),
                       XDG_DATA_HOME=str(folder / 'data'), XDG_CACHE_HOME=str(folder / 'cache'))
