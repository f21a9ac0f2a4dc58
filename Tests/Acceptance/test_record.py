"""`tapedeck record`: the recorder without a server, and lines on standard input as they arrive."""

import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import pytest
import tapedeck
from test_upstream import RUN, Upstream

SECOND = 1.0


class Recorder(tapedeck.Process):
    """`tapedeck record`, with a pipe as its standard input where it reads lines."""

    def __init__(self, journal, *arguments):
        self.journal = pathlib.Path(journal)
        words = [tapedeck.BINARY, "record", "--journal", journal, *arguments]
        super().__init__(words, f"{journal}.record.log")

    def start(self):
        line = self.launch(stdin=subprocess.PIPE if "-" in self.words else subprocess.DEVNULL)
        assert line == f"recording to {self.journal}", f"not the promised line: {line!r}"
        return self

    def write(self, *lines, end=b"\n"):
        """Writes lines, each a value or bytes as they stand."""
        for line in lines:
            raw = line if isinstance(line, bytes) else tapedeck.dump(line)
            self.child.stdin.write(raw + end)
        self.child.stdin.flush()

    def finish(self, timeout=20):
        """Ends the lines; the exit code and what was printed on stdout."""
        self.child.stdin.close()
        code = self.child.wait(timeout)
        return code, self.child.stdout.read().decode()

    def stop(self, number=signal.SIGTERM):
        code = self.end(number)
        assert code == 0, f"exit {code} after signal {number}; stderr: {self.told()!r}"


@pytest.fixture
def record(tmp_path):
    """Starts recorders for one test: `record(*arguments, journal=…)`."""
    recorders = []

    def start(*arguments, journal=tmp_path / "journal"):
        recorders.append(Recorder(journal, *arguments))
        return recorders[-1].start()

    yield start
    for recorder in recorders:
        if recorder.running:
            recorder.kill()


@pytest.fixture
def upstreams(tmp_path):
    """Starts Event Stream services for one test."""
    started = []

    def start():
        (tmp_path / f"{len(started)}").mkdir()
        started.append(Upstream(tmp_path / f"{len(started)}").start())
        return started[-1]

    yield start
    for upstream in started:
        upstream.kill()


def event(n, run="lines", **more):
    return {"event": "agent_chat_note", "run_id": run, "data": {"n": n} | more}


def events(journal, run="lines"):
    """What is recorded of a run, read beside whoever writes."""
    done = tapedeck.run("replay", run, "--speed", "max", journal=journal)
    return [json.loads(line) for line in done.stdout.splitlines()]


def numbers(journal, run="lines"):
    return [line["data"]["n"] for line in events(journal, run)]


def count(journal):
    runs = json.loads(tapedeck.succeed("runs", "--json", journal=journal))["runs"]
    return sum(run["events"] for run in runs)


def wait_for(journal, expected, timeout=10):
    tapedeck.eventually(lambda: count(journal) == expected, timeout, f"{expected} events")


def listening_sockets(pid):
    """The TCP sockets of a process that listen."""
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                listening.add(f"socket:[{fields[9]}]")
    own = set()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            own.add(os.readlink(link))
        except FileNotFoundError:
            pass
    return own & listening


# --- upstreams --------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_records_an_upstream_without_listening_and_drains_at_a_signal(
    record, upstreams, serve, number
):
    """The same recorder as that of `serve`; what it recorded is served afterwards."""
    upstream = upstreams()
    recorder = record("--upstream", upstream.url)
    upstream.wait_for_clients()
    assert not listening_sockets(recorder.child.pid)
    upstream.open_thread()
    for n in range(50):
        upstream.say(n)
    wait_for(recorder.journal, 51)
    recorder.stop(number)
    with serve(journal=recorder.journal).stream(RUN) as stream:
        frames = stream.events(51)
    ids = [frame.json.get("message_id") for frame in frames]
    assert ids == [None] + [f"{RUN}-{n}" for n in range(50)]


