"""Holds what was recorded against the ledger of the service that said it.

For each emitted event that is wanted: recorded exactly once, unaltered, in its run and in order,
or covered by a `journal_gap`. And no gap where nothing is missing. `check` judges without any I/O.

What the service itself makes uncertain is allowed for: an event that is emitted while a client is
being greeted may reach it before the history does (it is *loose*), and whether one that was on its
way when a link broke has arrived is known only if it, or a later one of its producer, was recorded.
"""

import bisect
import collections
import dataclasses
import json
import math
import zlib

import tapedeck
from ledger_values import SECOND_NS, UNASSIGNED, nanoseconds

GAP = "journal_gap"
REASONS = {"upstream_outage", "upstream_restart", "recorder_outage", "too_large"}
# A gap's times may be so far off, and a threaded service may swap events that are so close.
TOLERANCE_NS = SECOND_NS
SWAP_NS = SECOND_NS // 20
# The clocks of the service and the recorder show the same time, so far.
CLOCK_NS = SECOND_NS // 200
# What was sent so long before a link ended has arrived.
ARRIVES_NS = SECOND_NS


def chat(event):
    """What a recorder takes unless `--filter` says otherwise."""
    return event.chat


def everything(_):
    """What a recorder takes with `--filter '*'`."""
    return True


def check(ledger, recording, wanted=chat):
    """The verdict on a recording (records by run); `wanted` tells which events had to be taken."""
    return Judge(ledger, recording, wanted).verdict()


@dataclasses.dataclass(slots=True)
class Verdict:
    """What is wrong, one sentence each; what was lost; the gaps told in `unassigned`."""

    problems: list
    lost: list
    gaps: list
    recorded: int


@dataclasses.dataclass(frozen=True, slots=True)
class Gap:
    """One `journal_gap`, and where it stands among its run's records."""

    run: str
    position: int
    from_ns: int
    until_ns: int
    reason: str

    def covers(self, at_ns):
        return self.from_ns - TOLERANCE_NS <= at_ns <= self.until_ns + TOLERANCE_NS

    def covers_one(self, ordered):
        """Whether it covers one of these times, which are in order."""
        at = bisect.bisect_left(ordered, self.from_ns - TOLERANCE_NS)
        return at < len(ordered) and self.covers(ordered[at])

    def __str__(self):
        length = (self.until_ns - self.from_ns) / SECOND_NS
        return f"{self.reason} of {length:.3f} s from {self.from_ns} in {self.run}"


class Neighbours:
    """Where a run's events stand, to find between which records a missing one belongs."""

    def __init__(self):
        self.arrivals, self.emissions = ([], []), ([], [])
        self.producers = collections.defaultdict(lambda: ([], []))

    def arrived(self, recorded_ns, position):
        """A record; they come in the order of the run."""
        keys, positions = self.arrivals
        keys.append(max([recorded_ns, *keys[-1:]]))
        positions.append(position)

    def emitted(self, event, position):
        """A recorded event that is not loose; they come in the order of the ledger."""
        for (keys, positions), key in (
            (self.emissions, event.at_ns),
            (self.producers[event.producer], event.sequence),
        ):
            keys.append(key)
            positions.append(position)

    def around(self, event, emitted_ns):
        """The positions of the last record before the event, and of the first behind it.

        Before it is what was recorded before it was emitted, and what was emitted before it by its
        own producer, or by any if not a moment before: so with what is behind it.
        """
        before, behind = [-1], [math.inf]
        for (keys, positions), low, high in (
            (self.arrivals, event.at_ns - CLOCK_NS, math.inf),
            (self.emissions, event.at_ns - SWAP_NS, emitted_ns + SWAP_NS),
            (self.producers[event.producer], event.sequence, event.sequence),
        ):
            before += positions[: bisect.bisect_left(keys, low)][-1:]
            behind += positions[bisect.bisect_right(keys, high) :][:1]
        return max(before), min(behind)


