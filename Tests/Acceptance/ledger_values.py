"""What `ledger.py` compares: the ledger that a service kept, and the records of a server."""

import bisect
import dataclasses
import datetime
import itertools
import math

import tapedeck

UNASSIGNED = "unassigned"
SECOND_NS = 1_000_000_000
# The service needs so long to emit an event that it has taken into its history, unless it is late.
EMITS_NS = SECOND_NS // 500
LARGE_BYTES_MIN = 16 << 20


# --- the ledger -------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Emitted:
    """One event as the service emitted it; `n` counts from 1 through all its restarts."""

    n: int
    at_ns: int
    type: str
    run: str
    chat: bool
    id: str
    crc: int

    @property
    def producer(self):
        return self.id.rpartition("-")[0]

    @property
    def sequence(self):
        return int(self.id.rpartition("-")[2])


@dataclasses.dataclass(slots=True)
class Link:
    """One client that was let in: the history that it was sent, and how far it heard live events.

    `first` to `last` is the history, empty if `first` is above `last`; what was emitted behind
    `last` and up to `through` was emitted while the service believed in the link. No recorder takes
    a history that `is_large`.
    """

    connect_ns: int
    greet_ns: int
    first: int
    last: int
    is_large: bool
    through: float = math.inf
    end_ns: float = math.inf


@dataclasses.dataclass(slots=True)
class Ledger:
    """What happened at the service, in order; times in ns.

    `late` tells when an event was emitted, `handshakes` from when to when somebody was greeted or
    refused. `starts` are restarts of the service, `downs` of the recorder, `large` what is larger
    than any recorder takes.
    """

    events: list = dataclasses.field(default_factory=list)
    links: list = dataclasses.field(default_factory=list)
    late: dict = dataclasses.field(default_factory=dict)
    handshakes: list = dataclasses.field(default_factory=list)
    starts: list = dataclasses.field(default_factory=list)
    downs: list = dataclasses.field(default_factory=list)
    large: list = dataclasses.field(default_factory=list)

    def emitted_ns(self, event):
        """When the event was on its way to everybody, at the latest."""
        return max(event.at_ns + EMITS_NS, self.late.get(event.n, 0))

    def loose(self, event):
        """Whether its place may be another: it was emitted during a greeting or refusal."""
        at = bisect.bisect_right(self.handshakes, (self.emitted_ns(event), math.inf))
        return any(event.at_ns <= end for _, end in self.handshakes[:at][-4:])


class LedgerParser:
    """Takes the lines of a ledger, one method for each kind; see `event_service.py`.

    The tests add `killed NS` when they end the service, and `down NS` when they end the recorder.
    """

    KINDS = {"event", "late", "connect", "refuse", "greet", "joined", "close", "hostile"}
    KINDS |= {"start", "killed", "down"}

    def __init__(self):
        self.ledger, self.asked, self.opened, self.has_started = Ledger(), {}, {}, False

    def take(self, line):
        kind, ns, *fields = line.split()
        if kind not in self.KINDS:
            raise ValueError(f"not a line of a ledger: {line!r}")
        getattr(self, kind)(int(ns), *fields)

    def event(self, ns, n, event_type, run, chat, event_id, crc, size):
        count = len(self.ledger.events)
        assert int(n) == count + 1, f"the ledger skips from {count} to {n}"
        event = Emitted(int(n), ns, event_type, run, chat == "1", event_id, int(crc))
        self.ledger.events.append(event)
        self.note_size(ns, size)

    def note_size(self, ns, size):
        if int(size) > LARGE_BYTES_MIN:
            self.ledger.large.append(ns)

    def late(self, ns, n):
        self.ledger.late[int(n)] = ns

    def connect(self, ns, sid, since):
        self.asked[sid] = min(int(since), ns)

    def refuse(self, ns, sid):
        self.end_handshake(sid, ns)

    def greet(self, ns, sid, first, last, size):
        count = len(self.ledger.events)
        first, last = (int(first), int(last)) if int(last) else (count + 1, count)
        link = Link(self.asked[sid], ns, first, last, int(size) > LARGE_BYTES_MIN)
        self.opened[sid] = link
        self.ledger.links.append(link)
        self.note_size(ns, size)

    def joined(self, ns, sid):
        self.end_handshake(sid, ns)

    def end_handshake(self, sid, ns):
        bisect.insort(self.ledger.handshakes, (self.asked.pop(sid), ns))

    def close(self, ns, sid):
        self.end_links(ns, [sid])
        self.opened.pop(sid)

    def end_links(self, ns, sids):
        """An end that is known from elsewhere already stays."""
        for link in (self.opened[sid] for sid in sids):
            link.through = min(link.through, len(self.ledger.events))
            link.end_ns = min(link.end_ns, ns)

    def start(self, ns, _):
        self.killed(ns)
        self.opened.clear()
        for sid in list(self.asked):
            self.end_handshake(sid, ns)
        if self.has_started:
            self.ledger.starts.append(ns)
        self.has_started = True

    def killed(self, ns):
        self.end_links(ns, self.opened)

    def down(self, ns):
        self.end_links(ns, self.opened)
        self.ledger.downs.append(ns)

    def hostile(self, ns, _, size):
        self.note_size(ns, size)


def parse_ledger(lines):
    """The ledger in these lines of text."""
    parser = LedgerParser()
    for line in lines:
        parser.take(line)
    return parser.ledger


def read_ledger(path):
    with open(path) as lines:
        return parse_ledger(lines)


# --- the recording ----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """One record of a run, as a page of events tells it."""

    offset: int
    seq: int
    type: str
    recorded_ns: int
    data: dict

    @property
    def id(self):
        return self.data.get("ledger_id") or self.data.get("message_id")


def nanoseconds(text):
    """A time of ours as nanoseconds since 1970; raises `ValueError` for any other form."""
    if not isinstance(text, str) or not tapedeck.RFC3339.fullmatch(text):
        raise ValueError(f"not a time as promised: {text!r}")
    moment = datetime.datetime.fromisoformat(text)
    return int(moment.timestamp()) * SECOND_NS + moment.microsecond * 1000


def read_pages(connection, run, after=None):
    """Each page of a run's events behind `after`, as long as there are any."""
    target = f"/api/runs/{run}/events?limit=1000"
    while True:
        page = connection.request("GET", target + (f"&after={after}" if after else ""), timeout=30)
        assert page.status == 200, (page.status, page.body[:300])
        page = page.json
        assert page["gap"] is None and "reset" not in page, page
        if not page["events"]:
            return
        yield page["events"]
        after = page["next"]


def read_run(connection, run, after=None):
    """Every record of a run behind `after`."""
    records = []
    for event in itertools.chain.from_iterable(read_pages(connection, run, after)):
        assert event["run_id"] == run, event
        at, offset = nanoseconds(event["recorded_at"]), tapedeck.offset(event["id"])
        records.append(Record(offset, event["seq"], event["event"], at, event["data"]))
    return records


def read_recording(port, runs):
    """Records by run, of these and of `unassigned`."""
    connection = tapedeck.Connection(port)
    try:
        return {run: read_run(connection, run) for run in {*runs, UNASSIGNED}}
    finally:
        connection.close()
