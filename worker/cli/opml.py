"""`feeds export` and `feeds import`: lists of feeds as OPML, for other programs and out of them."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from worker import configure
from worker.archive import Archive
from worker.cli import show
from worker.cli.feeds import check, enter
from worker.cli.shell import Command, Refused, Shell, example, warn
from worker.errors import ParseError
from worker.fetch import masked, spelled_alike
from worker.model import Feed
from worker.opml import BadOutline, Outline, write_opml
from worker.sandbox import Sandbox
from worker.settings import duration_text, seconds

MOST_BYTES = 16 * 2**20
DEFAULT_INTERVAL_S = 600.0
_STDOUT = Path("-")


# -- out --------------------------------------------------------------------------------------------------------------


@click.command(
    "export", cls=Command, epilog=example("feedwacht feeds export feeds.opml", "feedwacht feeds export - > feeds.opml")
)
@click.argument("path", metavar="[FILE|-]", default="-", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export(shell: Shell, path: Path) -> None:
    """Write all feeds as OPML, with sources as folders.

    - or nothing is standard output. Passwords and keys in addresses are left out.
    """
    with shell.archive(configured=True) as archive, archive.read() as tx:
        feeds = [feed for feed in tx.feeds.all() if feed.origin != configure.LEFT]
    feeds.sort(key=lambda feed: (feed.source, feed.id))
    document = write_opml([_outline(feed) for feed in feeds], title="feedwacht", now=shell.now())
    if path == _STDOUT:
        sys.stdout.buffer.write(document)
    else:
        path.write_bytes(document)
    for feed in feeds:
        if masked(feed.url) != feed.url:
            warn(show.safe(shell.wording.say("opml_masked", feed=masked(feed.url))))
    warn(shell.wording.say("opml_exported", feeds=shell.wording.count("feeds", len(feeds)), path=path))


def _outline(feed: Feed) -> Outline:
    return Outline(
        url=masked(feed.url),
        title=feed.title,
        folders=(feed.source,),
        category=feed.category,
        interval=duration_text(feed.interval_s) if feed.interval_given else "",
    )


# -- in ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What became of one line: a sentence, and whether it was added, known, or bad."""

    kind: str
    sentence: str


@click.command(
    "import",
    cls=Command,
    epilog=example(
        "feedwacht feeds import feeds.opml --source hasepost", "feedwacht feeds import feeds.opml --source-from-outline"
    ),
)
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", metavar="NAME", help="The source that all of them belong to.")
@click.option(
    "--source-from-outline",
    "by_folder",
    is_flag=True,
    help="Folders in the file are called as sources, or their lines.",
)
@click.pass_context
def import_(context: click.Context, path: Path, source: str | None, by_folder: bool) -> None:
    """Watch the feeds of an OPML file.

    Known feeds, also in another spelling, are named and left alone. A line that cannot be used is named and skipped, and
    the exit code is 1 then.
    """
    shell: Shell = context.obj
    if (source is None) != by_folder:
        raise click.UsageError(shell.wording.say("opml_which_source"))
    sources = _sources(shell, source)
    outlines = _read(shell, path)
    with shell.archive(configured=True) as archive:
        done = list(_taken(shell, archive, outlines, path, sources, source))
    counts = {kind: sum(one.kind == kind for one in done) for kind in ("added", "known", "bad")}
    say, count = shell.wording.say, shell.wording.count
    known = count("known", counts["known"])
    show.lines(say("opml_imported", feeds=count("feeds", counts["added"]), known=known))
    if counts["bad"]:
        warn(count("bad_lines", counts["bad"]))
    context.exit(1 if counts["bad"] else 0)


def _sources(shell: Shell, source: str | None) -> dict[str, str]:
    """Names of sources by what a folder may be called."""
    configured = shell.settings.sources
    if source is not None and source not in (one.name for one in configured):
        known = ", ".join(one.name for one in configured) or "–"
        raise Refused(shell.wording.say("no_such_source", source=source, known=known))
    return {one.line: one.name for one in configured if one.line} | {one.name: one.name for one in configured}


def _read(shell: Shell, path: Path) -> list[Outline | BadOutline]:
    with path.open("rb") as file:
        body = file.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise Refused(shell.wording.say("opml_too_large", path=path, most=show.size(shell.wording, MOST_BYTES)))
    sandbox = Sandbox(size=1)
    try:
        return sandbox.read_opml(body)
    except ParseError as error:
        raise Refused(show.safe(f"{path}: {shell.told(str(error))}")) from error
    finally:
        sandbox.close()


def _taken(
    shell: Shell,
    archive: Archive,
    outlines: Sequence[Outline | BadOutline],
    path: Path,
    sources: dict[str, str],
    source: str | None,
) -> Iterator[_Taken]:
    with archive.read() as tx:
        known = {spelled_alike(feed.url): feed.url for feed in tx.feeds.all() if feed.origin != configure.LEFT}
    for one in outlines:
        if isinstance(one, BadOutline):
            done = _Taken(kind="bad", sentence=shell.told(one.reason))
        elif before := known.get(spelled_alike(one.url)):
            done = _Taken(kind="known", sentence=shell.wording.say("opml_known", feed=masked(before)))
        else:
            done = _added(shell, archive, one, source or _source_of(one, sources), sources)
            known |= {spelled_alike(one.url): one.url} if done.kind == "added" else {}
        if done.sentence:
            warn(show.safe(shell.wording.say("opml_line", place=f"{path}:{one.line}", said=done.sentence)))
        yield done


def _source_of(one: Outline, sources: dict[str, str]) -> str:
    """What the nearest folder names that names a source."""
    return next((sources[folder] for folder in reversed(one.folders) if folder in sources), "")


def _added(shell: Shell, archive: Archive, one: Outline, source: str, sources: dict[str, str]) -> _Taken:
    say = shell.wording.say
    if "***" in one.url:
        return _Taken(kind="bad", sentence=say("opml_is_masked", feed=one.url))
    if not source:
        known = ", ".join(dict.fromkeys(sources.values()))
        return _Taken(kind="bad", sentence=say("opml_no_source", feed=masked(one.url), known=known or "–"))
    try:
        interval_s = seconds(one.interval) if one.interval else DEFAULT_INTERVAL_S
        check(shell, one.url, source, interval_s)
    except (click.ClickException, ValueError) as error:
        said = error.message if isinstance(error, click.ClickException) else str(error)
        return _Taken(kind="bad", sentence=said)
    enter(
        shell,
        archive,
        url=one.url,
        source=source,
        interval_s=interval_s,
        interval_given=bool(one.interval),
        category=one.category,
    )
    return _Taken(kind="added", sentence="")
