"""`make bench`: what the worker is held to, and what its care costs, as ratios to the bare libraries in the same run.

`make bench-long` (`--long`): what takes minutes, on an archive of full size. The tables go to stderr, the JSON to stdout.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from bench import backtests, deliveries, exports, rendering, year
from bench.care import Ratio, ratios
from bench.figures import Figure
from bench.held import figures
from bench.house import open_farm
from worker import logs


def main() -> None:
    if "--long" in sys.argv[1:]:
        long = chain(backtests.figures(backtests.MANY), exports.figures(backtests.MANY))
        print(json.dumps({"held_to": [asdict(one) for one in told(long)]}, indent=2))
        return
    started_s = time.monotonic()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, open_farm() as site:
        logs.configure(nowhere)  # as much as a worker says, to nobody
        held = [*told(figures(site)), *told(backtests.figures()), *told(rendering.figures())]
        care = list(ratios(site))
        held += told(deliveries.figures())
    years = list(year.table(year.rows()))
    held += told(year.figures(years))
    print(table_of_care(care), file=sys.stderr)
    machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    took_s = round(time.monotonic() - started_s, 1)
    found = {
        "held_to": [asdict(one) for one in held],
        "ratios": [asdict(one) for one in care],
        "years": [asdict(one) for one in years],
    }
    print(json.dumps({**machine, "took_s": took_s, **found}, indent=2))


def told(found: Iterator[Figure]) -> Iterator[Figure]:
    """Each figure is a line as soon as it is known."""
    print(f"{'held to':60} {'ours':>9} {'bound':>9} {'':12} {'ratio':>6} {'at most':>8}", file=sys.stderr)
    for one in found:
        verdict = "" if one.held else "  too much"
        numbers = f"{one.ours:9.2f} {one.bound:9.2f} {one.unit:12} {one.ratio:6.2f} {one.at_most:8.2f}"
        print(f"{one.name:60} {numbers}{verdict}", file=sys.stderr, flush=True)
        yield one


def table_of_care(care: Sequence[Ratio]) -> str:
    head = f"\n{'to records / feedparser':60} {'ours':>9} {'bare':>9} {'':12} {'wall':>6} {'CPU':>8}"
    rows = (
        f"{one.name:60} {one.ours_ms:9.2f} {one.bare_ms:9.2f} {'ms':12} {one.wall:6.2f} {one.cpu:8.2f}" for one in care
    )
    return "\n".join((head, *rows))


if __name__ == "__main__":
    main()
