"""The oracle's choices of where to look: default targets, the Summary's common target, the canonical combination.

Readings where METHOD 6 is terse. A target is rounded half up to the fewest decimals that stay inside the overlap of the
frontiers; a share of the range of all points that lies outside that overlap is first brought to its nearest end. Where
the frontiers have no overlap though the points have, there is nothing to stay inside. Of two equally near common targets
the higher is taken.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from support.oracle_curve import Curve, exact, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.oracle_curve import Point

SHARES = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
PRECISIONS = ("fp4", "fp8", "bf16", "int4")
WORKLOADS = ("1024x1024", "8192x1024", "1024x8192")

Span = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Combination:
    """Two curves of a pair at one precision and workload, as far as choosing between combinations goes."""

    precision: str
    workload: str
    a: tuple[Point, ...]
    b: tuple[Point, ...]
    page: bool = False


def default_targets(
    points_a: Sequence[Point] | None, points_b: Sequence[Point] | None
) -> tuple[float, float, float] | None:
    """Return the three targets that a comparison opens on; None where neither side has a valid point."""
    curves = [curve for curve in (fit(points_a), fit(points_b)) if curve]
    if not curves:
        return None
    spans = [_all_points(curve) for curve in curves]
    low, high = _overlap(spans)
    if low > high:
        low, high = _union(spans)
        return _shares((low, high), _union([_frontier(curve) for curve in curves]))
    if low == high:
        widest = max(range(len(curves)), key=lambda i: spans[i][1] - spans[i][0])
        _, half, most = _shares(spans[widest], _frontier(curves[widest]))
        return float(low), half, most
    return _shares((low, high), _overlap([_frontier(curve) for curve in curves]))


def common_target(comparisons: Sequence[tuple[Sequence[Point] | None, Sequence[Point] | None]]) -> int | None:
    """Return the whole speed in range for most comparisons; None where no comparison has one in range."""
    curves = [(fit(a), fit(b)) for a, b in comparisons]
    both = [_overlap([_frontier(a), _frontier(b)]) for a, b in curves if a and b]
    spans = [(low, high) for low, high in both if low <= high]
    reached = Counter(n for low, high in spans for n in range(math.ceil(low), math.floor(high) + 1) if n > 0)
    if not reached:
        return None
    middles = sorted((low + high) / 2 for low, high in spans)
    middle = (middles[(len(middles) - 1) // 2] + middles[len(middles) // 2]) / 2
    most = max(reached.values())
    return min((n for n in reached if reached[n] == most), key=lambda n: (abs(n - middle), -n))


def canonical(combinations: Sequence[Combination]) -> Combination:
    """Return the combination that a pair's sheet opens on."""
    return min(combinations, key=canonical_key)


def canonical_key(combination: Combination) -> tuple[object, ...]:
    """Return a sorting key: the lowest opens the sheet."""
    curves = [fit(combination.a), fit(combination.b)]
    there = [curve for curve in curves if curve]
    knots = [len(curve.knots) if curve else 0 for curve in curves]
    low, high = _overlap([_frontier(curve) for curve in there]) if len(there) == 2 else (Fraction(1), Fraction(0))
    return (
        not combination.page,
        len(there) < 2,
        low > high,
        -min(knots),
        -sum(knots),
        _place(PRECISIONS, combination.precision),
        _place(WORKLOADS, combination.workload),
    )


def _shares(span: Span, inside: Span) -> tuple[float, float, float]:
    low, high = span
    first, second, third = (_rounded(low + share * (high - low), inside) for share in SHARES)
    return first, second, third


def _rounded(value: Fraction, inside: Span) -> float:
    low, high = inside
    if low > high:
        return float(_half_up(value, 0))
    value = min(max(value, low), high)
    rounded = (_half_up(value, decimals) for decimals in range(16))
    return float(next((number for number in rounded if low <= number <= high), value))


def _half_up(value: Fraction, decimals: int) -> Fraction:
    scale = 10**decimals
    return Fraction(math.floor(value * scale + Fraction(1, 2)), scale)


def _all_points(curve: Curve) -> Span:
    speeds = [exact(point.x) for point in curve.points]
    return min(speeds), max(speeds)


def _frontier(curve: Curve) -> Span:
    return curve.x[0], curve.x[-1]


def _overlap(spans: Sequence[Span]) -> Span:
    return max(low for low, _ in spans), min(high for _, high in spans)


def _union(spans: Sequence[Span]) -> Span:
    return min(low for low, _ in spans), max(high for _, high in spans)


def _place(order: Sequence[str], key: str) -> tuple[int, str]:
    return (order.index(key), "") if key in order else (len(order), key)
