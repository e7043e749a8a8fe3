"""SQLite's loop over the network: the first call to it fails, then the second one …, until a poll comes through.

Poll, older pages, and a page for its text, over real connections: whichever call fails, and how, and whether the network
is back for the next one, a worker that goes on loses nothing, doubles nothing and leaves nothing half done.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.badserver import BadServer, Script, message, raw, reply, unless_matching
from tests.fakes import FakeFeed
from tests.hostile.inn import make_fetcher
from tests.house import House, house_of, publish_many
from tests.socketfaults import fail_calls
from worker.batch import poll_named

MOST_CALLS = 500
OLD, NEW = 3, 5
WAIT_S = 0.3  # a server is given so long: some libraries go on after a reset, and wait for an answer
SEEN, MISSING = "Der Rat hat am Dienstag lange beraten", "Neu war am Ende der Haushalt."
RESET, SLOW = ConnectionResetError(104, "Connection reset by peer"), TimeoutError("timed out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Newspaper:
    """On loopback; its window shows three articles. titles: of all that it has published."""

    server: BadServer
    feed: FakeFeed

    @property
    def titles(self) -> list[str]:
        return sorted(article.title for article in self.feed.articles)

    def print(self) -> None:
        """From now on it shows what was published until now, on as many pages as that takes."""
        pages = range(1, 2 + len(self.feed.articles) // self.feed.page_size)
        for number in pages:
            path = "/feed/" if number == 1 else f"/feed/?paged={number}"
            etag = f'"{number}-{len(self.feed.articles)}"'
            self.server.on(path, self._page(number, etag))

    def _page(self, number: int, etag: str) -> Script:
        fresh = reply(200, self.feed.body(number), ETag=etag, Content_Type="application/rss+xml")
        return unless_matching(etag, fresh, raw(message(304, ETag=etag), keep=True))


@contextmanager
def story(archive: Path, folders: pytest.TempPathFactory, number: int) -> Iterator[tuple[House, Newspaper]]:
    """It was polled once; since then more was published than its window shows, one article of it cut off."""
    with ExitStack() as scene:
        server = scene.enter_context(BadServer())
        house = scene.enter_context(house_of(f"sqlite:///{archive}", folders, number))
        fetcher = scene.enter_context(make_fetcher(timeout_s=WAIT_S, clock=house.clock.now))
        house.equipment = replace(house.equipment, fetcher=fetcher)
        house.manners(full_text=True, host_gap_s=0.0)
        paper = Newspaper(server=server, feed=FakeFeed(url=server.url("/feed/"), page_size=3))
        publish_many(paper.feed, house.clock, OLD, "Alt")
        paper.print()
        house.subscribe("alles", "Neu OR Rat")
        house.add_feed(paper.feed.url)
        house.poll()
        house.clock.advance(700)
        publish_many(paper.feed, house.clock, NEW, "Neu")
        cut_off = paper.feed.publish("Rat berät", f"<p>{SEEN} […]</p>", at=house.clock.now())
        page = f"<title>Rat berät</title><main><p>{SEEN}, auch über vieles andere.</p><p>{MISSING}</p></main>"
        server.on(f"/artikel-{cut_off.id}/", reply(200, page.encode(), Content_Type="text/html"))
        paper.print()
        yield house, paper


def in_the_end(house: House, paper: Newspaper) -> list[str]:
    """After hours of fine weather: sentences for what is not as it should be."""
    for _ in range(3):
        house.clock.advance(3600)
        house.poll_until_quiet()
        house.deliver()
    said = [] if sorted(house.titles()) == paper.titles else [f"filed: {sorted(house.titles())}"]
    told = sorted(title for title in paper.titles if not title.startswith("Alt"))
    said += [] if sorted(house.sent_titles()) == told else [f"told: {sorted(house.sent_titles())}"]
    said += [f"gap: {gap}"] if (gap := house.gap(paper.feed.url)) else []
    said += [] if house.feed(paper.feed.url).failures == 0 else [house.feed(paper.feed.url).last_reason]
    said += [] if any(MISSING in filed.record.body for filed in house.records()) else ["its text is not there"]
    return said


@pytest.mark.slow
@pytest.mark.parametrize("error", [RESET, SLOW], ids=["reset", "slow"])
@pytest.mark.parametrize("lasts", [False, True], ids=["once", "from then on"])
def test_one_call_of_a_poll_fails(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    error: OSError,
    lasts: bool,
) -> None:
    for number in range(1, MOST_CALLS):
        with story(tmp_path / "archive.db", tmp_path_factory, number) as (house, paper):
            with monkeypatch.context() as patch:
                count = fail_calls(patch, error, lambda at, n=number: at == n or (lasts and at > n))
                list(poll_named(house.equipment, [house.feed(paper.feed.url)]))
            assert in_the_end(house, paper) == [], f"call {number}"
        if count[0] < number:
            assert len(set(paper.server.paths)) >= 4, "the feed, two older pages, and an article's own page"
            assert number > 4 * 3, "no call was reached"
            return
    raise AssertionError("a poll never came through")
