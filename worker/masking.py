"""Credentials out of texts that people read: addresses keep their host and path, and lose what opens them.

Pure text work for logs, error messages and listings; it must not know where an address came from.
"""

import re

_WORD = re.compile(r"[^\s\"'<>]+")
_REVEALING = r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?(?:key|token)|auth|sig(?:nature)?)"
_SECRET_VALUE = re.compile(rf"([?&;]{_REVEALING}=)[^&;#\s\"'<>]+", re.IGNORECASE)
_AUTHORITY_END = re.compile(r"[/?#\\]|$")
# A colon that no port follows: a password that was not percent-encoded.
_NO_PORT = re.compile(r":(?!\d*$)")


def mask(text: str) -> str:
    """The text with the credentials of every address in it replaced by `***`.

    A user name goes too: for some services it is the key (`https://TOKEN@host/`).
    """
    if "://" not in text or ("@" not in text and "=" not in text):
        return text  # there is no place for a user name, nor for a secret value
    return _SECRET_VALUE.sub(r"\1***", _WORD.sub(lambda word: _masked(word.group()), text))


def has_password(url: str) -> bool:
    """Whether the address carries a password or a secret query value (a user name alone is none)."""
    scheme, separator, rest = url.partition("://")
    userinfo = rest[: _userinfo_end(scheme, rest)] if separator else ""
    return ":" in userinfo or bool(_SECRET_VALUE.search(url))


def _masked(word: str) -> str:
    """Address by address: one may stand in another's query."""
    scheme, *rests = word.split("://")
    parts = [scheme]
    for rest in rests:
        end = _userinfo_end(parts[-1], rest)
        parts.append(f"***@{rest[end + 1 :]}" if end else rest)
    return "://".join(parts)


def _userinfo_end(scheme: str, rest: str) -> int:
    """Where the `@` behind the credentials stands in what follows `scheme://`; 0 = there are none."""
    found = _AUTHORITY_END.search(rest)
    authority = rest[: found.start()] if found else rest
    end = authority.rfind("@")
    if end < 0 and (not scheme.lower().endswith(("http", "https")) or _NO_PORT.search(authority.rpartition("]")[2])):
        end = rest.rfind("@")
    return max(end, 0)
