"""When is a sign of trouble a trouble, and when is it over? Pure.

What comes and goes within minutes is none: a sign has to last, by the clock and over several polls, and a trouble is over
only when its sign stays away. So there is one notice for each trouble, and one for its end. Must not know how signs are
seen, nor who is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.model import Symptom, TroubleKind

# A poll fails in one of these ways; two of them in a row are the same trouble.
FAILURES = frozenset(
    {
        TroubleKind.FAILING,
        TroubleKind.CERTIFICATE,
        TroubleKind.NO_FEED,
        TroubleKind.COMMENTS,
        TroubleKind.GONE,
    }
)
# How long a sign has to last, and over how many polls in a row, before somebody is told.
LASTING = timedelta(minutes=30), 3
_LASTING = {
    TroubleKind.FAILING: (timedelta(hours=2), 3),  # most failures of a site are over within minutes, or an hour
    TroubleKind.GONE: (timedelta(0), 1),
    TroubleKind.LYING: (timedelta(0), 1),
}
AWAY = timedelta(minutes=15)  # so long a trouble's sign has to stay away


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleVerdict:
    """symptoms: what is kept for the next poll; began: troubles that begin, with what is to be said of each; over: those
    that are over, with when their sign was seen no more.
    """

    symptoms: tuple[Symptom, ...] = ()
    began: tuple[tuple[Symptom, str], ...] = ()
    over: tuple[Symptom, ...] = ()

    @property
    def is_news(self) -> bool:
        return bool(self.began or self.over)


QUIET = TroubleVerdict()


def judge(
    symptoms: Sequence[Symptom], signs: Mapping[TroubleKind, str], looked_for: frozenset[TroubleKind], now: datetime
) -> TroubleVerdict:
    """What a poll says of a feed's troubles.

    symptoms: those kept so far; signs: what the poll showed, each with a detail in words; looked_for: the kinds that the
    poll could have shown: of all others it says nothing, and they stay as they are.
    """
    if not symptoms and not signs:
        return QUIET
    known = {_family(one.kind): one for one in symptoms}
    kept, began, over = [], [], []
    for kind, detail in signs.items():
        symptom = _seen(known.pop(_family(kind), None), kind, now)
        if not symptom.told and _lasts(symptom, now):
            symptom = replace(symptom, told=True)
            began.append((symptom, detail))
        kept.append(symptom)
    for symptom in known.values():
        if symptom.kind not in looked_for:
            kept.append(symptom)
        elif symptom.told and now - (gone_since := symptom.gone_since or now) < AWAY:
            kept.append(replace(symptom, gone_since=gone_since))
        elif symptom.told:
            over.append(symptom)
    return TroubleVerdict(symptoms=tuple(kept), began=tuple(began), over=tuple(over))


def is_silent(*, silent_at: datetime | None, last_success_at: datetime | None, failures: int) -> bool:
    """Whether a feed is quieter than its rhythm allows. Only a poll that went well has seen that nothing came: while
    polls fail, that is the trouble.
    """
    if silent_at is None or last_success_at is None or failures:
        return False
    return last_success_at >= silent_at


def _family(kind: TroubleKind) -> TroubleKind:
    return TroubleKind.FAILING if kind in FAILURES else kind


def _seen(symptom: Symptom | None, kind: TroubleKind, now: datetime) -> Symptom:
    """The sign once more. What was told keeps its name until it is over: it is one trouble, however it shows."""
    if symptom is None:
        return Symptom(kind=kind, since=now)
    named = symptom.kind if symptom.told else kind
    return replace(symptom, kind=named, polls=symptom.polls + 1, gone_since=None)


def _lasts(symptom: Symptom, now: datetime) -> bool:
    least, polls = _LASTING.get(symptom.kind, LASTING)
    return now - symptom.since >= least and symptom.polls >= polls
