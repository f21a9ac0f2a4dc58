"""A real Chromium with a plain EventSource, through kill -9; and the page that it is served."""

import http.server
import os
import pathlib
import threading
import time

import browsers
import pytest
import tapedeck
from producer import Producer
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

KILLS = 15 if tapedeck.DEEP else 5


@pytest.fixture
def browser():
    with browsers.chromium() as driver:
        yield driver


@pytest.fixture
def proxied(server):
    proxy = tapedeck.Proxy(server.port)
    yield proxy
    proxy.close()


def test_an_event_source_sees_every_event_once_through_five_kills(server, proxied, browser, figure):
    """Every acknowledged event once, in order; Last-Event-ID on each reconnect; no gap told."""
    browser.get(f"http://127.0.0.1:{proxied.port}/")
    browser.execute_script(browsers.FOLLOW, tapedeck.stream_target("browser-run", {}))
    producer, reconnects = Producer(server, "browser-run"), []

    def live_frames():
        return browser.execute_script(
            "return seen.filter(([type]) => type == 'stream_live').length"
        )

    for kill in range(KILLS):
        tapedeck.eventually(
            lambda: live_frames() > kill, 20, f"the browser is live after {kill} kills"
        )
        time.sleep(0.5)
        killed = time.monotonic()
        server.restart("kill")
        tapedeck.eventually(lambda: live_frames() > kill + 1, 20, "the browser comes back")
        reconnects.append(time.monotonic() - killed)
    time.sleep(0.5)
    last = producer.stop()[-1][0]
    tapedeck.eventually(
        lambda: browser.execute_script("return seen.some(([, id]) => id == arguments[0])", last),
        20,
        "the browser sees the last event",
    )
    browser.execute_script("source.close()")
    seen = browser.execute_script("return seen")
    events = [(event_id, data) for kind, event_id, data in seen if kind == tapedeck.MESSAGE]
    assert events == producer.acknowledged
    assert {"stream_gap", "stream_reset"}.isdisjoint(kind for kind, _, _ in seen)

    requests = [each for each in proxied.streams() if "browser-run" in each.target]
    assert len(requests) > KILLS
    held = ""
    for i, request in enumerate(requests):
        sent = request.headers.get("last-event-id", "")
        assert sent == held, f"connection {i} sent {sent!r}, and had been given {held!r}"
        held = next((f.id for f in reversed(request.frames()) if f.id is not None), held)
        assert held, "a connection without a cursor"
    figure("browser_events", len(events), "events")
    figure("browser_reconnect_max", max(reconnects) * 1000, "ms")


DASHBOARD = """
window.messages = [];
window.others = [];
const source = new EventSource(`/api/stream/agent_chat/${encodeURIComponent(arguments[0])}`);
source.addEventListener('connected', e => {
    const {status, run_id} = JSON.parse(e.data);
    others.push(['connected', status, run_id]);
});
source.addEventListener('agent_chat_message_sent', e => messages.push(JSON.parse(e.data)));
for (const type of ['agent_chat_thread_created', 'agent_chat_thread_closed'])
    source.addEventListener(type, e => others.push([type, JSON.parse(e.data).thread_id]));
source.addEventListener('ping', e => others.push(['ping', JSON.parse(e.data).timestamp]));
"""
SHOWN = {"run_id", "thread_id", "message_id", "from_agent", "to_agent", "message_type", "content"}
SHOWN |= {"created_at", "metadata"}


def test_a_dashboard_page_works_unchanged_and_shows_each_message_once(server, browser):
    """It knows neither ids nor duplicates: through a kill and a stop, every message comes once."""
    run = "dashboard run/1"
    thread = {"thread_id": "t", "run_id": run, "parent_agent": "A", "child_agent": "B"}
    said = {key: value for key, value in tapedeck.message(run, 0).items() if key != "run_id"}
    server.broadcast(thread, tapedeck.THREAD_CREATED)

    def say(*numbers):
        # As older producers send it: its run is known only through its thread.
        for n in numbers:
            server.broadcast(said | {"thread_id": "t", "message_id": f"m{n}", "content": f"{n}"})

    def shown():
        return [each["content"] for each in browser.execute_script("return messages")]

    def connects():
        return browser.execute_script("return others.filter(([t]) => t == 'connected').length")

    say(*range(20))
    browser.get(f"http://127.0.0.1:{server.port}/")
    browser.execute_script(DASHBOARD, run)
    tapedeck.eventually(lambda: len(shown()) == 20, 15, "what was said before")
    say(*range(20, 40))
    for turn, how in enumerate(["kill", "stop"]):
        server.restart(how)
        say(*range(40 + 20 * turn, 60 + 20 * turn))
        tapedeck.eventually(lambda n=turn: connects() > n + 1, 20, "the page comes back")
    say(80)
    server.broadcast({"thread_id": "t", "status": "completed"}, tapedeck.THREAD_CLOSED)
    tapedeck.eventually(lambda: "80" in shown(), 15, "the last message")
    assert shown() == [f"{n}" for n in range(81)]
    for message in browser.execute_script("return messages"):
        assert message.keys() >= SHOWN
        assert message["run_id"] == run
    tapedeck.eventually(
        lambda: browser.execute_script("return others.some(([t]) => t == 'ping')"), 20, "a ping"
    )
    others = browser.execute_script("return others")
    assert ["connected", "ok", run] in others
    assert [each for each in others if each[0] not in ("connected", "ping")] == [
        [tapedeck.THREAD_CREATED, "t"],
        [tapedeck.THREAD_CLOSED, "t"],
    ]
    moment = next(each[1] for each in others if each[0] == "ping")
    assert tapedeck.RFC3339.fullmatch(moment)


