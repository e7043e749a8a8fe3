"""`archive export` and `archive import`."""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import click

from worker import indexing, transfer
from worker.archive import Transaction
from worker.arrivals import BadLine, importable
from worker.cli import show
from worker.cli.arguments import When, WhenType, read_query
from worker.cli.shell import Command, Refused, Shell, example, warn
from worker.finding import matching
from worker.model import FiledRecord
from worker.query import Query
from worker.transfer import Format

_STDOUT = Path("-")


@click.command(
    cls=Command,
    epilog=example(
        "feedwacht archive export --to articles.jsonl --format jsonl --since 30d",
        "feedwacht archive export --to export/ --format txt",
        "feedwacht archive export --to - --format csv --query 'Hafen OR Radweg'",
        "feedwacht archive export --to everything.jsonl --format jsonl --revisions",
    ),
)
@click.option(
    "--to",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Folder or file, - is standard output.",
)
@click.option(
    "--format", "form", required=True, type=click.Choice([form.value for form in Format]), help="What is written."
)
@click.option("--since", type=WhenType(), help="Published at or after: 30d, 12h, or a day, 2025-12-01.")
@click.option("--until", type=WhenType(), help="Published before that span ago, or up to and including that day.")
@click.option("--query", help="Only articles that match.")
@click.option("--revisions", is_flag=True, help="With earlier states, for jsonl.")
@click.pass_obj
def export(
    shell: Shell, path: Path, form: str, since: When | None, until: When | None, query: str | None, revisions: bool
) -> None:
    """Write articles to files.

    They stand in the order of publication.

    txt and md: PATH is a folder with one file an article, YYYY/MM/DD/<key>.txt, or, if it ends in .txt or .md, one
    file with one record line a line. jsonl and csv: PATH is a file. Days are days on the source's clock.
    """
    chosen, now = Format(form), shell.now()
    read = read_query(query, shell.wording.language) if query is not None else None
    if revisions and chosen is not Format.JSONL:
        raise click.BadParameter("only jsonl has room for earlier states", param_hint="--revisions")
    _check_target(shell, path, chosen)
    with shell.archive() as opened, opened.read() as tx:
        tx.may_wait()
        start = since.starts_at(shell.zone, now) if since else None
        end = until.ends_at(shell.zone, now) if until else None
        total = None if start or end or read else tx.records.count()
        records = _watched(shell, _wanted(tx, read, start, end), total)
        histories = tx.records.histories if revisions else None
        if path == _STDOUT:
            count = transfer.write_records(records, chosen, sys.stdout.buffer, histories)
        else:
            count = transfer.export_records(records, chosen, path, histories)
    warn(shell.wording.say("exported", articles=shell.wording.count("articles", count), path=path))


@click.command(
    "import", cls=Command, epilog=example("feedwacht archive import articles.jsonl", "feedwacht archive import export/")
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(exists=True, path_type=Path))
@click.pass_context
def import_(context: click.Context, paths: tuple[Path, ...]) -> None:
    """Take articles over from files.

    They hold record lines (.txt, one or many a file) or JSONL; folders are searched for both.

    Known articles are left alone, and nothing alerts. A line that cannot be read is named and skipped, and the exit
    code is 1 then.
    """
    shell: Shell = context.obj
    for path in paths:
        if not path.is_dir() and not importable(path):
            raise Refused(shell.wording.say("not_importable", path=path))
    sources = [source.rules for source in shell.settings.sources]
    with shell.archive() as opened:
        done = transfer.import_files(opened, paths, sources, now=shell.now(), tell=lambda bad: _name(shell, bad))
        indexing.index_all(opened)
    count, say = shell.wording.count, shell.wording.say
    parts = {"new": count("articles", done.new), "known": count("known", done.known)}
    show.lines(say("imported", **parts))
    if done.removed:
        show.lines(say("import_removed", articles=count("articles", done.removed)))
    if done.bad:
        warn(count("bad_lines", done.bad))
    context.exit(1 if done.bad else 0)


def _wanted(
    tx: Transaction, query: Query | None, start: datetime | None, end: datetime | None
) -> Iterator[FiledRecord]:
    if query is None:
        return tx.records.stream(since=start, until=end)
    return (found.filed for found in matching(tx, query, since=start, until=end))


def _check_target(shell: Shell, path: Path, form: Format) -> None:
    """Say before the work, not after it, that a file stands where a folder is wanted, or the other way round."""
    if path == _STDOUT:
        return
    to_file = form in (Format.JSONL, Format.CSV) or path.suffix.lower() in (".txt", ".md")
    if to_file and path.is_dir():
        raise Refused(shell.wording.say("export_wants_file", path=path))
    if not to_file and path.exists() and not path.is_dir():
        raise Refused(shell.wording.say("export_wants_folder", path=path))


def _watched(shell: Shell, records: Iterable[FiledRecord], total: int | None) -> Iterator[FiledRecord]:
    with show.progress(counted=total is not None) as bar:
        task = bar.add_task(shell.wording.say("exporting"), total=total)
        for filed in records:
            yield filed
            bar.advance(task)


def _name(shell: Shell, bad: BadLine) -> None:
    place = f"{bad.file}:{bad.line}" if bad.line else str(bad.file)
    warn(show.safe(shell.wording.say("bad_line", place=place, reason=bad.reason)))
