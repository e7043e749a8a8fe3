"""What a step at a host adds to its process's tally: a poll, an older page, a page read again, a visit.

Owns what is counted of each; the names stand in `counts.py`. Must not change anything.
"""

from worker import counts
from worker.catchup import CatchUpResult
from worker.errors import ArchiveBusy, ArchiveError, ArchiveUnreachable, LeaseLost
from worker.intake import Filed
from worker.poll import PollResult
from worker.reread import RereadResult
from worker.tally import Tally
from worker.visits import VisitResult

_KINDS = ((ArchiveBusy, "busy"), (ArchiveUnreachable, "unreachable"), (LeaseLost, "lease_lost"))


def count(tally: Tally, step: PollResult | CatchUpResult | RereadResult | VisitResult) -> None:
    """Once for each step, by whoever takes stock of them."""
    if isinstance(step, VisitResult):
        tally.add(counts.VISITS.of(step.did))
        _add(tally, counts.ALERTS_OWED.of(), step.alerts)
        return
    if isinstance(step, PollResult):
        tally.add(counts.POLLS.of(step.outcome.value))
        tally.add(counts.POLL_SECONDS.of(), step.took_s)
        _add(tally, counts.FETCHED_BYTES.of(), step.size_bytes)
        _add(tally, counts.ENTRIES.of("skipped"), len(step.skipped))
    else:
        name = "catch_up" if isinstance(step, CatchUpResult) else "reread"
        tally.add(counts.OLDER_PAGES.of(name, step.outcome))
    _count_filed(tally, step.filed)


def count_owed(tally: Tally, alerts: int) -> None:
    """Alerts that no step owed."""
    _add(tally, counts.ALERTS_OWED.of(), alerts)


def count_error(tally: Tally, error: ArchiveError) -> None:
    """Where an error of the archive ends, and the work is left for another time."""
    kind = next((name for of, name in _KINDS if isinstance(error, of)), "other")
    tally.add(counts.ARCHIVE_ERRORS.of(kind))


def _count_filed(tally: Tally, filed: Filed) -> None:
    _add(tally, counts.ENTRIES.of("new"), filed.new)
    _add(tally, counts.ENTRIES.of("revised"), filed.revised)
    _add(tally, counts.ENTRIES.of("known"), filed.known)
    _add(tally, counts.ALERTS_OWED.of(), filed.alerts)


def _add(tally: Tally, name: str, amount: int) -> None:
    if amount:
        tally.add(name, amount)
