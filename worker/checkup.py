"""The health check of one process: is something alive on this machine, and is its work being done?

It is asked every minute, in each container, so it loads little: `__main__` comes here past the other commands, and
`feedwacht health` of the command line says the same. What holds in all of the service is `health.py`.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from worker import pulse
from worker.archive import open_archive
from worker.errors import FeedwachtError, SettingsError
from worker.masking import mask
from worker.model import Colleague
from worker.pulse import LATE, TICKING, Pulse, works_off
from worker.reasonsentences import in_language
from worker.settings import Settings, language, load
from worker.wording import Wording

PARTS = ("poll", "deliver", "beat")
_NOBODY = {
    "": "check_nobody",
    "poll": "check_nobody_polls",
    "deliver": "check_nobody_delivers",
    "beat": "check_nobody_beats",
}


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found: one line for a person."""

    is_good: bool
    said: str


def check(settings: Settings, part: str, now: datetime, *, host: str = "") -> Checkup:
    """Look once. part: one of PARTS, "" = is anything alive. host: whose processes, "" = this machine's.

    Raises: ArchiveError.
    """
    archive = open_archive(settings.archive.database, migrate=False)
    try:
        with archive.read() as tx:
            felt = pulse.feel(tx, tx.clock.reads() or now)
    finally:
        archive.close()
    return judge(felt, part, host or os.uname().nodename, Wording(settings.ui.language))


def judge(felt: Pulse, part: str, host: str, wording: Wording) -> Checkup:
    """What follows from the pulse."""
    here = [one for one in felt.living if one.host == host and _does(one, part)]
    if fault := _fault(felt, here, part, host, wording):
        return Checkup(is_good=False, said=fault)
    seen_at = min(max(one.seen_at for one in here), felt.now)
    return Checkup(is_good=True, said=wording.say("check_good", seen=wording.relative(seen_at, felt.now)))


def _fault(felt: Pulse, here: Sequence[Colleague], part: str, host: str, wording: Wording) -> str:
    """What keeps the work from being done, "" = nothing. here: the processes of this machine that are to do it."""
    if not here:
        return wording.say(_NOBODY[part], host=host)
    if part != "beat" and all(one.idle_reason for one in here):  # a beat goes on ringing, whatever its version
        idle = here[0]
        return wording.say("status_idle", name=idle.name, reason=in_language(idle.idle_reason, wording.language))
    since, sentence = {
        "": (None, ""),
        "poll": (_if_late(felt.feed_waits_since, felt.now), "check_feed_waits"),
        "deliver": (_if_late(felt.delivery_waits_since, felt.now), "check_delivery_waits"),
        "beat": (felt.unswept_since, "check_no_sweep"),
    }[part]
    return wording.say(sentence, span=wording.span(felt.now - since)) if since is not None else ""


def _if_late(since: datetime | None, now: datetime) -> datetime | None:
    return since if since is not None and now - since > LATE else None


def _does(one: Colleague, part: str) -> bool:
    if part == "beat":
        return one.role in TICKING
    return not part or works_off(one, part)


# -- the short way in -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command line asks for."""

    part: str = ""
    config: Path | None = None


def asked(arguments: Sequence[str]) -> Asked | None:
    """What these arguments ask a health check; None = something else, or something to be explained."""
    words, config, left = [], None, list(arguments)
    while left:
        word = left.pop(0)
        if word == "--config" and left:
            config = Path(left.pop(0))
        elif word.startswith("--config="):
            config = Path(word.removeprefix("--config="))
        else:
            words.append(word)
    if words[:1] != ["health"] or len(words) > 2 or not set(words[1:]) <= set(PARTS):
        return None
    return Asked(part="".join(words[1:]), config=config)


def run(wanted: Asked) -> int:
    """Look, and say it in one line. Returns: the exit code, 0 or 1; 2 when the configuration cannot be used."""
    try:
        found = check(load(wanted.config, os.environ), wanted.part, datetime.now(UTC))
    except FeedwachtError as error:
        sys.stderr.write(f"{mask(in_language(str(error), language(wanted.config, os.environ)))}\n")
        return 2 if isinstance(error, SettingsError) else 1
    sys.stdout.write(f"{found.said}\n")
    return 0 if found.is_good else 1
