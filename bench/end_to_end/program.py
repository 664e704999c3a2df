"""What the programs of this folder have in common: their options, what they say, and how they end."""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import machine
from .processes import Failed, find
from .report import append

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def release(project, executable):
    """Where the build of a project is."""
    return ROOT / f'artifacts/bin/{project}/release/{executable}'


ISKANDAR = release('Iskandar.Cli', 'iskandar')
LOAD = release('Iskandar.Load', 'Iskandar.Load')


def say(text):
    print(text, file=sys.stderr, flush=True)


@contextmanager
def temporary_folder():
    path = Path(tempfile.mkdtemp(prefix='iskandar-bench-'))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def parser(name, description):
    """A parser with the options of every program."""
    made = argparse.ArgumentParser(prog=f'bench/{name}', description=description)
    made.add_argument('--iskandar', type=Path, metavar='PATH', default=ISKANDAR, help='the executable to measure; default: the Release build')
    made.add_argument('--results', type=Path, metavar='PATH', default=ROOT / 'bench/results.json',
                      help='where to append the run, one JSON object a line; default: bench/results.json')
    made.add_argument('--build', action='store_true', help='build even if there is a Release build')
    return made


def at_least(least):
    """A type of argument: a whole number that is not less."""
    def parse(text):
        number = int(text)
        if number < least:
            raise argparse.ArgumentTypeError(f'must be at least {least}')
        return number
    parse.__name__ = 'number'
    return parse


def build(arguments):
    """Builds what is measured and what measures, as far as it is missing or --build says so."""
    for project, executable in (('src/Iskandar.Cli', ISKANDAR), ('bench/Iskandar.Load', LOAD)):
        if executable == ISKANDAR and arguments.iskandar != ISKANDAR:
            continue
        if os.access(executable, os.X_OK) and not arguments.build:
            continue
        say(f'Building {project} (Release)')
        ended = subprocess.run(['dotnet', 'build', project, '-c', 'Release', '-nodeReuse:false', '-v', 'quiet', '--nologo'],
                               cwd=ROOT, stdout=sys.stderr, timeout=900, check=False)
        if ended.returncode != 0:
            raise Failed(f'{project} does not build')
    if not os.access(arguments.iskandar, os.X_OK):
        raise Failed(f'no executable at {arguments.iskandar}')
    arguments.iskandar = arguments.iskandar.resolve()


def need(*commands):
    missing = [command for command in commands if not find(command)]
    if missing:
        raise Failed(f'{", ".join(missing)}: not installed (bench/run installs what it needs)')


def run(measure, arguments):
    """Measures, prints and keeps what came of it. measure: takes the arguments and a folder, and returns what is printed and what is kept."""
    handle_signals()
    about = machine.describe(ROOT)
    if machine.busy(about):
        say(f'!!! Other work runs on this machine (load {about["load"]:.1f} on {about["cores"]} cores): trust the ratios, if anything')
    try:
        build(arguments)
        with temporary_folder() as folder:
            text, kept = measure(arguments, folder)
    except Failed as why:
        say(f'!!! {why}')
        return 1
    print(f'{machine.words(about)}\n\n{text}')
    options = {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()}
    append(arguments.results, {**about, 'options': options, **kept})
    return 0


def table(heads, rows):
    """In Markdown: the first column to the left, the others to the right."""
    lines = [f'| {" | ".join(heads)} |', f'| --- |{" ---: |" * (len(heads) - 1)}']
    return '\n'.join(lines + [f'| {" | ".join(map(str, row))} |' for row in rows])


def handle_signals():
    for each in SIGNALS:
        signal.signal(each, _end)


def _end(number, _):
    # What is being cleaned up must not be interrupted by a second signal.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)
