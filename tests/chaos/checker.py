"""The one judgement of a run: what the farm published, held against the archive, the alerts and what receivers noted.

`judge` takes the evidence as values and gives a sentence for each promise that is broken, and the figures. Must not know
what harm was done, only when something was away.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from tests.chaos.farm import Asked, Item
from tests.chaos.supervisor import Away

BACK_S = 60.0  # so long after everything is back may work rest
RESUMED_S = (
    15.0  # so long after a pause beyond its lease a worker may still be at an exchange that is not its own any more
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A record as the archive has it. number: of the item, from its title."""

    number: int
    url: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert as the archive has it, with the ids of its deliveries."""

    number: int
    subscription: str
    kind: str
    deliveries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that is judged.

    silent: numbers of items that were there before the first poll; ends_at: when the quiet time was over; groups: names of
    which one at least must be there for work to go on; resumed: agents that were paused beyond their lease, and when they
    went on; heard: delivery ids, one for each time that a receiver took it; old_leases, undone: sentences, the latter on
    what a late write undid; ledger: what `tests.ledger` says; window: so many entries are shown, and what leaves that
    window is gone, None = older pages are offered.
    """

    items: Sequence[Item]
    silent: frozenset[int]
    records: Sequence[Found]
    alerts: Sequence[Told]
    asked: Sequence[Asked]
    interval_s: float
    began_at: float
    ends_at: float
    aways: Sequence[Away] = ()
    groups: Sequence[frozenset[str]] = ()
    resumed: Sequence[tuple[str, float]] = ()
    heard: Sequence[str] = ()
    old_leases: Sequence[str] = ()
    undone: Sequence[str] = ()
    ledger: Sequence[str] = ()
    window: int | None = None


@dataclass(slots=True)
class Verdict:
    """broken: a sentence for each broken promise, none = all are kept; figures by what they count, in print order."""

    broken: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)


def judge(evidence: Evidence) -> Verdict:
    verdict, outages = Verdict(), outages_of(evidence)
    unseen = _unseen(evidence, outages)
    evidence = replace(evidence, items=[item for item in evidence.items if item.number not in unseen])
    verdict.broken += [*_lost_and_doubled(evidence), *_alerts(evidence), *evidence.ledger, *evidence.old_leases]
    verdict.broken += evidence.undone
    late = _lateness(evidence, outages)
    verdict.broken += [
        f"item {number} was filed {late_s:.0f} s after it was published and all was back"
        for number, late_s in late.items()
        if late_s > BACK_S
    ]
    overdue = {feed: max(_overdue(evidence, feed, outages), default=(0.0, 0.0)) for feed in _feeds(evidence)}
    verdict.broken += [
        f"{feed} was not asked for {rest_s:.0f} s after it was due and all was back"
        for feed, (rest_s, _) in overdue.items()
        if rest_s > BACK_S
    ]
    excused, strange = _overlaps(evidence)
    verdict.broken += strange
    times = Counter(evidence.heard)
    twice = sum(count > 1 for count in times.values())
    verdict.figures = {
        "items published": f"{len(evidence.items) + len(unseen)}, {len(evidence.silent)} of them before the first poll",
        "gone unseen": f"{len(unseen)}, which left their window before all had been back for {BACK_S:.0f} s",
        "records": str(len(evidence.records)),
        "alerts": str(len(evidence.alerts)),
        "ids received": f"{len(times)}, {twice} of them more than once",
        "requests": str(len(evidence.asked)),
        "longest overdue": "{:.1f} s once all was back, until second {:.0f}".format(
            *max(overdue.values(), default=(0, 0))
        ),
        "filed at the latest": f"{max(late.values(), default=0):.1f} s after publication, once all was back",
        "outages": f"{len(outages)}, {sum(end - start for start, end in outages):.0f} s in all",
        "overlaps": f"{len(strange)}, and {excused} by workers that were paused beyond their lease",
    }
    return verdict


# -- items and alerts -------------------------------------------------------------------------------------------------


def _unseen(evidence: Evidence, outages: Sequence[tuple[float, float]]) -> frozenset[int]:
    """Items that are not there and need not be: while they were shown, work never went on for long enough."""
    filed = {record.number for record in evidence.records}
    shown: dict[str, list[Item]] = defaultdict(list)
    for item in evidence.items:
        shown[item.host].append(item)
    return frozenset(
        item.number
        for items in shown.values()
        for item, pushed_out_by in zip(items, items[evidence.window :] if evidence.window else (), strict=False)
        if item.number not in filed
        and _rest_s(item.published_at.timestamp(), pushed_out_by.published_at.timestamp(), outages) <= BACK_S
    )


