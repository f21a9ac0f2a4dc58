"""Who may do what: tokens, scopes, the page's cookie, tickets, origins; and what shows nowhere."""

import json
import re
import socket
import statistics
import time

import access
import pytest
import socketio
import tapedeck
from event_stream import POLLING, Polling, WebSocket
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from test_browser import browser  # noqa: F401

APP = "https://app.example"
PAGE = "http://localhost:3000"
STREAM = "/api/stream/agent_chat"
# What anyone may see.
OPEN = ["/", "/sequencer?run=x", "/page.js", "/page.css", "/health", "/ready"]
READING = [
    "/api/runs", "/api/runs/open1", "/api/runs/open1/events", "/api/runs/open1/tape",
    STREAM, f"{STREAM}/open1",
    f"{STREAM}?run=open1&run=hidden", f"{STREAM}/open1?mode=replay&speed=max",
]  # fmt: skip


@pytest.fixture(scope="module")
def guarded(serve_module, tmp_path_factory):
    """One server with tokens, and runs: `open1`, `open2`, and `hidden`, which only admins read."""
    folder = tmp_path_factory.mktemp("guarded")
    guarded = access.Guarded(
        serve_module, folder, settings=f'allowed_origins: ["{APP}", "{PAGE}"],'
    )
    for run in ("open1", "hidden", "open2"):
        guarded.say(run, *range(5), content=f"said in {run}")
    return guarded


def refused(reply, status):
    """The reply is a problem with this status, in one sentence."""
    assert reply.status == status, (reply.status, reply.body)
    assert reply.headers["content-type"] == "application/problem+json"
    problem = json.loads(reply.body)
    assert problem["status"] == status and problem["detail"]
    assert ("www-authenticate" in reply.headers) == (status == 401)
    return problem["detail"]


def opens(guarded, target, headers):
    """The status of a stream or any other answer."""
    with tapedeck.Stream(guarded.port, target, headers=headers) as stream:
        return stream.status


# --- tokens -----------------------------------------------------------------------------------


def test_a_token_is_printed_once_and_known_by_its_hash():
    """The entry has the SHA-256 of the token and not the token; no two tokens are alike."""
    tokens = [access.make('the "board"', "publish", "read:night-*") for _ in range(5)]
    assert len({token.text for token in tokens}) == 5
    for token in tokens:
        assert f'sha256: "{token.digest}"' in token.entry
        assert token.text not in token.entry
        assert 'scopes: ["publish", "read:night-*"]' in token.entry


@pytest.mark.parametrize(
    "words", [("--name", "n"), ("publish",), ("--name", "", "publish"), ("--name", "n", "root"),
              ("--name", "n", "read:"), ("--name", "n", "read"),
              ("--name", "n", "--expires", "soon", "publish")]
)  # fmt: skip
def test_a_token_without_a_name_or_a_scope_is_refused(words):
    """Exit 64."""
    tapedeck.refuse("token", *words, codes=(64,))


def test_a_token_ends_when_it_is_to_and_so_does_what_it_opened(serve, tmp_path):
    """Streams say good-bye, sessions end, and after that it is no token; another is good still."""
    guarded = access.Guarded(serve, tmp_path)
    short = access.make("short", "read:*", expires="4s")
    assert re.search(r'expires: "\d{4}-[^"]*Z" }$', short.entry)
    settings = guarded.config.read_text().replace("tokens: [", f"tokens: [{short.entry},")
    guarded.config.write_text(settings)
    guarded.server.restart("stop")
    guarded.say("open1", 1)
    stream, other = (guarded.stream("open1", token) for token in (short, guarded.reader))
    with stream, other:
        assert len(tapedeck.events_of(stream.until("stream_live"))) == 1
        other.until("stream_live")
        client = WebSocket(guarded.port, headers=short.headers)
        client.join()
        ticket = guarded.ticket(short, run_id="open1")
        frames = stream.rest()
        assert frames[-1].event == "stream_bye" and frames[-1].json["reason"] == "token_expiring"
        assert client.end()[1] == "the token has ended"
        client.close()
        refused(guarded.request("GET", "/api/runs", short), 401)
        refused(guarded.request("GET", f"{STREAM}/open1?ticket={ticket}"), 401)
        guarded.say("open1", 2)
        assert len(other.events(1)) == 1


