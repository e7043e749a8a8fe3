"""`feeds`: what is watched."""

from datetime import UTC, datetime

import click

from worker import configure
from worker.archive import Archive, Transaction
from worker.bootstrap import Worker
from worker.cli import show, told
from worker.cli.arguments import Duration, find_feed
from worker.cli.shell import Group, Refused, Shell, example, json_option, warn
from worker.errand import Errand
from worker.fetch import masked, spelled_alike
from worker.guard import Blocked, Guard, PortBlocked
from worker.guard import Refused as Unusable
from worker.model import Feed, Host
from worker.pace import Why, reason_of
from worker.settings import duration_text
from worker.settings.rules import http_url
from worker.target import target
from worker.trial import TrialVerdict, try_feed

PATIENCE_S = 120.0  # for a host that the worker is at, or that rests

DEFAULT_INTERVAL_S = 600.0


@click.group(cls=Group, epilog=example("feedwacht feeds list"))
def feeds() -> None:
    """See, add and remove the feeds that are watched."""


@feeds.command("list", epilog=example("feedwacht feeds list", "feedwacht feeds list --json"))
@json_option
@click.pass_obj
def list_(shell: Shell, as_json: bool) -> None:
    """List all feeds with their state."""
    with shell.archive(configured=True) as archive, archive.read() as tx:
        found = tx.feeds.all()
        hosts = {name: tx.feeds.host(name) for name in {feed.host for feed in found}}
    if as_json:
        show.as_json([_data(feed, hosts[feed.host]) for feed in found])
        return
    if not found:
        show.lines(shell.wording.say("no_feeds"))
        return
    names = ("col_id", "col_feed", "col_source", "col_interval", "col_next", "col_pace", "col_last", "col_remark")
    show.table([shell.wording.say(name) for name in names], [_row(shell, feed, hosts[feed.host]) for feed in found])


@feeds.command(
    epilog=example(
        "feedwacht feeds add https://www.hasepost.de/category/os-kultur/feed/ --source hasepost --category Kultur"
    )
)
@click.argument("url")
@click.option(
    "--source", required=True, metavar="NAME", help="The source it belongs to, as the configuration names it."
)
@click.option(
    "--interval",
    "interval_s",
    type=Duration(),
    help="How often it is polled until its rhythm is known; without it every 10m, or as its own hints say.",
)
@click.option("--category", default="", metavar="NAME", help="The category whose feed it is.")
@click.option("--no-check", is_flag=True, help="Do not look at it first.")
@click.pass_obj
def add(shell: Shell, url: str, source: str, interval_s: float | None, category: str, no_check: bool) -> None:
    """Watch one more feed.

    It is looked at once, and what could never be polled is refused: a page, a feed of comments, an address where nothing
    stands. It is due at once; its first poll files articles without alerts.
    """
    given, interval_s = interval_s is not None, DEFAULT_INTERVAL_S if interval_s is None else interval_s
    check(shell, url, source, interval_s)
    with shell.worker(alerts_to_stderr=True) as worker:
        refuse_known(shell, worker.archive, url)
        if not no_check:
            _look_at(shell, worker, url, source)
        feed_id = enter(
            shell,
            worker.archive,
            url=url,
            source=source,
            interval_s=interval_s,
            interval_given=given,
            category=category.strip(),
        )
    show.lines(shell.wording.say("feed_added", id=feed_id, feed=masked(url)))


def enter(
    shell: Shell,
    archive: Archive,
    *,
    url: str,
    source: str,
    interval_s: float,
    interval_given: bool = True,
    category: str = "",
) -> int:
    """File a feed that a command adds. Returns: its id. Raises: Refused if it is watched already."""
    check(shell, url, source, interval_s)
    now = shell.now()
    feed = configure.new_feed(
        url=url,
        source=source,
        interval_s=interval_s,
        interval_given=interval_given,
        category=category,
        origin=configure.COMMAND,
        now=now,
    )
    with archive.write() as tx:
        known = _spelled_alike(tx, url)
        if known and known.origin != configure.LEFT:
            raise _is_known(shell, url, known)
        return _take_over(tx, known, feed) if known else tx.feeds.add(feed, now)


