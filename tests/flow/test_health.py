"""Which promises hold is read from the tables alone, the same for whoever asks."""

from datetime import timedelta

import pytest

from tests.colleagues import a_colleague
from tests.flow.test_deliver import owe
from tests.house import FEED, House, publish_many
from worker import health
from worker.health import Promise, State
from worker.model import ChannelState
from worker.settings import Settings

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def reporting(house: House, role: str, *, ago: timedelta = SECOND, **more: object) -> None:
    """A process that was last seen so long ago, and was an hour at work then."""
    with house.archive.write() as tx:
        tx.fleet.report(a_colleague(house.clock.now() - ago, role, **more))


def swept(house: House, ago: timedelta = SECOND) -> None:
    with house.archive.write() as tx:
        tx.fleet.note("sweep", house.clock.now() - ago)


def look(house: House) -> State:
    return health.look(house.archive, Settings(), house.clock.now())


def broken(house: House) -> list[Promise]:
    return [one.promise for one in health.broken(look(house))]


@pytest.fixture
def polled(house: House) -> House:
    """One feed, polled just now, and due again in ten minutes."""
    house.web.feed(FEED)
    house.add_feed()
    house.poll()
    return house


def test_nothing_to_do_is_well(house: House) -> None:
    assert broken(house) == []
    assert look(house).is_good


def test_a_feed_that_is_due_while_nobody_is_there(polled: House) -> None:
    assert broken(polled) == []
    polled.clock.advance((polled.feed().next_poll_at - polled.clock.now()).total_seconds() + 50)
    assert broken(polled) == [], "due for less than a minute"
    polled.clock.advance(120)
    assert broken(polled) == [Promise.ATTENDED]
    reporting(polled, "worker")
    swept(polled)
    assert broken(polled) == []
    reporting(polled, "worker", ago=2 * MINUTE)
    assert broken(polled) == [Promise.ATTENDED], "it was not seen for a minute"
    polled.clock.advance(1_000)
    assert Promise.POLLED in broken(polled)


@pytest.mark.parametrize(
    "other",
    [
        {"role": "beat"},
        {"role": "metrics"},
        {"role": "worker", "name": "worker-deliver@a-1"},
        {"role": "worker", "idle_reason": "too old"},
    ],
)
def test_who_takes_no_feeds_does_not_count_as_being_there(polled: House, other: dict[str, str]) -> None:
    polled.clock.advance(900)
    swept(polled)
    reporting(polled, **other)  # type: ignore[arg-type]
    assert broken(polled) == [Promise.ATTENDED]


def test_a_beat_that_wakes_nobody(house: House) -> None:
    reporting(house, "worker", started_at=house.clock.now() - 30 * SECOND)
    assert broken(house) == [], "it has only just begun"
    reporting(house, "worker")
    assert broken(house) == [Promise.SWEPT]
    swept(house, ago=2 * MINUTE)
    assert broken(house) == [Promise.SWEPT]
    swept(house, ago=-HOUR)
    assert broken(house) == [], "the clock was set back"


def test_a_server_that_asked_for_rest_keeps_nobody_waiting(polled: House) -> None:
    polled.clock.advance(3_600)
    with polled.archive.write() as tx:
        tx.feeds.throttle(polled.feed().host, polled.clock.now() + HOUR)
    state = look(polled)
    assert state.is_good
    assert state.pulse.feed_waits_s == 0.0
    assert list(state.rests) == [polled.feed().host]
    polled.clock.advance(3_600 + 30)
    reporting(polled, "run")
    swept(polled)
    state = look(polled)
    assert (state.is_good, state.late, state.pulse.feed_waits_s) == (True, [], 30), "from the end of the rest on"
    polled.clock.advance(600)
    reporting(polled, "run")
    swept(polled)
    [breach] = health.broken(look(polled))
    assert (breach.promise, breach.since) == (Promise.POLLED, polled.clock.now() - timedelta(seconds=630))


