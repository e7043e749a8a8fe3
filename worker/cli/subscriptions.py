"""`subscriptions`: who is told of what, and what became of that over time."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from worker import configure
from worker.archive import Stored, Transaction
from worker.cli import show, when
from worker.cli.arguments import TAKES_QUERY, read_query
from worker.cli.shell import Group, Refused, Shell, example, json_option
from worker.cli.when import checked, timed
from worker.errors import QuerySyntaxError
from worker.model import FieldChange, Subscription, SubscriptionChange
from worker.query import Query, parse
from worker.settings import OPTIONS, rules

_F = TypeVar("_F", bound=Callable[..., Any])


def _described(function: _F) -> _F:
    """The options that say where alerts go, and what people want to remember of a subscription."""
    for option in (
        click.option("--owner", callback=checked(rules.optional_line), metavar="WHO", help="Who asked for it."),
        click.option("--note", callback=checked(rules.note), metavar="TEXT", help="A remark for people."),
        click.option(
            "--label",
            "labels",
            multiple=True,
            callback=_checked_each,
            metavar="WORD",
            help="A word to sort by; may be given several times.",
        ),
        click.option(
            "--channel", "channels", multiple=True, metavar="NAME", help="Where alerts go; may be given several times."
        ),
    ):
        function = option(function)
    return function


def _checked_each(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    check = checked(rules.optional_line)
    return tuple(dict.fromkeys(check(context, parameter, value) for value in values))


@click.group(cls=Group, epilog=example("feedwacht subscriptions list"))
def subscriptions() -> None:
    """See and change what people are told of.

    Changes hold from the next article on, without a restart. Those of the configuration are changed there.
    """


@subscriptions.command(
    "list", epilog=example("feedwacht subscriptions list", "feedwacht subscriptions list --label politics")
)
@click.option("--label", metavar="WORD", help="Only those with this label.")
@click.option("--owner", metavar="WHO", help="Only those of this owner.")
@json_option
@click.pass_obj
def list_(shell: Shell, label: str | None, owner: str | None, as_json: bool) -> None:
    """List subscriptions with their queries."""
    with shell.archive(configured=True) as archive, archive.read() as tx:
        stored = [one for one in tx.subscriptions.stored() if _is_wanted(one.subscription, label, owner)]
    found = sorted(stored, key=lambda one: one.subscription.name)
    if as_json:
        show.as_json([_data(one) for one in found])
        return
    if not found:
        narrowed = label is not None or owner is not None
        show.lines(shell.wording.say("no_subscriptions_like_that" if narrowed else "no_subscriptions"))
        return
    show.table(*_table(shell, found))


def _is_wanted(one: Subscription, label: str | None, owner: str | None) -> bool:
    return label in (None, *one.labels) and owner in (None, one.owner)


@subscriptions.command(
    context_settings=TAKES_QUERY,
    epilog=example(
        "feedwacht subscriptions add Nato 'Nato OR \"Mark Rutte\"' --channel screen",
        "feedwacht subscriptions add Hafen Hafen --channel screen --label port --owner 'city desk'",
    ),
)
@click.argument("name", callback=checked(rules.line))
@click.argument("query")
@_described
@timed
@click.pass_obj
def add(
    shell: Shell,
    name: str,
    query: str,
    channels: tuple[str, ...],
    labels: tuple[str, ...],
    note: str | None,
    owner: str | None,
    options: dict[str, Any],
) -> None:
    """Tell of articles that match QUERY.

    It holds for articles that are first seen from now on.
    """
    read = read_query(query, shell.wording.language)
    wanted = _known_channels(shell, channels)
    if not wanted:
        raise click.UsageError("Missing option '--channel'.")
    with shell.archive(configured=True) as archive, archive.write() as tx:
        tx.subscriptions.add(
            name=name,
            query=query,
            canonical=read.to_json(),
            channels=wanted,
            labels=[label for label in labels if label],
            note=note or "",
            owner=owner or "",
            origin=configure.COMMAND,
            now=shell.now(),
            editor=shell.user,
            **options,
        )
    show.lines(shell.wording.say("subscription_added", name=name, channels=", ".join(wanted)))


@subscriptions.command(
    epilog=example(
        "feedwacht subscriptions edit Nato --query 'Nato OR Rutte'",
        "feedwacht subscriptions edit Nato --channel screen --label '' --note 'until the summit'",
    )
)
@click.argument("name")
@click.option("--query", help="What it looks for from now on.")
@_described
@timed
@click.pass_obj
def edit(
    shell: Shell,
    name: str,
    query: str | None,
    channels: tuple[str, ...],
    labels: tuple[str, ...],
    note: str | None,
    owner: str | None,
    options: dict[str, Any],
) -> None:
    """Change a subscription.

    Channels, labels and urgent queries that are given replace those that were; an empty one, note, owner or time takes it away.
    """
    changes: dict[str, object] = {"note": note, "owner": owner, **options}
    changes["labels"] = [label for label in labels if label] if labels else None
    changes["channels"] = _known_channels(shell, channels) if channels else None
    if query is not None:
        changes |= {"query": query, "canonical": read_query(query, shell.wording.language).to_json()}
    changes = {field: value for field, value in changes.items() if value is not None}
    if not changes:
        raise click.UsageError("Nothing to change: give --query, --channel or any other option.")
    with shell.archive(configured=True) as archive, archive.write() as tx:
        found = _find(shell, tx, name)
        _refuse_of_file(shell, found)
        tx.subscriptions.change(found.id, now=shell.now(), editor=shell.user, **changes)
    show.lines(shell.wording.say("subscription_changed", name=name))


@subscriptions.command(epilog=example("feedwacht subscriptions pause Nato"))
@click.argument("name")
@click.pass_obj
def pause(shell: Shell, name: str) -> None:
    """Let a subscription rest.

    What is published meanwhile does not alert, later neither.
    """
    _let(shell, name, paused=True)
    show.lines(shell.wording.say("subscription_paused", name=name))


@subscriptions.command(epilog=example("feedwacht subscriptions resume Nato"))
@click.argument("name")
@click.pass_obj
def resume(shell: Shell, name: str) -> None:
    """Let a paused subscription go on."""
    _let(shell, name, paused=False)
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
        cancelled = tx.subscriptions.remove(found.id, shell.now(), editor=shell.user)
    show.lines(shell.wording.say("subscription_removed", name=name))
    if cancelled:
        show.lines(shell.wording.count("deliveries_cancelled", cancelled))


@subscriptions.command(epilog=example("feedwacht subscriptions history Nato"))
@click.argument("name")
@json_option
@click.pass_obj
def history(shell: Shell, name: str, as_json: bool) -> None:
    """Say who changed a subscription, when, and what was before.

    Removed subscriptions are told of, too.
    """
    with shell.archive(configured=True) as archive, archive.read() as tx:
        changes = tx.subscriptions.history(name)
        if not changes:
            _find(shell, tx, name)
    if as_json:
        show.as_json([_change_data(one) for one in changes])
        return
    for one in changes:
        show.lines(*_told(shell, one))
    if not changes:
        show.lines(shell.wording.say("no_history", name=name))


def _let(shell: Shell, name: str, *, paused: bool) -> None:
    """Pause or resume one, unless the configuration says which."""
    with shell.archive(configured=True) as archive, archive.write() as tx:
        found = _find(shell, tx, name)
        said = {one.name for one in shell.settings.subscriptions if one.paused is not None}
        if found.origin == configure.FILE and found.name in said:
            _refuse_of_file(shell, found)
        tx.subscriptions.change(found.id, now=shell.now(), editor=shell.user, paused=paused)


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


# -- what is shown ----------------------------------------------------------------------------------------------------


def _state(one: Stored) -> str:
    if not _is_readable(one):
        return "unreadable"
    return "paused" if one.subscription.paused else "active"


def _is_readable(one: Stored) -> bool:
    if Query.from_json(one.subscription.query, one.canonical) is not None:
        return True
    try:
        parse(one.subscription.query)
    except QuerySyntaxError:
        return False
    return True


def _table(shell: Shell, found: Sequence[Stored]) -> tuple[list[str], list[list[object]]]:
    """Headers and rows; what nobody filled in has no column."""
    say = shell.wording.say
    columns: dict[str, list[object]] = {
        "col_name": [one.subscription.name for one in found],
        "col_query": [one.subscription.query for one in found],
        "col_channels": [", ".join(one.subscription.channels) for one in found],
        "col_state": [say(f"subscription_is_{_state(one)}") for one in found],
        "col_origin": [say(f"origin_{one.subscription.origin}") for one in found],
    }
    for_people: dict[str, list[object]] = {
        "col_labels": [", ".join(one.subscription.labels) for one in found],
        "col_owner": [one.subscription.owner for one in found],
        "col_note": [one.subscription.note for one in found],
        "col_options": [when.told(one.subscription, shell.wording) for one in found],
    }
    columns |= {name: cells for name, cells in for_people.items() if any(cells)}
    return [say(name) for name in columns], [list(row) for row in zip(*columns.values(), strict=True)]


def _data(stored: Stored) -> dict[str, object]:
    one = stored.subscription
    return {
        "id": one.id,
        "name": one.name,
        "query": one.query,
        "channels": list(one.channels),
        "labels": list(one.labels),
        "note": one.note,
        "owner": one.owner,
        **{name: getattr(one, name) for name in OPTIONS},
        "state": _state(stored),
        "origin": one.origin,
        "created_at": show.stamp(one.created_at),
    }


def _told(shell: Shell, change: SubscriptionChange) -> Iterator[str]:
    say = shell.wording.say
    what = say(f"change_{change.kind}")
    yield say(
        "change_head", at=shell.clock(change.changed_at), what=what, editor=change.editor or say("unknown_editor")
    )
    for one in change.fields:
        if one.field in _NAMED:
            before, after = (when.in_words(one.field, value, shell.wording) for value in (one.before, one.after))
            yield "  " + say("change_field", field=say(_NAMED[one.field]), before=before, after=after)


_NAMED = {
    "query": "col_query",
    "channels": "col_channels",
    "labels": "col_labels",
    "note": "col_note",
    "owner": "col_owner",
    **{name: f"field_{name}" for name in OPTIONS},
}


def _change_data(change: SubscriptionChange) -> dict[str, object]:
    return {
        "at": show.stamp(change.changed_at),
        "by": change.editor,
        "what": change.kind.value,
        "subscription": change.subscription_id,
        "fields": [_field_data(one) for one in change.fields],
    }


def _field_data(one: FieldChange) -> dict[str, object]:
    return {"field": one.field, "before": one.before, "after": one.after}
