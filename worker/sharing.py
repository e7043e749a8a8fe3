"""Entries of one page that share a link: tickers, warnings, feeds whose every link is the home page.

A link names an article, but not where another entry of the same page has the same link and another title.
"""

import hashlib
from collections import defaultdict
from dataclasses import replace

from worker.model import Entry, ParsedFeed, Shown
from worker.text import fold


def told_apart(feed: ParsedFeed) -> ParsedFeed:
    """The feed, its entries that share a link marked (`Entry.apart`) and named by their title, too."""
    on_link: dict[str, list[Shown]] = defaultdict(list)
    for shown in feed.shown:
        if shown.link:
            on_link[shown.link].append(shown)
    if all(len(together) == 1 for together in on_link.values()):
        return feed
    titles = {entry.shown.digest: fold(entry.title) for entry in feed.entries}
    entries = tuple(_apart(entry, on_link[entry.shown.link], titles) for entry in feed.entries)
    renamed = {entry.shown.digest: entry.shown for entry in entries}
    return replace(feed, entries=entries, shown=tuple(renamed.get(shown.digest, shown) for shown in feed.shown))


def _apart(entry: Entry, together: list[Shown], titles: dict[str, str]) -> Entry:
    """Of an entry that was known before the title is not at hand: it counts as another one."""
    own = titles[entry.shown.digest]
    if not entry.shown.link or not own or all(titles.get(other.digest) == own for other in together):
        return entry
    apart = hashlib.sha256(own.encode()).hexdigest()[:16]
    key = hashlib.sha256(f"{entry.shown.link}{apart}".encode()).hexdigest()[:16]
    return replace(entry, apart=apart, shown=replace(entry.shown, key=key))
