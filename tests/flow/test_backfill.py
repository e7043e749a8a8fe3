"""Backfills: older articles by every means, silently, and on from where one stood."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes import FakeChannel, FakeClock, FakeWeb
from tests.house import House, build_house
from tests.site_web import site_fetcher
from tests.wordpress import WordPressSite
from worker.archive import open_archive
from worker.backfill import Step, advance, begin, rest_s
from worker.chapters import Backfill, Via
from worker.configure import new_feed
from worker.errand import Errand
from worker.model import Feed, Fetched, SourceRules
from worker.settings import load, shipped

NOW = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
HASEPOST: SourceRules = load(shipped(), {}).sources[0].rules
SITE = "https://www.hasepost.de"


@dataclass
class Town:
    """A site and a worker that watches it, on one clock."""

    site: WordPressSite
    house: House
    said: list[str] = field(default_factory=list)

    def publish(self, count: int, at: datetime, apart: timedelta = timedelta(hours=5), word: str = "Alt") -> None:
        """Articles at equal distances, the newest at `at`."""
        for number in range(count):
            self.site.publish(f"{word} {number}", f"<p>Text {word} {number}.</p>", at=at - (count - 1 - number) * apart)

    def watch(self, path: str = "/feed/") -> Feed:
        now = self.house.clock.now()
        feed = new_feed(url=SITE + path, source=HASEPOST.name, interval_s=600, origin="command", now=now)
        with self.house.archive.write() as tx:
            tx.feeds.add(feed, now)
        self.house.poll_until_quiet()
        return self.house.feed(SITE + path)

    def begin(self, feed: Feed, from_at: datetime, to_at: datetime | None = None, via: Via | None = None) -> Backfill:
        return begin(self.house.equipment, self.errand, feed, from_at=from_at, to_at=to_at, asked=via)[0]

    @property
    def errand(self) -> Errand:
        return Errand(self.house.equipment)

    def run(
        self,
        feed: Feed,
        from_at: datetime,
        to_at: datetime | None = None,
        via: Via | None = None,
        *,
        most: int = 10_000,
        between: Callable[[Backfill], object] = lambda _: None,
    ) -> Backfill:
        """Until it is over, or `most` exchanges were made."""
        errand, current = self.errand, self.begin(feed, from_at, to_at, via)
        step = Step(backfill=current)
        for _ in range(most):
            if step.is_over:
                break
            between(step.backfill)
            step = advance(self.house.equipment, errand, feed, step.backfill)
            self.said += filter(None, [step.said])
            self.house.clock.advance(rest_s(step.backfill))
        return step.backfill

    def published(self, from_at: datetime, to_at: datetime) -> set[str]:
        return {self.site.link(one) for one in self.site.visible() if from_at <= one.published_at < to_at}

    def filed(self, from_at: datetime, to_at: datetime) -> set[str]:
        with self.house.archive.read() as tx:
            return {one.record.url for one in tx.records.stream(since=from_at, until=to_at)}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    clock = FakeClock(NOW)
    archive = open_archive(f"sqlite:///{tmp_path}/feedwacht.db")
    site = WordPressSite(public_url=SITE, now=clock.now)
    fetcher = site_fetcher(clock.now, site)
    house = build_house(archive, clock, FakeWeb(clock), FakeChannel())
    house.equipment = replace(house.equipment, fetcher=fetcher, sources={HASEPOST.name: HASEPOST})
    yield Town(site, house)
    fetcher.close()
    archive.close()


FROM = datetime(2025, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize("via", list(Via))
def test_all_of_a_stretch_is_filed_by_every_means_and_nothing_else(town: Town, via: Via) -> None:
    town.house.subscribe("alles", "Alt OR Text")
    town.publish(260, NOW - timedelta(hours=1), timedelta(hours=11))
    feed = town.watch()
    done = town.run(feed, FROM, via=via)
    assert (done.state, done.missing) == ("done", ())
    wanted = town.published(FROM, NOW)
    assert town.filed(FROM, NOW + timedelta(days=1)) == wanted
    assert town.filed(datetime(2000, 1, 1, tzinfo=UTC), FROM) == set()
    assert (done.total, done.filed) == (len(wanted), len(wanted) - 10)
    assert town.house.deliver() == []
    with town.house.archive.read() as tx:
        [stretch] = tx.coverage.stretches(feed.id)
    assert (stretch.from_at, stretch.to_at, stretch.means, stretch.total) == (FROM, done.to_at, via.value, len(wanted))


@pytest.mark.parametrize("via", [Via.REST, Via.DATE, Via.PAGED])
def test_what_the_site_shows_is_counted(town: Town, via: Via) -> None:
    town.publish(130, NOW - timedelta(hours=1), timedelta(hours=11))
    done = town.run(town.watch(), datetime(2025, 10, 20, tzinfo=UTC), via=via)
    assert done.found == done.total == len(town.published(done.from_at, done.to_at))


def test_the_last_day_is_included_and_nothing_behind_it(town: Town) -> None:
    town.publish(100, NOW - timedelta(hours=1), timedelta(hours=7))
    from_at, to_at = datetime(2025, 11, 10, 23, tzinfo=UTC), datetime(2025, 11, 15, 23, tzinfo=UTC)
    town.run(town.watch(), from_at, to_at)
    assert town.filed(from_at, to_at) == town.published(from_at, to_at)
    window = {town.site.link(one) for one in town.site.visible()[:10]}
    assert town.filed(FROM, NOW) - window == town.published(from_at, to_at)


@pytest.mark.parametrize(("closed", "via"), [({}, "rest"), ({"rest": False}, "date")])
def test_the_best_means_that_works_is_taken(town: Town, closed: dict[str, bool], via: str) -> None:
    for name, value in closed.items():
        setattr(town.site, name, value)
    town.publish(30, NOW - timedelta(hours=1))
    assert town.run(town.watch(), FROM).via == via


def test_a_means_that_fails_makes_way_for_the_next(town: Town) -> None:
    town.site.rest = town.site.day_archives = False
    town.publish(60, NOW - timedelta(hours=1))
    done = town.run(town.watch(), FROM)
    assert (done.state, done.via) == ("done", Via.PAGED)
    assert town.filed(FROM, NOW) == town.published(FROM, NOW)
    assert "date: " in done.faults[0]


def test_without_any_means_it_fails_and_says_why(town: Town) -> None:
    town.publish(30, NOW - timedelta(hours=1))
    feed = town.watch()
    town.site.rest = False
    failed = town.run(feed, FROM, via=Via.REST)
    assert (failed.state, failed.is_asked_for(FROM, None, Via.REST)) == ("failed", True)
    assert failed.detail.startswith("rest: ")
    assert town.run(feed, FROM, via=Via.DATE).state == "done"


@pytest.mark.parametrize("via", list(Via))
def test_the_same_command_goes_on_where_it_stood(town: Town, via: Via) -> None:
    town.publish(60, NOW - timedelta(hours=1), timedelta(hours=30))
    feed = town.watch()
    running = town.run(feed, FROM, via=via, most=2)
    assert running.state == "running"
    town.house.clock.advance(3600)
    assert town.begin(feed, FROM, via=via) == running
    assert town.begin(feed, FROM, NOW - timedelta(days=1), via).id != running.id
    town.site.requests.clear()
    done = town.run(feed, FROM, via=via)
    assert (done.id, done.state) == (running.id, "done")
    asked = [seen.path for seen in town.site.requests]
    assert len(asked) == len(set(asked))
    assert town.begin(feed, FROM, via=via).id != running.id


@pytest.mark.parametrize("via", list(Via))
def test_nothing_is_lost_when_it_is_ended_again_and_again(town: Town, via: Via) -> None:
    town.publish(40, NOW - timedelta(hours=1), timedelta(hours=30))
    feed = town.watch()
    for _ in range(200):
        town.house.clock.advance(120)
        done = town.run(feed, FROM, via=via, most=2)
        if done.state == "done":
            break
    assert done.state == "done"
    assert town.filed(FROM, NOW) == town.published(FROM, NOW)
    with town.house.archive.read() as tx:
        assert len(tx.backfills.all()) == 1


@pytest.mark.parametrize("via", list(Via))
def test_a_site_that_publishes_and_trashes_while_it_is_read(town: Town, via: Via) -> None:
    town.publish(80, NOW - timedelta(hours=1), timedelta(hours=20))
    feed, number = town.watch(), iter(range(1000))

    def edit(_current: Backfill) -> None:
        turn = next(number)
        if turn % 3 == 1 and turn < 20:
            town.house.clock.advance(5)
            town.site.publish(f"Neu {turn}", "<p>x</p>")
        if turn in (4, 9):
            town.site.trash(town.site.visible()[-turn])

    done = town.run(feed, FROM, via=via, between=edit)
    assert done.state == "done"
    assert town.published(FROM, done.to_at) <= town.filed(FROM, NOW + timedelta(days=1))


def test_news_that_a_backfill_files_first_alerts_all_the_same(town: Town) -> None:
    town.house.subscribe("neu", "Neu")
    town.publish(30, NOW - timedelta(days=2))
    feed = town.watch()
    town.house.clock.advance(3600)
    town.site.publish("Neu am Hafen", "<p>x</p>")
    town.house.clock.advance(60)
    town.run(feed, FROM)
    assert "Neu am Hafen" in town.house.titles()
    assert town.house.deliver() == []
    town.house.clock.advance(700)
    town.house.poll_until_quiet()
    town.house.deliver()
    assert town.house.sent_titles() == ["Neu am Hafen"]


def test_old_articles_do_not_alert_later_through_another_feed(town: Town) -> None:
    town.house.subscribe("alles", "Alt")
    town.publish(60, NOW - timedelta(days=2))
    feed = town.watch()
    town.run(feed, FROM)
    with town.house.archive.write() as tx:
        now = town.house.clock.now()
        other = new_feed(
            url=f"{SITE}/category/allgemein/feed/", source=HASEPOST.name, interval_s=600, origin="command", now=now
        )
        tx.feeds.add(other, now)
    for _ in range(3):
        town.site.trash(town.site.visible()[0])
        town.house.clock.advance(700)
        town.house.poll_until_quiet()
    assert town.house.deliver() == []


def test_a_server_that_wants_to_be_left_alone_is_waited_for(town: Town) -> None:
    town.publish(60, NOW - timedelta(hours=1))
    feed = town.watch()
    running = town.run(feed, FROM, via=Via.PAGED, most=2)
    town.site.maintenance(retry_after="600")
    before = town.house.clock.now()
    step = advance(town.house.equipment, town.errand, feed, running)
    assert "503" in step.said
    town.site.maintenance(on=False)
    waits: list[datetime | None] = []
    errand = Errand(town.house.equipment, tell=lambda _host, until: waits.append(until))
    advance(town.house.equipment, errand, feed, step.backfill)
    assert (town.house.clock.now() - before).total_seconds() >= 599
    assert len(waits) == 1


def test_a_server_in_trouble_ends_it_for_now(town: Town) -> None:
    town.publish(60, NOW - timedelta(hours=1))
    feed = town.watch()
    running = town.run(feed, FROM, most=1)
    town.site.down = True
    step, said = Step(backfill=running), []
    for _ in range(5):
        step = advance(town.house.equipment, town.errand, feed, step.backfill)
        said.append(step.said)
    assert step.is_stuck
    assert [bool(one) for one in said] == [True, False, False, False, False], "the same reason is told once"
    town.site.down = False
    assert town.run(feed, FROM).state == "done"


@pytest.mark.parametrize("via", [Via.DATE, Via.PAGED, Via.SITEMAP])
def test_what_the_sites_own_list_has_and_the_archive_has_not_is_named(town: Town, via: Via) -> None:
    """An article that is dated into the stretch after its pages were read."""
    town.publish(30, NOW - timedelta(hours=1), timedelta(hours=30))
    feed = town.watch()
    late = []

    def publish_late(current: Backfill) -> None:
        if current.until_at <= current.from_at and not late:
            late.append(town.site.publish("Spät", "<p>x</p>", at=FROM + timedelta(days=60)))

    done = town.run(feed, FROM, via=via, between=publish_late)
    assert [one.url for one in done.missing] == [town.site.link(late[0])]
    assert done.total == len(town.published(FROM, done.to_at))
    with town.house.archive.read() as tx:
        [stretch] = tx.coverage.stretches(feed.id)
    assert len(stretch.missing) == 1


def test_a_gap_within_the_stretch_is_closed(town: Town) -> None:
    town.publish(60, NOW - timedelta(hours=1))
    feed = town.watch()
    with town.house.archive.write() as tx:
        for days in (3, 200):
            from_at, to_at = NOW - timedelta(days=days), NOW - timedelta(days=days - 1)
            tx.coverage.open(feed.id, from_at=from_at, to_at=to_at, reason="test", now=NOW)
    town.run(feed, FROM)
    with town.house.archive.read() as tx:
        assert [bool(gap.closed_at) for gap in tx.coverage.gaps(feed.id)] == [False, True]


def test_what_was_removed_stays_away_and_is_not_missing(town: Town) -> None:
    town.publish(40, NOW - timedelta(hours=1))
    feed = town.watch()
    town.run(feed, FROM)
    with town.house.archive.write() as tx:
        gone = next(iter(tx.records.stream()))
        tx.records.remove(gone, reason="asked for", now=NOW)
    for via in Via:
        done = town.run(feed, FROM - timedelta(days=1), via=via)
        assert (done.state, done.filed, done.missing) == ("done", 0, ())


def test_a_years_own_maps_end_behind_the_stretch(town: Town) -> None:
    """WordPress's maps have no dates: pages are not read on and on into years that nobody asked for."""
    town.publish(400, NOW - timedelta(hours=1), timedelta(hours=24))
    feed = town.watch()
    town.site.requests.clear()
    done = town.run(feed, NOW - timedelta(days=20), via=Via.SITEMAP)
    assert (done.state, done.filed) == ("done", 10)
    assert len(town.site.requests) < 60


