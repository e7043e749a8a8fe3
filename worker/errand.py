"""Exchanges that a person asked for: beside the worker's own, and as polite as those.

Owns taking turns at a host: for each exchange its lease is taken and given back, host_gap and Retry-After are waited
for, and feeds that are due go first. Must not know what is asked for, nor what becomes of it.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from worker.archive import Transaction
from worker.errors import HostAway
from worker.fetch import host_of
from worker.intake import Equipment
from worker.model import FailureKind, FetchFailed, FetchResult, Host, Lease, Validators

LOOK_AGAIN_S = 0.5
GIVE_WAY_S = 5.0  # a worker that is running claims what is due within one tick, which is two seconds by default
THROTTLED_S = 60.0  # 429 without a Retry-After
SAID_FROM_S = 5.0  # shorter waits are not worth a word

Tell = Callable[[str, datetime | None], None]


def _in_silence(_host: str, _until: datetime | None) -> None:
    """Nobody wants to know."""


class Errand:
    """One person's exchanges. patience_s: how long it waits for a host, None = as long as it takes; gives_way: whether
    feeds that are due there go first.

    tell(host, until): hears of each wait that is longer than a few seconds; until is None where another process holds
    the host, else the time until which the server wants to be left alone.
    """

    def __init__(
        self,
        equipment: Equipment,
        *,
        patience_s: float | None = None,
        tell: Tell = _in_silence,
        gives_way: bool = True,
    ) -> None:
        self._equipment = equipment
        self._patience_s = patience_s
        self._tell = tell
        self._gives_way = gives_way
        self._way_given: dict[str, tuple[datetime, datetime]] = {}  # by host: to what was due since when; seen first at

    def fetch(self, url: str) -> FetchResult:
        """GET in a turn of its own. A host that cannot be had in time is a failure like others. Raises: ArchiveError."""
        host = host_of(url)
        if not host:
            return self._equipment.fetcher.fetch(url)  # no address: it says so itself
        try:
            with self.turn(host) as lease:
                return self.ask(url, lease)
        except HostAway as error:
            return FetchFailed(kind=FailureKind.THROTTLED, reason=str(error))

    def ask(self, url: str, lease: Lease, validators: Validators | None = None) -> FetchResult:
        """GET inside a turn; a server that wants to be left alone is, by all processes. Raises: LeaseLost."""
        answer = self._equipment.fetcher.fetch(url, validators)
        if isinstance(answer, FetchFailed) and answer.kind is FailureKind.THROTTLED:
            rest_s = answer.retry_after_s if answer.retry_after_s is not None else THROTTLED_S
            until = self._equipment.clock.now() + timedelta(seconds=rest_s)
            with self._equipment.archive.write() as tx:
                tx.feeds.hold([host_of(url)], lease)
                tx.feeds.throttle(host_of(url), until)
        return answer

    @contextmanager
    def turn(self, host: str) -> Iterator[Lease]:
        """The host for one exchange and what is made of it. Raises: HostAway when that would take too long."""
        lease = self._leased(host)
        try:
            yield lease
        finally:
            free_at = self._equipment.clock.now() + timedelta(seconds=self._equipment.manners.host_gap_s)
            with self._equipment.archive.write() as tx:
                tx.feeds.release([host], lease, free_at=free_at)

    def _leased(self, host: str) -> Lease:
        equipment, said = self._equipment, False
        began_at = equipment.clock.now()
        while True:
            with equipment.archive.write() as tx:
                now = equipment.clock.now()
                tx.feeds.add_host(host)
                state = tx.feeds.host(host)
                until = _away_until(state, now)
                must_wait = until is not None or (self._gives_way and self._is_somebodys_turn(tx, host, now))
                lease = Lease(token=secrets.token_hex(16), until=now + timedelta(seconds=equipment.manners.lease_s))
                if not must_wait and tx.feeds.claim_host(host, now, lease):
                    return lease
            self._check_patience(state, until, now, began_at)
            if not said and _is_long(until, now, began_at):
                self._tell(host, state.retry_after_at if until is not None else None)
                said = True
            equipment.clock.wait((until - now).total_seconds() if until is not None else LOOK_AGAIN_S)

    def _is_somebodys_turn(self, tx: Transaction, host: str, now: datetime) -> bool:
        """Whether feeds are due here that go first, as far as somebody is there who polls them."""
        due_at = tx.feeds.due_at(host, now)
        if due_at is None:
            return False
        since, seen_at = self._way_given.get(host, (None, now))
        if since != due_at:
            seen_at = now
            self._way_given[host] = (due_at, now)
        return (now - seen_at).total_seconds() < GIVE_WAY_S

    def _check_patience(self, state: Host, until: datetime | None, now: datetime, began_at: datetime) -> None:
        if self._patience_s is None:
            return
        if ((until or now) - began_at).total_seconds() <= self._patience_s:
            return
        if until is None:
            raise HostAway(
                f"{state.name}: another process has been talking to this server for too long; try again later"
            )
        raise HostAway(f"{state.name}: it asked to be left alone until {until:%Y-%m-%d %H:%M:%S} UTC; try again then")


def _away_until(state: Host, now: datetime) -> datetime | None:
    """When the next exchange may begin; None = now."""
    ready_at = max((at for at in (state.free_at, state.retry_after_at) if at is not None), default=now)
    return ready_at if ready_at > now else None


def _is_long(until: datetime | None, now: datetime, began_at: datetime) -> bool:
    return ((until or now) - (now if until else began_at)).total_seconds() >= SAID_FROM_S
