"""Digests and summaries: every alert is in the text, and in the payload as long as it fits."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.owed import HOSTILE, NOW, PUBLISHED, a_record, an_alert, every
from worker.model import Alert, Digest, EditChange, Message
from worker.render import SUBJECT_MAX, render
from worker.render.digest import PAYLOAD_MAX_BYTES


def member(number: int, at: timedelta = timedelta(0), title: str = "Werft baut Schiff") -> Alert:
    record = a_record(title=f"{title} {number}", published_at=PUBLISHED + at, url=f"https://zeitung.example/{number}/")
    created_at = PUBLISHED + at + timedelta(minutes=2)
    return an_alert(record, every("Werft", record, "title"), id=f"alert_{number}", created_at=created_at)


def a_digest(*alerts: Alert, kind: str = "digest", **changes: object) -> Digest:
    told = Digest(
        id="digest_a", kind=kind, subscription="Werften", query="Werft* OR Fähre", alerts=alerts, created_at=NOW
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def said(told: Digest, language: str = "de") -> Message:
    return render(told, now=NOW, language=language)


def test_a_text_in_german() -> None:
    told = a_digest(member(1), member(2, timedelta(hours=1)), member(3, timedelta(days=1)))
    message = said(told)
    assert message.subject == "Sammelalarm „Werften“: 3 Treffer, 03.12.2025, 16:37 Uhr bis 04.12.2025, 16:37 Uhr"
    assert message.text.splitlines() == [
        message.subject,
        "03.12.2025 (2 Treffer)",
        "Werft baut Schiff 1",
        "16:35 Uhr | Küste",
        "  »Werft« baut Schiff 1",
        "https://zeitung.example/1/",
        "Werft baut Schiff 2",
        "17:35 Uhr | Küste",
        "  »Werft« baut Schiff 2",
        "https://zeitung.example/2/",
        "04.12.2025 (1 Treffer)",
        "Werft baut Schiff 3",
        "16:35 Uhr | Küste",
        "  »Werft« baut Schiff 3",
        "https://zeitung.example/3/",
        "Abo „Werften“: Abfrage Werft* OR Fähre",
        "Alarm-ID: digest_a",
    ]


def test_a_text_in_english() -> None:
    lines = said(a_digest(member(1), member(2)), "en").text.splitlines()
    assert lines[:4] == [
        "Digest “Werften”: 2 hits, 3 Dec 2025, 16:37",
        "Werft baut Schiff 1",
        "3 Dec 2025, 16:35 | Küste",
        "  »Werft« baut Schiff 1",
    ]


def test_the_paper_is_named_where_there_are_several() -> None:
    other = replace(
        member(2), record=replace(member(2).record, record=a_record(source="blatt", source_line="Das Blatt"))
    )
    text = said(a_digest(member(1), other)).text
    assert "zeitung.example - Die Zeitung | 03.12.2025, 16:35 Uhr | Küste" in text
    assert "Das Blatt | 03.12.2025, 16:35 Uhr | Küste" in text


def test_a_summary_says_why_it_came() -> None:
    told = a_digest(member(1), member(2), kind="summary", most_per_hour=20)
    lines = said(told).text.splitlines()
    assert lines[0] == "Zusammenfassung „Werften“: 2 Treffer, 03.12.2025, 16:37 Uhr"
    assert lines[1].startswith("Es waren mehr als 20 Treffer in einer Stunde")
    assert "more than 20 hits within an hour" in said(told, "en").text
    assert "zu viele Treffer in einer Stunde" in said(replace(told, most_per_hour=0)).text


def test_the_span_is_on_the_subscriptions_clock() -> None:
    assert "04.12.2025, 00:37 Uhr" in said(a_digest(member(1), timezone="Asia/Tokyo")).subject


def test_follow_ups_and_copies_are_told_within() -> None:
    change = EditChange(kind="number", before="3 Verletzte", after="12 Verletzte")
    copy = replace(member(7).record, record=a_record(title="Dasselbe", url="https://zeitung.example/7/"))
    lines = said(a_digest(replace(member(1), kind="edit", changes=(change,)), replace(member(2), also=(copy,)))).text
    assert "Nachtrag: Werft baut Schiff 1" in lines
    assert "  vorher: »3« Verletzte" in lines
    assert "auch: Dasselbe (https://zeitung.example/7/)" in lines


def test_programs_get_every_alert() -> None:
    body = json.loads(said(a_digest(member(1), member(2), kind="summary")).payload)
    assert (body["type"], body["version"]) == ("alert.digest", 1)
    data = body["data"]
    assert (data["kind"], data["count"], data["truncated"]) == ("summary", 2, False)
    assert data["alerts"][0] == {
        "alert_id": "alert_1",
        "kind": "new",
        "title": "Werft baut Schiff 1",
        "url": "https://zeitung.example/1/",
        "published_at": "2025-12-03T15:35:00Z",
        "matches": [{"field": "title", "start": 0, "end": 5, "text": "Werft"}],
    }


def test_every_attempt_sends_the_same_bytes() -> None:
    told = a_digest(member(1), member(2))
    assert said(told, "de").payload == render(told, now=NOW + timedelta(days=9), language="en").payload


def test_five_thousand_alerts_are_all_in_the_text_and_in_the_payload() -> None:
    told = a_digest(*(member(number) for number in range(5000)))
    message = said(told)
    assert all(f"https://zeitung.example/{number}/" in message.text for number in (0, 2500, 4999))
    assert sum(line.startswith("https://") for line in message.text.splitlines()) == 5000
    data = json.loads(message.payload)["data"]
    assert len(message.payload) <= PAYLOAD_MAX_BYTES
    assert (len(data["alerts"]), data["count"], data["truncated"]) == (5000, 5000, False)


def test_what_does_not_fit_is_counted() -> None:
    long = "https://zeitung.example/" + "x" * 900
    members = [replace(member(n), record=replace(member(n).record, record=a_record(url=long))) for n in range(1500)]
    message = said(a_digest(*members))
    data = json.loads(message.payload)["data"]
    assert len(message.payload) <= PAYLOAD_MAX_BYTES
    assert data["truncated"] is True
    assert data["count"] == 1500
    assert 900 < len(data["alerts"]) < 1500
    assert len(message.payload) > PAYLOAD_MAX_BYTES - 2000


@pytest.mark.parametrize("hostile", HOSTILE)
def test_foreign_text_breaks_no_line(hostile: str) -> None:
    message = said(a_digest(member(1, title=hostile), member(2), subscription=hostile, query=hostile))
    assert message.subject.splitlines() == [message.subject]
    assert len(message.subject) <= SUBJECT_MAX
    assert len(message.text.splitlines()) == message.text.count("\n") + 1
    message.text.encode()
    json.loads(message.payload)


def test_a_digest_of_none_says_nothing_wrong() -> None:
    assert said(a_digest()).subject == "Sammelalarm „Werften“: 0 Treffer, 03.12.2025, 16:40 Uhr"
