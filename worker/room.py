"""How much can still be written where something is kept.

Asks the file system, and writes nothing. Must not know what is kept, nor what is done about it.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LITTLE_BYTES = 1024**3
TOO_LITTLE_BYTES = 100 * 1024**2  # a day of a busy archive, with the journal and a backup


@dataclass(frozen=True, slots=True)
class Room:
    """What is left at a folder. is_read_only: nobody may write there, however much is free."""

    folder: Path
    free_bytes: int
    is_read_only: bool = False

    @property
    def is_little(self) -> bool:
        return self.is_too_little or self.free_bytes <= LITTLE_BYTES

    @property
    def is_too_little(self) -> bool:
        return self.is_read_only or self.free_bytes <= TOO_LITTLE_BYTES

    @property
    def free(self) -> str:
        """As people read it."""
        if self.free_bytes >= 10 * 10**9:
            return f"{self.free_bytes // 10**9} GB"
        return f"{self.free_bytes // 10**6} MB"


def room_at(folder: Path) -> Room:
    """At a folder, or where it would be made. Raises: OSError when this user may not look."""
    found = os.statvfs(nearest(folder))
    read_only = bool(found.f_flag & os.ST_RDONLY)
    return Room(folder.absolute(), found.f_bavail * found.f_frsize, is_read_only=read_only)


def nearest(folder: Path) -> Path:
    """The folder, or the one that it would be made in. Raises: OSError."""
    absolute = folder.absolute()
    return next(one for one in (absolute, *absolute.parents) if one.exists())


def full(folders: Iterable[Path]) -> tuple[Room, ...]:
    """Where too little is left, the first folder of each file system. What this user may not look at is left out."""
    found: dict[int, Room] = {}
    for one in _rooms(folders):
        if one.is_too_little:
            found.setdefault(_disk(one.folder), one)
    return tuple(found.values())


def _rooms(folders: Iterable[Path]) -> Iterator[Room]:
    for folder in folders:
        with suppress(OSError):
            yield room_at(folder)


def _disk(folder: Path) -> int:
    return nearest(folder).stat().st_dev
