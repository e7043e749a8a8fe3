"""What asking the web comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from worker.model.troubles import TroubleKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to be asked again with, byte for byte, and the URL that gave it."""

    url: str = ""
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One redirect that was followed: its HTTP status (301, 302, 303, 307, 308) and the absolute URL it led to."""

    status: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A body with status 200 (or 226), decoded from its content coding.

    url: the address that answered, after redirects; headers: keys in lower case, repeated ones joined with ", ".
    fresh_s: so long the answer stays good for the caches on the way, 0 = they do not say.
    """

    url: str
    body: bytes
    headers: Mapping[str, str]
    validators: Validators
    status: int = 200
    fresh_s: float = 0.0
    hops: tuple[Hop, ...] = ()
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server said 304 to our validators. `validators`: ours, replaced by what the 304 itself brought; headers,
    fresh_s: see `Fetched`.
    """

    url: str
    validators: Validators
    headers: Mapping[str, str] = field(default_factory=dict)
    fresh_s: float = 0.0
    hops: tuple[Hop, ...] = ()
    took_s: float = 0.0


class FailureKind(StrEnum):
    """Why a fetch failed, as far as it decides what is done next."""

    TEMPORARY = "temporary"  # network trouble, 5xx, a body that is no feed: back off up to back_off_max
    REFUSED = "refused"  # 401, 403, 404, bot challenges, blocked addresses: back off up to give_up_max
    THROTTLED = "throttled"  # 429 or 503 with Retry-After: the whole host waits
    GONE = "gone"  # 410: the feed is stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """A fetch that brought nothing, as a value.

    reason: one line, under 300 characters, that a person understands, e.g. "www.x.de: the name cannot be resolved".
    status: HTTP status if there was one; retry_after_s: the server's wish, clamped to 24 h, None without one.
    sign: what it is a sign of if it lasts, where that is known; None = just a failure.
    was_asked: the whole request had left when it failed, and no answer to it came: the other side may have acted on it.
    """

    kind: FailureKind
    reason: str
    status: int | None = None
    retry_after_s: float | None = None
    sign: "TroubleKind | None" = None
    was_asked: bool = False
    hops: tuple[Hop, ...] = ()
    took_s: float = 0.0


FetchResult = Fetched | NotModified | FetchFailed


class FeedFetcher(Protocol):
    """The web as the flow sees it: the real one in `fetch.py`, a scripted one in tests."""

    def fetch(self, url: str, validators: Validators | None = None) -> FetchResult:
        """GET `url`, conditionally when validators are given. Never raises for what a server or network does."""
