"""`backfill`: older articles of a feed, with a progress bar, until they are all read or somebody ends it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import click
from rich.progress import Progress, TaskID

from worker import indexing, recordfiles
from worker.backfill import Step, advance, begin, rest_s
from worker.bootstrap import Worker
from worker.chapters import Backfill, Via
from worker.cli import show, told
from worker.cli.arguments import When, WhenType, find_feed
from worker.cli.shell import Command, Refused, Shell, example, json_option, warn
from worker.errand import Errand
from worker.fetch import masked
from worker.model import Feed

_SHOWN = 20  # of what is missing; --json has all


@click.command(
    cls=Command,
    epilog=example(
        "feedwacht backfill https://www.hasepost.de/feed/ --from 2025-01-01",
        "feedwacht backfill 1 --from 2025-01-01 --to 2025-12-31 --via rest",
        "feedwacht backfill --list",
    ),
)
@click.argument("feed", required=False)
@click.option("--from", "start", type=WhenType(), metavar="DAY", help="The first day, on the source's clock.")
@click.option("--to", "end", type=WhenType(), metavar="DAY", help="The last day, included; default: until now.")
@click.option(
    "--via",
    type=click.Choice([via.value for via in Via]),
    help="How older articles are read; default: whichever works, in this order: rest, date, paged, sitemap.",
)
@click.option("--list", "list_only", is_flag=True, help="List all backfills instead.")
@json_option
@click.pass_context
def backfill(
    context: click.Context,
    feed: str | None,
    start: When | None,
    end: When | None,
    via: str | None,
    list_only: bool,
    as_json: bool,
) -> None:
    """Read older articles of a feed into the archive.

    FEED is its URL or id. No alerts are raised. One page at a time is asked for, and feeds that are due at that server go
    first. It can be ended at any time: the same command goes on where it stood.
    """
    shell: Shell = context.obj
    if list_only:
        _list(shell, as_json=as_json)
        return
    if feed is None or start is None:
        raise click.UsageError(shell.wording.say("backfill_usage"))
    with shell.worker(alerts_to_stderr=True) as worker:
        chosen = _chosen(shell, worker, feed)
        from_at, to_at = _stretch(shell, worker, chosen, start, end)
        run = _Run(shell=shell, worker=worker, feed=chosen)
        last = run.from_to(from_at, to_at, Via(via) if via else None)
        _tidy(worker)
    if as_json:
        show.as_json(_data(last.backfill, chosen))
    else:
        show.lines(*_summary(shell, last, chosen))
    context.exit(0 if last.backfill.state == "done" else 1)


def _chosen(shell: Shell, worker: Worker, reference: str) -> Feed:
    with worker.archive.read() as tx:
        found = find_feed(tx.feeds.all(), reference)
    if found is None:
        raise Refused(shell.wording.say("backfill_no_feed", feed=masked(reference)))
    return found


def _stretch(
    shell: Shell, worker: Worker, feed: Feed, start: When, end: When | None
) -> tuple[datetime, datetime | None]:
    """The stretch on the source's clock. A span back from now begins with its day: the same command goes on later."""
    zone, now = ZoneInfo(worker.equipment.rules(feed).timezone), shell.now()
    from_at = start.starts_at(zone, now)
    if start.ago is not None:
        from_at = datetime.combine(from_at.astimezone(zone).date(), time.min, zone)
    to_at = end.ends_at(zone, now) if end else None
    if end is not None and end.ago is not None and to_at is not None:
        to_at = datetime.combine(to_at.astimezone(zone).date() + timedelta(days=1), time.min, zone)
    if from_at >= min(to_at or now, now):
        raise Refused(shell.wording.say("backfill_no_time"))
    utc = now.tzinfo
    return from_at.astimezone(utc), to_at.astimezone(utc) if to_at else None


def _tidy(worker: Worker) -> None:
    """Record files and index, as after a poll."""
    if worker.files is not None:
        recordfiles.write_due(worker.archive, worker.files)
    indexing.index_all(worker.archive)


