"""The goals of the stream server, each with its figure and nchan's: see goals.py."""

import sys

import goals


def nchan(name, factor):
    """So many times what nchan's figure is."""
    return lambda figures: factor * figures[f"{name}_nchan"][0]


def plus_commit(figures, milliseconds):
    return milliseconds + figures["commit_probe"][0]


def beside(name, *others):
    return [(f"{name}_nchan", "nchan"), *others]


def saturated(clients, factor):
    name = f"saturated_{clients}"
    return [
        (
            f"delivered, saturated, {clients:,} clients, posts of 64 events",
            name,
            ">=",
            nchan(name, factor),
            beside(name, (f"{name}_client", "processors that the client had")),
        ),
        ("the same, posts of 8", f"{name}_by_8", ">=", nchan(name, factor), beside(name)),
        (
            "its processor time, a million delivered",
            f"{name}_cpu",
            "<=",
            nchan(f"{name}_cpu", 0.1),
            beside(f"{name}_cpu", (f"{name}_by_8_cpu", "posts of 8")),
        ),
    ]


def in_flight(clients):
    name = f"in_flight_{clients}"
    return (
        f"delivered, one event in flight, {clients:,} clients",
        name,
        ">=",
        nchan(name, 1),
        beside(name, (f"{name}_cpu", "CPU a million"), (f"{name}_cpu_nchan", "nchan's")),
    )


def like_nchan(what, name):
    return (
        what,
        name,
        "<=",
        lambda figures: plus_commit(figures, figures[f"{name}_nchan"][0]),
        beside(name, ("commit_probe", "one commit, raw")),
    )


GOALS = [
    *saturated(1000, 6),
    *saturated(5000, 10),
    in_flight(1000),
    in_flight(5000),
    (
        "200 events/s to 1,000 clients: arrived within 1 s of the end",
        "rate_200_1000_sustained",
        ">=",
        100,
        beside("rate_200_1000_sustained"),
    ),
    ("the same, median", "rate_200_1000_p50", "<=", 35, beside("rate_200_1000_p50")),
    ("the same, 99 of 100", "rate_200_1000_p99", "<=", 75, beside("rate_200_1000_p99")),
    like_nchan("200 events/s to 100 clients, median", "rate_200_100_p50"),
    like_nchan("the same, 99 of 100", "rate_200_100_p99"),
    (
        "6,000 events/s to 100 clients, median",
        "rate_6000_100_p50",
        "<=",
        lambda figures: plus_commit(figures, 2),
        beside("rate_6000_100_p50", ("commit_probe", "one commit, raw")),
    ),
    ("the same, 99 of 100", "rate_6000_100_p99", "<=", 15, beside("rate_6000_100_p99")),
    (
        "memory of an idle client among 10,000",
        "idle_memory",
        "<=",
        lambda figures: min(5, figures["idle_memory_nchan"][0] / 2),
        beside("idle_memory", ("idle_cpu", "a processor's time for all of them")),
    ),
    (
        "catch-up of 100,000 events by one client",
        "catch_up",
        ">=",
        lambda figures: max(800, 100 * figures["catch_up_nchan"][0]),
        beside("catch_up", ("catch_up_best", "the best of a round"), ("catch_up_cpu", "CPU")),
    ),
    (
        "first byte of a resume at event 10 million (1 million with --quick), median",
        "resume",
        "<=",
        5,
        [
            ("resume_p99", "99 of 100"),
            ("resume_first", "the first after a start"),
            ("resume_event", "first event, median"),
            ("resume_all", "stream of all runs"),
        ],
    ),
    (
        "1 of 100 clients stalled: what the others get",
        "stall_others",
        ">=",
        95,
        beside("stall_others"),
    ),
    (
        "memory of a stalled client, the kernel's included",
        "stall_memory",
        "<=",
        512,
        beside("stall_memory", ("stall_memory_kernel", "the kernel's")),
    ),
    (
        "durable POST /broadcast, 50 writers",
        "broadcast",
        ">=",
        20_000,
        [("broadcast_cpu", "CPU"), ("broadcast_nchan", "nchan, in memory")],
    ),
    (
        "durable POST /api/events by 100s, 50 writers",
        "events_100",
        ">=",
        150_000,
        [("events_100_cpu", "CPU"), ("events_100_nchan", "nchan, in memory, pipelined")],
    ),
    (
        "5,000 clients live again after kill -9 and a start",
        "reconnect",
        "<=",
        5,
        [("reconnect_start", "of it the start")],
    ),
    ("gaps and resets that they were told", "reconnect_told", "<=", 0, []),
    ("events lost or repeated, in any of the above", "lost", "<=", 0, beside("lost")),
]

if __name__ == "__main__":
    goals.main(GOALS, sys.argv[1], "--check" in sys.argv[2:])
