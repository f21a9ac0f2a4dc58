"""Tokens for tests: made by `tapedeck token`, known to a server by a file of settings."""

import dataclasses
import hashlib
import json
import re

import tapedeck

READER = ("read:open*",)


@dataclasses.dataclass(frozen=True)
class Token:
    """A token, and the entry by which a server knows it."""

    text: str
    entry: str

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.text}"}

    @property
    def digest(self):
        return hashlib.sha256(self.text.encode()).hexdigest()


def make(name, *scopes, **options):
    """A new token with these scopes; `expires="90d"` has it end."""
    words = [word for key, value in options.items() for word in (f"--{key}", value)]
    lines = tapedeck.succeed("token", "--name", name, *words, *scopes).decode().splitlines()
    assert len(lines) == 2, lines
    assert re.fullmatch(r"tapedeck_[A-Za-z0-9_-]{43}", lines[0])
    return Token(lines[0], lines[1].rstrip(","))


class Guarded:
    """A server that asks for tokens: an admin's, a publisher's, and a reader's of `open…` runs."""

    def __init__(self, serve, folder, *arguments, settings=""):
        self.admin = make("admin", "admin")
        self.publisher = make("publisher", "publish")
        self.reader = make("reader", *READER)
        self.other = make("other", *READER)
        self.tokens = [self.admin, self.publisher, self.reader, self.other]
        self.config = folder / "guarded.json5"
        entries = ",".join(token.entry for token in self.tokens)
        self.config.write_text(f"{{ tokens: [{entries}], {settings} }}")
        self.server = serve("--config", self.config, *arguments)
        self.port = self.server.port

    def request(self, method, target, token=None, headers=None, **options):
        shown = token.headers if token else {}
        return self.server.request(method, target, shown | (headers or {}), **options)

    def say(self, run, *numbers, **more):
        """Posts these messages of a run."""
        events = [
            {"event": tapedeck.MESSAGE, "data": tapedeck.message(run, n, **more)} for n in numbers
        ]
        reply = self.request("POST", "/api/events", self.publisher, body=tapedeck.dump(events))
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json

    def stream(self, run=None, token=None, last_event_id="", headers=None, **query):
        shown = token.headers if token else {}
        return self.server.stream(run, last_event_id, shown | (headers or {}), **query)

    def ticket(self, token, **wanted):
        """A ticket for a stream: `run_id=…`, `run_ids=[…]`, or neither for all."""
        reply = self.request("POST", "/api/tickets", token, body=tapedeck.dump(wanted))
        assert reply.status == 200, (reply.status, reply.body)
        assert reply.json["expires_in"] <= 60
        return reply.json["ticket"]

    def login(self, token, headers=None):
        """The cookie that the page gets, with all its attributes."""
        body = json.dumps({"token": token}).encode()
        return self.request("POST", "/login", body=body, headers=headers)

    def shown(self):
        """All that the server tells those who run it: its log, and the metrics."""
        metrics = self.request("GET", "/metrics", self.admin)
        assert metrics.status == 200
        return open(self.server.log, "rb").read() + metrics.body
