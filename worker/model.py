"""The nouns, as frozen dataclasses. All datetimes are aware UTC unless the name ends in `_local`.

The trip of an article: Feed -> Fetched -> ParsedFeed with Entry -> Record -> FiledRecord -> Match -> Alert -> Delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

# -- a source and its rules -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """What is peculiar to one site; the defaults hold for any site.

    name: the source's name in the configuration; line: how records name it after `Quelle: `.
    home: the site's address; timezone: IANA name of the site's clock, for dates without a zone and for `Datum`.
    categories: known categories in rank order; catch_all: names that say nothing and stand last.
    post_id_pattern: regular expression with one group, searched in a URL's path; "" = the path holds no post id.
    tracking_keys: query keys beside the built-in denylist that never select content; `key=value` limits one to a value,
    `key=start*` to values that begin so.
    mobile_hosts: leading host labels that show the same site (`m`, `amp`); view_segments: last path segments that show
    the same article in another form (`print`, `embed`, `comment-page-*`);
    redirectors: `host/path?key` whose query key holds the target.
    boilerplate: regular expressions; a block of text that one of them matches as a whole is left out.
    selectors: CSS selectors of an article page's body.
    """

    name: str = ""
    line: str = ""
    home: str = ""
    timezone: str = "Europe/Berlin"
    categories: tuple[str, ...] = ()
    catch_all: tuple[str, ...] = ()
    post_id_pattern: str = ""
    tracking_keys: tuple[str, ...] = ()
    mobile_hosts: tuple[str, ...] = ()
    view_segments: tuple[str, ...] = ()
    redirectors: tuple[str, ...] = ()
    boilerplate: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()


# -- fetch ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to be asked again with, byte for byte, and the URL that gave it."""

    url: str = ""
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One redirect that was followed: its HTTP status (301, 302, 303, 307, 308) and the absolute URL it led to."""

    status: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A body with status 200 (or 226), decoded from its content coding.

    url: the address that answered, after redirects; headers: keys in lower case, repeated ones joined with ", ".
    fresh_s: so long the answer stays good for the caches on the way, 0 = they do not say.
    """

    url: str
    body: bytes
    headers: Mapping[str, str]
    validators: Validators
    status: int = 200
    fresh_s: float = 0.0
    hops: tuple[Hop, ...] = ()
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server said 304 to our validators. `validators`: ours, replaced by what the 304 itself brought; fresh_s: see
    `Fetched`.
    """

    url: str
    validators: Validators
    fresh_s: float = 0.0
    hops: tuple[Hop, ...] = ()
    took_s: float = 0.0


class FailureKind(StrEnum):
    """Why a fetch failed, as far as it decides what is done next."""

    TEMPORARY = "temporary"  # network trouble, 5xx, a body that is no feed: back off up to back_off_max
    REFUSED = "refused"  # 401, 403, 404, bot challenges, blocked addresses: back off up to give_up_max
    THROTTLED = "throttled"  # 429 or 503 with Retry-After: the whole host waits
    GONE = "gone"  # 410: the feed is stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """A fetch that brought nothing, as a value.

    reason: one line, under 300 characters, that a person understands, e.g. "www.x.de: the name cannot be resolved".
    status: HTTP status if there was one; retry_after_s: the server's wish, clamped to 24 h, None without one.
    sign: what it is a sign of if it lasts, where that is known; None = just a failure.
    """

    kind: FailureKind
    reason: str
    status: int | None = None
    retry_after_s: float | None = None
    sign: "TroubleKind | None" = None
    hops: tuple[Hop, ...] = ()
    took_s: float = 0.0


FetchResult = Fetched | NotModified | FetchFailed


class FeedFetcher(Protocol):
    """The web as the flow sees it: the real one in `fetch.py`, a scripted one in tests."""

    def fetch(self, url: str, validators: Validators | None = None) -> FetchResult:
        """GET `url`, conditionally when validators are given. Never raises for what a server or network does."""


# -- parse ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One entry of a page, whether parsed or skipped.

    digest: 16 hex digits over the entry's bytes; link: 16 hex digits over the url_key, "" without a link;
    key: 16 hex digits over what names the entry: its link, and beside it the title where several entries share a link.
    """

    digest: str
    key: str
    published_at: datetime | None = None
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An entry as received, enough to read it again: a document with this one entry in it.

    kind: "feed" = the feed's head, the entry's bytes, the feed's tail; "json" = a JSON Feed with one item;
    "fields" = JSON of the parser's fields, for feeds too broken to be cut up; "rest" = one post of WordPress's REST API;
    "page" = the article's own page.
    """

    kind: Literal["feed", "json", "fields", "rest", "page"]
    body: bytes
    content_type: str = ""
    base_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the feed gave it, in plain data: no HTML left.

    url: absolute http(s), or "" ; title: plain text; body: Markdown blocks parted by blank lines, "" if there is none;
    published_at / updated_at: as the entry says, even when implausible (normalise judges); None = not usable;
    categories: in the feed's order, plain text; tags: where they are told apart, else None: the categories may hold some;
    excerpt: the feed carries a teaser only;
    apart: not "" where other entries of the page have the same link and another title: what tells it from them.
    """

    shown: Shown
    guid: str = ""
    url: str = ""
    title: str = ""
    body: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] | None = None
    author: str | None = None
    excerpt: bool = False
    apart: str = ""
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What one body said.

    entries: those whose digest was not known, in the feed's order; shown: all entries, in the feed's order;
    skipped: reasons for entries that could not be read, one each; held_back: entries cut off at the end, to be read
    again at the next poll; older_url: where the feed says that older entries are, "" = it does not say.
    hint_s: seconds that the feed wants between two polls, None = it does not say.
    """

    format: str
    title: str = ""
    entries: tuple[Entry, ...] = ()
    shown: tuple[Shown, ...] = ()
    skipped: tuple[str, ...] = ()
    held_back: int = 0
    older_url: str = ""
    hint_s: float | None = None


# -- article pages ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """What an article's own page says, in plain data. Whether it may be believed is decided in `genuine.py`.

    url: the address that answered; canonical: the one that the page names itself by, "" = none; short_url: WordPress's
    `?p=ID`, which holds the post id, "" = none.
    titles: every name that it gives itself, the heading first; body: Markdown blocks as in `Entry`; html: the part of the page that it was made of, for evidence; means: how that
    was found: "selector", "trafilatura", "paragraphs", "json-ld", "" = there is no text.
    next_pages: addresses of the article's further pages, in order (`<!--nextpage-->`).
    signs: what speaks against an article: "challenge", "login", "paid", "noindex", "error", "list".
    """

    url: str
    canonical: str = ""
    short_url: str = ""
    title: str = ""
    titles: tuple[str, ...] = ()
    body: str = ""
    html: str = ""
    means: str = ""
    published_at: datetime | None = None
    modified_at: datetime | None = None
    author: str | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    next_pages: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()


# -- records ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AiNotice:
    """The article says that it was worked on by AI; date_local: as printed, `YYYY-MM-DDTHH:MM`, if it is printed."""

    date_local: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An article in the archive's form. Self-contained: it can be written without the configuration at hand.

    published_at_from: "feed", or "first_seen" when the feed gave no plausible time.
    category: the one that stands in the header; categories and tags: all, as data. body: Markdown with line breaks.
    agency: "dts", "dpa", "afp", "press" (a press release of the police etc.), …, or None.
    excerpt: the body is a teaser, because the feed carries no more.
    """

    url: str
    url_key: str
    post_id: str | None = None
    title: str
    published_at: datetime
    published_at_from: Literal["feed", "first_seen"] = "feed"
    category: str = "Allgemein"
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    author: str | None = None
    body: str = ""
    agency: str | None = None
    ai_notice: AiNotice | None = None
    excerpt: bool = False
    source: str = ""
    source_line: str = ""
    timezone: str = "Europe/Berlin"


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledRecord:
    """A record with what only the archive knows.

    key: first 16 hex digits of SHA-256 of the url_key first seen; revision counts from 1;
    day_local: `YYYY/MM/DD`, the folder of its file, fixed at first filing; withdrawn_at: gone from the site since then.
    """

    id: int
    key: str
    record: Record
    former_urls: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    first_seen_at: datetime
    revision: int = 1
    day_local: str = ""
    changed_at: datetime | None = None
    withdrawn_at: datetime | None = None


