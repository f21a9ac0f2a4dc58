"""`--config FILE`: every setting, the command line over the file, and what cannot be used."""

import pathlib
import subprocess

import pytest
import tapedeck
from test_upstream import Upstream

SAMPLE = tapedeck.ROOT / "docs/tapedeck.sample.json5"
SECRET = "hush-hush-9f3a"


@pytest.fixture
def upstream(tmp_path):
    upstream = Upstream(tmp_path).start()
    yield upstream
    upstream.kill()


def write(folder, text):
    path = folder / "tapedeck.json5"
    path.write_text(text)
    return path


class Configured(tapedeck.Server):
    """A server that is told everything by a file."""

    def __init__(self, config, journal, *arguments):
        super().__init__(journal)
        self.words = [tapedeck.BINARY, "serve", "--config", str(config), *arguments]

    def start(self):
        line = self.launch()
        self.port, self.ended = int(line.rpartition(":")[2]), False
        return self


@pytest.fixture
def configured(tmp_path):
    """Starts servers with a file of settings."""
    servers = []

    def start(text, *arguments, journal=tmp_path / "journal"):
        servers.append(Configured(write(tmp_path, text), journal, *arguments))
        return servers[-1].start()

    yield start
    for server in servers:
        server.finish()


def test_the_file_says_everything(configured, upstream, tmp_path):
    """Journal, host, port, upstreams, filters, durability, hosts: as the file has them."""
    port = tapedeck.free_port()
    server = configured(
        f"""
        // Comments are fine.
        {{
          journal: "{tmp_path}/journal",
          host: "localhost", port: {port},
          upstreams: [{{ url: "{upstream.url}" }}],
          filters: ["alert", "no*"],
          durability: "os",
          allowed_hosts: ["deck.example"],
        }}
        """
    )
    assert server.port == port
    assert server.get("/health")["mode"] == "os"
    assert server.request("GET", "/health", {"Host": "deck.example"}).status == 200
    assert server.request("GET", "/health", {"Host": "other.example"}).status == 421
    upstream.wait_for_clients()
    for kind in ("agent_chat_note", "alert", "note"):
        upstream.control("broadcast", event_type=kind, data={"run_id": "r"})
    with server.stream("r") as stream:
        assert [frame.event for frame in stream.events(2)] == ["alert", "note"]


def test_the_command_line_wins_over_the_file(configured, tmp_path):
    """And what it does not say is the file's; the file wins over the environment."""
    server = configured(
        f'{{journal: "{tmp_path}/journal", port: 1, durability: "os", upstreams: ["http://h:1"]}}',
        "--port",
        "0",
        "--upstream",
        "none",
    )
    assert server.port > 1
    assert server.get("/health")["mode"] == "os"
    assert server.get("/ready")["upstreams"] == []
    assert (tmp_path / "journal" / "LOCK").exists()


