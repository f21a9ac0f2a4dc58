"""A real python-socketio service as upstream: everything that it emits arrives, once, at once."""

import json
import pathlib
import sys

import pytest
import tapedeck

COUNT, RATE = (50_000 if tapedeck.DEEP else 10_000), 500
RUN = "upstream-run"


class Upstream(tapedeck.Process):
    """`upstream_server.py` in a process of its own."""

    def __init__(self, directory, port=0):
        script = pathlib.Path(__file__).with_name("upstream_server.py")
        super().__init__([sys.executable, script], directory / "upstream.log")
        self.port = port

    def start(self):
        self.port = int(self.launch(("--port", str(self.port))).split()[1])
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def control(self, what, **values):
        connection = tapedeck.Connection(self.port)
        try:
            method, body = ("POST", tapedeck.dump(values)) if values else ("GET", None)
            reply = connection.request(method, f"/{what}", body=body)
        finally:
            connection.close()
        assert reply.status == 200, (what, reply)
        return reply.json

    def state(self):
        return self.control("control/state")

    def open_thread(self, run=RUN):
        data = {
            "thread_id": f"{run}-thread",
            "run_id": run,
            "parent_agent": "Architect",
            "metadata": {},
        }
        self.control("broadcast", event_type=tapedeck.THREAD_CREATED, data=data)

    def say(self, n, run=RUN):
        data = {"message_id": f"{run}-{n}", "thread_id": f"{run}-thread", "content": f"{n}"}
        self.control("broadcast", event_type=tapedeck.MESSAGE, data=data)

    def wait_for_clients(self, count=1):
        tapedeck.eventually(
            lambda: self.state()["clients"] == count, 15, f"{count} recorders connected"
        )


@pytest.fixture
def upstream(tmp_path):
    upstream = Upstream(tmp_path).start()
    yield upstream
    if upstream.running:
        upstream.kill()


def recorded(server, run=RUN):
    """What was recorded of a run: type and data of each event."""
    frames = tapedeck.events_of(server.read(run, envelope=1))
    return [(frame.event, tapedeck.raw_members(frame.data)["data"]) for frame in frames]


def expect_everything(server, upstream, count):
    """Waits for `count` events, and holds them against what the upstream says it sent."""
    with server.stream(RUN) as stream:
        stream.events(count, 20)
    expected = [
        (event, json.dumps(data, separators=(",", ":")).encode())
        for event, data in upstream.state()["sent"]
    ]
    assert len(expected) == count
    assert recorded(server) == expected


def test_every_event_at_500_a_second_arrives_once_in_order_within_milliseconds(
    serve, upstream, figure
):
    """p50 of emission to SSE at most 10 ms, p99 at most 50 ms; durable; other types left out."""
    server = serve("--upstream", upstream.url)
    upstream.wait_for_clients()
    upstream.open_thread()
    frames, (p50, p99) = [], (None, None)
    with server.stream(RUN) as stream:
        stream.events(1)
        # A busy machine may hold up either side of the measurement: the best of three rounds.
        for first in range(0, 3 * COUNT, COUNT):
            upstream.control("control/load", run=RUN, first=first, count=COUNT, rate=RATE)
            batch = stream.events(COUNT, COUNT / RATE + 30)
            frames += batch
            latencies = [(frame.at_ns - frame.json["emitted_ns"]) / 1e6 for frame in batch]
            p50, p99 = tapedeck.percentile(latencies, 50), tapedeck.percentile(latencies, 99)
            figure("upstream_to_sse_p50", p50, "ms")
            figure("upstream_to_sse_p99", p99, "ms")
            figure("upstream_to_sse_max", max(latencies), "ms")
            if p50 <= 10 and p99 <= 50:
                break
    expected = [f"{RUN}-{n}" for n in range(len(frames))]
    assert [frame.json["message_id"] for frame in frames] == expected
    assert all(frame.json["run_id"] == RUN for frame in frames), "found through the thread"
    expect_everything(server, upstream, len(frames) + 1)
    assert server.get("/health")["mode"] == "durable"
    assert [run["run_id"] for run in server.get("/api/runs")["runs"]] == [RUN], (
        "heartbeats were recorded"
    )
    assert p50 <= 10 and p99 <= 50


