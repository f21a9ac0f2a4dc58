"""`replay --out socketio://…`: a recorded run from an Event Stream service that is none."""

import datetime
import json
import signal
import time

import event_stream
import pytest
import socketio
import tapedeck

RUN = "recorded"
STEP_S = 0.1
COUNT = 20


@pytest.fixture
def recording(tmp_path):
    """A journal with a run whose messages are a tenth of a second apart."""
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    lines = []
    for number in range(COUNT):
        at = tapedeck.timestamp(begin + datetime.timedelta(seconds=STEP_S * number))
        data = tapedeck.message(RUN, number)
        lines.append({"event": tapedeck.MESSAGE, "recorded_at": at, "data": data})
    path = tmp_path / "run.ndjson"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    tapedeck.succeed("import", path, journal=tmp_path / "journal")
    return tmp_path / "journal", [line["data"] for line in lines]


class StandIn(tapedeck.Process):
    """The command, and the port on which it says that it listens."""

    def __init__(self, journal, *arguments):
        self.port = tapedeck.free_port()
        words = [tapedeck.BINARY, "replay", RUN, "--journal", journal, *arguments]
        words += ["--out", f"socketio://127.0.0.1:{self.port}"]
        super().__init__(words, f"{journal}.log")
        assert self.launch() == f"listening on http://127.0.0.1:{self.port}"

    def close(self):
        if self.child.poll() is None:
            self.end(signal.SIGKILL)


def listen(port, transport):
    """What an official client is told, each with its time, until the service goes away."""
    told = []
    client = socketio.Client(reconnection=False)
    client.on("event", lambda event: told.append((time.monotonic(), event)))
    client.on("event_history", lambda events: told.append((time.monotonic(), *events)))
    client.connect(f"http://127.0.0.1:{port}", transports=[transport])
    client.wait()
    return told


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_an_official_client_is_told_a_run_on_time(recording, transport, figure):
    journal, said = recording
    service = StandIn(journal)
    try:
        # It waits for somebody to play to.
        time.sleep(0.5)
        told = listen(service.port, transport)
        for (_, event), data in zip(told, said, strict=True):
            # What has no time is given the one at which it is said, as by the real service.
            assert event["data"] == data | {"timestamp": event["data"]["timestamp"]}
        assert {event["event_type"] for _, event in told} == {tapedeck.MESSAGE}
        late = [at - told[0][0] - STEP_S * n for n, (at, _) in enumerate(told)]
        figure(f"stand_in_{transport}_latest", 1000 * max(late), "ms")
        # A tenth of a second is between them: nothing is told a step too late or too early.
        assert max(map(abs, late)) < STEP_S, late
        assert service.child.wait(20) == 0
    finally:
        service.close()


def test_laps_are_runs_of_their_own(recording):
    journal, said = recording
    service = StandIn(journal, "--speed", "max", "--loop", "--as", "again")
    try:
        with event_stream.Dashboard(service.port, ["websocket"]) as dashboard:
            tapedeck.eventually(lambda: len(dashboard.of("event")) > 3 * COUNT, 20, "three laps")
            told = [event["data"] for event in dashboard.of("event")]
        runs = [data["run_id"] for data in told[: 3 * COUNT]]
        assert runs == ["again"] * COUNT + ["again-2"] * COUNT + ["again-3"] * COUNT
        assert len({data["message_id"] for data in told[: 3 * COUNT]}) == 3 * COUNT
        service.child.terminate()
        assert service.child.wait(20) == 0
    finally:
        service.close()


def test_a_recorder_records_from_it(recording, serve):
    journal, said = recording
    service = StandIn(journal, "--speed", "100")
    try:
        recorder = serve("--upstream", f"http://127.0.0.1:{service.port}")

        def recorded():
            return [json.loads(f.data) for f in tapedeck.events_of(recorder.read(RUN))]

        tapedeck.eventually(lambda: len(recorded()) == COUNT, 20, "all of it is recorded")
        assert [event["content"] for event in recorded()] == [data["content"] for data in said]
    finally:
        service.close()


def test_an_address_that_is_none_is_refused(recording):
    journal, _ = recording
    for address in ("socketio://", "socketio://0.0.0.0:6102", "socketio://127.0.0.1:99999"):
        told = tapedeck.refuse("replay", RUN, "--out", address, journal=journal)
        assert "name an address of this machine alone" in told
    taken = StandIn(journal)
    try:
        out = f"socketio://127.0.0.1:{taken.port}"
        assert "in use" in tapedeck.refuse("replay", RUN, "--out", out, journal=journal)
    finally:
        taken.close()
    told = tapedeck.refuse("replay", RUN, "--loop", "--out", out, journal=journal, codes=(64,))
    assert "--as" in told
