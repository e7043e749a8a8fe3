"""A made-up alert, by which a channel is tried: clearly a test for people, marked `"test": true` for programs.

Pure. Must not know channels; what an alert looks like is `render.py`'s business.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from worker.model import Alert, Delivery, FiledRecord, Message, Record, Span
from worker.render import render
from worker.wording import Wording

_URL = "feedwacht.example/probe"  # a name that nobody can have: RFC 2606


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is sent, as if it had been leased. The delivery stands in no outbox."""

    delivery: Delivery
    alert: Alert
    message: Message


def sample(channel: str, *, token: str, now: datetime, language: str) -> Sample:
    """token: makes the id a fresh one, so that no receiver takes it for a repetition.

    Raises: ValueError for an unknown language.
    """
    alert = _alert(token, now, Wording(language))
    message = render(alert, now=now, language=language)
    marked = Message(
        subject=message.subject, text=message.text, payload=_marked(message.payload), paragraphs=message.paragraphs
    )
    delivery = Delivery(id=f"msg_test_{token}", channel=channel, attempt=1, alert=alert, lease_token="")
    return Sample(delivery=delivery, alert=alert, message=marked)


def _alert(token: str, now: datetime, wording: Wording) -> Alert:
    title, word = wording.say("sample_title"), wording.say("sample_hit")
    name, start = wording.say("sample_subscription"), title.index(word)
    record = Record(
        url=f"https://{_URL}/",
        url_key=_URL,
        title=title,
        published_at=now,
        body=wording.say("sample_body"),
        source=name,
        source_line=name,
    )
    filed = FiledRecord(id=0, key="0" * 16, record=record, first_seen_at=now, day_local="1970/01/01")
    span = Span(field="title", start=start, end=start + len(word), text=word)
    return Alert(
        id=f"alert_test_{token}",
        kind="new",
        subscription=name,
        query=f'"{word}"',
        record=filed,
        spans=(span,),
        created_at=now,
    )


def _marked(payload: bytes) -> bytes:
    body = json.loads(payload)
    head = {name: body.pop(name) for name in ("type", "version") if name in body}
    return json.dumps({**head, "test": True, **body}, ensure_ascii=False, separators=(",", ":")).encode()
