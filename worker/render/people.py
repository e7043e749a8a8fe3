"""An alert in words: what matched, where and when it was published, and why the reader is told.

Must not know channels, nor what programs get.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from worker.model import Alert, FiledRecord, Paragraph, Record, Run, Span
from worker.render import hits
from worker.render.lines import name_of, one_line, runs, short, subject_of
from worker.render.origin import origin
from worker.render.standing import stands_for
from worker.wording import Wording

_OLD = timedelta(days=1)
_COPIES_MOST = 20


def subject(alert: Alert, wording: Wording) -> str:
    said = wording.say(
        "alert_subject", subscription=name_of(alert.subscription), title=title(alert.record.record, wording)
    )
    return subject_of(said)


def paragraphs(alert: Alert, now: datetime, wording: Wording) -> Iterator[Paragraph]:
    """The whole alert, its most telling lines first."""
    yield Paragraph(kind="head", runs=(Run(subject(alert, wording)),), weight=1)
    yield from article(alert.record.record, now, wording)
    yield from matched(alert, wording)
    yield from copies(alert.also, wording)
    yield from closing(alert, wording)


def title(record: Record, wording: Wording) -> str:
    """An article's title as one line."""
    return short(record.title) or wording.say("no_title")


def article(record: Record, now: datetime, wording: Wording) -> Iterator[Paragraph]:
    """Where an article stands: its paper, category and time, its age, its address, and whose text it is."""
    facts = (record.source_line or record.source, record.category, told_at(record, wording))
    yield Paragraph(kind="facts", runs=runs(" | ".join(short(fact) for fact in facts if fact)))
    if age := _age(record, now, wording):
        yield Paragraph(kind="note", runs=runs(age))
    if url := one_line(record.url):
        yield Paragraph(kind="link", runs=runs(url, link=url), weight=1)
    for said in origin(record, wording):
        yield Paragraph(kind="note", runs=runs(said))


def told_at(record: Record, wording: Wording) -> str:
    """When it was published, or seen if the feed does not say."""
    at = wording.clock(published(record))
    return at if record.published_at_from == "feed" else wording.say("first_seen_label", at=at)


def published(record: Record) -> datetime:
    """When it was published, on the clock of its source."""
    return record.published_at.astimezone(ZoneInfo(record.timezone))


def _age(record: Record, now: datetime, wording: Wording) -> str:
    if record.published_at_from != "feed" or now - record.published_at <= _OLD:
        return ""
    return wording.say("published_ago", ago=wording.relative(record.published_at, now))


def matched(alert: Alert, wording: Wording) -> Iterator[Paragraph]:
    """Which words matched, what they stand for, and the sentences in which they stand."""
    if not alert.spans:
        return
    shown = hits.shown(alert.spans)
    yield Paragraph(kind="note", runs=tuple(_words(alert.query, shown, wording)))
    more = len(alert.spans)
    for excerpt in hits.excerpts(alert.record.record, shown, alert.spans):
        more -= excerpt.hits
        yield Paragraph(kind="hit", runs=(Run(f"{_field_name(excerpt.field, wording)}: "), *excerpt.runs))
    if more > 0:
        yield Paragraph(kind="note", runs=runs("  " + wording.count("more_spots", more)), weight=3)


def _words(query: str, shown: Sequence[Span], wording: Wording) -> Iterator[Run]:
    """»Großbrände« (Form von Brand), »Feuer«."""
    between = wording.say("matched_label", words="")
    for text in dict.fromkeys(hits.word_of(span.text) for span in shown):
        yield Run(between)
        yield Run(text, marked=True)
        between = ", "
        if (one := stands_for(text, query)) is not None:
            said = "alert_form_of" if one.kind == "inflected" else "alert_fits"
            yield Run(f" ({wording.say(said, typed=short(one.typed, 60))})")


def _field_name(field: str, wording: Wording) -> str:
    return wording.say(f"field_{field}") if field in _FIELDS_NAMED else short(field, 60)


_FIELDS_NAMED = ("title", "body", "category", "tags", "author", "url")


def copies(also: Sequence[FiledRecord], wording: Wording) -> Iterator[Paragraph]:
    """Other articles that tell the same story."""
    for filed in also[:_COPIES_MOST]:
        url = one_line(filed.record.url)
        said = wording.say("alert_also", title=title(filed.record, wording))
        yield Paragraph(kind="item", runs=(Run(said, link=url), Run(f" ({url})")), weight=3)
    if len(also) > _COPIES_MOST:
        yield Paragraph(kind="note", runs=runs(wording.count("alert_more_copies", len(also) - _COPIES_MOST)), weight=3)


def closing(alert: Alert, wording: Wording) -> Iterator[Paragraph]:
    """Why the reader is told, and the alert's id."""
    yield why(alert.subscription, alert.query, wording)
    yield number(alert.id, wording)


def why(subscription: str, query: str, wording: Wording) -> Paragraph:
    said = wording.say("alert_why", subscription=name_of(subscription), query=short(query))
    return Paragraph(kind="why", runs=runs(short(said)))


def number(alert_id: str, wording: Wording) -> Paragraph:
    return Paragraph(kind="id", runs=runs(wording.say("alert_id", id=short(alert_id, 60))), weight=1)
