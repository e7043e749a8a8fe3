"""`status` and `check-config`: whether all is well, and what to do where it is not."""

from collections.abc import Iterator, Sequence

import click

from worker import announce, health
from worker.channels.plugins import Plugin
from worker.cli import show
from worker.cli.arguments import pointed
from worker.cli.shell import Command, Shell, example, json_option, warn
from worker.clockcare import time_in
from worker.coverage import Gap
from worker.errors import QuerySyntaxError
from worker.fetch import masked
from worker.health import Breach, Promise, State
from worker.model import DeliveryState, Feed, Trouble
from worker.query import parse
from worker.settings import AppriseSettings, SubscriptionSettings

_SENTENCE_OF = {
    Promise.ATTENDED: "status_unattended",
    Promise.SWEPT: "status_no_sweep",
    Promise.ARRIVING: "status_canary_late",
    Promise.POLLED: "status_late",
    Promise.WATCHED: "status_stopped",
    Promise.SEEING: "status_blind",
    Promise.HEARD: "status_silent",
    Promise.READABLE: "status_quarantine",
    Promise.DELIVERED: "status_dead",
    Promise.PROMPT: "status_alerts_late",
}


@click.command(cls=Command, epilog=example("feedwacht status", "feedwacht status --json"))
@json_option
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Say whether all is well, and what to do if not.

    Exit code 1: something is overdue, given up or stopped.
    """
    shell: Shell = context.obj
    state = _look(shell)
    broken, remarks = list(_broken(shell, state)), list(_remarks(shell, state))
    if as_json:
        show.as_json(_data(shell, state, broken, remarks))
    else:
        show.lines(*_summary(shell, state))
        told = [*(f"! {sentence}" for sentence in broken), *(f"- {sentence}" for sentence in remarks)]
        show.lines(*map(shell.told, told))
        show.lines(shell.wording.say(_verdict(state, remarks)))
    context.exit(0 if state.is_good else 1)


def _verdict(state: State, remarks: Sequence[str]) -> str:
    if not state.is_good:
        return "status_bad"
    return "status_watch" if remarks or state.files_due else "status_good"


def _look(shell: Shell) -> State:
    with shell.archive() as archive:
        return health.look(archive, shell.settings, time_in(archive))


def _trouble(shell: Shell, trouble: Trouble) -> str:
    zone = next((one.timezone for one in shell.settings.sources if one.name == trouble.source), "Europe/Berlin")
    said, do = announce.sentence(trouble, zone, shell.wording), announce.advice(trouble, shell.wording)
    return shell.wording.say("status_trouble", sentence=said, advice=do)


def _gap(shell: Shell, feed: Feed, gap: Gap) -> str:
    since, until = shell.clock(gap.from_at), shell.clock(gap.to_at)
    day = f"{gap.from_at.astimezone(shell.zone):%Y-%m-%d}"
    times = {"since": since, "until": until, "day": day}
    return shell.wording.say("status_gap", feed=masked(feed.url), id=feed.id, gap=gap.reason, **times)


def _broken(shell: Shell, state: State) -> Iterator[str]:
    """Promises that do not hold, each with what to do."""
    return (_said(shell, state, breach) for breach in health.broken(state))


def _said(shell: Shell, state: State, breach: Breach) -> str:
    if breach.trouble is not None:
        return _trouble(shell, breach.trouble)
    count = shell.wording.count
    values: dict[str, object] = {"deaths": breach.count}
    if breach.since is not None:
        values["span"] = shell.wording.span(state.now - breach.since)
    if breach.feed is not None:
        values |= {"feed": masked(breach.feed.url), "reason": breach.feed.stopped}
    values |= {"feeds": count("feeds", breach.count), "deliveries": count("deliveries", breach.count)}
    return shell.wording.say(_SENTENCE_OF[breach.promise], **values)


def _remarks(shell: Shell, state: State) -> Iterator[str]:
    """What should be looked at, though it is no broken promise yet."""
    say, count = shell.wording.say, shell.wording.count
    yield from (_trouble(shell, trouble) for trouble in state.troubles if trouble not in state.blocked)
    troubled = {trouble.channel for trouble in state.troubles}
    for channel in state.channels:
        if channel.name not in troubled:
            since = shell.clock(channel.failing_since)
            yield say("status_channel_failing", channel=channel.name, at=since, detail=channel.detail)
    if state.notices_dead:
        yield say("status_notices_dead", notices=count("notices", state.notices_dead))
    yield from (say("status_channel_disabled", name=name) for name in state.disabled)
    if state.pulse.canary is not None and state.pulse.canary.reason:
        yield say("status_canary_failed", reason=state.pulse.canary.reason)
    if waiting := _not_taken_over(shell, state):
        yield say("status_not_taken_over", feeds=count("feeds", waiting))
    for feed in state.feeds:
        yield from _remarks_on(shell, feed)
    yield from (_gap(shell, feed, gap) for feed, gap in state.gaps)
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


def _not_taken_over(shell: Shell, state: State) -> int:
    """How many feeds of the configuration no worker knows yet."""
    known = {feed.url for feed in state.feeds}
    return sum(feed.url not in known for source in shell.settings.sources for feed in source.feeds)


def _summary(shell: Shell, state: State) -> Iterator[str]:
    say, count = shell.wording.say, shell.wording.count
    size = f", {show.size(shell.wording, shell.archive_bytes)}" if shell.archive_bytes is not None else ""
    yield say("status_archive", archive=shell.place, articles=count("articles", state.records), size=size)
    numbers = {name: shell.wording.number(number) for name, number in _feeds_by_state(state).items()}
    yield say("status_feeds", feeds=count("feeds", len(state.feeds)), **numbers)
    told = [f"{shell.wording.number(n)} {say(f'delivery_is_{name}')}" for name, n in sorted(state.deliveries.items())]
    yield say("status_deliveries", deliveries=", ".join(told) or "0")
    if state.files_due:
        yield count("files_due", state.files_due)


def _feeds_by_state(state: State) -> dict[str, int]:
    return {
        "due": sum(not feed.stopped and feed.next_poll_at <= state.now for feed in state.feeds),
        "failing": len(state.failing),
        "stopped": sum(bool(feed.stopped) for feed in state.feeds),
    }


def _data(shell: Shell, state: State, broken: Sequence[str], remarks: Sequence[str]) -> dict[str, object]:
    return {
        "ok": state.is_good,
        "broken": list(broken),
        "warnings": list(remarks),
        "archive": {"place": shell.place, "records": state.records, "size_bytes": shell.archive_bytes},
        "feeds": {
            "total": len(state.feeds),
            **_feeds_by_state(state),
            "overdue": len(state.late),
            "catching_up": sum(feed.catch_up is not None for feed in state.feeds),
            "oldest_due_at": show.stamp(state.pulse.feed_waits_since),
        },
        "gaps": [
            {
                "feed": feed.id,
                "url": masked(feed.url),
                "from": show.stamp(gap.from_at),
                "to": show.stamp(gap.to_at),
                "gap": gap.reason,
            }
            for feed, gap in state.gaps
        ],
        "troubles": [
            {
                "feed": trouble.feed_id,
                "url": masked(trouble.feed_url) if trouble.feed_id is not None else None,
                "channel": trouble.channel or None,
                "kind": trouble.kind.value,
                "began_at": show.stamp(trouble.began_at),
                "detail": trouble.detail,
            }
            for trouble in state.troubles
        ],
        "deliveries": {name.value: state.deliveries.get(name, 0) for name in DeliveryState},
        "rejected_queries": state.rejected,
        "oldest_delivery_due_at": show.stamp(state.pulse.delivery_waits_since),
        "record_files_due": state.files_due,
        "canary_arrived_at": show.stamp(state.pulse.canary.arrived_at) if state.pulse.canary else None,
    }


# -- check-config -----------------------------------------------------------------------------------------------------


@click.command("check-config", cls=Command, epilog=example("feedwacht check-config --config my.toml"))
@json_option
@click.pass_context
def check_config(context: click.Context, as_json: bool) -> None:
    """Say what the configuration means.

    Nothing but the file is read.

    Exit code 2: the configuration cannot be used. Exit code 1: it can, but a query cannot be read.
    """
    shell: Shell = context.obj
    settings, say, count = shell.settings, shell.wording.say, shell.wording.count
    for channel in settings.channels:
        if isinstance(channel, AppriseSettings):
            Plugin(channel.name, channel.address)
    rejected = [told for one in settings.subscriptions if (told := _fault(shell, one))]
    if as_json:
        show.as_json(settings.masked())
    else:
        feeds = count("feeds", sum(len(source.feeds) for source in settings.sources))
        show.lines(*(say("config_source", source=source.name, line=source.rules.line) for source in settings.sources))
        show.lines(*(say("config_channel", channel=one.name, type=one.type) for one in settings.channels))
        show.lines(*(say("config_subscription", name=one.name, query=one.query) for one in settings.subscriptions))
        if not rejected:
            subscriptions = count("subscriptions", len(settings.subscriptions))
            show.lines(say("config_good", files=", ".join(settings.files), feeds=feeds, subscriptions=subscriptions))
    warn(*rejected)
    context.exit(1 if rejected else 0)


def _fault(shell: Shell, subscription: SubscriptionSettings) -> str:
    """Why its query cannot be read, with a mark under the place; "" if it can."""
    try:
        parse(subscription.query, shell.wording.language)
    except QuerySyntaxError as error:
        told = shell.wording.say("config_bad_query", name=subscription.name, fault=str(error))
        return f"{told}\n{pointed(subscription.query, error.position)}"
    return ""
