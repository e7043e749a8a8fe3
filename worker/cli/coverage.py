"""`coverage`: what of each feed is proved complete, by which means, and where articles may be missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from worker.cli import show
from worker.cli.arguments import find_feed
from worker.cli.shell import Command, Refused, Shell, example, json_option
from worker.coverage import Gap, Piece, Stretch, covered
from worker.fetch import masked
from worker.model import Feed

CLOSED_SHOWN = 5  # the latest ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One feed with all that is known of its coverage."""

    feed: Feed
    gaps: tuple[Gap, ...]
    stretches: tuple[Stretch, ...]

    @property
    def spans(self) -> tuple[Piece, ...]:
        return covered(self.feed.covered_from, self.feed.covered_to, self.gaps, self.stretches)

    @property
    def open(self) -> list[Gap]:
        return [gap for gap in self.gaps if gap.closed_at is None]

    @property
    def closed(self) -> list[Gap]:
        """The latest first."""
        return [gap for gap in reversed(self.gaps) if gap.closed_at is not None]


@click.command(cls=Command, epilog=example("feedwacht coverage", "feedwacht coverage 1 --json"))
@click.argument("feed", required=False)
@json_option
@click.pass_obj
def coverage(shell: Shell, feed: str | None, as_json: bool) -> None:
    """Say what is proved complete.

    FEED is a URL or an id; without it, all feeds are told. Complete means: every article of that time that the site
    showed when it was read is in the archive. Open gaps are named with their reason, closed ones briefly.
    """
    found = _look(shell, feed)
    if as_json:
        show.as_json([_data(one) for one in found])
        return
    for one in found:
        show.lines(*_told(shell, one))
    show.lines(shell.wording.say("coverage_meaning") if found else shell.wording.say("no_feeds"))


def _look(shell: Shell, reference: str | None) -> list[Covered]:
    with shell.archive(configured=True) as archive, archive.read() as tx:
        feeds: Sequence[Feed] = tx.feeds.all()
        if reference is not None:
            feed = find_feed(feeds, reference)
            if feed is None:
                raise Refused(shell.wording.say("no_such_feed", feed=masked(reference)))
            feeds = [feed]
        return [
            Covered(feed=feed, gaps=tuple(tx.coverage.gaps(feed.id)), stretches=tuple(tx.coverage.stretches(feed.id)))
            for feed in feeds
        ]


# -- for people -------------------------------------------------------------------------------------------------------


def _told(shell: Shell, one: Covered) -> Iterator[str]:
    say = shell.wording.say
    yield say("coverage_of", id=one.feed.id, feed=masked(one.feed.url))
    told = [*_told_of_spans(shell, one), *_told_of_gaps(shell, one), *_told_of_reading(shell, one)]
    yield from (f"  {line}" for line in told)


def _told_of_spans(shell: Shell, one: Covered) -> Iterator[str]:
    if not one.spans:
        yield shell.wording.say("covered_nothing")
    for span in one.spans:
        means = ", ".join(_means(shell, name) for name in span.means)
        since, until = shell.clock(span.from_at), shell.clock(span.to_at)
        yield shell.wording.say("covered", since=since, until=until, means=means)


def _told_of_gaps(shell: Shell, one: Covered) -> Iterator[str]:
    say = shell.wording.say
    for gap in one.open:
        yield say("gap_open", **_named(shell, gap), reason=shell.told(gap.reason))
        if one.feed.catch_up is not None and one.feed.catch_up.since == gap.from_at:
            yield say("gap_closing", page=one.feed.catch_up.page)
    for gap in one.closed[:CLOSED_SHOWN]:
        yield say("gap_closed", **_named(shell, gap), means=_means(shell, gap.closed_by))
    if len(one.closed) > CLOSED_SHOWN:
        yield say("gaps_closed_more", number=shell.wording.number(len(one.closed) - CLOSED_SHOWN))


def _named(shell: Shell, gap: Gap) -> dict[str, str]:
    number = shell.wording.number
    times = {"since": shell.clock(gap.from_at), "until": shell.clock(gap.to_at)}
    return times | {"pages": number(gap.pages), "found": number(gap.found)}


def _told_of_reading(shell: Shell, one: Covered) -> Iterator[str]:
    say, number = shell.wording.say, shell.wording.number
    for stretch in one.stretches:
        if stretch.missing:
            told = {"means": _means(shell, stretch.means), "total": number(stretch.total or 0)}
            yield say("missing_there", **told, missing=number(len(stretch.missing)))
    if one.feed.reread is not None:
        yield say("rereads", page=one.feed.reread.pages + 1)
    elif one.feed.reread_at is not None:
        yield say("reread_next", at=shell.clock(one.feed.reread_at))


_NAMED = frozenset({"polls", "window", "links", "paged", "date", "rest", "sitemap"})


def _means(shell: Shell, name: str) -> str:
    return shell.wording.say(f"means_{name}") if name in _NAMED else name


# -- for machines -----------------------------------------------------------------------------------------------------


def _data(one: Covered) -> dict[str, object]:
    return {
        "id": one.feed.id,
        "url": masked(one.feed.url),
        "covered": [
            {"from": show.stamp(span.from_at), "to": show.stamp(span.to_at), "means": list(span.means)}
            for span in one.spans
        ],
        "gaps": [_gap(gap) for gap in one.open],
        "closed": [_gap(gap) for gap in one.closed],
        "read": [_stretch(stretch) for stretch in one.stretches],
        "catching_up": one.feed.catch_up is not None,
        "reread_at": show.stamp(one.feed.reread_at),
        "ways": one.feed.ways or {},
    }


def _gap(gap: Gap) -> dict[str, object]:
    return {
        "from": show.stamp(gap.from_at),
        "to": show.stamp(gap.to_at),
        "reason": gap.reason,
        "noticed_at": show.stamp(gap.noticed_at),
        "closed_at": show.stamp(gap.closed_at),
        "closed_by": gap.closed_by,
        "pages": gap.pages,
        "found": gap.found,
    }


def _stretch(stretch: Stretch) -> dict[str, object]:
    return {
        "from": show.stamp(stretch.from_at),
        "to": show.stamp(stretch.to_at),
        "means": stretch.means,
        "read_at": show.stamp(stretch.read_at),
        "pages": stretch.pages,
        "found": stretch.found,
        "total": stretch.total,
        "missing": list(stretch.missing),
    }
