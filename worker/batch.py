"""Working off what is due: hosts are leased in a batch, their feeds polled one after the other, hosts side by side.

claim -> for each host: poll its feeds, then read older pages -> note what brought nothing new, in bulk -> release

Hosts that hang hold up nobody: their leases are renewed, and whoever is idle meanwhile claims what has come due.
"""

import queue
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from worker import canary, diagnosis, logs
from worker.archive.feeds import SUSPICIOUS
from worker.catchup import CatchUpResult, pause_after_fault, read_older_page
from worker.counting import count, count_error, count_owed
from worker.crew import Crew
from worker.errors import ArchiveBusy, ArchiveError, ArchiveUnreachable, ArchiveUnwritable, LeaseLost, SchemaMismatch
from worker.exchanges import Ending, Exchanges
from worker.intake import Equipment, Filed
from worker.model import CANARY_ORIGIN, Feed, Host, HostWork, Lease, Visit
from worker.modified import AHEAD, MOST_AT_ONCE, ask_rest
from worker.poll import Outcome, PollResult, crashed, note, poll_feed
from worker.presence import Presence
from worker.reread import RereadResult, read_again
from worker.reread import pause_after_fault as pause_reread
from worker.steplog import log_page, log_poll, log_reread, logged
from worker.visits import VisitResult, look, owe_overdue, still_shown
from worker.visits import crashed as visit_crashed

UNFILED_REST_S = 30.0  # a host whose answer could not be written down is not asked again at once, and again
WAKE_S = 0.5  # how long nobody may be done before we look for more work
OLDER_PAGES_A_TURN = 10  # then the host is given back, so that its other feeds get their turn

VISITS_A_TURN = 10  # likewise: articles

Step = PollResult | CatchUpResult | RereadResult


@dataclass(slots=True)
class Batch:
    """What a batch came to. some_wait: hosts were leased apart from others, which may be due as well."""

    polls: list[PollResult] = field(default_factory=list)
    pages: list[CatchUpResult] = field(default_factory=list)
    again: list[RereadResult] = field(default_factory=list)
    visits: list[VisitResult] = field(default_factory=list)
    hosts: int = 0
    some_wait: bool = False
    alerts: int = 0  # that are owed for it

    @property
    def filed_something(self) -> bool:
        changed = any(visit.did not in ("unchanged", "missing", "failed") for visit in self.visits)
        steps: list[Step] = [*self.polls, *self.pages, *self.again]
        return changed or any(step.filed.new or step.filed.revised for step in steps)


@dataclass(slots=True)
class _Claim:
    """Hosts that were leased together, until they are given back."""

    lease: Lease
    hosts: set[str]


@dataclass(frozen=True, slots=True)
class _Turn:
    """One host's turn."""

    claim: _Claim
    work: HostWork


Done = queue.SimpleQueue[tuple[_Claim, Step | VisitResult]]


def poll_due(
    equipment: Equipment,
    *,
    hosts: int = 100,
    stopping: Callable[[], bool] = lambda: False,
    owing: Callable[[], None] = lambda: None,
) -> Batch:
    """Claim up to `hosts` hosts with feeds due and poll them; while some of them hang, also what comes due meanwhile.

    owing: hears that alerts are owed, as soon as they are: they do not wait for the slowest host.
    Raises: ArchiveError; SchemaMismatch before anything was claimed: what is under way is finished by the code that began it.
    """
    equipment.matching.refresh()
    batch, done, claims = Batch(), Done(), list[_Claim]()
    batch.alerts = told = owe_overdue(equipment)
    count_owed(equipment.tally, batch.alerts)
    if batch.alerts:
        owing()

    def work(turn: _Turn) -> None:
        _work_off(equipment, turn.work, turn.claim.lease, lambda step: done.put((turn.claim, step)), stopping)

    with Crew(work, equipment.threads) as crew:
        crew.add(_claimed(equipment, batch, claims, hosts))
        may_claim = True
        while crew.busy:
            finished = crew.finished(WAKE_S)
            _take_stock(equipment, batch, done, finished)
            if batch.alerts > told:
                told = batch.alerts
                owing()
            claims = [claim for claim in claims if claim.hosts]
            for claim in claims:
                _keep(equipment, claim)
            if may_claim and not finished and crew.has_free_hands and not stopping():
                try:
                    crew.add(_claimed(equipment, batch, claims, hosts))
                except SchemaMismatch:
                    may_claim = False
    return batch


