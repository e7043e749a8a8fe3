"""The main trip against a site that behaves like WordPress, over real HTTP: each observation of its oddities is a case."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.fakes import FakeChannel, FakeClock, FakeWeb
from tests.house import House, build_house
from tests.wordpress import WordPressSite
from worker import quarantine
from worker.archive import open_archive
from worker.configure import new_feed
from worker.fetch import Fetcher
from worker.model import SourceRules
from worker.poll import Outcome
from worker.record import write_line
from worker.settings import load, shipped

SAMPLE = Path(__file__).parent.parent / "cases" / "sample.txt"
NOW = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
HASEPOST: SourceRules = load(shipped(), {}).sources[0].rules


@dataclass
class Town:
    """A site and a worker that watches it, on one clock."""

    site: WordPressSite
    house: House

    def watch(self, path: str = "/feed/", category: str = "") -> str:
        url = self.site.url + path
        now = self.house.clock.now()
        feed = new_feed(url=url, source=HASEPOST.name, interval_s=600, origin="command", now=now, category=category)
        with self.house.archive.write() as tx:
            tx.feeds.add(feed, now)
        self.house.poll_until_quiet()
        return url

    def publish(self, number: int, word: str = "Artikel") -> list[str]:
        titles = []
        for _ in range(number):
            self.house.clock.advance(60)
            titles.append(self.site.publish(f"{word} {len(self.site.visible())}", "<p>Ein Absatz.</p>").title)
        return titles

    def poll(self, minutes: float = 15) -> None:
        self.house.clock.advance(minutes=minutes)
        self.house.poll_until_quiet()

    def statuses(self, path: str = "/feed/") -> list[int]:
        return [seen.status for seen in self.site.requests if seen.path == path]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    clock = FakeClock(NOW)
    archive = open_archive(f"sqlite:///{tmp_path}/feedwacht.db")
    fetcher = Fetcher(user_agent="feedwacht/test", allow_networks=[ip_network("127.0.0.0/8")], clock=clock.now)
    with WordPressSite(public_url="https://www.hasepost.de", now=clock.now) as site:
        house = build_house(archive, clock, FakeWeb(clock), FakeChannel())
        house.equipment = replace(
            house.equipment, fetcher=fetcher, sources={HASEPOST.name: HASEPOST}, jitter=random.Random(1).random
        )
        yield Town(site, house)
    fetcher.close()
    archive.close()


def test_the_sample_article_comes_out_byte_for_byte(town: Town) -> None:
    line = SAMPLE.read_text(encoding="utf-8")
    body = line.split(" --- ", 1)[1].rsplit(" --- Quelle: ", 1)[0]
    html = _as_wordpress_html(body)
    slug = "rutte-nato-haelt-druck-auf-russland-fuer-ukraine-hoch"
    title = "Rutte: Nato hält Druck auf Russland für Ukraine hoch"
    at = datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
    town.house.clock.advance(hours=5)
    post = town.site.publish(title, html, categories=["Deutschland & die Welt", "Aktuell"], tags=["Nato"], at=at)
    town.site.rename(post, slug)
    town.watch()
    [filed] = town.house.records()
    expected = line.replace("-664206/", f"-{post.id}/")
    assert write_line(filed.record) == expected
    assert (filed.record.agency, filed.record.tags) == ("dts", ("Nato",))


def _as_wordpress_html(body: str) -> str:
    """The sample's body with the block structure that its headings show."""
    import re

    parts = re.split(r" (?=#{2,3} )| (?=Quelle: )", body)
    html = []
    headings = {
        "## Rutte bekräftigt Unterstützung für Ukraine": "h2",
        "### Finanzierungshilfen und Zusagen der Mitgliedstaaten": "h3",
        "### Äußerungen zu Moskau-Gesprächen und Trumps Rolle": "h3",
    }
    for piece in parts:
        part = piece
        found = next((heading for heading in headings if part.startswith(heading)), "")
        if found:
            tag = headings[found]
            html.append(f'<{tag} class="wp-block-heading">{found.lstrip("# ")}</{tag}>')
            part = part.removeprefix(found).strip()
        html.append(f"<p>{part}</p>")
    return "\n".join(html)


