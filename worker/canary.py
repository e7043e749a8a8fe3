"""One flight of the canary: an article of our own goes the whole way, so that a way that is blocked anywhere shows.

    own feed on the loopback -> fetch -> sandbox -> match -> one write -> (delivery, by whoever delivers) -> land

Takes the steps of a poll, without what a poll learns of a site: no coverage, gaps, rhythm or troubles. The write files the
article, owes its alert and takes the article away again. Must not know who serves the feed.
"""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from worker import logs
from worker.archive import Archive, Transaction
from worker.errors import ArchiveBusy, ArchiveUnreachable, LeaseLost, ParseError, fault
from worker.intake import Equipment, Page, file_page, take
from worker.model import Feed, Fetched, FetchFailed, Lease

_AGAIN = timedelta(minutes=1)  # after a flight that came to nothing


def fly(equipment: Equipment, feed: Feed, lease: Lease) -> None:
    """Send the canary on its way; a flight that fails is noted with its reason, and said once.

    Raises: ArchiveError; LeaseLost when another worker took its host over: nothing was written then.
    """
    with logs.bind(feed=feed.id, poll=secrets.token_hex(4)):
        _fly(equipment, feed, lease)


def _fly(equipment: Equipment, feed: Feed, lease: Lease) -> None:
    try:
        reason = _flown(equipment, feed, lease)
    except (LeaseLost, ArchiveBusy, ArchiveUnreachable):
        raise
    except Exception as error:  # noqa: BLE001 - the outermost edge of a flight, as of a poll: it is its failure, not the batch's
        reason = fault(error)
    if reason:
        _note_failure(equipment, feed, lease, reason)
    else:
        logs.line("canary", "the canary is on its way")


def land(archive: Archive) -> None:
    """After deliveries were made: note that the canary's alert arrived, and forget it. Raises: ArchiveError."""
    with archive.write() as tx:
        tx.canary.land()


def _flown(equipment: Equipment, feed: Feed, lease: Lease) -> str:
    """Returns: why it came to nothing, "" = the alert is on its way."""
    if equipment.canary is None:
        return "the canary is off in this process's configuration"
    answer = equipment.canary.fetch(feed.url)
    if not isinstance(answer, Fetched):
        return answer.reason if isinstance(answer, FetchFailed) and _is_unheard(answer) else _stranger(feed)
    now = equipment.clock.now()
    try:
        page = take(equipment, feed, answer, now, silent=False)
    except ParseError:
        return _stranger(feed)
    if not any(page.matches):
        return _stranger(feed)
    owed = equipment.archive.write_together(lambda tx: _save(equipment, tx, feed, page, lease, now))
    return "" if owed else "its article owed no alert"


def _is_unheard(answer: FetchFailed) -> bool:
    return answer.status is None and not answer.hops


def _stranger(feed: Feed) -> str:
    return f"{feed.host} does not answer with the canary's feed: another program has the port; name another one ([canary] port)"


def _save(equipment: Equipment, tx: Transaction, feed: Feed, page: Page, lease: Lease, now: datetime) -> bool:
    tx.feeds.hold([feed.host], lease)
    tx.canary.land()
    tx.canary.clear(now)
    filed = file_page(tx, feed, page, now, equipment.matching)
    tx.canary.forget_article(now)
    next_at = now + timedelta(seconds=feed.interval_s)
    flown = replace(feed, next_poll_at=next_at, last_polled_at=now, last_success_at=now)
    tx.feeds.reschedule([replace(flown, last_outcome="updated", last_reason="", failures=0)])
    return filed.alerts > 0


def _note_failure(equipment: Equipment, feed: Feed, lease: Lease, reason: str) -> None:
    now = equipment.clock.now()
    if reason != feed.last_reason:
        logs.line("canary", f"the canary could not fly: {reason}", level="warning")
    next_at = now + min(timedelta(seconds=feed.interval_s), _AGAIN)
    failed = replace(feed, next_poll_at=next_at, last_polled_at=now, failures=feed.failures + 1)

    def save(tx: Transaction) -> None:
        tx.feeds.hold([feed.host], lease)
        tx.feeds.reschedule([replace(failed, last_outcome="failed", last_reason=reason)])

    equipment.archive.write_together(save)
