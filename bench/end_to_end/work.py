"""The work that every system gets, and what is measured of it."""
import hashlib
import http.client
import os
import re
import subprocess
import time
import urllib.request

from .processes import Failed, OthersMeter, end_with_parent, environment, find

# name, path, connections
REQUESTS = [('c1', '/small.txt', 1), ('c64', '/small.txt', 64), ('c64_16k', '/16k.txt', 64)]
IDLE_SECONDS = 5
BULK_SECONDS = 120
WARM_UP_SLICE = 2
GIGABYTE = 1e9


def measure(running, www, arguments):
    """All figures of one system that has just been started."""
    time.sleep(IDLE_SECONDS)
    result = {'idle_kib': {role: process.resident_kib() for role, process in running.processes.items()}}
    for path in ('/small.txt', '/16k.txt'):
        _check_content(running, www, path)
    result['warm_up'] = _warm_up(running, arguments.warm_up)
    for name, path, connections in REQUESTS:
        result[name] = wrk(running, path, connections, arguments.seconds)
    result['peak_requests_kib'] = {role: process.peak_kib() for role, process in running.processes.items()}
    if not arguments.no_bulk:
        _curl(running, '/big.bin')
        result['down'] = download(running, www / 'big.bin')
        result['up'] = upload(running, www / 'big.bin')
    result['peak_kib'] = {role: process.peak_kib() for role, process in running.processes.items()}
    for process in running.processes.values():
        process.check()
    return result


def _warm_up(running, seconds):
    """Unmeasured work until it gets no cheaper, as it does for some time where code is compiled as it runs."""
    slices, costs = [], []
    while len(slices) * WARM_UP_SLICE < seconds:
        ran = wrk(running, '/small.txt', 64, WARM_UP_SLICE)
        slices.append({'rps': ran['rps'], 'cpu_us': ran['cpu_us']})
        costs.append(ran['cpu_us'] or (1 / ran['rps'] if ran['rps'] else float('inf')))
        if len(costs) > 3 and min(costs[-2:]) > 0.95 * min(costs[:-2]):
            break
    return slices


def wrk(running, path, connections, seconds):
    """One run of wrk."""
    command = [find('wrk'), '-t1', f'-c{connections}', f'-d{seconds}s', '--timeout', '10s', '--latency']
    if running.host:
        command += ['-H', f'Host: {running.host}']
    others, before = OthersMeter(), _cpu_seconds(running)
    try:
        ended = subprocess.run([*command, f'http://127.0.0.1:{running.port}{path}'], capture_output=True, text=True,
                               env=environment(), timeout=seconds + 60, check=False, preexec_fn=end_with_parent)
    except subprocess.TimeoutExpired as expired:
        raise Failed(f'wrk did not end within {expired.timeout} s') from expired
    spent, others_share = _cpu_seconds(running) - before, others.share()
    if ended.returncode != 0:
        raise Failed(f'wrk: {(ended.stderr or ended.stdout).strip()[-300:]}')
    out = ended.stdout
    requests = int(re.search(r'(\d+) requests in', out)[1])
    statuses = re.search(r'Non-2xx or 3xx responses: (\d+)', out)
    sockets = re.search(r'Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)', out)
    failed = int(statuses[1]) if statuses else 0
    failed += sum(map(int, sockets.groups())) if sockets else 0
    return {'requests': requests, 'rps': float(re.search(r'Requests/sec:\s+([\d.]+)', out)[1]),
            'p50_ms': _quantile(out, 50), 'p99_ms': _quantile(out, 99),
            'cpu_us': round(spent / requests * 1e6, 2) if requests and running.processes else None, 'failed': failed, 'others': others_share,
            'sockets': dict(zip(('connect', 'read', 'write', 'timeout'), map(int, sockets.groups()))) if sockets else None}


def download(running, file, seconds=BULK_SECONDS):
    return _transfer(running, seconds, file, 'speed_download', 'size_download', f'/{file.name}')


def upload(running, file, seconds=BULK_SECONDS):
    return _transfer(running, seconds, file, 'speed_upload', 'size_upload', '/sink', '-T', str(file), '-H', 'Expect:')


def _transfer(running, seconds, file, speed, transferred, path, *options):
    size = file.stat().st_size
    before = _cpu_seconds(running)
    answer = _curl(running, path, *options, seconds=seconds)
    spent = _cpu_seconds(running) - before
    complete = answer['code'] == 200 and answer['exit'] == 0 and int(answer[transferred]) == size
    return {'code': answer['code'], 'exit': answer['exit'], 'complete': complete, 'bytes': int(answer[transferred]),
            'mb_per_s': round(float(answer[speed]) / 1e6, 1) if complete else None, 'connect_s': float(answer['time_connect']),
            'cpu_s_per_gb': round(spent / (size / GIGABYTE), 3) if complete and running.processes else None}


def _curl(running, path, *options, seconds=BULK_SECONDS):
    fields = ('http_code', 'speed_download', 'speed_upload', 'size_download', 'size_upload', 'time_connect')
    host = ['-H', f'Host: {running.host}'] if running.host else []
    command = [*running.within, find('curl'), '-q', '-s', '--noproxy', '*', '--max-time', str(seconds), '-o', os.devnull,
               '-w', ' '.join(f'%{{{name}}}' for name in fields), *host, *options, f'http://{running.address}:{running.port}{path}']
    try:
        ended = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=seconds + 30, check=False,
                               preexec_fn=end_with_parent)
    except subprocess.TimeoutExpired as expired:
        raise Failed(f'curl did not end within {expired.timeout} s') from expired
    values = ended.stdout.split()
    if len(values) != len(fields):
        raise Failed(f'curl ended with {ended.returncode}: {ended.stderr.strip() or ended.stdout}')
    answer = dict(zip(fields, values))
    return {**answer, 'code': int(answer['http_code']), 'exit': ended.returncode}


def _check_content(running, www, path):
    """What is fast but wrong must not be measured."""
    request = urllib.request.Request(f'http://127.0.0.1:{running.port}{path}', headers={'Host': running.host} if running.host else {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as response:
            content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f'GET {path}: {error}') from error
    if hashlib.sha256(content).digest() != hashlib.sha256((www / path[1:]).read_bytes()).digest():
        raise Failed(f'GET {path}: other content than the origin\'s')


def _cpu_seconds(running):
    return sum(process.cpu_seconds() for process in running.processes.values())


def _quantile(out, percent):
    found = re.search(rf'^\s+{percent}%\s+([\d.]+)(us|ms|s|m|h)\s*$', out, re.MULTILINE)
    if found is None:
        # wrk has printed something that is no time, as it does when too few requests came back.
        return None
    number, unit = found.groups()
    return round(float(number) * {'us': 1e-3, 'ms': 1, 's': 1e3, 'm': 6e4, 'h': 3.6e6}[unit], 3)
