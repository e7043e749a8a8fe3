"""What the configuration says, brought into the archive: feeds and subscriptions as rows.

An entry that leaves the file is paused and keeps its history; one that comes back goes on.
"""

from collections.abc import Sequence
from datetime import datetime

from worker import canaryfeed, channelcare
from worker.archive import Archive, Stored, Transaction
from worker.errors import Conflict, QuerySyntaxError
from worker.fetch import host_of, masked, spelled_alike
from worker.model import CANARY, CANARY_ORIGIN, Feed, ListedFeed, Subscription
from worker.query import Query, parse
from worker.settings import CanarySettings, FeedSettings, Settings, SourceSettings, SubscriptionSettings

FILE, LEFT, COMMAND = "file", "left", "command"
LEFT_THE_FILE = "it is no longer in the configuration"
EDITOR = "configuration"  # who changes what stands in the file


def apply(settings: Settings, archive: Archive, now: datetime) -> list[str]:
    """Make feeds and subscriptions of origin "file" equal to the configuration; a channel with another address begins
    anew. Safe to repeat.

    Returns: sentences about what was not taken over, e.g. a query that cannot be read.
    Raises: Conflict when the same name or address was also given by command; ArchiveError.
    """
    with archive.write() as tx:
        tx.alone("configure")  # two workers that start together would both add what is new
        channelcare.take_over(tx, {one.name: one.target for one in settings.channels}, now)
        _apply_canary(settings.canary, tx, now)
        _apply_feeds(settings.sources, tx, now)
        return _apply_subscriptions(settings.subscriptions, tx, now)


def new_feed(
    *,
    url: str,
    source: str,
    interval_s: float,
    origin: str,
    now: datetime,
    category: str = "",
    interval_given: bool = True,
) -> Feed:
    """A feed that was never polled and is due at once. Its id comes from the archive."""
    return Feed(
        id=0,
        url=url,
        poll_url=url,
        host=host_of(url),
        source=source,
        interval_s=interval_s,
        interval_given=interval_given,
        category=category,
        origin=origin,
        next_poll_at=now,
    )


def _apply_canary(wanted: CanarySettings, tx: Transaction, now: datetime) -> None:
    if wanted.every_s is None:
        tx.canary.remove(now)
        return
    url = canaryfeed.feed_url(wanted.port)
    feed = new_feed(url=url, source=CANARY, interval_s=wanted.every_s, origin=CANARY_ORIGIN, now=now)
    tx.canary.set_up(feed, query=canaryfeed.QUERY, canonical=parse(canaryfeed.QUERY).to_json(), now=now)


# -- feeds ------------------------------------------------------------------------------------------------------------


def _apply_feeds(sources: Sequence[SourceSettings], tx: Transaction, now: datetime) -> None:
    known = {feed.url: feed for feed in tx.feeds.listed()}
    by_command = {spelled_alike(feed.url): feed for feed in known.values() if feed.origin == COMMAND}
    wanted = {feed.url: (source, feed) for source in sources for feed in source.feeds}
    for url, (source, feed) in wanted.items():
        _apply_feed(tx, by_command.get(spelled_alike(url)) or known.get(url), source, feed, now)
    for url, gone in known.items():
        if gone.origin == FILE and url not in wanted:
            tx.feeds.describe(gone.id, origin=LEFT, stopped=gone.stopped or LEFT_THE_FILE)


def _apply_feed(
    tx: Transaction, known: ListedFeed | None, source: SourceSettings, feed: FeedSettings, now: datetime
) -> None:
    if known is None:
        fresh = new_feed(
            url=feed.url,
            source=source.name,
            interval_s=feed.interval_s,
            interval_given=feed.interval_given,
            category=feed.category,
            origin=FILE,
            now=now,
        )
        tx.feeds.add(fresh, now)
        return
    if known.origin == COMMAND:
        raise Conflict(
            f"the feed {masked(feed.url)} is in the configuration and was added by command, too: "
            f"take it out of the file, or `feedwacht feeds remove {masked(known.url)}`"
        )
    stopped = "" if known.stopped == LEFT_THE_FILE else known.stopped
    said = {"source": source.name, "interval_s": feed.interval_s, "category": feed.category}
    said["interval_given"] = feed.interval_given
    new = {**said, "origin": FILE, "stopped": stopped}
    if any(getattr(known, name) != value for name, value in new.items()):
        tx.feeds.describe(known.id, **new)


