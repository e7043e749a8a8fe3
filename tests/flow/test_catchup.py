"""Nothing is missed while we slept: older pages are read until known ground."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes import FakeFeed, failed
from tests.house import FEED, House, publish_many
from worker.errors import NoParser
from worker.model import ParsedFeed
from worker.proof import NOT_REACHED


def start(house: House, articles: int = 12, **options: object) -> FakeFeed:
    feed = house.web.feed(FEED, **options)
    publish_many(feed, house.clock, articles, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(60)
    return feed


@pytest.mark.parametrize("missed", [1, 8, 9, 10, 11, 18, 19, 20, 35])
def test_whatever_number_was_published_all_of_it_is_filed_and_alerts(house: House, missed: int) -> None:
    house.subscribe("alles", "Neu")
    feed = start(house)
    house.clock.advance(86400)
    titles = publish_many(feed, house.clock, missed, "Neu")
    house.poll_until_quiet()
    house.deliver()
    assert sorted(house.sent_titles()) == sorted(titles)
    assert {title for title in house.titles() if title.startswith("Neu")} == set(titles)
    assert house.feed().catch_up is None
    assert house.gap() == ""


def test_older_articles_on_the_last_page_are_no_news(house: House) -> None:
    house.subscribe("alt", "Alt")
    feed = start(house, articles=30)
    publish_many(feed, house.clock, 15, "Neu")
    house.poll_later(86400)
    house.poll_until_quiet()
    assert house.deliver() == []


def test_catching_up_goes_on_after_a_failure_where_it_stood(house: House) -> None:
    house.manners(reread_every_s=0)
    feed = start(house)
    house.clock.advance(86400)
    titles = publish_many(feed, house.clock, 35, "Neu")
    house.web.script(f"{FEED}?paged=3", failed(500), failed(None, "no answer within 15 s"))
    house.poll_until_quiet()
    assert house.feed().catch_up is not None
    for _ in range(4):
        house.poll_later(900)
        house.poll_until_quiet()
    assert set(titles) <= set(house.titles())
    again = len(house.web.asked(f"{FEED}?paged=2")) - 1
    assert again == 2, "the page before, once after each pause: what went away meanwhile pulls entries onto it"
    assert house.feed().catch_up is None


def test_catching_up_waits_for_parsers_that_cannot_be_started(house: House) -> None:
    """The machine is short of something: that is no reason to give an older page up."""

    first_page = iter([True])

    def missing(*arguments: object, **named: object) -> ParsedFeed:
        if next(first_page, False):
            return read(*arguments, **named)  # type: ignore[arg-type]
        raise NoParser("no process could be started to read the body in: Resource temporarily unavailable")

    read, feed = house.equipment.read, start(house)
    house.clock.advance(86400)
    titles = publish_many(feed, house.clock, 15, "Neu")
    house.equipment = replace(house.equipment, read=missing)
    house.poll_later(2)
    assert (house.feed().catch_up is not None, house.gap()) == (True, NOT_REACHED)
    house.equipment = replace(house.equipment, read=read)
    house.clock.advance(900)
    house.poll_until_quiet()
    assert set(titles) <= set(house.titles())
    assert house.gap() == ""


def test_pages_that_shift_while_they_are_read_lose_and_double_nothing(house: House) -> None:
    house.subscribe("alles", "Neu")
    feed = start(house)
    house.clock.advance(86400)
    titles = publish_many(feed, house.clock, 25, "Neu")

    def while_reading(asked: object) -> object:
        titles.extend(publish_many(feed, house.clock, 3, "Neu"))
        return feed.answer(asked)  # type: ignore[arg-type]

    house.web.script(f"{FEED}?paged=2", while_reading)
    house.web.script(f"{FEED}?paged=3", while_reading)
    for _ in range(4):
        house.poll_later()
        house.poll_until_quiet()
    house.deliver()
    assert sorted(house.sent_titles()) == sorted(titles)
    assert len(house.titles()) == len(set(house.titles()))


@pytest.mark.parametrize("news", [9, 10, 11, 20])
def test_as_much_news_as_a_page_holds_does_not_make_a_server_one_that_turns_no_pages(house: House, news: int) -> None:
    """The second page is then what the first one was."""
    house.manners(back_off_max_s=2.0, reread_every_s=0)
    feed = start(house)
    house.clock.advance(86400)
    missed = publish_many(feed, house.clock, 15, "Neu")
    house.web.script(f"{FEED}?paged=2", failed(503))
    house.poll()
    assert house.feed().catch_up is not None
    house.clock.advance(30)
    missed += [feed.publish(f"Neuer {number}", at=house.clock.now()).title for number in range(news)]
    house.poll()
    for _ in range(3):
        house.poll_later(900)
        house.poll_until_quiet()
    assert set(missed) <= set(house.titles())
    assert house.gap() == ""


def test_a_second_gap_before_the_first_is_closed_closes_both(house: House) -> None:
    feed = start(house)
    house.clock.advance(86400)
    titles = publish_many(feed, house.clock, 25, "Neu")
    house.web.script(f"{FEED}?paged=3", failed(None, "no answer within 15 s"))
    house.poll_until_quiet()
    house.clock.advance(7200)
    titles += publish_many(feed, house.clock, 25, "Neuer")
    for _ in range(6):
        house.poll_until_quiet()
        house.clock.advance(900)
    assert set(titles) <= set(house.titles())


def test_a_server_that_does_not_turn_pages_leaves_a_gap_that_is_said(house: House) -> None:
    feed = start(house)
    house.clock.advance(86400)
    publish_many(feed, house.clock, 12, "Neu")
    for number in (2, 3):
        house.web.stand(
            f"{FEED}?paged={number}",
            lambda _asked: feed.answer(_asked.__class__(url=FEED, validators=None, at=_asked.at)),
        )
    house.poll_until_quiet()
    assert "the server does not turn pages" in house.gap()
    assert house.feed().catch_up is None
    house.poll_later()
    assert house.feed().catch_up is None, "the gap is noted once"


def test_the_page_limit_leaves_a_gap_that_is_said(house: House) -> None:
    house.manners(catch_up_pages=2)
    feed = start(house)
    house.clock.advance(86400)
    publish_many(feed, house.clock, 40, "Neu")
    house.poll_until_quiet()
    assert "the limit" in house.gap()


def test_entries_known_from_elsewhere_prove_nothing(house: House) -> None:
    """The main feed filed all of it; the category feed still has to find its own ground."""
    main = start(house)
    category = house.web.feed("https://www.stadtblatt.example/category/sport/feed/", page_size=3)
    category.articles = main.articles[:3]
    house.add_feed(category.url)
    house.poll_until_quiet()
    house.clock.advance(3600)
    publish_many(main, house.clock, 8, "Sport")
    category.articles = main.articles[:3] + main.articles[-8:]
    for _ in range(2):
        house.poll_later()
        house.poll_until_quiet()
    assert house.web.asked(f"{category.url}?paged=3")
    assert house.gap(category.url) == ""


def test_two_pinned_articles_are_no_ground(house: House) -> None:
    feed = start(house, articles=0)
    pinned = [feed.publish(f"Angepinnt {n}", at=house.clock.now() - timedelta(days=30, minutes=n)) for n in range(2)]
    publish_many(feed, house.clock, 9, "Alt")
    newest = FakeFeed.page
    feed.page = lambda number=1: (
        (pinned if number == 1 else [])
        + [  # type: ignore[method-assign]
            one for one in newest(feed, number) if one not in pinned
        ]
    )
    house.poll_later()
    house.clock.advance(86400)
    titles = publish_many(feed, house.clock, 15, "Neu")
    house.poll_until_quiet()
    assert set(titles) <= set(house.titles())


def test_a_fault_of_our_own_on_an_older_page_pauses_that_feed_only(house: House) -> None:
    good = house.equipment
    feed = start(house)
    house.clock.advance(86400)
    titles = publish_many(feed, house.clock, 25, "Neu")

    def broken_on_older_pages(body: bytes, **given: object) -> object:
        if "paged=" in str(given["url"]):
            raise KeyError("a fault")
        return good.read(body, **given)  # type: ignore[arg-type]

    house.equipment = replace(good, read=broken_on_older_pages)
    house.poll_until_quiet()
    paused = house.feed()
    assert paused.catch_up is not None
    assert paused.catch_up_at is not None
    assert paused.catch_up_at > house.clock.now()
    house.equipment = good
    house.poll_later(7200)
    house.poll_until_quiet()
    assert set(titles) <= set(house.titles())
