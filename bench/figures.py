"""One measured figure beside the bound that it is held to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """ours and bound in `unit`; ratio: ours by bound; at_most: what the ratio is held to."""

    name: str
    unit: str
    ours: float
    bound: float
    ratio: float
    at_most: float
    held: bool


def figure(name: str, unit: str, ours: float, bound: float, at_most: float = 1.0) -> Figure:
    ratio = ours / bound
    return Figure(
        name=name,
        unit=unit,
        ours=round(ours, 3),
        bound=round(bound, 3),
        ratio=round(ratio, 3),
        at_most=at_most,
        held=ratio <= at_most,
    )
