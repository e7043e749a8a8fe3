"""Checks leave each other alone, and a server's clock is read as caches allow."""

import threading
from datetime import UTC, datetime

import pytest

from worker.doctor.finding import Check, Finding, Verdict, findings_of
from worker.doctor.outside import server_time
from worker.model import FailureKind, Fetched, FetchFailed, NotModified, Validators

GOOD = Finding(check="good", verdict=Verdict.OK, sentence="doctor_no_broker")
NOON = "Wed, 03 Dec 2025 12:00:00 GMT"


def test_one_that_hangs_or_breaks_leaves_the_others_alone() -> None:
    never = threading.Event()

    def hang() -> list[Finding]:
        never.wait(30)
        return []

    def broken() -> list[Finding]:
        raise ZeroDivisionError

    checks = [Check("slow", hang, about="there"), Check("broken", broken), Check("good", lambda: [GOOD])]
    found = list(findings_of(checks, most_s=0.1))
    never.set()
    assert [(one.check, one.verdict) for one in found] == [
        ("slow", Verdict.FAILED),
        ("broken", Verdict.FAILED),
        ("good", Verdict.OK),
    ]
    assert found[0].values["about"] == "there"
    assert "ZeroDivisionError" in found[1].values["fault"]


def test_many_are_done_in_their_order() -> None:
    checks = [Check(str(n), lambda n=n: [Finding(check=str(n), verdict=Verdict.OK, sentence="")]) for n in range(50)]  # type: ignore[misc]
    assert [one.check for one in findings_of(checks)] == [str(n) for n in range(50)]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"date": NOON}, datetime(2025, 12, 3, 12, tzinfo=UTC)),
        ({"date": NOON, "age": "90"}, datetime(2025, 12, 3, 12, 1, 30, tzinfo=UTC)),
        ({"date": NOON, "age": "old"}, None),
        ({"date": "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_time_of_a_server(headers: dict[str, str], expected: datetime | None) -> None:
    fetched = Fetched(url="https://x.example/", body=b"", headers=headers, validators=Validators())
    unchanged = NotModified(url="https://x.example/", validators=Validators(), headers=headers)
    assert [server_time(fetched), server_time(unchanged)] == [expected, expected]
    assert server_time(FetchFailed(kind=FailureKind.GONE, reason="410")) is None
