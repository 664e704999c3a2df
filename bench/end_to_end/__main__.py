"""The command line, and the order in which things are measured."""
import argparse
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import growth, machine, origin, report, work
from .peers import DEFAULT, SYSTEMS, TITLES, Missing, Settings
from .processes import Failed, Process, find
from .program import ISKANDAR, ROOT, handle_signals, say, temporary_folder


def parse():
    parser = argparse.ArgumentParser(prog='bench/run', description='Iskandar and its peers under the same work, on the loopback interface.')
    option = parser.add_argument
    option('--only', default='', metavar='NAMES',
           help=f'which systems, separated by commas: {", ".join(SYSTEMS)}; default: {",".join(DEFAULT)}')
    option('--repeats', type=int, default=3, metavar='N', help='how often each system is started and measured; default 3')
    option('--seconds', type=int, default=6, metavar='S', help='the length of each run of wrk; default 6')
    option('--warm-up', type=int, default=30, metavar='S',
           help='at most so many seconds of unmeasured work first, until it gets no cheaper; default 30')
    option('--no-bulk', action='store_true', help='leave out the transfers of 256 MiB')
    option('--sessions', action='store_true',
           help='start each process in a session of its own: Linux then gives each a share of the processors (sched_autogroup_enabled)')
    option('--growth', type=int, metavar='N',
           help='instead of the above: N requests in slices, with the memory held after each (default system: iskandar)')
    option('--iskandar', type=Path, metavar='PATH', default=ISKANDAR,
           help='the executable to measure; default: the Release build')
    option('--results', type=Path, metavar='PATH', default=ROOT / 'bench/results.json',
           help='where to append the run, one JSON object a line; default: bench/results.json')
    option('--build', action='store_true', help='build Iskandar even if there is a Release build')
    option('--no-install', action='store_true', help='install no packages')
    arguments = parser.parse_args()
    Process.own_session = arguments.sessions
    arguments.systems = [name for name in arguments.only.split(',') if name] or (['iskandar'] if arguments.growth else DEFAULT)
    for name in arguments.systems:
        if name not in SYSTEMS:
            parser.error(f'no system is called {name}: choose from {", ".join(SYSTEMS)}')
    for name in ('repeats', 'seconds', 'warm_up'):
        if getattr(arguments, name) < 1:
            parser.error(f'--{name.replace("_", "-")} must be at least 1')
    return arguments


class Bench:
    def __init__(self, arguments, folder, origin_port):
        self.arguments, self.folder, self.origin_port = arguments, folder, origin_port
        self.www = folder / 'www'
        self.settings = Settings(ROOT, arguments.iskandar.resolve(), self.www)
        self.missing = {}
        self.problems = False

    @contextmanager
    def started(self, system):
        with tempfile.TemporaryDirectory(prefix=f'{system}-', dir=self.folder) as folder:
            with SYSTEMS[system](self.settings, Path(folder), self.origin_port) as running:
                yield running

    def skip(self, system, why):
        self.missing[system] = str(why)
        say(f'\n!!! {TITLES[system]} is NOT measured: {why}\n')

    def comparison(self):
        samples = []
        for repeat in range(self.arguments.repeats):
            systems = [system for system in rotated(self.arguments.systems, repeat) if system not in self.missing]
            for system in systems:
                say(f'repeat {repeat + 1} of {self.arguments.repeats}: {TITLES[system]}')
                sample = {'system': system, 'repeat': repeat, 'seconds': self.arguments.seconds}
                samples.append(sample)
                try:
                    with self.started(system) as running:
                        sample.update(work.measure(running, self.www, self.arguments))
                except Missing as why:
                    samples.remove(sample)
                    self.skip(system, why)
                except Failed as why:
                    sample['error'] = str(why)
                    self.problems = True
                    say(f'!!! {TITLES[system]}: {why}')
        return samples

    def soak(self):
        soaks = {}
        for system in self.arguments.systems:
            say(f'{self.arguments.growth:,} requests: {TITLES[system]}')
            try:
                with self.started(system) as running:
                    soaks[system] = growth.measure(running, self.arguments.growth, say)
            except Missing as why:
                self.skip(system, why)
            except Failed as why:
                self.problems = True
                say(f'!!! {TITLES[system]}: {why}')
        return soaks


def rotated(systems, repeat):
    """Nobody always comes first, nor always after the same."""
    start = repeat % len(systems)
    return systems[start:] + systems[:start]


def run(arguments):
    for command in ('nginx', 'wrk', 'curl'):
        if not find(command):
            say(f'!!! {command} is missing: nothing can be measured')
            return 1
    about = machine.describe(ROOT)
    if machine.busy(about):
        say(f'!!! Other work runs on this machine (load {about["load"]:.1f} on {about["cores"]} cores): trust the ratios, if anything')
    with temporary_folder() as folder:
        origin.write_files(folder / 'www')
        with origin.origin(folder / 'origin', folder / 'www') as port:
            bench = Bench(arguments, folder, port)
            results = bench.soak() if arguments.growth else bench.comparison()
    if arguments.growth:
        print('\n\n'.join(growth.table(TITLES[system], slices) for system, slices in results.items()))
    elif results:
        print(report.render(about, results, arguments.systems))
    for system, why in bench.missing.items():
        print(f'!!! {TITLES[system]} was not measured: {why}')
    options = {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()}
    report.append(arguments.results, {**about, 'options': options, 'missing': bench.missing, 'growth' if arguments.growth else 'samples': results})
    return 1 if bench.problems or not results or 'iskandar' in bench.missing else 0


if __name__ == '__main__':
    handle_signals()
    sys.exit(run(parse()))
