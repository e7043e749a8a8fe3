"""Which ticks a process carries out, when several beats ring and when bells piled up."""

from collections.abc import Iterable
from itertools import pairwise

from worker.settings import Settings
from worker.tasks import Office

TICK_S = 2.0


def carried_out(moments_s: Iterable[float]) -> list[float]:
    now_s = [0.0]
    office = Office(Settings, passed_s=lambda: now_s[0])
    found = []
    for now_s[0] in moments_s:
        if not office.has_just_ticked(TICK_S):
            found.append(now_s[0])
    return found


def test_what_piled_up_is_carried_out_once() -> None:
    assert carried_out(100.0 + number / 1_000 for number in range(900)) == [100.0]


def test_many_beats_keep_nobody_still() -> None:
    """Five beats ring every 0.4 s: each second one of them is heard, as if there were one beat."""
    found = carried_out(100.0 + 0.4 * number for number in range(100))
    assert len(found) == 34
    assert all(after - before < TICK_S for before, after in pairwise(found))
