"""Archives of full size: one feed that was really polled, and as many like it as one asks for, by bulk INSERT."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Table, bindparam, select, text, update

from bench.scale.crowd import sql_host
from worker.archive import Archive
from worker.archive.schema import UtcDateTime, feeds

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


def copies(table: Table, numbers: str, own: Mapping[str, str], original: str) -> str:
    """An INSERT of one copy a number of the row with the id `original`. own: SQL of the columns that differ; the id is
    the database's to give.
    """
    names = [column.name for column in table.columns if column.name != "id"]
    values = ", ".join(own.get(name, f'it."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table.name} ({columns}) {numbers} SELECT {values} FROM numbers, {table.name} it WHERE it.id = {original}"


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
