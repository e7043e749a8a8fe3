"""`channels test`: a sample leaves by one channel, and what the other side said is shown. Nothing is written down."""

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from worker.bootstrap import opened_channels
from worker.cli import show
from worker.cli.shell import Command, Refused, Shell, example, json_option
from worker.masking import mask
from worker.model import AlertHistory, Channel, SendOutcome, SendResult, Told
from worker.sample import Sample, sample
from worker.sending import send
from worker.settings import ChannelSettings
from worker.steadyclock import SystemClock


@click.command(
    "test", cls=Command, epilog=example("feedwacht channels test screen", "feedwacht channels test editors --json")
)
@click.argument("name")
@json_option
@click.pass_context
def test(context: click.Context, name: str, as_json: bool) -> None:
    """Send a sample and see what the other side says.

    It is clearly a test, for people as for programs. Ends with exit code 1 when it was not accepted.
    """
    shell: Shell = context.obj
    one = _settings(shell, name)
    given = sample(name, token=secrets.token_hex(8), now=shell.now(), language=shell.wording.language)
    with _opened(shell, one, given, to_stderr=as_json) as channel:
        started_s = time.monotonic()
        outcome = send({name: channel}, given.delivery, given.message, SystemClock(), advice="")
        took_s = time.monotonic() - started_s
    if as_json:
        show.as_json(_data(one, given, outcome, took_s))
    else:
        show.lines(*_lines(shell, name, given, outcome, took_s))
    if outcome.result is not SendResult.SENT:
        context.exit(1)


def _settings(shell: Shell, name: str) -> ChannelSettings:
    """Raises: Refused for a channel that the configuration does not have."""
    known = {one.name: one for one in shell.settings.channels}
    if name not in known:
        raise Refused(shell.wording.say("no_such_channel", channel=name, known=", ".join(known) or "–"))
    return known[name]


@contextmanager
def _opened(shell: Shell, one: ChannelSettings, given: Sample, *, to_stderr: bool) -> Iterator[Channel]:
    """This channel alone; a feed gets a file of its own that holds nothing but the sample."""
    alone = shell.settings.model_copy(update={"channels": (one,)})
    console = sys.stderr if to_stderr else sys.stdout
    with opened_channels(alone, SystemClock(), console, _Sampled(given)) as channels:
        yield channels[one.name]


@dataclass(frozen=True, slots=True)
class _Sampled:
    """The history of a subscription that was told of the sample, and of nothing else."""

    given: Sample

    def history(self, delivery_id: str, most: int) -> AlertHistory:  # noqa: ARG002 - the protocol's
        alert = self.given.alert
        return AlertHistory(
            subscription=alert.subscription,
            query=alert.query,
            told=(Told(alert=alert),),
            updated_at=alert.created_at,
        )


# -- what is shown ------------------------------------------------------------------------------------------------------


def _lines(shell: Shell, name: str, given: Sample, outcome: SendOutcome, took_s: float) -> Iterator[str]:
    said = {"channel": name, "detail": shell.told(mask(outcome.detail)), "took": f"{took_s:.2f}"}
    yield shell.wording.say(f"tried_{outcome.result}", **said)
    if _has_left(outcome):
        yield shell.wording.say("tried_id", id=given.delivery.id)
    if outcome.answer:
        yield shell.wording.say("tried_answer", answer=mask(outcome.answer))


def _has_left(outcome: SendOutcome) -> bool:
    """Whether the other side may have seen the id."""
    return outcome.result in (SendResult.SENT, SendResult.UNKNOWN) or outcome.status is not None


def _data(one: ChannelSettings, given: Sample, outcome: SendOutcome, took_s: float) -> dict[str, object]:
    return {
        "channel": one.name,
        "type": one.type,
        "id": given.delivery.id,
        "result": outcome.result.value,
        "status": outcome.status,
        "detail": mask(outcome.detail),
        "answer": mask(outcome.answer),
        "took_s": round(took_s, 3),
    }
