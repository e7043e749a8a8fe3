"""A message as an e-mail: headers, a text and an HTML part, in bytes that every server takes.

Pure. Whatever a title holds, there is one Subject on lines of at most 76 characters, no other header, no other
recipient. Everything is 7-bit: no server without 8BITMIME or SMTPUTF8 has to touch it. Must not know servers.
Source: RFC 5322, RFC 2047, RFC 2369 (List-Unsubscribe), RFC 3834 (Auto-Submitted).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime, formataddr
from urllib.parse import quote

from worker.mailbox import Mailbox
from worker.markup import html
from worker.model import Message, Outgoing
from worker.text import clean

_LINE_MAX = 76  # RFC 2047 §2: of a line with encoded words
_SUBJECT_MAX = 400  # characters; what renders cuts far earlier
_REFERENCES_MOST = 20  # RFC 5322 has no limit, servers have one for headers
_WIRE = policy.compat32.clone(linesep="\r\n", max_line_length=_LINE_MAX)
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Who writes to whom. unsubscribe: address where people ask to be left out, None = there is none."""

    sender: Mailbox
    to: tuple[Mailbox, ...]
    unsubscribe: Mailbox | None = None


def write_letter(outgoing: Outgoing, message: Message, addresses: Addresses, now: datetime) -> bytes:
    """The e-mail, with CR LF, also at its end.

    Message-ID, threads and boundaries come from the delivery's id and stay the same over all attempts; the date is
    the attempt's, since programs sort by it and what comes late must not be looked for among yesterday's.
    """
    letter = _body(outgoing, message)
    domain = addresses.sender.domain
    letter["From"] = _shown(addresses.sender)
    letter["To"] = ", ".join(_shown(one) for one in addresses.to)
    letter["Subject"] = _subject(message.subject)
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = _message_id(outgoing.id, domain)
    if outgoing.thread:
        ids = [_message_id(one, domain) for one in _kept(outgoing.thread)]
        letter["In-Reply-To"] = ids[-1]
        letter["References"] = " ".join(ids)
    letter["Auto-Submitted"] = "auto-generated"
    if addresses.unsubscribe:
        letter["List-Unsubscribe"] = f"<mailto:{quote(addresses.unsubscribe.address, safe='@')}?subject=unsubscribe>"
    return letter.as_bytes(policy=_WIRE)


# -- headers ------------------------------------------------------------------------------------------------------------


def _subject(text: str) -> str:
    line = clean(text)[:_SUBJECT_MAX].rstrip() or "feedwacht"
    return _encoded(line, "Subject") if _coding(line) == "utf-8" else line


def _shown(mailbox: Mailbox) -> str:
    """`Name <address>`, the name encoded whole where it is not plain."""
    name = clean(mailbox.name)
    if not name or _coding(name) == "us-ascii":
        return formataddr((name, mailbox.address))
    return f"{_encoded(name, 'From')} <{mailbox.address}>"


def _encoded(text: str, header: str) -> str:
    """As encoded words, with blanks where the line may be folded."""
    return Header(text, "utf-8", maxlinelen=_LINE_MAX - 1, header_name=header).encode(linesep="")


def _coding(text: str) -> str:
    """What looks like an encoded word is encoded, or it would be read as what it pretends to hold; what cannot be folded
    at a blank is, too.
    """
    is_plain = text.isascii() and "=?" not in text and max(map(len, text.split())) < _LINE_MAX - len("Subject: ")
    return "us-ascii" if is_plain else "utf-8"


def _message_id(delivery_id: str, domain: str) -> str:
    return f"<{delivery_id}@{domain}>"


def _kept(thread: tuple[str, ...]) -> tuple[str, ...]:
    """The first one, by which programs find the thread, and the last ones."""
    return thread if len(thread) <= _REFERENCES_MOST else (thread[0], *thread[1 - _REFERENCES_MOST :])


# -- body ---------------------------------------------------------------------------------------------------------------


def _body(outgoing: Outgoing, message: Message) -> MIMENonMultipart | MIMEMultipart:
    """Text alone where that is all there is, else both, the better one last."""
    text = _part("plain", message.text)
    if not message.paragraphs:
        return text
    # "=_" stands in no text that is encoded: the boundary needs no look at the parts.
    boundary = "=_" + hashlib.sha256(outgoing.id.encode("utf-8", "replace")).hexdigest()[:32]
    return MIMEMultipart("alternative", boundary=boundary, _subparts=[text, _part("html", html(message))])


def _part(subtype: str, text: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", subtype, charset="utf-8")
    part.set_payload(text.encode("utf-8", "replace").decode() + "\n", charset=_UTF8)
    return part
