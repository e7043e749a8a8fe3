"""The trip of an entry: feed -> record -> archive -> match -> alert owed, over both databases."""

import threading
from datetime import timedelta
from itertools import pairwise

from tests.fakes import Asked, FakeFeed, failed, fetched
from tests.house import FEED, House, publish_many
from worker.batch import poll_due
from worker.model import FetchResult, NotModified, Validators
from worker.poll import Outcome
from worker.sweep import HURRIED_TICKS, hurried_in_s


def start(house: House) -> FakeFeed:
    """A feed with three articles, polled once: from now on everything is news."""
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3, "Alt")
    house.add_feed()
    house.poll()
    return feed


def test_the_first_poll_files_without_alerts(house: House) -> None:
    house.subscribe("alles", "Alt")
    start(house)
    assert len(house.records()) == 3
    assert house.deliver() == []


def test_a_new_article_is_filed_and_alerts_once(house: House) -> None:
    house.subscribe("Radweg", "Radweg")
    feed = start(house)
    feed.publish("Radweg eröffnet", "<p>Der Weg ist frei.</p>", at=house.clock.now())
    first = house.poll_later()
    assert [poll.outcome for poll in first.polls] == [Outcome.UPDATED]
    assert first.polls[0].filed.new == 1
    assert first.polls[0].filed.alerts == 1
    again = house.poll_later()
    assert [poll.outcome for poll in again.polls] == [Outcome.UNCHANGED]
    house.deliver()
    house.deliver()
    assert house.sent_titles() == ["Radweg eröffnet"]


def test_two_feeds_that_show_the_same_articles_make_one_record_each(house: House) -> None:
    house.subscribe("Radweg", "Radweg")
    feed = start(house)
    other = house.web.feed("https://www.stadtblatt.example/category/sport/feed/")
    other.articles = feed.articles
    house.add_feed(other.url)
    house.clock.advance(5)
    house.poll()
    feed.publish("Radweg eröffnet", at=house.clock.now())
    house.poll_later()
    house.poll_until_quiet()
    assert len(house.records()) == 4
    assert house.records()[-1].feeds == (other.url, FEED)
    house.deliver()
    assert house.sent_titles() == ["Radweg eröffnet"]


def test_nothing_is_polled_before_it_is_due(house: House) -> None:
    start(house)
    assert house.poll().hosts == 0
    assert house.poll_later(300).hosts == 0
    assert house.poll_later(400).hosts == 1


def test_an_edit_is_a_revision_and_no_second_alert(house: House) -> None:
    house.subscribe("Radweg", "Radweg")
    feed = start(house)
    article = feed.publish("Radweg eröffnet", "<p>Erste Fassung.</p>", at=house.clock.now())
    house.poll_later()
    feed.edit(article, html="<p>Zweite Fassung.</p>")
    result = house.poll_later().polls[0]
    assert (result.outcome, result.filed.new, result.filed.revised) == (Outcome.UPDATED, 0, 1)
    record = house.records()[-1]
    assert (record.revision, record.record.body) == (2, "Zweite Fassung.")
    with house.archive.read() as tx:
        [(number, _, _, state)] = tx.records.earlier(record.id)
    assert (number, state["body"]) == (1, "Erste Fassung.")
    house.deliver()
    assert len(house.channel.sent) == 1


def test_a_new_slug_is_the_same_record_with_its_former_url(house: House) -> None:
    feed = start(house)
    article = feed.publish("Radweg eröffnet", at=house.clock.now())
    house.poll_later()
    feed.edit(article, url="https://www.stadtblatt.example/radweg-ist-offen-1004/")
    house.poll_later()
    record = house.records()[-1]
    assert record.record.url == "https://www.stadtblatt.example/radweg-ist-offen-1004/"
    assert record.former_urls == (article.url,)
    assert len(house.records()) == 4


def test_validators_go_back_byte_for_byte_and_a_304_is_no_work(house: House) -> None:
    start(house)
    result = house.poll_later().polls[0]
    assert (result.outcome, result.status) == (Outcome.UNCHANGED, 304)
    asked = house.web.asked(FEED)
    assert asked[0].validators is None
    assert asked[1].validators is not None
    assert asked[1].validators.url == FEED


