"""Follow-ups: what changed is quoted, the subject stays, and programs learn which alert they belong to."""

import json
from dataclasses import replace

import pytest

from tests.owed import HOSTILE, NOW, a_record, an_alert, every
from worker.model import Alert, EditChange, FiledRecord, Message
from worker.render import PAYLOAD_MAX_BYTES, SUBJECT_MAX, render


def a_follow_up(*changes: EditChange, **further: object) -> Alert:
    record = a_record(title="Ministerin besucht drei Werften")
    alert = an_alert(record, every("Werften", record, "title"), id="alert_b", kind="edit", occasion="revision:2")
    return replace(alert, changes=changes, follows="alert_a", **further)  # type: ignore[arg-type]


def said(alert: Alert, language: str = "de") -> Message:
    return render(alert, now=NOW, language=language)


TITLE = EditChange(kind="title", before="Ministerin besucht Werft", after="Ministerin besucht drei Werften")
NUMBER = EditChange(kind="number", before="Es gab 3 Verletzte am Kai.", after="Es gab 12 Verletzte am Kai.")
UPDATE = EditChange(kind="update", after="Update: Die Werft ist wieder offen.")


def test_a_text_in_german() -> None:
    message = said(a_follow_up(TITLE, NUMBER, UPDATE))
    assert message.subject == "Re: Alarm „Werften“: Ministerin besucht Werft"
    assert message.text.splitlines() == [
        "Nachtrag zum Alarm „Werften“: Ministerin besucht drei Werften",
        "Der Titel ist geändert.",
        "  vorher: Ministerin besucht »Werft«",
        "  jetzt: Ministerin besucht »drei Werften«",
        "Eine Zahl ist geändert.",
        "  vorher: Es gab »3« Verletzte am Kai.",
        "  jetzt: Es gab »12« Verletzte am Kai.",
        "Der Artikel hat eine Aktualisierung.",
        "  jetzt: Update: Die Werft ist wieder offen.",
        "zeitung.example - Die Zeitung | Küste | 03.12.2025, 16:35 Uhr",
        "https://zeitung.example/nachrichten/ministerin-besucht-werft-4711/",
        "Treffer: »Werften« (passt zu Werft*)",
        "  im Titel: Ministerin besucht drei »Werften«",
        "Abo „Werften“: Abfrage Werft* OR Fähre",
        "Alarm-ID: alert_b",
    ]


def test_a_text_in_english() -> None:
    lines = said(a_follow_up(NUMBER), "en").text.splitlines()
    assert lines[:4] == [
        "Follow-up to the alert “Werften”: Ministerin besucht drei Werften",
        "A number has changed.",
        "  before: Es gab »3« Verletzte am Kai.",
        "  now: Es gab »12« Verletzte am Kai.",
    ]


@pytest.mark.parametrize(
    ("kind", "de", "en"),
    [
        ("withdrawn", "Der Artikel ist von der Website verschwunden.", "The article is gone from the site."),
        ("returned", "Der Artikel ist wieder auf der Website.", "The article is on the site again."),
    ],
)
def test_what_left_the_site_or_came_back(kind: str, de: str, en: str) -> None:
    alert = a_follow_up(EditChange(kind=kind))  # type: ignore[arg-type]
    assert said(alert).text.splitlines()[1] == de
    assert said(alert, "en").text.splitlines()[1] == en


def test_the_subject_of_the_first_one_is_kept() -> None:
    first = an_alert(a_record(title="Ministerin besucht Werft"))
    assert said(a_follow_up(TITLE)).subject == f"Re: {said(first).subject}"
    assert said(a_follow_up(NUMBER)).subject == "Re: Alarm „Werften“: Ministerin besucht drei Werften"


def test_programs_learn_what_changed() -> None:
    body = json.loads(said(a_follow_up(TITLE, UPDATE)).payload)
    assert (body["type"], body["version"]) == ("alert.updated", 1)
    assert body["data"]["follows"] == "alert_a"
    assert body["data"]["changes"] == [
        {"kind": "title", "before": TITLE.before, "after": TITLE.after},
        {"kind": "update", "before": "", "after": UPDATE.after},
    ]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_changes(hostile: str) -> None:
    changes = [EditChange(kind="title", before=hostile * 20, after=hostile * 30)] * 40
    message = said(a_follow_up(*changes))
    assert message.subject.splitlines() == [message.subject]
    assert len(message.subject) <= SUBJECT_MAX
    assert len(message.text) < 20_000
    message.text.encode()
    assert len(message.payload) <= PAYLOAD_MAX_BYTES


def test_everything_at_its_largest_fits_into_a_payload() -> None:
    many = tuple(f"Schlagwort {n} " + "x" * 500 for n in range(500))
    record = a_record(title="Titel " * 5000, author="A" * 9000, category="K" * 9000, categories=many, tags=many)
    filed: FiledRecord = replace(an_alert(record).record, former_urls=many, feeds=many)
    alert = a_follow_up(*[EditChange(kind="number", before="3 " * 900, after="4 " * 900)] * 20)
    spans = tuple(span for word in ("Titel",) for span in every(word, record, "title"))
    alert = replace(alert, record=filed, spans=spans, also=(filed,) * 50, query="q OR " * 5000)
    payload = said(alert).payload
    assert len(payload) <= PAYLOAD_MAX_BYTES
    assert json.loads(payload)["data"]["changes"]
