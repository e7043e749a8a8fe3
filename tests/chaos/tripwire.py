"""Wires in the archive that trip when a write undoes what a later one wrote, and a look at what was filed last.

What a worker writes late, after another one took its work over, is mostly the same as what is there; only here it shows
that it was not refused. Owns the triggers; must not know who works, nor who harms.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from sqlalchemy import text

from tests.servers import conninfo
from worker.archive import Archive

# The farm's ETags say the page and the number of the newest item, `"1-1234"`; a feed keeps that of its first page.
_SQLITE = """
CREATE TABLE chaos_trips (said TEXT);
CREATE TRIGGER chaos_feed AFTER UPDATE OF etag ON feeds
    WHEN CAST(substr(NEW.etag, 4) AS INTEGER) < CAST(substr(OLD.etag, 4) AS INTEGER)
    BEGIN INSERT INTO chaos_trips VALUES (NEW.url || ' went back from ' || OLD.etag || ' to ' || NEW.etag); END;
CREATE TRIGGER chaos_sent AFTER UPDATE OF state ON deliveries WHEN OLD.state = 'sent' AND NEW.state <> 'sent'
    BEGIN INSERT INTO chaos_trips VALUES (NEW.id || ' was sent and is ' || NEW.state); END;
"""
_POSTGRES = """
CREATE TABLE chaos_trips (said TEXT);
CREATE FUNCTION chaos_feed() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO chaos_trips VALUES (NEW.url || ' went back from ' || OLD.etag || ' to ' || NEW.etag); RETURN NULL; END $$;
CREATE TRIGGER chaos_feed AFTER UPDATE OF etag ON feeds FOR EACH ROW
    WHEN (substring(NEW.etag FROM '-([0-9]+)')::int < substring(OLD.etag FROM '-([0-9]+)')::int)
    EXECUTE FUNCTION chaos_feed();
CREATE FUNCTION chaos_sent() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO chaos_trips VALUES (NEW.id || ' was sent and is ' || NEW.state); RETURN NULL; END $$;
CREATE TRIGGER chaos_sent AFTER UPDATE OF state ON deliveries FOR EACH ROW
    WHEN (OLD.state = 'sent' AND NEW.state <> 'sent') EXECUTE FUNCTION chaos_sent();
"""


def lay(database: str) -> None:
    """database: the address of a migrated archive."""
    if database.startswith("sqlite"):
        with closing(sqlite3.connect(_path(database))) as connection:
            connection.executescript(_SQLITE)
    else:
        with psycopg.connect(conninfo(database), autocommit=True) as connection:
            connection.execute(_POSTGRES.encode())


def tripped(archive: Archive) -> list[str]:
    """A sentence for each time that a wire tripped."""
    with archive.database.read() as connection:
        return list(connection.execute(text("SELECT said FROM chaos_trips")).scalars())


def await_filing(database: str, timeout_s: float) -> bool:
    """Whether a new record is there within that time; returns as soon as its transaction shows. Raises: the driver's errors."""
    with _looking(database) as newest:
        before, until_s = newest(), time.monotonic() + timeout_s
        while time.monotonic() < until_s:
            if newest() > before:
                return True
            time.sleep(0.001)
    return False


@contextmanager
def _looking(database: str) -> Iterator[Callable[[], int]]:
    connection: Any
    if database.startswith("sqlite"):
        connection = sqlite3.connect(_path(database), isolation_level=None, timeout=0.2)
    else:
        connection = psycopg.connect(conninfo(database), autocommit=True)
    with closing(connection):
        yield lambda: connection.execute("SELECT coalesce(max(id), 0) FROM records").fetchone()[0]


def _path(database: str) -> str:
    return database.removeprefix("sqlite:///")
