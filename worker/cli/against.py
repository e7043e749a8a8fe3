"""`query test --against`: a query tried on a file of records, or on any text."""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from worker.arrivals import Arrival, arrivals
from worker.cli import show
from worker.cli.articles import forms_of, marked, span_data
from worker.cli.shell import Refused, Shell
from worker.errors import RecordFormatError
from worker.labelled import article
from worker.match import Matcher
from worker.model import Match, Record
from worker.provenance import agency_of, ai_notice_of
from worker.query import Query
from worker.record import read_line

_MOST_BYTES = 50_000_000
_SHOWN = 2_000  # characters of a text


def against(shell: Shell, query: Query, file: Path, *, as_json: bool) -> dict[str, Any]:
    """Try the query on each record of the file, or on all of it as one text. Returns: the data for machines."""
    records = _records(shell, file)
    if not records:
        raise Refused(shell.wording.say("against_nothing", file=file))
    matcher = Matcher({0: query})
    found = [(record, next(iter(matcher.match(record)), None)) for record in records]
    if not as_json:
        for record, match in found:
            _tell(shell, file, record, match)
    return {"file": str(file), "results": [_data(record, match) for record, match in found]}


def _records(shell: Shell, file: Path) -> Sequence[Record]:
    if file.stat().st_size > _MOST_BYTES:
        raise Refused(shell.wording.say("file_too_large", file=file, size=show.size(shell.wording, _MOST_BYTES)))
    found = list(arrivals([file], [source.rules for source in shell.settings.sources], shell.now()))
    if found and all(isinstance(one, Arrival) for one in found):
        return [one.filed.record for one in found if isinstance(one, Arrival)]
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(shell.wording.say("not_utf8", file=file)) from error
    return [_record(text)] if text.strip() else []


def _record(text: str) -> Record:
    """A record page, whose body keeps its paragraphs, or any text as a body."""
    try:
        line = read_line(text)
    except RecordFormatError:
        return article(text)
    body = text.replace("\r\n", "\n").partition("\n---\n")[2].rpartition("\n---\n")[0].strip() or line.body
    return Record(
        url=line.url,
        url_key="",
        title=line.title,
        published_at=line.published_local.replace(tzinfo=UTC),
        category=line.category,
        categories=(line.category,),
        body=body,
        agency=agency_of(body, None),
        ai_notice=ai_notice_of(body),
        source=line.source_line,
    )


def _tell(shell: Shell, file: Path, record: Record, match: Match | None) -> None:
    name = record.title or str(file)
    if match is None:
        show.lines(shell.wording.say("against_no", name=name))
        return
    show.lines(shell.wording.say("against_yes", name=name))
    show.lines("  " + shell.wording.say("hit_forms", forms=forms_of(match.spans)))
    for field in ("title", "body"):
        spans = [span for span in match.spans if span.field == field]
        if spans:
            show.lines("  " + marked(getattr(record, field), spans, 0, min(len(getattr(record, field)), _SHOWN)))


def _data(record: Record, match: Match | None) -> dict[str, object]:
    return {
        "title": record.title,
        "url": record.url,
        "matches": match is not None,
        "spans": [span_data(span) for span in match.spans] if match else [],
    }
