"""Whole recordings go in, and come out byte for byte, whichever way they are read."""

import collections
import json
import time

import pytest
import tapedeck

WHOWHEN = tapedeck.ROOT / "../shared/data/whowhen"
FOLDERS = {"whowhen": WHOWHEN, "data": tapedeck.ROOT / "data"}
Line = collections.namedtuple("Line", "event data recorded_at")


def read_lines(path):
    """The lines of a file by run, in order: what the contract says an import makes of them."""
    parsed = []
    for text in path.read_bytes().splitlines():
        raw = tapedeck.raw_members(text)
        whole = json.loads(text)
        parsed.append((whole, raw["data"], whole["data"]))
    threads = {
        d["thread_id"]: d["run_id"] for _, _, d in parsed if "thread_id" in d and "run_id" in d
    }
    runs = collections.defaultdict(list)
    for whole, raw_data, data in parsed:
        run = (
            whole.get("run_id")
            or data.get("run_id")
            or threads.get(data.get("thread_id"))
            or path.stem
        )
        moment = whole.get("recorded_at") or data.get("created_at") or data.get("timestamp")
        event = whole.get("event") or whole["event_type"]
        runs[run].append(Line(event, raw_data, moment and tapedeck.timestamp(moment)))
    return runs


class Corpus:
    """A folder of recordings, imported into a journal that a server serves."""

    def __init__(self, name, files, serve, directory):
        self.name, self.files, self.journal = name, files, directory / "journal"
        self.runs = {}
        for path in files:
            for run, lines in read_lines(path).items():
                self.runs.setdefault(run, []).extend(lines)
        started = time.monotonic()
        tapedeck.succeed("import", *files, journal=self.journal)
        self.import_s = time.monotonic() - started
        self.listed = self.list_runs()
        self.server = serve(journal=self.journal)

    def list_runs(self):
        return json.loads(tapedeck.succeed("runs", "--json", journal=self.journal))["runs"]


@pytest.fixture(scope="module", params=FOLDERS)
def corpus(request, serve_module, tmp_path_factory):
    folder = FOLDERS[request.param]
    if request.param == "whowhen" and not folder.is_dir():
        pytest.skip(f"{folder} is not on this machine")
    files = sorted(folder.glob("*.ndjson"))
    assert files, f"no recordings in {folder}"
    return Corpus(request.param, files, serve_module, tmp_path_factory.mktemp(request.param))


def test_every_event_is_imported_and_listed(corpus, figure):
    """`import` records each line of each file in its run."""
    expected = {run: len(lines) for run, lines in corpus.runs.items()}
    assert {run["run_id"]: run["events"] for run in corpus.listed} == expected
    figure(f"{corpus.name}_import", corpus.import_s * 1000, "ms")


@pytest.mark.parametrize("beside", ["a running server", "no server"])
def test_importing_again_adds_nothing(corpus, beside):
    """A second import finds every line known, through the server as well as without one."""
    if beside == "no server":
        corpus.server.stop()
    tapedeck.succeed("import", *corpus.files, journal=corpus.journal)
    if beside == "no server":
        corpus.server.start()
    assert corpus.list_runs() == corpus.listed


def test_streamed_with_envelope_each_data_is_the_line_s(corpus):
    """`envelope=1` carries the data byte for byte, with ids, seqs and times that add up."""
    last = {}
    for run, lines in corpus.runs.items():
        frames = tapedeck.events_of(corpus.server.read(run, envelope=1))
        assert len(frames) == len(lines), run
        for seq, (frame, line) in enumerate(zip(frames, lines, strict=True), 1):
            members, whole = tapedeck.raw_members(frame.data), frame.json
            assert members["data"] == line.data, (run, seq)
            assert frame.event == whole["event"] == line.event
            assert (whole["id"], whole["run_id"], whole["seq"]) == (frame.id, run, seq)
            assert whole["offset"] == tapedeck.offset(frame.id)
            assert line.recorded_at in (None, whole["recorded_at"])
            assert list(whole) == ["id", "offset", "seq", "run_id", "event", "recorded_at", "data"]
            last[whole["offset"]] = run
    assert sorted(last) == list(range(sum(map(len, corpus.runs.values())))), (
        "offsets are not contiguous"
    )


def test_streamed_bare_each_data_is_the_line_s(corpus):
    """Bare SSE appends nothing but a missing `run_id` and `created_at`."""
    for run, lines in corpus.runs.items():
        frames = tapedeck.events_of(corpus.server.read(run))
        whole = tapedeck.events_of(corpus.server.read(run, envelope=1))
        expected = [
            tapedeck.bare(line.data, run, frame.json["recorded_at"])
            for line, frame in zip(lines, whole, strict=True)
        ]
        assert [frame.data for frame in frames] == expected, run
        assert [frame.id for frame in frames] == [frame.id for frame in whole], run


def test_all_runs_on_one_connection_come_in_order_of_offset(corpus):
    """The stream of all runs is the whole journal, but for `unassigned`."""
    frames = tapedeck.events_of(corpus.server.read(envelope=1, timeout=60))
    offsets = [tapedeck.offset(frame.id) for frame in frames]
    named = [lines for run, lines in corpus.runs.items() if run != "unassigned"]
    assert len(frames) == sum(map(len, named))
    assert offsets == sorted(set(offsets))


def test_a_resume_at_a_random_id_gives_exactly_the_rest(corpus, rng):
    """Whatever the id, what follows it follows: by header, and in a replay."""
    for run in corpus.runs:
        frames = tapedeck.events_of(corpus.server.read(run))
        cut = rng.randrange(len(frames))
        expected = [frame.raw for frame in frames[cut + 1 :]]
        again = corpus.server.read(run, last_event_id=frames[cut].id)
        assert next(f for f in again if f.kind == "connected").json["resume"] == "exact"
        assert [frame.raw for frame in tapedeck.events_of(again)] == expected, (run, cut)
        if expected:
            replayed = corpus.server.replay(run, last_event_id=frames[cut].id)
            assert [frame.raw for frame in tapedeck.events_of(replayed)] == expected, (run, cut)


def test_replayed_over_sse_at_max_speed_each_frame_is_the_recording_s(corpus):
    """`mode=replay&speed=max` sends the same frames, ids included."""
    for run in corpus.runs:
        live = [frame.raw for frame in tapedeck.events_of(corpus.server.read(run))]
        replayed = [frame.raw for frame in tapedeck.events_of(corpus.server.replay(run))]
        assert replayed == live, run


def test_replayed_on_the_command_line_each_data_is_the_line_s(corpus):
    """`tapedeck replay RUN --speed max` prints every event of the run as an NDJSON line."""
    for run, lines in corpus.runs.items():
        printed = tapedeck.succeed("replay", run, "--speed", "max", journal=corpus.journal)
        streamed = tapedeck.events_of(corpus.server.read(run, envelope=1))
        assert printed.endswith(b"\n")
        printed = printed[:-1].split(b"\n")
        assert [tapedeck.raw_members(text)["data"] for text in printed] == [
            line.data for line in lines
        ], run
        assert [json.loads(text) for text in printed] == [frame.json for frame in streamed], run


def test_the_journal_is_smaller_than_what_it_keeps(corpus, figure):
    """After a clean stop: the size of the segment files against that of the data."""
    corpus.server.stop()
    data = sum(len(line.data) for lines in corpus.runs.values() for line in lines)
    figure(f"{corpus.name}_stored_to_raw", tapedeck.segment_bytes(corpus.journal) / data, "ratio")
    corpus.server.start()
    assert tapedeck.segment_bytes(corpus.journal) < data
