"""Exchanges that a person asked for: beside the worker's own, and never in their way."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes import FakeClock, FakeWeb, failed
from tests.house import FEED, House, publish_many
from worker.batch import new_lease
from worker.errand import GIVE_WAY_S, Errand
from worker.errors import HostAway
from worker.fetch import host_of
from worker.model import FailureKind, Fetched, FetchFailed, Lease

HOST = host_of(FEED)
PAGE = FEED.replace("/feed/", "/seite/")


@pytest.fixture
def watched(house: House) -> House:
    publish_many(house.web.feed(FEED), house.clock, 3)
    house.add_feed()
    house.poll()
    house.web.feed(PAGE)
    house.clock.advance(60)
    return house


def at(house: House, url: str = PAGE) -> list[datetime]:
    return [asked.at for asked in house.web.asked(url)]


def test_exchanges_are_a_host_gap_apart(watched: House) -> None:
    errand = Errand(watched.equipment)
    for _ in range(3):
        assert isinstance(errand.fetch(PAGE), Fetched)
    first, second, third = at(watched)
    assert second - first >= timedelta(seconds=1) <= third - second


def test_it_waits_for_whoever_holds_the_host_and_is_told(watched: House) -> None:
    held = Lease(token="other", until=watched.clock.now() + timedelta(seconds=30))
    with watched.archive.write() as tx:
        tx.feeds.claim_host(HOST, watched.clock.now(), held)
    told: list[tuple[str, datetime | None]] = []
    Errand(watched.equipment, tell=lambda *words: told.append(words)).fetch(PAGE)
    assert at(watched)[0] >= held.until
    assert told == [(HOST, None)]


def test_patience_ends(watched: House) -> None:
    held = Lease(token="other", until=watched.clock.now() + timedelta(seconds=300))
    with watched.archive.write() as tx:
        tx.feeds.claim_host(HOST, watched.clock.now(), held)
    errand = Errand(watched.equipment, patience_s=20)
    answer = errand.fetch(PAGE)
    assert isinstance(answer, FetchFailed)
    assert answer.kind is FailureKind.THROTTLED
    with pytest.raises(HostAway), errand.turn(HOST):
        raise AssertionError("the host is not to be had")
    assert watched.web.asked(PAGE) == []


def test_a_retry_after_holds_for_everybody(watched: House) -> None:
    watched.web.script(PAGE, failed(429, retry_after_s=400))
    errand = Errand(watched.equipment)
    errand.fetch(PAGE)
    until = watched.clock.now() + timedelta(seconds=395)
    watched.clock.advance(350)
    asked = len(watched.web.asked(FEED))
    watched.poll_later(30)
    assert len(watched.web.asked(FEED)) == asked
    errand.fetch(PAGE)
    assert at(watched)[-1] >= until


def test_feeds_that_are_due_go_first_where_a_worker_polls_them(watched: House) -> None:
    """The worker looks at what is due every two seconds, as its tick does."""

    class WithWorker(FakeClock):
        def wait(self, seconds: float) -> None:
            super().wait(seconds)
            if len(self.waits) % 4 == 0:
                watched.poll()

    watched.clock.advance(700)
    clock = WithWorker(watched.clock.now())
    watched.equipment = replace(watched.equipment, clock=clock)
    before = len(watched.web.asked(FEED))
    Errand(watched.equipment).fetch(PAGE)
    order = [asked.url for asked in watched.web.requests[-2:]]
    assert (len(watched.web.asked(FEED)), order) == (before + 1, [FEED, PAGE])


def test_without_a_worker_it_gives_way_once_and_goes_on(watched: House) -> None:
    watched.clock.advance(700)
    errand, started = Errand(watched.equipment), watched.clock.now()
    for _ in range(5):
        errand.fetch(PAGE)
    assert timedelta(seconds=GIVE_WAY_S) <= at(watched)[0] - started <= timedelta(seconds=GIVE_WAY_S + 1)
    assert at(watched)[-1] - at(watched)[0] < timedelta(seconds=6)


def test_the_host_is_given_back_whatever_happens(watched: House) -> None:
    with pytest.raises(KeyboardInterrupt), Errand(watched.equipment).turn(HOST):
        raise KeyboardInterrupt
    with watched.archive.write() as tx:
        now = watched.clock.now() + timedelta(seconds=2)
        assert tx.feeds.claim_host(HOST, now, new_lease(watched.equipment)) is not None


@pytest.mark.parametrize("url", ["", "x", "ftp://x.example/"])
def test_what_is_no_address_needs_no_host(house: House, url: str) -> None:
    house.equipment = replace(house.equipment, fetcher=FakeWeb(house.clock))
    assert isinstance(Errand(house.equipment).fetch(url), FetchFailed)
