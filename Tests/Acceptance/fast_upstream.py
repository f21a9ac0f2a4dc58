"""An upstream that speaks just enough Engine.IO and Socket.IO to send very many events very fast.

Prints `listening PORT`. Each client that joins is sent up to 100 events as history and then, in
frames made in bulk, whatever comes next, at the rate that is asked for or as fast as TCP takes
them. `events N` is printed when all are handed to TCP; then the link stays open.
"""

import argparse
import base64
import hashlib
import json
import socket
import threading
import time

BATCH = 500
HISTORY_MAX = 100
KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
OPEN = '0{"sid":"fast","upgrades":[],"pingTimeout":60000,"pingInterval":60000}'
EVENT = {
    "event_type": "agent_chat_message_sent",
    "data": {
        "message_id": "fast-%08d",
        "run_id": "fast",
        "thread_id": "fast-thread",
        "from_agent": "Architect",
        "to_agent": "Dir-Code",
        "message_type": "status",
        "content": "as fast as it goes, " * 3,
        "timestamp": "2026-11-23T14:53:47.980364",
    },
    "server_timestamp": "2026-11-23T14:53:47.980364",
}


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def frame(payload):
    """A text frame, not masked; no payload here has 64 KiB."""
    size = len(payload)
    head = bytes([0x81, size]) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + payload


# The number has eight digits in every frame, so that all are of one length.
TEMPLATE = frame(f"42{compact(['event', EVENT])}".replace("%08d", "0" * 8).encode())
TEMPLATE = TEMPLATE.replace(b"0" * 8, b"%08d")


def receive_frame(reader):
    """The payload of a client's frame, which is masked."""
    size = reader.read(2)[1] & 0x7F
    if size >= 126:
        size = int.from_bytes(reader.read(2 if size == 126 else 8), "big")
    mask, payload = reader.read(4), reader.read(size)
    return bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


class FastUpstream:
    """One at a time is served: a client that comes again goes on where the last one stopped."""

    def __init__(self, count, rate):
        self.count, self.rate, self.sent = count, rate, 0

    def serve(self, client):
        with client, client.makefile("rb") as reader:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.upgrade(client, reader)
            client.sendall(frame(OPEN.encode()))
            while not receive_frame(reader).startswith(b"40"):
                pass
            threading.Thread(target=self.drain, args=(reader,), daemon=True).start()
            self.greet(client)
            self.send(client)
            print("events", self.sent, flush=True)
            threading.Event().wait()

    def upgrade(self, client, reader):
        key = None
        while line := reader.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"sec-websocket-key":
                key = value.strip()
        accept = base64.b64encode(hashlib.sha1(key + KEY).digest())
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        client.sendall(head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")

    def drain(self, reader):
        try:
            while reader.read1(65_536):
                pass
        except (OSError, ValueError):
            pass  # The client has gone, or the link was closed meanwhile.

    def greet(self, client):
        first = max(0, self.sent - HISTORY_MAX)
        history = ",".join(compact(EVENT) % number for number in range(first, self.sent))
        client.sendall(frame(b'42["connected",{"status":"connected"}]'))
        if history:
            client.sendall(frame(f'42["event_history",[{history}]]'.encode()))
        client.sendall(frame(b'40{"sid":"fast"}'))

    def send(self, client):
        start, before = time.monotonic(), self.sent
        while self.sent < self.count:
            numbers = range(self.sent, min(self.sent + BATCH, self.count))
            batch = b"".join([TEMPLATE % number for number in numbers])
            if self.rate:
                due = start + (self.sent - before) / self.rate
                time.sleep(max(0, due - time.monotonic()))
            client.sendall(batch)
            self.sent += len(numbers)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--rate", type=int, default=0)
    arguments = parser.parse_args()
    upstream = FastUpstream(arguments.count, arguments.rate)
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening", listener.getsockname()[1], flush=True)
    while True:
        try:
            upstream.serve(listener.accept()[0])
        except OSError:
            continue  # It comes again.


if __name__ == "__main__":
    main()
