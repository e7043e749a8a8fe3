"""`archive verify`: whether rows, files and manifests still say the same."""

from collections.abc import Iterator

import click

from worker import recordfiles
from worker.archive import Archive
from worker.audit import Audit, mend
from worker.cli import show
from worker.cli.shell import Command, Shell, example, json_option
from worker.model import Flaw


@click.command(cls=Command, epilog=example("feedwacht archive verify", "feedwacht archive verify --repair"))
@click.option("--repair", is_flag=True, help="Write again what is missing or wrong, and take away what is left over.")
@json_option
@click.pass_context
def verify(context: click.Context, repair: bool, as_json: bool) -> None:
    """Compare everything with everything: rows, record files, manifests.

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
            found = []
            for flaw, mended in _looked_at(shell, opened, audit, repair=repair):
                found.append((flaw, mended) if as_json else (None, mended))
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


def _data(shell: Shell, flaw: Flaw, mended: bool) -> dict[str, object]:
    named = {"kind": flaw.kind.value, "key": flaw.key, "where": flaw.where, "detail": flaw.detail}
    return {**named, "sentence": _sentence(shell, flaw, mended=False), "mended": mended}
