"""How text becomes words that can be compared, the same way for articles and for queries.

Owns what a word is: folding, hyphens, apostrophes, abbreviations, numbers, invisible characters, paragraphs, Markdown.
Knows nothing of queries. A change that makes other keys needs another ANALYSER: stored queries are then read again.
"""

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from worker.text import fold

ANALYSER = 1

PARAGRAPH_GAP = 100  # positions between two paragraphs: no phrase and no later proximity reaches over it
_MAX_JOINED_PARTS = 6  # of a longer chain only the whole is joined: the number of joins grows with the square


class Place(NamedTuple):
    """Where a word stands: positions of its first and last part, code points of its start and end in the field."""

    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An analysed text: for each key the places where it stands, by the position of the first part."""

    text: str
    places: dict[str, dict[int, Place]]


def analyse(text: str, *, markdown: bool = False) -> Field:
    """Every word of a text, and what hyphens hold together also as one word. Positions count parts."""
    places: defaultdict[str, dict[int, Place]] = defaultdict(dict)
    for run in _runs(text, markdown=markdown):
        for key, place in run:
            places[key][place.first] = place
        if len(run) > 1:
            for some in _stretches(run):
                if key := joined([key for key, _ in some]):
                    first, last = some[0][1], some[-1][1]
                    places[key][first.first] = Place(first.first, last.last, first.start, last.end)
    return Field(text=text, places=dict(places))


def keys(text: str) -> tuple[tuple[str, ...], ...]:
    """The words of a query's word or phrase, each as the keys of its parts: `Ukraine-Krieg` is (ukraine, krieg)."""
    return tuple(tuple(key for key, _ in run) for run in _runs(text, markdown=False))


def joined(parts: Sequence[str]) -> str:
    """The key of a compound written as one word; "" where joining would make a number of numbers."""
    if len(parts) < 2 or all(part.replace(",", "").isdigit() for part in parts):
        return ""
    return "".join(parts)


# -- runs: the parts of one word --------------------------------------------------------------------------------------


_Part = tuple[str, Place]  # key and place
_JOINTS = "-\u2010\u2011\u2012\u2013\u2212'\u2019\u2018\u02bc`\u00b4"  # hyphens, short dashes, apostrophes
_GENDER_SIGNS = ":*_/"  # Schüler:innen, Schüler*innen, Schüler_innen, Schüler/innen
_GENDER_ENDINGS = ("in", "innen")


def _runs(text: str, *, markdown: bool) -> Iterator[list[_Part]]:
    visible = _Visible.of(text, markdown=markdown)
    shown, starts, ends = visible.text, visible.starts, visible.ends
    breaks = iter([*(found.end() if found.group(1) else found.start() for found in _BREAK.finditer(shown)), len(shown)])
    ahead = next(breaks)
    run: list[_Part] = []
    position, done = -1, 0
    for key, start, end, glued in _pieces(shown):
        gap = 1
        while start >= ahead:
            gap, ahead = PARAGRAPH_GAP, next(breaks)
        if run and (gap > 1 or not (glued or (start - done == 1 and _is_joint(shown[done], key)))):
            yield run
            run = []
        position += gap
        done = end
        if starts:
            run.append((key, Place(position, position, starts[start], ends[end - 1])))
        else:
            run.append((key, Place(position, position, start, end)))
    if run:
        yield run


def _is_joint(sign: str, following: str) -> bool:
    """Whether the one sign between two parts holds them together."""
    return sign in _JOINTS or (sign in _GENDER_SIGNS and following in _GENDER_ENDINGS)


def _stretches(run: list[_Part]) -> Iterator[list[_Part]]:
    """Each row of neighbours, two or more."""
    count = len(run)
    if count > _MAX_JOINED_PARTS:
        yield run
        return
    for first in range(count - 1):
        yield from (run[first:after] for after in range(first + 2, count + 1))


# -- pieces -----------------------------------------------------------------------------------------------------------


