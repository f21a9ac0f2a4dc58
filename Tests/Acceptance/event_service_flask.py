"""`event_service.py` as the real service is built: Flask-SocketIO in threads."""

import logging
import threading
import time

import event_service
import flask
import flask_socketio
import werkzeug.serving


class GuardedSocket:
    """A client's socket: hostile frames go out between whole frames of the server's threads."""

    def __init__(self, plain):
        self.plain, self.lock = plain, threading.Lock()

    def __getattr__(self, name):
        return getattr(self.plain, name)

    def send(self, data):
        with self.lock:
            self.plain.sendall(data)
        return len(data)

    def write(self, data):
        try:
            self.send(data)
        except OSError:
            pass  # The link broke before: its end is noticed elsewhere.

    def cut(self, reset):
        try:
            event_service.sever(self.plain, reset)
        except OSError:
            pass  # The same.


def finish(coroutine):
    """Runs a coroutine that never waits, since all that it calls blocks."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("a coroutine of the threaded server waited")


class FlaskService(event_service.Service):
    """The hooks in threads."""

    def __init__(self, ledger, socketio):
        super().__init__(ledger)
        self.socketio = socketio

    async def emit(self, name, value, sid):
        self.socketio.emit(name, value, to=sid)

    async def disconnect(self, sid):
        self.socketio.server.disconnect(sid)

    async def close(self, sid):
        server = self.socketio.server
        transport = server.manager.eio_sid_from_sid(sid, "/")
        # It waits until all is sent, which may be never.
        threading.Thread(target=server.eio.disconnect, args=(transport,), daemon=True).start()

    async def sleep(self, seconds):
        time.sleep(seconds)

    def spawn(self, coroutine):
        threading.Thread(target=finish, args=(coroutine,), daemon=True).start()


def serve(ledger, port, pings):
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = flask.Flask(__name__)
    application.config["MAX_CONTENT_LENGTH"] = None
    socketio = flask_socketio.SocketIO(application, async_mode="threading", **pings)
    service = FlaskService(ledger, socketio)

    @application.post("/broadcast")
    def broadcast():
        body = flask.request.get_json()
        finish(service.broadcast(body["event_type"], body["data"]))
        clients = len(service.links)
        return {"status": "broadcasted", "event_type": body["event_type"], "clients": clients}

    @application.post("/control/<what>")
    def control(what):
        return finish(service.control(what, flask.request.get_json()))

    @socketio.on("connect")
    def connect(auth=None):
        link = flask.request.environ["werkzeug.socket"]
        if not finish(service.connected(flask.request.sid, link)):
            raise flask_socketio.ConnectionRefusedError("not now")

    @socketio.on("disconnect")
    def disconnect(reason=None):
        service.disconnected(flask.request.sid)

    manager = socketio.server.manager
    pre_connect, leave = manager.pre_connect, manager.disconnect

    def watched_pre_connect(*arguments):
        since_ns = time.time_ns()
        sid = pre_connect(*arguments)
        service.admitted(sid, since_ns)
        return sid

    def watched_disconnect(sid, *arguments, **options):
        leave(sid, *arguments, **options)
        service.expelled(sid)

    manager.pre_connect, manager.disconnect = watched_pre_connect, watched_disconnect

    def guard(environ, start_response):
        environ["werkzeug.socket"] = GuardedSocket(environ["werkzeug.socket"])
        return application(environ, start_response)

    server = werkzeug.serving.make_server("127.0.0.1", port, guard, threaded=True)
    print("listening", server.server_port, flush=True)
    server.serve_forever()
