"""The books of delivering: what a receiver noted, held against what the tables say. For use after every fault.

`faults` gives a sentence for each promise that is broken; none = all are kept. With `in_the_end`, after a quiet time in
fine weather, also that nothing is left over.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from standardwebhooks import Webhook

from tests.receiver import Request
from worker.archive import Archive
from worker.archive.schema import alerts, attempts, deliveries, subscriptions

OPEN, OVER = ("pending", "held"), ("sent", "dead", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A delivery as the tables have it. unknown: so many of its attempts have an outcome that nobody knows."""

    id: str
    alert_id: str
    channel: str
    state: str
    detail: str
    carrier_id: str | None
    is_leased: bool
    attempts: int
    noted: tuple[int, ...]
    unknown: int


def faults(archive: Archive, heard: Iterable[Request], secret: str, *, in_the_end: bool = False) -> list[str]:
    """heard: what receivers noted of the deliveries of all channels that post; secret: the one they share."""
    by_id: dict[str, list[Request]] = defaultdict(list)
    for request in heard:
        by_id[request.headers["webhook-id"]].append(request)
    entries = _entries(archive)
    found = [*_strangers(by_id, entries), *_lost(archive, entries), *_forged(by_id, entries, secret)]
    for entry in entries.values():
        found += _broken(entry, by_id.get(entry.id, []), in_the_end=in_the_end)
    return found


def _broken(entry: Entry, heard: Sequence[Request], *, in_the_end: bool) -> Iterator[str]:
    named = f"{entry.id} ({entry.state})"
    taken = [request for request in heard if 200 <= request.status < 300]
    if entry.state == "sent" and not taken and entry.carrier_id is None:
        yield f"{named} was never heard"
    if entry.state not in (*OPEN, *OVER):
        yield f"{named} is in no state that there is"
    if entry.state in ("dead", "cancelled") and not entry.detail:
        yield f"{named} says no reason"
    if len(taken) > 1 + entry.unknown:
        yield f"{named} was taken {len(taken)} times, and {entry.unknown} outcomes were unknown"
    if len({request.body for request in heard}) > 1:
        yield f"{named} was heard with different bytes"
    if entry.noted != tuple(range(1, entry.attempts + 1)):
        yield f"{named} has {entry.attempts} attempts, and noted are {entry.noted}"
    if in_the_end and (entry.state == "pending" or entry.is_leased):
        yield f"{named} is left over"


def _strangers(by_id: dict[str, list[Request]], entries: dict[str, Entry]) -> Iterator[str]:
    yield from (f"{number} was heard, and there is no such delivery" for number in by_id.keys() - entries.keys())


def _lost(archive: Archive, entries: dict[str, Entry]) -> Iterator[str]:
    """Each alert has a delivery for each channel of its subscription."""
    there = {(entry.alert_id, entry.channel) for entry in entries.values()}
    query = select(alerts.c.id, subscriptions.c.channels).join_from(alerts, subscriptions)
    with archive.database.read() as connection:
        for alert_id, channels in connection.execute(query):
            yield from (f"{alert_id} has no delivery by {name}" for name in channels if (alert_id, name) not in there)


def _forged(by_id: dict[str, list[Request]], entries: dict[str, Entry], secret: str) -> Iterator[str]:
    """Each is signed, and tells the alert that its delivery is for."""
    for number, heard in by_id.items():
        for request in heard:
            sent_at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
            signed = Webhook(secret).sign(number, sent_at, request.body.decode())  # `verify` would mind its age
            if signed not in request.headers["webhook-signature"].split():
                yield f"{number} is not signed by us"
            told = json.loads(request.body)
            if number in entries and told["data"]["alert_id"] != entries[number].alert_id:
                yield f"{number} told of another alert: {json.dumps(told)[:100]}"


def _entries(archive: Archive) -> dict[str, Entry]:
    tries: dict[str, list[tuple[int, str]]] = defaultdict(list)
    with archive.database.read() as connection:
        for row in connection.execute(select(attempts).order_by(attempts.c.id)):
            tries[row.delivery_id].append((row.number, row.result))
        rows = connection.execute(select(deliveries)).all()
    return {
        row.id: Entry(
            id=row.id,
            alert_id=row.alert_id,
            channel=row.channel,
            state=row.state,
            detail=row.detail,
            carrier_id=row.carrier_id,
            is_leased=row.lease_token is not None,
            attempts=row.attempts,
            noted=tuple(number for number, _ in tries[row.id]),
            unknown=sum(result == "unknown" for _, result in tries[row.id]),
        )
        for row in rows
    }
