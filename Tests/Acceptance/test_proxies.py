"""Behind nginx and Caddy, with the files of `docs/proxies`: TLS and HTTP/2 there, promises here.

Streams come event by event, whatever nginx is told about buffering; resumes, polls, posts and
WebSockets pass; and while the server is away, no client is turned away for good.
"""

import itertools
import json
import threading
import time
import urllib.parse

import browsers
import event_stream
import proxies
import pytest
import tapedeck
from producer import Producer

# What is in front, and how its file is changed. Without any change nginx buffers by default.
BUFFERING = "proxy_http_version 1.1;"
FRONTS = {
    "nginx": ("nginx", []),
    "nginx, buffering on": ("nginx", [(BUFFERING, f"{BUFFERING} proxy_buffering on;")]),
    "nginx, buffering off": ("nginx", [(BUFFERING, f"{BUFFERING} proxy_buffering off;")]),
    "caddy": ("caddy", []),
}
KINDS = ["nginx", "caddy"]
ALLOWED = ("--allow-host", proxies.NAME)
EVENTS = 20
BODY_BYTES_MAX = 8 * 1024 * 1024
RUNS = itertools.count()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    browsers.installed("openssl")
    return proxies.certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def shared(serve_module):
    """A server that nobody kills."""
    return serve_module(*ALLOWED)


@pytest.fixture(scope="module")
def front(request, shared, certificate, tmp_path_factory):
    """What is in front of it, by its name in `FRONTS`."""
    kind, edits = FRONTS[request.param]
    place = tmp_path_factory.mktemp(kind)
    with proxies.Front(kind, place, certificate, shared.port, edits) as front:
        yield front


@pytest.fixture
def run():
    """A run of this test alone."""
    return f"behind a proxy/{next(RUNS)}"


every_front = pytest.mark.parametrize("front", FRONTS, indirect=True)
each_kind = pytest.mark.parametrize("front", KINDS, indirect=True)


def pace(post, wait, run):
    """How long events take, in ms, where each is posted only when the one before has arrived."""
    took = []
    for n in range(EVENTS):
        posted = time.monotonic()
        wait(post(tapedeck.message(run, n))["id"])
        took.append((time.monotonic() - posted) * 1000)
    return sorted(took)


def shape(name):
    return name.replace(", ", "_").replace(" ", "_")


def tell(figure, name, took):
    figure(f"proxy_{shape(name)}_p50", took[len(took) // 2], "ms")
    figure(f"proxy_{shape(name)}_max", took[-1], "ms")


def arrival(stream):
    """Waits on a stream for one event, which must be the next."""

    def wait(event_id):
        assert stream.events(1, 5)[0].id == event_id

    return wait


def test_no_proxy_to_compare_with(shared, run, figure):
    """What posting and reading take without one."""
    with shared.stream(run) as stream:
        stream.until("stream_live")
        tell(figure, "none", pace(shared.broadcast, arrival(stream), run))


@every_front
def test_each_event_comes_at_once(front, run, request, figure):
    """Over HTTP/1.1: each event is there before another is said that could push it on."""
    with front.stream(run) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        stream.until("stream_live")
        took = pace(front.broadcast, arrival(stream), run)
    tell(figure, request.node.callspec.params["front"], took)


@every_front
def test_each_event_comes_at_once_over_http2(front, run, request, figure):
    """The same over HTTP/2, to curl."""
    assert front.request_http2("/health")[0] == 200
    reader = front.read(run, tapedeck.THREAD_CLOSED)

    def wait(event_id):
        tapedeck.eventually(
            lambda: reader.told and reader.told[-1][1] == event_id, 5, f"{event_id} at curl"
        )

    tapedeck.eventually(
        lambda: any(kind == "stream_live" for kind, _, _ in reader.told), 10, "curl is live"
    )
    took = pace(front.broadcast, wait, run)
    front.broadcast({"run_id": run, "thread_id": "t"}, tapedeck.THREAD_CLOSED)
    reader.close()
    assert reader.connects == 1
    tell(figure, f"{request.node.callspec.params['front']}_http2", took)


def test_a_proxy_that_does_buffer_is_found_out(shared, certificate, tmp_path, run):
    """nginx that ignores what Tapedeck says about buffering: so the two tests above can fail."""
    deaf = f"{BUFFERING} proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
    shared.say(run, 0)
    place = ("nginx", tmp_path, certificate, shared.port, [(BUFFERING, deaf)])
    with proxies.Front(*place) as front:
        assert front.request("GET", "/health").status == 200
        with pytest.raises(TimeoutError), front.stream(run, timeout=2) as stream:
            stream.next(2)


@each_kind
def test_last_event_id_passes(front, shared, run):
    """As a header, and as a parameter. Over HTTP/2 it is what resumes need, further down."""
    ids = shared.say(run, *range(10))
    for stream in (front.stream(run, ids[3]), front.stream(run, last_event_id_=ids[3])):
        with stream:
            frames = stream.until("stream_live")
        connected = next(frame for frame in frames if frame.kind == "connected")
        assert connected.json["resume"] == "exact"
        assert [frame.id for frame in tapedeck.events_of(frames)] == ids[4:]


@each_kind
def test_a_long_poll_waits_and_is_answered(front, shared, run):
    """Over HTTP/1.1 and HTTP/2: nothing until something is said, and then that."""
    target = f"/api/runs/{urllib.parse.quote(run, safe='')}/events?wait=20"
    answers = {
        "HTTP/1.1": lambda: front.request("GET", target, timeout=25).json,
        "HTTP/2": lambda: json.loads(front.request_http2(target, timeout=25)[1]),
    }
    pages, failures = {}, []

    def ask(version):
        try:
            pages[version] = answers[version]()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(version,)) for version in answers]
    for thread in threads:
        thread.start()
    time.sleep(1)
    assert pages == {} and failures == []
    event_id = shared.broadcast(tapedeck.message(run, 0))["id"]
    for thread in threads:
        thread.join(10)
    assert failures == []
    assert [[each["id"] for each in page["events"]] for page in pages.values()] == [[event_id]] * 2


