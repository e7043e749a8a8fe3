"""An article's states on the command line: which there are, and what changed from one to another."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import click

from worker.cli import show
from worker.cli.shell import Refused, Shell
from worker.difference import Difference, Kind, compare, folded
from worker.masking import mask
from worker.model import FieldChange, Revision

Pair = tuple[int | None, int]  # from, None = the one before; to
_PAIR = re.compile(r"(?:([0-9]{1,9})\.\.)?([0-9]{1,9})")
_OWN_WAYS = ("page", "rest", "rules")


class PairType(click.ParamType[Pair]):
    """Which revisions are compared: `1..3`, or `3` for `2..3`."""

    name = "N..M"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Pair:
        found = _PAIR.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} names no revisions; write 1..2, or 2 for what changed before it", param, ctx)
        return (int(found[1]) if found[1] else None), int(found[2])


def show_revisions(shell: Shell, states: Sequence[Revision], *, as_json: bool) -> None:
    """All states, oldest first: number, seen when and how, and what changed in a few words."""
    changed = [None, *(compare(old.record, new.record) for old, new in pairwise(states))]
    if as_json:
        show.as_json([_state_data(state, found) for state, found in zip(states, changed, strict=True)])
        return
    for state, found in zip(states, changed, strict=True):
        head = shell.wording.say(
            "revision_head", number=state.number, seen=shell.clock(state.seen_at), how=_how(shell, state)
        )
        show.lines(head, f"  {_summary(shell, state, found)}")


def show_difference(shell: Shell, states: Sequence[Revision], pair: Pair, *, as_json: bool) -> None:
    """What changed between two states, the text word by word. Raises: Refused for one that is not there."""
    old, new = _chosen(shell, states, pair)
    found = compare(old.record, new.record)
    if as_json:
        show.as_json({"from": old.number, "to": new.number, **_difference_data(found), "body": _body_data(found)})
        return
    say = shell.wording.say
    show.lines(say("diff_head", old=old.number, new=new.number))
    for one in found.fields:
        before, after = (_shown(shell, value) for value in (one.before, one.after))
        show.lines(say("diff_field", field=say(f"change_{one.field}"), before=before, after=after))
    show.lines("")
    if found.body:
        show.changes(_marked(shell, found))
    else:
        show.lines(say("diff_no_text"))


def changed_parts(shell: Shell, fields: Sequence[FieldChange], *, text: bool) -> str:
    """What changed in a few words: "title, text"."""
    parts = [shell.wording.say(f"change_{one.field}") for one in fields]
    parts += [shell.wording.say("change_text")] if text else []
    return ", ".join(parts) or shell.wording.say("revision_nothing")


def _chosen(shell: Shell, states: Sequence[Revision], pair: Pair) -> tuple[Revision, Revision]:
    by_number = {state.number: state for state in states}
    numbers = sorted(by_number)
    before = max((number for number in numbers if number < pair[1]), default=pair[1] - 1)
    wanted = (before if pair[0] is None else pair[0], pair[1])
    for number in wanted:
        if number not in by_number:
            known = ", ".join(map(str, numbers))
            raise Refused(shell.wording.say("no_such_revision", number=number, known=known))
    return by_number[wanted[0]], by_number[wanted[1]]


def _how(shell: Shell, state: Revision) -> str:
    say, modified = shell.wording.say, state.modified_at
    if state.seen_by in _OWN_WAYS:
        way = say(f"revision_by_{state.seen_by}")
    else:
        way = say("revision_by_feed", feed=mask(state.seen_by)) if state.seen_by else ""
    return way + (say("revision_modified", at=shell.clock(modified)) if modified else "")


def _summary(shell: Shell, state: Revision, found: Difference | None) -> str:
    say = shell.wording.say
    if found is None:
        return say("revision_first", title=state.record.title)
    parts = [say(f"change_{one.field}") for one in found.fields]
    if found.body:
        parts.append(say("revision_text", added=found.words_added, gone=found.words_gone))
    return say("revision_changed", fields=", ".join(parts)) if parts else say("revision_nothing")


def _shown(shell: Shell, value: object) -> str:
    if isinstance(value, datetime):
        return shell.clock(value)
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    return " ".join(str("" if value is None else value).split()) or shell.wording.say("change_none")


def _marked(shell: Shell, found: Difference) -> Iterator[tuple[str, str]]:
    for place, piece in enumerate(folded(found.body)):
        if piece.kind is Kind.FOLDED:
            yield "aside", (" " if place else "") + shell.wording.say("diff_folded", words=piece.text)
        else:
            yield ("" if piece.kind is Kind.SAME else piece.kind.value), piece.text


# -- for machines -----------------------------------------------------------------------------------------------------


def _state_data(state: Revision, found: Difference | None) -> dict[str, object]:
    changed = {} if found is None else _difference_data(found)
    named = {"revision": state.number, "seen_at": show.stamp(state.seen_at), "seen_by": mask(state.seen_by)}
    how = {"change": state.change.value, "modified_at": show.stamp(state.modified_at), "title": state.record.title}
    return {**named, **how, **changed}


def _difference_data(found: Difference) -> dict[str, object]:
    fields = {one.field: [_plain(one.before), _plain(one.after)] for one in found.fields}
    return {"fields": fields, "words_added": found.words_added, "words_gone": found.words_gone}


def _body_data(found: Difference) -> list[list[str]]:
    return [[piece.kind.value, piece.text] for piece in found.body]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return show.stamp(value)
    return list(value) if isinstance(value, tuple) else value
