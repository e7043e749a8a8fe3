"""Articles and alerts as rendering gets them, and text that means harm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from worker.model import Alert, FiledRecord, Record, Span

PUBLISHED = datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
NOW = PUBLISHED + timedelta(minutes=5)
URL = "https://zeitung.example/nachrichten/ministerin-besucht-werft-4711/"
BODY = "Die Ministerin besuchte am Montag die Werft.\n\n## Hintergrund\n\nDie Werft baut „Fähren“ für die Küste."
HOSTILE = [
    "Zeile\r\nBcc: opfer@example.org",
    "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g",
    "\x1b]0;Titel\x07\x1b[31mrot\x9b2J",
    "NUL\x00 und \ud800 halb",
    "\u202eegnuztlef\u202c \u2066x\u2069 \u200b\u00ad",
    "{0.__class__} $title ${x} %s {{7*7}}",
    "👨‍👩‍👧‍👦" * 300,
    "ä" * 5000,
    "a\u0300\u0301" * 2000,
    " " * 5000,
]


def a_record(**changes: object) -> Record:
    record = Record(
        url=URL,
        url_key="zeitung.example/nachrichten/ministerin-besucht-werft-4711",
        title="Ministerin besucht Werft",
        published_at=PUBLISHED,
        category="Küste",
        categories=("Küste", "Aktuell"),
        body=BODY,
        source="zeitung",
        source_line="zeitung.example - Die Zeitung",
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def an_alert(record: Record | None = None, spans: tuple[Span, ...] = (), **changes: object) -> Alert:
    filed = FiledRecord(
        id=1, key="0123456789abcdef", record=record or a_record(), feeds=("https://zeitung.example/feed/",),
        first_seen_at=PUBLISHED + timedelta(minutes=1),
    )  # fmt: skip
    alert = Alert(
        id="msg_a", kind="new", subscription="Werften", query="Werft* OR Fähre", record=filed, spans=spans,
        created_at=PUBLISHED + timedelta(minutes=2, microseconds=7),
    )  # fmt: skip
    return replace(alert, **changes)  # type: ignore[arg-type]


def every(word: str, record: Record, field: str = "body") -> tuple[Span, ...]:
    text = getattr(record, field)
    found, at = [], text.find(word)
    while at >= 0:
        found.append(Span(field=field, start=at, end=at + len(word), text=word))
        at = text.find(word, at + len(word))
    return tuple(found)
