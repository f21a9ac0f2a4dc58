"""Clients of the Event Stream: the official ones, and what goes over the wire byte for byte."""

import asyncio
import base64
import json
import os
import socket
import threading
import time

import socketio
import tapedeck

TRANSPORTS = {
    "websocket": ["websocket"],
    "polling": ["polling"],
    "upgrade": ["polling", "websocket"],
}
POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
HISTORY = 100
SEPARATOR = b"\x1e"


# --- official clients -------------------------------------------------------------------------


class Dashboard(tapedeck.Closing):
    """A dashboard on python-socketio: everything that it is told, in the order of its handlers.

    The asyncio client calls handlers in the order of the wire. The threaded one starts a thread
    for each packet, so two that come together may swap.
    """

    def __init__(self, port, transports, is_async=True):
        self.told, self.connects = [], 0
        self.url, self.transports, self.is_async = f"http://127.0.0.1:{port}", transports, is_async
        options = {"reconnection_delay": 0.05, "reconnection_delay_max": 0.2}
        if is_async:
            self.loop = asyncio.new_event_loop()
            self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
            self.thread.start()
            self.client = self.call(self.make(options))
        else:
            self.client = socketio.Client(**options)
        self.client.on("*", self.hear)
        self.client.on("connect", self.connected)
        self.call(self.client.connect(self.url, transports=transports, wait_timeout=10))

    async def make(self, options):
        return socketio.AsyncClient(**options)

    def call(self, result):
        """What a call of the client brings, whichever kind it is."""
        if not self.is_async:
            return result
        return asyncio.run_coroutine_threadsafe(result, self.loop).result(15)

    def hear(self, event, *arguments):
        self.told.append((event, *arguments))

    def connected(self):
        self.connects += 1
        self.told.append(("connect",))

    def emit(self, *arguments):
        """Emits an event and waits for its acknowledgement."""
        return self.call(self.client.call(*arguments, timeout=10))

    @property
    def transport(self):
        """The transport that is in use now."""
        return self.client.transport()

    def of(self, event):
        """The arguments of every event of that name so far."""
        return [told[1] for told in list(self.told) if told[0] == event]

    def live(self):
        """The numbers of the live events so far."""
        return [number(event) for event in self.of("event")]

    def wait_for(self, check, what, timeout=20):
        return tapedeck.eventually(lambda: check(self), timeout, what)

    def close(self):
        self.call(self.client.shutdown())
        if self.is_async:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(10)
            self.loop.close()


def number(event):
    """The `n` of an event's data, as `say` posts it."""
    return event["data"]["n"]


def say(server, numbers, run="dashboards"):
    """Broadcasts one event after the other, as a producer of the Event Stream does."""
    connection = tapedeck.Connection(server.port)
    try:
        for n in numbers:
            data = tapedeck.message(run, n) | {"n": n}
            body = tapedeck.dump({"event_type": tapedeck.MESSAGE, "data": data})
            reply = connection.request("POST", "/broadcast", body=body)
            assert reply.status == 200, reply
    finally:
        connection.close()


def check_event(event):
    """An event has its three members, and data with a timestamp."""
    assert set(event) == {"event_type", "data", "server_timestamp"}
    assert tapedeck.RFC3339.fullmatch(event["server_timestamp"])
    assert "timestamp" in event["data"]


# --- the wire ---------------------------------------------------------------------------------


