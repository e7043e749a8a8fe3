"""A small seeded run on each kind: twenty faults, and every promise is kept. `make chaos` has three hundred."""

from pathlib import Path

import pytest

from tests.chaos.farm import Habits
from tests.chaos.run import Plan, play
from tests.servers import ServerMissing

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chaos")]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_twenty_faults(kind: str, tmp_path: Path) -> None:
    plan = Plan(kind=kind, seed=20, faults=20, pause_s=1.0, habits=Habits(hosts=12))
    try:
        result = play(plan, tmp_path)
    except ServerMissing as missing:
        pytest.skip(f"NOT TESTED: {missing}")
    print(*(f"{name}: {value}" for name, value in result.figures.items()), sep="\n")
    assert result.verdict.broken == []
