"""What a health check says of a pulse, and which command lines ask for one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.colleagues import a_colleague
from worker.checkup import Asked, asked, judge
from worker.pulse import Pulse
from worker.wording import Wording

NOON = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
WORKER, BEAT = a_colleague(NOON - 4 * SECOND), a_colleague(NOON - 4 * SECOND, "beat")
WELL = Pulse(now=NOON, workers=(BEAT, WORKER), swept_at=NOON - SECOND)


def is_good(pulse: Pulse, part: str = "", host: str = "a") -> bool:
    return judge(pulse, part, host, Wording("en")).is_good


@pytest.mark.parametrize("part", ["", "poll", "deliver", "beat"])
def test_all_is_well(part: str) -> None:
    assert is_good(WELL, part)
    assert not is_good(WELL, part, host="b")
    assert not is_good(replace(WELL, now=NOON + HOUR), part)


@pytest.mark.parametrize(
    ("part", "ill"),
    [
        ("poll", {"feed_waits_since": NOON - HOUR}),
        ("deliver", {"delivery_waits_since": NOON - HOUR}),
        ("beat", {"swept_at": NOON - HOUR}),
    ],
)
def test_each_part_is_judged_by_its_own_work(part: str, ill: dict[str, datetime]) -> None:
    pulse = replace(WELL, **ill)  # type: ignore[arg-type]
    assert {one: is_good(pulse, one) for one in ("poll", "deliver", "beat")} == {
        one: one != part for one in ("poll", "deliver", "beat")
    }
    assert is_good(pulse)
    said = {language: judge(pulse, part, "a", Wording(language)).said for language in ("de", "en")}
    assert ("1 Stunde" in said["de"] or "einer Stunde" in said["de"], "1 hour" in said["en"]) == (True, True)


@pytest.mark.parametrize(("part", "named"), [("", "run"), ("poll", "polls"), ("deliver", "sends"), ("beat", "`beat`")])
def test_who_is_missing_is_named_with_what_to_start(part: str, named: str) -> None:
    said = judge(replace(WELL, workers=()), part, "a", Wording("en")).said
    assert (named in said, "`feedwacht run`" in said) == (True, True)


def test_a_process_of_another_kind_does_not_count() -> None:
    assert not is_good(replace(WELL, workers=(BEAT,)), "poll")
    assert not is_good(replace(WELL, workers=(WORKER,)), "beat")
    assert is_good(replace(WELL, workers=(replace(WORKER, role="run"),)), "beat")


@pytest.mark.parametrize("part", ["", "poll", "deliver"])
def test_who_takes_no_work_is_not_well(part: str) -> None:
    idle = replace(WORKER, idle_reason="the archive is at schema 0009")
    found = judge(replace(WELL, workers=(idle,)), part, "a", Wording("en"))
    assert (found.is_good, found.said) == (False, "worker@a-1 takes no work: the archive is at schema 0009")
    assert is_good(replace(WELL, workers=(idle, replace(WORKER, name="worker@a-3"))), part)


def test_a_beat_of_an_older_version_rings_on() -> None:
    assert is_good(replace(WELL, workers=(replace(BEAT, idle_reason="the archive is at schema 0009"),)), "beat")


def test_a_worker_of_one_queue_does_that_alone() -> None:
    pulse = replace(WELL, workers=(replace(WORKER, name="worker-deliver@a-1"),))
    assert {one: is_good(pulse, one) for one in ("", "poll", "deliver")} == {"": True, "poll": False, "deliver": True}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("health", Asked()),
        ("health poll", Asked("poll")),
        ("--config a.toml health beat", Asked("beat", Path("a.toml"))),
        ("health deliver --config=b.toml", Asked("deliver", Path("b.toml"))),
        ("health other", None),
        ("health poll beat", None),
        ("health --help", None),
        ("archive search health", None),
        ("health --config", None),
        ("", None),
    ],
)
def test_the_short_way_is_for_plain_questions_only(line: str, wanted: Asked | None) -> None:
    assert asked(line.split()) == wanted
