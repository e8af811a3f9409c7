"""The oracle's comparisons: two sides at one target, by METHOD 5 and 7.

Readings where the method is terse. The ratio is always A's tokens per dollar over B's, also where B is better. A ratio
without an upper end is infinite. Flags that need both sides' reads (dates) stay down where one has none; all others are
raised by whichever knots are there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from support.oracle_curve import (
    ABOVE,
    BELOW,
    INTERPOLATED,
    MEASURED,
    NO_DATA,
    NO_TARGET,
    Curve,
    Point,
    Read,
    exact,
    fit,
    highest_speed,
    is_positive,
    read,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

NOT_PUBLISHED = "not published on this basis"
NOT_STATED = "method not stated"
NO_PRICE = "no price"
ONLY_A, ONLY_B = "only A reaches it", "only B reaches it"
NEITHER = "neither reaches it"
UNDECIDED, BETTER, LEVEL = "undecided", "better", "level"

GRADES = {
    "stop": ("price_unknown", "suspect", "reported_fault", "published_at_odds"),
    "caution": (
        "engine_family",
        "serving_mode",
        "dates_apart",
        "first_token",
        "thin_curve",
        "wide_gap",
        "mixes_runs",
    ),
    "note": ("published_points", "synthetic_acceptance", "random_prompts", "stated_by_hand", "warm_up", "gpu_count"),
}
NOT_LIKE = {"engine_family": "engine", "serving_mode": "serving", "dates_apart": "dates", "first_token": "first token"}
OF_A_POINT = {
    "suspect": "suspect",
    "reported_fault": "fault",
    "published_at_odds": "at_odds",
    "mixes_runs": "mixes_runs",
    "published_points": "published",
    "synthetic_acceptance": "synthetic",
    "random_prompts": "random_prompts",
    "stated_by_hand": "stated",
    "warm_up": "warm_up",
    "gpu_count": "gpu_count",
}
_PER_HOUR = Fraction(3600, 10**6)


@dataclass(frozen=True)
class Thresholds:
    """The inputs of METHOD 7 with their defaults."""

    tau: float = 1.05
    thin_knots: int = 3
    gap_x: float = 2
    gap_y: float = 3
    stale_days: float = 90
    first_token_factor: float = 3
    first_token_apart: float = 1
    first_token_longest: float = 10
    tie_out: float = 0.05
    same_family_knots: int = 3


@dataclass(frozen=True)
class Side:
    """A curve's points with a price in $/GPU-hr and a power in kW/GPU; None is unknown, and no points is no curve."""

    points: tuple[Point, ...] | None
    price: float | None = None
    power: float | None = None
    label: str = ""
    stated_method: bool = True

    @cached_property
    def curve(self) -> Curve | None:
        """The side's curve."""
        return fit(self.points)


@dataclass(frozen=True)
class Comparison:
    """Every figure, word and flag of a comparison; None is an empty cell, infinity an end that nothing bounds."""

    a_status: str
    b_status: str
    a_tok_s_gpu: float | None
    b_tok_s_gpu: float | None
    a_tok_s_gpu_low: float | None
    b_tok_s_gpu_low: float | None
    a_tok_s_gpu_high: float | None
    b_tok_s_gpu_high: float | None
    a_cost_per_mtok: float | None
    b_cost_per_mtok: float | None
    a_tok_s_mw: float | None
    b_tok_s_mw: float | None
    a_joules_per_tok: float | None
    b_joules_per_tok: float | None
    a_requests: float | None
    b_requests: float | None
    a_last_tok_s_user: float | None
    b_last_tok_s_user: float | None
    a_last_tok_s_gpu: float | None
    b_last_tok_s_gpu: float | None
    a_knots: tuple[Point, ...]
    b_knots: tuple[Point, ...]
    verdict: str
    certainty: str
    better: str
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    saving: float | None
    equal_cost_tok_s_user: float | None
    equal_cost_ratio: float | None
    equal_cost_kind: str
    like_for_like: str
    flags: frozenset[str]
    worst_flag: str


@dataclass(frozen=True)
class TieOut:
    """A printed cost against ours per million tokens, relative to ours, with the price that it implies."""

    ours: float
    difference: float
    implied_rate: float
    at_odds: bool


@dataclass(frozen=True)
class _Reads:
    """Two sides with their reads at a target, and what is asked of them."""

    sides: tuple[Side, Side]
    reads: tuple[Read, Read]
    target: object
    basis: str
    given: Thresholds
    same_hardware: bool

    def worth(self, end: str, i: int) -> Fraction | float:
        """Return a side's figure, low or high per dollar of one GPU-hour; on one hardware the dollar cancels."""
        value = getattr(self.reads[i], end)[self.basis]
        return value if value == math.inf else exact(value) / self.price(i)

    def price(self, i: int) -> Fraction:
        """Return a side's price, or 1 where it cancels."""
        price = self.sides[i].price
        return Fraction(1) if self.same_hardware or price is None else exact(price)

    @property
    def ratio(self) -> Fraction:
        """A's tokens per dollar over B's."""
        return Fraction(self.worth("figures", 0)) / Fraction(self.worth("figures", 1))

    @property
    def interval(self) -> tuple[Fraction, Fraction | float]:
        """The ratio's ends by the measurements alone; 0 and infinity where a side is unbounded."""
        a, b = ((self.worth("low", i), self.worth("high", i)) for i in (0, 1))
        low = Fraction(0) if b[1] == math.inf else Fraction(a[0]) / Fraction(b[1])
        return low, math.inf if a[1] == math.inf else Fraction(a[1]) / Fraction(b[0])