def test_the_file_wins_over_the_environment(tmp_path):
    """TAPEDECK_JOURNAL is a default: for those who name no journal in either place."""
    config = write(tmp_path, f'{{journal: "{tmp_path}/from-file"}}')
    environment = tapedeck.environment() | {"TAPEDECK_JOURNAL": str(tmp_path / "from-environment")}
    for arguments, made in (
        (["--config", config], "from-file"),
        ([], "from-environment"),
        (["--config", config, "--journal", tmp_path / "from-option"], "from-option"),
    ):
        words = [tapedeck.BINARY, "record", "-", *map(str, arguments)]
        done = subprocess.run(
            words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
        assert done.stdout.decode().startswith(f"recording to {tmp_path / made}\n")


def test_the_sample_file_is_the_defaults(configured, tmp_path):
    """It starts a server, and every setting in it has an option that help tells."""
    server = configured(
        SAMPLE.read_text(), "--journal", str(tmp_path / "journal"), "--port", "0"
    )
    upstreams = server.get("/ready")["upstreams"]
    assert [upstream["url"] for upstream in upstreams] == ["http://127.0.0.1:6102"]
    told = tapedeck.succeed("serve", "--help").decode()
    for option in ("--journal", "--host", "--port", "--upstream", "--filter", "--durability",
                   "--retention-age", "--retention-size", "--allow-host", "--insecure",
                   "--allow-origin", "--connections-max", "--connections-per-address-max",
                   "--header-timeout-seconds",
                   "--scrub-bytes-per-second", "--scrub-interval-seconds", "--low-space-bytes",
                   "--config"):  # fmt: skip
        assert f"  {option} " in told


BAD = {
    "an unknown setting": ("{prot: 1}", "prot is no setting; there are journal, host, port"),
    "a wrong type": ("{port: '1'}", "port must be a whole number from 0 to 65535"),
    "out of range": ("{port: 65536}", "port must be a whole number from 0 to 65535"),
    "no directory": ("{journal: ''}", "journal must be a directory's name"),
    "an origin with a path": (
        "{allowed_origins: ['https://a.example/']}",
        "allowed_origins must be a list of at most 256 origins such as https://app.example",
    ),
    "a token without a hash": ("{tokens: [{name: 'n'}]}", "tokens[0].sha256 is missing"),
    "no connections": ("{connections_max: 0}", "connections_max must be a whole number from 1 to"),
    "no filter": ("{filters: []}", "filters must be a list of 1 to 256 patterns"),
    "a bad durability": ("{durability: 'perhaps'}", "durability must be durable or os"),
    "a bad upstream": ("{upstreams: ['h:1']}", "upstreams: The upstream \"h:1\" names no scheme"),
    "an unknown member": ("{upstreams: [{uri: 'x'}]}", "upstreams[0].uri is no setting; there are"),
    "two tokens": (
        "{upstreams: [{url: 'http://h', token: 't', token_file: 'f'}]}",
        "upstreams: The upstream has a token and a token_file; name one of them",
    ),
    "a rate below 0": (
        "{scrub_bytes_per_second: -1}",
        "scrub_bytes_per_second must be a whole number from 0, for no scrub, to 1125899906842624",
    ),
    "no interval": (
        "{scrub_interval_seconds: 0}",
        "scrub_interval_seconds must be a whole number from 1 to 31536000",
    ),
    "a share of space": (
        "{low_space_bytes: '5%'}",
        "low_space_bytes must be a whole number from 0, for no warning, to 1125899906842624",
    ),
    "no object": ("[]", "the file must hold one object"),
    "no JSON5": ("{\n  port: 1\n  host: 'h'\n}", "the file is not JSON5 from line 3 on"),
    "nothing": ("", "the file is not JSON5 from line 1 on"),
}


@pytest.mark.parametrize("command", ["serve", "record"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_setting_exits_64_and_is_named(tmp_path, name, command):
    """One line with the file, the setting, and what it may be; no journal is made."""
    text, told = BAD[name]
    config, journal = write(tmp_path, text), tmp_path / "journal"
    line = tapedeck.refuse(command, "--config", config, journal=journal, codes=(64,))
    assert line.startswith(f"tapedeck: {config}: {told}")
    assert not journal.exists()


def test_a_file_that_is_not_there_exits_2_and_is_named(tmp_path):
    """Of settings, and of a token."""
    missing = tmp_path / "missing"
    told = tapedeck.refuse("serve", "--config", missing, journal=tmp_path / "journal")
    assert told.startswith(f"tapedeck: {missing}: the file cannot be opened: No such file")
    config = write(tmp_path, f"{{upstreams: [{{url: 'http://h', token_file: '{missing}'}}]}}")
    told = tapedeck.refuse("serve", "--config", config, journal=tmp_path / "journal")
    assert told.startswith(f"tapedeck: {missing}: the file cannot be opened: No such file")


@pytest.mark.parametrize("where", ["file", "token file", "environment"])
def test_a_token_reaches_its_upstream_and_shows_nowhere(
    configured, upstream, tmp_path, where, monkeypatch
):
    """Not in the words of the process, in its log, in /ready or in /metrics."""
    token = ""
    if where == "file":
        token = f'token: "{SECRET}",'
    elif where == "token file":
        (tmp_path / "token").write_text(f"{SECRET}\n")
        token = f'token_file: "{tmp_path}/token",'
    else:
        monkeypatch.setenv("TAPEDECK_UPSTREAM_TOKEN", SECRET)
    server = configured(
        f"""{{
          journal: "{tmp_path}/journal", port: 0,
          upstreams: [{{ url: "{upstream.url}", {token} namespace: "team" }}],
        }}"""
    )
    with server.stream("team-run") as stream:
        assert stream.events(1)[0].json["content"] == "hello"
    assert upstream.state()["auths"] == [["/team", {"token": SECRET}]]
    assert server.get("/ready")["upstreams"][0]["namespace"] == "/team"
    upstream.kill()
    tapedeck.eventually(
        lambda: server.get("/ready")["upstreams"][0]["state"] == "waiting", 10, "the loss is seen"
    )
    shown = [
        server.request("GET", target).body for target in ("/ready", "/metrics", "/health")
    ] + [pathlib.Path(f"/proc/{server.child.pid}/cmdline").read_bytes(), server.told().encode()]
    server.stop()
    assert not any(SECRET.encode() in text for text in (*shown, server.told().encode()))
    upstream.start()


def test_a_token_of_the_environment_is_for_one_upstream(tmp_path, monkeypatch):
    """It is not shown to a service that it was not meant for."""
    monkeypatch.setenv("TAPEDECK_UPSTREAM_TOKEN", SECRET)
    told = tapedeck.refuse(
        *("serve", "--upstream", "http://127.0.0.1:1", "--upstream", "http://127.0.0.1:2"),
        journal=tmp_path / "journal",
        codes=(64,),
    )
    assert "TAPEDECK_UPSTREAM_TOKEN is for one upstream" in told and SECRET not in told
