"""The goals of the journal, each with the figure that it is about and what stands beside it.

`goals.py FILE [--check]` reads `FIGURE name value unit` lines, prints a table in Markdown, and with
`--check` exits 1 if a goal is missed, or was not measured. stream_goals.py has other goals.
"""

import sys

APPEND = "durable appends, saturated, 16 events a request"
RATIO = "stored/raw, tokens, {} a commit"
BESIDE_APPEND = [
    ("append_16_probe", "raw pwrite+fdatasync"),
    ("append_jetstream", "JetStream"),
    ("append_sqlite_same", "SQLite, same commits"),
    ("append_sqlite_16", "SQLite, 16 a commit"),
]
BESIDE_TOKENS = [
    ("ratio_tokens_gzip", "gzip -6, all at once"),
    ("ratio_tokens_mcap", "MCAP with LZ4"),
]
BESIDE_MESSAGES = [
    ("ratio_messages_gzip", "gzip -6, all at once"),
    ("ratio_messages_mcap", "MCAP with LZ4"),
]

# What, the figure, at least or at most, how much (a number, or a function of all figures), beside.
GOALS = [
    (APPEND, "append_16", ">=", 400_000, BESIDE_APPEND),
    (
        "its processor time",
        "append_16_cpu",
        "<=",
        2.5,
        [("append_jetstream_cpu", "JetStream, server alone"), ("append_sqlite_16_cpu", "SQLite")],
    ),
    (
        "ack at 5,000 events/s, median",
        "ack_p50",
        "<=",
        lambda figures: 2 * figures["ack_probe_sync_mean"][0] + 0.3,
        [("ack_probe_sync_mean", "raw fdatasync, mean")],
    ),
    (
        "the same, 99 of 100",
        "ack_p99",
        "<=",
        lambda figures: 2 * figures["ack_probe_sync_p99"][0],
        [("ack_probe_sync_p99", "raw fdatasync, 99 of 100")],
    ),
    (RATIO.format(1), "ratio_tokens_1", ">=", 3.0, BESIDE_TOKENS),
    (RATIO.format(4), "ratio_tokens_4", ">=", 5.5, BESIDE_TOKENS),
    (RATIO.format(16), "ratio_tokens_16", ">=", 7.0, BESIDE_TOKENS),
    ("stored/raw, messages, 1 a commit", "ratio_messages_1", ">=", 2.5, BESIDE_MESSAGES),
    (
        "seek among 10 million, warm, 99 of 100",
        "seek_warm_p99",
        "<=",
        0.5,
        [("seek_sqlite_p99", "SQLite by primary key")],
    ),
    ("the same, cold", "seek_cold_p50", "<=", 5, [("seek_cold_max", "the slowest")]),
    (
        "one run of 10,000 among 1,000 interleaved",
        "run_interleaved",
        "<=",
        60,
        [
            ("run_alone", "alone"),
            ("run_ten_at_a_time", "ten runs at a time"),
            ("run_ten_at_a_time_tenth", "the same, a tenth of the journal"),
        ],
    ),
    ("reading tokens, one core", "read_tokens", ">=", 1.0, [("read_lz4", "lz4 -d")]),
    ("reading messages, one core", "read_messages", ">=", 1.0, [("read_lz4_messages", "lz4 -d")]),
    (
        "start after a kill, tokens in the open segment",
        "start_tokens",
        "<=",
        500,
        [("start_messages", "messages in it")],
    ),
    (
        "the same without the catalog",
        "start_tokens_no_catalog",
        "<=",
        2000,
        [("start_messages_no_catalog", "messages in it")],
    ),
    (
        "memory, the journal 100 times as long",
        "memory_growth",
        "<=",
        1.1,
        [("memory_before", "before"), ("memory_after", "after")],
    ),
]


def read(path):
    figures = {}
    with open(path) as lines:
        for line in lines:
            words = line.split()
            if len(words) >= 3 and words[0] == "FIGURE":
                figures[words[1]] = (float(words[2]), words[3] if len(words) > 3 else "")
    return figures


def show(value, unit=""):
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def goal(amount, figures):
    if not callable(amount):
        return amount
    try:
        return amount(figures)
    except KeyError:
        return None


def spread(name, figures):
    if name + "_low" not in figures:
        return ""
    return f" ({show(figures[name + '_low'][0])}–{show(figures[name + '_high'][0])})"


def main(goals, path, check):
    figures = read(path)
    missed = 0
    print("| what | goal | figure | met | beside |")
    print("|---|---|---|---|---|")
    for what, name, direction, amount, beside in goals:
        wanted = goal(amount, figures)
        others = "; ".join(
            f"{label} {show(*figures[other])}" for other, label in beside if other in figures
        )
        sign = "≥" if direction == ">=" else "≤"
        if name not in figures or wanted is None:
            missed += 1
            amount = "?" if wanted is None else show(wanted)
            print(f"| {what} | {sign} {amount} | not measured | no | |")
            continue
        value, unit = figures[name]
        is_met = value >= wanted if direction == ">=" else value <= wanted
        missed += not is_met
        print(
            f"| {what} | {sign} {show(wanted, unit)} | {show(value, unit)}{spread(name, figures)} "
            f"| {'yes' if is_met else '**no**'} | {others} |"
        )
    print(f"\n{len(goals) - missed} of {len(goals)} goals met.")
    if check and missed:
        sys.exit(1)


if __name__ == "__main__":
    main(GOALS, sys.argv[1], "--check" in sys.argv[2:])
