"""Record files: YYYY/MM/DD/<key>.txt, written from the archive's to-do list after the commit.

A crash between commit and file only delays the file. A file appears whole or not at all.
"""

import os
from pathlib import Path

from worker.archive import Archive
from worker.model import FiledRecord
from worker.record import write_line

_AT_ONCE = 200


def write_due(archive: Archive, folder: Path) -> int:
    """Write the files that are owed and remove those of removed records. Returns: how many.

    Raises: ArchiveError; OSError when the folder cannot be written: what is owed stays owed.
    """
    done = _remove(archive, folder)
    while True:
        with archive.read() as tx:
            owed = tx.records.files_due(_AT_ONCE)
        for filed in owed:
            write_file(folder / path_of(filed), write_line(filed.record).encode())
        if not owed:
            return done
        with archive.write() as tx:
            removed = tx.records.files_written(owed)
        for filed in removed:  # while its file was being written
            (folder / path_of(filed)).unlink(missing_ok=True)
        done += len(owed)


def path_of(filed: FiledRecord) -> Path:
    """Where a record's file stands, relative to the folder."""
    return Path(filed.day_local, f"{filed.key}.txt")


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _remove(archive: Archive, folder: Path) -> int:
    with archive.read() as tx:
        gone = tx.records.files_to_remove()
    for day, key in gone:
        Path(folder, day, f"{key}.txt").unlink(missing_ok=True)
    if gone:
        with archive.write() as tx:
            tx.records.files_removed([key for _, key in gone])
    return len(gone)
