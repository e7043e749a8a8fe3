"""`alerts`: what was told to whom, and once more what could not be."""

from collections.abc import Iterator
from datetime import timedelta

import click

from worker.cli import show
from worker.cli.arguments import When, WhenType
from worker.cli.shell import Group, Refused, Shell, example, json_option
from worker.masking import mask
from worker.model import AttemptRow, DeliveryRow, DeliveryState


@click.group(cls=Group, epilog=example("feedwacht alerts list --state dead"))
def alerts() -> None:
    """See what was sent, and send again what could not be."""


@alerts.command(
    "list", epilog=example("feedwacht alerts list", "feedwacht alerts list --state dead --subscription Nato")
)
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), help="Only those in this state.")
@click.option("--subscription", metavar="NAME", help="Only those of this subscription.")
@click.option("--channel", metavar="NAME", help="Only those by this channel.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="The most that are shown."
)
@json_option
@click.pass_obj
def list_(
    shell: Shell, state: str | None, subscription: str | None, channel: str | None, limit: int, as_json: bool
) -> None:
    """List what was sent, the newest first.

    There is one line, a delivery, for each alert and channel.
    """
    with shell.archive() as archive, archive.read() as tx:
        rows = tx.alerts.rows(state=state, subscription=subscription, channel=channel, limit=limit)
        if not rows and subscription and tx.subscriptions.find(subscription) is None:
            raise Refused(shell.wording.say("no_such_subscription", name=subscription))
    if as_json:
        show.as_json([_data(row) for row in rows])
        return
    if not rows:
        show.lines(shell.wording.say("no_alerts"))
        return
    names = ("col_at", "col_subscription", "col_title", "col_channel", "col_state", "col_remark", "col_id")
    show.table([shell.wording.say(name) for name in names], [_row(shell, row) for row in rows])


@alerts.command("show", epilog=example("feedwacht alerts show msg_4ztq6x0c2n"))
@click.argument("number", metavar="ID")
@json_option
@click.pass_obj
def show_(shell: Shell, number: str, as_json: bool) -> None:
    """Show a delivery with its attempts.

    ID is that of a delivery, or of an alert with all its deliveries.
    """
    with shell.archive() as archive, archive.read() as tx:
        found = [(row, tx.alerts.attempts(row.id)) for row in tx.alerts.rows(ids=[number])]
    if not found:
        raise Refused(shell.wording.say("no_such_delivery", id=number))
    if as_json:
        show.as_json([{**_data(row), "tries": [_attempt_data(one) for one in tries]} for row, tries in found])
        return
    for row, tries in found:
        show.lines(*_told(shell, row))
        if not tries:
            show.lines(shell.wording.say("no_attempts"))
            continue
        names = ("col_number", "col_at", "col_result", "col_status", "col_took", "col_remark", "col_answer")
        show.table([shell.wording.say(name) for name in names], [_attempt(shell, one) for one in tries])


@alerts.command(
    epilog=example(
        "feedwacht alerts replay",
        "feedwacht alerts replay msg_4ztq6x0c2n",
        "feedwacht alerts replay --channel redaktion --since 2d --sent",
    )
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--channel", metavar="NAME", help="Only those by this channel.")
@click.option("--since", type=WhenType(), help="Of alerts at or after: 30d, 12h, or a day, 2025-12-01.")
@click.option("--until", type=WhenType(), help="Of alerts before that span ago, or up to and including that day.")
@click.option("--sent", is_flag=True, help="Also those that arrived, for a receiver that lost its data.")
@click.pass_obj
def replay(
    shell: Shell, ids: tuple[str, ...], channel: str | None, since: When | None, until: When | None, sent: bool
) -> None:
    """Send dead deliveries once more.

    Those whose delivery or alert is named by its ID, those of a channel or a time span, or all of them; what a paused or
    removed subscription did not get has to be named. They keep their ids, so that receivers can tell.
    """
    if sent and not (ids or channel or since):
        raise Refused(shell.wording.say("replay_sent_of_what"))
    now, states = shell.now(), (DeliveryState.DEAD, *([DeliveryState.SENT] if sent else []))
    start = since.starts_at(shell.zone, now) if since else None
    end = until.ends_at(shell.zone, now) if until else None
    with shell.archive() as archive, archive.write() as tx:
        count = tx.outbox.replay(ids, now, channel=channel, since=start, until=end, states=states)
    if ids and not count:
        raise Refused(shell.wording.say("nothing_to_replay", ids=", ".join(ids)))
    show.lines(shell.wording.count("deliveries_replayed", count))


def _row(shell: Shell, row: DeliveryRow) -> list[object]:
    return [
        shell.clock(row.created_at),
        row.subscription,
        _title(shell, row),
        row.channel,
        _state(shell, row),
        shell.told(mask(row.detail)),
        row.id,
    ]


def _title(shell: Shell, row: DeliveryRow) -> str:
    """Of its article; what is about none is named by its kind."""
    return row.title or shell.wording.say(f"alert_is_{row.kind}")


def _state(shell: Shell, row: DeliveryRow) -> str:
    """Its state, and what it waits for."""
    say = shell.wording.say
    state = say(f"delivery_is_{row.state}")
    if row.carrier_id is not None:
        return f"{state}, {say('carried_by', id=row.carrier_id)}"
    if row.state == DeliveryState.HELD and row.held_for:
        return f"{state}, {say(f'held_for_{row.held_for}', at=shell.clock(row.retry_at))}"
    if row.state == DeliveryState.PENDING and row.attempts:
        return f"{state}, {say('next_try', at=shell.clock(row.retry_at))}"
    return state


def _told(shell: Shell, row: DeliveryRow) -> Iterator[str]:
    say = shell.wording.say
    yield say("delivery_shown", id=row.id, channel=row.channel, state=_state(shell, row))
    kind = say(f"alert_is_{row.kind}")
    yield say("delivery_about", kind=kind, subscription=row.subscription, title=row.title or "–")
    yield say("delivery_owed", at=shell.clock(row.created_at), alert=row.alert_id)
    if row.detail:
        yield shell.told(mask(row.detail))


def _attempt(shell: Shell, one: AttemptRow) -> list[object]:
    """One line of foreign and own words: what could forge a line or an escape is taken out where it is shown."""
    return [
        one.number,
        shell.clock(one.started_at),
        shell.wording.say(f"attempt_{one.result}"),
        one.status or "",
        shell.wording.span(timedelta(seconds=one.took_s)),
        shell.told(mask(one.detail)),
        mask(one.answer),
    ]


def _attempt_data(one: AttemptRow) -> dict[str, object]:
    return {
        "number": one.number,
        "started_at": show.stamp(one.started_at),
        "took_s": one.took_s,
        "result": one.result,
        "status": one.status,
        "detail": mask(one.detail),
        "answer": mask(one.answer),
    }


def _data(row: DeliveryRow) -> dict[str, object]:
    return {
        "id": row.id,
        "alert_id": row.alert_id,
        "kind": str(row.kind),
        "subscription": row.subscription,
        "channel": row.channel,
        "state": str(row.state),
        "held_for": row.held_for or None,
        "carried_by": row.carrier_id,
        "attempts": row.attempts,
        "retry_at": show.stamp(row.retry_at),
        "created_at": show.stamp(row.created_at),
        "title": row.title,
        "url": row.url,
        "detail": mask(row.detail),
    }
