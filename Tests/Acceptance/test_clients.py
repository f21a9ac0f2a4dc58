"""Clients that others wrote, through `kill -9` and a stop: every event once, and in order.

They all read the same run at the same time, so that what they wait for, they wait for together.
`sse_clients.py` tells what each of them does by itself. Chromium is in `test_browser.py`.
"""

import contextlib
import dataclasses
import json
import time

import browsers
import pytest
import sse_clients
import tapedeck
from producer import Producer

RUN = "read by others"
# At the end the server is stopped in peace, once.
RESTARTS = ["kill"] * (10 if tapedeck.DEEP else 2) + ["stop"]
BROWSERS = {"firefox": browsers.firefox, "webkit": browsers.webkit}
CLIENTS = [*BROWSERS, *sse_clients.LIBRARIES]
# How often a client's user had to connect: those that reconnect by themselves need it once.
CONNECTS = {
    "firefox": 1,
    "webkit": 1,
    "requests-sse": 1,
    "aiohttp-sse-client2": len(RESTARTS),
}


@dataclasses.dataclass
class Scene:
    """What was said, and who heard it: by client, what it was told, or why it is not there."""

    acknowledged: list
    clients: dict
    told: dict
    missing: dict
    failures: dict
    reconnects: dict


def start(stack, name, server, directory):
    """One client; browsers end with the stack."""
    if name in BROWSERS:
        browser = stack.enter_context(BROWSERS[name](directory))
        return sse_clients.Page(browser, server, RUN)
    if name == "curl":
        browsers.installed("curl")
    url = f"http://127.0.0.1:{server.port}{tapedeck.stream_target(RUN, {})}"
    return sse_clients.Reader(sse_clients.LIBRARIES[name], url, tapedeck.THREAD_CLOSED)


def wait_for(clients, event, timeout):
    """How long each client took to see the event; those that don't see it in time are left out."""
    started, took = time.monotonic(), {}
    while len(took) < len(clients) and time.monotonic() < started + timeout:
        for name in clients.keys() - took.keys():
            if clients[name].saw(*event):
                took[name] = time.monotonic() - started
        time.sleep(0.02)
    return took


@pytest.fixture(scope="module")
def scene(serve_module, tmp_path_factory):
    """All clients through all restarts while a producer goes on; nothing is judged here."""
    server = serve_module()
    clients, missing, failures, reconnects = {}, {}, {}, {}
    with contextlib.ExitStack() as stack:
        for name in CLIENTS:
            try:
                clients[name] = start(stack, name, server, tmp_path_factory.mktemp(name))
            except pytest.skip.Exception as reason:
                missing[name] = str(reason)
        producer = Producer(server, RUN)
        first = tapedeck.eventually(lambda: producer.acknowledged[:1], 10, "a first event")[0]
        wait_for(clients, first, 20)
        for how in RESTARTS:
            server.restart(how)
            known = len(producer.acknowledged)
            after = tapedeck.eventually(
                lambda known=known: producer.acknowledged[known:], 10, "an event after a restart"
            )[0]
            for name, seconds in wait_for(clients, after, 20).items():
                reconnects[name] = max(reconnects.get(name, 0), seconds)
        acknowledged = producer.stop()
        end = {"run_id": RUN, "thread_id": f"{RUN}-thread", "status": "completed"}
        server.broadcast(end, tapedeck.THREAD_CLOSED)
        wait_for(clients, acknowledged[-1], 20)
        told = {}
        for name, client in clients.items():
            try:
                client.close()
            except AssertionError as failure:
                failures[name] = failure
            told[name] = list(client.told)
        return Scene(acknowledged, clients, told, missing, failures, reconnects)


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_of_others_sees_every_event_once_through_restarts(scene, name, figure):
    """What was acknowledged, in its order and to the byte; resumes are exact, no gap is told."""
    if name in scene.missing:
        pytest.skip(scene.missing[name])
    assert name not in scene.failures, scene.failures[name]
    told = scene.told[name]
    events = [(event_id, data) for kind, event_id, data in told if kind == tapedeck.MESSAGE]
    assert events == scene.acknowledged
    resumes = [json.loads(data)["resume"] for kind, _, data in told if kind == "connected"]
    assert resumes == ["fresh"] + ["exact"] * len(RESTARTS)
    assert {"stream_gap", "stream_reset"}.isdisjoint(kind for kind, _, _ in told)
    if name in CONNECTS:
        assert scene.clients[name].connects == CONNECTS[name]
    figure(f"client_{name}_reconnect_max", scene.reconnects[name] * 1000, "ms")
