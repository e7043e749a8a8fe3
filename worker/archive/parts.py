"""A statement takes only so many values: what is more is asked in parts. Knows no table."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

MOST = 500  # in one statement: databases bound their parameters, and a long list takes long to be read


def in_parts(values: Collection[T], most: int = MOST) -> Iterator[list[T]]:
    """All of them, in order, in lists of `most`; none of them is empty."""
    rest = iter(values)
    while part := list(islice(rest, most)):
        yield part
