"""A small seeded run on each database: twenty faults, and every promise is kept. `make chaos` has three hundred."""

from pathlib import Path

import pytest

from tests.chaos.farm import Habits
from tests.chaos.run import Plan, play

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chaos")]


@pytest.mark.usefixtures("redis_url", "postgres_url")  # where a server is missing they skip, or fail where all must run
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_twenty_faults(kind: str, tmp_path: Path) -> None:
    plan = Plan(kind=kind, seed=20, faults=20, pause_s=0.8, habits=Habits(hosts=12))
    result = play(plan, tmp_path)
    print(*(f"{name}: {value}" for name, value in result.figures.items()), sep="\n")
    assert result.verdict.broken == []
