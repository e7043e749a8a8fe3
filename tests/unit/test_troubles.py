"""When a sign of trouble becomes one, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model import Symptom, TroubleKind
from worker.troubles import AWAY, FAILURES, QUIET, TroubleVerdict, is_silent, judge

NOW = datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALL = frozenset(TroubleKind)
FAILING, HTML, EMPTY = TroubleKind.FAILING, TroubleKind.NO_FEED, TroubleKind.EMPTY


def seen(*polls: tuple[float, TroubleKind | None]) -> list[TroubleVerdict]:
    """Polls by their minute and the sign that they showed."""
    symptoms: tuple[Symptom, ...] = ()
    verdicts = []
    for minute, kind in polls:
        signs = {kind: "so it is"} if kind else {}
        verdict = judge(symptoms, signs, FAILURES if kind in FAILURES else ALL, NOW + minute * MINUTE)
        symptoms = verdict.symptoms
        verdicts.append(verdict)
    return verdicts


def began(verdicts: list[TroubleVerdict]) -> list[TroubleKind]:
    return [symptom.kind for verdict in verdicts for symptom, _ in verdict.began]


def over(verdicts: list[TroubleVerdict]) -> list[TroubleKind]:
    return [symptom.kind for verdict in verdicts for symptom in verdict.over]


def test_a_feed_without_signs_is_quiet() -> None:
    assert judge((), {}, ALL, NOW) is QUIET


def test_what_lasts_is_told_once_and_its_end_once() -> None:
    bad = [(10.0 * n, HTML) for n in range(10)]
    good = [(100.0 + 10 * n, None) for n in range(5)]
    verdicts = seen(*bad, *good)
    assert (began(verdicts), over(verdicts)) == ([HTML], [HTML])
    (symptom, detail) = next(verdict.began[0] for verdict in verdicts if verdict.began)
    assert (symptom.since, detail) == (NOW, "so it is")
    ended = next(verdict.over[0] for verdict in verdicts if verdict.over)
    assert ended.gone_since == NOW + 100 * MINUTE
    assert verdicts[-1].symptoms == ()


def test_what_comes_and_goes_within_minutes_is_no_trouble() -> None:
    verdicts = seen(*[(float(n), HTML if n % 10 < 6 else None) for n in range(0, 600, 2)])
    assert (began(verdicts), over(verdicts)) == ([], [])


def test_a_trouble_that_pauses_for_minutes_goes_on() -> None:
    on_and_off = [(10.0 * n, EMPTY if n < 5 or n % 4 else None) for n in range(60)]
    verdicts = seen(*on_and_off)
    assert (began(verdicts), over(verdicts)) == ([EMPTY], [])


def test_few_polls_over_a_long_time_prove_nothing() -> None:
    assert began(seen((0, HTML), (600, HTML))) == []
    assert began(seen((0, HTML), (600, HTML), (1200, HTML))) == [HTML]


def test_a_failing_feed_is_told_of_after_two_hours() -> None:
    verdicts = seen(*[(10.0 * n, FAILING) for n in range(20)])
    assert [10 * n for n, verdict in enumerate(verdicts) if verdict.began] == [120]


def test_several_ways_to_fail_are_one_trouble() -> None:
    kinds = [FAILING, TroubleKind.CERTIFICATE, HTML]
    verdicts = seen(*[(10.0 * n, kinds[n % 3]) for n in range(40)], *[(500.0 + 10 * n, None) for n in range(4)])
    assert len(began(verdicts)) == 1
    assert over(verdicts) == began(verdicts)


def test_a_feed_that_is_gone_is_told_of_at_once() -> None:
    assert began(seen((0, TroubleKind.GONE))) == [TroubleKind.GONE]


def test_a_failure_says_nothing_of_an_empty_feed() -> None:
    verdicts = seen(*[(10.0 * n, EMPTY) for n in range(5)], *[(50.0 + 10 * n, FAILING) for n in range(5)])
    assert over(verdicts) == []
    assert EMPTY in {symptom.kind for symptom in verdicts[-1].symptoms}


@given(st.lists(st.tuples(st.floats(0.1, 200), st.sampled_from([None, *TroubleKind])), max_size=60))
def test_each_end_has_its_begin(steps: list[tuple[float, TroubleKind | None]]) -> None:
    minute, polls = 0.0, []
    for length, kind in steps:
        minute += length
        polls.append((minute, kind))
    open_kinds: set[TroubleKind] = set()
    for verdict in seen(*polls):
        for symptom, _ in verdict.began:
            assert symptom.kind not in open_kinds
            open_kinds.add(symptom.kind)
        for symptom in verdict.over:
            assert symptom.gone_since is not None
            open_kinds.remove(symptom.kind)
        assert len(verdict.symptoms) <= len(TroubleKind)
    assert timedelta(0) < AWAY


@pytest.mark.parametrize(
    ("silent_at", "last_success_at", "failures", "silent"),
    [
        (NOW, NOW + MINUTE, 0, True),
        (NOW, NOW - MINUTE, 0, False),
        (NOW, NOW + MINUTE, 1, False),
        (None, NOW, 0, False),
        (NOW, None, 0, False),
    ],
)
def test_only_a_good_poll_has_seen_silence(
    silent_at: datetime | None, last_success_at: datetime | None, failures: int, silent: bool
) -> None:
    assert is_silent(silent_at=silent_at, last_success_at=last_success_at, failures=failures) is silent
