"""Do two articles tell the same story in the same words? Pure. docs/adr/0023 says what was measured.

A copy is agency text that comes by another feed, or an article that was put up under another address: with another title,
shortened, with a paragraph of its own, with newer numbers. What is told again and again by one template (police, weather, traffic,
horoscopes) is no copy: most of the words are the same there, names and days are not. A copy that is not recognised costs
one alert more, an article that is wrongly taken for one is told of in half a line: in doubt it is none.

Must not know records, subscriptions, nor which article came first.
"""

import hashlib
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.text import fold

SHORT_WORDS = 40  # of less text it cannot be told: only the very same text is the same story
ALIKE = 0.9  # of the shorter text's runs of words that stand in the longer one, too
LENGTHS = 0.25  # a text that is longer than four times the other tells more than its story

_RUN = 3  # words
_KEPT = 512  # hashes: below that a sketch is exact, above it is off by 2 % (one standard deviation)
_MOST_WORDS = 4000  # what an article is about stands in its beginning
_MOST_CHARS = 60_000
_ALL = 2**32
_HEAD = struct.Struct("<BBIH16s")  # version and whether all runs are there, days, words, number of runs, digest
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Sketch:
    """What two texts are compared by. words: how many there are; whole: of the text in full; runs: hashes of runs of
    words, the smallest ones, all of them up to `bound`; days: the weekdays that it names, one bit each.
    """

    words: int
    whole: bytes
    runs: frozenset[int]
    bound: int
    days: int


def sketch(title: str, body: str) -> Sketch:
    """The sketch of an article. The title counts only where there is hardly a text: copies like to change it."""
    words = _words(_told(body))
    if len(words) < SHORT_WORDS:
        words = [*_words(title), *words]
    runs = {_hash(" ".join(words[at : at + _RUN])) for at in range(max(1, len(words) - _RUN + 1))}
    kept = sorted(runs)[:_KEPT]
    return Sketch(
        words=len(words),
        whole=hashlib.sha256(" ".join(words).encode()).digest()[:16],
        runs=frozenset(kept),
        bound=kept[-1] if len(runs) > len(kept) else _ALL,
        days=sum({1 << _DAYS[word] for word in words if word in _DAYS}),
    )


def same_story(one: Sketch, other: Sketch) -> bool:
    """Whether one is a copy of the other, whichever came first. For articles of a few days: then a weekday is a date."""
    if one.whole == other.whole:
        return True
    if min(one.words, other.words) < max(SHORT_WORDS, LENGTHS * max(one.words, other.words)):
        return False
    return not _contradict(one.days, other.days) and likeness(one, other) >= ALIKE


def likeness(one: Sketch, other: Sketch) -> float:
    """How much of the shorter text stands in the longer one, in runs of words: 0 to 1."""
    bound = min(one.bound, other.bound)
    here = {run for run in one.runs if run <= bound}
    there = {run for run in other.runs if run <= bound}
    return len(here & there) / max(1, min(len(here), len(there)))


def _contradict(days: int, others: int) -> bool:
    """Each of them names a weekday that the other does not. A cut takes days away, no copy puts others in their place."""
    return bool(days & ~others) and bool(others & ~days)


class Shelf:
    """Sketches by number, the copies among which are found without comparing with each one."""

    def __init__(self) -> None:
        self._sketches: dict[int, Sketch] = {}
        self._with: dict[int | bytes, list[int]] = {}

    def add(self, number: int, sketch: Sketch) -> None:
        self._sketches[number] = sketch
        for mark in _marks(sketch):
            self._with.setdefault(mark, []).append(number)

    def copies_of(self, sketch: Sketch) -> Sequence[int]:
        """The numbers of those that tell the same story, the one that is most alike first."""
        shared = Counter(one for mark in _marks(sketch) for one in self._with.get(mark, ()))
        return [one for one, _ in shared.most_common() if same_story(self._sketches[one], sketch)]


def _marks(sketch: Sketch) -> list[int | bytes]:
    """By what copies find each other: a quarter of the runs. Of 34 that the shortest copies share, none is among them once
    in 18,000 times.
    """
    return [sketch.whole, *(run for run in sketch.runs if not run & 3)]


# -- what is kept of it -----------------------------------------------------------------------------------------------


def packed(sketch: Sketch) -> bytes:
    """A sketch as it is kept: 4 bytes a word, 2 kB at most."""
    first = _VERSION << 1 | int(sketch.bound == _ALL)
    head = _HEAD.pack(first, sketch.days, sketch.words, len(sketch.runs), sketch.whole)
    return head + struct.pack(f"<{len(sketch.runs)}I", *sorted(sketch.runs))


def unpacked(data: bytes) -> Sketch | None:
    """The sketch; None for one of another version, which can be compared with none."""
    if len(data) < _HEAD.size or data[0] >> 1 != _VERSION:
        return None
    first, days, words, number, whole = _HEAD.unpack_from(data)
    runs = frozenset(struct.unpack_from(f"<{number}I", data, _HEAD.size))
    return Sketch(words=words, whole=whole, runs=runs, bound=_ALL if first & 1 else max(runs), days=days)


# -- words ------------------------------------------------------------------------------------------------------------

_WORD = re.compile(r"\w+(?:[.,:/]\d+)*")
# What an agency or a house puts before and behind a text of others.
_DATELINE = re.compile(r"\W{0,3}[^()\n.!?]{0,60}\((?:[\w./ -]{2,40})\)\s?[-–—:]{1,2}\s?")
_CREDIT = re.compile(
    r"(?:\(?c\)?|©|✨|\(|foto|bild|quelle|text|mit material|mit informationen|original-content|dieser (?:text|artikel|beitrag)"
    r"|durch ki|mit hilfe von ki|von ki|hinweis|lesen sie auch|mehr zum thema|symbolbild|archivbild|red/|pm/)",
    re.IGNORECASE,
)
_CREDIT_CHARS = 200
_NAMES = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
_DAYS = {name: place for place, name in enumerate(_NAMES)} | {"sonnabend": 5}


def _told(body: str) -> str:
    """The body without its dateline, credits and notices."""
    lines = [line.strip() for line in body[:_MOST_CHARS].splitlines()]
    told = [line for line in lines if line and not (len(line) <= _CREDIT_CHARS and _CREDIT.match(line))]
    if told and (found := _DATELINE.match(told[0][:120])):
        told[0] = told[0][found.end() :]
    return "\n".join(told)


def _words(text: str) -> list[str]:
    return list(_few(_WORD.finditer(fold(text))))


def _few(found: Iterator[re.Match[str]]) -> Iterator[str]:
    for _, word in zip(range(_MOST_WORDS), found, strict=False):
        yield word[0]


def _hash(text: str) -> int:
    """Evenly over 32 bits: a checksum, stirred, for checksums of neighbours are neighbours."""
    return zlib.crc32(text.encode()) * 0x9E3779B1 % _ALL
