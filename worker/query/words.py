"""How text becomes words that can be compared, the same way for articles and for queries.

A word's **run** is what hyphens, apostrophes and gender signs hold together: its parts are words, and so is each stretch
of parts written in one. A word has one key per form (`=haeuser`) and keys for what it is a form of (`Haus`, see
`inflection.py`). Owns what a word is. Knows nothing of queries. Other keys need another ANALYSER: stored queries are then
read again, and what a database keeps of them is made anew.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from worker.query.inflection import keys_of_gendered, keys_of_query, keys_of_text
from worker.query.visible import BREAK, MARKS
from worker.text import fold

ANALYSER = 3

PARAGRAPH_GAP = 100  # positions between two paragraphs: no phrase and no NEAR reaches over it
FORM = "="  # begins the key of a form, as typed but folded
_MAX_JOINED_PARTS = 6  # of a longer chain only the whole is joined: the number of joins grows with the square


class Form(NamedTuple):
    """One key in a run: positions of its first and last part from the run's first, offsets from the run's start."""

    key: str
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Run:
    """One surface, analysed. length: positions that it takes; keys: all of them; forms: only of runs with parts."""

    length: int
    keys: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a run with its offsets in it; gendered: the ending behind a gender sign, `innen`."""

    text: str
    start: int
    end: int
    gendered: bool = False


def surfaces(text: str, *, marked: bool = True) -> list[str]:
    """The runs of a visible text as they stand, in order, with breaks between paragraphs.

    marked: whether there may be combining marks in it, which takes longer.
    """
    return _MARKED_RUN.findall(text) if marked else _RUN.findall(text)


def analysed(found: Iterable[str]) -> dict[str, Run]:
    """Each of these surfaces once, with what it is."""
    return {surface: _KNOWN[surface] for surface in set(found)}


def form_key(surface: str) -> str:
    """The key of a form: case, umlauts, ß, accents and the dots that group digits make no difference."""
    text = _GROUP_SIGNS.sub("", surface) if surface[:1].isdigit() else surface
    return FORM + fold(text if text.isascii() else unicodedata.normalize("NFKC", text))


def parts_of(surface: str) -> list[Part]:
    """A run's parts. Of `SchülerInnen` there are two."""
    if surface.isalnum():
        return _split_inner_capital(Part(text=surface, start=0, end=len(surface)))
    if _ABBREVIATION.fullmatch(surface):
        return [Part(text=one[0], start=one.start(), end=one.end()) for one in _LETTER.finditer(surface)]
    found = [Part(text=one[0], start=one.start(), end=one.end()) for one in _PART.finditer(surface)]
    if len(found) > 1 and _GENDER_ENDING.search(surface):
        last = found[-1]
        return [*found[:-1], Part(text=last.text, start=last.start, end=last.end, gendered=True)]
    return [part for one in found for part in _split_inner_capital(one)]


def is_abbreviation(surface: str) -> bool:
    """Single letters with dots: U.S.A., z. B."""
    return _ABBREVIATION.fullmatch(surface) is not None


def joined(parts: Sequence[Part]) -> str:
    """Parts written in one, as one word; "" where joining would make a number of numbers."""
    if len(parts) < 2 or all(part.text.replace(",", "").replace(".", "").isdigit() for part in parts):
        return ""
    first, *rest = (part.text for part in parts)
    return first + "".join(one if first.isupper() else one.lower() for one in rest)


def compound_keys(parts: Sequence[Part], *, query: bool = False) -> frozenset[str]:
    """What a joined word is a form of: by itself, and by its last part. Schüler:innen is also its base word."""
    whole, last = joined(parts), parts[-1]
    find = keys_of_query if query else keys_of_text
    if last.gendered or not last.text.isalpha():
        return find(whole)
    head = "".join(form_key(part.text).removeprefix(FORM) for part in parts[:-1])
    tails = (key for key in find(_titled(last.text)) if key[0].isupper())
    return find(whole) | {head[:1].upper() + head[1:] + key.lower() for key in tails}


# -- runs -------------------------------------------------------------------------------------------------------------


class _Known(dict[str, Run]):
    """Surfaces that were analysed before: a few hundred thousand lookups per second do without a function call."""

    MOST = 60_000  # about 20 MB; a month of German news has fewer words
    LONGEST = 64

    def __missing__(self, surface: str) -> Run:
        run = _run(surface)
        if len(surface) <= self.LONGEST:
            if len(self) >= self.MOST:
                self.clear()
            self[surface] = run
        return run


_KNOWN = _Known()


def forget() -> None:
    """Know no surface any more, as at a start: for measuring."""
    _KNOWN.clear()


def _run(surface: str) -> Run:
    if surface[0] == BREAK:
        return Run(PARAGRAPH_GAP)
    parts = parts_of(surface)
    if len(parts) == 1:
        return Run(1, tuple(_part_keys(parts[0].text)))
    forms = tuple(_forms(surface, parts))
    return Run(len(parts), tuple(dict.fromkeys(form.key for form in forms)), forms)


