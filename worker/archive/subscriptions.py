"""Subscriptions: who wants to be told of what.

Each change moves a version counter that workers look at, and leaves a row under that number: the workers' change log
and the people's history in one. The counter's row is locked until the commit, so that numbers come in the order of
commits and none is ever seen late.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Text, cast, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from worker import timetable
from worker.archive.schema import alerts, deliveries, subscription_changes, subscriptions, versions
from worker.errors import Conflict
from worker.model import (
    CANARY_ORIGIN,
    RESERVED,
    ChangeKind,
    DeliveryState,
    FieldChange,
    HeldFor,
    Subscription,
    SubscriptionChange,
)

_MOST_CHANGES = 500  # to apply one by one; for more, everything is loaded anew
_TIMES = frozenset({"digest", "quiet", "timezone", "max_alerts_per_hour"})
_BEATS = frozenset({"heartbeat", "timezone", "paused"})
_DERIVED = ("canonical", "removed_at")  # follow from the change itself: no news to people


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A subscription as it is kept. canonical: its query in canonical form, see `query.Query`."""

    subscription: Subscription
    canonical: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What leads from one version to another.

    active: those that alert, of the ones that changed; gone: those that do not any more.
    everything: the log does not reach back so far, `active` holds all there are.
    """

    version: int
    active: tuple[Stored, ...]
    gone: frozenset[int] = frozenset()
    everything: bool = False


class Subscriptions:
    """The subscriptions of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- reading ----------------------------------------------------------------------------------------------------

    def version(self) -> int:
        """Moves at each change; equal numbers mean equal subscriptions."""
        row = self._connection.execute(select(versions.c.value).where(versions.c.name == "subscriptions"))
        return row.scalar_one_or_none() or 0

    def all(self) -> list[Subscription]:
        """All that were not removed, paused ones too, by name."""
        query = _SUBSCRIPTION.order_by(subscriptions.c.name)
        return [_subscription(row) for row in self._connection.execute(query)]

    def stored(self) -> list[Stored]:
        """All that were not removed, paused ones too, by id, with their queries' canonical forms."""
        return self._stored(_STORED.where(_OF_PEOPLE))

    def find(self, name: str) -> Subscription | None:
        row = self._connection.execute(_SUBSCRIPTION.where(subscriptions.c.name == name)).one_or_none()
        return _subscription(row) if row else None

    def following(self, ids: Iterable[int]) -> dict[int, Subscription]:
        """Those of them that are active and want to hear of edits, by id."""
        active = (subscriptions.c.id.in_(ids), subscriptions.c.paused.is_(False), subscriptions.c.on_edit == "always")
        return {one.id: one for one in map(_subscription, self._connection.execute(_SUBSCRIPTION.where(*active)))}

    def changes(self, since: int) -> Changes:
        """What a worker has to apply that stands at version `since`; -1 = it has nothing yet."""
        version = self.version()
        moved = self._moved_since(since, version)
        wanted = _STORED.where(subscriptions.c.paused.is_(False))
        if moved is None:
            return Changes(version=version, active=tuple(self._stored(wanted)), everything=True)
        active = tuple(self._stored(wanted.where(subscriptions.c.id.in_(moved))))
        gone = moved - {one.subscription.id for one in active}
        return Changes(version=version, active=active, gone=frozenset(gone))

    def _moved_since(self, since: int, version: int) -> set[int] | None:
        """Whose changes lie between the two versions; None if there are too many, or not all of them are logged."""
        if since < 0 or version - since > _MOST_CHANGES:
            return None
        query = select(subscription_changes.c.subscription_id).where(subscription_changes.c.version > since)
        rows = self._connection.execute(query.where(subscription_changes.c.version <= version)).scalars().all()
        return set(rows) if len(rows) == version - since else None

    def _stored(self, query: Select[Any]) -> list[Stored]:
        rows = self._connection.execute(query.order_by(subscriptions.c.id))
        return [Stored(subscription=_subscription(values), canonical=canonical) for canonical, *values in rows]

    def history(self, name: str) -> list[SubscriptionChange]:
        """Every change of the subscriptions that ever had this name, oldest first."""
        rows = self._connection.execute(select(subscriptions).where(subscriptions.c.name == name)).mappings()
        state = {row["id"]: dict(row) for row in rows}
        log = select(subscription_changes).where(subscription_changes.c.subscription_id.in_(state))
        newest_first = self._connection.execute(log.order_by(subscription_changes.c.version.desc())).mappings()
        return [_change(row, state[row["subscription_id"]]) for row in newest_first][::-1]

    # -- changing ---------------------------------------------------------------------------------------------------

    def add(
        self,
        *,
        name: str,
        query: str,
        canonical: str,
        channels: Sequence[str],
        origin: str,
        now: datetime,
        editor: str = "",
        labels: Sequence[str] = (),
        note: str = "",
        owner: str = "",
        paused: bool = False,
        **options: Any,
    ) -> int:
        """options: when and of what it tells, see `Subscription`. Returns its id. Raises: Conflict when the name is taken."""
        if name.startswith(RESERVED) and origin != CANARY_ORIGIN:
            raise Conflict(f"{name}: names that begin with feedwacht: are its own; choose another name")
        values = {"name": name, "query": query, "canonical": canonical, "channels": list(channels), "origin": origin}
        values |= {"labels": list(labels), "note": note, "owner": owner}
        values |= {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}
        try:
            with self._connection.begin_nested():
                statement = (
                    insert(subscriptions).values(**values, paused=paused, created_at=now).returning(subscriptions.c.id)
                )
                found = int(self._connection.execute(statement).scalar_one())
        except IntegrityError as error:
            raise Conflict(
                f"a subscription named {name} exists already: choose another name, or edit that one"
            ) from error
        self._log(found, ChangeKind.ADDED, {}, editor, now)
        return found

    def change(self, subscription_id: int, *, now: datetime, editor: str = "", **values: Any) -> bool:
        """Change query (with canonical), channels, labels, note, owner, paused, origin, or when and of what it tells.

        What a subscription waits for when it is paused is cancelled.
        Returns: whether anything is different now; if not, nothing is written.
        """
        found = select(subscriptions).where(subscriptions.c.id == subscription_id).with_for_update()
        row = self._connection.execute(found).mappings().one()
        new = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        before = {name: row[name] for name, value in new.items() if row[name] != value}
        if before.keys() <= {"canonical"}:
            return False
        self._connection.execute(update(subscriptions).where(subscriptions.c.id == subscription_id).values(**new))
        if before.keys() & _TIMES:
            self._retime(subscription_id, now)
        if before.keys() & _BEATS:
            planned_anew = update(subscriptions).where(subscriptions.c.id == subscription_id)
            self._connection.execute(planned_anew.values(heartbeat_at=None))
        told = {name: value for name, value in before.items() if name not in _DERIVED}
        self._log(subscription_id, _kind(before, new), told, editor, now)
        if values.get("paused") and "paused" in before:
            self._cancel(subscription_id, now, reason="the subscription was paused")
        return True

    def _retime(self, subscription_id: int, now: datetime) -> None:
        """Other times: what waits for the old ones waits for the new ones, or leaves now if there are none."""
        changed = _subscription(self._connection.execute(_ANY.where(subscriptions.c.id == subscription_id)).one())
        try:
            hold = timetable.hold_for(changed, now, is_urgent=False)
        except (ValueError, KeyError):  # times that cannot be read delay nobody; KeyError: an unknown zone
            hold = None
        waiting = select(alerts.c.id).where(alerts.c.subscription_id == subscription_id)
        timed = deliveries.c.held_for.in_((HeldFor.DIGEST, HeldFor.QUIET, HeldFor.FLOOD))
        held = (deliveries.c.state == DeliveryState.HELD, timed, deliveries.c.alert_id.in_(waiting))
        self._connection.execute(update(deliveries).where(*held).values(retry_at=(hold and hold.until) or now))

    def remove(self, subscription_id: int, now: datetime, *, editor: str = "") -> int:
        """Remove it and cancel what it still waits for; its alerts stay as history. Returns: deliveries cancelled."""
        self.change(subscription_id, now=now, editor=editor, removed_at=now)
        return self._cancel(subscription_id, now, reason="the subscription was removed")

    def _cancel(self, subscription_id: int, now: datetime, *, reason: str) -> int:
        """What it still waits for is not sent any more. Returns: how many deliveries."""
        owed = select(alerts.c.id).where(alerts.c.subscription_id == subscription_id)
        open_states = (DeliveryState.PENDING, DeliveryState.HELD)
        waiting = update(deliveries).where(deliveries.c.alert_id.in_(owed), deliveries.c.state.in_(open_states))
        cancelled = {"state": DeliveryState.CANCELLED, "detail": reason, "settled_at": now}
        return self._connection.execute(waiting.values(cancelled)).rowcount

    def read_again(self, forms: Iterable[tuple[Subscription, str]]) -> None:
        """Keep the canonical forms that this version's analyser made. They mean the same, so no version is moved."""
        for one, canonical in forms:
            same = (subscriptions.c.id == one.id, subscriptions.c.query == one.query)
            self._connection.execute(update(subscriptions).where(*same).values(canonical=canonical))

    def _log(
        self, subscription_id: int, kind: ChangeKind, before: Mapping[str, Any], editor: str, now: datetime
    ) -> None:
        add = sqlite.insert if self._connection.dialect.name == "sqlite" else postgresql.insert
        moved = add(versions).values(name="subscriptions", value=1)
        moved = moved.on_conflict_do_update(index_elements=["name"], set_={"value": versions.c.value + 1})
        version = self._connection.execute(moved.returning(versions.c.value)).scalar_one()
        row = {"version": version, "subscription_id": subscription_id, "kind": kind, "editor": editor}
        self._connection.execute(insert(subscription_changes).values(**row, changed_at=now, before=dict(before)))


