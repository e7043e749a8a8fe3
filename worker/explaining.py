"""Why an article is stored, who was told of it, and who was not, with the reason.

Gathers what the archive knows of one record, and asks the matcher about today's subscriptions. Must not know how it is
shown.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice, pairwise

from worker.archive import Stored, Transaction
from worker.article import Article
from worker.errors import QuerySyntaxError
from worker.match import Matcher
from worker.material import changes
from worker.model import (
    AlertKind,
    AlertRow,
    DeliveryRow,
    EditChange,
    FiledRecord,
    Match,
    RecordEvent,
    Revision,
    Showing,
    Span,
    Subscription,
    Visit,
)
from worker.model import Change as RecordChange
from worker.query import Query, parse
from worker.verify import matches, spans
from worker.widening import Change, Spelling, less, wider

NEARLY_MOST = 10


class NoAlert(StrEnum):
    """Why a subscription that matches today raised no alert."""

    PAUSED = "paused"
    LATER = "later"
    SILENT = "silent"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What was owed because of an edit, after the alert."""

    alert: AlertRow
    deliveries: tuple[DeliveryRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A later state of the article, and what was material in it; () = nothing was."""

    state: Revision
    changes: tuple[EditChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A subscription and this article. match: of its query of today, None if it matches no longer.

    alert: what was owed, None if nothing was, for a reason then. made_at: when such a subscription was made.
    """

    subscription: str
    match: Match | None = None
    alert: AlertRow | None = None
    deliveries: tuple[DeliveryRow, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    no_alert: NoAlert | None = None
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearly:
    """A subscription that does not match, and what of its query would have to be other. spans: where it matched then."""

    subscription: str
    change: Change
    term: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is known of one article. silent: only first polls, which raise no alerts, showed it so far.

    events: what happened to it since, oldest first; edits: its later states, as far as they are kept; visit: the next look at its page, if there is one.
    story: other articles that tell the same, as far as somebody asked for one alert a story.
    """

    filed: FiledRecord
    showings: tuple[Showing, ...]
    silent: bool
    links: tuple[tuple[str, str], ...]
    events: tuple[RecordEvent, ...]
    edits: tuple[Edited, ...]
    visit: Visit | None
    matched: tuple[Matched, ...]
    nearly: tuple[Nearly, ...]
    story: tuple[FiledRecord, ...] = ()


def explain(tx: Transaction, filed: FiledRecord) -> Explanation:
    """Everything about one record. Raises: ArchiveError."""
    silent = tx.records.is_unheard(filed.id)
    article = Article(filed.record)
    stored = tx.subscriptions.stored()
    queries = {one.subscription.id: query for one in stored if (query := _read(one)) is not None}
    matched = {match.subscription_id: match for match in Matcher(queries).match_article(article)}
    others = [one.subscription for one in stored if one.subscription.id not in matched and not one.subscription.paused]
    return Explanation(
        filed=filed,
        showings=tuple(tx.records.showings(filed.id)),
        silent=silent,
        links=tuple(tx.records.links(filed.id)),
        events=tuple(tx.afterwards.events(filed.id)),
        edits=tuple(_edits(tx, filed)),
        visit=tx.visits.get(filed.id),
        matched=tuple(_matched(tx, filed, [one.subscription for one in stored], matched, silent=silent)),
        story=tuple(tx.records.get(tx.stories.of(filed.id)).values()),
        nearly=tuple(islice(_nearly(article, others, queries), NEARLY_MOST)),
    )


def _edits(tx: Transaction, filed: FiledRecord) -> Iterator[Edited]:
    """Each state that a site made of the one before, with what counted in it."""
    if filed.revision == 1:
        return
    for before, after in pairwise(tx.records.history(filed.id)):
        is_edit = after.change is RecordChange.EDIT
        yield Edited(state=after, changes=changes(before.record, after.record) if is_edit else ())


def _read(stored: Stored) -> Query | None:
    """A stored query; None if it cannot be read any more."""
    try:
        return Query.from_json(stored.subscription.query, stored.canonical) or parse(stored.subscription.query)
    except QuerySyntaxError:
        return None


def _matched(
    tx: Transaction,
    filed: FiledRecord,
    subscriptions: Iterable[Subscription],
    matched: Mapping[int, Match],
    *,
    silent: bool,
) -> Iterator[Matched]:
    """Who was told, and then who matches today and was not."""
    alerts = tx.alerts.of_record(filed.id)
    told = {alert.subscription_id for alert in alerts}
    deliveries = tx.alerts.rows(record_id=filed.id, limit=10_000) if alerts else []
    by_alert = {alert.id: tuple(row for row in deliveries if row.alert_id == alert.id) for alert in alerts}
    for alert in alerts:
        if alert.kind == AlertKind.EDIT:
            continue
        later = [one for one in alerts if one.kind == AlertKind.EDIT and one.subscription_id == alert.subscription_id]
        yield Matched(
            subscription=alert.subscription,
            match=matched.get(alert.subscription_id),
            alert=alert,
            deliveries=by_alert[alert.id],
            follow_ups=tuple(FollowUp(alert=one, deliveries=by_alert[one.id]) for one in later),
        )
    for one in subscriptions:
        if one.id in matched and one.id not in told:
            reason = _reason(one, filed, silent=silent)
            yield Matched(subscription=one.name, match=matched[one.id], no_alert=reason, made_at=one.created_at)


def _reason(one: Subscription, filed: FiledRecord, *, silent: bool) -> NoAlert:
    if one.created_at > filed.first_seen_at:
        return NoAlert.LATER
    if silent:
        return NoAlert.SILENT
    return NoAlert.PAUSED if one.paused else NoAlert.OTHER


def _nearly(article: Article, subscriptions: Iterable[Subscription], queries: Mapping[int, Query]) -> Iterator[Nearly]:
    """Of each subscription the first way in which it would match."""
    words = " ".join(article.keys())
    for one in subscriptions:
        query = queries.get(one.id)
        if query is None:
            continue
        for variant in (*wider(query.root), *less(query.root)):
            possible = not variant.letters or any(letters in words for letters in variant.letters)
            if possible and matches(variant.root, article):
                term = Spelling(query).of(variant)
                places = spans(variant.root, article)
                yield Nearly(subscription=one.name, change=variant.change, term=term, spans=places)
                break
