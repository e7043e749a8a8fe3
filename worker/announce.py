"""A trouble, put into words for the operator and into JSON for programs: when it begins, and when it is over.

Pure. The message depends on the trouble alone, so that every attempt sends the same bytes. Must not know channels, nor
what makes a trouble.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from worker.masking import mask
from worker.model import Message, Trouble, TroubleKind
from worker.reasonsentences import in_language
from worker.text import clean
from worker.wording import Wording

_DETAIL_MAX = 300  # characters; details hold foreign text


def message(trouble: Trouble, *, zone: str, language: str) -> Message:
    """What the operator is told. zone: IANA name of the source's clock. Raises: ValueError for an unknown language."""
    wording = Wording(language)
    said, do = sentence(trouble, zone, wording), advice(trouble, wording)
    subject = wording.say("trouble_subject", sentence=said)
    lines = [subject]
    if trouble.over_at is not None:
        lines.append(wording.say("trouble_lasted", span=wording.span(trouble.over_at - trouble.began_at)) + ".")
    else:
        if trouble.detail and not _names_reason(trouble):
            lines.append(wording.say("trouble_detail", detail=in_language(_shown(trouble.detail), language)) + ".")
        lines.append(wording.say("trouble_do", advice=do) + ".")
    return Message(subject=subject, text="\n".join(lines), payload=_payload(trouble, said, do))


def sentence(trouble: Trouble, zone: str, wording: Wording) -> str:
    """One sentence without a full stop: what is the matter, or that it is over."""
    about = {"feed": mask(trouble.feed_url), "channel": trouble.channel}
    if trouble.over_at is None:
        about["since"] = _told(trouble.began_at, zone, wording)
        if _names_reason(trouble):
            about["reason"] = in_language(_shown(trouble.detail), wording.language)
            return wording.say(f"trouble_{trouble.kind}_because", **about)
        return wording.say(f"trouble_{trouble.kind}", **about)
    return wording.say(f"over_{trouble.kind}", **about, over=_told(trouble.over_at, zone, wording))


def _names_reason(trouble: Trouble) -> bool:
    """Whether the sentence itself has the detail: a canary that is late says nothing as long as nobody knows why."""
    return trouble.kind is TroubleKind.CANARY and bool(trouble.detail)


def advice(trouble: Trouble, wording: Wording) -> str:
    """What to do next, without a full stop."""
    return wording.say(f"do_{trouble.kind}", channel=trouble.channel, feed=mask(trouble.feed_url))


def notices(trouble: Trouble, channels: Iterable[str], *, zone: str, language: str) -> list[tuple[str, str, Message]]:
    """Each channel's notice: its id, the channel, the message. The same trouble has the same ids, however often it is
    told.
    """
    told = message(trouble, zone=zone, language=language)
    return [(_notice_id(trouble, channel), channel, told) for channel in dict.fromkeys(channels)]


def _told(at: datetime, zone: str, wording: Wording) -> str:
    return wording.clock(at.astimezone(ZoneInfo(zone)))


def _shown(detail: str) -> str:
    line = clean(detail)
    return line if len(line) <= _DETAIL_MAX else line[: _DETAIL_MAX - 1].rstrip() + "…"


def _payload(trouble: Trouble, said: str, do: str) -> bytes:
    over_at = trouble.over_at
    body = {
        "type": "operator.trouble",
        "version": 1,
        "timestamp": _stamp(over_at or trouble.began_at),
        "data": {
            "phase": trouble.phase,
            "kind": trouble.kind.value,
            "feed": {"id": trouble.feed_id, "url": mask(trouble.feed_url)} if trouble.feed_id is not None else None,
            "channel": trouble.channel or None,
            "source": trouble.source,
            "began_at": _stamp(trouble.began_at),
            "over_at": _stamp(over_at) if over_at else None,
            "detail": _shown(trouble.detail),
            "sentence": said,
            "advice": do if over_at is None else "",
        },
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _notice_id(trouble: Trouble, channel: str) -> str:
    """Of the trouble itself, not of its row: a row's number may be given again."""
    about = trouble.feed_url or f"channel {trouble.channel}"
    parts = (about, trouble.kind.value, trouble.began_at.isoformat(), trouble.phase, channel)
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest()
    return f"note_{base64.b32encode(digest).decode().lower()[:26]}"
