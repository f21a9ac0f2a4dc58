"""The tests' own tools: what they must see, and what they must refuse."""

import pytest
import tapedeck

STREAM = (
    b"retry: 3000\n\n"
    b'event: connected\ndata: {"status":"ok"}\n\n'
    b"id: k7q2m9xa-3\n\n"
    b'id: k7q2m9xa-4\nevent: agent_chat_message_sent\ndata: {"a":"\xc3\xa9"}\n\n'
    b"id: k7q2m9xa-9\n\n"
    b"id: k7q2m9xa-10\nevent: agent_chat_message_sent\ndata: {"
)


@pytest.mark.parametrize("size", range(1, 40))
def test_frames_are_the_same_however_the_bytes_are_cut(size):
    """Ids of id-only frames count; a frame without its end does not, nor does its id."""
    chunked = (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (STREAM[:50], STREAM[50:]))
        + b"0\r\n\r\n"
    )
    parser, chunks, frames = tapedeck.FrameParser("held"), tapedeck.Chunks(), []
    for at in range(0, len(chunked), size):
        frames += parser.feed(chunks.feed(chunked[at : at + size]))
    assert chunks.done
    assert tapedeck.kinds(frames) == ["retry", "connected", "id", tapedeck.MESSAGE, "id"]
    assert [frame.json for frame in tapedeck.events_of(frames)] == [{"a": "é"}]
    assert frames[0].retry == 3000 and parser.last_event_id == "k7q2m9xa-9"


@pytest.mark.parametrize(
    "torn",
    [b"id: a-1\nid: a-2\n\n", b"data: {}\n\n", b"event: ping\n\n", b"ata: {}\n\n", b": comment\n\n", b"\n\n\n",
     b"event: x\ndata: {}\nretry: soon\n\n", b"event: x\ndata: {}\r\n\n", b"event: x\ndata: {\n}\n\n",
     b"event: x\ndata: \xff\n\n"],
)  # fmt: skip
def test_torn_and_foreign_frames_are_refused(torn):
    """The parser is a checker: it must be able to fail."""
    with pytest.raises((AssertionError, ValueError)):
        tapedeck.FrameParser().feed(torn)


def test_values_keep_their_bytes():
    """`raw_members` cuts values out; `bare` appends only what is absent."""
    data = b'{ "a" : 1.0e5 ,"timestamp": "x\\u00e9" , "b":{"c":[ ]} }'
    assert tapedeck.raw_members(data) == {
        "a": b"1.0e5",
        "timestamp": b'"x\\u00e9"',
        "b": b'{"c":[ ]}',
    }
    assert (
        tapedeck.bare(data, "r/1", "now") == data[:-1] + b',"run_id":"r/1","created_at":"x\\u00e9"}'
    )
    assert tapedeck.bare(b"{}", "r", "now") == b'{"run_id":"r","created_at":"now"}'
    whole = b'{"run_id":"r","created_at":1}'
    assert tapedeck.bare(whole, "other", "now") == whole


def test_percentiles_are_of_the_values():
    """p99 of a hundred is the ninety-ninth."""
    assert tapedeck.percentile(range(1, 101), 99) == 99 and tapedeck.percentile([7], 50) == 7
