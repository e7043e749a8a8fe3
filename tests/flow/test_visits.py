"""Visits: texts that feeds cut off, edits after an article left its feeds, what is withdrawn, comes back, or moves."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.fakes import FakeClock, failed, fetched
from tests.house import RULES, House
from tests.site_web import SiteWeb
from tests.wordpress import WordPressSite
from tests.wordpress_feeds import Post
from tests.wordpress_http import Answer
from worker.batch import poll_due
from worker.cadence import NEWS_WAIT
from worker.model import Change, EventKind, FiledRecord, Hop
from worker.sweep import find_due

HOME = "https://www.stadtblatt.example"
FEED = f"{HOME}/feed/"
HOUR = 3600.0
DAY = 24 * HOUR
WORDS = " ".join(f"Wort{number}" for number in range(120))
TEXT = f"<p>Der Rat hat beraten.</p><p>{WORDS}</p><p>Am Ende ging es um die Feuerwehr.</p>"
COOKIES = "<p>Wir und unsere Partner verwenden Cookies. Mit Ihrer Einwilligung verarbeiten wir personenbezogene Daten, Sie können zustimmen oder ablehnen, auch der Werbung und dem Tracking.</p>"


@dataclass
class Town:
    """A site, and a worker that watches it, on one clock."""

    site: WordPressSite
    web: SiteWeb
    house: House

    def poll(self, seconds: float = 700.0) -> None:
        self.house.clock.advance(seconds)
        self.house.poll_until_quiet()

    def record(self, post: Post) -> FiledRecord:
        with self.house.archive.read() as tx:
            [found] = [one for one in tx.records.stream() if one.record.post_id == str(post.id)]
        return found

    def events(self, post: Post) -> list[EventKind]:
        with self.house.archive.read() as tx:
            return [event.kind for event in tx.afterwards.events(self.record(post).id)]

    def changes(self, post: Post) -> list[tuple[Change, str]]:
        with self.house.archive.read() as tx:
            return [(one.change, one.seen_by) for one in tx.records.history(self.record(post).id)]

    def push_out(self) -> None:
        """New articles until the older ones have left the feed."""
        for number in range(10):
            self.house.clock.advance(60)
            self.site.publish(f"Neuer {number}-{self.house.clock.now():%d%H%M}", TEXT)
        self.house.poll_until_quiet()

    def asked_since(self, count: int) -> list[str]:
        return [url for url in self.web.asked[count:] if url != FEED]

    def is_due(self, post: Post) -> bool:
        with self.house.archive.read() as tx:
            return tx.visits.get(self.record(post).id) is not None


@pytest.fixture
def town(house: House) -> Iterator[Town]:
    clock: FakeClock = house.clock
    site = WordPressSite(public_url=HOME, now=clock.now)
    with site:
        site.gzip = False
        web = SiteWeb(site, clock)
        house.equipment = replace(
            house.equipment, fetcher=web, sources={RULES.name: replace(RULES, post_id_pattern=r"-(\d+)/$")}
        )
        house.manners(full_text=True, reread_every_s=0.0, recheck_s=(HOUR, 6 * HOUR, DAY, 7 * DAY))
        house.add_feed(FEED)
        site.publish("Anfang", "<p>Ein Anfang.</p>")
        house.poll_until_quiet()
        yield Town(site, web, house)


# -- texts ------------------------------------------------------------------------------------------------------------


def test_an_excerpt_is_completed_in_the_same_turn_and_alerts_on_the_whole_text(town: Town) -> None:
    town.site.look.use_excerpt = True
    town.house.subscribe("feuer", "Feuerwehr")
    post = town.site.publish("Rat berät", TEXT)
    batch = town.house.poll_later()
    assert batch.alerts
    town.house.deliver()
    filed = town.record(post)
    assert filed.record.body.endswith("Am Ende ging es um die Feuerwehr.")
    assert (filed.record.excerpt, filed.revision) == (False, 1)
    assert town.events(post) == [EventKind.COMPLETED]
    assert town.house.sent_titles() == ["Rat berät"]
    town.poll(HOUR)
    assert town.changes(post) == [(Change.NONE, FEED)], "that the feed shows an excerpt still is no edit"


@pytest.mark.parametrize(
    "page",
    [
        failed(404),
        failed(503, retry_after_s=600),
        failed(None),
        fetched("u", f"<html><title>Rat berät</title><body>{COOKIES}</body></html>"),
        fetched("u", "<html><title>Wartungsarbeiten</title><body><p>Gleich zurück.</p></body></html>"),
        fetched("u", b"%PDF"),
    ],
    ids=["404", "503", "no network", "cookie wall", "maintenance", "no page"],
)
def test_without_a_believable_page_the_excerpt_stays_and_alerts_at_once(town: Town, page: object) -> None:
    town.site.look.use_excerpt = True
    town.house.subscribe("rat", "Rat AND beraten")
    town.house.subscribe("feuer", "Feuerwehr")
    post = town.site.publish("Rat berät", TEXT)
    town.web.overrides[town.site.link(post)] = page
    assert town.house.poll_later().alerts
    town.house.deliver()
    assert town.record(post).record.excerpt
    assert [sent.delivery.alert.subscription for sent in town.house.channel.sent] == ["rat"]
    town.web.overrides.clear()
    town.poll(2 * HOUR)
    town.house.deliver()
    assert not town.record(post).record.excerpt
    subscriptions = [sent.delivery.alert.subscription for sent in town.house.channel.sent]
    assert sorted(subscriptions) == ["feuer", "rat"] or town.events(post) == [EventKind.COMPLETED]


def test_a_text_is_not_tried_for_ever(town: Town) -> None:
    town.site.look.use_excerpt = True
    post = town.site.publish("Rat berät", TEXT)
    town.web.overrides[town.site.link(post)] = fetched(
        "u", f"<html><title>Rat berät</title><body>{COOKIES}</body></html>"
    )
    for _ in range(20):
        town.poll(DAY)
    assert town.web.asked.count(town.site.link(post)) <= 10
    assert not town.is_due(post)
    assert town.record(post).record.excerpt


def test_alerts_do_not_wait_for_a_host_that_is_silent(town: Town) -> None:
    """Another host than the feed's, which asked to be left alone."""
    town.site.look.use_excerpt = True
    town.house.subscribe("rat", "Rat")
    post = town.site.publish("Rat berät", TEXT)
    town.web.overrides[town.site.link(post)] = failed(503, retry_after_s=7200)
    town.house.poll_later()
    second = town.site.publish("Rat tagt", TEXT)
    with town.house.archive.write() as tx:
        tx.visits.want([town.record(post).id], reason="text", due_at=town.house.clock.now(), news=True)
    town.house.clock.advance(NEWS_WAIT.total_seconds() + 700)
    town.house.poll()
    town.house.deliver()
    assert "Rat berät" in town.house.sent_titles()
    assert second.title not in town.house.sent_titles(), "its feed rests, too"


