"""Records out of the archive into files, and back in: exports in four formats, imports of two of them.

Owns layouts, order and the rules of an import; what the files say is read in `arrivals.py`. Must not know who asks,
which query was given, or how progress is shown.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

from worker.archive import Archive, Transaction
from worker.arrivals import Arrival, BadLine, arrivals
from worker.model import FiledRecord, Filing, FilingOutcome, Revision, SourceRules
from worker.normalise import content_hash
from worker.record import history_json, to_json, write_line, write_page
from worker.recordfiles import path_of

_AT_ONCE = 200  # records a transaction: other writers get their turn
_HISTORIES_AT_ONCE = 50
_ONE_FILE = (".txt", ".md")


class Format(StrEnum):
    TXT = "txt"
    MD = "md"
    JSONL = "jsonl"
    CSV = "csv"


# -- out --------------------------------------------------------------------------------------------------------------


Histories = Callable[[Sequence[int]], Mapping[int, Sequence[Revision]]]  # all states of records, by id


def export_records(records: Iterable[FiledRecord], form: Format, path: Path, histories: Histories | None = None) -> int:
    """Write records, given in the order of publication, to `path`; every file appears whole or not at all.

    path: for txt and md a folder with the archive's layout, or, if it ends in .txt or .md, one file of record lines;
    for jsonl and csv a file. histories: jsonl tells earlier states, too. Returns: how many. Raises: OSError.
    """
    if form in (Format.JSONL, Format.CSV) or path.suffix.lower() in _ONE_FILE:
        with _whole(path, sync=True) as file:
            return write_records(records, form, file, histories)
    path.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, filed in enumerate(records, 1):  # noqa: B007 - the count is what is wanted
        place = path / path_of(filed).with_suffix(f".{form}")
        place.parent.mkdir(parents=True, exist_ok=True)
        with _whole(place, sync=False) as file:
            file.write((write_line if form is Format.TXT else write_page)(filed.record).encode())
    return count


def write_records(
    records: Iterable[FiledRecord], form: Format, file: BinaryIO, histories: Histories | None = None
) -> int:
    """Write records one after the other into an open file. Returns: how many."""
    if form is Format.JSONL and histories is not None:
        rows = _told(records, histories)
    else:
        rows = _csv_rows(records) if form is Format.CSV else _lines(records, form)
    count = -1 if form is Format.CSV else 0  # the header is no record
    for row in rows:
        file.write(row)
        count += 1
    return count


def _lines(records: Iterable[FiledRecord], form: Format) -> Iterator[bytes]:
    if form is Format.JSONL:
        for filed in records:
            yield (json.dumps(to_json(filed), ensure_ascii=False) + "\n").encode()
        return
    for filed in _as_a_line_tells(records):
        yield (write_line(filed.record) + "\n").encode()


def _told(records: Iterable[FiledRecord], histories: Histories) -> Iterator[bytes]:
    """JSONL with all states; a few records at a time, because some have many."""
    left = iter(records)
    while part := list(islice(left, _HISTORIES_AT_ONCE)):
        states = histories([filed.id for filed in part])
        for filed in part:
            data = to_json(filed) | history_json(states[filed.id])
            yield (json.dumps(data, ensure_ascii=False) + "\n").encode()


def _as_a_line_tells(records: Iterable[FiledRecord]) -> Iterator[FiledRecord]:
    """A record line knows minutes only: articles of one minute stand by key, so that an import keeps the order."""
    for _, minute in groupby(records, key=lambda filed: filed.record.published_at.replace(second=0, microsecond=0)):
        yield from sorted(minute, key=lambda filed: filed.key)


@contextmanager
def _whole(path: Path, *, sync: bool) -> Iterator[BinaryIO]:
    """A file that readers see complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


# -- csv --------------------------------------------------------------------------------------------------------------

_COLUMNS = (
    *("key", "url", "former_urls", "title", "published_at", "published_at_from", "category", "categories", "tags"),
    *("author", "agency", "ai_notice", "source", "feeds", "first_seen_at", "revision", "body"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what makes a spreadsheet calculate instead of show


def _csv_rows(records: Iterable[FiledRecord]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    yield _taken(buffer)
    for filed in records:
        values = to_json(filed)
        writer.writerow([_cell(values[name]) for name in _COLUMNS])
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _cell(value: object) -> str:
    """As text: lists joined by "; ", the AI notice by its date or "yes"; what a spreadsheet would run is defused."""
    if isinstance(value, list):
        text = "; ".join(map(str, value))
    elif isinstance(value, dict):
        text = str(value["date"] or "yes")
    else:
        text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


# -- in ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import came to. removed: articles that were removed from the archive earlier and stay away."""

    new: int = 0
    known: int = 0
    removed: int = 0
    bad: int = 0


def import_files(
    archive: Archive,
    paths: Iterable[Path],
    sources: Sequence[SourceRules],
    *,
    now: datetime,
    tell: Callable[[BadLine], None],
) -> Imported:
    """Take records over from files and folders. Known articles are left alone, nothing alerts, a bad line is skipped.

    tell: hears of each bad line as it is met. Raises: ArchiveError.
    """
    counts = dict.fromkeys(("new", "known", "removed", "bad"), 0)
    waiting: list[Arrival] = []

    def settle() -> None:
        for outcome in _file(archive, waiting, now):
            counts[_TOLD[outcome]] += 1
        waiting.clear()

    for found in arrivals(paths, sources, now):
        if isinstance(found, BadLine):
            counts["bad"] += 1
            tell(found)
            continue
        waiting.append(found)
        if len(waiting) >= _AT_ONCE:
            settle()
    settle()
    return Imported(**counts)


_TOLD: Mapping[FilingOutcome, str] = {
    FilingOutcome.NEW: "new",
    FilingOutcome.KNOWN: "known",
    FilingOutcome.REVISED: "known",
    FilingOutcome.REMOVED: "removed",
}


def _file(archive: Archive, arrivals: Sequence[Arrival], now: datetime) -> list[FilingOutcome]:
    if not arrivals:
        return []
    ready = [(one, content_hash(one.filed.record), _hashed(one.history)) for one in arrivals]
    with archive.write() as tx:
        return [_file_one(tx, one, digest, history, now).outcome for one, digest, history in ready]


def _hashed(history: Sequence[Revision]) -> list[tuple[Revision, str]]:
    return [(one, content_hash(one.record)) for one in history]


def _file_one(
    tx: Transaction, arrival: Arrival, digest: str, history: Sequence[tuple[Revision, str]], now: datetime
) -> Filing:
    filed = arrival.filed
    for url_key in (filed.record.url_key, *(key for _, key in arrival.former)):
        if (known := tx.records.find(url_key, filed.key)) is not None:
            return Filing(outcome=FilingOutcome.KNOWN, record_id=known.id)
    return tx.records.add_filed(filed, former=arrival.former, content_hash=digest, history=history, now=now)
