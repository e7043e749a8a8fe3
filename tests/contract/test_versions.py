"""Work is taken by code that the archive is made for, and its schema changes as a whole, on both databases."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, inspect, text

from tests.outgrown import go_back, outgrow_generation, outgrow_schema
from worker.archive import Archive, Transaction, open_archive, schema_version
from worker.archive.engine import Database
from worker.archive.migrate import upgrade
from worker.archive.versions import GENERATION, generation_of
from worker.errors import SchemaMismatch
from worker.model import Lease

NOON = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
LEASE = Lease(token="a" * 32, until=NOON + timedelta(minutes=1))
HOST = "www.stadtblatt.example"

CLAIMS: dict[str, Callable[[Transaction], object]] = {
    "hosts": lambda tx: tx.feeds.claim(NOON, LEASE),
    "one host": lambda tx: tx.feeds.claim_host(HOST, NOON, LEASE),
    "deliveries": lambda tx: tx.outbox.lease("hook", NOON, LEASE),
    "notices": lambda tx: tx.troubles.lease("hook", NOON, LEASE),
    "what is held": lambda tx: tx.held.due(NOON),
    "the index": lambda tx: tx.index.due(1),
    "record files": lambda tx: tx.records.files_due(1),
    "removed files": lambda tx: tx.records.files_to_remove(),
    "retention": lambda tx: tx.retention.begin(NOON),
    "anything else": lambda tx: tx.fleet.admit(),
}


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    one = open_archive(database_url, migrate=True)
    with one.write() as tx:
        tx.feeds.add_host(HOST)
    yield one
    one.close()


def refusals(archive: Archive) -> dict[str, str]:
    """What each claim says, those that are admitted left out."""
    said = {}
    for name, claim in CLAIMS.items():
        try:
            with archive.write() as tx:
                claim(tx)
        except SchemaMismatch as error:
            said[name] = str(error)
    return said


def test_no_claim_takes_from_an_archive_that_was_upgraded_beneath_it(archive: Archive) -> None:
    assert refusals(archive) == {}
    outgrow_schema(archive)
    sentence = f"the archive is at schema 9999, made by a newer feedwacht; this one knows {schema_version()}"
    advice = "upgrade this machine, which takes no work until then"
    assert refusals(archive) == dict.fromkeys(CLAIMS, f"{sentence}: {advice}")
    with archive.read() as tx:
        assert tx.feeds.host(HOST).free_at is None
        assert tx.fleet.obstacle() == f"{sentence}: {advice}"
    go_back(archive)
    assert refusals(archive) == {}


def test_nor_from_one_of_a_later_generation_or_an_earlier_schema(archive: Archive) -> None:
    outgrow_schema(archive, "0005")
    assert {said.partition(",")[0] for said in refusals(archive).values()} == {"the archive has schema 0005"}
    go_back(archive)
    outgrow_generation(archive)
    assert set(refusals(archive)) == set(CLAIMS)
    assert "generation 99" in refusals(archive)["hosts"]


def test_code_that_is_too_old_neither_opens_nor_upgrades_it(archive: Archive) -> None:
    outgrow_generation(archive)
    url = archive.database.url.render_as_string(hide_password=False)
    with pytest.raises(SchemaMismatch, match="generation 99, made by a newer feedwacht"):
        open_archive(url)
    with pytest.raises(SchemaMismatch, match="generation 99"):
        upgrade(archive.database)
    with archive.database.read() as connection:
        assert generation_of(connection) == 99


def test_an_upgrade_raises_the_generation_and_newer_code_may_work_before(archive: Archive) -> None:
    with archive.database.write() as connection:
        assert generation_of(connection) == GENERATION
        connection.execute(text("DELETE FROM versions WHERE name = 'generation'"))
    assert refusals(archive) == {}
    upgrade(archive.database)
    with archive.database.read() as connection:
        assert generation_of(connection) == GENERATION


def test_two_upgrades_at_once_are_one(database_url: str) -> None:
    databases, together = [Database(database_url), Database(database_url)], threading.Barrier(2)

    def one(database: Database) -> tuple[str | None, str]:
        together.wait(10)
        return upgrade(database)

    with ThreadPoolExecutor(2) as pool:
        done = set(pool.map(one, databases))
    for database in databases:
        database.close()
    assert done == {(None, schema_version()), (schema_version(), schema_version())}


def test_the_second_upgrade_waits_longer_than_sqlite_does(tmp_path: Path) -> None:
    """The first one's steps take several times as long as anybody waits for a lock."""
    database = Database(f"sqlite:///{tmp_path}/a.db", busy_timeout_s=0.05)
    first = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    first.execute("PRAGMA journal_mode=WAL")
    first.execute("BEGIN IMMEDIATE")
    refused = []

    @event.listens_for(database.engine, "handle_error")
    def end_the_first_at_last(_: object) -> None:
        refused.append(1)
        if len(refused) == 3:
            first.rollback()

    assert upgrade(database) == (None, schema_version())
    assert len(refused) == 3
    first.close()
    database.close()


KILLED = """
import os, signal, sys
from sqlalchemy import event
from worker.archive.engine import Database
from worker.archive.migrate import upgrade

database, left = Database(sys.argv[1]), [int(sys.argv[2])]

@event.listens_for(database.engine, "after_cursor_execute")
def strike(*_):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

upgrade(database)
"""


@pytest.mark.slow
@pytest.mark.parametrize("statement", [12, 90])
def test_an_upgrade_that_is_killed_leaves_nothing_and_the_next_one_does_it(database_url: str, statement: int) -> None:
    argv = [sys.executable, "-c", KILLED, database_url, str(statement)]
    assert subprocess.run(argv, check=False, timeout=60).returncode == -signal.SIGKILL
    database = Database(database_url)
    with database.read() as connection:
        assert inspect(connection).get_table_names() == []
    assert upgrade(database) == (None, schema_version())
    assert upgrade(database) == (schema_version(), schema_version())
    database.close()
