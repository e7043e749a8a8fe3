"""From what a poll saw to what is kept and told of a feed's troubles.

Joins answers, the feed's row and the operator's channels with the rules in `troubles.py` and the words in `announce.py`.
What is told is filed in the transaction of the poll that saw it; a feed without troubles costs no statement.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from worker import logs
from worker.announce import notices, sentence
from worker.archive import Transaction
from worker.errors import CommentFeed, NotAFeed, ParseError
from worker.fetch import host_of, masked
from worker.intake import Equipment, Filed, Page
from worker.model import FailureKind, Feed, Fetched, FetchFailed, NotModified, Symptom, Trouble, TroubleKind
from worker.troubles import FAILURES, QUIET, TroubleVerdict, judge
from worker.wording import Wording

_SEEN_BY_ANSWERS = FAILURES | {TroubleKind.ELSEWHERE, TroubleKind.LYING}
_SEEN_BY_PAGES = _SEEN_BY_ANSWERS | {TroubleKind.EMPTY}


def after_success(feed: Feed, answer: Fetched | NotModified, page: Page | None, now: datetime) -> TroubleVerdict:
    """What an answer says of the feed's troubles. page: what was read of it, None = the same as before."""
    signs: dict[TroubleKind, str] = {}
    if answer.hops and not _same_site(feed.url, answer.hops[-1].url):
        signs[TroubleKind.ELSEWHERE] = masked(answer.hops[-1].url)
    if feed.lied_at is not None:
        signs[TroubleKind.LYING] = ""
    if _is_empty(feed, page):
        signs[TroubleKind.EMPTY] = ""
    return judge(feed.symptoms, signs, _SEEN_BY_PAGES, now) if signs or feed.symptoms else QUIET


def after_failure(feed: Feed, failure: FetchFailed, now: datetime) -> TroubleVerdict:
    """What a failed poll says of them: nothing of those that only an answer shows."""
    kind = TroubleKind.GONE if failure.kind is FailureKind.GONE else failure.sign or TroubleKind.FAILING
    return judge(feed.symptoms, {kind: failure.reason}, FAILURES, now)


def sign_of(error: ParseError) -> TroubleKind | None:
    """What it is a sign of that a body could not be read."""
    if isinstance(error, CommentFeed):
        return TroubleKind.COMMENTS
    return TroubleKind.NO_FEED if isinstance(error, NotAFeed) else None


def troubles_of(feed: Feed, verdict: TroubleVerdict) -> Iterator[Trouble]:
    """What a verdict begins and ends, as troubles of the feed; those that are over without what was seen at their begin."""
    for symptom, detail in verdict.began:
        yield _trouble(feed, symptom, detail)
    for symptom in verdict.over:
        yield replace(_trouble(feed, symptom, ""), over_at=symptom.gone_since)


def file(equipment: Equipment, tx: Transaction, trouble: Trouble, now: datetime) -> bool:
    """File a trouble, or its end, and owe the operator's notices of it. False: it was filed already."""
    if trouble.over_at is None:
        number = tx.troubles.begin(trouble)
        filed = replace(trouble, id=number) if number is not None else None
    else:
        assert trouble.feed_id is not None  # see `_trouble`
        filed = tx.troubles.end(trouble.feed_id, trouble.kind, trouble.over_at)
    if filed is None:
        return False
    manners, zone = equipment.manners, equipment.zone(trouble.source)
    tx.troubles.owe(filed, notices(filed, manners.operator_channels, zone=zone, language=manners.language), now)
    return True


def note_quarantine(equipment: Equipment, tx: Transaction, feed: Feed, filed: Filed, now: datetime) -> None:
    """Tell the operator that articles of a feed wait for him. Once, until he decided."""
    if filed.renamed:
        symptom = Symptom(kind=TroubleKind.QUARANTINE, since=now)
        file(
            equipment,
            tx,
            _trouble(feed, symptom, ""),
            now,
        )


def end_quarantine(equipment: Equipment, tx: Transaction, feed: Feed, now: datetime) -> None:
    """He decided."""
    symptom = Symptom(kind=TroubleKind.QUARANTINE, since=now)
    file(equipment, tx, replace(_trouble(feed, symptom, ""), over_at=now), now)


def log(equipment: Equipment, trouble: Trouble) -> None:
    """The one line of a trouble, and of its end."""
    said = sentence(trouble, equipment.zone(trouble.source), Wording("en"))
    level = "warning" if trouble.over_at is None else "info"
    named = {"feed": trouble.feed_id, "kind": trouble.kind.value, "phase": trouble.phase}
    logs.line("trouble", f"{said}: {trouble.detail}" if trouble.detail else said, level=level, **named)


def _trouble(feed: Feed, symptom: Symptom, detail: str) -> Trouble:
    return Trouble(
        feed_id=feed.id,
        feed_url=feed.url,
        source=feed.source,
        kind=symptom.kind,
        detail=detail,
        began_at=symptom.since,
    )


def _is_empty(feed: Feed, page: Page | None) -> bool:
    """It shows nothing, and did show something once; an answer that is the same as before is as empty as before."""
    if page is not None:
        return not page.parsed.shown and feed.first_polled_at is not None
    return any(one.kind is TroubleKind.EMPTY and one.gone_since is None for one in feed.symptoms)


def _same_site(url: str, other: str) -> bool:
    """The same host, or one below the other; `www.` and the port make no difference."""
    one, two = (host_of(each).rpartition(":")[0].removeprefix("www.") for each in (url, other))
    return one == two or one.endswith(f".{two}") or two.endswith(f".{one}")
