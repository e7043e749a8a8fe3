"""Single histories of a newspaper in which the archive once went wrong, told from beginning to end."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests import promises
from tests.town import NOON, Town

HOUR_S = 3600.0


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A feed that is watched, with a window full of articles."""
    town = Town(f"sqlite:///{tmp_path}/feedwacht.db", NOON)
    for _ in range(12):
        town.clock.advance(minutes=20)
        town.paper.publish()
    town.watch()
    town.subscribe("alles")
    town.live(HOUR_S)
    yield town
    town.close()


def test_an_edit_of_a_renamed_article_that_left_the_feed_is_one_revision(town: Town) -> None:
    """First the check by REST sees it, then the daily reading, and both mean the same state."""
    post = town.paper.publish()
    town.live(HOUR_S)
    town.paper.rename(post)
    town.live(HOUR_S)
    for _ in range(15):
        town.paper.publish()
    town.live(HOUR_S)
    town.paper.edit(post)
    town.live(promises.QUIET.total_seconds())
    assert promises.in_the_end(town) == []
    [one] = promises.held(town)[post.id]
    assert one.versions == [1, 1, 2]


def test_an_edit_that_a_feed_showed_is_none_when_the_page_shows_it_too(town: Town) -> None:
    """The page was looked at before the edit; a reading of the feed's days shows it; then the page is looked at again."""
    town.weather_turns("without REST")
    post = town.paper.publish()
    town.live(HOUR_S)
    for _ in range(15):
        town.paper.publish()
    town.live(26 * HOUR_S)
    town.paper.edit(post)
    town.live(6.5 * 24 * HOUR_S)
    assert sum(seen.path == post.path for seen in town.paper.site.requests) > 1
    [one] = promises.held(town)[post.id]
    assert one.versions == [1, 2]


@pytest.mark.parametrize("asleep", [timedelta(0), timedelta(days=3)])
def test_what_was_dated_back_by_almost_a_week_is_found(town: Town, asleep: timedelta) -> None:
    """By the time of the next reading it is dated more than a week ago."""
    post = town.paper.publish(at=town.clock.now() - timedelta(days=6, hours=23))
    town.sleep(asleep.total_seconds())
    town.live(promises.QUIET.total_seconds())
    assert promises.in_the_end(town) == []
    assert post.id in town.posts()


def test_what_a_silent_first_poll_filed_alerts_on_older_pages_too(town: Town) -> None:
    """Another feed's first poll is a moment quicker than the feed to which all that is news."""
    town.watch("/category/sport/feed/", category="Sport", interval_s=600)
    town.live(HOUR_S)
    for _ in range(14):
        town.clock.advance(60)
        town.paper.publish(rubric=1)
    for _ in range(3):
        town.clock.advance(60)
        town.paper.publish()
    town.sleep(HOUR_S)
    town.live(2 * HOUR_S)
    assert promises.in_the_end(town) == []
    assert len(town.channel.sent) == 17
