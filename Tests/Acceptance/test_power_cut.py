"""Real power cuts: an ext4 that is shut down under a recorder keeps all that was acknowledged.

A file system is shut down as `xfs_io -x -c shutdown` does, by the same call: nothing that was not
written to its disk by then is ever written. The disk is a file behind a loop device, so what this
does not show is a disk that loses its own cache, or tears a sector: the simulated crashes do.

What counts is what was acknowledged before the call. The machine of a real power cut is off after
it, while here the kernel goes on, and ext4 lets a sync that is under way in that moment succeed
though its data are gone: a bare loop of pwrite and fdatasync sees that once in twenty cuts.
"""

import fcntl
import os
import shutil
import struct
import subprocess
import threading
import time

import pytest
import tapedeck

ROUNDS = tapedeck.rounds(4, 50)
RUNS = ["cut-a", "cut-b", "cut-c"]
DISK_BYTES = 256 << 20
EXT4_IOC_SHUTDOWN = 0x8004587D


def call(*words):
    """Runs a command that must succeed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{words}: exit {done.returncode}, {done.stderr.strip()!r}"


class Disk:
    """An ext4 in a file, mounted."""

    def __init__(self, image, path):
        self.image, self.path, self.mounted = image, path, False
        with open(image, "wb") as file:
            file.truncate(DISK_BYTES)
        call("mkfs.ext4", "-q", image)
        path.mkdir()

    def mount(self):
        call("mount", "-o", "loop", self.image, self.path)
        self.mounted = True

    def cut(self, flushes_log):
        """Stops the file system, and says when; its log is written first if `flushes_log`."""
        directory = os.open(self.path, os.O_RDONLY)
        try:
            at = time.monotonic()
            fcntl.ioctl(directory, EXT4_IOC_SHUTDOWN, struct.pack("I", 1 if flushes_log else 2))
            return at
        finally:
            os.close(directory)

    def unmount(self):
        if self.mounted:
            deadline = time.monotonic() + 20
            while subprocess.run(["umount", str(self.path)], capture_output=True).returncode != 0:
                assert time.monotonic() < deadline, "the disk is still in use"
                time.sleep(0.05)
            self.mounted = False

    def check(self):
        """Replays the log, and demands that nothing else is to be mended."""
        done = subprocess.run(["e2fsck", "-p", str(self.image)], capture_output=True, timeout=60)
        assert done.returncode in (0, 1), done.stdout.decode()[-500:]


@pytest.fixture
def disk(tmp_path):
    """A disk that power cuts can hit."""
    if os.geteuid() != 0:
        pytest.skip("mounting a disk needs root")
    for tool in ("mkfs.ext4", "e2fsck"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    disk = Disk(tmp_path / "disk.img", tmp_path / "disk")
    try:
        disk.mount()
    except AssertionError as failure:
        pytest.skip(f"a loop device cannot be mounted here: {failure}")
    yield disk
    disk.unmount()


class Producer(threading.Thread):
    """Posts batches until the journal refuses or is gone; remembers what was acknowledged."""

    def __init__(self, port, rng, numbers):
        super().__init__(daemon=True)
        self.port, self.rng, self.numbers = port, rng, numbers
        self.acknowledged, self.pending, self.failure = [], [], None
        self.stopping = threading.Event()

    def run(self):
        try:
            connection = tapedeck.Connection(self.port)
            while not self.stopping.is_set():
                self.pending = [
                    tapedeck.message(self.rng.choice(RUNS), next(self.numbers))
                    for _ in range(self.rng.randint(1, 12))
                ]
                if self.rng.random() < 0.05:
                    self.pending[0]["content"] = self.rng.randbytes(60_000).hex()
                events = [{"event": tapedeck.MESSAGE, "data": data} for data in self.pending]
                reply = connection.request("POST", "/api/events", body=tapedeck.dump(events))
                if reply.status != 200:
                    return
                epoch, first = reply.json["first_id"].split("-")
                at = time.monotonic()
                self.acknowledged += [
                    (f"{epoch}-{int(first) + place}", data["message_id"], at)
                    for place, data in enumerate(self.pending)
                ]
                self.pending = []
        except OSError:
            pass
        except Exception as error:  # Told by the test.
            self.failure = error


def test_what_was_acknowledged_outlives_power_cuts(disk, serve, rng, figure):
    """Through each cut: nothing acknowledged is lost, nothing comes twice, ids name what they did."""
    numbers = iter(range(10**9))
    journal = disk.path / "journal"
    known, survivors, starts = {}, 0, []
    server = serve(journal=journal)
    for cut in range(ROUNDS):
        producers = [Producer(server.port, rng, numbers) for _ in range(4)]
        for producer in producers:
            producer.start()
        time.sleep(rng.uniform(0.02, 1.6))
        cut_at = disk.cut(flushes_log=cut % 2 == 1)
        for producer in producers:
            producer.stopping.set()
            producer.join(20)
            assert not producer.is_alive() and producer.failure is None, producer.failure
        server.kill()
        disk.unmount()
        disk.check()
        disk.mount()
        server.start()
        starts.append(server.start_s * 1000)

        acknowledged = [entry for producer in producers for entry in producer.acknowledged]
        before = {event_id: name for event_id, name, at in acknowledged if at <= cut_at}
        assert before, "nothing was recorded"
        assert not before.keys() & known.keys(), f"cut {cut}: ids were given out twice"
        known |= before
        maybe = {name for _, name, at in acknowledged if at > cut_at}
        maybe |= {data["message_id"] for producer in producers for data in producer.pending}
        frames = server.read(timeout=60)
        assert not [frame.raw for frame in frames if frame.kind in ("stream_gap", "stream_reset")]
        found = {
            tapedeck.offset(frame.id): frame.json["message_id"]
            for frame in tapedeck.events_of(frames)
        }
        assert len(set(found.values())) == len(found), f"cut {cut}: an event is there twice"
        for event_id, name in known.items():
            there = found.get(tapedeck.offset(event_id))
            assert there == name, f"cut {cut}: {event_id} was {name} and is {there}"
        extra = set(found.values()) - set(known.values())
        assert extra <= maybe, f"cut {cut}: {extra - maybe} come from nowhere"
        survivors += len(extra)
        last = max(known, key=tapedeck.offset)
        epoch = server.get("/health")["epoch"]
        known |= {f"{epoch}-{place}": name for place, name in found.items() if name in extra}
        with server.stream(last_event_id=last) as stream:
            kinds = tapedeck.kinds(stream.until("stream_live"))
            assert "stream_reset" not in kinds and "stream_gap" not in kinds, kinds
    tapedeck.succeed("verify", journal=journal, timeout=120)
    figure("power_cuts", ROUNDS, "cuts")
    figure("power_cut_events_acknowledged", len(known), "events")
    figure("power_cut_unacknowledged_kept", survivors, "events")
    figure("power_cut_restart_max", max(starts), "ms")
