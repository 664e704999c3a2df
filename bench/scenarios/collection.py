"""Makes a .NET process collect all its garbage, by way of its diagnostics socket: what is left in its memory is in use."""
import glob
import os
import socket
import struct
import tempfile

from end_to_end.processes import Failed

EVENT_PIPE, START, STOP = 2, 3, 1
FORCE_COLLECTION = 0x800000
INFORMATIONAL = 4
NETTRACE = 1


def collect(pid):
    """To begin a trace with this keyword is what forces the collection; nobody wants the trace."""
    provider = struct.pack('<QI', FORCE_COLLECTION, INFORMATIONAL) + _text('Microsoft-Windows-DotNETRuntime') + _text('')
    with _connect(pid) as trace:
        session = _ask(trace, START, struct.pack('<IIBI', 1, NETTRACE, 0, 1) + provider)
        with _connect(pid) as other:
            # The collection has been done by the time this is answered. Unless the trace is read meanwhile, it never ends.
            _send(other, STOP, session)
            while trace.recv(65536):
                pass
            _receive(other)


def _connect(pid):
    paths = glob.glob(os.path.join(tempfile.gettempdir(), f'dotnet-diagnostic-{pid}-*-socket'))
    if not paths:
        raise Failed(f'process {pid} has no diagnostics socket')
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    # A process that was killed leaves its socket behind, and its number may have been this one's: the newest is alive.
    connection.connect(max(paths, key=os.path.getmtime))
    return connection


def _ask(connection, command, payload):
    _send(connection, command, payload)
    return _receive(connection)


def _send(connection, command, payload):
    connection.sendall(b'DOTNET_IPC_V1\0' + struct.pack('<HBBH', 20 + len(payload), EVENT_PIPE, command, 0) + payload)


def _receive(connection):
    header = _exactly(connection, 20)
    size, command_set, command = struct.unpack('<HBB', header[14:18])
    payload = _exactly(connection, size - 20)
    if (command_set, command) != (255, 0):
        raise Failed(f'the diagnostics socket answered with error {payload.hex()}')
    return payload


def _exactly(connection, count):
    data = b''
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise Failed('the diagnostics socket was closed')
        data += piece
    return data


def _text(text):
    return struct.pack('<I', len(text) + 1) + (text + '\0').encode('utf-16-le')
