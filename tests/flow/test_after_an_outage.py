"""After an outage everything is due at once: servers are asked one by one all the same, and the crowd disperses."""

import random
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from tests.house import RULES, House
from worker.archive.due import FEEDS_A_TURN
from worker.batch import poll_due
from worker.configure import new_feed
from worker.crew import MOST_FOLD
from worker.fetch import host_of
from worker.model import FetchResult, Lease, NotModified, Validators

FEEDS, HOSTS, INTERVAL_S = 2_000, 50, 600.0
WORKERS = 3


class WatchfulWeb:
    """Every feed is unchanged. Notes how many exchanges there are at once, with each host and in all."""

    def __init__(self) -> None:
        self.at_once: Counter[str] = Counter()
        self.most_at_a_host = 0
        self.most = 0
        self._lock = threading.Lock()

    def fetch(self, url: str, validators: Validators | None = None) -> FetchResult:
        host = host_of(url)
        with self._lock:
            self.at_once[host] += 1
            self.most_at_a_host = max(self.most_at_a_host, self.at_once[host])
            self.most = max(self.most, self.at_once.total())
        with self._lock:
            self.at_once[host] -= 1
        return NotModified(url=url, validators=validators or Validators(url=url, etag='"1"'))


def after_an_outage(house: House, feeds: int, hosts: int) -> None:
    """All feeds are overdue, by up to a day."""
    now = house.clock.now()
    with house.archive.write() as tx:
        for number in range(feeds):
            url = f"https://zeitung{number % hosts}.example/{number}/feed/"
            feed = new_feed(url=url, source=RULES.name, interval_s=INTERVAL_S, origin="command", now=now)
            tx.feeds.add(replace(feed, next_poll_at=now - timedelta(seconds=random.uniform(0, 86_400))), now)


def test_two_thousand_due_feeds_make_no_burst(house: House) -> None:
    web = WatchfulWeb()
    house.equipment = replace(house.equipment, fetcher=web, jitter=random.random)
    house.manners(host_gap_s=0.0)
    after_an_outage(house, FEEDS, HOSTS)
    polled: list[int] = []

    def work() -> None:
        while done := len(poll_due(house.equipment).polls):
            polled.append(done)

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    while done := len(house.poll().polls):  # what a thread held when the others found nothing
        polled.append(done)
    assert sum(polled) == FEEDS, "each is polled once, however long it was due"
    assert web.most_at_a_host == 1
    assert web.most <= WORKERS * house.equipment.threads * MOST_FOLD
    with house.archive.read() as tx:
        seconds = Counter(int(feed.next_poll_at.timestamp()) for feed in tx.feeds.all())
    assert max(seconds.values()) < FEEDS / 20, "the next polls are spread over the jitter, not at one second"


def test_a_claim_is_bounded_however_many_feeds_a_host_has(house: House) -> None:
    after_an_outage(house, 3 * FEEDS_A_TURN, 1)
    now = house.clock.now()
    with house.archive.write() as tx:
        [work] = tx.feeds.claim(now, Lease(token="a", until=now + timedelta(seconds=45)))
        due = [feed.next_poll_at for feed in tx.feeds.all()]
    assert [feed.next_poll_at for feed in work.feeds] == sorted(due)[:FEEDS_A_TURN], "those that wait longest"


def test_counting_what_is_due_ends_where_nobody_needs_more(house: House) -> None:
    after_an_outage(house, 40, 4)
    with house.archive.read() as tx:
        assert tx.feeds.count_due(house.clock.now()) == 40
        assert tx.feeds.count_due(house.clock.now(), most=10) == 10