def new_lease(equipment: Equipment) -> Lease:
    """From now on. To be made within the write that it is for: who waits for the database must not lose it meanwhile."""
    until = equipment.clock.now() + timedelta(seconds=equipment.manners.lease_s)
    return Lease(token=secrets.token_hex(16), until=until)


def _claimed(equipment: Equipment, batch: Batch, claims: list[_Claim], hosts: int) -> list[_Turn]:
    """The turns of hosts that are leased from now on. Each claim has a token of its own: it is what fences late writes."""
    with equipment.archive.write() as tx:
        lease = new_lease(equipment)
        found = tx.feeds.claim(equipment.clock.now(), lease, limit=hosts)
    claim = _Claim(lease, {work.host.name for work in found})
    claims.append(claim)
    suspects = [work.host for work in found if work.host.abandoned >= SUSPICIOUS]
    for host in suspects:
        kept = f"{host.abandoned} workers in a row did not give {host.name} back"
        why = "see what ended them, or kept them from writing the archive"
        logs.line("poll", f"{kept}: {why}", level="error", host=host.name)
    batch.hosts += len(found)
    batch.some_wait |= bool(suspects)
    return [_Turn(claim, work) for work in found]


def _keep(equipment: Equipment, claim: _Claim) -> None:
    """Renew a lease well before it ends: the queue before a host's turn, or before the parser, may be long."""
    now, lease_s = equipment.clock.now(), equipment.manners.lease_s
    if lease_s / 2 < (claim.lease.until - now).total_seconds() <= lease_s:  # it is longer when the clock was set back
        return
    claim.lease = replace(claim.lease, until=now + timedelta(seconds=lease_s))
    try:
        with equipment.archive.write() as tx:
            tx.feeds.renew(sorted(claim.hosts), claim.lease)
    except LeaseLost:
        for host in sorted(claim.hosts):
            with suppress(LeaseLost), equipment.archive.write() as tx:  # then its poll is dropped when it is written
                tx.feeds.renew([host], claim.lease)


def _take_stock(
    equipment: Equipment, batch: Batch, done: Done, finished: Sequence[tuple[_Turn, BaseException | None]]
) -> None:
    """Save what came in meanwhile, all unchanged polls in one transaction, and give finished hosts back."""
    steps = [done.get() for _ in range(done.qsize())]
    for _, step in steps:
        count(equipment.tally, step)
    batch.pages += [step for _, step in steps if isinstance(step, CatchUpResult)]
    batch.again += [step for _, step in steps if isinstance(step, RereadResult)]
    batch.visits += [step for _, step in steps if isinstance(step, VisitResult)]
    polls = [(claim, step) for claim, step in steps if isinstance(step, PollResult)]
    batch.polls += [poll for _, poll in polls]
    batch.alerts += sum(step.alerts if isinstance(step, VisitResult) else step.filed.alerts for _, step in steps)
    for claim in _distinct(claim for claim, _ in polls):
        _note_each_host(equipment, [poll for one, poll in polls if one is claim], claim.lease)
    for claim in _distinct(turn.claim for turn, _ in finished):
        mine = {turn.work.host.name: error for turn, error in finished if turn.claim is claim}
        dropped = [host for host, error in mine.items() if isinstance(error, ArchiveError)]
        _release(equipment, [host for host in mine if host not in dropped], claim.lease)
        _release(equipment, dropped, claim.lease, rest_s=UNFILED_REST_S)
        claim.hosts.difference_update(mine)
    for error in (error for _, error in finished if error is not None and not isinstance(error, ArchiveError)):
        raise error  # it has no place in a poll


def _distinct(claims: Iterable[_Claim]) -> list[_Claim]:
    return list({id(claim): claim for claim in claims}.values())


def _note_each_host(equipment: Equipment, polls: Sequence[PollResult], lease: Lease) -> None:
    """All in one transaction; if one host's lease was lost, host by host, so that it costs only its own polls."""
    try:
        note(equipment, polls, lease)
    except LeaseLost:
        for host in {poll.feed.host for poll in polls}:
            try:
                note(equipment, [poll for poll in polls if poll.feed.host == host], lease)
            except LeaseLost as error:
                count_error(equipment.tally, error)
                logs.line("poll", f"poll dropped: {error}", level="warning", host=host)


