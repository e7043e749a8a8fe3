"""The screen of `status`: one line for each thing that is counted, the processes, and what needs attention.

Owns what fits: of what comes in numbers the first few are shown, and how many more there are. Must not know what is good
or bad.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from worker import __version__
from worker.cli import show
from worker.cli.shell import Shell
from worker.health import State
from worker.model import Colleague, DeliveryState

_MOST_SENTENCES = 8  # of each kind: with the lines above them they fit on a screen
_MOST_PROCESSES = 6
_MOST_GONE = 2


def screen(shell: Shell, state: State, broken: Sequence[str], remarks: Sequence[str]) -> list[str]:
    """The lines, the verdict last."""
    told = [*_first(shell, "! ", broken), *_first(shell, "- ", remarks)]
    verdict = shell.wording.say(_verdict(state, broken, remarks))
    return [*_summary(shell, state), *_processes(shell, state), *map(shell.told, told), verdict]


def _verdict(state: State, broken: Sequence[str], remarks: Sequence[str]) -> str:
    if broken:
        return "status_bad"
    return "status_watch" if remarks or state.files_due else "status_good"


def _first(shell: Shell, mark: str, sentences: Sequence[str]) -> Iterator[str]:
    yield from (f"{mark}{sentence}" for sentence in sentences[:_MOST_SENTENCES])
    if len(sentences) > _MOST_SENTENCES:
        yield mark + shell.wording.count("more_sentences", len(sentences) - _MOST_SENTENCES)


def _summary(shell: Shell, state: State) -> Iterator[str]:
    say, count, number = shell.wording.say, shell.wording.count, shell.wording.number
    yield say("status_head", version=__version__, schema=state.schema, now=shell.clock(state.now))
    size = f", {show.size(shell.wording, shell.archive_bytes)}" if shell.archive_bytes is not None else ""
    gone = f" ({say('status_withdrawn', n=number(state.withdrawn))})" if state.withdrawn else ""
    yield say("status_archive", archive=shell.place, articles=count("articles", state.records) + gone, size=size)
    numbers = {name: number(n) for name, n in feeds_by_state(state).items()}
    yield say("status_sources", sources=_names([one.name for one in shell.settings.sources]))
    yield say("status_feeds", feeds=count("feeds", len(state.feeds)), **numbers)
    yield from _times(shell, state)
    told = [_deliveries(shell, name, n) for name, n in sorted(state.deliveries.items())]
    yield say("status_deliveries", deliveries=", ".join(told) or "0")
    if state.files_due:
        yield count("files_due", state.files_due)


def _deliveries(shell: Shell, state: str, n: int) -> str:
    """The only state with a verb has a plural."""
    if state == DeliveryState.PENDING:
        return shell.wording.count("deliveries_wait", n)
    return f"{shell.wording.number(n)} {shell.wording.say(f'delivery_is_{state}')}"


def _times(shell: Shell, state: State) -> Iterator[str]:
    """How late things are, and how many gaps there are."""
    say, span, pulse = shell.wording.say, shell.wording.span, state.pulse
    longest = {"feed": state.feed_waits_since, "delivery": pulse.delivery_waits_since}
    told = {name: span(state.now - since) if since is not None else "–" for name, since in longest.items()}
    yield say("status_waits", **told)
    lag = span(state.lag) if state.lag is not None else "–"
    yield say("status_lag", span=lag, gaps=shell.wording.number(len(state.gaps)))
    if pulse.canary is not None:
        arrived_at = pulse.canary.arrived_at
        at = shell.wording.relative(min(arrived_at, state.now), state.now) if arrived_at else say("never")
        yield say("status_canary", at=at)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown}, … ({len(names)})" if len(names) > 5 else shown or "–"


def feeds_by_state(state: State) -> dict[str, int]:
    """How many are due, failing and stopped."""
    return {
        "due": len(state.due),
        "failing": len(state.failing),
        "stopped": sum(bool(feed.stopped) for feed in state.feeds),
    }


# -- processes --------------------------------------------------------------------------------------------------------


def _processes(shell: Shell, state: State) -> Iterator[str]:
    """Who is alive: each with its line while they are few, of many how many there are of each role. Then who is gone."""
    living = state.pulse.living
    if not living:
        yield shell.wording.say("status_nobody")
    elif len(living) <= _MOST_PROCESSES:
        yield from (_process(shell, state, one) for one in living)
    else:
        yield shell.wording.say("status_processes", roles=", ".join(_by_role(living)))
    if gone := [one for one in state.workers if one not in living]:
        yield _gone(shell, state, gone)


def _by_role(processes: Iterable[Colleague]) -> Iterator[str]:
    for role, some in groupby(sorted(one.role for one in processes)):
        yield f"{len(list(some))} {role}"


def _process(shell: Shell, state: State, one: Colleague) -> str:
    seen = shell.wording.relative(min(one.seen_at, state.now), state.now)
    return shell.wording.say("status_process", name=one.name, role=one.role, version=one.version, seen=seen)


def _gone(shell: Shell, state: State, gone: Sequence[Colleague]) -> str:
    """In one line, however many: most of them were killed and replaced."""
    latest = sorted(gone, key=lambda one: one.seen_at, reverse=True)
    names = [one.name for one in latest[:_MOST_GONE]] + ["…"] * (len(gone) > _MOST_GONE)
    seen = shell.wording.relative(latest[0].seen_at, state.now)
    processes = shell.wording.count("processes", len(gone))
    return shell.wording.say("status_gone", processes=processes, seen=seen, names=", ".join(names))