def refuse_known(shell: Shell, archive: Archive, url: str) -> None:
    """Raises: Refused if this feed, or another spelling of it, is watched already."""
    with archive.read() as tx:
        known = _spelled_alike(tx, url)
    if known and known.origin != configure.LEFT:
        raise _is_known(shell, url, known)


def _spelled_alike(tx: Transaction, url: str) -> Feed | None:
    return next((one for one in tx.feeds.all() if spelled_alike(one.url) == spelled_alike(url)), None)


def _is_known(shell: Shell, url: str, known: Feed) -> Refused:
    return Refused(shell.wording.say("feed_known", feed=masked(url), known=masked(known.url), id=known.id))


def _look_at(shell: Shell, worker: Worker, url: str, source: str) -> None:
    """Say what stands there. Raises: Refused for what could never be polled."""
    errand = Errand(
        worker.equipment, patience_s=PATIENCE_S, tell=lambda host, until: warn(told.waiting(shell, host, until))
    )
    trial = try_feed(worker.equipment, errand, url, worker.equipment.sources[source])
    words = {"feed": masked(url), "found": told.trial(shell, trial)}
    if trial.verdict.is_hopeless:
        raise Refused(show.safe(shell.wording.say("add_hopeless", **words)))
    is_good = trial.verdict is TrialVerdict.FEED and not trial.moved_to
    warn(show.safe(shell.wording.say("add_tried" if is_good else "add_doubtful", **words)))


@feeds.command(epilog=example("feedwacht feeds remove https://www.example.org/feed/", "feedwacht feeds remove 3"))
@click.argument("feed", metavar="URL")
@click.pass_obj
def remove(shell: Shell, feed: str) -> None:
    """Watch a feed no longer.

    It is named by its URL or id. The articles that it showed stay in the archive.
    """
    with shell.archive(configured=True, conflicting=True) as archive, archive.write() as tx:
        found = find_feed(tx.feeds.all(), feed)
        if found is None:
            raise Refused(shell.wording.say("no_such_feed", feed=masked(feed)))
        if found.origin == configure.FILE:
            raise Refused(shell.wording.say("feed_of_file", feed=masked(found.url), file=shell.file))
        if any(one.feed_id == found.id for one in tx.quarantines.all(open_only=True)):
            raise Refused(shell.wording.say("feed_quarantined", feed=masked(found.url)))
        tx.feeds.remove(found.id)
    show.lines(shell.wording.say("feed_removed", feed=masked(found.url)))


def check(shell: Shell, url: str, source: str, interval_s: float) -> None:
    """Whether it may be watched at all. Raises: click.UsageError, Refused."""
    try:
        http_url(url)
        place = target(url)
    except (ValueError, Unusable) as error:
        raise click.BadParameter(f"{masked(url)}: {error}", param_hint="URL") from error
    names = [one.name for one in shell.settings.sources]
    if source not in names:
        raise Refused(shell.wording.say("no_such_source", source=source, known=", ".join(names) or "–"))
    guard = Guard(allow_networks=shell.settings.http.networks, allow_ports=frozenset(shell.settings.http.allow_ports))
    try:
        guard.judge_spelling(place.host, place.port)
    except PortBlocked as error:
        raise Refused(shell.wording.say("feed_port", feed=masked(url), port=place.port)) from error
    except Blocked as error:
        raise Refused(shell.wording.say("feed_not_public", feed=masked(url))) from error
    least_s = shell.settings.poll.min_interval_s
    if interval_s < least_s and not guard.knows(place.host):
        raise Refused(shell.wording.say("interval_too_short", least=duration_text(least_s)))


