"""A real Chromium with a plain EventSource, through kill -9; and the page that it is served."""

import os
import pathlib
import threading
import time

import pytest
import tapedeck
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

KILLS = 15 if tapedeck.DEEP else 5
FOLLOW = """
window.seen = [];
const source = new EventSource(arguments[0]);
const types = ["agent_chat_message_sent", "connected", "stream_live", "stream_gap", "stream_reset", "stream_bye"];
for (const type of types)
    source.addEventListener(type, e => seen.push([type, e.lastEventId, e.data]));
window.source = source;
"""


@pytest.fixture
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--no-proxy-server",
        "--window-size=1280,900",
    ):
        options.add_argument(argument)
    driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(30)
    driver.set_script_timeout(30)
    yield driver
    driver.quit()


@pytest.fixture
def proxied(server):
    proxy = tapedeck.Proxy(server.port)
    yield proxy
    proxy.close()


class Producer(threading.Thread):
    """Broadcasts messages one by one, each again and again until it is acknowledged."""

    def __init__(self, server, run):
        super().__init__(daemon=True)
        self.server, self.run_id = server, run
        self.acknowledged, self.failure, self.stopping = [], None, threading.Event()
        self.start()

    def run(self):
        n = 0
        try:
            while not self.stopping.wait(0.02):
                data, deadline, answer = (
                    tapedeck.message(self.run_id, n),
                    time.monotonic() + 20,
                    None,
                )
                while answer is None:
                    try:
                        answer = self.server.broadcast(data)
                    except OSError:
                        assert time.monotonic() < deadline, "a message is not acknowledged"
                        time.sleep(0.02)
                self.acknowledged.append((answer["id"], tapedeck.dump(data).decode()))
                n += 1
        except Exception as error:
            self.failure = error


def test_an_event_source_sees_every_event_once_through_five_kills(server, proxied, browser, figure):
    """Every acknowledged event once, in order; Last-Event-ID on each reconnect; no gap told."""
    browser.get(f"http://127.0.0.1:{proxied.port}/")
    browser.execute_script(FOLLOW, tapedeck.stream_target("browser-run", {}))
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
    producer.stopping.set()
    producer.join(30)
    assert not producer.is_alive() and producer.failure is None, producer.failure
    last = producer.acknowledged[-1][0]
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
