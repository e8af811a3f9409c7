"""The oracle's decisions: METHOD 9, in exact arithmetic on the decimal numbers given.

Units as everywhere: tok/s/user, tok/s/GPU, $/GPU-hr, kW/GPU, $ per million tokens; volumes in million tokens a day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from support.oracle_compare import Side, per_dollar
from support.oracle_curve import exact, highest_speed, is_positive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction

    from support.oracle_compare import Comparison
    from support.oracle_curve import Point

HOURS_A_MONTH = 730
SECONDS_A_DAY = 86_400
_SCAN = 64
_HALVINGS = 40


@dataclass(frozen=True)
class BudgetSpeed:
    """The highest speed for a budget: kind "", "at least" (the last knot), "never" (then the cheapest cost), "no price"."""

    kind: str
    speed: float | None
    cheapest: float | None


@dataclass(frozen=True)
class Fleet:
    """What a volume needs on whole deployments of one size."""

    gpus: int
    bill_per_month: float
    power_kw: float


@dataclass(frozen=True)
class Powered:
    """What a power budget runs on whole deployments of one size."""

    gpus: int
    tok_s: float
    users: float
    revenue_per_hour: float


@dataclass(frozen=True)
class Prices:
    """An API's prices per million input, cached input and output tokens."""

    input: float
    cached: float
    output: float


@dataclass(frozen=True)
class Mix:
    """A workload's tokens per request, in and out, and the share of those in that are cached."""

    tokens_in: float
    tokens_out: float
    cached_share: float = 0


@dataclass(frozen=True)
class Row:
    """A measured row with what groups it and what its GPU costs an hour."""

    hardware: str
    precision: str
    variant: str
    point: Point
    price: float | None


@dataclass(frozen=True)
class Level:
    """A service level: a speed floor, and where given a first-token limit in s and bounds of the number of GPUs."""

    speed: float
    first_token: float | None = None
    least_gpus: float | None = None
    most_gpus: float | None = None


def budget_speed(side: Side, budget: float, basis: str = "total") -> BudgetSpeed:
    """Return the highest speed at which a million tokens cost no more than a budget."""
    if not is_positive(side.price) or side.price is None:
        return BudgetSpeed("no price", None, None)
    if side.curve is None or not side.curve.publishes(basis):
        return BudgetSpeed("no data", None, None)
    kind, speed = highest_speed(side.curve, basis, exact(side.price) * 10**6 / 3600 / exact(budget))
    best = max(side.curve.splines[basis].v)
    cheapest = float(exact(side.price) * 10**6 / 3600 / best) if kind == "never" else None
    return BudgetSpeed(kind, speed, cheapest)


def break_even_speeds(side_a: Side, side_b: Side, basis: str = "total", scan: int = _SCAN) -> list[float]:
    """Return every speed in the overlap of two frontiers where A's tokens per dollar change from above B's to below.

    Sample points are all knots and `scan` equal parts between two neighbours; with scan=1 a pair of changes between two
    knots is not seen. A touch without a change of sign is none; where the curves lie on each other, the end of the
    stretch at which the sign has changed counts.
    """
    a, b = side_a.curve, side_b.curve
    prices = [exact(side.price) for side in (side_a, side_b) if side.price is not None and is_positive(side.price)]
    if a is None or b is None or len(prices) < 2 or not (a.publishes(basis) and b.publishes(basis)):
        return []

    def lead(x: Fraction) -> Fraction:
        return a.splines[basis].at(x) / prices[0] - b.splines[basis].at(x) / prices[1]

    low, high = max(a.x[0], b.x[0]), min(a.x[-1], b.x[-1])
    knots = sorted({x for x in (*a.x, *b.x) if low <= x <= high})
    samples = [x + (y - x) * i / scan for x, y in pairwise(knots) for i in range(scan)] + knots[-1:]
    leads = [(x, lead(x)) for x in samples]
    apart = [(x, value) for x, value in leads if value != 0]
    found = []
    for (left, at_left), (right, at_right) in pairwise(apart):
        if (at_left > 0) == (at_right > 0):
            continue
        level = [x for x, value in leads if value == 0 and left < x < right]
        found.append(float(level[-1]) if level else _change(lead, left, right))
    return found


