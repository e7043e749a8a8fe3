"""One page of a feed, from the web to rows: what polling and catching up have in common.

take: fetch -> parse -> normalise -> match          file_page: records and alerts, inside the caller's transaction
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from worker import cadence
from worker.archive import Archive, Transaction
from worker.edited import owe_edits
from worker.errors import ParseError
from worker.fetch import host_of, masked
from worker.matching import Matching
from worker.model import (
    ArticlePage,
    Clock,
    Draft,
    Entry,
    Feed,
    FeedFetcher,
    Fetched,
    Filing,
    FilingOutcome,
    FirstVisit,
    Match,
    Means,
    Owed,
    ParsedFeed,
    Record,
    Shown,
    SourceRules,
    Subscription,
)
from worker.normalise import content_hash, normalise
from worker.owing import owe
from worker.quarantine import set_apart
from worker.sitemap import Sitemap
from worker.tally import Tally


class Reader(Protocol):
    """Foreign bytes to plain data. Raises: ParseError."""

    def __call__(
        self, body: bytes, *, url: str, headers: Mapping[str, str], rules: SourceRules, known: Mapping[str, Shown]
    ) -> ParsedFeed: ...


class PageReader(Protocol):
    """An article's page to plain data. Raises: ParseError."""

    def __call__(self, body: bytes, *, url: str, headers: Mapping[str, str], rules: SourceRules) -> ArticlePage: ...


class MapReader(Protocol):
    """A sitemap to the addresses in it. Raises: ParseError."""

    def __call__(self, body: bytes, *, url: str, timezone: str) -> Sitemap: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How polite and how patient, in seconds; and who is told of troubles, in which language.

    full_text: texts that feeds cut off are taken from the articles' pages; recheck_s: how long after its publication an
    article that left its feeds is looked at again, () = never.
    """

    host_gap_s: float = 1.0
    back_off_max_s: float = 3600.0
    give_up_max_s: float = 86400.0
    unconditional_every_s: float = 6 * 3600.0
    lease_s: float = 45.0
    catch_up_pages: int = 500
    reread_every_s: float = 86400.0
    reread_days: int = 7
    alert_on_first_poll: bool = False
    full_text: bool = True
    recheck_s: tuple[float, ...] = (3600.0, 6 * 3600.0, 86400.0, 7 * 86400.0)
    min_interval_s: float = 60.0
    max_interval_s: float = 3600.0
    operator_channels: tuple[str, ...] = ()
    language: str = "de"


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What polling works with; wired once, in bootstrap. jitter gives numbers in [0, 1).

    canary: what reaches the canary's feed and nothing else, None = it is off.
    read: a feed's body; read_rest: posts of WordPress's REST interface, list or single; read_page: an article's page;
    read_map: a sitemap.
    """

    archive: Archive
    fetcher: FeedFetcher
    read: Reader
    read_rest: Reader
    read_page: PageReader
    read_map: MapReader
    matching: Matching
    clock: Clock
    sources: Mapping[str, SourceRules]
    manners: Manners = field(default_factory=Manners)
    tally: Tally = field(default_factory=Tally)
    threads: int = 20
    jitter: Callable[[], float]
    canary: FeedFetcher | None = None

    def rules(self, feed: Feed) -> SourceRules:
        """The feed's source; one that left the configuration keeps its name and the rules of any site."""
        return self.rules_of(feed.source)

    def rules_of(self, source: str) -> SourceRules:
        """The rules of a source by its name."""
        return self.sources.get(source) or SourceRules(name=source, line=source)

    def zone(self, source: str) -> str:
        """The clock of a source."""
        return (self.sources.get(source) or SourceRules()).timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one body said, ready to be filed. matches: one list a draft; silent: it is the first poll, and no news.

    quiet: numbers of the drafts that must not alert. full_text, recheck_s: see `Manners`.
    """

    parsed: ParsedFeed
    drafts: tuple[Draft, ...]
    matches: tuple[tuple[tuple[Subscription, Match], ...], ...]
    body_hash: str
    silent: bool = False
    quiet: frozenset[int] = frozenset()
    full_text: bool = True
    recheck_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What filing a page changed. renamed: new links of known articles by their old ones: those are in quarantine.

    keys: of the records that are new or revised.
    """

    new: int = 0
    revised: int = 0
    known: int = 0
    alerts: int = 0
    notes: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[str, ...] = ()

    def __add__(self, other: "Filed") -> "Filed":
        counted = {name: getattr(self, name) + getattr(other, name) for name in ("new", "revised", "known", "alerts")}
        notes, keys = self.notes + other.notes, self.keys + other.keys
        return Filed(**counted, notes=notes, keys=keys, renamed={**self.renamed, **other.renamed})


