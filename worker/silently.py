"""Filing what a person asked for: no alerts, except for what a poll would have brought as news.

Must not know by which means it was read.
"""

from datetime import datetime

from worker.archive import Transaction
from worker.intake import Filed, Page, file_page
from worker.matching import Matching
from worker.model import Feed


def file_silently(tx: Transaction, feed: Feed, page: Page, now: datetime, matching: Matching) -> Filed:
    """File a page whose matches are none. What is dated after the last poll that reached known ground stays unheard: the
    feed that shows it next still alerts. Everything older was told, or is history. What the page shows of edits to articles
    that were told of is told, because no later poll sees them.
    """
    filed = file_page(tx, feed, page, now, matching)
    if filed.new:
        tx.records.hear(first_seen_at=now, source=feed.source, until=told_until(tx, feed.source, now))
    return filed


def told_until(tx: Transaction, source: str, now: datetime) -> datetime:
    """Up to when all feeds of this source have told what there was; feeds that begin later tell nothing of it."""
    polled = [one for one in tx.feeds.all() if one.source == source and not one.stopped and one.first_polled_at]
    return min((at for one in polled if (at := one.covered_to or one.first_polled_at)), default=now)
