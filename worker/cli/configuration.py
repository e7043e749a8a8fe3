"""`check-config`: what the configuration means, or where it is wrong."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

import click

from worker.channels.plugins import Plugin
from worker.cli import show
from worker.cli.arguments import pointed
from worker.cli.shell import Command, Shell, example, json_option, warn
from worker.errors import QuerySyntaxError
from worker.fetch import masked
from worker.guard import Guard, Refused
from worker.query import parse
from worker.settings import (
    CHANNEL_NETWORKS,
    DEAD_MAN_NETWORKS,
    HTTP_NETWORKS,
    AppriseSettings,
    Settings,
    SubscriptionSettings,
    WebhookSettings,
)
from worker.target import target


@click.command("check-config", cls=Command, epilog=example("feedwacht check-config --config my.toml"))
@json_option
@click.pass_context
def check_config(context: click.Context, as_json: bool) -> None:
    """Say what the configuration means.

    Nothing but the file is read.

    Exit code 2: the configuration cannot be used. Exit code 1: it can, but a query cannot be read, or the address of a
    webhook or feed may not be connected to.
    """
    shell: Shell = context.obj
    settings, say, count = shell.settings, shell.wording.say, shell.wording.count
    for channel in settings.channels:
        if isinstance(channel, AppriseSettings):
            Plugin(channel.name, channel.address)
    rejected = [told for one in settings.subscriptions if (told := _fault(shell, one))]
    rejected += [say("config_blocked", what=what, reason=shell.told(why)) for what, why in _blocked(settings)]
    if as_json:
        show.as_json(settings.masked())
    else:
        feeds = count("feeds", sum(len(source.feeds) for source in settings.sources))
        show.lines(*(say("config_source", source=source.name, line=source.rules.line) for source in settings.sources))
        show.lines(*(say("config_channel", channel=one.name, type=one.type) for one in settings.channels))
        show.lines(*(say("config_subscription", name=one.name, query=one.query) for one in settings.subscriptions))
        if not rejected:
            subscriptions = count("subscriptions", len(settings.subscriptions))
            show.lines(say("config_good", files=", ".join(settings.files), feeds=feeds, subscriptions=subscriptions))
    warn(*rejected)
    context.exit(1 if rejected else 0)


def _blocked(settings: Settings) -> Iterator[tuple[str, str]]:
    """Whose address the guard will refuse, whatever its server does, and why; no name is looked up."""
    http, operator = settings.http, settings.operator
    places: list[tuple[str, str, Sequence[str], str]] = [
        (f"[[source.feed]] {masked(feed.url)}", feed.url, http.allow_networks, HTTP_NETWORKS)
        for source in settings.sources
        for feed in source.feeds
    ]
    places += [
        (f"[[channel]] {one.name}", one.url, one.allow_networks, CHANNEL_NETWORKS)
        for one in settings.channels
        if isinstance(one, WebhookSettings)
    ]
    if url := operator.dead_man_url:
        places.append(("[operator] dead_man_url", url, operator.dead_man_allow_networks, DEAD_MAN_NETWORKS))
    for what, url, networks, key in places:
        allowed = tuple(ip_network(network, strict=False) for network in networks)
        try:
            place = target(url)
            guard = Guard(allow_networks=allowed, key=key, allow_ports=frozenset(http.allow_ports))
            guard.judge_spelling(place.host, place.port)
        except Refused as error:
            yield what, str(error)


def _fault(shell: Shell, subscription: SubscriptionSettings) -> str:
    """Why its query cannot be read, with a mark under the place; "" if it can."""
    try:
        parse(subscription.query, shell.wording.language)
    except QuerySyntaxError as error:
        told = shell.wording.say("config_bad_query", name=subscription.name, fault=str(error))
        return f"{told}\n{pointed(subscription.query, error.position)}"
    return ""
