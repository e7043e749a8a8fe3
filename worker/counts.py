"""What processes count of their own work: the names in a process's tally, which are those of the metrics.

Owns the list. A name is written `polls|outcome=updated`: the metric without `feedwacht_` and `_total`, and its labels.
Labels have few values, known beforehand: no address, no feed, no article. Must not know who counts, nor who reads it.
"""

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Count:
    """One thing that is counted. values: of its only label, where alarms ask for them before the first is counted."""

    name: str
    about: str
    labels: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    def of(self, *values: str) -> str:
        """Its name in the tally, with a value for each label."""
        return _written(self.name, self.labels, values)

    def from_zero(self) -> tuple[str, ...]:
        """Its names in the tally that are told as 0 until something is counted: a monitor sees no growth in a number that
        was not there before.
        """
        return tuple(self.of(value) for value in self.values) if self.labels else (self.of(),)


POLLS = Count("polls", "Polls of feeds, by what came of them.", ("outcome",), ("updated", "unchanged", "failed"))
POLL_SECONDS = Count("poll_seconds", "Time that polls took, waiting for servers included.")
FETCHED_BYTES = Count("fetched_bytes", "Bodies that polls received, unpacked.")
OLDER_PAGES = Count(
    "older_pages", "Older pages that were asked for, to catch up or to read again.", ("step", "outcome")
)
VISITS = Count("visits", "Visits to articles' own pages, by what came of them.", ("outcome",))
ENTRIES = Count("entries", "Entries that polls and older pages showed, by what they were.", ("outcome",))
ALERTS_OWED = Count("alerts_owed", "Alerts that are owed since.")
ATTEMPTS = Count("attempts", "Tries to send an alert or a notice.", ("about", "channel_type", "outcome"))
ATTEMPT_SECONDS = Count("attempt_seconds", "Time that tries to send took.", ("channel_type",))
SENT_AFTER_SECONDS = Count("sent_after_seconds", "Time from owing an alert to its being sent, summed up.")
PARSERS_LOST = Count("parsers_lost", "Children that foreign bytes cost their life.")
ARCHIVE_ERRORS = Count(
    "archive_errors",
    "Work that the archive did not take; it is done again.",
    ("kind",),
    ("busy", "unreachable", "lease_lost", "other"),
)
NUDGES_REFUSED = Count("nudges_refused", "Nudges that the broker did not take.")

ALL = (
    POLLS,
    POLL_SECONDS,
    FETCHED_BYTES,
    OLDER_PAGES,
    VISITS,
    ENTRIES,
    ALERTS_OWED,
    ATTEMPTS,
    ATTEMPT_SECONDS,
    SENT_AFTER_SECONDS,
    PARSERS_LOST,
    ARCHIVE_ERRORS,
    NUDGES_REFUSED,
)
_BY_NAME = {count.name: count for count in ALL}


def read(written: str) -> tuple[Count, tuple[str, ...]] | None:
    """The count and the values of its labels; None: another version's, which this one does not know."""
    name, _, rest = written.partition("|")
    count = _BY_NAME.get(name)
    labels = dict(pair.split("=", 1) for pair in rest.split(",") if "=" in pair)
    if count is None or tuple(labels) != count.labels:
        return None
    return count, tuple(labels.values())


@lru_cache(maxsize=1024)  # few values, so few names
def _written(name: str, labels: tuple[str, ...], values: tuple[str, ...]) -> str:
    pairs = ",".join(f"{label}={value}" for label, value in zip(labels, values, strict=True))
    return f"{name}|{pairs}" if pairs else name


FROM_ZERO = tuple(name for count in ALL for name in count.from_zero())
