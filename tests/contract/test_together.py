"""Writes that share a commit: each is all or nothing, whoever does the work."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import event

from worker.archive import Archive, Transaction, open_archive
from worker.errors import ArchiveBusy, ArchiveError, Conflict


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    one = open_archive(database_url)
    yield one
    one.close()


def host(name: str) -> Callable[[Transaction], str]:
    def write(tx: Transaction) -> str:
        tx.feeds.add_host(name)
        return name

    return write


def hosts(archive: Archive) -> set[str]:
    with archive.database.read() as connection:
        return set(connection.exec_driver_sql("SELECT name FROM hosts").scalars())


class Crowd:
    """Threads that queue at a writer who is busy, so that they come to their turn together."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._pool = ThreadPoolExecutor(30)
        self.commits = 0

    def write(self, *works: Callable[[Transaction], str]) -> list[Future[str]]:
        engine = self._archive.database.engine
        with self._archive.write():
            event.listen(engine, "commit", self._count)
            found = [self._pool.submit(self._archive.write_together, work) for work in works]
            together = self._archive._together
            while len(together._waiting) < len(works):
                os.sched_yield()  # they are on their way to the queue
        self._pool.shutdown()
        event.remove(engine, "commit", self._count)
        return found

    def _count(self, _connection: object) -> None:
        self.commits += 1


def test_what_is_written_is_committed_when_it_returns(archive: Archive) -> None:
    assert archive.write_together(host("a:80")) == "a:80"
    assert hosts(archive) == {"a:80"}


def test_a_failure_is_its_own(archive: Archive) -> None:
    def fail(tx: Transaction) -> str:
        tx.feeds.add_host("lost:80")
        raise Conflict("taken")

    with pytest.raises(Conflict, match="taken"):
        archive.write_together(fail)
    assert hosts(archive) == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_those_who_wait_share_a_commit(archive: Archive) -> None:
    crowd = Crowd(archive)
    found = crowd.write(*(host(f"{number}:80") for number in range(12)))
    assert [one.result() for one in found] == [f"{number}:80" for number in range(12)]
    assert hosts(archive) == {f"{number}:80" for number in range(12)}
    assert crowd.commits == 2  # the writer who was busy, and one for all


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("error", [Conflict("taken"), ZeroDivisionError("a fault of our own")])
def test_one_that_fails_costs_the_others_nothing(archive: Archive, error: Exception) -> None:
    def fail(tx: Transaction) -> str:
        tx.feeds.add_host("lost:80")
        raise error

    found = Crowd(archive).write(host("a:80"), host("b:80"), fail, host("c:80"), fail)
    assert [one.exception() for one in found] == [None, None, error, None, error]
    assert hosts(archive) == {"a:80", "b:80", "c:80"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_commit_that_fails_fails_all_of_them(archive: Archive) -> None:
    def no_room(_connection: object) -> None:
        raise ArchiveError("the disk is full")

    engine = archive.database.engine

    def arm(tx: Transaction) -> str:
        event.listen(engine, "commit", no_room)
        return host("a:80")(tx)

    found = Crowd(archive).write(arm, host("b:80"))
    assert [str(one.exception()) for one in found] == ["the disk is full"] * 2
    event.remove(engine, "commit", no_room)
    assert hosts(archive) == set()
    assert archive.write_together(host("c:80")) == "c:80"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_writer_elsewhere_who_holds_the_archive_is_busy_for_all(database_url: str) -> None:
    with_patience, elsewhere = open_archive(database_url, busy_timeout_s=0.05), open_archive(database_url)
    with elsewhere.write(), ThreadPoolExecutor(3) as pool:
        found = [pool.submit(with_patience.write_together, host(f"{number}:80")) for number in range(3)]
        assert [type(one.exception()) for one in found] == [ArchiveBusy] * 3
    assert with_patience.write_together(host("later:80")) == "later:80"
    with_patience.close()
    elsewhere.close()
