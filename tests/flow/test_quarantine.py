"""A feed whose window changes identity at once: no alert leaves, nothing is lost, and the operator decides."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.fakes import FakeArticle, FakeClock, FakeFeed, FakeWeb
from tests.house import FEED, House, open_house
from tests.killing import killed_at
from tests.story_pairs import AGENCY
from worker import quarantine
from worker.archive.schema import alerts, deliveries, notices
from worker.audit import Audit
from worker.diagnosis import end_quarantine
from worker.model import Quarantine, QuarantineState, TroubleKind
from worker.recordfiles import write_due

HOME = "https://www.stadtblatt.example/"


def html(number: int) -> str:
    """A text that no other article has."""
    words = " ".join(f"Wort{number}x{place}" for place in range(60))
    return f"<p>Nachrichtendienst: {words}.</p>"


@pytest.fixture
def feed(house: House) -> FakeFeed:
    return watched(house)


def watched(house: House, count: int = 10) -> FakeFeed:
    """Articles that somebody was told of, and that stand in the window."""
    one = house.web.feed(FEED)
    house.add_feed()
    one.publish("Vorher", at=house.clock.now())
    house.poll()
    house.subscribe("alle", "Nachrichtendienst")
    for number in range(count):
        house.clock.advance(60)
        one.publish(f"Meldung {number}", html(number), at=house.clock.now())
    house.poll_later()
    house.deliver()
    assert len(house.channel.sent) == count
    return one


def rename(feed: FakeFeed, changed: Callable[[FakeArticle], dict[str, Any]]) -> None:
    feed.articles = [replace(article, **changed(article)) for article in feed.articles]
    feed.next_id += 5000


def new_address_and_number(article: FakeArticle) -> dict[str, Any]:
    number = article.id + 5000
    return {"id": number, "url": f"{HOME}neu/{number}/", "guid": f"{HOME}?p={number}"}


def new_number(article: FakeArticle) -> dict[str, Any]:
    return {"id": article.id + 5000, "guid": f"{HOME}?p={article.id + 5000}"}


def new_guids_and_links(article: FakeArticle) -> dict[str, Any]:
    return {"url": f"{HOME}neu/{article.id}/", "guid": f"urn:uuid:{article.id}"}


CHANGES = [new_address_and_number, new_number, new_guids_and_links]


def found(house: House, *, open_only: bool = True) -> list[Quarantine]:
    with house.archive.read() as tx:
        return tx.quarantines.all(open_only=open_only)


def states(house: House) -> dict[str, int]:
    with house.archive.read() as tx:
        return dict(tx.alerts.counts())


def troubles(house: House) -> list[TroubleKind]:
    with house.archive.read() as tx:
        return [trouble.kind for trouble in tx.troubles.open()]


def decide(house: House, decision: Callable[..., int]) -> int:
    [one] = found(house)
    with house.archive.write() as tx:
        return decision(tx, one, by="anna", now=house.clock.now())


@pytest.mark.parametrize("change", CHANGES)
def test_no_alert_leaves_and_nothing_is_lost(house: House, feed: FakeFeed, change: Callable[..., Any]) -> None:
    before = house.feed()
    rename(feed, change)
    house.poll_later()

    assert house.deliver() == []
    [one] = found(house)
    assert (one.feed_url, one.records, one.alerts) == (FEED, 10, 10)
    assert states(house) == {"sent": 10, "held": 10}
    assert len(house.records()) == 21
    assert troubles(house) == [TroubleKind.QUARANTINE]
    after = house.feed()
    assert (after.catch_up, house.gap()) == (None, "")
    assert after.covered_to is not None and before.covered_to is not None and after.covered_to > before.covered_to


@pytest.mark.parametrize("change", CHANGES)
def test_folded_articles_are_known_by_their_new_names(house: House, feed: FakeFeed, change: Callable[..., Any]) -> None:
    rename(feed, change)
    house.poll_later()
    assert decide(house, quarantine.fold) == 10

    assert sorted(house.titles()) == sorted(["Vorher", *[f"Meldung {number}" for number in range(10)]])
    feed.articles = [replace(article, author="Neue Redaktion") for article in feed.articles]
    house.clock.advance(60)
    feed.publish("Ganz neu", html(99), at=house.clock.now())
    house.poll_later()
    house.deliver()
    assert [sending.delivery.alert.record.record.title for sending in house.channel.sent[10:]] == ["Ganz neu"]
    assert len(house.records()) == 12
    assert found(house) == []
    assert house.gap() == ""
    urls = {article.url for article in feed.articles}
    assert {filed.record.url for filed in house.records() if filed.record.title != "Vorher"} <= urls


def test_accepted_articles_alert(house: House, feed: FakeFeed) -> None:
    rename(feed, new_address_and_number)
    house.poll_later()
    assert decide(house, quarantine.accept) == 10

    assert len(house.deliver()) == 10
    assert len(house.records()) == 21
    house.poll_later()
    assert (found(house), states(house)) == ([], {"sent": 20})


def test_files_wait_for_the_decision_and_verify_is_content(house: House, feed: FakeFeed, tmp_path: Any) -> None:
    write_due(house.archive, tmp_path)
    rename(feed, new_address_and_number)
    house.poll_later()
    write_due(house.archive, tmp_path)
    assert len(list(tmp_path.rglob("*.txt"))) == 11
    assert list(Audit(house.archive, tmp_path).flaws()) == []

    decide(house, quarantine.accept)
    write_due(house.archive, tmp_path)
    assert len(list(tmp_path.rglob("*.txt"))) == 21
    assert list(Audit(house.archive, tmp_path).flaws()) == []


def test_verify_is_content_after_folding(house: House, feed: FakeFeed, tmp_path: Any) -> None:
    write_due(house.archive, tmp_path)
    rename(feed, new_address_and_number)
    house.poll_later()
    decide(house, quarantine.fold)
    write_due(house.archive, tmp_path)

    assert len(list(tmp_path.rglob("*.txt"))) == 11
    assert list(Audit(house.archive, tmp_path).flaws()) == []


def test_what_is_really_new_alerts_meanwhile(house: House, feed: FakeFeed) -> None:
    rename(feed, new_address_and_number)
    feed.publish("Mitten darin", html(50), at=house.clock.now())
    house.poll_later()
    house.clock.advance(60)
    feed.publish("Danach", html(51), at=house.clock.now())
    house.poll_later()

    house.deliver()
    assert sorted(house.sent_titles()[10:]) == ["Danach", "Mitten darin"]


def test_what_slides_into_view_later_joins(house: House, feed: FakeFeed) -> None:
    """An article that the window did not show when the names changed."""
    feed.page_size = 8
    rename(feed, new_address_and_number)
    house.poll_later()
    assert [one.records for one in found(house)] == [8]
    feed.page_size = 11
    house.clock.advance(60)
    feed.publish("Danach", html(51), at=house.clock.now())
    house.poll_later()

    assert [one.records for one in found(house)] == [10]
    house.deliver()
    assert house.sent_titles()[10:] == ["Danach"]


def test_the_operator_is_told_once_and_at_the_end(house: House, feed: FakeFeed) -> None:
    house.manners(operator_channels=("screen",))
    rename(feed, new_address_and_number)
    house.poll_later()
    feed.publish("Danach", html(51), at=house.clock.now())
    house.poll_later()

    with house.archive.read() as tx:
        told = tx._connection.execute(select(notices.c.phase, notices.c.channel)).all()
    assert [tuple(row) for row in told] == [("began", "screen")]
    with house.archive.write() as tx:
        end_quarantine(house.equipment, tx, house.feed(), house.clock.now())
    assert troubles(house) == []
    with house.archive.read() as tx:
        assert sorted(tx._connection.execute(select(notices.c.phase)).scalars()) == ["began", "over"]


# -- none -------------------------------------------------------------------------------------------------------------


def test_an_overflow_is_none(house: House, feed: FakeFeed) -> None:
    for number in range(100, 130):
        house.clock.advance(60)
        feed.publish(f"Meldung {number}", html(number), at=house.clock.now())
    house.poll_later()
    house.poll_until_quiet()

    assert found(house) == []
    house.deliver()
    assert len(house.channel.sent) == 40


def test_a_window_of_one_headline_is_none(house: House) -> None:
    """Reports by one template, all of the same name; the next window holds none of the last one."""
    feed = house.web.feed(FEED)
    house.add_feed()
    house.subscribe("alle", "Nachrichtendienst")
    for number in range(30):
        if number % 10 == 0:
            house.poll_later()
        house.clock.advance(60)
        text = AGENCY[2].body.replace("Hafen", f"Hafen {number}").replace("2:40", f"{number % 10}:40")
        text = " ".join(f"{word}{number}" if place % 4 == 0 else word for place, word in enumerate(text.split()))
        feed.publish("Polizeibericht", f"<p>Nachrichtendienst: {text}</p>", at=house.clock.now())
    house.poll_later()
    house.poll_until_quiet()

    assert found(house, open_only=False) == []


def test_a_move_to_another_scheme_or_host_with_the_same_numbers_is_none(house: House, feed: FakeFeed) -> None:
    for home in ("http://www.stadtblatt.example/", "https://stadtblatt.example/"):
        feed.articles = [
            replace(article, url=article.url.replace(HOME, home), guid=article.guid.replace(HOME, home))
            for article in feed.articles
        ]
        house.poll_later()

    assert (found(house, open_only=False), len(house.records())) == ([], 11)


def test_new_permalinks_with_the_same_numbers_are_none(house: House, feed: FakeFeed) -> None:
    rename(feed, lambda article: {"url": f"{HOME}2025/12/{article.id}-neu/"})
    house.poll_later()

    assert (found(house, open_only=False), len(house.records())) == ([], 11)


def test_a_first_poll_is_none(house: House, feed: FakeFeed) -> None:
    """Another feed of the site, with other names for everything."""
    other = house.web.feed(f"{HOME}alle/feed/")
    other.articles = [replace(article, **new_address_and_number(article)) for article in feed.articles]
    house.add_feed(f"{HOME}alle/feed/")
    house.poll_later()

    assert found(house, open_only=False) == []


def test_copies_of_one_article_are_none(house: House, feed: FakeFeed) -> None:
    """A storm of the same under ever new addresses is stored, and a matter of floods and stories."""
    for _ in range(10):
        feed.publish("Meldung 3", html(3), at=house.clock.now() + timedelta(seconds=1))
    house.poll_later()

    assert found(house, open_only=False) == []
    assert len(house.records()) == 21


def test_all_dates_new_is_no_news(house: House, feed: FakeFeed) -> None:
    """Neither identity nor edits hang on dates: no alert, no revision, and what is filed keeps its own."""
    before = {filed.key: filed.record.published_at for filed in house.records()}
    feed.articles = [
        replace(article, published_at=article.published_at + timedelta(days=30 * n))
        for n, article in enumerate(feed.articles)
    ]
    house.poll_later()
    house.poll_until_quiet()

    assert house.deliver() == []
    assert {filed.key: filed.record.published_at for filed in house.records()} == before
    assert {filed.revision for filed in house.records()} == {1}


# -- whatever comes in between ----------------------------------------------------------------------------------------


def test_what_was_decided_stays_decided(house: House, feed: FakeFeed) -> None:
    rename(feed, new_address_and_number)
    house.poll_later()
    [one] = found(house)
    decide(house, quarantine.fold)
    with house.archive.write() as tx:
        assert quarantine.accept(tx, one, by="bert", now=house.clock.now()) == 0
        assert quarantine.fold(tx, one, by="bert", now=house.clock.now()) == 0
    [one] = found(house, open_only=False)
    assert (one.state, one.decided_by) == (QuarantineState.FOLDED, "anna")


def test_alerts_that_the_twin_had_none_of_stay_as_cancelled(house: House, feed: FakeFeed) -> None:
    house.subscribe("später", "Nachrichtendienst")
    rename(feed, new_address_and_number)
    house.poll_later()
    decide(house, quarantine.fold)

    with house.archive.read() as tx:
        query = select(deliveries.c.detail).join(alerts).where(deliveries.c.state == "cancelled")
        assert len(set(tx._connection.execute(query).scalars())) == 1
    assert states(house) == {"sent": 10, "cancelled": 10}


@pytest.mark.parametrize("when", ["before_cursor_execute", "commit"])
def test_killed_at_each_step_of_the_poll_that_notices(database_url: str, when: str) -> None:
    with open_house(database_url) as house:
        feed, clock, web = watched(house, 5), house.clock, house.web
    rename(feed, new_address_and_number)
    for number in range(1, 200):
        clock.advance(700)
        with another(database_url, clock, web) as house, killed_at(house.archive, number, when) as count:
            house.poll()
        with another(database_url, clock, web) as after:
            waiting = [(one.records, one.alerts) for one in found(after)]
            assert waiting in ([], [(6, 5)]), f"{when} {number}"
            assert after.deliver() == [], f"{when} {number}"
            assert troubles(after) == [TroubleKind.QUARANTINE] * len(waiting), f"{when} {number}"
        if count[0] < number:
            assert waiting == [(6, 5)]
            return
    raise AssertionError("the poll never came through")


@pytest.mark.parametrize("when", ["before_cursor_execute", "commit"])
@pytest.mark.parametrize("decision", [quarantine.accept, quarantine.fold])
def test_killed_at_each_step_of_a_decision(database_url: str, decision: Callable[..., int], when: str) -> None:
    with open_house(database_url) as house:
        feed, clock, web = watched(house, 5), house.clock, house.web
        rename(feed, new_address_and_number)
        house.poll_later()
    for number in range(1, 500):
        with another(database_url, clock, web) as house, killed_at(house.archive, number, when):
            decide(house, decision)
        with another(database_url, clock, web) as after:
            is_open = bool(found(after))
            states_of_both = {True: {"sent": 5, "held": 5}, False: {"sent": 5}}
            if decision is quarantine.accept:
                states_of_both[False] = {"sent": 5, "pending": 5}
            assert states(after) == states_of_both[is_open], f"{when} {number}"
            left = 6 if decision is quarantine.fold and not is_open else 12
            assert len(after.records()) == left, f"{when} {number}"
        if not is_open:
            return
    raise AssertionError("the decision never came through")


@contextmanager
def another(database_url: str, clock: FakeClock, web: FakeWeb) -> Iterator[House]:
    """Another process on the same archive, after the leases of the last one ran out."""
    clock.advance(60)
    with open_house(database_url, clock) as house:
        house.web = web
        house.equipment = replace(house.equipment, fetcher=web)
        yield house


def test_a_double_whose_twin_was_removed_still_waits_and_alerts(house: House, feed: FakeFeed) -> None:
    rename(feed, new_address_and_number)
    house.poll_later()
    [one] = found(house)
    with house.archive.write() as tx:
        twin_id = tx.quarantines.twins(one.id)[0].twin_id
        tx.records.remove(tx.records.get([twin_id])[twin_id], reason="on request", now=house.clock.now())
    [one] = found(house)
    assert (one.records, one.alerts) == (10, 10)

    assert decide(house, quarantine.fold) == 9
    assert len(house.deliver()) == 1
    assert "held" not in states(house)