def test_several_upstreams_and_filters(record, upstreams):
    """Whatever one of the filters takes, from each upstream."""
    one, two = upstreams(), upstreams()
    recorder = record(
        "--upstream", one.url, "--upstream", two.url, "--filter", "agent_*", "--filter", "alert"
    )
    for n, upstream in enumerate((one, two)):
        upstream.wait_for_clients()
        for kind in ("alert", "agent_note", "alerts", "heartbeat", "agent_chat_note"):
            data = {"run_id": f"run-{n}", "kind": kind}
            upstream.control("broadcast", event_type=kind, data=data)
    wait_for(recorder.journal, 6)
    for n in range(2):
        kinds = [line["event"] for line in events(recorder.journal, f"run-{n}")]
        assert kinds == ["alert", "agent_note", "agent_chat_note"]
    recorder.stop()


def test_commands_reach_a_journal_that_is_recorded_to(record, tmp_path):
    """`import` and `record -` go through its socket; a second writer is refused in one sentence."""
    recorder = record("--upstream", f"http://127.0.0.1:{tapedeck.free_port()}")
    journal = recorder.journal
    recording = tmp_path / "a-run.ndjson"
    recording.write_bytes(b'{"event":"agent_chat_note","data":{}}\n' * 3)
    assert b"3 events imported" in tapedeck.succeed("import", recording, journal=journal)
    lines = record("-", journal=journal)
    lines.write(event(1))
    assert lines.finish() == (0, "standard input: 1 events recorded, 0 known\n")
    assert count(journal) == 4
    for command in (["serve", "--port", 0, "--upstream", "none"], ["record"]):
        told = tapedeck.refuse(*command, journal=journal)
        assert f"{journal}: another tapedeck writes to this journal" in told
    assert recorder.running


def test_wrong_usage_exits_64_and_makes_no_journal(tmp_path):
    """Nothing to record, or two things at once."""
    journal = tmp_path / "journal"
    for arguments in (
        ["--upstream", "none"],
        ["file.ndjson"],
        ["-", "--upstream", "http://127.0.0.1:1"],
        ["-", "--filter", "*"],
        ["--port", "1", "-"],
    ):
        tapedeck.refuse("record", *arguments, codes=(64,), journal=journal)
    assert not journal.exists()


def test_a_file_in_the_place_of_the_socket_is_named(tmp_path):
    """One line that says what to do."""
    journal = tmp_path / "journal"
    (journal / "control.sock").mkdir(parents=True)
    told = tapedeck.refuse("record", "-", journal=journal)
    assert told.endswith(f" {journal}/control.sock: this is no socket; move it away\n")


# --- lines ------------------------------------------------------------------------------------


@pytest.fixture(params=["itself", "server"])
def lines(request, record, serve, tmp_path):
    """`record -`, which writes the journal itself, or goes through its server."""
    if request.param == "server":
        serve(journal=tmp_path / "journal")
    return record("-")


def test_each_line_of_a_slow_producer_is_durable_at_once(lines, figure):
    """Within a second of being written, seen by another process; never held back for more."""
    latencies = []
    for n in range(20):
        written = time.monotonic()
        lines.write(event(n))
        wait_for(lines.journal, n + 1, SECOND)
        latencies.append((time.monotonic() - written) * 1000)
        time.sleep(0.02)
    figure("record_line_to_reader_p50", tapedeck.percentile(latencies, 50), "ms")
    lines.kill()  # What was seen is durable: nobody had the time to tidy up.
    assert numbers(lines.journal) == list(range(20))


