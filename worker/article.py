"""A record as words: each field analysed once, when it is first asked for, for all queries together.

Knows which fields a record has and where a key stands in them; what a word is says `worker/query/words.py`. Knows no
queries.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import NamedTuple

from worker.model import Record
from worker.query.needs import scoped
from worker.query.visible import visible
from worker.query.words import Form, analysed, surfaces


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
        self._runs = surfaces(self._visible.text)
        self._keys: set[str] | None = None
        self._sites: dict[str, list[tuple[int, int]]] | None = None
        self._holders: dict[str, list[tuple[str, Form | None]]] | None = None
        self.found: dict[object, list[Place]] = {}  # by term: many queries ask for the same

    @property
    def keys(self) -> set[str]:
        """The keys of all its words."""
        if self._keys is None:
            self._keys = set().union(*(analysed(run).keys for run in set(self._runs)))
        return self._keys

    def places(self, key: str) -> list[Place]:
        """Where a word with this key stands, in order."""
        found: list[Place] = []
        if key not in self.keys:
            return found
        sites = self._located()
        for run, form in self._holding().get(key, ()):
            for position, offset in sites[run]:
                if form is None:
                    found.append(Place(position, position, offset, offset + len(run)))
                else:
                    first, last = position + form.first, position + form.last
                    found.append(Place(first, last, offset + form.start, offset + form.end))
        return sorted(found)

    def shown(self, start: int, end: int) -> str:
        """A stretch of the visible text."""
        return self._visible.text[start:end]

    def source_span(self, place: Place) -> tuple[int, int]:
        """A place's offsets in the field as it is."""
        return self._visible.source(place.start, place.end)

    def _located(self) -> dict[str, list[tuple[int, int]]]:
        """For each run its places: the position of its first part, and its offset."""
        if self._sites is None:
            self._sites = defaultdict(list)
            text, end, sites = self._visible.text, 0, self._sites
            positions = accumulate((analysed(run).length for run in self._runs), initial=0)
            for run, position in zip(self._runs, positions, strict=False):  # the last position is the end
                start = text.find(run, end)  # between two runs stands nothing that could be one
                sites[run].append((position, start))
                end = start + len(run)
        return self._sites

    def _holding(self) -> dict[str, list[tuple[str, Form | None]]]:
        """For each key the runs that have it, and where in them."""
        if self._holders is None:
            holders: defaultdict[str, list[tuple[str, Form | None]]] = defaultdict(list)
            for run in set(self._runs):
                found = analysed(run)
                for form in found.forms:
                    holders[form.key].append((run, form))
                if not found.forms:
                    for key in found.keys:
                        holders[key].append((run, None))
            self._holders = holders
        return self._holders


class Article:
    """A record's fields, analysed as they are asked for."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._texts: dict[str, Text] = {}

    def text(self, field: str) -> Text:
        """One field: `title`, `body` or another scope of a query."""
        found = self._texts.get(field)
        if found is None:
            found = self._texts[field] = Text(_SOURCES[field](self._record), markdown=field == "body")
        return found

    def texts(self, scope: str) -> Iterable[tuple[str, Text]]:
        """The fields of a scope, with their names; "" is title and body."""
        names = (scope,) if scope else ("title", "body")
        return [(name, self.text(name)) for name in names]

    def keys(self, scopes: Iterable[str] = ()) -> set[str]:
        """All keys of title and body, and of these further scopes."""
        found = self.text("title").keys | self.text("body").keys
        for scope in scopes:
            found.update(scoped(key, scope) for key in self.text(scope).keys)
        return found


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
