"""The main story: one poll of one feed, start to commit.

    fetch -> parse -> normalise -> match -> one write

A poll that brings nothing new writes nothing itself; `note` saves many such polls in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from worker import cadence, conditional, diagnosis, forwarding, reread
from worker.archive import Transaction
from worker.errors import NoParser, ParseError, ParserDied, fault
from worker.exchanges import Exchanges
from worker.fetch import masked
from worker.intake import Equipment, Filed, Page, body_hash, file_page, take
from worker.model import (
    FailureKind,
    Feed,
    Fetched,
    FetchFailed,
    Host,
    Lease,
    NotModified,
    Validators,
)
from worker.moves import told_moved
from worker.pacing import paced, with_rhythm
from worker.proof import judged_honesty, same_window, shows_news, window_after
from worker.proof import note as note_proof
from worker.quarantine import renamed_ground
from worker.troubles import QUIET, TroubleVerdict

QUARANTINE_DEATHS = 3


class Outcome(StrEnum):
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    BUSY = "busy"  # another process holds the host


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What a poll came to. feed: its state from now on; retry_after_at: the whole host rests until then.

    verdict: troubles that begin or are over. noted: the state is saved already; else it is for `note` to save.
    strip_weak_etags: what was learned of the host; reread_at: when its last days are read again, None = that is settled.
    """

    feed: Feed
    outcome: Outcome
    reason: str = ""
    status: int | None = None
    size_bytes: int = 0
    took_s: float = 0.0
    filed: Filed = field(default_factory=Filed)
    skipped: tuple[str, ...] = ()
    held_back: int = 0
    retry_after_at: datetime | None = None
    strip_weak_etags: bool | None = None
    reread_at: datetime | None = None
    was_stopped: str = ""
    verdict: TroubleVerdict = QUIET
    noted: bool = False


def poll_feed(equipment: Equipment, feed: Feed, host: Host, exchanges: Exchanges) -> PollResult:
    """Poll one feed whose host is leased. What changed is committed in one transaction, or not at all.

    exchanges: the rhythm of those with its host; the first of them may begin at once.

    Raises: ArchiveError; LeaseLost when another worker took the host over: nothing was written then.
    """
    was_stopped = feed.stopped
    sent = conditional.validators_for(feed, host, equipment.clock.now(), equipment.manners.unconditional_every_s)
    answer = equipment.fetcher.fetch(feed.poll_url, sent)
    now = equipment.clock.now()
    feed = forwarding.noted(_polled(feed, now), answer, now)
    if isinstance(answer, FetchFailed):
        result = _failed(equipment, feed, answer, now)
    elif isinstance(answer, NotModified):
        result = _unchanged(equipment, feed, answer, now)
    elif feed.body_hash and feed.body_hash == body_hash(answer.body):
        feed = same_window(conditional.asked_in_full(feed, sent, now), now)
        if sent is None:
            feed = judged_honesty(feed, feed.validators, answer.validators, has_news=False, now=now)
        result = _unchanged(equipment, feed, answer, now)
        result = replace(result, strip_weak_etags=conditional.learned_of_etags(host, sent, answer))
    else:
        lesson = conditional.learned_of_etags(host, sent, answer)
        feed = conditional.asked_in_full(feed, sent, now)
        result = _read(equipment, feed, answer, exchanges, now, in_full=sent is None, strip_weak_etags=lesson)
    return replace(result, was_stopped=was_stopped)


def _read(
    equipment: Equipment,
    feed: Feed,
    answer: Fetched,
    exchanges: Exchanges,
    now: datetime,
    *,
    in_full: bool,
    strip_weak_etags: bool | None,
) -> PollResult:
    try:
        page = take(equipment, feed, answer, now, silent=_is_silent(equipment, feed))
    except ParseError as error:
        feed = replace(feed, deaths=_deaths(feed, error))
        return _failed(equipment, feed, _no_feed(feed, answer, error), now)
    page, lease = told_moved(equipment, feed, page, exchanges), exchanges.lease
    return _updated(equipment, feed, answer, page, lease, now, in_full=in_full, strip_weak_etags=strip_weak_etags)


def _deaths(feed: Feed, error: ParseError) -> int:
    """How many parsers in a row it has cost by now; none that could not even be started."""
    if isinstance(error, NoParser):
        return feed.deaths
    return feed.deaths + 1 if isinstance(error, ParserDied) else 0


def note(equipment: Equipment, results: Sequence[PollResult], lease: Lease) -> None:
    """Save polls that brought nothing new, all in one transaction. Raises: ArchiveError, LeaseLost."""
    pending = [result for result in results if not result.noted]
    if not pending:
        return
    equipment.archive.write_together(lambda tx: _note(equipment, tx, pending, lease))


