"""Each line of the table: what is run, and which figures come of it.

A measure is a function of `Bench`; servers are new for each, so that none carries what another
left. nchan's figures have its name at their end.
"""

import os
import shutil
import statistics
import subprocess
import tempfile
import time

import load
from servers import Nchan, Tapedeck

PROBE_BYTES = 400
PROBE_TIMES = 400
IDLE_CLIENTS = 10_000


class Bench:
    """What all measures share."""

    def __init__(self, directory, programs, text, is_quick, files_max, figures):
        self.directory = directory
        self.programs = programs
        self.text = text
        self.is_quick = is_quick
        self.files_max = files_max
        self.figures = figures
        self.seconds = 3 if is_quick else 5
        self.warm = 1 if is_quick else 2
        self.long_journal = None

    def run(self, scenario, server, **options):
        """Runs a scenario, and counts what was lost or came twice."""
        values = load.run(self.programs, scenario, server, **options)
        if "lost" in values:
            name = "lost" if server.kind == "tapedeck" else "lost_nchan"
            self.figures.count(name, values["lost"] + values["duplicated"], "events")
        return values

    def add(self, name, value, unit, server):
        self.figures.add(name if server.kind == "tapedeck" else f"{name}_nchan", value, unit)

    def live(self, scenario, server, clients, **options):
        """Clients that follow one run while events are published."""
        self.need(clients)
        with server as running:
            return self.run(
                scenario, running, clients=clients, seconds=self.seconds, warm=self.warm, **options
            )

    def need(self, clients):
        if self.files_max < clients + 200:
            raise load.Failed(
                f"{clients} clients need {clients + 200} open files, and {self.files_max} may be "
                "opened; raise `ulimit -n`"
            )

    def servers(self):
        return [Tapedeck(self.directory), Nchan(self.directory)]


