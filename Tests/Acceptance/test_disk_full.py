"""A full disk refuses what does not fit, loses nothing, serves on, and heals by itself."""

import os
import random
import subprocess

import pytest
import tapedeck

RUN = "full-run"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 3 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(path)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_refuses_serves_on_and_heals(small_disk, serve):
    """507 names the reason; what was acknowledged stays; with room the journal goes on by itself."""
    server = serve(journal=small_disk / "journal")
    acknowledged, refused = [], []
    for number in range(100):
        data = tapedeck.message(RUN, number, content=random.randbytes(30_000).hex())
        body = tapedeck.dump({"event_type": tapedeck.MESSAGE, "data": data})
        reply = server.request("POST", "/broadcast", body=body)
        if reply.status == 200:
            acknowledged.append(reply.json["id"])
        else:
            assert reply.status == 507, reply.status
            assert "disk is full" in reply.json["detail"]
            refused.append(number)
    assert acknowledged and refused, "the disk was never full"
    assert server.get("/health")["status"] == "ok"
    frames = tapedeck.events_of(server.read(RUN))
    assert [frame.id for frame in frames] == acknowledged

    grow = ["mount", "-o", "remount,size=30m", str(small_disk)]
    subprocess.run(grow, check=True)
    acknowledged += server.say(RUN, *range(100, 110))
    server.restart("kill")
    frames = tapedeck.events_of(server.read(RUN))
    assert [frame.id for frame in frames] == acknowledged
