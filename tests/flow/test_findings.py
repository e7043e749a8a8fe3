"""Feeds that are no WordPress: shared links, odd orders, windows that shrink and grow, servers that learn nothing."""

from datetime import timedelta

import pytest

from tests.fakes import FakeFeed, failed, fetched
from tests.house import FEED, House, open_house, publish_many
from worker.batch import poll_named
from worker.errors import LeaseLost
from worker.model import Attempt, DeliveryState, Lease, SendOutcome, SendResult

HOME = "https://www.stadtblatt.example/"


def bare(feed: FakeFeed, title: str, house: House, **given: object) -> object:
    """An entry without a post id."""
    guid = str(given.pop("guid", f"tag:{title}"))
    given.setdefault("at", house.clock.now())
    return feed.publish(title, f"<p>Text zu {title}.</p>", guid=guid, **given)  # type: ignore[arg-type]


def test_articles_that_share_one_link_are_all_filed_and_stay_apart(house: House) -> None:
    house.subscribe("alles", "Meldung")
    feed = house.web.feed(FEED)
    for number in range(4):
        bare(feed, f"Alte Meldung {number}", house, url=HOME)
    house.add_feed()
    house.poll()
    assert len(house.records()) == 4
    for number in range(2):
        bare(feed, f"Neue Meldung {number}", house, url=HOME, at=house.clock.now() + timedelta(minutes=number))
        house.poll_later()
    house.poll_later(7 * 3600)
    house.deliver()
    assert len(house.records()) == 6
    assert house.sent_titles() == ["Neue Meldung 0", "Neue Meldung 1"]


def test_one_article_twice_on_a_page_is_one(house: House) -> None:
    feed = house.web.feed(FEED)
    for number in range(2):
        bare(feed, "Dieselbe Meldung", house, url=f"{HOME}a/", guid=f"tag:{number}", categories=(f"Rubrik {number}",))
    house.add_feed()
    house.poll()
    assert len(house.records()) == 1


def test_a_link_that_is_longer_than_an_index_takes(house: House) -> None:
    feed = house.web.feed(FEED)
    bare(feed, "Lang", house, url=f"{HOME}l/?data={'x1y2' * 1500}")
    bare(feed, "Kurz", house, url=f"{HOME}kurz/")
    house.add_feed()
    house.poll()
    assert sorted(house.titles()) == ["Kurz", "Lang"]


def test_a_window_of_fixed_size_alerts_on_what_comes_in_at_the_top_whatever_its_date(house: House) -> None:
    house.subscribe("alles", "Termin")
    feed = house.web.feed(FEED)
    ahead = [bare(feed, f"Vorschau {n}", house, at=house.clock.now() + timedelta(days=30 + n)) for n in range(5)]
    house.add_feed()
    house.poll()
    feed.remove(ahead[0])  # type: ignore[arg-type]
    bare(feed, "Termin heute", house)
    order = feed.articles[-1:] + feed.articles[:-1]
    feed.page = lambda number=1: order if number == 1 else []  # type: ignore[method-assign]
    house.poll_later()
    house.deliver()
    assert house.sent_titles() == ["Termin heute"]


def test_a_site_that_shows_more_entries_from_now_on_alerts_on_none_of_the_old_ones(house: House) -> None:
    house.subscribe("alles", "Artikel")
    feed = house.web.feed(FEED, page_size=5)
    publish_many(feed, house.clock, 20)
    house.add_feed()
    house.poll()
    feed.page_size = 20
    house.poll_later()
    assert len(house.records()) == 20
    assert house.deliver() == []


