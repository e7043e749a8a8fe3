"""Whatever a newspaper or a user writes, each kind of message can be told: one line of subject, valid JSON, a safe page."""

import json
from dataclasses import replace

from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.owed import NOW, PUBLISHED, a_record, an_alert
from worker.markup import html
from worker.model import AiNotice, Alert, Digest, EditChange, Heartbeat, Message, Span
from worker.render import PAYLOAD_MAX_BYTES, SUBJECT_MAX, render
from worker.render import digest as digests

# Any code points, lone surrogates among them, and those that mean something to somebody more often than chance would.
texts = st.text(
    st.characters() | st.sampled_from("\ud800\udfff\u2028\u202e\u2066\x00\x0b\x85\r\n<&\"'{}%$»«.!? 👩\u200d\u0301")
)


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    title, body, other = draw(texts), "\n\n".join(draw(st.lists(texts, max_size=5))), draw(texts)
    record = a_record(
        title=title,
        body=body * draw(st.integers(1, 30)),
        category=other,
        author=other,
        url=draw(texts),
        agency=draw(st.sampled_from([None, "dpa", "press", other])),
        ai_notice=draw(st.sampled_from([None, AiNotice(), AiNotice(date_local=other)])),
    )
    spans = []
    for _ in range(draw(st.integers(0, 12))):
        field = draw(st.sampled_from(["title", "body", "tags", "url"]))
        text = str(getattr(record, field))
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 30)))
        spans.append(Span(field=field, start=start, end=end, text=text[start:end]))
    kind = draw(st.sampled_from(["title", "number", "update", "withdrawn", "returned"]))
    change = EditChange(kind=kind, before=draw(texts), after=draw(texts))
    alert = an_alert(record, tuple(spans), subscription=draw(texts), query=draw(texts), id=draw(texts))
    alert = replace(alert, also=(alert.record,) * draw(st.integers(0, 3)))
    return replace(alert, kind="edit", changes=(change,)) if draw(st.booleans()) else alert


def check(message: Message, most_bytes: int) -> None:
    assert message.subject.splitlines() in ([message.subject], [])
    assert len(message.subject) <= SUBJECT_MAX
    message.subject.encode()
    message.text.encode()
    assert all(run.text.splitlines() in ([run.text], []) for one in message.paragraphs for run in one.runs)
    assert len(message.text.splitlines()) == message.text.count("\n") + 1
    json.loads(message.payload.decode())
    assert len(message.payload) <= most_bytes
    assert BeautifulSoup(html(message), "lxml").find_all(["script", "img", "iframe", "style", "form", "b"]) == []


@settings(max_examples=150, deadline=None)
@given(alerts(), st.sampled_from(["de", "en"]))
def test_an_alert(alert: Alert, language: str) -> None:
    check(render(alert, now=NOW, language=language), PAYLOAD_MAX_BYTES)


@settings(max_examples=60, deadline=None)
@given(st.lists(alerts(), max_size=5), texts, st.sampled_from(["digest", "summary"]), st.sampled_from(["de", "en"]))
def test_a_digest(members: list[Alert], text: str, kind: str, language: str) -> None:
    told = Digest(id=text, kind=kind, subscription=text, query=text, alerts=tuple(members), created_at=NOW)
    check(render(told, now=NOW, language=language), digests.PAYLOAD_MAX_BYTES)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, max_size=30), texts, st.sampled_from(["de", "en"]))
def test_a_heartbeat(troubles: list[str], text: str, language: str) -> None:
    told = Heartbeat(
        id=text,
        subscription=text,
        query=text,
        since=PUBLISHED,
        until=NOW,
        found=0,
        checked=1,
        feeds=1,
        troubles=tuple(troubles),
        created_at=NOW,
    )
    check(render(told, now=NOW, language=language), PAYLOAD_MAX_BYTES)