def test_now_and_then_a_feed_is_asked_without_validators(house: House) -> None:
    start(house)
    house.poll_later(7 * 3600)
    assert house.web.asked(FEED)[-1].validators is None


def test_a_server_that_ignores_its_own_weak_etag_is_asked_without_the_w(house: House) -> None:
    body = house.web.feed(FEED).body()
    for _ in range(3):
        house.web.script(FEED, fetched(FEED, body, etag='W/"abc"'))
    house.add_feed()
    house.poll()
    for _ in range(2):
        house.poll_later()
    assert [asked.validators and asked.validators.etag for asked in house.web.asked(FEED)] == [None, 'W/"abc"', '"abc"']


def test_a_304_that_nobody_asked_for_costs_the_validators(house: House) -> None:
    start(house)
    house.web.script(FEED, failed(304, "304 to a question without validators"))
    house.poll_later()
    assert house.feed().validators == Validators()
    assert house.feed().last_outcome == "failed"


def test_html_or_an_empty_body_keeps_the_last_good_state(house: House) -> None:
    start(house)
    before = house.feed()
    for body in ("<!DOCTYPE html><html><head><title>Wartung</title></head><body>bald</body></html>", ""):
        house.web.script(FEED, fetched(FEED, body, content_type="text/html"))
        result = house.poll_later(7300).polls[0]
        assert result.outcome is Outcome.FAILED
        after = house.feed()
        assert (after.validators, after.window, after.body_hash) == (before.validators, before.window, before.body_hash)
        assert after.last_reason


def test_410_stops_the_feed_and_says_so(house: House) -> None:
    start(house)
    house.web.script(FEED, failed(410))
    house.poll_later()
    assert house.feed().stopped.startswith("410 Gone since")
    assert house.poll_later(10 * 86400).hosts == 0
    assert len(house.records()) == 3


def test_retry_after_holds_for_the_whole_host(house: House) -> None:
    start(house)
    other = "https://www.stadtblatt.example/category/sport/feed/"
    house.web.feed(other)
    house.web.script(FEED, failed(503, retry_after_s=1200))
    house.poll_later()
    house.add_feed(other)
    assert house.poll_later(1190).hosts == 0
    house.clock.advance(11)
    house.poll_until_quiet()
    assert house.web.asked(other)


def test_failures_back_off_and_a_success_resets_them(house: House) -> None:
    start(house)
    house.web.script(FEED, *[failed(None, "the name cannot be resolved")] * 3)
    rests = []
    for _ in range(3):
        house.poll_later(2 * 3600)
        feed = house.feed()
        rests.append((feed.next_poll_at - house.clock.now()).total_seconds())
    assert rests == sorted(rests)
    assert rests[0] < 600
    assert house.feed().failures == 3
    house.poll_later(2 * 3600)
    assert house.feed().failures == 0


def test_a_permanent_redirect_is_believed_after_a_day_of_agreement(house: House) -> None:
    from worker.model import Fetched, Hop

    new = "https://www.stadtblatt.example/neu/feed/"
    target = house.web.feed(new)
    publish_many(target, house.clock, 3)

    def moved(asked: object) -> Fetched:
        answer = fetched(new, target.body(), etag=f'"{len(target.articles)}"')
        return Fetched(
            url=new,
            body=answer.body,
            headers=answer.headers,
            validators=answer.validators,
            hops=(Hop(status=301, url=new),),
        )

    house.web.stand(FEED, moved)
    house.add_feed()
    house.poll()
    for _ in range(2):
        publish_many(target, house.clock, 1)
        house.poll_later(3600)
    assert house.feed().poll_url == FEED
    publish_many(target, house.clock, 1)
    house.poll_later(86400)
    assert house.feed().poll_url == new
    publish_many(target, house.clock, 1)
    house.poll_later()
    assert house.web.requests[-1].url == new
    assert len(house.records()) == 7