def test_pages_that_name_no_date_are_listed_and_those_that_are_no_article(town: Town) -> None:
    town.publish(14, NOW - timedelta(hours=1), timedelta(hours=24))
    feed = town.watch()
    old = town.site.visible()[-3:]
    walled = {one.path: one for one in old}
    real = town.house.equipment.fetcher

    class Web:
        """Two pages without any date, and one that asks to log in."""

        def fetch(self, url: str, validators: object = None) -> object:
            answer = real.fetch(url, validators)  # type: ignore[arg-type]
            for number, path in enumerate(walled):
                if url.endswith(path) and isinstance(answer, Fetched):
                    body = re.sub(rb"<time.*?</time>|<meta[^>]*published[^>]*>", b"", answer.body, flags=re.DOTALL)
                    return replace(answer, body=body if number else b"<html><title>Anmelden</title></html>")
            return answer

    town.house.equipment = replace(town.house.equipment, fetcher=Web())  # type: ignore[arg-type]
    done = town.run(feed, FROM, via=Via.SITEMAP)
    assert done.state == "done"
    why = {one.url.removeprefix(SITE): one.why for one in done.missing}
    assert set(why) == set(walled)
    assert sum("no date" in words for words in why.values()) == 2
    assert sum("no article" in words for words in why.values()) == 1


