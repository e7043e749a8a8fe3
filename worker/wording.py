"""The words that people read, German and English, and how numbers, times and plurals look in each.

A new sentence is one line in `SENTENCES` (or in `COUNTED` when it counts something). `$name` marks what is filled in;
the filled-in text is never read as a pattern itself, so that feeds and users may write what they like.
Must not know who says what to whom.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from string import Template
from typing import Final

from worker import (
    alertsentences,
    archivesentences,
    channelsentences,
    coveragesentences,
    doctorsentences,
    editsentences,
    feedsentences,
    healthsentences,
    metricsentences,
    optionsentences,
    outboxsentences,
    quarantinesentences,
    querysentences,
    sentences,
    troublesentences,
    visitsentences,
)
from worker.sentences import Counted, Sentence

__all__ = ["COUNTED", "LANGUAGES", "SENTENCES", "Wording"]

LANGUAGES: Final = ("de", "en")
SENTENCES: Final[Mapping[str, Sentence]] = {
    **sentences.SENTENCES,
    **querysentences.SENTENCES,
    **archivesentences.SENTENCES,
    **coveragesentences.SENTENCES,
    **optionsentences.SENTENCES,
    **troublesentences.SENTENCES,
    **feedsentences.SENTENCES,
    **visitsentences.SENTENCES,
    **channelsentences.SENTENCES,
    **alertsentences.SENTENCES,
    **outboxsentences.SENTENCES,
    **editsentences.SENTENCES,
    **metricsentences.SENTENCES,
    **quarantinesentences.SENTENCES,
    **healthsentences.SENTENCES,
    **doctorsentences.SENTENCES,
}
COUNTED: Final[Mapping[str, Counted]] = {
    **sentences.COUNTED,
    **querysentences.COUNTED,
    **archivesentences.COUNTED,
    **troublesentences.COUNTED,
    **feedsentences.COUNTED,
    **channelsentences.COUNTED,
    **alertsentences.COUNTED,
    **quarantinesentences.COUNTED,
    **healthsentences.COUNTED,
}

# The unit that a span is told in, from so many seconds on: (from, seconds of the unit, name in COUNTED).
_UNITS: Final = (
    (2 * 365 * 86_400, 365 * 86_400, "years"),
    (60 * 86_400, 30 * 86_400, "months"),
    (21 * 86_400, 7 * 86_400, "weeks"),
    (86_400, 86_400, "days"),
    (3_600, 3_600, "hours"),
    (60, 60, "minutes"),
    (0, 1, "seconds"),
)

_MONTHS_EN: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Wording:
    """What is said in one language.

    Raises: ValueError for a language that is not known, naming those that are.
    """

    __slots__ = ("language",)

    def __init__(self, language: str = "de") -> None:
        if language not in LANGUAGES:
            raise ValueError(f"language {language[:40]!r} is not known; known are {', '.join(LANGUAGES)}")
        self.language = language

    def say(self, name: str, /, **values: object) -> str:
        """The sentence of that name, filled in. KeyError = no such sentence, or a value is missing."""
        sentence = SENTENCES[name]
        return _fill(sentence.de if self.language == "de" else sentence.en, values)

    def count(self, name: str, n: int, /, **values: object) -> str:
        """So many of something: "1 Artikel", "12.345 Artikel", "3 alerts"."""
        counted = COUNTED[name]
        one, many = counted[:2] if self.language == "de" else counted[2:]
        return _fill(one if n == 1 else many, {**values, "n": self.number(n)})

    def number(self, n: int) -> str:
        """A number with its thousands marked: 12.345 (de), 12,345 (en)."""
        text = f"{n:,}"
        return text.replace(",", ".") if self.language == "de" else text

    def day(self, day: date) -> str:
        """A day as it is told: "03.12.2025", "3 Dec 2025"."""
        if self.language == "de":
            return f"{day:%d.%m.}{day.year:04}"
        return f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year:04}"

    def span(self, length: timedelta) -> str:
        """A length of time in its largest whole unit, rounded down; German in the dative ("3 Tagen")."""
        seconds = max(0, int(length.total_seconds()))
        _, unit_s, name = next(unit for unit in _UNITS if seconds >= unit[0])
        return self.count(name, seconds // unit_s)

    def relative(self, at: datetime, now: datetime) -> str:
        """A time seen from now: "vor 3 Tagen", "in 5 Minuten", "gerade eben"."""
        if abs(now - at) < timedelta(seconds=1):
            return self.say("just_now")
        return self.say("ago", span=self.span(now - at)) if at < now else self.say("ahead", span=self.span(at - now))

    def clock(self, at_local: datetime) -> str:
        """Day and time as they are told: "03.12.2025, 16:35 Uhr", "3 Dec 2025, 16:35"."""
        return f"{self.day(at_local)}, {self.hour(at_local)}"

    def hour(self, at_local: datetime) -> str:
        """A time of day: "16:35 Uhr", "16:35"."""
        return f"{at_local:%H:%M} Uhr" if self.language == "de" else f"{at_local:%H:%M}"


def _fill(pattern: str, values: Mapping[str, object]) -> str:
    # Only our own pattern is read for `$name`; what is filled in is not read again.
    return Template(pattern).substitute(values)
