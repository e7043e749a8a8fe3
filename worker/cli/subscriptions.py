"""`subscriptions` and `channels`: who is told of what, and through what."""

from collections.abc import Sequence

import click

from worker import configure
from worker.archive import Transaction
from worker.cli import show
from worker.cli.arguments import read_query
from worker.cli.shell import Group, Refused, Shell, example, json_option
from worker.errors import QuerySyntaxError
from worker.masking import mask
from worker.model import Subscription
from worker.query import parse
from worker.settings import ChannelSettings, WebhookSettings
from worker.settings.rules import line

_channel_option = click.option(
    "--channel", "channels", multiple=True, metavar="NAME", help="Where alerts go; may be given several times."
)


@click.group(cls=Group, epilog=example("feedwacht subscriptions list"))
def subscriptions() -> None:
    """See and change what people are told of.

    Changes hold from the next article on, without a restart. Those of the configuration are changed there.
    """


@subscriptions.command("list", epilog=example("feedwacht subscriptions list"))
@json_option
@click.pass_obj
def list_(shell: Shell, as_json: bool) -> None:
    """List all subscriptions with their queries."""
    with shell.archive(configured=True) as archive, archive.read() as tx:
        found = tx.subscriptions.all()
    if as_json:
        show.as_json([_data(one) for one in found])
        return
    if not found:
        show.lines(shell.wording.say("no_subscriptions"))
        return
    names = ("col_name", "col_query", "col_channels", "col_state", "col_origin")
    show.table([shell.wording.say(name) for name in names], [_row(shell, one) for one in found])


@subscriptions.command(epilog=example("feedwacht subscriptions add Nato 'Nato OR \"Mark Rutte\"' --channel screen"))
@click.argument("name")
@click.argument("query")
@_channel_option
@click.pass_obj
def add(shell: Shell, name: str, query: str, channels: tuple[str, ...]) -> None:
    """Tell of articles that match QUERY.

    It holds for articles that are first seen from now on.
    """
    read = read_query(query, shell.wording.language)
    wanted = _known_channels(shell, channels)
    if not wanted:
        raise click.UsageError("Missing option '--channel'.")
    try:
        line(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from error
    with shell.archive(configured=True) as archive, archive.write() as tx:
        tx.subscriptions.add(
            name=name,
            query=query,
            canonical=read.to_json(),
            channels=wanted,
            origin=configure.COMMAND,
            now=shell.now(),
        )
    show.lines(shell.wording.say("subscription_added", name=name, channels=", ".join(wanted)))


@subscriptions.command(
    epilog=example(
        "feedwacht subscriptions edit Nato --query 'Nato OR Rutte'",
        "feedwacht subscriptions edit Nato --channel screen",
    )
)
@click.argument("name")
@click.option("--query", help="What it looks for from now on.")
@_channel_option
@click.pass_obj
def edit(shell: Shell, name: str, query: str | None, channels: tuple[str, ...]) -> None:
    """Change a subscription's query or channels.

    Channels that are given replace those that were.
    """
    if query is None and not channels:
        raise click.UsageError("Nothing to change: give --query or --channel.")
    changes: dict[str, object] = {}
    if query is not None:
        changes |= {"query": query, "canonical": read_query(query, shell.wording.language).to_json()}
    if channels:
        changes["channels"] = _known_channels(shell, channels)
    with shell.archive(configured=True) as archive, archive.write() as tx:
        found = _find(shell, tx, name)
        _refuse_of_file(shell, found)
        tx.subscriptions.change(found.id, **changes)
    show.lines(shell.wording.say("subscription_changed", name=name))


@subscriptions.command(epilog=example("feedwacht subscriptions pause Nato"))
@click.argument("name")
@click.pass_obj
def pause(shell: Shell, name: str) -> None:
    """Let a subscription rest.

    What is published meanwhile does not alert, later neither.
    """
    with shell.archive(configured=True) as archive, archive.write() as tx:
        tx.subscriptions.change(_find(shell, tx, name).id, paused=True)
    show.lines(shell.wording.say("subscription_paused", name=name))


@subscriptions.command(epilog=example("feedwacht subscriptions resume Nato"))
@click.argument("name")
@click.pass_obj
def resume(shell: Shell, name: str) -> None:
    """Let a paused subscription go on."""
    with shell.archive(configured=True) as archive, archive.write() as tx:
        tx.subscriptions.change(_find(shell, tx, name).id, paused=False)
    show.lines(shell.wording.say("subscription_resumed", name=name))


@subscriptions.command(epilog=example("feedwacht subscriptions remove Nato"))
@click.argument("name")
@click.pass_obj
def remove(shell: Shell, name: str) -> None:
    """Remove a subscription.

    What it still waits for is cancelled; its alerts stay as history.
    """
    with shell.archive(configured=True, conflicting=True) as archive, archive.write() as tx:
        found = _find(shell, tx, name)
        _refuse_of_file(shell, found)
        cancelled = tx.subscriptions.remove(found.id, shell.now())
    show.lines(shell.wording.say("subscription_removed", name=name))
    if cancelled:
        show.lines(shell.wording.count("deliveries_cancelled", cancelled))


def _find(shell: Shell, tx: Transaction, name: str) -> Subscription:
    found = tx.subscriptions.find(name)
    if found is None:
        raise Refused(shell.wording.say("no_such_subscription", name=name))
    return found


def _refuse_of_file(shell: Shell, subscription: Subscription) -> None:
    if subscription.origin == configure.FILE:
        raise Refused(shell.wording.say("subscription_of_file", name=subscription.name, file=shell.file))


def _known_channels(shell: Shell, names: Sequence[str]) -> list[str]:
    """The names, each once. Raises: Refused for one that the configuration does not have."""
    known = [channel.name for channel in shell.settings.channels]
    for name in names:
        if name not in known:
            raise Refused(shell.wording.say("no_such_channel", channel=name, known=", ".join(known) or "–"))
    return list(dict.fromkeys(names))


def _state(subscription: Subscription) -> str:
    if not _is_readable(subscription.query):
        return "unreadable"
    return "paused" if subscription.paused else "active"


def _is_readable(query: str) -> bool:
    try:
        parse(query)
    except QuerySyntaxError:
        return False
    return True


def _row(shell: Shell, one: Subscription) -> list[object]:
    say = shell.wording.say
    state, origin = say(f"subscription_is_{_state(one)}"), say(f"origin_{one.origin}")
    return [one.name, one.query, ", ".join(one.channels), state, origin]


def _data(one: Subscription) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "query": one.query,
        "channels": list(one.channels),
        "state": _state(one),
        "origin": one.origin,
        "created_at": show.stamp(one.created_at),
    }


# -- channels ---------------------------------------------------------------------------------------------------------


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
    return mask(channel.url) if isinstance(channel, WebhookSettings) else None
