"""The pace of a feed as it is kept: its hints, caches on the way, its rhythm, and why the next poll is when it is."""

from dataclasses import replace

import pytest

from tests.fakes import fetched
from tests.house import FEED, House, publish_many
from worker.model import NotModified
from worker.pace import Why, reason_of
from worker.rhythm import Rhythm


def wait_s(house: House) -> float:
    feed = house.feed()
    assert feed.last_polled_at is not None
    return (feed.next_poll_at - feed.last_polled_at).total_seconds()


def why(house: House) -> Why:
    reason = reason_of(house.feed().pace_reason)
    assert reason is not None
    return reason.why


def test_a_feed_s_own_hint_counts_only_where_nobody_named_an_interval(house: House) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 2)
    hinted = feed.body().replace(b"<channel>", b"<channel><ttl>60</ttl>")
    house.web.stand(FEED, fetched(FEED, hinted))
    number = house.add_feed()
    house.poll()
    assert (wait_s(house), why(house)) == (600, Why.UNKNOWN)
    with house.archive.write() as tx:
        tx.feeds.describe(number, interval_given=False)
    house.poll_later()
    assert (wait_s(house), why(house)) == (3600, Why.HINT)


@pytest.mark.parametrize("how", ["full", "unchanged", "304"])
def test_a_cache_is_not_asked_for_the_copy_that_we_have(house: House, how: str) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 2)
    house.add_feed()
    house.poll()
    answer = replace(fetched(FEED, feed.body()), fresh_s=1000.0)
    if how == "full":
        publish_many(feed, house.clock, 1)
        answer = replace(fetched(FEED, feed.body()), fresh_s=1000.0)
    same = NotModified(url=FEED, validators=answer.validators, fresh_s=1000.0)
    house.web.stand(FEED, same if how == "304" else answer)
    house.poll_later()
    assert (wait_s(house), why(house)) == (1001, Why.CACHE)


def test_a_rhythm_is_learned_from_polls_and_kept(house: House) -> None:
    """An article every two hours, for eight days."""
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3)
    house.add_feed()
    house.poll()
    assert why(house) is Why.UNKNOWN
    for _ in range(8 * 12):
        house.clock.advance(hours=2)
        publish_many(feed, house.clock, 1)
        house.poll()
    assert why(house) in (Why.RHYTHM, Why.BURST)
    rhythm = Rhythm.from_json(house.feed().rhythm)
    assert rhythm is not None
    assert sum(rhythm.rates) / 168 == pytest.approx(0.5, rel=0.1)


def test_a_first_poll_and_edits_teach_nothing(house: House) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 8)
    house.add_feed()
    house.poll()
    feed.edit(feed.articles[0], html="<p>Anders.</p>")
    house.poll_later()
    rhythm = Rhythm.from_json(house.feed().rhythm)
    assert rhythm is not None
    assert rhythm.recent == ()


def test_an_article_that_slides_back_into_view_teaches_nothing(house: House) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 14)
    house.add_feed()
    house.poll()
    feed.remove(feed.articles[-1])
    house.poll_later()
    rhythm = Rhythm.from_json(house.feed().rhythm)
    assert rhythm is not None
    assert rhythm.recent == ()