class Change(StrEnum):
    """What made a state of a record out of the one before."""

    NONE = ""  # it is the first one
    EDIT = "edit"
    RENAME = "rename"  # its address alone
    TEXT = "text"  # a full text in place of an excerpt
    RULES = "rules"  # the same evidence, read by other rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One state of a record. record: as it was then; seen_at: when we saw it first.

    seen_by: the feed's URL, "page", "rest" or "rules", "" = not known; modified_at: when the site says that it was
    modified, if it says so.
    """

    number: int
    record: Record
    seen_at: datetime
    seen_by: str = ""
    change: Change = Change.NONE
    modified_at: datetime | None = None


class Aging(StrEnum):
    """What may be kept for a time only."""

    RAW = "raw"  # evidence
    ATTEMPTS = "attempts"  # of deliveries that are settled
    REVISIONS = "revisions"  # earlier states


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A record with the evidence of its current state, to be read again. evidence: None if there is none.

    body_from: "feed", or where its full text was taken from; feed_url, received_at: whose entry it was, and when.
    """

    filed: FiledRecord
    body_from: str
    evidence: Evidence | None = None
    feed_url: str = ""
    received_at: datetime | None = None


class FlawKind(StrEnum):
    """What verifying an archive may find; `flaw_…` in the wording says it."""

    FILE_MISSING = "file_missing"
    FILE_CHANGED = "file_changed"
    FILE_SUPERFLUOUS = "file_superfluous"
    FILE_WRONG_DAY = "file_wrong_day"
    FILE_OF_REMOVED = "file_of_removed"
    FILE_PARTIAL = "file_partial"
    LINE_MISSING = "line_missing"
    LINE_WRONG = "line_wrong"
    LINE_TORN = "line_torn"
    LINE_SUPERFLUOUS = "line_superfluous"
    KEY_FOREIGN = "key_foreign"
    URL_UNOWNED = "url_unowned"
    STATE_WRONG = "state_wrong"
    REVISIONS_GAP = "revisions_gap"
    EVIDENCE_STRAY = "evidence_stray"
    EVIDENCE_DAMAGED = "evidence_damaged"
    INDEX_MISSING = "index_missing"
    REMOVED_BUT_THERE = "removed_but_there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing in which an archive, its record files or their manifests contradict each other.

    key: the record's, "" if it is of none; where: a path below the folder of the record files, or the record's URL;
    detail: what the kind asks for: a day, the numbers of revisions, the number of a line.
    """

    kind: FlawKind
    key: str = ""
    where: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """This feed shows the record, since then."""

    feed_url: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An article whose own page (or post, where the REST interface answers) is to be looked at, from `due_at` on.

    reason: "text" = the record holds an excerpt only; "check" = it may have been edited since it left its feeds;
    "gone" = it seems to be withdrawn. attempts: looks that failed in a row; checks: steps of the schedule that are done.
    news: subscriptions are to be asked about its full text; as long as there was no attempt, also about its excerpt.
    validators: of the page as last seen, page_hash: what it said then, revision: which one of the record's it was then; missing_since: when it was first not found.
    body_from, modified_at: as the record has them.
    """

    filed: FiledRecord
    host: str
    due_at: datetime
    reason: Literal["text", "check", "gone"]
    attempts: int = 0
    checks: int = 0
    news: bool = False
    validators: Validators = field(default_factory=Validators)
    page_hash: str = ""
    revision: int = 0
    missing_since: datetime | None = None
    detail: str = ""
    body_from: str = "feed"
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstVisit:
    """When a record that was just filed is looked at on its own page. reason, news: as of `Visit`."""

    record_id: int
    host: str
    due_at: datetime
    reason: Literal["text", "check"]
    news: bool = False


