"""`archive verify` and `archive renormalise`: whether rows, files and manifests still say the same, and whether records
are what today's rules make of their raw evidence.
"""

from collections.abc import Collection, Iterator

import click

from worker import indexing, recordfiles
from worker.archive import Archive
from worker.audit import MENDABLE, Audit, mend
from worker.cli import history, show
from worker.cli.arguments import When, WhenType
from worker.cli.shell import Command, Shell, example, json_option, warn
from worker.model import Flaw, FlawKind
from worker.renormalise import Renormaliser, Reread, Result
from worker.sandbox import Sandbox


@click.command(cls=Command, epilog=example("feedwacht archive verify", "feedwacht archive verify --repair"))
@click.option("--repair", is_flag=True, help="Write again what is missing or wrong, and take away what is left over.")
@json_option
@click.pass_context
def verify(context: click.Context, repair: bool, as_json: bool) -> None:
    """Compare rows, record files and manifests with each other.

    Each difference is named on a line. Exit code 1: there are differences that were not mended. What the archive itself
    contradicts, and files that are not feedwacht's, are never touched.
    """
    shell: Shell = context.obj
    with shell.archive() as opened:
        with opened.read() as tx:
            total = tx.records.count()
        with show.progress(counted=True) as bar:
            task = bar.add_task(shell.wording.say("verifying"), total=total)
            audit = Audit(opened, shell.files, lambda count: bar.advance(task, count))
            found, kinds_left = [], set[FlawKind]()
            for flaw, mended in _looked_at(shell, opened, audit, repair=repair):
                found.append((flaw, mended) if as_json else (None, mended))
                kinds_left |= set() if mended else {flaw.kind}
                if not as_json:
                    show.lines(_sentence(shell, flaw, mended=mended))
        if repair and shell.files is not None:
            recordfiles.write_due(opened, shell.files)
    left = sum(not mended for _, mended in found)
    if as_json:
        counted = {"records": audit.done.records, "files": audit.done.files, "files_due": audit.done.files_due}
        show.as_json({**counted, "differences": [_data(shell, flaw, mended) for flaw, mended in found if flaw]})
    else:
        show.lines(*_verdict(shell, audit, len(found), left))
        for advice in _advice(shell, kinds_left):
            warn(advice)
    context.exit(1 if left else 0)


def _looked_at(shell: Shell, archive: Archive, audit: Audit, *, repair: bool) -> Iterator[tuple[Flaw, bool]]:
    """Each difference, and whether it was mended."""
    for flaw in audit.flaws():
        yield flaw, repair and mend(archive, shell.files, flaw)


def _sentence(shell: Shell, flaw: Flaw, *, mended: bool) -> str:
    said = shell.wording.say(f"flaw_{flaw.kind}", key=flaw.key, where=flaw.where, detail=flaw.detail)
    said = " ".join(said.split())
    return shell.wording.say("flaw_mended", flaw=said) if mended else said


def _verdict(shell: Shell, audit: Audit, found: int, left: int) -> Iterator[str]:
    say, count = shell.wording.say, shell.wording.count
    articles, files = count("articles", audit.done.records), count("record_files", audit.done.files)
    yield say("verified", articles=articles, files=files)
    if audit.done.files_due:
        yield count("files_due", audit.done.files_due)
    if not found:
        yield say("verified_good")
        return
    yield count("differences", found) + ("" if left == found else "; " + count("differences_left", left))


def _advice(shell: Shell, kinds_left: Collection[FlawKind]) -> Iterator[str]:
    """What to do about what is left; what rows contradict is said by each line itself."""
    if MENDABLE.intersection(kinds_left):
        yield shell.wording.say("verify_repair")
    if FlawKind.FILE_SUPERFLUOUS in kinds_left:
        yield shell.wording.say("verify_superfluous", folder=shell.files)


def _data(shell: Shell, flaw: Flaw, mended: bool) -> dict[str, object]:
    named = {"kind": flaw.kind.value, "key": flaw.key, "where": flaw.where, "detail": flaw.detail}
    return {**named, "sentence": _sentence(shell, flaw, mended=False), "mended": mended}


@click.command(
    cls=Command,
    epilog=example("feedwacht archive renormalise --dry-run", "feedwacht archive renormalise --since 30d"),
)
@click.option("--since", type=WhenType(), help="Published at or after: 30d, 12h, or a day, 2025-12-01.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
@click.pass_obj
def renormalise(shell: Shell, since: When | None, dry_run: bool) -> None:
    """Read articles again after rules changed.

    Do it when categories, boilerplate or tracking keys of a source were changed, or after an upgrade that reads better.
    What changes is an earlier and a later state of the article, and nobody is alerted. A run that is cut short goes on
    where it was. What cannot be read again is named and left as it is.
    """
    now = shell.now()
    start = since.starts_at(shell.zone, now) if since else None
    sources = {source.name: source.rules for source in shell.settings.sources}
    counts = dict.fromkeys(Result, 0)
    sandbox = Sandbox()
    try:
        with shell.archive() as opened:
            renormaliser = Renormaliser(archive=opened, read=sandbox.parse_evidence, sources=sources)
            with opened.read() as tx:
                total = tx.records.count(since=start)
            with show.progress(counted=True) as bar:
                task = bar.add_task(shell.wording.say("renormalising"), total=total)
                for found in renormaliser.run(now=now, since=start, dry_run=dry_run):
                    counts[found.result] += 1
                    bar.advance(task)
                    _tell(shell, found)
            if not dry_run:
                indexing.index_all(opened)
                if shell.files is not None:
                    recordfiles.write_due(opened, shell.files)
    finally:
        sandbox.close()
    said = "renormalised_trial" if dry_run else "renormalised"
    show.lines(shell.wording.say(said, **{result.value: shell.wording.number(n) for result, n in counts.items()}))


def _tell(shell: Shell, found: Reread) -> None:
    """A line for what changed, and one beside the data for what could not be read."""
    if found.result is Result.CHANGED:
        show.lines(f"{found.filed.record.url}: {history.changed_parts(shell, found.fields, text=found.text)}")
    elif found.result is Result.UNREADABLE:
        warn(show.safe(f"{found.filed.record.url}: {found.reason}"))