def test_a_text_on_several_pages_is_joined(town: Town) -> None:
    town.site.look.use_excerpt = True
    post = town.site.publish("Rat berät", TEXT)
    link = town.site.link(post)
    links = f"<a href='{link}2/'>2</a> <a href='{link}3/'>3</a>"
    for number in (1, 2, 3, 4):
        text = f"<p>Der Rat hat beraten. {WORDS if number == 1 else ''}</p><p>Das ist der lange Text auf Seite {min(number, 3)}.</p>"
        page = f"<html><head><title>Rat berät</title><link rel='shortlink' href='{HOME}/?p={post.id}'></head><body><main>{text}{links}</main></body></html>"
        town.web.overrides[link if number == 1 else f"{link}{number}/"] = fetched(link, page)
    town.poll()
    body = town.record(post).record.body
    assert [body.count(f"auf Seite {number}") for number in (1, 2, 3, 4)] == [1, 1, 1, 0]


def test_full_text_may_be_switched_off(town: Town) -> None:
    town.house.manners(full_text=False)
    town.site.look.use_excerpt = True
    town.house.subscribe("rat", "Rat")
    post = town.site.publish("Rat berät", TEXT)
    assert town.house.poll_later().alerts
    assert town.site.link(post) not in town.web.asked


def test_a_changed_excerpt_has_the_page_looked_at_again(town: Town) -> None:
    town.site.look.use_excerpt = True
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.site.edit(post, title="Rat berät weiter", html=TEXT.replace("Der Rat hat", "Der Rat der Stadt hat"))
    town.poll()
    filed = town.record(post)
    assert filed.record.title == "Rat berät weiter"
    assert filed.record.body.startswith("Der Rat der Stadt hat beraten.")
    assert town.changes(post) == [(Change.NONE, FEED), (Change.EDIT, "rest")]


