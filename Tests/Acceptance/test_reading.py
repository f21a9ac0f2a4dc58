"""`tapedeck show` and `tail`: a run to read, and to follow."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import tapedeck

RUN = "run-1"
ESCAPE = re.compile(rb"\x1b\[[0-9;]*m")


def command(*arguments, journal, **options):
    words = [tapedeck.BINARY, *map(str, arguments), "--journal", str(journal)]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)


class Tail:
    """`tapedeck tail` with its lines so far."""

    def __init__(self, journal, *arguments, run=RUN):
        self.child = command("tail", run, *arguments, journal=journal, stdout=subprocess.PIPE)
        self.bytes = b""

    def numbers(self, count, timeout=20):
        """What the first so many messages say."""
        deadline = time.monotonic() + timeout
        while self.bytes.count(b"\n") < count:
            assert time.monotonic() < deadline, self.bytes
            if select.select([self.child.stdout], [], [], 0.1)[0]:
                piece = os.read(self.child.stdout.fileno(), 1 << 16)
                assert piece, (self.bytes, self.child.stderr.read())
                self.bytes += piece
        ids = [json.loads(line)["data"]["message_id"] for line in self.bytes.splitlines()]
        return [int(message_id.removeprefix(f"{RUN}-")) for message_id in ids]

    def end(self, number=signal.SIGTERM):
        self.child.send_signal(number)
        assert self.child.wait(10) == 0
        self.child.stdout.close()
        return self.child.stderr.read()


def test_a_run_is_followed_through_restarts_and_without_a_server(serve):
    server = serve()
    tail = Tail(server.journal)
    server.say(RUN, *range(10))
    server.say("another", 99)
    assert tail.numbers(10) == list(range(10))
    for round_ in range(1, 4):
        server.kill()
        server.start()
        server.say(RUN, *range(10 * round_, 10 * round_ + 10))
        assert tail.numbers(10 * round_ + 10) == list(range(10 * round_ + 10))
    server.stop()
    late = Tail(server.journal)
    assert late.numbers(40) == list(range(40))
    # What another process writes without being a server.
    event = {"event": tapedeck.MESSAGE, "data": tapedeck.message(RUN, 40)}
    path = server.journal.with_suffix(".ndjson")
    path.write_text(json.dumps(event) + "\n")
    tapedeck.succeed("import", path, journal=server.journal)
    assert late.numbers(41) == tail.numbers(41) == list(range(41))
    assert tail.end() == b"" and late.end(signal.SIGINT) == b""


def test_a_run_that_nobody_has_heard_of_is_waited_for(serve, tmp_path):
    server = serve()
    server.say("another", 1)
    tail = Tail(server.journal)
    time.sleep(0.3)
    server.say(RUN, 1)
    assert tail.numbers(1) == [1]
    tail.end()
    told = tapedeck.refuse("tail", RUN, journal=tmp_path / "nowhere")
    assert "there is no journal here" in told
    tapedeck.refuse("tail", "", journal=server.journal, codes=(64,))


def test_the_reader_of_a_pipe_may_go_away(serve):
    server = serve()
    server.say(RUN, *range(5))
    child = command("tail", RUN, journal=server.journal, stdout=subprocess.PIPE)
    child.stdout.readline()
    child.stdout.close()
    server.say(RUN, 6)
    assert child.wait(10) == 0
    assert child.stderr.read() == b""


def transcript(journal, *arguments, columns=None):
    os.environ["COLUMNS"] = str(columns or 80)
    try:
        return tapedeck.succeed("show", RUN, *arguments, journal=journal).decode()
    finally:
        del os.environ["COLUMNS"]


def message(kind, content, **fields):
    data = {"run_id": RUN, "thread_id": "t", "from_agent": "Ada", "to_agent": "Bob"}
    return data | {"message_type": kind, "content": content} | fields


def test_a_transcript_can_be_read(serve):
    server = serve()
    server.broadcast(
        {
            "run_id": RUN,
            "thread_id": "t",
            "parent_agent": "Ada",
            "child_agent": "Bob",
            "metadata": {"title": "Mend the roof"},
        },
        event=tapedeck.THREAD_CREATED,
    )
    server.broadcast(message("delegation", "It rains in.\n\n    ladder --long\n" + "word " * 30))
    server.broadcast(message("question", "Which?", metadata={"urgency": "blocking"}))
    server.broadcast(message("answer", "屋根" * 40, from_agent="Cy", thread_id="u"))
    server.broadcast({"run_id": RUN, "n": 1}, event="weather")
    text = transcript(server.journal)
    assert text.startswith("Mend the roof\nrun-1 · active · 5 events · ")
    assert re.search(r"^\d\d:\d\d:\d\d  ── thread opened: Ada → Bob$", text, re.M)
    assert re.search(r"^\d\d:\d\d:\d\d  Ada → Bob  question  blocking\n {10}Which\?$", text, re.M)
    assert "\n              ladder --long\n" in text
    assert re.search(r'weather\n {10}\{"run_id":"run-1","n":1\}', text)
    for columns in (40, 61, 200):
        text = transcript(server.journal, columns=columns)
        assert text.count("屋") == 40 and text.count("word") == 30
        for line in text.splitlines():
            assert sum(2 if "\u2e80" < c < "\ua4cf" else 1 for c in line) <= columns, line
    assert "Which?" not in transcript(server.journal, "--thread", "u")
    assert "屋" not in transcript(server.journal, "--agent", "Ada")
    assert "Which?" in transcript(server.journal, "--type", "question", "--type", "answer")
    assert "rains" not in transcript(server.journal, "--type", "question", "--type", "answer")
    assert "there is no run nope" in tapedeck.refuse("show", "nope", journal=server.journal)


def test_what_agents_say_cannot_command_a_terminal(serve):
    server = serve()
    server.broadcast(
        message("status", "a\x1b]0;owned\x07b\x1b[2Jc\r\x9bd\u202ee", from_agent="E\x1b[31m")
    )
    done = tapedeck.run("show", RUN, journal=server.journal)
    assert done.returncode == 0
    text = done.stdout.decode()
    assert not [c for c in text if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]
    assert "\u202e" not in text and "owned" in text


def in_terminal(*arguments, journal, until=b"", environment=None):
    """What a command shows on a terminal of 60 columns."""
    leader, follower = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    child = command(
        *arguments, journal=journal, stdout=follower, env=os.environ | (environment or {})
    )
    os.close(follower)
    shown, deadline = b"", time.monotonic() + 20
    while time.monotonic() < deadline:
        if select.select([leader], [], [], 0.1)[0]:
            try:
                piece = os.read(leader, 1 << 16)
            except OSError:
                break
            shown += piece
        if until and until in shown:
            break
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0
    os.close(leader)
    return shown


def test_a_terminal_shows_colours_and_its_own_width(serve):
    server = serve()
    server.broadcast(message("question", "word " * 40))
    shown = in_terminal("show", RUN, journal=server.journal)
    assert b"\x1b[33m" in shown
    lines = ESCAPE.sub(b"", shown).decode().splitlines()
    assert max(map(len, lines)) <= 60 and "Ada → Bob  question" in shown.decode()
    plain = in_terminal("show", RUN, journal=server.journal, environment={"NO_COLOR": "1"})
    assert b"\x1b" not in plain
    followed = in_terminal("tail", RUN, journal=server.journal, until=b"word")
    assert b"\x1b[33m" in followed and b'"run_id"' not in followed
    followed = in_terminal("tail", RUN, "--json", journal=server.journal, until=b"\n")
    assert b'"run_id"' in followed
