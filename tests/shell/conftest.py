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
    with WordPressSite() as site:
        publish(site, 12, datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
        yield site


@pytest.fixture
def desk(tmp_path: Path, site: WordPressSite) -> Desk:
    return Desk(folder=tmp_path, site=site)


@pytest.fixture
def quiet_desk(tmp_path: Path) -> Desk:
    """Nothing to poll: for what looks at the archive and the configuration only."""
    return Desk(folder=tmp_path)
