import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.badserver import BadServer
from tests.hostile.inn import Inn, open_inn
from tests.house import House, open_house
from worker.archive import open_archive
from worker.sandbox import Sandbox


@pytest.fixture
def server() -> Iterator[BadServer]:
    with BadServer() as one:
        yield one


@pytest.fixture(scope="session")
def box() -> Iterator[Sandbox]:
    """One for all: what one body does to it must not reach the next."""
    one = Sandbox(size=1)
    yield one
    one.close()


@pytest.fixture(scope="session")
def empty_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to copy: making the tables takes longer than most tests here."""
    file = tmp_path_factory.mktemp("archive") / "feedwacht.db"
    open_archive(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def archive_url(empty_archive: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(empty_archive, tmp_path)}"


@pytest.fixture
def house(archive_url: str) -> Iterator[House]:
    """A worker whose web is a fake."""
    with open_house(archive_url) as one:
        yield one


@pytest.fixture
def inn(server: BadServer, archive_url: str, box: Sandbox) -> Iterator[Inn]:
    """A worker with its real web, box and archive, and one good feed at the server that has been polled once."""
    with open_inn(server, archive_url, box) as one:
        yield one
