"""Every event of a failing service is recorded once, or a `journal_gap` tells that it is missing.

The service is `event_service.py` on the real python-socketio; `ledger.py` judges.
"""

import time

import hostile_frames
import ledger
import pytest
import recorder_scene
import tapedeck

KINDS = ["flask", "asgi"]
# Whole seconds: python-engineio tells no others.
SHORT_PINGS = (1, 1)
SILENCE_S = 2


@pytest.fixture(params=KINDS)
def make_scene(request, tmp_path, serve, rng):
    """Makes the scene of a test, at each kind of service."""
    scenes = []

    def make(**options):
        scenes.append(recorder_scene.Scene(request.param, tmp_path, serve, rng, **options))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.end()


def test_drops_every_two_seconds_lose_nothing(make_scene, figure):
    """2,000 events at 200 a second, noise among them: the history heals each drop."""
    scene = make_scene()
    runs = [scene.open_run(), scene.open_run()]
    for run in runs:
        scene.load(run, rate=100, count=1000)
    dropped = 0
    deadline = time.monotonic() + 60
    next_drop = time.monotonic() + 2
    while scene.state()["loads"]:
        assert time.monotonic() < deadline, "the load does not end"
        if time.monotonic() >= next_drop:
            scene.drop(recorder_scene.HOW[dropped % len(recorder_scene.HOW)])
            dropped += 1
            next_drop += 2
        time.sleep(0.02)
    scene.quiet()
    verdict = scene.verdict()
    figure("ledger_drops", dropped, "drops")
    assert dropped >= 4
    assert verdict.lost == [] and verdict.gaps == []


def test_a_restart_of_the_service_is_told(make_scene):
    """What its lost history held is covered by a gap, and nothing else is lost."""
    scene = make_scene()
    run = scene.open_run()
    scene.load(run, rate=200)
    time.sleep(0.5)
    scene.outage()
    scene.burst(run, 20)
    scene.restart_service()
    scene.load(run, rate=200)
    scene.quiet()
    verdict = scene.verdict()
    assert len(verdict.lost) >= 20
    assert [gap.reason for gap in verdict.gaps] == ["upstream_restart"]


def test_silence_alone_tells_that_the_service_stopped(make_scene):
    """A stopped service closes nothing; when it goes on, nothing is lost."""
    scene = make_scene(pings=SHORT_PINGS)
    run = scene.open_run()
    scene.load(run, rate=100)
    time.sleep(0.5)
    scene.suspend(SILENCE_S + 0.7)
    scene.quiet()
    verdict = scene.verdict()
    assert scene.links() >= 2, "the recorder waited for a service that is dead"
    assert verdict.lost == [] and verdict.gaps == []


@pytest.mark.parametrize("filter_", ["agent_chat_*", "*"])
def test_hostile_frames_harm_nothing(make_scene, rng, filter_):
    """Rubbish of every kind among real events, also where all types are recorded."""
    scene = make_scene(arguments=("--filter", filter_))
    run = scene.open_run()
    scene.load(run, rate=100, noise_every=3)
    for name in rng.sample(hostile_frames.NAMES, len(hostile_frames.NAMES)):
        # Whoever has just left for a frame would not see the next one.
        scene.settle()
        scene.hostile(name)
    scene.quiet()
    verdict = scene.verdict(ledger.everything if filter_ == "*" else ledger.chat)
    assert verdict.lost == []
    assert [gap.reason for gap in verdict.gaps] == ["too_large"], "once, for the frame of 20 MiB"


@pytest.mark.parametrize("name", hostile_frames.ENDLESS)
@pytest.mark.parametrize("make_scene", ["asgi"], indirect=True)
def test_a_frame_without_end_does_not_swallow_the_link(make_scene, name):
    """A length that nobody sends makes the recorder leave, since nothing else ends the silence."""
    scene = make_scene()
    run = scene.open_run()
    scene.burst(run, 10)
    scene.settle()
    scene.hostile(name)
    scene.burst(run, 10)
    scene.settle()
    assert scene.verdict().lost == []


def test_a_burst_in_an_outage(make_scene):
    """90 events are healed and no gap is told; of 300 the first 200 are covered by one."""
    scene = make_scene()
    run, closed = scene.open_run(), scene.open_run()
    scene.close_run(closed)
    scene.burst(run, 120)
    for missed, gaps in ((90, 0), (300, 1), (90, 1)):
        scene.settle()
        scene.outage()
        scene.burst(run, missed)
        scene.mend()
        scene.settle()
        verdict = scene.verdict()
        assert len(verdict.lost) == 200 * gaps
        assert [gap.reason for gap in verdict.gaps] == ["upstream_outage"] * gaps


def test_a_burst_of_noise_counts_like_any_other(make_scene):
    """Whether the history overlaps is judged on all types, those that are not recorded too."""
    scene = make_scene()
    run = scene.open_run()
    scene.burst(run, 20)
    for missed, gaps in ((80, 0), (300, 1), (80, 1)):
        # Nothing but noise is in the history when the outage begins, the last time.
        scene.settle()
        scene.outage()
        scene.burst(run, missed, noise_every=1)
        scene.mend()
        scene.burst(run, 30, noise_every=1)
        scene.settle()
        verdict = scene.verdict()
        assert verdict.lost == []
        assert [gap.reason for gap in verdict.gaps] == ["upstream_outage"] * gaps