def test_who_asks_later_is_not_told_of_what_came_before(town: Town) -> None:
    town.site.look.use_excerpt = True
    post = town.site.publish("Rat berät", TEXT)
    town.web.overrides[town.site.link(post)] = failed(503)
    town.house.poll_later()
    town.house.clock.advance(300)
    town.house.subscribe("feuer", "Feuerwehr")
    town.web.overrides.clear()
    town.poll(2 * HOUR)
    assert not town.record(post).record.excerpt
    assert town.house.deliver() == []


def test_alerts_that_waited_long_enough_are_work_although_no_host_may_be_asked(town: Town) -> None:
    town.site.look.use_excerpt = True
    town.house.subscribe("rat", "Rat")
    post = town.site.publish("Rat berät", TEXT)
    town.house.clock.advance(700)
    poll_due(town.house.equipment, stopping=lambda: True)  # it ends between the poll and the visit
    host = town.house.feed(FEED).host
    town.house.clock.advance(60)
    with town.house.archive.write() as tx:
        assert tx.visits.get(town.record(post).id) is not None
        tx.feeds.throttle(host, town.house.clock.now() + timedelta(hours=6))
    town.house.clock.advance(NEWS_WAIT.total_seconds())
    assert find_due(town.house.archive, town.house.clock.now(), files=False).poll_nudges
    town.house.poll()
    assert not find_due(town.house.archive, town.house.clock.now(), files=False).poll_nudges
    town.house.deliver()
    assert town.house.sent_titles() == ["Rat berät"]


# -- edits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", [True, False])
def test_an_edit_after_the_article_left_its_feed_is_found(town: Town, rest: bool) -> None:
    town.site.rest = rest
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.push_out()
    town.poll(HOUR)
    town.site.edit(post, html=TEXT.replace("Feuerwehr", "Polizei"))
    for _ in range(8):
        town.poll(HOUR)
    filed = town.record(post)
    assert filed.record.body.endswith("um die Polizei.")
    assert town.changes(post) == [(Change.NONE, FEED), (Change.EDIT, "rest" if rest else "page")]


@pytest.mark.parametrize("rest", [True, False])
def test_looking_again_is_cheap_and_ends(town: Town, rest: bool) -> None:
    town.site.rest = rest
    posts = [town.site.publish(f"Artikel {number}", TEXT) for number in range(8)]
    town.poll()
    town.push_out()
    before = len(town.web.asked)
    for _ in range(9):
        town.poll(DAY)
    asked = town.asked_since(before)
    assert len(asked) <= (12 if rest else 75)
    assert not any(town.is_due(post) for post in posts)
    assert all(town.record(post).revision == 1 for post in posts)


def test_what_a_feed_still_shows_needs_no_visit(town: Town) -> None:
    posts = [town.site.publish(f"Artikel {number}", TEXT) for number in range(3)]
    town.poll()
    before = len(town.web.asked)
    town.poll(2 * HOUR)
    assert town.asked_since(before) == []
    assert all(town.is_due(post) for post in posts)


