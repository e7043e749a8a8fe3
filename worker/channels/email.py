"""Alerts as e-mail.

Owns what a mail server's answers mean: for whom the message is done, for whom it is to be tried again, and when nobody
knows. Each recipient gets it once, whatever becomes of the others (ADR 27). Must not know the dialogue with the server
(that is smtp.py), nor what the message says.
"""

from dataclasses import dataclass, field
from datetime import datetime

from worker import logs
from worker.channels.smtp import Handover, MailServer, NotOpened, Reply, hand_over, knock
from worker.guard import Guard
from worker.letter import Addresses, write_letter
from worker.model import Message, Outgoing, SendOutcome, SendResult
from worker.reasons import FAULTS, words_for
from worker.transport import exchanging

_DETAIL_MAX = 280  # characters: one line


@dataclass(slots=True, kw_only=True)
class EmailChannel:
    """Hands each message to one mail server, for everyone in `addresses.to`.

    timeout_s: of the whole dialogue. guard: looks the server's name up; where it stands is the operator's business.
    """

    name: str
    server: MailServer
    addresses: Addresses
    timeout_s: float = 20
    guard: Guard = field(default_factory=Guard)

    def send(self, delivery: Outgoing, message: Message, now: datetime) -> SendOutcome:
        """Send once, to those who do not have it yet. The Message-ID stays the same over all attempts."""
        to = [one.address for one in self.addresses.to if one.address not in delivery.reached]
        if not to:
            return SendOutcome(result=SendResult.SENT, detail="everyone has it already")
        letter = write_letter(delivery, message, self.addresses, now)
        with exchanging(self.guard, self.timeout_s, fresh=True) as exchange:
            try:
                handover = hand_over(self.server, self.addresses.sender.address, to, letter, exchange)
            except NotOpened as error:
                return self._not_now(str(error), error.reply)
            except FAULTS as error:
                return self._not_now(words_for(error, exchange), None)
        return self._outcome(handover, delivery)

    def knock(self, timeout_s: float = 8.0) -> str:
        """Whether the server would let us in, without a message. Returns: why not, "" = it does."""
        with exchanging(self.guard, timeout_s, fresh=True) as exchange:
            try:
                knock(self.server, exchange)
            except NotOpened as error:
                return str(error)
            except FAULTS as error:
                return words_for(error, exchange)
        return ""

    def _not_now(self, words: str, reply: Reply | None) -> SendOutcome:
        """It is the server or the way to it that fails, not the message: that is put right, and the alert still leaves."""
        return SendOutcome(
            result=SendResult.RETRY,
            detail=f"{self.server.host}: {words}"[:_DETAIL_MAX],
            answer=str(reply or ""),
            status=reply.code if reply else None,
        )

    def _outcome(self, handover: Handover, delivery: Outgoing) -> SendOutcome:
        result, said = _result(handover, delivery), _decisive(handover)
        detail = f"{self.server.host}: {_detail(handover)}"[:_DETAIL_MAX]
        if result is SendResult.SENT and handover.refused:
            logs.line("delivery", f"e-mail not sent to all: {detail}", level="warning", delivery=delivery.id)
        return SendOutcome(
            result=result,
            detail=detail,
            answer=str(said),
            status=said.code,
            reached=(*delivery.reached, *handover.taken),
        )


def _result(handover: Handover, delivery: Outgoing) -> SendResult:
    if handover.lost:
        return SendResult.UNKNOWN
    if any(not reply.is_never for reply in handover.refused.values()):
        return SendResult.RETRY
    return SendResult.SENT if handover.taken or delivery.reached else SendResult.NEVER


def _decisive(handover: Handover) -> Reply:
    """The reply that made it what it is."""
    later = (reply for reply in handover.refused.values() if not reply.is_never)
    return handover.reply if handover.lost else next(later, handover.reply)


def _detail(handover: Handover) -> str:
    """One clause for the message, then each recipient who was refused with an answer of his own."""
    if handover.lost:
        said = f"it may have arrived, its answer is missing: {handover.lost}"
    elif handover.taken:
        said = "the server took it"
    else:
        said = f"the server said {handover.reply}"
    refused = [f"not for {address}: {reply}" for address, reply in handover.refused.items() if reply != handover.reply]
    return "; ".join([said, *refused])
