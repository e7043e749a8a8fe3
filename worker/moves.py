"""Articles that got another address: told before they are filed, so that they are not taken for new ones.

When a feed shows an address that nobody knows, and an article went away from the middle of its window, that one is asked
for. If its address leads for good to the new one, they are the same article. Post ids tell without asking.
"""

from collections.abc import Sequence
from dataclasses import replace

from worker.exchanges import Exchanges
from worker.identity import record_key, url_key
from worker.intake import Equipment, Page
from worker.model import Draft, Feed, Fetched, FiledRecord, Shown, SourceRules
from worker.proof import vanished
from worker.target import host_of

MOST_ASKED = 3  # of one poll: renames come singly


def told_moved(equipment: Equipment, feed: Feed, page: Page, exchanges: Exchanges) -> Page:
    """The page, its drafts naming the address under which the archive knows them. One exchange for each that went away.

    Raises: ArchiveError, LeaseLost.
    """
    gone = vanished(feed.window, page.parsed.shown) if feed.first_polled_at is not None else ()
    if not gone or not page.drafts:
        return page
    gone_records, known = _looked_up(equipment, gone, page)
    fresh = [number for number, draft in enumerate(page.drafts) if not known[number] and _may_have_moved(draft)]
    if not fresh or not gone_records:
        return page
    drafts = list(page.drafts)
    for filed in gone_records[:MOST_ASKED]:
        there = _leads_to(equipment, feed, filed, exchanges)
        for number in fresh:
            if there and drafts[number].record.url_key == there:
                drafts[number] = replace(drafts[number], formerly=filed.record.url_key)
    return replace(page, drafts=tuple(drafts))


def _looked_up(equipment: Equipment, gone: Sequence[Shown], page: Page) -> tuple[list[FiledRecord], list[bool]]:
    """The records that went away, and for each draft whether its address is known."""
    with equipment.archive.read() as tx:
        found = [tx.records.find("", one.link) for one in gone if one.link]
        known = [tx.records.find(draft.record.url_key, record_key(draft.record.url_key)) for draft in page.drafts]
    return [filed for filed in found if filed is not None], [filed is not None for filed in known]


def _may_have_moved(draft: Draft) -> bool:
    """Only what has no number of the site's own: with one it would have been found by that, or is another article."""
    number = draft.record.post_id
    return draft.record.url.startswith("http") and not draft.apart and (number is None or ":" in number)


def _leads_to(equipment: Equipment, feed: Feed, filed: FiledRecord, exchanges: Exchanges) -> str:
    """The url_key to which a record's address leads for good, "" for none, and for the home page."""
    if host_of(filed.record.url) != feed.host:
        return ""
    exchanges.next()
    answer = equipment.fetcher.fetch(filed.record.url)
    if not isinstance(answer, Fetched) or not answer.hops or any(hop.status not in (301, 308) for hop in answer.hops):
        return ""
    rules: SourceRules = equipment.rules(feed)
    there = url_key(answer.url, rules)
    return "" if there in (url_key(rules.home, rules), filed.record.url_key) else there
