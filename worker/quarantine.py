"""A feed whose window changes identity at once: what of a page waits for the operator, and what follows from his word.

Called inside the write that files the page. Must not know how a page is read, nor who is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from worker import twins
from worker.archive import Transaction
from worker.fetch import masked
from worker.identity import record_key
from worker.model import (
    Draft,
    Feed,
    Filing,
    FilingOutcome,
    Owed,
    Quarantine,
    QuarantineState,
    Record,
    Shown,
    Twin,
)
from worker.normalise import content_hash
from worker.owing import with_holds

_AROUND = timedelta(days=1)


def set_apart(
    tx: Transaction, feed: Feed, shown: Sequence[Shown], filed: Sequence[tuple[Draft, Filing]], now: datetime
) -> Mapping[str, str]:
    """Put those records of a page into quarantine that are known articles with new names.

    shown: all entries of the page; filed: what was made of those that were read.
    Returns: the new link of each link under which they were known, see `Shown`; {} = all is well.
    """
    new = [(one.record_id, draft.record) for draft, one in filed if one.outcome is FilingOutcome.NEW and one.record_id]
    last_at = tx.quarantines.last_at(feed.id) if new else None
    goes_on = last_at is not None and now - last_at < twins.REMEMBERED
    if not new or not (goes_on or twins.may_have_changed(len(shown), len(new))):
        return {}
    found = _twins(tx, feed, new, filed, before=last_at if last_at is not None and goes_on else now)
    if not found or not (goes_on or twins.has_changed(len(new), len(found))):
        return {}
    tx.quarantines.keep(tx.quarantines.begin(feed.id, now), found)
    records = dict(new)
    former = tx.quarantines.former_links([one.twin_id for one in found])
    return {
        record_key(url_key): record_key(records[one.record_id].url_key)
        for one in found
        for url_key in former.get(one.twin_id, ())
    }


def _twins(
    tx: Transaction,
    feed: Feed,
    new: Sequence[tuple[int, Record]],
    filed: Sequence[tuple[Draft, Filing]],
    *,
    before: datetime,
) -> list[Twin]:
    """Of articles that were filed before, and that the page does not show under their old names."""
    times = [record.published_at for _, record in new]
    links = {one.link for one in (*feed.window, *feed.ground) if one.link}
    since, until = min(times) - _AROUND, max(times) + _AROUND
    source, titles = new[0][1].source, {record.title for _, record in new}
    on_page = {one.record_id for _, one in filed}
    known = [
        one
        for one in tx.quarantines.namesakes(source, titles, links, since, until)
        if one.id not in on_page and one.first_seen_at < before
    ]
    waiting = tx.quarantines.waiting([one.id for one in known])
    return twins.paired(new, [one for one in known if one.id not in waiting])


def renamed_ground(feed: Feed, shown: Sequence[Shown], new_links: Mapping[str, str]) -> Feed:
    """The feed, its known ground under the names that the page shows it by: what the window reaches stays proved."""
    by_link = {one.link: one for one in shown if one.link}
    ground = tuple(by_link.get(new_links.get(one.link, ""), one) for one in feed.ground)
    return replace(feed, ground=ground)


# -- what the operator says ---------------------------------------------------------------------------------------------


def accept(tx: Transaction, quarantine: Quarantine, *, by: str, now: datetime) -> int:
    """They are articles of their own: their alerts go out as their subscriptions wish, their files are written.

    Returns: deliveries let go.
    """
    if not tx.quarantines.decide(quarantine.id, QuarantineState.ACCEPTED, by=by, now=now):
        return 0
    return _let_go(tx, now)


def _let_go(tx: Transaction, now: datetime) -> int:
    """Alerts of which nobody has to decide any more go out as their subscriptions wish. Returns: deliveries."""
    subscriptions = {one.id: one for one in tx.subscriptions.all()}
    released = [one for one in tx.quarantines.released() if one.subscription_id in subscriptions]
    records = tx.records.get(sorted({one.record_id for one in released}))
    owed = [
        Owed(
            subscription=subscriptions[one.subscription_id],
            record_id=one.record_id,
            record_key=records[one.record_id].key,
            record=records[one.record_id].record,
            spans=(),
        )
        for one in released
    ]
    timed = zip(released, with_holds(tx, owed, now), strict=True)
    return sum(tx.quarantines.release(one.alert_id, due.hold, now) for one, due in timed)


def fold(tx: Transaction, quarantine: Quarantine, *, by: str, now: datetime) -> int:
    """They are the articles that the archive had: those get the new names, the doubles go. Those of which the archive has
    the earlier one no longer stay, and alert. Returns: deliveries cancelled.
    """
    if not tx.quarantines.decide(quarantine.id, QuarantineState.FOLDED, by=by, now=now):
        return 0
    found = tx.quarantines.twins(quarantine.id)
    records = tx.records.get([each for one in found for each in (one.record_id, one.twin_id)])
    cancelled = tx.quarantines.fold(found, now)
    for one in found:
        double, twin = records[one.record_id].record, records[one.twin_id]
        if double.url != twin.record.url:
            renamed = replace(twin.record, url=double.url, url_key=_plain(double.url_key))
            draft = Draft(record=renamed, content_hash=content_hash(renamed), seen_by=masked(quarantine.feed_url))
            tx.afterwards.rename(twin, draft, now=now)
    _let_go(tx, now)
    return cancelled


def _plain(url_key: str) -> str:
    """Without what told it from another article under the same address, see `archive/known.py`."""
    return url_key.partition("#")[0]
