"""An alert, put into words for people and into JSON for programs.

Owns what a message says, how it is shortened, and the webhook body. The payload depends on the alert alone, never on
the time or the language, so that every attempt sends the same bytes. Must not know channels.

What is shortened, and how: `_payload` says it.
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from worker.cutting import letter_edge, shortened
from worker.model import Alert, FiledRecord, Message, Record, Span
from worker.record import line_of, to_json, write_line
from worker.text import clean
from worker.wording import Wording

SUBJECT_MAX = 200  # characters; below the 998 bytes of a mail header in any script
PAYLOAD_MAX_BYTES = 19_900  # Standard Webhooks asks for less than 20 kB
BODY_MAX_BYTES = 12_000

_NAME_MAX = 60  # characters of a subscription's name in a subject
_CONTEXT = 50  # characters shown on either side of a match
_SPOTS_MOST = 6  # places shown in a text; programs get more
_WORD_MAX = 120  # characters of one match; a query with NEAR may span a paragraph
_LINE_MAX = 400  # characters of a line of foreign text
_MATCHES_MOST = 50
_MATCHES_MAX_BYTES = 3_000
_TITLE_MAX_BYTES = 1_000
_SHORT_MAX_BYTES = 300
_LIST_MAX_BYTES = 1_000
_QUERY_MAX_BYTES = 2_000
_OLD = timedelta(days=1)
_FIELDS = ("title", "category", "tags", "author", "body")  # the order in which people are shown matches

Weigh = Callable[[str], int]


def render(alert: Alert, *, now: datetime, language: str) -> Message:
    """The message for an alert. Raises: ValueError for an unknown language."""
    wording = Wording(language)
    return Message(subject=_subject(alert, wording), text=_text(alert, now, wording), payload=_payload(alert))


# -- for people -------------------------------------------------------------------------------------------------------


def _subject(alert: Alert, wording: Wording) -> str:
    name = shortened(_line(alert.subscription), _NAME_MAX)
    title = _line(alert.record.record.title) or wording.say("no_title")
    return shortened(_line(wording.say("alert_subject", subscription=name, title=title)), SUBJECT_MAX)


def _text(alert: Alert, now: datetime, wording: Wording) -> str:
    record = alert.record.record
    facts = (record.source_line or record.source, record.category, _told_at(record, wording))
    lines = [
        _subject(alert, wording),
        " | ".join(shortened(_line(fact), _LINE_MAX) for fact in facts if fact),
        _age(record, now, wording),
        _line(record.url),
        *_spots(alert, wording),
        shortened(wording.say("query_label", query=_line(alert.query)), _LINE_MAX),
    ]
    return "\n".join(line for line in lines if line)


def _told_at(record: Record, wording: Wording) -> str:
    at = wording.clock(line_of(record).published_local)
    return at if record.published_at_from == "feed" else wording.say("first_seen_label", at=at)


def _age(record: Record, now: datetime, wording: Wording) -> str:
    if record.published_at_from != "feed" or now - record.published_at <= _OLD:
        return ""
    return wording.say("published_ago", ago=wording.relative(record.published_at, now))


def _spots(alert: Alert, wording: Wording) -> list[str]:
    """Which words matched, and where, with a little of what stands around them."""
    if not alert.spans:
        return []
    shown = sorted(_most_telling(alert.spans)[:_SPOTS_MOST], key=_reading_order)
    words = dict.fromkeys(shortened(_line(span.text), _WORD_MAX) for span in shown)
    more = len(alert.spans) - len(shown)
    return [
        wording.say("matched_label", words=", ".join(f"»{word}«" for word in words)),
        *(
            f"  {_field_name(group[0].field, wording)}: {_excerpt(alert.record.record, group)}"
            for group in _neighbours(shown)
        ),
        *(["  " + wording.count("more_spots", more)] if more else []),
    ]


def _most_telling(spans: Sequence[Span]) -> list[Span]:
    """Each word's first place, then each word's second, and so on."""
    met: Counter[tuple[str, str]] = Counter()
    ranked = []
    for span in spans:
        word = (span.field, span.text.casefold())
        met[word] += 1
        ranked.append((met[word], span))
    return [span for _, span in sorted(ranked, key=lambda pair: pair[0])]


def _reading_order(span: Span) -> tuple[int, str, int, int]:
    rank = _FIELDS.index(span.field) if span.field in _FIELDS else len(_FIELDS)
    return rank, span.field, span.start, span.end


def _neighbours(spans: Iterable[Span]) -> list[list[Span]]:
    """Spans that one excerpt can show together."""
    groups: list[list[Span]] = []
    for span in spans:
        last = groups[-1][-1] if groups else None
        if last and last.field == span.field and span.start - last.end <= _CONTEXT:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _excerpt(record: Record, group: Sequence[Span]) -> str:
    """The matches marked »so«, between what stands around them."""
    text = _field_text(record, group[0].field)
    if not all(_stands(span, text) for span in group):
        return " … ".join(f"»{shortened(_line(span.text), _WORD_MAX)}«" for span in group)
    at = group[0].start
    pieces = [_before(text, at)]
    for span in group:
        if span.end > at:
            start = max(span.start, at)
            pieces += [text[at:start], "»", shortened(text[start : span.end], _WORD_MAX), "«"]
            at = span.end
    return _line("".join([*pieces, _after(text, at)]))


def _before(text: str, at: int) -> str:
    before = text[max(0, at - _CONTEXT) : at].replace("\n", " ")
    return before if at <= _CONTEXT else "… " + before.partition(" ")[2]


def _after(text: str, at: int) -> str:
    after = text[at : at + _CONTEXT].replace("\n", " ")
    return after if at + _CONTEXT >= len(text) else after.rpartition(" ")[0] + " …"


def _field_name(field: str, wording: Wording) -> str:
    return wording.say(f"field_{field}") if field in _FIELDS else _line(field)


def _field_text(record: Record, field: str) -> str:
    value: object = getattr(record, field, "") if field in Record.__slots__ else ""
    return value if isinstance(value, str) else ""


def _stands(span: Span, text: str) -> bool:
    """Whether the span is where it says: a later revision may have moved it."""
    return text[span.start : span.end] == span.text


# -- for programs -----------------------------------------------------------------------------------------------------


def _payload(alert: Alert) -> bytes:
    """The webhook's body, below `PAYLOAD_MAX_BYTES` but for an article whose address alone is longer.

    A body over `BODY_MAX_BYTES` ends at a paragraph. The record line takes what is then left: it is a valid record
    line of the same article with as many whole paragraphs as fit, possibly fewer than the body. `truncated` = the body
    or the record line (or an overlong title, author, category or list) ends early. Of the matches, those whose place
    is in the payload stay, each word's first place before any second one.
    """
    filed = _within_bounds(alert.record)
    empty = _with_body(filed, "")
    room = PAYLOAD_MAX_BYTES - _MATCHES_MAX_BYTES - len(_json(_envelope(alert, empty, write_line(empty.record), ())))
    filed = _with_body(filed, _leading(_leading(filed.record.body, BODY_MAX_BYTES, _utf8), room, _in_json))
    spans = _that_fit([span for span in alert.spans if _is_in(span, filed.record)])
    line = _record_line(filed.record, PAYLOAD_MAX_BYTES - len(_json(_envelope(alert, filed, "", spans))))
    return _json(_envelope(alert, filed, line, spans))


def _envelope(alert: Alert, filed: FiledRecord, line: str, spans: Sequence[Span]) -> dict[str, object]:
    return {
        "type": "alert.created",
        "version": 1,
        "timestamp": alert.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {
            "alert_id": alert.id,
            "subscription": _marked(alert.subscription, _SHORT_MAX_BYTES),
            "query": _marked(alert.query, _QUERY_MAX_BYTES),
            "record": {**to_json(filed), "record": line},
            "truncated": filed != alert.record or line != write_line(alert.record.record),
            "matches": [
                {"field": span.field, "start": span.start, "end": span.end, "text": span.text} for span in spans
            ],
        },
    }


def _within_bounds(filed: FiledRecord) -> FiledRecord:
    """Everything but the body, bounded: a hostile feed may give an article ten thousand tags."""
    record = filed.record
    return replace(
        filed,
        former_urls=_first_of(filed.former_urls),
        feeds=_first_of(filed.feeds),
        record=replace(
            record,
            title=_leading(record.title, _TITLE_MAX_BYTES, _in_json),
            category=_leading(record.category, _SHORT_MAX_BYTES, _in_json),
            author=None if record.author is None else _leading(record.author, _SHORT_MAX_BYTES, _in_json),
            categories=_first_of(record.categories),
            tags=_first_of(record.tags),
        ),
    )


def _marked(text: str, limit: int) -> str:
    return text if _in_json(text) <= limit else _leading(text, limit, _in_json) + "…"


def _first_of(items: tuple[str, ...]) -> tuple[str, ...]:
    left = _LIST_MAX_BYTES
    for number, item in enumerate(items):
        left -= _in_json(item)
        if left < 0:
            return items[:number]
    return items


def _with_body(filed: FiledRecord, body: str) -> FiledRecord:
    return replace(filed, record=replace(filed.record, body=body))


def _record_line(record: Record, room: int) -> str:
    whole = write_line(record)
    if _in_json(whole) <= room:
        return whole
    head = _in_json(write_line(replace(record, body="")))
    return write_line(replace(record, body=_leading(record.body, room - head - 1, _in_json)))


def _is_in(span: Span, record: Record) -> bool:
    """Whether the span's place is in the payload; offsets into lists are the receiver's to read."""
    value: object = getattr(record, span.field, None) if span.field in Record.__slots__ else None
    return not isinstance(value, str) or _stands(span, value)


def _that_fit(spans: Sequence[Span]) -> list[Span]:
    left = _MATCHES_MAX_BYTES
    kept: set[Span] = set()
    for span in _most_telling(spans):
        weight = _in_json(span.text) + _in_json(span.field) + 60  # the keys and numbers of one match
        if weight <= left and len(kept) < _MATCHES_MOST:
            kept.add(span)
            left -= weight
    return [span for span in spans if span in kept]


def _json(value: object) -> bytes:
    """Compact JSON in UTF-8; half a surrogate pair becomes "?", which counts as one code point as well."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


# -- shortening -------------------------------------------------------------------------------------------------------


def _leading(text: str, limit: int, weigh: Weigh) -> str:
    """The longest beginning within the limit that ends at a paragraph; if there is none, at a line, a word, a letter."""
    if weigh(text) <= limit:
        return text
    text = text[: max(limit, 0) + 1]  # no character weighs less than 1
    fits = bisect_right(range(len(text) + 1), limit, key=lambda length: weigh(text[:length])) - 1
    for edge in ("\n\n", "\n", " "):
        cut = text.rfind(edge, 0, max(fits, 0) + len(edge))
        if cut > 0:
            return text[:cut].rstrip()
    return text[: letter_edge(text, max(fits, 0))]


def _utf8(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _in_json(text: str) -> int:
    return len(_json(text)) - 2


def _line(text: str) -> str:
    """Foreign text as one line that no terminal and no mail header misreads."""
    return clean(text).encode("utf-8", "replace").decode()
