"""What all tests share: no way out of this machine, real servers, fresh databases, and hypothesis in a steady mood."""

import io
import ipaddress
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

from tests.fakes import FakeClock, FakeWeb
from tests.servers import (
    PostgresServer,
    RedisServer,
    ServerMissing,
    fresh_database,
    postgres_install,
    redis_binary,
    redis_client,
)
from worker import logs

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
REDIS_OVERRIDE = os.environ.get("TEST_REDIS_URL", "")
DATABASE_OVERRIDE = os.environ.get("TEST_DATABASE_URL", "")

settings.register_profile("dev", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True)
settings.load_profile("ci" if IN_CI else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-seconds", type=float, default=20.0, help="how long mutated feeds are tried")
    parser.addoption("--machine-examples", type=int, default=None, help="how many histories of a newspaper are tried")
    parser.addoption(
        "--build-image", action="store_true", help="run the image's build stage, which asks a package index"
    )


@pytest.fixture
def fuzz_seconds(request: pytest.FixtureRequest) -> float:
    return float(request.config.getoption("--fuzz-seconds"))


@pytest.fixture
def machine_examples(request: pytest.FixtureRequest) -> int | None:
    """None: the same few in each run."""
    given: int | None = request.config.getoption("--machine-examples")
    return given


# -- no way out ---------------------------------------------------------------------------------------------------------


class ForbiddenConnection(RuntimeError):
    """A test tried to leave this machine. No OSError, so that no network error handling hides it."""


ALLOWED_HOSTS = {make_url(url).host or "" for url in (REDIS_OVERRIDE, DATABASE_OVERRIDE) if url}
real_getaddrinfo = socket.getaddrinfo
real_gethostbyaddr = socket.gethostbyaddr
allowed_addresses: set[str] = set()


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Commands that run in this process say only faults; the next test hears everything again."""
    own = logging.getLogger(logs.NAME)
    before = own.level
    yield
    own.setLevel(before)
    logging.captureWarnings(False)


@pytest.fixture(autouse=True, scope="session")
def _stay_on_this_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _local_getaddrinfo)
        patch.setattr(socket, "gethostbyname", lambda host: _local_getaddrinfo(host, 0, socket.AF_INET)[0][4][0])
        patch.setattr(socket, "gethostbyaddr", _local_gethostbyaddr)
        yield


def _guarded(method: Any) -> Any:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]  # sendto has the data, and perhaps flags, before it
        if self.family != socket.AF_UNIX and not _is_here(address[0]):
            self.close()  # whoever called expects OSErrors only, and would leave it open
            raise ForbiddenConnection(f"a test tried to reach {address!r}: tests stay on this machine")
        return method(self, *arguments)

    return guarded


def _is_here(host: str) -> bool:
    if host in ("localhost", *ALLOWED_HOSTS, *allowed_addresses):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _local_getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:  # noqa: A002
    """Numbers in any spelling and `localhost` resolve; every other name is unknown, as if there were no DNS."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in ALLOWED_HOSTS:
        found = real_getaddrinfo(host, port, family, type, proto, flags)
        allowed_addresses.update(str(row[4][0]) for row in found)
        return found
    if name not in (None, "", "localhost"):
        flags |= socket.AI_NUMERICHOST
    return real_getaddrinfo(host, port, family, type, proto, flags)


def _local_gethostbyaddr(host: str) -> tuple[str, list[str], list[str]]:
    if not _is_here(host):
        raise socket.herror(1, "tests stay on this machine")
    return real_gethostbyaddr(host)


# -- servers ------------------------------------------------------------------------------------------------------------


def pytest_report_header() -> list[str]:
    return [f"Redis: {_redis_source()}", f"PostgreSQL: {_postgres_source()}"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for server, source in (("Redis", _redis_source()), ("PostgreSQL", _postgres_source())):
        if source.startswith("MISSING"):
            terminalreporter.write_line(f"NOT TESTED on a real {server}: {source}", red=True, bold=True)


def _redis_source() -> str:
    try:
        return f"{_masked(REDIS_OVERRIDE)} (TEST_REDIS_URL)" if REDIS_OVERRIDE else f"own server, {redis_binary()}"
    except ServerMissing as missing:
        return f"MISSING, {missing}"


def _postgres_source() -> str:
    try:
        if DATABASE_OVERRIDE:
            return f"{_masked(DATABASE_OVERRIDE)} (TEST_DATABASE_URL)"
        return f"own server, {postgres_install() / 'bin/postgres'}"
    except ServerMissing as missing:
        return f"MISSING, {missing}"


def _masked(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _give_up(missing: ServerMissing) -> None:
    """A test that cannot run is skipped on a person's machine, and a failure where everything must have run."""
    if IN_CI:
        pytest.fail(str(missing), pytrace=False)
    pytest.skip(f"NOT TESTED: {missing}")


def _unless_missing(kind: type[RedisServer] | type[PostgresServer]) -> Any:
    try:
        return kind()
    except ServerMissing as missing:
        return _give_up(missing)


@pytest.fixture(scope="session")
def _redis_server_url(worker_id: str) -> Iterator[str]:
    if REDIS_OVERRIDE:
        yield _own_number(REDIS_OVERRIDE, worker_id)
        return
    with _unless_missing(RedisServer) as server:
        yield server.url


def _own_number(url: str, worker_id: str) -> str:
    """A database number of its own for each process that runs tests, because tests empty it (not over a socket)."""
    if not worker_id.startswith("gw") or not url.startswith(("redis://", "rediss://")):
        return url
    parts = make_url(url)
    return parts.set(database=str(int(parts.database or 0) + int(worker_id[2:]))).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def _postgres_server_url() -> Iterator[str]:
    if DATABASE_OVERRIDE:
        yield make_url(DATABASE_OVERRIDE).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    with _unless_missing(PostgresServer) as server:
        yield server.url


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the log says from now on."""
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    logs.configure()


@pytest.fixture
def redis_url(_redis_server_url: str) -> str:
    """A broker URL in Celery's form; the server is shared by the session, and empty at the start of each test."""
    with redis_client(_redis_server_url) as client:
        client.flushdb()
    return _redis_server_url


@pytest.fixture
def postgres_url(_postgres_server_url: str) -> Iterator[str]:
    """`postgresql+psycopg://…` of a fresh, empty database, dropped after the test."""
    with fresh_database(_postgres_server_url) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/feedwacht.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A running Redis of the test's own, to be stopped, killed and started again."""
    with _unless_missing(RedisServer) as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL of the test's own, to be stopped, killed and started again; its data stay."""
    with _unless_missing(PostgresServer) as server:
        yield server


# -- doubles ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def web(clock: FakeClock) -> FakeWeb:
    return FakeWeb(clock)