def _take_over(tx: Transaction, known: Feed, feed: Feed) -> int:
    """A feed that left the configuration goes on as one of the commands, with its history. Returns: its id."""
    stopped = "" if known.stopped == configure.LEFT_THE_FILE else known.stopped
    names = ("source", "interval_s", "interval_given", "category", "origin")
    said = {name: getattr(feed, name) for name in names}
    tx.feeds.describe(known.id, **said, stopped=stopped)
    return known.id


def _row(shell: Shell, feed: Feed, host: Host) -> list[object]:
    say, now = shell.wording.say, shell.now()
    last = say(f"outcome_{feed.last_outcome}") if feed.last_outcome else say("never_polled")
    if feed.last_polled_at:
        last += f", {shell.wording.relative(feed.last_polled_at, now)}"
    due = say("due_now") if feed.next_poll_at <= now else shell.wording.relative(feed.next_poll_at, now)
    remarks = (
        feed.stopped or feed.last_reason,
        feed.catch_up and say("catches_up", page=feed.catch_up.page),
        feed.reread and say("rereads", page=feed.reread.pages + 1),
        feed.lied_at and say("lied_short"),
        host.strip_weak_etags and say("weak_etags"),
    )
    return [
        feed.id,
        masked(feed.url),
        feed.source,
        duration_text(feed.interval_s),
        say("stopped") if feed.stopped else due,
        "" if feed.stopped else _pace(shell, feed),
        last,
        "; ".join(shell.told(remark) for remark in remarks if remark),
    ]


def _pace(shell: Shell, feed: Feed) -> str:
    """Why the next poll is when it is."""
    reason, say = reason_of(feed.pace_reason), shell.wording.say
    if reason is None or feed.failures:
        return ""
    if reason.why is Why.CACHE:
        return say("pace_cache", at=shell.clock(datetime.fromtimestamp(reason.until, UTC)))
    rate = f"{reason.rate:.0f}" if reason.rate >= 10 else f"{reason.rate:.2g}"
    told = rate.replace(".", ",") if shell.wording.language == "de" else rate
    return say(
        f"pace_{reason.why}",
        interval=duration_text(reason.hint_s),
        day=say(f"weekday_{reason.cell // 24}"),
        hour=reason.cell % 24,
        rate=say("articles_an_hour", rate=told),
    )


def _pace_data(feed: Feed) -> dict[str, object] | None:
    reason = reason_of(feed.pace_reason)
    if reason is None:
        return None
    hour: dict[str, object] = {"weekday": reason.cell // 24, "hour": reason.cell % 24, "articles_an_hour": reason.rate}
    more = hour if reason.why in (Why.RHYTHM, Why.BURST, Why.WINDOW) else {}
    if reason.why is Why.CACHE:
        more = {"fresh_until": show.stamp(datetime.fromtimestamp(reason.until, UTC))}
    if reason.why is Why.HINT:
        more = {"hint_s": reason.hint_s}
    return {"why": reason.why.value, **more}


def _data(feed: Feed, host: Host) -> dict[str, object]:
    return {
        "id": feed.id,
        "url": masked(feed.url),
        "source": feed.source,
        "category": feed.category,
        "interval_s": feed.interval_s,
        "interval_given": feed.interval_given,
        "pace": _pace_data(feed),
        "origin": feed.origin,
        "stopped": feed.stopped,
        "next_poll_at": show.stamp(feed.next_poll_at),
        "last_polled_at": show.stamp(feed.last_polled_at),
        "last_success_at": show.stamp(feed.last_success_at),
        "last_outcome": feed.last_outcome,
        "last_reason": feed.last_reason,
        "failures": feed.failures,
        "catching_up": feed.catch_up is not None,
        "reread_at": show.stamp(feed.reread_at),
        "lied_at": show.stamp(feed.lied_at),
        "strip_weak_etags": host.strip_weak_etags,
    }
