"""The ledger's checker blames nobody who keeps all promises, and finds each planted breach."""

import dataclasses
import random

import ledger
import ledger_simulation
import ledger_values
import pytest
import tapedeck
from ledger_values import UNASSIGNED

SEEDS = range(1000 if tapedeck.DEEP else 60)
HOUR_NS = 3600 * ledger_values.SECOND_NS


def outage(missed, noise=0.0):
    """A simulation in which so many events pass while the recorder is away, of a single outage."""
    simulation = ledger_simulation.Simulation(random.Random(missed), early=0)
    simulation.open_run()
    simulation.open_run()
    simulation.talk(150)
    # Whether noise arrived just before a drop, nobody could prove.
    simulation.talk(60, noise=0)
    simulation.drop()
    simulation.talk(missed, noise)
    simulation.connect()
    simulation.talk(150)
    return simulation


def renumbered(records):
    return [
        dataclasses.replace(record, seq=number, offset=number)
        for number, record in enumerate(records, 1)
    ]


def change(simulation, run, function):
    """Has `function` change the list of a run's records, and numbers them anew."""
    function(simulation.recording[run])
    simulation.recording[run] = renumbered(simulation.recording[run])


def gap_places(records):
    return [place for place, record in enumerate(records) if record.type == ledger.GAP]


def with_data(record, **members):
    return dataclasses.replace(record, data=record.data | members)


def change_gaps(simulation, runs, **members):
    """Changes members of every gap in these runs."""
    for run in runs:
        records = simulation.recording[run]
        for place in gap_places(records):
            records[place] = with_data(records[place], **members)


# --- what is right ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_recorder_that_keeps_its_promises_is_not_blamed(seed):
    """Random outages, restarts and kills; in-flight losses; events that overtake the history."""
    simulation = ledger_simulation.Simulation(random.Random(seed)).play(100)
    assert simulation.problems() == []


@pytest.mark.parametrize(
    ("missed", "noise", "lost", "gaps"),
    [
        (90, 0, 0, 0),
        (99, 0, 0, 0),
        (100, 0, 0, 1),
        (101, 0, 1, 1),
        (300, 0, 200, 1),
        (300, 1, 0, 1),
    ],
)
def test_what_an_outage_costs(missed, noise, lost, gaps):
    """100 events lose nothing, but nobody can know that: a gap is right."""
    simulation = outage(missed, noise)
    verdict = simulation.verdict()
    assert (verdict.problems, len(verdict.lost), len(verdict.gaps)) == ([], lost, gaps)


def test_a_gap_that_is_told_while_all_is_noise_is_right():
    """Nothing that is recorded was lost, but something that the history could have held."""
    assert outage(300, noise=1.0).problems() == []


def test_events_from_before_the_first_link_are_nobodys_loss():
    """The recorder came late; what the history still holds is recorded, and no gap is told."""
    late = ["start 1 1"]
    late += [f"event {n} {n} {tapedeck.MESSAGE} run-1 1 p-{n} 0 9" for n in range(1, 301)]
    late += ["connect 301 a 301", "greet 302 a 201 300 900", "joined 303 a"]
    kept = ledger_values.parse_ledger(late)
    verdict = ledger.check(kept, {UNASSIGNED: [], "run-1": []})
    assert [event.n for event in verdict.lost] == list(range(201, 301))


# --- what is wrong ----------------------------------------------------------------------------


def lose(simulation):
    """Takes one event out of the middle of a quiet stretch."""
    change(simulation, "run-1", lambda records: records.pop(20))


def repeat(simulation):
    """Records an event again, later."""
    change(simulation, "run-1", lambda records: records.insert(40, records[20]))


def swap(simulation):
    """Swaps two events of one producer."""

    def swapped(records):
        first = records[20]
        producer = first.id.rpartition("-")[0]
        place = next(
            place
            for place in range(21, len(records))
            if records[place].id.rpartition("-")[0] == producer
        )
        records[20], records[place] = records[place], first

    change(simulation, "run-1", swapped)


