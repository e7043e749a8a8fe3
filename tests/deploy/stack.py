"""The services of docker-compose.yml outside of containers: their command lines, with real Redis, PostgreSQL and secrets.

What stands in for a container: its paths (`compose.Outside`), its host names (ports of the loopback), and the two programs
of the images that no wheel brings (`STAND_INS`).
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
import redis

from tests.deploy.compose import SERVICES, Outside
from tests.e2e.office import Office, Process
from tests.receiver import Receiver
from tests.servers import (
    PostgresServer,
    RedisServer,
    ServerMissing,
    conninfo,
    free_port,
    postgres_install,
    redis_binary,
)
from tests.wordpress import WordPressSite

FEEDWACHT = Path(sys.executable).with_name("feedwacht")
# No wheel has a redis-cli: this one takes what ours is given, and asks the same of the server.
REDIS_CLI = """#!{python}
import os, redis, sys
assert sys.argv[1:] == ["--user", "feedwacht", "ping"], sys.argv
client = redis.Redis(port=int(os.environ["REDIS_PORT"]), username=sys.argv[2], password=os.environ["REDISCLI_AUTH"])
print("PONG" if client.ping() else "?")
"""
STAND_INS = ("redis-cli", "docker-entrypoint.sh of postgres")


def give_up(missing: ServerMissing) -> NoReturn:
    """As in tests/conftest.py: skipped on a person's machine, a failure where everything must have run."""
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(str(missing), pytrace=False)
    pytest.skip(f"NOT TESTED: {missing}")


def prepare(folder: Path) -> Outside:
    """The volumes, and the programs of the images under their names."""
    programs = {
        "redis-server": redis_binary(),
        "feedwacht": FEEDWACHT,
        "pg_isready": postgres_install() / "bin/pg_isready",
    }
    return Outside(folder, programs)


def make_secrets(outside: Outside) -> subprocess.CompletedProcess[str]:
    """The service `secrets`. Files can be given away by root only: for others they stay their own."""
    service, path = SERVICES["secrets"], os.environ["PATH"]
    if os.geteuid() != 0:
        stub = outside.ground / "stubs/chown"
        stub.parent.mkdir(exist_ok=True)
        stub.write_text("#!/bin/sh\n")
        stub.chmod(0o755)
        path = f"{stub.parent}:{path}"
    environment = {"PATH": path, "BACKUPS": outside.path(service, "/backups")}
    argv = [*outside.argv(service), outside.path(service, "/run/feedwacht")]
    return subprocess.run(argv, env=environment, check=False, capture_output=True, text=True)


