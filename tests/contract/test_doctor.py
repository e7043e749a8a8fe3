"""What `doctor` says of real databases and brokers."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from tests.servers import RedisServer
from worker.archive import open_archive
from worker.canaryserver import CanaryServer
from worker.doctor import broker, database, ports
from worker.doctor.finding import Finding, Verdict
from worker.fetch import Fetcher
from worker.glance import Glance
from worker.reasonsentences import in_language
from worker.scraping import FiguresCollector, Scraping
from worker.wording import Wording


def told(findings: list[Finding]) -> dict[str, Verdict]:
    return {one.sentence: one.verdict for one in findings}


def test_a_database_that_is_up_to_date(database_url: str) -> None:
    open_archive(database_url, migrate=True).close()
    found = told(database.examine(database_url, FakeClock(datetime.now(UTC))))
    assert set(found.values()) == {Verdict.OK}
    assert "doctor_database_good" in found


def test_a_folder_in_which_this_user_may_not_write_is_not_good() -> None:
    """SQLite makes files beside its own."""
    with tempfile.TemporaryDirectory() as name, nobodys(Path(name)) as folder:
        url = f"sqlite:///{folder}/feedwacht.db"
        with closing(open_archive(url, migrate=True)) as archive, archive.read():  # a worker runs
            folder.chmod(0o555)
            found = told(database.examine(url, FakeClock(datetime.now(UTC))))
            folder.chmod(0o755)
        assert (found["doctor_folder_failed"], "doctor_room" in found) == (Verdict.FAILED, False)


@contextmanager
def nobodys(folder: Path) -> Iterator[Path]:
    """The folder of a user whom modes stop; that is us until the end, if we are root."""
    if os.geteuid() != 0:
        yield folder
        return
    os.chown(folder, 65534, -1)
    os.seteuid(65534)
    try:
        yield folder
    finally:
        os.seteuid(0)


def test_a_server_without_our_schema(postgres_url: str) -> None:
    found = told(database.examine(postgres_url, FakeClock()))
    assert found == {"doctor_database_older": Verdict.FAILED}


def test_a_server_whose_clock_is_another_one(postgres_url: str) -> None:
    open_archive(postgres_url, migrate=True).close()
    found = told(database.examine(postgres_url, FakeClock(datetime.now(UTC) - timedelta(hours=1))))
    assert found["doctor_clock_off"] is Verdict.FAILED
    found = told(database.examine(postgres_url, FakeClock(datetime.now(UTC) + timedelta(seconds=12))))
    assert found["doctor_clock_off"] is Verdict.WARNING


def test_a_server_that_is_not_there() -> None:
    [one] = database.examine("postgresql+psycopg://u:geheim@127.0.0.1:1/x", FakeClock())
    assert (one.verdict, "geheim" in str(one)) == (Verdict.FAILED, False)


@pytest.mark.parametrize(("kind", "shared"), [("nfs4", "nfs4"), ("ext4", "")])
def test_a_network_disk_is_told_by_where_it_is_mounted(tmp_path: Path, kind: str, shared: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nnas:/x {tmp_path} {kind} rw 0 0\nnas:/y {tmp_path}/other cifs rw 0 0\n")
    assert database.shared_kind(tmp_path / "feedwacht.db", mounts) == shared
    assert database.shared_kind(Path("/somewhere"), mounts) == ""
    assert database.shared_kind(Path("/somewhere"), tmp_path / "missing") == ""


def test_a_broker_that_serves(redis_url: str) -> None:
    assert told(broker.examine(redis_url))["doctor_broker_good"] is Verdict.OK


def test_a_broker_that_throws_away_and_one_that_asks_for_a_password(own_redis: RedisServer) -> None:
    with own_redis.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        assert told(broker.examine(own_redis.url))["doctor_broker_evicts"] is Verdict.WARNING
        client.config_set("requirepass", "s3cr3t")
        assert told(broker.examine(own_redis.url)) == {"doctor_broker_denied": Verdict.FAILED}


def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    assert told(broker.examine(f"redis+socket://{tmp_path}/none.sock")) == {"doctor_broker_failed": Verdict.FAILED}


@pytest.mark.parametrize(
    ("kind", "version", "good"),
    [
        *(("Redis", "7.2.10", False), ("Redis", "7.2.11", True), ("Redis", "7.4.5", False), ("Redis", "7.4.6", True)),
        *(("Redis", "8.0.3", False), ("Redis", "8.0.4", True), ("Redis", "8.2.1", False), ("Redis", "8.10.2", True)),
        *(("Redis", "6.2.14", False), ("Redis", "7.3.9", False), ("Redis", "", False)),
        *(("Valkey", "8.0.4", False), ("Valkey", "8.1.4", True), ("Valkey", "9.0.0", True)),
    ],
)
def test_a_broker_of_which_a_script_can_break_out_is_too_old(kind: str, version: str, *, good: bool) -> None:
    assert broker.is_mended(kind, version) is good


def test_what_deployment_asks_for_is_what_is_looked_at() -> None:
    page = (Path(__file__).parents[2] / "docs/deployment.md").read_text(encoding="utf-8")
    asked = page[page.index("Redis from ") : page.index("A user and a database of its own")]
    lines = [(kind, *line, patch) for kind, lines in broker._MENDED.items() for line, patch in lines.items()]
    assert [
        f"{major}.{minor}.{patch}" for _, major, minor, patch in lines if f"{major}.{minor}.{patch}" not in asked
    ] == []


# -- why a server of PostgreSQL cannot be reached, in German -------------------------------------------------------------


def german(url: str) -> str:
    [one] = database.examine(url, FakeClock())
    return in_language(one.values["reason"], "de")


def test_a_server_that_refuses_is_told_in_german() -> None:
    said = german("postgresql+psycopg://u@127.0.0.1:1/x")
    assert 'ist nicht zu erreichen: Verbindung zu "127.0.0.1", Port 1, gescheitert: der Server nimmt keine' in said
    assert "refused" not in said
    assert "running" not in said


def test_a_name_that_leads_nowhere_is_told_in_german() -> None:
    said = german("postgresql+psycopg://u@nowhere.example/x")
    assert "der Name 'nowhere.example' ist nicht aufzulösen: es gibt ihn nicht" in said


def test_a_database_or_a_user_that_is_not_there_is_told_in_german(postgres_url: str) -> None:
    place, _, socket_folder = postgres_url.partition("?")
    server = place.rpartition("/")[0]
    assert 'die Datenbank "nichts" gibt es dort nicht' in german(f"{server}/nichts?{socket_folder}")
    assert 'den Benutzer "niemand" gibt es dort nicht' in german(postgres_url.replace("postgres@", "niemand@"))


def test_a_socket_that_is_not_there_is_told_in_german(tmp_path: Path) -> None:
    said = german(f"postgresql+psycopg://u@/x?host={tmp_path}")
    assert said.endswith("die Datei oder den Ordner gibt es nicht; läuft der Server hier, mit diesem Socket?")


def test_what_to_do_is_said_once(tmp_path: Path) -> None:
    """An error that says itself what to do is not given a second advice."""
    file = tmp_path / "feedwacht.db"
    file.write_text("This is a letter, and no database at all. " * 100)
    [broken] = database.examine(f"sqlite:///{file}", FakeClock())
    [away] = database.examine(f"sqlite:///{tmp_path}", FakeClock())
    told = [Wording("en").say(one.sentence, **one.values) for one in (broken, away)]
    assert "; restore a backup ([archive] database)" in told[0]
    assert "unable to open database file; check address, rights and server" in told[1]


def test_a_driver_does_not_say_twice_that_it_failed(tmp_path: Path) -> None:
    """Versions of it begin otherwise: "connection failed", "connection is bad"."""
    said = german(f"postgresql+psycopg://u@/x?host={tmp_path}")
    assert "ist nicht zu erreichen: Verbindung über den Socket" in said


# -- ports --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def asker() -> Iterator[Fetcher]:
    with Fetcher(user_agent="feedwacht", allow_networks=[ip_network("127.0.0.0/8")], allow_ports=()) as one:
        yield one


@pytest.fixture
def port() -> int:
    """One that is free, or was a moment ago."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_a_port_that_is_free(port: int, asker: Fetcher) -> None:
    assert told(ports.canary(port, asker)) == {"doctor_canary_free": Verdict.OK}
    assert told(ports.metrics("0.0.0.0", port, asker)) == {"doctor_metrics_free": Verdict.OK}
    assert told(ports.canary(port, asker)) == {"doctor_canary_free": Verdict.OK}, "it was let go"


def test_a_port_where_one_of_us_answers(port: int, asker: Fetcher, tmp_path: Path) -> None:
    server = CanaryServer(port, lambda: datetime.now(UTC))
    server.start()
    assert server.serving.wait(20)
    assert told(ports.canary(port, asker)) == {"doctor_canary_served": Verdict.OK}
    assert told(ports.metrics("127.0.0.1", port, asker)) == {"doctor_metrics_taken": Verdict.FAILED}
    server.close()
    glance = Glance(f"sqlite:///{tmp_path}/none.db", lambda _: datetime.now(UTC))
    with closing(glance), Scraping("127.0.0.1", port, FiguresCollector(glance, tuple)):
        assert told(ports.metrics("0.0.0.0", port, asker)) == {"doctor_metrics_served": Verdict.OK}
        assert told(ports.canary(port, asker)) == {"doctor_canary_taken": Verdict.FAILED}


def test_an_address_of_another_machine(port: int, asker: Fetcher) -> None:
    assert told(ports.metrics("192.0.2.1", port, asker)) == {"doctor_metrics_denied": Verdict.FAILED}
