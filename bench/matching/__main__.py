"""`python -m bench.matching [--long]`: the matcher beside other ways to the same hits. A table to stderr, JSON to stdout.

All contenders must report the same hits on every article that they are given, or the run fails.
"""

import argparse
import json
import platform
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict

from bench.matching.figures import Measured, Setting, analysis, contest, loading, setting, sizes

SIZES = (100, 1_000, 10_000, 100_000)
LONG = (1_000_000,)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.matching", description=__doc__)
    arguments.add_argument("--long", action="store_true", help="with a million subscriptions, and nothing else")
    is_long = arguments.parse_args().long
    scene = setting(random.Random(4), LONG[-1] if is_long else SIZES[-1])
    found = list(told(_long(scene) if is_long else _usual(scene)))
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    print(json.dumps({**machine, "matching": [asdict(one) for one in found]}, indent=2))


def _usual(scene: Setting) -> Iterator[Measured]:
    yield from analysis()
    yield from sizes(scene, SIZES)
    yield from contest(scene)
    yield from loading(scene)


def _long(scene: Setting) -> Iterator[Measured]:
    yield from sizes(scene, LONG)


def told(found: Iterator[Measured]) -> Iterator[Measured]:
    """Each figure is a line as soon as it is known."""
    print(f"{'matching':66} {'ours':>10} {'at most':>9} {'unit':10} {'peers':}", file=sys.stderr)
    for one in found:
        bound = f"{one.at_most:9.3f}" if one.at_most is not None else f"{'':9}"
        verdict = "  too much" if one.at_most is not None and one.ours > one.at_most else ""
        peers = "  ".join(f"{name} {value:.3f}" for name, value in one.peers.items())
        print(f"{one.name:66} {one.ours:10.3f} {bound} {one.unit:10} {peers}{verdict}", file=sys.stderr, flush=True)
        yield one


if __name__ == "__main__":
    main()
