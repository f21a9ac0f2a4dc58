"""An Event Stream service on python-socketio that keeps a ledger, and fails when it is told to.

`--server flask` is the threaded Flask-SocketIO that the real service is, `--server asgi` an
`AsyncServer` on uvicorn. `POST /broadcast` is the service's own; what is under `/control/` makes
it do what real ones do at bad moments. Prints `listening PORT` when ready.

The ledger is a text file that survives SIGKILL; `ledger.py` reads it. One line each, in the order
in which things happened:

    start NS PID                               this process began, with an empty history
    event NS N TYPE RUN CHAT ID CRC BYTES      it entered the history as the N-th of all
    late NS N                                  only now it is on its way to all clients
    connect NS SID SINCE                       a client joins, and hears what is emitted since then
    refuse NS SID                              it was answered `44`, and hears no more
    greet NS SID FIRST LAST BYTES              or is sent these of the history; 0 0 if it is empty
    joined NS SID                              greeting and history are on their way
    close NS SID                               the service knows that the client is gone
    hostile NS NAME BYTES                      a raw frame was sent to every client

RUN is where the event belongs, CHAT 1 for `agent_chat_*`, CRC and BYTES those of the data's JSON,
which is sent without spaces. An event is `late` if others can have overtaken it.
"""

import argparse
import collections
import ctypes
import datetime
import json
import os
import socket
import threading
import time
import zlib

import hostile_frames

HISTORY_MAX = 100
UNASSIGNED = "unassigned"
LATE_NS = 2_000_000
MESSAGE = "agent_chat_message_sent"
NOISE = ["heartbeat", "status_update", "alert", "agent_chatter"]


class Ledger:
    """Appends whole lines, each with one call, so that a SIGKILL tears none."""

    def __init__(self, path):
        self.file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        with open(path) as lines:
            self.events = sum(line.startswith("event ") for line in lines)

    def write(self, kind, *fields):
        words = (kind, time.time_ns(), *fields)
        os.write(self.file, (" ".join(map(str, words)) + "\n").encode())


def sever(connection, reset):
    """Ends a TCP connection at once, whoever else uses the socket: with a FIN, or with a reset."""
    if not reset:
        connection.shutdown(socket.SHUT_RDWR)
    elif ctypes.CDLL(None, use_errno=True).connect(connection.fileno(), bytes(16), 16):
        # To connect to AF_UNSPEC disconnects.
        raise OSError(ctypes.get_errno(), "the connection cannot be reset")


def expected_run(data):
    """Where the event belongs: a thread is named after its run."""
    thread = data.get("thread_id", UNASSIGNED)
    return data.get("run_id") or thread.removesuffix("-thread")


def produced(name, run, number, noise_every):
    """Type and data of a producer's event; each `noise_every`-th is another service's, if not 0."""
    ledger_id = f"{name}-{number:06}"
    if noise_every and number % noise_every == noise_every - 1:
        noise = {"ledger_id": ledger_id, "service": "other"}
        return NOISE[number % len(NOISE)], noise | ({"run_id": run} if number % 3 == 0 else {})
    data = {
        "ledger_id": ledger_id,
        "message_id": ledger_id,
        "thread_id": f"{run}-thread",
        "from_agent": "Architect",
        "to_agent": "Dir-Code",
        "message_type": "status",
        "content": f'{number} of {name}: ünïcödé, "quotes" and\nlines ' + "x" * (number % 50),
        "metadata": {"progress": number % 100},
    }
    # Older producers name no run: it is known only through the thread.
    return MESSAGE, data | ({"run_id": run} if number % 2 else {})


