"""A look at the archive for a monitor: the numbers of now, or of some seconds ago, or in good time that there are none.

Owns how long one look lasts, how old a number may be, and that one look at a time is under way: a database that hangs
holds up one thread, and no answer. Must not know what numbers are called, nor who asks.
"""

import statistics
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from worker import logs, pulse
from worker.archive import Archive, Transaction, look_at_archive
from worker.errors import ArchiveError, SchemaMismatch
from worker.model import Figures

PATIENCE_S = 3.0  # whoever asks has ten seconds
KEEP_S = 5.0
KEEP_MOST_S = 60.0
_SHARE = 20  # a look may take a twentieth of the time: what takes long is done less often
_LATELY = timedelta(days=1)
_RECOUNT_S = 600.0  # meanwhile only what was filed since is counted: removals are rare


class Glance:
    """Numbers of one archive, for any number of threads.

    time_in: which time it is by that archive; files: whether record files are kept; patience_s: how long one who asks
    waits; keep_s: how long a look is told at least, 0 = each who asks has a new one.
    """

    def __init__(
        self,
        database: str,
        time_in: Callable[[Transaction], datetime],
        *,
        files: bool = True,
        patience_s: float = PATIENCE_S,
        keep_s: float = KEEP_S,
    ) -> None:
        self._database = database
        self._files = files
        self._time_in = time_in
        self._patience_s = patience_s
        self._keep_s = keep_s
        self._archive: Archive | None = None
        self._records = _Records()
        self._changed = threading.Condition()
        self._is_looking = False
        self._seen: Figures | None = None  # of the last look, None = it failed
        self._good_until_s = float("-inf")
        self._is_away = False
        self.failures = 0  # looks that came to nothing, and that were not over in time

    def figures(self) -> Figures | None:
        """None: the archive cannot be read, or not in time."""
        with self._changed:
            if time.monotonic() < self._good_until_s:
                return self._seen
            if not self._is_looking:
                self._is_looking = True
                threading.Thread(target=self._look, name="glance", daemon=True).start()
            if not self._changed.wait_for(lambda: not self._is_looking, self._patience_s):
                self.failures += 1
                return None
            return self._seen

    def close(self) -> None:
        """Let go of the archive. A look that is under way is not waited for."""
        if self._archive is not None:
            self._archive.close()

    def _look(self) -> None:
        seen, began_s = None, time.monotonic()
        try:
            seen = self._read()
            self._is_away = False
        except ArchiveError as error:
            self._say(str(error))
        finally:
            with self._changed:
                self._seen = seen
                self._good_until_s = time.monotonic() + self._lasts_s(seen, time.monotonic() - began_s)
                self._is_looking = False
                self.failures += seen is None
                self._changed.notify_all()

    def _lasts_s(self, seen: Figures | None, took_s: float) -> float:
        """For how long it is told; that the archive is back is seen soon."""
        if seen is None or not self._keep_s:
            return self._keep_s
        return min(max(self._keep_s, _SHARE * took_s), KEEP_MOST_S)

    def _say(self, reason: str) -> None:
        """Once, not at each look."""
        if not self._is_away:
            logs.line("metrics", f"the archive cannot be read for metrics: {reason}", level="warning")
        self._is_away = True

    def _read(self) -> Figures:
        if self._archive is None:
            self._archive = look_at_archive(self._database, busy_timeout_s=self._patience_s)
        with self._archive.read() as tx:
            if not tx.schema():
                raise SchemaMismatch("the archive is empty: run `feedwacht db upgrade`")
            now = self._time_in(tx)
            counted = tx.figures
            felt = pulse.feel(tx, now)
            lags_s = tx.records.lags_s(since=now - _LATELY)
            return Figures(
                at=now,
                schema_version=tx.schema(),
                size_bytes=counted.size_bytes(),
                records=self._records.count(counted.records_after),
                feeds=counted.feeds_by_state(),
                feeds_due=counted.feeds_due(now),
                feeds_catching_up=counted.feeds_catching_up(),
                feed_waits_s=felt.feed_waits_s,
                article_lag_s=statistics.median(lags_s) if lags_s else None,
                gaps=counted.open_gaps(),
                troubles=counted.open_troubles(),
                deliveries=counted.deliveries_by_state(),
                delivery_waits_s=felt.delivery_waits_s,
                notices=counted.notices_by_state(),
                channels=tuple(tx.channels.all()),
                subscriptions=counted.subscriptions_by_state(),
                files_due=tx.records.count_files_due() if self._files else 0,
                unindexed=counted.unindexed(),
                colleagues=felt.workers,
                swept_at=felt.swept_at,
                canary=tx.canary.state(),
            )


class _Records:
    """How many there are: all of them counted once in a while, in between those that came since."""

    def __init__(self) -> None:
        self._number = 0
        self._last_id = 0
        self._counted_s = float("-inf")

    def count(self, after: Callable[[int], tuple[int, int]]) -> int:
        """after: see `FigureCounts.records_after`."""
        if time.monotonic() - self._counted_s > _RECOUNT_S:
            self._number, self._last_id, self._counted_s = 0, 0, time.monotonic()
        more, self._last_id = after(self._last_id)
        self._number += more
        return self._number