def _work_off(
    equipment: Equipment,
    work: HostWork,
    lease: Lease,
    put: Callable[[Step | VisitResult], None],
    stopping: Callable[[], bool],
) -> None:
    """All that is due at one host, one exchange after the other."""
    exchanges, found_new = Exchanges(equipment, work.host.name, lease, stopping), work.visits
    answered: list[Feed] = []
    try:
        for feed in work.feeds:
            if feed.origin == CANARY_ORIGIN:
                canary.fly(equipment, feed, exchanges.next())
                continue
            for step in _steps(equipment, feed, work.host, exchanges, most=OLDER_PAGES_A_TURN):
                put(step)
                if stopping() or step.retry_after_at is not None:
                    return
                found_new |= step.filed != Filed()
                answered += [step.feed] if not step.reason or step.filed != Filed() else []
        for visited in visited_of(equipment, work.host, exchanges, answered) if found_new else ():
            put(visited)
            if stopping() or visited.retry_after_at is not None:
                return
    except Ending:
        return
    except ArchiveError as error:
        count_error(equipment.tally, error)
        logs.line("poll", f"poll dropped: {error}", level="warning", host=work.host.name)
        raise


def _steps(
    equipment: Equipment, feed: Feed, host: Host, exchanges: Exchanges, *, most: int, now_or_never: bool = False
) -> Iterator[Step]:
    """A feed's poll, if it is due, then its older pages, if there is a gap to close, then its last days again."""
    ids = {"feed": feed.id, "poll": secrets.token_hex(4)}  # on each line that is written meanwhile, whoever writes it
    if now_or_never or feed.next_poll_at <= equipment.clock.now():
        exchanges.next()
        with logs.bind(**ids):
            result = _polled(equipment, feed, host, exchanges)
            log_poll(result)
            for trouble in diagnosis.troubles_of(result.feed, result.verdict):
                diagnosis.log(equipment, trouble)
        yield result
        feed = result.feed
    for _ in range(most):
        if feed.host != host.name or not _is_due(feed.catch_up_at, equipment):
            break
        lease = exchanges.next()
        with logs.bind(**ids):
            page = _older_page(equipment, feed, lease)
            log_page(page)
        yield page
        feed = page.feed
    for _ in range(most):
        if feed.host != host.name or not _is_due(feed.reread_at, equipment):
            return
        lease = exchanges.next()
        with logs.bind(**ids):
            again = _read_again(equipment, feed, lease)
            log_reread(again)
        yield again
        feed = again.feed


def _is_due(at: datetime | None, equipment: Equipment) -> bool:
    return at is not None and at <= equipment.clock.now()


def _polled(equipment: Equipment, feed: Feed, host: Host, exchanges: Exchanges) -> PollResult:
    """One poll; a fault of our own is that feed's failure, with back-off, and nobody else's."""
    try:
        return poll_feed(equipment, feed, host, exchanges)
    except (LeaseLost, ArchiveBusy, ArchiveUnreachable, ArchiveUnwritable):
        raise
    except Exception as error:  # noqa: BLE001 - the outermost edge of a poll: else the feed would be asked again at every tick
        return crashed(equipment, feed, error)


def _older_page(equipment: Equipment, feed: Feed, lease: Lease) -> CatchUpResult:
    """One older page; a fault of our own pauses that feed's catching up, and nothing else."""
    try:
        return read_older_page(equipment, feed, lease)
    except (LeaseLost, ArchiveBusy, ArchiveUnreachable, ArchiveUnwritable):
        raise
    except Exception as error:  # noqa: BLE001 - the outermost edge of a page: else it would be asked for at every tick
        return pause_after_fault(equipment, feed, lease, error)


def _read_again(equipment: Equipment, feed: Feed, lease: Lease) -> RereadResult:
    """One page read again; a fault of our own pauses that, and nothing else."""
    try:
        return read_again(equipment, feed, lease)
    except (LeaseLost, ArchiveBusy, ArchiveUnreachable, ArchiveUnwritable):
        raise
    except Exception as error:  # noqa: BLE001 - the outermost edge of a page: else it would be asked for at every tick
        return pause_reread(equipment, feed, lease, error)


# -- articles ---------------------------------------------------------------------------------------------------------


