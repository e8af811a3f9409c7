"""The oracle's summary of many comparisons: METHOD 7, last paragraph."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from support.oracle_compare import BETTER, LEVEL, NEITHER, ONLY_A, ONLY_B, UNDECIDED
from support.oracle_curve import exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.oracle_compare import Comparison

COUNTS = (
    "better settled",
    "better interpolated",
    "worse",
    "level",
    "undecided",
    "only one side reaches it",
    "neither",
    "no data",
)
_BY_VERDICT = {
    LEVEL: "level",
    UNDECIDED: "undecided",
    ONLY_A: "only one side reaches it",
    ONLY_B: "only one side reaches it",
    NEITHER: "neither",
}


@dataclass(frozen=True)
class Summary:
    """Counts that add up to all comparisons, and (first quartile, median, third quartile) of what is decided.

    `no data` counts every comparison that was not made, for whichever reason; `verdicts` tells the reasons apart.
    Quartiles are over comparisons decided either way that carry no stop, and None where there is none.
    """

    counts: dict[str, int]
    verdicts: dict[str, int]
    ratio: tuple[float, float, float] | None
    equal_cost_ratio: tuple[float, float, float] | None
    like_for_like: int
    on_a_stop: int
    decided_on_a_stop: int


def summary(comparisons: Sequence[Comparison]) -> Summary:
    """Return what the Summary may say of some comparisons."""
    counts = Counter(_count_of(comparison) for comparison in comparisons)
    sound = [comparison for comparison in comparisons if comparison.better and comparison.worst_flag != "stop"]
    return Summary(
        counts={name: counts[name] for name in COUNTS},
        verdicts=dict(Counter(comparison.verdict for comparison in comparisons)),
        ratio=_quartiles([comparison.ratio for comparison in sound]),
        equal_cost_ratio=_quartiles([comparison.equal_cost_ratio for comparison in sound]),
        like_for_like=sum(comparison.like_for_like == "yes" for comparison in comparisons),
        on_a_stop=sum(comparison.worst_flag == "stop" for comparison in comparisons),
        decided_on_a_stop=sum(
            comparison.worst_flag == "stop" and bool(comparison.better) for comparison in comparisons
        ),
    )


def quantile(values: Sequence[float], share: Fraction) -> float:
    """Return a quantile by linear interpolation between order statistics, the first at 0 and the last at 1."""
    ordered = sorted(exact(value) for value in values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def _quartiles(values: Sequence[float | None]) -> tuple[float, float, float] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    first, median, third = (quantile(known, Fraction(quarters, 4)) for quarters in (1, 2, 3))
    return first, median, third


def _count_of(comparison: Comparison) -> str:
    if comparison.verdict == BETTER:
        return "worse" if comparison.better == "b" else f"better {comparison.certainty.partition(',')[0]}"
    return _BY_VERDICT.get(comparison.verdict, "no data")
