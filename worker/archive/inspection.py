"""What a database is, as far as it can be told without being able to use it: for `feedwacht doctor`."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from worker.archive.engine import Database
from worker.archive.migrate import current
from worker.archive.versions import head


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """path: of the embedded archive, None = a server. version: the server's, or SQLite's. schema: what it has, "" = it
    is empty; needed: what this feedwacht needs. is_wal: of SQLite. now: the server's clock, None = it has none of its own.
    """

    path: Path | None
    version: str
    schema: str
    needed: str
    is_wal: bool = False
    now: datetime | None = None


def embedded_file(url: str) -> Path | None:
    """The file of an embedded archive, which need not be there; None = a server, or an address that cannot be read."""
    try:
        parts = make_url(url)
    except ArgumentError:
        return None
    is_file = parts.get_backend_name() == "sqlite" and parts.database
    return Path(str(parts.database)) if is_file else None


def inspect_database(url: str) -> Inspected:
    """Look, and change nothing. Raises: ArchiveError."""
    database = Database(url, busy_timeout_s=5.0)
    try:
        with database.read() as connection:
            return _inspected(database, connection)
    finally:
        database.close()


def _inspected(database: Database, connection: Connection) -> Inspected:
    empty = not inspect(connection).get_table_names()
    schema = "" if empty else current(connection) or ""
    if database.is_sqlite:
        version = connection.execute(select(func.sqlite_version())).scalar_one()
        mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
        is_wal = mode == "wal"
        return Inspected(path=database.path, version=str(version), schema=schema, needed=head(), is_wal=is_wal)
    version = connection.execute(text("SHOW server_version")).scalar_one()
    now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return Inspected(path=None, version=str(version), schema=schema, needed=head(), now=now)
