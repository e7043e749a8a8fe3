"""What a check found, and how a check is kept from taking all day or taking the others with it.

A finding is a sentence by name with what is filled in; `doctorsentences.py` has the words. Must not know any check.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from worker.errors import fault

MOST_S = 10.0  # of one check
_AT_ONCE = 16


class Verdict(StrEnum):
    """How it stands with what was looked at."""

    OK = "ok"
    WARNING = "warning"  # it works, and will not for ever, or not well
    FAILED = "failed"  # it does not work
    SKIPPED = "skipped"  # it could not be looked at, or was not to be


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line. check: what was looked at, in one word; sentence: by name; values: what is filled in, as people read it."""

    check: str
    verdict: Verdict
    sentence: str
    values: Mapping[str, str] = field(default_factory=dict)


Examination = Callable[[], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at. name: as in `Finding.check`; about: which one, where there are several."""

    name: str
    examine: Examination
    about: str = ""


def findings_of(checks: Sequence[Check], most_s: float = MOST_S) -> Iterator[Finding]:
    """What the checks find, in their order; some are done at once. None takes longer than `most_s`."""
    for start in range(0, len(checks), _AT_ONCE):
        begun = [(check, _begun(check)) for check in checks[start : start + _AT_ONCE]]
        for check, answer in begun:
            yield from _answer(check, answer, most_s)


_Answer = queue.SimpleQueue[Sequence[Finding]]


def _begun(check: Check) -> _Answer:
    answer: _Answer = queue.SimpleQueue()
    threading.Thread(target=lambda: answer.put(_done(check)), name=f"check {check.name}", daemon=True).start()
    return answer


def _done(check: Check) -> Sequence[Finding]:
    try:
        return check.examine()
    except Exception as error:  # noqa: BLE001 - the outermost edge of its thread: the other checks are still wanted
        return [_failed(check, "doctor_broke", {"fault": fault(error)})]


def _answer(check: Check, answer: _Answer, most_s: float) -> Sequence[Finding]:
    try:
        return answer.get(timeout=most_s)
    except queue.Empty:
        return [_failed(check, "doctor_too_long", {"seconds": f"{most_s:.0f}"})]


def _failed(check: Check, sentence: str, values: Mapping[str, str]) -> Finding:
    about = {"about": check.about or check.name}
    return Finding(check=check.name, verdict=Verdict.FAILED, sentence=sentence, values={**about, **values})
