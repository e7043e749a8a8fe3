"""What of a feed is too much.

Owns the limits that protect the worker from markup whose cost its size does not explain, and their wording. Reads bytes
only: the limits are checked before any parser sees them.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from worker.dates import parse_date
from worker.errors import TooMuch
from worker.feedhead import date_of

MOST_ENTRIES = 5_000
MOST_ENTRY_BYTES = 1_000_000
MOST_ATTRIBUTES = 200
MOST_TAG_BYTES = 65_536
MOST_DEPTH = 5_000
MOST_TAGS = 20_000  # of one entry, or around the entries
MOST_AUTHOR_BYTES = 1_000
MOST_AUTHORS = 200  # tags, opening and closing, of one entry


def check_markup(tags: bytes) -> None:
    """Refuse markup that no feed needs. tags: what `markup` leaves of a body. Raises: TooMuch.

    A parser's time is quadratic in the attributes of one element, and grows with unclosed elements.
    """
    if _ATTRIBUTE_FLOOD.search(tags):
        raise TooMuch(f"an element with {MOST_ATTRIBUTES} attributes or more; the feed is not read")
    if _LONG_TAG.search(tags):
        raise TooMuch(f"a tag longer than {MOST_TAG_BYTES // 1024} kB; the feed is not read")
    if tags.count(b"<") > MOST_DEPTH:
        _check_depth(tags)


def refuse_flood(data: bytes, *, entries: int = 1) -> None:
    """For what stands around the entries, or for a document that cannot be cut into them. Raises: TooMuch."""
    if flood := _flood(data, entries):
        raise TooMuch(f"{flood}; the feed is not read")


def within_limits(entries: Sequence[bytes], zone: str, faults: list[str], known: AbstractSet[int]) -> list[int]:
    """Numbers of the entries that may be read, from 0; what is too large or too many is left out, and `faults` says why.

    known: numbers of those that were found to be within the limits before. Of too many entries, the newest stay.
    """
    fitting: list[int] = []
    for number, entry in enumerate(entries):
        if number not in known and (fault := too_large(len(entry)) or _flood(entry)):
            faults.append(f"entry {number + 1}: {fault}")
        else:
            fitting.append(number)
    if len(fitting) <= MOST_ENTRIES:
        return fitting
    faults.append(too_many(len(entries)))
    first, last = (parse_date(date_of(entries[number]), zone) for number in (fitting[0], fitting[-1]))
    return fitting[-MOST_ENTRIES:] if first and last and first < last else fitting[:MOST_ENTRIES]


def too_large(size_bytes: int) -> str:
    """In words, "" if it is not."""
    if size_bytes <= MOST_ENTRY_BYTES:
        return ""
    return f"it is larger than {MOST_ENTRY_BYTES // 1_000_000} MB ({size_bytes / 1_000_000:.1f} MB)"


def too_many(count: int) -> str:
    return f"the feed has {count} entries; only {MOST_ENTRIES} of them, the newest, were read"


_SECTION = re.compile(rb"<!\[CDATA\[|<!--")
_ATTRIBUTE_FLOOD = re.compile(
    rb"<[A-Za-z_][\w:.-]*+(?:\s++[\w:.-]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+')){%d}" % MOST_ATTRIBUTES, re.ASCII
)
_LONG_TAG = re.compile(rb"<[A-Za-z_/][^<>]{%d}" % MOST_TAG_BYTES)
_AUTHOR = re.compile(
    rb"<(/?)(?:[A-Za-z_][\w.-]{0,40}:)?(?:author|creator|managingeditor|webmaster|publisher)(?=[\s>])",
    re.IGNORECASE | re.ASCII,
)
_TAG = re.compile(rb"<(/?)([A-Za-z_][\w:.-]{0,80})[^<>]*+(>?)", re.ASCII)


def markup(body: bytes) -> bytes:
    """The body without its CDATA sections and comments: what the XML parser sees as markup."""
    kept: list[bytes] = []
    position = 0
    while found := _SECTION.search(body, position):
        closing = b"]]>" if found[0].endswith(b"[") else b"-->"
        end = body.find(closing, found.end())
        if end < 0:
            break
        kept.append(body[position : found.start()])
        position = end + 3
    return b"".join((*kept, body[position:]))


def _has_tag_flood(data: bytes, most: int) -> bool:
    """Whether it has more markup than articles have; a parser that has to guess needs about 10 µs for each tag."""
    return data.count(b"<") > most and markup(data).count(b"<") > most


def _has_author_flood(data: bytes, most: int) -> bool:
    """Whether it names authors at a length or in a number that no entry has.

    feedparser's search for an e-mail address in an author's name is quadratic.
    """
    begin = -1
    for count, found in enumerate(_AUTHOR.finditer(data), 1):
        if 0 <= begin < found.start() - MOST_AUTHOR_BYTES or count > most:
            return True
        if found[1]:
            begin = -1
        elif begin < 0:
            begin = found.start()
    return 0 <= begin < len(data) - MOST_AUTHOR_BYTES


def _check_depth(tags: bytes) -> None:
    depth = 0
    for found in _TAG.finditer(tags):
        name = found[2].rpartition(b":")[2]
        if found[1]:
            depth = 0 if name in (b"item", b"entry") else max(0, depth - 1)
        elif not found[0].endswith(b"/>"):
            depth += 1
        if depth > MOST_DEPTH:
            raise TooMuch(f"elements nested more than {MOST_DEPTH} deep; the feed is not read")


def _flood(data: bytes, entries: int = 1) -> str:
    """What of it would cost a parser more than its size explains; "" if nothing."""
    if _has_tag_flood(data, MOST_TAGS * entries):
        return f"more than {MOST_TAGS * entries} tags"
    if _has_author_flood(data, MOST_AUTHORS * entries):
        return f"an author's name longer than {MOST_AUTHOR_BYTES} bytes, or more authors than anybody names"
    return ""