def test_a_page_that_looks_other_than_its_feed_is_no_edit(town: Town) -> None:
    town.site.rest = False
    post = town.site.publish("Rat berät", TEXT)
    link = town.site.link(post)
    page = f"<html><head><title>Rat berät – Stadtblatt</title><link rel='shortlink' href='{HOME}/?p={post.id}'></head><body><h1>Kommunales: Rat berät</h1>{TEXT}<p>Lesen Sie auch unsere anderen Artikel zum Thema.</p></body></html>"
    town.web.overrides[link] = fetched(link, page)
    town.poll()
    town.push_out()
    for _ in range(9):
        town.poll(DAY)
    assert town.record(post).revision == 1
    assert link in town.web.asked


# -- withdrawn and back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", [True, False])
def test_a_trashed_article_is_withdrawn_after_a_second_look_and_comes_back(town: Town, rest: bool) -> None:
    town.site.rest = rest
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.push_out()
    town.site.trash(post)
    town.poll(2 * HOUR)
    assert town.record(post).withdrawn_at is None, "once is chance"
    town.poll(1000)
    town.poll(1000)
    filed = town.record(post)
    assert filed.withdrawn_at is not None
    assert "Feuerwehr" in filed.record.body
    town.site.untrash(post)
    for _ in range(3):
        town.poll(4 * HOUR)
    assert town.record(post).withdrawn_at is None
    assert town.events(post) == [EventKind.WITHDRAWN, EventKind.RETURNED]


def test_a_site_that_hides_all_its_pages_has_withdrawn_none(town: Town) -> None:
    town.site.rest = False
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.push_out()
    for other in town.site.visible():
        town.web.overrides[town.site.link(other)] = failed(404)
    for _ in range(30):
        town.poll(HOUR)
    assert town.record(post).withdrawn_at is None


def test_while_no_feed_answers_nothing_is_withdrawn(town: Town) -> None:
    town.site.rest = False
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.push_out()
    town.site.trash(post)
    town.web.overrides[FEED] = failed(500)
    for _ in range(10):
        town.poll(HOUR)
    assert town.record(post).withdrawn_at is None


def test_a_feed_that_shows_it_again_brings_it_back(town: Town) -> None:
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    with town.house.archive.write() as tx:
        now = town.house.clock.now()
        tx.afterwards.withdraw(town.record(post), since=now, now=now, how="page", detail="404")
    town.site.edit(post, html=TEXT + "<p>Nachtrag.</p>")
    town.poll()
    assert town.record(post).withdrawn_at is None
    assert town.events(post) == [EventKind.WITHDRAWN, EventKind.RETURNED]


def test_without_a_feed_nothing_is_withdrawn(town: Town) -> None:
    """Nobody tells then whether the site is there."""
    town.site.rest = False
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.push_out()
    with town.house.archive.write() as tx:
        tx.feeds.remove(town.house.feed(FEED).id)
    for other in town.site.visible():
        town.web.overrides[town.site.link(other)] = failed(404)
    for _ in range(10):
        town.poll(HOUR)
    assert town.record(post).withdrawn_at is None


def test_a_site_that_hides_all_its_pages_is_not_asked_for_them_for_ever(town: Town) -> None:
    town.site.rest = False
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.push_out()
    for other in town.site.visible():
        town.web.overrides[town.site.link(other)] = failed(404)
    for _ in range(40):
        town.poll(12 * HOUR)
    assert town.web.asked.count(town.site.link(post)) <= 20
    assert not town.is_due(post)
    assert town.record(post).withdrawn_at is None


# -- moved --------------------------------------------------------------------------------------------------------------


def test_a_permanent_redirect_gives_the_record_its_new_address(town: Town) -> None:
    town.site.rest = False
    post = town.site.publish("Rat berät", TEXT)
    old = town.site.link(post)
    town.poll()
    town.push_out()
    town.site.rename(post, "rat-beraet-ueber-haushalt")
    town.poll(2 * HOUR)
    filed = town.record(post)
    assert filed.record.url == town.site.link(post)
    assert filed.former_urls == (old,)
    assert town.events(post) == [EventKind.RENAMED]
    assert town.changes(post)[-1] == (Change.RENAME, "page")
    town.poll(7 * HOUR)
    assert town.record(post).revision == 2