def test_a_bad_line_is_told_with_its_number_and_the_rest_goes_on(lines):
    """Malformed, reserved, not UTF-8, with a NUL: each one sentence; exit 2 at the end."""
    bad = {
        2: b"not json",
        4: b'{"event":"ping","data":{}}',
        5: b'{"event":"agent_chat_note","data":{"x":"\xff\xfe"}}',
        6: b'{"event":"agent_chat_note","data":{"x":"\0"}}',
        7: b"\0",
        8: b'{"event":"journal_gap","id":"k7q2m9xa-5","data":{}}',
        10: b'{"event":"agent_chat_note","data":[]}',
        11: b'{"event":"agent_chat_note","run_id":"","data":{}}',
    }
    good = {1: event(1), 3: event(3), 12: event(12)}
    for number in range(1, 13):
        lines.write(bad.get(number) or good.get(number) or b"")  # 9 is blank.
    wait_for(lines.journal, 3)
    assert lines.running
    lines.write(tapedeck.dump(event(13)) + b"\r")
    code, printed = lines.finish()
    assert (code, printed) == (2, "standard input: 4 events recorded, 0 known\n")
    told = lines.told().splitlines()
    assert told[-1] == "tapedeck: standard input: 8 of 12 lines refused"
    found = [re.match(r"tapedeck: standard input: line (\d+): \S", line) for line in told[:-1]]
    assert [int(match[1]) for match in found] == list(bad)
    assert numbers(lines.journal) == [1, 3, 12, 13]


def test_a_line_without_an_end_is_not_kept(lines):
    """Over 17 MiB: refused without being held; one of 15 MiB is recorded."""
    lines.write(event(1, x="x" * (15 << 20)), event(2, x="x" * (40 << 20)), event(3))
    code, printed = lines.finish()
    assert (code, printed) == (2, "standard input: 2 events recorded, 0 known\n")
    assert "line 2: it is longer than 17825792 bytes" in lines.told()
    assert numbers(lines.journal) == [1, 3]


def test_the_last_line_needs_no_end(lines):
    """What a producer leaves without a line break is a line."""
    lines.write(event(1), event(2))
    lines.write(event(3), end=b"")
    assert lines.finish() == (0, "standard input: 3 events recorded, 0 known\n")
    assert numbers(lines.journal) == [1, 2, 3]


def test_a_pipe_closed_in_the_middle_of_a_line_is_told(lines):
    """What was whole is recorded; the torn line is refused by its number."""
    lines.write(event(1))
    lines.write(tapedeck.dump(event(2))[:-7], end=b"")
    code, _ = lines.finish()
    assert code == 2
    assert "line 2: not a JSON object of an event: unexpected end of JSON" in lines.told()
    assert numbers(lines.journal) == [1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_what_was_written(lines, number):
    """Exit 0 with the pipe still open: every whole line is recorded, one under way is not."""
    lines.write(*[event(n) for n in range(500)])
    lines.write(tapedeck.dump(event(500))[:-7], end=b"")
    lines.stop(number)
    assert numbers(lines.journal) == list(range(500))
    assert "refused" not in lines.told()


def test_lines_happen_now_and_are_new(lines, tmp_path):
    """Exported lines: their times and ids do not count. Only a `message_id` makes one known."""
    said = {"event": tapedeck.MESSAGE, "data": tapedeck.message("lines", 1)}
    exported = event(2) | {"id": "k7q2m9xa-7", "recorded_at": "2020-01-01T00:00:00.000000Z"}
    before = time.time()
    lines.write(said, said, exported, exported, event(2))
    assert lines.finish() == (0, "standard input: 4 events recorded, 1 known\n")
    recorded = events(lines.journal)
    assert [line["data"].get("n") for line in recorded] == [None, 2, 2, 2]
    for line in recorded:
        assert line["recorded_at"] >= tapedeck.timestamp(
            time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(before - 1))
        )


def test_the_run_of_a_line(lines):
    """The line's, else the data's, else its thread's, else `unassigned`."""
    opened = {"thread_id": "t", "run_id": "by-thread"}
    lines.write(
        {"event": tapedeck.THREAD_CREATED, "data": opened},
        {"event": "agent_chat_note", "data": {"thread_id": "t", "n": 1}},
        {"event": "agent_chat_note", "data": {"run_id": "by-data", "n": 2}},
        {"event": "agent_chat_note", "run_id": "by-line", "data": {"run_id": "by-data", "n": 3}},
        {"event_type": "agent_chat_note", "data": {"n": 4}},
    )
    assert lines.finish()[0] == 0
    found = {run: numbers(lines.journal, run) for run in ("by-data", "by-line", "unassigned")}
    assert found == {"by-data": [2], "by-line": [3], "unassigned": [4]}
    assert [line["data"].get("n") for line in events(lines.journal, "by-thread")] == [None, 1]


