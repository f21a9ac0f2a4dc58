"""nginx and Caddy in front of a server, as children, with the files of `docs/proxies`."""

import os
import signal
import socket
import ssl
import subprocess

import browsers
import sse_clients
import tapedeck

NAME = "tapedeck.example"
FILES = {
    "nginx": tapedeck.ROOT / "docs/proxies/nginx.conf",
    "caddy": tapedeck.ROOT / "docs/proxies/Caddyfile",
}
# What stands around our file where it is used: places in a folder of ours, and no other ports.
NGINX = """\
daemon off;
pid {place}/nginx.pid;
error_log stderr;
{user}
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    {file}
}}
"""
CADDY = """\
{{
	admin off
	auto_https disable_redirects
	skip_install_trust
	servers {{
		protocols h1 h2
	}}
}}
{file}
"""


def certificate(directory):
    """Makes a key and a certificate for our name, signed by itself; returns the certificate."""
    made = directory / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    words += ["-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    words += ["-addext", f"subjectAltName=DNS:{NAME}"]
    words += ["-keyout", str(directory / "key.pem"), "-out", str(made)]
    subprocess.run(words, check=True, capture_output=True, timeout=20)
    return made


class Secure(tapedeck.Connection):
    """One HTTP/1.1 connection over TLS; the certificate must be the front's."""

    def __init__(self, front, timeout=10):
        super().__init__(front.port, timeout)
        context = ssl.create_default_context(cafile=front.certificate)
        context.set_alpn_protocols(["http/1.1"])
        self.socket = context.wrap_socket(self.socket, server_hostname=NAME)
        self.authority = f"{NAME}:{front.port}"


class Front(tapedeck.Closing):
    """A proxy that listens with TLS and passes on to a server.

    `edits` are replacements in the file of `docs/proxies`; what is replaced must stand there.
    """

    def __init__(self, kind, directory, certificate, server_port, edits=()):
        browsers.installed(kind)
        self.kind, self.certificate, self.port = kind, certificate, tapedeck.free_port()
        self.log = directory / f"{kind}.log"
        listens = {
            "nginx": ("listen 443", f"listen 127.0.0.1:{self.port}"),
            "caddy": (f"\n{NAME} {{", f"\nhttps://{NAME}:{self.port} {{\n\tbind 127.0.0.1"),
        }
        file = FILES[kind].read_text()
        for old, new in [
            listens[kind],
            ("127.0.0.1:6101", f"127.0.0.1:{server_port}"),
            ("/etc/ssl/tapedeck", str(certificate.parent)),
            *edits,
        ]:
            assert old in file, f"{old!r} is not in {FILES[kind]}"
            file = file.replace(old, new)
        configuration = directory / f"{kind}.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        frame = {"nginx": NGINX, "caddy": CADDY}[kind]
        configuration.write_text(frame.format(file=file, place=directory, user=user))
        words = {
            "nginx": ["nginx", "-p", directory, "-c", configuration, "-e", "stderr"],
            "caddy": ["caddy", "run", "--config", configuration, "--adapter", "caddyfile"],
        }
        homes = {"HOME": directory, "XDG_DATA_HOME": directory, "XDG_CONFIG_HOME": directory}
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                [str(word) for word in words[kind]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=tapedeck.environment() | {name: str(home) for name, home in homes.items()},
            )
        try:
            tapedeck.eventually(self.listens, 20, f"{kind} listens")
        except AssertionError:
            self.close()
            raise

    def listens(self):
        assert self.child.poll() is None, self.log.read_text()[-2000:]
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def close(self):
        """nginx's master ends its workers; Caddy would wait for its clients."""
        self.child.send_signal(signal.SIGTERM if self.kind == "nginx" else signal.SIGKILL)
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(10)
            raise

    # HTTP/1.1, byte by byte.

    def request(
        self, method, target, headers=None, body=None, content_type=tapedeck.JSON, timeout=10
    ):
        connection = Secure(self, timeout)
        try:
            return connection.request(method, target, headers, body, content_type, timeout)
        finally:
            connection.close()

    def stream(self, run, last_event_id="", timeout=10, **query):
        target = tapedeck.stream_target(run, query)
        connection = Secure(self, timeout)
        return tapedeck.Stream(self.port, target, last_event_id, None, timeout, connection)

    def broadcast(self, data, event=tapedeck.MESSAGE):
        """As `Server.broadcast`; where the server is away the answer counts as an error."""
        body = tapedeck.dump({"event_type": event, "data": data})
        reply = self.request("POST", "/broadcast", body=body)
        if reply.status in (502, 503, 504):
            raise ConnectionError(f"{self.kind} answers {reply.status}")
        assert reply.status == 200, reply
        return reply.json

    # HTTP/2, by curl.

    def url(self, target):
        return f"https://{NAME}:{self.port}{target}"

    @property
    def curl_options(self):
        """What has curl speak HTTP/2 to this proxy, and fail where it can't."""
        place = f"{NAME}:{self.port}:127.0.0.1"
        return ["--http2", "--cacert", str(self.certificate), "--resolve", place]

    def read(self, run, end):
        """Reads a run over HTTP/2 until `end`."""

        def frames(url, last_event_id):
            return sse_clients.read_curl(url, last_event_id, self.curl_options)

        return sse_clients.Reader(frames, self.url(tapedeck.stream_target(run, {})), end)

    def request_http2(self, target, *options, body=None, timeout=20):
        """One request: its status and its body; it must have gone over HTTP/2."""
        words = ["curl", "--silent", "--show-error", "--noproxy", "*", *self.curl_options]
        words += ["--max-time", str(timeout), "--write-out", "\n%{http_version} %{http_code}"]
        words += ["--data-binary", "@-"] if body is not None else []
        done = subprocess.run(
            [*words, *options, self.url(target)],
            input=body,
            capture_output=True,
            timeout=timeout + 5,
        )
        assert done.returncode == 0, done.stderr
        answer, _, told = done.stdout.rpartition(b"\n")
        version, status = told.split()
        assert version == b"2", f"not over HTTP/2 but {version}"
        return int(status), answer


class FrontFollower(tapedeck.Follower):
    """A follower that goes through a proxy."""

    def __init__(self, front, run):
        self.front, self.followed = front, run
        super().__init__(front.port, tapedeck.stream_target(run, {}))

    def open(self):
        return self.front.stream(self.followed, self.last_event_id)