class Judge:
    """One judgement: reads every run first, then looks at what is missing, then at the gaps."""

    def __init__(self, ledger, recording, wanted):
        self.ledger, self.recording, self.wanted = ledger, recording, wanted
        self.events = {event.id: event for event in ledger.events}
        assert len(self.events) == len(ledger.events), "the ledger holds an id twice"
        self.problems, self.recorded, self.gaps = [], {}, collections.defaultdict(list)
        self.created, self.closed = {}, {}
        # What waited in `unassigned` for its thread stands in its run too, and later than it was.
        self.waited = {record.id for record in recording[UNASSIGNED]}

    def verdict(self):
        for run, records in sorted(self.recording.items()):
            self.read_run(run, records)
        first = self.ledger.links[0].first if self.ledger.links else math.inf
        lost = [
            event
            for event in self.ledger.events
            if self.wanted(event) and event.n >= first and event.id not in self.recorded
        ]
        self.judge_losses(lost)
        self.judge_gaps(lost, first)
        return Verdict(self.problems, lost, self.gaps[UNASSIGNED], len(self.recorded))

    def blame(self, what, detail):
        self.problems.append(f"{what}: {detail}")

    # Each record by itself and in its run.

    def read_run(self, run, records):
        seen, newest, last = set(), {}, None
        for position, record in enumerate(records):
            if record.seq != position + 1 or (last is not None and record.offset <= last):
                self.blame("numbering", f"{run} has seq {record.seq} at place {position + 1}")
            last = record.offset
            if record.type == GAP:
                self.read_gap(run, position, record)
            elif event := self.identify(run, record):
                if event.id in seen:
                    self.blame("duplicate", f"{event.id} in {run}")
                    continue
                seen.add(event.id)
                self.read_event(run, event, record, newest)

    def identify(self, run, record):
        """The event that was recorded; None if nobody emitted it."""
        event = self.events.get(record.id)
        if event is None or not self.wanted(event):
            self.blame("unknown event", f"{record.type} {record.data} in {run}"[:300])
            return None
        if record.type != event.type or checksum(record.data) != event.crc:
            self.blame("altered", f"{event.id} in {run}")
        return event

    def read_event(self, run, event, record, newest):
        if run not in (event.run, UNASSIGNED):
            self.blame("wrong run", f"{event.id} of {event.run} in {run}")
        if not self.is_copy(run, event):
            self.keep_order(run, event, newest)
        if run == event.run and event.type == tapedeck.THREAD_CREATED:
            self.created.setdefault(run, event.n)
        if run == event.run and event.type == tapedeck.THREAD_CLOSED:
            self.closed.setdefault(run, event.n)
        known = self.recorded.get(event.id, math.inf)
        self.recorded[event.id] = min(known, record.recorded_ns)

    def keep_order(self, run, event, newest):
        if event.sequence < newest.get(event.producer, -1):
            self.blame("out of order", f"{event.id} after {newest[event.producer]} in {run}")
        elif not self.ledger.loose(event):
            newest[event.producer] = event.sequence

    def is_copy(self, run, event):
        return run != UNASSIGNED and event.id in self.waited

    def read_gap(self, run, position, record):
        try:
            assert set(record.data) == {"from", "until", "reason"}, "other members"
            assert record.data["reason"] in REASONS, "another reason"
            times = [nanoseconds(record.data[name]) for name in ("from", "until")]
            assert times[0] <= times[1], "it ends before it begins"
        except (AssertionError, ValueError) as error:
            self.blame("malformed gap", f"{record.data} in {run}: {error}")
            return
        gap = Gap(run, position, *times, record.data["reason"])
        if any(dataclasses.replace(other, position=position) == gap for other in self.gaps[run]):
            self.blame("gap told twice", gap)
        if run in self.closed:
            self.blame("gap in a closed run", gap)
        self.gaps[run].append(gap)

    # What is missing.

    def judge_losses(self, lost):
        places = self.places()
        for event in lost:
            if not any(gap.covers(event.at_ns) for gap in self.gaps[UNASSIGNED]):
                self.blame("loss untold", f"{event.id} at {event.at_ns} in {UNASSIGNED}")
            if event.run != UNASSIGNED and not self.is_open(event):
                continue
            last, first = places[event.run].around(event, self.ledger.emitted_ns(event))
            if not any(
                last < gap.position < first and gap.covers(event.at_ns)
                for gap in self.gaps[event.run]
            ):
                where = f"{event.run} between its places {last} and {first}"
                self.blame("loss untold", f"{event.id} at {event.at_ns} in {where}")
        for event in self.ledger.events:
            if event.id in self.recorded and event.id not in places.ids and self.is_open(event):
                self.blame("stranded", f"{event.id} is in {UNASSIGNED} and not in {event.run}")

    def is_open(self, event):
        """Whether the recorder knew of an open thread in the run when the event was emitted."""
        created, closed = self.created.get(event.run), self.closed.get(event.run, math.inf)
        return created is not None and created < event.n < closed

    def places(self):
        """The neighbours in each run, copies left out; `ids` are what stands in its run."""
        places = Places()
        for run, records in self.recording.items():
            firm = []
            for position, record in enumerate(records):
                event = self.events.get(record.id)
                if event is None or event.run != run:
                    continue
                places.ids.add(event.id)
                if self.is_copy(run, event):
                    continue
                places[run].arrived(record.recorded_ns, position)
                if not self.ledger.loose(event) and event.n not in self.ledger.late:
                    firm.append((event.n, position, event))
            for _, position, event in sorted(firm, key=lambda each: each[0]):
                places[run].emitted(event, position)
        return places

    # The gaps.

    def judge_gaps(self, lost, first):
        missed = sorted([event.at_ns for event in lost] + self.undelivered(first))
        told = {(gap.from_ns, gap.until_ns, gap.reason) for gap in self.gaps[UNASSIGNED]}
        causes = {
            "upstream_restart": self.ledger.starts,
            "recorder_outage": self.ledger.downs,
            "too_large": self.ledger.large,
        }
        for gap in (gap for gaps in self.gaps.values() for gap in gaps):
            if (gap.from_ns, gap.until_ns, gap.reason) not in told:
                self.blame("gap not in unassigned", gap)
            reasons = [missed, self.ledger.starts, self.apart]
            reasons += [self.ledger.large] if gap.reason == "too_large" else []
            if not any(gap.covers_one(times) for times in reasons):
                self.blame("false gap", gap)
            elif not gap.covers_one(causes.get(gap.reason, [gap.from_ns])):
                self.blame("wrong reason", gap)

    def undelivered(self, first):
        """When events were emitted that nobody wants and that did not reach the recorder.

        Sets `apart`: when the recorder connected and was sent a history in which nothing was that
        had reached it before. Whoever sees that must take something for lost. A loose event shows
        nothing: a client that is refused in the end may be sent it all the same.
        """
        events, links = self.ledger.events, self.ledger.links
        delivered, self.apart = set(), []
        arrivals = sorted(self.recorded.values())
        for link, following in zip(links, [*links[1:], None]):
            next_ns = following.connect_ns if following else math.inf
            history = [] if link.is_large else events[link.first - 1 : link.last]
            if link is not links[0] and not any(
                each.n in delivered or self.recorded.get(each.id, math.inf) < link.connect_ns
                for each in history
                if not self.ledger.loose(each)
            ):
                self.apart.append(link.connect_ns)
            at = bisect.bisect_left(arrivals, link.greet_ns)
            brought = at < len(arrivals) and arrivals[at] < next_ns
            if brought or link.end_ns - link.greet_ns >= ARRIVES_NS:
                delivered |= {each.n for each in history}
            live = events[link.last : min(link.through, len(events))]
            proofs = [each for each in live if self.recorded.get(each.id, math.inf) < next_ns]
            newest = {proof.producer: proof.sequence for proof in proofs}
            until_ns = max([proof.at_ns - SWAP_NS for proof in proofs], default=0)
            until_ns = max(until_ns, link.end_ns - ARRIVES_NS)
            delivered |= {
                each.n
                for each in live
                if each.at_ns <= until_ns or each.sequence <= newest.get(each.producer, -1)
            }
        return [
            event.at_ns
            for event in events
            if event.n >= first and not self.wanted(event) and event.n not in delivered
        ]


class Places(collections.defaultdict):
    """`Neighbours` by run, and the ids of all events that stand in their own run."""

    def __init__(self):
        super().__init__(Neighbours)
        self.ids = set()


def checksum(data):
    """As the ledger has it."""
    return zlib.crc32(json.dumps(data, separators=(",", ":")).encode())
