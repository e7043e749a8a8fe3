"""An archive with rows in it goes on after an upgrade, whichever schema it comes from."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from worker.archive import Archive, open_archive
from worker.archive.engine import Database
from worker.archive.versions import alembic_config
from worker.model import Lease, Means

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


def alert_rows(connection: Connection) -> None:
    named = {"name": "Rat", "query": "Rat", "canonical": "{}", "channels": '["hook"]', "paused": False}
    insert(connection, "subscriptions", id=1, origin="command", created_at=NOON, **named)
    owed = {"subscription_id": 1, "record_id": 1, "kind": "new", "query": "Rat", "created_at": NOON}
    spans = json.dumps([{"field": "title", "start": 0, "end": 3, "text": "Rat"}])
    insert(connection, "alerts", id="alert_a", spans=spans, **owed)
    waiting = {"state": "pending", "attempts": 1, "retry_at": NOON, "payload": b"{}", "detail": "not now"}
    insert(connection, "deliveries", id="msg_a", alert_id="alert_a", channel="hook", **waiting)
    tried = {"number": 1, "started_at": NOON, "took_s": 0.5, "result": "retry", "status": 503, "detail": "not now"}
    insert(connection, "attempts", id=1, delivery_id="msg_a", **tried)
    insert(connection, "troubles", id=1, feed_id=1, kind="silent", detail="", began_at=NOON)
    told = {"phase": "began", "channel": "hook", "sentence": "Stille", "created_at": NOON}
    insert(connection, "notices", id="note_a", trouble_id=1, **told, **waiting)


@contextmanager
def upgraded(database_url: str, schema: str, fill: Callable[[Connection], None]) -> Iterator[Archive]:
    """An archive that was filled when this was its schema, with today's."""
    database = Database(database_url)
    with database.write() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, schema)
        insert(connection, "hosts", name="www.stadtblatt.example")
        fill(connection)
    database.close()
    with closing(open_archive(database_url, migrate=True)) as archive:
        yield archive


def before_digests(connection: Connection) -> None:
    """… and follow-ups."""
    feed_row(connection, 1)
    record_row(connection)
    alert_rows(connection)


def test_what_was_owed_before_is_still_owed(database_url: str) -> None:
    with upgraded(database_url, "0004", before_digests) as archive, archive.write() as tx:
        [row] = tx.alerts.rows()
        [tried] = tx.alerts.attempts("msg_a")
        [trouble] = tx.troubles.open()
        [subscription] = tx.subscriptions.all()
        lease = Lease(token="a" * 32, until=NOON + timedelta(minutes=1))
        [delivery] = tx.outbox.lease("hook", NOON, lease)
        [notice] = tx.troubles.lease("hook", NOON, lease)
    assert (row.id, row.alert_id, row.state, row.attempts, row.kind) == ("msg_a", "alert_a", "pending", 1, "new")
    assert (tried.status, tried.detail, tried.answer) == (503, "not now", "")
    assert (trouble.feed_id, trouble.channel) == (1, "")
    assert (subscription.digest, subscription.on_edit, subscription.max_alerts_per_hour) == ("", "new-match", 0)
    assert (delivery.attempt, delivery.payload, delivery.alert.id) == (2, b"{}", "alert_a")
    assert (notice.id, notice.attempt) == ("note_a", 2)


def before_coverage(connection: Connection) -> None:
    """… and visits."""
    said = "no page 2; articles of https://x.example/ since 2025-12-02 08:30 UTC may be missing"
    feed_row(connection, 1, gap=f"2025-12-03 09:15 UTC: {said}")
    catch_up = {"page": 4, "failures": 1, "since": NOON.timestamp(), "seen": SHOWN}
    feed_row(connection, 2, catch_up=json.dumps(catch_up), catch_up_at=NOON)
    record_row(connection)


def test_an_archive_of_before_goes_on(database_url: str) -> None:
    with upgraded(database_url, "0003", before_coverage) as archive, archive.read() as tx:
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
