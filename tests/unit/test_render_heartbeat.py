"""Heartbeats: silence means something, and troubles are named."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.owed import HOSTILE, PUBLISHED
from worker.model import Heartbeat, Message
from worker.render import PAYLOAD_MAX_BYTES, SUBJECT_MAX, render

UNTIL = PUBLISHED.replace(hour=17, minute=0)
WELL = Heartbeat(
    id="heartbeat_a",
    subscription="Werften",
    query="Werft* OR Fähre",
    since=UNTIL - timedelta(days=1),
    until=UNTIL,
    found=0,
    checked=1234,
    feeds=3,
    created_at=UNTIL,
)


def said(told: Heartbeat, language: str = "de") -> Message:
    return render(told, now=UNTIL, language=language)


def test_nothing_found_in_german() -> None:
    message = said(WELL)
    assert message.subject == "Lebenszeichen „Werften“: nichts gefunden"
    assert message.text.splitlines() == [
        "Lebenszeichen „Werften“: nichts gefunden",
        "nichts gefunden, 1.234 Artikel geprüft, 3 Feeds gesund",
        "02.12.2025, 18:00 Uhr bis 03.12.2025, 18:00 Uhr",
        "Abo „Werften“: Abfrage Werft* OR Fähre",
        "Alarm-ID: heartbeat_a",
    ]


def test_nothing_found_in_english() -> None:
    assert said(WELL, "en").text.splitlines() == [
        "Heartbeat “Werften”: nothing found",
        "nothing found, 1,234 articles checked, 3 feeds healthy",
        "2 Dec 2025, 18:00 to 3 Dec 2025, 18:00",
        "Subscription “Werften”: query Werft* OR Fähre",
        "Alert ID: heartbeat_a",
    ]


def test_what_was_found_and_what_is_wrong() -> None:
    told = replace(WELL, found=2, troubles=("der Feed ist still", "403"), timezone="America/New_York")
    assert said(told).text.splitlines()[:5] == [
        "Lebenszeichen „Werften“: 2 Treffer",
        "2 Treffer, 1.234 Artikel geprüft, nicht alle Feeds sind gesund:",
        "- der Feed ist still",
        "- 403",
        "02.12.2025, 12:00 Uhr bis 03.12.2025, 12:00 Uhr",
    ]


def test_without_feeds_nothing_is_called_healthy() -> None:
    assert "es gibt keinen Feed" in said(replace(WELL, feeds=0)).text


def test_programs_get_numbers() -> None:
    assert json.loads(said(replace(WELL, found=2, troubles=("still",))).payload) == {
        "type": "alert.heartbeat",
        "version": 1,
        "timestamp": "2025-12-03T17:00:00Z",
        "data": {
            "alert_id": "heartbeat_a",
            "subscription": "Werften",
            "query": "Werft* OR Fähre",
            "since": "2025-12-02T17:00:00Z",
            "until": "2025-12-03T17:00:00Z",
            "found": 2,
            "checked": 1234,
            "feeds": 3,
            "healthy": False,
            "troubles": ["still"],
            "truncated": False,
        },
    }


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_troubles(hostile: str) -> None:
    message = said(replace(WELL, troubles=(hostile * 30,) * 300, subscription=hostile, query=hostile))
    assert message.subject.splitlines() == [message.subject]
    assert len(message.subject) <= SUBJECT_MAX
    assert len(message.text.splitlines()) < 30
    assert len(message.payload) <= PAYLOAD_MAX_BYTES
    assert json.loads(message.payload)["data"]["truncated"] is True