@pytest.mark.parametrize(
    ("make_scene", "refusing"), [("flask", True), ("asgi", False)], indirect=["make_scene"]
)
def test_an_event_that_overtakes_the_history_proves_nothing(make_scene, refusing):
    """It is in the history that follows, and yet nothing before it was seen: a gap is told."""
    scene = make_scene()
    run = scene.open_run()
    scene.burst(run, 120)
    scene.settle()
    scene.outage()
    scene.burst(run, 250)
    scene.overtake(run, refusing)
    scene.mend()
    scene.settle()
    verdict = scene.verdict()
    assert len(verdict.lost) == 151
    assert [gap.reason for gap in verdict.gaps] == ["upstream_outage"]


@pytest.mark.parametrize("noise_every", [0, 1], ids=["messages", "noise"])
def test_what_passes_while_the_recorder_is_killed(make_scene, noise_every):
    """Fewer than 100 events are healed after `kill -9`; more are told as our own outage."""
    scene = make_scene()
    run = scene.open_run()
    scene.burst(run, 150)
    scene.settle()
    for missed, gaps in ((80, 0), (250, 1), (60, 1)):
        scene.kill_recorder()
        scene.burst(run, missed, noise_every)
        scene.server.start()
        scene.settle()
        verdict = scene.verdict()
        assert len(verdict.lost) == (0 if noise_every else 150 * gaps)
        assert [gap.reason for gap in verdict.gaps] == ["recorder_outage"] * gaps


def test_a_kill_among_nothing_but_noise_tells_no_gap(make_scene):
    """The history after a restart of ours overlaps in events that were seen and not recorded."""
    scene = make_scene()
    run = scene.open_run()
    scene.burst(run, 20)
    scene.burst(run, 150, noise_every=1)
    # What is seen is kept within a second.
    time.sleep(2)
    scene.kill_recorder()
    scene.burst(run, 40, noise_every=1)
    scene.server.start()
    scene.settle()
    assert scene.verdict().gaps == []


def test_both_restart_at_once(make_scene):
    """Neither has a memory of the other: what was said while we were down is covered."""
    scene = make_scene()
    run = scene.open_run()
    scene.burst(run, 50)
    scene.settle()
    scene.kill_recorder()
    scene.burst(run, 30)
    scene.restart_service()
    scene.burst(run, 30)
    scene.server.start()
    scene.settle()
    verdict = scene.verdict()
    assert len(verdict.lost) == 30
    assert len(verdict.gaps) == 1


def test_an_event_that_is_too_large_is_told(make_scene):
    """Two of 20 MiB are covered, and so is what their history, too large too, cannot heal."""
    scene = make_scene()
    run = scene.open_run()
    scene.burst(run, 20)
    scene.settle()
    for _ in range(2):
        scene.say(tapedeck.MESSAGE, thread_id=f"{run}-thread", content="x" * (20 << 20))
    scene.burst(run, 20)
    scene.settle()
    assert [gap.reason for gap in scene.verdict().gaps] == ["too_large"] * 2
    scene.outage()
    scene.burst(run, 10)
    scene.mend()
    scene.settle()
    verdict = scene.verdict()
    assert len(verdict.lost) == 12
    told = len(verdict.gaps)
    scene.burst(run, 120)
    scene.settle()
    scene.drop()
    scene.settle()
    assert len(scene.verdict().gaps) == told, "the history is small again and overlaps"


def fault(scene, run, rng):
    """One thing that goes wrong."""

    def away():
        scene.outage()
        scene.burst(run, rng.randint(10, 300), noise_every=2)
        time.sleep(rng.uniform(0, 0.5))
        scene.mend()

    def killed():
        scene.kill_recorder()
        scene.burst(run, rng.randint(0, 150), noise_every=2)
        time.sleep(rng.uniform(0, 0.5))
        scene.server.start()

    def both():
        scene.kill_recorder()
        scene.restart_service(lambda: time.sleep(rng.uniform(0, 0.3)))
        scene.server.start()

    def rubbish():
        scene.hostile(rng.choice(hostile_frames.NAMES))

    def another_run():
        scene.load(scene.open_run(), rate=20, count=20)

    faults = [scene.drop, scene.restart_service, away, killed, both, rubbish, another_run]
    faults.append(lambda: scene.suspend(rng.uniform(0.1, SILENCE_S + 0.7)))
    rng.choice(faults)()


@pytest.mark.timeout(3000 if tapedeck.DEEP else 180)
def test_everything_at_random(make_scene, rng, figure):
    """All faults in any order; `--deep` goes on for half an hour with each kind of service."""
    rounds, round_s, rate = (6, 300, 30) if tapedeck.DEEP else (1, 6, 100)
    scene = make_scene(pings=SHORT_PINGS)
    run = scene.open_run()
    # A recorder that is killed before anything is durable cannot know that it was there before.
    scene.settle()
    for _ in range(rounds):
        deadline = time.monotonic() + round_s
        while time.monotonic() < deadline:
            if scene.state()["loads"] == 0:
                scene.load(run, rate)
            time.sleep(rng.uniform(0, 1.5))
            fault(scene, run, rng)
        scene.quiet()
        verdict = scene.verdict()
    figure("ledger_random_events", scene.state()["events"], "events")
    figure("ledger_random_lost_and_told", len(verdict.lost), "events")
    figure("ledger_random_gaps", len(verdict.gaps), "gaps")
