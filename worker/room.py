"""How much can still be written where something is kept.

Asks the file system, and writes nothing. Must not know what is kept, nor what is done about it.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LITTLE_BYTES = 1024**3
TOO_LITTLE_BYTES = 100 * 1024**2  # a day of a busy archive, with the journal and a backup


@dataclass(frozen=True, slots=True)
class Room:
    """What is left at a folder, or where a file lies. is_read_only: nobody may write there, however much is free.

    is_shut: its mode lets nobody write, not even its owner.
    """

    folder: Path
    free_bytes: int
    is_read_only: bool = False
    is_shut: bool = False

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
    """At a folder or file, or where it would be made. Raises: OSError when this user may not look."""
    place = nearest(folder)
    found = os.statvfs(place)
    return Room(
        folder.absolute(),
        found.f_bavail * found.f_frsize,
        is_read_only=bool(found.f_flag & os.ST_RDONLY),
        is_shut=_is_shut(place.stat()),
    )


def _is_shut(found: os.stat_result) -> bool:
    """Modes do not stop root."""
    return found.st_uid != 0 and not found.st_mode & stat.S_IWUSR


def nearest(folder: Path) -> Path:
    """The folder, or the one that it would be made in. Raises: OSError."""
    absolute = folder.absolute()
    return next(one for one in (absolute, *absolute.parents) if one.exists())


def full(places: Iterable[Path]) -> tuple[Room, ...]:
    """Where too little is left, the first place of each file system, and all that are shut.

    What this user may not look at is left out.
    """
    found: dict[int | Path, Room] = {}
    for one in _rooms(places):
        if one.is_too_little:
            found.setdefault(_disk(one.folder), one)
        elif one.is_shut:
            found.setdefault(one.folder, one)
    return tuple(found.values())


def _rooms(places: Iterable[Path]) -> Iterator[Room]:
    for place in places:
        with suppress(OSError):
            yield room_at(place)


def _disk(folder: Path) -> int:
    return nearest(folder).stat().st_dev
