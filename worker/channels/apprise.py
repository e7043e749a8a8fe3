"""Alerts by a chat or push service, through one plugin of Apprise: one channel, one target.

Owns what became of an attempt, judged by what the service answered. Must not know how requests go out (`asking.py`),
how plugins are made (`plugins.py`), nor what services take (`worker/services.py`, `worker/fitting.py`).
"""

import json
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Final

from worker.channels.answers import excerpt, named, without_secrets
from worker.channels.asking import Conversation, Heard, conversing
from worker.channels.plugins import Plugin
from worker.fetch import Answer, Fetcher
from worker.fitting import fit
from worker.model import FailureKind, FetchFailed, Message, Outgoing, SendOutcome, SendResult
from worker.response import retry_after_s
from worker.serviceaddress import ServiceAddress

SEND_S: Final = 20.0

_HEED_RETRY_AFTER = frozenset({429, 500, 502, 503, 504})
_RETRY_AFTER_MOST_S: Final = 86_400.0
_FAULTS = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


@dataclass(slots=True)
class AppriseChannel:
    """Sends each message to the one target of its address.

    fetcher: what it may reach is this channel's own.
    Raises: SettingsError for an address that the plugin does not take.
    """

    name: str
    address: ServiceAddress
    fetcher: Fetcher = field(repr=False)
    timeout_s: float = SEND_S
    _plugin: Plugin = field(init=False, repr=False)
    _alone: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._plugin = Plugin(self.name, self.address)

    def send(self, delivery: Outgoing, message: Message, now: datetime) -> SendOutcome:  # noqa: ARG002 - the protocol's
        """Send once, one message at a time: plugins keep logins and counters."""
        until_s = time.monotonic() + self.timeout_s
        if not self._alone.acquire(timeout=self.timeout_s / 2):
            return SendOutcome(result=SendResult.RETRY, detail="another message of this channel takes its time")
        try:
            return self._sent(message, until_s, now)
        finally:
            self._alone.release()

    def _sent(self, message: Message, until_s: float, now: datetime) -> SendOutcome:
        service = self.address.service
        fitted = fit(message, service.room)
        conversation = Conversation(
            fetcher=self.fetcher,
            origins=self.address.origins,
            text=fitted.body,
            added=service.added,
            until_s=until_s,
        )
        with conversing(conversation):
            try:
                said = self._plugin.send(fitted.title, fitted.body)
            except _FAULTS as error:
                said = error
        return _outcome(said, conversation.heard, self.address, now)


# -- what became of it --------------------------------------------------------------------------------------------------


def _outcome(said: object, heard: list[Heard], address: ServiceAddress, now: datetime) -> SendOutcome:
    """Sent is what the plugin says was sent and the service accepted, on the very request that carried the message.

    said: what the plugin returned, or raised; True alone is a yes.
    """
    if not heard:
        name = address.service.name
        detail = f"the plugin for {name} sent nothing"
        if isinstance(said, Exception):
            detail = f"the plugin for {name} failed ({type(said).__name__})"
        return SendOutcome(result=SendResult.RETRY, detail=detail)
    last = ([one for one in heard if one.carried] or heard)[-1]
    if isinstance(last.answer, FetchFailed):
        return _of_failure(last.answer, address, carried=last.carried)
    accepted = last.carried and 200 <= last.answer.status <= 299
    outcome = _of_answer(last.answer, address, now, accepted=accepted and said is True)
    # The plugin broke over an answer that looks like a yes: nobody knows.
    return replace(outcome, result=SendResult.UNKNOWN) if accepted and isinstance(said, Exception) else outcome


def _of_failure(failed: FetchFailed, address: ServiceAddress, *, carried: bool) -> SendOutcome:
    """No answer came. A blocked address stays blocked until the configuration changes."""
    if failed.kind is FailureKind.REFUSED:
        reason = "allow_hosts and allow_networks of the channel say where its server may stand"
        detail = f"{failed.reason}; {reason}" if address.host else failed.reason
        return SendOutcome(result=SendResult.NEVER, detail=detail)
    lost = failed.was_asked and carried
    return SendOutcome(result=SendResult.UNKNOWN if lost else SendResult.RETRY, detail=failed.reason)


def _of_answer(answer: Answer, address: ServiceAddress, now: datetime, *, accepted: bool) -> SendOutcome:
    status, said = answer.status, excerpt(without_secrets(answer.body, address.url.partition("://")[2]))
    if accepted:
        return SendOutcome(result=SendResult.SENT, detail=named(status), answer=said, status=status)
    reason = "redirects are not followed, give the final address" if 300 <= status <= 399 else said
    return SendOutcome(
        result=SendResult.NEVER if status == HTTPStatus.GONE else SendResult.RETRY,
        detail=f"the receiver said {named(status)}" + (f": {reason}" if reason else ""),
        answer=said,
        status=status,
        retry_after_s=_rest_s(answer, now) if status in _HEED_RETRY_AFTER else None,
    )


def _rest_s(answer: Answer, now: datetime) -> float | None:
    """By the header, or as Telegram, Discord and Matrix say it in their JSON."""
    by_header = retry_after_s(answer.headers.get("retry-after", ""), now)
    if by_header is not None:
        return by_header
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    told = told if isinstance(told, dict) else {}
    more = told.get("parameters")
    wishes = (told.get("retry_after"), more.get("retry_after") if isinstance(more, dict) else None)
    wish = next((one for one in wishes if _is_number(one)), None)
    if wish is None and _is_number(told.get("retry_after_ms")):
        wish = told["retry_after_ms"] / 1000
    return None if wish is None else min(max(float(wish), 0.0), _RETRY_AFTER_MOST_S)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
