"""JetStream with `sync_interval: always`: durable publishes, as many under way as the journal had.

`jetstream.py FILE DIRECTORY UNDER_WAY`. The client is a plain socket that writes frames made before
and counts acknowledgements, so that its own share is small.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time

import load

SECONDS_MAX = 5


def server(directory):
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    program = found or shutil.which("nats-server")
    if not program:
        sys.exit("nats-server is not there")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = os.path.join(directory, "jetstream")
    settings = os.path.join(directory, "jetstream.conf")
    with open(settings, "w") as file:
        file.write(
            f'listen: "127.0.0.1:{port}"\n'
            f'jetstream {{ store_dir: "{store}", sync_interval: always }}\n'
        )
    process = subprocess.Popen(
        [program, "-c", settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 20
    while True:
        try:
            return process, socket.create_connection(("127.0.0.1", port), timeout=20)
        except OSError:
            if time.monotonic() > deadline:
                process.kill()
                raise
            time.sleep(0.05)


def request(connection, subject, body):
    connection.sendall(b"PUB %s r.0 %d\r\n%s\r\n" % (subject, len(body), body))
    answer = b""
    while not (answer.count(b"\r\n") >= 2 and b"MSG r.0" in answer):
        answer += connection.recv(65536)
    if b'"error"' in answer:
        sys.exit(f"JetStream refuses: {answer!r}")


def publish(connection, events, under_way):
    frames = [b"PUB events r.0 %d\r\n%s\r\n" % (len(data), data) for _, data in events]
    sent = acknowledged = 0
    rest = b""
    start = time.monotonic()
    while acknowledged < len(frames):
        room = under_way - (sent - acknowledged)
        if room > 0 and sent < len(frames) and time.monotonic() - start < SECONDS_MAX:
            part = frames[sent : sent + min(room, 512)]
            connection.sendall(b"".join(part))
            sent += len(part)
        elif sent == acknowledged:
            break
        if sent - acknowledged >= under_way // 2 or room <= 0 or sent == len(frames):
            data = rest + connection.recv(1 << 20)
            whole = data.rfind(b"\r\n") + 2 if b"\r\n" in data else 0
            acknowledged += data[:whole].count(b"MSG r.0")
            rest = data[whole:]
    return acknowledged, acknowledged / (time.monotonic() - start)


def processor_seconds(process):
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(path, directory, under_way):
    events = list(load.events(path))
    process, connection = server(directory)
    try:
        connection.sendall(b'CONNECT {"verbose":false,"pedantic":false}\r\nSUB r.* 1\r\n')
        stream = {"name": "EVENTS", "subjects": ["events"], "storage": "file"}
        request(connection, b"$JS.API.STREAM.CREATE.EVENTS", json.dumps(stream).encode())
        before = processor_seconds(process)
        count, rate = publish(connection, events, int(under_way))
        cpu = processor_seconds(process) - before
        load.figure("append_jetstream", rate, "events/s")
        load.figure("append_jetstream_cpu", cpu / count * 1e6, "us/event")
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(os.path.join(directory, "jetstream"), ignore_errors=True)


main(*sys.argv[1:])