@pytest.mark.parametrize("edited", [True, False])
def test_what_was_renamed_after_it_left_its_feed_is_told_by_rest(town: Town, edited: bool) -> None:
    post = town.site.publish("Rat berät", TEXT)
    old = town.site.link(post)
    town.poll()
    town.push_out()
    town.site.rename(post, "rat-neu")
    if edited:
        town.site.edit(post, html=TEXT.replace("Feuerwehr", "Polizei"))
    town.poll(2 * HOUR)
    town.poll(7 * HOUR)
    filed = town.record(post)
    assert (filed.record.url, filed.former_urls) == (town.site.link(post), (old,))
    assert town.events(post) == [EventKind.RENAMED]
    changes = [(Change.NONE, FEED), (Change.RENAME, "rest"), (Change.EDIT, "rest")]
    assert town.changes(post) == (changes if edited else changes[:2])
    assert filed.record.body.endswith("um die Polizei." if edited else "um die Feuerwehr.")


def test_addresses_behind_those_that_readers_see_are_no_renames(town: Town) -> None:
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.push_out()
    answer, asked = town.site.answer, []

    def inside(method: str, target: str, headers: Mapping[str, str]) -> Answer:
        given = answer(method, target, headers)
        if "include=" not in target:
            return given
        posts = json.loads(given.body)
        asked.append(len(posts))
        return replace(
            given, body=json.dumps([one | {"link": one["link"].replace(HOME, f"{HOME}/innen")} for one in posts])
        )

    town.site.answer = inside  # type: ignore[method-assign]
    town.poll(2 * HOUR)
    assert asked
    assert town.record(post).revision == 1


@pytest.mark.parametrize("where", ["/", "/category/sport/"])
def test_a_redirect_to_a_list_of_articles_moves_nothing(town: Town, where: str) -> None:
    town.site.rest = False
    post = town.site.publish("Rat berät", TEXT, categories=["Sport"])
    link = town.site.link(post)
    town.poll()
    town.push_out()
    there = HOME + where
    listed = town.site.answer("GET", where, {"host": "www.stadtblatt.example"}).body
    town.web.overrides[link] = replace(fetched(there, listed), hops=(Hop(status=301, url=there),))
    town.poll(2 * HOUR)
    filed = town.record(post)
    assert (filed.record.url, filed.revision, filed.withdrawn_at) == (link, 1, None)


def test_a_redirect_to_another_article_links_the_two(town: Town) -> None:
    town.site.rest = False
    post, other = town.site.publish("Rat berät", TEXT), town.site.publish("Rat berät", TEXT + "<p>Anders.</p>")
    town.poll()
    town.push_out()
    there = town.site.link(other)
    body = town.site.answer("GET", there.removeprefix(HOME), {"host": "www.stadtblatt.example"}).body
    town.web.overrides[town.site.link(post)] = replace(fetched(there, body), hops=(Hop(status=301, url=there),))
    town.poll(2 * HOUR)
    assert town.record(post).record.url == town.site.link(post)
    assert town.record(other).record.url == there
    with town.house.archive.read() as tx:
        assert [url for url, _ in tx.records.links(town.record(post).id)] == [there]


def test_a_rename_that_only_a_redirect_tells_of_is_no_new_article(house: House) -> None:
    house.subscribe("alles", "Artikel")
    feed = house.web.feed(FEED)
    house.add_feed(FEED)
    for number in range(6):
        feed.publish(f"Artikel {number}", TEXT, guid="", url=f"{HOME}/artikel-{number}/", at=house.clock.advance(60))
    house.poll()
    old = feed.articles[3]
    new = feed.edit(old, url=f"{HOME}/neuer-name/")
    there = replace(fetched(new.url, f"<h1>Artikel 3</h1>{TEXT}"), hops=(Hop(status=301, url=new.url),))
    house.web.stand(old.url, there)
    house.poll_later()
    [filed] = [one for one in house.records() if one.record.title == "Artikel 3"]
    assert (filed.record.url, filed.former_urls, filed.revision) == (new.url, (old.url,), 2)
    assert house.deliver() == []
    assert len(house.records()) == 6


