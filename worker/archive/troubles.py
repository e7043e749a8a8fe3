"""Troubles and what the operator is told of them. The notices table is an outbox like that of alerts: owed in the
transaction that notes the trouble, leased, sent, settled.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.leasing import leased
from worker.archive.schema import channels, feeds, notices, troubles
from worker.archive.versions import admit
from worker.errors import LeaseLost
from worker.model import Attempt, DeliveryState, Lease, Message, Notice, Symptom, Trouble, TroubleKind


class Troubles:
    """The troubles and notices of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    # -- troubles ---------------------------------------------------------------------------------------------------

    def begin(self, trouble: Trouble) -> int | None:
        """File a trouble. Returns its id; None when one of its kind is open at this feed, or channel, already."""
        named = {"feed_id": trouble.feed_id, "kind": trouble.kind, "detail": trouble.detail, "channel": trouble.channel}
        statement = self._insert(troubles).values(**named, began_at=trouble.began_at).on_conflict_do_nothing()
        found: int | None = self._connection.execute(statement.returning(troubles.c.id)).scalar_one_or_none()
        return found

    def end(self, feed_id: int, kind: TroubleKind, over_at: datetime) -> Trouble | None:
        """An open trouble is over. None: there is none."""
        open_one = and_(troubles.c.feed_id == feed_id, troubles.c.kind == kind, troubles.c.over_at.is_(None))
        statement = update(troubles).where(open_one).values(over_at=over_at).returning(troubles.c.id)
        number = self._connection.execute(statement).scalar_one_or_none()
        return next(iter(self._those(troubles.c.id == number)), None) if number is not None else None

    def end_channel(self, channel: str, kind: TroubleKind, over_at: datetime) -> Trouble | None:
        """The same for a trouble of a channel."""
        mine = and_(troubles.c.feed_id.is_(None), troubles.c.channel == channel)
        open_one = and_(mine, troubles.c.kind == kind, troubles.c.over_at.is_(None))
        statement = update(troubles).where(open_one).values(over_at=over_at).returning(troubles.c.id)
        number = self._connection.execute(statement).scalar_one_or_none()
        return next(iter(self._those(troubles.c.id == number)), None) if number is not None else None

    def open(self) -> list[Trouble]:
        """Those of feeds and channels that last, the oldest first; the canary's has a place of its own in a pulse."""
        return self._those(and_(troubles.c.over_at.is_(None), troubles.c.kind != TroubleKind.CANARY))

    def _those(self, which: Any) -> list[Trouble]:
        joined = troubles.outerjoin(feeds, troubles.c.feed_id == feeds.c.id)
        of_feed = (func.coalesce(feeds.c.url, "").label("feed_url"), func.coalesce(feeds.c.source, "").label("source"))
        columns = (troubles, *of_feed)
        query = select(*columns).select_from(joined).where(which).order_by(troubles.c.began_at, troubles.c.id)
        names = Trouble.__slots__
        rows = self._connection.execute(query).mappings()
        return [Trouble(**{name: row[name] for name in names} | {"kind": TroubleKind(row["kind"])}) for row in rows]

    # -- notices ----------------------------------------------------------------------------------------------------

    def owe(self, trouble: Trouble, messages: Sequence[tuple[str, str, Message]], now: datetime) -> None:
        """Notices of a filed trouble, each with its id, channel and message. What is owed already stays as it is."""
        rows = [
            {
                "id": number,
                "trouble_id": trouble.id,
                "phase": trouble.phase,
                "channel": channel,
                "sentence": message.text,
                "payload": message.payload,
                "state": DeliveryState.PENDING,
                "retry_at": now,
                "created_at": now,
            }
            for number, channel, message in messages
        ]
        if rows:
            self._connection.execute(self._insert(notices).on_conflict_do_nothing(), rows)

    def count_dead(self) -> int:
        """Notices that were given up."""
        query = select(func.count()).select_from(notices).where(notices.c.state == DeliveryState.DEAD)
        return int(self._connection.execute(query).scalar_one())

    def due_channels(self, now: datetime) -> list[str]:
        """Channels that have notices to be tried: they do not rest, and were not given up."""
        closed = select(channels.c.name).where(or_(channels.c.disabled_at.is_not(None), channels.c.rest_until > now))
        due = select(notices.c.channel).where(_is_due(now), notices.c.channel.not_in(closed))
        return list(self._connection.execute(due.distinct()).scalars())

    def lease(self, channel: str, now: datetime, lease: Lease, *, limit: int = 50) -> list[Notice]:
        """Lease notices of a channel that are due, the longest due first."""
        admit(self._connection)
        which = and_(_is_due(now), notices.c.channel == channel)
        rows = leased(self._connection, notices, which, lease, limit)
        return [
            Notice(
                id=row["id"],
                channel=row["channel"],
                attempt=row["attempts"] + 1,
                phase=row["phase"],
                message=Message(
                    subject=row["sentence"].partition("\n")[0], text=row["sentence"], payload=row["payload"] or b""
                ),
                lease_token=lease.token,
                reached=tuple(row["reached"] or ()),
            )
            for row in rows
        ]

    def settle(self, notice: Notice, attempt: Attempt, *, state: DeliveryState, retry_at: datetime | None) -> None:
        """Note what became of an attempt. Raises: LeaseLost when another worker took the notice over meanwhile."""
        new: dict[str, Any] = {"state": state, "attempts": notice.attempt, "detail": attempt.outcome.detail}
        new |= {"lease_token": None, "lease_until": None}
        new |= {"reached": sorted({*notice.reached, *attempt.outcome.reached}) or None}
        new |= {"retry_at": retry_at} if state is DeliveryState.PENDING else {"settled_at": attempt.started_at}
        mine = and_(notices.c.id == notice.id, notices.c.lease_token == notice.lease_token)
        if self._connection.execute(update(notices).where(mine).values(new)).rowcount != 1:
            raise LeaseLost(f"the lease on notice {notice.id} was taken over; this result is dropped")

    def hasten(self, channel: str, now: datetime) -> None:
        """What waits for its next try at a channel is due now."""
        waits = and_(notices.c.state == DeliveryState.PENDING, notices.c.channel == channel, notices.c.retry_at > now)
        self._connection.execute(update(notices).where(waits).values(retry_at=now))

    def release(self, lease: Lease) -> None:
        """Give back what is leased and was not tried."""
        mine = notices.c.lease_token == lease.token
        self._connection.execute(update(notices).where(mine).values(lease_token=None, lease_until=None))


def packed_symptom(symptom: Symptom) -> list[Any]:
    """A symptom as its feed's row keeps it."""
    gone_s = symptom.gone_since.timestamp() if symptom.gone_since else None
    return [symptom.kind.value, symptom.since.timestamp(), symptom.polls, symptom.told, gone_s]


def unpacked_symptom(kept: Sequence[Any]) -> Symptom:
    kind, since_s, polls, told, gone_s = kept
    gone_since = datetime.fromtimestamp(gone_s, UTC) if gone_s is not None else None
    since = datetime.fromtimestamp(since_s, UTC)
    return Symptom(kind=TroubleKind(kind), since=since, polls=polls, told=told, gone_since=gone_since)


def _is_due(now: datetime) -> Any:
    unleased = or_(notices.c.lease_until.is_(None), notices.c.lease_until <= now)
    return and_(notices.c.state == DeliveryState.PENDING, notices.c.retry_at <= now, unleased)