def break_even_price(comparison: Comparison, price: float, side: str) -> float | None:
    """Return the price of one side's GPU at which both sides give the same tokens per dollar; None without a ratio."""
    if comparison.ratio is None:
        return None
    ratio = exact(comparison.ratio)
    return float(exact(price) * (ratio if side == "a" else 1 / ratio))


def cost_at_load(cost: float, load: float) -> float:
    """Return the cost of a million tokens sold at a load in (0, 1]."""
    return float(exact(cost) / exact(load))


def fleet(
    volume: float, throughput: float, load: float, deployments: Sequence[int], price: float, power: float
) -> list[Fleet]:
    """Return what a volume needs, from the smallest to the largest deployment: one entry per different size."""
    need = exact(volume) * 10**6 / (exact(throughput) * SECONDS_A_DAY * exact(load))
    counts = [size * math.ceil(need / size) for size in sorted(set(deployments))]
    return [
        Fleet(count, float(count * exact(price) * HOURS_A_MONTH), float(count * exact(power)))
        for count in sorted(set(counts))
    ]


def powered(
    megawatts: float,
    power: float,
    deployments: Sequence[int],
    throughput: float,
    output: float,
    speed: float,
    price_per_mtok: float,
) -> list[Powered]:
    """Return what a power budget runs, per deployment size: tokens a second, users by output tokens, revenue an hour."""
    most = math.floor(exact(megawatts) * 1000 / exact(power))
    counts = sorted({size * (most // size) for size in deployments})
    return [
        Powered(
            count,
            float(count * exact(throughput)),
            float(count * exact(output) / exact(speed)),
            float(count * exact(throughput) * 3600 / 10**6 * exact(price_per_mtok)),
        )
        for count in counts
    ]


def blended_price(prices: Prices, mix: Mix) -> float:
    """Return an API's price per million tokens, in and out together, with a workload's mix."""
    tokens_in, tokens_out, cached = exact(mix.tokens_in), exact(mix.tokens_out), exact(mix.cached_share)
    paid = (
        tokens_in * (1 - cached) * exact(prices.input)
        + tokens_in * cached * exact(prices.cached)
        + tokens_out * exact(prices.output)
    )
    return float(paid / (tokens_in + tokens_out))


def break_even_load(cost: float, price: float) -> float:
    """Return the load at which the tokens sold pay for the GPUs: above 1, they never do."""
    return float(exact(cost) / exact(price))


def margin(cost: float, load: float, price: float) -> float:
    """Return the margin of revenue that is left at a load."""
    return float(1 - exact(cost) / (exact(load) * exact(price)))


def service_level(rows: Sequence[Row], level: Level, basis: str = "total") -> dict[tuple[str, str, str], Row]:
    """Return the cheapest measured row that meets a service level per hardware, precision and variant.

    A row that does not state what a limit asks for does not meet it. Of equally cheap rows the faster one is taken.
    """
    best: dict[tuple[str, str, str], tuple[tuple[Fraction, float], Row]] = {}
    for row in rows:
        tokens = getattr(row.point, basis)
        if row.price is None or not is_positive(row.price) or not is_positive(tokens) or not _meets(row.point, level):
            continue
        group, rank = (row.hardware, row.precision, row.variant), (1 / per_dollar(tokens, row.price), -row.point.x)
        if group not in best or rank < best[group][0]:
            best[group] = (rank, row)
    return {group: row for group, (_, row) in best.items()}


def _meets(point: Point, level: Level) -> bool:
    limits = (
        (level.speed, point.x, 1),
        (level.first_token, point.ttft, -1),
        (level.least_gpus, point.gpus, 1),
        (level.most_gpus, point.gpus, -1),
    )
    return all(
        limit is None or (value is not None and sense * exact(value) >= sense * exact(limit))
        for limit, value, sense in limits
    )


def _change(lead: Callable[[Fraction], Fraction], left: Fraction, right: Fraction) -> float:
    above = lead(left) > 0
    for _ in range(_HALVINGS):
        middle = (left + right) / 2
        left, right = (middle, right) if (lead(middle) > 0) == above else (left, middle)
    return float(left)
