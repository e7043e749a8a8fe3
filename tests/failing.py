"""A database that fails at a chosen step, once or for as long as wanted, beneath the archive: where its driver is called.

Faults are the drivers' own errors, so that they take the way through the archive that real ones take.
"""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from worker.archive import Archive

Step = str  # "statement", "commit" (nothing is committed), or "committed" (it is, and nobody hears of it)
Fails = Callable[[int], str]  # the number of a step, from 1 -> the name of the fault, "" = none

_SQLITE: dict[str, Exception] = {
    "locked": sqlite3.OperationalError("database is locked"),
    "full": sqlite3.OperationalError("database or disk is full"),
    "cut": sqlite3.OperationalError("disk I/O error"),
}
_POSTGRES: dict[str, Exception] = {
    "locked": psycopg.errors.DeadlockDetected("deadlock detected"),
    "full": psycopg.errors.DiskFull("could not extend file: No space left on device"),
    "cut": psycopg.OperationalError("server closed the connection unexpectedly"),
}
FAULTS = tuple(_SQLITE)


@contextmanager
def failing(archive: Archive, step: Step, fails: Fails, *, only_sql: str = "") -> Iterator[list[int]]:
    """Until the end of the block these steps fail. Gives how many steps came. only_sql: statements that begin so."""
    dialect, count = archive.database.engine.dialect, [0]
    numbers = itertools.count(1)
    faults = _SQLITE if archive.database.is_sqlite else _POSTGRES

    def strike(connection: Any) -> None:
        count[0] = number = next(numbers)
        name = fails(number)
        if name == "cut" and not archive.database.is_sqlite:
            connection.close()  # so that it is no use to anybody any more
        if name:
            raise faults[name]

    usual = {name: getattr(dialect, name) for name in ("do_execute", "do_executemany", "do_commit")}

    def execute(name: str) -> Callable[..., None]:
        def run(cursor: Any, *arguments: Any, **more: Any) -> None:
            if arguments[0].lstrip().startswith(only_sql):
                strike(cursor.connection)
            usual[name](cursor, *arguments, **more)

        return run

    def commit(connection: Any) -> None:
        if step == "committed":
            usual["do_commit"](connection)
        strike(connection.dbapi_connection)
        if step == "commit":
            usual["do_commit"](connection)

    changed = {"do_commit": commit}
    if step == "statement":
        changed = {name: execute(name) for name in ("do_execute", "do_executemany")}
    for name, replaced in changed.items():
        setattr(dialect, name, replaced)
    try:
        yield count
    finally:
        for name in changed:
            delattr(dialect, name)  # the class's own is there again


def only(number: int, fault: str) -> Fails:
    """Just this step."""
    return lambda at: fault if at == number else ""


def always(fault: str) -> Fails:
    return lambda _: fault
