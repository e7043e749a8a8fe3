"""The words: both languages say the same things, and foreign text is never read as a pattern."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template

import pytest

import worker
from worker.wording import COUNTED, LANGUAGES, SENTENCES, Wording

NOW = datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
HOSTILE = ["{0.__class__.__init__.__globals__}", "$title ${title} $$ $", "%s %(x)s", "{{ 7 * 7 }}", "\\1 \\g<0>"]


def names_in(pattern: str) -> set[str]:
    return set(Template(pattern).get_identifiers())


@pytest.mark.parametrize("name", SENTENCES)
def test_every_sentence_is_there_in_both_languages(name: str) -> None:
    sentence = SENTENCES[name]
    assert len(sentence) == len(LANGUAGES)
    assert all(said.strip() == said and said for said in sentence)
    assert all(Template(said).is_valid() for said in sentence)
    assert names_in(sentence.de) == names_in(sentence.en)


@pytest.mark.parametrize("name", COUNTED)
def test_every_counted_thing_is_there_in_both_languages(name: str) -> None:
    counted = COUNTED[name]
    assert all(Template(said).is_valid() for said in counted)
    assert len({frozenset(names_in(said) | {"n"}) for said in counted}) == 1
    assert "n" in names_in(counted.de_many) & names_in(counted.en_many)


def test_no_name_stands_in_both_tables() -> None:
    assert not SENTENCES.keys() & COUNTED.keys()


@pytest.mark.parametrize("language", ["fr", "", "DE", "de_DE", "x" * 1000])
def test_an_unknown_language_is_named_with_the_known_ones(language: str) -> None:
    with pytest.raises(ValueError, match=r"known are de, en") as caught:
        Wording(language)
    assert len(str(caught.value)) < 120


def test_german_is_the_default() -> None:
    assert Wording().say("alert") == "Alarm"
    assert Wording("en").say("alert") == "Alert"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("foreign", HOSTILE)
def test_what_is_filled_in_is_not_read_as_a_pattern(language: str, foreign: str) -> None:
    assert foreign in Wording(language).say("alert_subject", subscription=foreign, title=foreign)
    assert Wording(language).say("alert_why", subscription="", query=foreign).endswith(foreign)


def test_a_missing_value_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        Wording().say("alert_why")
    with pytest.raises(KeyError):
        Wording().say("no such sentence")


@pytest.mark.parametrize(
    ("n", "de", "en"),
    [(0, "0 Alarme", "0 alerts"), (1, "1 Alarm", "1 alert"), (2, "2 Alarme", "2 alerts"),
     (12345, "12.345 Alarme", "12,345 alerts"), (1_000_000, "1.000.000 Alarme", "1,000,000 alerts")],
)  # fmt: skip
def test_counting(n: int, de: str, en: str) -> None:
    assert Wording("de").count("alerts", n) == de
    assert Wording("en").count("alerts", n) == en


@pytest.mark.parametrize(
    ("length", "de", "en"),
    [
        (timedelta(seconds=1), "vor 1 Sekunde", "1 second ago"),
        (timedelta(seconds=59), "vor 59 Sekunden", "59 seconds ago"),
        (timedelta(minutes=1), "vor 1 Minute", "1 minute ago"),
        (timedelta(hours=1, minutes=59), "vor 1 Stunde", "1 hour ago"),
        (timedelta(hours=23), "vor 23 Stunden", "23 hours ago"),
        (timedelta(days=1), "vor 1 Tag", "1 day ago"),
        (timedelta(days=3, hours=5), "vor 3 Tagen", "3 days ago"),
        (timedelta(days=20), "vor 20 Tagen", "20 days ago"),
        (timedelta(days=21), "vor 3 Wochen", "3 weeks ago"),
        (timedelta(days=59), "vor 8 Wochen", "8 weeks ago"),
        (timedelta(days=60), "vor 2 Monaten", "2 months ago"),
        (timedelta(days=400), "vor 13 Monaten", "13 months ago"),
        (timedelta(days=3 * 365), "vor 3 Jahren", "3 years ago"),
        (timedelta(0), "gerade eben", "just now"),
        (timedelta(milliseconds=900), "gerade eben", "just now"),
        (timedelta(minutes=-5), "in 5 Minuten", "in 5 minutes"),
        (timedelta(days=-1), "in 1 Tag", "in 1 day"),
    ],
)
def test_relative_times(length: timedelta, de: str, en: str) -> None:
    assert Wording("de").relative(NOW - length, NOW) == de
    assert Wording("en").relative(NOW - length, NOW) == en


def test_clock_times() -> None:
    assert Wording("de").clock(NOW) == "03.12.2025, 15:35 Uhr"
    assert Wording("en").clock(NOW) == "3 Dec 2025, 15:35"
    assert Wording("de").clock(datetime(99, 1, 2, 3, 4, tzinfo=UTC)) == "02.01.0099, 03:04 Uhr"


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Every call of `.say("…")` and `.count("…")` with a literal name in the project."""
    for path in sorted(Path(worker.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant) and isinstance(name.value, str) and node.func.attr == "say":
                    yield f"{path.name}:{node.lineno}", node, name.value


def test_every_sentence_that_the_code_says_exists_and_gets_its_values() -> None:
    found = list(calls())
    assert found
    for where, call, name in found:
        assert name in SENTENCES, f"{where} says {name!r}, which is not in SENTENCES"
        given = {keyword.arg for keyword in call.keywords}
        if None not in given:  # **values cannot be seen from here
            missing = names_in(SENTENCES[name].de) - {arg for arg in given if arg}
            assert not missing, f"{where}: {name!r} also needs {', '.join(sorted(missing))}"
