"""`tapedeck prune`, `pin`, `unpin` and `delete`: what goes is gone, and whoever misses it is told."""

import json
import time

import pytest

import tapedeck

SECRET = "xyzzy-plugh"


@pytest.fixture(params=["served", "alone"])
def change(request, serve, tmp_path):
    """Runs a command through a running server, or on a journal that nobody has open."""

    class Change:
        def __init__(self):
            self.server = serve(journal=tmp_path / "journal")

        def __call__(self, command, *arguments, how=tapedeck.succeed):
            if request.param == "alone":
                self.server.stop()
            told = how(command, *arguments, journal=self.server.journal)
            if request.param == "alone":
                self.server.start()
            return told if isinstance(told, str) else told.decode()

    return Change()


def data(server, run, **more):
    return [frame.data for frame in tapedeck.events_of(server.read(run, **more))]


def gaps(frames):
    return [frame.json for frame in frames if frame.event == "stream_gap"]


def runs(journal):
    listed = json.loads(tapedeck.succeed("runs", "--json", journal=journal))["runs"]
    return {run["run_id"]: run for run in listed}


def contents(journal):
    return {path: path.read_bytes() for path in journal.rglob("*") if path.is_file()}


def test_a_deleted_run_is_gone_and_its_readers_are_told(change):
    server = change.server
    for n in range(10):
        server.broadcast(tapedeck.message("doomed", n, content=f"{SECRET} {n}"))
        server.say("kept", n)
    doomed = tapedeck.events_of(server.read("doomed"))
    kept = data(server, "kept")
    found = [path for path, held in contents(server.journal).items() if SECRET.encode() in held]
    assert found, "the search must find what is there"
    assert "deleted 10 records" in change("delete", "doomed")
    frames = server.read("doomed")
    assert not tapedeck.events_of(frames)
    (gap,) = gaps(frames)
    assert (gap["missed"], gap["reason"], gap["requested"]) == (10, "deleted", None)
    assert (gap["missed_from"], gap["missed_through"]) == (doomed[0].id, doomed[-1].id)
    (gap,) = gaps(server.read("doomed", last_event_id=doomed[3].id))
    assert (gap["requested"], gap["reason"]) == (doomed[3].id, "deleted")
    # Whoever has seen all of it, and whoever reads something else, misses nothing.
    assert not gaps(server.read("doomed", last_event_id=doomed[-1].id))
    assert data(server, "kept") == kept and not gaps(server.read("kept"))
    assert server.request("GET", "/api/runs/doomed").status == 404
    assert list(runs(server.journal)) == ["kept"]
    page = server.get("/api/runs/doomed/events")
    assert page["events"] == [] and page["gap"]["missed"] == 10
    every = server.read()
    assert [frame.data for frame in tapedeck.events_of(every)] == kept and len(gaps(every)) == 1
    told = change("delete", "doomed", how=tapedeck.refuse)
    assert "there is no run doomed" in told
    # Its seqs go on.
    server.say("doomed", 99)
    last = server.get("/api/runs/doomed/events")["events"][-1]
    assert last["seq"] == 11
    assert "clean" in tapedeck.succeed("verify", journal=server.journal).decode()
    held = contents(server.journal)
    for path, bytes_ in held.items():
        assert SECRET.encode() not in bytes_, path


def test_a_reader_that_is_overtaken_is_told(serve):
    server = serve()
    server.say("run", *range(20))
    ids = [frame.id for frame in tapedeck.events_of(server.read("run"))]
    time.sleep(1.2)
    server.say("run", *range(20, 25))
    told = tapedeck.succeed("prune", "--older-than", "1s", journal=server.journal).decode()
    assert "removed 20 records" in told
    frames = server.read("run", last_event_id=ids[4])
    (gap,) = gaps(frames)
    assert (gap["missed"], gap["reason"], gap["requested"]) == (15, "retention", ids[4])
    assert len(tapedeck.events_of(frames)) == 5
    kinds = [frame.event for frame in frames if frame.event]
    assert kinds.index("stream_gap") < kinds.index(tapedeck.MESSAGE)
    assert not gaps(server.read("run", last_event_id=ids[-1]))
    (gap,) = gaps(server.read("run"))
    assert (gap["missed"], gap["requested"]) == (20, None)
    server.restart()
    assert len(gaps(server.read("run"))) == 1
    assert server.get("/api/runs/run/events")["events"][0]["seq"] == 21


def test_a_pinned_run_outlives_retention(change):
    server = change.server
    for run in ("gone", "pinned"):
        server.say(run, *range(5))
    change("pin", "pinned")
    assert {name: run["pinned"] for name, run in runs(server.journal).items()} == {
        "gone": False,
        "pinned": True,
    }
    assert server.get("/api/runs/pinned")["pinned"] is True
    time.sleep(0.2)
    assert "removed 5 records" in change("prune", "--older-than", "0.1s")
    assert list(runs(server.journal)) == ["pinned"]
    assert len(data(server, "pinned")) == 5 and not gaps(server.read("pinned"))
    change("unpin", "pinned")
    assert "removed 5 records" in change("prune", "--larger-than", "0")
    assert not runs(server.journal)
    assert "there is no run" in change("pin", "nobody", how=tapedeck.refuse)


