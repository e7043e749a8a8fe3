"""Retention: off unless asked for, once an hour, what is older and nothing else, and no difference to `verify`."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.fakes import FakeClock, FakeFeed
from tests.house import FEED, House, open_house, publish_many
from worker.archive.schema import attempts, evidence, revisions
from worker.audit import Audit
from worker.model import Aging
from worker.retention import clear_old
from worker.sweep import find_due

DAY = timedelta(days=1)


@pytest.fixture
def staged(database_url: str) -> Iterator[tuple[House, FakeFeed]]:
    """Four articles, three of them with alerts; one with edits ten, five and no days ago."""
    with open_house(database_url, FakeClock()) as house:
        feed = house.web.feed(FEED)
        house.add_feed()
        house.subscribe("x", "Artikel")
        publish_many(feed, house.clock, 1)
        house.poll()
        publish_many(feed, house.clock, 3)
        house.poll_later()
        house.deliver()
        for number in range(3):
            feed.edit(feed.articles[0], html=f"<p>Stand {number}.</p>")
            house.poll_later(5 * 86400)
        yield house, feed


@pytest.fixture
def house(staged: tuple[House, FakeFeed]) -> House:
    return staged[0]


def rows(house: House) -> dict[str, int]:
    with house.archive.database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (evidence, revisions, attempts)
        }


ALL = {"evidence": 7, "revisions": 3, "attempts": 3}


@pytest.mark.parametrize(
    ("ages", "left"),
    [
        ({}, {}),
        ({Aging.RAW: 7 * DAY}, {"evidence": 2}),
        ({Aging.REVISIONS: 7 * DAY}, {"revisions": 2}),
        ({Aging.REVISIONS: 1 * DAY}, {"revisions": 1}),
        ({Aging.ATTEMPTS: 7 * DAY}, {"attempts": 0}),
        ({Aging.ATTEMPTS: 700 * DAY, Aging.RAW: 700 * DAY}, {}),
    ],
    ids=str,
)
def test_what_is_older_goes_and_the_rest_stays(
    house: House, ages: dict[Aging, timedelta], left: dict[str, int]
) -> None:
    before = [(filed.key, filed.revision) for filed in house.records()]
    clear_old(house.archive, ages, house.clock.now())
    assert rows(house) == ALL | left
    assert [(filed.key, filed.revision) for filed in house.records()] == before
    assert list(Audit(house.archive, None).flaws()) == []
    with house.archive.read() as tx:
        assert set(tx.retention.cleared()) == {kind for kind in ages if left}


def test_it_is_looked_for_once_an_hour_by_one_worker(house: House) -> None:
    ages = {Aging.RAW: 7 * DAY}
    assert find_due(house.archive, house.clock.now(), files=False, ages=True).aged
    assert not find_due(house.archive, house.clock.now(), files=False).aged
    assert clear_old(house.archive, ages, house.clock.now()) == {Aging.RAW: 5}
    assert clear_old(house.archive, ages, house.clock.now()) == {}
    assert not find_due(house.archive, house.clock.now(), files=False, ages=True).aged
    house.clock.advance(3600)
    assert find_due(house.archive, house.clock.now(), files=False, ages=True).aged
    assert clear_old(house.archive, ages, house.clock.now()) == {Aging.RAW: 0}


def test_an_alert_that_still_waits_keeps_its_attempts(staged: tuple[House, FakeFeed]) -> None:
    house, feed = staged
    house.channel.fail()
    publish_many(feed, house.clock, 1)
    house.poll_later()
    house.deliver()
    clear_old(house.archive, {Aging.ATTEMPTS: DAY}, house.clock.now() + 2 * DAY)
    assert rows(house)["attempts"] == 1
