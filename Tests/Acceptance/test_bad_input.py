"""The table of bad inputs: each is refused as the contract says, and harms nothing."""

import json
import os
import re
import shutil
import socket
import tempfile

import pytest
import tapedeck
from event_stream import POLLING, SEPARATOR, WEBSOCKET, Polling, WebSocket

RUN = "bad-input"
OK = tapedeck.message(RUN, 0)
MIB = 1 << 20


def event(data=OK, **more):
    """A broadcast's body; `more` overrides, and None removes."""
    whole = {"event_type": tapedeck.MESSAGE, "data": data} | more
    return tapedeck.dump({key: value for key, value in whole.items() if value is not None})


def in_run(run_id):
    return event(OK | {"run_id": run_id})


def of_size(size):
    """An event of about that many bytes."""
    return event(OK | {"content": "x" * size})


BODIES = {
    "nothing": (b"", 400),
    "malformed JSON": (b'{"event_type":"agent_chat_message_sent","data":{', 400),
    "something after the JSON": (event() + b" {", 400),
    "a bare number": (b"5", 400),
    "an array in an array": (b"[[]]", 400),
    "nesting without an end": (b'{"event_type":"agent_chat_x","data":{"a":' + b"[" * 100_000, 400),
    "invalid UTF-8": (event().replace(b"message 0", b"\xff\xfe"), 400),
    "an overlong UTF-8 form": (event().replace(b"message 0", b"\xc0\xaf"), 400),
    "a control character in a string": (event().replace(b"message 0", b"a\x01b"), 400),
    "no type": (event(event_type=None), 400),
    "an empty type": (event(event_type=""), 400),
    "a type that is a number": (event(event_type=5), 400),
    "a type with a line break": (event(event_type="agent_chat_x\ndata: y"), 400),
    **{
        f"the reserved type {name}": (event(event_type=name), 400)
        for name in (
            "connected",
            "ping",
            "open",
            "error",
            "stream_gap",
            "stream_x",
            "journal_gap",
            "journal_x",
        )
    },
    "data that is an array": (event(data=[1]), 400),
    "data that is a string": (event(data="x"), 400),
    "data that is null": (b'{"event_type":"agent_chat_message_sent","data":null}', 400),
    "a run id with a line break": (in_run("a\nb"), 400),
    "a run id with a NUL": (in_run("a\0b"), 400),
    "a run id with a DEL": (in_run("a\x7fb"), 400),
    "an empty run id": (in_run(""), 400),
    "a run id of 257 bytes": (in_run("ü" * 128 + "x"), 400),
    "a run id of 4 KB": (in_run("x" * 4096), 400),
    "a run id that is a number": (in_run(5), 400),
    "an event over 1 MiB": (of_size(MIB), 413),
}
FINE = {
    "a run id with a slash": in_run("a/b"),
    "a run id of 256 bytes": in_run("ü" * 128),
    "an event just under 1 MiB": of_size(MIB - 1024),
}


@pytest.fixture(scope="module")
def server(serve_module):
    """One server for the whole table: nothing in it may bring it down."""
    server = serve_module()
    server.say(RUN, *range(1, 6))
    return server


def refused(reply, *statuses):
    """Holds a refusal against the contract's shape."""
    assert reply.status in statuses, (reply.status, reply.body[:300])
    assert reply.headers["content-type"].partition(";")[0] == "application/problem+json"
    detail = reply.json["detail"]
    assert isinstance(detail, str) and detail.strip() and "\n" not in detail
    assert reply.json.get("status", reply.status) == reply.status


@pytest.fixture
def unchanged(server):
    """Nothing is recorded by what is refused, and the server serves on."""
    before = server.get("/health")
    yield
    assert server.get("/health") == before


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_broadcast_is_refused(server, unchanged, name):
    """POST /broadcast: one status for each kind of badness."""
    body, status = BODIES[name]
    refused(server.request("POST", "/broadcast", body=body), status)


@pytest.mark.parametrize("form", ["array", "ndjson"])
@pytest.mark.parametrize("name", [name for name in BODIES if name != "nothing"])
def test_a_bad_event_refuses_its_whole_batch(server, unchanged, name, form):
    """POST /api/events is atomic: what stands before the bad one is not recorded either."""
    body, status = BODIES[name]
    good = event(tapedeck.message(RUN, "never"))
    whole, content_type = (
        (b"[" + good + b"," + body + b"]", tapedeck.JSON)
        if form == "array"
        else (good + b"\n" + body.replace(b"\n", b" ") + b"\n", tapedeck.NDJSON)
    )
    refused(server.request("POST", "/api/events", body=whole, content_type=content_type), status)