@pytest.mark.parametrize("target", READING + ["/metrics"])
def test_without_a_token_nothing_is_told(guarded, target):
    """401, whatever else is said; a wrong token is no better, nor is one in the address."""
    refused(guarded.request("GET", target), 401)
    for headers in (
        {"Authorization": f"Bearer {'x' * 52}"},
        {"Authorization": f"Basic {guarded.admin.text}"},
        {"Authorization": guarded.admin.text},
        {"Authorization": f"Bearer {guarded.admin.digest}"},
        {"Authorization": f"Bearer {guarded.admin.text[:-1]}"},
        {"Cookie": f"tapedeck_token={guarded.admin.digest}"},
        {"X-Api-Key": guarded.admin.text},
    ):
        refused(guarded.request("GET", target, headers=headers), 401)
    for name in ("token", "access_token", "ticket", "authorization"):
        mark = "&" if "?" in target else "?"
        refused(guarded.request("GET", f"{target}{mark}{name}={guarded.admin.text}"), 401)


@pytest.mark.parametrize("target", ["/broadcast", "/api/events", "/api/tickets"])
def test_without_a_token_nothing_is_taken(guarded, target):
    """401 before the body is looked at; a reader may not post either."""
    refused(guarded.request("POST", target, body=b"{}"), 401)
    refused(guarded.request("POST", target, body=b"not json"), 401)
    token = guarded.publisher if target == "/api/tickets" else guarded.reader
    assert "scope" in refused(guarded.request("POST", target, token, body=b"{}"), 403)


@pytest.mark.parametrize("target", OPEN)
def test_the_page_and_probes_need_no_token(guarded, target):
    """Nor do they mind one that is not known any more; how the server fares, admins are told."""
    for headers in ({}, {"Authorization": "Bearer x"}, {"Cookie": "tapedeck_token=x"}):
        reply = guarded.request("GET", target, headers=headers)
        assert reply.status == 200
        if target == "/health":
            assert reply.json == {
                "status": "ok", "mode": "durable", "epoch": None, "latest": None, "low_space": None,
            }  # fmt: skip
        if target == "/ready":
            assert reply.json == {"status": "ready", "reasons": [], "upstreams": []}
    if target == "/health":
        told = guarded.request("GET", target, guarded.admin).json
        assert tapedeck.ID.fullmatch(told["latest"]) and told["low_space"] in (True, False)
        assert guarded.request("GET", target, guarded.reader).json["latest"] is None


def test_each_scope_opens_what_it_says_and_nothing_else(guarded):
    """The publisher posts, the reader reads, the admin does everything."""
    admin, publisher, reader = guarded.admin, guarded.publisher, guarded.reader
    for target in READING:
        assert opens(guarded, target, reader.headers) == 200
        assert opens(guarded, target, admin.headers) == 200
        assert opens(guarded, target, publisher.headers) == 403
    for token, status in ((admin, 200), (reader, 403), (publisher, 403)):
        assert guarded.request("GET", "/metrics", token).status == status
    body = tapedeck.dump({"event": "agent_chat_note", "data": {"run_id": "notes"}})
    for token, status in ((admin, 200), (reader, 403), (publisher, 200)):
        assert guarded.request("POST", "/broadcast", token, body=body).status == status
    for command in ("fork", "delete?run=open1", "prune?older_than=1s", "import?stem=x", "lines"):
        assert guarded.request("POST", f"/control/{command}", admin, body=b"").status == 404


def test_commands_on_the_machine_need_no_token(guarded):
    """They come by the journal's own socket, which the owner alone may write to."""
    assert b"hidden" in tapedeck.succeed("runs", journal=guarded.server.journal)
    tapedeck.succeed("pin", "hidden", journal=guarded.server.journal)
    tapedeck.succeed("unpin", "hidden", journal=guarded.server.journal)
    mode = (guarded.server.journal / "control.sock").stat().st_mode
    assert mode & 0o022 == 0, oct(mode)


