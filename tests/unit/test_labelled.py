"""Labelled cases: the table's form, escapes, and faults that name their line."""

import pytest

from worker.errors import CasesFormatError
from worker.labelled import article, failures, read_cases, unescaped

HEAD = "query\ttext\texpected\tnote\n"


def test_a_table_is_read() -> None:
    [one, two] = read_cases(f"{HEAD}Nato\tDie Nato\\nsagt\t1\tsimple\n\nA\\u00DF\tb\t0\n")
    assert (one.line, one.query, one.text, one.expected, one.note) == (2, "Nato", "Die Nato\\nsagt", True, "simple")
    assert (two.line, two.query, two.expected, two.note) == (4, "Aß", False, "")


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{HEAD}a\tb\t1\tc",
        f"{HEAD}a\tb\t1\tc".replace("\n", "\r\n"),
        "text\texpected\tquery\nb\t1\ta",
        "Query\tText\tExpected\na\tb\t 1 \n",
    ],
)
def test_forms_that_spreadsheets_write(content: str) -> None:
    [one] = read_cases(content)
    assert (one.query, one.text, one.expected) == ("a", "b", True)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "line 1"),
        ("\n\n", "line 1"),
        ("a\tb\t1\tc\n", "line 1"),
        ("query\ttext\n", "line 1.*expected"),
        ("query\ttext\texpected\tnote\tmore\n", "line 1.*more"),
        ("query\ttext\texpected\tquery\n", "line 1"),
        (f"{HEAD}a\tb\t1\n\na\tb\n", "line 4.*2"),
        (f"{HEAD}a\tb\tyes\n", "line 2.*'yes'"),
        (f"{HEAD}a\tb\t1\tc\td\n", "line 2.*5"),
        (f"{HEAD}a\tb\t\tc\n", "line 2"),
    ],
)
def test_what_is_no_table_is_said_with_its_line(content: str, line: str) -> None:
    with pytest.raises(CasesFormatError, match=line) as caught:
        read_cases(content)
    assert "\n" not in str(caught.value)


def test_an_empty_table_has_no_cases() -> None:
    assert read_cases(HEAD) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a\\nb", "a\nb"),
        ("\\u00e4\\u00C4", "äÄ"),
        ("\\ud83d\\ude00", "😀"),
        ("\\ud83d", "?"),
        ("\\u12", "\\u12"),
        ("C:\\temp \\\\x \\t", "C:\\temp \\\\x \\t"),
    ],
)
def test_escapes(written: str, meant: str) -> None:
    assert unescaped(written) == meant


def test_a_text_is_a_body_or_names_its_fields() -> None:
    assert article("Nur || Text").body == "Nur || Text"
    one = article("title:: A || B || category:: Sport || body:: x\\n\\ny || tag:: a, b || agency:: dpa || ai:: ja")
    assert (one.title, one.category, one.body) == ("A || B", "Sport", "x\n\ny")
    assert (one.categories, one.tags, one.agency, one.ai_notice is not None) == (("Sport",), ("a", "b"), "dpa", True)
    assert article("title:: || body:: x").title == ""


def test_failures_are_what_does_not_hold() -> None:
    rows = read_cases(f"{HEAD}Nato\tDie Nato\t1\nNato\tDie EU\t1\nNato\tDie Nato\t0\n(Nato\tDie Nato\t0\nEU\tx\t0\n")
    found = list(failures(rows, "de"))
    assert [(one.case.line, one.fault is None) for one in found] == [(3, True), (4, True), (5, False)]
    assert "Klammer" in str(found[-1].fault)