def alter(simulation):
    """Changes one character of what was said."""
    records = simulation.recording["run-1"]
    records[20] = with_data(records[20], content=records[20].data["content"] + ".")


def retype(simulation):
    """Records an event under another type."""
    records = simulation.recording["run-1"]
    records[20] = dataclasses.replace(records[20], type="agent_chat_note")


def invent(simulation):
    """Records what nobody said."""
    records = simulation.recording["run-1"]
    records[20] = with_data(records[20], ledger_id="nobody-1")


def record_noise(simulation):
    """Records an event of another service."""
    kept = ledger_values.parse_ledger(simulation.lines)
    noise = next(event for event in kept.events if not event.chat)
    record = ledger_values.Record(0, 0, noise.type, noise.at_ns, {"ledger_id": noise.id})
    change(simulation, UNASSIGNED, lambda records: records.append(record))


def misplace(simulation):
    """Moves an event into another run."""
    record = simulation.recording["run-1"][20]
    lose(simulation)
    change(simulation, "run-2", lambda records: records.append(record))


def strand(simulation):
    """Leaves an event in `unassigned` though its run is known."""
    record = simulation.recording["run-1"][20]
    lose(simulation)
    change(simulation, UNASSIGNED, lambda records: records.append(record))


def skip_a_number(simulation):
    records = simulation.recording["run-1"]
    records[20:] = [dataclasses.replace(record, seq=record.seq + 1) for record in records[20:]]


def go_back_in_offsets(simulation):
    records = simulation.recording["run-1"]
    records[20] = dataclasses.replace(records[20], offset=records[19].offset)


BREACHES = {
    lose: "loss untold",
    repeat: "duplicate",
    swap: "out of order",
    alter: "altered",
    retype: "altered",
    invent: "unknown event",
    record_noise: "unknown event",
    misplace: "wrong run",
    strand: "stranded",
    skip_a_number: "numbering",
    go_back_in_offsets: "numbering",
}


@pytest.mark.parametrize("missed", [50, 300])
@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.__name__)
def test_a_breach_in_the_records_is_found(breach, missed):
    """With a gap told elsewhere and without one."""
    simulation = outage(missed, noise=0.1)
    assert simulation.problems() == []
    breach(simulation)
    assert BREACHES[breach] in simulation.kinds()


def tell_no_gap(simulation, runs):
    for run in runs:
        change(simulation, run, lambda records: records.pop(gap_places(records)[0]))


def move_gap(simulation, distance):
    """Tells the gap so many records later in its run."""

    def moved(records):
        place = gap_places(records)[0]
        records.insert(place + distance, records.pop(place))

    change(simulation, "run-1", moved)


def shift_gap(simulation):
    """Tells the gap of another hour."""
    for records in simulation.recording.values():
        for place in gap_places(records):
            moved = {
                name: ledger_simulation.timestamp(
                    ledger_values.nanoseconds(records[place].data[name]) - HOUR_NS
                )
                for name in ("from", "until")
            }
            records[place] = with_data(records[place], **moved)


def repeat_gap(simulation):
    change(simulation, "run-1", lambda records: records.append(records[gap_places(records)[0]]))