def test_polling_twice_files_once_and_the_second_time_is_a_304(town: Town) -> None:
    town.site.gzip = False
    town.publish(4)
    town.watch()
    town.poll()
    assert town.statuses() == [200, 304]
    assert len(town.house.records()) == 4


def test_behind_nginx_the_weak_etag_is_repaired_after_one_lesson(town: Town) -> None:
    town.publish(4)
    town.watch()
    for _ in range(3):
        town.poll()
    assert town.statuses() == [200, 200, 304, 304]


def test_all_that_was_published_overnight_is_filed_and_alerts(town: Town) -> None:
    town.house.subscribe("alles", "Neu")
    town.publish(12)
    town.watch()
    titles = town.publish(37, "Neu")
    town.poll()
    town.house.deliver()
    assert sorted(town.house.sent_titles()) == sorted(titles)
    assert town.house.gap(town.site.url + "/feed/") == ""


def test_a_day_with_the_whole_site_shorter_than_two_pages(town: Town) -> None:
    """Nothing known is left in the feed: the end of the feed closes the gap."""
    old = [town.site.publish(f"Alt {number}", "<p>x</p>") for number in range(3)]
    town.watch()
    for post in old:
        town.site.trash(post)
    titles = town.publish(14, "Neu")
    town.poll()
    assert set(titles) <= set(town.house.titles())
    assert town.house.feed(town.site.url + "/feed/").catch_up is None


def test_category_feeds_fold_into_one_record_with_their_name(town: Town) -> None:
    town.publish(3)
    town.site.publish("Tor", "<p>Ein Tor.</p>", categories=["Aktuell"])
    town.watch()
    town.watch("/category/aktuell/feed/", category="Sport")
    records = {filed.record.title: filed for filed in town.house.records()}
    assert len(records) == 4
    assert len(records["Tor"].feeds) == 2


def test_a_mistyped_category_feed_is_said(town: Town) -> None:
    town.publish(3)
    url = town.watch("/category/gibt-es-nicht/feed/")
    assert "no entries" in town.house.feed(url).last_reason


@pytest.mark.parametrize("path", ["/comments/feed/", "ARTICLE/feed/"])
def test_comment_feeds_are_refused(town: Town, path: str) -> None:
    post = town.site.publish("Artikel", "<p>x</p>")
    town.site.comment(post)
    town.site.comment(post)
    article = town.site.link(post).removeprefix("https://www.hasepost.de").rstrip("/")
    url = town.watch(path.replace("ARTICLE", article))
    feed = town.house.feed(url)
    assert feed.last_outcome == Outcome.FAILED
    assert "comment" in feed.last_reason
    assert town.house.records() == []


def test_an_edit_and_a_new_slug_stay_one_record(town: Town) -> None:
    post = town.site.publish("Radweg", "<p>Eins.</p>")
    town.publish(2)
    town.watch()
    town.house.clock.advance(60)
    town.site.edit(post, html="<p>Zwei.</p>")
    town.poll()
    town.house.clock.advance(60)
    town.site.rename(post, "radweg-ist-offen")
    town.poll()
    records = {filed.record.title: filed for filed in town.house.records()}
    assert len(records) == 3
    assert (records["Radweg"].revision, records["Radweg"].record.body) == (3, "Zwei.")
    assert "radweg-ist-offen" in records["Radweg"].record.url
    assert len(records["Radweg"].former_urls) == 1


def test_a_post_dated_back_is_found_although_the_server_says_304(town: Town) -> None:
    town.site.gzip = False
    town.publish(5)
    town.watch()
    town.house.clock.advance(60)
    town.site.back_date("Zurückdatiert", by=timedelta(minutes=3))
    town.poll()
    assert "Zurückdatiert" not in town.house.titles()
    town.poll(minutes=7 * 60)
    assert "Zurückdatiert" in town.house.titles()


