"""SQLite's own loop over a whole turn: the first statement fails, then the second one …, until all of it comes through.

Poll, older pages, a page for its text, record files, index, digest and deliveries: whichever write fails, and with which
error, a worker that goes on loses nothing, doubles nothing and leaves nothing half done.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.failing import FAULTS, failing, only
from tests.fakes import fetched
from tests.house import FEED, House, house_of, publish_many
from tests.ledger import faults
from tests.receiver import Receiver
from tests.stamped import SECRET, Stamped
from worker.audit import Audit
from worker.channels import WebhookChannel
from worker.errors import ArchiveError
from worker.fetch import Fetcher
from worker.indexing import index_some
from worker.recordfiles import write_due

MOST_STEPS = 2_000
OLD, NEW = 3, 5
TEXT = "<p>Der Rat hat am Dienstag lange beraten, auch über vieles andere.</p><p>Neu war am Ende der Haushalt.</p>"


def prepared(house: House, receiver: Receiver, fetcher: Fetcher) -> list[str]:
    """A feed with more news than its window shows, one of them an excerpt; two subscriptions, one with a digest."""
    house.clock.advance((datetime.now(UTC) - house.clock.now()).total_seconds())
    hook = Stamped(WebhookChannel("hook", receiver.url, SECRET, fetcher, 20))
    house.counter = replace(house.counter, channels={"hook": hook})
    house.manners(full_text=True)
    house.subscribe("gleich", "Neu", channels=("hook",))
    house.subscribe("gesammelt", "Neu", channels=("hook",), digest="hourly")
    feed = house.web.feed(FEED, page_size=3)
    old = publish_many(feed, house.clock, OLD, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(700)
    new = publish_many(feed, house.clock, NEW, "Neu")
    house.web.script(FEED)
    excerpt = feed.publish("Rat berät", "<p>Der Rat hat am Dienstag lange beraten […]</p>", at=house.clock.now())
    house.web.stand(excerpt.url, fetched(excerpt.url, f"<title>Rat berät</title><main>{TEXT}</main>"))
    return sorted([*old, *new, excerpt.title])


def turn(house: House, folder: Path, *, rounds: int) -> None:
    """What ticks lead to. A step that the archive fails is left for the next tick, as `tasks.py` has it."""
    steps: list[Callable[[], object]] = [
        house.poll,
        lambda: write_due(house.archive, folder),
        lambda: index_some(house.archive),
        house.gather,
        house.deliver,
    ]
    for _ in range(rounds):
        for step in steps:
            try:
                step()
            except ArchiveError:
                continue
        house.clock.advance(20)


def lives(house: House, folder: Path) -> None:
    turn(house, folder, rounds=2)
    house.clock.advance(3600)
    turn(house, folder, rounds=1)


def in_the_end(house: House, folder: Path, receiver: Receiver, titles: list[str]) -> list[str]:
    """After quiet hours in fine weather: sentences for what is not as it should be."""
    for _ in range(3):
        turn(house, folder, rounds=2)
        house.clock.advance(3600)
    turn(house, folder, rounds=1)
    said = faults(house.archive, receiver.requests, SECRET, in_the_end=True)
    said += [str(flaw) for flaw in Audit(house.archive, folder).flaws()]
    said += [] if sorted(house.titles()) == titles else [f"filed: {sorted(house.titles())}"]
    said += [f"gap: {gap}"] if (gap := house.gap()) else []
    with house.archive.read() as tx:
        alerts = tx.alerts.counts()
        said += ["not indexed"] if tx.index.is_due() else []
        said += ["files are due"] if tx.records.count_files_due() else []
        said += [f"hosts: {host}"] if (host := tx.feeds.host(house.feed().host)).retry_after_at else []
    owed = (NEW + 1) * 2
    said += [] if set(alerts) == {"sent"} and owed <= alerts["sent"] <= owed + 4 else [f"alerts: {alerts}"]
    return said


@contextmanager
def story(
    database_url: str, folders: pytest.TempPathFactory, number: int
) -> Iterator[tuple[House, Path, Receiver, list[str]]]:
    fetcher = Fetcher(user_agent="test/1", allow_networks=[ip_network("127.0.0.0/8")])
    with Receiver() as receiver, fetcher, house_of(database_url, folders, number) as house:
        yield house, folders.mktemp("files"), receiver, prepared(house, receiver, fetcher)


@pytest.mark.slow
@pytest.mark.parametrize(("step", "stride"), [("statement", 13), ("commit", 5), ("committed", 5)])
def test_one_step_of_a_turn_fails(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, step: str, stride: int
) -> None:
    """stride: so many steps further each time; the fault is another one each time, too."""
    for number in range(1, MOST_STEPS, stride):
        fault = FAULTS[number // stride % len(FAULTS)]
        with story(database_url, tmp_path_factory, number) as (house, folder, receiver, titles):
            with failing(house.archive, step, only(number, fault)) as count:
                lives(house, folder)
            assert in_the_end(house, folder, receiver, titles) == [], f"{step} {number}: {fault}"
        if count[0] < number:
            assert number > 2 * stride, "no step was reached"
            return
    raise AssertionError("a turn never came through")
