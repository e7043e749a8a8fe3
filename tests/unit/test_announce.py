"""What the operator is told of troubles, in German and English, and as JSON."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from worker.announce import advice, message, notices, sentence
from worker.model import Trouble, TroubleKind
from worker.wording import Wording

BEGAN = datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
TROUBLE = Trouble(
    id=5,
    feed_id=1,
    feed_url="https://u:geheim@www.stadtblatt.example/feed/",
    source="stadtblatt",
    kind=TroubleKind.NO_FEED,
    detail="an HTML page instead of a feed",
    began_at=BEGAN,
)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", list(TroubleKind))
@pytest.mark.parametrize("over", [None, BEGAN + timedelta(hours=5)])
def test_every_trouble_has_its_sentences(kind: TroubleKind, language: str, over: datetime | None) -> None:
    trouble = replace(TROUBLE, kind=kind, over_at=over)
    if kind.startswith("channel_"):
        trouble = replace(trouble, feed_id=None, feed_url="", source="", channel="pager")
    told = message(trouble, zone="Europe/Berlin", language=language)
    assert ("www.stadtblatt.example/feed/" if trouble.feed_id else "pager") in told.subject
    assert "geheim" not in told.text + told.payload.decode()
    assert "\n" not in told.subject
    assert told.text.startswith(told.subject)
    assert advice(trouble, Wording(language))
    assert not sentence(trouble, "Europe/Berlin", Wording(language)).endswith(".")


def test_times_are_told_on_the_source_s_clock() -> None:
    assert "03.12.2025, 16:35 Uhr" in message(TROUBLE, zone="Europe/Berlin", language="de").text
    assert "3 Dec 2025, 10:35" in message(TROUBLE, zone="America/New_York", language="en").text


def test_its_begin_says_what_was_seen_and_what_to_do_and_its_end_how_long_it_took() -> None:
    begin = message(TROUBLE, zone="Europe/Berlin", language="en").text
    assert "an HTML page instead of a feed" in begin
    assert "What to do: " in begin
    end = message(replace(TROUBLE, over_at=BEGAN + timedelta(hours=5)), zone="Europe/Berlin", language="en").text
    assert "It lasted 5 hours" in end
    assert "What to do" not in end


def test_programs_get_the_same_as_json() -> None:
    body = json.loads(message(TROUBLE, zone="Europe/Berlin", language="de").payload)
    assert (body["type"], body["version"], body["timestamp"]) == ("operator.trouble", 1, "2025-12-03T15:35:00Z")
    data = body["data"]
    assert (data["phase"], data["kind"], data["over_at"]) == ("began", "no_feed", None)
    assert data["feed"] == {"id": 1, "url": "https://***@www.stadtblatt.example/feed/"}
    end = json.loads(message(replace(TROUBLE, over_at=BEGAN), zone="Europe/Berlin", language="de").payload)
    assert (end["data"]["phase"], end["data"]["over_at"]) == ("over", "2025-12-03T15:35:00Z")


def test_ids_are_those_of_the_trouble_and_of_each_channel() -> None:
    def ids(trouble: Trouble, *channels: str) -> list[str]:
        return [number for number, _, _ in notices(trouble, channels, zone="Europe/Berlin", language="de")]

    assert ids(TROUBLE, "a", "b", "a") == ids(replace(TROUBLE, id=9), "a", "b")
    assert len(set(ids(TROUBLE, "a", "b") + ids(replace(TROUBLE, over_at=BEGAN), "a", "b"))) == 4
    assert all(len(number) <= 40 for number in ids(TROUBLE, "a" * 200))


def test_a_long_or_hostile_detail_is_one_short_line() -> None:
    trouble = replace(TROUBLE, detail="\x1b[31m" + "x\n" * 5_000)
    lines = message(trouble, zone="Europe/Berlin", language="en").text.splitlines()
    assert len(lines) == 3
    assert all(len(line) < 400 and line.isprintable() for line in lines)
