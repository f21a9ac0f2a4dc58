"""The registry heals what upstreams cut or leave out, and is a recording of its own."""

import collections
import datetime
import json
import pathlib
import sqlite3
import threading
import time

import pytest
import registry as registries
import tapedeck
from test_upstream import RUN, Upstream, upstream  # noqa: F401: the fixture is used by name

THREAD = f"{RUN}-thread"
MODES = ["wal", "delete"]
LOCKED_S = 60 if tapedeck.DEEP else 30
RATE = 200
TEMPLATE = 'message {n} says "more" than fits: ' + "ünïcödé and so on, " * 12


def whole(n):
    return TEMPLATE.replace("{n}", str(n))


@pytest.fixture(params=MODES)
def registry(request, tmp_path):
    registry = registries.Registry(tmp_path / "registry.db", request.param)
    yield registry
    registry.close()


def open_thread(upstream, registry=None, run=RUN, thread=THREAD):
    data = {"thread_id": thread, "run_id": run, "parent_agent": "Architect", "metadata": {}}
    if registry:
        registry.thread(thread, run)
    upstream.control("broadcast", event_type=tapedeck.THREAD_CREATED, data=data)


def say(upstream, message, content, thread=THREAD, **more):
    data = {"message_id": message, "thread_id": thread, "content": content[:100]} | more
    upstream.control("broadcast", event_type=tapedeck.MESSAGE, data=data)


def recorded(server, run=RUN):
    """What is recorded of a run: type and data of each event."""
    frames = tapedeck.events_of(server.read(run, envelope=1, timeout=30))
    return [(frame.event, frame.json["data"]) for frame in frames]


def contents(server, run=RUN):
    """The content of each message of a run in the end, by its id; each is said once."""
    found = {}
    for event, data in recorded(server, run):
        if event == tapedeck.MESSAGE:
            assert data["message_id"] not in found, f"{data['message_id']} twice"
            found[data["message_id"]] = data["content"]
        elif event == "journal_amend":
            own = found[data["message_id"]]
            assert len(own) == 100 and data["content"].startswith(own), data
            found[data["message_id"]] = data["content"]
    return found


def start(serve, upstream, registry, **options):
    server = serve("--upstream", upstream.url, "--registry", registry.path, **options)
    upstream.wait_for_clients()
    return server


def test_what_upstreams_cut_is_recorded_whole_and_delegations_with_their_thread(
    serve, upstream, registry
):
    """Only the content changes; every other byte is the upstream's."""
    server = start(serve, upstream, registry)
    registry.say("d", THREAD, "Find the slow table.\n" * 9, kind="delegation")
    open_thread(upstream, registry)
    for n in range(20):
        registry.say(f"m{n}", THREAD, whole(n))
        say(upstream, f"m{n}", whole(n), metadata={"n": n, "ratio": 0.50})
    with server.stream(RUN) as stream:
        stream.events(22)
    frames = tapedeck.events_of(server.read(RUN, envelope=1))
    data = [tapedeck.raw_members(frame.data)["data"] for frame in frames]
    sent = [json.dumps(each, separators=(",", ":")) for _, each in upstream.state()["sent"]]
    delegation = json.loads(data.pop(1))
    assert delegation | {"created_at": None} == {
        "run_id": RUN,
        "thread_id": THREAD,
        "message_id": "d",
        "from_agent": "Architect",
        "to_agent": "Dir-Code",
        "message_type": "delegation",
        "content": "Find the slow table.\n" * 9,
        "created_at": None,
        "metadata": {"progress": 50},
    }
    assert frames[1].json["recorded_at"] == tapedeck.timestamp(delegation["created_at"])
    cut = [json.dumps(whole(n)[:100]) for n in range(20)]
    full = [tapedeck.dump(whole(n)).decode() for n in range(20)]
    expected = [sent[0]] + [
        text.replace(f'"content":{cut[n]}', f'"content":{full[n]}')
        for n, text in enumerate(sent[1:])
    ]
    assert [each.decode() for each in data] == expected