def test_a_batch_over_8_mib_is_refused(server, unchanged):
    """Without `atomic=false`, 8 MiB is the end."""
    body = b"[" + b",".join([of_size(1024)] * 8700) + b"]"
    assert len(body) > 8 * MIB
    refused(server.request("POST", "/api/events", body=body), 413)


@pytest.mark.parametrize("name", FINE)
def test_what_is_just_good_enough_is_taken(server, name):
    """The other side of the limits."""
    assert server.post("/broadcast", FINE[name])["status"] == "broadcasted"


@pytest.mark.parametrize("route", ["/broadcast", "/api/events"])
@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "text/plain; charset=application/json", "application/x-www-form-urlencoded",
     "multipart/form-data; boundary=x", "application/octet-stream", "application/jsonx"],
)  # fmt: skip
def test_a_body_that_is_not_declared_as_json_is_refused(server, unchanged, route, content_type):
    """What a web page can post without asking (forms, text/plain) is 415."""
    refused(server.request("POST", route, body=event(), content_type=content_type), 415)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_is_json_with_parameters_and_in_capitals(server, content_type):
    """Media types are what HTTP says they are."""
    server.post("/broadcast", event(), content_type)


TARGETS = [("GET", "/"), ("GET", POLLING), ("POST", POLLING), ("GET", "/health"), ("GET", "/api/runs"), ("GET", f"/api/stream/agent_chat/{RUN}"),
           ("POST", "/broadcast"), ("POST", "/api/events")]  # fmt: skip
FOREIGN = ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example:{port}",
           "192.168.1.5:{port}", ""]  # fmt: skip


@pytest.mark.parametrize(("method", "target"), TARGETS)
@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_is_misdirected(server, unchanged, method, target, host):
    """A rebound DNS name must not reach us: 421, on every route."""
    headers = {"Host": host.format(port=server.port)}
    body = event() if method == "POST" else None
    refused(server.request(method, target, headers, body), *((421,) if host else (400, 421)))


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}",
                                  "localhost", "127.0.0.1:1"])  # fmt: skip
def test_loopback_names_are_ours(server, host):
    """Whatever the port, since a proxy on this machine may have another."""
    assert server.request("GET", "/health", {"Host": host.format(port=server.port)}).status == 200


MALFORMED = ["garbage", "k7q2m9xa-", "-5", "+5", "k7q2m9xa-99999999999999999999999", "K7Q2M9XA-1", "k7q2m9xa-1x",
             "k7q2m9x-1", "1.5", "0x10", "k7q2m9xa--1", "x" * 4096]  # fmt: skip


@pytest.mark.parametrize("way", ["header", "query"])
@pytest.mark.parametrize(
    ("requested", "reason"),
    [*((text, "malformed") for text in MALFORMED), ("{epoch}-{ahead}", "ahead"), ("{ahead}", "ahead"),
     ("zzzzzzz0-0", "epoch"), ("zzzzzzz0-{ahead}", "epoch")],
)  # fmt: skip
def test_a_bad_last_event_id_is_a_reset_and_not_an_error(server, unchanged, requested, reason, way):
    """200, `stream_reset` with its reason, a cursor, and then the run from its start."""
    health = server.get("/health")
    ahead = tapedeck.offset(health["latest"]) + 1000
    requested = requested.format(epoch=health["epoch"], ahead=ahead)
    query = {"last_event_id_": requested} if way == "query" else {}
    with server.stream(RUN, requested if way == "header" else "", **query) as stream:
        assert stream.status == 200
        frames = stream.until("stream_live")
    fresh = server.read(RUN)
    kinds = tapedeck.kinds(frames)
    reset = next(frame for frame in frames if frame.kind == "stream_reset")
    assert reset.json == {"requested": requested, "epoch": health["epoch"], "reason": reason}
    assert kinds.count("stream_reset") == 1 and "stream_gap" not in kinds
    assert kinds[kinds.index("stream_reset") + 1] == "id", "its id-only frame follows"
    assert next(frame for frame in frames if frame.kind == "connected").json["resume"] == "reset"
    events = tapedeck.events_of(frames)
    assert frames.index(reset) < frames.index(events[0])
    assert [frame.raw for frame in events] == [frame.raw for frame in tapedeck.events_of(fresh)]