def body_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def take(
    equipment: Equipment,
    feed: Feed,
    fetched: Fetched,
    now: datetime,
    *,
    silent: bool,
    means: Means | None = None,
    old_is_no_news: bool = False,
) -> Page:
    """Parse, normalise and match one body. silent: nothing of it may alert. means: by which older page it came, None = it
    is the feed itself; old_is_no_news: nor what is from before the feed was first polled, wherever it stands.

    Raises: ParseError.
    """
    rules = equipment.rules(feed)
    known = _known(feed)
    url = masked(fetched.url)  # links that are relative to it would carry its token into every export and alert
    read = equipment.read_rest if means is Means.REST else equipment.read
    parsed = read(fetched.body, url=url, headers=fetched.headers, rules=rules, known=known)
    behind = _behind_all_known(parsed, known)
    drafts: list[Draft] = []
    matches, refused = [], list(parsed.skipped)
    quiet_ones: set[int] = set()
    for entry in parsed.entries:
        try:
            record = normalise(entry, rules, now=now, feed_category=feed.category)
        except ParseError as error:
            refused.append(str(error))
            continue
        quiet = silent or _from_before(feed, record, is_behind=old_is_no_news or entry.shown.digest in behind)
        quiet_ones |= {len(drafts)} if quiet else set()
        drafts.append(_draft(record, entry, seen_by="rest" if means is Means.REST else ""))
        matches.append(() if quiet else tuple(equipment.matching.match(record)))
    parsed = replace(parsed, skipped=tuple(refused))
    return Page(
        parsed=parsed,
        drafts=tuple(drafts),
        matches=tuple(matches),
        body_hash=body_hash(fetched.body),
        silent=silent,
        quiet=frozenset(quiet_ones),
        full_text=equipment.manners.full_text,
        recheck_s=equipment.manners.recheck_s,
    )


def _draft(record: Record, entry: Entry, *, seen_by: str = "") -> Draft:
    return Draft(
        record=record,
        content_hash=content_hash(record),
        digest=entry.shown.digest,
        apart=entry.apart,
        seen_by=seen_by,
        modified_at=entry.updated_at,
        evidence=entry.evidence,
    )


def _known(feed: Feed) -> dict[str, Shown]:
    seen = [one for reading in (feed.catch_up, feed.reread) if reading for one in reading.seen]
    return {one.digest: one for one in (*feed.ground, *seen, *feed.window)}


def _behind_all_known(parsed: ParsedFeed, known: Mapping[str, Shown]) -> frozenset[str]:
    """Digests of the entries that stand behind the last one we know; none if we know none."""
    places = [place for place, shown in enumerate(parsed.shown) if shown.digest in known]
    return frozenset(shown.digest for shown in parsed.shown[places[-1] + 1 :]) if places else frozenset()


def _from_before(feed: Feed, record: Record, *, is_behind: bool) -> bool:
    """Published before the feed was first polled, and no news: it slid into view because a newer article went away, or
    we turned a page too far. An article that was dated back has a newer post id, or stands among those we know.
    """
    if feed.covered_from is None or record.published_at_from != "feed" or record.published_at >= feed.covered_from:
        return False
    number = post_number(record)
    return number < feed.covered_id if number is not None and feed.covered_id is not None else is_behind


def post_number(record: Record) -> int | None:
    """The post id as WordPress counts it, if the record has one."""
    number = (record.post_id or "").rpartition(":")[2]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 16 else None