# -- subscriptions ----------------------------------------------------------------------------------------------------


def rejected(settings: Settings, tx: Transaction, language: str) -> dict[str, str]:
    """Names of subscriptions whose query cannot be read, and why: those of the configuration, and stored ones that an
    earlier version of the language allowed. What is stored in this version's form is not parsed again.
    """
    stored = {one.subscription.name: one for one in tx.subscriptions.stored()}
    texts = {name: one.subscription.query for name, one in stored.items()}
    texts |= {one.name: one.query for one in settings.subscriptions}
    faults = {name: _fault(text, stored.get(name), language) for name, text in texts.items()}
    return {name: fault for name, fault in faults.items() if fault}


def _fault(text: str, stored: Stored | None, language: str) -> str:
    try:
        _read(text, stored, language)
    except QuerySyntaxError as error:
        return str(error)
    return ""


def _read(text: str, stored: Stored | None, language: str = "en") -> Query:
    """The query; from its stored form, unless it is another one or another analyser's. Raises: QuerySyntaxError."""
    kept = Query.from_json(text, stored.canonical) if stored and stored.subscription.query == text else None
    return kept or parse(text, language)


def _apply_subscriptions(wanted: Sequence[SubscriptionSettings], tx: Transaction, now: datetime) -> list[str]:
    known = {one.subscription.name: one for one in tx.subscriptions.stored()}
    remarks = []
    for one in wanted:
        try:
            _apply_subscription(tx, known.get(one.name), one, now)
        except QuerySyntaxError as error:
            kept = " (its last good query goes on)" if one.name in known else ""
            remarks.append(
                f"subscription {one.name} is skipped{kept}: {error} at position {error.position} of: {one.query}"
            )
    names = {one.name for one in wanted}
    for name, gone in known.items():
        if gone.subscription.origin == FILE and name not in names:
            tx.subscriptions.change(gone.subscription.id, now=now, editor=EDITOR, origin=LEFT, paused=True)
    return remarks


def _apply_subscription(tx: Transaction, known: Stored | None, wanted: SubscriptionSettings, now: datetime) -> None:
    canonical = _read(wanted.query, known).to_json()
    if known is None:
        tx.subscriptions.add(
            name=wanted.name,
            query=wanted.query,
            canonical=canonical,
            channels=wanted.channels,
            labels=wanted.labels,
            note=wanted.note,
            owner=wanted.owner,
            **wanted.options,
            paused=bool(wanted.paused),
            origin=FILE,
            now=now,
            editor=EDITOR,
        )
        return
    _apply_changes(tx, known.subscription, wanted, canonical, now)


def _apply_changes(
    tx: Transaction, known: Subscription, wanted: SubscriptionSettings, canonical: str, now: datetime
) -> None:
    if known.origin == COMMAND:
        raise Conflict(
            f"the subscription {wanted.name} is in the configuration and was made by command, too: "
            f"rename it in the file, or `feedwacht subscriptions remove {wanted.name}`"
        )
    said: dict[str, object] = {name: getattr(wanted, name) for name in ("query", "channels", "labels", "note", "owner")}
    said |= wanted.options
    said |= {"origin": FILE, "paused": False} if known.origin == LEFT else {}
    said |= {"paused": wanted.paused} if wanted.paused is not None else {}
    if any(getattr(known, name) != value for name, value in said.items()):
        tx.subscriptions.change(known.id, now=now, editor=EDITOR, canonical=canonical, **said)