# --- runs that one may not read ---------------------------------------------------------------

QUESTIONS = [
    "/api/runs/RUN", "/api/runs/RUN/events", "/api/runs/RUN/events?after=3&limit=1",
    "/api/runs/RUN/events?wait=1", f"{STREAM}/RUN", f"{STREAM}/RUN?from=latest",
    f"{STREAM}/RUN?from=tail:3", f"{STREAM}?run=RUN", f"{STREAM}?run=RUN&run=open1",
    f"{STREAM}/RUN?envelope=1&from=50%25", f"{STREAM}/RUN?last_event_id=7",
    f"{STREAM}/RUN?mode=replay&speed=max", f"{STREAM}/RUN?mode=replay&speed=max&until=live",
    f"{STREAM}/RUN?mode=replay&from=0.1s&speed=1000",
    f"{STREAM}/RUN?speed=1", "/api/runs/RUN/events?limit=0", "/api/runs/RUN/tape",
]  # fmt: skip


def everything_told(guarded, target, run):
    """Status, headers and body, the run's name and what is drawn or read from a clock aside."""
    target = target.replace("RUN", run)
    with tapedeck.Stream(guarded.port, target, headers=guarded.reader.headers) as stream:
        connection = stream.connection
        head = (stream.status, {k: v for k, v in stream.headers.items() if k != "date"})
        if stream.headers.get("content-type", "").startswith("text/event-stream"):
            last = "stream_end" if "speed=1000" in target else "stream_live"
            body = b"\n\n".join(frame.raw for frame in stream.until(last))
        else:
            connection.buffer = b"\n\n".join([*(frame.raw for frame in stream.frames), b""])
            body = guarded.request("GET", target, guarded.reader).body
    body = re.sub(rb"retry: \d+", b"retry", body)
    body = re.sub(rb'"server_time":"[^"]*"', b'"server_time"', body)
    return head, body.replace(run.encode(), b"RUN")


@pytest.mark.parametrize("target", QUESTIONS)
def test_a_run_that_one_may_not_read_is_like_one_that_there_is_not(guarded, target):
    """The same status, headers and body for whatever is asked of it."""
    hidden = everything_told(guarded, target, "hidden")
    assert hidden == everything_told(guarded, target, "nobody")
    assert b"said in" not in hidden[1] or b"said in open1" in hidden[1]
    if target.startswith("/api/runs"):
        heads = []
        for run in ("hidden", "nobody"):
            connection = tapedeck.Connection(guarded.port)
            connection.send("HEAD", target.replace("RUN", run), guarded.reader.headers)
            heads.append(connection.read_head())
            connection.close()
        for _, headers in heads:
            del headers["date"]
        assert heads[0] == heads[1], "the names of both runs are of one length"


def test_it_takes_as_long_to_say_nothing_of_the_one_as_of_the_other(guarded, figure):
    """The same work is done for both: medians of answers in turn are alike."""
    times = {"hidden": [], "nobody": []}
    connection = tapedeck.Connection(guarded.port, 60)
    for _ in range(400):
        for run, taken in times.items():
            start = time.perf_counter()
            connection.request("GET", f"/api/runs/{run}/events", guarded.reader.headers)
            taken.append(time.perf_counter() - start)
    connection.close()
    ratio = statistics.median(times["hidden"]) / statistics.median(times["nobody"])
    figure("hidden run's time by an unknown one's", ratio, "x")
    assert 0.5 < ratio < 2, ratio


