"""What ends whoever works on it: a body that kills its parser, and a host that takes whole workers with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.house import FEED, House, publish_many
from worker.errors import ParserDied
from worker.model import HostWork, Lease

OTHERS = ("https://a.example/feed/", "https://b.example/feed/")


def claim(house: House, token: str, *, lease_s: float = 45) -> Sequence[HostWork]:
    lease = Lease(token=token, until=house.clock.now() + timedelta(seconds=lease_s))
    with house.archive.write() as tx:
        return tx.feeds.claim(house.clock.now(), lease)


def names(found: Sequence[HostWork]) -> list[str]:
    return sorted(work.host.name for work in found)


@pytest.fixture
def abandoned(house: House) -> House:
    """Three hosts, and three workers that ended over them one after the other."""
    for url in (FEED, *OTHERS):
        house.web.feed(url)
        house.add_feed(url)
    for number in range(3):
        assert len(claim(house, str(number))) == 3
        house.clock.advance(60)
    with house.archive.write() as tx:  # the next one did so, too, and counts what it found
        assert len(tx.feeds.claim(house.clock.now(), Lease(token="3", until=house.clock.now()))) == 3
    house.clock.advance(1)
    return house


def test_hosts_that_ended_three_workers_get_a_turn_of_their_own(abandoned: House) -> None:
    """Which of them it was shows by itself: with the others a worker comes to an end, and they are as before."""
    [first] = claim(abandoned, "alone")
    rest = claim(abandoned, "alone, too")
    assert (len(rest), first.host.abandoned) == (1, 4)
    assert names(rest) != names([first])


def test_others_are_polled_as_ever_beside_one_that_ends_its_workers(
    abandoned: House, caplog: pytest.LogCaptureFixture
) -> None:
    [killer] = claim(abandoned, "this worker ended, too")
    others = {"a.example:443", "b.example:443", "www.stadtblatt.example:443"} - {killer.host.name}
    for _ in range(4):
        abandoned.poll()
        abandoned.clock.advance(2)
    assert "ended before they were done with" in caplog.text
    asked = len(abandoned.web.requests)
    assert asked >= 2, "the others had their turn"
    abandoned.clock.advance(700)
    turns = [names(claim(abandoned, "its own turn")), names(claim(abandoned, "theirs"))]
    assert turns == [[killer.host.name], sorted(others)], "they are leased together again"


def test_one_that_comes_through_is_trusted_again(abandoned: House) -> None:
    for _ in range(4):
        abandoned.poll()
        abandoned.clock.advance(2)
    abandoned.clock.advance(700)
    assert len(claim(abandoned, "as before")) == 3


def test_a_body_that_kills_its_parser_costs_its_own_feed_only(house: House) -> None:
    """Seldom after three, told to the operator by `status`, and out of it with the first body that can be read."""
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 1)
    good = house.web.feed(OTHERS[0])
    house.add_feed()
    house.add_feed(OTHERS[0])
    usual = house.equipment.read

    def dying(*given: Any, **more: Any) -> Any:
        if "stadtblatt" in str(given):
            raise ParserDied("the parser died")
        return usual(*given, **more)

    house.equipment = replace(house.equipment, read=dying)
    for number in range(20):
        publish_many(feed, house.clock, 1)
        publish_many(good, house.clock, 1, f"Gut {number}")
        house.poll_later(1200)
    found = house.feed()
    assert found.deaths >= 3
    assert found.last_reason.startswith("in quarantine")
    assert len(house.web.asked(OTHERS[0])) >= 20 > len(house.web.asked(FEED)) + 5
    assert len([title for title in house.titles() if title.startswith("Gut")]) == 20
    house.equipment = replace(house.equipment, read=usual)
    house.poll_later(86_400)
    assert (house.feed().deaths, house.feed().last_outcome) == (0, "updated")


def test_a_suspicious_host_does_not_wait_for_ever_while_others_are_due(abandoned: House) -> None:
    """Nor is it left alone for long at the first time: workers are also killed that were innocent."""
    [suspect] = claim(abandoned, "alone")
    abandoned.clock.advance(46)
    assert [suspect.host.name] in (names(claim(abandoned, "again")) for _ in range(3))


def test_one_that_ends_every_worker_is_left_alone_for_longer_and_longer(house: House) -> None:
    house.web.feed(FEED)
    house.add_feed()
    assert len(claim(house, "ends, as all after it")) == 1
    rests = [seconds_until_claimed(house) for _ in range(10)]
    assert rests == [45, 45, 45, 45, 45, 90, 180, 360, 600, 600]


def test_where_leases_are_short_so_are_the_rests(house: House) -> None:
    house.web.feed(FEED)
    house.add_feed()
    assert len(claim(house, "ends, as all after it", lease_s=5)) == 1
    rests = [seconds_until_claimed(house, lease_s=5, step_s=5) for _ in range(12)]
    assert rests == [5, 5, 5, 5, 5, 10, 20, 40, 80, 80, 80, 80]


def seconds_until_claimed(house: House, *, lease_s: float = 45, step_s: float = 15) -> int:
    began_at = house.clock.now()
    while not claim(house, "tried again", lease_s=lease_s):
        house.clock.advance(step_s)
    return int((house.clock.now() - began_at).total_seconds())


def test_a_parser_that_is_killed_over_an_older_page_ends_no_catching_up(house: House) -> None:
    """Its page is asked for again: it was read well by the next child."""
    feed = house.web.feed(FEED)
    house.manners(reread_every_s=0)
    publish_many(feed, house.clock, 15, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(86_400)
    titles = publish_many(feed, house.clock, 35, "Neu")
    usual, killed = house.equipment.read, []

    def killed_once(*given: Any, **more: Any) -> Any:
        if "paged=" in house.web.requests[-1].url and not killed:
            killed.append(True)
            raise ParserDied("the body cannot be read: it takes too much")
        return usual(*given, **more)

    house.equipment = replace(house.equipment, read=killed_once)
    for _ in range(4):
        house.poll_later(900)
        house.poll_until_quiet()
    assert killed
    assert set(titles) <= set(house.titles())
