"""`python -m bench.scale [--long]`: what the whole fleet is held to. A table to stderr, JSON to stdout.

--long: what needs an archive of full size or many minutes, and nothing else.
"""

import argparse
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain

from bench.__main__ import told
from bench.figures import Figure
from bench.scale import delay, endurance, growth, hanging, news, polls


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    arguments.add_argument("--long", action="store_true")
    found = list(told(_long() if arguments.parse_args().long else _usual()))
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    print(json.dumps({**machine, "scale": [asdict(one) for one in found]}, indent=2))


def _usual() -> Iterator[Figure]:
    return chain(polls.figures(), news.figures(), delay.figures(), growth.of_polls())


def _long() -> Iterator[Figure]:
    return chain(growth.of_records(), hanging.figures(), endurance.figures())


if __name__ == "__main__":
    main()
