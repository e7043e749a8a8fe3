"""Dates as feeds write them -> aware UTC datetimes.

Owns the spellings: ISO 8601, RFC 822, epoch numbers, and what people write in German, English, Italian, French, Dutch
and Spanish. A text counts as a date only if all of it is understood: a wrong time is worse than none. Knows no clock,
so it never judges whether a date is plausible; only years before 1990, the zeros of software, are refused.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_LONGEST = 100  # a JavaScript date with a spelled-out zone has about 75 characters
_FIRST_YEAR = 1990
_WIDEST_OFFSET_MIN = 14 * 60


def parse_date(raw: str, zone: str) -> datetime | None:
    """Read a date and return it as aware UTC without fractions of a second, or None if it is not usable. Never raises.

    zone: IANA name of the clock that dates without a zone follow. An hour that exists twice is its first occurrence,
    one that does not exist moves forward. A date without a time is midnight.
    """
    text = _tidy(raw)
    if not text:
        return None
    try:
        return _epoch(text) or _written_out(text, zone)
    except (ValueError, OverflowError):  # impossible day or hour; beyond year 9999 after the shift to UTC
        return None


# -- numbers that count seconds ---------------------------------------------------------------------------------------

_EPOCH = re.compile(r"([0-9]{9,10}|[0-9]{13}|[0-9]{16})(?:\.[0-9]{1,9})?")


def _epoch(text: str) -> datetime | None:
    """Seconds, milliseconds or microseconds since 1970, told apart by their length."""
    found = _EPOCH.fullmatch(text)
    if not found:
        return None
    digits = found[1]
    seconds = int(digits) // {9: 1, 10: 1, 13: 10**3, 16: 10**6}[len(digits)]
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment if moment.year >= _FIRST_YEAR else None


# -- written dates ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    year: int
    month: int
    day: int
    rest: str  # the text around the date: weekday, time, zone


@dataclass(frozen=True, slots=True, kw_only=True)
class _Time:
    hour: int = 0
    minute: int = 0
    second: int = 0
    rest: str


def _written_out(text: str, zone: str) -> datetime | None:
    day = _find_day(_spread(text))
    if day is None or day.year < _FIRST_YEAR:
        return None
    time = _find_time(day.rest)
    clock = _find_zone(time.rest, zone)
    if clock is None:
        return None
    next_day = timedelta(days=1) if time.hour == 24 and time.minute == time.second == 0 else timedelta(0)
    hour = 0 if next_day else time.hour
    second = min(time.second, 59) if time.second <= 60 else time.second  # a leap second
    local = datetime(day.year, day.month, day.day, hour, time.minute, second, tzinfo=clock)
    return (local + next_day).astimezone(UTC)


def _tidy(raw: str) -> str:
    """Lower case, accents and control characters dropped, one kind of blank and dash; "" if it cannot be a date."""
    text = raw.strip(" \t\r\n\0\ufeff\xa0")
    if len(text) > _LONGEST:
        return ""
    letters = unicodedata.normalize("NFKD", text.lower())
    kept = (_DASHES.get(c, c) for c in letters if not unicodedata.combining(c))
    return " ".join("".join(c if c.isprintable() else " " for c in kept).split())


_DASHES = {"\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2012": " ", "\u2013": " ", "\u2014": " ", "|": " ", "·": " "}

_BASIC = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[t ]?([0-9]{2})([0-9]{2})([0-9]{2})?)?(?![0-9])")
_BASIC_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[t ]([0-9]{2})([0-9]{2})([0-9]{2})?(?![0-9])")
_ASCTIME = re.compile(
    r"([a-z]{3,9})\.? ([0-9]{1,2}) ([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: [ap]m)?) ((?:[a-z]{1,5}|[+-][0-9]{4}) )?([0-9]{4})$"
)


def _spread(text: str) -> str:
    """Bring the spellings without separators, and the year at the end, into the common order."""
    if found := _BASIC.match(text):
        year, month, day, hour, minute, second = found.groups()
        time = f"{hour}:{minute}:{second or '00'}" if hour else ""
        return f"{year}-{month}-{day} {time}{text[found.end() :]}"
    if found := _BASIC_TIME.match(text):
        date, hour, minute, second = found.groups()
        return f"{date} {hour}:{minute}:{second or '00'}{text[found.end() :]}"
    return _ASCTIME.sub(r"\2 \1 \5 \3 \4", text)


# -- the day ----------------------------------------------------------------------------------------------------------

_MONTH_NAMES = (
    "jan january januar janner januari janvier janv gennaio gen enero ene",
    "feb february februar feber februari fevrier fevr fev febbraio febr febrero",
    "mar march marz maerz mrz maart mrt mars marzo",
    "apr april avril avr aprile abril abr",
    "may mai mei maggio mag mayo",
    "jun june juni juno juin giugno giu junio",
    "jul july juli julei juillet juil luglio lug julio",
    "aug august augustus aout aou agosto ago",
    "sep sept september septembre settembre sett set septiembre setiembre",
    "oct october oktober okt octobre ottobre ott octubre",
    "nov november novembre noviembre",
    "dec december dezember dez decembre dicembre dic diciembre",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}

_YEAR = r"(?<![-0-9])([0-9]{4})"
_END = r"(?![0-9]|[:.h][0-9])"
_NAME = r"([a-z]{3,10})"
_ORDINAL = r"(?:st|nd|rd|th|er|ter|te|e|o)?"
_YMD = re.compile(_YEAR + r"([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![0-9])")
_DMY = re.compile(r"(?<![-0-9.])([0-9]{1,2})([-/.]) ?([0-9]{1,2})\2 ?([0-9]{4}|[0-9]{2})" + _END)
_D_NAME_Y = re.compile(
    r"(?<![-0-9.:])([0-9]{1,2})" + _ORDINAL + r"(?:\. ?|[ ,/]|-)(?:de |of )?" + _NAME
    + r"(?:[.,/ ] ?|-|\., )(?:del? )?'?([0-9]{4}|[0-9]{2})" + _END
)  # fmt: skip
_NAME_D_Y = re.compile(
    r"(?<![a-z])" + _NAME + r"(?:\. ?|[ /-])([0-9]{1,2})" + _ORDINAL + r"(?:, ?|\. ?|[ /-])([0-9]{4})" + _END
)
_Y_NAME_D = re.compile(_YEAR + r"[-/ .]" + _NAME + r"[-/ .]([0-9]{1,2})(?![0-9])")


def _find_day(text: str) -> _Day | None:
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, int, str] | None]], ...] = (
        (_YMD, lambda m: (m[1], int(m[3]), m[4])),
        (_DMY, _day_first),
        (_D_NAME_Y, lambda m: (m[3], _MONTHS.get(m[2], 0), m[1])),
        (_NAME_D_Y, lambda m: (m[3], _MONTHS.get(m[1], 0), m[2])),
        (_Y_NAME_D, lambda m: (m[1], _MONTHS.get(m[2], 0), m[3])),
    )
    for pattern, read in readers:
        found = pattern.search(text)
        parts = read(found) if found else None
        if found and parts:
            rest = f"{text[: found.start()]} {text[found.end() :]}"
            return _Day(year=_full_year(parts[0]), month=parts[1], day=int(parts[2]), rest=rest)
    return None


def _day_first(found: re.Match[str]) -> tuple[str, int, str]:
    """Day, month, year; the American order only where slashes come with a.m./p.m. or no other reading exists."""
    first, mark, second, year = found.groups()
    american = mark == "/" and int(first) <= 12 and (int(second) > 12 or _HALF_DAY.search(found.string) is not None)
    return (year, int(first), second) if american else (year, int(second), first)


def _full_year(digits: str) -> int:
    """RFC 2822 §4.3 for years of two digits."""
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 50 else 1900)


# -- the time of day --------------------------------------------------------------------------------------------------

_HALF_DAY = re.compile(r"(?<![a-z])([ap])\.? ?m(?:\.|(?![a-z]))")
_TIME = re.compile(
    r"(?<![-+0-9:.])([0-9]{1,2})(?: ?[:.] ?|(?: h | ?h))([0-9]{2})(?:[:.]([0-9]{2})(?:[.,][0-9]{1,12})?)?(?![0-9:])"
)
_HOUR = re.compile(r"(?<![-+0-9:.])([0-9]{1,2}) ?(?=(?:uhr|uur|h|[ap]\.? ?m)(?![a-z]))")


def _find_time(text: str) -> _Time:
    found = _TIME.search(text) or _HOUR.search(text)
    if not found:
        return _Time(rest=text)
    hour, minute, second = (int(part or 0) for part in (*found.groups(), None, None)[:3])
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    if half := _HALF_DAY.search(rest):
        rest = f"{rest[: half.start()]} {rest[half.end() :]}"
        hour = _on_24_hours(hour, half[1])
    return _Time(hour=hour, minute=minute, second=second, rest=rest)


def _on_24_hours(hour: int, half: str) -> int:
    if hour == 12:
        return 0 if half == "a" else 12
    return hour + 12 if half == "p" and hour < 12 else hour


# -- the zone ---------------------------------------------------------------------------------------------------------

_OFFSET = re.compile(r"(?:(?<![a-z])(?:gmt|utc?|z) ?)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?(?![0-9:])")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WORDS = re.compile(r"[^\W\d_]+|[0-9+]+")

_ZONE_HOURS = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1,
    "cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "eest": 3, "oez": 2, "oesz": 3,
    "msk": 3, "sast": 2, "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "sgt": 8, "hkt": 8, "jst": 9, "kst": 9,
    "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}  # fmt: skip
_FILLERS = frozenset(
    word
    for words in (
        # weekdays: German, English, Italian, French, Dutch, Spanish; accents are gone by now
        "mo di mi do fr sa so mon die mit don fre sam son",
        "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag",
        "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday",
        "lun mar mer gio ven sab dom lunedi martedi mercoledi giovedi venerdi sabato domenica",
        "lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche",
        "ma di wo do vr za zo maa din woe don vrij zat zon",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        "lun mar mie jue vie sab dom lunes martes miercoles jueves viernes sabado domingo",
        # words around date and time
        "t uhr uur h um am den der vom at on the of le a las alle ore om op il el de del kl",
    )
    for word in words.split()
)


def _find_zone(text: str, zone: str) -> tzinfo | None:
    """The zone that the rest of the text names, else the source's; None if anything in the rest is not understood."""
    found = _OFFSET.search(text)
    if found:
        text = _ASIDE.sub(" ", f"{text[: found.start()]} {text[found.end() :]}")
    words = _WORDS.findall(text)
    named = [_ZONE_HOURS[word] for word in words if word in _ZONE_HOURS]
    if any(word not in _ZONE_HOURS and word not in _FILLERS for word in words) or len(named) > 1:
        return None
    if found:
        return _offset(found)
    return timezone(timedelta(hours=named[0])) if named else _clock(zone)


def _offset(found: re.Match[str]) -> tzinfo | None:
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    if minutes > _WIDEST_OFFSET_MIN or int(found[3] or 0) > 59:
        return None
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))


@lru_cache(maxsize=64)
def _clock(zone: str) -> tzinfo:
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # no such zone: the settings refuse it; here a date must not raise
        return UTC
