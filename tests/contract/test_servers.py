"""The test servers: real, empty at the start of each test, and gone with whoever started them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
import requests
from sqlalchemy import create_engine, text

from tests.conftest import ForbiddenConnection
from tests.servers import PREFIX, PostgresServer, RedisServer, ServerMissing, _in_wheel, conninfo, redis_client

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_an_empty_redis(redis_url: str, turn: int) -> None:
    with redis_client(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", turn)


def test_celery_takes_the_redis_url(redis_url: str) -> None:
    from kombu import Connection  # type: ignore[attr-defined]

    with Connection(redis_url) as connection, connection.SimpleQueue("errands") as queue:  # type: ignore[no-untyped-call]
        queue.put({"nudge": 1})
        message = queue.get(timeout=5)
        message.ack()
        assert message.payload == {"nudge": 1}


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_an_empty_database(database_url: str, turn: int) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_over (turn INTEGER)"))
        connection.execute(text("INSERT INTO left_over VALUES (:turn)"), {"turn": turn})
        assert connection.execute(text("SELECT turn FROM left_over")).scalars().all() == [turn]
    engine.dispose()


def test_postgres_keeps_german_text_as_it_is(postgres_url: str) -> None:
    with psycopg.connect(conninfo(postgres_url)) as connection:
        row = connection.execute(
            "SELECT lower('STRASSENBAU ÄÖÜ ✨'), to_tsvector('german', 'Radwege')::text"
        ).fetchone()
    assert row == ("strassenbau äöü ✨", "'radweg':1")


def test_a_database_is_dropped_while_somebody_is_connected(_postgres_server_url: str) -> None:
    from tests.servers import fresh_database

    with fresh_database(_postgres_server_url) as url:
        lingering = psycopg.connect(conninfo(url))
    with pytest.raises(psycopg.OperationalError), lingering:
        lingering.execute("SELECT 1")
    lingering.close()


def test_a_killed_redis_forgets_and_comes_back_at_the_same_address(own_redis: RedisServer) -> None:
    with own_redis.client() as client:
        client.set("key", "value")
    first_pid = own_redis.pid
    own_redis.kill()
    assert not psutil.pid_exists(first_pid)
    own_redis.start()
    with own_redis.client() as client:
        assert client.get("key") is None


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_postgres_keeps_its_data_over_a_restart(own_postgres: PostgresServer, end: str) -> None:
    with psycopg.connect(conninfo(own_postgres.url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    getattr(own_postgres, end)()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(conninfo(own_postgres.url))
    own_postgres.start()
    with psycopg.connect(conninfo(own_postgres.url)) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_a_closed_server_leaves_nothing_behind() -> None:
    server = RedisServer().start()
    pid, folder = server.pid, server.folder
    server.close()
    server.close()
    assert not psutil.pid_exists(pid)
    assert not folder.exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux tells children that their parent is gone")
@pytest.mark.parametrize("kind", ["RedisServer", "PostgresServer"])
def test_a_server_dies_with_its_parent_even_by_kill_9(kind: str) -> None:
    script = (
        f"import sys; from tests.servers import {kind}; "
        f"server = {kind}().start(); print(server.pid, server.folder, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout and parent.stdin
    pid, folder = parent.stdout.readline().split()
    family = [psutil.Process(int(pid)), *psutil.Process(int(pid)).children(recursive=True)]
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdin.close()
    parent.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    subprocess.run(["rm", "-rf", folder], check=True)


def test_directories_of_killed_runs_are_removed_later_and_held_ones_are_not() -> None:
    with RedisServer() as holder:
        left_over = holder.folder.with_name(f"{PREFIX}left-over-{os.getpid()}")
        left_over.mkdir()
        two_hours_ago = time.time() - 7200
        os.utime(left_over, (two_hours_ago, two_hours_ago))
        os.utime(holder.folder, (two_hours_ago, two_hours_ago))
        with RedisServer():
            assert not left_over.exists()
            assert holder.folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory that others cannot enter, and drop root")
def test_postgres_runs_as_somebody_else_when_started_by_root(own_postgres: PostgresServer) -> None:
    assert psutil.Process(own_postgres.pid).uids().real != 0


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop root")
def test_postgres_is_copied_when_its_wheel_lies_behind_closed_doors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from tests.servers import postgres_install

    package = postgres_install().parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(package, closed / package.name, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    monkeypatch.setattr("tests.servers.postgres_install", lambda: closed / package.name / "pginstall")
    with PostgresServer() as server, psycopg.connect(conninfo(server.url)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_missing_wheel_is_named_with_what_to_do() -> None:
    with pytest.raises(ServerMissing, match="pip install no-such-wheel"):
        _in_wheel("no_such_wheel", "bin/server")


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_a_missing_server_is_a_loud_skip_and_a_failure_in_ci(tmp_path: Path, ci: str, outcome: str) -> None:
    (tmp_path / "test_it.py").write_text(
        "import tests.servers\n"
        "def missing(): raise tests.servers.ServerMissing('no wheel here')\n"
        "tests.servers.redis_binary = missing\n"
        "def test_it(redis_url): ...\n"
    )
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-rs",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        str(tmp_path / "test_it.py"),
    ]
    environ = {**os.environ, "CI": ci, "TEST_REDIS_URL": "", "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert "no wheel here" in done.stdout
    assert outcome in done.stdout


@pytest.mark.parametrize("address", [("93.184.216.34", 80), ("10.0.0.1", 80), ("0.0.0.0", 80), ("2606:2800::1", 80)])
def test_connections_off_this_machine_are_forbidden(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as outlet:
        for reach in (outlet.connect, outlet.connect_ex, lambda to: outlet.sendto(b"x", to)):
            with pytest.raises(ForbiddenConnection):
                reach(address)


def test_a_forbidden_connection_is_not_taken_for_a_network_error() -> None:
    with pytest.raises(ForbiddenConnection):
        requests.get("http://93.184.216.34/", timeout=1)


def test_names_do_not_resolve_and_numbers_do() -> None:
    for name in ("www.hasepost.de", "metadata.google.internal", b"example.org"):
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo(name, 443)
    with pytest.raises(socket.gaierror):
        socket.gethostbyname("example.org")
    assert socket.getaddrinfo("localhost", 80)
    assert socket.getaddrinfo(None, 80)
    assert socket.getaddrinfo("93.184.216.34", 80)[0][4] == ("93.184.216.34", 80)
    assert socket.getaddrinfo("2130706433", 80)[0][4] == ("127.0.0.1", 80)
    assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
