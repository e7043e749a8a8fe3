"""Tables of labelled cases: query, text, expected, note; the text is a body, or `title:: … || category:: … || body:: …`."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from worker.model import Record

TABLES = tuple(sorted((Path(__file__).parent / "cases").glob("matching*.tsv")))


class Case(NamedTuple):
    query: str
    record: Record
    expected: bool
    note: str


def article(body: str = "", title: str = "", **fields: Any) -> Record:
    at = datetime(2025, 12, 3, tzinfo=UTC)
    return Record(**{"url": "https://x.de/", "url_key": "x", "title": title, "published_at": at, "body": body} | fields)


def labelled() -> list[Case]:
    return [case for path in TABLES for case in _rows(path)]


def _rows(path: Path) -> Iterator[Case]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield Case(_decoded(row["query"]), _record(row["text"]), row["expected"] == "1", row["note"])


def _record(text: str) -> Record:
    if not re.match(r"\w+:: ", text):
        return article(_decoded(text))
    fields = dict(piece.split(":: ", 1) for piece in text.split(" || "))
    return article(**{name: _decoded(value) for name, value in fields.items()})


def _decoded(text: str) -> str:
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), text).replace("\\n", "\n")
