"""What `doctor` says of real databases and brokers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from tests.servers import RedisServer
from worker.archive import open_archive
from worker.doctor import broker, database
from worker.doctor.finding import Finding, Verdict


def told(findings: list[Finding]) -> dict[str, Verdict]:
    return {one.sentence: one.verdict for one in findings}


def test_a_database_that_is_up_to_date(database_url: str) -> None:
    open_archive(database_url, migrate=True).close()
    found = told(database.examine(database_url, FakeClock(datetime.now(UTC))))
    assert set(found.values()) == {Verdict.OK}
    assert "doctor_database_good" in found


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
