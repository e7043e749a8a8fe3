"""One e-mail address with the name that stands before it: read from what people write, and checked.

Pure. Every address that is let through can be handed to any server and put into any header as it stands: plain ASCII,
no quoting, one of them. Must not know letters or servers.
"""

import re
from dataclasses import dataclass

import idna

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABELS = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*", re.IGNORECASE)
_UNNAMEABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff@<>]")
_LOCAL_MAX, _DOMAIN_MAX = 64, 253  # RFC 5321 §4.5.3.1
_RULE = 'one address is needed, such as "desk@example.org" or "News desk <desk@example.org>"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """address: `local@domain` in ASCII, the domain as DNS has it; name: what people see, "" = none."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def mailbox(text: str) -> Mailbox:
    """`local@domain` or `Name <local@domain>`. Raises: ValueError with the rule in words."""
    name, address = _parted(text.strip())
    local, _, domain = address.rpartition("@")
    if _UNNAMEABLE.search(name):
        raise ValueError(_RULE)
    if not local.isascii():
        raise ValueError("before the @ only letters without accents are possible: few servers take others")
    if not _LOCAL.fullmatch(local) or len(local) > _LOCAL_MAX:
        raise ValueError(_RULE)
    return Mailbox(address=f"{local}@{_domain(domain)}", name=" ".join(name.split()))


def _parted(text: str) -> tuple[str, str]:
    """Name and address. Quotes around the name are not part of it."""
    if not text.endswith(">") or "<" not in text:
        return "", text
    name, _, address = text[:-1].rpartition("<")
    name = name.strip()
    is_quoted = len(name) >= 2 and name[0] == name[-1] == '"'
    return (name[1:-1].strip() if is_quoted else name), address.strip()


def _domain(domain: str) -> str:
    """As DNS has it: `müller.de` is `xn--mller-kva.de`."""
    try:
        plain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(_RULE) from error
    if not _LABELS.fullmatch(plain) or len(plain) > _DOMAIN_MAX:
        raise ValueError(_RULE)
    return plain
