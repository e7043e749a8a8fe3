"""What the other side of a channel answered, as people get to see it.

Owns how foreign bytes become one short line, and what a status is called. Must not know who answered.
"""

from http import HTTPStatus

from worker.text import clean

ANSWER_SHOWN = 200  # characters of an answer that a person gets to see


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