def _part_keys(text: str) -> Iterator[str]:
    yield form_key(text)
    if text[0] == ".":  # .NET is also NET
        yield form_key(text[1:])
    yield from sorted(keys_of_text(text))


def _forms(surface: str, parts: list[Part]) -> Iterator[Form]:
    abbreviation = is_abbreviation(surface)
    for at, part in enumerate(parts):
        keys = [form_key(part.text)] if abbreviation else dict.fromkeys(_part_keys(part.text))
        if at + 1 < len(parts) and parts[at + 1].gendered:
            keys = dict.fromkeys([*keys, *sorted(keys_of_gendered(part.text))])
        for key in keys:
            yield Form(key, at, at, part.start, part.end)
    if abbreviation:
        yield Form(form_key(joined(parts)), 0, len(parts) - 1, 0, len(surface))
        return
    for first, after in _stretches(len(parts)):
        some = parts[first:after]
        if whole := joined(some):
            for key in dict.fromkeys([form_key(whole), *sorted(compound_keys(some))]):
                yield Form(key, first, after - 1, some[0].start, some[-1].end)


def _stretches(count: int) -> Iterator[tuple[int, int]]:
    """Each row of neighbours, two or more."""
    if count > _MAX_JOINED_PARTS:
        yield 0, count
        return
    for first in range(count - 1):
        yield from ((first, after) for after in range(first + 2, count + 1))


def _titled(word: str) -> str:
    return word[:1].upper() + word[1:]


# -- what holds words together ------------------------------------------------------------------------------------------

_SIGNS = ".'\u2019\u00a0\u2009\u202f"  # 20.000, 20'000, and the thin blanks of careful typesetters
_GROUPED = "|".join(
    rf"[0-9]{{1,3}}(?:{sign}[0-9]{{3}})+(?!{sign}?[0-9])(?:,[0-9]+(?![0-9]))?" for sign in map(re.escape, _SIGNS)
)
_NUMBER = rf"(?<![\w])(?<![0-9][,{_SIGNS}])(?:{_GROUPED}|[0-9]+,[0-9]+(?![,0-9]))\w*"
_HYPHENS = "-\u2010-\u2013\u2212"
_APOSTROPHES = "'\u2019\u2018\u02bc`\u00b4"
_GENDER_JOINT = r"(?:[:*/\u00b7(]|/-)(?=(?i:in|innen)\b)"
_SIGNED = r"\+\+(?!\w)|\#(?![\w#])"  # C++, C#
_EMOJI = "\u231a-\u23ff\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
_ONE = r"[^\W\d_]"
_ABBREVIATED = rf"{_ONE}\.(?:[ \u00a0\u202f]{_ONE}\.)+(?!\w)|{_ONE}\.(?:{_ONE}\.)+(?!\w)|{_ONE}(?:\.{_ONE})+(?!\w)"


def _pattern(letters: str) -> re.Pattern[str]:
    """Written for `findall`, and so without groups. What is frequent comes first, and a look ahead spares the rest: half
    the time of one alternative after the other. letters: of a word, after its first.
    """
    joints = rf"[{_HYPHENS}{_APOSTROPHES}](?:{_NUMBER}|\w{letters})|{_GENDER_JOINT}\w{letters}|{_SIGNED}"
    chained = rf"(?:(?=[{_HYPHENS}{_APOSTROPHES}:*/\u00b7(+\#])(?:{joints}))*"
    rare = (
        rf"(?=[0-9]){_NUMBER}{chained}|{_ABBREVIATED}|\w{letters}{chained}|(?<![\w.])\.(?=[A-Z])\w{letters}"
        rf"|[{_EMOJI}]|{BREAK}+"
    )
    return re.compile(rf"[^\W\d]\w{letters}{chained}|(?=[\w.{_EMOJI}{BREAK}])(?:{rare})")


_LETTERS = rf"\w*(?:[{MARKS}]+\w*)*+"
_RUN = _pattern(r"\w*")
_MARKED_RUN = _pattern(_LETTERS)
_PART = re.compile(rf"{_NUMBER}|\.?\w{_LETTERS}(?:{_SIGNED})?|[{_EMOJI}]")
_ABBREVIATION = re.compile(_ABBREVIATED)
_LETTER = re.compile(_ONE)
_GENDER_ENDING = re.compile(r"(?:[:*/_\u00b7(]|/-|[-\u2010-\u2013])(?:in|innen)$", re.IGNORECASE)
_INNER_CAPITAL = re.compile(r"(?<=[a-zäöüß])(?:In|Innen)$")


def _split_inner_capital(part: Part) -> list[Part]:
    ending = _INNER_CAPITAL.search(part.text)
    if ending is None:
        return [part]
    at = part.start + ending.start()
    base = Part(text=part.text[: ending.start()], start=part.start, end=at)
    return [base, Part(text=ending[0], start=at, end=part.end, gendered=True)]


_GROUP_SIGNS = re.compile(f"(?<=[0-9])[{_SIGNS}](?=[0-9])")
