"""100,000 events a second from an upstream: all recorded, once, in order, in bounded memory."""

import pathlib
import re
import sys
import time

import ledger_values
import pytest
import tapedeck

RATE, SECONDS = 100_000, (10 if tapedeck.DEEP else 2)
MEMORY_MAX_MIB = 512


class FastUpstream(tapedeck.Process):
    """`fast_upstream.py` in a process of its own."""

    def __init__(self, directory, count, rate):
        script = pathlib.Path(__file__).with_name("fast_upstream.py")
        words = [sys.executable, script, "--count", count, "--rate", rate]
        super().__init__(words, directory / "upstream.log")
        self.url = f"http://127.0.0.1:{self.launch().split()[1]}"


@pytest.fixture
def upstream(tmp_path):
    upstream = FastUpstream(tmp_path, RATE * SECONDS, RATE)
    yield upstream
    if upstream.running:
        upstream.kill()


def memory_mib(process):
    """The most memory that a process ever had resident."""
    status = pathlib.Path(f"/proc/{process.child.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


@pytest.mark.timeout(600)
def test_a_hundred_thousand_events_a_second_are_recorded(serve, upstream, figure):
    """No gap and no duplicate; TCP holds the upstream back if we are slower."""
    started = time.monotonic()
    server = serve("--upstream", upstream.url)

    def recorded():
        reply = server.request("GET", "/api/runs/fast")
        return reply.status == 200 and reply.json["events"] >= RATE * SECONDS

    tapedeck.eventually(recorded, 30 + 10 * SECONDS, "everything is recorded")
    took = time.monotonic() - started
    memory = memory_mib(server)
    figure("fast_upstream_rate", RATE * SECONDS / took, "events/s")
    figure("fast_upstream_memory", memory, "MiB")
    connection = tapedeck.Connection(server.port)
    number = 0
    for page in ledger_values.read_pages(connection, "fast"):
        seen = [event["data"]["message_id"] for event in page]
        assert seen == [f"fast-{number + at:08}" for at in range(len(page))]
        number += len(page)
    assert number == RATE * SECONDS
    astray = list(ledger_values.read_pages(connection, ledger_values.UNASSIGNED))
    connection.close()
    assert astray == [], "a gap was told, or something went astray"
    assert memory <= MEMORY_MAX_MIB
