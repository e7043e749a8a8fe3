"""Several alerts in one message, in words and for programs: a digest, or the summary of a flood.

`alert.digest`: {"type", "version": 1, "timestamp", "data": {"alert_id", "kind": "digest" | "summary", "subscription",
"query", "since", "until", "count", "truncated": bool, "alerts": [{"alert_id", "kind": "new" | "edit", "title", "url",
"published_at", "matches": [{"field", "start", "end", "text"}], "also": [{"title", "url"}] where there are such}]}}.
Must not know when one is due.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from worker.model import Alert, AlertKind, Digest, Paragraph, Run
from worker.render import followup, hits, people
from worker.render.lines import name_of, one_line, runs, short, subject_of
from worker.render.programs import match, stamp
from worker.render.shortening import marked, packed
from worker.wording import Wording

PAYLOAD_MAX_BYTES = 1_048_576

_NAME_MAX_BYTES = 300
_QUERY_MAX_BYTES = 2_000
# How much is told of each alert, from all to little, until all of them fit: matches, bytes of one, bytes of a title.
_DETAIL = ((5, 120, 1_000), (1, 60, 300), (0, 0, 120))


def subject(told: Digest, wording: Wording) -> str:
    """How many, and from when to when."""
    times = [_local(alert.created_at, told) for alert in told.alerts] or [_local(told.created_at, told)]
    since, until = wording.clock(min(times)), wording.clock(max(times))
    said = f"{'summary' if told.kind == AlertKind.SUMMARY else 'digest'}_subject{'_once' if since == until else ''}"
    hits_ = wording.count("alert_hits", len(told.alerts))
    values = {"subscription": name_of(told.subscription), "hits": hits_, "since": since, "until": until}
    return subject_of(wording.say(said, **values))


def paragraphs(told: Digest, wording: Wording) -> Iterator[Paragraph]:
    """Every alert with its title, time and category, a sentence with hits, and its address; by days if there are several."""
    yield Paragraph(kind="head", runs=(Run(subject(told, wording)),), weight=1)
    if told.kind == AlertKind.SUMMARY:
        yield Paragraph(kind="note", runs=runs(_because(told, wording)), weight=1)
    days = list(_by_day(told))
    several = len({alert.record.record.source for alert in told.alerts}) > 1
    for day, alerts in days:
        if len(days) > 1:
            heading = f"{wording.day(day)} ({wording.count('alert_hits', len(alerts))})"
            yield Paragraph(kind="head", runs=runs(heading))
        for alert in alerts:
            yield from _told(alert, wording, day=len(days) == 1, source=several)
    yield people.why(told.subscription, told.query, wording)
    yield people.number(told.id, wording)


def _because(told: Digest, wording: Wording) -> str:
    if not told.most_per_hour:
        return wording.say("summary_because_many")
    return wording.say("summary_because", hits=wording.count("alert_hits", told.most_per_hour))


def _by_day(told: Digest) -> Iterator[tuple[date, Sequence[Alert]]]:
    """By the day on which the articles were published on the clock of their source, in the order of the digest within."""
    days = sorted(told.alerts, key=lambda alert: people.published(alert.record.record).date())
    for day, alerts in groupby(days, key=lambda alert: people.published(alert.record.record).date()):
        yield day, list(alerts)


def _told(alert: Alert, wording: Wording, *, day: bool, source: bool) -> Iterator[Paragraph]:
    """day, source: whether the day and the paper are named with each article."""
    record = alert.record.record
    url, title = one_line(record.url), people.title(record, wording)
    said = wording.say("digest_follow_up", title=title) if alert.kind == AlertKind.EDIT else title
    yield Paragraph(kind="item", runs=runs(said, link=url))
    at = people.published(record)
    paper = short(record.source_line or record.source) if source else ""
    facts = (paper, wording.clock(at) if day else wording.hour(at), short(record.category))
    yield Paragraph(kind="facts", runs=runs(" | ".join(fact for fact in facts if fact)), weight=3)
    yield from followup.changes(alert, wording)
    for excerpt in hits.excerpts(record, hits.shown(alert.spans, 1), alert.spans):
        yield Paragraph(kind="hit", runs=excerpt.runs, weight=3)
    if url:
        yield Paragraph(kind="link", runs=runs(url, link=url))
    yield from people.copies(alert.also, wording)


def _local(at: datetime, told: Digest) -> datetime:
    return at.astimezone(ZoneInfo(told.timezone))


# -- for programs -----------------------------------------------------------------------------------------------------


def payload(told: Digest) -> bytes:
    """Every alert, with as much of each as lets all of them fit into 1 MiB; if not even the least does, as many as fit,
    `truncated`, and `count` says how many there are.
    """
    empty = len(_envelope(told, b"", truncated=False))
    for detail in _DETAIL:
        items = [packed(_item(alert, *detail)) for alert in told.alerts]
        if empty + sum(len(item) + 1 for item in items) <= PAYLOAD_MAX_BYTES:
            return _envelope(told, b",".join(items), truncated=False)
    return _envelope(told, b",".join(_that_fit(items, PAYLOAD_MAX_BYTES - empty)), truncated=True)


def _that_fit(items: Iterable[bytes], room: int) -> Iterator[bytes]:
    for item in items:
        room -= len(item) + 1
        if room < 0:
            return
        yield item


def _envelope(told: Digest, items: bytes, *, truncated: bool) -> bytes:
    times = [alert.created_at for alert in told.alerts] or [told.created_at]
    head = packed(
        {
            "type": "alert.digest",
            "version": 1,
            "timestamp": stamp(told.created_at),
            "data": {
                "alert_id": told.id,
                "kind": told.kind,
                "subscription": marked(told.subscription, _NAME_MAX_BYTES),
                "query": marked(told.query, _QUERY_MAX_BYTES),
                "since": stamp(min(times)),
                "until": stamp(max(times)),
                "count": len(told.alerts),
                "truncated": truncated,
                "alerts": [],
            },
        }
    )
    return head.removesuffix(b"]}}") + items + b"]}}"


def _item(alert: Alert, most: int, match_bytes: int, title_bytes: int) -> dict[str, object]:
    record = alert.record.record
    item: dict[str, object] = {
        "alert_id": alert.id,
        "kind": alert.kind,
        "title": marked(record.title, title_bytes),
        "url": record.url,
        "published_at": stamp(record.published_at),
        "matches": [match(span, marked(span.text, match_bytes)) for span in hits.shown(alert.spans, most)],
    }
    if alert.also and most:
        item["also"] = [
            {"title": marked(one.record.title, title_bytes), "url": one.record.url} for one in alert.also[:20]
        ]
    return item