def test_what_is_emitted_before_the_answer_to_our_connect_is_recorded(serve, upstream):
    """`event_history` and events arrive before `40{"sid"}`: all of it counts, once."""
    upstream.open_thread()
    for n in range(20):
        upstream.say(n)
    upstream.control("control/early", run=RUN, numbers=list(range(20, 40)))
    server = serve("--upstream", upstream.url)
    upstream.wait_for_clients()
    upstream.say(40)
    expect_everything(server, upstream, 42)


@pytest.mark.parametrize("refusals", [0, 2])
@pytest.mark.parametrize("how", ["packet", "socket"])
def test_history_fills_what_a_drop_lost(serve, upstream, how, refusals):
    """After a `41` or a closed socket, and `44`s, nothing is lost and nothing is recorded twice."""
    server = serve("--upstream", upstream.url)
    upstream.wait_for_clients()
    upstream.open_thread()
    total = 1
    for turn in range(3):
        for n in range(30):
            upstream.say(f"{turn}-{n}")
        missed = [f"{turn}-missed-{n}" for n in range(60)]
        upstream.control("control/drop", run=RUN, numbers=missed, how=how, refusals=refusals)
        tapedeck.eventually(
            lambda: upstream.state()["refusals"] == 0, 15, "the refusals are used up"
        )
        upstream.wait_for_clients()
        total += 30 + 60
    upstream.say("last")
    expect_everything(server, upstream, total + 1)


def test_history_is_merged_after_our_own_kill(serve, upstream):
    """A kill -9 of the recorder: what passed meanwhile is filled from the history."""
    server = serve("--upstream", upstream.url)
    upstream.wait_for_clients()
    upstream.open_thread()
    for n in range(30):
        upstream.say(n)
    expect_everything(server, upstream, 31)
    server.kill()
    for n in range(30, 60):
        upstream.say(n)
    server.start()
    upstream.wait_for_clients()
    upstream.say(60)
    expect_everything(server, upstream, 62)


def test_the_same_words_said_twice_are_recorded_twice(serve, upstream):
    """Events without a message id that look alike are two events, before and after a reconnect."""
    server = serve("--upstream", upstream.url)
    upstream.wait_for_clients()
    upstream.open_thread()
    moment = "2026-11-23T14:53:47.980364"
    again = {"emitted_ns": 0, "thread_id": f"{RUN}-thread", "content": "again", "timestamp": moment}
    for _ in range(3):
        upstream.control("broadcast", event_type="agent_chat_note", data=again)
    upstream.control("control/drop", run=RUN, numbers=["missed"], how="socket", refusals=0)
    upstream.wait_for_clients()
    upstream.say("last")
    expect_everything(server, upstream, 6)


def test_an_upstream_that_comes_late_or_again_is_found(serve, tmp_path):
    """The server serves without its upstream, and records from it as soon as it is there."""
    upstream = Upstream(tmp_path, tapedeck.free_port())
    server = serve("--upstream", upstream.url)
    assert server.get("/health")["status"] == "ok"
    said = []
    for turn in range(2):
        upstream.start()
        try:
            upstream.wait_for_clients()
            upstream.open_thread()
            upstream.say(turn)
            said.append(f"{RUN}-{turn}")
            with server.stream(RUN) as stream:
                stream.until(
                    lambda frame: frame.is_event and frame.json.get("message_id") == said[-1]
                )
        finally:
            upstream.kill()
    members = [json.loads(data).get("message_id") for _, data in recorded(server)]
    assert [each for each in members if each] == said


def test_an_event_stream_that_is_all_heartbeats_records_nothing(serve, upstream):
    """`--filter` is `agent_chat_*` unless told otherwise."""
    server = serve("--upstream", upstream.url)
    upstream.wait_for_clients()
    for event in ("heartbeat", "status_update", "alert", "agent_chatter"):
        upstream.control("broadcast", event_type=event, data={"run_id": RUN, "thread_id": "t"})
    upstream.open_thread()
    expect_everything(server, upstream, 1)
    assert server.get("/health")["latest"].endswith("-0"), "something else was journaled"