class EventKind(StrEnum):
    """What happened to a record beside its edits."""

    WITHDRAWN = "withdrawn"
    RETURNED = "returned"
    RENAMED = "renamed"
    COMPLETED = "completed"  # its full text took the place of an excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvent:
    """One of them. how: what showed it: "page", "rest", or the feed's URL; detail: for people."""

    kind: EventKind
    at: datetime
    how: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexWords:
    """What the archive's index keeps of a record; made and read in `searching.py`. by: which form it has, 0 = none."""

    words: str = ""
    by: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A record on its way into the archive.

    content_hash: what counts as an edit when it changes; apart: what tells it from other articles under the same URL,
    see `Entry`; formerly: a url_key under which the archive may know it, "" = none.
    seen_by: who showed it, "" = the feed; modified_at: when the site says that it was modified.
    digest: of the entry's bytes, see `Shown`; the same bytes from the same feed are no edit, "" = not known.
    """

    record: Record
    content_hash: str
    digest: str = ""
    apart: str = ""
    formerly: str = ""
    seen_by: str = ""
    modified_at: datetime | None = None
    evidence: Evidence | None = None


class FilingOutcome(StrEnum):
    NEW = "new"  # filed for the first time
    REVISED = "revised"  # known, and changed since
    KNOWN = "known"  # known, nothing to do
    REMOVED = "removed"  # removed on purpose earlier: it does not come back


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What became of one draft. record_id: None when removed; note: what a person should look at, or "".

    record_key: for ids of alerts; a record's id may have belonged to a removed record before.
    unheard_since: a known record that only silent first polls showed so far was first seen then, else None.
    stale: a feed of excerpts shows another one than before: the full text that is filed may have changed, too.
    """

    outcome: FilingOutcome
    record_id: int | None = None
    record_key: str = ""
    unheard_since: datetime | None = None
    stale: bool = False
    note: str = ""


