"""What is owed, put into words for people and into JSON for programs.

One file an idea: `people.py` an alert in words, `programs.py` the same for programs, `followup.py`, `digest.py` and
`heartbeat.py` the other kinds. Payloads depend on what is owed alone, never on the time or the language, so that every
attempt sends the same bytes. Must not know channels.
"""

from datetime import datetime

from worker.model import Alert, AlertKind, Digest, Heartbeat, Message
from worker.render import digest, followup, heartbeat, people, programs
from worker.render.lines import SUBJECT_MAX, message
from worker.render.programs import BODY_MAX_BYTES, PAYLOAD_MAX_BYTES
from worker.wording import Wording

__all__ = ["BODY_MAX_BYTES", "PAYLOAD_MAX_BYTES", "SUBJECT_MAX", "render"]


def render(owed: Alert | Digest | Heartbeat, *, now: datetime, language: str, for_people: bool = True) -> Message:
    """The message for what is owed. for_people: else nobody reads its words, and it is the payload alone.

    Raises: ValueError for an unknown language.
    """
    if not for_people:
        return Message(subject="", text="", payload=_payload(owed))
    wording = Wording(language)
    if isinstance(owed, Digest):
        return message(digest.subject(owed, wording), digest.paragraphs(owed, wording), digest.payload(owed))
    if isinstance(owed, Heartbeat):
        return message(heartbeat.subject(owed, wording), heartbeat.paragraphs(owed, wording), heartbeat.payload(owed))
    told = followup if owed.kind == AlertKind.EDIT else people
    return message(told.subject(owed, wording), told.paragraphs(owed, now, wording), programs.payload(owed))


def _payload(owed: Alert | Digest | Heartbeat) -> bytes:
    if isinstance(owed, Digest):
        return digest.payload(owed)
    return heartbeat.payload(owed) if isinstance(owed, Heartbeat) else programs.payload(owed)
