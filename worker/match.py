"""The compiled matcher: a record -> which queries match it, and where.

Every query is found by the words without which it cannot match (`query/needs.py`), and then verified on positions
(`verify.py`): the cost follows the words of the article and the hits, not the number of subscriptions. Knows nothing of
how a query is written or stored. Threads must not share one while it changes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from worker.article import FURTHER_SCOPES, Article
from worker.model import Match, Record, Span
from worker.query import Node, Query, Wild, needs
from worker.query.stored import anchor_of, root_of
from worker.verify import matches, spans
from worker.wild import LONGEST_KEY, fits, fitting, fragment


def spans_of(query: Query, record: Record) -> tuple[Span, ...] | None:
    """Where one query matches one record, for trying it out; None if it does not."""
    article = Article(record)
    return spans(query.root, article) if matches(query.root, article) else None


class Matcher:
    """Queries by subscription id, ready to be asked; equal queries are kept once."""

    def __init__(self, queries: Mapping[int, Query]) -> None:
        self._entries: dict[str, _Entry] = {}  # by canonical form
        self._by_id: dict[int, _Entry] = {}
        self._by_key: dict[str, list[_Entry]] = {}
        self._scopes: Counter[str] = Counter()  # those that some query looks into, beside title and body
        self._patterns = _Patterns()
        for subscription_id, query in queries.items():
            self.add(subscription_id, query)

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, subscription_id: int, query: Query) -> None:
        """From now on this subscription has this query; one that it had is replaced."""
        if subscription_id in self._by_id:
            self.remove(subscription_id)
        entry = self._entries.get(query.canonical)
        if entry is None:
            entry = self._enter(query.canonical)
        entry.ids = (*entry.ids, subscription_id)
        self._by_id[subscription_id] = entry

    def remove(self, subscription_id: int) -> None:
        """Forget a subscription; one that is not known is no fault."""
        entry = self._by_id.pop(subscription_id, None)
        if entry is None:
            return
        entry.ids = tuple(one for one in entry.ids if one != subscription_id)
        if not entry.ids:
            self._leave(entry)

    def match(self, record: Record) -> list[Match]:
        """The subscriptions whose query the record matches, by id; spans: every place of every term that counts."""
        return self.match_article(Article(record))

    def match_article(self, article: Article) -> list[Match]:
        """The same for an article that others ask, too: it is analysed once."""
        found: list[Match] = []
        for entry in self._matching(article):
            places = spans(entry.root, article)
            found += (Match(subscription_id=one, spans=places) for one in entry.ids)
        return sorted(found, key=lambda match: match.subscription_id)

    def ids(self, article: Article) -> list[int]:
        """Only which subscriptions match, for counting."""
        return sorted(one for entry in self._matching(article) for one in entry.ids)

    # -- the index ----------------------------------------------------------------------------------------------------

    def _enter(self, canonical: str) -> "_Entry":
        anchor = anchor_of(canonical)
        entry = self._entries[canonical] = _Entry(canonical, anchor.decided)
        for key in anchor.keys:
            found = self._by_key.get(key)
            if found is None:
                self._by_key[key] = [entry]
            else:
                found.append(entry)
        for pattern in anchor.patterns:
            self._patterns.add(pattern, entry)
        if anchor.scopes:
            self._scopes.update(anchor.scopes)
        return entry

    def _leave(self, entry: "_Entry") -> None:
        del self._entries[entry.canonical]
        anchor = anchor_of(entry.canonical)
        for key in anchor.keys:
            self._by_key[key].remove(entry)
            if not self._by_key[key]:
                del self._by_key[key]
        for pattern in anchor.patterns:
            self._patterns.remove(pattern, entry)
        self._scopes.subtract(anchor.scopes)

    def _matching(self, article: Article) -> Iterator["_Entry"]:
        keys = article.keys(scope for scope in FURTHER_SCOPES if self._scopes[scope])
        candidates = {entry for key in self._by_key.keys() & keys for entry in self._by_key[key]}
        candidates.update(self._patterns.candidates(article))
        for entry in candidates:
            if entry.decided or entry.matches(article, keys):
                yield entry


class _Entry:
    """One query with all who asked it. decided: whoever has one of its anchors matches."""

    __slots__ = ("_compiled", "canonical", "decided", "ids")  # there may be a hundred thousand

    def __init__(self, canonical: str, decided: bool) -> None:  # there is no other
        self.canonical = canonical
        self.decided = decided
        self.ids: tuple[int, ...] = ()
        self._compiled: _Compiled | None = None

    @property
    def root(self) -> Node:
        """The tree."""
        return self._read().root

    def matches(self, article: Article, keys: set[str]) -> bool:
        """Most candidates lack another word that they need; many need no more than words."""
        compiled = self._compiled or self._read()
        for needed in compiled.needs:
            if keys.isdisjoint(needed):
                return False
        return compiled.decisive or matches(compiled.root, article)

    def _read(self) -> "_Compiled":
        """The tree is read when an article first comes near it."""
        if self._compiled is None:
            root = root_of(self.canonical)
            needed = needs(root)
            keys = tuple(clause.keys for clause in needed.clauses if not clause.patterns)
            self._compiled = _Compiled(root, keys, needed.decisive and len(keys) == len(needed.clauses))
        return self._compiled


class _Compiled(NamedTuple):
    """needs: of each some key must be there; decisive: that is all that must be."""

    root: Node
    needs: tuple[frozenset[str], ...]
    decisive: bool


class _Patterns:
    """Queries that are found by a pattern with wildcards: its longest literal is looked for in all words at once."""

    def __init__(self) -> None:
        self._entries: dict[Wild, list[_Entry]] = {}
        self._listed: list[Wild] = []
        self._elsewhere: list[Wild] = []
        self._automaton: AhoCorasick | None = None

    def add(self, pattern: Wild, entry: _Entry) -> None:
        if pattern not in self._entries:
            self._automaton = None
        self._entries.setdefault(pattern, []).append(entry)

    def remove(self, pattern: Wild, entry: _Entry) -> None:
        self._entries[pattern].remove(entry)
        if not self._entries[pattern]:
            del self._entries[pattern]
            self._automaton = None

    def candidates(self, article: Article) -> Iterator[_Entry]:
        """Those of which a pattern fits a word."""
        if not self._entries:
            return
        automaton = self._ready()
        for pattern in set(self._fitting(automaton, article.lines)):
            yield from self._entries[pattern]
        for pattern in self._elsewhere:
            if fitting(pattern, article.text(pattern.scope).keys):
                yield from self._entries[pattern]

    def _fitting(self, automaton: AhoCorasick, lines: str) -> Iterator[Wild]:
        """Patterns for title and body that fit a key there, of which each is a line."""
        for number, start, end in automaton.find_matches_as_indexes(lines, overlapping=True):
            pattern = self._listed[number]
            before = lines.rfind("\n", max(0, end - LONGEST_KEY - 2), start + 1)
            behind = lines.find("\n", end - 1, start + LONGEST_KEY + 2)
            if before >= 0 and behind >= 0 and fits(pattern, lines[before + 1 : behind]):
                yield pattern

    def _ready(self) -> AhoCorasick:
        if self._automaton is None:
            self._elsewhere = [pattern for pattern in self._entries if pattern.scope in FURTHER_SCOPES]
            self._listed = [pattern for pattern in self._entries if pattern.scope not in FURTHER_SCOPES]
            self._automaton = AhoCorasick([fragment(pattern.pattern) for pattern in self._listed])
        return self._automaton
