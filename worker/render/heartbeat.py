"""A heartbeat in words and for programs: that a subscription is alive, so that silence means something.

`alert.heartbeat`: {"type", "version": 1, "timestamp", "data": {"alert_id", "subscription", "query", "since", "until",
"found", "checked", "feeds", "healthy": bool, "troubles": [str], "truncated": bool}}; troubles are sentences in the
language of who wrote them. Must not know how feeds are judged.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from worker.model import Heartbeat, Paragraph, Run
from worker.render import people
from worker.render.lines import name_of, runs, short, subject_of
from worker.render.programs import stamp
from worker.render.shortening import marked, packed
from worker.wording import Wording

_TROUBLES_MOST = 20
_TROUBLE_MAX_BYTES = 500
_NAME_MAX_BYTES = 300
_QUERY_MAX_BYTES = 2_000


def subject(told: Heartbeat, wording: Wording) -> str:
    name = name_of(told.subscription)
    return subject_of(wording.say("heartbeat_subject", subscription=name, found=_found(told, wording)))


def paragraphs(told: Heartbeat, wording: Wording) -> Iterator[Paragraph]:
    """What was found, what was looked at, what is wrong with feeds, and from when to when."""
    yield Paragraph(kind="head", runs=(Run(subject(told, wording)),), weight=1)
    yield Paragraph(kind="note", runs=runs(_summed(told, wording)), weight=1)
    for trouble in told.troubles[:_TROUBLES_MOST]:
        yield Paragraph(kind="item", runs=runs(f"- {short(trouble)}"))
    if (more := len(told.troubles) - _TROUBLES_MOST) > 0:
        yield Paragraph(kind="note", runs=runs(wording.count("alert_more_troubles", more)), weight=3)
    since, until = (wording.clock(_local(at, told.timezone)) for at in (told.since, told.until))
    yield Paragraph(kind="facts", runs=runs(wording.say("heartbeat_span", since=since, until=until)))
    yield people.why(told.subscription, told.query, wording)
    yield people.number(told.id, wording)


def _found(told: Heartbeat, wording: Wording) -> str:
    return wording.count("alert_hits", told.found) if told.found else wording.say("heartbeat_none")


def _summed(told: Heartbeat, wording: Wording) -> str:
    checked = wording.count("heartbeat_checked", told.checked)
    return wording.say("heartbeat_line", found=_found(told, wording), checked=checked, feeds=_feeds(told, wording))


def _feeds(told: Heartbeat, wording: Wording) -> str:
    if told.troubles:
        return wording.say("heartbeat_troubled")
    return wording.count("heartbeat_well", told.feeds) if told.feeds else wording.say("heartbeat_no_feeds")


def _local(at: datetime, timezone: str) -> datetime:
    return at.astimezone(ZoneInfo(timezone))


def payload(told: Heartbeat) -> bytes:
    """Below 20 kB."""
    troubles = [marked(trouble, _TROUBLE_MAX_BYTES) for trouble in told.troubles[:_TROUBLES_MOST]]
    return packed(
        {
            "type": "alert.heartbeat",
            "version": 1,
            "timestamp": stamp(told.created_at),
            "data": {
                "alert_id": told.id,
                "subscription": marked(told.subscription, _NAME_MAX_BYTES),
                "query": marked(told.query, _QUERY_MAX_BYTES),
                "since": stamp(told.since),
                "until": stamp(told.until),
                "found": told.found,
                "checked": told.checked,
                "feeds": told.feeds,
                "healthy": not told.troubles,
                "troubles": troubles,
                "truncated": tuple(troubles) != told.troubles,
            },
        }
    )
