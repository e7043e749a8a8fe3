"""What is told, put into words, and the channels by which it leaves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol


class SendResult(StrEnum):
    SENT = "sent"  # the channel accepted it
    RETRY = "retry"  # not now: try again by the schedule
    NEVER = "never"  # it will not be accepted: dead at once
    UNKNOWN = "unknown"  # it may have arrived: the answer was lost


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutcome:
    """What became of one attempt. detail: one line for a person; retry_after_s: the receiver's wish.

    answer: the beginning of what the other side said, as one line. reached: who of several recipients has it by now, as far
    as the other side was asked: it is handed back at the next attempt.
    """

    result: SendResult
    detail: str = ""
    answer: str = ""
    status: int | None = None
    retry_after_s: float | None = None
    reached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a delivery. payload: what was sent, to be repeated byte for byte if need be."""

    outcome: SendOutcome
    payload: bytes
    started_at: datetime
    took_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a paragraph, without line breaks. marked: a hit; link: it leads there, "" = nowhere."""

    text: str
    marked: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One line of a message. weight: what goes first when a channel has room for less: 1 stays, 3 goes first.

    kind: what it is, for channels that lay messages out.
    """

    kind: Literal["head", "facts", "note", "hit", "item", "link", "why", "id"]
    runs: tuple[Run, ...]
    weight: Literal[1, 2, 3] = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told, rendered for people and programs.

    subject: one line; text: plain, several lines; payload: the webhook's JSON body; paragraphs: the text in pieces, for
    channels that lay it out themselves, () = there is only the text.
    """

    subject: str
    text: str
    payload: bytes
    paragraphs: tuple[Paragraph, ...] = ()


class Outgoing(Protocol):
    """What a channel has to know of a delivery or of a notice: a stable id, where it goes, what it follows up, and which of
    several recipients have it already.
    """

    @property
    def id(self) -> str: ...

    @property
    def channel(self) -> str: ...

    @property
    def attempt(self) -> int: ...

    @property
    def thread(self) -> tuple[str, ...]: ...

    @property
    def reached(self) -> tuple[str, ...]: ...


class Channel(Protocol):
    """A way out. `send` never raises for what the outside does; it says what became of the attempt."""

    name: str

    def send(self, delivery: Outgoing, message: Message, now: datetime) -> SendOutcome: ...
