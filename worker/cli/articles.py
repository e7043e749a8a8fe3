"""Articles on the command line: how one is named, and how one that a query found is shown."""

import re
from collections.abc import Iterable, Iterator

from worker import identity
from worker.archive import Transaction
from worker.cli import show
from worker.cli.shell import Refused, Shell
from worker.finding import Found
from worker.masking import mask
from worker.model import FiledRecord, Span
from worker.record import to_json

_AROUND = 70  # characters shown before and behind what matched
_FORMS_MOST = 8
_KEY = re.compile("[0-9a-f]{16}")


def url_keys(shell: Shell, url: str) -> list[str]:
    """Under which keys an article of this address may be filed, by the rules of each source."""
    rules = [source.rules for source in shell.settings.sources]
    return list(dict.fromkeys(identity.url_key(url, one) for one in (*rules, identity.CORE)))


def find_record(shell: Shell, tx: Transaction, reference: str) -> FiledRecord:
    """The article with this key, or that was ever shown under this address. Raises: Refused."""
    if _KEY.fullmatch(reference):
        found = tx.records.find("", reference)
    else:
        found = next((filed for key in url_keys(shell, reference) if (filed := tx.records.find(key, ""))), None)
    if found is None:
        raise Refused(shell.wording.say("no_such_record", reference=mask(reference)))
    return found


def hit(shell: Shell, found: Found, *, forms: bool = False) -> Iterator[str]:
    """An article that a query found. forms: name the words that matched, too."""
    record = found.filed.record
    yield f"{shell.clock(record.published_at)}  {record.category}"
    yield marked(record.title, (span for span in found.spans if span.field == "title")) or shell.wording.say("no_title")
    yield record.url
    if forms and found.spans:
        yield "  " + shell.wording.say("hit_forms", forms=forms_of(found.spans))
    if snippet := _snippet(record.body, found.spans):
        yield f"  {snippet}"


def hit_data(found: Found) -> dict[str, object]:
    """The same for machines."""
    return to_json(found.filed) | {"matches": [span_data(span) for span in found.spans]}


def span_data(span: Span) -> dict[str, object]:
    return {"field": span.field, "start": span.start, "end": span.end, "text": span.text}


def forms_of(spans: Iterable[Span]) -> str:
    """The words that matched, as they stand in the article, each once."""
    forms = list(dict.fromkeys(" ".join(span.text.split()) for span in spans))
    more = " …" if len(forms) > _FORMS_MOST else ""
    return ", ".join(f"»{form}«" for form in forms[:_FORMS_MOST]) + more


def _snippet(body: str, spans: Iterable[Span]) -> str:
    """What surrounds the first place in the text; a place in the title is seen already."""
    inside = [span for span in spans if span.field == "body"]
    if not inside:
        return ""
    start, end = max(0, inside[0].start - _AROUND), min(len(body), inside[0].end + _AROUND)
    before, behind = "…" if start else "", "…" if end < len(body) else ""
    return f"{before}{marked(body, inside, start, end)}{behind}"


def marked(text: str, spans: Iterable[Span], start: int = 0, end: int | None = None) -> str:
    """The text from start to end on one line, with what matched in brackets."""
    end = len(text) if end is None else end
    pieces, at = [], start
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if span.start >= at and span.end <= end:
            pieces += [text[at : span.start], "[", text[span.start : span.end], "]"]
            at = span.end
    return show.safe(" ".join("".join([*pieces, text[at:end]]).split()))
