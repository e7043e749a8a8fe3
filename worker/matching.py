"""The live matcher: it follows the subscriptions in the archive, so that a change works on the next article."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.archive import Archive
from worker.errors import QuerySyntaxError
from worker.match import Matcher
from worker.model import Match, Record, Subscription
from worker.query import Query, parse


@dataclass(frozen=True, slots=True)
class _Snapshot:
    version: int
    matcher: Matcher
    subscriptions: dict[int, Subscription]


class Matching:
    """Subscriptions compiled into a matcher. Threads may share it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = threading.Lock()
        self._now = _Snapshot(-1, Matcher({}), {})

    def refresh(self) -> None:
        """Look whether subscriptions changed; one short query when they did not. Raises: ArchiveError."""
        with self._lock:
            with self._archive.read() as tx:
                version = tx.subscriptions.version()
                if version == self._now.version:
                    return
                active = tx.subscriptions.active()
            queries = {one.id: query for one, canonical in active if (query := _query(one, canonical)) is not None}
            self._now = _Snapshot(version, Matcher(queries), {one.id: one for one, _ in active})
            self._store_anew({one.id: canonical for one, canonical in active}, queries)

    def _store_anew(self, stored: Mapping[int, str], queries: Mapping[int, Query]) -> None:
        """Keep what had to be parsed again, so that no other process, and no other start, has to."""
        anew = {number: form for number, query in queries.items() if (form := query.to_json()) != stored[number]}
        if anew:
            with self._archive.write() as tx:
                for number, canonical in anew.items():
                    tx.subscriptions.renew(number, canonical)

    def match(self, record: Record) -> list[tuple[Subscription, Match]]:
        """Which subscriptions want to hear of this record, and where it says so."""
        now = self._now
        return [(now.subscriptions[match.subscription_id], match) for match in now.matcher.match(record)]

    @property
    def subscriptions(self) -> Sequence[Subscription]:
        return list(self._now.subscriptions.values())


def _query(subscription: Subscription, canonical: str) -> Query | None:
    """The stored canonical form if this version made it, else the text parsed again."""
    stored = Query.from_json(subscription.query, canonical)
    if stored is not None:
        return stored
    try:
        return parse(subscription.query)
    except QuerySyntaxError:
        return None  # it was valid for another version; `subscriptions list` names it