POLLS = """
const [base, done] = arguments;
(async () => {
    const opened = JSON.parse((await (await fetch(base)).text()).slice(1));
    const url = `${base}&sid=${opened.sid}`;
    const headers = {'Content-Type': 'text/plain;charset=UTF-8'};
    await fetch(url, {method: 'POST', headers, body: '40'});
    return (await (await fetch(url)).text()).split('\\x1e').map(packet => packet.slice(0, 14));
})().then(done, error => done(String(error)));
"""
SOCKET = """
const [url, done] = arguments;
const socket = new WebSocket(url), seen = [];
socket.onmessage = e => {
    seen.push(e.data.slice(0, 14));
    if (seen.length == 1) socket.send('40');
    if (e.data.startsWith('40')) done(seen);
};
socket.onerror = () => done('no connection');
"""


@pytest.fixture
def elsewhere():
    """A web server of another program on this machine: its port."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        def log_message(self, *_):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    yield web.server_port
    web.shutdown()
    web.server_close()


def test_pages_of_this_machine_reach_the_event_stream_and_others_do_not(server, browser, elsewhere):
    """As a browser sees it: a dashboard on another port polls and opens WebSockets."""
    server.broadcast({"n": 1})
    polling = f"http://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=polling"
    websocket = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    told = ['42["connected"', '42["event_hist', '40{"sid":"']
    for host in ("127.0.0.1", "localhost"):
        browser.get(f"http://{host}:{elsewhere}/")
        polled = browser.execute_async_script(POLLS, polling)
        seen = browser.execute_async_script(SOCKET, websocket)
        for packets in (polled, seen[1:]):
            assert [packet[:10] for packet in packets] == [packet[:10] for packet in told], packets
    browser.get("data:text/html,<title>nowhere</title>")
    assert "Failed to fetch" in browser.execute_async_script(POLLS, polling)
    assert browser.execute_async_script(SOCKET, websocket) == "no connection"


def wait_for_text(browser, text):
    WebDriverWait(browser, 15).until(
        lambda b: text in b.execute_script("return document.body.innerText"),
        f"{text!r} on the page",
    )


def screenshot(browser, name):
    if folder := os.environ.get("TAPEDECK_SCREENSHOTS"):
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        assert browser.save_screenshot(f"{folder}/{name}.png")


def test_the_page_lists_a_run_and_shows_its_messages(server, browser):
    """`/` lists the run; a click on it shows what was said, and what is said while it is open."""
    run = "page-run"
    data = tapedeck.message(
        run, 0, content="Which <b>tables</b> do we need & why?", message_type="question"
    )
    thread = {
        "thread_id": data["thread_id"],
        "run_id": run,
        "parent_agent": "Architect",
        "child_agent": "Dir-Code",
    }
    server.broadcast(thread, tapedeck.THREAD_CREATED)
    server.broadcast(data)
    browser.get(f"http://127.0.0.1:{server.port}/")
    wait_for_text(browser, run)
    screenshot(browser, "runs")
    links = browser.find_elements(
        By.XPATH, f"//body//*[not(self::script)][text()[contains(., '{run}')]]"
    )
    next(link for link in reversed(links) if link.is_displayed()).click()
    wait_for_text(browser, data["content"])
    server.broadcast(tapedeck.message(run, 1, content="Said while the page was open"))
    wait_for_text(browser, "Said while the page was open")
    screenshot(browser, "run")


def test_the_page_of_a_run_has_an_address(server, browser):
    """`/sequencer?run=…` shows that run, and may be opened before its first event."""
    run = "runs/with spaces & more"
    browser.get(f"http://127.0.0.1:{server.port}/sequencer?run=runs%2Fwith%20spaces%20%26%20more")
    wait_for_text(browser, run)
    server.broadcast(tapedeck.message(run, 0, content="The first words of all"))
    wait_for_text(browser, "The first words of all")


def test_a_message_that_is_amended_is_shown_whole(server, browser, tmp_path):
    """`journal_amend` replaces what the message said that it names, and no other."""
    run = "amended-run"
    server.say(run, 0, 1)
    cut = tapedeck.message(run, 2, content="The cut beginning of")
    server.broadcast(cut)
    browser.get(f"http://127.0.0.1:{server.port}/sequencer?run={run}")
    wait_for_text(browser, cut["content"])
    amends = [
        {"message_id": cut["message_id"], "content": "The cut beginning of all that was said"},
        {"message_id": f"{run}-1", "content": "Nothing that begins like that"},
    ]
    export = tmp_path / "export.ndjson"
    export.write_bytes(
        b"".join(
            tapedeck.dump(
                {"id": f"k7q2m9xa-{n}", "run_id": run, "event": "journal_amend", "data": amend}
            )
            + b"\n"
            for n, amend in enumerate(amends)
        )
    )
    tapedeck.succeed("import", export, journal=server.journal)
    wait_for_text(browser, "The cut beginning of all that was said")
    text = browser.execute_script("return document.body.innerText")
    assert text.count("The cut beginning of") == 1
    assert f"message 1 of {run}" in text and "Nothing that begins" not in text
    screenshot(browser, "amended")
    # The same for who comes later, and finds both.
    browser.refresh()
    wait_for_text(browser, "The cut beginning of all that was said")
    assert "Nothing that begins" not in browser.execute_script("return document.body.innerText")
