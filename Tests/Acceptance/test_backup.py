"""`tapedeck backup` and `fork`: a copy that is a journal, and ids that never mean another event."""

import tapedeck

RUN = "run-1"


def backup(journal, target):
    return tapedeck.succeed("backup", str(target), journal=journal).decode()


def test_a_copy_made_beside_a_live_server_has_everything_and_goes_its_own_way(serve, tmp_path):
    server = serve()
    server.say(RUN, *range(40))
    seen = tapedeck.events_of(server.read(RUN))
    text = backup(server.journal, tmp_path / "copy")
    assert "40 records" in text, text
    server.say(RUN, *range(40, 60))
    later = tapedeck.events_of(server.read(RUN))[-1]
    copy = serve(journal=tmp_path / "copy")
    copied = tapedeck.events_of(copy.read(RUN))
    assert [frame.data for frame in copied] == [frame.data for frame in seen]
    # An id from before the copy is as good in it as in the original; a later one leads nowhere.
    frames = copy.read(RUN, last_event_id=seen[9].id)
    assert [frame.data for frame in tapedeck.events_of(frames)] == [
        frame.data for frame in seen[10:]
    ]
    assert "stream_reset" in [frame.event for frame in copy.read(RUN, last_event_id=later.id)]
    assert copy.get("/health")["epoch"] != server.get("/health")["epoch"]
    copy.say(RUN, 99)
    assert len(tapedeck.events_of(copy.read(RUN))) == 41
    assert len(tapedeck.events_of(server.read(RUN))) == 60


def test_a_copy_of_what_a_kill_left_is_whole(serve, tmp_path):
    server = serve()
    server.say(RUN, *range(10))
    server.kill()
    assert "10 records" in backup(server.journal, tmp_path / "copy")
    assert len(tapedeck.events_of(serve(journal=tmp_path / "copy").read(RUN))) == 10


def test_a_directory_in_use_and_a_journal_that_is_not_there_are_refused(serve, tmp_path):
    server = serve()
    server.say(RUN, 1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")
    told = tapedeck.refuse("backup", str(tmp_path / "mine"), journal=server.journal)
    assert "not empty" in told
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter"]
    told = tapedeck.refuse("backup", str(tmp_path / "new"), journal=tmp_path / "nowhere")
    assert "there is no journal here" in told
    told = tapedeck.refuse("fork", journal=tmp_path / "nowhere")
    assert "there is no journal here" in told and not (tmp_path / "nowhere").exists()


def test_a_fork_keeps_the_ids_that_were_given_out(serve):
    server = serve()
    server.say(RUN, *range(5))
    ids = [frame.id for frame in tapedeck.events_of(server.read(RUN))]
    epoch = server.get("/health")["epoch"]
    told = tapedeck.succeed("fork", journal=server.journal).decode()
    forked = server.get("/health")["epoch"]
    assert forked != epoch and forked in told, told
    server.say(RUN, 5)
    frames = tapedeck.events_of(server.read(RUN, last_event_id=ids[2]))
    assert [frame.json["message_id"] for frame in frames] == [f"{RUN}-{n}" for n in (3, 4, 5)]
    assert frames[-1].id.startswith(f"{forked}-")
    server.stop()
    tapedeck.succeed("fork", journal=server.journal)
    server.start()
    assert server.get("/health")["epoch"] not in (epoch, forked)
    assert len(tapedeck.events_of(server.read(RUN, last_event_id=ids[2]))) == 3
