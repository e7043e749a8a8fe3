"""Records read again from their raw evidence, because the rules changed: by configuration, or with a new feedwacht.

evidence -> entry (in the box) -> record -> compared with the one in the archive -> a revision of kind `rules`

Nobody is alerted, and what stays the same is left alone. Short transactions beside a running worker; a run that is cut
short goes on where it was, as long as the rules are the same.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum

from worker import __version__
from worker.archive import Addresses, Archive
from worker.difference import compare
from worker.errors import NoParser, ParseError
from worker.masking import mask
from worker.model import Draft, Entry, Evidence, FieldChange, FiledRecord, Kept, Record, SourceRules
from worker.normalise import content_hash, normalise, with_known_tags
from worker.provenance import without_notice_date

_AT_ONCE = 50  # records a transaction: their evidence is in memory meanwhile
_WHOLE = ("feed", "json", "fields", "rest")  # evidence that holds an article as it was filed; a page's does not

Read = Callable[[Evidence, SourceRules], Entry]


class Result(StrEnum):
    CHANGED = "changed"
    SAME = "same"
    LEFT = "left"  # its text is that of its page, or its source is not configured any more
    UNREADABLE = "unreadable"  # there is no evidence, or it cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What became of one record. fields: what changed beside its text; text: whether that did; reason: one line."""

    filed: FiledRecord
    result: Result
    fields: tuple[FieldChange, ...] = ()
    text: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renormaliser:
    """read: evidence to an entry, where foreign bytes do no harm; sources: the rules by name."""

    archive: Archive
    read: Read
    sources: Mapping[str, SourceRules]
    threads: int = os.cpu_count() or 1

    def run(self, *, now: datetime, since: datetime | None = None, dry_run: bool = False) -> Iterator[Reread]:
        """Every record published since then, one answer each. dry_run: nothing is written.

        Raises: ArchiveError; NoParser when nothing can be read at all.
        """
        name = self._name(since)
        with self.archive.read() as tx:
            last = 0 if dry_run else tx.rereading.reached(name)
            categories = {mask(feed.url): feed.category for feed in tx.feeds.all()}
        with ThreadPoolExecutor(self.threads) as pool:
            while True:
                with self.archive.read() as tx:
                    part = tx.rereading.next(last, _AT_ONCE, since=since)
                if not part:
                    break
                drafts = self._settled(part, list(pool.map(lambda kept: self._draft(kept, categories), part)))
                last = part[-1].filed.id
                yield from self._write(part, drafts, now, None if dry_run else (name, last))
        if not dry_run:
            with self.archive.write() as tx:
                tx.rereading.finish()

    def _name(self, since: datetime | None) -> str:
        """The same for runs that would do the same."""
        rules = [asdict(one) for _, one in sorted(self.sources.items())]
        day = str(since.date()) if since else ""
        return hashlib.sha256(json.dumps([__version__, rules, day]).encode()).hexdigest()[:16]

    def _draft(self, kept: Kept, categories: Mapping[str, str]) -> Draft | Reread:
        filed, rules = kept.filed, self.sources.get(kept.filed.record.source)
        if kept.body_from not in ("feed", "rest"):
            return Reread(filed=filed, result=Result.LEFT, reason=f"its text is that of the {kept.body_from}")
        if rules is None:
            return Reread(filed=filed, result=Result.LEFT, reason=f"no source {filed.record.source!r} is configured")
        if kept.evidence is None or kept.received_at is None:
            return Reread(filed=filed, result=Result.UNREADABLE, reason="there is no raw evidence of it")
        if kept.evidence.kind not in _WHOLE:
            return Reread(filed=filed, result=Result.LEFT, reason=f"its text is that of the {kept.evidence.kind}")
        try:
            entry = self.read(kept.evidence, rules)
            category = _feed_category(kept, categories)
            record = normalise(entry, rules, now=kept.received_at, feed_category=category)
        except NoParser:
            raise
        except ParseError as error:
            return Reread(filed=filed, result=Result.UNREADABLE, reason=str(error))
        if kept.evidence.kind != "rest":
            record = with_known_tags(record, filed.record.tags)
        record = _with_what_was_learnt(record, filed.record)
        return Draft(record=record, content_hash=content_hash(record), digest=entry.shown.digest)

    def _settled(self, part: Sequence[Kept], drafts: Sequence[Draft | Reread]) -> list[Draft | Reread]:
        """With the address that stands in the archive, where it is only spelt otherwise, or belongs to another record."""
        url_keys = [one.record.url_key for one in drafts if isinstance(one, Draft)]
        with self.archive.read() as tx:
            known = tx.rereading.addresses([kept.filed for kept in part], url_keys)
        return [
            _with_url(draft, kept.filed) if isinstance(draft, Draft) and _keeps_url(kept.filed, draft, known) else draft
            for kept, draft in zip(part, drafts, strict=True)
        ]

    def _write(
        self, part: Sequence[Kept], drafts: Sequence[Draft | Reread], now: datetime, mark: tuple[str, int] | None
    ) -> list[Reread]:
        done = [_judged(kept, draft) for kept, draft in zip(part, drafts, strict=True)]
        if mark is None:
            return done
        with self.archive.write() as tx:
            for kept, draft, found in zip(part, drafts, done, strict=True):
                if isinstance(draft, Draft) and found.result is Result.CHANGED:
                    tx.rereading.revise(kept, draft, now)  # False: it was edited meanwhile, by the new rules
                elif isinstance(draft, Draft):
                    tx.rereading.follow(kept, draft)
            tx.rereading.reach(*mark)
        return done


def _keeps_url(filed: FiledRecord, draft: Draft, known: Addresses) -> bool:
    key = draft.record.url_key
    return known.current.get(filed.id) == key or known.owners.get(key, filed.id) != filed.id


def _with_url(draft: Draft, filed: FiledRecord) -> Draft:
    return replace(draft, record=replace(draft.record, url=filed.record.url))


def _feed_category(kept: Kept, categories: Mapping[str, str]) -> str:
    """Of the feed that showed it; of one that is gone, what the record itself kept of it."""
    known = categories.get(kept.feed_url)
    if known is not None:
        return known
    record = kept.filed.record
    return record.category if record.category not in record.categories else ""


def _with_what_was_learnt(record: Record, filed: Record) -> Record:
    """What did not come from the evidence stays: a time that we chose, and a date of the AI notice that came later."""
    if record.published_at_from == "first_seen":
        record = replace(record, published_at=filed.published_at, published_at_from=filed.published_at_from)
    notice, known = record.ai_notice, filed.ai_notice
    if notice is None or notice.date_local or known is None or not known.date_local:
        return record
    same = " ".join(without_notice_date(record.body).split()) == " ".join(without_notice_date(filed.body).split())
    return replace(record, ai_notice=known, body=filed.body) if same else record


def _judged(kept: Kept, draft: Draft | Reread) -> Reread:
    if isinstance(draft, Reread):
        return draft
    found = compare(kept.filed.record, draft.record)
    before, after = (_hidden(record) for record in (kept.filed.record, draft.record))
    changed = bool(found.fields) or bool(found.body) or before != after
    result = Result.CHANGED if changed else Result.SAME
    return Reread(filed=kept.filed, result=result, fields=found.fields, text=bool(found.body))


def _hidden(record: Record) -> tuple[object, ...]:
    """What a state holds beside what a comparison shows."""
    return record.published_at_from, record.ai_notice, record.source_line, record.timezone
