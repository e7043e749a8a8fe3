"""What is left of a run, as values for the checker: read from the archive, the farm and the receiver."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from tests import ledger
from tests.chaos import tripwire
from tests.chaos.checker import Evidence, Found, Told
from tests.chaos.nemesis import Nemesis
from tests.chaos.stage import INTERVAL_S, Stage
from tests.receiver import SECRET
from worker.archive import Archive
from worker.archive.schema import alerts, channels, deliveries, hosts, records, subscriptions

STALE = timedelta(seconds=15)  # a lease that ran out is taken over within lease and tick


def gather(
    stage: Stage, nemesis: Nemesis, archive: Archive, *, silent: frozenset[int], times: tuple[float, float]
) -> Evidence:
    """times: when the harm began, and when the quiet time was over."""
    heard = list(stage.receiver.requests)
    return Evidence(
        items=list(stage.farm.items),
        silent=silent,
        records=records_of(archive),
        alerts=alerts_of(archive),
        asked=list(stage.farm.asked),
        interval_s=INTERVAL_S,
        began_at=times[0],
        ends_at=times[1],
        aways=[*stage.supervisor.aways_until_now(), *stage.aways],
        groups=groups_of(stage),
        resumed=list(nemesis.resumed),
        window=None if stage.farm.habits.paged else stage.farm.habits.window,
        heard=[request.headers["webhook-id"] for request in heard if 200 <= request.status < 300],
        old_leases=list(old_leases(archive)),
        undone=tripwire.tripped(archive),
        ledger=ledger.faults(archive, heard, SECRET, in_the_end=True),
    )


def groups_of(stage: Stage) -> list[frozenset[str]]:
    """Work goes on while one of each group is there."""
    found = [frozenset(stage.workers), frozenset({"database"})]
    return found if stage.kind == "embedded" else [*found, frozenset(stage.names("beat")), frozenset({"redis"})]


def number_of(title: str) -> int:
    """Of the item that has this title."""
    return int(title.partition(":")[0].rpartition(" ")[2])


def records_of(archive: Archive) -> list[Found]:
    with archive.database.read() as connection:
        rows = connection.execute(select(records.c.title, records.c.url, records.c.first_seen_at)).all()
    return [Found(number=number_of(row.title), url=row.url, first_seen_at=row.first_seen_at) for row in rows]


def alerts_of(archive: Archive) -> list[Told]:
    query = select(alerts.c.id, alerts.c.kind, subscriptions.c.name, records.c.title).select_from(
        alerts.join(subscriptions).join(records)
    )
    ids: dict[str, list[str]] = defaultdict(list)
    with archive.database.read() as connection:
        for row in connection.execute(select(deliveries.c.id, deliveries.c.alert_id)):
            ids[row.alert_id].append(row.id)
        rows = connection.execute(query).all()
    return [
        Told(number=number_of(row.title), subscription=row.name, kind=row.kind, deliveries=tuple(ids[row.id]))
        for row in rows
    ]


def old_leases(archive: Archive) -> Iterator[str]:
    """Leases that ran out and that nobody took over, although the processes are there."""
    with archive.database.read() as connection:
        now = datetime.now(UTC)
        for table, name in ((hosts, "name"), (deliveries, "id")):
            old = table.c.lease_until < now - STALE
            for row in connection.execute(select(table).where(old)).mappings():
                yield f"the lease on {row[name]} ran out at {row['lease_until']:%H:%M:%S} and is still there"


def unsettled(archive: Archive) -> int:
    """How many deliveries are still to be sent."""
    with archive.database.read() as connection:
        open_ones = select(func.count()).select_from(deliveries).where(deliveries.c.state.in_(ledger.OPEN))
        return int(connection.execute(open_ones).scalar_one())


def shorten_waits(archive: Archive) -> None:
    """Bring forward what waits for its next attempt, by up to minutes: nothing else is put out by that."""
    waits = deliveries.c.state == "pending", deliveries.c.lease_token.is_(None)
    with archive.database.write() as connection:
        now = datetime.now(UTC)
        connection.execute(update(deliveries).where(*waits, deliveries.c.retry_at > now).values(retry_at=now))
        connection.execute(update(channels).where(channels.c.rest_until > now).values(rest_until=None))
