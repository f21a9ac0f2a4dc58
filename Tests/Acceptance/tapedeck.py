"""Drives `tapedeck` from outside: processes, raw-socket HTTP and SSE, and a logging proxy.

Nothing here trusts a client library with the bytes under test: requests are written and answers
are read on plain sockets, so that framing, ids and connection reuse are seen as they are. Every
wait has a deadline.
"""

import asyncio
import collections
import dataclasses
import datetime
import json
import os
import pathlib
import random
import re
import select
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TAPEDECK", str(ROOT / ".build/release/tapedeck"))
DEEP = os.environ.get("TAPEDECK_DEEP") == "1"
# Linux takes the ports of outgoing connections from here up, unless it was told otherwise.
EPHEMERAL_PORT_MIN = 32_768
MESSAGE = "agent_chat_message_sent"
THREAD_CREATED = "agent_chat_thread_created"
THREAD_CLOSED = "agent_chat_thread_closed"
JSON = "application/json"
NDJSON = "application/x-ndjson"
ID = re.compile(r"[a-z0-9]{8}-\d+")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def rounds(normal, deep):
    """How often a campaign does what it does; TAPEDECK_ROUNDS says otherwise."""
    return int(os.environ.get("TAPEDECK_ROUNDS") or (deep if DEEP else normal))


# --- values -----------------------------------------------------------------------------------


def dump(value):
    """`value` as compact JSON in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def raw_members(text):
    """The members of the JSON object `text` (bytes), each value as the bytes that stand there."""
    text = text.decode()
    decode, space = json.JSONDecoder().raw_decode, re.compile(r"[ \t\r\n]*")

    def skip(at):
        return space.match(text, at).end()

    members, at = {}, skip(text.index("{") + 1)
    while text[at] != "}":
        key, at = decode(text, at)
        start = skip(skip(at) + 1)
        _, end = decode(text, start)
        members[key] = text[start:end].encode()
        at = skip(end)
        if text[at] == ",":
            at = skip(at + 1)
    return members


def bare(data, run, recorded_at):
    """What bare SSE sends for the recorded `data`: `run_id` and `created_at` are there."""
    members = raw_members(data)
    extra = b""
    if "run_id" not in members:
        extra += b',"run_id":' + dump(run)
    if "created_at" not in members:
        extra += b',"created_at":' + members.get("timestamp", dump(recorded_at))
    if not extra:
        return data
    return data[: data.rindex(b"}")] + (extra if members else extra[1:]) + b"}"


def timestamp(moment):
    """An aware datetime, or any RFC 3339 text, as RFC 3339 UTC with microseconds."""
    if isinstance(moment, str):
        moment = datetime.datetime.fromisoformat(moment)
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def offset(event_id):
    """The offset in an id."""
    return int(event_id.rpartition("-")[2])


def message(run, n, **more):
    """The data of the n-th message of a run."""
    return {
        "run_id": run,
        "thread_id": f"{run}-thread",
        "message_id": f"{run}-{n}",
        "from_agent": "Architect",
        "to_agent": "Dir-Code",
        "message_type": "status",
        "content": f"message {n} of {run}",
        "created_at": timestamp(datetime.datetime.now(datetime.UTC)),
        "metadata": {},
    } | more


def percentile(values, percent):
    """The smallest of `values` that `percent` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def eventually(check, timeout, what):
    """Waits until `check()` is truthy and returns it; fails, naming `what`, at the deadline."""
    deadline = time.monotonic() + timeout
    while not (result := check()):
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.01)
    return result


def free_port():
    """A loopback port that nobody listens on, and that the kernel gives to no connection.

    So it is still free when what listens there is started again.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, EPHEMERAL_PORT_MIN)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


# --- HTTP -------------------------------------------------------------------------------------


class Closed(ConnectionError):
    """The other side ended the connection."""


class Closing:
    """What `with` closes at its end."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@dataclasses.dataclass
