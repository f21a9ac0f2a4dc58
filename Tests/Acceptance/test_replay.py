"""Replay: the original rhythm, faster or slower, from anywhere to anywhere."""

import datetime
import json
import os
import select
import subprocess
import time

import pytest
import tapedeck

RUN = "replay-run"
START = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def at(seconds):
    """The moment that many seconds after the recordings' start."""
    return tapedeck.timestamp(START + datetime.timedelta(seconds=seconds))


def import_run(journal, seconds, run=RUN, clock="recorded_at"):
    """Imports a recording with an event at each of these seconds; `clock` says where times stand."""
    path = journal.with_name(f"{run}.ndjson")
    lines = []
    for n, second in enumerate(seconds):
        data = tapedeck.message(run, n)
        del data["created_at"]
        line = {"run_id": run, "event": tapedeck.MESSAGE}
        (line if clock == "recorded_at" else data)[clock] = at(second)
        lines.append(tapedeck.dump(line | {"data": data}))
    path.write_bytes(b"\n".join(lines) + b"\n")
    tapedeck.succeed("import", path, journal=journal)
    return [f"{run}-{n}" for n in range(len(seconds))]


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal"


def timed_replay(journal, *arguments, timeout):
    """Runs `replay`; the (arrival in s, line) of each line on the pipe, and the whole time."""
    words = [tapedeck.BINARY, "replay", "--journal", journal, RUN, *arguments]
    started = time.monotonic()
    child = subprocess.Popen(
        [str(word) for word in words], stdout=subprocess.PIPE, env=tapedeck.environment()
    )
    lines, rest, descriptor = [], b"", child.stdout.fileno()
    try:
        while True:
            left = started + timeout - time.monotonic()
            assert left > 0 and select.select([descriptor], [], [], left)[0], (
                "the replay does not end"
            )
            data = os.read(descriptor, 262_144)
            now = time.monotonic()
            if not data:
                break
            *complete, rest = (rest + data).split(b"\n")
            lines += [(now, json.loads(line)) for line in complete]
        assert child.wait(5) == 0 and not rest
        return lines, time.monotonic() - started
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def message_ids(lines):
    return [line["data"]["message_id"] for line in lines]


def test_ten_minutes_at_speed_100_end_within_10_ms_of_6_seconds(journal, rng, figure):
    """From the first line to the last: a hundredth of the run's time, without drift.

    A busy machine may hold up the very last line, so the best of three plays counts; drift would
    show in each of them.
    """
    inner = sorted(round(rng.uniform(0, 600), 6) for _ in range(1_500))
    seconds = [0, *inner, 600]
    expected = import_run(journal, seconds)
    for _ in range(3):
        lines, total = timed_replay(journal, "--speed", "100", timeout=30)
        assert message_ids(line for _, line in lines) == expected
        assert [line["recorded_at"] for _, line in lines] == [at(second) for second in seconds]
        first = lines[0][0]
        lateness = [(arrived - first - s / 100) * 1000 for (arrived, _), s in zip(lines, seconds)]
        if abs(lateness[-1]) <= 10:
            break
    figure("replay_speed_100_end_error", lateness[-1], "ms")
    figure("replay_speed_100_lateness_p99", tapedeck.percentile(map(abs, lateness), 99), "ms")
    figure("replay_speed_100_process", total * 1000, "ms")
    assert abs(lateness[-1]) <= 10


@pytest.mark.parametrize("clock", ["recorded_at", "created_at", "timestamp"])
def test_an_imported_run_replays_by_its_event_times(journal, clock):
    """The clock is the line's `recorded_at`, else `created_at` or `timestamp` of the data."""
    seconds = [0, 0.5, 0.6, 5, 5, 9]
    import_run(journal, seconds, clock=clock)
    lines, _ = timed_replay(journal, "--speed", "10", timeout=15)
    assert [line["recorded_at"] for _, line in lines] == [at(second) for second in seconds]
    for (arrived, _), second in zip(lines, seconds, strict=True):
        assert arrived - lines[0][0] == pytest.approx(second / 10, abs=0.05)


def test_idle_limit_cuts_long_gaps_and_leaves_short_ones(journal):
    """`--idle-limit 0.5s`: a gap of an hour is half a second, one of 0.2 s stays."""
    import_run(journal, [0, 0.2, 3600, 3600.2, 3610])
    lines, _ = timed_replay(journal, "--idle-limit", "0.5s", timeout=15)
    arrivals = [arrived - lines[0][0] for arrived, _ in lines]
    assert arrivals == pytest.approx([0, 0.2, 0.7, 0.9, 1.4], abs=0.05)


