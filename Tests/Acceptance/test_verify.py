"""`tapedeck verify`: every byte is checked, nothing is repaired, and the exit status tells."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
import tapedeck

RUN = "run-1"


@pytest.fixture
def stopped(serve):
    """The directory of a journal with one run, whose server was stopped in order."""
    server = serve()
    server.say(RUN, *range(50))
    server.stop()
    return pathlib.Path(server.journal)


def verify(journal, *more):
    """The exit status, and what was printed."""
    done = tapedeck.run("verify", *more, journal=journal)
    assert done.stderr == b"", done
    return done.returncode, done.stdout.decode()


def segment(journal):
    (path,) = (journal / "segments").glob("*.tape")
    return path


def snapshot(journal):
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(journal.rglob("*"))
        if path.is_file()
    }


def test_a_journal_that_was_stopped_is_clean(stopped):
    status, text = verify(stopped)
    assert status == 0 and text.startswith("clean: 1 segments, 50 records, "), text
    report = json.loads(verify(stopped, "--json")[1])
    assert report["status"] == "clean" and report["records"] == 50 and report["findings"] == []


def test_any_flipped_byte_of_a_segment_is_damage_with_file_position_offsets_and_run(stopped, rng):
    path = segment(stopped)
    whole = path.read_bytes()
    for at in [16, len(whole) // 3, len(whole) - 1, *rng.sample(range(16, len(whole)), 20)]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        status, text = verify(stopped, "--json")
        assert status == 3, (at, text)
        findings = json.loads(text)["findings"]
        assert {finding["path"] for finding in findings} == {str(path)}, (at, findings)
        for finding in findings:
            if finding["first_offset"] is not None:
                assert finding["runs"] == [RUN] and finding["position"] is not None
                assert 0 <= finding["first_offset"] <= finding["last_offset"] == 49
    path.write_bytes(whole)
    assert verify(stopped)[0] == 0


def test_it_changes_nothing_and_works_without_the_right_to_write(stopped):
    path = segment(stopped)
    path.write_bytes(path.read_bytes()[:-7])
    before = snapshot(stopped)
    status, text = verify(stopped)
    assert status == 3 and str(path) in text and "damaged: " in text, text
    assert snapshot(stopped) == before


@pytest.fixture
def read_only(stopped):
    """The same journal on a file system that takes no writes."""
    if os.geteuid() != 0:
        pytest.skip("a read-only mount needs root")
    where = stopped.parent / "read-only"
    where.mkdir()
    for words in (["--bind", str(stopped), str(where)], ["-o", "remount,ro,bind", str(where)]):
        mounted = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            subprocess.run(["umount", "-l", str(where)], check=False, capture_output=True)
            pytest.skip(f"no read-only mount here: {mounted.stderr.strip()}")
    yield where
    subprocess.run(["umount", "-l", str(where)], check=True)


def test_on_a_read_only_mount(stopped, read_only):
    """Clean is 0, damage is 3, and what is no journal is 2, as elsewhere."""
    with pytest.raises(OSError):
        (read_only / "new").write_text("")
    assert verify(read_only)[0] == 0
    flip_middle(segment(stopped))
    status, text = verify(read_only, "--json")
    assert status == 3
    (finding,) = json.loads(text)["findings"]
    assert finding["path"] == str(segment(read_only)) and finding["runs"] == [RUN]
    (stopped / "MANIFEST").unlink()
    assert "there is no journal here" in tapedeck.refuse("verify", journal=read_only)


def test_as_a_user_who_may_not_write(stopped):
    """Directories and files that are somebody else's; the lock too."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "journal"
        shutil.copytree(stopped, copy, ignore=shutil.ignore_patterns("*.sock"))
        os.chmod(folder, 0o755)
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        prefix = ()
        if os.geteuid() == 0:
            prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
            probe = subprocess.run(
                [*prefix, tapedeck.BINARY, "--version"], capture_output=True, check=False
            )
            if probe.returncode != 0:
                pytest.skip(f"nobody cannot run the program here: {probe.stderr!r}")
        before = snapshot(copy)
        done = tapedeck.run("verify", journal=copy, prefix=prefix)
        assert (done.returncode, done.stderr) == (0, b""), done
        assert snapshot(copy) == before
        segment(copy).chmod(0o000)
        told = tapedeck.refuse("verify", journal=copy, prefix=prefix)
        assert "Permission denied" in told and segment(copy).name in told
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o755)


def flip_middle(path):
    whole = path.read_bytes()
    at = len(whole) // 2
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])


def test_progress_is_shown_on_a_terminal_and_nowhere_else(stopped):
    """On stderr, and taken away at the end; the report on stdout is as ever."""
    ours, theirs = os.openpty()
    words = [tapedeck.BINARY, "verify", "--journal", str(stopped)]
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, timeout=60,
        check=True,
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert re.search(r"\d+ of \d+ MiB checked, 100 %, \d+ MiB/s", shown), shown
    assert shown.endswith("\r\x1b[K")
    assert done.stdout.startswith(b"clean: 1 segments, 50 records, ")


def test_beside_a_live_server_and_after_its_kill_it_is_clean(serve):
    server = serve()
    for n in range(30):
        server.say(RUN, n)
        if n % 10 == 0:
            assert verify(server.journal)[0] == 0
    server.kill()
    status, text = verify(server.journal, "--json")
    assert status == 0 and json.loads(text)["records"] == 30, text
    with segment(pathlib.Path(server.journal)).open("ab") as file:
        file.write(b"torn")
    status, text = verify(server.journal)
    assert status == 0 and "4 bytes" in text, text


def test_what_cannot_be_read_is_one_sentence_and_status_2(stopped, tmp_path):
    told = tapedeck.refuse("verify", journal=tmp_path / "nowhere")
    assert "there is no journal here" in told
    manifest = stopped / "MANIFEST"
    newer = bytearray(manifest.read_bytes())
    newer[8] = 9
    manifest.write_bytes(newer)
    assert "newer tapedeck" in tapedeck.refuse("verify", journal=stopped)


def test_the_catalog_costs_nothing(stopped):
    catalog = stopped / "catalog.sqlite"
    os.truncate(catalog, 100)
    status, text = verify(stopped)
    assert status == 0 and "note: " in text, text
    catalog.unlink()
    assert verify(stopped)[0] == 0
    shutil.rmtree(stopped / "segments")
    assert verify(stopped)[0] == 3