def visited_of(
    equipment: Equipment, host: Host, exchanges: Exchanges, answered: Sequence[Feed] = ()
) -> Iterator[VisitResult]:
    """The visits that are due at a host: what REST knows by one question, the others one after the other.

    answered: its feeds that were polled in this turn with a good outcome.
    """
    now, presence = equipment.clock.now(), Presence(equipment, answered)
    with equipment.archive.read() as tx:
        due = tx.visits.due(host.name, now, limit=VISITS_A_TURN)
        soon = tx.visits.due(host.name, now + AHEAD, limit=MOST_AT_ONCE) if any(map(_is_check, due)) else []
    settled: set[int] = set()
    for visit in due:
        if shown := still_shown(equipment, visit, presence, exchanges):
            settled.add(visit.filed.id)
            yield logged(shown)
    checks = [visit for visit in soon if _is_check(visit) and visit.filed.id not in settled]
    if all(visit.filed.id in settled for visit in due if _is_check(visit)):
        checks = []
    for source in dict.fromkeys(visit.filed.record.source for visit in checks):
        of_source = [visit for visit in checks if visit.filed.record.source == source]
        for result in ask_rest(equipment, of_source, exchanges):
            settled.add(result.visit.filed.id)
            yield logged(result)
    for visit in due:
        if visit.filed.id not in settled:
            exchanges.next()
            yield logged(_visited(equipment, visit, presence, exchanges))


def _is_check(visit: Visit) -> bool:
    return visit.reason == "check" and not visit.filed.record.excerpt


def _visited(equipment: Equipment, visit: Visit, presence: Presence, exchanges: Exchanges) -> VisitResult:
    """One visit; a fault of our own puts that visit off, and nothing else."""
    try:
        with logs.bind(record=visit.filed.key):
            return look(equipment, visit, presence, exchanges)
    except (LeaseLost, ArchiveBusy, ArchiveUnreachable, ArchiveUnwritable):
        raise
    except Exception as error:  # noqa: BLE001 - the outermost edge of a visit: else it would be made again at every tick
        return visit_crashed(equipment, visit, exchanges, error)


# -- on demand --------------------------------------------------------------------------------------------------------


def poll_named(equipment: Equipment, feeds: Sequence[Feed], *, catch_up: bool = True) -> Iterator[Step]:
    """Poll these feeds now, due or not, one after the other; never before a Retry-After has passed.

    A feed whose host another process holds is `busy`. catch_up: read older pages to the end. Raises: ArchiveError.
    """
    equipment.matching.refresh()
    for feed in feeds:
        with equipment.archive.write() as tx:
            lease = new_lease(equipment)
            host = tx.feeds.claim_host(feed.host, equipment.clock.now(), lease)
        if host is None:
            yield PollResult(
                feed=feed, outcome=Outcome.BUSY, reason=f"another process is polling {feed.host}", noted=True
            )
            continue
        try:
            yield from _poll_one(equipment, feed, host, lease, catch_up=catch_up)
        finally:
            _release(equipment, [feed.host], lease)


def _poll_one(equipment: Equipment, feed: Feed, host: Host, lease: Lease, *, catch_up: bool) -> Iterator[Step]:
    now = equipment.clock.now()
    if host.retry_after_at is not None and host.retry_after_at > now:
        reason = f"{host.name} asked to be left alone"
        yield PollResult(
            feed=feed, outcome=Outcome.FAILED, reason=reason, retry_after_at=host.retry_after_at, noted=True
        )
        return
    if host.free_at is not None and host.free_at > now:
        equipment.clock.wait((host.free_at - now).total_seconds())
    exchanges = Exchanges(equipment, host.name, lease)
    most = equipment.manners.catch_up_pages if catch_up else 0
    for step in _steps(equipment, feed, host, exchanges, most=most, now_or_never=True):
        if isinstance(step, PollResult):
            note(equipment, [step], exchanges.lease)
        yield step
    for visited in visited_of(equipment, host, exchanges):
        if visited.retry_after_at is not None:
            return


def _release(equipment: Equipment, hosts: Sequence[str], lease: Lease, *, rest_s: float = 0.0) -> None:
    if not hosts:
        return
    free_at = equipment.clock.now() + timedelta(seconds=max(equipment.manners.host_gap_s, rest_s))
    equipment.archive.write_together(lambda tx: tx.feeds.release(hosts, lease, free_at=free_at))
