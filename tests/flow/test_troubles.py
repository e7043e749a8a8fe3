"""The operator is told of a trouble once, and once that it is over; a feed without any is left alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes import FakeChannel, FakeFeed, failed, fetched
from tests.house import FEED, House, publish_many
from tests.unit.test_rhythm import watched
from worker import channelcare
from worker.model import Hop, NotModified, SendOutcome, SendResult, Trouble, TroubleKind
from worker.notify import notify_due
from worker.sending import ChannelManners
from worker.watch import watch_for_silence

HTML = "<!DOCTYPE html><html><head><title>Wartung</title></head><body>gleich wieder da</body></html>"


@pytest.fixture
def feed(house: House) -> FakeFeed:
    return house.web.feed(FEED)


@pytest.fixture
def running(house: House, feed: FakeFeed) -> House:
    """A feed whose first poll is behind it, and an operator who reads `screen`."""
    house.manners(operator_channels=("screen",))
    publish_many(feed, house.clock, 3)
    house.add_feed()
    house.poll()
    return house


def open_troubles(house: House) -> list[Trouble]:
    with house.archive.read() as tx:
        return tx.troubles.open()


def kinds(house: House) -> list[TroubleKind]:
    return [trouble.kind for trouble in open_troubles(house)]


def told(house: House) -> list[str]:
    """Sends what is owed, and gives the subjects of everything that was sent so far."""
    notify_due(house.counter)
    return [sending.message.subject for sending in house.channel.sent]


def go_on(house: House, *, hours: float, every_s: float = 700.0) -> None:
    for _ in range(int(hours * 3600 / every_s)):
        house.poll_later(every_s)


def test_html_instead_of_a_feed_is_told_once_and_its_end_once(running: House, feed: FakeFeed) -> None:
    running.web.stand(FEED, fetched(FEED, HTML, content_type="text/html"))
    go_on(running, hours=3)
    assert kinds(running) == [TroubleKind.NO_FEED]
    (begin,) = told(running)
    assert "etwas anderes als einen Feed" in begin
    go_on(running, hours=5)
    assert told(running) == [begin]
    running.web.stand(FEED, feed.answer)
    publish_many(feed, running.clock, 3)
    go_on(running, hours=3)
    assert kinds(running) == []
    assert len(told(running)) == 2
    assert "wieder ein Feed" in told(running)[1]
    assert running.feed().symptoms == ()


def test_a_failure_of_minutes_is_not_told(running: House) -> None:
    running.web.script(FEED, failed(503), failed(), failed(500))
    go_on(running, hours=3)
    assert (kinds(running), told(running)) == ([], [])


def test_a_feed_that_fails_for_hours_is_told(running: House) -> None:
    running.web.stand(FEED, failed(500))
    go_on(running, hours=4)
    assert kinds(running) == [TroubleKind.FAILING]
    assert "nicht abrufbar" in told(running)[0]


def test_trouble_with_the_certificate_has_its_own_words(running: House) -> None:
    running.web.stand(FEED, replace(failed(), sign=TroubleKind.CERTIFICATE))
    go_on(running, hours=2)
    assert kinds(running) == [TroubleKind.CERTIFICATE]


def test_a_feed_that_is_empty_all_at_once(running: House, feed: FakeFeed) -> None:
    go_on(running, hours=2)
    assert (kinds(running), told(running)) == ([], [])
    articles = list(feed.articles)
    feed.articles.clear()
    go_on(running, hours=2)
    assert kinds(running) == [TroubleKind.EMPTY]
    feed.articles.extend(articles)
    publish_many(feed, running.clock, 1)
    go_on(running, hours=1)
    assert kinds(running) == []
    assert len(told(running)) == 2


def test_a_feed_that_was_always_empty_is_no_trouble(house: House) -> None:
    house.web.feed(FEED)
    house.add_feed()
    house.poll()
    go_on(house, hours=3)
    assert kinds(house) == []


def test_a_feed_that_leads_to_another_site(running: House) -> None:
    elsewhere = (Hop(status=302, url="https://www.parkplatz.example/"),)
    running.web.stand(FEED, lambda asked: NotModified(url=asked.url, validators=asked.validators, hops=elsewhere))
    running.manners(unconditional_every_s=1e9)
    go_on(running, hours=2)
    assert kinds(running) == [TroubleKind.ELSEWHERE]
    (trouble,) = open_troubles(running)
    assert trouble.detail == "https://www.parkplatz.example/"


def test_another_spelling_of_the_same_site_is_none(running: House) -> None:
    hops = (Hop(status=302, url="http://stadtblatt.example/feed"),)
    running.web.stand(FEED, lambda asked: NotModified(url=asked.url, validators=asked.validators, hops=hops))
    running.manners(unconditional_every_s=1e9)
    go_on(running, hours=2)
    assert kinds(running) == []


def test_a_feed_that_is_gone_is_told_at_once(running: House) -> None:
    running.web.stand(FEED, failed(410))
    running.poll_later()
    assert kinds(running) == [TroubleKind.GONE]
    assert len(told(running)) == 1


def test_a_feed_that_was_caught_lying(running: House) -> None:
    with running.archive.write() as tx:
        tx.feeds.describe(running.feed().id, lied_at=running.clock.now())
    go_on(running, hours=1)
    assert kinds(running) == [TroubleKind.LYING]
    assert len(told(running)) == 1


def test_without_channels_the_trouble_is_filed_and_nobody_is_told(running: House) -> None:
    running.manners(operator_channels=())
    running.web.stand(FEED, failed(410))
    running.poll_later()
    assert kinds(running) == [TroubleKind.GONE]
    assert told(running) == []


def test_a_notice_that_does_not_arrive_is_tried_again_with_the_same_bytes(running: House) -> None:
    running.web.stand(FEED, failed(410))
    running.poll_later()
    running.channel.fail(2)
    for _ in range(4):
        notify_due(running.counter)
        running.clock.advance(minutes=6)
    attempts = running.channel.attempts
    assert len(attempts) == 3
    assert len({(one.delivery.id, one.message.payload) for one in attempts}) == 1
    assert [one.delivery.attempt for one in attempts] == [1, 2, 3]


def test_a_notice_that_may_have_arrived_is_not_repeated_where_twice_is_worse(running: House) -> None:
    running.web.stand(FEED, failed(410))
    running.poll_later()
    running.counter = replace(running.counter, manners={"screen": ChannelManners(on_unknown="drop")})
    running.channel.script(SendOutcome(result=SendResult.UNKNOWN, detail="no answer within 20 s"))
    for _ in range(2):
        notify_due(running.counter)
        running.clock.advance(days=1)
    assert len(running.channel.attempts) == 1


def test_a_channel_that_is_gone_gets_no_more_notices_until_it_is_enabled(running: House) -> None:
    running.web.stand(FEED, failed(410))
    running.poll_later()
    running.channel.refuse(1, status=410)
    for _ in range(3):
        notify_due(running.counter)
        running.clock.advance(days=2)
    assert len(running.channel.attempts) == 1
    assert TroubleKind.CHANNEL_GONE in kinds(running)
    with running.archive.write() as tx:
        assert channelcare.enable(tx, running.channel.name, running.clock.now())
    assert len(told(running)) == 1


def test_a_channel_that_left_the_configuration_is_said(running: House) -> None:
    running.web.stand(FEED, failed(410))
    running.poll_later()
    running.counter = replace(running.counter, channels={"other": FakeChannel("other")})
    notify_due(running.counter)
    with running.archive.read() as tx:
        assert tx.troubles.count_dead() == 1
        assert tx.troubles.due_channels(running.clock.now() + timedelta(days=9)) == []
        assert tx.channels.all() == []


# -- silence ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def known(running: House) -> House:
    """The feed's rhythm is known: three articles an hour by day, the last one now."""
    rhythm = watched(14, range(8, 20), per_hour=3, start=running.clock.now() - timedelta(days=14))
    with running.archive.write() as tx:
        tx.feeds.describe(running.feed().id, rhythm=rhythm.to_json())
    return running


