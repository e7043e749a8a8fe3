"""The report of a process: it comes, says why no work is taken, survives an archive that is away, and goes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.house import House
from tests.outgrown import go_back, outgrow_schema
from worker import logs
from worker.archive import Archive
from worker.errors import ArchiveUnreachable
from worker.heart import FORGOTTEN_AFTER, Heart, introduce
from worker.model import Colleague
from worker.tally import Tally


class Listener:
    """What the heart tells its process, beat by beat."""

    heart: Heart

    def __init__(self) -> None:
        self._said: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, reason: str) -> None:
        with self._changed:
            self._said.append(reason)
            self._changed.notify_all()

    def await_beat(self, part: str = "") -> None:
        """The next one from now on that says so; "" = nothing."""
        with self._changed:
            heard = len(self._said)
            found = self._changed.wait_for(lambda: any(_says(said, part) for said in self._said[heard:]), 20)
        assert found, self._said[-3:]

    def await_beats(self, count: int) -> None:
        """So many of them since the start."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._said) >= count, 20), self._said


def _says(said: str, part: str) -> bool:
    return part in said if part else said == ""


@contextmanager
def beating(house: House, archive: object = None, **more: object) -> Iterator[Listener]:
    listener = Listener()
    often = {"every_s": 0.02} | more
    get = archive or (lambda: house.archive)
    me = introduce("worker", house.clock.now(), queue="deliver")
    heart = listener.heart = Heart(me, get, house.clock, tell=listener, **often)  # type: ignore[arg-type]
    heart.start()
    try:
        yield listener
    finally:
        heart.stop(10)


def colleagues(house: House) -> list[Colleague]:
    with house.archive.read() as tx:
        return tx.fleet.all()


def test_a_process_reports_of_itself_and_says_goodbye(house: House) -> None:
    tally = Tally()
    with beating(house, counters=tally.sums) as listener:
        listener.await_beat()
        tally.add("polls", 3)
        house.clock.advance(10)
        listener.await_beat()
        listener.await_beat()
        [me] = colleagues(house)
    assert me.name == f"worker-deliver@{me.host}-{me.pid}"
    assert (me.role, me.counters) == ("worker", {"polls": 3})
    assert me.seen_at > me.started_at, "by the archive's clock, which is the server's where there is one"
    assert colleagues(house) == []


def test_it_says_why_no_work_is_taken_and_when_it_is_again(house: House) -> None:
    with beating(house) as listener:
        listener.await_beat()
        outgrow_schema(house.archive)
        listener.await_beat("schema 9999")
        assert "takes no work" in colleagues(house)[0].idle_reason
        go_back(house.archive)
        listener.await_beat()
        listener.await_beat()
        assert colleagues(house)[0].idle_reason == ""


def test_what_a_process_waits_for_is_told_and_at_once_when_that_is_over(house: House) -> None:
    waits = ["it waits for the broker"]
    with beating(house, waits=lambda: waits[0], every_s=3600) as listener:
        listener.await_beats(1)
        assert [one.idle_reason for one in colleagues(house)] == ["it waits for the broker"]
        waits[0] = ""
        listener.heart.report()
        listener.await_beats(2)
        assert [one.idle_reason for one in colleagues(house)] == [""]
    assert colleagues(house) == []


def test_the_rows_of_processes_that_were_killed_go_after_a_day(house: House) -> None:
    with beating(house) as listener:
        listener.await_beat()
    with house.archive.write() as tx:
        tx.fleet.report(introduce("beat", house.clock.now()))
    house.clock.advance(FORGOTTEN_AFTER.total_seconds() + 1)
    with beating(house) as listener:
        listener.await_beat()
        assert [one.role for one in colleagues(house)] == ["worker"]


@pytest.mark.parametrize("error", [ArchiveUnreachable("the archive cannot be reached"), OSError("no more files")])
def test_what_keeps_it_from_reporting_is_one_line_and_another_when_that_is_over(
    house: House, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    """Whatever it is: a process whose heart has ended looks dead while it works."""
    logs.configure(json=False, level="info")
    tries = 0

    def archive() -> Archive:
        nonlocal tries
        tries += 1
        if 2 <= tries <= 5:
            raise error
        return house.archive

    with beating(house, archive) as listener:
        while tries < 7:
            listener.await_beat()
    said = capsys.readouterr()
    lines = [line for line in (said.out + said.err).splitlines() if "that it lives" in line]
    assert len(lines) == 2, lines
    assert "cannot report that it lives: " in lines[0]
    assert str(error) in lines[0]