QUERIES = [
    *(
        f"speed={value}&mode=replay"
        for value in ("0", "-1", "abc", "0.01", "1001", "NaN", "inf", "1e400", "")
    ),
    *(
        f"from={value}"
        for value in ("foo", "tail:-1", "tail:x", "tail:", "-5s", "2026-99-99T00:00:00Z", "x%25")
    ),
    *(f"until={value}&mode=replay" for value in ("foo", "-1s")),
    *(f"idle_limit={value}&mode=replay" for value in ("abc", "-1s", "NaNs")),
    "mode=foo",
    "envelope=perhaps",
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_bad_parameter_of_a_stream_is_refused(server, unchanged, query):
    """400 before the stream begins."""
    refused(server.request("GET", f"/api/stream/agent_chat/{RUN}?{query}"), 400)


@pytest.mark.parametrize(
    "target",
    ["/api/runs?limit=abc", "/api/runs?limit=-1", f"/api/runs/{RUN}/events?limit=x",
     f"/api/runs/{RUN}/events?limit=-1", f"/api/runs/{RUN}/events?wait=abc", f"/api/runs/{RUN}/events?wait=-1",
     f"/api/runs/{RUN}/events?wait=NaN"],
)  # fmt: skip
def test_a_bad_parameter_of_a_page_is_refused(server, unchanged, target):
    """400 with a sentence."""
    refused(server.request("GET", target), 400)


BAD_RUNS = {"a line break": "a%0Ab", "a NUL": "a%00b", "4 KB": "x" * 4096, "257 bytes": "x" * 257,
            "invalid UTF-8": "a%FFb"}  # fmt: skip


@pytest.mark.parametrize("name", BAD_RUNS)
@pytest.mark.parametrize("target", ["/api/stream/agent_chat/{}", "/api/stream/agent_chat?run={}", "/api/runs/{}",
                                    "/api/runs/{}/events"])  # fmt: skip
def test_a_bad_run_id_in_a_path_or_query_is_refused(server, unchanged, target, name):
    """400, the same rule on every route."""
    refused(server.request("GET", target.format(BAD_RUNS[name])), 400)


def test_an_empty_run_id_is_refused(server, unchanged):
    """In a query 400; in a path there is no such route, or it is a bad one."""
    refused(server.request("GET", "/api/stream/agent_chat?run="), 400)
    refused(server.request("GET", "/api/stream/agent_chat/"), 400, 404)
    refused(server.request("GET", "/api/runs/"), 400, 404)


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/nothing/here"), ("GET", "/api"), ("GET", "/../etc/passwd"), ("GET", "/%2e%2e/%2e%2e/etc/passwd"),
     ("GET", "/api/runs/nobody"), ("GET", f"/api/runs/{RUN}/nothing"), ("POST", "/nothing")],
)  # fmt: skip
def test_an_unknown_route_or_run_is_not_found(server, unchanged, method, target):
    """404 as problem+json."""
    refused(server.request(method, target, body=event() if method == "POST" else None), 404)


@pytest.mark.parametrize(
    ("method", "target"), [("DELETE", "/broadcast"), ("GET", "/broadcast"), ("PUT", "/api/runs")]
)
def test_a_wrong_method_is_refused(server, unchanged, method, target):
    """404 or 405."""
    refused(server.request(method, target), 404, 405)


