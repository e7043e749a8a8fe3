"""Older entries by each means, and what is proved of it: against a site on the loopback that behaves like WordPress."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.fakes import FakeChannel, FakeClock, FakeWeb, fetched, rss
from tests.house import FEED, House, build_house, publish_many
from tests.wordpress import WordPressSite
from worker.archive import open_archive
from worker.coverage import Gap, Stretch, covered
from worker.fetch import Fetcher
from worker.model import Feed, FiledRecord, Means, SourceRules
from worker.parse import parse_evidence
from worker.renormalise import Renormaliser

NOW = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
RULES = SourceRules(name="stadtblatt", line="Stadtblatt", post_id_pattern=r"-(\d+)/?$")


@dataclass
class Street:
    """A site, and a worker that watches it, on one clock."""

    site: WordPressSite
    house: House

    @property
    def url(self) -> str:
        return f"{self.site.url}/feed/"

    def watch(self, path: str = "/feed/") -> None:
        self.house.add_feed(self.site.url + path)
        self.house.poll_until_quiet()

    def publish(self, number: int, word: str = "Artikel", **given: object) -> list[str]:
        titles = []
        for _ in range(number):
            self.house.clock.advance(60)
            titles.append(self.site.publish(f"{word} {self.site._next_id}", "<p>Text.</p>", **given).title)  # type: ignore[arg-type]
        return titles

    def poll(self, **later: float) -> None:
        self.house.clock.advance(**(later or {"minutes": 15}))
        self.house.poll_until_quiet()

    def feed(self, path: str = "/feed/") -> Feed:
        return self.house.feed(self.site.url + path)

    def gaps(self, path: str = "/feed/") -> list[Gap]:
        with self.house.archive.read() as tx:
            return tx.coverage.gaps(self.feed(path).id)

    def stretches(self) -> list[Stretch]:
        with self.house.archive.read() as tx:
            return tx.coverage.stretches(self.feed().id)

    def without(self, *means: str) -> None:
        """The site does not know these means."""
        marks = {"paged": "paged=", "date": "/date/", "rest": "/wp-json/"}
        refused = tuple(marks[name] for name in means)
        answer = self.site.answer

        def picky(method: str, target: str, headers: object) -> object:
            shut = any(mark in target for mark in refused)
            if shut and not ("/date/" in target and "date" not in means):
                target = "/there-is-no-such-page"
            return answer(method, target, headers)  # type: ignore[arg-type]

        self.site._server.answer = picky  # type: ignore[attr-defined]


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    clock = FakeClock(NOW)
    archive = open_archive(f"sqlite:///{tmp_path}/feedwacht.db")
    fetcher = Fetcher(user_agent="feedwacht/test", allow_networks=[ip_network("127.0.0.0/8")], clock=clock.now)
    with WordPressSite(now=clock.now) as site:
        house = build_house(archive, clock, FakeWeb(clock), FakeChannel())
        house.equipment = replace(
            house.equipment, fetcher=fetcher, sources={RULES.name: RULES}, jitter=random.Random(1).random
        )
        house.manners(reread_every_s=0, recheck_s=())
        yield Street(site, house)
    fetcher.close()
    archive.close()


# -- closing a gap ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shut", "means"), [((), "paged"), (("paged",), "date"), (("paged", "date"), "rest")], ids=["paged", "date", "rest"]
)
def test_a_gap_is_closed_by_the_first_means_that_works(street: Street, shut: tuple[str, ...], means: str) -> None:
    street.without(*shut)
    street.house.subscribe("alles", "Neu")
    street.publish(12, "Alt")
    street.watch()
    titles = street.publish(37, "Neu")
    street.poll()
    street.house.deliver()
    assert sorted(street.house.sent_titles()) == sorted(titles)
    [gap] = street.gaps()
    assert gap.closed_by == means
    assert gap.found >= 27, "beside the ten of the window"
    ways = street.feed().ways or {}
    assert ways[means]["works"]
    assert [ways[one]["works"] for one in shut] == [False] * len(shut)
    assert street.feed().covered_to is not None


def test_what_worked_is_tried_first_the_next_time(street: Street) -> None:
    street.without("paged")
    street.publish(12, "Alt")
    street.watch()
    street.publish(15)
    street.poll()
    asked = len(street.site.requests)
    street.publish(15)
    street.poll()
    assert not any("feed/?paged" in seen.path and "/date/" not in seen.path for seen in street.site.requests[asked:])
    assert [gap.closed_by for gap in street.gaps()] == ["date", "date"]


def test_what_rest_brought_is_read_again_by_new_rules(street: Street) -> None:
    street.without("paged", "date")
    street.publish(12, "Alt", tags=("Hafen",))
    street.watch()
    street.publish(30, "Neu", categories=("Sport",), tags=("Hafen",))
    street.poll()
    assert all((one.record.categories, one.record.tags) == (("Sport",), ("Hafen",)) for one in newest(street, 30))
    assert results(street, RULES) == {"same"}, "nor do tags go back among the categories"
    tidier = replace(RULES, boilerplate=(r"Text\.",))
    assert results(street, tidier) == {"changed"}
    assert results(street, tidier) == {"same"}
    street.house.equipment = replace(street.house.equipment, sources={RULES.name: tidier})
    street.publish(30, "Neuer", categories=("Sport",), tags=("Hafen",))
    street.poll()
    assert {one.revision for one in newest(street, 72)} == {1, 2}, "polls take it for no edit"
    assert results(street, tidier) == {"same"}


def test_an_edit_in_the_feed_leaves_tags_that_rest_told_apart(street: Street) -> None:
    street.without("paged", "date")
    street.publish(12, "Alt")
    street.watch()
    street.publish(30, "Neu", categories=("Sport",), tags=("Hafen",))
    street.poll()
    street.site.edit(street.site.visible()[0], html="<p>Neuer Text.</p>")
    street.poll()
    [one] = newest(street, 1)
    assert (one.revision, one.record.categories, one.record.tags) == (2, ("Sport",), ("Hafen",))
    assert results(street, RULES) == {"same"}


def newest(street: Street, number: int) -> list[FiledRecord]:
    return sorted(street.house.records(), key=lambda one: one.record.published_at)[-number:]


def results(street: Street, rules: SourceRules) -> set[str]:
    renormaliser = Renormaliser(
        archive=street.house.archive, read=parse_evidence, sources={rules.name: rules}, threads=2
    )
    return {one.result.value for one in renormaliser.run(now=street.house.clock.now())}


def test_days_are_read_from_the_gap_to_now_on_the_sources_clock(street: Street) -> None:
    street.without("paged")
    street.publish(12, "Alt")
    street.watch()
    titles = []
    for _ in range(3):
        street.house.clock.advance(days=1)
        titles += street.publish(14, "Neu")
    street.poll()
    assert set(titles) <= set(street.house.titles())
    days = [seen.path.split("/feed/")[0] for seen in street.site.requests if seen.path.startswith("/date/")]
    assert list(dict.fromkeys(days)) == [f"/date/2025/12/{day:02}" for day in range(2, 7)]


def test_where_no_means_works_the_gap_stays_open_and_says_why(street: Street) -> None:
    street.without("paged", "date", "rest")
    street.publish(12, "Alt")
    street.watch()
    before = street.feed().covered_to
    street.publish(30, "Neu")
    street.poll()
    [gap] = street.gaps()
    assert gap.closed_at is None
    assert "there is no page 2" in gap.reason
    assert "REST" in gap.reason
    feed = street.feed()
    assert feed.covered_to == before, "it moves with a window that reaches ground only"
    street.publish(1, "Neu")
    street.poll()
    [early, late] = covered(street.feed().covered_from, street.feed().covered_to, street.gaps(), [])
    assert (early.to_at, late.from_at) == (gap.from_at, gap.to_at)


def test_a_category_feed_reads_days_of_the_whole_site_without_claiming_them(street: Street) -> None:
    """The main feed knows all of it already: the category's feed has to find its own ground."""
    street.without("paged")
    street.publish(12, "Alt", categories=["Sport"])
    street.watch()
    street.watch("/category/sport/feed/")
    street.publish(8, "Tor", categories=["Sport"])
    street.publish(8, "Rat", categories=["Politik"])
    street.publish(8, "Tor", categories=["Sport"])
    street.poll()
    [gap] = street.gaps("/category/sport/feed/")
    assert gap.closed_by == "date"
    politics = [filed for filed in street.house.records() if filed.record.title.startswith("Rat")]
    assert len(politics) == 8
    assert all(len(filed.feeds) == 1 for filed in politics), "no category feed showed them"
    assert all(filed.record.category == "Politik" for filed in politics)


