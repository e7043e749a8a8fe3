"""An archive with rows in it, as the schema before coverage and visits left them, goes on."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text

from worker.archive import Archive, open_archive
from worker.archive.engine import Database
from worker.archive.migrate import _config
from worker.model import Means

NOON = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
SHOWN = [["d1", "k1", NOON.timestamp(), "l1"]]


def insert(connection: Connection, table: str, **values: Any) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f":{name}" for name in values)
    given = {
        name: f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value for name, value in values.items()
    }
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), given)


def feed_row(connection: Connection, number: int, **more: Any) -> None:
    url = f"https://www.stadtblatt.example/{number}/feed/"
    window = json.dumps(SHOWN)
    plain = {"url": url, "poll_url": url, "source": "stadtblatt", "host": "www.stadtblatt.example", "interval_s": 600.0}
    times = {"added_at": NOON, "next_poll_at": NOON, "first_polled_at": NOON, "full_at": NOON}
    insert(connection, "feeds", id=number, origin="command", window=window, ground=window, **plain, **times, **more)


def record_row(connection: Connection) -> None:
    url = "https://www.stadtblatt.example/rat/"
    plain = {"key": "0123456789abcdef", "url_key": url, "url": url, "source": "stadtblatt", "source_line": "Stadtblatt"}
    said = {"title": "Rat", "category": "Stadt", "categories": '["Stadt"]', "tags": "[]", "body": "Text."}
    kept = {"published_at_from": "feed", "timezone": "Europe/Berlin", "day_local": "2025/12/03", "state_hash": "s"}
    times = {"published_at": NOON, "first_seen_at": NOON, "changed_at": NOON}
    insert(connection, "records", id=1, search_text="", file_due=False, **plain, **said, **kept, **times)


@pytest.fixture
def upgraded(database_url: str) -> Archive:
    database = Database(database_url)
    with database.write() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        insert(connection, "hosts", name="www.stadtblatt.example")
        said = "no page 2; articles of https://x.example/ since 2025-12-02 08:30 UTC may be missing"
        feed_row(connection, 1, gap=f"2025-12-03 09:15 UTC: {said}")
        catch_up = {"page": 4, "failures": 1, "since": NOON.timestamp(), "seen": SHOWN}
        feed_row(connection, 2, catch_up=json.dumps(catch_up), catch_up_at=NOON)
        record_row(connection)
    database.close()
    return open_archive(database_url, migrate=True)


def test_an_archive_of_before_goes_on(upgraded: Archive) -> None:
    try:
        with upgraded.read() as tx:
            first, second = tx.feeds.all()
            [gap] = tx.coverage.gaps(first.id)
            [filed] = tx.records.stream()
            assert tx.coverage.gaps(second.id) == []
            assert tx.visits.due("www.stadtblatt.example", NOON, limit=10) == []
            assert tx.records.count_files_due() == 1
        assert (first.covered_to, second.covered_to) == (NOON, None), "who was catching up has proved nothing"
        assert gap.from_at == datetime(2025, 12, 2, 8, 30, tzinfo=UTC)
        assert (gap.to_at, gap.closed_at) == (datetime(2025, 12, 3, 9, 15, tzinfo=UTC), None)
        assert second.catch_up is not None
        assert (second.catch_up.cursor.means, second.catch_up.cursor.page) == (Means.PAGED, 4)
        assert (filed.withdrawn_at, filed.revision) == (None, 1)
    finally:
        upgraded.close()