ALL = ["run-1", "run-2", UNASSIGNED]
GAP_BREACHES = {
    "told nowhere": (lambda sim: tell_no_gap(sim, ALL), "loss untold"),
    "not told in a run": (lambda sim: tell_no_gap(sim, ["run-1"]), "loss untold"),
    "not told in unassigned": (lambda sim: tell_no_gap(sim, [UNASSIGNED]), "loss untold"),
    "told in a run alone": (lambda sim: tell_no_gap(sim, [UNASSIGNED]), "gap not in unassigned"),
    "told too late": (lambda sim: move_gap(sim, 100), "loss untold"),
    "told too early": (lambda sim: move_gap(sim, -50), "loss untold"),
    "of another hour": (shift_gap, "loss untold"),
    "of a quiet hour": (shift_gap, "false gap"),
    "told twice": (repeat_gap, "gap told twice"),
    "a restart that was none": (
        lambda sim: change_gaps(sim, ALL, reason="upstream_restart"), "wrong reason"),
    "a kill that was none": (
        lambda sim: change_gaps(sim, ALL, reason="recorder_outage"), "wrong reason"),
    "a size that was none": (lambda sim: change_gaps(sim, ALL, reason="too_large"), "wrong reason"),
    "without a reason": (lambda sim: change_gaps(sim, ALL, reason=None), "malformed gap"),
    "another member": (lambda sim: change_gaps(sim, ALL, more=1), "malformed gap"),
    "local time": (lambda sim: change_gaps(sim, ALL, until="2026-11-23T14:53:47"), "malformed gap"),
    "an end before its beginning": (
        lambda sim: change_gaps(sim, ALL, until="2026-01-01T00:00:00.000000Z"), "malformed gap"),
}  # fmt: skip


@pytest.mark.parametrize("breach", GAP_BREACHES)
def test_a_breach_in_a_gap_is_found(breach):
    """Of an outage in which 200 of 300 events were lost."""
    simulation = outage(300)
    assert simulation.problems() == []
    plant, problem = GAP_BREACHES[breach]
    plant(simulation)
    assert problem in simulation.kinds()


@pytest.mark.parametrize("missed", [0, 30, 99])
@pytest.mark.parametrize("noise", [0.0, 0.1, 1.0])
def test_a_gap_where_the_history_overlapped_is_found(missed, noise):
    """Told at the reconnect, as a recorder would that judges by what it records alone."""
    simulation = outage(missed, noise)
    assert simulation.problems() == []
    told = outage(300)
    gap = told.recording[UNASSIGNED][gap_places(told.recording[UNASSIGNED])[0]]
    heard, connected = simulation.outage_ns()
    data = gap.data | {
        "from": ledger_simulation.timestamp(heard),
        "until": ledger_simulation.timestamp(connected),
    }
    gap = dataclasses.replace(gap, data=data)
    for run in ALL:
        change(simulation, run, lambda records: records.append(gap))
    assert "false gap" in simulation.kinds()


def test_a_gap_in_a_closed_run_is_found():
    """A run whose thread is closed is told of nothing."""
    simulation = outage(300)
    place = gap_places(simulation.recording["run-2"])[0]
    simulation.emit("closer", tapedeck.THREAD_CLOSED, "run-2", {"run_id": "run-2"})
    assert simulation.problems() == []
    change(simulation, "run-2", lambda records: records.append(records.pop(place)))
    assert "gap in a closed run" in simulation.kinds()


@pytest.mark.parametrize("seed", range(100 if tapedeck.DEEP else 15))
def test_a_loss_is_found_whatever_happened(seed):
    """One event less in any random recording, and the same one twice."""
    rng = random.Random(seed)
    simulation = ledger_simulation.Simulation(rng).play(60)
    kept = ledger_values.parse_ledger(simulation.lines)
    events = {event.id: event for event in kept.events}
    run = rng.choice(["run-1", "run-2"])
    records = simulation.recording[run]
    for place in rng.sample(range(len(records)), 20):
        if not surrounded(records, place, kept, events):
            continue
        taken = records.pop(place)
        simulation.recording[run] = renumbered(records)
        assert simulation.kinds() == {"loss untold"}
        simulation.recording[run] = renumbered(records[:place] + [taken, taken] + records[place:])
        assert simulation.kinds() == {"duplicate"}
        return
    pytest.fail("no event stands among others of its producer")


def surrounded(records, place, kept, events):
    """Whether the next records of its producer, before and behind, have no gap between them."""
    if records[place].type != tapedeck.MESSAGE:
        return False
    producer = events[records[place].id].producer

    def reaches(places):
        for other in places:
            if records[other].type == ledger.GAP:
                return False
            event = events[records[other].id]
            if event.producer == producer and not kept.loose(event):
                return True
        return False

    return reaches(range(place - 1, -1, -1)) and reaches(range(place + 1, len(records)))
