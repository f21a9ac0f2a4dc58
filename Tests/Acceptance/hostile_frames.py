"""What a broken or hostile service could put on the wire: raw WebSocket frames, by name."""

import json
import struct

TEXT, BINARY, CONTINUATION, UNKNOWN_OPCODE = 1, 2, 0, 3
LARGE_BYTES = 20 << 20


def frame(payload, opcode=TEXT, final=True):
    """A frame as servers send it: not masked."""
    head = bytes([opcode | (0x80 if final else 0)])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 1 << 16:
        return head + b"\x7e" + struct.pack("!H", len(payload)) + payload
    return head + b"\x7f" + struct.pack("!Q", len(payload)) + payload


def event(event_type, data):
    """The text of one broadcast event."""
    body = {"event_type": event_type, "data": data, "server_timestamp": "2026-11-23T14:53:47.98"}
    return b"42" + json.dumps(["event", body]).encode()


CHAT = "agent_chat_message_sent"
PLACEHOLDER = b'{"_placeholder":true,"num":0}'

FRAMES = {
    "truncated-json": [b'42["event",{"event_type":"agent_chat_message_sent","data":{"a":'],
    "no-json": [b"42", b"42[]", b"42null", b'42["event"]', b'42{"event":1}', b"42\x00\x01"],
    "unknown-packets": [b"", b"9", b"x", b"5", b"6", b"47", b'49["event",{}]', b"4", b"400"],
    "second-open": [b'0{"sid":"x","upgrades":[],"pingInterval":1,"pingTimeout":1}', b'40{"sid":1}'],
    "missing-attachments": [b'451-["event",' + PLACEHOLDER + b"]"],
    "too-many-attachments": [b'4599999999999999999999-["event",' + PLACEHOLDER + b"]"],
    "attachments-without-count": [b'45["event",{}]', b'45-["event",{}]', b'46x-["event",{}]'],
    "stray-pong": [b"3", b"3probe"],
    "huge-namespace": [b"42/" + b"n" * (1 << 20) + b',["event",{}]', b"42/" + b"n" * 70_000],
    "huge-acknowledgement": [b'42999999999999999999999["event",{}]', b"43999999999999999999999[]"],
    "data-is-no-object": [event(CHAT, value) for value in ([1, 2], "text", 7, None)],
    "event-is-no-object": [b'42["event",[1]]', b'42["event",7]', b'42["event",null]'],
    "type-is-no-text": [event(value, {}) for value in (7, None, {"a": 1}, "", "a\nb", "t" * 5000)],
    "reserved-types": [
        event(value, {"reserved": True})
        for value in ("ping", "open", "error", "connected", "stream_reset", "journal_gap")
    ],
    "history-of-rubbish": [b'42["event_history",[1,null,[],{"event_type":7}]]'],
    "history-is-no-list": [b'42["event_history",{}]', b'42["event_history"]'],
    "deep-nesting": [b'42["event",' + b"[" * 100_000 + b"]" * 100_000 + b"]"],
}

RAW = {name: b"".join(frame(text) for text in texts) for name, texts in FRAMES.items()} | {
    "stray-attachment": frame(b"\x00\xff", BINARY),
    "invalid-utf-8": frame(b'42["event",{"event_type":"agent_chat_x","data":{"c":"\xff\xfe"}}]'),
    "unknown-opcode": frame(b"?", UNKNOWN_OPCODE),
    "continuation-of-nothing": frame(b"42[]", CONTINUATION),
    "masked": b"\x81\x81\x00\x00\x00\x00" + b"3",
}

# Frames that announce more than anyone will ever send: what follows seems to belong to them.
ENDLESS = {
    "endless": b"\x81\x7f" + struct.pack("!Q", (1 << 63) - 1),
    "endless-and-invalid": b"\x81\x7f" + b"\xff" * 8,
}


def raw(name):
    """The bytes of a hostile message; `large` is made anew, since it is large."""
    if name == "large":
        return frame(event(CHAT, {"message_id": "large", "content": "x" * LARGE_BYTES}))
    return (RAW | ENDLESS)[name]


NAMES = [*RAW, "large"]
