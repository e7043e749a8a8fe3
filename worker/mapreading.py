"""A backfill by sitemap: which articles the site lists that the archive does not know, and each one from its own page.

One exchange at a time, each committed with where it stands. Owns which maps are worth reading, and when a page may be
filed. A map says no dates of publication: a page is filed if it names one within the stretch, and is listed if it names
none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from worker import identity
from worker.archive import Transaction
from worker.chapters import Backfill, MapPlace, Missing
from worker.errand import Errand
from worker.errors import NoParser, ParseError
from worker.fetch import host_of, masked
from worker.intake import Equipment
from worker.model import (
    ArticlePage,
    Draft,
    Entry,
    Evidence,
    FailureKind,
    Feed,
    Fetched,
    FetchFailed,
    FilingOutcome,
    Lease,
    Shown,
    SourceRules,
)
from worker.normalise import content_hash, normalise
from worker.older import site_root
from worker.page import evidence_of
from worker.silently import told_until
from worker.sitemap import Place, Sitemap

MOST_FAILURES = 5  # in a row; then it is ended for now
MOST_OLDER = 30  # dated pages in a row from before the stretch, in a map that is in the order of publication
_AT_ONCE = 500  # addresses that are kept in the row
_ENTRANCES = ("robots.txt", "wp-sitemap.xml", "sitemap_index.xml", "sitemap.xml")
_OF_POSTS = re.compile(r"/wp-sitemap-posts-post-([0-9]{1,6})\.xml|/post-sitemap([0-9]{0,6})\.xml", re.IGNORECASE)
_IN_ORDER = re.compile(r"/wp-sitemap-posts-post-[0-9]{1,6}\.xml", re.IGNORECASE)  # WordPress's own, oldest first
_OF_NO_ARTICLES = re.compile(
    r"/(?:wp-sitemap-(?:posts-page|taxonomies|users)|(?:page|category|post_tag|author|tag)-sitemap)", re.IGNORECASE
)
_SPEAKS_AGAINST = ("challenge", "login", "error", "noindex")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapStep:
    """What one exchange came to. fault: why maps do not work here; is_read: all of them were read."""

    backfill: Backfill
    fault: str = ""
    is_read: bool = False
    said: str = ""
    is_stuck: bool = False


def advance(equipment: Equipment, errand: Errand, feed: Feed, backfill: Backfill) -> MapStep:
    """The next exchange. Raises: ArchiveError, LeaseLost."""
    place = backfill.place
    if place is None:
        return _enter(equipment, errand, feed, backfill)
    if place.pages:
        return _page(equipment, errand, feed, backfill, place)
    if place.waiting:
        return _map(equipment, errand, feed, backfill, place)
    return MapStep(backfill=backfill, is_read=True)


# -- maps -------------------------------------------------------------------------------------------------------------


def _enter(equipment: Equipment, errand: Errand, feed: Feed, backfill: Backfill) -> MapStep:
    """Where the site says that its maps are, else where they usually are."""
    root, reason = site_root(feed.poll_url), ""
    for name in _ENTRANCES:
        found = _fetched(equipment, errand, feed, root + name)
        if isinstance(found, Sitemap):
            waiting = tuple(one.url for one in found.places) if found.is_index else (root + name,)
            return _saved(equipment, replace(backfill, place=MapPlace(waiting=_worth_reading(waiting))))
        reason = reason or found
    return MapStep(backfill=backfill, fault=f"no sitemap was found: {reason}")


def _fetched(equipment: Equipment, errand: Errand, feed: Feed, url: str) -> Sitemap | str:
    """A map, or why there is none."""
    answer = errand.fetch(url)
    if not isinstance(answer, Fetched):
        return answer.reason if isinstance(answer, FetchFailed) else "304 to a question without validators"
    try:
        return equipment.read_map(answer.body, url=answer.url, timezone=equipment.rules(feed).timezone)
    except ParseError as error:
        return str(error)


def _worth_reading(urls: Sequence[str]) -> tuple[str, ...]:
    """Maps of articles; where they are numbered, the newest first."""
    kept = [url for url in urls if not _OF_NO_ARTICLES.search(url)]
    of_posts = [url for url in kept if _OF_POSTS.search(url)]
    return tuple(dict.fromkeys(sorted(of_posts or kept, key=_number_in, reverse=True)))


def _number_in(url: str) -> int:
    found = _OF_POSTS.search(url)
    return int(found[1] or found[2] or 1) if found else 0


def _map(equipment: Equipment, errand: Errand, feed: Feed, backfill: Backfill, place: MapPlace) -> MapStep:
    """The next map: further ones that it names, or those of its articles that are not in the archive."""
    url, later = place.waiting[0], place.waiting[1:]
    found = _fetched(equipment, errand, feed, url)
    if isinstance(found, str):
        lost = Missing(url=masked(url), why=f"a sitemap that cannot be read: {found}")
        return _failed(equipment, backfill, place, lost, replace(place, waiting=later, position=0, failures=0))
    places = [one for one in found.places if one.changed_at is None or one.changed_at >= backfill.from_at]
    if found.is_index:
        inner = _worth_reading([one.url for one in places if one.url not in place.waiting])
        return _saved(equipment, replace(backfill, place=replace(place, waiting=inner + later, seen=place.seen + 1)))
    if _IN_ORDER.search(url):
        places.reverse()
    unknown = _unknown(equipment, feed, places[place.position :], _AT_ONCE)
    position = place.position + unknown.looked_at
    done = position >= len(places)
    stands = replace(
        place,
        pages=unknown.urls,
        page_map=url,
        waiting=later if done else place.waiting,
        position=0 if done else position,
        seen=place.seen + done,
        failures=0,
    )
    return _saved(
        equipment, replace(backfill, place=stands, pages=backfill.pages + 1, found=backfill.found + unknown.known)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unknown:
    """Addresses that the archive does not know; known: how many it does; looked_at: of how many of the map."""

    urls: tuple[str, ...]
    known: int
    looked_at: int


def _unknown(equipment: Equipment, feed: Feed, places: Sequence[Place], most: int) -> _Unknown:
    rules, urls, known, number = equipment.rules(feed), [], 0, 0
    with equipment.archive.read() as tx:
        for number, one in enumerate(places, 1):  # noqa: B007 - how many were looked at
            if tx.records.knows(identity.url_key(one.url, rules), rules.name, identity.post_id("", one.url, rules)):
                known += 1
            else:
                urls.append(one.url)
            if len(urls) >= most:
                break
    return _Unknown(urls=tuple(urls), known=known, looked_at=number)


# -- pages ------------------------------------------------------------------------------------------------------------


def _page(equipment: Equipment, errand: Errand, feed: Feed, backfill: Backfill, place: MapPlace) -> MapStep:
    """One article from its own page."""
    url, after = place.pages[0], replace(place, pages=place.pages[1:], failures=0)
    with errand.turn(host_of(url)) as lease:
        answer = errand.ask(url, lease)
        if not isinstance(answer, Fetched):
            assert isinstance(answer, FetchFailed)
            return _not_had(equipment, backfill, place, after, answer)
        try:
            draft = _draft(equipment, feed, answer)
        except NoParser as error:
            return _failed(equipment, backfill, place, Missing(url=masked(url), why=str(error)), after)
        except ParseError as error:
            return _listed(equipment, backfill, after, url, str(error))
        if isinstance(draft, str):
            return _listed(equipment, backfill, after, url, draft)
        return _filed(equipment, feed, backfill, after, draft, lease, host_of(url))


def _not_had(
    equipment: Equipment, backfill: Backfill, place: MapPlace, after: MapPlace, failure: FetchFailed
) -> MapStep:
    """What is not there is listed; a server in trouble is asked again."""
    url = place.pages[0]
    if failure.kind in (FailureKind.REFUSED, FailureKind.GONE):
        return _listed(equipment, backfill, after, url, failure.reason)
    if failure.kind is FailureKind.THROTTLED:
        return MapStep(backfill=backfill, said=failure.reason)
    return _failed(equipment, backfill, place, Missing(url=masked(url), why=failure.reason), after)


def _draft(equipment: Equipment, feed: Feed, answer: Fetched) -> Draft | str:
    """The article of a page, or why it is none that can be filed. Raises: ParseError."""
    rules, now = equipment.rules(feed), equipment.clock.now()
    page = equipment.read_page(answer.body, url=masked(answer.url), headers=answer.headers, rules=rules)
    doubt = next((sign for sign in _SPEAKS_AGAINST if sign in page.signs), "")
    if doubt or not page.title or not page.body:
        return f"its page shows no article ({doubt or 'no title or no text'})"
    if page.published_at is None:
        return "its page names no date"
    record = normalise(_entry(page, rules), rules, now=now)
    if record.published_at_from != "feed":
        return "its page names no plausible date"
    return Draft(
        record=record,
        content_hash=content_hash(record),
        seen_by="page",
        modified_at=page.modified_at,
        evidence=evidence_of(record, page.html),
    )


def _entry(page: ArticlePage, rules: SourceRules) -> Entry:
    """Under the address that the page names itself by, if it is one of the same site."""
    own = identity.url_key(page.canonical, rules).split("/")[2:3] if page.canonical else []
    same = own == identity.url_key(page.url, rules).split("/")[2:3]
    return Entry(
        shown=Shown(digest="", key=""),
        guid=page.short_url,
        url=page.canonical if same else page.url,
        title=page.title,
        body=page.body,
        published_at=page.published_at,
        updated_at=page.modified_at,
        categories=page.categories,
        tags=page.tags,
        author=page.author,
        excerpt="paid" in page.signs or bool(page.next_pages),
        evidence=Evidence(kind="page", body=b""),
    )


def _filed(
    equipment: Equipment,
    feed: Feed,
    backfill: Backfill,
    after: MapPlace,
    draft: Draft,
    lease: Lease,
    host: str,
) -> MapStep:
    """File it if it is of the stretch. In a map that is in order, enough older ones in a row end it."""
    now, at = equipment.clock.now(), draft.record.published_at
    within = backfill.from_at <= at < backfill.to_at
    after = replace(after, older=after.older + 1 if at < backfill.from_at else 0)
    if after.older >= MOST_OLDER and _IN_ORDER.search(after.page_map):
        rest = tuple(url for url in after.waiting if not _IN_ORDER.search(url))
        after = replace(after, pages=(), waiting=rest, position=0, older=0)
    backfill = replace(backfill, place=after, pages=backfill.pages + 1, found=backfill.found + within)
    with equipment.archive.write() as tx:
        tx.feeds.hold([host], lease)
        if within:
            backfill = _into_archive(tx, feed, backfill, draft, now)
        tx.backfills.save(backfill, now)
    return MapStep(backfill=backfill)


def _into_archive(tx: Transaction, feed: Feed, backfill: Backfill, draft: Draft, now: datetime) -> Backfill:
    [filing] = tx.records.file([draft], feed_url="", now=now, silent=True)
    if filing.outcome is not FilingOutcome.NEW:
        return backfill
    tx.records.hear(first_seen_at=now, source=feed.source, until=told_until(tx, feed.source, now))
    return replace(backfill, filed=backfill.filed + 1)


# -- where it stands --------------------------------------------------------------------------------------------------


def _saved(equipment: Equipment, backfill: Backfill, said: str = "", *, is_stuck: bool = False) -> MapStep:
    with equipment.archive.write() as tx:
        tx.backfills.save(backfill, equipment.clock.now())
    return MapStep(backfill=backfill, said=said, is_stuck=is_stuck)


def _listed(equipment: Equipment, backfill: Backfill, after: MapPlace, url: str, why: str) -> MapStep:
    """It cannot be filed: that is said at the end, and does not hold up the others."""
    missing = backfill.with_missing([Missing(url=masked(url), why=why)])
    return _saved(equipment, replace(backfill, place=after, pages=backfill.pages + 1, missing=missing))


def _failed(equipment: Equipment, backfill: Backfill, place: MapPlace, lost: Missing, after: MapPlace) -> MapStep:
    """Tried again; what fails again and again is listed as missing, and it is enough for now: the server is in trouble."""
    failures = place.failures + 1
    if failures < MOST_FAILURES:
        return _saved(equipment, replace(backfill, place=replace(place, failures=failures)), lost.why)
    given_up = replace(backfill, place=after, missing=backfill.with_missing([lost]))
    return _saved(equipment, given_up, lost.why, is_stuck=True)
