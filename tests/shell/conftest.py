"""Desks: one with a news site on the loopback, one without."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.shell.desk import Desk, publish
from tests.wordpress import WordPressSite


@pytest.fixture
def site() -> Iterator[WordPressSite]:
    """Twelve articles, an hour apart, the newest an hour old."""
    with WordPressSite(now=Ticking()) as site:
        publish(site, 12, datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
        yield site


class Ticking:
    """A clock that goes on by a second at each look: two articles of one second would share the site's validators."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


@pytest.fixture
def desk(tmp_path: Path, site: WordPressSite) -> Desk:
    return Desk(folder=tmp_path, site=site)


@pytest.fixture
def quiet_desk(tmp_path: Path) -> Desk:
    """Nothing to poll: for what looks at the archive and the configuration only."""
    return Desk(folder=tmp_path)
