"""`status` and `check-config`: whether all is well, and what to do where it is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from worker import announce, circuit, configure
from worker.channels.plugins import Plugin
from worker.chapters import Backfill
from worker.cli import show
from worker.cli.arguments import pointed
from worker.cli.shell import Command, Shell, example, json_option, warn
from worker.coverage import Gap
from worker.errors import QuerySyntaxError
from worker.fetch import masked
from worker.model import ChannelState, DeliveryState, Feed, Trouble, TroubleKind
from worker.poll import QUARANTINE_DEATHS
from worker.query import parse
from worker.settings import AppriseSettings, Settings, SubscriptionSettings

LATE = timedelta(minutes=10)  # what is due for longer than this was forgotten
LASTING_FAILURES = 3
BLOCKING = (
    TroubleKind.NO_FEED,
    TroubleKind.COMMENTS,
    TroubleKind.CERTIFICATE,
    TroubleKind.EMPTY,
    TroubleKind.CHANNEL_OFF,
    TroubleKind.CHANNEL_GONE,
    TroubleKind.QUARANTINE,  # its alerts wait for a person, for as long as it takes
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the archive says of the work. due_at of feeds: those that nothing keeps from being polled."""

    feeds: tuple[Feed, ...]
    resting: frozenset[str]  # hosts that asked to be left alone, and still are
    feed_due_at: datetime | None
    delivery_due_at: datetime | None
    deliveries: dict[str, int]
    records: int
    files_due: int
    gaps: tuple[tuple[Feed, Gap], ...]  # open ones
    backfills: tuple[tuple[Feed, Backfill], ...]
    rejected: dict[str, str]  # names of subscriptions, and why their queries cannot be read
    now: datetime
    troubles: tuple[Trouble, ...] = ()  # of feeds that are polled, or stopped by themselves
    notices_dead: int = 0
    channels: tuple[ChannelState, ...] = ()  # that fail again and again
    disabled: tuple[str, ...] = ()  # channels that somebody disabled by hand

    @property
    def stopped(self) -> list[Feed]:
        """Feeds that stopped by themselves; what left the configuration was meant to stop."""
        return [feed for feed in self.feeds if feed.stopped and feed.stopped != configure.LEFT_THE_FILE]

    @property
    def late(self) -> list[Feed]:
        waiting = (feed for feed in self.feeds if not feed.stopped and feed.host not in self.resting)
        return [feed for feed in waiting if feed.next_poll_at < self.now - LATE]

    @property
    def failing(self) -> list[Feed]:
        return [feed for feed in self.feeds if feed.failures and not feed.stopped]

    @property
    def dead(self) -> int:
        return self.deliveries.get(DeliveryState.DEAD, 0)

    @property
    def alerts_are_late(self) -> bool:
        return self.delivery_due_at is not None and self.delivery_due_at < self.now - LATE

    @property
    def is_good(self) -> bool:
        stuck = self.stopped or self.late or self.silent or self.quarantined or self.is_blind or self.blocked
        return not (stuck or self.dead or self.alerts_are_late)

    @property
    def blocked(self) -> list[Trouble]:
        """Troubles that keep articles from being seen, or alerts from being sent, until a person does something."""
        return [trouble for trouble in self.troubles if trouble.kind in BLOCKING]

    @property
    def quarantined(self) -> list[Feed]:
        return [feed for feed in self.failing if feed.deaths >= QUARANTINE_DEATHS]

    @property
    def is_blind(self) -> bool:
        """Whether every feed that is polled fails, and not just once."""
        active = sum(not feed.stopped for feed in self.feeds)
        tries = sum(feed.failures for feed in self.failing)
        return 0 < active == len(self.failing) and tries >= LASTING_FAILURES

    @property
    def silent(self) -> list[Feed]:
        """Feeds that fail again and again, and did not answer for a day, if ever."""
        day_ago = self.now - timedelta(days=1)
        lasting = (feed for feed in self.failing if feed.failures >= LASTING_FAILURES)
        return [feed for feed in lasting if feed.last_success_at is None or feed.last_success_at < day_ago]


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
    now = shell.now()
    with shell.archive() as archive, archive.read() as tx:
        feeds = tuple(tx.feeds.all())
        by_id = {feed.id: feed for feed in feeds}
        hosts = [tx.feeds.host(name) for name in sorted({feed.host for feed in feeds})]
        return State(
            feeds=feeds,
            resting=frozenset(host.name for host in hosts if host.retry_after_at and host.retry_after_at > now),
            feed_due_at=tx.feeds.oldest_due_at(now),
            delivery_due_at=tx.outbox.oldest_due_at(now),
            deliveries=dict(tx.alerts.counts()),
            records=tx.records.count(),
            files_due=tx.records.count_files_due() if shell.files else 0,
            gaps=tuple((by_id[feed_id], gap) for feed_id, gap in tx.coverage.open_gaps() if feed_id in by_id),
            backfills=tuple((by_id[one.feed_id], one) for one in tx.backfills.unfinished()),
            rejected=configure.rejected(shell.settings, tx, shell.wording.language),
            now=now,
            troubles=tuple(_that_matter(tx.troubles.open(), feeds, {one.name for one in shell.settings.channels})),
            notices_dead=tx.troubles.count_dead(),
            channels=tuple(one for one in tx.channels.all() if _fails(one, shell.settings)),
            disabled=tuple(one.name for one in tx.channels.all() if one.disabled_at and not one.failures),
        )


def _that_matter(troubles: Sequence[Trouble], feeds: Sequence[Feed], channels: set[str]) -> Iterator[Trouble]:
    """A feed that stopped is told of as such, and what left the configuration concerns nobody."""
    stopped = {feed.id for feed in feeds if feed.stopped}
    polled = (trouble for trouble in troubles if trouble.feed_id not in stopped)
    return (trouble for trouble in polled if trouble.feed_id is not None or trouble.channel in channels)


def _fails(channel: ChannelState, settings: Settings) -> bool:
    """Not just once, and it is still used."""
    return channel.failures >= circuit.PATIENCE and channel.name in {one.name for one in settings.channels}


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
    say, count = shell.wording.say, shell.wording.count
    if state.late:
        oldest = min(feed.next_poll_at for feed in state.late)
        yield say("status_late", feeds=count("feeds", len(state.late)), span=shell.wording.span(state.now - oldest))
    for feed in state.stopped:
        yield say("status_stopped", feed=masked(feed.url), reason=feed.stopped)
    if state.is_blind:
        yield say("status_blind")
    yield from (_trouble(shell, trouble) for trouble in state.blocked)
    for feed in state.silent:
        yield say("status_silent", feed=masked(feed.url))
    for feed in state.quarantined:
        yield say("status_quarantine", feed=masked(feed.url), deaths=feed.deaths)
    if state.dead:
        yield say("status_dead", deliveries=count("deliveries", state.dead))
    if state.alerts_are_late and state.delivery_due_at is not None:
        yield say("status_alerts_late", span=shell.wording.span(state.now - state.delivery_due_at))


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
            "oldest_due_at": show.stamp(state.feed_due_at),
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
        "oldest_delivery_due_at": show.stamp(state.delivery_due_at),
        "record_files_due": state.files_due,
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
