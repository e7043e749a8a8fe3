"""The shared store: everything that is SQL lives in this folder, split by noun.

with archive.write() as tx:          # one transaction: all of it or nothing
    filings = tx.records.file(...)
    tx.alerts.owe(...)
    tx.feeds.save(...)
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, text

from worker.archive.afterwards import Afterwards
from worker.archive.alerts import Alerts
from worker.archive.backfills import Backfills
from worker.archive.canary import Canary
from worker.archive.channels import Channels
from worker.archive.clock import ArchiveClock
from worker.archive.consistency import Consistency
from worker.archive.coverage import Coverage
from worker.archive.engine import Database
from worker.archive.feeds import Feeds
from worker.archive.figures import FigureCounts
from worker.archive.fleet import Fleet
from worker.archive.held import Beat, Held, Waiting
from worker.archive.histories import AlertHistories
from worker.archive.index import Answer, Index
from worker.archive.inspection import embedded_file
from worker.archive.migrate import backup, current, require_current, restore, upgrade
from worker.archive.outbox import Outbox
from worker.archive.quarantines import Quarantines
from worker.archive.records import Records
from worker.archive.rereading import Addresses, Rereading
from worker.archive.retention import Retention
from worker.archive.stories import Stories
from worker.archive.subscriptions import Changes, Stored, Subscriptions
from worker.archive.together import Together
from worker.archive.troubles import Troubles
from worker.archive.versions import head as schema_version
from worker.archive.visits import Visits
from worker.errors import ArchiveBusy, ArchiveError, ArchiveUnreachable

__all__ = [
    "Addresses",
    "Answer",
    "Archive",
    "Beat",
    "Changes",
    "Stored",
    "Transaction",
    "Waiting",
    "look_at_archive",
    "open_archive",
    "restore",
    "schema_version",
]

T = TypeVar("T")

# Before a write is done again: a new connection is there at once, a server that restarts within a second.
_PAUSES_S = (0.0, 1.0)


class Transaction:
    """One transaction, with the archive's nouns as its rooms."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.feeds = Feeds(connection)
        self.backfills = Backfills(connection)
        self.records = Records(connection)
        self.subscriptions = Subscriptions(connection)
        self.alerts = Alerts(connection)
        self.held = Held(connection)
        self.outbox = Outbox(connection)
        self.channels = Channels(connection)
        self.visits = Visits(connection)
        self.afterwards = Afterwards(connection)
        self.index = Index(connection)
        self.consistency = Consistency(connection)
        self.retention = Retention(connection)
        self.rereading = Rereading(connection)
        self.coverage = Coverage(connection)
        self.troubles = Troubles(connection)
        self.stories = Stories(connection)
        self.quarantines = Quarantines(connection)
        self.histories = AlertHistories(connection)
        self.fleet = Fleet(connection)
        self.figures = FigureCounts(connection)
        self.canary = Canary(connection)
        self.clock = ArchiveClock(connection)

    def alone(self, errand: str) -> None:
        """Wait until no other transaction is on this errand, and let none begin it before the commit."""
        if self._connection.dialect.name != "sqlite":  # which has one writer anyway
            self._connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:errand))"), {"errand": errand})

    def schema(self) -> str:
        """The schema that the database has, "" = it is empty."""
        return current(self._connection) or ""

    def may_wait(self) -> None:
        """Whoever reads this transaction's records may pause as long as he likes: PostgreSQL ends idle ones else."""
        if self._connection.dialect.name != "sqlite":
            self._connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


class Archive:
    """The archive in one database. Threads may share it; processes open their own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together = Together(database)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view. Raises: ArchiveError."""
        with self._database.read() as connection:
            yield Transaction(connection)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that commits at the end, or not at all. Raises: ArchiveError."""
        with self._database.write() as connection:
            yield Transaction(connection)

    def write_together(self, work: Callable[[Transaction], T]) -> T:
        """The same for a write of many that come at once: they may share a commit, and each is all or nothing.

        What passes (a lock, a deadlock, a connection that ended) is waited for and done again, whole: so that a site need not
        be asked again, nor a message be sent again, for it.
        work: may be run several times, so it does nothing beside its writing. Raises: ArchiveError, and what it raises.
        """
        for pause_s in _PAUSES_S:
            try:
                return self._together.write(lambda connection: work(Transaction(connection)))
            except ArchiveBusy:
                pass  # it was waited for
            except ArchiveUnreachable:
                time.sleep(pause_s)
        return self._together.write(lambda connection: work(Transaction(connection)))

    @property
    def database(self) -> Database:
        """For migrations, tests and fail points; the flow uses `read` and `write`."""
        return self._database

    def backup(self, file: Path) -> None:
        """Copy the embedded archive into `file`, also while it is in use. Raises: ArchiveError."""
        backup(self._database, file)

    def close(self) -> None:
        self._database.close()


def open_archive(url: str, *, busy_timeout_s: float = 10.0, migrate: bool | None = None) -> Archive:
    """Open the archive at `url`.

    migrate: True brings the schema up to date, False never does; None does it where nobody else can be running another
    version against it: for SQLite, and for an empty database. With False nothing is made, not even an empty file.
    Raises: ArchiveUnreachable, SchemaMismatch.
    """
    if migrate is False:
        _refuse_missing(url)
    database = Database(url, busy_timeout_s=busy_timeout_s)
    try:
        if migrate:
            upgrade(database)
        else:
            require_current(database, may_upgrade=migrate is None)
    except ArchiveError:
        database.close()
        raise
    return Archive(database)


def look_at_archive(url: str, *, busy_timeout_s: float) -> Archive:
    """The archive at `url` as it is, whatever its schema, only to be read: nothing is made or brought up to date.

    Nothing is connected to yet. Raises: ArchiveUnreachable when there is none, or the address cannot be read.
    """
    _refuse_missing(url)
    return Archive(Database(url, busy_timeout_s=busy_timeout_s))


def _refuse_missing(url: str) -> None:
    """SQLite would make the file, and as whoever only wanted to look: the service's user may not be able to write it."""
    file = embedded_file(url)
    if file is not None and not file.is_file():
        raise ArchiveUnreachable(
            f"{file}: there is no archive yet; `feedwacht run` or `feedwacht db upgrade` makes one"
        )