class Reply:
    """A complete HTTP answer."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Chunks:
    """Takes the bytes of a chunked body apart, however they were cut; whole chunks only."""

    def __init__(self):
        self.buffer, self.done = b"", False

    def feed(self, data):
        self.buffer += data
        body, at = [], 0
        while not self.done:
            end = self.buffer.find(b"\r\n", at)
            if end < 0:
                break
            size = self.buffer[at:end]
            assert re.fullmatch(rb"[0-9A-Fa-f]{1,16}", size), f"bad chunk size {size[:40]!r}"
            first, last = end + 2, end + 2 + int(size, 16)
            if len(self.buffer) < last + 2:
                break
            assert self.buffer[last : last + 2] == b"\r\n", "a chunk that is longer than it says"
            body.append(self.buffer[first:last])
            at, self.done = last + 2, first == last
        self.buffer = self.buffer[at:]
        return b"".join(body)


def parse_head(head):
    """An HTTP answer's status and headers (lower-case names)."""
    lines = head.decode("latin-1").split("\r\n")
    status = re.fullmatch(r"HTTP/1\.1 (\d{3})( .*)?", lines[0])
    assert status, f"bad status line {lines[0]!r}"
    pairs = (line.partition(":") for line in lines[1:])
    return int(status[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


class Connection:
    """One HTTP/1.1 connection on a plain socket; may be used for several requests."""

    def __init__(self, port, timeout=10, host="127.0.0.1"):
        self.authority = f"{host}:{port}"
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.deadline = time.monotonic() + timeout

    def send(self, method, target, headers=None, body=None, content_type=JSON):
        fields = {"Host": self.authority}
        if body is not None:
            fields["Content-Length"] = str(len(body))
            if content_type is not None:
                fields["Content-Type"] = content_type
        fields |= headers or {}
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        try:
            self.socket.sendall(head + (body or b""))
        except (BrokenPipeError, ConnectionResetError):
            if not body:  # A refused upload may be answered before it is read to its end.
                raise

    def fill(self):
        """Takes at least one more byte into `buffer`."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer before the deadline")
        self.socket.settimeout(left)
        data = self.socket.recv(262_144)
        if not data:
            raise Closed("closed by the other side")
        self.buffer += data

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return parse_head(head)

    def read_reply(self):
        status, headers = self.read_head()
        if status == 204:
            return Reply(status, headers, b"")
        if "content-length" in headers:
            length = int(headers["content-length"])
            while len(self.buffer) < length:
                self.fill()
            body, self.buffer = self.buffer[:length], self.buffer[length:]
            return Reply(status, headers, body)
        assert headers.get("transfer-encoding") == "chunked", f"no length: {headers}"
        chunks, body = Chunks(), b""
        while True:
            body += chunks.feed(self.buffer)
            self.buffer = b""
            if chunks.done:
                self.buffer = chunks.buffer
                return Reply(status, headers, body)
            self.fill()

    def request(self, method, target, headers=None, body=None, content_type=JSON, timeout=10):
        self.deadline = time.monotonic() + timeout
        self.send(method, target, headers, body, content_type)
        return self.read_reply()

    def close(self):
        self.socket.close()


# --- SSE --------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Frame:
    """One SSE frame: the lines up to an empty one."""

    id: str | None
    event: str | None
    data: bytes | None
    retry: int | None
    raw: bytes
    at_ns: int

    @property
    def is_event(self):
        """Whether it carries a recorded event: control frames carry no id."""
        return self.id is not None and self.data is not None

    @property
    def kind(self):
        return self.event or ("id" if self.id is not None else "retry")

    @property
    def json(self):
        return json.loads(self.data)


class FrameParser:
    """Takes an event stream apart as the WHATWG spec says, and refuses what we never send.

    `last_event_id` changes when a frame ends, with or without data; a frame that is cut off by
    the end of the stream counts for nothing.
    """

    FIELD = re.compile(rb"(id|event|data|retry): ([^\r\n]*)")

    def __init__(self, last_event_id=""):
        self.buffer, self.last_event_id = b"", last_event_id

    def feed(self, data):
        *complete, self.buffer = (self.buffer + data).split(b"\n\n")
        at_ns = time.time_ns()
        return [self.frame(text, at_ns) for text in complete]

    def frame(self, text, at_ns):
        fields = {}
        for line in text.split(b"\n"):
            field = self.FIELD.fullmatch(line)
            assert field, f"not a field: {line[:200]!r} in the frame {text[:400]!r}"
            name = field[1].decode()
            assert name not in fields, f"{name} twice in the frame {text[:400]!r}"
            fields[name] = field[2]
        event_id = fields["id"].decode() if "id" in fields else None
        event = fields["event"].decode() if "event" in fields else None
        data = fields.get("data")
        if data is not None:
            data.decode()
        assert (event is None) == (data is None), (
            f"event without data, or data without event: {text[:400]!r}"
        )
        if event_id is not None and "\0" not in event_id:
            self.last_event_id = event_id
        retry = int(fields["retry"]) if "retry" in fields else None
        return Frame(event_id, event, data, retry, text, at_ns)


class Stream(Closing):
    """One SSE connection."""

    def __init__(self, port, target, last_event_id="", headers=None, timeout=10, connection=None):
        self.connection = connection or Connection(port, timeout)
        self.connection.deadline = time.monotonic() + timeout
        fields = {"Accept": "text/event-stream"}
        if last_event_id:
            fields["Last-Event-ID"] = last_event_id
        self.connection.send("GET", target, fields | (headers or {}))
        self.status, self.headers = self.connection.read_head()
        self.parser, self.frames = FrameParser(last_event_id), collections.deque()
        self.chunks = Chunks() if self.headers.get("transfer-encoding") == "chunked" else None
        self.take()

    @property
    def last_event_id(self):
        """What a browser would send now: of every frame that has arrived."""
        return self.parser.last_event_id

    def take(self):
        data, self.connection.buffer = self.connection.buffer, b""
        self.frames.extend(self.parser.feed(self.chunks.feed(data) if self.chunks else data))

    def next(self, timeout=10):
        """The next frame; `Closed` at the stream's end, `TimeoutError` at the deadline."""
        self.connection.deadline = time.monotonic() + timeout
        while not self.frames:
            if self.chunks and self.chunks.done:
                raise Closed("the stream ended")
            self.connection.fill()
            self.take()
        return self.frames.popleft()

    def until(self, wanted, timeout=10):
        """The frames up to the first that is `wanted`: a kind, or a function of a frame."""
        matches = wanted if callable(wanted) else lambda frame: frame.kind == wanted
        deadline, frames = time.monotonic() + timeout, []
        while not (frames and matches(frames[-1])):
            try:
                frames.append(self.next(deadline - time.monotonic()))
            except (TimeoutError, Closed) as error:
                seen = [frame.kind for frame in frames][-20:]
                raise AssertionError(
                    f"{error!r} while waiting for {wanted}; last: {seen}"
                ) from error
        return frames

    def events(self, count, timeout=10):
        """The next `count` recorded events; what stands between them is dropped."""
        found = []
        deadline = time.monotonic() + timeout
        while len(found) < count:
            found.append(self.until(lambda frame: frame.is_event, deadline - time.monotonic())[-1])
        return found

    def rest(self, timeout=10):
        """Every frame until the server ends the stream."""
        deadline, frames = time.monotonic() + timeout, []
        while True:
            try:
                frames.append(self.next(deadline - time.monotonic()))
            except (Closed, ConnectionResetError):
                return frames

    def close(self):
        self.connection.close()


def events_of(frames):
    return [frame for frame in frames if frame.is_event]


def kinds(frames):
    """The kinds of frames in order; `retry` counts on its own wherever it stands."""
    result = []
    for frame in frames:
        if frame.retry is not None and frame.kind != "retry":
            result.append("retry")
        result.append(frame.kind)
    return result


def stream_target(run, query):
    """The URL of a stream: `run` is one run, a list of runs, or None for all."""
    pairs = [(name.rstrip("_"), value) for name, value in query.items()]
    path = "/api/stream/agent_chat"
    if isinstance(run, str):
        path += "/" + urllib.parse.quote(run, safe="")
    else:
        pairs = [("run", name) for name in run or []] + pairs
    return path + ("?" + urllib.parse.urlencode(pairs) if pairs else "")


class Follower(threading.Thread):
    """Follows a stream through everything, as an EventSource does, only less patiently."""

    def __init__(self, port, target, retry_s=0.02):
        super().__init__(daemon=True)
        self.port, self.target, self.retry_s = port, target, retry_s
        self.last_event_id, self.connections = "", 0
        self.events, self.controls, self.failure = [], [], None
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.is_set():
            try:
                with self.open() as stream:
                    assert stream.status == 200, f"status {stream.status}"
                    self.connections += 1
                    self.follow(stream)
            except OSError:
                self.stopping.wait(self.retry_s)
            except Exception as error:  # Told by the test that waits for this client.
                self.failure = error
                return

    def open(self):
        return Stream(self.port, self.target, self.last_event_id)

    def follow(self, stream):
        while not self.stopping.is_set():
            try:
                frame = stream.next(0.2)
            except TimeoutError:
                continue
            if frame.id is not None:
                self.last_event_id = frame.id
            (self.events if frame.is_event else self.controls).append(frame)

    def stop(self):
        self.stopping.set()
        self.join(15)
        assert not self.is_alive(), "a follower does not end"
        assert self.failure is None, f"{self.target}: {self.failure!r}"

    def told(self, *names):
        """The control frames of these kinds that were seen."""
        return [frame.raw for frame in self.controls if frame.kind in names]


# --- processes --------------------------------------------------------------------------------


def environment():
    return {name: value for name, value in os.environ.items() if name != "TAPEDECK_JOURNAL"}


def run(command, *arguments, journal=None, timeout=60, prefix=(), binary=BINARY):
    """Runs one command of tapedeck to its end."""
    words = [*prefix, binary, *([command] if command else [])]
    words += ["--journal", str(journal)] if journal else []
    words += [str(argument) for argument in arguments]
    return subprocess.run(
        words, capture_output=True, timeout=timeout, env=environment(), stdin=subprocess.DEVNULL
    )


def succeed(command, *arguments, **options):
    """Runs one command that must exit 0, and returns its stdout."""
    done = run(command, *arguments, **options)
    assert done.returncode == 0, f"{command}: exit {done.returncode}, {done.stderr.decode()!r}"
    return done.stdout


def refuse(command, *arguments, codes=(2,), **options):
    """Runs one command that must fail as the contract says, and returns its one line."""
    done = run(command, *arguments, **{"timeout": 20} | options)
    told = done.stderr.decode()
    assert done.returncode in codes, f"{command}: exit {done.returncode}, {told!r}"
    assert told.endswith("\n") and told.count("\n") == 1 and told.strip(), f"not one line: {told!r}"
    assert done.stdout == b"", f"stdout of a failure: {done.stdout[:200]!r}"
    return told


class Process:
    """A child that says where it listens; ended by its own pid."""

    def __init__(self, words, log):
        self.words, self.log, self.child = [str(word) for word in words], log, None

    def launch(self, extra=(), timeout=20, stdin=subprocess.DEVNULL):
        """Starts the child and returns the first line that it prints."""
        started = time.monotonic()
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                [*self.words, *extra],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(),
            )
        line, deadline = b"", started + timeout
        # Not select(): a test with a thousand connections has descriptors beyond its limit.
        output = select.poll()
        output.register(self.child.stdout, select.POLLIN)
        while not line.endswith(b"\n"):
            ready = output.poll(max(0, deadline - time.monotonic()) * 1000)
            piece = os.read(self.child.stdout.fileno(), 1) if ready else b""
            if not piece:
                self.end(signal.SIGKILL)
                raise AssertionError(f"{self.words} printed {line!r}; stderr: {self.told()!r}")
            line += piece
        self.start_s = time.monotonic() - started
        return line.decode().rstrip("\n")

    def told(self):
        """The end of what the child wrote to stderr."""
        return pathlib.Path(self.log).read_bytes()[-2000:].decode(errors="replace")

    def end(self, number, timeout=20):
        """Sends a signal, waits for the end, and returns the exit code."""
        self.child.send_signal(number)
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(timeout)
            raise AssertionError(f"still running {timeout} s after signal {number}") from None
        finally:
            self.child.stdout.close()

    def kill(self):
        self.end(signal.SIGKILL)

    @property
    def running(self):
        return self.child is not None and self.child.poll() is None


class Server(Process):
    """`tapedeck serve` on loopback. Restarts keep the port."""

    def __init__(self, journal, *arguments, port=None):
        self.journal, self.port = pathlib.Path(journal), free_port() if port is None else port
        upstream = () if "--upstream" in arguments else ("--upstream", "none")
        words = [BINARY, "serve", "--journal", journal, *upstream, *arguments]
        super().__init__(words, f"{journal}.log")

    def start(self):
        line = self.launch(("--port", str(self.port)))
        address = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)", line)
        assert address, f"not the promised line: {line!r}"
        self.port, self.ended = int(address[1]), False
        return self

    def stop(self):
        """SIGTERM: drains and exits 0."""
        self.ended = True
        code = self.end(signal.SIGTERM)
        assert code == 0, f"exit {code} after SIGTERM; stderr: {self.told()!r}"

    def kill(self):
        self.ended = True
        super().kill()

    def restart(self, how="kill"):
        {"kill": self.kill, "stop": self.stop}[how]()
        return self.start()

    def finish(self):
        """Ends the server if it runs; fails if it ended by itself."""
        if self.child is None or self.ended:
            return
        assert self.running, f"ended by itself: {self.child.returncode}; stderr: {self.told()!r}"
        self.kill()

    # Requests, each on a connection of its own.

    def request(self, method, target, headers=None, body=None, content_type=JSON, timeout=10):
        connection = Connection(self.port, timeout)
        try:
            return connection.request(method, target, headers, body, content_type, timeout)
        finally:
            connection.close()

    def get(self, target, timeout=10):
        """A JSON answer that must be 200."""
        reply = self.request("GET", target, timeout=timeout)
        assert reply.status == 200, f"GET {target}: {reply.status} {reply.body[:300]!r}"
        return reply.json

    def post(self, target, value, content_type=JSON, timeout=10):
        """Posts a value (or bytes as they stand); the JSON answer must be 200."""
        body = value if isinstance(value, bytes) else dump(value)
        reply = self.request("POST", target, body=body, content_type=content_type, timeout=timeout)
        assert reply.status == 200, f"POST {target}: {reply.status} {reply.body[:300]!r}"
        return reply.json

    def broadcast(self, data, event=MESSAGE):
        return self.post("/broadcast", {"event_type": event, "data": data})

    def say(self, run, *numbers):
        """Posts these messages of a run in one batch and returns the ids, which are contiguous."""
        events = [{"event": MESSAGE, "data": message(run, n)} for n in numbers]
        answer = self.post("/api/events", events)
        assert answer["appended"] == len(numbers), answer
        epoch, first = answer["first_id"].split("-")
        return [f"{epoch}-{int(first) + i}" for i in range(len(numbers))]

    def stream(self, run=None, last_event_id="", headers=None, timeout=10, **query):
        return Stream(self.port, stream_target(run, query), last_event_id, headers, timeout)

    def read(self, run=None, last_event_id="", timeout=10, **query):
        """The frames of a live stream up to its `stream_live`."""
        with self.stream(run, last_event_id, **query) as stream:
            assert stream.status == 200, stream.status
            return stream.until("stream_live", timeout)

    def replay(self, run, last_event_id="", timeout=10, **query):
        """The frames of a whole `mode=replay` stream at full speed (or as `query` says)."""
        query = {"mode": "replay", "speed": "max"} | query
        with self.stream(run, last_event_id, **query) as stream:
            assert stream.status == 200, stream.status
            return stream.rest(timeout)


