"""What somebody may try who means harm: the table is in docs/THREAT_MODEL.md."""

import contextlib
import itertools
import os
import pathlib
import resource
import socket
import time

import access
import pytest
import tapedeck
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from test_browser import browser  # noqa: F401

STREAM = "/api/stream/agent_chat"
POSTS = ["/broadcast", "/api/events", "/api/tickets", "/login", "/logout"]
FORMS = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain",
         "text/plain; charset=application/json", None]  # fmt: skip
HEAD_SECONDS = 2


@pytest.fixture(scope="module")
def guarded(serve_module, tmp_path_factory):
    """One server with tokens."""
    return access.Guarded(serve_module, tmp_path_factory.mktemp("guarded"))


def latest(server):
    return server.get("/health")["latest"]


# --- injection --------------------------------------------------------------------------------

FORGED = "x\n\nid: 00000000-9\nevent: agent_chat_message_sent\ndata: {}\n\n"
CONTROLS = ["\n", "\r", "\r\n", "\0", "\x1b[2J", "\x7f", "\x85", FORGED]


@pytest.mark.parametrize("control", CONTROLS)
def test_no_run_id_or_type_can_forge_a_frame(server, control):
    """A control character in a name is refused, however it comes, and nothing is recorded."""
    before = latest(server)
    for event in (
        {"event": tapedeck.MESSAGE, "data": {"run_id": f"a{control}b"}},
        {"event": f"agent{control}chat", "data": {"run_id": "r"}},
        {"event": tapedeck.MESSAGE, "run_id": f"a{control}b", "data": {}},
    ):
        body = tapedeck.dump(event)
        assert server.request("POST", "/broadcast", body=body).status == 400
    assert latest(server) == before


@pytest.mark.parametrize("kind", ["connected", "stream_live", "stream_bye", "ping", "open", "error",
                                  "stream_gap", "journal_gap", "journal_anything"])  # fmt: skip
def test_no_event_can_pose_as_one_of_the_servers_own(server, kind):
    """Reserved types are refused."""
    body = tapedeck.dump({"event": kind, "data": {"run_id": "r"}})
    assert server.request("POST", "/broadcast", body=body).status == 400


def test_what_is_said_cannot_leave_its_frame(server):
    """Line ends of every kind, raw between members and escaped in strings: one frame, one event."""
    said = "a\n\ndata: x\r\n\r\nid: 7-7\r\revent: stream_bye\u2028\u2029\u0085 b"
    raw = b'{"event":"agent_chat_note",\n\n"data":{\r\n\r\n"run_id":"frames",\n"text":'
    raw += tapedeck.dump(said) + b"\n\n}}"
    assert server.request("POST", "/broadcast", body=raw).status == 200
    server.say("frames", 1, 2)
    frames = server.read("frames")
    events = tapedeck.events_of(frames)
    assert [frame.event for frame in events] == ["agent_chat_note", *[tapedeck.MESSAGE] * 2]
    assert events[0].json["text"] == said
    assert [kind for kind in tapedeck.kinds(frames) if kind == "stream_bye"] == []
    names = ["frames\u2028x", "\u202egnp.exe", "<script>", "a&run=b", "a/../b", "%00", "'; --"]
    for name in names:
        server.broadcast({"run_id": name, "message_id": name})
        assert [f.json["run_id"] for f in tapedeck.events_of(server.read(name))] == [name]


