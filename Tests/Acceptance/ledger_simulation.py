"""A service and a recorder that does all that is promised, in simulated time: oracle and canaries.

`Simulation(rng).play(steps)` makes a ledger and a recording in which `ledger.check` must find
nothing; what is then done to the recording it must find.
"""

import collections
import dataclasses
import datetime
import json
import zlib

import ledger
import ledger_values
import tapedeck

START_NS = 1_795_000_000_000_000_000
HISTORY_MAX = 100


def timestamp(ns):
    seconds, rest = divmod(ns, ledger_values.SECOND_NS)
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{rest // 1000:06}Z"


@dataclasses.dataclass(frozen=True)
class Said:
    """One event, and the run that it belongs to; None for what is not recorded."""

    type: str
    run: str | None
    data: dict


class Simulation:
    """Every step takes time; the recorder sees what a link brings, and knows what it has seen."""

    def __init__(self, rng, early=0.3):
        """`early` is how often an event overtakes the history."""
        self.rng, self.now, self.lines, self.emitted = rng, START_NS, [], 0
        self.early = early
        self.history, self.numbers = collections.deque(maxlen=HISTORY_MAX), collections.Counter()
        self.recording = {ledger_values.UNASSIGNED: []}
        self.offset, self.runs, self.open_runs, self.seen, self.heard_ns = 0, [], [], set(), 0
        self.waiting = collections.defaultdict(list)
        self.links, self.linked, self.broken, self.causes = 0, False, False, set()
        self.line("start", 1)
        self.connect()

    def line(self, kind, *fields):
        self.now += self.rng.randint(1, 3_000_000)
        self.lines.append(" ".join(map(str, (kind, self.now, *fields))))

    # The service.

    def emit(self, producer, event_type, run, members):
        """Emits an event, and has the recorder hear it if a link carries it."""
        data = {"ledger_id": f"{producer}-{self.numbers[producer]}"} | members
        self.numbers[producer] += 1
        self.emitted += 1
        text = json.dumps(data, separators=(",", ":")).encode()
        chat = event_type.startswith("agent_chat_")
        fields = [run if chat else ledger_values.UNASSIGNED, int(chat), data["ledger_id"]]
        fields += [zlib.crc32(text), len(text)]
        self.line("event", self.emitted, event_type, *fields)
        said = Said(event_type, run if chat else None, data)
        self.history.append(said)
        if self.linked and not self.broken:
            self.hear(said)

    def open_run(self):
        run = f"run-{len(self.recording)}"
        self.recording[run] = []
        self.runs.append(run)
        self.emit(f"opener-{run}", tapedeck.THREAD_CREATED, run, {"run_id": run})

    def talk(self, count=1, noise=0.1):
        for _ in range(count):
            if self.rng.random() < noise:
                self.emit("other", "heartbeat", None, {"n": self.emitted})
            else:
                run = self.rng.choice(self.runs)
                producer = f"{run}-{self.rng.randint(1, 2)}"
                self.emit(producer, tapedeck.MESSAGE, run, {"content": f"{self.emitted}"})

    def restart(self):
        """The service is killed, and with it what it had not sent yet."""
        self.lines.append(f"killed {self.now}")
        self.linked, self.broken = False, False
        self.history.clear()
        self.causes.add("upstream_restart")
        self.now += self.rng.randint(0, 400_000_000)
        self.line("start", 1)

    def drop(self, in_flight=0):
        """The link breaks; the service notices after so many more events."""
        if not self.linked:
            return
        self.broken = True
        self.talk(in_flight)
        self.line("close", f"sid{self.links}")
        self.linked, self.broken = False, False
        self.causes.add("upstream_outage")

    def refuse(self):
        """A client asks to join and is answered `44`."""
        if not self.linked:
            self.line("connect", "refused", self.now)
            self.line("refuse", "refused")

    def pause(self):
        self.now += self.rng.randint(0, 2 * ledger_values.SECOND_NS)

    # The recorder.

    def kill(self):
        self.drop()
        self.line("down")
        self.causes.add("recorder_outage")

    def connect(self):
        """The recorder is let in, sometimes with an event that comes before the history."""
        if self.linked:
            return
        self.links += 1
        self.line("connect", f"sid{self.links}", self.now)
        early = len(self.history)
        if self.runs and self.rng.random() < self.early:
            self.talk()
        early = list(self.history)[early:] if early < HISTORY_MAX else []
        first = self.emitted - len(self.history) + 1 if self.history else 0
        self.line("greet", f"sid{self.links}", first, self.emitted if self.history else 0, 0)
        self.line("joined", f"sid{self.links}")
        self.linked = True
        overlaps = any(said.data["ledger_id"] in self.seen for said in self.history)
        if self.links > 1 and not overlaps:
            order = ["upstream_restart", "recorder_outage", "upstream_outage"]
            self.tell(next(reason for reason in order if reason in self.causes))
        self.causes.clear()
        for said in [*early, *self.history]:
            self.hear(said)

    def hear(self, said):
        self.heard_ns = self.now
        if said.data["ledger_id"] in self.seen:
            return
        self.seen.add(said.data["ledger_id"])
        if said.run is None:
            return
        if said.type == tapedeck.THREAD_CREATED:
            self.open_runs.append(said.run)
        if said.run not in self.open_runs:
            self.waiting[said.run].append((said, self.now))
            self.record(ledger_values.UNASSIGNED, said.type, said.data)
            return
        self.record(said.run, said.type, said.data)
        for waited, heard_ns in self.waiting.pop(said.run, []):
            self.record(said.run, waited.type, waited.data, heard_ns)

    def record(self, run, event_type, data, at_ns=None):
        self.offset += 1
        seq = len(self.recording[run]) + 1
        record = ledger_values.Record(self.offset, seq, event_type, at_ns or self.now, data)
        self.recording[run].append(record)

    def tell(self, reason):
        """Records a gap in all open runs and in `unassigned`."""
        data = {"from": timestamp(self.heard_ns), "until": timestamp(self.now), "reason": reason}
        for run in (*self.open_runs, ledger_values.UNASSIGNED):
            self.record(run, ledger.GAP, data)

    # Both.

    def play(self, steps):
        """So many random steps, then everything is connected and said; returns itself."""
        for _ in range(2):
            self.open_run()
        for _ in range(steps):
            choices = {
                lambda: self.talk(self.rng.randint(1, 20)): 10,
                lambda: self.talk(self.rng.randint(20, 160), noise=0.3): 2,
                lambda: self.drop(self.rng.randint(0, 3)): 3,
                self.refuse: 1,
                self.open_run: 1,
                self.pause: 2,
                self.restart: 1,
                self.kill: 1,
                self.connect: 4,
            }
            self.rng.choices(list(choices), list(choices.values()))[0]()
        self.connect()
        self.talk(5)
        return self

    # The judgement.

    def verdict(self):
        return ledger.check(ledger_values.parse_ledger(self.lines), self.recording)

    def problems(self):
        return self.verdict().problems

    def kinds(self):
        """The kinds of the problems."""
        return {problem.partition(":")[0] for problem in self.problems()}

    def outage_ns(self):
        """From the end of the last link but one to the beginning of the last."""
        links = ledger_values.parse_ledger(self.lines).links
        return links[-2].end_ns, links[-1].connect_ns
