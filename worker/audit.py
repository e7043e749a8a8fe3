"""Verifying an archive: its rows, its record files and their manifests, everything recomputed from the database.

A worker may be at work meanwhile: rows that do not fit are read again before they are named, files are compared under
the folder's lock, and what is still to be written is no difference. Memory is bounded by the articles of one day.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from worker import manifest, recordfiles
from worker.archive import Archive, Transaction
from worker.manifest import Torn, Written, locked
from worker.model import FiledRecord, Flaw, FlawKind

_CHUNK = 500
_KEY_FILE = re.compile(r"([0-9a-f]{16})\.txt")
_FOLDER = re.compile(r"[0-9]{2,4}")

Tell = Callable[[int], None]  # hears how many records were looked at


@dataclass
class Audited:
    """What was looked at. files_due: files that are still to be written, which is no difference."""

    records: int = 0
    files: int = 0
    files_due: int = 0


@dataclass
class Audit:
    """One look at an archive. folder: of the record files, None = none are kept."""

    archive: Archive
    folder: Path | None
    tell: Tell = lambda _count: None
    done: Audited = field(default_factory=Audited)

    def flaws(self) -> Iterator[Flaw]:
        """Every difference, as it is found. Raises: ArchiveError, OSError."""
        yield from self._of_rows()
        if self.folder is not None:
            yield from self._of_files(self.folder)

    # -- rows -------------------------------------------------------------------------------------------------------

    def _of_rows(self) -> Iterator[Flaw]:
        last = 0
        while True:
            with self.archive.read() as tx:
                ids = tx.consistency.ids_after(last)
                suspicious = list(tx.consistency.flaws(ids)) if ids else []
            if not ids:
                return
            if suspicious:  # a record may have changed while its rows were being read
                with self.archive.read() as tx:
                    again = set(tx.consistency.flaws(ids))
                yield from (flaw for flaw in suspicious if flaw in again)
            last = ids[-1]
            self.done.records += len(ids)
            self.tell(len(ids))

    # -- files ------------------------------------------------------------------------------------------------------

    def _of_files(self, folder: Path) -> Iterator[Flaw]:
        with self.archive.read() as tx:
            days = tx.consistency.days()
        for day in sorted({*days, *_day_folders(folder)}):
            with locked(folder), self.archive.read() as tx:
                found = list(self._of_day(tx, folder, day, days.get(day, ())))
            yield from found  # without the lock: whoever hears of them may mend them

    def _of_day(self, tx: Transaction, folder: Path, day: str, ids: Sequence[int]) -> Iterator[Flaw]:
        lines = manifest.latest(folder / day)
        torn = (line for line in manifest.read(folder / day) if isinstance(line, Torn))
        where = f"{day}/{manifest.NAME}"
        yield from (Flaw(kind=FlawKind.LINE_TORN, where=where, detail=str(line.number)) for line in torn)
        expected: set[str] = set()
        for filed, is_due in self._records(tx, ids):
            expected.add(filed.key)
            self.done.files += 1
            self.done.files_due += is_due
            if not is_due:
                yield from _file_flaws(folder, filed, lines.get(filed.key))
        stray_lines = [line.key for line in lines.values() if isinstance(line, Written) and line.key not in expected]
        yield from _stray_lines(tx, day, stray_lines)
        yield from _stray_files(tx, folder, day, expected)

    def _records(self, tx: Transaction, ids: Sequence[int]) -> Iterator[tuple[FiledRecord, bool]]:
        """The records, and whether their files are still to be written."""
        for start in range(0, len(ids), _CHUNK):
            part = list(ids[start : start + _CHUNK])
            filed = tx.records.get(part)
            due = tx.consistency.files_due(part)
            yield from ((filed[one], one in due) for one in part if one in filed)


def _day_folders(folder: Path) -> Iterator[str]:
    """YYYY/MM/DD below the folder, as far as there are such."""
    for year in _folders(folder):
        for month in _folders(year):
            yield from (f"{year.name}/{month.name}/{day.name}" for day in _folders(month))


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if _FOLDER.fullmatch(entry.name) and entry.is_dir()]


def _file_flaws(folder: Path, filed: FiledRecord, line: object) -> Iterator[Flaw]:
    path = recordfiles.path_of(filed)
    content = recordfiles.content_of(filed)
    named = {"key": filed.key, "where": str(path)}
    try:
        if (folder / path).read_bytes() != content:
            yield Flaw(kind=FlawKind.FILE_CHANGED, **named)
    except FileNotFoundError:
        yield Flaw(kind=FlawKind.FILE_MISSING, **named)
    wanted = recordfiles.written(filed, content)
    if not isinstance(line, Written):
        yield Flaw(kind=FlawKind.LINE_MISSING, **named)
    elif line != wanted:
        wrong = [
            name for name in ("url", "sha256", "revision", "size_bytes") if getattr(line, name) != getattr(wanted, name)
        ]
        yield Flaw(kind=FlawKind.LINE_WRONG, **named, detail=", ".join(wrong).replace("size_bytes", "bytes"))


def _stray_lines(tx: Transaction, day: str, keys: Sequence[str]) -> Iterator[Flaw]:
    """Lines of articles that are not of this day; not of one that was filed or removed a moment ago."""
    for part in _parts(keys):
        homes, removed = tx.consistency.days_of(part), tx.consistency.removed_keys(part)
        for key in part:
            if homes.get(key) != day and not removed.get(key):
                yield Flaw(kind=FlawKind.LINE_SUPERFLUOUS, key=key, where=f"{day}/{manifest.NAME}")


def _stray_files(tx: Transaction, folder: Path, day: str, expected: set[str]) -> Iterator[Flaw]:
    names = sorted(path.name for path in (folder / day).iterdir()) if (folder / day).is_dir() else []
    keys = [found[1] for name in names if (found := _KEY_FILE.fullmatch(name)) and found[1] not in expected]
    homes: dict[str, str] = {}
    removed: dict[str, bool] = {}
    for part in _parts(keys):
        homes |= tx.consistency.days_of(part)
        removed |= tx.consistency.removed_keys(part)
    for key in keys:
        named = {"key": key, "where": f"{day}/{key}.txt"}
        if homes.get(key, day) != day:
            yield Flaw(kind=FlawKind.FILE_WRONG_DAY, **named, detail=homes[key])
        elif key in removed and not removed[key] and key not in homes:
            yield Flaw(kind=FlawKind.FILE_OF_REMOVED, **named)
        elif key not in removed and key not in homes:
            yield Flaw(kind=FlawKind.FILE_SUPERFLUOUS, **named)
    for name in names:
        if name.endswith(".partial"):
            yield Flaw(kind=FlawKind.FILE_PARTIAL, where=f"{day}/{name}")
        elif not (_KEY_FILE.fullmatch(name) or name == manifest.NAME or name.startswith(".")):
            yield Flaw(kind=FlawKind.FILE_SUPERFLUOUS, where=f"{day}/{name}")


def _parts(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


# -- mending ----------------------------------------------------------------------------------------------------------

_WRITE_AGAIN = (FlawKind.FILE_MISSING, FlawKind.FILE_CHANGED, FlawKind.LINE_MISSING, FlawKind.LINE_WRONG)


def mend(archive: Archive, folder: Path | None, flaw: Flaw) -> bool:
    """Mend what can be mended without losing anything. Returns: whether it was, or will be by `recordfiles.write_due`.

    What the archive itself contradicts, and files that are not ours, are left to a person.
    """
    if flaw.kind in _WRITE_AGAIN or flaw.kind is FlawKind.INDEX_MISSING:
        with archive.write() as tx:
            (tx.consistency.owe_index if flaw.kind is FlawKind.INDEX_MISSING else tx.consistency.owe_file)(flaw.key)
        return True
    if folder is None or flaw.kind not in _IN_FOLDER:
        return False
    with locked(folder):
        _IN_FOLDER[flaw.kind](folder, flaw)
    return True


def _forget(folder: Path, flaw: Flaw) -> None:
    recordfiles.forget(folder, _day_of(flaw), [flaw.key])


def _strike(folder: Path, flaw: Flaw) -> None:
    recordfiles.strike(folder, _day_of(flaw), [flaw.key])


def _day_of(flaw: Flaw) -> str:
    return flaw.where.rpartition("/")[0]


_IN_FOLDER: dict[FlawKind, Callable[[Path, Flaw], None]] = {
    FlawKind.FILE_OF_REMOVED: _forget,
    FlawKind.LINE_SUPERFLUOUS: _strike,
    FlawKind.LINE_TORN: _strike,
    FlawKind.FILE_PARTIAL: lambda folder, flaw: (folder / flaw.where).unlink(missing_ok=True),
}

MENDABLE: Final = frozenset({*_WRITE_AGAIN, FlawKind.INDEX_MISSING, *_IN_FOLDER})
