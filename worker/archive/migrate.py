"""Schema steps (Alembic, forward only), and whole copies of the embedded archive."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from worker.archive.engine import Database, named_errors
from worker.archive.versions import (
    GENERATION,
    alembic_config,
    generation_of,
    head,
    known,
    raise_generation,
    refuse_newer,
)
from worker.errors import ArchiveBusy, ArchiveError, SchemaMismatch

PATIENCE_S = 3600.0  # for another one's steps; SQLite by itself waits for seconds, and hears no Ctrl-C meanwhile
_LOCK = 5_318_008_223  # any number of our own: two processes that start together migrate one after the other


def current(connection: Connection) -> str | None:
    """The schema that the database has; None = empty."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> tuple[str | None, str]:
    """Bring schema and generation up to date in one transaction. Returns: (revision before, revision after).

    Whoever comes second waits for the first one, and finds nothing left to do. Raises: ArchiveError.
    """
    give_up_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            return _upgraded(database)
        except ArchiveBusy:  # of PostgreSQL only if a worker was in the way of a step, which must not be waited for
            if not database.is_sqlite or time.monotonic() > give_up_s:
                raise


def _upgraded(database: Database) -> tuple[str | None, str]:
    with database.write() as connection:
        if not database.is_sqlite:
            _wait_for_others(connection)
        before, generation = _found(connection)
        refuse_newer(before, generation)
        if before != head():
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        raise_generation(connection)
    return before, head()


def _wait_for_others(connection: Connection) -> None:
    """As long as their steps take. The time-out for locks holds for the steps again: workers must not stand behind them."""
    limit = connection.execute(text("SHOW lock_timeout")).scalar_one()
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    connection.execute(text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": limit})


def _found(connection: Connection) -> tuple[str | None, int]:
    schema = current(connection)
    return schema, generation_of(connection) if schema is not None else 0


def require_current(database: Database, *, may_upgrade: bool) -> None:
    """Raises: SchemaMismatch when the schema is not the one this version needs and may not be changed here."""
    with database.read() as connection:
        found, generation = _found(connection)
        empty = found is None and not inspect(connection).get_table_names()
    refuse_newer(found, generation)
    may_upgrade = may_upgrade and (database.is_sqlite or empty)
    if found == head() and (generation == GENERATION or not may_upgrade):
        return
    if may_upgrade:
        upgrade(database)
        return
    if empty:
        raise SchemaMismatch("the archive is empty: run `feedwacht db upgrade`")
    raise SchemaMismatch(
        f"the archive has schema {found or 'none'}, this feedwacht needs {head()}: run `feedwacht db upgrade`"
    )


def backup(database: Database, file: Path) -> None:
    """Copy a SQLite archive page by page, also while others write. The copy is read back, and appears whole or not at all."""
    if database.path is None:
        raise ArchiveError("backup is for the embedded archive; for PostgreSQL use pg_dump")
    partial = file.with_name(file.name + ".partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with (
            named_errors(database.url),
            closing(sqlite3.connect(database.path)) as source,
            closing(sqlite3.connect(partial)) as copy,
        ):
            source.backup(copy)
            if not _is_intact(copy):
                raise ArchiveError(f"{file}: the backup cannot be read back: archive or disk are damaged")
        partial.replace(file)
    except OSError as error:
        raise ArchiveError(f"{file}: the backup cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def _is_intact(copy: sqlite3.Connection) -> bool:
    """What was damaged already is damaged in the copy, too."""
    try:
        return bool(copy.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def restore(url: str, file: Path) -> None:
    """Replace the contents of the embedded archive at `url` by those of `file`.

    Goes through SQLite's own backup interface, so that a worker that is running sees the restored contents and not a
    file that was pulled away under it.
    """
    database = Database(url)
    if database.path is None:
        raise ArchiveError("restore is for the embedded archive; for PostgreSQL use pg_restore")
    _refuse_foreign(file)
    with (
        named_errors(database.url),
        closing(sqlite3.connect(file)) as source,
        closing(sqlite3.connect(database.path)) as target,
    ):
        source.backup(target)
    require_current(database, may_upgrade=True)
    database.close()


def _refuse_foreign(file: Path) -> None:
    """What is wrong with a backup is found before it takes the place of anything."""
    if not file.is_file():
        raise ArchiveError(f"{file}: there is no such backup")
    try:
        with closing(sqlite3.connect(file.resolve().as_uri() + "?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            generation = connection.execute("SELECT value FROM versions WHERE name = 'generation'").fetchone()
            is_intact = _is_intact(connection)
    except sqlite3.DatabaseError as error:
        raise ArchiveError(f"{file}: this is no backup of feedwacht ({error})") from error
    if found is None or found[0] not in known() or (generation is not None and generation[0] > GENERATION):
        raise SchemaMismatch(f"{file}: the backup was made by a newer feedwacht; upgrade first")
    if not is_intact:
        raise ArchiveError(f"{file}: the backup is damaged; take another one")
