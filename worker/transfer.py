"""Records out of the archive into files, and back in: exports in four formats, imports of two of them.

Owns layouts, order and the rules of an import. Must not know who asks, which query was given, or how progress is shown.
"""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from worker import identity
from worker.archive import Archive, Transaction
from worker.errors import RecordFormatError
from worker.model import FiledRecord, Filing, FilingOutcome, Record, SourceRules
from worker.normalise import content_hash
from worker.provenance import agency_of, ai_notice_of
from worker.record import RecordLine, from_json, read_line, to_json, write_line, write_page
from worker.recordfiles import path_of
from worker.searching import search_text

MAX_LINE_BYTES = 8 * 2**20  # an article's text is at most 1 MB; in JSON it stands twice, with escapes
_AT_ONCE = 200  # records a transaction: other writers get their turn
_ONE_FILE = (".txt", ".md")


class Format(StrEnum):
    TXT = "txt"
    MD = "md"
    JSONL = "jsonl"
    CSV = "csv"


# -- out --------------------------------------------------------------------------------------------------------------


def export_records(records: Iterable[FiledRecord], form: Format, path: Path) -> int:
    """Write records, given in the order of publication, to `path`; every file appears whole or not at all.

    path: for txt and md a folder with the archive's layout, or, if it ends in .txt or .md, one file of record lines;
    for jsonl and csv a file. Returns: how many. Raises: OSError.
    """
    if form in (Format.JSONL, Format.CSV) or path.suffix.lower() in _ONE_FILE:
        with _whole(path, sync=True) as file:
            return write_records(records, form, file)
    path.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, filed in enumerate(records, 1):  # noqa: B007 - the count is what is wanted
        place = path / path_of(filed).with_suffix(f".{form}")
        place.parent.mkdir(parents=True, exist_ok=True)
        with _whole(place, sync=False) as file:
            file.write((write_line if form is Format.TXT else write_page)(filed.record).encode())
    return count


