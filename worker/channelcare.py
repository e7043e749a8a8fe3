"""What an attempt says of its channel is kept, and the operator is told of a channel's troubles over the other ones.

Joins the rules in `circuit.py` and the words in `announce.py` with the tables. Everything is written in the transaction of
the attempt. Must not know how anything is sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from worker import circuit, logs
from worker.announce import notices, sentence
from worker.archive import Transaction
from worker.model import ChannelState, Trouble, TroubleKind
from worker.sending import Counter
from worker.wording import Wording

_ZONE = "Europe/Berlin"  # a channel belongs to no source
_KINDS = (TroubleKind.CHANNEL_FAILING, *sorted(circuit.DISABLED))


def take_over(tx: Transaction, targets: Mapping[str, str], now: datetime) -> None:
    """What was known of a channel is forgotten when the configuration gives it another address. One that it leaves out is
    nobody's trouble any more; what waits for it stays.

    targets: by channel, see `ChannelState`.
    """
    for known in tx.channels.all():
        if known.name not in targets:
            _end_troubles(tx, known.name, now)
        elif known.target != targets[known.name]:
            enable(tx, known.name, now)


def state_of(tx: Transaction, counter: Counter, name: str) -> ChannelState:
    """How a channel is doing."""
    return tx.channels.find(name) or ChannelState(name=name, target=counter.manners_of(name).target)


def keep(tx: Transaction, counter: Counter, before: ChannelState, after: ChannelState, now: datetime) -> list[Trouble]:
    """Keep how a channel is doing after an attempt. Returns: troubles that began with it, or are over."""
    if after == before or _was_disabled_meanwhile(tx, before):
        return []
    if after.failures == 0:
        if before.rest_until is not None:  # it is back: what waited for it does not wait for its schedule, too
            tx.outbox.hasten(after.name, now)
        tx.channels.forget(after.name)
        ended = tx.troubles.end_channel(after.name, TroubleKind.CHANNEL_FAILING, now)
        return _told(tx, counter, [ended] if ended else [], now)
    tx.channels.save(after)
    return _told(tx, counter, [found for kind in circuit.began(after, now) if (found := _begin(tx, after, kind))], now)


def _was_disabled_meanwhile(tx: Transaction, before: ChannelState) -> bool:
    """While the attempt was under way: what it came to enables nothing."""
    known = tx.channels.find(before.name)
    return known is not None and known.disabled_at is not None and before.disabled_at is None


def enable(tx: Transaction, name: str, now: datetime) -> bool:
    """Begin anew with a channel: what waits for it is due. Returns: whether it was disabled. Nobody is told: whoever does
    it knows.
    """
    known = tx.channels.find(name)
    tx.outbox.hasten(name, now)
    tx.troubles.hasten(name, now)
    tx.channels.forget(name)
    _end_troubles(tx, name, now)
    return known is not None and known.disabled_at is not None


def _end_troubles(tx: Transaction, name: str, now: datetime) -> None:
    for kind in _KINDS:
        tx.troubles.end_channel(name, kind, now)


def log(troubles: Iterable[Trouble]) -> None:
    """The one line of each trouble, and of its end."""
    for trouble in troubles:
        said = sentence(trouble, _ZONE, Wording("en"))
        level = "error" if trouble.over_at is None else "info"
        named = {"channel": trouble.channel, "kind": trouble.kind.value, "phase": trouble.phase}
        logs.line("trouble", f"{said}: {trouble.detail}" if trouble.detail else said, level=level, **named)


def _begin(tx: Transaction, state: ChannelState, kind: TroubleKind) -> Trouble | None:
    began_at = state.failing_since or state.disabled_at
    assert began_at is not None  # it failed, or it would be in no trouble
    trouble = Trouble(channel=state.name, kind=kind, detail=state.detail, began_at=began_at)
    number = tx.troubles.begin(trouble)
    return replace(trouble, id=number) if number is not None else None


def _told(tx: Transaction, counter: Counter, troubles: list[Trouble], now: datetime) -> list[Trouble]:
    for trouble in troubles:
        others = [name for name in counter.operator_channels if name != trouble.channel]
        tx.troubles.owe(trouble, notices(trouble, others, zone=_ZONE, language=counter.language), now)
    return troubles
