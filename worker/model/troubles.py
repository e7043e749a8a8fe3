"""What keeps feeds from telling us, and who is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal


class TroubleKind(StrEnum):
    """What keeps a feed from telling us of new articles, or a channel from telling people of them."""

    SILENT = "silent"  # quieter than its rhythm allows
    EMPTY = "empty"  # valid, without entries, and it had some
    NO_FEED = "no_feed"  # HTML or anything else instead of a feed
    COMMENTS = "comments"  # a feed of comments, not of articles
    ELSEWHERE = "elsewhere"  # it leads to another site than the configured one
    CERTIFICATE = "certificate"  # the server cannot prove who it is
    FAILING = "failing"  # anything else that lasts
    GONE = "gone"  # 410: it is not polled any more
    LYING = "lying"  # its validators hide news
    QUARANTINE = "quarantine"  # all that it shows came under new names at once: the operator decides
    CANARY = "canary"  # our own article does not get through
    CHANNEL_FAILING = "channel_failing"  # a channel that takes nothing, for hours
    CHANNEL_OFF = "channel_off"  # the same for days: it was disabled
    CHANNEL_GONE = "channel_gone"  # 410: it was disabled at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """A sign of trouble at one feed, kept in its row. polls: how many in a row showed it; told: it lasted, and became a
    trouble; gone_since: a trouble's sign is away since then, and may come back.
    """

    kind: TroubleKind
    since: datetime
    polls: int = 1
    told: bool = False
    gone_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What keeps a feed from telling us, from one time to another; over_at: None = it lasts. id: 0 = not filed yet.

    feed_id: None = it is about the channel of that name, and about no feed.
    """

    id: int = 0
    feed_id: int | None = None
    feed_url: str = ""
    source: str = ""
    channel: str = ""
    kind: TroubleKind
    detail: str = ""
    began_at: datetime
    over_at: datetime | None = None

    @property
    def phase(self) -> Literal["began", "over"]:
        return "began" if self.over_at is None else "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A feed that is polled and whose rhythm is known, as far as silence goes."""

    id: int
    url: str
    source: str
    failures: int
    last_success_at: datetime | None
    rhythm: Mapping[str, Any]
