"""A connection that saw nothing still knows where it stands."""

import itertools

import pytest
import tapedeck

RUN = "latest-run"
RUNS = {"one run": RUN, "several runs": [RUN, "another"], "all runs": None}
ABSENCES = ["dropped", "restarted", "killed"]


def drop(server, absence, stream):
    """Ends the connection, the server with it or not."""
    if absence == "dropped":
        stream.close()
    elif absence == "killed":
        server.restart("kill")
    else:
        server.stop()
        bye = [frame for frame in stream.rest() if frame.kind == "stream_bye"]
        assert [frame.json["reason"] for frame in bye] == ["drain"], "a drain says good-bye"
        server.start()


@pytest.mark.parametrize("absence", ABSENCES)
@pytest.mark.parametrize("selection", RUNS)
@pytest.mark.parametrize(
    "before", ["a run with events", "a run nobody has heard of", "an empty journal"]
)
def test_a_reader_of_the_latest_that_got_no_event_misses_nothing(serve, before, selection, absence):
    """`from=latest` drops before its first event, and its cursor frame resumes exactly."""
    server, run = serve(), RUNS[selection]
    if before != "an empty journal":
        server.say(RUN if before == "a run with events" else "elsewhere", *range(5))
    cursor, missed = "", []
    for absent in (["a"], ["b", "c", "d"], ["e", "f"]):
        stream = server.stream(run, cursor, from_="latest")
        frames = stream.until("stream_live")
        connected = next(frame for frame in frames if frame.kind == "connected").json
        assert connected["resume"] == ("exact" if cursor else "fresh")
        assert "id" in tapedeck.kinds(frames), "no cursor frame"
        assert not {"stream_gap", "stream_reset"} & set(tapedeck.kinds(frames))
        assert [frame.id for frame in tapedeck.events_of(frames)] == missed
        cursor = stream.last_event_id
        drop(server, absence, stream)
        stream.close()
        if selection != "all runs":
            server.say("elsewhere", *absent)
        missed = server.say(RUN, *absent)
    frames = tapedeck.events_of(server.read(run, cursor, from_="latest"))
    assert [frame.id for frame in frames] == missed


@pytest.mark.parametrize("absence", ABSENCES)
def test_a_cursor_that_never_moves_stays_good(serve, absence):
    """Several reconnects without any event in between, then events: nothing is missed."""
    server, cursor = serve(), ""
    for _ in range(4):
        stream = server.stream(RUN, cursor, from_="latest")
        frames = stream.until("stream_live")
        assert not {"stream_gap", "stream_reset"} & set(tapedeck.kinds(frames))
        cursor = stream.last_event_id
        drop(server, absence, stream)
        stream.close()
    ids = server.say(RUN, *range(3))
    assert [
        frame.id for frame in tapedeck.events_of(server.read(RUN, cursor, from_="latest"))
    ] == ids


def test_a_reader_of_the_latest_gets_what_comes(server):
    """After `stream_live`, events arrive on the same connection."""
    server.say(RUN, *range(5))
    with server.stream(RUN, from_="latest") as stream:
        stream.until("stream_live")
        ids = server.say(RUN, "x", "y")
        assert [frame.id for frame in stream.events(2)] == ids


@pytest.mark.parametrize(("n", "kept"), [(0, 0), (1, 1), (3, 3), (10, 10), (1000, 10)])
def test_tail_n_begins_with_the_last_n_events(server, n, kept):
    """`from=tail:N` is the last N of the run, or all of a shorter one, then what comes."""
    ids = []
    for i in range(10):
        ids += server.say(RUN, i)
        server.say("elsewhere", i)
    with server.stream(RUN, from_=f"tail:{n}") as stream:
        frames = tapedeck.events_of(stream.until("stream_live"))
        assert [frame.id for frame in frames] == ids[len(ids) - kept :]
        cursor = stream.last_event_id
        ids += server.say(RUN, "new")
        assert stream.events(1)[0].id == ids[-1]
    rest = tapedeck.events_of(server.read(RUN, cursor, from_=f"tail:{n}"))
    assert [frame.id for frame in rest] == ids[10:], "a cursor wins over `from`"


def test_tail_n_of_several_runs_counts_their_events_together(server):
    """The last N of the selected runs, by offset."""
    ids = list(
        itertools.chain.from_iterable(
            server.say(run, i) for i in range(4) for run in ("p", "q", "r")
        )
    )
    expected = [each for i, each in enumerate(ids) if i % 3 != 2][-3:]
    frames = tapedeck.events_of(server.read(["p", "q"], from_="tail:3"))
    assert [frame.id for frame in frames] == expected
