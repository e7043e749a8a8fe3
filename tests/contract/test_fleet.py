"""Processes report, and things that happen once in a while happen once, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.colleagues import a_colleague
from worker.archive import Archive, open_archive

NOON = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ONE = a_colleague(NOON, counters={"polls": 3.0})


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    archive = open_archive(database_url, migrate=True)
    yield archive
    archive.close()


def test_what_a_process_says_last_counts(archive: Archive) -> None:
    later = replace(ONE, seen_at=NOON + MINUTE, counters={"polls": 5.0}, idle_reason="old")
    with archive.write() as tx:
        tx.fleet.report(ONE)
        tx.fleet.report(replace(ONE, name="beat@a-2", role="beat"))
        tx.fleet.report(later)
        assert tx.fleet.all() == [replace(ONE, name="beat@a-2", role="beat"), later]
        tx.fleet.leave("worker@a-1")
        tx.fleet.forget(before=NOON)
        assert [one.name for one in tx.fleet.all()] == ["beat@a-2"]
        tx.fleet.forget(before=NOON + MINUTE)
        assert tx.fleet.all() == []


def test_a_turn_is_taken_once(archive: Archive) -> None:
    with archive.write() as tx:
        assert tx.fleet.moment("sweep") is None
        assert tx.fleet.take_turn("sweep", NOON, before=NOON - MINUTE)
        assert not tx.fleet.take_turn("sweep", NOON, before=NOON - MINUTE)
        assert tx.fleet.take_turn("sweep", NOON + MINUTE, before=NOON)
        assert tx.fleet.moment("sweep") == NOON + MINUTE
        assert tx.fleet.take_turn("sweep", NOON, before=NOON - MINUTE), "the clock was set back: nothing waits for it"
        tx.fleet.note("sweep", NOON - MINUTE)
        assert tx.fleet.moment("sweep") == NOON - MINUTE