@pytest.mark.parametrize(("speed", "expected"), [("0.5", 0.8), ("1", 0.4), ("max", 0)])
def test_speed_stretches_and_shortens(journal, speed, expected):
    """0.5 takes twice the time, `max` none."""
    import_run(journal, [0, 0.4])
    lines, _ = timed_replay(journal, "--speed", speed, timeout=15)
    assert lines[-1][0] - lines[0][0] == pytest.approx(expected, abs=0.05)


# Eleven events, one a second, amid another run's: `from` and `until` of each, and what is left.
# `{n}` stands for the id of the n-th event, `{#n}` for the bare offset.
POSITIONS = [
    ("{3}", None, range(4, 11)),
    ("{#3}", None, range(4, 11)),
    (None, "{3}", range(0, 4)),
    ("{2}", "{5}", range(3, 6)),
    ("3s", None, range(3, 11)),
    ("2.5s", None, range(3, 11)),
    (None, "3s", range(0, 3)),
    (None, "3.001s", range(0, 4)),
    ("2s", "5s", range(2, 5)),
    ("40%", None, range(4, 11)),
    (None, "40%", range(0, 4)),
    ("20%", "65%", range(2, 7)),
    ("0%", None, range(0, 11)),
    (at(4), None, range(4, 11)),
    (None, at(4), range(0, 4)),
    ("2026-01-02T03:04:09Z", "2026-01-02T05:04:11.5+02:00", range(4, 7)),
    ("{6}", "9s", range(7, 9)),
    (at(1), "{1}", range(1, 2)),
    ("0s", "20s", range(0, 11)),
]


@pytest.fixture(scope="module")
def eleven(serve_module, tmp_path_factory):
    """A served journal with the eleven events, and their ids."""
    journal = tmp_path_factory.mktemp("eleven") / "journal"
    import_run(journal, [-5, 20], run="before")
    import_run(journal, range(11))
    import_run(journal, [-7, 3, 30], run="after")
    printed = tapedeck.succeed("replay", RUN, "--speed", "max", journal=journal).splitlines()
    server = serve_module(journal=journal)
    return server, [json.loads(line)["id"] for line in printed]


def resolve(position, ids):
    for n, event_id in enumerate(ids):
        position = position.replace(f"{{{n}}}", event_id)
        position = position.replace(f"{{#{n}}}", str(tapedeck.offset(event_id)))
    return position


@pytest.mark.parametrize("way", ["command", "stream"])
@pytest.mark.parametrize(("from_", "until", "expected"), POSITIONS)
def test_from_and_until_select_by_the_rules_of_positions(eleven, way, from_, until, expected):
    """`from`: ids exclusive, times inclusive; `until`: ids inclusive, times exclusive."""
    server, ids = eleven
    given = {
        name: resolve(value, ids)
        for name, value in (("from", from_), ("until", until))
        if value is not None
    }
    if way == "command":
        options = [word for name, value in given.items() for word in (f"--{name}", value)]
        printed = tapedeck.succeed(
            "replay", RUN, "--speed", "max", *options, journal=server.journal
        )
        found = [json.loads(line)["id"] for line in printed.splitlines()]
    else:
        found = [frame.id for frame in tapedeck.events_of(server.replay(RUN, **given))]
    assert found == [ids[n] for n in expected]


@pytest.mark.parametrize(("first", "rest"), [("max", 0), ("1", 1)])
def test_a_reader_that_leaves_ends_the_replay_with_exit_0(journal, first, rest):
    """`replay RUN | head` is no failure, at full speed or paced."""
    import_run(journal, range(5_000) if first == "max" else [n / 10 for n in range(50)])
    words = [tapedeck.BINARY, "replay", "--journal", str(journal), RUN, "--speed", first]
    child = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=tapedeck.environment()
    )
    try:
        head = subprocess.run(
            ["head", "-n", "2"], stdin=child.stdout, capture_output=True, timeout=15
        )
        child.stdout.close()
        _, told = child.communicate(timeout=15)
    finally:
        child.kill()
        child.wait()
    assert len(head.stdout.splitlines()) == 2
    assert (child.returncode, told) == (0, b"")


# --- mode=replay ------------------------------------------------------------------------------


def test_a_replay_stream_has_the_frames_and_ids_of_the_recording_and_an_end(eleven):
    """`connected`, cursor, events, cursor, `stream_end`; then the connection closes."""
    server, ids = eleven
    frames = server.replay(RUN)
    assert tapedeck.kinds(frames) == [
        "retry",
        "connected",
        "id",
        *[tapedeck.MESSAGE] * 11,
        "id",
        "stream_end",
    ]
    live = tapedeck.events_of(server.read(RUN))
    assert [frame.raw for frame in tapedeck.events_of(frames)] == [frame.raw for frame in live]
    end = frames[-1]
    assert end.id is None and end.json == {"reason": "replay_done", "latest": ids[-1], "seq": 11}
    cursor = frames[-2].id
    assert tapedeck.offset(cursor) >= tapedeck.offset(ids[-1])
    with server.stream(RUN, cursor, mode="replay", speed="max") as stream:
        assert stream.status == 204, "nothing is left, and EventSource must stop"


