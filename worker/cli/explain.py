"""`explain`: why an article is stored, and who was told of it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

import click

from worker import explaining
from worker.archive import Transaction
from worker.cli import show
from worker.cli.articles import find_record, forms_of, span_data, url_keys
from worker.cli.shell import Command, Refused, Shell, example, json_option
from worker.explaining import Edited, Explanation, Matched, Nearly
from worker.masking import mask
from worker.model import Change as RecordChange
from worker.model import DeliveryRow, DeliveryState, EditChange, FiledRecord
from worker.widening import Change


@click.command(
    cls=Command,
    epilog=example(
        "feedwacht explain https://www.hasepost.de/rutte-nato-664206/", "feedwacht explain 0123456789abcdef --json"
    ),
)
@click.argument("reference", metavar="URL|KEY")
@json_option
@click.pass_obj
def explain(shell: Shell, reference: str, as_json: bool) -> None:
    """Say why an article is stored, and who was told.

    As what and from which feeds it is stored, which subscriptions match it, which nearly do, and what was sent when.
    """
    with shell.archive(configured=True) as archive, archive.read() as tx:
        _refuse_removed(shell, tx, reference)
        found = explaining.explain(tx, find_record(shell, tx, reference))
    if as_json:
        show.as_json(_data(found))
        return
    show.lines(found.filed.record.title or shell.wording.say("no_title"), found.filed.record.url, "")
    show.lines(*_stored(shell, found), "")
    show.lines(*(_matched_lines(shell, found)))


def _refuse_removed(shell: Shell, tx: Transaction, reference: str) -> None:
    """Say that it is gone on purpose, which "there is no such article" would hide."""
    gone = tx.records.removed(url_keys(shell, reference), reference)
    if gone is not None:
        at, reason = gone
        values = {"reference": mask(reference), "at": shell.clock(at), "reason": reason}
        raise Refused(shell.wording.say("explain_removed", **values))


# -- for people -------------------------------------------------------------------------------------------------------


def _stored(shell: Shell, found: Explanation) -> Iterator[str]:
    say, filed = shell.wording.say, found.filed
    at = shell.clock(filed.first_seen_at)
    yield say("explain_stored", at=at, key=filed.key, revision=filed.revision)
    for one in found.showings:
        yield "  " + say("explain_shown", feed=mask(one.feed_url), at=shell.clock(one.first_seen_at))
    if not found.showings:
        yield "  " + say("explain_shown_by_nobody")
    name = "explain_identity_post" if filed.record.post_id else "explain_identity"
    yield say(name, url_key=filed.record.url_key, post_id=filed.record.post_id)
    yield from _as_what(shell, filed)
    if found.silent:
        yield say("explain_silent")
    yield from (say("explain_linked", other=url, reason=reason) for url, reason in found.links)
    yield from (say("explain_story", title=one.record.title, url=one.record.url) for one in found.story)
    for event in found.events:
        yield say(f"explain_{event.kind.value}", at=shell.clock(event.at), detail=mask(event.detail))
    yield from (_edited(shell, one) for one in found.edits)
    if found.visit is not None:
        detail = f" ({shell.told(mask(found.visit.detail))})" if found.visit.detail else ""
        yield say("explain_visit", at=shell.clock(found.visit.due_at), detail=detail)


def _edited(shell: Shell, one: Edited) -> str:
    say, values = shell.wording.say, {"number": one.state.number, "at": shell.clock(one.state.seen_at)}
    if one.state.change is not RecordChange.EDIT:
        return say(f"explain_state_{one.state.change.value or 'edit'}", **values)
    if not one.changes:
        return say("explain_state_immaterial", **values)
    return say("explain_state_material", what=_kinds(shell, one.changes), **values)


def _kinds(shell: Shell, changes: Iterable[EditChange]) -> str:
    return ", ".join(dict.fromkeys(shell.wording.say(f"material_{one.kind}") for one in changes))


def _as_what(shell: Shell, filed: FiledRecord) -> Iterator[str]:
    say, record = shell.wording.say, filed.record
    name = "explain_published" if record.published_at_from == "feed" else "explain_published_guess"
    yield say(name, at=shell.clock(record.published_at))
    others = [one for one in record.categories if one != record.category]
    yield say("explain_category", category=record.category, more=f" ({', '.join(others)})" if others else "")
    if record.tags:
        yield say("explain_tags", tags=", ".join(record.tags))
    if record.agency:
        yield say("explain_agency", agency=record.agency)
    if record.ai_notice:
        yield say("explain_ai")
    if record.excerpt:
        yield say("explain_excerpt")


def _matched_lines(shell: Shell, found: Explanation) -> Iterator[str]:
    say = shell.wording.say
    if not found.matched:
        yield say("explain_no_match")
    for one in found.matched:
        if one.match is None:
            yield say("explain_earlier", name=one.subscription)
        else:
            yield say("explain_matched", name=one.subscription, forms=forms_of(one.match.spans) or "–")
        yield from (f"  {line}" for line in _told(shell, one))
    yield from (say("explain_near", name=one.subscription, why=_why_nearly(shell, one)) for one in found.nearly)


def _told(shell: Shell, one: Matched) -> Iterator[str]:
    say = shell.wording.say
    if one.alert is None:
        reason = say(f"no_alert_{one.no_alert}", at=shell.clock(one.made_at))
        yield say("explain_no_alert", reason=reason)
        return
    yield say("explain_alerted", at=shell.clock(one.alert.created_at))
    if one.match is None:
        yield say("explain_query_then", query=one.alert.query)
    for row in one.deliveries:
        yield "  " + _delivery(shell, row)
    for later in one.follow_ups:
        at, what = shell.clock(later.alert.created_at), _kinds(shell, later.alert.changes)
        yield say("explain_followed_up", at=at, what=what)
        yield from ("  " + _delivery(shell, row) for row in later.deliveries)


def _why_nearly(shell: Shell, one: Nearly) -> str:
    say = shell.wording.say
    match one.change:
        case Change.MISSING:
            return say("near_missing", term=one.term)
        case Change.EXCLUDED:
            return say("near_excluded", term=one.term)
    return say("near_widened", change=one.term, forms=forms_of(one.spans))


def _delivery(shell: Shell, row: DeliveryRow) -> str:
    say = shell.wording.say
    at = f", {shell.clock(row.settled_at)}" if row.settled_at else ""
    if row.state == DeliveryState.PENDING and row.attempts:
        at = f", {say('next_try', at=shell.clock(row.retry_at))}"
    detail = f" ({shell.told(mask(row.detail))})" if row.detail else ""
    return say("explain_delivery", channel=row.channel, state=say(f"delivery_is_{row.state}"), at=at, detail=detail)


# -- for machines -----------------------------------------------------------------------------------------------------


def _data(found: Explanation) -> dict[str, object]:
    filed, record = found.filed, found.filed.record
    return {
        "url": record.url,
        "key": filed.key,
        "title": record.title,
        "first_seen_at": show.stamp(filed.first_seen_at),
        "revision": filed.revision,
        "shown_by": [{"feed": mask(one.feed_url), "since": show.stamp(one.first_seen_at)} for one in found.showings],
        "url_key": record.url_key,
        "post_id": record.post_id,
        "published_at": show.stamp(record.published_at),
        "published_at_from": record.published_at_from,
        "category": record.category,
        "agency": record.agency,
        "silent": found.silent,
        "withdrawn_at": show.stamp(filed.withdrawn_at),
        "events": [{"kind": one.kind.value, "at": show.stamp(one.at), "how": mask(one.how)} for one in found.events],
        "edits": [_edited_data(one) for one in found.edits],
        "next_visit_at": show.stamp(found.visit.due_at) if found.visit else None,
        "related": [{"url": url, "reason": reason} for url, reason in found.links],
        "story": [{"title": one.record.title, "url": one.record.url} for one in found.story],
        "subscriptions": [_matched_data(one) for one in found.matched],
        "nearly": [{"name": one.subscription, "change": one.change.value, "term": one.term} for one in found.nearly],
    }


def _matched_data(one: Matched) -> dict[str, object]:
    return {
        "name": one.subscription,
        "matches": one.match is not None,
        "spans": [span_data(span) for span in one.match.spans] if one.match else [],
        "alerted_at": show.stamp(one.alert.created_at) if one.alert else None,
        "alert_id": one.alert.id if one.alert else None,
        "query_then": one.alert.query if one.alert else None,
        "no_alert": one.no_alert.value if one.no_alert else None,
        "deliveries": [_delivery_data(row) for row in one.deliveries],
        "follow_ups": [
            {
                "alert_id": later.alert.id,
                "alerted_at": show.stamp(later.alert.created_at),
                "changes": [asdict(change) for change in later.alert.changes],
                "deliveries": [_delivery_data(row) for row in later.deliveries],
            }
            for later in one.follow_ups
        ],
    }


def _edited_data(one: Edited) -> dict[str, object]:
    return {
        "revision": one.state.number,
        "seen_at": show.stamp(one.state.seen_at),
        "change": one.state.change.value,
        "material": [asdict(change) for change in one.changes],
    }


def _delivery_data(row: DeliveryRow) -> dict[str, object]:
    return {
        "id": row.id,
        "channel": row.channel,
        "state": str(row.state),
        "attempts": row.attempts,
        "settled_at": show.stamp(row.settled_at),
        "retry_at": show.stamp(row.retry_at) if row.state == DeliveryState.PENDING else None,
        "detail": mask(row.detail),
    }
