"""What several commands say of a server or an address, in one line."""

from datetime import datetime

from worker.cli.shell import Shell
from worker.fetch import masked
from worker.trial import Trial, TrialVerdict


def trial(shell: Shell, looked: Trial) -> str:
    """What stands at an address, in one line."""
    say, count = shell.wording.say, shell.wording.count
    if looked.verdict is TrialVerdict.FEED:
        newest = shell.wording.relative(looked.newest_at, shell.now()) if looked.newest_at else "–"
        what = count("entries", len(looked.shown))
        line = say("trial_feed", what=what, carried=say(f"carried_{looked.carried}"), newest=newest)
    else:
        line = say(f"trial_{looked.verdict}", reason=shell.told(looked.reason))
    return f"{line}; {say('trial_moved', url=masked(looked.moved_to))}" if looked.moved_to else line


def waiting(shell: Shell, host: str, until: datetime | None) -> str:
    """Why nothing happens just now."""
    if until is None:
        return shell.wording.say("host_held", host=host)
    return shell.wording.say("host_resting", host=host, until=shell.clock(until))
