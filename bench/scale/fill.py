"""Archives of full size: one feed that was really polled, and as many like it as one asks for, by bulk INSERT."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Table, bindparam, func, select, text, update

from bench.scale.crowd import sql_host
from worker.archive import Archive
from worker.archive.schema import UtcDateTime, evidence, feeds, record_keys, record_urls, records, sightings

_NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
_LATER = timedelta(hours=1)


def fill_feeds(archive: Archive, first: int, last: int, *, hosts: int, port: int) -> None:
    """Feeds `first` to `last` of the crowd, as they are after a poll: like the feed with the smallest id, with its window,
    validators and rhythm, but due in an hour.
    """
    numbers, host = _NUMBERS.format(first=first, last=last), sql_host("n", hosts, port)
    url = f"'http\\://' || {host} || '/' || n || '/feed/'"
    own = {"url": url, "poll_url": url, "validators_url": url, "host": host, "next_poll_at": ":due_at"}
    due_at = bindparam("due_at", datetime.now(UTC) + _LATER, UtcDateTime())
    known = f"INSERT INTO hosts (name) {numbers} SELECT DISTINCT {host} FROM numbers WHERE true ON CONFLICT DO NOTHING"
    with archive.database.write() as connection:
        connection.execute(text(known))
        connection.execute(text(copies(feeds, numbers, own, "(SELECT min(id) FROM feeds)")).bindparams(due_at))
    settle(archive, ["feeds", "hosts"])


def fill_records(archive: Archive, count: int) -> None:
    """Until there are so many records, with their addresses, sightings, evidence and words: like the first one, but with
    texts of a paragraph, so that a million of them fit on a disk. PostgreSQL only.
    """
    with archive.database.write() as connection:
        there = connection.execute(select(func.count()).select_from(records)).scalar_one()
        first = connection.execute(select(func.min(records.c.id))).scalar_one()
        base = connection.execute(select(func.max(records.c.id))).scalar_one()
        numbers = _NUMBERS.format(first=base + 1, last=base + count - there)
        for table, own in _OF_A_RECORD.items():
            key = "id" if table is records else "record_id"
            connection.execute(text(copies(table, numbers, {**own, key: "n"}, str(first), key)))
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('records', 'id'), {base + count})"))
    settle(archive, [table.name for table in _OF_A_RECORD])


_ADDRESS = "'bench.example/' || n"
_OF_A_RECORD = {
    records: {
        "key": "lpad(to_hex(n), 16, '0')",
        "url_key": _ADDRESS,
        "post_id": "'x' || n",
        "url": "'http\\://bench.example/' || n",
        "body": "left(it.body, 200)",
        "file_due": "false",
        "published_at": "it.published_at - n * interval '1 minute'",
        "first_seen_at": "it.first_seen_at - n * interval '1 minute'",
    },
    record_urls: {"url_key": _ADDRESS, "url": "'http\\://bench.example/' || n"},
    sightings: {},
    evidence: {"body": "substring(it.body for 100)"},
    record_keys: {"words": "left(it.words, 200) || ' n' || n"},
}


def copies(table: Table, numbers: str, own: Mapping[str, str], original: str, key: str = "id") -> str:
    """An INSERT of one copy a number of the row whose `key` is `original`. own: SQL of the columns that differ; without
    it the key is the database's to give.
    """
    names = [column.name for column in table.columns if column.name != key or key in own]
    values = ", ".join(own.get(name, f'it."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    return (
        f"INSERT INTO {table.name} ({columns}) {numbers} SELECT {values} FROM numbers, {table.name} it "
        f"WHERE it.{key} = {original}"
    )


def settle(archive: Archive, tables: Sequence[str]) -> None:
    """As after a night: the planner knows how large the tables are, and dead rows are gone."""
    if archive.database.is_sqlite:
        with archive.database.write() as connection:
            connection.exec_driver_sql("ANALYZE")
        return
    with archive.database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        for table in tables:
            connection.exec_driver_sql(f"VACUUM ANALYZE {table}")


def make_due(archive: Archive, most: int | None = None) -> int:
    """Every feed is due, or the first so many. Returns: how many."""
    due = update(feeds).values(next_poll_at=datetime.now(UTC))
    if most is not None:
        due = due.where(feeds.c.id.in_(select(feeds.c.id).order_by(feeds.c.id).limit(most)))
    with archive.database.write() as connection:
        return connection.execute(due).rowcount


def pace(archive: Archive, interval_s: float) -> None:
    """Every feed is polled at this interval, taken literally."""
    with archive.database.write() as connection:
        connection.execute(update(feeds).values(interval_s=interval_s, interval_given=True))