def _note(equipment: Equipment, tx: Transaction, pending: Sequence[PollResult], lease: Lease) -> None:
    tx.feeds.hold({result.feed.host for result in pending}, lease)
    tx.feeds.reschedule([result.feed for result in pending])
    for result in pending:
        if result.retry_after_at is not None:
            tx.feeds.throttle(result.feed.host, result.retry_after_at)
        if result.strip_weak_etags is not None:
            tx.feeds.strip_weak_etags(result.feed.host, strip=result.strip_weak_etags)
        if result.reread_at is not None:
            tx.feeds.begin_rereading(result.feed.id, result.reread_at)
        _note_stop(tx, result)
        _note_troubles(equipment, tx, result.feed, result.verdict)


def _note_stop(tx: Transaction, result: PollResult) -> None:
    """A 410 stops the feed, and a success lets it go on; what file or command said meanwhile counts more."""
    if result.feed.stopped != result.was_stopped:
        tx.feeds.stop(result.feed.id, result.feed.stopped, was=result.was_stopped)


def _note_troubles(equipment: Equipment, tx: Transaction, feed: Feed, verdict: TroubleVerdict) -> None:
    for trouble in diagnosis.troubles_of(feed, verdict):
        diagnosis.file(equipment, tx, trouble, equipment.clock.now())


# -- what came of it --------------------------------------------------------------------------------------------------


def _polled(feed: Feed, now: datetime) -> Feed:
    return replace(feed, last_polled_at=now)


def _succeeded(
    equipment: Equipment, feed: Feed, now: datetime, outcome: Outcome, reason: str, fresh_s: float, **learned: Any
) -> Feed:
    """The feed after a success, with what was learned of it: in one copy, for most polls come this way."""
    pace = paced(equipment, feed, now, fresh_s)
    return replace(
        feed,
        next_poll_at=pace.next_at,
        pace_reason=pace.reason,
        failures=0,
        deaths=0,
        stopped="",
        last_success_at=now,
        last_outcome=outcome.value,
        last_reason=reason,
        **learned,
    )


def _unchanged(equipment: Equipment, feed: Feed, answer: Fetched | NotModified, now: datetime) -> PollResult:
    """The same as before; a remark on it holds on."""
    remark = "" if feed.failures else feed.last_reason
    verdict = diagnosis.after_success(feed, answer, None, now)
    learned = {"validators": answer.validators, "symptoms": verdict.symptoms}
    feed = _succeeded(equipment, feed, now, Outcome.UNCHANGED, remark, answer.fresh_s, **learned)
    size_bytes = len(answer.body) if isinstance(answer, Fetched) else 0
    status = answer.status if isinstance(answer, Fetched) else 304
    return PollResult(
        feed=feed,
        outcome=Outcome.UNCHANGED,
        status=status,
        size_bytes=size_bytes,
        took_s=answer.took_s,
        reread_at=None if feed.reread_at else reread.next_at(equipment, feed, now),
        verdict=verdict,
    )


def _failed(equipment: Equipment, feed: Feed, failure: FetchFailed, now: datetime) -> PollResult:
    """The last good state and its validators stay, except that a 304 nobody asked for costs us the validators."""
    failures = feed.failures + 1
    manners = equipment.manners
    rest_s = cadence.back_off_s(
        interval_s=feed.interval_s,
        failures=failures,
        kind=failure.kind,
        back_off_max_s=manners.back_off_max_s,
        give_up_max_s=manners.give_up_max_s,
        retry_after_s=failure.retry_after_s,
        jitter=equipment.jitter(),
    )
    next_at = now + timedelta(seconds=rest_s)
    feed = replace(
        feed, next_poll_at=next_at, failures=failures, last_outcome=Outcome.FAILED.value, last_reason=failure.reason
    )
    verdict = diagnosis.after_failure(feed, failure, now)
    feed = replace(feed, symptoms=verdict.symptoms)
    if failure.status == 304:
        feed = replace(feed, validators=Validators())
    if failure.kind is FailureKind.GONE:
        feed = replace(feed, stopped=f"410 Gone since {now:%Y-%m-%d}: the server says that this feed is gone for good")
    return PollResult(
        feed=feed,
        outcome=Outcome.FAILED,
        reason=failure.reason,
        status=failure.status,
        took_s=failure.took_s,
        retry_after_at=next_at if failure.kind is FailureKind.THROTTLED else None,
        verdict=verdict,
    )


def crashed(equipment: Equipment, feed: Feed, error: Exception) -> PollResult:
    """A poll that ended in a fault of our own: the feed backs off like after any other failure."""
    now = equipment.clock.now()
    failure = FetchFailed(kind=FailureKind.TEMPORARY, reason=masked(f"{feed.url}: {fault(error)}"))
    return _failed(equipment, _polled(feed, now), failure, now)