def _lost_and_doubled(evidence: Evidence) -> Iterator[str]:
    times = Counter(record.number for record in evidence.records)
    published = {item.number for item in evidence.items}
    yield from (f"item {number} is lost" for number in sorted(published - times.keys()))
    yield from (f"item {number} is filed {count} times" for number, count in sorted(times.items()) if count > 1)
    yield from (f"item {number} is filed and was never published" for number in sorted(times.keys() - published))


def _alerts(evidence: Evidence) -> Iterator[str]:
    """One alert for each town that an item is about, of the kind "new", with one delivery, and no others."""
    wanted = {(i.number, town) for i in evidence.items if i.number not in evidence.silent for town in i.towns}
    there = Counter((alert.number, alert.subscription) for alert in evidence.alerts)
    for number, town in sorted(wanted - there.keys()):
        yield f"the alert of {town} on item {number} is missing"
    for number, town in sorted(there.keys() - wanted):
        yield f"the alert of {town} on item {number} was not wanted"
    yield from (f"{town} is alerted {n} times on item {number}" for (number, town), n in there.items() if n > 1)
    yield from (
        f"an alert on item {one.number} is of the kind {one.kind}" for one in evidence.alerts if one.kind != "new"
    )
    deaf = set(evidence.heard)
    for alert in evidence.alerts:
        if not deaf.intersection(alert.deliveries):
            yield f"the alert of {alert.subscription} on item {alert.number} was never received"


# -- times ------------------------------------------------------------------------------------------------------------


def outages_of(evidence: Evidence) -> list[tuple[float, float]]:
    """When work could not go on: all of a group were away at once."""
    found: list[tuple[float, float]] = []
    for group in evidence.groups:
        by_name: Mapping[str, list[tuple[float, float]]] = defaultdict(list)
        for away in evidence.aways:
            if away.what in group:
                by_name[away.what].append((away.began_at, away.ended_at))
        common = [(evidence.began_at, evidence.ends_at)]
        for name in group:
            common = _both(common, by_name[name])
        found += common
    return sorted(found)


def _both(one: Iterable[tuple[float, float]], other: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The times that lie in both."""
    other = list(other)
    parts = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return [(start, end) for start, end in parts if start < end]


def _rest_s(since: float, until: float, outages: Sequence[tuple[float, float]]) -> float:
    """The longest time in a row, between the two, in which nothing was away."""
    free, longest = since, 0.0
    for start, end in outages:
        if start < until and end > free:
            longest = max(longest, start - free)
            free = max(free, end)
    return max(longest, until - free, 0.0)


def _feeds(evidence: Evidence) -> list[str]:
    return sorted({asked.host + asked.feed for asked in evidence.asked if asked.status != 404})


def _overdue(evidence: Evidence, feed: str, outages: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """For each time that a feed waited: how long beyond its interval while all was there, and until when."""
    times = [one.began_at for one in evidence.asked if one.page == 1 and one.host + one.feed == feed]
    for before, after in pairwise([*sorted(times), evidence.ends_at]):
        yield _rest_s(before + evidence.interval_s, after, outages), after - evidence.began_at


def _lateness(evidence: Evidence, outages: Sequence[tuple[float, float]]) -> dict[int, float]:
    """By item: how long it was not filed although all was there."""
    seen = {record.number: record.first_seen_at.timestamp() for record in evidence.records}
    return {
        item.number: _rest_s(item.published_at.timestamp(), seen[item.number], outages)
        for item in evidence.items
        if item.number in seen and item.number not in evidence.silent
    }


# -- one exchange per host --------------------------------------------------------------------------------------------


def _overlaps(evidence: Evidence) -> tuple[int, list[str]]:
    """Exchanges that began while the host was at another one: how many are excused, and the others.

    Excused is the first that a worker does at a host after it was paused beyond its lease: no server can tell that it lost
    it; only the archive can, which refuses what it writes, and to renew the lease for what would come next.
    """
    by_host: dict[str, list[Asked]] = defaultdict(list)
    for asked in evidence.asked:
        by_host[asked.host].append(asked)
    excused, strange = 0, []
    for host, every in by_host.items():
        excuses = _excused_at(evidence, every)
        first, *others = sorted(every, key=lambda asked: asked.began_at)
        for other in others:
            if other.began_at >= first.ended_at:
                first = other
                continue
            if first in excuses or other in excuses:
                excused += 1
            else:
                strange.append(f"{host} was asked by {other.agent} while {first.agent} was not answered yet")
            first = max(first, other, key=lambda asked: asked.ended_at)
    return excused, strange


def _excused_at(evidence: Evidence, every: Sequence[Asked]) -> list[Asked]:
    """Of all exchanges with a host those that a worker was at, or began without another look, when it went on."""
    found = []
    for agent, at in evidence.resumed:
        later = [one for one in every if one.agent == agent and 0 <= one.ended_at - at < RESUMED_S]
        found += sorted(later, key=lambda asked: asked.began_at)[:1]
    return found