def write_records(records: Iterable[FiledRecord], form: Format, file: BinaryIO) -> int:
    """Write records one after the other into an open file. Returns: how many."""
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
class BadLine:
    """What could not be taken over. line: from 1; 0 = the file as a whole."""

    file: Path
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import came to. removed: articles that were removed from the archive earlier and stay away."""

    new: int = 0
    known: int = 0
    removed: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """A record on its way in. former: its former URLs as (url, url_key), oldest first."""

    filed: FiledRecord
    former: tuple[tuple[str, str], ...] = ()


def importable(path: Path) -> bool:
    """Whether an import reads files of this kind: record lines or our JSONL."""
    return path.suffix.lower() in (".txt", ".jsonl")


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
    waiting: list[_Arrival] = []

    def settle() -> None:
        for outcome in _file(archive, waiting, now):
            counts[_TOLD[outcome]] += 1
        waiting.clear()

    for found in _arrivals(paths, _Sources(sources), now):
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


def _file(archive: Archive, arrivals: Sequence[_Arrival], now: datetime) -> list[FilingOutcome]:
    if not arrivals:
        return []
    ready = [(one, content_hash(one.filed.record), search_text(one.filed.record)) for one in arrivals]
    with archive.write() as tx:
        return [_file_one(tx, one, digest, text, now).outcome for one, digest, text in ready]


def _file_one(tx: Transaction, arrival: _Arrival, digest: str, text: str, now: datetime) -> Filing:
    filed = arrival.filed
    for url_key in (filed.record.url_key, *(key for _, key in arrival.former)):
        if (known := tx.records.find(url_key, filed.key)) is not None:
            return Filing(outcome=FilingOutcome.KNOWN, record_id=known.id)
    return tx.records.add_filed(filed, former=arrival.former, content_hash=digest, search_text=text, now=now)


# -- files ------------------------------------------------------------------------------------------------------------


def _arrivals(paths: Iterable[Path], sources: "_Sources", now: datetime) -> Iterator[_Arrival | BadLine]:
    for file in _files(paths):
        read = _of_json if file.suffix.lower() == ".jsonl" else _of_line
        try:
            for number, raw in _raw_lines(file):
                try:
                    yield read(_text(raw), file, sources, now)
                except (RecordFormatError, ValueError, OverflowError, RecursionError) as error:
                    yield BadLine(file=file, line=number, reason=_in_one_line(error))
        except OSError as error:
            yield BadLine(file=file, line=0, reason=error.strerror or type(error).__name__)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are named; of folders, what can be imported, in a fixed order, without hidden files."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (
                Path(folder, name) for name in sorted(names) if importable(Path(name)) and not name.startswith(".")
            )


def _raw_lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """(number, line) of all lines that are not blank; of one that is too long only the beginning, marked by its length."""
    with file.open("rb") as stream:
        number = 0
        while raw := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            rest = raw
            while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
                rest = stream.readline(MAX_LINE_BYTES + 1)
            if raw.strip():
                yield number, raw


def _text(raw: bytes) -> str:
    if len(raw) > MAX_LINE_BYTES:
        raise RecordFormatError(f"the line is longer than {MAX_LINE_BYTES // 2**20} MiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordFormatError(f"byte {error.start + 1} is no UTF-8") from error
    if "\0" in text:
        raise RecordFormatError("the line holds NUL")
    return text


def _in_one_line(error: Exception) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 300 else f"{said[:300]}…"


# -- JSONL ------------------------------------------------------------------------------------------------------------


def _of_json(text: str, _file: Path, sources: "_Sources", _now: datetime) -> _Arrival:
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise RecordFormatError("the line is nested too deeply") from error
    except ValueError as error:
        raise RecordFormatError(f"the line is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise RecordFormatError("the line is no JSON object")
    name, line = data.get("source"), data.get("record")
    rules = sources.named(name if isinstance(name, str) else "", line if isinstance(line, str) else "")
    filed = from_json(data, timezone=rules.timezone)
    former = tuple((url, identity.url_key(url, rules)) for url in filed.former_urls)
    return _Arrival(filed=replace(filed, record=_identified(filed.record, rules)), former=former)


# -- record lines -----------------------------------------------------------------------------------------------------


def _of_line(text: str, file: Path, sources: "_Sources", now: datetime) -> _Arrival:
    line = read_line(text)
    record = _record(line, sources.of_line(line.source_line, line.url))
    key, day = _filed_as(file)
    filed = FiledRecord(
        id=0,
        key=key or identity.record_key(record.url_key),
        record=record,
        first_seen_at=now.replace(microsecond=0),
        day_local=day or f"{line.published_local:%Y/%m/%d}",
    )
    return _Arrival(filed=filed)


def _record(line: RecordLine, rules: SourceRules) -> Record:
    """The record that writes this line again; what a line does not say is found as for any article, or left out."""
    published_at, timezone = _moment(line.published_local, rules.timezone)
    record = Record(
        url=line.url,
        url_key="",
        title=line.title,
        published_at=published_at,
        category=line.category,
        categories=(line.category,) if line.category else (),
        body=line.body,
        agency=agency_of(line.body, None),
        ai_notice=ai_notice_of(line.body),
        source=rules.name,
        source_line=line.source_line,
        timezone=timezone,
    )
    return _identified(record, rules)


def _identified(record: Record, rules: SourceRules) -> Record:
    """With url_key and post id by the rules of its source."""
    url = record.url
    if not _ADDRESS.match(url):
        raise RecordFormatError(f"URL: {url[:60]!r} is no http(s) address")
    url_key = identity.url_key(url, rules)
    return replace(record, url_key=url_key, post_id=identity.post_id("", url, rules))


_ADDRESS = re.compile(r"https?://|urn:sha256:", re.IGNORECASE)


def _moment(local: datetime, timezone: str) -> tuple[datetime, str]:
    """The time in UTC, and the zone in which it reads like this: an hour that the clock left out has one of its own."""
    aware = local.replace(tzinfo=ZoneInfo(timezone))
    at = aware.astimezone(UTC)
    if at.astimezone(ZoneInfo(timezone)).replace(tzinfo=None, fold=0) == local:
        return at, timezone
    hours = (aware.utcoffset() or timedelta()) // timedelta(hours=1)
    return at, f"Etc/GMT{-hours:+d}"


_KEY = re.compile("[0-9a-f]{16}")
_DAY = re.compile("[0-9]{4}/[0-9]{2}/[0-9]{2}")


def _filed_as(file: Path) -> tuple[str, str]:
    """Key and day of a file in the archive's layout, YYYY/MM/DD/<key>.txt; both "" elsewhere."""
    day = "/".join(file.parts[-4:-1])
    return (file.stem, day) if _KEY.fullmatch(file.stem) and _DAY.fullmatch(day) else ("", "")


# -- sources ----------------------------------------------------------------------------------------------------------


class _Sources:
    """Finds the rules that hold for a record."""

    def __init__(self, sources: Sequence[SourceRules]) -> None:
        self._by_name = {rules.name: rules for rules in sources}
        self._by_line: dict[str, list[SourceRules]] = {}
        for rules in sources:
            self._by_line.setdefault(" ".join((rules.line or rules.name).split()), []).append(rules)

    def named(self, name: str, record_line: str) -> SourceRules:
        """By name; one that is not in the configuration keeps its name and line and the rules of any site."""
        if name in self._by_name:
            return self._by_name[name]
        line = name
        with suppress(RecordFormatError):
            line = read_line(record_line).source_line
        return SourceRules(name=name, line=line)

    def of_line(self, line: str, url: str) -> SourceRules:
        """By what stands behind `Quelle: `; of several the one at whose address the article is."""
        found = self._by_line.get(line, ())
        host = identity.url_key(url).split("/")[2:3]
        at_home = [rules for rules in found if rules.home and identity.url_key(rules.home).split("/")[2:3] == host]
        return next(iter((*at_home, *found)), SourceRules(name=line, line=line))
