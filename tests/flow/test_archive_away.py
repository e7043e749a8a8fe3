"""The archive takes no writes for a while: it is locked, its disk is full, its connections are cut, it is read-only.

A site is not asked again and again for it, nothing is half done, no validator goes ahead of its entries, and when the
archive is back everything goes on by itself.
"""

import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event, text

from tests.failing import always, failing
from tests.fakes import Asked
from tests.house import FEED, House, open_house, publish_many
from worker.archive import open_archive
from worker.archive.engine import Database
from worker.audit import Audit
from worker.errors import ArchiveBusy, ArchiveError, ArchiveUnreachable, ArchiveUnwritable
from worker.model import FetchResult
from worker.recordfiles import write_due

TICK_S = 2.0
FROM = datetime(2026, 3, 2, 8, tzinfo=UTC)
Away = Callable[[House], AbstractContextManager[object]]


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """A house whose writers wait for others for a moment only."""
    open_archive(database_url).close()
    with open_house(database_url) as one:
        one.archive.close()
        archive = open_archive(database_url, busy_timeout_s=0.05)
        one.archive = archive
        one.equipment = type(one.equipment)(**{**_fields(one.equipment), "archive": archive})
        one.counter = type(one.counter)(**{**_fields(one.counter), "archive": archive})
        yield one
        archive.close()


def _fields(thing: object) -> dict[str, object]:
    return {name: getattr(thing, name) for name in thing.__dataclass_fields__}  # type: ignore[attr-defined]


def ticks(house: House, seconds: float) -> None:
    """A worker's ticks, each of which goes on where the archive refuses, as `tasks.py` has it."""
    for _ in range(int(seconds / TICK_S)):
        for step in (house.poll, house.deliver):
            with suppress(ArchiveError):
                step()
        house.clock.advance(TICK_S)


@contextmanager
def locked(house: House) -> Iterator[None]:
    """Another writer has the database and does not let go."""
    database = Database(house.archive.database.url.render_as_string(hide_password=False))
    with database.engine.connect() as other:
        if database.is_sqlite:
            other.connection.dbapi_connection.execute("BEGIN IMMEDIATE")  # type: ignore[union-attr]
        else:
            other.execute(text("LOCK TABLE hosts, feeds, deliveries, moments IN ACCESS EXCLUSIVE MODE"))
        yield
        other.rollback()
    database.close()