def test_a_scheduled_post_is_filed_when_its_time_has_come(town: Town) -> None:
    town.publish(2)
    town.watch()
    town.site.schedule("Geplant", at=town.house.clock.now() + timedelta(hours=1))
    town.poll()
    assert "Geplant" not in town.house.titles()
    for _ in range(3):
        town.poll(minutes=45)
    assert "Geplant" in town.house.titles()


def test_maintenance_rests_the_host_for_as_long_as_it_asks(town: Town) -> None:
    town.publish(2)
    url = town.watch()
    town.site.maintenance(on=True, retry_after=600)
    town.poll()
    asked = len(town.site.requests)
    assert "503" in town.house.feed(url).last_reason or "maintenance" in town.house.feed(url).last_reason.lower()
    town.poll(minutes=9)
    assert len(town.site.requests) == asked
    town.site.maintenance(on=False)
    town.poll(minutes=2)
    assert len(town.site.requests) == asked + 1
    assert town.house.feed(url).failures == 0


def test_emoji_entities_and_an_article_without_text(town: Town) -> None:
    town.site.publish("Müller & Söhne: „Wir bleiben“ < 5 %", "<p>durch KI ✨ bearbeitet</p>")
    town.house.clock.advance(60)
    town.site.publish("Leer", "")
    town.watch()
    records = {filed.record.title: filed.record for filed in town.house.records()}
    assert "✨" in records["Müller & Söhne: „Wir bleiben“ < 5 %"].body
    assert records["Leer"].body == ""
    assert write_line(records["Leer"]).endswith("/ --- --- Quelle: Hasepost.de - Die Zeitung für Osnabrück")


def test_atom_and_rss_of_one_site_are_the_same_articles(town: Town) -> None:
    town.publish(5)
    town.watch()
    town.watch("/feed/atom/")
    town.watch("/feed/rdf/")
    assert len(town.house.records()) == 5
    assert {filed.revision for filed in town.house.records()} == {1}


def test_both_hours_of_the_october_night_keep_their_order(town: Town) -> None:
    for hour in (0, 1):
        at = datetime(2025, 10, 26, hour, 30, tzinfo=UTC)
        town.site.publish(f"Nacht {hour}", "<p>x</p>", at=at)
    town.watch()
    records = {filed.record.title: filed.record for filed in town.house.records()}
    assert records["Nacht 1"].published_at - records["Nacht 0"].published_at == timedelta(hours=1)
    assert all("26.10.2025 02:30" in write_line(record) for record in records.values())


def test_posts_that_were_renumbered_wait_for_the_operator(town: Town) -> None:
    """Over real HTTP: an import into a new installation gives every post another number, link and guid."""
    town.site.publish("Vorher", "<p>Der erste Text.</p>")
    town.watch()
    town.house.subscribe("alle", "Artikel")
    for number in range(12):
        town.house.clock.advance(60)
        town.site.publish(f"Artikel {number}", f"<p>Der {number}. Artikel hat einen Text von {number} Worten.</p>")
        town.poll(15)
    town.house.deliver()
    assert len(town.house.channel.sent) == 12

    town.site.renumber(100_000)
    town.poll()
    assert (town.house.deliver(), len(town.house.records())) == ([], 23)
    with town.house.archive.write() as tx:
        [one] = tx.quarantines.all()
        assert (one.records, one.alerts) == (10, 10)
        quarantine.fold(tx, one, by="anna", now=town.house.clock.now())
    town.publish(3)
    town.poll(60 * 24)

    town.house.deliver()
    assert len(town.house.channel.sent) == 15
    with town.house.archive.read() as tx:
        [late] = tx.quarantines.all(open_only=True)  # what the window no longer showed, found by reading again
        assert (late.records, tx.coverage.gaps(1)) == (3, [])
        assert len(list(tx.records.stream())) == 19
