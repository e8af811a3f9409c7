"""The reference for budgets and break-even (METHOD 9): how fast the money goes, and where two curves cost the same.

Written from the method and independent of the formulas: a speed within a budget is found by the bisection of
`curves.inverse`, a crossing by sampling the difference of the two curves at the union of their knots and at the turning points
between these, and by bisection wherever its sign changes.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Polynomial

from specxl.method import curves
from specxl.method.codes import EqualCost, Verdict
from specxl.method.metrics import MILLION, SECONDS_PER_HOUR
from specxl.method.verdict import beyond, usable_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.method.curves import Curve

Figure = float | None
SIGN_DECIMALS = 9
"""A difference that is 0 with as many decimals, in units of the throughput, is none: two curves that touch do not cross."""
SMALLEST_BUDGET = 1e-9
_HALVINGS = 60


def usable_budget(entered: object) -> Figure:
    """Return a budget in money per million tokens, or None for anything that is no number of a size that money has."""
    budget = usable_target(entered)
    return budget if budget is not None and SMALLEST_BUDGET <= budget <= 1 / SMALLEST_BUDGET else None


@dataclass(frozen=True, slots=True)
class Affordable:
    """The highest speed of a side within a budget: what it is (an EqualCost, 0 for none), and tok/s/user.

    `low` is the fastest measured speed that keeps the budget, `high` the next, which does not; `y` the throughput that the
    budget asks for, in tok/s/GPU; `cheapest` the lowest cost on the whole curve; `knots` how many knots keep the budget.
    """

    code: int
    x: Figure = None
    low: Figure = None
    high: Figure = None
    y: float = 0.0
    cheapest: Figure = None
    knots: int = 0


def affordable(curve: Curve, metric: str, price: Figure, budget: Figure, cost_factor: float = 1.0) -> Affordable:
    """Find the highest speed at which a token costs no more than the budget (per million tokens of the class).

    The whole curve within the budget: its last speed, "at least"; no point of it: the lowest cost says how near. `cost_factor`
    is 1 but for a judge who asks whether the answer hangs on the last bit of the budget.
    """
    values = curve.values(metric)
    if values is None or price is None:
        return Affordable(0)
    hourly = SECONDS_PER_HOUR / MILLION
    cheapest = price / (float(values.max()) * hourly)
    if budget is None:
        return Affordable(0, cheapest=cheapest)
    y = price / (budget * cost_factor * hourly)
    found = curves.inverse(curve, metric, y)
    if found.x is None:
        return Affordable(EqualCost.NEVER, y=y, cheapest=cheapest)
    low = float(curve.x[found.knots - 1])
    if found.beyond:
        return Affordable(EqualCost.AT_LEAST, found.x, low, None, y, cheapest, found.knots)
    return Affordable(EqualCost.EXACT, found.x, low, float(curve.x[found.knots]), y, cheapest, found.knots)


def faster(a: Affordable, b: Affordable, tie: float) -> Verdict:
    """Say who is faster within the budget, where both sides have a price and a curve of the token class.

    A side whose whole curve is within the budget may be faster still: where it shows the lower speed nobody has won.
    """
    never = EqualCost.NEVER
    if a.x is None or b.x is None:
        return (
            Verdict.NEITHER if (a.code, b.code) == (never, never) else Verdict.ONLY_B if a.x is None else Verdict.ONLY_A
        )
    open_a, open_b = a.code == EqualCost.AT_LEAST, b.code == EqualCost.AT_LEAST
    times = a.x / b.x
    apart = beyond(times - 1)
    if (open_a and open_b) or (open_a and apart < 0) or (open_b and apart > 0):
        return Verdict.UNDECIDED
    if beyond(times - tie) >= 0:
        return Verdict.A_BETTER
    return Verdict.B_BETTER if beyond(times * tie - 1) <= 0 else Verdict.LEVEL


@dataclass(frozen=True, slots=True)
class Crossed:
    """Where two curves cost the same, between the speeds that both were measured at.

    `speeds` are in tok/s/user, ascending. `first` is 1 where A is cheaper at the low end, -1 where B is, 0 where they are
    equal throughout. `most` and `least` are the largest and smallest A over B (tokens for the money) at the measured speeds.
    """

    low: float
    high: float
    speeds: tuple[float, ...]
    first: int
    most: float
    least: float


@lru_cache(maxsize=4096)
def crossings(a: Curve, b: Curve, metric: str, factor: float) -> Crossed | None:
    """Find every speed at which both sides give the same tokens for the money; None without a stretch in common.

    `factor` is the price of B over that of A. Raises ValueError when a curve lacks the metric.
    """
    low, high = max(a.x[0], b.x[0]), min(a.x[-1], b.x[-1])
    if low >= high:
        return None
    if metric not in a.splines or metric not in b.splines:
        raise ValueError(f"a curve has no {metric}")
    knots = sorted({float(x) for x in (*a.x, *b.x) if low <= x <= high})
    pair = _Pair(a, b, metric, factor)
    speeds: list[float] = []
    first = sign = 0
    for left, right in itertools.pairwise(knots):
        scale = pair.value(b, left)
        places = [left, *pair.turns(left, right), right]
        for before, at in itertools.pairwise(places):
            if sign == 0:
                sign = _sign(pair.apart(before) / scale)
                first = first or sign
            now = _sign(pair.apart(at) / scale)
            if sign * now < 0:
                speeds.append(pair.solve(before, at, sign))
            sign, first = now or sign, first or now
    ratios = [pair.ratio(x) for x in knots]
    return Crossed(float(low), float(high), tuple(speeds), first, max(ratios), min(ratios))


def _sign(value: float) -> int:
    rounded = round(value, SIGN_DECIMALS)
    return (rounded > 0) - (rounded < 0)


class _Pair:
    """Two curves of one token class, and how far they are apart."""

    def __init__(self, a: Curve, b: Curve, metric: str, factor: float) -> None:
        self._a, self._b, self._metric, self._factor = a, b, metric, factor
        # plain floats: a build asks this thousands of times
        self._knots = {id(curve): curve.x.tolist() for curve in (a, b)}
        self._coefficients = {id(curve): curve.splines[metric].c.T.tolist() for curve in (a, b)}

    def value(self, curve: Curve, x: float) -> float:
        """A curve at a speed within its range, in Bernstein form."""
        knots = self._knots[id(curve)]
        segment = min(max(bisect_right(knots, x) - 1, 0), len(knots) - 2)
        b0, b1, b2, b3 = self._coefficients[id(curve)][segment]
        u = (x - knots[segment]) / (knots[segment + 1] - knots[segment])
        v = 1 - u
        found: float = v * v * v * b0 + 3 * u * v * (v * b1 + u * b2) + u * u * u * b3
        return found

    def ratio(self, x: float) -> float:
        """A over B in tokens for the money."""
        return self._factor * self.value(self._a, x) / self.value(self._b, x)

    def apart(self, x: float) -> float:
        """A less B, in B's throughput."""
        return self._factor * self.value(self._a, x) - self.value(self._b, x)

    def turns(self, left: float, right: float) -> Sequence[float]:
        """Where the difference stops rising or falling within a stretch on which both curves are one cubic."""
        inside = np.linspace(left, right, 4)
        fitted = Polynomial.fit(inside, [self.apart(float(x)) for x in inside], 3)
        roots = [complex(root) for root in fitted.deriv().roots()]
        return sorted(root.real for root in roots if root.imag == 0 and left < root.real < right)

    def solve(self, left: float, right: float, sign: int) -> float:
        """Where a difference of that sign at the left, which only rises or only falls, ends."""
        for _ in range(_HALVINGS):
            middle = (left + right) / 2
            if self.apart(middle) * sign > 0:
                left = middle
            else:
                right = middle
        return (left + right) / 2
