"""What `status` has to tell of a state beside its numbers: promises that do not hold, and what should be looked at.

Owns which sentence belongs to what. Whether a promise holds is judged by `worker/health.py`.
"""

from collections.abc import Iterator, Mapping

from worker import announce, health, older
from worker.cli.shell import Shell
from worker.coverage import Gap
from worker.fetch import masked
from worker.health import Breach, Promise, State
from worker.model import Feed, Trouble, TroubleKind

_SENTENCE_OF = {
    Promise.KEPT: "status_no_room",
    Promise.BEGUN: "status_nothing_ran",
    Promise.ATTENDED: "status_unattended",
    Promise.SWEPT: "status_no_sweep",
    Promise.ARRIVING: "status_canary_late",
    Promise.POLLED: "status_late",
    Promise.WATCHED: "status_stopped",
    Promise.SEEING: "status_blind",
    Promise.HEARD: "status_silent",
    Promise.READABLE: "status_quarantine",
    Promise.HARMLESS: "status_ends_workers",
    Promise.DELIVERED: "status_dead",
    Promise.PROMPT: "status_alerts_late",
}


def broken(shell: Shell, state: State) -> list[str]:
    """Promises that do not hold, each with what to do."""
    return [_said(shell, state, breach) for breach in health.broken(state)]


def _said(shell: Shell, state: State, breach: Breach) -> str:
    if breach.trouble is not None:
        return _trouble(shell, breach.trouble)
    count = shell.wording.count
    values: dict[str, object] = {"deaths": breach.count, "start": _start(shell)}
    if breach.since is not None:
        values["span"] = shell.wording.span(state.now - breach.since)
    if breach.promise is Promise.ARRIVING and state.pulse.canary is not None:
        values["reason"] = state.pulse.canary.reason
    if breach.feed is not None:
        values |= {"feed": masked(breach.feed.url), "reason": breach.feed.stopped}
    if breach.host is not None:
        values["host"] = breach.host.name
    if breach.room is not None:
        left = "room_read_only" if breach.room.is_read_only else "room_left"
        values |= {"folder": breach.room.folder, "left": shell.wording.say(left, free=breach.room.free)}
    values |= {"feeds": count("feeds", breach.count), "deliveries": count("deliveries", breach.count)}
    values["tries"] = count("tries_in_vain", breach.feed.failures if breach.feed is not None else 0)
    return shell.wording.say(_sentence_of(breach, values), **values)


def _sentence_of(breach: Breach, values: Mapping[str, object]) -> str:
    if breach.room is not None and breach.room.is_shut and not breach.room.is_too_little:
        return "status_shut"
    if breach.promise is Promise.ARRIVING and values["reason"]:
        return "status_canary_late_because"
    if breach.promise is Promise.HEARD and breach.since is None:
        return "status_never_heard"
    return _SENTENCE_OF[breach.promise]


def _start(shell: Shell) -> str:
    """What is to be started for feeds to be polled."""
    return shell.wording.say("start_shared" if shell.settings.broker.url else "start_alone")


def remarks(shell: Shell, state: State) -> Iterator[str]:
    """What should be looked at, though it is no broken promise yet."""
    say, count = shell.wording.say, shell.wording.count
    yield from _of_processes(shell, state)
    said = (TroubleKind.CANARY,) if state.pulse.canary_late_since is not None else ()  # with the promise that it breaks
    left = [trouble for trouble in state.troubles if trouble not in state.blocked and trouble.kind not in said]
    yield from (_trouble(shell, trouble) for trouble in left)
    troubled = {trouble.channel for trouble in state.troubles}
    for channel in state.channels:
        if channel.name not in troubled:
            since = shell.clock(channel.failing_since)
            yield say("status_channel_failing", channel=channel.name, at=since, detail=channel.detail)
    if state.notices_dead:
        yield say("status_notices_dead", notices=count("notices", state.notices_dead))
    yield from (say("status_channel_disabled", name=name) for name in state.disabled)
    if state.pulse.canary is not None and state.pulse.canary.reason and state.pulse.canary_late_since is None:
        yield say("status_canary_failed", reason=state.pulse.canary.reason)
    if state.pulse.canary is None and shell.settings.canary.every_s is not None and state.pulse.living:
        yield say("status_no_canary")
    if state.coming and state.has_begun:
        yield say("status_not_taken_over", feeds=count("feeds", state.coming), start=_start(shell))
    for feed in state.feeds:
        yield from _remarks_on(shell, feed)
    yield from (_gap(shell, state, feed, gap) for feed, gap in state.gaps)
    for feed, one in state.backfills:
        yield say("status_backfill", feed=masked(feed.url), at=shell.clock(one.from_at))
    yield from (say("config_bad_query", name=name, fault=fault) for name, fault in state.rejected.items())


def _remarks_on(shell: Shell, feed: Feed) -> Iterator[str]:
    say, url = shell.wording.say, masked(feed.url)
    if feed.failures and not feed.stopped:
        yield say("status_failing", feed=url, reason=feed.last_reason, at=shell.clock(feed.next_poll_at))
    if feed.first_polled_at is None and feed.last_success_at is not None and not feed.stopped:
        yield say("status_never_entries", feed=url)
    if feed.catch_up is not None:
        yield say("catching_up", feed=url, page=feed.catch_up.page)
    if feed.lied_at is not None:
        yield say("feed_lied", feed=url, at=shell.clock(feed.lied_at))


def _of_processes(shell: Shell, state: State) -> Iterator[str]:
    say = shell.wording.say
    if len(state.versions) > 1:
        yield say("status_versions", versions=", ".join(state.versions))
    for one in state.pulse.living:
        if one.idle_reason:
            yield say("status_idle", name=one.name, reason=one.idle_reason)


def _trouble(shell: Shell, trouble: Trouble) -> str:
    zone = next((one.timezone for one in shell.settings.sources if one.name == trouble.source), "Europe/Berlin")
    said, do = announce.sentence(trouble, zone, shell.wording), announce.advice(trouble, shell.wording)
    return shell.wording.say("status_trouble", sentence=said, advice=do)


def _gap(shell: Shell, state: State, feed: Feed, gap: Gap) -> str:
    """What was tried already is not advised."""
    since, until = shell.clock(gap.from_at), shell.clock(gap.to_at)
    day = f"{gap.from_at.astimezone(shell.zone):%Y-%m-%d}"
    times = {"since": since, "until": until, "day": day}
    if state.is_unreadable(feed, gap):
        sentence = "status_gap_unreadable"
    else:
        sentence = "status_gap_map" if older.is_no_help(feed.ways, state.now) else "status_gap"
    return shell.wording.say(sentence, feed=masked(feed.url), id=feed.id, gap=gap.reason, **times)
