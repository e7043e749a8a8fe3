"""Both ends of the archive's index: the words under which a record stands there, and what a query asks of them.

A word of the index is a key of the analyser (see `query/words.py`), with its field where that is not title or body; those
of the title stand there a second time as such. Where the index can tell for sure that a record matches, nobody has to
look at the record; where it cannot, it names those that may match. Knows no SQL.
"""

import re
import string
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from worker.article import FURTHER_SCOPES, Article, Text
from worker.model import IndexWords
from worker.query import And, Clause, Node, Not, Or, Wild, Word, needs
from worker.query.stopwords import STOP_KEYS
from worker.query.words import ANALYSER
from worker.wild import fitting

_LAYOUT = 1
INDEXED_BY = ANALYSER * 100 + _LAYOUT  # records under another number are indexed anew
NOT_INDEXABLE = -INDEXED_BY  # such a record is looked at in every search

_LONGEST = 100  # letters of a word; longer ones are no words, and patterns do not fit them either
_MOST = 20_000  # words of one record: PostgreSQL keeps at most 1 MB of them together
# What parts words in Python or in a database, or quotes them there; a blank parts them here.
_UNHOLDABLE = re.compile("[\x00-\x1f\x7f-\xa0\"'\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


# -- records ------------------------------------------------------------------------------------------------------------


def index_words(article: Article) -> IndexWords:
    """What the index keeps of an article. One that has too many words, or such as it cannot hold, is not indexable."""
    keys = article.keys() - STOP_KEYS
    fields = (_of_field(field, article.source(field)) for field in ("title", *FURTHER_SCOPES))
    words = " ".join([*keys, *(words for found in fields for words in found)])
    if not _holds(words, keys):
        return IndexWords(by=NOT_INDEXABLE)
    return IndexWords(words=written(words), by=INDEXED_BY)


def _holds(words: str, keys: Collection[str]) -> bool:
    longest = max(map(len, words.split(" ")))
    return len(keys) <= _MOST and longest <= _LONGEST and _UNHOLDABLE.search(words) is None


@lru_cache(maxsize=2_000)  # categories, tags and sources come again and again
def _of_field(field: str, value: str) -> tuple[str, ...]:
    return tuple(f"{field}:{key}" for key in sorted(Text(value).keys)) if value else ()


def _is_holdable(key: str) -> bool:
    return len(key) <= _LONGEST and " " not in key and not _UNHOLDABLE.search(key)


_WRITTEN = {letter: f"|{letter.lower()}" for letter in string.ascii_uppercase}
_CAPITAL = re.compile("[A-Z]")
_WRITTEN_CAPITAL = re.compile(r"\|([a-z])")


def written(key: str) -> str:
    """A key as a word of the index, which knows no capitals: `Haus` is `|haus`."""
    return _CAPITAL.sub(lambda found: _WRITTEN[found[0]], key)


def _read(word: str) -> str:
    return _WRITTEN_CAPITAL.sub(lambda found: found[1].upper(), word)


# -- queries ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pattern:
    """Words that a pattern fits, of one field. literal: what each of them surely holds."""

    wild: Wild
    scope: str
    literal: str

    @property
    def beginning(self) -> str:
        """If the pattern says no more than how a word begins: that beginning; else ""."""
        begins = not self.wild.inflected and self.wild.pattern == f"{self.literal}*"
        return f"{self.scope}={self.literal}" if begins else ""

    def fits(self, words: str) -> bool:
        """Whether one of a record's words fits."""
        near = (word for word in words.split() if self.literal in word and word.startswith(self.scope))
        keys = (_read(word.removeprefix(self.scope)) for word in near)
        return bool(fitting(self.wild, (key for key in keys if ":" not in key)))  # else of another field


@dataclass(frozen=True, slots=True)
class AnyWord:
    """A record has one of these words, or one that a pattern fits."""

    words: tuple[str, ...]
    patterns: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """A record has all of these. decisive: then it matches; else it may."""

    needed: tuple[AnyWord, ...]
    decisive: bool


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every child holds, and none of `without` does."""

    children: tuple["Plan", ...]
    without: tuple["Plan", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the children holds."""

    children: tuple["Plan", ...]


Plan = Terms | AllOf | AnyOf


def plan(node: Node) -> Plan:
    """What a query asks of the index."""
    match node:
        case And(children=children):
            without = tuple(plan(child.child) for child in children if isinstance(child, Not))
            return AllOf(tuple(plan(child) for child in children if not isinstance(child, Not)), without)
        case Or(children=children):
            return AnyOf(tuple(map(plan, children)))
        case Word(keys=keys, parts=parts, scope=scope) if parts:
            return AnyOf((plan(Word(keys, (), scope)), _terms(node)))
        case Word(scope="body") | Wild(scope="body"):
            # Not in the title and yet there: in the body. In the title: perhaps in the body, too.
            return AnyOf((AllOf((_terms(node, decisive=True),), (_terms(node, "title", decisive=True),)), _terms(node)))
        case Word(scope="title") | Wild(scope="title"):
            return _terms(node, "title", decisive=True)
        case Not():
            raise AssertionError("no query is only a negation")
        case _:
            return _terms(node)


def _terms(node: Node, scope: str = "", *, decisive: bool = False) -> Terms:
    """What a term needs. scope: where its keys are looked for, if not as `needs` says."""
    found = needs(node)
    prefix = f"{scope}:" if scope else ""
    telling = [
        clause for clause in found.clauses if (clause.keys or clause.patterns) and (prefix or not _stops(clause))
    ]
    whole = len(telling) == len(found.clauses)
    return Terms(tuple(_any_word(clause, prefix) for clause in telling), whole and (decisive or found.decisive))


def _stops(clause: Clause) -> bool:
    """Whether a word that stands in nearly every article fulfils it: these are not in the index."""
    return not STOP_KEYS.isdisjoint(clause.keys) or any(
        fitting(pattern, STOP_KEYS) for pattern in clause.patterns if pattern.scope in ("", "title", "body")
    )


def _any_word(clause: Clause, prefix: str) -> AnyWord:
    keys = (f"{prefix}{key}" for key in sorted(clause.keys))
    words = tuple(written(key) for key in keys if _is_holdable(key))  # no indexed record has another
    ordered = sorted(clause.patterns, key=lambda wild: wild.pattern)
    return AnyWord(words, tuple(_pattern(wild, prefix) for wild in ordered))


def _pattern(wild: Wild, prefix: str) -> Pattern:
    scope = prefix or (f"{wild.scope}:" if wild.scope not in ("", "title", "body") else "")
    return Pattern(wild, scope, max(re.split(r"[*?]", wild.pattern), key=len))
