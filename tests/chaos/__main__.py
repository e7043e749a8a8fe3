"""`python -m tests.chaos`: one or more runs, by seed and number of faults; prints each fault, and a table at the end."""

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.farm import Habits
from tests.chaos.run import Plan, Result, play
from tests.chaos.stage import KINDS


def main() -> int:
    given = _arguments()
    seed = given.seed if given.seed is not None else random.randrange(1_000_000)
    failed = False
    for kind in given.kinds.split(","):
        plan = Plan(
            kind=kind,
            seed=seed,
            faults=given.faults,
            pause_s=given.pause,
            only=given.only,
            habits=_habits(paged=given.paged == "on"),
        )
        print(f"chaos on {kind}: seed {seed}, {given.faults} faults, ?paged= {given.paged}", flush=True)
        folder = Path(tempfile.mkdtemp(prefix="fw-chaos-"))
        result = play(plan, folder, say=lambda line: print(f"  {line}", flush=True))
        _show(result)
        if result.verdict.broken:
            print(f"  logs and configuration are kept in {folder}")
        else:
            shutil.rmtree(folder)
        failed |= bool(result.verdict.broken)
    return int(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kinds", default="sqlite,postgresql", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--pause", type=float, default=1.6, help="seconds between faults, on average")
    parser.add_argument("--paged", choices=("on", "off"), default="on", help="whether feeds offer older pages")
    parser.add_argument("--only", default="", help='only faults whose names have this in them, e.g. "posts"')
    return parser.parse_args()


def _habits(*, paged: bool) -> Habits:
    """Without older pages a window must last for the minute that the product is given to come back."""
    return Habits() if paged else Habits(window=60, paged=False)


def _show(result: Result) -> None:
    for name, value in result.figures.items():
        print(f"  {name:24} {value}")
    print(f"  {'promises broken':24} {len(result.verdict.broken)}")
    for sentence in result.verdict.broken[:50]:
        print(f"    {sentence}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
