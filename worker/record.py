"""The record format: an article as one line, as a page, and as a JSON object; and back.

Owns every byte of record files and exports. Must not know where records come from or where they are kept; cleaning the
text is done before (see `text`), so that what was read from a record line is written with the same characters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from worker.errors import RecordFormatError
from worker.model import AiNotice, Change, FiledRecord, Record, Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """What a record line says. Every field is one line, single blanks only; published_local is naive, in minutes."""

    title: str
    published_local: datetime
    category: str
    url: str
    body: str
    source_line: str


def write_line(record: Record) -> str:
    """The record as one line without a newline at its end."""
    return write(line_of(record))


def write_page(record: Record) -> str:
    """The record with its line breaks, without a newline at its end. Its white space collapsed, it is the line."""
    line = line_of(record)
    head = (f"# {line.title}", f"Datum: {_datum(line)}", f"Kategorie: {line.category}", f"URL: {line.url}", "---")
    body = record.body.strip()
    return "\n".join([*head, *([body] if body else []), "---", f"Quelle: {line.source_line}"])


def line_of(record: Record) -> RecordLine:
    """What the record's line says: what reading it gives, unless the title itself looks like a header."""
    local = record.published_at.astimezone(ZoneInfo(record.timezone))
    return RecordLine(
        title=_collapsed(record.title),
        published_local=local.replace(second=0, microsecond=0, tzinfo=None, fold=0),
        category=_collapsed(record.category),
        url=_collapsed(record.url),
        body=_collapsed(record.body),
        source_line=_collapsed(record.source_line),
    )


def write(line: RecordLine) -> str:
    """The line again, with the bytes that it was read from."""
    return _collapsed(
        f"# {line.title} Datum: {_datum(line)} Kategorie: {line.category} URL: {line.url}"
        f" --- {line.body} --- Quelle: {line.source_line}"
    )


def read_line(line: str) -> RecordLine:
    """Read a record line; a record page, too, whose line breaks do not matter.

    The header ends at the first ` Datum: dd.mm.yyyy HH:MM Kategorie: `, the body lies between the first ` --- ` behind
    the header and the last ` --- Quelle: `; title and body may hold such marks themselves.

    Raises: RecordFormatError, in one line.
    """
    text = _collapsed(line.removeprefix("\ufeff"))
    if not text.startswith("# "):
        raise _fault(text, "it does not begin with '# '")
    datum, published_local = _find_datum(text)
    address = _ADDRESS.search(text, datum.end() - 1)
    if address is None:
        raise _fault(text, "' URL: … ---' is missing behind the category")
    # The marks may share a blank: an article without text reads `--- --- Quelle: `.
    quelle = f"{text} ".rfind(_QUELLE, address.end())
    if quelle < 0:
        raise _fault(text, "'--- Quelle: ' is missing at the end")
    return RecordLine(
        title=text[2 : datum.start()],
        published_local=published_local,
        category=text[datum.end() : address.start()],
        url=address[1],
        body=text[address.end() + 1 : quelle],
        source_line=text[quelle + len(_QUELLE) :],
    )


_DATUM = re.compile(r" Datum: ([0-9]{2})\.([0-9]{2})\.([0-9]{4}) ([0-9]{2}):([0-9]{2}) Kategorie: ")
_ADDRESS = re.compile(r" URL: (\S+) ---(?=\s)")
_QUELLE = " --- Quelle: "


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _datum(line: RecordLine) -> str:
    at = line.published_local
    return f"{at.day:02}.{at.month:02}.{at.year:04} {at.hour:02}:{at.minute:02}"


def _find_datum(text: str) -> tuple[re.Match[str], datetime]:
    reason = "' Datum: dd.mm.yyyy HH:MM Kategorie: ' is missing"
    for found in _DATUM.finditer(text, 1):
        day, month, year, hour, minute = map(int, found.groups())
        try:
            return found, datetime(year, month, day, hour, minute)  # noqa: DTZ001 - a local time, by the format
        except ValueError:
            reason = f"{found[0].strip()!r} names no date"
    raise _fault(text, reason)


