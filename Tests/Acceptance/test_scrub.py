"""The scrub: a server checks its sealed segments again, slowly, and tells what it finds."""

import ctypes
import mmap
import os
import pathlib
import random
import time

import pytest
import tapedeck
from test_ready import value

RUN = "scrubbed-run"
PIECE = 256 << 10
FAST = ("--scrub-bytes-per-second", str(1 << 30), "--scrub-interval-seconds", "1")


@pytest.fixture
def sealed(serve):
    """A journal of three sealed segments of about a megabyte."""
    journal = None
    for segment in range(3):
        server = serve("--scrub-bytes-per-second", "0", journal=journal)
        journal = pathlib.Path(server.journal)
        for number in range(40):
            noise = random.randbytes(14_000).hex()
            data = tapedeck.message(RUN, f"{segment}-{number}", content=noise)
            server.broadcast(data)
        server.stop()
    assert len(segments(journal)) == 3
    return journal


def segments(journal):
    return sorted((journal / "segments").glob("*.tape"))


def size(journal):
    return sum(path.stat().st_size for path in segments(journal))


def flip(path, at):
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x20]))


def passes(server):
    return value(server, "tapedeck_scrub_last_pass_timestamp_seconds")


def wait_for_pass(server, count=1):
    """Waits until so many more passes have ended."""
    for _ in range(count):
        before = passes(server)
        tapedeck.eventually(lambda before=before: passes(server) > before, 15, "a pass ends")


def log(server):
    return [
        line for line in pathlib.Path(server.log).read_text().splitlines() if "scrub: " in line
    ]


