"""`alerts`: what was told to whom, and once more what could not be."""

import click

from worker.cli import show
from worker.cli.shell import Group, Refused, Shell, example, json_option
from worker.masking import mask
from worker.model import DeliveryRow, DeliveryState


@click.group(cls=Group, epilog=example("feedwacht alerts list --state dead"))
def alerts() -> None:
    """See what was sent, and send again what could not be."""


@alerts.command(
    "list", epilog=example("feedwacht alerts list", "feedwacht alerts list --state dead --subscription Nato")
)
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), help="Only those in this state.")
@click.option("--subscription", metavar="NAME", help="Only those of this subscription.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="The most that are shown."
)
@json_option
@click.pass_obj
def list_(shell: Shell, state: str | None, subscription: str | None, limit: int, as_json: bool) -> None:
    """List what was sent, the newest first.

    There is one line, a delivery, for each alert and channel.
    """
    with shell.archive() as archive, archive.read() as tx:
        rows = tx.alerts.rows(state=state, subscription=subscription, limit=limit)
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


@alerts.command(epilog=example("feedwacht alerts replay", "feedwacht alerts replay msg_4ztq6x0c2n"))
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.pass_obj
def replay(shell: Shell, ids: tuple[str, ...]) -> None:
    """Send dead deliveries once more.

    Those whose delivery or alert is named by its ID, or all of them. They keep their ids, so that receivers can tell.
    """
    with shell.archive() as archive, archive.write() as tx:
        count = tx.outbox.replay(ids, shell.now())
    if ids and not count:
        raise Refused(shell.wording.say("nothing_to_replay", ids=", ".join(ids)))
    show.lines(shell.wording.count("deliveries_replayed", count))


def _row(shell: Shell, row: DeliveryRow) -> list[object]:
    state = shell.wording.say(f"delivery_is_{row.state}")
    if row.state == DeliveryState.PENDING and row.attempts:
        state += f", {shell.wording.say('next_try', at=shell.clock(row.retry_at))}"
    return [
        shell.clock(row.created_at),
        row.subscription,
        row.title,
        row.channel,
        state,
        shell.told(mask(row.detail)),
        row.id,
    ]


def _data(row: DeliveryRow) -> dict[str, object]:
    return {
        "id": row.id,
        "alert_id": row.alert_id,
        "subscription": row.subscription,
        "channel": row.channel,
        "state": str(row.state),
        "attempts": row.attempts,
        "retry_at": show.stamp(row.retry_at),
        "created_at": show.stamp(row.created_at),
        "title": row.title,
        "url": row.url,
        "detail": mask(row.detail),
    }
