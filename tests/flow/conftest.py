from collections.abc import Iterator

import pytest

from tests.house import House, open_house


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """A worker over SQLite, and again over PostgreSQL."""
    with open_house(database_url) as one:
        yield one
