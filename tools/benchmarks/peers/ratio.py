"""How small gzip -6 and MCAP with LZ4 make the same events: `ratio.py NAME FILE DIRECTORY`."""

import os
import subprocess
import sys

import load
from mcap.writer import CompressionType, Writer


def main(name, path, directory):
    data = [event for _, event in load.events(path)]
    raw = sum(len(event) for event in data)
    lines = os.path.join(directory, "peer.ndjson")
    with open(lines, "wb") as file:
        file.write(b"\n".join(data) + b"\n")
    packed = subprocess.run(["gzip", "-6", "-c", lines], capture_output=True, check=True).stdout
    load.figure(f"ratio_{name}_gzip", raw / len(packed), "x")
    tape = os.path.join(directory, "peer.mcap")
    with open(tape, "wb") as file:
        writer = Writer(file, compression=CompressionType.LZ4)
        writer.start()
        schema = writer.register_schema("event", "jsonschema", b"{}")
        channel = writer.register_channel("events", "json", schema)
        for number, event in enumerate(data):
            writer.add_message(channel, number, event, number, number)
        writer.finish()
    load.figure(f"ratio_{name}_mcap", raw / os.path.getsize(tape), "x")
    os.remove(lines)
    os.remove(tape)


main(*sys.argv[1:])