def test_an_article_that_slides_into_view_is_filed_but_is_no_news(house: House) -> None:
    """A newer article is deleted, so that the feed's last place shows one from before we came."""
    house.subscribe("alles", "Artikel")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 12)
    house.add_feed()
    house.poll()
    feed.remove(feed.page()[0])
    house.poll_later()
    assert len(house.records()) == 11
    assert house.deliver() == []


def test_an_article_that_is_dated_back_behind_all_others_is_news(house: House) -> None:
    house.subscribe("alles", "Zurück")
    feed = start(house)
    feed.publish("Zurückdatiert", at=house.clock.now() - timedelta(days=3))
    feed.publish("Zurück", at=house.clock.now())
    house.poll_later()
    house.deliver()
    assert house.sent_titles() == ["Zurück"], "a word is not found inside another"
    assert len(house.records()) == 5
    feed.publish("Zurück zum Alten", at=house.clock.now() - timedelta(days=3))
    house.poll_later()
    house.deliver()
    assert house.sent_titles() == ["Zurück", "Zurück zum Alten"]


def test_a_fault_of_our_own_costs_one_feed_one_poll(house: House) -> None:
    from dataclasses import replace

    def broken(*_: object, **__: object) -> object:
        raise KeyError("a fault")

    feed = start(house)
    good = house.equipment
    feed.publish("Neu", at=house.clock.now())
    house.equipment = replace(good, read=broken)
    result = house.poll_later().polls[0]
    assert result.outcome is Outcome.FAILED
    assert "please report" in result.reason
    assert house.feed().next_poll_at > house.clock.now()
    house.equipment = good
    assert house.poll_later(7200).polls[0].filed.new == 1


def test_a_304_through_a_redirect_keeps_its_validators(house: House) -> None:
    start(house)
    given = Validators(url="https://www.stadtblatt.example/neu/", etag='"neu"')
    house.web.script(FEED, NotModified(url=given.url, validators=given))
    house.poll_later()
    assert house.feed().validators == given


def test_host_gap_lies_between_two_exchanges_with_a_host(house: House) -> None:
    for number in range(3):
        url = f"https://www.stadtblatt.example/{number}/feed/"
        house.web.feed(url)
        house.add_feed(url)
    house.poll()
    times = [asked.at for asked in house.web.requests]
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(times))
    assert len(times) == 3


def test_alerts_do_not_wait_for_the_slowest_host_of_the_batch(house: House) -> None:
    slow, owing = "https://langsam.example/feed/", threading.Event()
    told: list[bool] = []

    def hangs(_asked: Asked) -> FetchResult:
        told.append(owing.wait(30))
        return failed(503)

    house.subscribe("Radweg", "Radweg")
    feed = start(house)
    house.add_feed(slow)
    house.web.stand(slow, hangs)
    feed.publish("Radweg eröffnet", "<p>Der Weg ist frei.</p>", at=house.clock.now())
    house.clock.advance(700)
    assert poll_due(house.equipment, owing=owing.set).alerts == 1
    assert told == [True], "while one host hangs, it is told that alerts are owed"


def test_only_feeds_in_a_hurry_are_not_left_to_the_tick(house: House) -> None:
    tick_s, now = 2.0, house.clock.now()
    for number, (interval_s, in_s) in enumerate([(600.0, 0.5), (5.0, 1.5), (5.0, 3.0), (5.0, 0.0), (5.0, 1.0)]):
        url = f"https://zeitung{number}.example/feed/"
        house.add_feed(url, interval_s=interval_s)
        with house.archive.write() as tx:
            feed = tx.feeds.find(url)
            assert feed is not None
            tx.feeds.describe(feed.id, next_poll_at=now + timedelta(seconds=in_s))
            if in_s == 1.0:
                tx.feeds.stop(feed.id, "gone", was="")
    assert hurried_in_s(house.archive, now, tick_s) == 1.5
    assert hurried_in_s(house.archive, now, 5.0 / HURRIED_TICKS - 0.1) is None, "to the tick it makes no difference"
