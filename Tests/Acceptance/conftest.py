"""Fixtures: seeds that failures print, figures worth keeping, servers that never outlive a test."""

import os
import random

import pytest

import tapedeck


@pytest.fixture
def rng():
    """A random generator. A failing test shows its seed; TAPEDECK_SEED repeats it."""
    seed = int(os.environ.get("TAPEDECK_SEED") or random.SystemRandom().randrange(2**32))
    print(f"TAPEDECK_SEED={seed}")
    return random.Random(seed)


FIGURES = pytest.StashKey()


@pytest.fixture
def figure(request):
    """Keeps `FIGURE name value unit` for the end, and for the file that TAPEDECK_FIGURES names."""

    def record(name, value, unit):
        line = f"FIGURE {name} {value:.3f} {unit}"
        request.config.stash.setdefault(FIGURES, []).append(line)
        if path := os.environ.get("TAPEDECK_FIGURES"):
            with open(path, "a") as file:
                file.write(line + "\n")

    return record


def pytest_terminal_summary(terminalreporter, config):
    """Prints the figures, whether tests failed or not."""
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(line)


def start_servers(directory):
    servers = []

    def start(*arguments, journal=None, port=None):
        journal = journal or directory / f"journal-{len(servers)}"
        servers.append(tapedeck.Server(journal, *arguments, port=port))
        return servers[-1].start()

    yield start
    failures = []
    for server in servers:
        try:
            server.finish()
        except AssertionError as failure:
            failures.append(str(failure))
    assert not failures, failures


@pytest.fixture
def serve(tmp_path):
    """Starts servers for one test: `serve(*arguments, journal=…, port=…)`."""
    yield from start_servers(tmp_path)


@pytest.fixture(scope="module")
def serve_module(tmp_path_factory):
    """Starts servers that last for a test file."""
    yield from start_servers(tmp_path_factory.mktemp("served"))


@pytest.fixture
def server(serve):
    """One server on an empty journal."""
    return serve()