def test_what_agents_say_is_never_markup_on_the_page(server, browser):  # noqa: F811
    """Names, content, titles, types, statuses: shown as text, and nothing of it runs."""
    evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    run = f"run{evil}"
    server.broadcast(
        {"run_id": run, "thread_id": "t", "parent_agent": evil, "child_agent": evil,
         "metadata": {"title": evil}}, tapedeck.THREAD_CREATED,
    )  # fmt: skip
    more = {"content": f"{evil} **{evil}** `{evil}`\n```\n{evil}\n```", "message_type": evil}
    metadata = {"urgency": evil, "x": evil, evil: 1}
    server.broadcast(
        tapedeck.message(run, 1, from_agent=evil, metadata=metadata, thread_id="t", **more)
    )
    server.broadcast({"run_id": run, "note": evil}, f"agent_chat_{evil}"[:128])
    closed = {"run_id": run, "thread_id": "t", "status": evil, "result": evil}
    server.broadcast(closed, tapedeck.THREAD_CLOSED)
    browser.get(f"http://127.0.0.1:{server.port}/")
    wait = WebDriverWait(browser, 15)
    wait.until(lambda _: browser.find_elements(By.CSS_SELECTOR, "#runs a"))[0].click()
    # The page begins anew when it learns of a type that it did not know.
    wait.until(lambda _: browser.find_element(By.ID, "rows").text.count(evil) >= 8)
    assert browser.execute_script("return window.hit") is None
    assert browser.find_elements(By.CSS_SELECTOR, "#rows img, #rows script, #runs img") == []
    inline = "const s = document.createElement('script'); s.textContent = 'window.hit = 1';"
    browser.execute_script(inline + "document.body.append(s)")
    assert browser.execute_script("return window.hit") is None, "nor would it run if it were there"


@pytest.mark.parametrize("text", ["%0d%0aSet-Cookie:%20a=b", "%0aX-Evil:%20y", "%0d%0a%0d%0a<b>"])
def test_no_answer_can_be_split(server, text):
    """CRLF in paths, parameters, ids and tokens never reaches a head of an answer."""
    for target in (
        f"/api/runs/x{text}", f"/api/runs/x{text}/events", f"{STREAM}/x{text}", f"/{text}",
        f"/api/runs?q={text}", f"{STREAM}/x?last_event_id={text}", f"{STREAM}/x?from={text}",
        f"/sequencer?run={text}", f"{STREAM}/x?ticket={text}",
    ):  # fmt: skip
        with tapedeck.Stream(server.port, target) as stream:
            assert stream.status in (200, 400, 404)
            assert not {"set-cookie", "x-evil"} & set(stream.headers), target


@pytest.mark.parametrize("wire", [
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX : a\r\n\r\n",
    b"POST /broadcast HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n",
    b"POST /broadcast HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n{}",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    b"POST /broadcast HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
])  # fmt: skip
def test_a_request_that_two_servers_could_read_differently_is_refused(server, wire):
    """Smuggling: one answer at most, and it is a refusal; the connection ends."""
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(wire)
        connection.settimeout(10)
        answer = b""
        with contextlib.suppress(ConnectionResetError, TimeoutError):
            while piece := connection.recv(65_536):
                answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1 ") == 1, answer[:400]


# --- paths ------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [
    "/../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd",
    "/page.js/../../etc/passwd", "/page.js%00.css", "//etc/passwd", "/./page.js", "/static/../LOCK",
    "/api/runs/..%2f..%2fLOCK/tape", "/control/../control/fork", "/api/../control/fork",
    "/control/fork", "/control/delete?run=x", "/control.sock", "/MANIFEST",
    "http://127.0.0.1/control/fork", "/%63ontrol/fork",
])  # fmt: skip
def test_no_path_leads_to_a_file_or_to_what_commands_do(server, guarded, target):
    """404 or 400, to any method, with or without a token; and nothing of a file."""
    for method in ("GET", "POST"):
        body = b"" if method == "POST" else None
        replies = [
            server.request(method, target, body=body),
            guarded.request(method, target, guarded.admin, body=body),
        ]
        for reply in replies:
            assert reply.status in (400, 404, 405), (method, reply.status)
            assert b"root:" not in reply.body


def test_a_run_whose_name_is_a_path_is_a_run(server, tmp_path):
    """It names no file, also on the command line."""
    name = "../../../../../tmp/evil"
    before = sorted(tmp_path.rglob("*"))
    server.broadcast({"run_id": name, "message_id": "1"})
    assert server.get("/api/runs")["runs"][0]["run_id"] == name
    told = tapedeck.succeed("replay", name, "--speed", "max", journal=server.journal)
    assert name.encode() in told
    tapedeck.succeed("pin", name, journal=server.journal)
    tapedeck.succeed("delete", name, journal=server.journal)
    strange = [path for path in set(tmp_path.rglob("*")) - set(before) if "evil" in path.name]
    assert strange == [] and not pathlib.Path("/tmp/evil").exists()


