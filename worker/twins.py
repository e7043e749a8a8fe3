"""Which records are the same article under another identity? Pure; docs/adr/0024 has the reasons.

A window in which everything is new is an overflow, or a site that moved. Where most of what is new has the title and the
text of an article that the feed showed before under another address, the site gave its articles new names.
"""

from collections.abc import Sequence
from datetime import timedelta

from worker.model import FiledRecord, Record, Twin
from worker.samestory import same_story, sketch
from worker.text import fold

FEWEST = 5  # articles: less than that is an editor's work
NEARLY_ALL = 0.8  # of what a page shows is new
MOST = 0.5  # of what is new has a twin
REMEMBERED = timedelta(days=31)  # so long older pages may still show articles under their new names for the first time
_BEGINNING = 200  # characters of an excerpt that its article begins with


def may_have_changed(shown: int, new: int) -> bool:
    """Whether a page shows so much that is new that it is worth a look."""
    return new >= FEWEST and new >= NEARLY_ALL * shown


def has_changed(new: int, twins: int) -> bool:
    """Whether a page of new articles is one of known ones with new names."""
    return twins >= FEWEST and twins > MOST * new


def paired(new: Sequence[tuple[int, Record]], known: Sequence[FiledRecord]) -> list[Twin]:
    """Each new record, by its id, with the one that it was; none is the twin of two."""
    by_title: dict[str, list[FiledRecord]] = {}
    for filed in known:
        by_title.setdefault(fold(filed.record.title), []).append(filed)
    found = []
    for record_id, record in new:
        candidates = by_title.get(fold(record.title), [])
        twin = next((one for one in candidates if _same_text(record, one.record)), None)
        if twin is not None:
            candidates.remove(twin)
            found.append(Twin(record_id=record_id, twin_id=twin.id))
    return found


def _same_text(one: Record, other: Record) -> bool:
    """The same text; or, where a feed shows excerpts, the same beginning."""
    if one.excerpt or other.excerpt:
        short, long = sorted((_words(one), _words(other)), key=len)
        return bool(short) and long.startswith(short[:_BEGINNING])
    return same_story(sketch(one.title, one.body), sketch(other.title, other.body))


def _words(record: Record) -> str:
    return " ".join(fold(record.body[: 4 * _BEGINNING]).rstrip("…. []").split())