@contextmanager
def told_at_checkout(engine: Engine, statement: str) -> Iterator[None]:
    """Each connection is told this before it is used; in the end all of them are made anew."""

    def tell(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.commit()

    event.listen(engine, "checkout", tell)
    try:
        yield
    finally:
        event.remove(engine, "checkout", tell)
        engine.dispose()


@contextmanager
def full(house: House) -> Iterator[None]:
    """What needs room is refused, and what needs none goes through: the worst kind of full."""
    if not house.archive.database.is_sqlite:
        with failing(house.archive, "statement", always("full"), only_sql="INSERT"):
            yield
        return
    with told_at_checkout(house.archive.database.engine, "PRAGMA max_page_count = 1"):  # as many as there are
        yield


@contextmanager
def read_only(house: House) -> Iterator[None]:
    """As a server is for a while when another one takes over."""
    if house.archive.database.is_sqlite:
        with opened_read_only(house.archive.database):
            yield
        return
    with told_at_checkout(house.archive.database.engine, "SET default_transaction_read_only = on"):
        yield


@contextmanager
def opened_read_only(database: Database) -> Iterator[None]:
    """As SQLite opens a file that may not be written; what is open at the end of it stays open as it is."""

    def open_so(_dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> sqlite3.Connection:
        assert database.path is not None
        return sqlite3.connect(f"{database.path.resolve().as_uri()}?mode=ro", uri=True, **options)

    database.engine.dispose()
    event.listen(database.engine, "do_connect", open_so)
    try:
        yield
    finally:
        event.remove(database.engine, "do_connect", open_so)


@contextmanager
def cut(house: House) -> Iterator[None]:
    with failing(house.archive, "statement", always("cut")):
        yield


AWAY = {"locked": locked, "full": full, "read-only": read_only, "cut": cut}


@pytest.mark.parametrize("away", AWAY.values(), ids=list(AWAY))
@pytest.mark.parametrize("since", ["before", "during"])
def test_half_a_minute_without_the_archive(house: House, away: Away, since: str) -> None:
    """since: it goes away before a poll, or while the site answers."""
    house.subscribe("alles", "Neu")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 2, "Alt")
    house.add_feed()
    ticks(house, 10)
    house.clock.advance(700)
    titles = publish_many(feed, house.clock, 15, "Neu")[-10:]
    before, validators = len(house.web.requests), house.feed().validators
    story = away(house)

    def answer_and_go(asked: Asked) -> FetchResult:
        story.__enter__()
        return feed.answer(asked)

    if since == "during":
        house.web.script(FEED, answer_and_go)
        with suppress(ArchiveError):
            house.poll()
    else:
        story.__enter__()
    ticks(house, 30)
    story.__exit__(None, None, None)
    assert len(house.web.requests) - before <= (1 if since == "during" else 0) + 1, "the site is left alone"
    assert house.feed().validators == validators
    assert not set(house.titles()) & set(titles), "all of a page or nothing"
    ticks(house, 90)
    assert set(titles) <= set(house.titles())
    assert set(titles) <= set(house.sent_titles())
    assert len(house.sent_titles()) == len(set(house.sent_titles()))


def test_what_is_said(house: House) -> None:
    """Which error it is, in words that say what to do."""
    with full(house), pytest.raises(ArchiveUnwritable, match="make room"):
        _fill(house)
    with locked(house), pytest.raises(ArchiveBusy, match="is busy"):
        _fill(house)
    with cut(house), pytest.raises(ArchiveError):
        _fill(house)


def test_what_was_opened_read_only_is_not_kept(tmp_path: Path) -> None:
    """Several connections lie in the pool, opened while the file could not be written: not one write fails for it."""
    with closing(open_archive(f"sqlite:///{tmp_path}/feedwacht.db")) as archive:
        with opened_read_only(archive.database), archive.read(), archive.read(), archive.read():
            pass
        for _ in range(3):
            with archive.write() as tx:
                tx.fleet.note("x", FROM)
        with archive.read() as tx:
            assert tx.fleet.moment("x") == FROM


def test_a_write_that_would_change_nothing_fails_as_well(tmp_path: Path) -> None:
    """Else whoever finds nothing to write says something else of an archive that cannot be written."""
    with (
        closing(open_archive(f"sqlite:///{tmp_path}/feedwacht.db")) as archive,
        opened_read_only(archive.database),
        pytest.raises(ArchiveUnwritable),
        archive.write(),
    ):
        pass


def _fill(house: House) -> None:
    with house.archive.write() as tx:
        for number in range(500):
            tx.fleet.note(f"{number} {'x' * 50}", house.clock.now())


def test_a_write_that_several_do_together_is_done_again_when_that_helps(house: House) -> None:
    with failing(house.archive, "commit", lambda number: "locked" if number <= 2 else ""):
        house.archive.write_together(lambda tx: tx.fleet.note("x", house.clock.now()))
    with house.archive.read() as tx:
        assert tx.fleet.moment("x") == house.clock.now()


def test_backends_that_are_ended_are_no_fault_of_the_feed(postgres_url: str) -> None:
    """All connections of the server are ended while a page is being written: it is written again, whole."""
    with open_house(postgres_url) as house:
        feed = house.web.feed(FEED)
        publish_many(feed, house.clock, 3)
        house.add_feed()
        struck = [0]

        def end_all(connection: object, _cursor: object, statement: str, *_: object) -> None:
            if "INSERT INTO records" in statement and not struck[0]:
                struck[0] += 1
                _end_backends(postgres_url)

        event.listen(house.archive.database.engine, "before_cursor_execute", end_all)
        house.poll()
        assert struck[0] == 1
        assert (len(house.titles()), house.feed().failures) == (3, 0)
        assert len(house.web.requests) == 1, "the site was not asked again"


def _end_backends(url: str) -> None:
    database = Database(url)
    with database.engine.connect() as other:
        other.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    database.close()


def test_a_transaction_that_idled_too_long_is_ended_and_named(postgres_url: str) -> None:
    archive = open_archive(postgres_url)
    with pytest.raises(ArchiveUnreachable), archive.write() as tx:
        tx._connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 1"))
        _wait_until_ended(archive)
        tx.fleet.note("x", tx.clock.reads())  # type: ignore[arg-type]
    archive.close()


def _wait_until_ended(archive: object) -> None:
    """Until the server has ended the idle one."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'")
    while True:
        with archive.read() as tx:  # type: ignore[attr-defined]
            if not tx._connection.execute(query).scalar_one():
                return


# -- files --------------------------------------------------------------------------------------------------------------


def test_a_full_disk_of_record_files(tmp_path: Path) -> None:
    """Files of more than 200 bytes cannot be written for a while, in a process of its own. Afterwards all is there."""
    url, folder = f"sqlite:///{tmp_path}/feedwacht.db", tmp_path / "records"
    with open_house(url) as house:
        feed = house.web.feed(FEED)
        publish_many(feed, house.clock, 5)
        house.add_feed()
        house.poll()
        program = f"""
            import resource
            from pathlib import Path
            from worker.archive import open_archive
            from worker.recordfiles import write_due
            archive = open_archive({url!r})
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
            try:
                write_due(archive, Path({str(folder)!r}))
            except OSError as error:
                print(error.strerror)
        """
        run = [sys.executable, "-c", textwrap.dedent(program)]
        done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
        assert done.stdout in ("File too large\n", "No space left on device\n"), done.stderr
        assert write_due(house.archive, folder) == 5
        assert list(Audit(house.archive, folder).flaws()) == []
        assert not list(folder.rglob("*.partial"))


def test_a_full_disk_of_the_log() -> None:
    program = """
        from worker import logs
        logs.configure(open("/dev/full", "w"))
        logs.line("poll", "a line that finds no room")
        print("going on")
    """
    run = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "going on\n", done.stderr


def test_a_server_whose_machine_is_gone_is_given_up_after_half_a_minute(postgres_url: str) -> None:
    """It answers nothing, not even that it is gone: the kernel has to ask."""
    with closing(open_archive(postgres_url)) as archive, archive.read() as tx:
        connection = tx._connection.connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        said = {
            name: int(value)
            for name, value in connection.info.get_parameters().items()
            if "alive" in name or "tcp" in name
        }
    assert said["keepalives_idle"] + said["keepalives_interval"] * said["keepalives_count"] <= 30
    assert said["tcp_user_timeout"] <= 30_000
