"""Processes whose broker is away, at their start or later: they say so, where others look, and go on when it is there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.office import Office, open_office, wait_until
from tests.servers import RedisServer
from worker import checkup
from worker.archive import Archive, open_archive
from worker.settings import load

pytestmark = pytest.mark.slow


@pytest.fixture
def office(tmp_path: Path, own_redis: RedisServer) -> Iterator[Office]:
    own_redis.kill()
    with open_office(tmp_path, f"sqlite:///{tmp_path}/feedwacht.db", own_redis.url) as one:
        one.start("db", "upgrade").wait(60)
        yield one


@pytest.fixture
def archive(office: Office, tmp_path: Path) -> Iterator[Archive]:
    one = open_archive(f"sqlite:///{tmp_path}/feedwacht.db")
    yield one
    one.close()


def idle_reasons(archive: Archive, role: str) -> list[str]:
    with archive.read() as tx:
        return [one.idle_reason for one in tx.fleet.all() if one.role == role]


def test_a_worker_that_waits_for_its_broker_reports_what_it_waits_for(
    office: Office, archive: Archive, own_redis: RedisServer
) -> None:
    worker = office.start("worker")
    wait_until(lambda: idle_reasons(archive, "worker") != [], 60, lambda: worker.text)
    [reason] = idle_reasons(archive, "worker")
    assert reason == f"it waits for the broker {own_redis.url}: does that run, is the address right?"
    found = checkup.check(load(office.config, {}), "poll", datetime.now(UTC))
    assert (found.is_good, f"wartet auf den Broker {own_redis.url}: läuft der, " in found.said) == (False, True)
    own_redis.start()
    beat = office.start("beat")
    beat.await_line(f"weckt die Worker alle 0.3 s über {own_redis.url}")
    worker.await_line("poll ", timeout_s=90)
    wait_until(lambda: idle_reasons(archive, "worker") == [""], 5, lambda: str(idle_reasons(archive, "worker")))
    assert "the broker is there again" in worker.text
    assert worker.terminate() == 0
    assert idle_reasons(archive, "worker") == []


def test_processes_that_lose_their_broker_at_work_say_so_once_and_are_back_within_seconds(
    office: Office, archive: Archive, own_redis: RedisServer
) -> None:
    own_redis.start()
    worker, beat = office.start("worker"), office.start("beat")
    worker.await_line("poll ", timeout_s=90)
    own_redis.kill()
    wait_until(
        lambda: [reason[:23] for reason in idle_reasons(archive, "worker")] == ["it waits for the broker"],
        40,
        lambda: worker.text,
    )
    beat.await_line("the broker does not take what the beat rings")
    own_redis.start()
    worker.await_line("the broker is there again")
    beat.await_line("the broker takes again what the beat rings")
    wait_until(lambda: idle_reasons(archive, "worker") == [""], 15, lambda: str(idle_reasons(archive, "worker")))
    assert worker.text.count("the broker cannot be reached") == 1
    assert "Trying again" not in worker.text + beat.text
    assert worker.terminate() == 0


def test_a_worker_that_is_ended_while_it_waits_says_goodbye(office: Office, archive: Archive) -> None:
    worker = office.start("worker", "--queue", "deliver")
    worker.await_line("verschickt die Alarme von 1 Abonnement (hook) und schreibt Artikeldateien")
    wait_until(lambda: idle_reasons(archive, "worker") != [], 60, lambda: worker.text)
    assert "beobachtet" not in worker.text
    assert worker.terminate() == 0
    assert idle_reasons(archive, "worker") == []