def test_a_lot_of_lines_needs_little_memory(lines, figure):
    """Some 100 MB as fast as they are taken: all recorded in order, in bounded memory."""
    total, step = 300_000, 10_000
    line = tapedeck.dump(event(0, x="x" * 300))
    started = time.monotonic()
    peak = pathlib.Path(f"/proc/{lines.child.pid}/status")
    high = 0
    for first in range(0, total, step):
        batch = [line.replace(b'"n":0', b'"n":%d' % n) for n in range(first, first + step)]
        lines.child.stdin.write(b"\n".join(batch) + b"\n")
        high = int(re.search(r"VmHWM:\s+(\d+)", peak.read_text())[1]) // 1024
    assert lines.finish(60) == (0, f"standard input: {total} events recorded, 0 known\n")
    figure("record_lines_per_second", total / (time.monotonic() - started), "1/s")
    figure("record_memory_peak", high, "MiB")
    assert high < 200
    recorded = [json.loads(each)["data"]["n"] for each in read_all(lines.journal)]
    assert recorded == list(range(total))


def read_all(journal):
    return tapedeck.succeed("replay", "lines", "--speed", "max", journal=journal).splitlines()


def test_the_server_may_be_killed_and_come_back(record, serve, tmp_path):
    """What was handed over meanwhile waits: every line once and in order."""
    server = serve(journal=tmp_path / "journal")
    lines = record("-")
    total, stopping = 3000, threading.Event()

    def produce():
        for n in range(total):
            lines.write(event(n))
            stopping.wait(0.001)

    producer = threading.Thread(target=produce)
    producer.start()
    for _ in range(3):
        seen = count(server.journal)
        server.restart("kill")
        tapedeck.eventually(lambda: count(server.journal) > seen, 10, "more is recorded")
    producer.join(60)
    code, printed = lines.finish(40)
    # Known is what a server had recorded and was killed before it could say so.
    recorded, known = map(int, re.findall(r"\d+", printed))
    assert (code, recorded + known) == (0, total)
    assert numbers(server.journal) == list(range(total))


@pytest.mark.skipif(not tapedeck.DEEP, reason="waits for half a minute")
def test_a_server_that_stays_away_is_told(record, serve, tmp_path):
    """After 30 s: exit 2, and the first line that is not recorded."""
    server = serve(journal=tmp_path / "journal")
    lines = record("-")
    lines.write(event(1))
    wait_for(server.journal, 1)
    server.stop()
    lines.write(event(2))
    code = lines.child.wait(60)
    assert code == 2
    assert "nothing is recorded from line 2 on" in lines.told()
    assert numbers(server.journal) == [1]


def test_a_closed_or_empty_standard_input(tmp_path):
    """Closed is an error; empty is nothing to record; a file is as good as a pipe."""
    journal = tmp_path / "journal"

    def record(redirection):
        command = f'exec "{tapedeck.BINARY}" record - --journal "{journal}" {redirection}'
        return subprocess.run(["sh", "-c", command], capture_output=True, timeout=20, check=False)

    done = record("<&-")
    assert done.returncode == 2 and done.stderr.startswith(b"tapedeck: standard input is closed")
    done = record("</dev/null")
    expected = f"recording to {journal}\nstandard input: 0 events recorded, 0 known\n"
    assert (done.returncode, done.stdout.decode()) == (0, expected)
    file = tmp_path / "lines.ndjson"
    file.write_bytes(b"".join(tapedeck.dump(event(n)) + b"\n" for n in range(10_000)))
    assert record(f'<"{file}"').returncode == 0
    assert numbers(journal) == list(range(10_000))
