"""Engines for SQLite and PostgreSQL: how a connection is set up, how transactions begin, how errors are named.

Nothing here knows a table.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from worker.errors import ArchiveBusy, ArchiveError, ArchiveUnreachable, ArchiveUnwritable

_WRITES = "feedwacht_writes"
_BUSY = ("database is locked", "database table is locked", "lock timeout", "deadlock detected", "could not serialize")
_DISK = ("disk is full", "disk full", "no space left", "disk i/o error", "readonly database", "read-only")
# A write that changes nothing (4 µs): BEGIN IMMEDIATE succeeds where nothing can be written, and begins a reader there.
_MAY_WRITE = "PRAGMA incremental_vacuum(1)"
_SPOILED = ("readonly database", "unable to open database file", "disk i/o error")


class Database:
    """One database: `read()` and `write()` give connections inside a transaction.

    SQLite: WAL, synchronous=FULL, writers begin with BEGIN IMMEDIATE (a deferred one that turns writer fails at once
    instead of waiting: 876 of 1,200 such transactions were refused in a trial), readers with a plain BEGIN.
    """

    def __init__(self, url: str, *, busy_timeout_s: float = 10.0) -> None:
        self.url = _url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url, busy_timeout_s) if self.is_sqlite else _postgresql(self.url, busy_timeout_s)
        # Threads of one process queue here; SQLite itself would make them poll for its lock.
        self._writer: threading.Lock | nullcontext[None] = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def path(self) -> Path | None:
        """The SQLite file, None for a server."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads. Raises: ArchiveError."""
        with named_errors(self.url), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or not at all. Raises: ArchiveError."""
        with named_errors(self.url), self._writer, self.engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: True})
            with _begun(connection):
                yield connection

    def close(self) -> None:
        self.engine.dispose()


def _begun(connection: Connection) -> RootTransaction:
    """A transaction. If the connection turns out to be of no use, it is begun on a new one: nothing was done on it."""
    try:
        return connection.begin()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return connection.begin()


def _url(text: str) -> URL:
    try:
        url = make_url(text)
        known = url.get_backend_name() in ("sqlite", "postgresql")
    except (ArgumentError, NoSuchModuleError) as error:
        raise ArchiveUnreachable(
            "the database's address cannot be read; use sqlite:///FILE or postgresql+psycopg://…"
        ) from error
    if not known:
        raise ArchiveUnreachable(f"{url.drivername}: only sqlite:///FILE and postgresql+psycopg://… are supported")
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _sqlite(url: URL, busy_timeout_s: float) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ArchiveUnreachable("the archive must be a file: sqlite:///var/feedwacht.db")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveUnreachable(f"{Path(url.database).parent}: cannot be created: {error.strerror}") from error
    engine = create_engine(url, pool_size=5, max_overflow=60, pool_timeout=30, connect_args={"timeout": busy_timeout_s})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin when we say so, see `_begin`
        _use_wal(connection, busy_timeout_s)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
        if writes:
            connection.exec_driver_sql(_MAY_WRITE).close()

    event.listen(engine, "handle_error", _give_up_if_spoiled)
    return engine


def _give_up_if_spoiled(context: ExceptionContext) -> None:
    """SQLite opens a file as its rights are at that moment, and stays with it: only a new connection sees them mended.

    Taken for lost, a connection leaves the pool, and those that were opened before do so with it.
    """
    said = str(context.original_exception).lower()
    if context.connection is not None and any(words in said for words in _SPOILED):
        context.is_disconnect = True


def _use_wal(connection: sqlite3.Connection, busy_timeout_s: float) -> None:
    """Switch to WAL. SQLite does not wait for others here: two processes that start together collide at once."""
    give_up_s = time.monotonic() + busy_timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_s:
                raise
            time.sleep(0.02)
        else:
            return


# A server whose machine is gone says nothing: without these whoever waits for its answer does so for two hours.
_GONE_AFTER_30_S = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4, "tcp_user_timeout": 30_000}


def _postgresql(url: URL, lock_timeout_s: float) -> Engine:
    options = (
        f"-c timezone=UTC -c lock_timeout={int(lock_timeout_s * 1000)} -c idle_in_transaction_session_timeout=60000"
    )
    return create_engine(
        url,
        pool_size=5,
        max_overflow=60,
        pool_pre_ping=True,
        connect_args={
            "options": options,
            "connect_timeout": 10,
            "application_name": "feedwacht",
            **_GONE_AFTER_30_S,
        },
    )


@contextmanager
def named_errors(url: URL) -> Iterator[None]:
    """Database errors as ours, in one line, without the SQL and without the password."""
    try:
        yield
    except PoolTimeout as error:
        raise ArchiveBusy("the archive's connections are all in use; try again") from error
    except DBAPIError as error:
        raise _named(error, url) from error
    except SQLAlchemyError as error:
        raise ArchiveError(f"the archive failed: {type(error).__name__}") from error
    except sqlite3.Error as error:
        raise ArchiveError(f"the archive failed: {error}") from error


def _in_one_line(text: str) -> str:
    """A driver's own words: its lines as clauses, and of several tries (one for each address of a name) the last one."""
    last = text.partition("\nMultiple connection attempts failed")[0]
    last = last.removeprefix("connection failed: ").removeprefix("connection is bad: ")
    return "; ".join(" ".join(line.split()) for line in last.splitlines() if line.strip())[:300]


def _named(error: DBAPIError, url: URL) -> ArchiveError:
    said = _in_one_line(str(error.orig))
    where = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    lower = said.lower()
    if any(word in lower for word in _BUSY):
        return ArchiveBusy(f"the archive {where} is busy: another process held it too long; try again")
    if any(word in lower for word in _DISK):
        return ArchiveUnwritable(f"the archive {where} cannot be written: {said}; make room or mend the rights")
    if "file is not a database" in lower or "malformed" in lower:
        return ArchiveError(f"{where} is no intact database: {said}; restore a backup")
    if error.connection_invalidated or isinstance(error, OperationalError):
        return ArchiveUnreachable(f"the archive {where} cannot be reached: {said}")
    return ArchiveError(f"the archive {where} refused: {said}")