def test_a_channel_that_may_be_tried_again_keeps_nobody_waiting_before_that(house: House) -> None:
    owe(house, 2)
    house.clock.advance(3_600)
    now = house.clock.now()
    with house.archive.write() as tx:
        name = tx.outbox.due_channels(now)[0]
        tx.channels.save(ChannelState(name=name, failures=9, rest_until=now - SECOND))
    assert (Promise.PROMPT in broken(house), look(house).pulse.delivery_waits_s) == (False, 1)
    with house.archive.write() as tx:
        tx.channels.save(ChannelState(name=name, failures=9, rest_until=now + HOUR))
    assert look(house).pulse.delivery_waits_since is None
    with house.archive.write() as tx:
        tx.channels.save(ChannelState(name=name))
    assert Promise.PROMPT in broken(house)


def test_an_alert_that_is_due_while_nobody_is_there_to_send_it(house: House) -> None:
    owe(house, 1)
    house.clock.advance(120)
    reporting(house, "worker", name="worker-poll@a-1")
    assert Promise.PROMPT in broken(house)
    reporting(house, "worker", name="worker-deliver@a-1")
    assert Promise.PROMPT not in broken(house), "somebody is: that is late after ten minutes"
    reporting(house, "worker", name="worker-deliver@a-1", idle_reason="too old")
    assert Promise.PROMPT in broken(house)


def test_a_next_try_that_is_to_come_keeps_nobody_waiting(house: House) -> None:
    owe(house, 1)
    with house.archive.read() as tx:
        since = tx.outbox.oldest_due_at(house.clock.now())
        assert since is not None
        assert tx.outbox.oldest_due_at(since) == since
        assert tx.outbox.oldest_due_at(since - SECOND) is None


def test_what_was_held_and_nobody_lets_go(house: House) -> None:
    house.subscribe("alles", "Neu", digest="daily at 18:00")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 2, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(3_600)
    publish_many(feed, house.clock, 1, "Neu")
    house.poll_until_quiet()
    assert look(house).deliveries["held"] == 1
    assert look(house).pulse.delivery_waits_since is None, "until its hour nobody waits for it"
    house.clock.advance(86_400)
    assert Promise.PROMPT in broken(house)


def test_a_stopped_feed_is_named(polled: House) -> None:
    with polled.archive.write() as tx:
        tx.feeds.stop(polled.feed().id, "410 Gone", was="")
    [breach] = health.broken(look(polled))
    assert (breach.promise, breach.feed) == (Promise.WATCHED, polled.feed())


def test_what_waits_is_told_in_seconds(polled: House) -> None:
    due_at = polled.feed().next_poll_at
    polled.clock.advance(900)
    waits_s = look(polled).pulse.feed_waits_s
    assert waits_s == (polled.clock.now() - due_at).total_seconds() > 0


def test_the_lag_is_what_readers_of_the_feed_would_call_late(house: House) -> None:
    feed = house.web.feed(FEED)
    feed.publish("Längst da", at=house.clock.now() - 5 * HOUR)
    house.add_feed()
    house.poll()
    assert look(house).lag is None
    house.clock.advance(3600)
    for minutes in (2, 4, 30):
        feed.publish(f"Artikel {minutes}", at=house.clock.now() - minutes * MINUTE)
    feed.publish("Vorgestern", at=house.clock.now() - 48 * HOUR)
    house.poll()
    lag = look(house).lag
    assert lag is not None
    assert lag // MINUTE == 4


def test_versions_are_those_of_the_living(house: House) -> None:
    reporting(house, "worker")
    reporting(house, "beat", version="0.9")
    reporting(house, "run", version="0.1", ago=HOUR)
    swept(house)
    state = look(house)
    assert state.versions == ("0.9", "1.0")
    assert len(state.workers) == 3
    assert state.schema >= "0006"
