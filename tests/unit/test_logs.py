"""One event, one line, whatever is in it; no credentials; libraries sound like us."""

import io
import json
import logging
import re
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from worker import logs

CLOCK = r"\d\d:\d\d:\d\d"
SEPARATORS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A configured stream; what configure() changes in the process is put back."""
    root, own = logging.getLogger(), logging.getLogger(logs.NAME)
    before = (list(root.handlers), root.level, own.level)
    out = io.StringIO()
    logs.configure(out)
    yield out
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])
    logging.captureWarnings(False)


def one_line(stream: io.StringIO) -> str:
    text = stream.getvalue()
    assert text.endswith("\n")
    (found,) = text[:-1].splitlines()  # splits at every separator that Unicode knows
    return found


def test_a_line_for_people(stream: io.StringIO) -> None:
    logs.line(
        "poll_failed",
        "poll failed: www.hasepost.de: the name cannot be resolved; next try at 22:16:03",
        outcome="failed",
        feed="https://www.hasepost.de/feed/",
        took_s=0.0123,
        status=None,
    )
    assert re.fullmatch(
        CLOCK + " poll failed: www.hasepost.de: the name cannot be resolved; next try at 22:16:03"
        "  outcome=failed feed=https://www.hasepost.de/feed/ took_s=0.012",
        one_line(stream),
    )


def test_a_line_for_programs(stream: io.StringIO) -> None:
    logs.configure(stream, json=True)
    logs.line("polled", "2 new", level="warning", new=2, took_s=0.5, status=None, ok=True, feeds=["a", "b"])
    found = json.loads(one_line(stream))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time"))
    assert found == {
        "level": "warning",
        "event": "polled",
        "sentence": "2 new",
        "new": 2,
        "took_s": 0.5,
        "status": None,
        "ok": True,
        "feeds": ["a", "b"],
    }


class _Word(StrEnum):
    GONE = "gone"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ("two words", '"two words"'),
        ("", '""'),
        ('say "hi"', r'"say \"hi\""'),
        ("a=b", '"a=b"'),
        ("C:\\x", r'"C:\\x"'),
        ("a\nb\tc", r'"a\nb\tc"'),
        ("a\u2028b\x1b[31m", r'"a\u2028b\u001b[31m"'),
        ("a\u202eb\ufeff", r'"a\u202eb\ufeff"'),
        ("Grüße", "Grüße"),
        (True, "true"),
        (3, "3"),
        (0.1, "0.1"),
        (12.0, "12"),
        (float("nan"), "nan"),
        (["a", 1], "a,1"),
        (datetime(2025, 12, 3, 15, 35, tzinfo=UTC), "2025-12-03T15:35:00Z"),
        (_Word.GONE, "gone"),
        (ValueError("no"), "no"),
    ],
)
def test_values_are_quoted(value: object, written: str, stream: io.StringIO) -> None:
    logs.line("x", "y", value=value)
    assert one_line(stream).partition("  ")[2] == f"value={written}"


@pytest.mark.parametrize("json_form", [False, True])
@pytest.mark.parametrize("separator", SEPARATORS)
def test_no_text_can_forge_a_line(separator: str, json_form: bool, stream: io.StringIO) -> None:
    logs.configure(stream, json=json_form)
    forged = f"x{separator}22:15:03 all is well  outcome=updated{separator}\ud800"
    with logs.bind(task=forged):
        logs.line("x", forged, reason=forged, reasons=[forged])
    assert "outcome=updated" in one_line(stream)
    if json_form:
        assert json.loads(one_line(stream))["reason"] == forged


def test_a_sentence_cannot_pose_as_values(stream: io.StringIO) -> None:
    logs.line("x", "server says:   outcome=updated  new=5", outcome="failed")
    assert one_line(stream).split("  ")[1:] == ["outcome=failed"]


def test_values_cannot_take_our_names(stream: io.StringIO) -> None:
    logs.configure(stream, json=True)
    logs.line("x", "y", time="never", error="e", **{"a b\n": 1})
    found = json.loads(one_line(stream))
    assert found["time"] != "never"
    assert found["time_"] == "never"
    assert found["error"] == "e"
    assert found["a_b_"] == 1


@pytest.mark.parametrize("json_form", [False, True])
def test_credentials_never_get_out(json_form: bool, stream: io.StringIO) -> None:
    logs.configure(stream, json=json_form)
    url = "https://u:geheim@h/feed/?token=geheim"
    try:
        int(url)
    except ValueError:
        logs.line("x", f"at {url}", feed=url, feeds=[url], seen={"a": url}, exc_info=True)
        logging.getLogger("kombu").exception("lost %s", "redis://:geheim@h/0")
    assert "geheim" not in stream.getvalue()
    assert "***@h" in stream.getvalue()


@pytest.mark.parametrize("json_form", [False, True])
def test_hostile_lengths_are_cut(json_form: bool, stream: io.StringIO) -> None:
    logs.configure(stream, json=json_form)
    logs.line("x", "y" * 1_000_000, value="z" * 1_000_000)
    assert len(one_line(stream)) < 10_000


def test_context_stands_on_every_line_within(stream: io.StringIO) -> None:
    with logs.bind(task="t1"):
        logs.line("x", "one")
        logging.getLogger("celery").warning("two")
    logs.line("x", "three")
    one, two, three = stream.getvalue().splitlines()
    assert one.endswith("one  task=t1")
    assert two.endswith("celery: two  task=t1 level=warning")
    assert three.endswith("three")


def test_libraries_speak_from_warnings_on(stream: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.engine").info("SELECT")
    logging.getLogger("celery.worker").warning("lost %d of %d", 1, 2)
    assert re.fullmatch(CLOCK + r" celery\.worker: lost 1 of 2  level=warning", one_line(stream))


def test_a_library_s_traceback_is_one_line(stream: io.StringIO) -> None:
    try:
        _ = {}["key"]  # type: ignore[var-annotated]
    except KeyError:
        logging.getLogger("celery").exception("task failed\n  badly")
    found = one_line(stream)
    assert "celery: task failed badly  level=error" in found
    assert re.search(r"""error="KeyError: 'key' \(test_logs\.py:\d+\)"$""", found)


def test_the_json_form_keeps_the_traceback(stream: io.StringIO) -> None:
    logs.configure(stream, json=True)
    try:
        _ = {}["key"]  # type: ignore[var-annotated]
    except KeyError:
        logging.getLogger("celery").exception("task failed")
    assert "Traceback (most recent call last)" in json.loads(one_line(stream))["traceback"]


def test_warnings_of_libraries_are_lines(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logs.configure(stream)
        warnings.warn("old", RuntimeWarning, stacklevel=1)
    assert "RuntimeWarning: old" in one_line(stream)


@pytest.mark.parametrize(("level", "expected"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_levels(level: str, expected: int, stream: io.StringIO) -> None:
    logs.configure(stream, level=level)
    for each in logs.LEVELS:
        logs.line("x", each, level=each)
    assert len(stream.getvalue().splitlines()) == expected


def test_the_last_configuration_counts(stream: io.StringIO) -> None:
    other = io.StringIO()
    logs.configure(other)
    logs.line("x", "y")
    assert stream.getvalue() == ""
    assert len(other.getvalue().splitlines()) == 1


def test_streams_without_unicode_and_closed_ones_stop_nothing(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    logs.configure(narrow)
    logs.line("x", "Grüße ✨")
    narrow.seek(0)
    assert "Gr\\xfc\\xdfe \\u2728" in narrow.read()
    narrow.close()
    logs.line("x", "into the void")
    assert capsys.readouterr().err == ""


def test_silent_until_configured(capsys: pytest.CaptureFixture[str]) -> None:
    logs.line("x", "y", level="error")
    assert capsys.readouterr() == ("", "")


def test_stderr_is_the_default(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logs.line("x", "to stderr")
    assert "to stderr" in capsys.readouterr().err
    assert sys.stderr is not None
