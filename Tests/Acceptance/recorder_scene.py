"""One recorder at one service that fails on command, and what the ledger makes of it."""

import pathlib
import signal
import sys
import time

import ledger
import ledger_values
import tapedeck

HERE = pathlib.Path(__file__).parent
HOW = ["fin", "reset", "packet", "engine"]
RECONNECT_S = 30


class EventService(tapedeck.Process):
    """`event_service.py` in a process of its own; it keeps its port and its ledger."""

    def __init__(self, kind, directory, pings):
        self.ledger, self.port = directory / "ledger", tapedeck.free_port()
        words = [sys.executable, HERE / "event_service.py", "--server", kind]
        words += ["--ledger", self.ledger]
        words += ["--ping-interval", pings[0], "--ping-timeout", pings[1]]
        super().__init__(words, directory / "service.log")

    def start(self):
        self.port = int(self.launch(("--port", str(self.port))).split()[1])
        return self

    def note(self, kind):
        """Adds what only the tests know to the ledger."""
        with open(self.ledger, "a") as lines:
            lines.write(f"{kind} {time.time_ns()}\n")

    def kill(self):
        super().kill()
        self.note("killed")

    def post(self, target, timeout=30, **body):
        connection = tapedeck.Connection(self.port, timeout)
        try:
            reply = connection.request("POST", target, body=tapedeck.dump(body), timeout=timeout)
        finally:
            connection.close()
        assert reply.status == 200, (target, reply)
        return reply.json

    def control(self, what, **body):
        return self.post(f"/control/{what}", **body)


class Scene:
    """A service, a recorder, and runs whose threads are open."""

    def __init__(self, kind, directory, serve, rng, pings=(25, 20), arguments=()):
        self.rng, self.names, self.runs, self.open_runs, self.known = rng, 0, [], [], {}
        self.service = EventService(kind, directory, pings).start()
        try:
            url = f"http://127.0.0.1:{self.service.port}"
            self.server = serve("--upstream", url, *arguments)
            self.wait_for_link()
        except BaseException:
            self.service.kill()
            raise

    # What is said.

    def name(self):
        """A producer's name that was never used before."""
        self.names += 1
        return f"p{self.names}"

    def say(self, event_type, **data):
        """Broadcasts one event and returns its id."""
        ledger_id = f"{self.name()}-0"
        data = {"ledger_id": ledger_id} | data
        self.service.post("/broadcast", event_type=event_type, data=data)
        return ledger_id

    def open_run(self):
        run = f"run-{len(self.runs)}"
        self.runs.append(run)
        self.open_runs.append(run)
        data = {"parent_agent": "Architect", "child_agent": "Dir-Code", "metadata": {}}
        self.say(tapedeck.THREAD_CREATED, run_id=run, thread_id=f"{run}-thread", **data)
        return run

    def close_run(self, run):
        self.open_runs.remove(run)
        self.say(tapedeck.THREAD_CLOSED, thread_id=f"{run}-thread", status="completed")

    def burst(self, run, count, noise_every=0):
        """So many events, as fast as the service can; `noise_every=1` is nothing but noise."""
        self.service.control(
            "burst", name=self.name(), run=run, count=count, noise_every=noise_every
        )

    def load(self, run, rate, count=1_000_000, noise_every=10):
        """Events at a rate, in the background, until they are all emitted or `quiet` is called."""
        self.service.control(
            "load", name=self.name(), run=run, count=count, rate=rate, noise_every=noise_every
        )

    # What goes wrong.

    def drop(self, how=None):
        self.service.control("drop", how=how or self.rng.choice(HOW))

    def outage(self, how=None):
        """Drops the recorder and answers `44` from now on; returns when it is gone."""
        self.service.control("outage", how=how or self.rng.choice(HOW))
        self.wait(lambda: self.state()["links"] == 0, "the service knows that the recorder is gone")

    def overtake(self, run, refusing):
        """Has an event reach the recorder when it next connects, before the history or `44`."""
        self.service.control("overtake", name=self.name(), run=run, refusing=refusing)
        self.wait(lambda: self.state()["early"] == 0, "the recorder connects")

    def mend(self):
        self.service.control("mend")
        self.wait_for_link()

    def hostile(self, name):
        """Sends a raw frame to the recorder, which may choose to leave for it."""
        self.service.control("hostile", name=name)

    def restart_service(self, meanwhile=lambda: None):
        self.service.kill()
        meanwhile()
        self.service.start()

    def suspend(self, seconds):
        """Stops the service, so that only its silence tells, and lets it go on."""
        self.service.child.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self.service.child.send_signal(signal.SIGCONT)

    def kill_recorder(self):
        self.server.kill()
        self.service.note("down")

    # What is waited for.

    def state(self):
        return self.service.control("state")

    def wait(self, check, what):
        return tapedeck.eventually(check, RECONNECT_S, what)

    def wait_for_link(self):
        self.wait(lambda: self.state()["links"] >= 1, "the recorder is connected")

    def quiet(self):
        """Ends the loads, and waits until everything that can be recorded is."""
        self.service.control("stop")
        self.wait(lambda: self.state()["loads"] == 0, "the loads end")
        self.settle()

    def settle(self):
        """Waits until what is said now in each open run is recorded, and so all before it."""
        self.wait_for_link()
        missing = {
            self.say(tapedeck.MESSAGE, thread_id=f"{run}-thread", content="the last for now")
            for run in self.open_runs
        }
        connection = tapedeck.Connection(self.server.port, RECONNECT_S)

        def arrived():
            for run in (*self.open_runs, ledger_values.UNASSIGNED):
                for record in ledger_values.read_run(connection, run, self.known.get(run)):
                    self.known[run] = record.offset
                    missing.discard(record.id)
            return not missing

        try:
            self.wait(arrived, f"the last events are recorded: {missing}")
        finally:
            connection.close()

    # What comes of it.

    def links(self):
        """How often the service let the recorder in."""
        return len(ledger_values.read_ledger(self.service.ledger).links)

    def verdict(self, wanted=ledger.chat):
        """The verdict on everything so far; fails if it names a problem."""
        kept = ledger_values.read_ledger(self.service.ledger)
        recording = ledger_values.read_recording(self.server.port, self.runs)
        verdict = ledger.check(kept, recording, wanted)
        shown = "\n".join(str(problem) for problem in verdict.problems[:20])
        assert not verdict.problems, f"{len(verdict.problems)} problems, such as\n{shown}"
        assert verdict.recorded + len(verdict.lost) == sum(map(wanted, kept.events)), (
            "events before the recorder's first link are not part of a scene"
        )
        return verdict

    def end(self):
        if self.service.running:
            self.service.kill()
