"""Other ways to the same hits: one regular expression per query, and anchors by Aho-Corasick or RE2 with verification.

All read the same analysed words, so that their hits must be ours.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import ahocorasick
import ahocorasick_rs
import re2

from bench.matching.brute import brute_matches, words_of
from worker.article import Article
from worker.model import Record
from worker.query import And, Exact, Near, Node, Not, Or, Phrase, Query, Wild, Word
from worker.query.stored import anchor_of
from worker.query.visible import BREAK, visible
from worker.query.words import FORM, analysed, surfaces
from worker.verify import matches
from worker.wild import fragment


class Contender(Protocol):
    """Made of queries by number; `ids` are those that match. Records are prepared outside of what is measured."""

    def __init__(self, queries: Mapping[int, Query]) -> None: ...

    def ids(self, prepared: object) -> list[int]: ...


class BruteForce:
    """Every term of every query against every word."""

    def __init__(self, queries: Mapping[int, Query]) -> None:
        self._queries = {number: query.root for number, query in queries.items()}

    @staticmethod
    def prepared(record: Record) -> object:
        return words_of(record)

    def ids(self, prepared: object) -> list[int]:
        return [number for number, root in self._queries.items() if brute_matches(root, prepared)]  # type: ignore[arg-type]


# -- one regular expression per query -----------------------------------------------------------------------------------


class Expressions:
    """A loop of compiled expressions over the words of the article, each written with all its keys: `|=haeuser|Haus|`."""

    def __init__(self, queries: Mapping[int, Query]) -> None:
        self._expressions = {
            number: re.compile(_expression(query.root), re.DOTALL) for number, query in queries.items()
        }

    @staticmethod
    def prepared(record: Record) -> object:
        return "\n".join([*_lines(record.title), *_lines(record.body, markdown=True)])

    def ids(self, prepared: object) -> list[int]:
        assert isinstance(prepared, str)
        return [number for number, expression in self._expressions.items() if expression.search(prepared)]


def _lines(source: str, *, markdown: bool = False) -> Iterator[str]:
    """A paragraph's words by position; keys of joined words stand with their first part."""
    line: list[list[str]] = []
    found = surfaces(visible(source, markdown=markdown).text)
    runs = analysed(found)
    for surface in found:
        if surface[0] == BREAK:
            yield _line(line)
            line = []
            continue
        run = runs[surface]
        places: list[list[str]] = [[] for _ in range(run.length)]
        for form in run.forms:
            places[form.first].append(form.key)
        line += places if run.forms else [list(run.keys)]
    yield _line(line)


def _line(places: Iterable[Sequence[str]]) -> str:
    return " ".join(f"|{'|'.join(keys)}|" for keys in places)


def _expression(node: Node) -> str:
    """At the start of the text, a condition: nested look-aheads are what `re` has for AND and NOT."""
    return rf"\A{_condition(node)}"


def _condition(node: Node) -> str:
    match node:
        case And(children=children):
            return "".join(map(_condition, children))
        case Or(children=children):
            return f"(?:{'|'.join(map(_condition, children))})"
        case Not(child=child):
            return f"(?!{_condition(child)})"
    return f"(?=.*?{_words(node)})"


def _words(node: Node) -> str:
    match node:
        case Word(keys=keys):
            return rf"\|(?:{'|'.join(map(re.escape, keys))})\|"
        case Wild(pattern=pattern):
            return rf"\|{FORM}{pattern.replace('*', '[^|]*')}\|"
        case Phrase(words=words):
            return r"[^ \n]* [^ \n]*?".join(map(_words, words))
        case Near(left=left, right=right, distance=distance):
            between = rf"[^ \n]*(?: [^ \n]+){{0,{distance - 1}}} [^ \n]*?"
            one, other = _words(left), _words(right)
            return f"(?:{one}{between}{other}|{other}{between}{one})"
        case Exact():
            raise NotImplementedError("the corpus asks for no exact words")
    raise AssertionError(node)


# -- anchors, then verification -------------------------------------------------------------------------------------------


class _Anchored:
    """Candidates by a scan for anchors over the article's distinct keys; all are verified by our own code."""

    def __init__(self, queries: Mapping[int, Query]) -> None:
        self._roots = {number: query.root for number, query in queries.items()}
        by_literal: dict[str, list[int]] = {}
        for number, query in queries.items():
            anchor = anchor_of(query.canonical)
            literals = [f"\n{key}\n" for key in anchor.keys] + [fragment(one.pattern) for one in anchor.patterns]
            for literal in literals:
                by_literal.setdefault(literal, []).append(number)
        self._by_literal = list(by_literal.values())
        self._scan = self._built(list(by_literal))

    @staticmethod
    def _built(anchors: list[str]) -> Callable[[str], Iterable[int]]:
        """Of a text which anchors stand in it, by number."""
        raise NotImplementedError

    @staticmethod
    def prepared(record: Record) -> object:
        article = Article(record)
        article.index()
        return article

    def ids(self, prepared: object) -> list[int]:
        assert isinstance(prepared, Article)
        lines = "\n\n".join(["", *prepared.words, ""])  # two, because scans for several need not overlap
        candidates = {number for literal in self._scan(lines) for number in self._by_literal[literal]}
        return sorted(number for number in candidates if matches(self._roots[number], prepared))


class AhoCorasickRs(_Anchored):
    @staticmethod
    def _built(anchors: list[str]) -> Callable[[str], Iterable[int]]:
        automaton = ahocorasick_rs.AhoCorasick(anchors)
        return lambda haystack: {found[0] for found in automaton.find_matches_as_indexes(haystack, overlapping=True)}


class PyAhoCorasick(_Anchored):
    @staticmethod
    def _built(anchors: list[str]) -> Callable[[str], Iterable[int]]:
        automaton = ahocorasick.Automaton()
        for number, anchor in enumerate(anchors):
            automaton.add_word(anchor, number)
        automaton.make_automaton()
        return lambda haystack: {number for _, number in automaton.iter(haystack)}


class Re2Set(_Anchored):
    @staticmethod
    def _built(anchors: list[str]) -> Callable[[str], Iterable[int]]:
        options = re2.Options()
        options.max_mem = 1 << 30
        options.literal = True
        expressions = re2.Set.SearchSet(options)
        for anchor in anchors:
            expressions.Add(anchor)
        expressions.Compile()
        return lambda haystack: expressions.Match(haystack) or ()  # None where nothing matches