def test_an_article_that_a_new_feeds_first_poll_sees_first_still_alerts(house: House) -> None:
    house.subscribe("alles", "Neu")
    main = house.web.feed(FEED)
    publish_many(main, house.clock, 3, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(120)
    publish_many(main, house.clock, 1, "Neu")
    category = house.web.feed(f"{HOME}category/sport/feed/")
    category.articles = main.articles
    house.add_feed(category.url)
    house.poll()
    assert house.deliver() == [], "its first poll is silent"
    house.poll_later()
    house.poll_until_quiet()
    house.poll_later()
    house.deliver()
    assert len(house.channel.sent) == 1


def test_guids_that_change_at_each_request_cost_no_endless_catching_up(house: House) -> None:
    feed = house.web.feed(FEED, conditional=False)
    articles = [bare(feed, f"Artikel {n}", house, url=f"{HOME}{n}/") for n in range(5)]
    house.add_feed()
    for turn in range(3):
        for article in articles:
            feed.edit(article, guid=f"tag:{turn}-{article.id}")  # type: ignore[arg-type, attr-defined]
        house.poll_later()
        house.poll_until_quiet()
    assert len(house.records()) == 5
    assert len(house.web.requests) == 3


def test_an_unconditional_poll_teaches_nothing_of_weak_etags(house: House) -> None:
    body = house.web.feed(FEED).body()
    house.web.stand(FEED, fetched(FEED, body, etag='W/"abc"'))
    house.add_feed()
    house.poll()
    house.poll_later(7 * 3600)
    with house.archive.read() as tx:
        assert not tx.feeds.host(house.feed().host).strip_weak_etags


def test_stripping_that_does_not_help_is_given_up(house: House) -> None:
    body = house.web.feed(FEED).body()
    house.web.stand(FEED, fetched(FEED, body, etag='W/"abc"'))
    house.add_feed()
    house.poll()
    for expected in (True, False):
        house.poll_later()
        with house.archive.read() as tx:
            assert tx.feeds.host(house.feed().host).strip_weak_etags is expected


def test_a_poll_does_not_revive_a_feed_that_was_stopped_meanwhile(house: House) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3)
    number = house.add_feed()

    def stopped_meanwhile(asked: object) -> object:
        with house.archive.write() as tx:
            tx.feeds.describe(number, stopped="left the file")
        return feed.answer(asked)  # type: ignore[arg-type]

    house.web.script(FEED, stopped_meanwhile)  # type: ignore[arg-type]
    house.poll()
    assert house.feed().stopped == "left the file"


def test_a_success_lets_a_feed_go_on_that_a_410_had_stopped(house: House) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3)
    house.add_feed()
    house.web.script(FEED, failed(410))
    house.poll()
    house.clock.advance(60)
    list(poll_named(house.equipment, [house.feed()]))
    assert house.feed().stopped == ""
    assert len(house.records()) == 3


def test_older_pages_that_are_refused_again_and_again_leave_a_gap_that_is_said(house: House) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 12, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(86400)
    publish_many(feed, house.clock, 20, "Neu")
    house.web.stand(f"{FEED}?paged=2", failed(403))
    for _ in range(30):
        house.poll_until_quiet()
        house.clock.advance(6 * 3600)
    assert house.feed().catch_up is None
    assert "refused" in house.gap()


def test_a_window_that_only_shrinks_is_no_gap(house: House) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 5)
    house.add_feed()
    house.poll()
    for article in feed.articles[1:]:
        feed.remove(article)
    house.poll_later()
    assert house.feed().catch_up is None
    assert len(house.web.requests) == 2


def test_a_remark_on_a_feed_without_entries_holds_on(house: House) -> None:
    house.web.feed(FEED)
    house.add_feed()
    house.poll()
    house.poll_later()
    assert "no entries" in house.feed().last_reason


def test_a_named_poll_keeps_the_gap_to_another_process(house: House) -> None:
    house.web.feed(FEED)
    house.add_feed()
    house.poll()
    list(poll_named(house.equipment, [house.feed()]))
    first, second = (asked.at for asked in house.web.requests)
    assert second - first >= timedelta(seconds=1)


def test_a_deliverer_that_comes_too_late_is_refused(database_url: str) -> None:
    with open_house(database_url) as house:
        house.subscribe("alles", "Neu")
        feed = house.web.feed(FEED)
        publish_many(feed, house.clock, 1, "Alt")
        house.add_feed()
        house.poll()
        house.clock.advance(700)
        publish_many(feed, house.clock, 1, "Neu")
        house.poll()
        now = house.clock.now()
        with house.archive.write() as tx:
            [mine] = tx.outbox.lease("screen", now, Lease(token="one", until=now))
        with house.archive.write() as tx:
            later = Lease(token="two", until=now + timedelta(hours=1))
            assert tx.outbox.lease("screen", now + timedelta(seconds=1), later)
            assert not tx.outbox.begin(mine, b"{}", now), "what is not ours is not sent"
        attempt = Attempt(outcome=SendOutcome(result=SendResult.SENT), payload=b"", started_at=now, took_s=0)
        with pytest.raises(LeaseLost), house.archive.write() as tx:
            tx.outbox.settle(mine, attempt, state=DeliveryState.SENT, retry_at=None)


def test_a_channels_deliveries_are_one_workers_at_a_time_and_keep_their_order(house: House) -> None:
    house.subscribe("alles", "Neu")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 1, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(86400)
    publish_many(feed, house.clock, 60, "Neu")
    house.poll_until_quiet()
    now = house.clock.now()
    with house.archive.write() as tx:
        assert len(tx.outbox.lease("screen", now, Lease(token="one", until=now + timedelta(minutes=1)))) == 50
        assert tx.outbox.is_busy("screen", now)
        assert tx.outbox.due_channels(now) == []
