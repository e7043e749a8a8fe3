"""Visits to articles' own pages: for the text that a feed cut off, for later edits, and for what is gone.

    fetch -> read -> is it the article? -> one write

A visit never costs a record anything: what is not surely the article's page leaves it as it is. Alerts on an excerpt
wait for the first visit, which follows in the same turn of the host; whatever it comes to, they are owed with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker import cadence
from worker.aftermath import Step, take_steps
from worker.archive import Transaction
from worker.edited import owe_edits
from worker.errors import ParseError, fault
from worker.genuine import doubt, is_other, is_other_post, is_same_post, names_itself, shares_text
from worker.identity import shown_url, url_key
from worker.intake import Equipment
from worker.model import (
    ArticlePage,
    Draft,
    FailureKind,
    Fetched,
    FetchFailed,
    FiledRecord,
    NotModified,
    Owed,
    Record,
    SourceRules,
    Visit,
)
from worker.normalise import content_hash, text_hash, under_its_address, with_text
from worker.owing import owe
from worker.page import evidence_of
from worker.presence import Exchanges, Presence
from worker.target import host_of

_MOST_MISSED = 10  # looks in a row, five days, at a page that is not found while nothing proves that its site is there
_MOST_FAILURES = 3  # of a check; then the next one in the schedule is waited for
_MOST_JOINED_CHARS = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitResult:
    """What a visit came to. did: "completed", "edited", "renamed", "unchanged", "returned", "missing", "withdrawn",
    "failed"; reason: why nothing came of it, or ""; retry_after_at: the whole host rests until then.
    """

    visit: Visit
    did: str
    reason: str = ""
    alerts: int = 0
    retry_after_at: datetime | None = None


def look(equipment: Equipment, visit: Visit, presence: Presence, exchanges: Exchanges) -> VisitResult:
    """Visit one article whose host is leased. What came of it is committed in one transaction, or not at all.

    Raises: ArchiveError; LeaseLost when another worker took the host over: nothing was written then.
    """
    answer = equipment.fetcher.fetch(visit.filed.record.url, visit.validators if visit.page_hash else None)
    desk = _Desk(equipment, visit, exchanges, equipment.clock.now())
    if isinstance(answer, FetchFailed) and answer.status in (404, 410):
        return desk.not_found(presence, answer)
    if isinstance(answer, FetchFailed):
        return desk.failed(answer.reason, answer)
    if isinstance(answer, NotModified):
        return desk.same()
    try:
        return desk.read(answer)
    except ParseError as error:
        return desk.failed(str(error))


def still_shown(equipment: Equipment, visit: Visit, presence: Presence, exchanges: Exchanges) -> VisitResult | None:
    """A check that a feed has made already, because it still shows the whole text; None = it is to be made."""
    whole = visit.body_from == "feed" and not visit.filed.record.excerpt and visit.reason == "check"
    if not whole or visit.attempts or not presence.is_shown(visit.filed.record):
        return None
    return _Desk(equipment, visit, exchanges, equipment.clock.now()).same()


def crashed(equipment: Equipment, visit: Visit, exchanges: Exchanges, error: Exception) -> VisitResult:
    """A visit that ended in a fault of our own is tried again later, like after any failure. Raises: as above."""
    return _Desk(equipment, visit, exchanges, equipment.clock.now()).failed(fault(error))


def owe_overdue(equipment: Equipment) -> int:
    """Owe alerts on excerpts whose pages could not be asked for in time. Returns: new alerts. Raises: ArchiveError."""
    now = equipment.clock.now()
    with equipment.archive.read() as tx:
        tx.fleet.admit()
        overdue = tx.visits.waiting(now - cadence.NEWS_WAIT)
    return sum(_owe_overdue(equipment, visit, now) for visit in overdue)


def _owe_overdue(equipment: Equipment, visit: Visit, now: datetime) -> int:
    owed = owed_for(equipment, visit.filed)
    with equipment.archive.write() as tx:
        if (current := tx.visits.get(visit.filed.id)) is None or current.attempts:
            return 0
        tx.visits.save(replace(current, attempts=1, detail="its host could not be asked in time"))
        return owe(tx, owed, now)


def owed_for(equipment: Equipment, filed: FiledRecord) -> list[Owed]:
    """The alerts of everybody who wants to hear of this record as it is, and did so already when it came."""
    return [
        Owed(
            subscription=subscription,
            record_id=filed.id,
            record_key=filed.key,
            record=filed.record,
            spans=match.spans,
        )
        for subscription, match in equipment.matching.match(filed.record)
        if subscription.created_at <= filed.first_seen_at
    ]


class _Desk:
    """One visit, after its fetch."""

    def __init__(self, equipment: Equipment, visit: Visit, exchanges: Exchanges, now: datetime) -> None:
        self._equipment = equipment
        self._visit = visit
        self._exchanges = exchanges
        self._now = now
        self._rules = equipment.rules_of(visit.filed.record.source)
        self._record = under_its_address(visit.filed.record, self._rules)
        self._wants_text = visit.filed.record.excerpt and equipment.manners.full_text

    # -- a page -------------------------------------------------------------------------------------------------------

    def read(self, answer: Fetched) -> VisitResult:
        """Raises: ParseError, and as `look`."""
        page = self._page(answer)
        record = self._visit.filed.record
        there = url_key(answer.url, self._rules)
        if there != url_key(record.url, self._rules) and (owner := self._owner(answer, there)):
            return self._save(self._visit, [Step("linked", None, answer.url, owner)])
        moved = _new_address(answer, page, record, self._rules)
        at = replace(record, url_key=url_key(moved, self._rules)) if moved else record
        if other := is_other(page, at, self._rules):
            return self.failed(other)
        if there != url_key(record.url, self._rules) and not moved and not is_same_post(page, record, self._rules):
            return self.failed("a redirect to a page that does not name itself as the article's")
        page = self._joined(page)
        why = doubt(page, at, self._rules) if self._wants_text or self._is_edited(page) else ""
        if why and not moved:
            return self.failed(why)
        steps = [self._rename(moved)] if moved else []
        if not why:
            steps += [self._complete(page)] if self._is_completed_by(page) else []
            steps += [self._edit(page)] if not steps and self._is_edited(page) else []
        seen = replace(self._visit, validators=answer.validators, page_hash=text_hash(self._title(page), page.body))
        return self._save(seen, steps)

    def _owner(self, answer: Fetched, there: str) -> int:
        """The other record that has the address to which this one leads for good, 0 if there is none."""
        if not _is_for_good(answer):
            return 0
        with self._equipment.archive.read() as tx:
            owner = tx.records.find(there, "")
        return owner.id if owner is not None and owner.id != self._visit.filed.id else 0

    def _page(self, answer: Fetched) -> ArticlePage:
        return self._equipment.read_page(answer.body, url=answer.url, headers=answer.headers, rules=self._rules)

    def _joined(self, page: ArticlePage) -> ArticlePage:
        """The article's further pages behind the first one. Raises: ParseError if one of them cannot be had."""
        bodies, parts = [page.body], [page.html]
        for url in page.next_pages:
            self._exchanges.next()
            answer = self._equipment.fetcher.fetch(url)
            if isinstance(answer, FetchFailed) and answer.status in (404, 410):
                break
            if not isinstance(answer, Fetched):
                raise ParseError(f"its page {url} cannot be had")
            further = self._page(answer)
            if not further.body or further.body in bodies or sum(map(len, bodies)) > _MOST_JOINED_CHARS:
                break  # a site that shows the same page under every number
            bodies.append(further.body)
            parts.append(further.html)
        return replace(page, body="\n\n".join(filter(None, bodies)), html="\n".join(parts))

    def _title(self, page: ArticlePage) -> str:
        title = self._visit.filed.record.title
        return title if names_itself(page, title) or not page.title else page.title

    def _is_completed_by(self, page: ArticlePage) -> bool:
        """It brings the text of an excerpt; or the further pages of an article of which feeds show the first."""
        body = self._visit.filed.record.body
        begins = body.split("\n\n")[0]
        return self._wants_text or bool(page.next_pages and len(page.body) > len(body) and begins in page.body)

    def _is_edited(self, page: ArticlePage) -> bool:
        """An edit is a change in what the page shows. A first look sees one only where the page says so itself; and so
        does one after an edit that was seen elsewhere, since the page may show no more than that.
        """
        visit, title = self._visit, self._title(page)
        if visit.filed.record.excerpt:
            return False
        if self._is_compared(page):  # a feed may have told us of the change already
            known = text_hash(visit.filed.record.title, visit.filed.record.body)
            return text_hash(title, page.body) not in (visit.page_hash, known)
        held_at = visit.modified_at or visit.filed.changed_at or visit.filed.first_seen_at
        if page.modified_at is not None and page.modified_at <= held_at:
            return False
        return title != visit.filed.record.title or (page.modified_at is not None and self._has_other_text(page))

    def _is_compared(self, page: ArticlePage) -> bool:
        """Whether what the page says now can be compared with what it said at the last look."""
        visit = self._visit
        is_same = text_hash(self._title(page), page.body) == visit.page_hash
        return bool(visit.page_hash) and (is_same or visit.revision == visit.filed.revision)

    def _has_other_text(self, page: ArticlePage) -> bool:
        return not set(self._visit.filed.record.body.split("\n\n")) <= set(page.body.split("\n\n"))

    # -- what it means for the record -----------------------------------------------------------------------------------

    def _complete(self, page: ArticlePage) -> Step:
        record = with_text(self._record, page.body, author=page.author)
        return Step("completed", _draft(record, page, page.html))

    def _edit(self, page: ArticlePage) -> Step:
        """The page's text; on a first look that tells of another title only, the text that the feed gave stays."""
        record, title = self._record, self._title(page)
        only_title = not self._is_compared(page) and page.modified_at is None
        return Step(
            "edited", _draft(with_text(record, record.body if only_title else page.body, title=title), page, page.html)
        )

    def _rename(self, moved: str) -> Step:
        record = self._visit.filed.record
        there = replace(record, url=shown_url(moved, self._rules), url_key=url_key(moved, self._rules))
        return Step("renamed", Draft(record=there, content_hash=content_hash(there), seen_by="page"))

    # -- no page --------------------------------------------------------------------------------------------------------

    def same(self) -> VisitResult:
        """304: the page is as it was."""
        return self._save(self._visit, [])

    def not_found(self, presence: Presence, failure: FetchFailed) -> VisitResult:
        """404 or 410: once is chance; the second time, while the site answers otherwise, the article is withdrawn."""
        visit, now = self._visit, self._now
        since = visit.missing_since or now
        again = replace(visit, missing_since=since, reason="gone", attempts=visit.attempts + 1, detail=failure.reason)
        if visit.filed.withdrawn_at is not None:
            return self._save(again, [], did="missing")
        if visit.missing_since is None or (now - since).total_seconds() < cadence.GONE_AGAIN_S:
            return self._later(again, cadence.GONE_AGAIN_S, "missing", failure.reason)
        if unsure := presence.why_not_gone(visit.filed.record, since, self._exchanges):
            if again.attempts >= _MOST_MISSED:
                return self._save(again, [], did="missing", reason=unsure)
            return self._later(again, cadence.GONE_AGAIN_S * 2 ** min(visit.attempts, 6), "missing", unsure)
        return self._save(again, [Step("withdrawn", None, failure.reason)])

    def failed(self, reason: str, failure: FetchFailed | None = None) -> VisitResult:
        """Nothing came of it: the record stays as it is, and the visit is tried again, for a while."""
        visit = replace(self._visit, attempts=self._visit.attempts + 1, detail=reason[:300])
        hint_s = failure.retry_after_s if failure else None
        wait_s = cadence.text_retry_s(visit.attempts, retry_after_s=hint_s, jitter=self._equipment.jitter())
        if wait_s is None or (not self._wants_text and visit.attempts >= _MOST_FAILURES):
            return self._save(visit, [], did="failed", reason=reason)
        throttled = failure is not None and failure.kind is FailureKind.THROTTLED
        return self._later(visit, wait_s, "failed", reason, throttled=throttled)

    # -- writing --------------------------------------------------------------------------------------------------------

    def _later(self, visit: Visit, wait_s: float, did: str, reason: str, *, throttled: bool = False) -> VisitResult:
        """The same visit again, after a while. Alerts that waited for the first attempt are owed on the excerpt."""
        due_at = self._now + timedelta(seconds=wait_s)
        lease, owed = self._exchanges.lease, self._owed_at_first()

        def save(tx: Transaction) -> int:
            tx.feeds.hold([visit.host], lease)
            tx.visits.save(replace(visit, due_at=due_at))
            if throttled:
                tx.feeds.throttle(visit.host, due_at)
            return owe(tx, owed, self._now)

        alerts = self._equipment.archive.write_together(save)
        until = due_at if throttled else None
        return VisitResult(visit=visit, did=did, reason=reason, alerts=alerts, retry_after_at=until)

    def _save(self, seen: Visit, steps: Sequence[Step], did: str = "unchanged", reason: str = "") -> VisitResult:
        """What was seen, and the next look at this article, if there is one."""
        lease = self._exchanges.lease
        completed = next((step.draft for step in steps if step.did == "completed" and step.draft), None)
        owed = self._owed(completed.record if completed else None)
        found = did == "unchanged"
        is_back = (
            found and self._visit.filed.withdrawn_at is not None and not any(step.did == "withdrawn" for step in steps)
        )

        def save(tx: Transaction) -> tuple[bool, int]:
            tx.feeds.hold([seen.host], lease)
            taken = take_steps(tx, seen.filed, steps, self._now, is_back=is_back)
            self._schedule(tx, replace(seen, filed=taken.filed), steps, is_found=found)
            edits = owe_edits(tx, self._equipment.matching, taken.edits, self._now)
            return taken.done, owe(tx, owed, self._now) + edits

        done, alerts = self._equipment.archive.write_together(save)
        what = steps[-1].did if steps and done else "returned" if is_back else did
        return VisitResult(visit=seen, did=what, reason=reason, alerts=alerts)

    def _schedule(self, tx: Transaction, seen: Visit, steps: Sequence[Step], *, is_found: bool) -> None:
        """The next step of the schedule; none behind the last one, nor for what is older than all of them."""
        withdrawn = any(step.did == "withdrawn" for step in steps)
        manners, record = self._equipment.manners, seen.filed.record
        coming = cadence.next_check_at(
            published_at=record.published_at, checks=0, steps_s=manners.recheck_s, now=self._now
        )
        if coming is None:
            tx.visits.drop(seen.filed.id)
            return
        checks, due_at = coming
        coming_visit = replace(
            seen, reason="check", checks=checks, due_at=due_at, news=False, host=host_of(record.url) or seen.host
        )
        coming_visit = replace(coming_visit, revision=seen.filed.revision)
        if is_found and not withdrawn:
            coming_visit = replace(coming_visit, missing_since=None, attempts=0, detail="")
        tx.visits.save(coming_visit)

    def _owed_at_first(self) -> list[Owed]:
        visit = self._visit
        return owed_for(self._equipment, visit.filed) if visit.news and not visit.attempts else []

    def _owed(self, completed: Record | None) -> list[Owed]:
        if not self._visit.news:
            return []
        if completed is not None:
            return owed_for(self._equipment, replace(self._visit.filed, record=completed))
        return self._owed_at_first() or (
            [] if self._visit.filed.record.excerpt else owed_for(self._equipment, self._visit.filed)
        )


def _draft(record: Record, page: ArticlePage, html: str) -> Draft:
    return Draft(
        record=record,
        content_hash=content_hash(record),
        seen_by="page",
        modified_at=page.modified_at,
        evidence=evidence_of(record, html),
    )


def _is_for_good(answer: Fetched) -> bool:
    return bool(answer.hops) and all(hop.status in (301, 308) for hop in answer.hops)


def _new_address(answer: Fetched, page: ArticlePage, record: Record, rules: SourceRules) -> str:
    """Where the article moved for good, "" if it did not: permanent redirects to a page that surely is the article's."""
    there = url_key(answer.url, rules)
    if not _is_for_good(answer) or there == url_key(record.url, rules):
        return ""
    if there in (url_key(rules.home, rules), url_key(f"https://{host_of(answer.url)}/", rules)):
        return ""
    is_itself = url_key(page.canonical, rules) == there
    is_named = is_itself and names_itself(page, record.title) and shares_text(page, record)
    if not is_same_post(page, record, rules) and (not is_named or is_other_post(page, record, rules)):
        return ""
    return page.canonical if is_itself else answer.url