def commit(bench):
    """What one commit costs on this disk: a bare write and sync."""
    path = os.path.join(bench.directory, "probe")
    taken = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(PROBE_TIMES):
            start = time.monotonic()
            file.write(os.urandom(PROBE_BYTES))
            os.fdatasync(file.fileno())
            taken.append((time.monotonic() - start) * 1e3)
    os.unlink(path)
    bench.figures.add("commit_probe", statistics.median(taken), "ms")
    bench.figures.add("commit_probe_p99", sorted(taken)[PROBE_TIMES * 99 // 100 - 1], "ms")


def saturated(bench):
    for clients in (1000, 5000):
        for server in bench.servers():
            values = bench.live("saturated", server, clients)
            name = f"saturated_{clients}"
            bench.add(name, values["delivered_per_second"], "events/s", server)
            bench.add(f"{name}_cpu", values["cpu_per_million"], "s", server)
            bench.add(f"{name}_client", values["client_cpu"], "processors", server)
        values = bench.live("saturated", Tapedeck(bench.directory), clients, batch=8)
        name = f"saturated_{clients}_by_8"
        bench.figures.add(name, values["delivered_per_second"], "events/s")
        bench.figures.add(f"{name}_cpu", values["cpu_per_million"], "s")


def in_flight(bench):
    for clients in (1000, 5000):
        for server in bench.servers():
            values = bench.live("in-flight", server, clients)
            bench.add(f"in_flight_{clients}", values["delivered_per_second"], "events/s", server)
            bench.add(f"in_flight_{clients}_cpu", values["cpu_per_million"], "s", server)


def rates(bench):
    for name, clients, rate in (
        ("rate_200_1000", 1000, 200),
        ("rate_200_100", 100, 200),
        ("rate_6000_100", 100, 6000),
    ):
        for server in bench.servers():
            values = bench.live("rate", server, clients, rate=rate)
            bench.add(f"{name}_p50", values["p50"], "ms", server)
            bench.add(f"{name}_p99", values["p99"], "ms", server)
            bench.add(f"{name}_sustained", 100 * values["sustained"], "%", server)
            bench.add(f"{name}_cpu", values["cpu_per_million"], "s", server)


def idle(bench):
    bench.need(IDLE_CLIENTS + 100)
    for server in bench.servers():
        with server:
            values = bench.run("idle", server, clients=IDLE_CLIENTS)
            bench.add("idle_memory", values["kib_per_client"], "KiB", server)
            bench.add("idle_cpu", 100 * values["idle_cpu"], "%", server)


def catch_up(bench):
    for server in bench.servers():
        times = 5 if server.kind == "tapedeck" else 1
        with server:
            values = bench.run("catch-up", server, events=100_000, times=times)
            bench.add("catch_up", values["megabytes_per_second"], "MB/s", server)
            if server.kind == "tapedeck":
                bench.figures.add("catch_up_best", values["best"], "MB/s")
                bench.figures.add("catch_up_cpu", values["cpu_per_gigabyte"], "s/GB")


def resume(bench):
    """Resumes near the end of a long journal, which is made once."""
    events = 1_000_000 if bench.is_quick else 10_000_000
    if not bench.long_journal:
        quick = ["--quick"] if bench.is_quick else []
        words = [os.path.join(bench.programs, "benchmark"), *quick, "--directory", bench.directory]
        words += ["--text", bench.text, "long"]
        made = subprocess.run(words, capture_output=True, text=True)
        if made.returncode != 0:
            raise load.Failed(made.stderr.strip())
        bench.long_journal = os.path.join(bench.directory, "long")
    with Tapedeck(bench.directory, bench.long_journal) as server:
        options = {"epoch": server.health["epoch"], "first": events, "times": 100}
        one = bench.run("resume", server, path="/api/stream/agent_chat/run-0-0500", **options)
        wide = bench.run("resume", server, path="/api/stream/agent_chat", **options)
    bench.figures.add("resume", one["first_byte_p50"], "ms")
    bench.figures.add("resume_p99", one["first_byte_p99"], "ms")
    bench.figures.add("resume_first", one["first_of_all"], "ms")
    bench.figures.add("resume_event", one["first_event_p50"], "ms")
    bench.figures.add("resume_all", wide["first_byte_p50"], "ms")


def stall(bench):
    for server in bench.servers():
        with server:
            values = bench.run("stall", server, clients=100)
            bench.add("stall_others", 100 * values["others"], "%", server)
            bench.add("stall_memory", values["memory_kib"], "KiB", server)
            bench.add("stall_memory_kernel", values["kernel_kib"], "KiB", server)


def writers(bench):
    for name, batch in (("broadcast", 1), ("events_100", 100)):
        for server in bench.servers():
            with server:
                values = bench.run(
                    "writers", server, writers=50, batch=batch, seconds=bench.seconds
                )
                bench.add(name, values["events_per_second"], "events/s", server)
                bench.add(f"{name}_cpu", values["cpu_per_event"], "us/event", server)


def reconnect(bench):
    """Kills the server under 5,000 clients, and starts it again at once."""
    bench.need(5000)
    with Tapedeck(bench.directory) as server:
        words = load.command(bench.programs, "reconnect", server, clients=5000)
        with tempfile.TemporaryFile("w+") as errors:
            client = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=errors, text=True)
            try:
                if client.stdout.readline().strip() == "READY":
                    killed = time.monotonic()
                    server.kill()
                    server.start()
                    started = time.monotonic()
                text, _ = client.communicate(timeout=200)
            finally:
                client.kill()
                client.wait()
            errors.seek(0)
            if client.returncode != 0:
                raise load.Failed(errors.read().strip())
    values = load.parse(text)
    bench.figures.add("reconnect", values["all_live_at"] - killed, "s")
    bench.figures.add("reconnect_start", started - killed, "s")
    bench.figures.count("reconnect_told", values["gaps"] + values["resets"], "gaps")
    bench.figures.count("lost", values["lost"] + values["duplicated"], "events")


def forget(bench):
    """Removes the long journal."""
    if bench.long_journal:
        shutil.rmtree(bench.long_journal, ignore_errors=True)


ALL = [commit, saturated, in_flight, rates, idle, catch_up, resume, stall, writers, reconnect]