def test_nothing_of_a_hidden_run_is_in_lists_and_wide_streams(guarded):
    """The list of runs, also by its name; a stream of all, of several, live too."""
    runs = guarded.request("GET", "/api/runs", guarded.reader).json["runs"]
    assert {run["run_id"] for run in runs} == {"open1", "open2"}
    assert guarded.request("GET", "/api/runs?q=hidden", guarded.reader).json["runs"] == []
    page = guarded.request("GET", "/api/runs?limit=1", guarded.reader).json
    assert [run["run_id"] for run in page["runs"]] == ["open2"]
    page = guarded.request("GET", f"/api/runs?limit=1&before={page['next']}", guarded.reader).json
    assert [run["run_id"] for run in page["runs"]] == ["open1"] and page["next"] is None
    for run, count in ((None, 10), (["open1", "hidden"], 6)):
        with guarded.stream(run, guarded.reader) as stream:
            frames = stream.until("stream_live")
            seen = tapedeck.events_of(frames)
            assert len(seen) == count and all(b" in open" in frame.data for frame in seen)
            shown = {frame.id for frame in seen}
            told = [f.json["latest"] for f in frames if f.event in ("connected", "stream_live")]
            assert set(told) <= shown
            guarded.say("hidden", int(time.time_ns()), content="said in hidden")
            guarded.say("open1", int(time.time_ns()), content="now in open")
            assert b"now in open" in stream.events(1)[0].data
    runs = guarded.request("GET", "/api/runs", guarded.admin).json["runs"]
    assert {"open1", "open2", "hidden"} <= {run["run_id"] for run in runs}


def test_a_long_poll_is_not_answered_by_what_one_may_not_read(guarded):
    """It waits its time through, as for a run that there is not."""
    start = time.monotonic()
    connection = tapedeck.Connection(guarded.port, 20)
    connection.send("GET", "/api/runs/hidden/events?wait=2", guarded.reader.headers)
    time.sleep(0.3)
    guarded.say("hidden", int(time.time_ns()))
    assert connection.read_reply().json["events"] == []
    assert time.monotonic() - start > 1.9
    connection.close()


# --- tickets ----------------------------------------------------------------------------------


def test_a_ticket_opens_its_stream_once(guarded):
    """A second try, and a browser's own retry of the address, is refused; another ticket helps."""
    target = f"{STREAM}/open1?ticket={guarded.ticket(guarded.reader, run_id='open1')}"
    with tapedeck.Stream(guarded.port, target) as stream:
        assert stream.status == 200
        last = stream.until("stream_live")
        refused(guarded.request("GET", target), 401)
    last_id = [frame.id for frame in last if frame.id][-1]
    refused(guarded.request("GET", target, headers={"Last-Event-ID": last_id}), 401)
    ticket = guarded.ticket(guarded.reader, run_id="open1")
    target = f"{STREAM}/open1?ticket={ticket}&last_event_id={last_id}"
    with tapedeck.Stream(guarded.port, target) as stream:
        frames = stream.until("stream_live")
        assert frames[1 if frames[0].kind == "retry" else 0].json["resume"] == "exact"
        assert tapedeck.events_of(frames) == []


def test_a_ticket_is_bound_to_its_stream_and_holder(guarded):
    """Of no use for another run, several, all, a page of events, or somebody else's token."""
    for target in ("/open2", "", "?run=open1&run=open2", "/hidden"):
        mark = "&" if "?" in target else "?"
        ticket = guarded.ticket(guarded.reader, run_id="open1")
        refused(guarded.request("GET", f"{STREAM}{target}{mark}ticket={ticket}"), 401)
    ticket = guarded.ticket(guarded.reader, run_id="open1")
    refused(guarded.request("GET", f"/api/runs/open1/events?ticket={ticket}"), 401)
    refused(guarded.request("GET", f"{STREAM}/open1?ticket={ticket}", guarded.other), 401)
    refused(guarded.request("GET", f"{STREAM}/open1?ticket={ticket}"), 401)
    for wanted, target in (({}, "?"), ({"run_ids": ["open1", "open2"]}, "?run=open2&run=open1&")):
        ticket = guarded.ticket(guarded.reader, **wanted)
        with tapedeck.Stream(guarded.port, f"{STREAM}{target}ticket={ticket}") as stream:
            assert stream.status == 200
            assert len(tapedeck.events_of(stream.until("stream_live"))) >= 10


