"""Record files: owed with the record, written after the commit, whole or not at all."""

from pathlib import Path

import pytest

from tests.house import FEED, House, publish_many
from worker.record import write_line
from worker.recordfiles import path_of, write_due


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "records"


def filled(house: House, number: int = 3) -> object:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, number)
    house.add_feed()
    house.poll()
    return feed


def test_each_record_gets_its_file(house: House, folder: Path) -> None:
    filled(house)
    assert write_due(house.archive, folder) == 3
    expected = {str(path_of(filed)): write_line(filed.record) for filed in house.records()}
    assert files(folder) == expected
    assert all(name.startswith("2025/12/03/") for name in expected)
    assert write_due(house.archive, folder) == 0


def test_an_edit_rewrites_the_file_where_it_stands(house: House, folder: Path) -> None:
    feed = filled(house)
    write_due(house.archive, folder)
    before = set(files(folder))
    feed.edit(feed.articles[0], html="<p>Anders.</p>")  # type: ignore[attr-defined]
    house.poll_later(86400)
    assert write_due(house.archive, folder) == 1
    assert set(files(folder)) == before
    assert any("Anders." in text for text in files(folder).values())


def test_a_folder_that_cannot_be_written_owes_nothing_less(house: House, folder: Path) -> None:
    filled(house)
    blocked = folder
    blocked.write_text("a file stands in the way")
    try:
        write_due(house.archive, blocked)
    except OSError as error:
        assert error.filename
    with house.archive.read() as tx:
        assert tx.records.count_files_due() == 3
    blocked.unlink()
    assert write_due(house.archive, blocked) == 3


def test_the_file_of_a_removed_record_goes(house: House, folder: Path) -> None:
    filled(house)
    write_due(house.archive, folder)
    with house.archive.write() as tx:
        tx.records.remove(house.records()[0], reason="auf Wunsch", now=house.clock.now())
    assert write_due(house.archive, folder) == 1
    assert len(files(folder)) == 2