def test_rest_pages_that_shift_are_read_anew(street: Street) -> None:
    street.without("paged", "date")
    street.publish(12, "Alt")
    street.watch()
    titles = street.publish(230, "Neu")
    posts = [post for post in street.site.visible() if post.title.startswith("Neu")]
    trashed = []

    def shift(target: str) -> None:
        if "/wp-json/" in target and "&page=2" in target and not trashed:
            trashed.append(street.site.trash(posts[3]))

    street.site.on_request = shift
    street.poll()
    kept = set(titles) - {posts[3].title}
    assert kept <= set(street.house.titles())
    [gap] = street.gaps()
    assert gap.closed_by == "rest"
    assert sum("/wp-json/" in seen.path and "page=1&" in seen.path for seen in street.site.requests) == 2


def test_after_a_pause_the_page_before_is_read_once_more(street: Street) -> None:
    """Ten articles go away meanwhile: what stood behind them has moved to a page that was read."""
    street.site.rest = False
    street.publish(12, "Alt")
    street.watch()
    titles = street.publish(35, "Neu")
    paused = []

    def trouble(target: str) -> None:
        if "paged=3" in target and not paused:
            street.site.maintenance(retry_after="300")
            paused.append(target)

    street.site.on_request = trouble
    street.poll()
    assert street.feed().catch_up is not None
    street.site.on_request = None
    street.site.maintenance(on=False)
    posts = [post for post in street.site.visible() if post.title in titles]
    for post in posts[10:16]:
        street.site.trash(post)
    street.poll(minutes=20)
    assert set(titles) - {post.title for post in posts[10:16]} <= set(street.house.titles())
    assert [gap.closed_by for gap in street.gaps()] == ["paged"]


