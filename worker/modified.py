"""Which of many articles were modified: one question to WordPress's REST interface instead of a visit to each.

What was modified later than we saw it is then read in full; what REST does not list is left to a visit of its page.
Whether REST answers here is kept with the feeds (`Feed.ways`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from worker import cadence
from worker.archive import Transaction
from worker.edited import edits_of, owe_edits
from worker.errors import ParseError
from worker.identity import url_key
from worker.intake import Equipment
from worker.model import Draft, Entry, Feed, Fetched, Record, Visit
from worker.normalise import content_hash, normalise, under_its_address
from worker.presence import Exchanges
from worker.target import host_of
from worker.visits import VisitResult

MOST_AT_ONCE = 100  # WordPress refuses more
AHEAD = timedelta(minutes=30)  # checks that are due soon are asked for along with those that are due
_TRY_AGAIN = timedelta(days=7)  # where REST did not answer
_PATH = "wp-json/wp/v2/posts"


def ask_rest(equipment: Equipment, due: Sequence[Visit], exchanges: Exchanges) -> list[VisitResult]:
    """Check articles of one source and host, as many as REST can name. What is not answered is to be visited.

    due: checks only, of records with a full text. Raises: ArchiveError, LeaseLost.
    """
    source = due[0].filed.record.source
    home, numbers = equipment.rules_of(source).home, {_number(visit): visit for visit in due if _number(visit)}
    with equipment.archive.read() as tx:
        feeds = tx.feeds.of_source(source)
    now = equipment.clock.now()
    if not home or not numbers or host_of(urljoin(home, _PATH)) != due[0].host or not _may_answer(feeds, now):
        return []
    found = _asked(equipment, home, numbers, exchanges)
    _learn(equipment, feeds, now, works=found is not None)
    if not found:  # a closed interface; or one that knows none of them, which is no proof of anything
        return []
    listed = {number: (visit, found[number]) for number, visit in numbers.items() if number in found}
    moved = _moved(equipment, source, listed)
    return [
        _checked(equipment, visit, entry, exchanges, moved.get(number)) for number, (visit, entry) in listed.items()
    ]


def _moved(equipment: Equipment, source: str, listed: Mapping[str, tuple[Visit, Entry]]) -> dict[str, Record]:
    """Those that REST names by another address of their host, at it. None of them where it names none as feeds do: it
    speaks of the addresses behind the ones that readers see.
    """
    rules, now = equipment.rules_of(source), equipment.clock.now()
    named = {number: normalise(entry, rules, now=now) for number, (_, entry) in listed.items()}
    known = {number: url_key(visit.filed.record.url, rules) for number, (visit, _) in listed.items()}
    if not any(named[number].url_key == known[number] for number in named):
        return {}
    return {
        number: replace(visit.filed.record, url=named[number].url, url_key=named[number].url_key)
        for number, (visit, _) in listed.items()
        if named[number].url_key != known[number] and host_of(named[number].url) == visit.host
    }


def _number(visit: Visit) -> str:
    number = visit.filed.record.post_id or ""
    return number if number.isascii() and number.isdigit() else ""


def _may_answer(feeds: Sequence[Feed], now: datetime) -> bool:
    """Unless it was found closed within the last days. Without feeds nobody would keep the answer."""
    known: list[Mapping[str, Any]] = [feed.ways["rest"] for feed in feeds if feed.ways and feed.ways.get("rest")]
    shut = [way for way in known if not way["works"] and datetime.fromisoformat(way["at"]) + _TRY_AGAIN > now]
    return bool(feeds) and not shut


def _learn(equipment: Equipment, feeds: Sequence[Feed], now: datetime, *, works: bool) -> None:
    untold = [feed for feed in feeds if not feed.ways or (feed.ways.get("rest") or {}).get("works") is not works]
    if not untold:
        return
    way = {"works": works, "at": now.isoformat(), "why": "" if works else "it does not answer"}
    with equipment.archive.write() as tx:
        for feed in untold:
            tx.feeds.describe(feed.id, ways={**(feed.ways or {}), "rest": way})


def _asked(
    equipment: Equipment, home: str, numbers: Mapping[str, Visit], exchanges: Exchanges
) -> dict[str, Entry] | None:
    """The posts that REST lists, by number, without their texts; None if it does not answer."""
    url = (
        f"{urljoin(home, _PATH)}?include={','.join(numbers)}&per_page={MOST_AT_ONCE}&_fields=id,guid,modified_gmt,link"
    )
    entries = _entries(equipment, url, next(iter(numbers.values())), exchanges)
    if entries is None:
        return None
    rules = equipment.rules_of(next(iter(numbers.values())).filed.record.source)
    named = {normalise(entry, rules, now=equipment.clock.now()).post_id or "": entry for entry in entries}
    return {number: entry for number, entry in named.items() if number in numbers}


def _entries(equipment: Equipment, url: str, visit: Visit, exchanges: Exchanges) -> tuple[Entry, ...] | None:
    exchanges.next()
    answer = equipment.fetcher.fetch(url)
    if not isinstance(answer, Fetched):
        return None
    rules = equipment.rules_of(visit.filed.record.source)
    try:
        return equipment.read_rest(answer.body, url=url, headers=answer.headers, rules=rules, known={}).entries
    except ParseError:
        return None


def _checked(
    equipment: Equipment, visit: Visit, listed: Entry, exchanges: Exchanges, moved: Record | None
) -> VisitResult:
    """Unchanged, or read in full. moved: the record at its new address, if it has one."""
    if moved is not None and (there := _renamed(equipment, visit, moved, exchanges)) is not None:
        checked = _checked(equipment, there, listed, exchanges, None)
        return replace(checked, visit=there, did="renamed")
    filed = visit.filed
    held_at = visit.modified_at or filed.changed_at or filed.first_seen_at
    if listed.updated_at is None or listed.updated_at <= held_at:
        return _save(equipment, visit, None, exchanges)
    home = equipment.rules_of(filed.record.source).home
    entries = _entries(equipment, f"{urljoin(home, _PATH)}/{_number(visit)}?_embed=1", visit, exchanges)
    if not entries or not entries[0].body:
        later = replace(visit, due_at=equipment.clock.now() + timedelta(seconds=cadence.GONE_AGAIN_S))
        return _save(equipment, later, None, exchanges, again=True)
    return _save(equipment, visit, _draft(equipment, visit, entries[0]), exchanges)


def _renamed(equipment: Equipment, visit: Visit, there: Record, exchanges: Exchanges) -> Visit | None:
    """The visit of the record at its new address; None if another record owns that, or it changed meanwhile."""
    now, filed, lease = equipment.clock.now(), visit.filed, exchanges.lease
    held_at = visit.modified_at or filed.changed_at or filed.first_seen_at
    draft = Draft(record=there, content_hash=content_hash(there), seen_by="rest", modified_at=visit.modified_at)

    def save(tx: Transaction) -> bool:
        tx.feeds.hold([visit.host], lease)
        return tx.afterwards.rename(filed, draft, now=now)

    if not equipment.archive.write_together(save):
        return None
    return replace(visit, filed=replace(filed, record=there, revision=filed.revision + 1), modified_at=held_at)


def _draft(equipment: Equipment, visit: Visit, entry: Entry) -> Draft:
    old = _held(equipment, visit)
    read = normalise(entry, equipment.rules_of(old.source), now=equipment.clock.now())
    record = replace(
        read, url=old.url, url_key=old.url_key, published_at=old.published_at, published_at_from=old.published_at_from
    )
    return Draft(
        record=record,
        content_hash=content_hash(record),
        seen_by="rest",
        modified_at=entry.updated_at,
        evidence=entry.evidence,
    )


def _held(equipment: Equipment, visit: Visit) -> Record:
    record = visit.filed.record
    return under_its_address(record, equipment.rules_of(record.source))


def _save(
    equipment: Equipment, visit: Visit, draft: Draft | None, exchanges: Exchanges, *, again: bool = False
) -> VisitResult:
    now, filed, lease = equipment.clock.now(), visit.filed, exchanges.lease
    is_edit = draft is not None and draft.content_hash != content_hash(_held(equipment, visit))
    coming = cadence.next_check_at(
        published_at=filed.record.published_at, checks=0, steps_s=equipment.manners.recheck_s, now=now + AHEAD
    )

    def save(tx: Transaction) -> int:
        tx.feeds.hold([visit.host], lease)
        revised = None
        if draft is not None and is_edit:
            revised = draft.record if tx.afterwards.revise(filed, draft, now=now) else None
        elif draft is not None and draft.modified_at is not None:
            tx.afterwards.modified(filed.id, draft.modified_at)
        returned = tx.afterwards.restore(filed, now=now, how="rest")
        if again:
            tx.visits.save(visit)
        elif coming is None:
            tx.visits.drop(filed.id)
        else:
            tx.visits.save(replace(visit, checks=coming[0], due_at=coming[1], missing_since=None, attempts=0))
        return owe_edits(tx, equipment.matching, edits_of(filed, revised, returned=returned), now)

    alerts = equipment.archive.write_together(save)
    did = "edited" if is_edit else "returned" if filed.withdrawn_at else "unchanged"
    return VisitResult(visit=visit, did=did, alerts=alerts)
