"""Calls that are interrupted, short or failing, as a kernel may let them be, cost nothing."""

import pathlib
import shutil
import subprocess

import pytest
import tapedeck

RUN = "faulty-run"


@pytest.fixture
def faults(tmp_path, monkeypatch):
    """Spoils the calls of every program started from now on; says how many it has spoiled."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler")
    library, count = tmp_path / "faults.so", tmp_path / "spoiled"
    source = pathlib.Path(__file__).with_name("faults.c")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True, timeout=60
    )
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("FAULTS", str(count))
    return lambda: int.from_bytes(count.read_bytes(), "little")


def test_interrupted_and_short_calls_are_gone_on_with(faults, serve):
    """Every event is there, once, after a kill and after a stop; `verify` finds nothing."""
    server = serve()
    ids = []
    for batch in range(60):
        ids += server.say(RUN, *range(batch * 5, batch * 5 + 5))
    for how in ("kill", "stop"):
        server.restart(how)
        frames = tapedeck.events_of(server.read(RUN))
        assert [frame.id for frame in frames] == ids
        assert [frame.json["message_id"] for frame in frames] == [f"{RUN}-{n}" for n in range(300)]
    server.stop()
    tapedeck.succeed("verify", journal=server.journal)
    assert faults() > 100, f"only {faults()} calls were spoiled"


@pytest.mark.parametrize("sync", range(12, 28, 3))
def test_a_sync_that_fails_costs_no_event(faults, monkeypatch, serve, sync):
    """Whatever is synced: a commit goes on in a new segment, and nobody is told of an error."""
    monkeypatch.setenv("FAULTY_SYNC", str(sync))
    server = serve()
    ids = [server.say(RUN, number)[0] for number in range(40)]
    assert server.get("/health")["status"] == "ok"
    monkeypatch.delenv("FAULTY_SYNC")
    server.restart("kill")
    assert [frame.id for frame in tapedeck.events_of(server.read(RUN))] == ids
