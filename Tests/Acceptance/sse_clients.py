"""Clients of SSE that others wrote, each behind the same few words.

What each of them does by itself when the connection ends, and what its user must do:

| client | a connection that breaks | one that the server ends | id-only frames |
|---|---|---|---|
| EventSource in browsers | reconnects with Last-Event-ID | the same | kept as the last id |
| `requests-sse` | reconnects with Last-Event-Id, after twice `retry` | the same | kept |
| `aiohttp-sse-client2` | raises; its user makes a new one | as `requests-sse` | kept |
| `httpx-sse` | raises; its user connects anew | ends; the same | handed over, as empty events |
| `sseclient-py` | raises what its transport raises | ends | dropped |
| `curl` | exits 18, or 56 | exits 0 | printed like all |

`retry` is followed by browsers, `requests-sse` and `aiohttp-sse-client2`. Where a library does not
reconnect, `Reader` does, with the last id that it was handed over, as its user would. `sseclient-py`
hands over a frame that is cut off, unless its transport tells that the stream is: ours and nginx do,
Caddy 2.6 does not.
"""

import asyncio
import contextlib
import os
import subprocess
import threading

import aiohttp
import aiohttp_sse_client2.client
import browsers
import httpx
import httpx_sse
import requests
import requests_sse
import sseclient
import tapedeck

SILENCE_S = 30


def resume(last_event_id):
    """The header of a request that goes on behind this id."""
    return {"Last-Event-ID": last_event_id} if last_event_id else {}


def read_httpx_sse(url, last_event_id):
    with (
        httpx.Client(timeout=SILENCE_S, trust_env=False) as client,
        httpx_sse.connect_sse(client, "GET", url, headers=resume(last_event_id)) as source,
    ):
        assert source.response.status_code == 200, source.response
        for event in source.iter_sse():
            yield event.event, event.id, event.data


def read_sseclient_py(url, last_event_id):
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, headers=resume(last_event_id), stream=True, timeout=SILENCE_S)
        assert answer.status_code == 200, answer
        for event in sseclient.SSEClient(answer).events():
            yield event.event, event.id, event.data


def read_requests_sse(url, last_event_id):
    with requests.Session() as session:
        session.trust_env = False
        with requests_sse.EventSource(
            url, session=session, latest_event_id=last_event_id, timeout=SILENCE_S
        ) as source:
            for event in source:
                yield event.type, event.last_event_id, event.data


def read_aiohttp_sse_client2(url, last_event_id):
    with asyncio.Runner() as runner:

        async def make():
            return aiohttp_sse_client2.client.EventSource(url, headers=resume(last_event_id))

        source = runner.run(make())
        try:
            runner.run(source.connect())
            while True:
                event = runner.run(anext(source))
                yield event.type, event.last_event_id, event.data
        finally:
            runner.run(source.__aexit__())


def read_curl(url, last_event_id, options=()):
    words = ["curl", "--silent", "--no-buffer", "--fail", "--noproxy", "*", *options]
    for name, value in resume(last_event_id).items():
        words += ["-H", f"{name}: {value}"]
    with subprocess.Popen([*words, url], stdout=subprocess.PIPE) as child:
        try:
            parser = tapedeck.FrameParser(last_event_id)
            while piece := os.read(child.stdout.fileno(), 65_536):
                for frame in parser.feed(piece):
                    data = "" if frame.data is None else frame.data.decode()
                    yield frame.event, frame.id, data
        finally:
            child.kill()


LIBRARIES = {
    "httpx-sse": read_httpx_sse,
    "sseclient-py": read_sseclient_py,
    "aiohttp-sse-client2": read_aiohttp_sse_client2,
    "requests-sse": read_requests_sse,
    "curl": read_curl,
}
# What says that there is no connection, or none any more. The errors of `requests` are OSErrors.
BROKEN = (OSError, httpx.TransportError, aiohttp.ClientError)


class Reader(threading.Thread):
    """Reads one stream with one library until a frame of the type `end`, through everything."""

    def __init__(self, frames_of, url, end):
        super().__init__(daemon=True)
        self.frames_of, self.url, self.end = frames_of, url, end
        self.told, self.connects, self.failure = [], 0, None
        self.pause = threading.Event()
        self.start()

    def run(self):
        last_event_id = ""
        try:
            while True:
                self.connects += 1
                with contextlib.suppress(*BROKEN):
                    for kind, event_id, data in self.frames_of(self.url, last_event_id):
                        last_event_id = event_id or last_event_id
                        if data:
                            self.told.append((kind, event_id, data))
                        if kind == self.end:
                            return
                self.pause.wait(0.2)
        except Exception as error:  # Told by the test that waits for this client.
            self.failure = error

    def saw(self, event_id, data):
        return any(told[1:] == (event_id, data) for told in reversed(self.told))

    def close(self):
        self.join(5)
        assert not self.is_alive(), "it does not see the end"
        assert self.failure is None, self.failure


class Page:
    """Reads one stream by the EventSource of a browser, which needs no help."""

    connects = 1

    def __init__(self, browser, server, run):
        self.browser = browser
        browser.get(f"http://127.0.0.1:{server.port}/")
        browser.execute_script(browsers.FOLLOW, tapedeck.stream_target(run, {}))

    @property
    def told(self):
        return [tuple(each) for each in self.browser.execute_script("return seen")]

    def saw(self, event_id, data):
        return self.browser.execute_script(
            "return seen.some(([, id, data]) => id == arguments[0] && data == arguments[1])",
            event_id,
            data,
        )

    def close(self):
        self.browser.execute_script("source.close()")