# --- pages of others --------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", FORMS)
@pytest.mark.parametrize("target", POSTS)
def test_no_form_can_post(server, guarded, target, content_type):
    """415 to every type that a page may send without asking, with a cookie or without."""
    before = latest(server)
    body = b'{"event":"agent_chat_note","data":{"run_id":"csrf"},"token":"x"}'
    options = {"body": body, "content_type": content_type}
    foreign = {"Origin": "http://evil.example"}
    assert server.request("POST", target, foreign, **options).status == 415
    assert latest(server) == before
    cookie = {"Cookie": f"tapedeck_token={guarded.admin.text}"}
    assert guarded.request("POST", target, headers=cookie, **options).status == 415
    evil = cookie | {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert guarded.request("POST", target, headers=evil, **options).status in (401, 415)
    runs = guarded.request("GET", "/api/runs?q=csrf", guarded.admin).json["runs"]
    assert runs == []


@pytest.mark.parametrize("target", ["/", "/api/runs", f"{STREAM}/x", "/metrics", "/login",
                                    "/health", "/socket.io/?EIO=4&transport=polling"])  # fmt: skip
def test_a_name_that_is_made_to_point_here_reaches_nothing(guarded, target):
    """DNS rebinding: 421 whatever is shown, since the browser would show it."""
    for host in ("evil.example", f"evil.example:{guarded.port}", "127.0.0.1.evil.example", ""):
        for headers in (guarded.admin.headers, {"Cookie": f"tapedeck_token={guarded.admin.text}"}):
            method = "POST" if target == "/login" else "GET"
            reply = guarded.request(method, target, headers=headers | {"Host": host},
                                    body=b"{}" if method == "POST" else None)  # fmt: skip
            assert reply.status == 421, (host, reply.status)


# --- too much of everything -------------------------------------------------------------------


def settled(server):
    """Answers at once, to somebody new."""
    start = time.monotonic()
    assert server.get("/health")["status"] == "ok"
    return time.monotonic() - start


def test_who_sends_a_head_byte_by_byte_is_cut_off_and_in_nobodys_way(serve, tmp_path):
    """Slowloris: 200 connections that send a byte now and then; each is closed in time."""
    config = tmp_path / "config.json5"
    config.write_text(f"{{ header_timeout_seconds: {HEAD_SECONDS} }}")
    server = serve("--config", config)
    quiet = socket.create_connection(("127.0.0.1", server.port))
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    kept = tapedeck.Connection(server.port, 60)
    kept.request("GET", "/health")
    head = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 1000
    started, closed = time.monotonic(), {}
    with server.stream("r") as stream:
        stream.until("stream_live")
        for byte in head:
            for place, connection in enumerate(slow):
                if place in closed:
                    continue
                try:
                    connection.sendall(bytes([byte]))
                except (BrokenPipeError, ConnectionResetError):
                    closed[place] = time.monotonic() - started
            assert settled(server) < 1
            assert kept.request("GET", "/health").status == 200, "who asks whole is not cut off"
            if len(closed) == len(slow):
                break
            assert time.monotonic() - started < HEAD_SECONDS + 10
            time.sleep(0.1)
        server.say("r", 1)
        assert len(stream.events(1)) == 1
    assert min(closed.values()) > HEAD_SECONDS - 1
    quiet.settimeout(0.1)
    with pytest.raises(TimeoutError):
        quiet.recv(1)  # Who has said nothing yet may still: browsers connect ahead of need.
    text = server.request("GET", "/metrics").body.decode()
    assert 'tapedeck_connections_refused_total{reason="slow_head"} 200' in text
    for connection in [quiet, *slow]:
        connection.close()
    kept.close()


def test_a_head_without_an_end_is_refused_at_its_bound(server):
    """32 KiB of headers, and not a byte of memory more."""
    for wire in (b"X-A: " + b"a" * 40_000, b"".join(b"X-%d: a\r\n" % n for n in range(9000))):
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.settimeout(10)
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + wire)
                answer = connection.recv(100)
                assert answer.startswith(b"HTTP/1.1 4") or answer == b""
    assert settled(server) < 1