class Polling:
    """A session that is polled, on plain connections: one for polls, one for posts."""

    def __init__(self, port, join=True):
        self.polls, self.posts = tapedeck.Connection(port), tapedeck.Connection(port)
        reply = self.polls.request("GET", POLLING)
        assert reply.status == 200, reply
        assert reply.headers["content-type"] == "text/plain; charset=UTF-8"
        self.opened = json.loads(reply.body[1:])
        self.target = f"{POLLING}&sid={self.opened['sid']}"
        if join:
            self.post(b"40")

    def post(self, *packets, timeout=10):
        body = SEPARATOR.join(packets)
        reply = self.posts.request(
            "POST", self.target, body=body, content_type="text/plain;charset=UTF-8", timeout=timeout
        )
        assert (reply.status, reply.body) == (200, b"ok"), reply
        return reply

    def poll(self, timeout=10):
        """The packets of one poll."""
        reply = self.polls.request("GET", self.target, timeout=timeout)
        assert reply.status == 200, reply
        return reply.body.split(SEPARATOR)

    def until(self, wanted, timeout=10):
        """The packets up to the one that begins with `wanted`."""
        packets, deadline = [], time.monotonic() + timeout
        while not any(packet.startswith(wanted) for packet in packets):
            packets += self.poll(max(0.1, deadline - time.monotonic()))
        return packets

    def close(self):
        self.polls.close()
        self.posts.close()


class WebSocket(tapedeck.Closing):
    """A WebSocket on a plain socket; text messages go out masked, and come back as bytes."""

    def __init__(
        self, port, target=WEBSOCKET, headers=None, timeout=10, buffer=None, connection=None
    ):
        self.connection = connection or tapedeck.Connection(port, timeout)
        if buffer:
            self.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        key = base64.b64encode(os.urandom(16)).decode()
        fields = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
        }
        self.connection.send("GET", target, fields | (headers or {}))
        self.status, self.headers = self.connection.read_head()
        if self.status != 101:
            length = int(self.headers["content-length"])
            while len(self.connection.buffer) < length:
                self.connection.fill()
            self.body = self.connection.buffer[:length]

    def send_frame(self, opcode, payload, first=0x80, mask=b"\x11\x22\x33\x44"):
        head = bytes([first | opcode])
        size, masked = len(payload), 0x80 if mask else 0
        if size < 126:
            head += bytes([masked | size])
        elif size < 65_536:
            head += bytes([masked | 126]) + size.to_bytes(2)
        else:
            head += bytes([masked | 127]) + size.to_bytes(8)
        body = bytes(b ^ mask[i % 4] for i, b in enumerate(payload)) if mask else payload
        self.connection.socket.sendall(head + (mask or b"") + body)

    def send(self, text):
        self.send_frame(1, text)

    def next_frame(self, timeout=10):
        """The next frame: its opcode and its payload."""
        connection = self.connection
        connection.deadline = time.monotonic() + timeout

        def take(count):
            while len(connection.buffer) < count:
                connection.fill()
            taken, connection.buffer = connection.buffer[:count], connection.buffer[count:]
            return taken

        first, size = take(2)
        assert first & 0x70 == 0 and size & 0x80 == 0, "a server's frames are plain and unmasked"
        if size == 126:
            size = int.from_bytes(take(2))
        elif size == 127:
            size = int.from_bytes(take(8))
        assert first & 0x80, "a server's message is one frame"
        return first & 0x0F, take(size)

    def next(self, timeout=10):
        """The next text message."""
        opcode, payload = self.next_frame(timeout)
        assert opcode == 1, (opcode, payload)
        return payload

    def join(self):
        """Joins, and returns what comes up to the answer, the open packet left out."""
        assert self.next().startswith(b"0{")
        self.send(b"40")
        packets = []
        while not (packets and packets[-1].startswith(b"40{")):
            packets.append(self.next())
        return packets

    def events(self, count, timeout=20):
        """The next `count` events; pings in between are answered."""
        found, deadline = [], time.monotonic() + timeout
        while len(found) < count:
            packet = self.next(max(0.1, deadline - time.monotonic()))
            if packet == b"2":
                self.send(b"3")
            else:
                name, event = json.loads(packet[2:])
                assert name == "event", packet[:100]
                found.append(event)
        return found

    def end(self, timeout=10):
        """How the server closes: the code and the reason."""
        opcode, payload = self.next_frame(timeout)
        assert opcode == 8, (opcode, payload[:100])
        return int.from_bytes(payload[:2]), payload[2:].decode()

    def close(self):
        self.connection.close()