def compare(
    side_a: Side,
    side_b: Side,
    target: object,
    basis: str = "total",
    thresholds: Thresholds | None = None,
    *,
    same_hardware: bool = True,
) -> Comparison:
    """Return the comparison of two sides at a target on a token basis: total, output or input."""
    reads = (read(side_a.curve, target), read(side_b.curve, target))
    asked = _Reads((side_a, side_b), reads, target, basis, thresholds or Thresholds(), same_hardware)
    verdict = verdict_of(asked)
    flags = flags_of(asked)
    found = all(side.found for side in reads)
    unlike = [word for flag, word in NOT_LIKE.items() if flag in flags]
    return Comparison(
        **{f"{name}_{key}": value for i, name in enumerate("ab") for key, value in _columns(asked, i).items()},
        verdict=verdict,
        **_outcome(asked, verdict),
        like_for_like=(", ".join(unlike) or "yes") if found else "",
        flags=flags,
        worst_flag=worst(flags),
    )


def verdict_of(asked: _Reads) -> str:
    """Return the first verdict of METHOD 7 that applies."""
    a, b = (side.status for side in asked.reads)
    rules: tuple[tuple[str, Callable[[], bool]], ...] = (
        (NO_TARGET, lambda: NO_TARGET in {a, b}),
        (NO_DATA, lambda: NO_DATA in {a, b}),
        (NOT_PUBLISHED, lambda: not all(side.curve and side.curve.publishes(asked.basis) for side in asked.sides)),
        (NOT_STATED, lambda: not all(side.stated_method for side in asked.sides)),
        (NO_PRICE, lambda: not asked.same_hardware and not all(is_positive(side.price) for side in asked.sides)),
        (NEITHER, lambda: a == b == ABOVE),
        (ONLY_A, lambda: b == ABOVE),
        (ONLY_B, lambda: a == ABOVE),
        (UNDECIDED, lambda: _is_open(asked)),
        (BETTER, lambda: _beyond(asked.ratio, asked.ratio, asked.given.tau)),
    )
    return next((word for word, holds in rules if holds()), LEVEL)


def flags_of(asked: _Reads) -> frozenset[str]:
    """Return the ids of the flags whose rule holds; none without a target."""
    if NO_TARGET in {side.status for side in asked.reads}:
        return frozenset()
    knots = [knot for side in asked.reads for knot in side.knots]
    rules = {flag: any(getattr(knot, fact) for knot in knots) for flag, fact in OF_A_POINT.items()}
    rules |= {
        "price_unknown": not all(is_positive(side.price) for side in asked.sides),
        "engine_family": bool(knots) and (len({knot.family for knot in knots}) > 1 or not knots[0].family),
        "serving_mode": {"aggregated", "disaggregated"} <= {knot.serving for knot in knots},
        "dates_apart": _dates_apart(asked.reads, asked.given),
        "first_token": _first_token(asked.reads, asked.given),
        "thin_curve": _thin(asked),
        "wide_gap": any(_wide(side, asked.basis, asked.given) for side in asked.reads),
    }
    return frozenset(flag for flag, holds in rules.items() if holds)


def worst(flags: frozenset[str]) -> str:
    """Return the worst grade of some flags, or nothing."""
    return next((grade for grade, ids in GRADES.items() if flags & set(ids)), "")


def per_dollar(throughput: float, price: float) -> Fraction:
    """Return million tokens for one dollar: METHOD 7's T."""
    return exact(throughput) * _PER_HOUR / exact(price)


def tie_out(printed_cost: float, throughput: float, price: float, thresholds: Thresholds | None = None) -> TieOut:
    """Return how a published cost stands to the published throughput at the page's own price."""
    ours, limit = 1 / per_dollar(throughput, price), exact((thresholds or Thresholds()).tie_out)
    difference = exact(printed_cost) / ours - 1
    implied = exact(printed_cost) * exact(throughput) * _PER_HOUR
    return TieOut(float(ours), float(difference), float(implied), abs(difference) > limit)


def same_family(
    side_a: Side,
    side_b: Side,
    target: object,
    basis: str = "total",
    thresholds: Thresholds | None = None,
    *,
    same_hardware: bool = True,
) -> dict[str, Comparison] | str:
    """Return the comparisons within each engine family that has enough knots and reads in range, or what is missing."""
    given = thresholds or Thresholds()
    stated = [{point.family for point in side.points or ()} - {""} for side in (side_a, side_b)]
    if not all(stated):
        return "engine not stated"
    shared = {family: (_within(side_a, family), _within(side_b, family)) for family in stated[0] & stated[1]}
    if not shared:
        return "no family has both sides"
    enough = {
        family: pair
        for family, pair in shared.items()
        if all(side.curve and len(side.curve.knots) >= given.same_family_knots for side in pair)
    }
    if not enough:
        return "too few knots"
    found = {
        family: compare(*pair, target, basis, given, same_hardware=same_hardware) for family, pair in enough.items()
    }
    in_range = {MEASURED, INTERPOLATED}
    inside = {family: got for family, got in found.items() if {got.a_status, got.b_status} <= in_range}
    return inside or "out of range"


