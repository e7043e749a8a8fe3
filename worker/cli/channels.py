"""`channels`: the ways in which alerts leave. They are set up in the configuration."""

import click

from worker.cli import show
from worker.cli.shell import Group, Shell, example, json_option
from worker.masking import mask
from worker.settings import AppriseSettings, ChannelSettings, WebhookSettings


@click.group(cls=Group, epilog=example("feedwacht channels list"))
def channels() -> None:
    """See the ways in which alerts leave.

    They are set up in the configuration.
    """


@channels.command("list", epilog=example("feedwacht channels list"))
@json_option
@click.pass_obj
def list_channels(shell: Shell, as_json: bool) -> None:
    """List the channels of the configuration."""
    found = shell.settings.channels
    if as_json:
        show.as_json([{"name": one.name, "type": one.type, "url": _url(one)} for one in found])
        return
    if not found:
        show.lines(shell.wording.say("no_channels"))
        return
    headers = [shell.wording.say(name) for name in ("col_name", "col_type", "col_url")]
    show.table(headers, [(one.name, one.type, _url(one) or "") for one in found])


def _url(channel: ChannelSettings) -> str | None:
    if isinstance(channel, AppriseSettings):
        return channel.address.shown
    return mask(channel.url) if isinstance(channel, WebhookSettings) else None