@pytest.mark.parametrize(
    "wire",
    [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 4096,
     b"POST /broadcast HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
     b"POST /broadcast HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000],
)  # fmt: skip
def test_what_is_no_http_harms_nobody(server, unchanged, wire):
    """The connection is answered or closed, and the server serves on."""
    with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        try:
            connection.sendall(wire)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
        except OSError as error:
            assert not isinstance(error, TimeoutError), "neither answered nor closed"


# --- the Event Stream -------------------------------------------------------------------------

ENGINE_IO = {
    "no transport": ("GET", "/socket.io/?EIO=4", 0),
    "an unknown transport": ("GET", "/socket.io/?EIO=4&transport=pigeon", 0),
    "an unknown session": ("GET", f"{POLLING}&sid=nobody", 1),
    "a post to an unknown session": ("POST", f"{POLLING}&sid=nobody", 1),
    "a WebSocket for an unknown session": ("GET", f"{WEBSOCKET}&sid=nobody", 1),
    "a post without a session": ("POST", POLLING, 2),
    "PUT": ("PUT", POLLING, 2),
    "DELETE": ("DELETE", f"{POLLING}&sid=nobody", 2),
    "a WebSocket without a handshake": ("GET", WEBSOCKET, 3),
    "protocol 3": ("GET", "/socket.io/?EIO=3&transport=polling", 5),
    "no protocol": ("GET", "/socket.io/?transport=websocket", 5),
}


@pytest.mark.parametrize("path", ["/socket.io/", "/socket.io"])
@pytest.mark.parametrize("name", ENGINE_IO)
def test_a_bad_event_stream_request_is_refused(server, unchanged, name, path):
    """400 with the code that clients know."""
    method, target, code = ENGINE_IO[name]
    body = b"40" if method == "POST" else None
    reply = server.request(
        method, target.replace("/socket.io/", path), body=body, content_type="text/plain"
    )
    assert (reply.status, reply.json["code"]) == (400, code), reply
    if code == 1:
        assert reply.json["message"] == "Session ID unknown"


FAULTS = {
    "an unknown Engine.IO packet": b"9",
    "an unknown Socket.IO packet": b"49",
    "nothing": b"",
    "an open packet": b'0{"sid":"x","upgrades":[],"pingTimeout":1,"pingInterval":1}',
    "an event that is no array": b"42{}",
    "an event without a name": b"42[]",
    "an event that is cut": b'42["request_history"',
    "nesting without an end": b"42[" + b"[" * 100_000 + b"]",
    "invalid UTF-8": b'42["\xff\xfe"]',
    "an ack id of many digits": b"42" + b"9" * 400 + b'["x"]',
    "a bad attachment count": b'459999999999-["x"]',
    "a namespace with a control character": b"40/\x07,",
    "more questions than answers are kept": None,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_packet_ends_its_session_and_no_other(server, unchanged, name):
    """A close frame with a sentence, or 400 with one; others are told nothing of it."""
    witness = Polling(server.port)
    witness.until(b"40{")
    packet = FAULTS[name]
    packets = [packet] if packet is not None else [b'42["request_history"]'] * 3000
    with WebSocket(server.port) as client:
        client.join()
        for each in packets:
            try:
                client.send(each)
            except OSError:
                assert packet is None, "a single packet is taken"
                break
        frames = []
        while not frames or frames[-1][0] != 8:
            frames.append(client.next_frame())
            if packet is None and len(frames) == 3000:
                break
        if packet is not None:
            assert int.from_bytes(frames[-1][1][:2]) == 1008
            assert frames[-1][1][2:].decode().strip()
    polling = Polling(server.port)
    polling.until(b"40{")
    replies = []
    while not replies or replies[-1].status == 200:
        body = SEPARATOR.join(packets[:16])
        replies.append(polling.posts.request("POST", polling.target, body=body))
    assert (replies[-1].status, replies[-1].json["code"]) == (400, 3)
    assert replies[-1].json["message"].strip()
    reply = polling.polls.request("GET", polling.target)
    assert (reply.status, reply.json["code"]) == (400, 1), "the session is over"
    witness.post(b'421["x"]')
    assert witness.poll() == [b"431[]"]


def test_a_payload_of_too_many_packets_or_bytes_is_refused(server, unchanged):
    """Sixteen packets, a million bytes; the session survives."""
    polling = Polling(server.port)
    polling.until(b"40{")
    reply = polling.posts.request("POST", polling.target, body=SEPARATOR.join([b"6"] * 17))
    assert (reply.status, reply.json["code"]) == (400, 3)
    polling.post(b'4["x"]'.replace(b"4[", b"421[").replace(b"x", b"x" * 999_990))
    assert polling.poll() == [b"431[]"]
    refused(server.request("POST", polling.target, body=b"6" * 1_000_001), 413)
    polling.post(b'421["x"]')
    assert polling.poll() == [b"431[]"]


def test_a_session_that_is_polled_twice_at_once_is_over(server, unchanged):
    """Which of the two would get what follows? The second is refused, the first let go.

    Two connections, so it is the server that says which of them came first.
    """
    polling, other = Polling(server.port), tapedeck.Connection(server.port)
    polling.until(b"40{")
    polling.polls.send("GET", polling.target)
    other.send("GET", polling.target)
    replies = [polling.polls.read_reply(), other.read_reply()]
    let_go, refused = sorted(replies, key=lambda reply: reply.status)
    assert (let_go.status, let_go.body) == (200, b"6")
    assert (refused.status, refused.json["code"]) == (400, 3)


FRAMES = {
    "an unmasked frame": (dict(opcode=1, payload=b"40", mask=None), 1002),
    "a reserved bit": (dict(opcode=1, payload=b"40", first=0xC0), 1002),
    "an unknown opcode": (dict(opcode=3, payload=b"40"), 1002),
    "a continuation of nothing": (dict(opcode=0, payload=b"40"), 1002),
    "a fragmented ping": (dict(opcode=9, payload=b"x", first=0), 1002),
    "a long ping": (dict(opcode=9, payload=b"x" * 126), 1002),
    "a message over a million bytes": (dict(opcode=1, payload=b"4" * 1_000_001), 1009),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_that_no_client_may_send_ends_its_connection(server, unchanged, name):
    """A close frame with the code of RFC 6455."""
    frame, code = FRAMES[name]
    with WebSocket(server.port) as client:
        client.join()
        client.send_frame(**frame)
        assert client.end()[0] == code


def test_a_message_without_an_end_is_refused_at_its_bound(server, unchanged):
    """Fragments count together."""
    with WebSocket(server.port) as client:
        client.join()
        for first in range(20):
            try:
                client.send_frame(0 if first else 1, b"4" * 100_000, first=0)
            except OSError:
                break
        assert client.end()[0] == 1009


def test_a_websocket_that_takes_over_says_nothing_else(server, unchanged):
    """Before `5` there is no session: anything but `2probe` ends the connection, not the session."""
    polling = Polling(server.port)
    polling.until(b"40{")
    for said in (b"5", b"40", b"2", b"hello"):
        with WebSocket(server.port, f"{WEBSOCKET}&sid={polling.opened['sid']}") as client:
            client.send(said)
            assert client.end()[0] == 1008
    polling.post(b'421["x"]')
    assert polling.poll() == [b"431[]"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost.evil.example", "file://",
                                    "http://evil.example:6101"])  # fmt: skip
def test_a_page_of_elsewhere_may_not_use_the_event_stream(server, unchanged, origin):
    """403 to each kind of request, since a browser sends them without asking."""
    headers = {"Origin": origin}
    session = Polling(server.port)
    refused(server.request("GET", POLLING, headers), 403)
    refused(server.request("GET", session.target, headers), 403)
    refused(server.request("POST", session.target, headers, b"41", "text/plain"), 403)
    refused(server.request("OPTIONS", POLLING, headers), 403)
    assert WebSocket(server.port, headers=headers).status == 403
    assert WebSocket(server.port, headers={"Host": "evil.example"}).status == 421
    assert session.until(b"40{"), "the session is as it was"


@pytest.mark.parametrize(
    "headers", [{"Sec-WebSocket-Key": None}, {"Sec-WebSocket-Version": "8"}, {"Sec-WebSocket-Version": None}]
)  # fmt: skip
def test_a_bad_websocket_handshake_is_refused(server, unchanged, headers):
    """400 with code 3."""
    client = WebSocket(server.port, headers=headers)
    assert (client.status, json.loads(client.body)["code"]) == (400, 3)


# --- the command line -------------------------------------------------------------------------

USAGE = {
    "no such command": ("rewind",),
    "no such option": ("serve", "--nothing"),
    "no run": ("replay",),
    "no file": ("import",),
    **{
        f"speed {value}": ("replay", RUN, "--speed", value)
        for value in ("0", "-1", "abc", "0.01", "1001", "nan")
    },
    "a bad from": ("replay", RUN, "--from", "foo"),
    "a bad until": ("replay", RUN, "--until", "foo"),
    "a bad idle limit": ("replay", RUN, "--idle-limit", "foo"),
    "a port beyond ports": ("serve", "--port", "99999"),
    "a port that is no number": ("serve", "--port", "x"),
    "a bad durability": ("serve", "--durability", "perhaps"),
    "a bad upstream": ("serve", "--upstream", "not a url"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_exits_64_with_one_line(tmp_path, name):
    """And makes no journal."""
    command, *arguments = USAGE[name]
    journal = tmp_path / "journal"
    tapedeck.refuse(command, *arguments, codes=(64,), journal=journal)
    assert not journal.exists()


def serve_arguments(**options):
    words = {"--port": 0, "--upstream": "none"} | options
    return ["serve", *(word for pair in words.items() for word in pair)]


def test_a_port_in_use_exits_2_and_is_named(tmp_path):
    """One line that says which."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = tapedeck.refuse(*serve_arguments(**{"--port": port}), journal=tmp_path / "journal")
    assert str(port) in told


def test_a_second_writer_exits_2_and_the_first_serves_on(server):
    """One writer a directory."""
    told = tapedeck.refuse(*serve_arguments(), journal=server.journal)
    assert str(server.journal) in told
    assert server.get("/health")["status"] == "ok"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_for_others_needs_insecure(tmp_path, host):
    """Without tokens and `--insecure`, only loopback."""
    told = tapedeck.refuse(
        *serve_arguments(**{"--host": host}), journal=tmp_path / "journal", codes=(2, 64)
    )
    assert "--insecure" in told


@pytest.mark.parametrize("command", [serve_arguments(), ["replay", "a-run"], ["runs"]])
def test_a_journal_of_a_newer_format_exits_2(serve, tmp_path, command):
    """Nobody guesses at what a later version wrote."""
    journal = tmp_path / "journal"
    server = serve(journal=journal)
    server.say("a-run", *range(3))
    server.stop()
    tapedeck.bump_format_version(journal)
    before = {path: path.read_bytes() for path in journal.rglob("*") if path.is_file()}
    tapedeck.refuse(*command, journal=journal)
    changed = [path for path, content in before.items() if path.read_bytes() != content]
    assert not [path for path in changed if not tapedeck.NOT_SEGMENTS.search(path.name)]


@pytest.fixture
def as_nobody():
    """A directory of root's, and what makes a command run as one who cannot write there."""
    folder = tempfile.mkdtemp(prefix="tapedeck-")
    os.chmod(folder, 0o755)
    if os.geteuid() != 0:
        os.chmod(folder, 0o555)
        yield folder, {}
    else:
        binary = shutil.copy(tapedeck.BINARY, folder)
        os.chmod(binary, 0o755)
        prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        yield folder, {"prefix": prefix, "binary": binary}
    os.chmod(folder, 0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("exists", [False, True])
def test_a_directory_that_cannot_be_written_exits_2_and_is_named(as_nobody, exists):
    """Whether the journal would have to be made there or is there."""
    folder, options = as_nobody
    journal = os.path.join(folder, "journal")
    if exists:
        os.mkdir(journal, 0o555)
    told = tapedeck.refuse(*serve_arguments(), journal=journal, **options)
    assert journal in told


def test_a_journal_that_is_a_file_exits_2(tmp_path):
    """A path that is something else."""
    path = tmp_path / "journal"
    path.write_text("not a directory")
    assert str(path) in tapedeck.refuse(*serve_arguments(), journal=path)
    assert path.read_text() == "not a directory"


@pytest.mark.parametrize("command", [["replay", "a-run"], ["runs"], ["runs", "--json"]])
def test_reading_a_journal_that_is_not_there_exits_2_and_makes_none(tmp_path, command):
    """Commands that read never create anything."""
    journal = tmp_path / "journal"
    assert str(journal) in tapedeck.refuse(*command, journal=journal)
    assert not journal.exists()


def test_replaying_a_run_that_is_not_there_exits_2_and_names_it(server):
    """One line with the run's name."""
    assert "nobody" in tapedeck.refuse("replay", "nobody", journal=server.journal)


IMPORTS = {
    "no such file": None,
    "malformed JSON": b'{"event":"agent_chat_message_sent","data":{}}\n{"event":\n',
    "no type": b'{"data":{}}\n',
    "a reserved type": b'{"event":"ping","data":{}}\n',
    "data that is no object": b'{"event":"agent_chat_message_sent","data":[]}\n',
    "invalid UTF-8": b'{"event":"agent_chat_message_sent","data":{"x":"\xff"}}\n',
    "a bad run id": b'{"event":"agent_chat_message_sent","run_id":"a\\nb","data":{}}\n',
    "an event over 16 MiB": b'{"event":"agent_chat_message_sent","data":{"x":"'
    + b"x" * (16 * MIB)
    + b'"}}\n',
}


@pytest.mark.parametrize("name", IMPORTS)
def test_a_bad_file_exits_2_and_is_named(tmp_path, name):
    """`import` says which file, and with a bad line, which line."""
    path = tmp_path / "recording.ndjson"
    if IMPORTS[name] is not None:
        path.write_bytes(IMPORTS[name])
    told = tapedeck.refuse("import", path, journal=tmp_path / "journal")
    assert path.name in told
    if IMPORTS[name] is not None:
        line = IMPORTS[name].count(b"\n")
        assert re.search(rf"\b{line}\b", told.replace(str(tmp_path), "")), (
            f"line {line} is not named: {told!r}"
        )


def test_help_and_version_exit_0():
    """And say something on stdout."""
    for words in (["--help"], ["--version"], ["serve", "--help"], ["replay", "--help"]):
        assert tapedeck.succeed(*words).strip()