# -- queries, alerts, deliveries --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a query matched: code points from the start of the field."""

    field: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """This subscription's query matches the record, at these spans (in order of field and start)."""

    subscription_id: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants to be told, of what, through which channels. origin: "file", "left" (the file), or "command".

    labels, note and owner are for people; nothing is decided by them.
    """

    id: int
    name: str
    query: str
    channels: tuple[str, ...]
    labels: tuple[str, ...] = ()
    note: str = ""
    owner: str = ""
    paused: bool = False
    origin: str = "command"
    created_at: datetime


class ChangeKind(StrEnum):
    """What was done to a subscription."""

    ADDED = "added"
    EDITED = "edited"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of a subscription, before and after a change: text, a list of texts, or yes and no."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChange:
    """Who changed a subscription, when and how. subscription: its number, for a name may have been used before."""

    subscription_id: int
    kind: ChangeKind
    editor: str
    changed_at: datetime
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is owed to one subscription for one record. kind: "new"."""

    id: str
    kind: str
    subscription: str
    query: str
    record: FiledRecord
    spans: tuple[Span, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert's errand through one channel, leased to this worker.

    attempt: number of the coming try, from 1; payload: what an earlier attempt sent, to be repeated byte for byte.
    """

    id: str
    channel: str
    attempt: int
    alert: Alert
    lease_token: str
    payload: bytes | None = None


class DeliveryState(StrEnum):
    """Being leased is no state."""

    PENDING = "pending"
    HELD = "held"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An alert to be filed: this subscription matched this new record at these spans."""

    subscription: Subscription
    record_id: int
    record_key: str
    spans: tuple[Span, ...]
    kind: str = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """An alert as it was owed. query: the subscription's at that time."""

    id: str
    subscription_id: int
    subscription: str
    kind: str
    query: str
    spans: tuple[Span, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A delivery as lists show it. settled_at: when it was sent, given up or cancelled."""

    id: str
    alert_id: str
    subscription: str
    channel: str
    state: str
    attempts: int
    retry_at: datetime
    created_at: datetime
    title: str
    url: str
    detail: str
    settled_at: datetime | None


class SendResult(StrEnum):
    SENT = "sent"  # the channel accepted it
    RETRY = "retry"  # not now: try again by the schedule
    NEVER = "never"  # it will not be accepted: dead at once


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutcome:
    """What became of one attempt. detail: one line for a person; retry_after_s: the receiver's wish."""

    result: SendResult
    detail: str = ""
    status: int | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a delivery. payload: what was sent, to be repeated byte for byte if need be."""

    outcome: SendOutcome
    payload: bytes
    started_at: datetime
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An alert, rendered for people and programs. subject: one line; payload: the webhook's JSON body."""

    subject: str
    text: str
    payload: bytes


class Errand(Protocol):
    """What a channel has to know of a delivery or of a notice: a stable id, and where it goes."""

    @property
    def id(self) -> str: ...

    @property
    def channel(self) -> str: ...

    @property
    def attempt(self) -> int: ...


class Channel(Protocol):
    """A way out. `send` never raises for what the outside does; it says what became of the attempt."""

    name: str

    def send(self, delivery: Errand, message: Message, now: datetime) -> SendOutcome: ...


# -- troubles ---------------------------------------------------------------------------------------------------------


class TroubleKind(StrEnum):
    """What keeps a feed from telling us of new articles."""

    SILENT = "silent"  # quieter than its rhythm allows
    EMPTY = "empty"  # valid, without entries, and it had some
    NO_FEED = "no_feed"  # HTML or anything else instead of a feed
    COMMENTS = "comments"  # a feed of comments, not of articles
    ELSEWHERE = "elsewhere"  # it leads to another site than the configured one
    CERTIFICATE = "certificate"  # the server cannot prove who it is
    FAILING = "failing"  # anything else that lasts
    GONE = "gone"  # 410: it is not polled any more
    LYING = "lying"  # its validators hide news


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """A sign of trouble at one feed, kept in its row. polls: how many in a row showed it; told: it lasted, and became a
    trouble; gone_since: a trouble's sign is away since then, and may come back.
    """

    kind: TroubleKind
    since: datetime
    polls: int = 1
    told: bool = False
    gone_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What keeps a feed from telling us, from one time to another; over_at: None = it lasts. id: 0 = not filed yet."""

    id: int = 0
    feed_id: int
    feed_url: str
    source: str
    kind: TroubleKind
    detail: str = ""
    began_at: datetime
    over_at: datetime | None = None

    @property
    def phase(self) -> Literal["began", "over"]:
        return "began" if self.over_at is None else "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A feed that is polled and whose rhythm is known, as far as silence goes."""

    id: int
    url: str
    source: str
    failures: int
    last_success_at: datetime | None
    rhythm: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the operator is told of a trouble through one channel, leased to this worker. attempt: see `Delivery`."""

    id: str
    channel: str
    attempt: int
    phase: str
    message: Message
    lease_token: str


# -- feeds ------------------------------------------------------------------------------------------------------------


class Means(StrEnum):
    """How older entries of a feed can be read; see older.py."""

    LINKS = "links"  # the links to older pages that the feed itself gives (RFC 5005, JSON Feed)
    PAGED = "paged"  # WordPress: ?paged=N
    DATE = "date"  # WordPress: /date/YYYY/MM/DD/feed/, a day at a time
    REST = "rest"  # WordPress: /wp-json/wp/v2/posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Which page is to be read next, by which means. Kept as JSON, so that any worker can go on after a crash.

    from_at, to_at: the stretch that is wanted, by publication. page: from 1; day: of date feeds, `YYYY-MM-DD` on the
    source's clock; url: of links, the page's address. reached: the highest page that was read (of this day).
    read_at: when the page before was read. total: how many entries there are to be, as the first page said;
    count: how many were shown so far; last: the keys of the page before; again: how often it began anew because pages
    shifted. met: something was read that the feed itself shows. idle: pages in a row that showed nothing more.
    """

    means: Means
    from_at: datetime | None = None
    to_at: datetime | None = None
    page: int = 1
    day: str = ""
    url: str = ""
    reached: int = 0
    read_at: datetime | None = None
    total: int | None = None
    count: int = 0
    last: tuple[str, ...] = ()
    again: int = 0
    met: bool = False
    idle: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Older pages are being read: to close a gap, or because the last days are read again. Kept in the feed's row, so
    that any worker can go on after a crash.

    cursor: the next page; left: other means, to be tried if this one does not work; faults: why others did not.
    failures: pages that failed in a row. since: up to when the feed was proved complete; as_of: when what is read here
    began, or when the newest window that hangs together with it was read. seen: the entries that were read, newest first.
    pages, found: what was read, and how many articles of it were new. first: the page that paged feeds begin with here.
    """

    cursor: Cursor
    first: int = 2
    left: tuple[Means, ...] = ()
    faults: tuple[str, ...] = ()
    failures: int = 0
    since: datetime | None = None
    as_of: datetime | None = None
    seen: tuple[Shown, ...] = ()
    pages: int = 0
    found: int = 0

    @property
    def page(self) -> int:
        """Which page in a row comes next, the feed itself being the first one."""
        return self.pages + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A URL that is polled, with its state.

    host: name and port, what politeness is kept for. category: what the feed stands for, if it is a category's.
    stopped: why it is not polled any more, "" = it is.
    window: what the last good poll showed; ground: what the last complete window showed (see catchup.py).
    deaths: how often in a row reading it cost a parser's life; failures: failed polls in a row.
    first_polled_at: first successful poll with entries; None = the next one is silent.
    covered_from: publication of the oldest entry of that poll, and covered_id its lowest post id: articles from before
    that turn up later are filed silently.
    full_at: when the feed was last asked without validators (a 304 may hide news).
    poll_url: what is asked, `url` unless it moved for good; moved_to: where permanent redirects lead, with how often
    and since when they agree.
    covered_to: all that it showed as of then, by a full answer whose window reached known ground, is filed.
    interval_given: somebody named the interval; pace_reason: why the next poll is when it is; rhythm, hints: see rhythm.py.
    lied_at: when its validators were found to hide news; it is polled without them since.
    reread_at: when its last days are read again, reread: where that stands; ways: how older entries can be read here.
    symptoms: signs of trouble that the last polls showed, mostly none.
    """

    id: int
    url: str
    poll_url: str
    source: str
    host: str
    interval_s: float
    category: str = ""
    origin: str = "command"
    stopped: str = ""
    title: str = ""
    next_poll_at: datetime
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_outcome: str = ""
    last_reason: str = ""
    failures: int = 0
    deaths: int = 0
    first_polled_at: datetime | None = None
    covered_from: datetime | None = None
    covered_id: int | None = None
    full_at: datetime | None = None
    validators: Validators = field(default_factory=Validators)
    body_hash: str = ""
    window: tuple[Shown, ...] = ()
    ground: tuple[Shown, ...] = ()
    catch_up: Reading | None = None
    catch_up_at: datetime | None = None
    moved_to: str = ""
    moved_count: int = 0
    moved_since: datetime | None = None
    covered_to: datetime | None = None
    interval_given: bool = True
    pace_reason: str = ""
    rhythm: Mapping[str, Any] | None = None
    hints: Mapping[str, Any] | None = None
    symptoms: tuple[Symptom, ...] = ()
    lied_at: datetime | None = None
    reread_at: datetime | None = None
    reread: Reading | None = None
    ways: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Name and port of a server, the unit of politeness: one exchange at a time over all processes.

    free_at: not before, because of host_gap; retry_after_at: not before, because the server said so;
    strip_weak_etags: it never accepts its own `W/"…"` back, so the `W/` is left out.
    """

    name: str
    free_at: datetime | None = None
    retry_after_at: datetime | None = None
    strip_weak_etags: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HostWork:
    """A leased host with its feeds that are due, the longest due first. visits: articles of it are due for a visit."""

    host: Host
    feeds: tuple[Feed, ...]
    visits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A claim on hosts until a time. The token is compared at each write: whoever lost the lease is refused."""

    token: str
    until: datetime


class Clock(Protocol):
    """Time as the flow sees it."""

    def now(self) -> datetime: ...

    def wait(self, seconds: float) -> None: ...