def test_a_row_that_comes_just_after_its_broadcast_is_found(serve, upstream, registry):
    """Within 50 ms the whole is recorded at once; what comes later follows as journal_amend."""
    server = start(serve, upstream, registry)
    open_thread(upstream, registry)
    for n, delay in enumerate([0.01, 0.02, 0.4, 0.01]):
        say(upstream, f"m{n}", whole(n))
        time.sleep(delay)
        registry.say(f"m{n}", THREAD, whole(n))
        time.sleep(1.2)
    expected = {f"m{n}": whole(n) for n in range(4)}
    tapedeck.eventually(lambda: contents(server) == expected, 15, "all of it is there")
    amended = [data["message_id"] for event, data in recorded(server) if event == "journal_amend"]
    assert "m2" in amended
    assert len(amended) <= 3, "nothing was waited for"


def test_unknown_threads_are_looked_up(serve, upstream, registry):
    """A message whose thread passed long ago is found in its run, with what was missed there."""
    long_ago = "2026-01-02T03:04:05.678901+00:00"
    registry.thread(THREAD, RUN, at=long_ago, title="Long ago")
    registry.say("d", THREAD, "Do it", at=long_ago, kind="delegation")
    server = start(serve, upstream, registry)
    registry.say("m1", THREAD, whole(1))
    say(upstream, "m1", whole(1))
    tapedeck.eventually(lambda: len(recorded(server)) >= 3, 15, "the run is known")
    events = recorded(server)
    assert [event for event, _ in events[:2]] == [tapedeck.THREAD_CREATED, tapedeck.MESSAGE]
    assert events[0][1]["metadata"] == {"title": "Long ago"}
    assert contents(server) == {"m1": whole(1), "d": "Do it"}
    times = [frame.json["recorded_at"] for frame in server.read(RUN, envelope=1) if frame.is_event]
    assert times[0] == times[2] == tapedeck.timestamp(long_ago)
    assert server.get("/api/runs")["runs"][0]["title"] == "Long ago"


def test_a_locked_registry_does_not_hold_up_recording(serve, upstream, tmp_path, figure):
    """`BEGIN EXCLUSIVE` for half a minute at 200 events/s: p99 within 100 ms, then all is whole."""
    registry = registries.Registry(tmp_path / "registry.db", "delete")
    server = start(serve, upstream, registry)
    open_thread(upstream, registry)
    say(upstream, "first", "short")
    count = RATE * LOCKED_S
    with server.stream(RUN) as stream:
        stream.events(2)
        registry.lock()
        registry.say("d", THREAD, "Do it", kind="delegation")
        for n in range(count):
            registry.say(f"{RUN}-{n}", THREAD, whole(n))
        upstream.control(
            "control/load", run=RUN, first=0, count=count, rate=RATE, template=TEMPLATE
        )
        frames = stream.events(count, LOCKED_S + 30)
        registry.unlock()
    latencies = [(frame.at_ns - frame.json["emitted_ns"]) / 1e6 for frame in frames]
    p50, p99 = tapedeck.percentile(latencies, 50), tapedeck.percentile(latencies, 99)
    figure("registry_locked_p50", p50, "ms")
    figure("registry_locked_p99", p99, "ms")
    figure("registry_locked_max", max(latencies), "ms")
    assert [frame.json["message_id"] for frame in frames] == [f"{RUN}-{n}" for n in range(count)]
    assert all(len(frame.json["content"]) == 100 for frame in frames), "the lock did not hold"
    assert p99 <= 100
    unlocked = time.monotonic()
    expected = {f"{RUN}-{n}": whole(n) for n in range(count)} | {"first": "short", "d": "Do it"}
    tapedeck.eventually(lambda: len(recorded(server)) >= 2 * count + 3, 60, "all is amended")
    figure("registry_amended_after", (time.monotonic() - unlocked) * 1000, "ms")
    time.sleep(1)
    assert len(recorded(server)) == 2 * count + 3, "amended more than once"
    assert contents(server) == expected
    registry.close()


