"""`poll`: feeds now, due or not, with what they owe: older pages, one pass of alerts, record files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import click
from rich.progress import Progress

from worker import configure, indexing, recordfiles
from worker.batch import Step, poll_named
from worker.bootstrap import Worker
from worker.catchup import CatchUpResult
from worker.cli import show
from worker.cli.arguments import find_feed
from worker.cli.shell import Command, Refused, Shell, example, json_option, warn
from worker.deliver import Settled, deliver_due
from worker.fetch import masked
from worker.gather import gather_due
from worker.intake import Filed
from worker.model import DeliveryState, Feed
from worker.notify import notify_due
from worker.poll import Outcome, PollResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What polling one feed and its older pages came to."""

    poll: PollResult
    pages: tuple[CatchUpResult, ...] = ()

    @property
    def feed(self) -> Feed:
        """Its state after the last step."""
        return self.pages[-1].feed if self.pages else self.poll.feed

    @property
    def filed(self) -> Filed:
        return sum((page.filed for page in self.pages), self.poll.filed)

    @property
    def next_at(self) -> datetime:
        """When it is asked again: not before the host wants to be."""
        return max(filter(None, (self.feed.next_poll_at, self.poll.retry_after_at)))

    @property
    def is_good(self) -> bool:
        return self.poll.outcome in (Outcome.UPDATED, Outcome.UNCHANGED)


@click.command(
    cls=Command, epilog=example("feedwacht poll", "feedwacht poll https://www.hasepost.de/feed/", "feedwacht poll 1 2")
)
@click.argument("feeds", nargs=-1, metavar="[FEED]...")
@click.option("--no-catch-up", is_flag=True, help="Leave older pages to the worker.")
@click.option("--no-deliver", is_flag=True, help="Leave alerts to the worker.")
@json_option
@click.pass_context
def poll(context: click.Context, feeds: tuple[str, ...], no_catch_up: bool, no_deliver: bool, as_json: bool) -> None:
    """Poll feeds now, due or not.

    FEED is a URL or an id; without any, all that are not stopped are polled. A server that asked to be left alone for a while is left alone. Older pages are read until known ground; then due
    alerts are sent once, and record files are written. Exit code 1: a feed failed, or another process was polling it.
    """
    shell: Shell = context.obj
    with shell.worker(alerts_to_stderr=as_json) as worker:
        chosen = _chosen(shell, worker, feeds)
        done = []
        for polled in _polled(shell, worker, chosen, catch_up=not no_catch_up):
            done.append(polled)
            if not as_json:
                show.lines(*map(shell.told, _told(shell, polled)))
        if as_json:
            show.as_json([_data(polled) for polled in done])
        if not no_deliver:
            gather_due(worker.counter, worker.equipment.zone)
            warn(*map(shell.told, _told_of_alerts(shell, deliver_due(worker.counter))))
            notify_due(worker.counter)
        if worker.files is not None:
            recordfiles.write_due(worker.archive, worker.files)
        indexing.index_all(worker.archive)
    context.exit(0 if all(polled.is_good for polled in done) else 1)


def _chosen(shell: Shell, worker: Worker, references: Sequence[str]) -> list[Feed]:
    with worker.archive.read() as tx:
        known = tx.feeds.all()
    if not references:
        active = [feed for feed in known if not feed.stopped]
        if not active:
            warn(shell.wording.say("no_feeds"))
        return active
    chosen: dict[int, Feed] = {}
    for reference in references:
        feed = find_feed(known, reference)
        if feed is None:
            raise Refused(shell.wording.say("no_such_feed", feed=masked(reference)))
        if feed.stopped == configure.LEFT_THE_FILE:
            raise Refused(shell.wording.say("feed_left_file", feed=masked(feed.url)))
        chosen[feed.id] = feed
    return list(chosen.values())


