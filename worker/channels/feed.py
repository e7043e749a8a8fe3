"""Alerts as files for feed readers: an Atom and a JSON Feed for each subscription.

Owns when and where the files are written. They are made anew out of what the subscription was told, each time something
is told: a lost file comes back, and a crash leaves the old one or the new one. Reading a history and writing it are one
step over all processes, or an older one could take back what a newer one told. Must not know the archive: whoever wires
the channel hands it a way to read histories.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from worker.alertfeed import AlertFeed, FeedEntry, stem, to_atom, to_json
from worker.model import AlertHistory, Message, Notice, Outgoing, SendOutcome, SendResult, Told
from worker.render import render
from worker.wholefile import locked, write_file
from worker.wording import Wording

ENDINGS = ("atom", "json")
_FOLLOW_UPS_MOST = 5  # shown with an article
_LOCK = ".lock"
_NOT_FOR_FEEDS = SendOutcome(result=SendResult.NEVER, detail="a feed takes only a subscription's alerts")

Stamp = tuple[int, ...]  # by which files that somebody lost or changed are recognised


class Histories(Protocol):
    """What subscriptions were told. most: articles; None = the delivery is not a subscription's."""

    def history(self, delivery_id: str, most: int) -> AlertHistory | None: ...


@dataclass(slots=True)
class FeedChannel:
    """Keeps the files of every subscription that uses it.

    entries: the most in a feed; address: where the folder is served, "" = nowhere.
    Many alerts at once cost one writing, which covers all that wait; what is lost or changed since is written again.
    Raises: ValueError for an unknown language.
    """

    name: str
    folder: Path
    histories: Histories = field(repr=False)
    entries: int = 100
    address: str = ""
    language: str = "de"
    _covered: dict[str, str] = field(default_factory=dict, init=False, repr=False)  # subscription by delivery
    _stamps: dict[str, Stamp] = field(default_factory=dict, init=False, repr=False)  # by subscription

    def __post_init__(self) -> None:
        Wording(self.language)

    def send(self, delivery: Outgoing, message: Message, now: datetime) -> SendOutcome:  # noqa: ARG002 - the protocol's
        """Write the files unless they hold this alert already."""
        if isinstance(delivery, Notice):
            return _NOT_FOR_FEEDS
        try:
            with self.alone():
                return self._sent(delivery)
        except OSError as error:
            detail = f"{error.filename or self.folder}: {error.strerror or type(error).__name__}"
            return SendOutcome(result=SendResult.RETRY, detail=detail)

    def alone(self) -> AbstractContextManager[None]:
        """Where a history is read that is then written. Raises: OSError."""
        return locked(self.folder / _LOCK)

    def _sent(self, delivery: Outgoing) -> SendOutcome:
        subscription = self._covered.pop(delivery.id, None)
        if subscription is not None and self._stamp(subscription) == self._stamps[subscription]:
            detail = f"stands already in {self.path(subscription, 'json')}"
            return SendOutcome(result=SendResult.SENT, detail=detail)
        history = self.histories.history(delivery.id, self.entries)
        if history is None:
            return _NOT_FOR_FEEDS
        self.write(history)
        self._remember(history)
        detail = f"written into {self.path(history.subscription, 'json')}"
        return SendOutcome(result=SendResult.SENT, detail=detail)

    def _remember(self, history: AlertHistory) -> None:
        others = {id_: name for id_, name in self._covered.items() if name != history.subscription}
        self._covered = others | dict.fromkeys(history.covers, history.subscription)
        self._stamps[history.subscription] = self._stamp(history.subscription)

    def write(self, history: AlertHistory) -> None:
        """Write both files, each whole or not at all; inside `alone`. Raises: OSError."""
        feed = AlertFeed(
            subscription=history.subscription,
            query=history.query,
            entries=[self._entry(told) for told in history.told],
            updated_at=history.updated_at,
            address=self.address,
            language=self.language,
        )
        for ending, written in zip(ENDINGS, (to_atom(feed), to_json(feed)), strict=True):
            write_file(self.path(history.subscription, ending), written)

    def path(self, subscription: str, ending: str) -> Path:
        return self.folder / f"{stem(subscription)}.{ending}"

    def _entry(self, told: Told) -> FeedEntry:
        """What an alert says must not depend on when it is written."""
        newest_first = [*reversed(told.follow_ups[-_FOLLOW_UPS_MOST:]), told.alert]
        said = [render(alert, now=alert.created_at, language=self.language) for alert in newest_first]
        return FeedEntry(
            alert=told.alert,
            paragraphs=tuple(paragraph for message in said for paragraph in message.paragraphs),
            updated_at=told.updated_at,
        )

    def _stamp(self, subscription: str) -> Stamp:
        """() = a file is missing."""
        try:
            found = [self.path(subscription, ending).stat() for ending in ENDINGS]
        except OSError:
            return ()
        return tuple(number for one in found for number in (one.st_ino, one.st_size, one.st_mtime_ns))
