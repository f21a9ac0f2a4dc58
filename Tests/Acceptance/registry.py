"""A registry database as agents write it, and the rows that damage makes of it."""

import datetime
import sqlite3

SCHEMA = """
CREATE TABLE agent_conversation_threads(thread_id TEXT PRIMARY KEY, run_id TEXT NOT NULL,
    parent_agent_id TEXT NOT NULL, child_agent_id TEXT NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, completed_at TEXT, status TEXT NOT NULL DEFAULT 'active',
    result TEXT, error TEXT, metadata TEXT DEFAULT '{}');
CREATE TABLE agent_conversation_messages(message_id TEXT PRIMARY KEY, thread_id TEXT NOT NULL,
    from_agent TEXT NOT NULL, to_agent TEXT NOT NULL, message_type TEXT NOT NULL,
    content TEXT NOT NULL, created_at TEXT NOT NULL, metadata TEXT DEFAULT '{}');
"""


def now():
    """This moment as agents write it."""
    return datetime.datetime.now(datetime.UTC).isoformat()


class Registry:
    """A SQLite file that is written to in `mode`: wal or delete."""

    def __init__(self, path, mode="wal", schema=SCHEMA):
        self.path = path
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=20)
        self.execute(f"PRAGMA journal_mode = {mode}")
        # What is lost in a power cut is not what these tests are about.
        self.execute("PRAGMA synchronous = OFF")
        self.connection.executescript(schema)

    def execute(self, sql, *values):
        return self.connection.execute(sql, values)

    def thread(self, thread, run, at=None, title="A run", status="active", ended_at=None):
        at = at or now()
        self.execute(
            "INSERT INTO agent_conversation_threads VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            *(thread, run, "Architect", "Dir-Code", at, ended_at or at, ended_at, status),
            *("done" if ended_at else None, None, f'{{"title": "{title}"}}'),
        )

    def say(self, message, thread, content, at=None, kind="status", metadata='{"progress": 50}'):
        self.execute(
            "INSERT INTO agent_conversation_messages VALUES (?,?,?,?,?,?,?,?)",
            *(message, thread, "Architect", "Dir-Code", kind, content, at or now(), metadata),
        )

    def lock(self):
        """Keeps everybody else out until `unlock`."""
        self.execute("BEGIN EXCLUSIVE")

    def unlock(self):
        self.execute("COMMIT")

    def close(self):
        self.connection.close()