def _kind(before: Mapping[str, Any], after: Mapping[str, Any]) -> ChangeKind:
    if "removed_at" in before:
        return ChangeKind.REMOVED
    if before.keys() <= {"paused", "origin"} and "paused" in before:
        return ChangeKind.PAUSED if after["paused"] else ChangeKind.RESUMED
    return ChangeKind.EDITED


def _change(row: RowMapping, state: dict[str, Any]) -> SubscriptionChange:
    """One change, told by what it left behind. state: the fields after it; turned into those before it."""
    fields = [FieldChange(field=name, before=value, after=state[name]) for name, value in row["before"].items()]
    state.update(row["before"])
    return SubscriptionChange(
        subscription_id=row["subscription_id"],
        kind=ChangeKind(row["kind"]),
        editor=row["editor"],
        changed_at=row["changed_at"],
        fields=tuple(fields),
    )


_LISTS = ("channels", "labels", "urgent")
_COLUMNS = [
    cast(column, Text) if (column := subscriptions.c[name]).name in _LISTS else column
    for name in Subscription.__slots__
]
_ANY = select(*_COLUMNS)
_OF_PEOPLE = subscriptions.c.origin != CANARY_ORIGIN  # the canary's is nobody's; only matching hears of it
_SUBSCRIPTION = _ANY.where(subscriptions.c.removed_at.is_(None), _OF_PEOPLE)
_STORED = select(subscriptions.c.canonical, *_COLUMNS).where(subscriptions.c.removed_at.is_(None))


def _subscription(values: Sequence[Any]) -> Subscription:
    """A row's values in the order of `_COLUMNS`: a hundred thousand of them are read at a start."""
    id_, name, query, channels, labels, note, owner, paused, origin, created_at, *options = values
    digest, quiet, urgent, timezone, max_alerts_per_hour, heartbeat, on_edit, one_per_story = options
    return Subscription(
        id=id_,
        name=name,
        query=query,
        channels=_words(channels),
        labels=_words(labels),
        note=note,
        owner=owner,
        paused=paused,
        origin=origin,
        created_at=created_at,
        digest=digest,
        quiet=quiet,
        urgent=_words(urgent),
        timezone=timezone,
        max_alerts_per_hour=max_alerts_per_hour,
        heartbeat=heartbeat,
        on_edit=on_edit,
        one_per_story=one_per_story,
    )


@lru_cache(maxsize=1_000)  # most subscriptions share their channels
def _words(listed: str) -> tuple[str, ...]:
    return tuple(json.loads(listed))