def _no_feed(feed: Feed, answer: Fetched, error: ParseError) -> FetchFailed:
    kind, reason = FailureKind.TEMPORARY, f"{masked(feed.poll_url)}: {error}"
    if feed.deaths >= QUARANTINE_DEATHS:  # it costs others their turn: seldom from now on, until it can be read again
        kind, reason = FailureKind.REFUSED, f"in quarantine, {feed.deaths} parsers lost in a row: {reason}"
    sign = diagnosis.sign_of(error)
    return FetchFailed(kind=kind, reason=reason[:300], status=answer.status, sign=sign, took_s=answer.took_s)


def _updated(
    equipment: Equipment,
    feed: Feed,
    answer: Fetched,
    page: Page,
    lease: Lease,
    now: datetime,
    *,
    in_full: bool,
    strip_weak_etags: bool | None,
) -> PollResult:
    leased, was_stopped = feed.host, feed.stopped
    verdict = diagnosis.after_success(feed, answer, page, now)
    taught = replace(with_rhythm(equipment, forwarding.followed(feed, now), page, now), symptoms=verdict.symptoms)
    polled = _with_page(equipment, taught, answer, page, now)

    def save(tx: Transaction) -> tuple[Feed, Filed]:
        tx.feeds.hold([leased], lease)
        filed = file_page(tx, polled, page, now, equipment.matching)
        seen = _under_new_names(equipment, polled, taught, answer, page, filed, now)
        reread_at = seen.reread_at or reread.next_at(equipment, seen, now)
        saved = _succeeded(equipment, seen, now, _outcome(filed), _remark(page), answer.fresh_s, reread_at=reread_at)
        if in_full:
            has_news = shows_news(feed, page, filed)
            saved = judged_honesty(saved, feed.validators, answer.validators, has_news=has_news, now=now)
        if saved.host != leased:
            tx.feeds.add_host(saved.host)
        note_proof(tx, feed, saved, now)
        tx.feeds.save(saved)
        if strip_weak_etags is not None:
            tx.feeds.strip_weak_etags(leased, strip=strip_weak_etags)
        if was_stopped:
            tx.feeds.stop(saved.id, "", was=was_stopped)
        _note_troubles(equipment, tx, saved, verdict)
        diagnosis.note_quarantine(equipment, tx, saved, filed, now)
        return saved, filed

    saved, filed = equipment.archive.write_together(save)
    return PollResult(
        feed=saved,
        outcome=_outcome(filed),
        reason=saved.last_reason,
        status=answer.status,
        size_bytes=len(answer.body),
        took_s=answer.took_s,
        filed=filed,
        skipped=page.parsed.skipped,
        held_back=page.parsed.held_back,
        verdict=verdict,
        noted=True,
    )


def _outcome(filed: Filed) -> Outcome:
    return Outcome.UPDATED if filed.new or filed.revised else Outcome.UNCHANGED


def _with_page(equipment: Equipment, feed: Feed, answer: Fetched, page: Page, now: datetime) -> Feed:
    """A page with something held back is asked for again in full, whatever the server says of its age."""
    whole = not page.parsed.held_back
    feed = replace(
        feed,
        validators=answer.validators if whole else Validators(),
        body_hash=page.body_hash if whole else "",
        title=page.parsed.title or feed.title,
    )
    if not whole and feed.first_polled_at is None and feed.last_success_at is None:
        return feed  # cut at the first try: what the whole page shows is no news, either
    after = window_after(feed, page, now, timezone=equipment.rules(feed).timezone)
    return after if whole else replace(after, covered_to=feed.covered_to)  # what was cut off may be the newest


def _under_new_names(
    equipment: Equipment, polled: Feed, before: Feed, answer: Fetched, page: Page, filed: Filed, now: datetime
) -> Feed:
    """Where the window shows known articles by new names it reaches known ground all the same."""
    if not filed.renamed:
        return polled
    return _with_page(equipment, renamed_ground(before, page.parsed.shown, filed.renamed), answer, page, now)


def _remark(page: Page) -> str:
    if page.parsed.held_back:
        return "the feed was cut off; its last entry is read again at the next poll"
    if not page.parsed.shown:
        return "the feed is valid, but has no entries: is its address right?"
    return (
        f"{len(page.parsed.skipped)} entries could not be read: {page.parsed.skipped[0]}"[:300]
        if page.parsed.skipped
        else ""
    )


def _is_silent(equipment: Equipment, feed: Feed) -> bool:
    """The first poll that brings entries files them without alerts: they are not news."""
    return feed.first_polled_at is None and not equipment.manners.alert_on_first_poll