class Service:
    """What both servers share. The hooks that it calls may block only in the threaded one."""

    def __init__(self, ledger):
        self.ledger, self.lock = ledger, threading.Lock()
        self.history = collections.deque(maxlen=HISTORY_MAX)
        self.links, self.loads, self.stopping, self.refusing = {}, 0, False, False
        self.since, self.refused, self.early = {}, set(), []
        ledger.write("start", os.getpid())

    # What the service does by itself.

    def remember(self, event_type, data):
        """Number and content of what subscribers receive; it is in the history from now on."""
        now = datetime.datetime.now().isoformat()
        data = data | {"timestamp": data.get("timestamp", now)}
        text = json.dumps(data, separators=(",", ":")).encode()
        ledger_id = data.get("ledger_id") or data["message_id"]
        fields = [event_type, expected_run(data), int(event_type.startswith("agent_chat_"))]
        fields += [ledger_id, zlib.crc32(text), len(text)]
        event = {"event_type": event_type, "data": data, "server_timestamp": now}
        with self.lock:
            self.ledger.events += 1
            self.ledger.write("event", self.ledger.events, *fields)
            self.history.append((event, len(text)))
            return self.ledger.events, event

    async def broadcast(self, event_type, data):
        started = time.monotonic_ns()
        number, event = self.remember(event_type, data)
        await self.emit("event", event, None)
        if time.monotonic_ns() - started > LATE_NS:
            self.ledger.write("late", number)

    def admitted(self, sid, since_ns):
        """The client hears events from here on, before its connect handler runs."""
        self.since[sid] = since_ns

    def expelled(self, sid):
        """The client hears no more events."""
        if sid in self.refused:
            self.refused.discard(sid)
            self.ledger.write("refuse", sid)

    async def connected(self, sid, link):
        """The connect handler: false for `44`. The answer `40` comes after it."""
        self.ledger.write("connect", sid, self.since.pop(sid))
        while self.early:  # The client hears it already, whatever becomes of it.
            await self.broadcast(*self.early.pop())
        if self.refusing:
            self.refused.add(sid)
            return False
        self.links[sid] = link
        greeting = {
            "status": "connected",
            "server_time": time.time(),
            "buffered_events": len(self.history),
        }
        await self.emit("connected", greeting, sid)
        with self.lock:
            history, last = list(self.history), self.ledger.events
            first, last = (last - len(history) + 1, last) if history else (0, 0)
            self.ledger.write("greet", sid, first, last, sum(size for _, size in history))
        if history:
            await self.emit("event_history", [event for event, _ in history], sid)
        self.ledger.write("joined", sid)
        return True

    def disconnected(self, sid):
        if self.links.pop(sid, None):
            self.ledger.write("close", sid)

    # What it does when it is told to.

    async def control(self, what, body):
        """One request to `/control/`; returns what is answered."""
        if what == "load":
            with self.lock:
                self.loads += 1
            self.stopping = False
            self.spawn(self.load(**body))
        elif what == "burst":
            for number in range(body["count"]):
                event = produced(body["name"], body["run"], number, body["noise_every"])
                await self.broadcast(*event)
        elif what == "stop":
            self.stopping = True
        elif what == "outage":
            self.refusing = True
            await self.drop(body["how"])
        elif what == "overtake":
            self.early.append(produced(body["name"], body["run"], 0, 0))
            self.refusing = body["refusing"]
        elif what == "mend":
            self.refusing = False
        elif what == "drop":
            await self.drop(body["how"])
        elif what == "hostile":
            raw = hostile_frames.raw(body["name"])
            self.ledger.write("hostile", body["name"], len(raw))
            for link in list(self.links.values()):
                link.write(raw)
        counts = {"links": len(self.links), "loads": self.loads, "early": len(self.early)}
        return counts | {"events": self.ledger.events}

    async def load(self, name, run, count, rate, noise_every):
        """Emits at a rate; what could not be emitted in time is not caught up on."""
        try:
            due = time.monotonic()
            for number in range(count):
                await self.sleep(max(0, due - time.monotonic()))
                if self.stopping:
                    break
                await self.broadcast(*produced(name, run, number, noise_every))
                due = max(due + 1 / rate, time.monotonic() - 0.02)
        finally:
            with self.lock:
                self.loads -= 1

    async def drop(self, how):
        """Ends every link: a `41`, a close packet, a shut socket, or a reset."""
        for sid, link in list(self.links.items()):
            if how == "packet":
                await self.disconnect(sid)
            elif how == "engine":
                await self.close(sid)
            else:
                link.cut(reset=how == "reset")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", choices=["flask", "asgi"], required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--ping-interval", type=int, default=25)
    parser.add_argument("--ping-timeout", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.server == "flask":
        import event_service_flask as server
    else:
        import event_service_asgi as server
    pings = {"ping_interval": arguments.ping_interval, "ping_timeout": arguments.ping_timeout}
    server.serve(Ledger(arguments.ledger), arguments.port, pings)


if __name__ == "__main__":
    main()
