"""`GET /ready` and `GET /metrics`: how the server and its upstreams fare."""

import datetime
import signal
import socket

import pytest
import tapedeck
from prometheus_client.parser import text_string_to_metric_families
from test_upstream import Upstream

NAMES = {
    "tapedeck_access_refused": "counter",
    "tapedeck_build_info": "gauge",
    "tapedeck_connections": "gauge",
    "tapedeck_connections_limit": "gauge",
    "tapedeck_connections_refused": "counter",
    "tapedeck_journal_commit_seconds": "histogram",
    "tapedeck_journal_commits": "counter",
    "tapedeck_journal_data_bytes": "counter",
    "tapedeck_journal_end_offset": "gauge",
    "tapedeck_journal_free_bytes": "gauge",
    "tapedeck_journal_read_only": "gauge",
    "tapedeck_journal_records": "counter",
    "tapedeck_scrub_bytes": "counter",
    "tapedeck_scrub_findings": "gauge",
    "tapedeck_scrub_last_pass_timestamp_seconds": "gauge",
    "tapedeck_scrub_segments": "counter",
    "tapedeck_streams": "gauge",
    "tapedeck_upstream_binary_events_ignored": "counter",
    "tapedeck_upstream_connected": "gauge",
    "tapedeck_upstream_events_duplicate": "counter",
    "tapedeck_upstream_events_filtered": "counter",
    "tapedeck_upstream_events_malformed": "counter",
    "tapedeck_upstream_events_received": "counter",
    "tapedeck_upstream_events_recorded": "counter",
    "tapedeck_upstream_events_too_large": "counter",
    "tapedeck_upstream_gaps": "counter",
    "tapedeck_upstream_reconnects": "counter",
}


@pytest.fixture
def upstream(tmp_path):
    upstream = Upstream(tmp_path, tapedeck.free_port())
    yield upstream
    if upstream.running:
        upstream.kill()


def families(server):
    """The metrics, as Prometheus' own parser reads them."""
    reply = server.request("GET", "/metrics")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in text_string_to_metric_families(reply.body.decode())}


