"""nginx twice: as the origin of all that is measured, and as a plain one-hop reverse proxy, the yardstick."""
import os
from contextlib import contextmanager
from pathlib import Path

from .processes import Failed, Process, find, free_port

SMALL, MEDIUM, BIG = 128, 16 * 1024, 256 * 1024 * 1024

COMMON = '''
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  sendfile on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 600s; client_max_body_size 0;
  {servers}
}}
'''

# The sink takes a whole upload into memory before it answers 200, and writes none of it to disk.
ORIGIN = '''
  server {{
    listen {address}:{port} backlog=4096;
    root {www};
    location = /hello {{ return 200 "hello world\\n"; }}
    location = /sink {{
      client_body_buffer_size {most};
      proxy_pass http://127.0.0.1:{port}/hello;
      proxy_method GET; proxy_pass_request_body off; proxy_set_header Content-Length "";
    }}
  }}
'''

PROXY = '''
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_request_buffering off;{options}
    }}
  }}
'''


def write_files(www, big=BIG):
    """small.txt, 16k.txt and big.bin; incompressible, so that nobody gains by compressing."""
    www.mkdir()
    (www / 'small.txt').write_bytes(os.urandom(SMALL // 2).hex().encode())
    (www / '16k.txt').write_bytes(os.urandom(MEDIUM // 2).hex().encode())
    block = os.urandom(1024 * 1024)
    with open(www / 'big.bin', 'wb') as file:
        for start in range(0, big, len(block)):
            file.write(block[:big - start])


@contextmanager
def origin(folder: Path, www: Path, big=BIG, address='127.0.0.1', within=()):
    """Yields the origin's port. within: a command that runs another one elsewhere, in a network namespace for example."""
    port = free_port()
    with _nginx(folder, _origin(port, www, big, address), port, within):
        yield port


@contextmanager
def proxy(folder: Path, origin_port):
    """Yields the proxy's port and process."""
    port = free_port()
    # Nothing of a response goes to disk, however slow the visitor.
    options = ' proxy_max_temp_file_size 0;'
    with _nginx(folder, PROXY.format(port=port, origin=origin_port, options=options), port) as process:
        yield port, process


@contextmanager
def together(folder: Path, www: Path):
    """Yields the port and the process of a proxy that shares its one worker with an origin of its own, and buffers responses as nginx does."""
    behind, port = free_port(), free_port()
    with _nginx(folder, _origin(behind, www) + PROXY.format(port=port, origin=behind, options=''), port) as process:
        yield port, process


def _origin(port, www, big=BIG, address='127.0.0.1'):
    return ORIGIN.format(port=port, www=www, most=big + 1024 * 1024, address=address)


@contextmanager
def _nginx(folder, servers, port, within=()):
    nginx = find('nginx')
    if not nginx:
        raise Failed('nginx is not installed')
    folder.mkdir()
    # As root, nginx would hand its work to a user who can't read the temporary folder.
    user = 'user root root;' if os.geteuid() == 0 else ''
    configuration = folder / 'nginx.conf'
    configuration.write_text(COMMON.format(user=user, folder=folder, servers=servers))
    with Process([*within, nginx, '-p', folder, '-c', configuration, '-e', folder / 'error.log'], folder / 'log') as process:
        process.wait_for_file(folder / 'nginx.pid')
        if not within:
            process.wait_for_port(port)
        yield process
