"""One bad feed costs itself: the others keep their pace, whether it hangs, burns the processor, or lies."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.badserver import BadServer, hang, reply
from tests.e2e.office import wait_until
from tests.fakes import FakeFeed
from tests.hostile.inn import Inn, at_work, make_fetcher
from tests.house import RULES, House
from worker import batch, crew
from worker.batch import poll_due
from worker.configure import new_feed
from worker.crew import Crew
from worker.model import FailureKind, FetchFailed, FetchResult, NotModified, Validators
from worker.sandbox import Sandbox

HANGING, ALL = 200, 2000


class HangingWeb:
    """Feeds of hosts that begin with `hang` hang until `over`; the others have nothing new."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.asked: Counter[str] = Counter()
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def fetch(self, url: str, validators: Validators | None = None) -> FetchResult:
        with self._lock:
            self.asked[url] += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if url.startswith("https://hang"):
                self.over.wait(60)
                return FetchFailed(kind=FailureKind.TEMPORARY, reason="no answer")
            return NotModified(url=url, validators=validators or Validators(url=url, etag='"1"'))
        finally:
            with self._lock:
                self._at_once -= 1

    def times(self, kind: str) -> list[int]:
        """How often each of these feeds was asked, beside those that never were."""
        with self._lock:
            return [count for url, count in self.asked.items() if url.startswith(f"https://{kind}")]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "SLOW_S", 0.2)
    monkeypatch.setattr(batch, "WAKE_S", 0.05)


def add_feeds(house: House, names: list[str]) -> None:
    """All due; in this order."""
    now = house.clock.now()
    with house.archive.write() as tx:
        for number, name in enumerate(names):
            feed = new_feed(
                url=f"https://{name}.example/feed/", source=RULES.name, interval_s=600, origin="file", now=now
            )
            due_at = now - timedelta(seconds=len(names) - number)
            tx.feeds.add(replace(feed, next_poll_at=due_at), now)


@pytest.mark.slow
def test_43_of_2000_feeds_200_hang_and_the_others_keep_their_interval(house: House, hurried: None) -> None:
    """The worst order: all that hang are due first, and they hang longer than the interval."""
    web = HangingWeb()
    house.equipment = replace(house.equipment, fetcher=web, threads=20)
    house.manners(lease_s=100_000.0)
    add_feeds(house, [f"hang{n}" for n in range(HANGING)] + [f"good{n}" for n in range(ALL - HANGING)])
    with at_work(house, web.over.set):
        for turn in (1, 2):
            expected = [turn] * (ALL - HANGING)
            wait_until(lambda: web.times("good") == expected, 90, lambda: f"{Counter(web.times('good'))}")  # noqa: B023
            # A poll that is under way takes the time after the jump for its own.
            wait_until(lambda: noted(house) == ALL - HANGING, 60, lambda: f"{noted(house)} are noted")
            house.clock.advance(700)
        assert web.times("hang") == [1] * HANGING, "a feed that hangs is not asked a second time meanwhile"
    with house.archive.read() as tx:
        failing = [feed for feed in tx.feeds.all() if feed.failures]
    assert len(failing) == HANGING


def noted(house: House) -> int:
    """How many good feeds stand in the archive as polled at this very time."""
    with house.archive.read() as tx:
        feeds = tx.feeds.all()
    return sum(feed.last_polled_at == house.clock.now() for feed in feeds if "good" in feed.url)


@pytest.mark.slow
def test_43_the_lease_of_a_host_that_hangs_is_renewed(house: House, hurried: None) -> None:
    web = HangingWeb()
    house.equipment = replace(house.equipment, fetcher=web, threads=2)
    add_feeds(house, ["hang"])
    with at_work(house, web.over.set):
        wait_until(lambda: web.times("hang") == [1], 10, lambda: "it is never asked")
        for _ in range(5):
            until = lease_until(house)
            house.clock.advance(30)
            wait_until(lambda: lease_until(house) > until, 10, lambda: "the lease is not renewed")  # noqa: B023
        assert web.times("hang") == [1]


def lease_until(house: House) -> object:
    from sqlalchemy import text

    with house.archive.read() as tx:
        return tx.feeds._connection.execute(text("select lease_until from hosts")).scalar_one() or ""


def test_44_after_an_outage_all_that_is_due_is_worked_off_by_few_hands_and_spreads(house: House) -> None:
    web = HangingWeb()
    house.equipment = replace(house.equipment, fetcher=web, threads=8, jitter=iter(spread()).__next__)
    add_feeds(house, [f"good{n}" for n in range(400)])
    while poll_due(house.equipment).hosts:
        pass
    assert web.most_at_once <= 8
    with house.archive.read() as tx:
        due = {round(feed.next_poll_at.timestamp()) for feed in tx.feeds.all()}
    assert len(due) > 50, "they do not all come due in the same second again"


def spread() -> Iterator[float]:
    import itertools

    return (n % 100 / 100 for n in itertools.count())


