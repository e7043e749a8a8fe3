"""A record as words: each field analysed once, when it is first asked for, for all queries together.

Knows which fields a record has and where a key stands in them; what a word is says `worker/query/words.py`. Knows no
queries.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import accumulate, chain
from operator import attrgetter
from typing import NamedTuple

from worker.model import Record
from worker.query.needs import scoped
from worker.query.visible import visible
from worker.query.words import analysed, surfaces


class Place(NamedTuple):
    """Where words stand: positions of the first and last part, offsets of start and end in the visible text.

    pieces: of words near each other, where each of them stands.
    """

    first: int
    last: int
    start: int
    end: int
    pieces: tuple["Place", ...] = ()


class Text:
    """An analysed field. Only what is asked for is computed: most articles want nothing but `keys`."""

    def __init__(self, source: str, *, markdown: bool = False) -> None:
        self.source = source
        self._visible = visible(source, markdown=markdown)
        self._surfaces = surfaces(self._visible.text, marked=self._visible.starts is not None)
        self._runs = analysed(self._surfaces)
        self.keys = set(chain.from_iterable(map(_KEYS, self._runs.values())))
        self.found: dict[object, list[Place]] = {}  # by term: many queries ask for the same
        self._positions: list[int] = []
        self._offsets: list[int] = []
        self._asked = 0
        self._holders: defaultdict[str, list[str]] = defaultdict(list)
        self._sites: defaultdict[str, list[int]] = defaultdict(list)

    def places(self, key: str) -> list[Place]:
        """Where a word with this key stands, in order."""
        if key not in self.keys:
            return []
        self._number()
        sites = sorted(site for surface in self._holding(key) for site in self._standing(surface))
        return [place for site in sites for place in self._in_run(key, site)]

    def frequency(self, key: str) -> int:
        """In how many runs of words the key stands."""
        if key not in self.keys:
            return 0
        return sum(len(self._standing(surface)) for surface in self._holding(key))

    def may_follow(self, key: str, rarer: str, step: int) -> bool:
        """Whether a word with the one key may stand directly behind (step 1) or before (-1) one with the other.

        False is sure; compounds, which have more positions than one, are for a closer look.
        """
        surfaces_, runs, last = self._surfaces, self._runs, len(self._surfaces) - 1
        for surface in self._holding(rarer):
            if runs[surface].forms:
                return True
            for site in self._standing(surface):
                if 0 <= site + step <= last:
                    beside = runs[surfaces_[site + step]]
                    if beside.forms or key in beside.keys:
                        return True
        return False

    def beginning(self, key: str, position: int) -> list[Place]:
        """The places of this key that begin at this position: a compound may have several."""
        self._number()
        site = bisect_right(self._positions, position) - 1
        return [place for place in self._in_run(key, site) if place.first == position]

    def ending(self, key: str, position: int) -> list[Place]:
        """The places of this key that end at this position."""
        self._number()
        site = bisect_right(self._positions, position) - 1
        return [place for place in self._in_run(key, site) if place.last == position]

    def _in_run(self, key: str, site: int) -> list[Place]:
        """The places of this key in the run of this number."""
        if not 0 <= site < len(self._surfaces):
            return []
        surface = self._surfaces[site]
        run = self._runs[surface]
        if key not in run.keys:
            return []
        position, offset = self._positions[site], self._offset(site)
        if not run.forms:
            return [Place(position, position, offset, offset + len(surface))]
        return [
            Place(position + first, position + last, offset + start, offset + end)
            for one, first, last, start, end in run.forms
            if one == key
        ]

    def _number(self) -> None:
        """Count the positions up to each run, when they are first asked for."""
        if not self._positions:
            lengths = map(_LENGTH, map(self._runs.__getitem__, self._surfaces))
            self._positions = list(accumulate(lengths, initial=0))

    def shown(self, start: int, end: int) -> str:
        """A stretch of the visible text."""
        return self._visible.text[start:end]

    def source_span(self, place: Place) -> tuple[int, int]:
        """A place's offsets in the field as it is."""
        return self._visible.source(place.start, place.end)

    def _offset(self, site: int) -> int:
        """Where the surface of this number begins: all up to it are looked for, one behind the other."""
        offsets, surfaces_, find = self._offsets, self._surfaces, self._visible.text.find
        end = offsets[-1] + len(surfaces_[len(offsets) - 1]) if offsets else 0
        for surface in surfaces_[len(offsets) : site + 1]:
            start = find(surface, end)  # between two surfaces stands nothing that could be one
            offsets.append(start)
            end = start + len(surface)
        return offsets[site]

    # Which surfaces have a key, and where a surface stands: searched while few are asked for, then listed.

    def index(self) -> None:
        """List where everything stands, for many questions."""
        self._number()
        holders, sites = self._holders, self._sites
        if not sites and self._surfaces:
            self._offset(len(self._surfaces) - 1)
            for site, surface in enumerate(self._surfaces):
                sites[surface].append(site)
            for surface, run in self._runs.items():
                for key in run.keys:
                    holders[key].append(surface)

    def _holding(self, key: str) -> list[str]:
        if not self._sites:
            self._asked += 1
            if self._asked <= _MOST_SEARCHES:
                return [surface for surface, run in self._runs.items() if key in run.keys]
            self.index()
        return self._holders[key]

    def _standing(self, surface: str) -> list[int]:
        return self._sites[surface] if self._sites else _every(surface, self._surfaces)


