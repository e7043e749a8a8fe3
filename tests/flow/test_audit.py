"""Verifying: an archive that is whole is whole; what somebody broke is named, once, and mended where that loses nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from tests.fakes import FakeClock
from tests.house import FEED, House, open_house, publish_many
from worker import manifest
from worker.archive.schema import evidence, record_keys, record_urls, records, revisions, tombstones
from worker.audit import Audit, mend
from worker.indexing import index_all
from worker.model import Flaw, FlawKind
from worker.recordfiles import path_of, write_due
from worker.wholefile import write_file


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """Six articles, one of them with three states."""
    with open_house(database_url, FakeClock()) as house:
        feed = house.web.feed(FEED)
        publish_many(feed, house.clock, 6)
        house.add_feed()
        house.poll()
        for text in ("Zweiter Stand.", "Dritter Stand."):
            feed.edit(feed.articles[0], html=f"<p>{text}</p>")
            house.poll_later(86400)
        index_all(house.archive)
        yield house


@pytest.fixture
def folder(house: House, tmp_path: Path) -> Path:
    folder = tmp_path / "records"
    write_due(house.archive, folder)
    return folder


def flaws(house: House, folder: Path | None) -> list[Flaw]:
    return list(Audit(house.archive, folder).flaws())


def kinds(house: House, folder: Path | None) -> list[FlawKind]:
    return [flaw.kind for flaw in flaws(house, folder)]


def first(house: House) -> Path:
    return path_of(house.records()[0])


def test_a_whole_archive_is_whole(house: House, folder: Path) -> None:
    audit = Audit(house.archive, folder)
    assert list(audit.flaws()) == []
    assert (audit.done.records, audit.done.files, audit.done.files_due) == (6, 6, 0)
    assert flaws(house, None) == []


def test_what_is_still_to_be_written_is_no_difference(house: House, tmp_path: Path) -> None:
    audit = Audit(house.archive, tmp_path / "nothing yet")
    assert list(audit.flaws()) == []
    assert audit.done.files_due == 6


def without_file(folder: Path, path: Path) -> None:
    (folder / path).unlink()


def changed_file(folder: Path, path: Path) -> None:
    (folder / path).write_text("etwas anderes")


def foreign_file(folder: Path, path: Path) -> None:
    (folder / path).with_name("0123456789abcdef.txt").write_text("x")
    (folder / path).with_name("notes.md").write_text("x")


def moved_file(folder: Path, path: Path) -> None:
    target = folder / "2024/01/01" / path.name
    target.parent.mkdir(parents=True)
    target.write_bytes((folder / path).read_bytes())


def left_over(folder: Path, path: Path) -> None:
    (folder / path).with_name(f".{path.name}.99.partial").write_text("x")


def change_manifest(folder: Path, path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    place = (folder / path).with_name(manifest.NAME)
    place.write_bytes(b"".join(change(place.read_bytes().splitlines(keepends=True))))


def without_line(folder: Path, path: Path) -> None:
    change_manifest(folder, path, lambda lines: [line for line in lines if path.stem.encode() not in line])


def wrong_line(folder: Path, path: Path) -> None:
    change_manifest(folder, path, lambda lines: [line.replace(b'"bytes": ', b'"bytes": 9') if path.stem.encode() in line else line for line in lines])  # fmt: skip


def torn_line(folder: Path, path: Path) -> None:
    change_manifest(folder, path, lambda lines: [*lines[:2], lines[2][:40] + b"\n", *lines[2:]])


def foreign_line(folder: Path, path: Path) -> None:
    change_manifest(folder, path, lambda lines: [*lines, lines[0].replace(lines[0][9:25], b"0123456789abcdef")])


@pytest.mark.parametrize(
    ("damage", "expected", "mendable"),
    [
        (without_file, [FlawKind.FILE_MISSING], True),
        (changed_file, [FlawKind.FILE_CHANGED], True),
        (foreign_file, [FlawKind.FILE_SUPERFLUOUS, FlawKind.FILE_SUPERFLUOUS], False),
        (moved_file, [FlawKind.FILE_WRONG_DAY], False),
        (left_over, [FlawKind.FILE_PARTIAL], True),
        (without_line, [FlawKind.LINE_MISSING], True),
        (wrong_line, [FlawKind.LINE_WRONG], True),
        (torn_line, [FlawKind.LINE_TORN], True),
        (foreign_line, [FlawKind.LINE_SUPERFLUOUS], True),
    ],
)
def test_damage_of_files_is_named_and_mended(
    house: House,
    folder: Path,
    damage: Callable[[Path, Path], None],
    expected: list[FlawKind],
    mendable: bool,
) -> None:
    damage(folder, first(house))
    found = flaws(house, folder)
    assert [flaw.kind for flaw in found] == expected
    assert [mend(house.archive, folder, flaw) for flaw in found] == [mendable] * len(found)
    write_due(house.archive, folder)
    assert [flaw.kind for flaw in flaws(house, folder)] == ([] if mendable else expected)


def broken(house: House, statement: object) -> None:
    with house.archive.database.write() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def edited_id(house: House) -> int:
    return next(filed.id for filed in house.records() if filed.revision == 3)


def test_damage_of_rows_is_named(house: House) -> None:
    one = edited_id(house)
    other = next(filed.id for filed in house.records() if filed.id != one)
    broken(house, delete(revisions).where(revisions.c.record_id == one, revisions.c.revision == 2))
    broken(house, update(records).where(records.c.id == other).values(body="Untergeschoben."))
    broken(house, update(evidence).where(evidence.c.record_id == other).values(body=b"x"))
    broken(house, delete(record_keys).where(record_keys.c.record_id == one))
    found = {flaw.kind: flaw for flaw in flaws(house, None)}
    assert set(found) == {
        *(FlawKind.REVISIONS_GAP, FlawKind.STATE_WRONG, FlawKind.EVIDENCE_DAMAGED, FlawKind.INDEX_MISSING),
    }
    assert found[FlawKind.REVISIONS_GAP].detail == "2"
    assert mend(house.archive, None, found[FlawKind.INDEX_MISSING])
    assert not mend(house.archive, None, found[FlawKind.STATE_WRONG])
    index_all(house.archive)
    assert FlawKind.INDEX_MISSING not in kinds(house, None)


def test_addresses_and_tombstones_that_contradict_the_record_are_named(house: House) -> None:
    filed = house.records()[0]
    gone = {"key": filed.key, "source": "x", "reason": "x", "removed_at": house.clock.now()}
    broken(house, insert(tombstones).values(url_key=filed.record.url_key, **gone))
    assert kinds(house, None) == [FlawKind.REMOVED_BUT_THERE]
    broken(house, delete(record_urls).where(record_urls.c.record_id == filed.id))
    broken(house, update(records).where(records.c.id == filed.id).values(key="0" * 16))
    assert {FlawKind.URL_UNOWNED, FlawKind.KEY_FOREIGN} <= set(kinds(house, None))


def test_the_file_of_a_removed_article_that_is_still_there_is_named_and_goes(house: House, folder: Path) -> None:
    filed = house.records()[0]
    text = (folder / path_of(filed)).read_text()
    with house.archive.write() as tx:
        tx.records.remove(filed, reason="auf Wunsch", now=house.clock.now())
    assert flaws(house, folder) == []  # it is still to be removed
    write_due(house.archive, folder)
    assert flaws(house, folder) == []
    write_file(folder / path_of(filed), text.encode())
    [flaw] = flaws(house, folder)
    assert flaw.kind is FlawKind.FILE_OF_REMOVED
    assert mend(house.archive, folder, flaw)
    assert flaws(house, folder) == []
