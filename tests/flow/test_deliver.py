"""What is owed leaves the house: once, in order, again by the schedule, never silently lost."""

from dataclasses import replace

import pytest

from tests.fakes import FakeChannel
from tests.house import FEED, House, publish_many


@pytest.fixture
def owing(house: House) -> House:
    """Three alerts are owed."""
    house.subscribe("alles", "Neu")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 2, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(700)
    publish_many(feed, house.clock, 3, "Neu")
    house.poll()
    return house


def states(house: House) -> dict[str, int]:
    with house.archive.read() as tx:
        return dict(tx.alerts.counts())


def test_alerts_leave_once(owing: House) -> None:
    assert len(owing.deliver()) == 3
    assert owing.deliver() == []
    assert states(owing) == {"sent": 3}


def test_a_failed_attempt_is_repeated_by_the_schedule_with_the_same_id_and_body(owing: House) -> None:
    owing.channel.fail(3)
    owing.deliver()
    assert states(owing) == {"pending": 3}
    assert owing.deliver() == []
    owing.web.feed(FEED)  # the article may change meanwhile: what is repeated does not
    owing.clock.advance(6)
    owing.deliver()
    assert states(owing) == {"sent": 3}
    tries: dict[str, set[bytes]] = {}
    for sending in owing.channel.attempts:
        tries.setdefault(sending.delivery.id, set()).add(sending.message.payload)
    assert [len(bodies) for bodies in tries.values()] == [1, 1, 1]
    assert len(owing.channel.attempts) == 6


def test_after_the_last_attempt_a_delivery_is_dead_listed_and_can_be_replayed(owing: House) -> None:
    owing.channel.fail(300)
    for _ in range(12):
        owing.deliver()
        owing.clock.advance(hours=27)
    assert states(owing) == {"dead": 3}
    assert len(owing.channel.attempts) == 30
    owing.channel = FakeChannel()
    owing.counter = replace(owing.counter, channels={"screen": owing.channel})
    with owing.archive.write() as tx:
        [first, *_] = tx.alerts.rows(state="dead")
        assert first.detail == "not now"
        assert tx.alerts.replay([first.id], owing.clock.now()) == 1
        assert tx.alerts.replay([], owing.clock.now()) == 2
    owing.deliver()
    assert states(owing) == {"sent": 3}


def test_a_receiver_that_says_never_is_not_asked_again(owing: House) -> None:
    owing.channel.refuse(3)
    owing.deliver()
    assert states(owing) == {"dead": 3}


def test_a_retry_after_is_waited_for(owing: House) -> None:
    owing.channel.fail(3, status=429, retry_after_s=1000)
    owing.deliver()
    owing.clock.advance(990)
    assert owing.deliver() == []
    owing.clock.advance(11)
    assert len(owing.deliver()) == 3


def test_a_channel_that_is_not_configured_is_said(owing: House) -> None:
    owing.counter = replace(owing.counter, channels={})
    owing.deliver()
    with owing.archive.read() as tx:
        assert {row.detail for row in tx.alerts.rows(state="dead")} == {
            "there is no channel screen in the configuration: add it, then `feedwacht alerts replay`"
        }


def test_a_fault_in_a_channel_costs_one_attempt(owing: House) -> None:
    owing.channel.crash(KeyError("fault"), times=3)
    owing.deliver()
    assert states(owing) == {"pending": 3}
    owing.clock.advance(10)
    owing.deliver()
    assert states(owing) == {"sent": 3}


def test_one_channel_that_fails_does_not_hold_up_another(house: House) -> None:
    house.subscribe("alles", "Neu", channels=("screen", "zweiter"))
    other = FakeChannel("zweiter")
    other.fail(100)
    house.counter = replace(house.counter, channels={"screen": house.channel, "zweiter": other})
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 1, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(700)
    publish_many(feed, house.clock, 2, "Neu")
    house.poll()
    house.deliver()
    assert states(house) == {"sent": 2, "pending": 2}


def test_a_paused_subscription_is_not_matched_and_a_new_one_works_on_the_next_article(house: House) -> None:
    number = house.subscribe("alt", "Artikel")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 1)
    house.add_feed()
    house.poll()
    with house.archive.write() as tx:
        tx.subscriptions.change(number, now=house.clock.now(), paused=True)
    house.subscribe("neu", "Artikel")
    house.clock.advance(700)
    publish_many(feed, house.clock, 1)
    house.poll()
    house.deliver()
    assert [sending.delivery.alert.subscription for sending in house.channel.sent] == ["neu"]
