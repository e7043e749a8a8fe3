"""The live matcher: it follows the subscriptions in the archive, so that a change works on the next article.

Of what changed since it last looked it applies each change alone; queries come in the form in which they are stored and
are parsed only when another analyser made that form. Must not know how a query is written.
"""

import threading
from collections.abc import Iterable
from contextlib import suppress

from worker import logs
from worker.archive import Archive, Changes, Stored
from worker.errors import ArchiveBusy, QuerySyntaxError
from worker.match import Matcher
from worker.model import CANARY, CANARY_ORIGIN, Match, Record, Subscription
from worker.query import Query, parse


class Matching:
    """Subscriptions compiled into a matcher. Threads may share it: one refreshes at a time, and one matches."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._refreshing = threading.Lock()
        self._in_use = threading.Lock()
        self._version = -1
        self._matcher = Matcher({})
        self._subscriptions: dict[int, Subscription] = {}

    def refresh(self) -> None:
        """Look whether subscriptions changed; one short query when they did not. Raises: ArchiveError."""
        with self._refreshing:
            with self._archive.read() as tx:
                if tx.subscriptions.version() == self._version:
                    return
                changes = tx.subscriptions.changes(self._version)
            queries = _Queries(changes.active)
            self._apply(changes, queries)
            if queries.fresh:
                self._keep(queries.fresh)

    def _apply(self, changes: Changes, queries: "_Queries") -> None:
        subscriptions = {one.id: one for one, _ in queries.read}
        if changes.everything:
            matcher = Matcher({one.id: query for one, query in queries.read})
            with self._in_use:
                self._matcher, self._subscriptions = matcher, subscriptions
        else:
            with self._in_use:
                for number in (*changes.gone, *queries.unreadable):
                    self._matcher.remove(number)
                    self._subscriptions.pop(number, None)
                for one, query in queries.read:
                    self._matcher.add(one.id, query)
                self._subscriptions |= subscriptions
        self._version = changes.version

    def _keep(self, fresh: Iterable[tuple[Subscription, str]]) -> None:
        """So that no other start has to parse them; if the archive is busy, the next one does it."""
        with suppress(ArchiveBusy), self._archive.write() as tx:
            tx.subscriptions.read_again(fresh)

    def match(self, record: Record) -> list[tuple[Subscription, Match]]:
        """Which subscriptions want to hear of this record, and where it says so.

        The canary's article is for its own subscription, and that one hears of no other.
        """
        is_canary = record.source == CANARY
        with self._in_use:
            found = [(self._subscriptions[match.subscription_id], match) for match in self._matcher.match(record)]
        return [(one, match) for one, match in found if (one.origin == CANARY_ORIGIN) == is_canary]


class _Queries:
    """Stored queries, read. fresh: canonical forms made anew; unreadable: ids of those that are valid no longer."""

    def __init__(self, stored: Iterable[Stored]) -> None:
        self.read: list[tuple[Subscription, Query]] = []
        self.fresh: list[tuple[Subscription, str]] = []
        self.unreadable: list[int] = []
        for one in stored:
            self._take(one.subscription, one.canonical)

    def _take(self, one: Subscription, canonical: str) -> None:
        query = Query.from_json(one.query, canonical)
        try:
            if query is None:
                query = parse(one.query)
                self.fresh.append((one, query.to_json()))
        except QuerySyntaxError as error:
            self.unreadable.append(one.id)
            sentence = f"subscription {one.name} is skipped: {error} at position {error.position} of: {one.query}"
            logs.line("subscription", sentence, level="warning", subscription=one.id)
        else:
            self.read.append((one, query))
