"""`doctor`: what the service depends on is tried once, and each line says what to do. The checks are in `worker/doctor/`."""

from collections.abc import Iterator

import click

from worker import doctor as checks
from worker.cli import show
from worker.cli.shell import Command, Shell, example, json_option
from worker.doctor import Finding, Verdict
from worker.masking import mask
from worker.reasonsentences import in_language
from worker.wording import Wording


@click.command(cls=Command, epilog=example("feedwacht doctor", "feedwacht doctor --offline"))
@click.option("--offline", is_flag=True, help="Ask nobody but the database and the broker.")
@json_option
@click.pass_context
def doctor(context: click.Context, offline: bool, as_json: bool) -> None:
    """Try what the service depends on, and say what to do.

    Configuration, database, broker, clock, folders, names, sources, webhooks and mail servers; no message is sent. It
    also runs where the configuration or the archive cannot be used.

    Exit code 1: something failed.
    """
    shell: Shell = context.obj
    wording = Wording(shell.language)
    found: list[Finding] = []
    for one in checks.examine(shell.load, offline=offline):
        found.append(one)
        if not as_json:
            show.lines(_line(wording, one))
    failed = [one for one in found if one.verdict is Verdict.FAILED]
    if as_json:
        show.as_json([_data(wording, one) for one in found])
    else:
        show.lines(*_summary(wording, found))
    context.exit(1 if failed else 0)


def _line(wording: Wording, one: Finding) -> str:
    return f"{wording.say(f'doctor_is_{one.verdict}'):<8} {_sentence(wording, one)}"


def _sentence(wording: Wording, one: Finding) -> str:
    return mask(in_language(wording.say(one.sentence, **one.values), wording.language))


def _summary(wording: Wording, found: list[Finding]) -> Iterator[str]:
    counts = {verdict.value: str(sum(one.verdict is verdict for one in found)) for verdict in Verdict}
    yield wording.say("doctor_summary", **counts)


def _data(wording: Wording, one: Finding) -> dict[str, object]:
    return {
        "check": one.check,
        "verdict": one.verdict.value,
        "finding": one.sentence,
        "sentence": _sentence(wording, one),
        "values": {name: mask(value) for name, value in one.values.items()},
    }