def _polled(shell: Shell, worker: Worker, feeds: Sequence[Feed], *, catch_up: bool) -> Iterator[Polled]:
    with show.progress(counted=False) as bar:
        steps = _watched(shell, bar, poll_named(worker.equipment, feeds, catch_up=catch_up))
        for _, group in groupby(steps, key=lambda step: step.feed.id):
            first, *pages = group
            assert isinstance(first, PollResult)
            yield Polled(poll=first, pages=tuple(page for page in pages if isinstance(page, CatchUpResult)))


def _watched(shell: Shell, bar: Progress, steps: Iterable[Step]) -> Iterator[Step]:
    task = bar.add_task("", total=None, visible=False)
    for step in steps:
        catching_up = step.feed.catch_up
        if catching_up is not None:
            at = shell.wording.say("catching_up", feed=masked(step.feed.url), page=catching_up.page)
            bar.update(task, description=show.safe(at))
        bar.update(task, visible=catching_up is not None)
        yield step


# -- for people -------------------------------------------------------------------------------------------------------


def _told(shell: Shell, polled: Polled) -> Iterator[str]:
    say, result = shell.wording.say, polled.poll
    head = say("poll_head", feed=masked(polled.feed.url), outcome=say(f"outcome_{result.outcome}"))
    if not polled.is_good:
        yield f"{head}: {result.reason}" + _next_try(shell, polled)
        return
    counted = _counted(shell, polled)
    yield f"{head}: {counted}" if counted else head
    if result.reason:
        yield "  " + result.reason
    yield from (f"  {remark}" for remark in (*result.skipped[1:5], *polled.filed.notes))
    yield from _told_of_catching_up(shell, polled)


def _next_try(shell: Shell, polled: Polled) -> str:
    if polled.poll.outcome is Outcome.BUSY:
        return ""
    if polled.feed.stopped:
        return "; " + shell.wording.say("not_polled_any_more")
    return "; " + shell.wording.say("next_try", at=shell.clock(polled.next_at))


def _counted(shell: Shell, polled: Polled) -> str:
    filed, count = polled.filed, shell.wording.count
    told = (
        ("articles_new", filed.new),
        ("articles_changed", filed.revised),
        ("alerts", filed.alerts),
        ("older_pages", len(polled.pages)),
    )
    return ", ".join(count(name, number) for name, number in told if number)


def _told_of_catching_up(shell: Shell, polled: Polled) -> Iterator[str]:
    """A gap, a pause, or that there is more to read."""
    last = polled.pages[-1] if polled.pages else None
    if last is not None and last.finished:
        yield from ["  " + shell.wording.say("gap", reason=last.reason)] if last.reason else []
    elif last is not None and last.reason:
        at = shell.clock(polled.feed.catch_up_at)
        yield "  " + shell.wording.say("catch_up_pauses", reason=last.reason, at=at)
    elif polled.feed.catch_up is not None:
        yield "  " + shell.wording.say("catch_up_left")


def _told_of_alerts(shell: Shell, settled: Sequence[Settled]) -> Iterator[str]:
    sent = sum(one.state is DeliveryState.SENT for one in settled)
    if sent:
        yield shell.wording.say("alerts_sent", alerts=shell.wording.count("alerts", sent))
    for one in settled:
        if one.state is not DeliveryState.SENT:
            yield shell.wording.say("alert_not_sent", channel=one.delivery.channel, reason=one.outcome.detail)


# -- for machines -----------------------------------------------------------------------------------------------------


def _data(polled: Polled) -> dict[str, object]:
    feed, filed, last = polled.feed, polled.filed, polled.pages[-1] if polled.pages else None
    return {
        "feed": feed.id,
        "url": masked(feed.url),
        "outcome": polled.poll.outcome.value,
        "reason": polled.poll.reason or (last.reason if last else ""),
        "new": filed.new,
        "revised": filed.revised,
        "alerts": filed.alerts,
        "pages": len(polled.pages),
        "catching_up": feed.catch_up is not None,
        "next_poll_at": show.stamp(polled.next_at),
    }