_LETTER_CHAR = r"[^\W_]"
_MARKS = (  # accents of decomposed text and vowel signs: they belong to the letter before; `re` sees no letters in them
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    "\u0900-\u0903\u093a-\u093c\u093e-\u094f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
_GROUP_SIGNS = ".'\u2019\u00a0\u2009\u202f"  # 20.000, 20'000, and the thin blanks of careful typesetters
_EMOJI = "\u231a-\u23ff\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
_SINGLE = r"[^\W\d_]"
_TOKEN = re.compile(
    rf"""
    (?P<number> (?=[0-9]) (?<!{_LETTER_CHAR}) (?<![0-9][,{_GROUP_SIGNS}])
        (?: [0-9]{{1,3}} (?P<sign>[{_GROUP_SIGNS}])[0-9]{{3}} (?:(?P=sign)[0-9]{{3}})* (?!(?P=sign)?[0-9]) (?:,[0-9]+)?
          | [0-9]+,[0-9]+ )
        (?![0-9]|,[0-9]) {_LETTER_CHAR}* )
    | (?P<letters> (?={_SINGLE}\.) (?<!{_LETTER_CHAR})
        (?: {_SINGLE}\.(?:[\ \u00a0\u202f]?{_SINGLE}\.)+ | {_SINGLE}(?:\.{_SINGLE})+ ) (?!{_LETTER_CHAR}) )
    | {_LETTER_CHAR}++ (?: [{_MARKS}]++ {_LETTER_CHAR}*+ )*+
    | [{_EMOJI}]
    """,
    re.VERBOSE,
)
_SINGLES = re.compile(_SINGLE)
_SIGNS = re.compile(f"[{_GROUP_SIGNS}]")


def _pieces(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """(key, start, end, glued); glued: it belongs to the piece before, whatever stands between."""
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind is None:
            start, end = found.span()
            yield _key(found[0]), start, end, False
        elif kind == "number":
            yield _key(_SIGNS.sub("", found[0])), *found.span(), False
        else:
            for index, letter in enumerate(_SINGLES.finditer(text, *found.span())):
                yield _key(letter[0]), *letter.span(), index > 0


def _key(surface: str) -> str:
    return _cached_key(surface) if len(surface) <= 64 else fold(surface)


@lru_cache(maxsize=100_000)  # about 15 MB; a month of German news has fewer words
def _cached_key(surface: str) -> str:
    return fold(surface if surface.isascii() else unicodedata.normalize("NFKC", surface))


# -- the visible text -------------------------------------------------------------------------------------------------

# A paragraph ends at an empty line, before a heading or a list item, and (group 1) after a heading.
_BREAK = re.compile(
    r"^[ \t]*(\#{1,6}[ ][^\n]*) | \n[ \t\r]*\n | \n(?=[ \t]*(?:[-*+][ ]|\#{1,6}[ ]|[0-9]{1,3}[.)][ ])) | \u2029",
    re.MULTILINE | re.VERBOSE,
)
_INVISIBLE = (  # soft hyphen, joiners, direction marks, variation selectors, skin tones
    "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff"
)
_ODD = re.compile(f"[{_INVISIBLE}]+|&(?:#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,30}});")
_NOT_SEEN = re.compile(f"[{_INVISIBLE}]+")
_LINK_MARKUP = re.compile(r"!\[[^\[\]\n]*\]\([^()\s]*\)|(?<=\])\([^()\s]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visible:
    """A text as a reader sees it; starts and ends: for each of its characters the offsets in the text as it was."""

    text: str
    starts: Sequence[int] = ()
    ends: Sequence[int] = ()

    @classmethod
    def of(cls, text: str, *, markdown: bool) -> "_Visible":
        if markdown and "](" in text:
            text = _LINK_MARKUP.sub(lambda found: " " * len(found.group()), text)
        if not _ODD.search(text):
            return cls(text=text)
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for found in _ODD.finditer(text):
            seen = _NOT_SEEN.sub("", html.unescape(found.group()))
            pieces += text[done : found.start()], seen
            starts += *range(done, found.start()), *[found.start()] * len(seen)
            ends += *range(done + 1, found.start() + 1), *[found.end()] * len(seen)
            done = found.end()
        pieces.append(text[done:])
        starts += range(done, len(text))
        ends += range(done + 1, len(text) + 1)
        return cls(text="".join(pieces), starts=starts, ends=ends)
