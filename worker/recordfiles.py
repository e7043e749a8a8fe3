"""Record files: YYYY/MM/DD/<key>.txt, and a manifest for each day, written from the archive's to-do list after the commit.

A crash between commit and file only delays the file. A file appears whole or not at all, and an older state never takes
the place of a newer one: what is owed is read, written and ticked off under the folder's lock (see `manifest.py`).
"""

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from worker import manifest
from worker.archive import Archive
from worker.manifest import Written, locked
from worker.model import FiledRecord
from worker.record import write_line
from worker.wholefile import write_file

T = TypeVar("T")
_AT_ONCE = 200


def write_due(archive: Archive, folder: Path) -> int:
    """Write the files that are owed and remove those of removed records. Returns: how many.

    Raises: ArchiveError; OSError when the folder cannot be written: what is owed stays owed.
    """
    with archive.read() as tx:
        if not tx.records.count_files_due():
            return 0
    with locked(folder):
        done = _remove(archive, folder)
    while True:
        with locked(folder):  # anew for each batch, so that others get their turn
            count = _write_some(archive, folder)
        if not count:
            return done
        done += count


def path_of(filed: FiledRecord) -> Path:
    """Where a record's file stands, relative to the folder."""
    return Path(filed.day_local, f"{filed.key}.txt")


def content_of(filed: FiledRecord) -> bytes:
    """What stands in a record's file."""
    return write_line(filed.record).encode()


def written(filed: FiledRecord, content: bytes) -> Written:
    """The line of the manifest for a record's file."""
    return Written(
        key=filed.key,
        url=filed.record.url,
        sha256=hashlib.sha256(content).hexdigest(),
        revision=filed.revision,
        size_bytes=len(content),
    )


def forget(folder: Path, day: str, keys: Sequence[str]) -> None:
    """Take removed articles out of a day's folder: their files, what a killed writer left of them, and their lines.

    Call it with the folder's lock held. Raises: OSError.
    """
    place = Path(folder, day)
    for key in keys:
        place.joinpath(f"{key}.txt").unlink(missing_ok=True)
        for left in place.glob(f".{key}.txt.*.partial"):
            left.unlink(missing_ok=True)
    strike(folder, day, keys)


def strike(folder: Path, day: str, keys: Sequence[str]) -> None:
    """Strike articles out of a day's manifest, and whatever is no line of one.

    Call it with the folder's lock held. Raises: OSError.
    """
    mended = manifest.without(Path(folder, day), set(keys))
    if mended is not None:
        write_file(Path(folder, day, manifest.NAME), mended)


def _write_some(archive: Archive, folder: Path) -> int:
    """Files first, then the manifest's lines, then the tick on the list: after a crash the same is done again."""
    with archive.read() as tx:
        owed = tx.records.files_due(_AT_ONCE)
    for day, records in _by_day((filed.day_local, filed) for filed in owed).items():
        contents = [(filed, content_of(filed)) for filed in records]
        _sweep(folder / day, {filed.key for filed in records})
        for filed, content in contents:
            _write_unless_same(folder / path_of(filed), content)
        manifest.add(folder / day, [written(filed, content) for filed, content in contents])
        _sync(folder / day)
    if owed:
        with archive.write() as tx:
            tx.records.files_written(owed)
    return len(owed)


def _sweep(day: Path, keys: Collection[str]) -> None:
    """Take away what writers left of these files: whoever has the lock knows that they were killed."""
    for left in day.glob(".*.txt.*.partial"):
        if left.name[1:].partition(".")[0] in keys:
            left.unlink(missing_ok=True)


def _write_unless_same(path: Path, content: bytes) -> None:
    """An upgrade or a repair owes files that mostly stand as they should."""
    if not (path.is_file() and path.read_bytes() == content):
        write_file(path, content)


def _remove(archive: Archive, folder: Path) -> int:
    with archive.read() as tx:
        gone = tx.records.files_to_remove()
    for day, keys in _by_day(gone).items():
        forget(folder, day, keys)
    if gone:
        with archive.write() as tx:
            tx.records.files_removed([key for _, key in gone])
    return len(gone)


def _by_day(rows: Iterable[tuple[str, T]]) -> Mapping[str, list[T]]:
    days: dict[str, list[T]] = {}
    for day, one in rows:
        days.setdefault(day, []).append(one)
    return days


def _sync(folder: Path) -> None:
    """The names of new files, too, outlast a power failure."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