def _every(surface: str, surfaces_: list[str]) -> list[int]:
    """The numbers of a surface; `index` is ten times as fast as a loop."""
    found, site = [], -1
    for _ in range(surfaces_.count(surface)):
        site = surfaces_.index(surface, site + 1)
        found.append(site)
    return found


_KEYS = attrgetter("keys")
_LENGTH = attrgetter("length")
_MOST_SEARCHES = 8  # about what the lists cost


class Article:
    """A record's fields, analysed as they are asked for."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._texts: dict[str, Text] = {}

    def source(self, field: str) -> str:
        """One field as it is."""
        return _SOURCES[field](self._record)

    def text(self, field: str) -> Text:
        """One field: `title`, `body` or another scope of a query."""
        found = self._texts.get(field)
        if found is None:
            found = self._texts[field] = Text(self.source(field), markdown=field == "body")
        return found

    def texts(self, scope: str) -> Iterable[tuple[str, Text]]:
        """The fields of a scope, with their names; "" is title and body."""
        names = (scope,) if scope else ("title", "body")
        return [(name, self.text(name)) for name in names]

    def index(self) -> None:
        """Analyse title and body to the end, for many queries."""
        for _, text in self.texts(""):
            text.index()
        assert self.lines

    @cached_property
    def words(self) -> set[str]:
        """All keys of title and body."""
        return self.text("title").keys | self.text("body").keys

    @cached_property
    def lines(self) -> str:
        """The same, each a line in lower case, for patterns to be searched in."""
        return "\n".join(["", *self.words, ""]).lower()

    def keys(self, scopes: Iterable[str] = ()) -> set[str]:
        """All keys of title and body, and of these further scopes."""
        further = [{scoped(key, scope) for key in self.text(scope).keys} for scope in scopes]
        return self.words.union(*further) if further else self.words


FURTHER_SCOPES = ("category", "tag", "author", "url", "source", "agency", "ai")


def index_keys(record: Record) -> set[str]:
    """Every key by which an index can find the record: those that `needs` names."""
    return Article(record).keys(FURTHER_SCOPES)


def _lines(*values: str | None) -> str:
    """Values of which each is a paragraph of its own: no phrase reaches from one into the next."""
    return "\n\n".join(dict.fromkeys(value for value in values if value))


_SOURCES: dict[str, Callable[[Record], str]] = {
    "title": lambda record: record.title,
    "body": lambda record: record.body,
    "category": lambda record: _lines(record.category, *record.categories),
    "tag": lambda record: _lines(*record.tags),
    "author": lambda record: record.author or "",
    "url": lambda record: record.url,
    "source": lambda record: _lines(record.source, record.source_line),
    "agency": lambda record: record.agency or "",
    "ai": lambda record: "yes" if record.ai_notice else "no",
}
