"""The compiled matcher: a record -> which queries match it, and where.

Every query is found by the words without which it cannot match, and then verified on positions: the cost follows the
words of the article and the hits, not the number of subscriptions. Knows nothing of how a query is written or stored.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from worker.model import Match, Record, Span
from worker.query import And, Node, Not, Or, Phrase, Query, Word
from worker.query.words import Field, Place, analyse, joined

MAX_SPANS_PER_TERM = 100  # of one word or phrase in one field: nobody reads more, and an article may be one word


class Matcher:
    """Queries by subscription id, ready to be asked; equal queries are kept once."""

    def __init__(self, queries: Mapping[int, Query]) -> None:
        self._entries: dict[Node, _Entry] = {}
        self._by_id: dict[int, _Entry] = {}
        self._by_key: dict[str, set[_Entry]] = {}
        for subscription_id, query in queries.items():
            self.add(subscription_id, query)

    def add(self, subscription_id: int, query: Query) -> None:
        """From now on this subscription has this query; one that it had is replaced."""
        self.remove(subscription_id)
        entry = self._entries.get(query.root)
        if entry is None:
            entry = self._entries[query.root] = _Entry(root=query.root, anchors=_anchors(query.root))
            for key in entry.anchors:
                self._by_key.setdefault(key, set()).add(entry)
        entry.ids.add(subscription_id)
        self._by_id[subscription_id] = entry

    def remove(self, subscription_id: int) -> None:
        """Forget a subscription; one that is not known is no fault."""
        entry = self._by_id.pop(subscription_id, None)
        if entry is None:
            return
        entry.ids.discard(subscription_id)
        if not entry.ids:
            del self._entries[entry.root]
            for key in entry.anchors:
                self._by_key[key].discard(entry)
                if not self._by_key[key]:
                    del self._by_key[key]

    def match(self, record: Record) -> list[Match]:
        """The subscriptions whose query the record matches, by id; spans: every place of every term that counts."""
        article = _Article(title=analyse(record.title), body=analyse(record.body, markdown=True))
        found: list[Match] = []
        for entry in self._candidates(article):
            spans = _spans(entry.root, article)
            if spans is not None:
                ordered = tuple(sorted(set(spans), key=_reading_order))
                found += (Match(subscription_id=one, spans=ordered) for one in entry.ids)
        return sorted(found, key=lambda match: match.subscription_id)

    def _candidates(self, article: "_Article") -> Iterable["_Entry"]:
        wanted = self._by_key.keys()
        named = (wanted & article.title.places.keys()) | (wanted & article.body.places.keys())
        return {entry for key in named for entry in self._by_key[key]}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Entry:
    """One query with all who asked it. anchors: an article without any of these keys cannot match."""

    root: Node
    anchors: frozenset[str]
    ids: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Article:
    title: Field
    body: Field

    def fields(self) -> tuple[tuple[str, Field], ...]:
        return ("title", self.title), ("body", self.body)


def _reading_order(span: Span) -> tuple[bool, int, int]:
    return span.field != "title", span.start, span.end


# -- anchors ----------------------------------------------------------------------------------------------------------


def _anchors(node: Node) -> frozenset[str]:
    """Keys of which every matching article has at least one; empty for a negation."""
    match node:
        case Word(parts=parts):
            return frozenset(filter(None, (max(parts, key=len), joined(parts))))
        case Phrase(words=words):
            return _best(map(_anchors, words))
        case And(children=children):
            return _best(filter(None, map(_anchors, children)))
        case Or(children=children):
            return frozenset().union(*map(_anchors, children))
        case Not():
            return frozenset()


def _best(choices: Iterable[frozenset[str]]) -> frozenset[str]:
    """Few keys, and long ones: long words are rare."""
    return min(choices, key=lambda keys: (len(keys), -min(map(len, keys)), sorted(keys)))


# -- verification -----------------------------------------------------------------------------------------------------


def _spans(node: Node, article: _Article) -> list[Span] | None:
    """Where the terms that make it match stand; None if it does not match."""
    match node:
        case Word() | Phrase():
            return [
                _span(name, text, place) for name, text in article.fields() for place in _places(node, text)
            ] or None
        case And(children=children):
            return _spans_of_all(children, article)
        case Or(children=children):
            found = [spans for child in children if (spans := _spans(child, article)) is not None]
            return [span for spans in found for span in spans] if found else None
        case Not(child=child):
            return [] if _spans(child, article) is None else None


def _spans_of_all(children: Iterable[Node], article: _Article) -> list[Span] | None:
    spans: list[Span] = []
    for child in children:
        found = _spans(child, article)
        if found is None:
            return None
        spans += found
    return spans


def _span(name: str, text: Field, place: Place) -> Span:
    return Span(field=name, start=place.start, end=place.end, text=text.text[place.start : place.end])


def _places(term: Word | Phrase, text: Field) -> list[Place]:
    """The first places of a term in a field, in order."""
    words = (term,) if isinstance(term, Word) else term.words
    found: list[Place] = []
    for position in _positions(words[0], text):
        place = _follow(words, position, text)
        if place is not None:
            found.append(place)
            if len(found) == MAX_SPANS_PER_TERM:
                break
    return found


def _positions(word: Word, text: Field) -> Iterable[int]:
    """Where a word can begin."""
    whole = text.places.get(joined(word.parts))
    split = text.places.get(word.parts[0], {})
    return sorted(whole.keys() | split.keys()) if whole else split.keys()


def _follow(words: tuple[Word, ...], position: int, text: Field) -> Place | None:
    """The place of words that follow each other from this position on."""
    first = last = _place(words[0], position, text)
    for word in words[1:]:
        if last is None:
            return None
        last = _place(word, last.last + 1, text)
    return Place(first.first, last.last, first.start, last.end) if first and last else None


def _place(word: Word, position: int, text: Field) -> Place | None:
    """The place of a word that begins at this position: in one, or its parts side by side."""
    whole = text.places.get(joined(word.parts), {}).get(position) if len(word.parts) > 1 else None
    if whole:
        return whole
    first = last = text.places.get(word.parts[0], {}).get(position)
    for part in word.parts[1:]:
        following = text.places.get(part, {}).get(last.last + 1) if last else None
        if last is None or following is None or not _is_joint(text.text[last.end : following.start]):
            return None
        last = following
    return Place(first.first, last.last, first.start, last.end) if first and last else None


_JOINT = re.compile("[-\u2010-\u2013\u2212'\u2019]?\\s?\xad?")


def _is_joint(gap: str) -> bool:
    """Whether what parts two words leaves them one compound: `Nato Gipfel` may be, `Nato. Gipfel` may not."""
    return len(gap) <= 3 and _JOINT.fullmatch(gap) is not None
