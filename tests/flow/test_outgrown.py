"""A worker whose archive is upgraded beneath it: what it has under way it finishes, and it takes nothing new."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes import FakeChannel
from tests.house import FEED, House, publish_many
from tests.outgrown import outgrow_schema
from worker.archive import open_archive
from worker.errors import SchemaMismatch
from worker.model import Delivery, FetchResult, Message, SendOutcome, Validators
from worker.sweep import SWEEP, find_due, note_sweep


class _Meanwhile:
    """The web, at whose first answer something else happens."""

    def __init__(self, house: House, happens: Callable[[], None]) -> None:
        self._fetch = house.web.fetch
        self._happens: Callable[[], None] | None = happens

    def fetch(self, url: str, validators: Validators | None = None) -> FetchResult:
        happens, self._happens = self._happens, None
        if happens:
            happens()
        return self._fetch(url, validators)


def upgrade_beneath(house: House) -> None:
    """From another process: over connections of its own."""
    other = open_archive(house.archive.database.url.render_as_string(hide_password=False))
    outgrow_schema(other)
    other.close()


def test_a_poll_under_way_is_filed_and_nothing_is_claimed_after_it(house: House) -> None:
    house.subscribe("Radweg", "Radweg")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3, "Alt")
    house.add_feed()
    for _ in range(7):  # PostgreSQL keeps the plans of what is asked often
        house.poll_later()
    feed.publish("Radweg eröffnet", at=house.clock.now())
    house.equipment = replace(house.equipment, fetcher=_Meanwhile(house, lambda: upgrade_beneath(house)))
    assert house.poll_later().polls[0].filed.alerts == 1
    with pytest.raises(SchemaMismatch, match="takes no work"):
        house.poll_later()
    assert len(house.records()) == 4
    assert house.feed().last_polled_at == house.clock.now() - timedelta(seconds=700)


class _Upgrading(FakeChannel):
    """A channel beneath whose first send the archive is upgraded."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house

    def send(self, delivery: Delivery, message: Message, now: datetime) -> SendOutcome:
        if not self.sent:
            upgrade_beneath(self._house)
        return super().send(delivery, message, now)


def test_what_was_leased_is_sent_and_settled_and_nothing_is_leased_after_it(house: House) -> None:
    house.subscribe("Radweg", "Radweg")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3, "Alt")
    house.add_feed()
    house.poll()
    publish_many(feed, house.clock, 2, "Radweg")
    house.poll_later()
    channel = _Upgrading(house)
    house.counter = replace(house.counter, channels={channel.name: channel})
    with pytest.raises(SchemaMismatch):
        house.deliver()
    assert len(channel.sent) == 2
    with house.archive.read() as tx:
        assert {row.state for row in tx.alerts.rows()} == {"sent"}


def test_the_tick_rings_for_nothing_and_its_moment_gets_old(house: House) -> None:
    now = house.clock.now()
    note_sweep(house.archive, find_due(house.archive, now, files=False), now)
    house.add_feed()
    upgrade_beneath(house)
    with pytest.raises(SchemaMismatch):
        find_due(house.archive, house.clock.now(), files=False)
    with house.archive.read() as tx:
        assert tx.fleet.moment(SWEEP) == now


def test_a_sweep_is_noted_every_few_seconds_and_after_the_clock_was_set_back(house: House) -> None:
    start, noted = house.clock.now(), []
    for seconds in (0, 2, 4, 6, 8, -3600):
        now = start + timedelta(seconds=seconds)
        note_sweep(house.archive, find_due(house.archive, now, files=False), now)
        with house.archive.read() as tx:
            noted.append(tx.fleet.moment(SWEEP))
    expected = [0, 0, 0, 6, 6, -3600]
    assert noted == [start + timedelta(seconds=seconds) for seconds in expected]
