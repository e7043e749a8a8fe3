"""When a feed's own address has moved: by permanent redirects that agree for long enough, never to a worse one."""

from dataclasses import replace
from datetime import datetime

from worker import cadence
from worker.fetch import host_of, masked
from worker.model import Feed, FetchFailed, FetchResult


def noted(feed: Feed, answer: FetchResult, now: datetime) -> Feed:
    """Count permanent redirects that agree."""
    target = _permanent_target(feed, answer)
    if not target:
        return replace(feed, moved_to="", moved_count=0, moved_since=None) if feed.moved_to else feed
    if target != feed.moved_to or feed.moved_since is None:
        return replace(feed, moved_to=target, moved_count=1, moved_since=now)
    return replace(feed, moved_count=feed.moved_count + 1)


def followed(feed: Feed, now: datetime) -> Feed:
    """The feed at its new address, once that is stable."""
    if feed.moved_since is None or not cadence.move_is_stable(feed.moved_count, feed.moved_since, now):
        return feed
    return replace(
        feed, poll_url=feed.moved_to, host=host_of(feed.moved_to), moved_to="", moved_count=0, moved_since=None
    )


def _permanent_target(feed: Feed, answer: FetchResult) -> str:
    if isinstance(answer, FetchFailed) or not answer.hops or any(hop.status not in (301, 308) for hop in answer.hops):
        return ""
    if masked(feed.poll_url) != feed.poll_url:
        return ""  # its credentials are for the address that was configured
    target = answer.hops[-1].url
    downgrade = feed.poll_url.startswith("https:") and not target.startswith("https:")
    return "" if downgrade or masked(target) != target else target