def _fault(text: str, reason: str) -> RecordFormatError:
    return RecordFormatError(f"this is no record line: {reason}; it begins with {text[:60]!r}")


# -- JSON -------------------------------------------------------------------------------------------------------------


def to_json(filed: FiledRecord) -> dict[str, object]:
    """The JSONL object, with its keys in their order. Times are UTC, in seconds."""
    named = {"key": filed.key, "former_urls": list(filed.former_urls), "source": filed.record.source}
    known = {"feeds": list(filed.feeds), "first_seen_at": _stamp(filed.first_seen_at), "revision": filed.revision}
    values = _state(filed.record) | named | known
    return {name: values[name] for name in _KEYS}


_KEYS = (
    *("key", "url", "former_urls", "title", "published_at", "published_at_from", "category", "categories", "tags"),
    *("author", "body", "agency", "ai_notice", "source", "feeds", "first_seen_at", "revision", "record"),
)


def history_json(states: Sequence[Revision]) -> dict[str, object]:
    """What a JSONL object says more when it tells all states: `history`, and how the current one was seen.

    states: the oldest first, the current one last.
    """
    earlier = [{"revision": one.number, **_seen(one), **_state(one.record)} for one in states[:-1]]
    return {"history": earlier, **_seen(states[-1])}


def _seen(one: Revision) -> dict[str, object]:
    modified = _stamp(one.modified_at) if one.modified_at else None
    how = {"seen_by": one.seen_by, "change": one.change.value, "modified_at": modified}
    return {"seen_at": _stamp(one.seen_at), **how}


def _state(record: Record) -> dict[str, object]:
    """What may change of an article, the keys in their order."""
    notice = record.ai_notice
    return {
        "url": record.url,
        "title": record.title,
        "published_at": _stamp(record.published_at),
        "published_at_from": record.published_at_from,
        "category": record.category,
        "categories": list(record.categories),
        "tags": list(record.tags),
        "author": record.author,
        "body": record.body,
        "agency": record.agency,
        "ai_notice": None if notice is None else {"date": notice.date_local},
        "record": write_line(record),
    }


def from_json(data: Mapping[str, object], *, timezone: str = "Europe/Berlin") -> FiledRecord:
    """Read what `to_json` made.

    timezone: the source's clock; when the record line in the object shows another offset, that one is kept.

    Returns: a record with `id=0`, and `url_key=""` and `post_id=None`, which the importer knows how to find.
    Raises: RecordFormatError, in one line that names the field.
    """
    read = _Reader(data)
    record, line = _read_state(read, read.text("source"), timezone)
    return FiledRecord(
        id=0,
        key=read.key("key"),
        record=record,
        former_urls=read.texts("former_urls"),
        feeds=read.texts("feeds"),
        first_seen_at=read.time("first_seen_at"),
        revision=read.number("revision"),
        day_local=f"{line.published_local:%Y/%m/%d}",
    )


def history_from_json(data: Mapping[str, object], *, timezone: str = "Europe/Berlin") -> tuple[Revision, ...]:
    """Read what `history_json` added: all states, the current one last; none if the object tells none.

    The records have `url_key=""` and `post_id=None`. Raises: RecordFormatError, in one line that names the field.
    """
    if "history" not in data:
        return ()
    source = _Reader(data).text("source")
    states = [_read_revision(one, source, timezone) for one in (*_Reader(data).objects("history"), data)]
    if any(one.number >= following.number for one, following in pairwise(states)):
        raise RecordFormatError("history: its revisions do not count up to the object's own")
    return tuple(states)


def _read_revision(data: Mapping[str, object], source: str, timezone: str) -> Revision:
    read = _Reader(data)
    return Revision(
        number=read.number("revision"),
        record=_read_state(read, source, timezone)[0],
        seen_at=read.time("seen_at"),
        seen_by=read.text("seen_by"),
        change=list(Change)[read.choice("change", *(one.value for one in Change))],
        modified_at=read.time("modified_at") if data.get("modified_at") is not None else None,
    )


