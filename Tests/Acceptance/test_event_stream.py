"""Tapedeck as an Event Stream service: official clients and plain sockets at `/socket.io/`."""

import itertools
import json
import pathlib
import re
import threading
import time

import pytest
import tapedeck
from event_stream import (
    HISTORY,
    POLLING,
    TRANSPORTS,
    WEBSOCKET,
    Dashboard,
    Polling,
    WebSocket,
    check_event,
    number,
    say,
)

LIVE = 300
SLOW_MIB = 48


def memory_kib(server):
    """What the server's process holds in memory now."""
    status = pathlib.Path(f"/proc/{server.child.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


@pytest.fixture(params=[False, True], ids=["threads", "asyncio"])
def is_async(request):
    return request.param


# --- official clients -------------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_dashboard_is_greeted_gets_the_last_100_and_each_live_event_once(
    server, transport, is_async
):
    """Greeting, history and answer in the real service's order; no gap and no duplicate behind."""
    say(server, range(150))
    producer = threading.Thread(target=say, args=(server, range(150, 150 + LIVE)))
    producer.start()
    with Dashboard(server.port, TRANSPORTS[transport], is_async) as dashboard:
        producer.join()
        dashboard.wait_for(lambda d: 149 + LIVE in d.live(), "the last event")
        assert dashboard.transport == ("polling" if transport == "polling" else "websocket")
        told = list(dashboard.told)
        greetings, histories = dashboard.of("connected"), dashboard.of("event_history")
        assert len(greetings) == len(histories) == 1
        assert greetings[0]["status"] == "connected"
        assert greetings[0]["buffered_events"] == HISTORY == len(histories[0])
        assert tapedeck.RFC3339.fullmatch(greetings[0]["server_time"])
        for event in histories[0] + dashboard.of("event"):
            check_event(event)
        history, live = [number(event) for event in histories[0]], dashboard.live()
        first = history[0]
        if is_async:
            order = [name for name, *_ in told]
            assert order[:3] == ["connected", "event_history", "connect"]
            assert history + live == list(range(first, 150 + LIVE))
        else:
            assert history == list(range(first, first + HISTORY))
            assert sorted(live) == list(range(first + HISTORY, 150 + LIVE))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_history_is_sent_again_when_it_is_asked_for(server, transport, is_async):
    """`request_history`, with a limit or without; it ends with the newest event."""
    say(server, range(120))
    with Dashboard(server.port, TRANSPORTS[transport], is_async) as dashboard:
        asked = [("request_history",), ("request_history", {"limit": 7}), ("request_history", {})]
        for turn, arguments in enumerate(asked):
            say(server, [120 + turn])
            assert not dashboard.emit(*arguments), "an acknowledgement without arguments"
        dashboard.wait_for(lambda d: len(d.of("event_history")) == 4, "four histories")
        first, *answers = sorted(
            ([number(e) for e in h] for h in dashboard.of("event_history")), key=lambda h: h[-1]
        )
        assert first == list(range(20, 120))
        assert answers == [list(range(21, 121)), list(range(115, 122)), list(range(23, 123))]
        assert sorted(dashboard.live()) == [120, 121, 122]


