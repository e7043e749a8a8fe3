"""What a monitor is told: each number's name, kind and labels, by the conventions of Prometheus.

Owns the names; docs/metrics.md explains them. Labels have few values: no feed, address or article is one, `feedwacht
status` says which it is. Must not know where the numbers come from, nor who asks.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from worker import counts
from worker.model import ChannelState, Colleague, DeliveryState, Figures, TroubleKind
from worker.pulse import ABSENT, POLLING, TICKING

ROLES = ("run", "worker", "beat", "metrics")
_STILL_COUNTS = timedelta(minutes=10)  # what a process counted is shown for so long after its end
_FEED_STATES = ("ok", "failing", "new", "stopped")


def families(
    figures: Figures | None, *, failures: int, version: str, schema: str, channels: Collection[str]
) -> Iterator[Metric]:
    """Everything. figures: None = the archive cannot be read: little is left to tell.

    failures: looks that came to nothing; version, schema: of this feedwacht; channels: those of the configuration.
    """
    yield _gauge("up", "Whether the archive can be read.", int(figures is not None))
    yield _counter("scrape_errors", "Looks at the archive that came to nothing, or not in time.", failures)
    yield _info("build", "The version of the process that answers.", version=version)
    if figures is not None:
        yield _info(
            "schema",
            "The schema that the archive has, and the one needed.",
            found=figures.schema_version,
            needed=schema,
        )
        yield from _archive(figures)
        yield from _feeds(figures)
        yield from _outbox(figures)
        yield from _channels(figures.channels, channels)
        yield from _processes(figures.colleagues, figures.at)
        yield from _moments(figures)
        yield from _counted(figures.colleagues, figures.at)


def _archive(figures: Figures) -> Iterator[Metric]:
    yield _gauge("archive_size_bytes", "Size of the database, without SQLite's journal.", figures.size_bytes)
    yield _gauge("records", "Articles in the archive.", figures.records)
    yield _gauge("record_files_due", "Record files that are still to be written.", figures.files_due)
    yield _gauge("unindexed_records", "Articles that are still to be indexed.", figures.unindexed)
    if figures.article_lag_s is not None:
        about = "Median time from publication to filing, of the last news of a day."
        yield _gauge("article_lag_seconds", about, figures.article_lag_s)


def _feeds(figures: Figures) -> Iterator[Metric]:
    yield _by("feeds", "Feeds by state.", "state", {state: figures.feeds.get(state, 0) for state in _FEED_STATES})
    yield _gauge("feeds_due", "Feeds whose time has come.", figures.feeds_due)
    yield _gauge("feeds_catching_up", "Feeds of which older pages are being read.", figures.feeds_catching_up)
    about = "For how long the feed has been due that waits longest; servers that asked to be left alone do not count."
    yield _gauge("oldest_overdue_feed_seconds", about, figures.feed_waits_s)
    yield _gauge("open_gaps", "Stretches in which articles may be missing.", figures.gaps)
    kinds = {kind.value: figures.troubles.get(kind.value, 0) for kind in TroubleKind}
    yield _by("open_troubles", "Troubles of feeds and channels that last, by kind.", "kind", kinds)
    about = "Subscriptions by state."
    yield _by("subscriptions", about, "state", {one: figures.subscriptions.get(one, 0) for one in ("active", "paused")})


def _outbox(figures: Figures) -> Iterator[Metric]:
    states = (DeliveryState.PENDING.value, DeliveryState.HELD.value, DeliveryState.DEAD.value)
    waiting = {state: figures.deliveries.get(state, 0) for state in states}
    yield _by("deliveries", "Deliveries that wait, are held or were given up; up to 100000.", "state", waiting)
    about = "For how long the delivery has been due that waits longest; resting and disabled channels do not count."
    yield _gauge("oldest_overdue_delivery_seconds", about, figures.delivery_waits_s)
    notices = {state: figures.notices.get(state, 0) for state in (states[0], states[2])}
    yield _by("notices", "Notices to the operator that wait or were given up.", "state", notices)


def _channels(states: Iterable[ChannelState], configured: Collection[str]) -> Iterator[Metric]:
    known = {state.name: state for state in states}
    doing = {name: known.get(name, ChannelState(name=name)) for name in sorted(configured)}
    failures = {name: state.failures for name, state in doing.items()}
    yield _by("channel_failures", "Attempts in a row that a channel did not take.", "channel", failures)
    disabled = {name: int(state.disabled_at is not None) for name, state in doing.items()}
    yield _by("channel_disabled", "Whether a channel was given up, or disabled by hand.", "channel", disabled)


def _processes(colleagues: Iterable[Colleague], at: datetime) -> Iterator[Metric]:
    roles = dict.fromkeys(ROLES, 0)
    info = GaugeMetricFamily(
        _named("process_info"), "Processes that are there.", labels=("worker", "role", "version", "schema")
    )
    seen = GaugeMetricFamily(
        _named("process_last_seen_timestamp_seconds"),
        "When a process last said that it is there.",
        labels=("worker", "role"),
    )
    idle = GaugeMetricFamily(_named("process_idle"), "Whether a process takes no work.", labels=("worker", "role"))
    for one in colleagues:
        seen.add_metric((one.name, one.role), one.seen_at.timestamp())
        if one.seen_at > at - ABSENT:
            roles[one.role] = roles.get(one.role, 0) + 1
            info.add_metric((one.name, one.role, one.version, one.schema_version), 1)
            idle.add_metric((one.name, one.role), bool(one.idle_reason))
    yield _by("processes", "Processes that are there, by role.", "role", roles)
    yield from (info, seen, idle)


def _moments(figures: Figures) -> Iterator[Metric]:
    about = "When somebody last looked for what is due, 0 = never."
    yield _gauge("last_sweep_timestamp_seconds", about, figures.swept_at.timestamp() if figures.swept_at else 0)
    if figures.canary is not None:
        about = "When the canary's alert last arrived, or since when it is waited for."
        yield _gauge("last_canary_timestamp_seconds", about, figures.canary.last_at.timestamp())
        about = "How often the canary flies."
        yield _gauge("canary_interval_seconds", about, figures.canary.every.total_seconds())


def _counted(colleagues: Iterable[Colleague], at: datetime) -> Iterator[Metric]:
    """What the processes counted; a name that this version does not know is left out."""
    found = {
        count: CounterMetricFamily(_named(count.name), count.about, labels=("worker", *count.labels))
        for count in counts.ALL
    }
    for one in colleagues:
        if at - one.seen_at < _STILL_COUNTS:
            for written, number in {**_nothing_yet(one.role), **one.counters}.items():
                if read := counts.read(written):
                    found[read[0]].add_metric((one.name, *read[1]), number)
    yield from found.values()


def _nothing_yet(role: str) -> dict[str, float]:
    if role in POLLING:
        return dict.fromkeys(counts.FROM_ZERO, 0.0)
    return {counts.NUDGES_REFUSED.of(): 0.0} if role in TICKING else {}


# -- forms --------------------------------------------------------------------------------------------------------------


def _named(name: str) -> str:
    return f"feedwacht_{name}"


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(_named(name), about, value=value)


def _counter(name: str, about: str, value: float) -> Metric:
    return CounterMetricFamily(_named(name), about, value=value)


def _by(name: str, about: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(_named(name), about, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _info(name: str, about: str, **labels: str) -> Metric:
    family = GaugeMetricFamily(_named(f"{name}_info"), about, labels=tuple(labels))
    family.add_metric(tuple(labels.values()), 1)
    return family