def _read_state(read: "_Reader", source: str, timezone: str) -> tuple[Record, RecordLine]:
    published_at = read.time("published_at")
    line = read_line(_with_plain_title(read.text("record"), read.text("title")))
    record = Record(
        url=read.text("url"),
        url_key="",
        title=read.text("title"),
        published_at=published_at,
        published_at_from="first_seen" if read.choice("published_at_from", "feed", "first_seen") else "feed",
        category=read.text("category"),
        categories=read.texts("categories"),
        tags=read.texts("tags"),
        author=read.text_or_none("author"),
        body=read.text("body"),
        agency=read.text_or_none("agency"),
        ai_notice=read.notice("ai_notice"),
        source=source,
        source_line=line.source_line,
        timezone=_clock(published_at, line.published_local, timezone),
    )
    return record, line


def _with_plain_title(line: str, title: str) -> str:
    """The line with a title that cannot be taken for a header; the title itself is known."""
    head = f"# {title}"
    return f"# T{line[len(head) :]}" if line.startswith(head) else line


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _clock(published_at: datetime, local: datetime, timezone: str) -> str:
    """The zone in which the line shows the time: the source's, else one of the same offset."""
    shift = local - published_at.replace(second=0, microsecond=0, tzinfo=None)
    hours, rest = divmod(int(shift.total_seconds()), 3600)
    for zone in (timezone, "UTC", f"Etc/GMT{-hours:+d}"):
        if _offset_fits(zone, published_at, local):
            return zone
    raise RecordFormatError(f"record: its Datum {local:%d.%m.%Y %H:%M} does not fit published_at ({hours} h {rest} s)")


def _offset_fits(zone: str, published_at: datetime, local: datetime) -> bool:
    try:
        shown = published_at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        return False
    return shown.replace(second=0, microsecond=0, tzinfo=None) == local


class _Reader:
    """Takes fields out of a foreign object, each with its type."""

    def __init__(self, data: Mapping[str, object]) -> None:
        self._data = data

    def text(self, name: str) -> str:
        value = self._value(name)
        if not isinstance(value, str):
            raise _wrong(name, "a string", value)
        if not _STORABLE.fullmatch(value):
            raise RecordFormatError(f"{name}: it holds NUL or half of a surrogate pair")
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self._value(name) is None else self.text(name)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._value(name)
        if not isinstance(value, list):
            raise _wrong(name, "a list of strings", value)
        return tuple(_Reader({name: one}).text(name) for one in value)

    def objects(self, name: str) -> list[dict[str, object]]:
        value = self._value(name)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise _wrong(name, "a list of objects", value)
        return value

    def choice(self, name: str, *choices: str) -> int:
        """The position of the value in `choices`."""
        value = self.text(name)
        if value not in choices:
            raise _wrong(name, " or ".join(choices), value)
        return choices.index(value)

    def number(self, name: str) -> int:
        value = self._value(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
            raise _wrong(name, "a number from 1", value)
        return value

    def key(self, name: str) -> str:
        value = self.text(name)
        if not re.fullmatch("[0-9a-f]{16}", value):
            raise _wrong(name, "16 hex digits", value)
        return value

    def time(self, name: str) -> datetime:
        value = self.text(name)
        try:
            at = datetime.fromisoformat(value)
            if at.tzinfo is None:
                raise _wrong(name, "a time with its zone, such as 2025-12-03T15:35:00Z", value)
            return at.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise _wrong(name, "a time such as 2025-12-03T15:35:00Z", value) from error

    def notice(self, name: str) -> AiNotice | None:
        value = self._value(name)
        if value is None:
            return None
        if not isinstance(value, dict) or set(value) != {"date"}:
            raise _wrong(name, 'null or {"date": …}', value)
        return AiNotice(date_local=_Reader(value).text_or_none("date"))

    def _value(self, name: str) -> object:
        if name not in self._data:
            raise RecordFormatError(f"{name} is missing")
        return self._data[name]


_STORABLE = re.compile("[^\0\ud800-\udfff]*")


def _wrong(name: str, wanted: str, value: object) -> RecordFormatError:
    return RecordFormatError(f"{name}: {wanted} is wanted, not {repr(value)[:60]}")
