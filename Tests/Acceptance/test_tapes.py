"""Tapes: one run as a portable file, written by `export` and `GET /api/runs/{run_id}/tape`."""

import json
import pathlib
import subprocess
import urllib.parse

import pytest
import tapedeck

RUN = "night/build é"
GOLDEN = tapedeck.ROOT / "data" / "golden"


def export(journal, path, *arguments, run=RUN):
    tapedeck.succeed("export", run, "-o", str(path), *arguments, journal=journal)
    return path


def import_into(journal, path):
    return tapedeck.succeed("import", path, journal=journal).decode()


def lines(data):
    return [json.loads(line) for line in data.splitlines()]


def played(tape, *arguments):
    done = tapedeck.run("replay", "--tape", str(tape), "--speed", "max", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def said(events):
    """What an import keeps: everything but the numbers of this journal."""
    keys = ("run_id", "event", "recorded_at", "data")
    return [tuple(json.dumps(event[key]) for key in keys) for event in events]


def test_a_tape_says_what_the_journal_says(serve, tmp_path):
    server = serve()
    server.say("another", 0)
    for number in range(300):
        server.say(RUN if number % 3 else "another", number)
    ndjson = export(server.journal, tmp_path / "run.ndjson")
    tape = export(server.journal, tmp_path / "run.tape", "--format", "tape")
    replayed = tapedeck.succeed("replay", RUN, "--speed", "max", journal=server.journal)
    assert ndjson.read_bytes() == replayed
    assert played(tape) == ndjson.read_bytes()
    assert played(tape, RUN, "--from", "50%", "--until", "60%")
    assert "clean: 1 segments, 200 records" in tapedeck.succeed("verify", str(tape)).decode()
    # The same records over HTTP, whatever else the server does.
    target = f"/api/runs/{urllib.parse.quote(RUN, safe='')}/tape"
    answer = tapedeck.Connection(server.port).request("GET", target)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/vnd.tapedeck.tape"
    assert answer.headers["content-disposition"].endswith("night%2Fbuild%20%C3%A9.tape")
    (tmp_path / "fetched.tape").write_bytes(answer.body)
    assert played(tmp_path / "fetched.tape") == ndjson.read_bytes()
    assert tapedeck.Connection(server.port).request("GET", "/api/runs/nobody/tape").status == 404


def test_an_imported_tape_is_the_run_it_was_and_again_adds_nothing(serve, tmp_path):
    server = serve()
    server.say(RUN, *range(50))
    # Without a message_id only the origin tells that they are known.
    server.post("/broadcast", {"event_type": "note", "data": {"run_id": RUN, "n": 1}})
    server.post("/broadcast", {"event_type": "note", "data": {"run_id": RUN, "n": 1}})
    tape = export(server.journal, tmp_path / "run.tape", "--format", "tape")
    other = tmp_path / "other"
    assert "52 events imported, 0 known" in import_into(other, tape)
    assert "0 events imported, 52 known" in import_into(other, tape)
    before = lines(export(server.journal, tmp_path / "a.ndjson").read_bytes())
    after = lines(export(other, tmp_path / "b.ndjson").read_bytes())
    assert said(before) == said(after)
    # A tape of a copy names the first recording: whoever has that knows it.
    second = export(other, tmp_path / "second.tape", "--format", "tape")
    third = tmp_path / "third"
    import_into(third, tape)
    assert "0 events imported, 52 known" in import_into(third, second)
    # Through a running server, too.
    target = serve()
    assert "52 events imported" in import_into(target.journal, second)
    copied = lines(export(target.journal, tmp_path / "c.ndjson").read_bytes())
    assert said(copied) == said(before)


def test_what_is_missing_of_a_run_is_missing_on_its_tape_and_told(serve, tmp_path):
    server = serve()
    server.say(RUN, *range(20))
    server.stop()
    tapedeck.succeed("prune", "--larger-than", "1B", journal=server.journal)
    server.start()
    server.say(RUN, *range(20, 25))
    server.stop()
    arguments = (RUN, "--format", "tape", "-o", tmp_path / "t")
    done = tapedeck.run("export", *arguments, journal=server.journal)
    assert done.returncode == 0 and b"20 records are missing" in done.stderr, done.stderr
    done = tapedeck.run("replay", "--tape", str(tmp_path / "t"), "--speed", "max")
    assert [event["seq"] for event in lines(done.stdout)] == [21, 22, 23, 24, 25]
    assert b"20 records are missing" in done.stderr and b"(retention)" in done.stderr
    done = tapedeck.run("import", str(tmp_path / "t"), journal=tmp_path / "other")
    assert done.returncode == 0 and b"20 records are missing" in done.stderr


def test_a_tape_that_was_cut_or_damaged_gives_what_is_whole_and_says_so(serve, tmp_path):
    server = serve()
    server.say(RUN, *range(400))
    whole = export(server.journal, tmp_path / "run.tape", "--format", "tape").read_bytes()
    all_lines = played(tmp_path / "run.tape").splitlines()
    cut = tmp_path / "cut.tape"
    counts = set()
    for length in [*range(0, len(whole), len(whole) // 40), len(whole) - 1]:
        cut.write_bytes(whole[:length])
        checked = tapedeck.run("verify", str(cut))
        assert checked.returncode in ([2] if length < 92 else [3]), (length, checked)
        done = tapedeck.run("replay", "--tape", str(cut), "--speed", "max")
        assert len(done.stderr.splitlines()) <= 1
        got = done.stdout.splitlines()
        assert got == all_lines[: len(got)]
        assert done.returncode == (0 if got else 2), (length, done)
        counts.add(len(got))
        if got:
            done = tapedeck.run("import", str(cut), journal=tmp_path / f"j{length}")
            assert b"was cut short" in done.stderr and done.returncode == 0
    assert len(counts) > 2
    middle = len(whole) // 3
    cut.write_bytes(whole[:middle] + bytes([whole[middle] ^ 8]) + whole[middle + 1 :])
    assert tapedeck.run("verify", str(cut)).returncode == 3
    done = tapedeck.run("replay", "--tape", str(cut), "--speed", "max")
    assert b"records are missing" in done.stderr
    assert set(done.stdout.splitlines()) < set(all_lines)


SECRET = "Grüße, Frau Meyer-Söhne"


@pytest.mark.parametrize("kind", ["ndjson", "tape"])
def test_what_is_redacted_is_nowhere_in_the_file(serve, tmp_path, kind):
    server = serve()
    run = f"call with {SECRET}"
    hidden = {
        "run_id": run,
        "message_id": "m-1",
        "thread_id": f"about {SECRET}",
        "content": f"She said: {SECRET}!",
        "metadata": {"deep": [{SECRET: 1, "card": 4111222233334444, "list": [[SECRET], 12]}]},
        "api_key": {"nested": ["hunter2", 5]},
        "plain": "stays as it is \u00e9\n",
    }
    # Escapes hide nothing: this body spells every character beyond ASCII as \uXXXX.
    server.post("/broadcast", {"event_type": tapedeck.MESSAGE, "data": hidden})
    rules = ["--redact", "api_key", "--redact", "/Frau [A-Z]\\S+/", "--redact", "/4111\\d+/"]
    path = tmp_path / "out"
    done = tapedeck.run(
        "export", run, "--format", kind, "-o", str(path), *rules, journal=server.journal
    )
    assert done.returncode == 0, done.stderr
    assert b"redacted 8 values in 1 events" in done.stderr, done.stderr
    text = played(path) if kind == "tape" else path.read_bytes()
    for content in [path.read_bytes(), text, json.dumps(lines(text), ensure_ascii=False).encode()]:
        for word in ["Meyer", "Frau", "hunter2", "4111222233334444", "\\u00f6hne"]:
            assert word.encode() not in content, word
    (event,) = lines(text)
    assert event["data"]["api_key"] == "[redacted]"
    assert event["data"]["content"] == "She said: Grüße, [redacted]"
    assert event["data"]["metadata"]["deep"][0]["card"] == "[redacted]"
    assert event["data"]["metadata"]["deep"][0]["list"] == [["Grüße, [redacted]"], 12]
    assert event["data"]["plain"] == hidden["plain"]
    assert event["run_id"] == "call with Grüße, [redacted]"


@pytest.mark.parametrize("rule", ["", "/", "//", "/a", "/(/", "/[/"])
def test_a_rule_that_is_none_exports_nothing(serve, tmp_path, rule):
    server = serve()
    server.say(RUN, 1)
    told = tapedeck.refuse(
        "export", RUN, "-o", tmp_path / "x", "--redact", rule, journal=server.journal, codes=(64,)
    )
    assert "redact" in told or rule in told
    assert not (tmp_path / "x").exists()


def test_what_cannot_be_redacted_is_not_handed_on(serve, tmp_path):
    server = serve()
    path = tmp_path / "x"
    path.write_text("old")
    # What is left of the type is longer than a type may be.
    server.broadcast({"run_id": RUN, "a": "b"}, event="x" * 100)
    told = tapedeck.refuse("export", RUN, "-o", path, "--redact", "/x/", journal=server.journal)
    assert "nothing was exported" in told
    done = tapedeck.run("export", RUN, "-o", "/dev/full", journal=server.journal)
    assert done.returncode == 2 and b"writing failed" in done.stderr
    # A file that cannot be written whole leaves the old one as it was, and nothing beside it.
    assert path.read_text() == "old"
    assert not list(tmp_path.glob("x.*"))


def test_a_reader_that_goes_away_is_no_failure(serve):
    server = serve()
    server.say(RUN, *range(100))
    command = [tapedeck.BINARY, "export", RUN, "--journal", str(server.journal)]
    for _ in range(3):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(10) == 0, process.stderr.read()


def test_the_golden_tape_of_format_1_says_what_it_always_said():
    golden = GOLDEN / "format-1.tape"
    assert played(golden) == (GOLDEN / "format-1.ndjson").read_bytes()
    assert "clean: 1 segments, 76 records" in tapedeck.succeed("verify", str(golden)).decode()


def test_what_is_no_tape_is_told_in_one_sentence(tmp_path):
    for content in [b"", b"hello\n", bytes(200), b"TAPEDECK" + bytes(100)]:
        path = tmp_path / "x.tape"
        path.write_bytes(content)
        for command in [("replay", "--tape", str(path)), ("verify", str(path))]:
            done = tapedeck.run(*command)
            assert done.returncode == 2, done
            assert len(done.stderr.splitlines()) == 1 and b"x.tape" in done.stderr
    missing = tapedeck.run("verify", str(tmp_path / "none.tape"))
    assert missing.returncode == 2 and b"there is no such file" in missing.stderr
    assert not pathlib.Path("journal").exists()
