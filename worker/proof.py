"""What a feed's new window proves: known ground, a gap, entries that went away, a server that hid news.

Owns what a poll says of coverage. Values in, values out, but for `note`, which writes what changed in the poll's
transaction.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from worker.archive import Transaction
from worker.intake import Filed, Page, post_number
from worker.model import Feed, Shown, Validators
from worker.overlap import newest_first, oldest_in_order, reaches_back_to, reaches_ground
from worker.reading import begin_to_ground

TRUST_AGAIN = timedelta(days=7)  # in which validators and content agreed
NOT_REACHED = "the feed's window did not reach what was known before"


def window_after(feed: Feed, page: Page, now: datetime, *, timezone: str) -> Feed:
    """The feed with its new window; where that does not reach known ground, older pages are to be read."""
    shown = page.parsed.shown
    if not shown:
        return feed
    if feed.first_polled_at is None:
        return _first_window(replace(feed, window=shown, covered_to=now), page, now, timezone)
    if feed.catch_up is not None and reaches_ground(shown, feed.catch_up.seen):
        known = {one.key for one in feed.catch_up.seen}
        newer = tuple(one for one in shown if one.key not in known)
        catch_up = replace(feed.catch_up, seen=(*newer, *feed.catch_up.seen), as_of=now)
        return replace(feed, window=shown, catch_up=catch_up)
    if reaches_ground(shown, feed.ground):
        return replace(feed, window=shown, ground=shown, catch_up=None, catch_up_at=None, covered_to=now)
    catch_up = begin_to_ground(feed, timezone=timezone, shown=shown, older_url=page.parsed.older_url, now=now)
    return replace(feed, window=shown, catch_up=catch_up, catch_up_at=now)


def same_window(feed: Feed, now: datetime) -> Feed:
    """The same bytes as before, in full: if they were known ground, they are it as of now."""
    if feed.first_polled_at is None or feed.body_hash == "":
        return feed
    if feed.catch_up is not None:
        return replace(feed, catch_up=replace(feed.catch_up, as_of=now)) if feed.catch_up.as_of else feed
    return replace(feed, covered_to=now)


def _first_window(feed: Feed, page: Page, now: datetime, timezone: str) -> Feed:
    """Coverage begins here, as far back as entries hang together. What is dated ahead says nothing of where."""
    plausible = [one for one in page.parsed.shown if one.published_at and one.published_at.year >= 1990]
    covered_from = min(reaches_back_to(plausible, timezone) or now, now)
    numbers = [
        number
        for draft in page.drafts
        if draft.record.published_at >= covered_from and (number := post_number(draft.record)) is not None
    ]
    return replace(
        feed,
        ground=feed.window,
        first_polled_at=now,
        covered_from=covered_from,
        covered_id=min(numbers, default=None),
    )


def vanished(before: Sequence[Shown], now_shown: Sequence[Shown]) -> tuple[Shown, ...]:
    """Entries that went away from the middle of a window: newer than others that still stand there.

    Where most of the window went away, nothing is said: it is another feed now. Nor where it is not in the order of its
    dates: what is most read comes and goes.
    """
    window = newest_first(before)
    if any(one.published_at for one in window) and oldest_in_order(window) is None:
        return ()
    keys, links = {one.key for one in now_shown}, {one.link for one in now_shown if one.link}
    stays = [one.key in keys or one.link in links for one in window]
    last = max((place for place, stands in enumerate(stays) if stands), default=0)
    gone = tuple(one for one, stands in zip(window[:last], stays, strict=False) if not stands)
    return gone if len(gone) * 2 < len(window) else ()


# -- a server that hides news -----------------------------------------------------------------------------------------


def judged_honesty(feed: Feed, held: Validators, given: Validators, *, has_news: bool, now: datetime) -> Feed:
    """The feed after an answer to a question without validators.

    held: those that the last answer came with. The server lies if it gives the same ones with news: asked with them it
    would have said "unchanged". It is believed again when they agreed for a while.
    """
    named = bool(held.url) and (held.etag is not None or held.last_modified is not None)
    if has_news and named and held == given:
        return replace(feed, lied_at=now)
    if feed.lied_at is not None and now - feed.lied_at >= TRUST_AGAIN:
        return replace(feed, lied_at=None)
    return feed


def shows_news(feed: Feed, page: Page, filed: Filed) -> bool:
    """Entries that are new to this feed, or edits. What slid into view at the end is no news, nor is a first window."""
    if feed.first_polled_at is None:
        return False
    known = {one.key for one in (*feed.window, *feed.ground)}
    places = [place for place, one in enumerate(page.parsed.shown) if one.key in known]
    last = max(places, default=len(page.parsed.shown))
    return filed.revised > 0 or any(one.key not in known for one in page.parsed.shown[:last])


# -- in the poll's transaction ----------------------------------------------------------------------------------------


def note(tx: Transaction, before: Feed, after: Feed, now: datetime) -> None:
    """Write down what a poll changed in the feed's gaps, and have a look at what went away."""
    was, stands = before.catch_up, after.catch_up
    if stands is not None and stands.since is not None and (was is None or (not stands.pages and stands.as_of == now)):
        to_at = stands.as_of or now
        tx.coverage.open(after.id, from_at=stands.since, to_at=to_at, reason=NOT_REACHED, now=now)
    if was is not None and stands is None and was.since is not None:
        tx.coverage.close(after.id, was.since, closed_by="window", pages=was.pages, found=was.found, now=now)
    if before.first_polled_at is not None and after.window is not before.window:
        links = [one.link for one in vanished(before.window, after.window) if one.link]
        if links:
            tx.visits.want(tx.coverage.under_links(links), reason="gone", due_at=now)
