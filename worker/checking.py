"""What WordPress's REST interface lists of a stretch that is not in the archive: ids and addresses only, no texts.

Owns one page of that list. Must not know by which means the stretch was read.
"""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from worker import identity
from worker.chapters import Missing
from worker.errand import Errand
from worker.errors import ParseError
from worker.fetch import masked
from worker.intake import Equipment
from worker.model import Feed, Fetched
from worker.older import REST_PAGE, site_root

_SECOND = timedelta(seconds=1)


def listing_url(feed: Feed, from_at: datetime, to_at: datetime, *, page: int = 1, size: int = REST_PAGE) -> str:
    """The address of one page of the list, oldest first. to_at is outside."""
    asked = {"after": _stamp(from_at - _SECOND), "before": _stamp(to_at), "per_page": size, "page": page}
    asked |= {"orderby": "date", "order": "asc", "_fields": "id,date_gmt,guid,link"}
    return f"{site_root(feed.poll_url)}wp-json/wp/v2/posts?{urlencode(asked)}"


def count(errand: Errand, feed: Feed, from_at: datetime, to_at: datetime) -> int | None:
    """How many articles the site says it has; None where the interface does not answer. Raises: ArchiveError."""
    answer = errand.fetch(listing_url(feed, from_at, to_at, size=1))
    total = answer.headers.get("x-wp-total", "") if isinstance(answer, Fetched) else ""
    return int(total) if total.isascii() and total.isdigit() and len(total) < 10 else None


def missing_of_page(
    equipment: Equipment, errand: Errand, feed: Feed, from_at: datetime, to_at: datetime, page: int
) -> list[Missing] | str:
    """Which articles of one page the archive does not know; in words why the page could not be had.

    Raises: ArchiveError.
    """
    answer, rules = errand.fetch(listing_url(feed, from_at, to_at, page=page)), equipment.rules(feed)
    if not isinstance(answer, Fetched):
        return getattr(answer, "reason", "304 to a question without validators")
    url = masked(answer.url)
    try:
        listed = equipment.read_rest(answer.body, url=url, headers=answer.headers, rules=rules, known={})
    except ParseError as error:
        return str(error)
    with equipment.archive.read() as tx:
        return [
            Missing(url=one.url, why="the site lists it, and it was not shown")
            for one in listed.entries
            if not tx.records.knows(
                identity.url_key(one.url, rules), rules.name, identity.post_id(one.guid, one.url, rules)
            )
        ]


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