def test_a_ticket_for_a_run_that_one_may_not_read_shows_as_little(guarded):
    """It is given, as for a run that nobody has heard of."""
    for run in ("hidden", "nobody"):
        target = f"{STREAM}/{run}?ticket={guarded.ticket(guarded.reader, run_id=run)}"
        with tapedeck.Stream(guarded.port, target) as stream:
            assert tapedeck.kinds(stream.until("stream_live"))[-3:] == [
                "connected", "id", "stream_live",
            ]  # fmt: skip


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"run_id":5}', b'{"run_id":""}', b'{"run_id":"a\\n"}']
)
def test_a_bad_request_for_a_ticket_is_refused(guarded, body):
    """400; and 415 for what a form could send."""
    refused(guarded.request("POST", "/api/tickets", guarded.reader, body=body), 400)
    form = {"content_type": "text/plain"}
    refused(guarded.request("POST", "/api/tickets", guarded.reader, body=body, **form), 415)


# --- the page ---------------------------------------------------------------------------------


def test_the_page_gets_a_cookie_that_no_script_reads_and_no_other_site_sends(guarded):
    """By a post, never by an address; it opens what the token opens; and it goes again."""
    reply = guarded.login(guarded.reader.text)
    assert reply.status == 204
    cookie, *attributes = reply.headers["set-cookie"].split("; ")
    assert cookie == f"tapedeck_token={guarded.reader.text}"
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    assert "Secure" not in attributes
    secure = guarded.login(guarded.reader.text, {"Origin": f"https://127.0.0.1:{guarded.port}"})
    assert "Secure" in secure.headers["set-cookie"].split("; ")
    headers = {"Cookie": f"a=b; {cookie}"}
    assert guarded.request("GET", "/api/runs", headers=headers).status == 200
    assert opens(guarded, f"{STREAM}/open1", headers) == 200
    refused(guarded.request("POST", "/broadcast", headers=headers, body=b"{}"), 403)
    gone = guarded.request("POST", "/logout", body=b"{}")
    assert gone.headers["set-cookie"].startswith("tapedeck_token=; Path=/; Max-Age=0;")


def test_a_wrong_token_does_not_log_in(guarded):
    """401 and no cookie; nor by a form, nor by an address, nor with a header in the token."""
    for text in ("wrong", "", guarded.reader.digest, f"{guarded.reader.text}\r\nX: y"):
        reply = guarded.login(text)
        refused(reply, 401)
        assert "set-cookie" not in reply.headers
    for body in (b"", b"{}", b'{"token":5}'):
        refused(guarded.request("POST", "/login", body=body), 400)
    form = b"token=" + guarded.reader.text.encode()
    for content_type in ("application/x-www-form-urlencoded", "text/plain", None):
        refused(guarded.request("POST", "/login", body=form, content_type=content_type), 415)
    assert guarded.request("GET", f"/login?token={guarded.reader.text}").status in (404, 405)


