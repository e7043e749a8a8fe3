"""What an import reads: files of record lines or JSONL, each line as a record with all that the archive wants to know.

Foreign files: a line that cannot be read is a value, and costs none of the others. Must not know the archive.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from worker import identity, manifest
from worker.errors import RecordFormatError
from worker.model import FiledRecord, Record, Revision, SourceRules
from worker.provenance import agency_of, ai_notice_of
from worker.record import RecordLine, from_json, history_from_json, read_line

MAX_LINE_BYTES = 32 * 2**20  # a text is at most 1 MB; in JSON it stands twice, with escapes, and so do earlier states


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """What could not be taken over. line: from 1; 0 = the file as a whole."""

    file: Path
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A record on its way in. former: its former URLs as (url, url_key), oldest first.

    history: all its states, the current one last, if the file tells them.
    """

    filed: FiledRecord
    former: tuple[tuple[str, str], ...] = ()
    history: tuple[Revision, ...] = ()


def importable(path: Path) -> bool:
    """Whether an import reads files of this kind: record lines or our JSONL."""
    return path.suffix.lower() in (".txt", ".jsonl")


def arrivals(paths: Iterable[Path], rules: Sequence[SourceRules], now: datetime) -> Iterator[Arrival | BadLine]:
    """Every record in these files and folders, in a fixed order. rules: the sources that are known."""
    sources = _Sources(rules)
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
            yield from (Path(folder, name) for name in sorted(names) if importable(Path(name)) and _is_shown(name))


def _is_shown(name: str) -> bool:
    """No hidden file, and no manifest, which only says what stands beside it."""
    return not name.startswith(".") and name != manifest.NAME


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


def _of_json(text: str, _file: Path, sources: "_Sources", _now: datetime) -> Arrival:
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
    states = history_from_json(data, timezone=rules.timezone)
    history = tuple(replace(one, record=_identified(one.record, rules)) for one in states)
    return Arrival(filed=replace(filed, record=_identified(filed.record, rules)), former=former, history=history)


# -- record lines -----------------------------------------------------------------------------------------------------


def _of_line(text: str, file: Path, sources: "_Sources", now: datetime) -> Arrival:
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
    return Arrival(filed=filed)


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