def test_a_source_that_falls_silent_is_told_and_so_is_its_next_article(known: House, feed: FakeFeed) -> None:
    assert watch_for_silence(known.equipment) == []
    silent_for_h = None
    for number in range(30):
        known.poll_later(1200)
        if watch_for_silence(known.equipment):
            silent_for_h = number / 3
    assert silent_for_h is not None
    assert 1 < silent_for_h < 6
    (trouble,) = open_troubles(known)
    assert trouble.kind is TroubleKind.SILENT
    (begin,) = told(known)
    assert "still" in begin
    publish_many(feed, known.clock, 1)
    known.poll_later(4000)
    assert [one.kind for one in watch_for_silence(known.equipment)] == [TroubleKind.SILENT]
    assert open_troubles(known) == []
    assert len(told(known)) == 2


def test_while_polls_fail_nobody_knows_of_silence(known: House) -> None:
    known.web.stand(FEED, failed(500))
    go_on(known, hours=12, every_s=1800)
    assert watch_for_silence(known.equipment) == []
    assert kinds(known) == [TroubleKind.FAILING]


def test_two_workers_that_watch_at_once_tell_once(known: House) -> None:
    for _ in range(10):
        known.poll_later(3600)
    assert len(watch_for_silence(known.equipment)) == 1
    assert watch_for_silence(known.equipment) == []
    assert len(told(known)) == 1