def test_the_links_that_a_feed_gives_itself_are_followed(house: House) -> None:
    """RFC 5005: a feed without WordPress's addresses."""
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 12, "Alt")
    site = FEED.removesuffix("feed/")

    def page(number: int) -> object:
        def answer(_asked: object) -> object:
            link = f'<a10:link xmlns:a10="http://www.w3.org/2005/Atom" rel="next" href="{site}archiv/{number + 1}"/>'
            body = rss(FEED, feed.title, feed.page(number))
            return fetched(FEED, body.replace(b"<item>", link.encode() + b"<item>", 1))

        return answer

    house.web.stand(FEED, page(1))  # type: ignore[arg-type]
    for number in range(2, 7):
        house.web.stand(f"{site}archiv/{number}", page(number))  # type: ignore[arg-type]
    house.add_feed()
    house.poll()
    house.clock.advance(3600)
    titles = publish_many(feed, house.clock, 33, "Neu")
    house.poll_until_quiet()
    assert set(titles) <= set(house.titles())
    assert house.gap() == ""
    assert (house.feed().ways or {})[Means.LINKS.value]["works"]
    assert not any("paged" in asked.url for asked in house.web.requests)


# -- where coverage begins --------------------------------------------------------------------------------------------


def test_a_sticky_article_does_not_stretch_coverage(house: House) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 9)
    pinned = feed.publish("Angepinnt", at=house.clock.now() - timedelta(days=90))
    newest = sorted(feed.articles, key=lambda one: one.published_at, reverse=True)[:9]
    house.web.script(FEED, fetched(FEED, rss(FEED, feed.title, [pinned, *newest])))
    house.add_feed()
    house.poll()
    assert house.feed().covered_from == min(one.published_at for one in newest)


def test_a_304_proves_nothing_and_a_full_answer_does(street: Street) -> None:
    street.site.gzip = False
    street.publish(5)
    street.watch()
    first = street.feed().covered_to
    street.poll()
    assert street.feed().covered_to == first
    street.poll(hours=7)
    assert street.feed().covered_to == street.house.clock.now() or street.feed().covered_to > first  # type: ignore[operator]


def test_an_import_proves_nothing(house: House) -> None:
    """All that the pages hold is in the archive already; the feed still reads until its own ground."""
    main = house.web.feed(FEED)
    publish_many(main, house.clock, 12, "Alt")
    house.add_feed()
    house.poll()
    other = house.web.feed("https://www.stadtblatt.example/thema/feed/")
    other.articles = main.articles[:10]
    house.add_feed(other.url)
    house.poll_until_quiet()
    house.clock.advance(3600)
    publish_many(main, house.clock, 25, "Neu")
    house.poll_until_quiet()
    other.articles = list(main.articles)
    house.poll_later()
    house.poll_until_quiet()
    assert house.web.asked(f"{other.url}?paged=3")
    assert house.gap(other.url) == ""


# -- reading the last days again --------------------------------------------------------------------------------------


def again(street: Street) -> None:
    """Until the next night is over."""
    street.house.manners(reread_every_s=86400.0)
    street.poll(minutes=15)
    for _ in range(40):
        street.poll(hours=1)


@pytest.mark.parametrize("shut", [(), ("rest",), ("rest", "paged")], ids=["rest", "paged", "date"])
def test_what_was_dated_back_is_found_within_a_day_and_alerts(street: Street, shut: tuple[str, ...]) -> None:
    street.without(*shut)
    street.house.subscribe("alles", "Alt OR Nachgetragen")
    for _ in range(4):
        street.publish(25, "Alt")
        street.house.clock.advance(days=1)
    street.publish(10, "Neu")
    street.watch()
    street.site.back_date("Nachgetragen", by=timedelta(days=3))
    again(street)
    street.house.deliver()
    assert street.house.sent_titles() == ["Nachgetragen"], "what was there before the first poll is no news"
    assert street.stretches()[0].means in {"rest", "paged", "date"} - set(shut)
    assert all(filed.revision == 1 for filed in street.house.records())
    assert len(street.house.titles()) == len(street.site.visible())


