"""An alert for programs: the webhook's JSON.

Depends on the alert alone, never on the time or the language, so that every attempt sends the same bytes. Must not know
channels, nor what people read.

`alert.created` and, for a follow-up, `alert.updated`: {"type", "version": 1, "timestamp", "data": {"alert_id",
"subscription", "query", "record": the JSONL fields, "truncated", "matches": [{"field", "start", "end", "text"}]}}.
Present only where there is something to say: "also": [{"title", "url"}], "provenance": {"agency": str | null, "ai": bool},
"reason": [{"text", "term", "kind": "form" | "pattern"}] (the hit as it stands and what of the query it stands for), and
of a follow-up "follows": the first alert's id, "changes": [{"kind", "before", "after"}].
What is shortened, and how: `payload` says it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from worker.model import Alert, AlertKind, EditChange, FiledRecord, Record, Span
from worker.record import to_json, write_line
from worker.render import hits
from worker.render.shortening import first_of, in_json, leading, marked, packed, utf8
from worker.render.standing import reasons

PAYLOAD_MAX_BYTES = 19_900  # Standard Webhooks asks for less than 20 kB
BODY_MAX_BYTES = 12_000

_MATCHES_MOST = 50
_MATCHES_MAX_BYTES = 3_000
_TITLE_MAX_BYTES = 1_000
_SHORT_MAX_BYTES = 300
_QUERY_MAX_BYTES = 2_000
_CHANGES_MAX_BYTES = 2_500
_ALSO_MAX_BYTES = 1_200
_REASON_MAX_BYTES = 800


def payload(alert: Alert) -> bytes:
    """The webhook's body, below `PAYLOAD_MAX_BYTES` but for an article whose address alone is longer.

    A body over `BODY_MAX_BYTES` ends at a paragraph. The record line takes what is then left: it is a valid record
    line of the same article with as many whole paragraphs as fit, possibly fewer than the body. `truncated` = the body
    or the record line (or an overlong title, author, category or list) ends early. Of the matches, those whose place
    is in the payload stay, each word's first place before any second one.
    """
    told = _told(alert.record)
    record: dict[str, Any] = dict(told.fields)
    data: dict[str, Any] = {
        "alert_id": alert.id,
        "subscription": marked(alert.subscription, _SHORT_MAX_BYTES),
        "query": marked(alert.query, _QUERY_MAX_BYTES),
        "record": record,
        "truncated": False,
        "matches": [],
        **_further(alert),
    }
    envelope = _envelope(alert, data)
    left = PAYLOAD_MAX_BYTES - len(packed(envelope))
    filed = _leading(told, left - _MATCHES_MAX_BYTES)
    data["matches"] = _that_fit([span for span in alert.spans if _is_in(span, filed.record)])
    weight = told.weight if filed is told.filed else in_json(filed.record.body)
    left -= weight + len(packed(data["matches"]))
    record["body"] = filed.record.body
    record["record"], whole = _record_line(filed.record, weight, in_json(record["record"]), left)
    data["truncated"] = filed != alert.record or not whole
    return packed(envelope)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _envelope(alert: Alert, data: dict[str, Any]) -> dict[str, object]:
    kind = "alert.updated" if alert.kind == AlertKind.EDIT else "alert.created"
    return {"type": kind, "version": 1, "timestamp": stamp(alert.created_at), "data": data}


def _further(alert: Alert) -> dict[str, object]:
    """The optional fields, those alone in which something stands."""
    record = alert.record.record
    found: dict[str, object] = {}
    if alert.kind == AlertKind.EDIT:
        found["follows"] = alert.follows
        found["changes"] = list(_within(map(_change, alert.changes), _CHANGES_MAX_BYTES))
    if alert.also:
        found["also"] = list(_within(map(_copy, alert.also), _ALSO_MAX_BYTES))
    if record.agency or record.ai_notice is not None:
        agency = marked(record.agency, _SHORT_MAX_BYTES) if record.agency else None
        found["provenance"] = {"agency": agency, "ai": record.ai_notice is not None}
    if reason := list(_within(_reasons(alert), _REASON_MAX_BYTES)):
        found["reason"] = reason
    return found


def _change(change: EditChange) -> dict[str, str]:
    return {
        "kind": change.kind,
        "before": marked(change.before, _TITLE_MAX_BYTES),
        "after": marked(change.after, _TITLE_MAX_BYTES),
    }


def _copy(filed: FiledRecord) -> dict[str, str]:
    return {"title": marked(filed.record.title, _SHORT_MAX_BYTES), "url": filed.record.url}


def _reasons(alert: Alert) -> Iterable[dict[str, str]]:
    kinds = {"inflected": "form", "pattern": "pattern"}
    for hit, one in reasons([span.text for span in hits.shown(alert.spans)], alert.query):
        term = marked(one.typed, _SHORT_MAX_BYTES)
        yield {"text": marked(hit, _SHORT_MAX_BYTES), "term": term, "kind": kinds[one.kind]}


def _within(items: Iterable[dict[str, str]], limit: int) -> Iterable[dict[str, str]]:
    """The first ones, as many as fit."""
    for item in items:
        limit -= len(packed(item)) + 1
        if limit < 0:
            return
        yield item


_ARTICLES = 16  # that are told to several subscriptions, one after the other


@dataclass(frozen=True, slots=True)
class _Told:
    """What is the same in each alert about an article. filed: within bounds; fields: of its JSON, without the text;
    weight: the text's.
    """

    filed: FiledRecord
    fields: dict[str, object]
    weight: int


@lru_cache(maxsize=_ARTICLES)
def _told(filed: FiledRecord) -> _Told:
    bounded = _within_bounds(filed)
    bounded = _with_body(bounded, leading(filed.record.body, BODY_MAX_BYTES, utf8))
    return _Told(bounded, to_json(_with_body(bounded, "")), in_json(bounded.record.body))


def _leading(told: _Told, limit: int) -> FiledRecord:
    """The article with as much of its text as may weigh so much."""
    if told.weight <= limit:
        return told.filed
    return _with_body(told.filed, leading(told.filed.record.body, limit, in_json))


def _within_bounds(filed: FiledRecord) -> FiledRecord:
    """Everything but the body, bounded: a hostile feed may give an article ten thousand tags."""
    record = filed.record
    return replace(
        filed,
        former_urls=first_of(filed.former_urls),
        feeds=first_of(filed.feeds),
        record=replace(
            record,
            title=leading(record.title, _TITLE_MAX_BYTES, in_json),
            category=leading(record.category, _SHORT_MAX_BYTES, in_json),
            author=None if record.author is None else leading(record.author, _SHORT_MAX_BYTES, in_json),
            categories=first_of(record.categories),
            tags=first_of(record.tags),
        ),
    )


def _with_body(filed: FiledRecord, body: str) -> FiledRecord:
    return replace(filed, record=replace(filed.record, body=body))


def _record_line(record: Record, weight: int, head: int, room: int) -> tuple[str, bool]:
    """The record's line, and whether it is whole.

    weight: the text's; head: what the line without a text weighs; room: what may be added. The line has less white space
    than the text, but of a text that was cleaned not by half: what is far too long is not tried.
    """
    if weight <= 2 * room:
        whole, whole_weight = _weighed_line(record)
        if whole_weight <= head + room:
            return whole, True
    return write_line(replace(record, body=leading(record.body, room - 1, in_json))), False


@lru_cache(maxsize=_ARTICLES)
def _weighed_line(record: Record) -> tuple[str, int]:
    line = write_line(record)
    return line, in_json(line)


def _is_in(span: Span, record: Record) -> bool:
    """Whether the span's place is in the payload; offsets into lists are the receiver's to read."""
    value: object = getattr(record, span.field, None) if span.field in Record.__slots__ else None
    return not isinstance(value, str) or hits.stands(span, value)


def _that_fit(spans: Sequence[Span]) -> list[dict[str, object]]:
    """Each word's first place before any second one, in the alert's order."""
    left = _MATCHES_MAX_BYTES
    kept: set[int] = set()
    weigh = cache(in_json)  # mostly the same words
    for span in hits.most_telling(spans):
        weight = weigh(span.text) + weigh(span.field) + 60  # the keys and numbers of one match
        if weight <= left and len(kept) < _MATCHES_MOST:
            kept.add(id(span))
            left -= weight
    return [match(span, span.text) for span in spans if id(span) in kept]


def match(span: Span, text: str) -> dict[str, object]:
    """A place as programs get it. Offsets count code points of the field; text: what stands there, maybe shortened."""
    return {"field": span.field, "start": span.start, "end": span.end, "text": text}
