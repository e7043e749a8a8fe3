"""The rhythm of exchanges with one host while it is leased: host_gap between them, and a lease that outlasts the next one.

Must not know what is asked, nor who leased the host.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from worker.errors import LeaseLost
from worker.intake import Equipment
from worker.model import Lease

EXCHANGE_S = 30.0  # an exchange and what is made of it take no longer: the web's deadline, the parser's, the write's
_SHARE = 2 / 3  # of a lease that is longer, because servers are given more time


class Ending(LeaseLost):
    """This process ends before the host may be asked again: what is due there stays due."""


class Exchanges:
    """Those of one turn. stopping: whether the process is to end, which cuts its waits short."""

    def __init__(
        self, equipment: Equipment, host: str, lease: Lease, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._equipment = equipment
        self._host = host
        self._stopping = stopping
        self._first = True
        self.lease = lease

    def next(self) -> Lease:
        """Wait until the next exchange may begin. Raises: LeaseLost, ArchiveError."""
        if not self._first:
            self._equipment.clock.wait(self._equipment.manners.host_gap_s)
            if self._stopping():  # then the wait was cut short, and the host must not pay for it
                raise Ending(f"this process ends; {self._host} is left alone")
        self._first = False
        now = self._equipment.clock.now()
        lease_s = self._equipment.manners.lease_s
        if not max(EXCHANGE_S, _SHARE * lease_s) <= (self.lease.until - now).total_seconds() <= lease_s:
            self.lease = replace(self.lease, until=now + timedelta(seconds=lease_s))
            with self._equipment.archive.write() as tx:
                tx.feeds.renew([self._host], self.lease)
        return self.lease