def test_retention_by_size_takes_the_oldest(serve):
    server = serve()
    for run in range(20):
        for n in range(50):
            server.broadcast(tapedeck.message(f"run-{run}", n, content=str(hash((run, n))) * 20))
    size = tapedeck.segment_bytes(server.journal)
    tapedeck.succeed("prune", "--larger-than", f"{size // 2}B", journal=server.journal)
    assert 0 < tapedeck.segment_bytes(server.journal) <= size // 2
    left = [int(name.removeprefix("run-")) for name in runs(server.journal)]
    assert max(left) == 19 and min(left) > 0, left
    assert sorted(left) == list(range(min(left), 20))


def test_an_open_run_is_spared_as_long_as_it_goes_on(serve):
    server = serve()
    for run in ("open", "left", "closed"):
        thread = {"run_id": run, "thread_id": f"t-{run}"}
        server.broadcast(thread, event="agent_chat_thread_created")
    server.broadcast(
        {"run_id": "closed", "thread_id": "t-closed", "status": "completed"},
        event="agent_chat_thread_closed",
    )
    time.sleep(1.2)
    server.broadcast({"thread_id": "t-open", "content": "still here"})
    tapedeck.succeed("prune", "--older-than", "1s", journal=server.journal)
    assert list(runs(server.journal)) == ["open"]
    assert len(data(server, "open")) == 2
    # What is said late in a thread that is gone is still its run's.
    server.broadcast({"thread_id": "t-closed", "content": "late"})
    assert [event["seq"] for event in server.get("/api/runs/closed/events")["events"]] == [3]


def test_a_server_keeps_to_its_limits(serve, tmp_path):
    server = serve(journal=tmp_path / "journal")
    server.say("old", *range(5))
    server.stop()
    time.sleep(1.1)
    server = serve("--retention-age", "1s", journal=tmp_path / "journal")
    tapedeck.eventually(lambda: not server.get("/api/runs")["runs"], 10, "the old run to go")
    (gap,) = gaps(server.read("old"))
    assert gap["missed"] == 5


def test_a_kill_in_the_middle_leaves_all_or_nothing(serve, rng):
    """What was begun is finished by the next start."""
    server = serve()
    removed = 0
    for number in range(8):
        doomed = f"doomed-{number}"
        for n in range(300):
            batch = "\n".join(
                json.dumps({"event": tapedeck.MESSAGE, "data": tapedeck.message(run, n)})
                for run in (doomed, "kept")
            )
            server.request(
                "POST", "/api/events", body=batch.encode(), content_type="application/x-ndjson"
            )
        before = len(data(server, "kept"))
        command = tapedeck.Process(
            [tapedeck.BINARY, "delete", doomed, "--journal", str(server.journal)],
            server.journal.with_name(f"delete-{number}.log"),
        )
        command.launch()
        time.sleep(rng.uniform(0, 0.03))
        server.kill()
        server.start()

        def settled():
            count = len(data(server, doomed))
            return count in (0, 300) and (count, len(gaps(server.read(doomed))))

        count, told = tapedeck.eventually(settled, 10, "the deletion to be finished or not begun")
        assert told == (1 if count == 0 else 0)
        removed += count == 0
        assert len(data(server, "kept")) == before and not gaps(server.read("kept"))
        server.stop()
        assert "clean" in tapedeck.succeed("verify", journal=server.journal).decode()
        server.start()
    print(f"{removed} of 8 were deleted")


@pytest.mark.parametrize(
    "words",
    [
        ("prune",),
        ("prune", "--older-than", "soon"),
        ("prune", "--older-than", "30"),
        ("prune", "--larger-than", "10 elephants"),
        ("prune", "--older-than", "1d", "--larger-than", "1GB"),
        ("delete",),
        ("pin", ""),
    ],
)
def test_bad_usage_is_told_and_changes_nothing(tmp_path, words):
    told = tapedeck.refuse(*words, journal=tmp_path / "nowhere", codes=(64,))
    assert told.count("\n") <= 1, told


@pytest.mark.parametrize("words", [("prune", "--older-than", "1d"), ("delete", "r"), ("pin", "r")])
def test_a_journal_that_is_not_there_is_not_made(tmp_path, words):
    told = tapedeck.refuse(*words, journal=tmp_path / "nowhere")
    assert "there is no journal here" in told and not (tmp_path / "nowhere").exists()


def test_readers_and_writers_go_on_while_records_are_removed(serve):
    """A live reader has all of it; a fresh one is told where it begins, and misses nothing since."""
    server = serve()
    follower = tapedeck.Follower(server.port, "/api/stream/agent_chat/run")
    said = 0
    for _ in range(12):
        server.say("run", *range(said, said + 100))
        server.say("other", *range(said, said + 100))
        said += 100
        time.sleep(0.05)
        tapedeck.succeed("prune", "--older-than", "0.1s", journal=server.journal)
        frames = server.read("run")
        seqs = [frame.json["seq"] for frame in frames if frame.event == "stream_live"]
        assert seqs == [said]
        missed = sum(gap["missed"] for gap in gaps(frames))
        assert missed + len(tapedeck.events_of(frames)) == said
        assert len(gaps(frames)) == (1 if missed else 0)
    tapedeck.eventually(lambda: len(follower.events) >= said, 10, "the live reader to have all")
    follower.stop()
    ids = [frame.json["message_id"] for frame in follower.events]
    assert ids == [f"run-{n}" for n in range(said)]
    assert not follower.told("stream_gap", "stream_reset")
    assert missed > 0
