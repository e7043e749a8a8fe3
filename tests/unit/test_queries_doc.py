"""docs/queries.md keeps its word: every example in its tables is run."""

import re
from pathlib import Path

import pytest

from tests.labelled import article
from worker.errors import QuerySyntaxError
from worker.match import spans_of
from worker.model import Record
from worker.query import parse
from worker.query.lexer import FIELDS

TEXT = (Path(__file__).parents[2] / "docs/queries.md").read_text(encoding="utf-8")


def rows(header: str) -> list[list[str]]:
    tables = re.findall(rf"^\| {re.escape(header)} \|\n\|[-|]+\|\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for table in tables for row in table.splitlines()]


FOUND = [(cells[0].strip("`| "), *cells[1:]) for cells in rows("query | finds | does not find")]
REFUSED = [(cells[0].strip("`| "), cells[1]) for cells in rows("query | says")]


def record(told: str) -> Record:
    """`title: …; body: …`, or a body."""
    if not re.match(r"(title|body|category|tags): ", told):
        return article(told)
    fields = dict(piece.split(": ", 1) for piece in told.split("; "))
    return article(**{name: (text,) if name == "tags" else text for name, text in fields.items()})


@pytest.mark.parametrize(("query", "finds", "misses"), FOUND, ids=[row[0] for row in FOUND])
def test_examples(query: str, finds: str, misses: str) -> None:
    assert spans_of(parse(query), record(finds)) is not None
    assert spans_of(parse(query), record(misses)) is None


@pytest.mark.parametrize(("query", "said"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refusals(query: str, said: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(query)
    assert caught.value.message.startswith(said)


def test_there_are_examples() -> None:
    assert len(FOUND) > 50
    assert len(REFUSED) > 8


def test_every_field_is_told() -> None:
    assert set(re.findall(r"`(\w+):`", TEXT)) == set(FIELDS)
