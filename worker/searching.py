"""Both ends of a search in the archive: the text that is kept beside a record, and what a query needs to find in it.

A record that matches a query surely holds one of its alternatives, so the database can leave out the others before the
matcher looks closely. Knows no SQL.
"""

import re
import unicodedata
from html import unescape

from worker.model import Record
from worker.query import And, Exact, Near, Node, Not, Or, Phrase, Query, Wild, Word
from worker.query.words import FORM
from worker.text import fold

_MOST_ALTERNATIVES = 12  # each is a search of its own; beyond that one pass over everything costs less
_LONGER_THAN_ABBREVIATIONS = 7  # `u. a.` has a blank inside
_WITHIN_WORDS = re.compile(r"[^\w\s]+")


def search_text(record: Record) -> str:
    """Title and body, folded, with nothing but letters and digits in the words: `Ukraine-Krieg` holds `ukrainekrieg`."""
    text = unicodedata.normalize("NFKC", unescape(f"{record.title}\n{record.body}"))
    return _WITHIN_WORDS.sub("", fold(text)).replace("_", "")


def alternatives(query: Query) -> list[tuple[str, ...]]:
    """Sets of strings; whatever matches holds all strings of one set in its `search_text`. () = anything may match."""
    branches = query.root.children if isinstance(query.root, Or) else (query.root,)
    found = [tuple(dict.fromkeys(_needed(branch))) for branch in branches]
    return found if all(found) and len(found) <= _MOST_ALTERNATIVES else [()]


def _needed(node: Node) -> list[str]:
    """Letters only: numbers are written in too many ways. A word that inflects has no letters that it must have."""
    match node:
        case Word(keys=(key,), parts=(), scope="" | "title" | "body") | Exact(key=key, scope="" | "title" | "body"):
            word = key.removeprefix(FORM)
            return [word] if word.isalpha() and len(word) >= _LONGER_THAN_ABBREVIATIONS else []
        case Phrase(words=children) | And(children=children):
            return [part for child in children for part in _needed(child)]
        case Near(left=left, right=right):
            return [*_needed(left), *_needed(right)]
        case Word() | Exact() | Wild() | Or() | Not():
            return []
