"""One look at an address that somebody wants to watch: is it a feed, and of what kind?

Owns the verdict. Must not know why it is asked for, nor what is watched already.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from worker.errand import Errand
from worker.errors import CommentFeed, NoParser, ParseError, ParserDied
from worker.fetch import masked
from worker.intake import Equipment
from worker.model import FailureKind, Fetched, FetchFailed, NotModified, ParsedFeed, SourceRules


class TrialVerdict(StrEnum):
    """What stands at an address."""

    FEED = "feed"
    EMPTY = "empty"  # valid, but without entries: WordPress answers a mistyped category so
    COMMENTS = "comments"
    NO_FEED = "no_feed"
    GONE = "gone"  # 404, 410
    BLOCKED = "blocked"  # an address that may not be reached: none on the public internet, a port that is closed
    REFUSED = "refused"  # 401, 403, a bot challenge: it may be for the moment, or for us
    UNREACHABLE = "unreachable"  # network trouble, 5xx, a server that wants to be left alone

    @property
    def is_hopeless(self) -> bool:
        """It could never be polled."""
        return self in (TrialVerdict.COMMENTS, TrialVerdict.NO_FEED, TrialVerdict.GONE, TrialVerdict.BLOCKED)


class Carried(StrEnum):
    """How much of an article a feed carries."""

    FULL = "full"
    EXCERPT = "excerpt"
    MIXED = "mixed"
    NOTHING = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one look found. final_url: the address that answered; moved_to: where permanent redirects lead, or "".

    shown: the keys of its entries, in its order; newest_at: its newest entry's date; reason: one line for what is no
    feed; rests: the server asked to be left alone.
    """

    url: str
    verdict: TrialVerdict
    final_url: str = ""
    moved_to: str = ""
    title: str = ""
    shown: tuple[str, ...] = ()
    newest_at: datetime | None = None
    carried: Carried = Carried.NOTHING
    reason: str = ""
    rests: bool = False


def try_feed(equipment: Equipment, errand: Errand, url: str, rules: SourceRules) -> Trial:
    """Fetch and read it once. Raises: ArchiveError."""
    answer = errand.fetch(url)
    if isinstance(answer, Fetched):
        return judge(equipment, url, answer, rules)
    if isinstance(answer, NotModified):
        return Trial(url=url, verdict=TrialVerdict.UNREACHABLE, reason="304 to a question without validators")
    return Trial(url=url, verdict=_of_failure(answer), reason=answer.reason, rests=answer.kind is FailureKind.THROTTLED)


def judge(equipment: Equipment, url: str, answer: Fetched, rules: SourceRules) -> Trial:
    """What a body is that was fetched from `url`."""
    hops = answer.hops
    moved_to = answer.url if hops and all(hop.status in (301, 308) for hop in hops) else ""
    found = Trial(url=url, verdict=TrialVerdict.NO_FEED, final_url=answer.url, moved_to=moved_to)
    try:
        parsed = equipment.read(answer.body, url=masked(answer.url), headers=answer.headers, rules=rules, known={})
    except CommentFeed as error:
        return _with(found, TrialVerdict.COMMENTS, str(error))
    except (NoParser, ParserDied) as error:
        return _with(found, TrialVerdict.UNREACHABLE, str(error))
    except ParseError as error:
        return _with(found, TrialVerdict.NO_FEED, str(error))
    return _of_feed(found, parsed)


def _with(found: Trial, verdict: TrialVerdict, reason: str) -> Trial:
    return Trial(url=found.url, verdict=verdict, final_url=found.final_url, moved_to=found.moved_to, reason=reason)


def _of_failure(failure: FetchFailed) -> TrialVerdict:
    if failure.kind is FailureKind.GONE or failure.status == 404:
        return TrialVerdict.GONE
    if failure.kind is FailureKind.REFUSED:
        return TrialVerdict.BLOCKED if failure.status is None else TrialVerdict.REFUSED
    return TrialVerdict.UNREACHABLE


_COMMENT_PATH = re.compile(r"/comments/feed(?:/|$)|/feeds/comments/", re.IGNORECASE)
_COMMENT_TITLE = re.compile(r"\s{0,9}(?:Kommentare (?:für|zu)|Comments (?:for|on)) ", re.IGNORECASE)


def _of_feed(found: Trial, parsed: ParsedFeed) -> Trial:
    """A feed of comments that has none yet is told by its address and title."""
    of_comments = _COMMENT_PATH.search(found.final_url) or _COMMENT_TITLE.match(parsed.title)
    if not parsed.shown:
        return _titled(found, parsed, TrialVerdict.COMMENTS if of_comments else TrialVerdict.EMPTY)
    return _titled(found, parsed, TrialVerdict.FEED)


def _titled(found: Trial, parsed: ParsedFeed, verdict: TrialVerdict) -> Trial:
    return Trial(
        url=found.url,
        verdict=verdict,
        final_url=found.final_url,
        moved_to=found.moved_to,
        title=parsed.title,
        shown=tuple(one.key for one in parsed.shown),
        newest_at=max((one.published_at for one in parsed.shown if one.published_at is not None), default=None),
        carried=_carried(parsed),
    )


def _carried(parsed: ParsedFeed) -> Carried:
    kinds = {entry.excerpt for entry in parsed.entries if entry.body}
    if not kinds:
        return Carried.NOTHING
    return Carried.MIXED if len(kinds) == 2 else Carried.EXCERPT if True in kinds else Carried.FULL
