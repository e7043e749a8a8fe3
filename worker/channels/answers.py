"""What the other side of a channel answered, as people get to see it.

Owns how foreign bytes become one short line, without what opens the channel, and what a status is called. Must not know
who answered.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from worker.text import clean

ANSWER_SHOWN = 200  # characters of an answer that a person gets to see

_SECRET_LEAST: Final = 6  # shorter pieces of an address are words, and open nothing


def excerpt(answer: bytes) -> str:
    """The answer's beginning as one line of at most `ANSWER_SHOWN` characters, without anything that steers a terminal."""
    line = clean(answer[: 16 * ANSWER_SHOWN].decode("utf-8", "replace"))
    return line if len(line) <= ANSWER_SHOWN else line[:ANSWER_SHOWN].rstrip() + " …"


def named(status: int) -> str:
    """An HTTP status with its name, if it has one."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def without_secrets(answer: bytes, address: str) -> bytes:
    """What was answered, without what stands in this part of the channel's address: there are servers that repeat it."""
    for secret in _secrets(address):
        answer = answer.replace(secret.encode(), b"***")
    return answer


def _secrets(address: str) -> list[str]:
    """Every piece of an address that could be a token, longest first."""
    for mark in "@?&=/:":
        address = address.replace(mark, "\n")
    found = {form for piece in address.split("\n") for form in (piece, unquote(piece)) if len(form) >= _SECRET_LEAST}
    return sorted(found, key=len, reverse=True)
