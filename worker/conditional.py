"""What a feed is asked with: the validators as its server gave them, or none where a 304 may not be believed."""

from dataclasses import replace
from datetime import datetime

from worker.model import Feed, Fetched, Host, Validators


def validators_for(feed: Feed, host: Host, now: datetime, unconditional_every_s: float) -> Validators | None:
    """As received, byte for byte; but without `W/` where the server never accepts its own weak form. Now and then none
    at all: a 304 can hide news (back-dated posts, frozen caches).
    """
    if feed.lied_at is not None or feed.full_at is None or not feed.validators.url:
        return None
    if (now - feed.full_at).total_seconds() >= unconditional_every_s:
        return None
    etag = feed.validators.etag
    if host.strip_weak_etags and etag and etag.startswith("W/"):
        return replace(feed.validators, etag=etag[2:])
    return feed.validators


def asked_in_full(feed: Feed, sent: Validators | None, now: datetime) -> Feed:
    return replace(feed, full_at=now) if sent is None else feed


def learned_of_etags(host: Host, sent: Validators | None, answer: Fetched) -> bool | None:
    """Its own weak ETag was sent, and it answers in full with the very same: strip it from now on. Stripped, and no
    better: do not. A new ETag says nothing of it.
    """
    given = answer.validators.etag
    if sent is None or not sent.etag or not given or not given.startswith("W/"):
        return None
    if sent.etag == given:
        return True
    return False if host.strip_weak_etags and f"W/{sent.etag}" == given else None