def test_a_paced_replay_stream_keeps_the_rhythm(eleven):
    """Ten seconds at speed 10 are one second."""
    server, _ = eleven
    frames = tapedeck.events_of(server.replay(RUN, speed=10))
    arrivals = [(frame.at_ns - frames[0].at_ns) / 1e9 for frame in frames]
    assert arrivals == pytest.approx([n / 10 for n in range(11)], abs=0.05)


def test_idle_limit_works_on_a_replay_stream(eleven):
    """`idle_limit=0.1s` cuts ten gaps of a second."""
    server, _ = eleven
    frames = tapedeck.events_of(server.replay(RUN, speed=1, idle_limit="0.1s"))
    assert (frames[-1].at_ns - frames[0].at_ns) / 1e9 == pytest.approx(1, abs=0.1)


def test_a_resume_in_mid_replay_goes_on_from_its_cursor(eleven):
    """A drop after the fifth event: the rest follows, with its gaps, not hurried or repeated."""
    server, ids = eleven
    with server.stream(RUN, mode="replay", speed=10) as stream:
        assert [frame.id for frame in stream.events(5)] == ids[:5]
        cursor = stream.last_event_id
    assert cursor == ids[4]
    started = time.time_ns()
    frames = server.replay(RUN, cursor, speed=10)
    events = tapedeck.events_of(frames)
    assert next(frame for frame in frames if frame.kind == "connected").json["resume"] == "exact"
    assert [frame.id for frame in events] == ids[5:]
    assert (events[-1].at_ns - events[0].at_ns) / 1e9 == pytest.approx(0.5, abs=0.05)
    assert (events[-1].at_ns - started) / 1e9 < 0.6 + 0.3, "the clock starts at the cursor"


def test_a_finished_replay_answers_204_to_its_last_id(eleven):
    """By header and by query."""
    server, ids = eleven
    with server.stream(RUN, ids[-1], mode="replay") as stream:
        assert stream.status == 204
    with server.stream(RUN, mode="replay", last_event_id_=ids[-1]) as stream:
        assert stream.status == 204


def test_until_live_goes_on_live_at_the_end(serve, journal):
    """`until=live`: the recording at speed, `stream_live` once, then what is said now."""
    import_run(journal, [0, 1, 2])
    server = serve(journal=journal)
    with server.stream(RUN, mode="replay", speed=10, until="live") as stream:
        frames = stream.until("stream_live")
        assert len(tapedeck.events_of(frames)) == 3
        ids = server.say(RUN, "now")
        after = stream.until(lambda frame: frame.is_event)
        assert after[-1].id == ids[0] and "stream_live" not in tapedeck.kinds(after)


def test_a_replay_of_several_runs_merges_them_in_order_of_offset(eleven):
    """Two runs on one replayed connection."""
    server, _ = eleven
    frames = tapedeck.events_of(server.replay(["before", "after"]))
    assert [frame.json["run_id"] for frame in frames] == ["before"] * 2 + ["after"] * 3


def test_a_run_is_posted_to_a_server(serve, tmp_path):
    server = serve()
    server.say(RUN, *range(30))
    target = serve()
    address = f"http://127.0.0.1:{target.port}"
    replay = ("replay", RUN, "--speed", "max", "--out", address)
    done = tapedeck.run(*replay, journal=server.journal)
    assert done.returncode == 0 and done.stdout == b"", done
    assert done.stderr == b"tapedeck: 30 events posted\n"
    first = tapedeck.events_of(target.read(RUN))
    assert [frame.data for frame in first] == [
        frame.data for frame in tapedeck.events_of(server.read(RUN))
    ]
    # What the server has it does not take again; under another name it does.
    tapedeck.succeed(*replay, journal=server.journal)
    assert len(tapedeck.events_of(target.read(RUN))) == 30
    tapedeck.succeed(*replay, "--as", "again", journal=server.journal)
    assert len(tapedeck.events_of(target.read("again"))) == 30
    told = tapedeck.refuse(*replay, "--loop", journal=server.journal, codes=(64,))
    assert "--as" in told
    target.stop()
    assert "connection refused" in tapedeck.refuse(*replay, journal=server.journal)
    for out in ("ftp://127.0.0.1", "http://", "http://a b"):
        tapedeck.refuse("replay", RUN, "--out", out, journal=server.journal, codes=(64,))


def test_a_refusal_of_a_server_ends_the_replay(serve):
    server = serve()
    server.say(RUN, 1)
    other = serve("--allow-host", "elsewhere.example")
    # Not one of its names.
    address = f"http://127.1:{other.port}"
    told = tapedeck.refuse("replay", RUN, "--out", address, journal=server.journal)
    assert "offset 0 was refused: 421" in told
