"""Two weeks of a newspaper with sixty articles a day, hour by hour: nothing is missing, nothing is there twice.

Editors edit, rename, date back, schedule and trash; the site is down for nine hours, and out of reach for two days.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import promises
from tests.newspaper import Newspaper
from tests.town import Town
from tests.wordpress_feeds import Post

START = datetime(2025, 10, 20, 4, 0, tzinfo=UTC)  # over the night of which an hour comes twice
DAYS = 14
BY_HOUR = (0, 0, 0, 0, 0, 1, 3, 5, 5, 5, 5, 4, 4, 3, 4, 4, 4, 4, 3, 2, 2, 1, 1, 0)  # sixty a day, on the site's clock
OUTAGES = ((4, "down", timedelta(hours=9)), (8, "unreachable", timedelta(days=2)))  # after so many days
INTERVAL_S = 600.0


@dataclass(frozen=True, order=True)
class Happening:
    at: datetime
    what: str


def happenings(chance: random.Random) -> list[Happening]:
    """What editors do and what befalls the site, in order."""
    found = []
    for day in range(DAYS):
        for hour, number in enumerate(BY_HOUR):
            at = START.replace(hour=0) + timedelta(days=day, hours=hour)
            found += [Happening(at + timedelta(seconds=chance.randrange(3600)), "publish") for _ in range(number)]
        for what, number in (
            ("edit", 15),
            ("rename", 2),
            ("date back", 2),
            ("schedule", 2),
            ("trash", 2),
            ("untrash", 1),
        ):
            at = START + timedelta(days=day)
            found += [Happening(at + timedelta(seconds=chance.randrange(17 * 3600)), what) for _ in range(number)]
    for day, weather, length in OUTAGES:
        at = START + timedelta(days=day, hours=3)
        found += [Happening(at, weather), Happening(at + length, "fine")]
    return sorted(one for one in found if one.at >= START)


def befall(town: Town, what: str, chance: random.Random) -> None:
    paper = town.paper
    if what in ("down", "unreachable", "fine"):
        town.weather_turns(what)
    elif what == "publish":
        paper.publish(rubric=chance.randrange(3))
    elif what == "date back":
        paper.publish(at=town.in_minutes(-chance.choice([2, 30, 600, 2000, 8000])))
    elif what == "schedule":
        paper.publish(at=town.in_minutes(chance.randrange(10, 400)))
    elif what == "untrash":
        if paper.in_trash():
            paper.untrash(paper.in_trash()[-1])
    else:
        shown = paper.site.visible()
        change: Callable[[Post], None] = {"edit": paper.edit, "rename": paper.rename, "trash": paper.trash}[what]
        change(shown[min(int(chance.expovariate(1 / 8)), len(shown) - 1)])  # mostly what is new


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(f"sqlite:///{tmp_path}/feedwacht.db", START, soon=timedelta(seconds=2 * INTERVAL_S, hours=1))
    yield town
    town.close()


def test_two_weeks(town: Town) -> None:
    chance = random.Random(14)
    for _ in range(40):
        town.paper.publish(at=town.in_minutes(-chance.randrange(3000)))
    town.watch(interval_s=INTERVAL_S)
    town.watch("/category/sport/feed/", interval_s=3 * INTERVAL_S, category="Sport")
    town.subscribe("alles")
    for one in happenings(chance):
        town.live((one.at - town.clock.now()).total_seconds())
        befall(town, one.what, chance)
        if one.what == "fine":
            assert promises.always(town) == []
    town.live(promises.QUIET.total_seconds())
    print(told(town.paper, town))
    assert promises.in_the_end(town) == []
    assert len(town.posts()) > 60 * DAYS


def told(paper: Newspaper, town: Town) -> str:
    days = (town.clock.now() - START).total_seconds() / 86400
    asked = len(paper.site.requests)
    unchanged = sum(seen.status == 304 for seen in paper.site.requests)
    return (
        f"{len(paper.lives)} articles in {days:.1f} days: {town.polls / days:.0f} polls a day of two feeds, "
        f"{asked / days:.0f} requests, {unchanged / asked:.0%} of them answered by 304"
    )
