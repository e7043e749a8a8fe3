"""A worker that is told to end while it waits for a host: the wait is cut short, and the host is not asked early."""

from dataclasses import replace
from datetime import timedelta

from tests.fakes import FakeClock, fetched
from tests.house import FEED, House, publish_many
from worker.batch import poll_due, poll_named
from worker.exchanges import Exchanges
from worker.model import Fetched, FetchResult, Hop, Host, Lease

LONG_S = 29.0  # so long may an exchange take
OTHER = "https://www.stadtblatt.example/category/sport/feed/"


class _CutShort(FakeClock):
    """A clock on which no wait lasts, because the process ends."""

    is_ending = False

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.is_ending = True


def test_the_rest_between_two_exchanges_holds_although_the_process_ends(house: House) -> None:
    for url in (FEED, OTHER):
        publish_many(house.web.feed(url), house.clock, 2)
        house.add_feed(url)
    clock = _CutShort(house.clock.now())
    ending = replace(house.equipment, clock=clock)
    assert len(poll_due(ending, stopping=lambda: clock.is_ending).polls) == 1
    assert clock.waits == [house.equipment.manners.host_gap_s]
    house.clock.advance(house.equipment.manners.host_gap_s)
    assert len(house.poll().polls) == 1, "what was due there stayed due, and the host was given back"


def rename_one_of_six(house: House) -> tuple[str, str]:
    """Known by its address alone, so that only a redirect tells of it. Returns: the old address and the new one."""
    feed = house.web.feed(FEED)
    house.add_feed(FEED)
    for number in range(6):
        url = f"https://www.stadtblatt.example/artikel-{number}/"
        feed.publish(f"Artikel {number}", f"Text {number}.", guid="", url=url, at=house.clock.advance(60))
    house.poll()
    house.clock.advance(700)
    old = feed.articles[3]
    return old.url, feed.edit(old, url="https://www.stadtblatt.example/neuer-name/").url


def led(old: str, new: str) -> Fetched:
    return replace(fetched(new, "<h1>Artikel 3</h1>"), hops=(Hop(status=301, url=new),))


def test_a_rename_is_not_looked_into_early_and_no_new_article_is_made_of_it(house: House) -> None:
    old, new = rename_one_of_six(house)
    house.web.stand(old, led(old, new))
    clock = _CutShort(house.clock.now())
    assert poll_due(replace(house.equipment, clock=clock), stopping=lambda: clock.is_ending).polls == []
    assert house.web.asked(old) == [], "the host was to have its rest first"
    assert len(house.records()) == 6
    house.clock.advance(house.equipment.manners.host_gap_s)
    house.poll()
    assert len(house.records()) == 6
    assert new in [filed.record.url for filed in house.records()]


def test_a_lease_outlasts_an_exchange_for_which_servers_are_given_more_time(house: House) -> None:
    """Of 60 s, so the lease is one of 120 s, as `bootstrap.py` makes it."""
    house.manners(lease_s=120.0)
    house.add_feed(FEED)
    host, lease = house.feed().host, Lease(token="a", until=house.clock.now() + timedelta(seconds=120))
    with house.archive.write() as tx:
        assert tx.feeds.claim_host(host, house.clock.now(), lease)
    exchanges = Exchanges(house.equipment, host, lease)
    exchanges.next()
    house.clock.advance(60)
    until = exchanges.next().until
    assert (until - house.clock.now()).total_seconds() == 120.0


def test_the_host_stays_ours_while_a_rename_is_looked_into(house: House) -> None:
    old, new = rename_one_of_six(house)
    taken: list[Host | None] = []

    def slow(_: object) -> Fetched:
        with house.archive.write() as tx:
            later = house.clock.advance(LONG_S)
            taken.append(
                tx.feeds.claim_host(feed.host, later, Lease(token="other", until=later + timedelta(minutes=1)))
            )
        return led(old, new)

    shown, feed = house.web.fetch(FEED), house.feed()

    def slow_feed(_: object) -> FetchResult:
        house.clock.advance(LONG_S)
        return shown

    house.web.script(FEED, slow_feed)
    house.web.stand(old, slow)
    list(poll_named(house.equipment, [feed]))
    assert taken == [None], "nobody else may begin an exchange meanwhile"