class ComposeRedis(RedisServer):
    """The service `redis`, on a port of the loopback."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self._argv = outside.argv(SERVICES["redis"])
        self._users = Path(outside.path(SERVICES["redis"], "/run/feedwacht/redis/users.acl"))
        self._data = outside.path(SERVICES["redis"], "/data")
        self._password = Path(outside.path(SERVICES["redis"], "/run/feedwacht/redis/password")).read_text()
        self.port = free_port()

    def start(self) -> "ComposeRedis":
        """With one user more, who may ask what was refused."""
        users = self.folder / "users.acl"
        users.write_text(self._users.read_text() + "user watcher on nopass +acl|log\n")
        here = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", self._data, "--aclfile", str(users)]
        self._launch([*self._argv, *here], self._is_up)
        return self

    def refused(self) -> list[dict[str, Any]]:
        """What anybody was not allowed to do."""
        with redis.Redis(port=self.port, username="watcher", password="any") as watcher:
            return list(watcher.acl_log())

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, username="feedwacht", password=self._password, socket_timeout=5)


class ComposePostgres(PostgresServer):
    """The service `postgres`, set up as the image does it: its user may do all, and comes in by password."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        program, *self._options = outside.argv(SERVICES["postgres"])
        assert program == "postgres"
        self._password = Path(outside.path(SERVICES["postgres"], "/run/feedwacht/postgres/password")).read_text()
        self.port = free_port()

    def start(self) -> "ComposePostgres":
        here = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": str(self.folder)}
        here |= {"fsync": "off", "hba_file": str(self._rules())}
        options = [word for name, value in here.items() for word in ("-c", f"{name}={value}")]
        binary = self.install / "bin/postgres"
        self._launch([str(binary), "-D", str(self.folder / "data"), *self._options, *options], self._is_up)
        return self

    def _rules(self) -> Path:
        rules = self.folder / "hba"
        rules.write_text("local all all trust\nhost all all all scram-sha-256\n")
        return rules

    def set_up(self) -> None:
        user, name = (SERVICES["postgres"]["environment"][key] for key in ("POSTGRES_USER", "POSTGRES_DB"))
        with psycopg.connect(conninfo(f"{self.url}&port={self.port}"), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{self._password}'".encode())
            connection.execute(f"CREATE DATABASE {name} OWNER {user}".encode())

    def _is_up(self) -> bool:
        try:
            psycopg.connect(conninfo(f"{self.url}&port={self.port}")).close()
        except psycopg.OperationalError:
            return False
        return True


class Stack:
    """All of it: stores that run, and services to be started one by one."""

    def __init__(self, outside: Outside, stores: tuple[ComposeRedis, ComposePostgres], office: Office) -> None:
        self.outside, self.office = outside, office
        self.redis, self.postgres = stores
        self.metrics_port = free_port()
        self._lead_here()
        addresses = ('database = ""\n', '[broker]\nurl = ""\n')  # come from the environment, as in a container
        for line in addresses:
            assert line in office.config.read_text()
            office.config.write_text(office.config.read_text().replace(line, ""))
        self._ground = {
            "FEEDWACHT_CONFIG": str(office.config),
            "FEEDWACHT_CANARY__PORT": str(free_port()),
            "PGPORT": str(self.postgres.port),
        }

    def _lead_here(self) -> None:
        """What the addresses call hosts are ports of the loopback here."""
        secrets = self.outside.volume("secrets") / "feedwacht"
        for name, host, port in (
            ("database", "postgres", self.postgres.port),
            ("broker", "redis:6379", self.redis.port),
        ):
            file = secrets / name
            text = file.read_text().replace(f"@{host}/", f"@127.0.0.1:{port}/")
            file.chmod(0o600)
            file.write_text(text)

    def start(self, name: str) -> Process:
        """A service of ours, as its container starts it."""
        program, *words = self.outside.argv(SERVICES[name])
        assert program == str(FEEDWACHT)
        words = [re.sub(r"^0\.0\.0\.0:\d+$", f"127.0.0.1:{self.metrics_port}", word) for word in words]
        process = Process(tuple(words), environment=self.outside.environ(SERVICES[name], **self._ground)).start()
        self.office.processes.append(process)
        return process

    def run(self, name: str, *arguments: str, kind: str = "main") -> subprocess.CompletedProcess[str]:
        """A service that ends by itself, or a service's health check."""
        service = SERVICES[name]
        programs = f"{self._stand_ins()}:{postgres_install() / 'bin'}:{os.environ['PATH']}"
        more = self._ground | {"PATH": programs, "REDIS_PORT": str(self.redis.port)}
        argv = [*self.outside.argv(service, kind), *(self.outside.path(service, word) for word in arguments)]
        environment = self.outside.environ(service, **more)
        return subprocess.run(argv, env=environment, check=False, capture_output=True, text=True, timeout=60)

    def _stand_ins(self) -> Path:
        program = self.outside.ground / "programs/redis-cli"
        program.parent.mkdir(exist_ok=True)
        program.write_text(REDIS_CLI.format(python=sys.executable))
        program.chmod(0o755)
        return program.parent

    @property
    def passwords(self) -> list[str]:
        secrets = self.outside.volume("secrets")
        return [(secrets / f"{name}-password").read_text() for name in ("postgres", "redis")]


@contextmanager
def open_stack(folder: Path) -> Iterator[Stack]:
    """Secrets made, both stores up, a site and a receiver beside them; nothing of ours runs yet."""
    outside = prepare(folder / "ground")
    outside.ground.mkdir()
    done = make_secrets(outside)
    assert done.returncode == 0, done.stderr
    with ComposeRedis(outside) as broker, ComposePostgres(outside) as database, WordPressSite() as site:
        database.set_up()
        with Receiver() as receiver:
            office = Office(folder, "", "", site, receiver)
            try:
                yield Stack(outside, (broker, database), office)
            finally:
                office.close()
