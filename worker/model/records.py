"""Records, and what becomes of them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from worker.model.entries import Evidence
from worker.model.web import Validators


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What became of a filed record, for those who were told of it and those who want to hear of it now.

    before, after: its states, one and the same where nothing but `event` happened (withdrawn or returned).
    occasion: names it for good, so that it is told once: "revision:2", "withdrawn:<event's number>", "returned:<…>".
    """

    record_id: int
    record_key: str
    first_seen_at: datetime
    before: Record
    after: Record
    occasion: str
    change: Change = Change.EDIT
    event: EventKind | None = None


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
    edit: what the site did to a known record, None if nothing or if it may be but another way to show it.
    """

    outcome: FilingOutcome
    record_id: int | None = None
    record_key: str = ""
    unheard_since: datetime | None = None
    stale: bool = False
    note: str = ""
    edit: Edit | None = None