def test_an_edit_far_down_becomes_a_revision(street: Street) -> None:
    street.without("rest")
    street.publish(10, "Alt")
    street.watch()
    post = street.site.visible()[0]
    street.publish(9, "Neu")
    street.poll()
    street.publish(9, "Neu")
    street.poll()
    street.site.edit(post, html="<p>Anders.</p>")
    again(street)
    [edited] = [filed for filed in street.house.records() if filed.record.title == post.title]
    assert (edited.revision, edited.record.body) == (2, "Anders.")


@pytest.mark.parametrize("shut", [(), ("rest",)], ids=["rest", "paged"])
def test_what_is_missing_is_looked_at(street: Street, shut: tuple[str, ...]) -> None:
    street.without(*shut)
    street.publish(10, "Alt")
    street.watch()
    post = street.site.visible()[4]
    street.publish(9, "Neu")
    street.poll()
    street.publish(9, "Neu")
    street.poll()
    street.site.trash(post)
    again(street)
    [gone] = [filed for filed in street.house.records() if filed.record.title == post.title]
    with street.house.archive.read() as tx:
        visit = tx.visits.get(gone.id)
    assert gone.withdrawn_at is not None or (visit is not None and visit.missing_since is not None)


def test_an_article_that_vanishes_from_the_window_is_looked_at_at_once(street: Street) -> None:
    street.publish(10, "Alt")
    street.watch()
    post = street.site.visible()[4]
    street.site.trash(post)
    street.publish(1, "Neu")
    street.poll()
    [gone] = [filed for filed in street.house.records() if filed.record.title == post.title]
    with street.house.archive.read() as tx:
        visit = tx.visits.get(gone.id)
    assert visit is not None
    assert visit.missing_since is not None


def test_reading_again_closes_a_gap_that_stayed_open(street: Street) -> None:
    street.without("paged", "date", "rest")
    street.publish(12, "Alt")
    street.watch()
    titles = street.publish(30, "Neu")
    street.poll()
    assert street.gaps()[0].closed_at is None
    street.site._server.answer = street.site.answer  # type: ignore[attr-defined]
    again(street)
    assert set(titles) <= set(street.house.titles())
    assert street.gaps()[0].closed_by in ("paged", "date", "rest")
    assert len(covered(street.feed().covered_from, street.feed().covered_to, street.gaps(), street.stretches())) == 1


# -- a server that hides news -----------------------------------------------------------------------------------------


def test_a_server_that_hides_news_is_asked_without_conditions_until_it_is_honest_again(street: Street) -> None:
    street.site.gzip = False
    street.publish(5)
    street.watch()
    street.site.back_date("Verschwiegen", by=timedelta(minutes=2))
    street.poll()
    assert "Verschwiegen" not in street.house.titles()
    street.poll(hours=7)
    assert "Verschwiegen" in street.house.titles()
    assert street.feed().lied_at is not None
    asked = len(street.site.requests)
    street.site.back_date("Auch verschwiegen", by=timedelta(minutes=2))
    street.poll()
    assert "Auch verschwiegen" in street.house.titles()
    assert {seen.status for seen in street.site.requests[asked:] if seen.path == "/feed/"} == {200}
    for _ in range(8):
        street.poll(days=1)
    assert street.feed().lied_at is None
    asked = len(street.site.requests)
    street.poll()
    assert [seen.status for seen in street.site.requests[asked:] if seen.path == "/feed/"] == [304]


def test_comments_and_a_first_poll_are_no_lies(street: Street) -> None:
    street.site.gzip = False
    street.publish(5)
    street.watch()
    assert street.feed().lied_at is None
    street.site.comment(street.site.visible()[0])
    street.poll(hours=7)
    assert street.feed().lied_at is None


def test_an_older_article_that_slides_into_view_is_no_lie(street: Street) -> None:
    street.site.gzip = False
    street.publish(14)
    street.watch()
    street.site.trash(street.site.visible()[5])
    street.poll(hours=7)
    assert street.feed().lied_at is None


def test_the_weak_etag_repair_survives_a_new_etag(street: Street) -> None:
    street.publish(4)
    street.watch()
    for _ in range(2):
        street.poll()
    street.publish(1)
    street.poll()
    street.poll()
    statuses = [seen.status for seen in street.site.requests if seen.path == "/feed/"]
    assert statuses == [200, 200, 304, 200, 304]
