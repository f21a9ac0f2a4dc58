"""SQLite's WAL with synchronous=FULL: durable inserts, and reads by primary key.

`sqlite.py FILE DIRECTORY ROWS EVENTS_A_COMMIT`, where the last is what the journal's commits had.
"""

import itertools
import os
import random
import sqlite3
import sys
import time

import load


def connect(path):
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(
        "CREATE TABLE IF NOT EXISTS events(number INTEGER PRIMARY KEY, type TEXT, data BLOB)"
    )
    return database


def insert(database, rows):
    database.execute("BEGIN")
    database.executemany("INSERT INTO events(type, data) VALUES(?, ?)", rows)
    database.execute("COMMIT")


def remove(path):
    for end in ["", "-wal", "-shm"]:
        if os.path.exists(path + end):
            os.remove(path + end)


def append(events, path, per_commit, seconds_max):
    remove(path)
    database = connect(path)
    start = time.monotonic()
    cpu = time.process_time()
    count = 0
    for place in range(0, len(events), per_commit):
        rows = events[place : place + per_commit]
        insert(database, rows)
        count += len(rows)
        if time.monotonic() - start > seconds_max:
            break
    taken = time.monotonic() - start
    cpu = time.process_time() - cpu
    database.close()
    return count / taken, cpu / count * 1e6


def seek(events, path, rows):
    remove(path)
    database = connect(path)
    database.execute("PRAGMA synchronous=OFF")
    endless = itertools.cycle(events)
    left = rows
    while left > 0:
        insert(database, list(itertools.islice(endless, min(left, 50_000))))
        left -= 50_000
    draw = random.Random(6)
    taken = []
    for _ in range(5500):
        number = draw.randrange(rows) + 1
        start = time.monotonic()
        found = database.execute("SELECT data FROM events WHERE number = ?", [number]).fetchone()
        taken.append(time.monotonic() - start)
        assert found
    warm = sorted(taken[500:])
    load.figure("seek_sqlite_p50", warm[len(warm) // 2] * 1e3, "ms")
    load.figure("seek_sqlite_p99", warm[len(warm) * 99 // 100] * 1e3, "ms")
    database.close()
    remove(path)


def main(path, directory, rows, per_commit):
    events = list(load.events(path))
    database = os.path.join(directory, "peer.sqlite")
    for name, count in [("16", 16), ("same", max(1, round(float(per_commit))))]:
        rate, cpu = append(events, database, count, 5)
        load.figure(f"append_sqlite_{name}", rate, "events/s")
        load.figure(f"append_sqlite_{name}_cpu", cpu, "us/event")
    seek(events, database, int(float(rows)))


main(*sys.argv[1:])