def test_what_is_cut_at_200_events_a_second_is_whole_at_once(serve, upstream, registry, figure):
    """Rows that are there when the event is broadcast cost recording next to nothing."""
    server = start(serve, upstream, registry)
    open_thread(upstream, registry)
    count = 6 * RATE
    # Rows are here long before they are told: no pass is to take them for lost.
    told_at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)
    registry.execute("BEGIN")
    for n in range(3 * count):
        registry.say(f"{RUN}-{n}", THREAD, whole(n), told_at.isoformat())
    registry.execute("COMMIT")
    with server.stream(RUN) as stream:
        stream.events(1)
        # A busy machine may hold up either side of the measurement: the best of three rounds.
        for first in range(0, 3 * count, count):
            upstream.control(
                "control/load", run=RUN, first=first, count=count, rate=RATE, template=TEMPLATE
            )
            frames = stream.events(count, count / RATE + 30)
            expected = [whole(n) for n in range(first, first + count)]
            assert [frame.json["content"] for frame in frames] == expected
            latencies = [(frame.at_ns - frame.json["emitted_ns"]) / 1e6 for frame in frames]
            p50, p99 = tapedeck.percentile(latencies, 50), tapedeck.percentile(latencies, 99)
            figure("registry_healed_p50", p50, "ms")
            figure("registry_healed_p99", p99, "ms")
            if p50 <= 10 and p99 <= 50:
                break
    assert p50 <= 10 and p99 <= 50


class Agents(threading.Thread):
    """Writes the rows of what the upstream's load says, about when it says it, and locks others
    out now and then."""

    def __init__(self, path, count, rng):
        super().__init__(daemon=True)
        self.path, self.count, self.rng, self.failure = path, count, rng, None

    def run(self):
        try:
            registry = sqlite3.connect(self.path, isolation_level=None, timeout=20)
            began = time.monotonic()
            n = 0
            while n < self.count:
                together = self.rng.choice([1, 1, 1, 5, 200])
                registry.execute("BEGIN EXCLUSIVE")
                for _ in range(min(together, self.count - n)):
                    row = (f"{RUN}-{n}", THREAD, "A", "B", "status", whole(n), registries.now())
                    registry.execute(
                        "INSERT INTO agent_conversation_messages VALUES (?,?,?,?,?,?,?,'{}')", row
                    )
                    n += 1
                time.sleep(max(0, began + n / RATE - time.monotonic()))
                registry.execute("COMMIT")
            registry.close()
        except sqlite3.Error as error:
            self.failure = error


def test_nothing_is_lost_cut_or_said_twice_through_kills_and_locks(serve, upstream, registry, rng):
    """kill -9 again and again while rows come late and the registry is locked now and then."""
    kills = 12 if tapedeck.DEEP else 4
    server = start(serve, upstream, registry)
    open_thread(upstream, registry)
    count = 3 * kills * RATE
    agents = Agents(registry.path, count, rng)
    upstream.control("control/load", run=RUN, first=0, count=count, rate=RATE, template=TEMPLATE)
    agents.start()
    for _ in range(kills):
        time.sleep(rng.uniform(1, 3))
        server.kill()
        time.sleep(rng.choice([0, 0.2, 1.5]))  # More is missed than the history holds.
        server.start()
    agents.join(60)
    assert not agents.is_alive() and agents.failure is None, agents.failure
    expected = {f"{RUN}-{n}": whole(n) for n in range(count)}
    tapedeck.eventually(lambda: contents(server) == expected, 60, "all of it, whole, and once")
    time.sleep(7)
    assert contents(server) == expected
    amended = [data["message_id"] for event, data in recorded(server) if event == "journal_amend"]
    assert len(amended) == len(set(amended))


def test_a_kill_between_a_cut_message_and_its_amendment(serve, upstream, registry):
    """After kill -9 and a start the amendment follows, once, whoever starts how often."""
    server = start(serve, upstream, registry)
    open_thread(upstream, registry)
    for n in range(30):
        say(upstream, f"m{n}", whole(n))
    tapedeck.eventually(lambda: len(recorded(server)) == 31, 15, "all is recorded, cut")
    server.kill()
    for n in range(30):
        registry.say(f"m{n}", THREAD, whole(n))
    for _ in range(2):
        server.start()
        upstream.wait_for_clients()
        expected = {f"m{n}": whole(n) for n in range(30)}
        tapedeck.eventually(lambda: contents(server) == expected, 20, "all is amended")
        server.kill()
    server.start()
    time.sleep(7)  # A pass begins 5 s after a start: it must find nothing to do.
    events = collections.Counter(event for event, _ in recorded(server))
    assert events == {tapedeck.THREAD_CREATED: 1, tapedeck.MESSAGE: 30, "journal_amend": 30}


