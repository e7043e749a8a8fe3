"""What ends whoever works on it: a body that kills its parser, and a host that takes whole workers with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.house import FEED, House, publish_many
from worker.errors import ParserDied
from worker.model import HostWork, Lease

MANY = 9  # lost leases that leave nobody together
OTHERS = ("https://a.example/feed/", "https://b.example/feed/")


def claim(house: House, token: str) -> Sequence[HostWork]:
    lease = Lease(token=token, until=house.clock.now() + timedelta(seconds=45))
    with house.archive.write() as tx:
        return tx.feeds.claim(house.clock.now(), lease)


def names(found: Sequence[HostWork]) -> list[str]:
    return sorted(work.host.name for work in found)


@pytest.fixture
def abandoned(house: House) -> House:
    """Three hosts, and workers that ended over them one after the other, until they are leased alone."""
    for url in (FEED, *OTHERS):
        house.web.feed(url)
        house.add_feed(url)
    lose(house, MANY)
    return house


def lose(house: House, times: int) -> None:
    """So often all hosts are leased, and nobody gives them back."""
    for _ in range(times):
        while claim(house, "ended"):
            pass
        house.clock.advance(46)


def test_hosts_that_ended_three_workers_get_a_turn_of_their_own(house: House) -> None:
    """First with others of their kind, then with fewer and fewer; those that lost nothing are never with them."""
    for number in range(20):
        house.add_feed(f"https://n{number}.example/feed/")
    sizes = []
    for _ in range(9):
        sizes.append(len(claim(house, "ended")))
        while claim(house, "ended, too"):
            pass
        house.clock.advance(46)
    assert sizes == [20, 20, 20, 20, 16, 8, 4, 2, 1]
    house.add_feed("https://calm.example/feed/")
    turns = [names(claim(house, "more")) for _ in range(21)]
    assert ["calm.example:443"] in turns


def test_many_that_were_innocent_are_polled_at_once_when_workers_last(house: House) -> None:
    """Workers that something else kills, again and again, make all hosts suspicious: nobody waits for that."""
    for number in range(30):
        house.web.feed(f"https://n{number}.example/feed/")
        house.add_feed(f"https://n{number}.example/feed/")
    lose(house, 23)
    more = True
    while more:
        more = house.poll().some_wait
    assert len(house.web.requests) == 30
    house.poll_later(86_400)
    assert len(claim(house, "as before")) == 0, "all were asked a second time, in one batch"
    assert len(house.web.requests) == 60


def test_others_are_polled_as_ever_beside_one_that_ends_its_workers(
    abandoned: House, caplog: pytest.LogCaptureFixture
) -> None:
    [killer] = claim(abandoned, "this worker ended, too")
    others = {"a.example:443", "b.example:443", "www.stadtblatt.example:443"} - {killer.host.name}
    for _ in range(4):
        abandoned.poll()
        abandoned.clock.advance(2)
    assert "workers in a row did not give" in caplog.text
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


def test_one_that_ends_every_worker_is_tried_as_soon_as_its_lease_is_over(house: House) -> None:
    """However many it were: for all we know they were killed by something else."""
    house.web.feed(FEED)
    house.add_feed()
    assert len(claim(house, "ends, as all after it")) == 1
    assert [seconds_until_claimed(house) for _ in range(10)] == [45] * 10


def seconds_until_claimed(house: House) -> int:
    began_at = house.clock.now()
    while not claim(house, "tried again"):
        house.clock.advance(15)
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