def test_a_flipped_byte_is_told_in_log_metric_and_ready_and_streams_go_on(sealed, serve):
    """Once in the log, as verify tells it; until it is mended on /ready, which stays 200."""
    server = serve(*FAST, journal=sealed)
    begun = time.time()
    wait_for_pass(server)
    assert value(server, "tapedeck_scrub_findings") == 0
    assert abs(passes(server) - begun) < 60
    assert server.get("/ready") == {"status": "ready", "reasons": [], "upstreams": []}

    path = segments(sealed)[1]
    flip(path, path.stat().st_size // 2)
    tapedeck.eventually(
        lambda: value(server, "tapedeck_scrub_findings") == 1, 15, "the damage is found"
    )
    wait_for_pass(server, 3)
    assert value(server, "tapedeck_scrub_findings") == 1
    (line,) = log(server)
    told = tapedeck.run("verify", journal=sealed)
    (finding,) = [line for line in told.stdout.decode().splitlines() if str(path) in line]
    assert told.returncode == 3 and line.endswith(f"scrub: {finding}")
    assert " error " in line and ", offsets " in line and finding.endswith(f", runs {RUN}")
    answer = server.get("/ready")
    assert answer["status"] == "ready"
    (reason,) = answer["reasons"]
    assert str(path) in reason and "findings: 1" in reason and "tapedeck verify" in reason
    assert server.get("/health")["status"] == "ok"

    frames = server.read(RUN)
    (gap,) = [frame.json for frame in frames if frame.kind == "stream_gap"]
    assert gap["reason"] == "corruption"
    missing = tapedeck.offset(gap["missed_through"]) - tapedeck.offset(gap["missed_from"]) + 1
    assert len(tapedeck.events_of(frames)) == 120 - missing and 1 <= missing < 40
    server.say(RUN, "after")

    flip(path, path.stat().st_size // 2)
    tapedeck.eventually(lambda: value(server, "tapedeck_scrub_findings") == 0, 15, "it is mended")
    assert server.get("/ready")["reasons"] == [] and len(log(server)) == 1


def test_sealed_segments_are_checked_to_the_byte_and_what_is_written_is_not(sealed, serve):
    """The segment that is being written has no footer; a stop seals it."""
    server = serve("--scrub-bytes-per-second", str(1 << 30), journal=sealed)
    for count in (3, 4):
        whole = size(sealed)
        assert len(segments(sealed)) == count
        server.say(RUN, *(f"open-{count}-{n}" for n in range(1000)))
        wait_for_pass(server)
        assert value(server, "tapedeck_scrub_segments_total") == count
        assert value(server, "tapedeck_scrub_bytes_total") == whole
        assert value(server, "tapedeck_scrub_findings") == 0
        server.restart("stop")


def test_it_keeps_to_its_rate(sealed, serve, figure):
    """Over any time since the first piece, by no more than a piece."""
    rate = 384 << 10
    server = serve("--scrub-bytes-per-second", str(rate), journal=sealed)
    bytes_read, samples = 0, []
    tapedeck.eventually(lambda: value(server, "tapedeck_scrub_bytes_total"), 10, "it begins")
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < 6:
        bytes_read = value(server, "tapedeck_scrub_bytes_total")
        samples.append((time.monotonic() - begun, bytes_read))
        time.sleep(0.02)
    for passed, bytes_read in samples:
        assert bytes_read <= rate * (passed + 0.1) + 2 * PIECE, (passed, bytes_read)
    # From one piece to another: each is paid for by the rest behind it.
    steps = [now for before, now in zip(samples, samples[1:]) if now[1] > before[1]]
    (first, start), (last, end) = steps[0], steps[-1]
    figure("scrub_rate_kept", (end - start) / (last - first) / rate, "of the rate")
    assert bytes_read >= rate * 6 / 2, "it does not go on"
    assert bytes_read < size(sealed)


def resident(path):
    """How many pages of a file are in the page cache, and how many it has."""
    with path.open("rb") as file, mmap.mmap(
        file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE
    ) as content:
        pages = -(-len(content) // mmap.PAGESIZE)
        states, start = (ctypes.c_ubyte * pages)(), ctypes.c_char.from_buffer(content)
        address = ctypes.c_void_p(ctypes.addressof(start))
        code = ctypes.CDLL(None, use_errno=True).mincore(
            address, ctypes.c_size_t(len(content)), states
        )
        assert code == 0, os.strerror(ctypes.get_errno())
        del start
        return sum(state & 1 for state in states), pages


def evict(path):
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def test_it_leaves_the_page_cache_as_it_is(sealed, serve):
    """It reads the device: what nobody else reads is not in memory afterwards."""
    try:
        os.close(os.open(segments(sealed)[0], os.O_RDONLY | os.O_DIRECT))
    except OSError as error:
        pytest.skip(f"no direct reads here: {error}")
    for path in segments(sealed):
        assert path.read_bytes() and resident(path)[0] == resident(path)[1]
        evict(path)
        if resident(path)[0]:
            pytest.skip("this file system keeps files in memory")
    server = serve(*FAST, journal=sealed)
    wait_for_pass(server, 2)
    assert value(server, "tapedeck_scrub_bytes_total") >= 2 * size(sealed)
    for path in segments(sealed):
        # The start has read the footers.
        count, pages = resident(path)
        assert count < pages / 4, (count, pages)


def read_by(server):
    """How many bytes the process has read, from files and elsewhere."""
    text = pathlib.Path(f"/proc/{server.child.pid}/io").read_text()
    return int(text.split("rchar: ")[1].split("\n")[0])


@pytest.mark.parametrize("rate", [0, 1 << 30])
def test_without_a_rate_nothing_is_read(sealed, serve, rate):
    """And with one everything is: the kernel counts."""
    server = serve("--scrub-bytes-per-second", str(rate), journal=sealed)
    before = read_by(server)
    time.sleep(5)
    read = read_by(server) - before
    if rate:
        assert read >= size(sealed)
        assert value(server, "tapedeck_scrub_bytes_total") == size(sealed)
    else:
        assert read < 100_000
        assert value(server, "tapedeck_scrub_bytes_total") == 0
        assert passes(server) == 0
    server.stop()