def test_an_outage_longer_than_the_history_is_filled(serve, upstream, registry):
    """What 400 events of an outage said is fetched, what the history repeats is known."""
    server = start(serve, upstream, registry)
    registry.say("d", THREAD, "Do it", kind="delegation")
    open_thread(upstream, registry)
    for n in range(10):
        registry.say(f"m{n}", THREAD, whole(n))
        say(upstream, f"m{n}", whole(n))
    tapedeck.eventually(lambda: len(recorded(server)) == 12, 15, "the beginning is recorded")
    server.kill()
    open_thread(upstream, registry, run="second", thread="second-thread")
    for n in range(10, 410):
        registry.say(f"m{n}", THREAD, whole(n))
        say(upstream, f"m{n}", whole(n))
    ended = registries.now()
    registry.execute(
        "UPDATE agent_conversation_threads SET status = 'completed', completed_at = ? "
        "WHERE thread_id = 'second-thread'",
        ended,
    )
    server.start()
    upstream.wait_for_clients()
    expected = {f"m{n}": whole(n) for n in range(410)} | {"d": "Do it"}
    tapedeck.eventually(lambda: contents(server) == expected, 30, "the outage is filled")
    tapedeck.eventually(lambda: len(recorded(server, "second")) == 2, 15, "its runs are there")
    assert [event for event, _ in recorded(server, "second")] == [
        tapedeck.THREAD_CREATED,
        tapedeck.THREAD_CLOSED,
    ]
    # The history repeats what was fetched, in other words: it is known, also while locked.
    registry.lock()
    upstream.control("control/drop", run=RUN, numbers=[], how="socket", refusals=0)
    upstream.wait_for_clients()
    say(upstream, "last", "after all")
    tapedeck.eventually(lambda: "last" in contents(server), 15, "it goes on")
    registry.unlock()
    assert contents(server) == expected | {"last": "after all"}
    # When the link was back nobody knew yet that the registry has it all.
    told = [event for event, _ in recorded(server)]
    assert len(told) == 414 and told.count("journal_gap") == 1
    assert len(recorded(server, "second")) == 2


def test_a_registry_that_is_not_there_is_told_and_found_later(serve, upstream, tmp_path):
    """Recording goes on without it; a warning names the file; what was cut is amended later."""
    registry = registries.Registry(tmp_path / "elsewhere.db", "delete")
    path = tmp_path / "registry.db"
    server = serve("--upstream", upstream.url, "--registry", path)
    upstream.wait_for_clients()
    open_thread(upstream, registry)
    say(upstream, "m", whole(0))
    tapedeck.eventually(lambda: len(recorded(server)) == 2, 15, "it is recorded")
    tapedeck.eventually(lambda: "there is no such file" in server.told(), 15, "it is told")
    assert str(path) in server.told()
    registry.say("m", THREAD, whole(0))
    registry.close()
    pathlib.Path(registry.path).rename(path)
    tapedeck.eventually(lambda: contents(server) == {"m": whole(0)}, 45, "it is amended")
    assert server.told().count("there is no such file") == 1


# --- import -----------------------------------------------------------------------------------


def fill(registry, runs=3, messages=40):
    """Runs that took place at the same time; returns what an import makes of each."""
    began = datetime.datetime(2026, 3, 4, 5, 6, 7, 891011, datetime.UTC)
    east = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    expected = collections.defaultdict(list)

    def at(step, zone=datetime.UTC):
        return (began + datetime.timedelta(milliseconds=step)).astimezone(zone).isoformat()

    registry.execute("BEGIN")
    for r in range(runs):
        run, thread, end = f"run {r}/é", f"thread-{r}", at(10 * messages + r)
        registry.thread(thread, run, at(r), ended_at=end, status="failed" if r == 1 else "completed")
        expected[run].append((tapedeck.timestamp(at(r)), tapedeck.THREAD_CREATED, thread))
        for n in range(messages):
            moment = at(10 * n + r + 5, east if n % 2 else datetime.UTC)
            registry.say(f"m{r}-{n}", thread, whole(n), moment)
            expected[run].append((tapedeck.timestamp(moment), tapedeck.MESSAGE, whole(n)))
        expected[run].append((tapedeck.timestamp(end), tapedeck.THREAD_CLOSED, thread))
    registry.execute("COMMIT")
    return expected