# -- the run ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run at a terminal."""

    shell: Shell
    worker: Worker
    feed: Feed

    def from_to(self, from_at: datetime, to_at: datetime | None, asked: Via | None) -> Step:
        """Until it is over. Ctrl-C: says how to go on, and is passed on."""
        equipment = self.worker.equipment
        errand = Errand(equipment, tell=lambda host, until: warn(told.waiting(self.shell, host, until)))
        try:
            current, is_new = begin(equipment, errand, self.feed, from_at=from_at, to_at=to_at, asked=asked)
            if not is_new:
                warn(self._say("backfill_goes_on", done=self.shell.wording.count("pages_read", current.pages)))
            with show.progress(counted=current.total is not None) as bar:
                return self._to_the_end(errand, current, bar)
        except KeyboardInterrupt:
            warn(self._say("backfill_ended"))
            raise

    def _to_the_end(self, errand: Errand, current: Backfill, bar: Progress) -> Step:
        task = bar.add_task("", total=current.total)
        step, told = Step(backfill=current), ""
        while not step.is_over:
            self._show(bar, task, step.backfill)
            step = advance(self.worker.equipment, errand, self.feed, step.backfill)
            if step.said:
                warn(show.safe(self.shell.told(masked(step.said))))
                told = step.said
            if not step.is_over:
                self.worker.clock.wait(rest_s(step.backfill))
        return replace(step, said=told)

    def _show(self, bar: Progress, task: TaskID, current: Backfill) -> None:
        read = self.shell.wording.count("pages_read", current.pages)
        at = self.shell.wording.day(current.until_at.astimezone(self.shell.zone).date())
        words = self._say("backfilling", via=current.via.value, pages=read, at=at)
        bar.update(task, description=show.safe(words), completed=current.found, total=current.total)

    def _say(self, name: str, **values: object) -> str:
        return self.shell.wording.say(name, feed=masked(self.feed.url), **values)


# -- what came of it --------------------------------------------------------------------------------------------------


def _summary(shell: Shell, last: Step, feed: Feed) -> Iterator[str]:
    say, count, done = shell.wording.say, shell.wording.count, last.backfill
    counted = {"new": count("articles_new", done.filed), "found": count("articles_shown", done.found)}
    yield say(
        backfill_verdict(done),
        others="|".join(via.value for via in Via if via is not done.asked),
        feed=masked(feed.url),
        via=done.via.value,
        pages=count("pages_read", done.pages),
        **counted,
    )
    if done.detail and not (last.is_stuck and done.detail == last.said):  # else it was said on the way
        yield "  " + shell.told(masked(done.detail))
    if done.total is not None and done.state == "done":
        yield "  " + say("backfill_total", total=count("articles", done.total), **counted)
    if done.missing:
        yield "  " + say("backfill_missing", articles=count("articles", len(done.missing)))
        yield from (f"    {one.url} {shell.told(one.why)}".rstrip() for one in done.missing[:_SHOWN])
        if len(done.missing) > _SHOWN:
            yield "    " + say("backfill_more_missing", articles=count("articles", len(done.missing) - _SHOWN))


def backfill_verdict(done: Backfill) -> str:
    """The sentence's name. Where no means was asked for, all were tried."""
    is_exhausted = done.state == "failed" and done.asked is None
    return "backfill_is_exhausted" if is_exhausted else f"backfill_is_{done.state}"


def _list(shell: Shell, *, as_json: bool) -> None:
    with shell.archive(configured=True) as archive, archive.read() as tx:
        feeds = {feed.id: feed for feed in tx.feeds.all()}
        known = [(one, feeds[one.feed_id]) for one in tx.backfills.all()]
    if as_json:
        show.as_json([_data(one, feed) for one, feed in known])
        return
    if not known:
        show.lines(shell.wording.say("no_backfills"))
        return
    names = ("col_id", "col_feed", "col_from", "col_to", "col_via", "col_state", "col_filed", "col_remark")
    show.table([shell.wording.say(name) for name in names], [_row(shell, one, feed) for one, feed in known])


def _row(shell: Shell, one: Backfill, feed: Feed) -> list[object]:
    state = shell.wording.say(f"backfill_{one.state}")
    times = [shell.clock(one.from_at), shell.clock(one.to_at)]
    return [one.id, masked(feed.url), *times, one.via.value, state, one.filed, shell.told(masked(one.detail))]


def _data(one: Backfill, feed: Feed) -> dict[str, object]:
    return {
        "id": one.id,
        "feed": feed.id,
        "url": masked(feed.url),
        "from": show.stamp(one.from_at),
        "to": show.stamp(one.to_at),
        "via": one.via.value,
        "state": one.state,
        "read_down_to": show.stamp(one.until_at),
        "pages": one.pages,
        "found": one.found,
        "filed": one.filed,
        "total": one.total,
        "missing": [{"url": lost.url, "why": lost.why} for lost in one.missing],
        "faults": list(one.faults),
        "detail": masked(one.detail),
        "started_at": show.stamp(one.started_at),
        "finished_at": show.stamp(one.finished_at),
    }