@pytest.mark.parametrize("limit", ["connections_max", "connections_per_address_max"])
def test_one_connection_too_many_is_told(serve, tmp_path, limit):
    """503 for a request, a good-bye for a stream; and with room again everything is as before."""
    config = tmp_path / "config.json5"
    config.write_text(f"{{ {limit}: 5 }}")
    server = serve("--config", config)
    streams = [server.stream("r") for _ in range(5)]
    for stream in streams:
        stream.until("stream_live")
    reply = server.request("GET", "/health")
    assert (reply.status, reply.headers["connection"]) == (503, "close")
    assert reply.headers["content-type"] == "application/problem+json"
    with server.stream("r") as stream:
        assert stream.status == 200
        frames = stream.rest()
        assert frames[-1].event == "stream_bye" and frames[-1].json["reason"] == "overloaded"
        assert 1000 <= frames[-1].json["retry"] <= 10_000
    streams.pop().close()
    tapedeck.eventually(lambda: server.request("GET", "/health").status == 200, 10, "room")
    shown = {}

    def metrics():
        shown["reply"] = server.request("GET", "/metrics")
        return shown["reply"].status == 200

    tapedeck.eventually(metrics, 10, "room once more")
    text = shown["reply"].body.decode()
    reason = "count" if limit == "connections_max" else "address"
    refused = text.split(f'tapedeck_connections_refused_total{{reason="{reason}"}} ')[1]
    assert int(refused.split("\n")[0]) >= 2
    assert "\ntapedeck_connections 5\n" in text
    for stream in streams:
        stream.close()


def test_twenty_thousand_connections_disturb_nobody(serve, figure):
    """As many as this machine lets one process have: readers go on, and all of it ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = serve()
    count = min(20_000, hard - 600)
    opened = []
    try:
        with server.stream("r") as stream:
            stream.until("stream_live")
            before = rss(server)
            # One address has too few ports for so many: loopback has as many as it takes.
            for number, n in zip(range(count), itertools.cycle(range(1, 5))):
                connection = socket.socket()
                connection.bind((f"127.0.0.{n}", 0))
                connection.settimeout(20)
                connection.connect(("127.0.0.1", server.port))
                opened.append(connection)
                if number % 2000 == 0:
                    server.say("r", number)
                    assert stream.events(1, 20)
            told = server.request("GET", "/health", timeout=20)
            assert told.status in (200, 503)
            figure("connections that say nothing", len(opened), "")
            figure("memory for each", (rss(server) - before) / len(opened), "KiB")
            assert (rss(server) - before) / len(opened) < 64
            for connection in opened:
                connection.close()
            opened.clear()
            tapedeck.eventually(lambda: open_files(server) < 200, 60, "all are gone")
            server.say("r", count + 1)
            assert stream.events(1, 20)
            assert settled(server) < 1
    finally:
        for connection in opened:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_server_that_may_open_few_files_outlives_too_many_clients(tmp_path):
    """It leaves descriptors for its journal, tells those that are too many, and takes new ones."""
    server = tapedeck.Server(tmp_path / "journal")
    server.words = ["prlimit", "--nofile=700:700", *server.words]
    server.start()
    opened = []
    try:
        server.say("r", 1)
        for _ in range(1500):
            with contextlib.suppress(OSError):
                opened.append(socket.create_connection(("127.0.0.1", server.port), 5))
        assert server.running
        for connection in opened:
            connection.close()
        tapedeck.eventually(lambda: healthy(server), 30, "room again")
        server.say("r", 2, 3)
        assert len(tapedeck.events_of(server.read("r"))) == 3
        server.stop()
        assert b"clean" in tapedeck.succeed("verify", journal=server.journal)
    finally:
        for connection in opened:
            connection.close()
        server.finish()


def healthy(server):
    with contextlib.suppress(OSError):
        return server.request("GET", "/health").status == 200
    return False


def rss(server):
    """The memory of a server, in KiB."""
    status = pathlib.Path(f"/proc/{server.child.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def open_files(server):
    return len(os.listdir(f"/proc/{server.child.pid}/fd"))