def replayed(journal, run):
    lines = tapedeck.succeed("replay", run, "--speed", "max", journal=journal).splitlines()
    return [json.loads(line) for line in lines]


def expect_runs(journal, expected):
    for run, events in expected.items():
        found = [
            (line["recorded_at"], line["event"], data.get("content", data.get("thread_id")))
            for line in replayed(journal, run)
            for data in [line["data"]]
        ]
        assert found == events
        assert all(line["data"].get("run_id", run) == run for line in replayed(journal, run))


@pytest.mark.parametrize("beside", ["a running server", "no server"])
def test_a_registry_is_imported_whole_and_again_adds_nothing(serve, registry, tmp_path, beside):
    """Every run, in order, with the times of the rows; open or closed, the file is left alone."""
    expected = fill(registry)
    journal = tmp_path / "journal"
    server = serve(journal=journal) if beside == "a running server" else None
    files = {path.name for path in tmp_path.glob("registry.db*")}
    told = tapedeck.succeed("import", registry.path, journal=journal).decode()
    assert told == f"{registry.path}: 126 events imported, 0 known\n"
    again = tapedeck.succeed("import", registry.path, journal=journal).decode()
    assert again == f"{registry.path}: 0 events imported, 126 known\n"
    assert {path.name for path in tmp_path.glob("registry.db*")} == files
    if server:
        server.stop()
    expect_runs(journal, expected)
    runs = json.loads(tapedeck.succeed("runs", "--json", journal=journal))["runs"]
    assert {run["run_id"]: (run["status"], run["title"]) for run in runs} == {
        "run 0/é": ("completed", "A run"),
        "run 1/é": ("failed", "A run"),
        "run 2/é": ("completed", "A run"),
    }


def test_a_registry_is_known_by_its_first_bytes_and_read_without_files_beside(tmp_path):
    """Its name says nothing; a write-ahead log that nobody has open leaves no files."""
    registry = registries.Registry(tmp_path / "agents.ndjson")
    expected = fill(registry, runs=1)
    registry.close()
    assert [path.name for path in tmp_path.iterdir()] == ["agents.ndjson"]
    tapedeck.succeed("import", registry.path, journal=tmp_path / "journal")
    assert {path.name for path in tmp_path.iterdir()} == {"agents.ndjson", "journal"}
    expect_runs(tmp_path / "journal", expected)


def test_importing_beside_a_recording_server_adds_only_what_is_missing(serve, upstream, registry):
    """While the server records from the same agents, nothing is said twice."""
    server = start(serve, upstream, registry)
    open_thread(upstream, registry)
    told, stopping = [], threading.Event()

    def talk():
        own = sqlite3.connect(registry.path, isolation_level=None, timeout=20)
        while not stopping.wait(0.01):
            n = len(told)
            row = (f"m{n}", THREAD, "A", "B", "status", whole(n), registries.now(), "{}")
            own.execute(
                "INSERT INTO agent_conversation_messages VALUES (?,?,?,?,?,?,?,?)", row
            )
            say(upstream, f"m{n}", whole(n))
            told.append(n)
        own.close()

    registry.say("never-broadcast", THREAD, whole(-1))
    talker = threading.Thread(target=talk)
    talker.start()
    try:
        time.sleep(1)
        for _ in range(2):
            tapedeck.succeed("import", registry.path, journal=server.journal)
    finally:
        stopping.set()
        talker.join(20)
    expected = {f"m{n}": whole(n) for n in told} | {"never-broadcast": whole(-1)}
    tapedeck.eventually(lambda: contents(server) == expected, 20, "all is there")
    time.sleep(0.5)
    assert contents(server) == expected