def lines(run, size):
    """NDJSON of so many bytes, and the number of its lines."""
    count = size // 65_536
    line = {"event": tapedeck.MESSAGE, "data": tapedeck.message(run, 0, content="")}
    made = []
    for n in range(count):
        line["data"]["message_id"] = f"{n:05}"
        line["data"]["content"] = ""
        line["data"]["content"] = "x" * (size // count - len(tapedeck.dump(line)) - 1)
        made.append(tapedeck.dump(line) + b"\n")
    body = b"".join(made)
    assert len(body) == size
    return body, count


@each_kind
def test_posts_pass_up_to_our_own_limits(front, run):
    """8 MiB are recorded; of one byte more Tapedeck itself says why not."""
    body, count = lines(run, BODY_BYTES_MAX)
    reply = front.request("POST", "/api/events", None, body, tapedeck.NDJSON, 20)
    assert (reply.status, reply.json["appended"]) == (200, count), reply
    ndjson = ("-H", f"Content-Type: {tapedeck.NDJSON}", "-H", "Expect:")
    body, count = lines(f"{run} again", BODY_BYTES_MAX)
    status, answer = front.request_http2("/api/events", *ndjson, body=body)
    assert (status, json.loads(answer)["appended"]) == (200, count), answer
    reply = front.request("POST", "/api/events", None, body + b"\n", tapedeck.NDJSON, 20)
    assert reply.status == 413 and "8388608" in reply.json["detail"], reply
    status, answer = front.request_http2("/api/events", *ndjson, body=body + b"\n")
    assert status == 413 and "8388608" in json.loads(answer)["detail"], answer


@each_kind
def test_a_long_post_passes_as_it_comes(front, shared, run):
    """Of 16 MiB some are recorded while the rest has not been sent."""
    body, count = lines(run, 2 * BODY_BYTES_MAX)
    target = f"/api/runs/{urllib.parse.quote(run, safe='')}"
    connection, half = proxies.Secure(front, 30), len(body) // 2
    try:
        # The first half as if it were the body, and then what is left of it.
        length = {"Content-Length": str(len(body))}
        post = ("POST", "/api/events?atomic=false", length, body[:half], tapedeck.NDJSON)
        connection.send(*post)
        tapedeck.eventually(
            lambda: shared.request("GET", target).status == 200, 10, "something is recorded"
        )
        connection.socket.sendall(body[half:])
        reply = connection.read_reply()
    finally:
        connection.close()
    assert (reply.status, reply.json["appended"]) == (200, count), reply


@each_kind
def test_the_event_stream_passes(front, shared, run):
    """A WebSocket is opened through the proxy for its own pages, and not for others'."""

    def open_for(origin):
        connection = proxies.Secure(front)
        return event_stream.WebSocket(front.port, headers={"Origin": origin}, connection=connection)

    with open_for(front.url("")) as socket:
        assert socket.status == 101
        socket.join()
        shared.broadcast(tapedeck.message(run, 7))
        assert socket.events(1)[0]["data"]["message_id"] == f"{run}-7"
    with open_for("https://elsewhere.example") as socket:
        assert socket.status == 403


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_was_not_told_its_name_says_so(serve, kind, certificate, tmp_path):
    """Without --allow-host: 421, and what to do."""
    server = serve()
    with proxies.Front(kind, tmp_path, certificate, server.port) as front:
        reply = front.request("GET", "/health")
    assert reply.status == 421 and "--allow-host" in reply.json["detail"], reply


@pytest.mark.parametrize("kind", KINDS)
def test_clients_resume_through_a_proxy(serve, kind, certificate, tmp_path, run):
    """Two kills and a stop, each with a pause: every event once, in order, at both clients."""
    server = serve(*ALLOWED)
    with proxies.Front(kind, tmp_path, certificate, server.port) as front:
        producer, follower = Producer(front, run), proxies.FrontFollower(front, run)
        reader = front.read(run, tapedeck.THREAD_CLOSED)
        for end in (server.kill, server.kill, server.stop):
            known = len(producer.acknowledged)
            tapedeck.eventually(
                lambda known=known: len(producer.acknowledged) > known + 10, 10, "ten more events"
            )
            end()
            time.sleep(0.5)
            server.start()
        acknowledged = producer.stop()
        last = front.broadcast({"run_id": run, "thread_id": "t"}, tapedeck.THREAD_CLOSED)["id"]
        tapedeck.eventually(
            lambda: follower.events and follower.events[-1].id == last, 20, "all by HTTP/1.1"
        )
        follower.stop()
        tapedeck.eventually(lambda: not reader.is_alive(), 20, "all by HTTP/2")
        reader.close()
    followed = [(frame.id, frame.data.decode()) for frame in follower.events]
    read = [told[1:] for told in reader.told if told[0] == tapedeck.MESSAGE]
    assert followed[:-1] == acknowledged
    assert read == acknowledged
    for resumes in (
        [frame.json["resume"] for frame in follower.controls if frame.kind == "connected"],
        [json.loads(data)["resume"] for kind, _, data in reader.told if kind == "connected"],
    ):
        assert resumes == ["fresh", "exact", "exact", "exact"]


def test_caddy_has_requests_wait_for_a_server_that_restarts(serve, certificate, tmp_path):
    """A page that is opened in that second is none the wiser."""
    server = serve(*ALLOWED)
    with proxies.Front("caddy", tmp_path, certificate, server.port) as front:
        server.kill()
        again = threading.Timer(1, server.start)
        again.start()
        try:
            assert front.request("GET", "/health").status == 200
        finally:
            again.join()


TWELVE = """
window.seen = [];
window.sources = arguments[0].map((url, place) => {
    seen.push([]);
    const source = new EventSource(url);
    for (const type of ["agent_chat_message_sent", "stream_live", "stream_gap", "stream_reset"])
        source.addEventListener(type, e => seen[place].push([type, e.lastEventId]));
    return source;
});
"""
# Caddy waits for a server that is away; here no longer than the browser leaves between its tries.
IMPATIENT = {"nginx": [], "caddy": [("lb_try_duration 5s", "lb_try_duration 1s")]}
AWAY_S = 7


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_with_twelve_streams_survives_a_long_outage(serve, kind, certificate, tmp_path):
    """Over HTTP/2 a browser has all twelve at once; none gives up while the server is away."""
    server, runs = serve(*ALLOWED), [f"page/{n}" for n in range(12)]
    place = (kind, tmp_path, certificate, server.port, IMPATIENT[kind])
    arguments = (
        f"--host-resolver-rules=MAP {proxies.NAME} 127.0.0.1",
        "--ignore-certificate-errors",
        "--disable-quic",
    )
    with proxies.Front(*place) as front, browsers.chromium(*arguments) as browser:
        browser.get(front.url("/"))
        protocol = "return performance.getEntriesByType('navigation')[0].nextHopProtocol"
        assert browser.execute_script(protocol) == "h2"
        browser.execute_script(TWELVE, [tapedeck.stream_target(run, {}) for run in runs])

        def seen(kind):
            return browser.execute_script(
                "return seen.map(each => each.filter(([t]) => t == arguments[0]).map(e => e[1]))",
                kind,
            )

        def live(times):
            return all(len(each) == times for each in seen("stream_live"))

        tapedeck.eventually(lambda: live(1), 15, "all twelve are live")
        ids = [[server.broadcast(tapedeck.message(run, 0))["id"]] for run in runs]
        assert server.broadcast(tapedeck.message("another", 0))["clients"] >= len(runs)
        tapedeck.eventually(lambda: seen(tapedeck.MESSAGE) == ids, 10, "one event at each")
        server.kill()
        time.sleep(AWAY_S)
        server.start()
        for known, run in zip(ids, runs, strict=True):
            known.append(server.broadcast(tapedeck.message(run, 1))["id"])
        tapedeck.eventually(lambda: live(2), 20, "all twelve are live again")
        tapedeck.eventually(lambda: seen(tapedeck.MESSAGE) == ids, 10, "two events at each")
        assert seen("stream_gap") == seen("stream_reset") == [[]] * len(runs)
