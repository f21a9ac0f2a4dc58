"""A thousand clients through a thousand cuts: each sees every event once, and in order."""

import asyncio
import resource
import time

import tapedeck

CLIENTS = 1000 if tapedeck.DEEP else 50
CYCLES = tapedeck.rounds(20, 1000)
RUN = "many"
# Of so many cycles one kills the server; in the others the clients' connections are cut.
KILL_EVERY = 5


class Seen:
    """What the clients have seen: the same data at each offset, whoever looks."""

    def __init__(self):
        self.data = []

    def note(self, client, place, data):
        assert place <= len(self.data), f"{client}: offset {place} after {len(self.data) - 1}"
        if place == len(self.data):
            self.data.append(data)
        assert self.data[place] == data, f"{client}: other bytes at offset {place}"


class Client:
    """Follows all events; takes up after each cut where it stood."""

    def __init__(self, name, port, seen):
        self.name, self.port, self.seen = name, port, seen
        self.next, self.last_event_id, self.connections = 0, "", 0
        self.writer = None

    async def follow(self):
        while True:
            try:
                await self.connect()
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.05)
            finally:
                if self.writer is not None:
                    self.writer.transport.abort()
                    self.writer = None

    async def connect(self):
        reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        resume = f"Last-Event-ID: {self.last_event_id}\r\n" if self.last_event_id else ""
        self.writer.write(
            f"GET /api/stream/agent_chat HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Accept: text/event-stream\r\n{resume}\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        status, headers = tapedeck.parse_head(head[:-4])
        assert status == 200, f"{self.name}: status {status}"
        chunks = tapedeck.Chunks() if headers.get("transfer-encoding") == "chunked" else None
        frames = tapedeck.FrameParser(self.last_event_id)
        self.connections += 1
        while piece := await reader.read(65_536):
            for frame in frames.feed(chunks.feed(piece) if chunks else piece):
                self.take(frame)

    def take(self, frame):
        assert frame.kind not in ("stream_gap", "stream_reset"), f"{self.name}: {frame.raw!r}"
        if frame.id is not None:
            self.last_event_id = frame.id
        if frame.is_event:
            place = tapedeck.offset(frame.id)
            assert place == self.next, f"{self.name}: offset {place}, not {self.next}"
            self.seen.note(self.name, place, frame.data)
            self.next += 1

    def cut(self):
        """Ends the connection without a word, in the middle of whatever is sent."""
        if self.writer is not None:
            self.writer.transport.abort()


def post(port, batch):
    """Posts events until they are acknowledged."""
    body = tapedeck.dump([{"event": tapedeck.MESSAGE, "data": data} for data in batch])
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = tapedeck.Connection(port)
            try:
                reply = connection.request("POST", "/api/events", body=body)
            finally:
                connection.close()
            assert reply.status == 200, (reply.status, reply.body[:300])
            return
        except OSError:
            assert time.monotonic() < deadline, "a batch is not acknowledged"
            time.sleep(0.02)


async def scene(server, rng):
    """All cycles; returns what was posted, the clients, and how often the server was killed."""
    seen = Seen()
    clients = [Client(f"client {place}", server.port, seen) for place in range(CLIENTS)]
    tasks = [asyncio.ensure_future(client.follow()) for client in clients]
    posted, kills = [], 0
    for cycle in range(CYCLES):
        batch = [tapedeck.message(RUN, len(posted) + place) for place in range(rng.randint(1, 6))]
        posted += batch
        posting = asyncio.ensure_future(asyncio.to_thread(post, server.port, batch))
        await asyncio.sleep(rng.uniform(0, 0.03))
        if cycle % KILL_EVERY == 0:
            kills += 1
            await asyncio.to_thread(server.restart, "kill")
        else:
            for client in clients:
                client.cut()
        await posting
        deadline = time.monotonic() + 120
        while any(client.next < len(posted) for client in clients):
            for task in tasks:
                if task.done():
                    task.result()
            assert time.monotonic() < deadline, f"cycle {cycle}: a client does not catch up"
            await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return posted, clients, seen, kills


def test_each_client_sees_each_event_once_through_every_cut(serve, rng, figure):
    """Every event at every client: once, in order, the same bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        server = serve()
        posted, clients, seen, kills = asyncio.run(scene(server, rng))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    names = [tapedeck.json.loads(data)["message_id"] for data in seen.data]
    assert names == [data["message_id"] for data in posted]
    assert all(client.next == len(posted) for client in clients)
    figure("clients", len(clients), "clients")
    figure("client_cycles", CYCLES, "cycles")
    figure("client_server_kills", kills, "kills")
    figure("client_reconnects", sum(c.connections - 1 for c in clients), "connections")
    figure("client_events", len(posted) * len(clients), "events received")