# --- the journal's files ----------------------------------------------------------------------


def segment_bytes(journal):
    """The size of a journal's segment files."""
    files = (path for path in pathlib.Path(journal).rglob("*") if path.is_file())
    return sum(
        path.stat().st_size
        for path in files
        if path.suffix == ".tape"
    )


def bump_format_version(journal):
    """Makes the journal one of a newer format: adds 1 to the version in its MANIFEST.

    The version stands behind the magic of 8 bytes (docs/FORMAT.md) and is read before any checksum.
    """
    manifest = pathlib.Path(journal) / "MANIFEST"
    content = bytearray(manifest.read_bytes())
    content[8] += 1
    manifest.write_bytes(content)


# --- a proxy that remembers -------------------------------------------------------------------


@dataclasses.dataclass
class Exchange:
    """One request that went through the proxy, and the bytes that came back."""

    target: str
    headers: dict
    answer: bytearray

    def frames(self):
        """The SSE frames that the client was sent."""
        head, found, body = bytes(self.answer).partition(b"\r\n\r\n")
        if not found:
            return []
        _, headers = parse_head(head)
        chunked = headers.get("transfer-encoding") == "chunked"
        return FrameParser().feed(Chunks().feed(body) if chunked else body)


class Proxy:
    """A TCP proxy in a thread of its own that logs bodiless HTTP requests and their answers.

    Where the server is down, a client is hung up on, as if it had reached the server itself.
    """

    def __init__(self, server_port):
        self.server_port, self.exchanges = server_port, []
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.serve, args=(ready,), daemon=True)
        self.thread.start()
        assert ready.wait(10), "the proxy does not start"

    def serve(self, ready):
        asyncio.set_event_loop(self.loop)
        self.listener = self.loop.run_until_complete(
            asyncio.start_server(self.accept, "127.0.0.1", 0)
        )
        self.port = self.listener.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    async def accept(self, reader, writer):
        own, server_writer, tasks = [], None, []
        try:
            server_reader, server_writer = await asyncio.open_connection(
                "127.0.0.1", self.server_port
            )
            tasks = [
                asyncio.ensure_future(self.requests(reader, server_writer, own)),
                asyncio.ensure_future(self.answers(server_reader, writer, own)),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for each in (writer, server_writer):
                if each is not None:
                    each.close()

    async def requests(self, reader, writer, own):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
            pairs = (field.partition(":") for field in fields)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            own.append(Exchange(line.split(" ")[1], headers, bytearray()))
            self.exchanges.append(own[-1])
            writer.write(head)
            await writer.drain()

    async def answers(self, reader, writer, own):
        while data := await reader.read(65_536):
            own[-1].answer.extend(data)
            writer.write(data)
            await writer.drain()

    def streams(self):
        """The exchanges that asked for a stream."""
        return [each for each in list(self.exchanges) if each.target.startswith("/api/stream/")]

    def close(self):
        async def end():
            self.listener.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()
