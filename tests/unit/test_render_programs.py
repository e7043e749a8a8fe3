"""Alerts in JSON: byte-stable, small, each offset where it says."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.owed import NOW, a_record, an_alert, every
from tests.timing import check_cpu_s
from worker.model import Alert, Digest, Heartbeat, Message, Span
from worker.record import read_line, to_json
from worker.render import BODY_MAX_BYTES, render


def said(alert: Alert, language: str = "de", now: datetime = NOW) -> Message:
    return render(alert, now=now, language=language)


def data(alert: Alert) -> dict[str, object]:
    body = json.loads(said(alert).payload)
    assert isinstance(body, dict)
    return dict(body["data"])


def shown_record(alert: Alert) -> dict[str, str]:
    record = data(alert)["record"]
    assert isinstance(record, dict)
    return record


def shown_matches(alert: Alert) -> list[dict[str, object]]:
    matches = data(alert)["matches"]
    assert isinstance(matches, list)
    return matches


def test_the_payload_of_a_plain_alert() -> None:
    record = a_record()
    alert = an_alert(record, every("Werft", record, "title"))
    assert json.loads(said(alert).payload) == {
        "type": "alert.created",
        "version": 1,
        "timestamp": "2025-12-03T15:37:00Z",
        "data": {
            "alert_id": "msg_a",
            "subscription": "Werften",
            "query": "Werft* OR Fähre",
            "record": to_json(alert.record),
            "truncated": False,
            "matches": [{"field": "title", "start": 19, "end": 24, "text": "Werft"}],
        },
    }


def test_every_attempt_sends_the_same_bytes() -> None:
    alert = an_alert()
    payloads = {
        said(alert, language, NOW + timedelta(days=days)).payload for language in ("de", "en") for days in range(3)
    }
    elsewhere = replace(alert, created_at=alert.created_at.astimezone(timezone(timedelta(hours=5))))
    assert payloads == {said(elsewhere).payload}


def test_offsets_count_code_points_of_the_field() -> None:
    record = a_record(title="🚢🚢 Die 𝕊chöne Werft", body="é" * 7 + " 👩‍🚒 Werft\n\nWerft")
    for match in shown_matches(an_alert(record, (*every("Werft", record), *every("Werft", record, "title")))):
        text = shown_record(an_alert(record))[str(match["field"])]
        assert text[int(str(match["start"])) : int(str(match["end"]))] == match["text"] == "Werft"


def paragraphs(count: int, size: int) -> str:
    return "\n\n".join(f"{n}{' Möwe' * (size // 6)}" for n in range(count))


def test_a_long_body_ends_at_a_paragraph() -> None:
    record = a_record(body=paragraphs(40, 1000))
    alert = an_alert(record, every("Möwe", record))
    body = shown_record(alert)["body"]
    assert record.body.startswith(body + "\n\n")
    assert BODY_MAX_BYTES - 1100 < len(body.encode()) <= BODY_MAX_BYTES
    assert data(alert)["truncated"] is True
    assert len(said(alert).payload) < 20_000


def test_a_body_of_just_twelve_kilobytes_is_whole() -> None:
    body = "x" * 5999 + "\n\n" + "y" * 5999
    assert len(body) == BODY_MAX_BYTES
    assert shown_record(an_alert(a_record(body=body)))["body"] == body
    assert shown_record(an_alert(a_record(body=body + "y")))["body"] == "x" * 5999


def test_the_record_line_is_a_record_line_however_short() -> None:
    for size in (0, 500, 6000, 8500, 11_900, 40_000):
        record = a_record(body=paragraphs(max(size // 300, 1), 300) if size else "")
        alert = an_alert(record, every("Möwe", record))
        shown = shown_record(alert)
        line = read_line(shown["record"])
        assert line.title == record.title
        assert line.url == record.url
        assert " ".join(record.body.split()).startswith(line.body)
        assert len(said(alert).payload) < 20_000
        whole = shown["body"] == record.body and line.body == " ".join(record.body.split())
        assert data(alert)["truncated"] is not whole


def test_matches_beyond_the_cut_are_left_out() -> None:
    record = a_record(body=paragraphs(40, 1000) + "\n\nHier steht Reiher.")
    alert = an_alert(record, (*every("Reiher", record), *every("Ministerin", record, "title")))
    assert [match["text"] for match in shown_matches(alert)] == ["Ministerin"]


def test_matches_are_bounded_and_every_word_has_its_first_place() -> None:
    record = a_record(body="Ente " * 1500 + "Gans")
    alert = an_alert(record, (*every("Ente", record), *every("Gans", record), *every("Werft", record, "title")))
    matches = shown_matches(alert)
    assert {match["text"] for match in matches} == {"Ente", "Gans", "Werft"}
    assert len(matches) <= 50
    assert [match["text"] for match in matches[-2:]] == ["Gans", "Werft"]  # in the alert's order
    starts = [int(str(match["start"])) for match in matches[:-1]]
    assert starts == sorted(starts)


def test_matches_that_a_revision_moved_are_left_out() -> None:
    alert = an_alert(spans=(Span(field="body", start=900, end=905, text="Küste"),))
    assert shown_matches(alert) == []


def test_one_paragraph_of_a_megabyte_ends_at_a_word() -> None:
    body = shown_record(an_alert(a_record(body="Möwe " * 200_000)))["body"]
    assert body.endswith("Möwe")
    assert 11_900 < len(body.encode()) <= BODY_MAX_BYTES


@pytest.mark.parametrize("letter", ["x", "ä", "\u201e", "🚢", '"', "\\", "\n", " ", "\u0301", "👨‍👩‍👧‍👦", "\ud800"])
def test_any_body_fits_and_fast(letter: str) -> None:
    alert = an_alert(a_record(body=letter * 1_000_000))
    payload = check_cpu_s(2, lambda: said(alert).payload)
    assert len(payload) < 20_000
    assert json.loads(payload)["data"]["truncated"] is True


def test_hostile_metadata_does_not_swell_the_payload() -> None:
    many = tuple(f"Schlagwort {n} " + "x" * 500 for n in range(5000))
    record = a_record(
        title="Titel " * 5000, author="A" * 9000, category="K" * 9000, categories=many, tags=many, body=paragraphs(40, 900)
    )  # fmt: skip
    alert = an_alert(record, tuple(Span(field="tags", start=n, end=n + 400, text="x" * 400) for n in range(900)))
    alert = replace(alert, record=replace(alert.record, former_urls=many, feeds=many), query="q OR " * 5000)
    payload = said(alert).payload
    assert len(payload) < 20_000
    assert data(alert)["truncated"] is True
    assert len(shown_record(alert)["body"]) > 500


@settings(max_examples=60, deadline=None)
@given(st.text(), st.lists(st.text(), max_size=8), st.text(), st.integers(0, 40))
def test_whatever_the_text(title: str, blocks: list[str], word: str, times: int) -> None:
    record = a_record(title=title, body="\n\n".join(blocks * times), author=word)
    spans = (*(every(word, record) if word else ()), Span(field="title", start=0, end=len(title), text=title))
    message = said(an_alert(record, spans, subscription=title, query=word))
    assert len(message.payload) < 20_000
    assert "\n" not in message.subject
    for match in json.loads(message.payload)["data"]["matches"]:
        text = record.body if match["field"] == "body" else title
        assert text[match["start"] : match["end"]] == match["text"]


DIGEST = Digest(
    id="d", kind="digest", subscription="Werften", query="Werft*", alerts=(an_alert(), an_alert(id="b")), created_at=NOW
)
HEARTBEAT = Heartbeat(
    id="h", subscription="Werften", query="Werft*", since=NOW, until=NOW, found=0, checked=1, feeds=1, created_at=NOW
)


@pytest.mark.parametrize("owed", [an_alert(), DIGEST, HEARTBEAT], ids=["alert", "digest", "heartbeat"])
def test_programs_alone_get_the_same_bytes_without_the_words(owed: Alert | Digest | Heartbeat) -> None:
    alone = render(owed, now=NOW, language="de", for_people=False)
    assert alone == Message(subject="", text="", payload=render(owed, now=NOW, language="de").payload)


def test_an_article_is_told_to_several_subscriptions_in_each_of_its_states() -> None:
    record = a_record()
    first = an_alert(record, every("Werft", record))
    edited = replace(record, title="Werft gerettet")
    second = an_alert(edited, every("Werft", edited, "title"), subscription="Andere")
    for alert in (first, second, first):
        found = data(alert)
        assert found["subscription"] == alert.subscription
        assert found["record"] == to_json(alert.record)
        assert len(shown_matches(alert)) == len(alert.spans)
