"""The servers under load: Tapedeck and nchan, each on a loopback port of its own.

What is started here is ended here. Each has `kind`, `port` and `processes`, as the load client
names them.
"""

import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

NCHAN = pathlib.Path(__file__).parent.parent / "peers/nchan.conf"
NCHAN_WORKERS = 2
START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 15


def raise_files(wanted):
    """Lets this process and what it starts open `wanted` files; returns how many they may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        most = max(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server that runs inside of `with`."""

    kind = ""

    def __init__(self):
        self.port = free_port()
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def wait(self):
        """Waits until the port is listened on."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.kind} ends at its start: {self.process.returncode}")
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.005)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Tapedeck(Server):
    """`tapedeck serve`, on a new journal or one that is there."""

    kind = "tapedeck"

    def __init__(self, directory, journal=None):
        super().__init__()
        self.is_own = journal is None
        self.journal = journal or tempfile.mkdtemp(prefix="journal-", dir=directory)
        self.program = os.environ["TAPEDECK"]

    def start(self):
        command = [self.program, "serve", "--journal", self.journal, "--upstream", "none"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        super().stop()
        if self.is_own:
            shutil.rmtree(self.journal, ignore_errors=True)

    @property
    def processes(self):
        return [self.process.pid]

    @property
    def health(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=30) as answer:
            return json.load(answer)


class Nchan(Server):
    """nginx with nchan: a master, which does nothing, and two workers."""

    kind = "nchan"

    def __init__(self, directory):
        super().__init__()
        self.directory = tempfile.mkdtemp(prefix="nchan-", dir=directory)
        os.chmod(self.directory, 0o755)

    def start(self):
        settings = NCHAN.read_text().replace(":6190", f":{self.port}")
        path = os.path.join(self.directory, "nginx.conf")
        with open(path, "w") as file:
            file.write(settings)
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen(
            [nginx, "-e", "stderr", "-p", self.directory, "-c", path, "-g", "daemon off;"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.wait()
        deadline = time.monotonic() + START_SECONDS_MAX
        while len(self.processes) < NCHAN_WORKERS:
            if time.monotonic() > deadline:
                raise RuntimeError("nchan has not started all of its workers")
            time.sleep(0.01)

    def stop(self):
        super().stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def processes(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path) as file:
            return [int(word) for word in file.read().split()]
