"""Record files: owed with the record, written after the commit, whole or not at all."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.house import FEED, House, publish_many
from worker import manifest
from worker.archive.schema import records
from worker.manifest import Struck, Torn, Written, locked
from worker.record import write_line
from worker.recordfiles import path_of, write_due


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.txt")}


def manifests(folder: Path) -> dict[str, Written]:
    """The line that holds of each article, by the path of its file."""
    return {
        f"{path.parent.relative_to(folder)}/{key}.txt": line
        for path in folder.rglob(manifest.NAME)
        for key, line in manifest.latest(path.parent).items()
        if isinstance(line, Written)
    }


def agree(folder: Path) -> bool:
    """Whether every file has a line that says just what it is."""
    found = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files(folder).items()}
    return found == {name: line.sha256 for name, line in manifests(folder).items()}


def lines(folder: Path) -> list[bytes]:
    return [line for path in sorted(folder.rglob(manifest.NAME)) for line in path.read_bytes().splitlines()]


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


# -- the manifest -----------------------------------------------------------------------------------------------------


def test_each_file_has_a_line_that_says_what_it_is(house: House, folder: Path) -> None:
    filled(house)
    write_due(house.archive, folder)
    assert agree(folder)
    by_key = {filed.key: filed for filed in house.records()}
    for name, line in manifests(folder).items():
        filed = by_key[line.key]
        assert (line.url, line.revision, line.size_bytes) == (filed.record.url, 1, (folder / name).stat().st_size)
    assert len(lines(folder)) == 3


def test_an_edit_adds_a_line_and_leaves_the_others(house: House, folder: Path) -> None:
    feed = filled(house)
    write_due(house.archive, folder)
    before = lines(folder)
    feed.edit(feed.articles[0], html="<p>Anders.</p>")  # type: ignore[attr-defined]
    house.poll_later(86400)
    write_due(house.archive, folder)
    assert lines(folder)[:3] == before
    assert len(lines(folder)) == 4
    assert agree(folder)
    assert sorted(line.revision for line in manifests(folder).values()) == [1, 1, 2]


def owe_all(house: House) -> None:
    """As an upgrade does, and a crash before the tick."""
    with house.archive.database.write() as connection:
        connection.execute(update(records).values(file_due=True))


def test_what_is_written_again_is_not_said_again(house: House, folder: Path) -> None:
    filled(house)
    write_due(house.archive, folder)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.txt")}
    owe_all(house)
    assert write_due(house.archive, folder) == 3
    assert len(lines(folder)) == 3
    assert times == {path: path.stat().st_mtime_ns for path in folder.rglob("*.txt")}


def test_an_archive_whose_files_have_no_manifest_gets_one(house: House, folder: Path) -> None:
    filled(house)
    write_due(house.archive, folder)
    for path in folder.rglob(manifest.NAME):
        path.unlink()
    owe_all(house)
    write_due(house.archive, folder)
    assert agree(folder)


def test_files_without_their_lines_are_still_owed(house: House, folder: Path) -> None:
    """As after a crash between the file and its line."""
    filled(house)
    path = next(iter({path_of(filed).parent for filed in house.records()}))
    blocked = folder / path / manifest.NAME
    blocked.mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        write_due(house.archive, folder)
    assert len(files(folder)) == 3
    blocked.rmdir()
    assert write_due(house.archive, folder) == 3
    assert agree(folder)
    assert len(lines(folder)) == 3


@pytest.mark.parametrize("cut", [1, 5, 60, 200])
def test_a_torn_last_line_is_mended(house: House, folder: Path, cut: int) -> None:
    filled(house)
    write_due(house.archive, folder)
    [path] = folder.rglob(manifest.NAME)
    os.truncate(path, path.stat().st_size - cut)
    assert any(isinstance(line, Torn) for line in manifest.read(path.parent))
    owe_all(house)
    write_due(house.archive, folder)
    assert not any(isinstance(line, Torn) for line in manifest.read(path.parent))
    assert agree(folder)
    assert len(lines(folder)) == 3


@pytest.mark.parametrize(
    "line",
    [b"", b"[]\n", b"{}\n", b"null\n", b'{"key": 1}\n', b"\xff\xfe\n", b'{"key": "a", "url": "b"}\n', b"[" * 9999],
)
def test_what_is_no_line_is_said_to_be_none(tmp_path: Path, line: bytes) -> None:
    (tmp_path / manifest.NAME).write_bytes(line)
    assert list(manifest.read(tmp_path)) == ([Torn(number=1)] if line else [])


def test_what_a_killed_writer_left_goes_when_its_file_is_written(house: House, folder: Path) -> None:
    filled(house)
    first, other = (folder / path_of(filed) for filed in house.records()[:2])
    first.parent.mkdir(parents=True)
    left = [path.with_name(f".{path.name}.99.partial") for path in (first, other)]
    for path in left:
        path.write_text("x")
    write_due(house.archive, folder)
    assert not any(path.exists() for path in left)
    assert agree(folder)


def test_a_removed_article_leaves_neither_address_nor_hash(house: House, folder: Path) -> None:
    feed = filled(house)
    feed.edit(feed.articles[0], html="<p>Anders.</p>")  # type: ignore[attr-defined]
    write_due(house.archive, folder)
    house.poll_later(86400)
    write_due(house.archive, folder)
    gone = next(filed for filed in house.records() if filed.revision == 2)
    [path] = folder.rglob(manifest.NAME)
    size, hashes = path.stat().st_size, [line.sha256 for line in manifest.read(path.parent) if line.key == gone.key]  # type: ignore[union-attr]
    left = path.parent / f".{gone.key}.txt.123.partial"
    left.write_text("what a killed writer left")
    with house.archive.write() as tx:
        tx.records.remove(gone, reason="auf Wunsch", now=house.clock.now())
    write_due(house.archive, folder)
    text = path.read_text()
    assert gone.record.url not in text
    assert len(hashes) == 2
    assert not any(one in text for one in hashes)
    assert not left.exists()
    assert manifest.latest(path.parent)[gone.key] == Struck(key=gone.key)
    assert path.stat().st_size == size  # no reader loses its place
    assert agree(folder)


# -- two workers ------------------------------------------------------------------------------------------------------


def test_two_workers_on_one_folder_write_each_state_once(house: House, folder: Path) -> None:
    feed = filled(house, 9)
    for round_ in range(3):
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(write_due, house.archive, folder) for _ in range(4)]:
                done.result()
        assert agree(folder)
        assert len(lines(folder)) == 9 + round_ * 2
        for article in feed.articles[:2]:  # type: ignore[attr-defined]
            feed.edit(article, html=f"<p>Stand {round_}.</p>")  # type: ignore[attr-defined]
        house.poll_later(86400)


def test_whoever_waits_for_the_folder_writes_what_is_owed_then(house: House, folder: Path) -> None:
    """A worker that was held up does not put an older state in the place of a newer one."""
    feed = filled(house)
    with ThreadPoolExecutor(1) as pool, locked(folder):
        waiting = pool.submit(write_due, house.archive, folder)
        feed.edit(feed.articles[0], html="<p>Neuer Stand.</p>")  # type: ignore[attr-defined]
        house.poll_later(86400)
        assert not files(folder)
    assert waiting.result() == 3
    assert any("Neuer Stand." in text for text in files(folder).values())
    assert agree(folder)


def test_a_killed_writer_holds_up_nobody(house: House, folder: Path) -> None:
    filled(house)
    program = "import sys, pathlib, worker.manifest as m\nwith m.locked(pathlib.Path(sys.argv[1])):\n print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait()
    assert write_due(house.archive, folder) == 3