def test_excerpts_are_completed_later_and_raise_no_alerts_then(town: Town) -> None:
    town.site.look.use_excerpt = True
    town.house.manners(full_text=True)
    town.house.subscribe("alles", "Feuerwehr")
    long = " ".join(f"Satz {number} steht hier." for number in range(60))
    for number in range(24):
        at = NOW - timedelta(days=2 + number)
        town.site.publish(f"Rat berät {number}", f"<p>{long}</p><p>Am Ende die Feuerwehr {number}.</p>", at=at)
    feed = town.watch()
    done = town.run(feed, FROM, via=Via.DATE)
    assert done.filed == 14
    for _ in range(8):
        town.house.clock.advance(700)
        town.house.poll_until_quiet()
    assert town.house.deliver() == []
    with town.house.archive.read() as tx:
        texts = [one.record.body for one in tx.records.stream()]
    assert len(texts) == 24
    assert [body for body in texts if "Feuerwehr" not in body] == []


def test_an_edit_that_a_backfill_shows_is_told_to_who_was_alerted(town: Town) -> None:
    """No later poll would see it. Articles that are filed by the backfill raise nothing."""
    town.house.manners(reread_every_s=0.0)
    town.house.subscribe("brand", "Brand", on_edit="always")
    town.house.subscribe("text", "Alt", on_edit="always")
    town.publish(130, NOW - timedelta(hours=1), timedelta(hours=11))
    feed = town.watch()
    town.house.clock.advance(700)
    post = town.site.publish("Brand im Westen", "<p>Es gab 3 Verletzte.</p>")
    town.house.poll_until_quiet()
    town.house.deliver()
    town.site.edit(post, html="<p>Es gab 5 Verletzte.</p>")
    town.run(feed, datetime(2025, 10, 20, tzinfo=UTC), via=Via.PAGED)
    town.house.deliver()
    told = [(one.delivery.alert.subscription, one.delivery.alert.kind) for one in town.house.channel.sent]
    assert told == [("brand", "new"), ("brand", "edit")]
