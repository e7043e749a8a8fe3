"""The one line in the log that each step at a host leaves: a poll, an older page, a page read again, a visit.

Owns their wording, which is English. Must not change anything.
"""

from collections.abc import Sequence

from worker import logs
from worker.catchup import CatchUpResult
from worker.fetch import masked
from worker.intake import Filed
from worker.poll import Outcome, PollResult
from worker.reread import RereadResult
from worker.visits import VisitResult

_MOST_KEYS = 50


def log_poll(result: PollResult) -> None:
    """The one line of a poll, with everything known."""
    feed, filed = result.feed, result.filed
    url = masked(feed.url)
    if result.outcome is Outcome.FAILED:
        rest_s = (feed.next_poll_at - (feed.last_polled_at or feed.next_poll_at)).total_seconds()
        next_try = (
            "not polled any more"
            if feed.stopped
            else f"next try at {feed.next_poll_at:%Y-%m-%d %H:%M:%S} UTC, in {rest_s:.0f} s"
        )
        sentence = f"poll failed: {result.reason}; {next_try}"
    else:
        counted = f"{filed.new} new, {filed.revised} changed, {filed.alerts} alerts"
        sentence = f"poll {result.outcome}: {url}" + (f": {counted}" if result.outcome is Outcome.UPDATED else "")
    logs.line(
        "poll",
        sentence,
        level="warning" if result.outcome is Outcome.FAILED else "info",
        outcome=result.outcome.value,
        feed=feed.id,
        url=url,
        host=feed.host,
        status=result.status,
        bytes=result.size_bytes,
        new=filed.new,
        revised=filed.revised,
        known=filed.known,
        records=_keys(filed),
        alerts=filed.alerts,
        skipped=len(result.skipped),
        held_back=result.held_back,
        catching_up=feed.catch_up is not None,
        failures=feed.failures,
        took_s=round(result.took_s, 3),
        next_poll_at=feed.next_poll_at,
    )
    for remark in (*result.skipped[:5], *filed.notes):
        logs.line("poll", f"look at {url}: {remark}", level="warning", feed=feed.id)


def log_page(result: CatchUpResult) -> None:
    """The one line of an older page."""
    feed, filed = result.feed, result.filed
    ended = "known ground is reached" if not result.reason else result.reason
    sentence = f"catching up {masked(feed.url)}: page {result.page} ({result.means}), {filed.new} new" + (
        f"; {ended}" if result.finished else ""
    )
    if not result.finished and result.reason:
        sentence = f"catching up {masked(feed.url)} pauses: {result.reason}; next try at {feed.catch_up_at:%Y-%m-%d %H:%M:%S} UTC"
    level = "warning" if result.reason else "info"
    counted = {"new": filed.new, "known": filed.known, "alerts": filed.alerts, "records": _keys(filed)}
    logs.line("catch_up", sentence, level=level, feed=feed.id, page=result.page, finished=result.finished, **counted)


def log_reread(result: RereadResult) -> None:
    """The one line of a page that was read again."""
    feed, filed = result.feed, result.filed
    counted = {"new": filed.new, "revised": filed.revised, "alerts": filed.alerts, "missing": result.missing}
    told = f"page {result.page} ({result.means}), " + ", ".join(f"{number} {name}" for name, number in counted.items())
    sentence = f"reading the last days of {masked(feed.url)} again: {result.reason or told}"
    level = "warning" if result.reason else "info"
    logs.line(
        "reread",
        sentence,
        level=level,
        feed=feed.id,
        page=result.page,
        finished=result.finished,
        records=_keys(filed),
        **counted,
    )


def logged(result: VisitResult) -> VisitResult:
    """The one line of a visit."""
    url, level = masked(result.visit.filed.record.url), "warning" if result.reason else "info"
    sentence = f"visit {result.did}: {url}" + (f": {result.reason}" if result.reason else "")
    record = result.visit.filed.key
    logs.line("visit", sentence, level=level, record=record, url=url, did=result.did, alerts=result.alerts)
    return result


def _keys(filed: Filed) -> Sequence[str] | None:
    """Of what is new or has changed; not all of a first poll's, a line has an end."""
    return filed.keys[:_MOST_KEYS] or None