@pytest.mark.parametrize("where", [f"{HOME}/", f"{HOME}/artikel-1/", "nowhere"])
def test_a_redirect_elsewhere_tells_of_no_rename(house: House, where: str) -> None:
    feed = house.web.feed(FEED)
    house.add_feed(FEED)
    for number in range(6):
        feed.publish(f"Artikel {number}", TEXT, guid="", url=f"{HOME}/artikel-{number}/", at=house.clock.advance(60))
    house.poll()
    old = feed.articles[3]
    feed.edit(old, url=f"{HOME}/neuer-name/")
    if where != "nowhere":
        house.web.stand(old.url, replace(fetched(where, "<p>x</p>"), hops=(Hop(status=301, url=where),)))
    house.poll_later()
    urls = [one.record.url for one in house.records()]
    assert len(urls) == 7
    assert {old.url, f"{HOME}/neuer-name/"} <= set(urls)


def test_a_rename_without_any_post_id_is_told_by_redirect_title_and_text(house: House) -> None:
    feed = house.web.feed(FEED)
    house.add_feed(FEED)
    house.manners(recheck_s=(HOUR,))
    for number in range(6):
        feed.publish(f"Artikel {number}", TEXT, guid="", url=f"{HOME}/artikel-{number}/", at=house.clock.advance(60))
    house.poll()
    old, there = feed.articles[3], f"{HOME}/neuer-name/"
    feed.articles.remove(old)
    page = f"<html><head><title>{old.title}</title><link rel='canonical' href='{there}'></head><body><h1>{old.title}</h1>{TEXT}</body></html>"
    house.web.stand(old.url, replace(fetched(there, page), hops=(Hop(status=301, url=there),)))
    house.clock.advance(2 * HOUR)
    house.poll_until_quiet()
    [filed] = [one for one in house.records() if one.record.title == old.title]
    assert (filed.record.url, filed.former_urls) == (there, (old.url,))


@pytest.mark.parametrize("text", ["<p>Ein ganz anderer Text steht unter dem gleichen Titel.</p>", TEXT])
def test_a_guess_that_leads_to_another_post_of_the_same_title_is_no_rename(town: Town, text: str) -> None:
    town.site.rest = False
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.push_out()
    link, there = town.site.link(post), f"{HOME}/rat-beraet-2-99999/"
    page = f"<html><head><title>Rat berät</title><link rel='canonical' href='{there}'><link rel='shortlink' href='{HOME}/?p=99999'></head><body><h1>Rat berät</h1>{text}</body></html>"
    town.web.overrides[link] = replace(fetched(there, page), hops=(Hop(status=301, url=there),))
    town.poll(2 * HOUR)
    assert town.record(post).record.url == link


@pytest.mark.parametrize("excerpts", [True, False])
def test_many_articles_are_noted_in_as_many_statements_as_one(town: Town, excerpts: bool) -> None:
    town.site.look.use_excerpt = excerpts
    noted: list[str] = []
    engine = town.house.archive.database.engine

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        noted.extend([statement] if statement.startswith("INSERT INTO visits") else [])

    for number in range(4):
        town.site.publish(f"Artikel {number}", TEXT)
        town.house.clock.advance(60)
    event.listen(engine, "before_cursor_execute", note)
    town.poll()
    event.remove(engine, "before_cursor_execute", note)
    assert len(noted) == 1


def test_a_second_run_changes_nothing(town: Town) -> None:
    town.site.look.use_excerpt = True
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    before = town.record(post)
    for _ in range(3):
        town.poll(timedelta(minutes=20).total_seconds())
    assert replace(town.record(post), changed_at=before.changed_at) == before
