"""Little space on the journal's disk is told before the disk is full, and what then is."""

import errno
import json
import pathlib
import random
import signal

import pytest
import tapedeck
from test_disk_full import small_disk  # noqa: F401
from test_ready import value

RUN = "low-run"
LOW = 1 << 20


def log(server):
    lines = pathlib.Path(server.log).read_text().splitlines()
    return [line.split(" ", 1)[1] for line in lines if "the journal's disk has" in line]


def fill(path, count):
    path.write_bytes(bytes(count))


def post(server, number):
    data = tapedeck.message(RUN, number, content=random.randbytes(10_000).hex())
    body = tapedeck.dump({"event_type": tapedeck.MESSAGE, "data": data})
    return server.request("POST", "/broadcast", body=body)


def low(server):
    return server.get("/health")["low_space"]


def test_little_space_is_told_once_and_again_when_there_is_enough(small_disk, serve):  # noqa: F811
    """In the log, on /ready, which stays 200, on /health, and as a gauge."""
    ballast = small_disk / "ballast"
    server = serve("--low-space-bytes", str(LOW), journal=small_disk / "journal")
    assert low(server) is False and server.get("/ready")["reasons"] == []
    free = value(server, "tapedeck_journal_free_bytes")
    assert LOW < free <= 3 << 20
    assert post(server, 0).status == 200

    fill(ballast, int(free) - LOW // 2)
    tapedeck.eventually(lambda: low(server), 20, "it is seen")
    assert 0 < value(server, "tapedeck_journal_free_bytes") < LOW
    answer = server.get("/ready")
    assert answer["status"] == "ready"
    (reason,) = answer["reasons"]
    assert "0 MiB left" in reason and "1 MiB" in reason and "make room" in reason
    assert post(server, 1).status == 200
    health = server.get("/health")
    assert health["status"] == "ok" and health["mode"] == "durable"

    ballast.unlink()
    tapedeck.eventually(lambda: not low(server), 20, "it is over")
    assert server.get("/ready")["reasons"] == []
    told = log(server)
    assert [line.split(" ", 1)[0] for line in told] == ["warning", "notice"], told


def test_a_server_that_starts_with_little_space_knows_at_once(small_disk, serve):  # noqa: F811
    """Before it says that it listens."""
    server = serve("--low-space-bytes", str(1 << 40), journal=small_disk / "journal")
    assert low(server) is True and len(log(server)) == 1
    server.stop()
    server = serve("--low-space-bytes", "0", journal=small_disk / "journal")
    assert low(server) is False and len(log(server)) == 1
    assert post(server, 0).status == 200


def fill_up(path):
    """Takes all the space that is left."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_full_disk_needs_no_reserve(small_disk, serve, how):  # noqa: F811
    """Full to the last byte: refused, read, ended, read by others; and then there is room."""
    journal, ballast = small_disk / "journal", small_disk / "ballast"
    server = serve("--low-space-bytes", str(LOW), journal=journal)
    acknowledged = [post(server, number).json["id"] for number in range(20)]
    fill_up(ballast)
    replies = [post(server, number) for number in range(20, 40)]
    assert {reply.status for reply in replies} <= {200, 507}
    assert [reply.status for reply in replies].count(507) > 10
    acknowledged += [reply.json["id"] for reply in replies if reply.status == 200]
    assert [frame.id for frame in tapedeck.events_of(server.read(RUN))] == acknowledged
    assert server.get("/health")["mode"] == "durable"
    ballast.unlink()
    acknowledged.append(post(server, 40).json["id"])
    fill_up(ballast)

    server.ended = True
    code = server.end({"kill": signal.SIGKILL, "stop": signal.SIGTERM}[how])
    assert code == -9 if how == "kill" else code in (0, 2), server.told()
    assert tapedeck.run("verify", journal=journal).returncode == 0
    lines = tapedeck.succeed("replay", RUN, "--speed", "max", journal=journal).splitlines()
    assert [json.loads(line)["id"] for line in lines] == acknowledged
    ballast.unlink()
    server.start()
    assert [frame.id for frame in tapedeck.events_of(server.read(RUN))] == acknowledged
    assert post(server, 41).status == 200


def test_a_start_after_a_kill_needs_room_for_a_footer_and_says_so(
    small_disk, serve  # noqa: F811
):
    """One line, exit 2, and nothing is changed; commands that read go on; with room it starts."""
    journal, ballast = small_disk / "journal", small_disk / "ballast"
    server = serve(journal=journal)
    ids = server.say(RUN, *range(4000))
    server.kill()
    fill_up(ballast)
    told = tapedeck.refuse("record", "-", journal=journal)
    assert "No space left on device" in told and str(journal) in told
    assert tapedeck.run("verify", journal=journal).returncode == 0
    lines = tapedeck.succeed("replay", RUN, "--speed", "max", journal=journal).splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids
    ballast.unlink()
    server.start()
    assert [frame.id for frame in tapedeck.events_of(server.read(RUN))] == ids