def _columns(asked: _Reads, i: int) -> dict[str, Any]:
    side, got, basis = asked.sides[i], asked.reads[i], asked.basis
    y = got.figures.get(basis)
    price, power = (value if is_positive(value) else None for value in (side.price, side.power))
    return {
        "status": got.status,
        "tok_s_gpu": y,
        "tok_s_gpu_low": got.low.get(basis),
        "tok_s_gpu_high": got.high.get(basis),
        "cost_per_mtok": None if y is None or price is None else float(1 / per_dollar(y, price)),
        "tok_s_mw": None if y is None or power is None else float(exact(y) * 1000 / exact(power)),
        "joules_per_tok": None if y is None or power is None else float(exact(power) * 1000 / exact(y)),
        "requests": got.figures.get("conc"),
        "last_tok_s_user": got.last_x,
        "last_tok_s_gpu": got.last_y.get(basis),
        "knots": got.knots,
    }


def _outcome(asked: _Reads, verdict: str) -> dict[str, Any]:
    """Return the columns that only a comparison that may be made has."""
    empty: dict[str, Any] = dict.fromkeys(("ratio", "ratio_low", "ratio_high", "saving"))
    empty |= {"certainty": "", "better": "", "equal_cost_kind": ""}
    empty |= dict.fromkeys(("equal_cost_tok_s_user", "equal_cost_ratio"))
    if verdict not in {BETTER, LEVEL}:
        return empty
    ratio, (low, high) = asked.ratio, asked.interval
    found = empty | {"ratio": float(ratio), "ratio_low": float(low), "ratio_high": float(high)} | _equal_cost(asked)
    if verdict == BETTER:
        winner = 0 if ratio > 1 else 1
        settled = "settled" if _beyond(low, high, asked.given.tau) else "interpolated"
        at_least = ", at least" if asked.reads[winner].status == BELOW else ""
        found |= {"certainty": settled + at_least, "better": "ab"[winner]}
        found["saving"] = float(1 - min(ratio, 1 / ratio))
    return found


def _equal_cost(asked: _Reads) -> dict[str, Any]:
    curve = asked.sides[0].curve
    if curve is None:
        return {}
    least = Fraction(asked.worth("figures", 1)) * asked.price(0)
    kind, speed = highest_speed(curve, asked.basis, least)
    if not kind and asked.reads[1].status == BELOW:
        kind = "at most"
    ratio = None if speed is None else float(exact(speed) / exact(asked.target))  # type: ignore[arg-type]
    return {"equal_cost_tok_s_user": speed, "equal_cost_ratio": ratio, "equal_cost_kind": kind}


def _is_open(asked: _Reads) -> bool:
    below = [side.status == BELOW for side in asked.reads]
    return all(below) or (below[0] and asked.ratio < 1) or (below[1] and asked.ratio > 1)


def _beyond(low: Fraction, high: Fraction | float, tau: float) -> bool:
    return low >= exact(tau) or high <= 1 / exact(tau)


def _dates_apart(reads: tuple[Read, Read], given: Thresholds) -> bool:
    newest: list[list[dt.date]] = [[knot.date for knot in side.knots if knot.date] for side in reads]
    return all(newest) and abs((max(newest[0]) - max(newest[1])).days) > given.stale_days


def _first_token(reads: tuple[Read, Read], given: Thresholds) -> bool:
    waits = [[exact(knot.ttft) for knot in side.knots if knot.ttft is not None] for side in reads]
    if any(wait > exact(given.first_token_longest) for side in waits for wait in side):
        return True
    return all(waits) and any(
        max(slow) > exact(given.first_token_factor) * min(quick)
        and max(slow) - min(quick) > exact(given.first_token_apart)
        for slow, quick in (waits, waits[::-1])
    )


def _thin(asked: _Reads) -> bool:
    return any(
        got.found and side.curve is not None and len(side.curve.knots) < asked.given.thin_knots
        for side, got in zip(asked.sides, asked.reads, strict=True)
    )


def _wide(side: Read, basis: str, given: Thresholds) -> bool:
    if len(side.knots) < 2:
        return False
    return _apart([knot.x for knot in side.knots], given.gap_x) or _apart(
        [getattr(knot, basis) for knot in side.knots], given.gap_y
    )


def _apart(values: Sequence[float | None], factor: float) -> bool:
    known = [exact(value) for value in values if value is not None]
    return len(known) == len(values) and max(known) > exact(factor) * min(known)


def _within(side: Side, family: str) -> Side:
    own = tuple(point for point in side.points or () if point.family == family)
    return Side(own, side.price, side.power, side.label, side.stated_method)
