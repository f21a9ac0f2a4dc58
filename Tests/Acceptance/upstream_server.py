"""An Event Stream service as upstream.md describes it, on python-socketio, with a remote control.

Prints `listening PORT` when ready. `POST /broadcast` is the service's own; what is under
`/control/` makes it do what real ones do at bad moments.
"""

import argparse
import asyncio
import collections
import datetime
import time

import socketio
from aiohttp import web

sio = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
history = collections.deque(maxlen=100)
sent = []  # Every agent_chat event's type and data, in the order of emission.
clients = {}  # Those whose greeting is through.
early = []
auths = []  # What clients showed as they joined a namespace.
background = set()
refusals = 0


def remember(event_type, data):
    """What subscribers receive for a broadcast; it is in the history from now on."""
    now = datetime.datetime.now().isoformat()
    data = data | {"timestamp": data.get("timestamp", now)}
    event = {"event_type": event_type, "data": data, "server_timestamp": now}
    history.append(event)
    if event_type.startswith("agent_chat_"):
        sent.append([event_type, data])
    return event


async def broadcast(event_type, data):
    await sio.emit("event", remember(event_type, {"emitted_ns": time.time_ns()} | data))


def message(run, n, template=None):
    """A message as older producers send it: its run is known only through its thread.

    With a template its content is long, and cut to 100 characters, as those producers do.
    """
    content = f'message {n} of {run}: ünïcödé, "quotes" and\nlines'
    if template is not None:
        content = template.replace("{n}", str(n))[:100]
    return {
        "message_id": f"{run}-{n}",
        "thread_id": f"{run}-thread",
        "from_agent": "Architect",
        "to_agent": "Dir-Code",
        "message_type": "status",
        "content": content,
        "metadata": {"progress": 50, "tool_calls": []},
    }


@sio.event
async def connect(sid, environ, auth):
    global refusals
    auths.append(["/", auth])
    if refusals:
        refusals -= 1
        raise socketio.exceptions.ConnectionRefusedError("not now")
    greeting = {"status": "connected", "server_time": time.time(), "buffered_events": len(history)}
    await sio.emit("connected", greeting, to=sid)
    if history:
        await sio.emit("event_history", list(history), to=sid)
    while early:  # Before this handler returns, the client has no `40` answer.
        await broadcast(*early.pop(0))
    clients[sid] = True


@sio.on("connect", namespace="/team")
async def connect_team(sid, environ, auth):
    """Another namespace, whose only event comes with the connect."""
    auths.append(["/team", auth])
    data = {"message_id": f"team-{len(auths)}", "run_id": "team-run", "content": "hello"}
    event = {"event_type": "agent_chat_message_sent", "data": data, "server_timestamp": "12:00"}
    await sio.emit("event", event, to=sid, namespace="/team")


@sio.event
async def disconnect(sid, reason=None):
    clients.pop(sid, None)


async def post_broadcast(request):
    body = await request.json()
    await broadcast(body["event_type"], body["data"])
    return web.json_response(
        {"status": "broadcasted", "event_type": body["event_type"], "clients": len(clients)}
    )


async def load(run, first, count, rate, template):
    """Emits messages on an absolute schedule, with another service's heartbeats in between."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    for i in range(count):
        await asyncio.sleep(max(0, started + i / rate - loop.time()))
        await broadcast("agent_chat_message_sent", message(run, first + i, template))
        if i % 10 == 0:
            await broadcast("heartbeat", {"service": "other", "run_id": run, "n": i})


async def post_load(request):
    body = await request.json()
    task = asyncio.create_task(
        load(body["run"], body["first"], body["count"], body["rate"], body.get("template"))
    )
    background.add(task)
    task.add_done_callback(background.discard)
    return web.json_response({})


async def post_early(request):
    """Queues events to be broadcast while the next client is connecting."""
    body = await request.json()
    early.extend(("agent_chat_message_sent", message(body["run"], n)) for n in body["numbers"])
    return web.json_response({})


async def post_drop(request):
    """Broadcasts events that no client hears, then drops every client, and refuses the next."""
    global refusals
    body = await request.json()
    refusals = body["refusals"]
    for n in body["numbers"]:
        remember("agent_chat_message_sent", message(body["run"], n))
    dropped = list(clients)
    clients.clear()
    for sid in dropped:
        if body["how"] == "packet":  # `41`; the socket stays open.
            await sio.disconnect(sid)
        else:
            await sio.eio.disconnect(sio.manager.eio_sid_from_sid(sid, "/"))
    return web.json_response({})


async def get_state(request):
    return web.json_response(
        {"sent": sent, "clients": len(clients), "refusals": refusals, "auths": auths}
    )


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    application = web.Application(client_max_size=2**24)
    sio.attach(application)
    application.add_routes(
        [
            web.post("/broadcast", post_broadcast),
            web.post("/control/load", post_load),
            web.post("/control/early", post_early),
            web.post("/control/drop", post_drop),
            web.get("/control/state", get_state),
        ]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", parser.parse_args().port, reuse_address=True)
    await site.start()
    print("listening", site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
