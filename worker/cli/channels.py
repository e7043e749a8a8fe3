"""`channels`: the ways in which alerts leave. They are set up in the configuration."""

from dataclasses import replace

import click

from worker import channelcare
from worker.cli import show
from worker.cli.shell import Group, Refused, Shell, example, json_option
from worker.mailbox import mailbox
from worker.masking import mask
from worker.model import ChannelState
from worker.settings import AppriseSettings, ChannelSettings, EmailSettings, WebhookSettings


@click.group(cls=Group, epilog=example("feedwacht channels list"))
def channels() -> None:
    """See the ways in which alerts leave.

    They are set up in the configuration.
    """


@channels.command("list", epilog=example("feedwacht channels list"))
@json_option
@click.pass_obj
def list_channels(shell: Shell, as_json: bool) -> None:
    """List the channels, and how they are doing."""
    found = shell.settings.channels
    with shell.archive() as archive, archive.read() as tx:
        states = {state.name: state for state in tx.channels.all()}
        waiting = {name: count for name, (count, _) in tx.channels.waiting().items()}
    doing = [(one, states.get(one.name, ChannelState(name=one.name)), waiting.get(one.name, 0)) for one in found]
    if as_json:
        show.as_json([_data(shell, *one) for one in doing])
        return
    if not found:
        show.lines(shell.wording.say("no_channels"))
        return
    names = ("col_name", "col_type", "col_url", "col_state", "col_failures", "col_waiting", "col_remark")
    show.table([shell.wording.say(name) for name in names], [_row(shell, *one) for one in doing])


@channels.command(epilog=example("feedwacht channels enable redaktion"))
@click.argument("name")
@click.pass_obj
def enable(shell: Shell, name: str) -> None:
    """Try a channel again that was disabled, or that rests.

    What waits for it leaves at once.
    """
    _configured(shell, name)
    with shell.archive() as archive, archive.write() as tx:
        was_disabled = channelcare.enable(tx, name, shell.now())
    show.lines(shell.wording.say("channel_enabled" if was_disabled else "channel_was_enabled", name=name))


@channels.command(epilog=example("feedwacht channels disable redaktion"))
@click.argument("name")
@click.pass_obj
def disable(shell: Shell, name: str) -> None:
    """Send nothing by a channel until it is enabled again.

    What is owed meanwhile waits.
    """
    target, now = _configured(shell, name).target, shell.now()
    with shell.archive() as archive, archive.write() as tx:
        known = tx.channels.find(name) or ChannelState(name=name, target=target)
        tx.channels.save(replace(known, disabled_at=known.disabled_at or now))
    show.lines(shell.wording.say("channel_disabled", name=name))


def _configured(shell: Shell, name: str) -> ChannelSettings:
    for one in shell.settings.channels:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in shell.settings.channels) or "–"
    raise Refused(shell.wording.say("no_such_channel", channel=name, known=known))


def _row(shell: Shell, one: ChannelSettings, state: ChannelState, waiting: int) -> list[object]:
    url, detail = _url(one) or "", shell.told(mask(state.detail))
    return [one.name, one.type, url, _state(shell, state), state.failures or "", waiting or "", detail]


def _state(shell: Shell, state: ChannelState) -> str:
    say, since = shell.wording.say, shell.clock(state.failing_since)
    if state.disabled_at is not None:
        return say("channel_is_disabled", at=shell.clock(state.disabled_at))
    if state.rest_until is not None and state.rest_until > shell.now():
        return say("channel_is_resting", since=since, at=shell.clock(state.rest_until))
    return say("channel_is_failing", since=since) if state.failures else say("channel_is_well")


def _data(shell: Shell, one: ChannelSettings, state: ChannelState, waiting: int) -> dict[str, object]:
    rests = state.rest_until is not None and state.rest_until > shell.now()
    return {
        "name": one.name,
        "type": one.type,
        "url": _url(one),
        "failures": state.failures,
        "failing_since": show.stamp(state.failing_since),
        "rests_until": show.stamp(state.rest_until) if rests else None,
        "disabled_at": show.stamp(state.disabled_at),
        "waiting": waiting,
        "detail": mask(state.detail),
    }


def _url(channel: ChannelSettings) -> str | None:
    if isinstance(channel, EmailSettings):
        return f"mailto:{','.join(mailbox(one).address for one in channel.to)}"
    if isinstance(channel, AppriseSettings):
        return channel.address.shown
    return mask(channel.url) if isinstance(channel, WebhookSettings) else None
