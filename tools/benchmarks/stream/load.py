"""The load client: `stream-load`, one scenario at a time."""

import pathlib
import subprocess

SECONDS_MAX = 400


class Failed(Exception):
    """A scenario that could not be measured, and why."""


def command(programs, scenario, server, **options):
    words = [str(pathlib.Path(programs) / "stream-load"), scenario]
    words += ["--server", server.kind, "--port", str(server.port)]
    words += ["--processes", ",".join(map(str, server.processes))]
    for name, value in options.items():
        words += ["--" + name.replace("_", "-"), str(value)]
    return words


def parse(text):
    """The `name value` lines of a scenario."""
    values = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2:
            values[words[0]] = float(words[1])
    return values


def run(programs, scenario, server, **options):
    """Runs a scenario against a server that runs, and returns what it measured."""
    words = command(programs, scenario, server, **options)
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        raise Failed(f"{scenario} takes over {SECONDS_MAX} s") from None
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or f"{scenario} exits {done.returncode}")
    return parse(done.stdout)
