"""Alerts on a text stream: standard output, or any other that is open.

Owns how a message is written to a stream that may be closed, full or short of letters. Must not know what a message
says.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TextIO

from worker.model import Message, Outgoing, SendOutcome, SendResult
from worker.wording import Wording


@dataclass(slots=True)
class ConsoleChannel:
    """Prints each message, parted by an empty line.

    language: of the outcome's detail; the message itself comes rendered.
    Raises: ValueError for an unknown language.
    """

    name: str
    stream: TextIO = field(repr=False)
    language: str = "de"

    def __post_init__(self) -> None:
        Wording(self.language)

    def send(self, delivery: Outgoing, message: Message, now: datetime) -> SendOutcome:  # noqa: ARG002 - the protocol's
        """Write once and flush, so that a message is never mixed with another's or left in a buffer."""
        wording = Wording(self.language)
        try:
            self.stream.write(_printable(message.text + "\n\n", self.stream.encoding))
            self.stream.flush()
        except (BrokenPipeError, ValueError):  # ValueError: closed on our side
            return SendOutcome(result=SendResult.RETRY, detail=wording.say("console_closed"))
        except OSError as error:
            detail = wording.say("console_failed", reason=error.strerror or type(error).__name__)
            return SendOutcome(result=SendResult.RETRY, detail=detail)
        return SendOutcome(result=SendResult.SENT, detail=wording.say("console_printed"))


def _printable(text: str, encoding: str | None) -> str:
    """The text with "?" for what the stream cannot show: better a poor alert than none."""
    coding = encoding or "utf-8"
    return text.encode(coding, "replace").decode(coding)