@pytest.mark.parametrize(
    "shown", [{"Origin": "http://evil.example"}, {"Origin": "null"},
              {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://127.0.0.1:1"}, {"Origin": APP}]
)  # fmt: skip
def test_the_cookie_counts_for_our_own_page_alone(guarded, shown):
    """A page on another port of this machine is the same site to a browser, and not to us."""
    headers = {"Cookie": f"tapedeck_token={guarded.admin.text}"} | shown
    refused(guarded.request("GET", "/api/runs", headers=headers), 401)
    refused(guarded.request("GET", f"{STREAM}/open1", headers=headers), 401)
    refused(guarded.request("POST", "/broadcast", headers=headers, body=b"{}"), 401)
    own = {"Origin": f"http://127.0.0.1:{guarded.port}", "Sec-Fetch-Site": "same-origin"}
    cookie = {"Cookie": headers["Cookie"]}
    assert guarded.request("GET", "/api/runs", headers=cookie | own).status == 200


def test_a_browser_logs_in_and_reads_on_through_a_restart(serve, tmp_path, browser):  # noqa: F811
    """The page asks for a token, shows the runs that it opens, and follows one live."""
    guarded = access.Guarded(serve, tmp_path)
    guarded.say("open1", *range(3), content="<b>first</b> words")
    guarded.say("hidden", *range(3))
    browser.get(f"http://127.0.0.1:{guarded.port}/sequencer?run=open1")

    def shown(selector):
        return browser.find_elements(By.CSS_SELECTOR, selector)

    wait = WebDriverWait(browser, 15)
    wait.until(lambda _: browser.find_element(By.ID, "login").is_displayed())
    browser.find_element(By.ID, "token").send_keys("wrong")
    browser.find_element(By.CSS_SELECTOR, "#login button").click()
    wait.until(lambda _: "not known" in browser.find_element(By.ID, "login-note").text)
    browser.find_element(By.ID, "token").clear()
    browser.find_element(By.ID, "token").send_keys(guarded.reader.text)
    browser.find_element(By.CSS_SELECTOR, "#login button").click()
    wait.until(lambda _: len(shown("#rows .row")) >= 3)
    wait.until(lambda _: len(shown("#runs li")) == 1)
    assert not browser.find_element(By.ID, "login").is_displayed()
    assert browser.execute_script("return document.cookie") == ""
    assert guarded.reader.text not in browser.current_url + browser.page_source
    guarded.server.restart("kill")
    guarded.say("open1", 77, content="after the restart")
    wait.until(lambda _: "after the restart" in browser.find_element(By.ID, "rows").text)


# --- the Event Stream -------------------------------------------------------------------------


def test_the_event_stream_tells_of_the_runs_that_one_may_read(guarded):
    """By a header or by `auth.token`; to who shows nothing it tells nothing."""
    url = f"http://127.0.0.1:{guarded.port}"
    for options in (
        {"headers": guarded.reader.headers},
        {"auth": {"token": guarded.reader.text}},
    ):
        for transports in (["polling"], ["websocket"]):
            client, told = socketio.Client(), []
            client.on("event_history", told.extend)
            client.on("event", told.append)
            client.connect(url, transports=transports, wait_timeout=10, **options)
            tapedeck.eventually(lambda told=told: len(told) >= 10, 10, "the history")
            guarded.say("hidden", int(time.time_ns()))
            guarded.say("open2", int(time.time_ns()), content="last words")
            tapedeck.eventually(lambda told=told: "last words" in str(told[-1]), 10, "an event")
            client.disconnect()
            assert {event["data"]["run_id"] for event in told} <= {"open1", "open2"}


@pytest.mark.parametrize("auth", [None, {}, {"token": "wrong"}, {"token": 5}, "publisher"])
def test_who_shows_no_token_that_reads_does_not_join_the_event_stream(guarded, auth):
    """A connect error, by the protocol's own means."""
    auth = {"token": guarded.publisher.text} if auth == "publisher" else auth
    client, told = socketio.Client(reconnection=False), []
    client.on("connect_error", told.append)
    client.on("event_history", told.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(
            f"http://127.0.0.1:{guarded.port}", auth=auth, transports=["websocket"], wait_timeout=5
        )
    assert len(told) == 1 and "needs a token" in str(told[0])
    assert guarded.request("GET", POLLING, headers={"Authorization": "Bearer x"}).status == 401
    assert guarded.request("GET", POLLING, guarded.publisher).status == 403


def test_a_session_of_the_event_stream_is_its_holders(guarded):
    """Somebody else's token does not fit; who shows none is who knows the id, as clients do."""
    reply = guarded.request("GET", POLLING, guarded.reader)
    target = f"{POLLING}&sid={json.loads(reply.body[1:])['sid']}"
    for token in (guarded.other, guarded.admin):
        reply = guarded.request("GET", target, token)
        assert (reply.status, reply.json["code"]) == (400, 1)
        assert guarded.request("POST", target, token, body=b"40").status == 400
    assert guarded.request("POST", target, guarded.reader, body=b"40").status == 200
    wrong = {"Authorization": "Bearer x"}
    assert guarded.request("GET", target, headers=wrong).status == 401
    assert b"event_history" in guarded.request("GET", target).body


def test_another_tapedeck_records_with_a_token(guarded, serve, tmp_path):
    """Tapedeck's own way to show a token upstream is one that Tapedeck takes."""
    config = tmp_path / "second.json5"
    url = f"http://127.0.0.1:{guarded.port}"
    config.write_text(f'{{ upstreams: [{{ url: "{url}", token: "{guarded.reader.text}" }}] }}')
    second = serve("--config", config, "--upstream", url)
    third = tapedeck.Server(tmp_path / "third", "--config", config)
    words = ["serve", "--journal", str(third.journal), "--config", str(config)]
    third.words = [tapedeck.BINARY, *words]
    third.start()

    def recorded():
        return {run["run_id"] for run in third.get("/api/runs")["runs"]}

    try:
        tapedeck.eventually(lambda: recorded() >= {"open1", "open2"}, 15, "what may be read")
        assert all(run.startswith("open") for run in recorded())
    finally:
        third.stop()
    assert second.get("/api/runs")["runs"] == [], "without a token nothing is recorded"
    assert second.get("/ready")["upstreams"][0]["state"] != "connected"


def test_a_run_is_posted_with_a_token(guarded, server, monkeypatch):
    """`replay --out http://…` shows what is in TAPEDECK_TOKEN."""
    server.say("open-posted", *range(3))
    words = ("replay", "open-posted", "--speed", "max", "--out", f"http://127.0.0.1:{guarded.port}")
    for token in (None, guarded.reader.text, "x" * 52):
        if token:
            monkeypatch.setenv("TAPEDECK_TOKEN", token)
        told = tapedeck.refuse(*words, journal=server.journal)
        assert ("401" in told or "403" in told) and (not token or token not in told)
    monkeypatch.setenv("TAPEDECK_TOKEN", guarded.publisher.text)
    tapedeck.succeed(*words, journal=server.journal)
    monkeypatch.delenv("TAPEDECK_TOKEN")
    assert guarded.request("GET", "/api/runs/open-posted", guarded.reader).json["events"] == 3


# --- other origins ----------------------------------------------------------------------------


@pytest.mark.parametrize("origin", [APP, PAGE])
def test_a_page_of_an_origin_that_is_named_may_use_everything(guarded, origin):
    """Preflights, answers, errors and streams carry the origin, never a star or credentials."""
    asks = {
        "Origin": origin, "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,last-event-id",
    }  # fmt: skip
    for target in (f"{STREAM}/open1", "/api/runs", "/broadcast", "/api/tickets", "/nowhere"):
        reply = guarded.request("OPTIONS", target, headers=asks)
        assert reply.status == 204
        assert reply.headers["access-control-allow-origin"] == origin
        allowed = reply.headers["access-control-allow-headers"].lower().split(", ")
        assert {"authorization", "content-type", "last-event-id", "idempotency-key"} == set(allowed)
        assert set(reply.headers["access-control-allow-methods"].split(", ")) == {"GET", "POST"}
    for token, target in ((guarded.reader, "/api/runs"), (None, "/api/runs"), (None, "/nowhere")):
        reply = guarded.request("GET", target, token, {"Origin": origin})
        assert reply.headers["access-control-allow-origin"] == origin
        assert reply.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in reply.headers
    with guarded.stream("open1", guarded.reader, headers={"Origin": origin}) as stream:
        assert stream.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in stream.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://app.example.evil", "http://app.example",
               "https://app.example:8443", "http://localhost:3001"]
)  # fmt: skip
def test_a_page_of_any_other_origin_may_see_nothing(guarded, origin):
    """A preflight is refused, and no answer says that the page may see it."""
    asks = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    for target in (f"{STREAM}/open1", "/api/runs", "/broadcast"):
        reply = guarded.request("OPTIONS", target, headers=asks)
        refused(reply, 403)
        assert not any(name.startswith("access-control") for name in reply.headers)
    for token in (guarded.reader, None):
        reply = guarded.request("GET", "/api/runs", token, {"Origin": origin})
        assert not any(name.startswith("access-control") for name in reply.headers)
    with guarded.stream("open1", guarded.reader, headers={"Origin": origin}) as stream:
        assert not any(name.startswith("access-control") for name in stream.headers)


def test_without_named_origins_no_answer_speaks_of_any(server):
    """As it was before there were any."""
    reply = server.request("GET", "/api/runs", {"Origin": APP})
    assert reply.status == 200
    assert not {"vary", "access-control-allow-origin"} & set(reply.headers)
    asks = {"Origin": APP, "Access-Control-Request-Method": "GET"}
    refused(server.request("OPTIONS", "/api/runs", asks), 403)


# --- secrets ----------------------------------------------------------------------------------


def test_no_secret_shows_in_log_metrics_or_answers(serve, tmp_path):
    """Whatever is shown to the server, wherever, right or wrong, and however it ends."""
    guarded = access.Guarded(serve, tmp_path)
    ticket = guarded.ticket(guarded.reader, run_id="open1")
    wrong = "tapedeck_" + "w" * 43
    answers = [guarded.login(wrong).body, guarded.login(f"{wrong}\x00").body]
    for secret in (guarded.admin.text, wrong, ticket):
        for headers in (
            {"Authorization": f"Bearer {secret}"}, {"Authorization": f"Basic {secret}"},
            {"Authorization": f"Bearer {secret} x"}, {"Cookie": f"tapedeck_token={secret}"},
        ):  # fmt: skip
            for target in ("/metrics", "/api/runs/x", f"{STREAM}/x?speed=9", "/nowhere", "/%zz"):
                answers.append(guarded.request("GET", target, headers=headers).body)
        for target in (f"/api/runs?limit={secret}", f"{STREAM}/open1?ticket={secret}&from=x"):
            answers.append(guarded.request("GET", target).body)
        body = secret.encode()
        answers.append(guarded.request("POST", "/api/tickets", guarded.reader, body=body).body)
        answers.append(guarded.request("POST", "/login", body=b'{"token": "' + body).body)
        with socket.create_connection(("127.0.0.1", guarded.port)) as broken:
            broken.sendall(b"GET / HTTP/1.1\r\nAuthorization " + body + b"\r\n\r\n")
            broken.settimeout(10)
            answers.append(broken.recv(65_536))
    client = WebSocket(guarded.port)
    client.send(b'40{"token":"' + wrong.encode() + b'"}')
    told = guarded.shown() + b"".join(answers)
    client.close()
    guarded.server.stop()
    told += open(guarded.server.log, "rb").read()
    for token in guarded.tokens:
        assert token.text.encode() not in told and token.digest.encode() not in told
    assert wrong.encode() not in told and ticket.encode() not in told


def test_refusals_are_counted_by_reason(guarded):
    """For who watches for guesses."""

    def counts():
        text = guarded.request("GET", "/metrics", guarded.admin).body.decode()
        found = re.findall(r'tapedeck_access_refused_total\{reason="(\w+)"\} (\d+)', text)
        return {reason: int(count) for reason, count in found}

    before = counts()
    assert set(before) == {"no_token", "unknown_token", "scope", "ticket"}
    guarded.request("GET", "/api/runs")
    guarded.request("GET", "/api/runs", headers={"Authorization": "Bearer x"})
    guarded.request("GET", "/api/runs", guarded.publisher)
    after = counts()
    assert {reason: after[reason] - before[reason] for reason in after} == {
        "no_token": 1, "unknown_token": 1, "scope": 1, "ticket": 0,
    }  # fmt: skip


def test_a_server_without_tokens_asks_for_none(server):
    """On loopback everything is as it was, whatever is shown."""
    server.say("open1", 1)
    shown = {"Authorization": "Bearer x", "Cookie": "tapedeck_token=x"}
    for target in ("/api/runs", "/api/runs/open1", "/metrics", "/health", "/ready"):
        assert server.request("GET", target, shown).status == 200
    with server.stream("open1", headers=shown, ticket="x") as stream:
        assert len(tapedeck.events_of(stream.until("stream_live"))) == 1
    polling = Polling(server.port)
    assert polling.until(b"40{")


def test_the_api_is_described(serve):
    reply = serve().request("GET", "/openapi.json")
    assert reply.status == 200 and reply.headers["content-type"] == "application/json"
    assert reply.json["openapi"].startswith("3.1") and "/api/runs/{run_id}" in reply.json["paths"]
