"""The language by its definition: every term against every word of the article, every pair of places, no index.

What the matcher is compared with, in tests and in the benchmark. Shares with it what a word is, and nothing else.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import NamedTuple

from worker.model import Record
from worker.query import And, Exact, Near, Node, Not, Or, Phrase, Wild, Word
from worker.query.visible import visible
from worker.query.words import FORM, analysed, surfaces


class Piece(NamedTuple):
    """One word with one key: its positions, what is between it and the next is read from the text."""

    first: int
    last: int
    start: int
    end: int
    key: str


class Stretch(NamedTuple):
    first: int
    last: int
    start: int
    end: int


class Words:
    """All words of a field."""

    def __init__(self, source: str, *, markdown: bool) -> None:
        self.text = visible(source, markdown=markdown).text
        self.pieces = list(self._pieces())
        self.keys = {piece.key for piece in self.pieces}

    def _pieces(self) -> Iterator[Piece]:
        position = offset = 0
        found = surfaces(self.text)
        runs = analysed(found)
        for surface in found:
            offset = self.text.index(surface, offset)
            run, end = runs[surface], offset + len(surface)
            for key in () if run.forms else run.keys:
                yield Piece(position, position, offset, end, key)
            for key, first, last, start, stop in run.forms:
                yield Piece(position + first, position + last, offset + start, offset + stop, key)
            position += run.length
            offset = end


FIELDS: dict[str, Callable[[Record], str]] = {
    "title": lambda record: record.title,
    "body": lambda record: record.body,
    "category": lambda record: "\n\n".join(dict.fromkeys([record.category, *record.categories])),
    "tag": lambda record: "\n\n".join(record.tags),
    "author": lambda record: record.author or "",
    "url": lambda record: record.url,
    "source": lambda record: f"{record.source}\n\n{record.source_line}",
    "agency": lambda record: record.agency or "",
    "ai": lambda record: "yes" if record.ai_notice else "no",
}


def words_of(record: Record) -> dict[str, Words]:
    return {name: Words(of(record), markdown=name == "body") for name, of in FIELDS.items()}


def brute_matches(node: Node, fields: dict[str, Words]) -> bool:
    """Whether an article with these fields matches."""
    match node:
        case And(children=children):
            return all(brute_matches(child, fields) for child in children)
        case Or(children=children):
            return any(brute_matches(child, fields) for child in children)
        case Not(child=child):
            return not brute_matches(child, fields)
    return any(set(_stretches(node, words, name)) for name, words in fields.items())


def _stretches(node: Node, words: Words, field: str) -> Iterator[Stretch]:
    match node:
        case Phrase(words=row):
            yield from _rows([list(_stretches(one, words, field)) for one in row], _is_anything, words.text)
        case Near(left=left, right=right):
            yield from _near(node, set(_stretches(left, words, field)), set(_stretches(right, words, field)))
        case Or(children=children):
            for child in children:
                yield from _stretches(child, words, field)
        case Word(scope=scope) | Exact(scope=scope) | Wild(scope=scope) if _covers(scope, field):
            yield from _of_term(node, words)


def _of_term(term: Word | Exact | Wild, words: Words) -> Iterator[Stretch]:
    match term:
        case Word(keys=keys, parts=parts):
            yield from _of_keys(keys, words)
            if parts:
                yield from _rows([list(_of_keys(part, words)) for part in parts], _is_joint, words.text)
        case Exact(text=text, key=key):
            plain = text.replace(".", "")
            for found in _of_keys([key], words):
                if re.sub(r"[\s.]", "", words.text[found.start : found.end]) == plain:
                    yield found
        case Wild():
            yield from (Stretch(*piece[:4]) for piece in words.pieces if _fits(term, piece.key))


def _fits(term: Wild, key: str) -> bool:
    if key[0] != FORM and not term.inflected:
        return False
    signs = {"*": ".*", "?": "(?:ae|oe|ue|ss|.)"}
    pattern = "".join(signs.get(one, re.escape(one)) for one in term.pattern)
    return re.fullmatch(pattern, key[1:] if key[0] in "=~^" else key.lower()) is not None


def _near(node: Near, left: set[Stretch], right: set[Stretch]) -> Iterator[Stretch]:
    for one, other in product(left, right):
        if 0 < other.first - one.last <= node.distance:
            yield Stretch(one.first, other.last, one.start, other.end)
        elif not node.ordered and 0 < one.first - other.last <= node.distance:
            yield Stretch(other.first, one.last, other.start, one.end)


def _covers(scope: str, field: str) -> bool:
    return scope == field or (scope == "" and field in ("title", "body"))


def _of_keys(keys: Iterable[str], words: Words) -> Iterator[Stretch]:
    for key in keys:
        if key in words.keys:
            yield from (Stretch(*piece[:4]) for piece in words.pieces if piece.key == key)


def _rows(rows: list[list[Stretch]], fits: Callable[[str], bool], text: str) -> Iterator[Stretch]:
    """Stretches of which each begins where the one before ended."""
    found = set(rows[0])
    for row in rows[1:]:
        found = {
            Stretch(one.first, other.last, one.start, other.end)
            for one, other in product(found, set(row))
            if other.first == one.last + 1 and fits(text[one.end : other.start])
        }
    yield from found


def _is_anything(gap: str) -> bool:
    return len(gap) >= 0


def _is_joint(gap: str) -> bool:
    return re.fullmatch("[*]{0,2}[-\u2010-\u2013\u2212'\u2019]?\\s?[*]{0,2}", gap) is not None
