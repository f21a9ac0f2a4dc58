"""`event_service.py` on an event loop: python-socketio's `AsyncServer` on uvicorn."""

import asyncio
import json
import socket
import time

import event_service
import socketio
import uvicorn
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol


class Link:
    """A client's transport, which writes whole frames at once."""

    def __init__(self, transport):
        self.transport = transport

    def write(self, data):
        self.transport.write(data)

    def cut(self, reset):
        try:
            event_service.sever(self.transport.get_extra_info("socket"), reset)
        except OSError:
            pass  # The link broke before: its end is noticed elsewhere.


class AsgiService(event_service.Service):
    """The hooks on an event loop."""

    def __init__(self, ledger, server):
        super().__init__(ledger)
        self.server, self.tasks, self.transports = server, set(), {}

    async def emit(self, name, value, sid):
        await self.server.emit(name, value, to=sid)

    async def disconnect(self, sid):
        await self.server.disconnect(sid)
        # The handler is not always called where the client closes while `41` is sent.
        self.disconnected(sid)

    async def close(self, sid):
        transport = self.server.manager.eio_sid_from_sid(sid, "/")
        # It waits until all is sent, which may be never.
        self.spawn(self.server.eio.disconnect(transport))

    async def sleep(self, seconds):
        await asyncio.sleep(seconds)

    def spawn(self, coroutine):
        task = asyncio.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def answer(self, path, body):
        """The answer to a `POST`."""
        if path == "/broadcast":
            await self.broadcast(body["event_type"], body["data"])
            clients = len(self.links)
            return {"status": "broadcasted", "event_type": body["event_type"], "clients": clients}
        return await self.control(path.removeprefix("/control/"), body)


async def read_body(receive):
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return json.loads(b"".join(parts))


def serve(ledger, port, pings):
    server = socketio.AsyncServer(async_mode="asgi", **pings)
    service = AsgiService(ledger, server)

    @server.event
    async def connect(sid, environ, auth):
        link = Link(service.transports[tuple(environ["asgi.scope"]["client"])])
        if not await service.connected(sid, link):
            raise socketio.exceptions.ConnectionRefusedError("not now")

    @server.event
    async def disconnect(sid, reason=None):
        service.disconnected(sid)

    pre_connect, leave = server.manager.pre_connect, server.manager.disconnect

    async def watched_pre_connect(*arguments):
        since_ns = time.time_ns()
        sid = await pre_connect(*arguments)
        service.admitted(sid, since_ns)
        return sid

    async def watched_disconnect(sid, *arguments, **options):
        await leave(sid, *arguments, **options)
        service.expelled(sid)

    server.manager.pre_connect = watched_pre_connect
    server.manager.disconnect = watched_disconnect

    class Protocol(WSProtocol):
        """Remembers the transport of each client."""

        def connection_made(self, transport):
            super().connection_made(transport)
            service.transports[self.client] = transport

        def connection_lost(self, exc):
            service.transports.pop(self.client, None)
            super().connection_lost(exc)

    async def http(scope, receive, send):
        answer = json.dumps(await service.answer(scope["path"], await read_body(receive)))
        headers = [(b"content-type", b"application/json")]
        headers.append((b"content-length", str(len(answer)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer.encode()})

    listener = socket.create_server(("127.0.0.1", port))
    print("listening", listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        socketio.ASGIApp(server, other_asgi_app=http),
        ws=Protocol,
        ws_ping_interval=None,
        lifespan="off",
        log_level="error",
    )
    uvicorn.Server(config).run(sockets=[listener])
