"""Alerts as signed HTTP requests, after Standard Webhooks 1.0.

Owns the signature and what a receiver's answer means. Must not know addresses' safety (that is the fetcher's), the
schedule of retries, or the payload's content.
Source: https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from worker.channels.answers import excerpt, named, without_secrets
from worker.fetch import Answer, Fetcher
from worker.model import FailureKind, FetchFailed, Message, Outgoing, SendOutcome, SendResult
from worker.response import retry_after_s
from worker.signing import secret_keys, signed_headers

_HEED_RETRY_AFTER = frozenset({429, 500, 502, 503, 504})


@dataclass(slots=True)
class WebhookChannel:
    """Posts each message's payload to one address.

    secret: `whsec_…`; several, parted by blanks, while one is being replaced (each signs). Never shown.
    fetcher: its allowed networks are this channel's own.
    Raises: ValueError for a secret that cannot be used.
    """

    name: str
    url: str = field(repr=False)  # may hold a token
    secret: str = field(repr=False)
    fetcher: Fetcher = field(repr=False)
    timeout_s: float = 20
    _keys: tuple[bytes, ...] = field(init=False, repr=False)
    _opening: str = field(init=False, repr=False)  # what of the address may be a token: all but the host

    def __post_init__(self) -> None:
        self._keys = secret_keys(self.secret)
        parts = urlsplit(self.url)
        self._opening = f"{parts.netloc.rpartition('@')[0]}@{parts.path}?{parts.query}"

    def send(self, delivery: Outgoing, message: Message, now: datetime) -> SendOutcome:
        """Post once. The id and the body stay the same over all attempts; time and signature are fresh."""
        headers = signed_headers(delivery.id, int(now.timestamp()), message.payload, self._keys)
        answer = self.fetcher.post(self.url, message.payload, headers, timeout_s=self.timeout_s)
        return _of_failure(answer) if isinstance(answer, FetchFailed) else _of_answer(answer, self._opening, now)


def _of_failure(failed: FetchFailed) -> SendOutcome:
    """No answer came. A blocked address stays blocked until the configuration changes."""
    never = failed.kind in (FailureKind.REFUSED, FailureKind.GONE)
    lost = SendResult.UNKNOWN if failed.was_asked else SendResult.RETRY
    return SendOutcome(
        result=SendResult.NEVER if never else lost,
        detail=failed.reason,
        status=failed.status,
        retry_after_s=failed.retry_after_s,
    )


def _of_answer(answer: Answer, opening: str, now: datetime) -> SendOutcome:
    status, said = answer.status, excerpt(without_secrets(answer.body, opening))
    if 200 <= status <= 299:
        return SendOutcome(result=SendResult.SENT, detail=named(status), answer=said, status=status)
    reason = "redirects are not followed, give the final address" if 300 <= status <= 399 else said
    return SendOutcome(
        result=SendResult.NEVER if status == HTTPStatus.GONE else SendResult.RETRY,
        detail=f"the receiver said {named(status)}" + (f": {reason}" if reason else ""),
        answer=said,
        status=status,
        retry_after_s=retry_after_s(answer.headers.get("retry-after", ""), now)
        if status in _HEED_RETRY_AFTER
        else None,
    )
