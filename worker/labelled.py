r"""Labelled examples: queries with texts and whether they are to match, as a team keeps them in a table.

Owns the file's form and the check; must not know where the file comes from or how failures are shown. A table has a
header line that names the columns `query`, `text`, `expected` (0 or 1) and, if wanted, `note`, parted by tabs. The text
is a body, or `title:: … || category:: … || body:: …`; `\n` and `\uXXXX` are escapes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from worker.errors import CasesFormatError, QuerySyntaxError
from worker.match import Matcher
from worker.model import AiNotice, Record
from worker.provenance import agency_of, ai_notice_of
from worker.query import parse

_NEEDED = ("query", "text", "expected")
_KNOWN = (*_NEEDED, "note")
_FIELD = re.compile(r"(title|category|body|url|author|agency|ai|source|tag)::(?:\s+|$)")
_ESCAPE = re.compile(r"\\n|(?:\\u[0-9A-Fa-f]{4})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row. line: its number in the file, from 1; text: as written, with its escapes."""

    line: int
    query: str
    text: str
    expected: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A case that does not hold. fault: why its query cannot be read, None if it can be."""

    case: Case
    fault: QuerySyntaxError | None = None


def read_cases(content: str) -> list[Case]:
    """The rows of a table. Raises: CasesFormatError, which names the line."""
    rows = enumerate(content.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), 1)
    filled = [(number, row) for number, row in rows if row.strip()]
    if not filled:
        raise CasesFormatError("line 1: the header is missing: query, text, expected and note, parted by tabs")
    columns = _columns(*filled[0])
    return [_case(number, row, columns) for number, row in filled[1:]]


def _columns(number: int, header: str) -> Sequence[str]:
    names = [name.strip().lower() for name in header.split("\t")]
    missing = [name for name in _NEEDED if name not in names]
    strange = [name for name in names if name not in _KNOWN]
    if missing or strange or len(set(names)) < len(names):
        told = f"{missing[0]!r} is missing" if missing else f"{(strange or names)[0][:40]!r} is not expected there"
        raise CasesFormatError(
            f"line {number}: the header names the columns query, text, expected and note, parted by tabs; {told}"
        )
    return names


def _case(number: int, row: str, columns: Sequence[str]) -> Case:
    cells = row.split("\t")
    if not len(columns) - ("note" in columns) <= len(cells) <= len(columns):
        raise CasesFormatError(f"line {number}: {len(columns)} columns are needed, parted by tabs; it has {len(cells)}")
    values = dict(zip(columns, cells, strict=False))
    expected = values.get("expected", "").strip()
    if expected not in ("0", "1"):
        raise CasesFormatError(f"line {number}: expected is 0 or 1, not {expected[:40]!r}")
    return Case(
        line=number,
        query=unescaped(values["query"]),
        text=values["text"],
        expected=expected == "1",
        note=values.get("note", "").strip(),
    )


def failures(cases: Sequence[Case], language: str) -> Iterator[Failure]:
    """The cases that do not hold, in order. language: in which a query's fault is told."""
    for case in cases:
        try:
            matcher = Matcher({0: parse(case.query, language)})
        except QuerySyntaxError as error:
            yield Failure(case=case, fault=error)
            continue
        if bool(matcher.match(article(case.text))) != case.expected:
            yield Failure(case=case)


def article(text: str) -> Record:
    """The record that a case's text stands for."""
    fields = _fields(text)
    category, tags = fields.get("category", ""), fields.get("tag", "")
    url = fields.get("url", "")
    return Record(
        url=url,
        url_key=url,
        title=fields.get("title", ""),
        published_at=datetime(2000, 1, 1, tzinfo=UTC),
        category=category,
        categories=(category,) if category else (),
        tags=tuple(tag.strip() for tag in tags.split(",") if tag.strip()),
        body=fields.get("body", ""),
        author=fields.get("author") or None,
        agency=fields.get("agency") or agency_of(fields.get("body", ""), fields.get("author")),
        ai_notice=_ai_notice(fields),
        source=fields.get("source", ""),
    )


def _ai_notice(fields: Mapping[str, str]) -> AiNotice | None:
    """As the case says; where it does not, as the body says, like that of a feed's article."""
    if "ai" in fields:
        return AiNotice() if fields["ai"].lower() in ("yes", "ja") else None
    return ai_notice_of(fields.get("body", ""))


def _fields(text: str) -> Mapping[str, str]:
    """The parts by name; without names all of it is the body."""
    if not _FIELD.match(text):
        return {"body": unescaped(text)}
    found: dict[str, str] = {}
    last = "body"
    for part in text.split(" || "):
        if named := _FIELD.match(part):
            last = named[1]
            found[last] = unescaped(part[named.end() :])
        else:
            found[last] = f"{found.get(last, '')} || {unescaped(part)}"  # the sign stands in the text itself
    return found


def unescaped(text: str) -> str:
    r"""`\n` as a line break, `\uXXXX` as the character; two halves of a pair are one character, a lone half is `?`."""
    return _ESCAPE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    if found[0] == "\\n":
        return "\n"
    units = b"".join(int(code, 16).to_bytes(2, "big") for code in found[0].split("\\u")[1:])
    return units.decode("utf-16-be", "replace").replace("\ufffd", "?")
