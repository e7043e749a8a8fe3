"""Whose text an article is, in words: an agency's, a press release, and whether AI worked on it.

Says what the record says of itself. Must not know how that was found (`worker/provenance.py`).
"""

from collections.abc import Iterator
from datetime import date, datetime

from worker.model import AiNotice, Record
from worker.render.lines import short
from worker.wording import Wording

# Names that agencies go by, in every language.
NAMES = {
    "dts": "dts",
    "dpa": "dpa",
    "afp": "AFP",
    "epd": "epd",
    "kna": "KNA",
    "reuters": "Reuters",
    "ap": "AP",
    "sid": "SID",
    "apa": "APA",
    "dapd": "dapd",
}
PRESS = "press"


def origin(record: Record, wording: Wording) -> Iterator[str]:
    """A sentence each."""
    if record.agency == PRESS:
        yield wording.say("from_press")
    elif record.agency:
        yield wording.say("from_agency", name=NAMES.get(record.agency) or short(record.agency, 60))
    if record.ai_notice is not None:
        at = _told(record.ai_notice, wording)
        yield wording.say("ai_worked_at", at=at) if at else wording.say("ai_worked")


def _told(notice: AiNotice, wording: Wording) -> str:
    """The time that the notice gives, on the article's own clock."""
    raw = notice.date_local or ""
    try:
        return wording.clock(datetime.fromisoformat(raw)) if "T" in raw else wording.day(date.fromisoformat(raw))
    except ValueError:
        return short(raw, 60)
