"""A worker stands still for five minutes, as in a virtual machine that is moved, and does not notice.

Another one takes its work over; when the first goes on, its late writes are refused, nothing is doubled, and it works on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.fakes import Asked, FakeClock, FakeFeed, fetched
from tests.house import FEED, House, build_house, publish_many
from worker.archive import open_archive
from worker.model import Delivery, FetchResult, Message, SendOutcome

PAUSE_S = 300.0
TEXT = "<p>Der Rat hat am Dienstag lange beraten, auch über vieles andere.</p><p>Neu war am Ende der Haushalt.</p>"


@dataclass
class Pair:
    """Two workers on one archive, in one web, each with a clock; they count together what was sent."""

    first: House
    second: House
    feed: FakeFeed

    def pause(self) -> None:
        """The first one stands still, and the second one works. Nothing of the first sees time pass meanwhile."""
        self.second.clock.advance((self.first.clock.now() - self.second.clock.now()).total_seconds() + PAUSE_S)
        self.second.poll_until_quiet()
        self.second.deliver()
        self.first.clock.advance((self.second.clock.now() - self.first.clock.now()).total_seconds())

    def answers_after_the_pause(self, url: str, answer: Callable[[Asked], FetchResult]) -> None:
        """The next answer at this address is read after a pause: it is what was to be had before."""

        def late(asked: Asked) -> FetchResult:
            found = answer(asked)
            self.pause()
            return found

        self.first.web.script(url, late)

    def assert_whole_in_the_end(self, titles: list[str]) -> None:
        """Everything is there once, and the first worker goes on working."""
        self.first.deliver()
        self.first.clock.advance(700)
        self.first.poll_until_quiet()
        titles = [*titles, *publish_many(self.feed, self.first.clock, 1, "Neu danach")]
        self.first.clock.advance(700)
        assert self.first.poll().hosts == 1
        self.first.poll_until_quiet()
        self.first.clock.advance(86_400)
        self.first.deliver()
        found = self.first.titles()
        assert len(found) == len(set(found))
        assert set(titles) <= set(found)
        with self.first.archive.read() as tx:
            assert set(tx.alerts.counts()) == {"sent"}
            assert tx.alerts.count() == tx.alerts.counts()["sent"]
        assert self.first.gap() == ""


@pytest.fixture
def pair(house: House, database_url: str) -> Iterator[Pair]:
    with second_worker(house, database_url) as other:
        house.manners(full_text=True)
        other.manners(full_text=True)
        house.subscribe("alles", "Neu")
        feed = house.web.feed(FEED, page_size=3)
        publish_many(feed, house.clock, 3, "Alt")
        house.add_feed()
        house.poll_until_quiet()
        house.clock.advance(700)
        yield Pair(house, other, feed)


@contextmanager
def second_worker(first: House, database_url: str) -> Iterator[House]:
    archive = open_archive(database_url)
    yield build_house(archive, FakeClock(first.clock.now()), first.web, first.channel)
    archive.close()


def test_paused_in_a_poll(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    titles = publish_many(pair.feed, pair.first.clock, 3, "Neu")
    pair.answers_after_the_pause(FEED, pair.feed.answer)
    assert [poll.noted for poll in pair.first.poll().polls] == []
    assert "was taken over" in caplog.text
    pair.assert_whole_in_the_end(titles)
    assert len(pair.first.sent_titles()) == len(set(pair.first.sent_titles()))


def test_paused_in_a_poll_that_brings_nothing_new(pair: Pair) -> None:
    """Its note of when the feed is polled next must not undo what the other one wrote."""
    pair.answers_after_the_pause(FEED, pair.feed.answer)
    pair.first.poll()
    assert pair.first.feed().last_polled_at == pair.second.feed().last_polled_at
    pair.assert_whole_in_the_end([])


def test_paused_on_an_older_page(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    titles = publish_many(pair.feed, pair.first.clock, 8, "Neu")
    pair.answers_after_the_pause(f"{FEED}?paged=2", pair.feed.answer)
    pair.first.poll()
    assert "was taken over" in caplog.text
    pair.assert_whole_in_the_end(titles)
    assert len(pair.first.sent_titles()) == len(set(pair.first.sent_titles()))


def test_paused_on_an_article_s_page(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    feed, house = pair.feed, pair.first
    excerpt = feed.publish("Rat berät", "<p>Der Rat hat am Dienstag lange beraten […]</p>", at=house.clock.now())
    page = fetched(excerpt.url, f"<title>Rat berät</title><main>{TEXT}</main>")
    feed.full_text = False
    house.web.stand(excerpt.url, page)
    pair.answers_after_the_pause(excerpt.url, lambda _: page)
    house.poll()
    assert "was taken over" in caplog.text
    pair.assert_whole_in_the_end(["Rat berät"])
    assert house.sent_titles().count("Rat berät") == 1


def test_paused_in_a_send(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    """The message has left, and nobody knows: it goes out again under the same id, and the late outcome is dropped."""
    titles = publish_many(pair.feed, pair.first.clock, 2, "Neu")
    pair.first.poll()
    pair.first.counter = replace(pair.first.counter, channels={"screen": Pausing(pair)})
    pair.first.deliver()
    assert "was taken over" in caplog.text
    pair.first.counter = replace(pair.first.counter, channels={"screen": pair.first.channel})
    pair.assert_whole_in_the_end(titles)
    sent = [sending.delivery.id for sending in pair.first.channel.sent]
    assert max(map(sent.count, sent)) == 2
    assert len(sent) == len(set(sent)) + 1, "only what was under way"


class Pausing:
    """A channel that takes the first message, and then the worker stands still."""

    name = "screen"

    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    def send(self, delivery: Delivery, message: Message, now: Any) -> SendOutcome:
        outcome = self._pair.first.channel.send(delivery, message, now)
        self._pair.pause()
        self._pair.pause()  # its outcome is unknown now, and it is due again
        return outcome


def test_paused_between_two_polls(pair: Pair) -> None:
    """Before an exchange the lease is renewed, and that is refused: the site is not asked by both."""
    other = "https://www.stadtblatt.example/sport/feed/"
    pair.first.web.feed(other)
    pair.first.add_feed(other)
    pair.answers_after_the_pause(FEED, pair.feed.answer)
    pair.first.poll()
    assert len(pair.first.web.asked(other)) == 1, "the second worker asked, and the first did not any more"
    pair.assert_whole_in_the_end([])
