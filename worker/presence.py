"""Whether a site is all there while one of its articles is not: before that article counts as withdrawn.

A feed must have answered since it was first not found, none may show it any more, and another article that a feed shows
must be found: a site that renames or hides all its pages has withdrawn none of them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from worker import identity
from worker.fields import short_hash
from worker.intake import Equipment
from worker.model import Feed, FetchFailed, Lease, Record


class Exchanges(Protocol):
    """The rhythm of exchanges with one host, whose lease is held."""

    lease: Lease

    def next(self) -> Lease:
        """Wait until the next exchange may begin. Raises: LeaseLost, ArchiveError."""


_LOOK_AT = 50  # of the newest articles: a feed shows ten


class Presence:
    """What is known of sources within one turn of a host; asked when it is first needed."""

    def __init__(self, equipment: Equipment, answered: Sequence[Feed] = ()) -> None:
        """answered: feeds that were polled in this turn, with good outcome; what they say may not be saved yet."""
        self._equipment = equipment
        self._answered = {feed.id: feed for feed in answered}
        self._feeds: dict[str, list[Feed]] = {}
        self._probed: dict[str, str] = {}

    def is_shown(self, record: Record) -> bool:
        """Whether a feed that answers shows the article now."""
        link = self._link(record.url_key)
        healthy = (feed for feed in self._feeds_of(record.source) if not feed.failures)
        return any(link == shown.link for feed in healthy for shown in feed.window)

    def why_not_gone(self, record: Record, since: datetime, exchanges: Exchanges) -> str:
        """Why the article must not count as withdrawn though it was not found twice, "" if it may."""
        if self.is_shown(record):
            return "a feed still shows it"
        feeds = self._feeds_of(record.source)
        if not any(feed.last_success_at and feed.last_success_at > since for feed in feeds):
            return "no feed of its source answered since"
        if record.source not in self._probed:
            self._probed[record.source] = self._probe(record, exchanges)
        return self._probed[record.source]

    def _probe(self, record: Record, exchanges: Exchanges) -> str:
        """Ask for another article, the newest that a feed shows, at the same host."""
        windows = {one.link for feed in self._feeds_of(record.source) for one in feed.window}
        with self._equipment.archive.read() as tx:
            latest = tx.records.latest(record.source, limit=_LOOK_AT)
        host = identity.url_key(record.url).split("/")[2:3]
        shown = (
            url
            for url, key in latest
            if key != record.url_key and self._link(key) in windows and identity.url_key(url).split("/")[2:3] == host
        )
        url = next(shown, "")
        if not url:
            return ""
        exchanges.next()
        answer = self._equipment.fetcher.fetch(url)
        return f"{url}, which a feed shows, is not found either" if isinstance(answer, FetchFailed) else ""

    def _feeds_of(self, source: str) -> list[Feed]:
        if source not in self._feeds:
            with self._equipment.archive.read() as tx:
                known = tx.feeds.of_source(source)
            self._feeds[source] = [self._answered.get(feed.id, feed) for feed in known]
        return self._feeds[source]

    def _link(self, url_key: str) -> str:
        """As `model.Shown` names it."""
        return short_hash(url_key.encode("utf-8", "replace"))