@pytest.mark.parametrize("how", ["kill", "stop"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_dashboard_comes_back_by_itself_and_finds_its_last_100(server, transport, how):
    """Through kill -9 and through a stop: the history comes from the journal."""
    say(server, range(130))
    with Dashboard(server.port, TRANSPORTS[transport]) as dashboard:
        dashboard.wait_for(lambda d: d.connects == 1, "the first connect")
        for turn in range(3):
            say(server, range(130 + 20 * turn, 140 + 20 * turn))
            server.restart(how)
            say(server, range(140 + 20 * turn, 150 + 20 * turn))
            dashboard.wait_for(lambda d, n=turn: d.connects == n + 2, "the reconnect")
        say(server, [190])
        dashboard.wait_for(lambda d: 190 in d.live(), "the last event")
        told = list(dashboard.told)
    turns = [i for i, (name, *_) in enumerate(told) if name == "event_history"]
    assert len(turns) == 4
    for start, end in itertools.pairwise([*turns, len(told)]):
        history = [number(event) for event in told[start][1]]
        live = [number(each[1]) for each in told[start:end] if each[0] == "event"]
        assert len(history) == HISTORY
        assert history + live == list(range(history[0], history[0] + len(history + live)))
    assert number(told[-1][1]) == 190


def test_many_dashboards_of_every_kind_see_the_same(server):
    """Nine clients, three of each transport, while events are posted."""
    say(server, range(20))
    producer = threading.Thread(target=say, args=(server, range(20, 20 + LIVE)))
    dashboards = []
    try:
        for i, transport in enumerate([*TRANSPORTS] * 3):
            if i == 3:
                producer.start()
            dashboards.append(Dashboard(server.port, TRANSPORTS[transport]))
        producer.join()
        for dashboard in dashboards:
            dashboard.wait_for(lambda d: 19 + LIVE in d.live(), "the last event")
            (history,) = dashboard.of("event_history")
            seen = [number(event) for event in history] + dashboard.live()
            assert seen == list(range(seen[0], 20 + LIVE))
        answer = server.broadcast({"run_id": "x"})
        assert answer["clients"] == len(dashboards), "clients of every kind count"
    finally:
        for dashboard in dashboards:
            dashboard.close()


def test_a_server_with_clients_of_every_kind_stops_in_order(server):
    """SIGTERM: exit 0 at once, with WebSockets open and polls waiting."""
    say(server, range(3))
    dashboards = [Dashboard(server.port, TRANSPORTS[transport]) for transport in TRANSPORTS]
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 5
    for dashboard in dashboards:
        dashboard.close()


# --- what is told -----------------------------------------------------------------------------


def test_events_are_told_byte_for_byte_with_a_timestamp_where_there_is_none(server):
    """Data as recorded; `server_timestamp` is when it was recorded, live and in the history."""
    datas = [
        b'{"run_id":"r", "n" : 1e400, "u":"\\u00e9\xc3\xa9","n":[ ] , "timestamp":"then"}',
        b'{"run_id":"r","n":0.10}',
        b"{ }",
    ]
    with WebSocket(server.port) as client:
        assert client.join()[0].startswith(b'42["connected",')
        for data in datas:
            server.post("/broadcast", b'{"event_type":"agent_chat_x","data":' + data + b"}")
        live = [client.next() for _ in datas]
    lines = tapedeck.events_of(server.read("r", envelope=1))
    lines += tapedeck.events_of(server.read("unassigned", envelope=1))
    for packet, data, line in zip(live, datas, lines, strict=True):
        at = tapedeck.raw_members(line.data)["recorded_at"]
        members = b"" if b'"timestamp"' in data else b'"timestamp":' + at
        if members and data != b"{ }":
            members = b"," + members
        expected = b'{"event_type":"agent_chat_x","data":' + data[:-1] + members
        expected += b'},"server_timestamp":' + at + b"}"
        assert packet == b'42["event",' + expected + b"]"
    server.restart("kill")
    with WebSocket(server.port) as client:
        packets = client.join()
    assert packets[1] == b'42["event_history",[' + b",".join(p[11:-1] for p in live) + b"]]"


def test_imports_and_copies_are_told_to_nobody_and_unassigned_events_are(server, tmp_path):
    """A history reaches behind a large import; an adopted copy is not told again."""
    say(server, range(3))
    with WebSocket(server.port) as client:
        client.join()
        server.broadcast({"message_id": "orphan", "thread_id": "late", "n": 3})
        recording = tmp_path / "recording.ndjson"
        with recording.open("wb") as file:
            for n in range(20_000):
                line = {"event": tapedeck.MESSAGE, "data": tapedeck.message("old", n)}
                file.write(tapedeck.dump(line) + b"\n")
        tapedeck.succeed("import", recording, journal=server.journal)
        server.broadcast({"thread_id": "late", "run_id": "found", "n": 4}, tapedeck.THREAD_CREATED)
        server.broadcast({"n": 5})
        assert [number(event) for event in client.events(3)] == [3, 4, 5]
    assert len(tapedeck.events_of(server.read("found"))) == 2, "the copy is recorded"
    server.restart("kill")
    with WebSocket(server.port) as client:
        history = json.loads(client.join()[1][2:])[1]
    assert [number(event) for event in history] == list(range(6))


def test_without_events_there_is_no_history(server):
    """The greeting says 0, and the answer follows it."""
    with WebSocket(server.port) as client:
        greeting, answer = client.join()
        assert json.loads(greeting[2:])[1]["buffered_events"] == 0
        client.send(b'42["request_history"]')
        assert client.next() == b'42["event_history",[]]'


# --- slow and dead clients --------------------------------------------------------------------


def test_a_client_that_stops_reading_disturbs_nobody_and_costs_no_memory(server, figure):
    """48 MiB pass while two clients read nothing; then they get all of it, once, in order."""
    slow = [WebSocket(server.port, buffer=65_536), Polling(server.port)]
    slow[0].join()
    slow[1].until(b"40{")
    say(server, range(10))
    with WebSocket(server.port) as quick:
        quick.join()
        before, peak = memory_kib(server), 0
        content = "x" * 65_000
        connection = tapedeck.Connection(server.port)
        for n in range(10, 10 + SLOW_MIB * 16):
            data = {"run_id": "big", "n": n, "content": content}
            body = tapedeck.dump({"event_type": tapedeck.MESSAGE, "data": data})
            assert connection.request("POST", "/broadcast", body=body).status == 200
            (event,) = quick.events(1)
            assert number(event) == n
            peak = max(peak, memory_kib(server))
    figure("event_stream_slow_client_growth", (peak - before) / 1024, "MiB")
    assert peak - before < 24 * 1024
    expected = list(range(10 + SLOW_MIB * 16))
    assert [number(event) for event in slow[0].events(len(expected), 30)] == expected
    polled = []
    while len(polled) < len(expected):
        for packet in slow[1].poll():
            assert len(packet) < 100_000
            if packet == b"2":
                slow[1].post(b"3")
            else:
                polled.append(number(json.loads(packet[2:])[1]))
    assert polled == expected
    for client in slow:
        client.close()


def test_dead_clients_are_dropped_by_the_heartbeat_and_those_alive_are_not(server):
    """A ping after 25 s; who does not answer within 20 s more, or does not poll, is gone."""
    dashboards = [Dashboard(server.port, TRANSPORTS[transport]) for transport in TRANSPORTS]
    mute, silent = WebSocket(server.port), Polling(server.port)
    mute.join()
    started = time.monotonic()
    assert mute.next(27) == b"2"
    assert 24 < time.monotonic() - started < 27
    assert mute.end(22) == (1000, "the client did not answer a ping in time")
    assert 44 < time.monotonic() - started < 48
    tapedeck.eventually(lambda: expired(silent), 5, "a client that does not poll is forgotten")
    say(server, [1])
    for dashboard in dashboards:
        dashboard.wait_for(lambda d: d.live() == [1], "the event after the silence")
        assert dashboard.connects == 1, "who answers pings stays connected"
        dashboard.close()
    mute.close()


def expired(polling):
    """Whether a session is unknown; posts are no polls, and keep none alive."""
    reply = polling.posts.request("POST", polling.target, body=b"6", content_type="text/plain")
    assert reply.status == 200 or reply.json == {"code": 1, "message": "Session ID unknown"}
    return reply.status == 400


def test_there_are_so_many_sessions_and_no_more(serve):
    """The 1001st is refused in words, over either transport, and others are served on."""
    server = serve()
    with WebSocket(server.port) as client:
        client.join()
        connection = tapedeck.Connection(server.port, 30)
        opened = [connection.request("GET", POLLING, timeout=30) for _ in range(1000)]
        assert [reply.status for reply in opened] == [200] * 999 + [503]
        assert "Event Stream clients" in opened[-1].json["detail"]
        refused = WebSocket(server.port)
        assert refused.status == 503
        say(server, [1])
        assert number(client.events(1)[0]) == 1
        target = f"{POLLING}&sid={json.loads(opened[0].body[1:])['sid']}"
        connection.request("POST", target, body=b"1", content_type="text/plain")
        assert connection.request("GET", POLLING).status == 200, "there is room again"


# --- the wire ---------------------------------------------------------------------------------


def test_the_open_packet_is_that_of_the_real_service(server):
    """Over polling it offers the WebSocket; over that, nothing."""
    expected = {"pingTimeout": 20000, "pingInterval": 25000, "maxPayload": 1000000}
    polling = Polling(server.port, join=False)
    assert polling.opened == expected | {"sid": polling.opened["sid"], "upgrades": ["websocket"]}
    with WebSocket(server.port) as client:
        opened = json.loads(client.next()[1:])
        assert opened == expected | {"sid": opened["sid"], "upgrades": []}


def test_a_poll_waits_and_carries_no_more_packets_than_clients_take(server):
    """A poll is answered by the next event; sixteen packets at most, none lost."""
    polling = Polling(server.port)
    assert polling.until(b"40{")[-1].startswith(b"40{")
    threading.Timer(0.3, say, (server, [0])).start()
    started = time.monotonic()
    (packet,) = polling.poll()
    assert time.monotonic() - started > 0.2
    assert number(json.loads(packet[2:])[1]) == 0
    say(server, range(1, 101))
    payloads = []
    while sum(map(len, payloads)) < 100:
        payloads.append(polling.poll())
    assert max(map(len, payloads)) == 16
    events = [number(json.loads(packet[2:])[1]) for payload in payloads for packet in payload]
    assert events == list(range(1, 101))


def test_a_change_of_transport_loses_nothing_and_lets_the_poll_go(server):
    """`2probe`, `3probe`, a noop for the poll that waits, `5`, and on with the same cursor."""
    say(server, range(3))
    polling = Polling(server.port)
    polling.until(b"40{")
    say(server, [3])
    (packet,) = polling.poll()
    assert number(json.loads(packet[2:])[1]) == 3
    polls = []
    waiting = threading.Thread(target=lambda: polls.append(polling.poll()))
    waiting.start()
    with WebSocket(server.port, f"{WEBSOCKET}&sid={polling.opened['sid']}") as client:
        assert client.status == 101
        client.send(b"2probe")
        assert client.next() == b"3probe"
        waiting.join(10)
        assert polls == [[b"6"]]
        say(server, [4, 5])
        assert polling.poll() == [b"6"]
        polling.post(b'429["x"]')
        client.send(b"5")
        assert client.next() == b"439[]"
        assert [number(event) for event in client.events(2)] == [4, 5]
        reply = polling.polls.request("GET", polling.target)
        assert (reply.status, reply.json["code"]) == (400, 1)
        say(server, [6])
        assert number(client.events(1)[0]) == 6


def test_a_change_of_transport_that_fails_leaves_the_session_to_polls(server):
    """The WebSocket goes after its probe: what came meanwhile is polled."""
    polling = Polling(server.port)
    polling.until(b"40{")
    with WebSocket(server.port, f"{WEBSOCKET}&sid={polling.opened['sid']}") as client:
        client.send(b"2probe")
        assert client.next() == b"3probe"
        say(server, [0])
    assert number(json.loads(polling.until(b"42")[-1][2:])[1]) == 0


def test_a_connection_that_served_other_requests_may_become_a_websocket(server):
    """Browsers keep connections: the same one posts, polls and then changes the protocol."""
    client = WebSocket.__new__(WebSocket)
    connection = tapedeck.Connection(server.port)
    assert connection.request("GET", "/health").status == 200
    assert connection.request("GET", POLLING).status == 200
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    connection.send(
        "GET",
        WEBSOCKET,
        {
            "Connection": "keep-alive, Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
        },
    )
    status, headers = connection.read_head()
    assert status == 101
    assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "as RFC 6455 has it"
    client.connection = connection
    assert client.join()[-1].startswith(b"40{")
    say(server, [1])
    assert number(client.events(1)[0]) == 1
    client.close()


def test_a_message_may_come_in_fragments_with_pings_between(server):
    """RFC 6455: control frames may stand between the fragments of a message."""
    with WebSocket(server.port) as client:
        client.next()
        client.send_frame(1, b"4", first=0)
        client.send_frame(9, b"hello")
        client.send_frame(0, b"0")
        assert client.next_frame() == (10, b"hello")
        assert client.next().startswith(b'42["connected"')


def test_binary_events_are_passed_over(server):
    """With their attachments, over both transports."""
    with WebSocket(server.port) as client:
        client.join()
        client.send(b'452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
        client.send_frame(2, b"\0\1\2")
        client.send_frame(2, b"")
        client.send(b'421["y"]')
        assert client.next() == b"431[]"
    polling = Polling(server.port)
    polling.until(b"40{")
    polling.post(b'451-7["x",{"_placeholder":true,"num":0}]', b"bAAEC", b'428["y"]')
    assert polling.poll() == [b"437[]", b"438[]"]


# --- pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "https://[::1]"])
def test_pages_of_this_machine_may_connect_and_read(server, origin):
    """The answer names the page's origin, so that a browser hands it over."""
    headers = {"Origin": origin}
    reply = server.request("GET", POLLING, headers)
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == origin
    assert reply.headers["vary"] == "Origin"
    asked = server.request("OPTIONS", POLLING, headers | {"Access-Control-Request-Headers": "x"})
    assert asked.status == 204
    assert asked.headers["access-control-allow-origin"] == origin
    with WebSocket(server.port, headers=headers) as client:
        assert client.status == 101


def test_who_is_no_page_is_told_nothing_of_origins(server):
    """Without an Origin there is no header for one."""
    assert "access-control-allow-origin" not in server.request("GET", POLLING).headers


# --- a recorder behind it ---------------------------------------------------------------------


def test_another_tapedeck_records_from_it(serve):
    """History, live events, restarts of either: every event once, in order."""
    first = serve()
    say(first, range(30))
    second = serve("--upstream", f"http://127.0.0.1:{first.port}")

    def recorded():
        return [frame.json for frame in tapedeck.events_of(second.read("dashboards"))]

    def wait_for(count):
        tapedeck.eventually(lambda: len(recorded()) >= count, 20, f"{count} events recorded")

    wait_for(30)
    say(first, range(30, 80))
    wait_for(80)
    first.restart("kill")
    say(first, range(80, 110))
    wait_for(110)
    second.restart("kill")
    say(first, range(110, 150))
    wait_for(150)
    first.restart("stop")
    say(first, range(150, 170))
    wait_for(170)
    events = recorded()
    assert [event["n"] for event in events] == list(range(170))
    originals = [frame.json for frame in tapedeck.events_of(first.read("dashboards"))]
    assert [event["message_id"] for event in events] == [e["message_id"] for e in originals]


def test_a_run_is_told_alike_over_both_of_its_streams(server):
    """What a dashboard gets is what an SSE client gets, in the same order."""
    with Dashboard(server.port, ["websocket"]) as dashboard, server.stream("dashboards") as stream:
        say(server, range(50))
        frames = stream.events(50)
        dashboard.wait_for(lambda d: len(d.live()) == 50, "all events")
        assert [frame.json["n"] for frame in frames] == dashboard.live()