def file_page(tx: Transaction, feed: Feed, page: Page, now: datetime, matching: Matching) -> Filed:
    """File a page's records and owe its alerts, in the caller's transaction. A second time changes nothing.

    matching: is asked about both states of what was edited.
    """
    filings = tx.records.file(page.drafts, feed_url=masked(feed.url), now=now, silent=page.silent)
    is_watched = feed.first_polled_at is not None and not page.silent
    drafted = list(zip(page.drafts, filings, strict=True))
    renamed = set_apart(tx, feed, page.parsed.shown, drafted, now) if is_watched else {}
    waiting = _want_visits(tx, feed, page, filings, now)
    owed = [
        Owed(
            subscription=subscription,
            record_id=filing.record_id,
            record_key=filing.record_key,
            record=draft.record,
            spans=match.spans,
        )
        for draft, filing, found in zip(page.drafts, filings, page.matches, strict=True)
        for subscription, match in found
        if filing.record_id is not None and filing.record_id not in waiting and _is_news(filing, feed, subscription)
    ]
    edits = [filing.edit for filing in filings if filing.edit is not None]
    alerts = owe(tx, owed, now) + owe_edits(tx, matching, edits, now)
    return replace(_count(filings, alerts=alerts), renamed=renamed)


def _want_visits(tx: Transaction, feed: Feed, page: Page, filings: Sequence[Filing], now: datetime) -> set[int]:
    """Have excerpts completed, and articles looked at again later. Returns: ids of records whose alerts wait for that."""
    stale = [filing.record_id for filing in filings if filing.stale and filing.record_id is not None]
    tx.visits.want(stale, reason="check", due_at=now)
    looks = [
        look
        for number, (draft, filing) in enumerate(zip(page.drafts, filings, strict=True))
        if filing.outcome is FilingOutcome.NEW
        and filing.record_id is not None
        and (look := _first_visit(page, draft, filing.record_id, is_quiet=number in page.quiet, now=now)) is not None
    ]
    tx.visits.expect(looks, known_host=feed.host)
    return {look.record_id for look in looks if look.news}


def _first_visit(page: Page, draft: Draft, record_id: int, *, is_quiet: bool, now: datetime) -> FirstVisit | None:
    """At once for the text that its feed cut off; else by the schedule, for edits."""
    record = draft.record
    host = host_of(record.url) if record.url.startswith("http") else ""
    coming = cadence.next_check_at(published_at=record.published_at, checks=0, steps_s=page.recheck_s, now=now)
    if not host:
        return None
    if record.excerpt and page.full_text:
        return FirstVisit(record_id=record_id, host=host, due_at=now, reason="text", news=not is_quiet)
    return FirstVisit(record_id=record_id, host=host, due_at=coming[1], reason="check") if coming is not None else None


def _is_news(filing: Filing, feed: Feed, subscription: Subscription) -> bool:
    """New to the archive; or filed by another feed's silent first poll since this feed was last known to be complete:
    older pages follow the poll that noticed them.
    """
    if filing.outcome is FilingOutcome.NEW or filing.unheard_since is None:
        return filing.outcome is FilingOutcome.NEW
    last_at = feed.catch_up.since if feed.catch_up is not None else feed.last_success_at
    since_last_poll = last_at is not None and filing.unheard_since > last_at
    return since_last_poll and subscription.created_at <= filing.unheard_since


_CHANGED = (FilingOutcome.NEW, FilingOutcome.REVISED)


def _count(filings: Sequence[Filing], *, alerts: int) -> Filed:
    outcomes = [filing.outcome for filing in filings]
    return Filed(
        new=outcomes.count(FilingOutcome.NEW),
        revised=outcomes.count(FilingOutcome.REVISED),
        known=outcomes.count(FilingOutcome.KNOWN),
        alerts=alerts,
        notes=tuple(filing.note for filing in filings if filing.note),
        keys=tuple(filing.record_key for filing in filings if filing.outcome in _CHANGED),
    )