def test_44_the_feeds_of_one_host_are_asked_one_after_the_other(house: House) -> None:
    web = HangingWeb()
    house.equipment = replace(house.equipment, fetcher=web, threads=8)
    now = house.clock.now()
    with house.archive.write() as tx:
        for number in range(20):
            url = f"https://good.example/{number}/"
            tx.feeds.add(new_feed(url=url, source=RULES.name, interval_s=600, origin="file", now=now), now)
    poll_due(house.equipment)
    assert (web.most_at_once, len(web.asked)) == (1, 20)


def test_a_crew_works_off_all_and_hands_errors_back() -> None:
    def work(job: int) -> None:
        if job % 10 == 0:
            raise KeyError(job)

    done: list[tuple[int, BaseException | None]] = []
    with Crew(work, 4) as hands:
        hands.add(range(50))
        while hands.busy:
            done += hands.finished(1)
            if len(done) == 50:
                hands.add(range(50, 60)) if not any(job >= 50 for job, _ in done) else None
    assert sorted(job for job, _ in done) == list(range(60))
    assert sorted(job for job, error in done if error) == [0, 10, 20, 30, 40, 50]


# -- feeds that burn the processor ------------------------------------------------------------------------------------


def with_description(html: str) -> bytes:
    feed = FakeFeed(url="https://x.example/feed/")
    feed.publish("Neu", html)
    return feed.body()


BURNERS = {
    "40 kB of <a": with_description("<a " * 13_000),
    '40 kB of <a x="': with_description('<a x="' * 6_600),
    "40 kB of <!--": with_description("<!--" * 10_000),
    "1 MB of <a": with_description("<a " * 300_000),
    "50,000 attributes in a description": with_description("<p " + " ".join(f'a{n}="1"' for n in range(50_000)) + ">x"),
    "50,000 attributes of an element": b"<rss><channel><item "
    + b" ".join(b'a%d="1"' % n for n in range(50_000))
    + b"/></channel></rss>",
    "a million open tags": b"<rss><channel><item>" + b"<a>" * 1_000_000,
    "a million open tags in a description": with_description("<b>" * 1_000_000),
    "100,000 nested divs": with_description("<div>" * 100_000),
    "1 MB of blanks": with_description(" " * 1_000_000 + "x"),
    "1 MB of &": with_description("&" * 1_000_000),
    "500,000 [": with_description("[" * 500_000 + "]" * 500_000),
}


@pytest.mark.parametrize("body", BURNERS.values(), ids=BURNERS)
def test_55_markup_that_costs_more_than_its_size_is_bounded(inn: Inn, body: bytes) -> None:
    """Read within seconds or refused; either way the next good poll files everything."""
    from tests.hostile.inn import bounded

    inn.server.on(inn.path, reply(200, body))
    with bounded(12):
        inn.poll()
    inn.feed.articles = [one for one in inn.feed.articles if one.title != "Neu"]
    article = inn.publish("Danach")
    from tests.hostile.inn import good

    inn.assert_takes(good(inn.feed))
    assert article.title in inn.house.titles()


@pytest.mark.slow
def test_43_feeds_that_burn_and_feeds_that_hang_leave_the_others_their_pace(house: House, hurried: None) -> None:
    """All over the real web and box: ten of each kind of burner's worst, ten that hang, thirty that are good."""
    with BadServer() as server, make_fetcher(timeout_s=6.0) as fetcher:
        box = Sandbox(size=2)
        house.equipment = replace(house.equipment, fetcher=fetcher, read=box.parse_feed, threads=10)
        house.manners(host_gap_s=0.0)
        names = [f"127.1.0.{n}" for n in range(1, 51)]
        with BadServer("0.0.0.0") as wide:  # one server for all of 127.0.0.0/8: hosts of their own
            for number in range(10):
                wide.on(f"/hang{number}", hang)
                wide.on(f"/burn{number}", reply(200, list(BURNERS.values())[number % len(BURNERS)]))
            for number in range(30):
                wide.on(f"/good{number}", reply(200, with_description("<p>gut</p>"), ETag='"1"'))
            paths = [f"hang{n}" for n in range(10)] + [f"burn{n}" for n in range(10)] + [f"good{n}" for n in range(30)]
            now = house.clock.now()
            with house.archive.write() as tx:
                for number, path in enumerate(paths):
                    url = wide.url(f"/{path}", names[number])
                    feed = new_feed(url=url, source=RULES.name, interval_s=600, origin="file", now=now)
                    tx.feeds.add(replace(feed, next_poll_at=now - timedelta(seconds=50 - number)), now)
            result = poll_due(house.equipment)
        box.close()
        assert server.asked == []
    good = [poll for poll in result.polls if "/good" in poll.feed.url]
    assert len(good) == 30
    assert {poll.outcome.value for poll in good} <= {"updated", "unchanged"}
    hung = [poll for poll in result.polls if "/hang" in poll.feed.url]
    assert {poll.outcome.value for poll in hung} == {"failed"}
    order = [poll.feed.url.rpartition("/")[2][:4] for poll in result.polls]
    assert order.index("hang") > 10, "others were done before the first that hangs was given up"
