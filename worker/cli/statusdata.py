"""`status --json`: the same state for programs, nothing left out."""

from collections.abc import Sequence

from worker import __version__, health
from worker.cli import show
from worker.cli.screen import feeds_by_state
from worker.cli.shell import Shell
from worker.coverage import Gap
from worker.fetch import masked
from worker.health import Breach, State
from worker.model import Colleague, DeliveryState, Feed, Trouble


def data(shell: Shell, state: State, broken: Sequence[str], remarks: Sequence[str]) -> dict[str, object]:
    return {
        "ok": not broken,
        "broken": list(broken),
        "warnings": list(remarks),
        "archive": {
            "place": shell.place,
            "records": state.records,
            "withdrawn": state.withdrawn,
            "size_bytes": shell.archive_bytes,
        },
        "version": __version__,
        "schema": state.schema,
        "breaches": [_breach(one) for one in health.broken(state)],
        "workers": [_worker(one, living=one in state.pulse.living) for one in state.workers],
        "last_sweep_at": show.stamp(state.pulse.swept_at),
        "lag_s": state.lag.total_seconds() if state.lag is not None else None,
        "feeds": _feeds(state),
        "gaps": [_gap(feed, gap) for feed, gap in state.gaps],
        "troubles": [_trouble(one) for one in state.troubles],
        "deliveries": {name.value: state.deliveries.get(name, 0) for name in DeliveryState},
        "rejected_queries": state.rejected,
        "oldest_delivery_due_s": round(state.pulse.delivery_waits_s),
        "oldest_delivery_due_at": show.stamp(state.pulse.delivery_waits_since),
        "record_files_due": state.files_due,
        "canary_arrived_at": show.stamp(state.pulse.canary.arrived_at) if state.pulse.canary else None,
    }


def _breach(one: Breach) -> dict[str, object]:
    return {
        "kind": one.promise.value,
        "count": one.count,
        "since": show.stamp(one.since),
        "feed": one.feed.id if one.feed is not None else None,
        "trouble": one.trouble.kind.value if one.trouble is not None else None,
        "host": one.host.name if one.host is not None else None,
        "folder": str(one.room.folder) if one.room is not None else None,
    }


def _feeds(state: State) -> dict[str, object]:
    return {
        "total": len(state.feeds),
        **feeds_by_state(state),
        "overdue": len(state.late),
        "catching_up": sum(feed.catch_up is not None for feed in state.feeds),
        "oldest_due_s": round((state.now - (state.feed_waits_since or state.now)).total_seconds()),
        "oldest_due_at": show.stamp(state.feed_waits_since),
    }


def _gap(feed: Feed, gap: Gap) -> dict[str, object]:
    times = {"from": show.stamp(gap.from_at), "to": show.stamp(gap.to_at)}
    return {"feed": feed.id, "url": masked(feed.url), **times, "gap": gap.reason}


def _trouble(one: Trouble) -> dict[str, object]:
    return {
        "feed": one.feed_id,
        "url": masked(one.feed_url) if one.feed_id is not None else None,
        "channel": one.channel or None,
        "kind": one.kind.value,
        "began_at": show.stamp(one.began_at),
        "detail": one.detail,
    }


def _worker(one: Colleague, *, living: bool) -> dict[str, object]:
    told = {name: getattr(one, name) for name in ("name", "role", "host", "pid", "version", "schema_version")}
    times = {"started_at": show.stamp(one.started_at), "seen_at": show.stamp(one.seen_at)}
    return {**told, **times, "living": living, "idle_reason": one.idle_reason or None}