def value(server, name, **labels):
    """The value of one series."""
    samples = [
        sample
        for family in families(server).values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert len(samples) == 1, (name, labels, samples)
    return samples[0].value


def seconds_ago(text):
    assert tapedeck.RFC3339.fullmatch(text), text
    now = datetime.datetime.now(datetime.UTC)
    return (now - datetime.datetime.fromisoformat(text)).total_seconds()


def test_it_is_ready_without_upstreams(server):
    """Nothing stands in the way."""
    reply = server.request("GET", "/ready")
    assert reply.status == 200 and reply.headers["content-type"] == "application/json"
    assert reply.json == {"status": "ready", "reasons": [], "upstreams": []}


def test_an_upstream_that_is_away_is_told_and_recorded_is_served_all_the_same(serve, upstream):
    """Waiting with its reason, then connected since, then waiting again; ready throughout."""
    server = serve("--upstream", upstream.url)

    def state():
        answer = server.get("/ready")
        assert answer["status"] == "ready" and answer["reasons"] == []
        [told] = answer["upstreams"]
        assert told["url"] == upstream.url and told["namespace"] == "/"
        return told

    for turn in range(2):
        waiting = tapedeck.eventually(
            lambda: (told := state())["state"] == "waiting" and told, 10, "it is waited for"
        )
        assert -6 < seconds_ago(waiting["retry_at"]) < 6
        assert set(waiting) == {"url", "namespace", "state", "retry_at", "last_error"}
        assert waiting["last_error"]
        assert value(server, "tapedeck_upstream_connected", upstream=upstream.url) == 0
        upstream.start()
        connected = tapedeck.eventually(
            lambda: (told := state())["state"] == "connected" and told, 15, "it is connected"
        )
        assert -1 < seconds_ago(connected["since"]) < 10
        assert set(connected) == {"url", "namespace", "state", "since", "last_error"}
        assert value(server, "tapedeck_upstream_connected", upstream=upstream.url) == 1
        assert value(server, "tapedeck_upstream_reconnects_total") == turn
        upstream.kill()
    assert "connection" in state()["last_error"]


def test_every_metric_is_shown_in_the_format_of_prometheus(serve, upstream):
    """By its own parser: names, types, help, and no series twice."""
    server = serve("--upstream", upstream.url)
    found = families(server)
    assert {name: family.type for name, family in found.items()} == NAMES
    assert all(family.documentation for family in found.values())
    for family in found.values():
        series = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
        assert len(series) == len(set(series)), family.name
    version = tapedeck.succeed("--version").decode().strip()
    assert value(server, "tapedeck_build_info", version=version) == 1
    reasons = {sample.labels["reason"] for sample in found["tapedeck_upstream_gaps"].samples}
    assert reasons == {"upstream_outage", "upstream_restart", "recorder_outage", "too_large"}


def test_the_journal_and_streams_are_counted(server):
    """Commits, records, bytes, the end, open streams, and how long commits take."""
    server.say("counted", *range(10))
    server.say("counted", 10)
    assert value(server, "tapedeck_journal_records_total") == 11
    assert value(server, "tapedeck_journal_commits_total") == 2
    assert value(server, "tapedeck_journal_end_offset") == 11
    assert value(server, "tapedeck_journal_read_only") == 0
    assert value(server, "tapedeck_journal_commit_seconds_count") == 2
    assert 0 < value(server, "tapedeck_journal_commit_seconds_sum") < 5
    size = sum(len(frame.data) for frame in tapedeck.events_of(server.read("counted")))
    assert value(server, "tapedeck_journal_data_bytes_total") == size
    with server.stream("counted") as stream:
        stream.until("stream_live")
        assert value(server, "tapedeck_streams") == 1
    tapedeck.eventually(lambda: value(server, "tapedeck_streams") == 0, 5, "the stream is gone")


def test_what_becomes_of_an_upstreams_events_is_counted(serve, upstream):
    """Recorded, filtered, known from the history after a reconnect."""
    server = serve("--upstream", upstream.start().url)
    upstream.wait_for_clients()
    upstream.open_thread()
    for n in range(9):
        upstream.say(n)
    for _ in range(5):
        upstream.control("broadcast", event_type="heartbeat", data={})

    def counts(*names):
        return [value(server, f"tapedeck_upstream_events_{name}_total") for name in names]

    names = ("received", "recorded", "duplicate", "filtered", "malformed", "too_large")
    tapedeck.eventually(lambda: counts(*names) == [15, 10, 0, 5, 0, 0], 10, "all is counted")
    upstream.control("control/drop", run="upstream-run", numbers=["missed"], how="socket",
                     refusals=0)  # fmt: skip
    expected = [15 + 16, 11, 10, 10, 0, 0]
    tapedeck.eventually(lambda: counts(*names) == expected, 10, "the history is counted")
    assert value(server, "tapedeck_upstream_reconnects_total", upstream=upstream.url) == 1


def test_the_journals_socket_answers_too(tmp_path):
    """A recorder without a server can be asked there; on the network a foreign Host is refused."""
    journal = tmp_path / "journal"
    url = f"http://127.0.0.1:{tapedeck.free_port()}"
    words = [tapedeck.BINARY, "record", "--journal", journal, "--upstream", url]
    recorder = tapedeck.Process(words, tmp_path / "log")
    recorder.launch()
    try:
        for target, told in (("/ready", url), ("/metrics", "tapedeck_upstream_connected")):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(10)
                connection.connect(str(journal / "control.sock"))
                request = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                connection.sendall(request.encode())
                answer = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
            assert answer.startswith("HTTP/1.1 200 ") and told in answer
    finally:
        assert recorder.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("target", ["/ready", "/metrics"])
def test_a_foreign_host_is_refused(server, target):
    """As on every route."""
    assert server.request("GET", target, {"Host": "evil.example"}).status == 421
