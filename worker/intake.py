"""One page of a feed, from the web to rows: what polling and catching up have in common.

take: fetch -> parse -> normalise -> match          file_page: records and alerts, inside the caller's transaction
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from worker.archive import Archive, Transaction
from worker.errors import ParseError
from worker.fetch import masked
from worker.matching import Matching
from worker.model import (
    Clock,
    Draft,
    Feed,
    FeedFetcher,
    Fetched,
    Filing,
    FilingOutcome,
    Match,
    Owed,
    ParsedFeed,
    Record,
    Shown,
    SourceRules,
    Subscription,
)
from worker.normalise import content_hash, normalise
from worker.searching import search_text


class Reader(Protocol):
    """Foreign bytes to plain data. Raises: ParseError."""

    def __call__(
        self, body: bytes, *, url: str, headers: Mapping[str, str], rules: SourceRules, known: Mapping[str, Shown]
    ) -> ParsedFeed: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How polite and how patient; seconds."""

    host_gap_s: float = 1.0
    back_off_max_s: float = 3600.0
    give_up_max_s: float = 86400.0
    unconditional_every_s: float = 6 * 3600.0
    lease_s: float = 45.0
    catch_up_pages: int = 500
    alert_on_first_poll: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What polling works with; wired once, in bootstrap. jitter gives numbers in [0, 1)."""

    archive: Archive
    fetcher: FeedFetcher
    read: Reader
    matching: Matching
    clock: Clock
    sources: Mapping[str, SourceRules]
    manners: Manners = field(default_factory=Manners)
    threads: int = 20
    jitter: Callable[[], float]

    def rules(self, feed: Feed) -> SourceRules:
        """The feed's source; one that left the configuration keeps its name and the rules of any site."""
        return self.sources.get(feed.source) or SourceRules(name=feed.source, line=feed.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one body said, ready to be filed. matches: one list a draft."""

    parsed: ParsedFeed
    drafts: tuple[Draft, ...]
    matches: tuple[tuple[tuple[Subscription, Match], ...], ...]
    body_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What filing a page changed."""

    new: int = 0
    revised: int = 0
    known: int = 0
    alerts: int = 0
    notes: tuple[str, ...] = ()

    def __add__(self, other: "Filed") -> "Filed":
        counted = {name: getattr(self, name) + getattr(other, name) for name in ("new", "revised", "known", "alerts")}
        return Filed(**counted, notes=self.notes + other.notes)


def body_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def take(equipment: Equipment, feed: Feed, fetched: Fetched, now: datetime, *, silent: bool) -> Page:
    """Parse, normalise and match one body. silent: nothing of it may alert. Raises: ParseError."""
    rules = equipment.rules(feed)
    parsed = equipment.read(fetched.body, url=fetched.url, headers=fetched.headers, rules=rules, known=_known(feed))
    drafts, refused = [], list(parsed.skipped)
    for entry in parsed.entries:
        try:
            record = normalise(entry, rules, now=now, feed_category=feed.category)
        except ParseError as error:
            refused.append(str(error))
            continue
        digest, text = content_hash(record), search_text(record)
        drafts.append(Draft(record=record, content_hash=digest, search_text=text, evidence=entry.evidence))
    matches = tuple(
        () if silent or _slid_in(feed, parsed, draft.record) else tuple(equipment.matching.match(draft.record))
        for draft in drafts
    )
    parsed = replace(parsed, skipped=tuple(refused))
    return Page(parsed=parsed, drafts=tuple(drafts), matches=matches, body_hash=body_hash(fetched.body))


def _known(feed: Feed) -> dict[str, Shown]:
    seen = feed.catch_up.seen if feed.catch_up else ()
    return {one.digest: one for one in (*feed.ground, *seen, *feed.window)}


def _slid_in(feed: Feed, parsed: ParsedFeed, record: Record) -> bool:
    """Older than all that the first poll saw, and no news: it slid into view because a newer article went away, or we
    turned a page too far. In a window that grew it is an article that was dated back.
    """
    if feed.covered_from is None or record.published_at_from != "feed" or record.published_at >= feed.covered_from:
        return False
    return feed.catch_up is not None or len(parsed.shown) <= len(feed.window)


def file_page(tx: Transaction, feed: Feed, page: Page, now: datetime) -> Filed:
    """File a page's records and owe its alerts, in the caller's transaction. A second time changes nothing."""
    filings = tx.records.file(page.drafts, feed_url=masked(feed.url), now=now)
    owed = [
        Owed(subscription=subscription, record_id=filing.record_id, record_key=filing.record_key, spans=match.spans)
        for filing, found in zip(filings, page.matches, strict=True)
        if filing.outcome is FilingOutcome.NEW and filing.record_id is not None
        for subscription, match in found
    ]
    return _count(filings, alerts=tx.alerts.owe(owed, now))


def _count(filings: Sequence[Filing], *, alerts: int) -> Filed:
    outcomes = [filing.outcome for filing in filings]
    return Filed(
        new=outcomes.count(FilingOutcome.NEW),
        revised=outcomes.count(FilingOutcome.REVISED),
        known=outcomes.count(FilingOutcome.KNOWN),
        alerts=alerts,
        notes=tuple(filing.note for filing in filings if filing.note),
    )