def test_damaged_rows_are_told_and_the_rest_is_imported(tmp_path):
    """One line each, at most twenty; exit 0 as long as anything could be read."""
    loose = registries.SCHEMA.replace(" NOT NULL", "").replace(" PRIMARY KEY", "")
    registry = registries.Registry(tmp_path / "registry.db", "delete", loose)
    expected = fill(registry, runs=1)
    at = registries.now()
    registry.say(None, "thread-0", "no id", at)
    registry.say("blob", "thread-0", b"\x00\x01", at)
    registry.execute(
        "INSERT INTO agent_conversation_messages SELECT 'utf8', thread_id, from_agent, to_agent, "
        "message_type, CAST(x'ff41' AS TEXT), created_at, metadata "
        "FROM agent_conversation_messages LIMIT 1"
    )
    registry.say("time", "thread-0", "when", "yesterday")
    registry.say("x" * 2000, "thread-0", "long id", at)
    registry.say("json", "thread-0", "metadata", at, metadata="{nonsense")
    registry.thread("bad-run", "r" * 300, at)
    registry.close()
    done = tapedeck.run("import", registry.path, journal=tmp_path / "journal")
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 0, lines
    assert done.stdout.decode().endswith("42 events imported, 0 known, 7 rows skipped\n")
    assert len(lines) == 7
    start = f"tapedeck: {registry.path}: skipped: "
    assert all(line.startswith(start) for line in lines)
    reasons = sorted(line.removeprefix(start).split(": ", 1)[1] for line in lines)
    assert reasons == [
        "content is no valid text",
        "content is not a text but blob",
        "created_at is no time",
        "message_id has 2000 bytes, not 1 to 1024",
        "message_id is NULL",
        "metadata is no JSON object",
        "run_id is not 1 to 256 bytes without control characters",
    ]
    expect_runs(tmp_path / "journal", expected)


def test_many_damaged_rows_are_counted(tmp_path):
    """Twenty lines and a count; exit 2 when nothing at all made sense."""
    registry = registries.Registry(tmp_path / "registry.db", "delete")
    for n in range(50):
        registry.say(f"m{n}", "t", whole(n), "never")
    done = tapedeck.run("import", registry.path, journal=tmp_path / "journal")
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 2
    assert len(lines) == 22
    assert lines[20].endswith("skipped: 30 more rows make no sense either")
    assert lines[21] == (
        f"tapedeck: {registry.path}: no row of this registry makes sense, "
        "and nothing was imported"
    )
    registry.say("good", "t", whole(0))
    assert tapedeck.run("import", registry.path, journal=tmp_path / "journal").returncode == 0
    registry.close()


def damaged(path):
    registry = registries.Registry(path, "delete")
    fill(registry, runs=1, messages=400)
    registry.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    path.write_bytes(content)


def cut_short(path):
    registry = registries.Registry(path, "delete")
    fill(registry, runs=1, messages=400)
    registry.close()
    path.write_bytes(path.read_bytes()[: 5 * 4096])


def of_others(path):
    registries.Registry(path, "delete", "CREATE TABLE songs(title TEXT)").close()


def head_alone(path):
    path.write_bytes(b"SQLite format 3\0")


@pytest.mark.parametrize(
    "make, sentence",
    [
        (damaged, "the database is damaged (database disk image is malformed)"),
        (cut_short, "the database is damaged (database disk image is malformed)"),
        (of_others, "this database is no registry: no such table: agent_conversation_messages"),
        (head_alone, "this is no SQLite database"),
    ],
)
def test_a_database_that_cannot_be_read_exits_2_and_is_named(tmp_path, make, sentence):
    """One sentence, and nothing is imported, also of the files beside it."""
    path, good = tmp_path / "registry.db", tmp_path / "good.ndjson"
    make(path)
    good.write_bytes(b'{"event":"t","data":{"run_id":"good"}}\n')
    told = tapedeck.refuse("import", good, path, journal=tmp_path / "journal")
    assert told.startswith(f"tapedeck: {path}: {sentence}"), told
    assert not (tmp_path / "journal").exists()


def test_a_registry_that_stays_locked_exits_2(tmp_path):
    """A lock is waited for, and then named."""
    registry = registries.Registry(tmp_path / "registry.db", "delete")
    fill(registry, runs=1)
    registry.lock()
    told = tapedeck.refuse("import", registry.path, journal=tmp_path / "journal", timeout=60)
    assert "another program has the database locked" in told
    registry.unlock()
    tapedeck.succeed("import", registry.path, journal=tmp_path / "journal")
    registry.close()
