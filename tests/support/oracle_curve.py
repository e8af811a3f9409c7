"""The oracle's curves: frontier, spline, reads and inverse reads, in exact rational arithmetic.

Every float is taken as the decimal number that it prints as (1.05 is 21/20), all arithmetic on it is exact, and a result
is rounded once, on the way out. So a figure is right to the last digit, and a rule that turns at exactly 5 % turns there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

NO_TARGET = "no target"
NO_DATA = "no data"
ABOVE = "above measured range"
BELOW = "below the frontier"
MEASURED = "measured"
INTERPOLATED = "interpolated"
READS = (BELOW, MEASURED, INTERPOLATED)

BASES = ("total", "output", "input")
METRICS = (*BASES, "conc")

_SAME_SPEED = Fraction(1, 10**9)
_HALVINGS = 50

Figures = dict[str, float | None]


@dataclass(frozen=True)
class Point:
    """One measurement: x in tok/s/user; total, output, input in tok/s/GPU over all GPUs; conc in requests; ttft in s."""

    x: float
    total: float
    output: float | None = None
    input: float | None = None
    conc: float | None = None
    gpus: int | None = None
    ttft: float | None = None
    family: str = ""
    serving: str = "unknown"
    date: dt.date | None = None
    run: str = ""
    suspect: bool = False
    fault: bool = False
    at_odds: bool = False
    published: bool = False
    synthetic: bool = False
    random_prompts: bool = False
    stated: bool = False
    warm_up: bool = False
    gpu_count: bool = False
    mixes_runs: bool = False


@dataclass(frozen=True)
class Spline:
    """A monotone cubic through values v at rising places x: METHOD 3."""

    x: tuple[Fraction, ...]
    v: tuple[Fraction, ...]

    @cached_property
    def tangents(self) -> list[Fraction]:
        """The slopes at the knots."""
        h = [right - left for left, right in zip(self.x, self.x[1:], strict=False)]
        s = [(self.v[i + 1] - self.v[i]) / h[i] for i in range(len(h))]
        if len(s) < 2:
            return s * len(self.v)
        inside = [
            (_sign(s0) + _sign(s1)) * min(abs(s0), abs(s1), abs((s0 * h1 + s1 * h0) / (h0 + h1)) / 2)
            for s0, s1, h0, h1 in zip(s, s[1:], h, h[1:], strict=False)
        ]
        return [(3 * s[0] - inside[0]) / 2, *inside, (3 * s[-1] - inside[-1]) / 2]

    def at(self, place: Fraction) -> Fraction:
        """Return the spline at a place between the first and the last x."""
        if len(self.x) == 1:
            return self.v[0]
        k = max(i for i in range(len(self.x) - 1) if self.x[i] <= place)
        h, m = self.x[k + 1] - self.x[k], self.tangents
        u = (place - self.x[k]) / h
        value = (
            (1 + 2 * u) * (1 - u) ** 2 * self.v[k]
            + u * (1 - u) ** 2 * h * m[k]
            + u**2 * (3 - 2 * u) * self.v[k + 1]
            + u**2 * (u - 1) * h * m[k + 1]
        )
        return min(max(value, min(self.v)), max(self.v))


@dataclass(frozen=True)
class Curve:
    """The frontier of some points: knots by rising speed; `points` are all valid points, `left_out` counts the others."""

    knots: tuple[Point, ...]
    points: tuple[Point, ...]
    left_out: int

    @cached_property
    def x(self) -> tuple[Fraction, ...]:
        """The knots' speeds."""
        return tuple(exact(knot.x) for knot in self.knots)

    @cached_property
    def splines(self) -> dict[str, Spline]:
        """The splines of the metrics that every knot has; zero is a value that is not there."""
        columns = {metric: [getattr(knot, metric) for knot in self.knots] for metric in METRICS}
        return {
            metric: Spline(self.x, tuple(exact(value) for value in values))
            for metric, values in columns.items()
            if all(is_positive(value) for value in values)
        }

    def publishes(self, metric: str) -> bool:
        """Whether every knot has a metric."""
        return metric in self.splines

    def at_knot(self, i: int) -> Figures:
        """Return a knot's figures; None for a metric that any knot lacks."""
        return {metric: getattr(self.knots[i], metric) if self.publishes(metric) else None for metric in METRICS}


@dataclass(frozen=True)
class Read:
    """One curve at one target: figures and what the measurements alone say of them, low to high, by metric.

    A metric that is not published for the curve is None in all three; without a read the three are empty. `high` is
    infinite for a lower bound. `last_y` are the last knot's figures, there whenever the curve is.
    """

    status: str
    figures: Figures = field(default_factory=dict)
    low: Figures = field(default_factory=dict)
    high: Figures = field(default_factory=dict)
    last_x: float | None = None
    last_y: Figures = field(default_factory=dict)
    knots: tuple[Point, ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is a figure: below the frontier, measured or interpolated."""
        return self.status in READS


def exact(number: float | Fraction) -> Fraction:
    """Return the decimal number that a float prints as."""
    return Fraction(repr(float(number))) if isinstance(number, float) else Fraction(number)


def is_positive(value: object) -> bool:
    """Whether something is a finite number over zero; a truth value is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def is_valid(point: Point) -> bool:
    """Whether a point may enter a frontier."""
    return is_positive(point.x) and is_positive(point.total)


def frontier(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the valid points that no other valid point beats on both axes, one per place, by rising speed."""
    valid = [point for point in points if is_valid(point)]
    kept: dict[tuple[float, float], Point] = {}
    for point in valid:
        if not any(_beats(other, point) for other in valid):
            kept.setdefault((point.x, point.total), point)
    return tuple(kept[place] for place in sorted(kept))


def fit(points: Sequence[Point] | None) -> Curve | None:
    """Return the curve of some points; None where there are none, or none that is valid."""
    valid = tuple(point for point in points or () if is_valid(point))
    return Curve(frontier(valid), valid, len(points or ()) - len(valid)) if valid else None


def read(curve: Curve | None, target: object) -> Read:
    """Return the read of a curve at a target, with the first status of METHOD 4 that applies.

    A target outside the knots is above or below them however near the last or first knot is.
    """
    last: dict[str, Any] = {"last_x": curve.knots[-1].x, "last_y": curve.at_knot(-1)} if curve else {}
    if not is_positive(target):
        return Read(NO_TARGET, **last)
    if curve is None:
        return Read(NO_DATA)
    at = exact(target)  # type: ignore[arg-type]
    if at > curve.x[-1]:
        return Read(ABOVE, **last)
    if at < curve.x[0]:
        first = curve.at_knot(0)
        unbounded = {metric: None if value is None else math.inf for metric, value in first.items()}
        return Read(BELOW, first, first, unbounded, knots=curve.knots[:1], **last)
    off = [abs(at - x) / x for x in curve.x]
    if min(off) <= _SAME_SPEED:
        i = off.index(min(off))
        knot = curve.at_knot(i)
        return Read(MEASURED, knot, knot, knot, knots=(curve.knots[i],), **last)
    figures, low, high = _between(curve, at)
    return Read(INTERPOLATED, figures, low, high, knots=_bracket(curve, at), **last)


def highest_speed(curve: Curve, metric: str, least: Fraction) -> tuple[str, float | None]:
    """Return the highest speed at which a metric is still at least `least`, and what kind of figure that is.

    "at least" with the last knot's speed where even that knot has as much; "never" without a figure where no knot has.
    A segment is monotone for every metric, so the last knot that has as much begins the segment that holds the speed.
    """
    spline = curve.splines.get(metric)
    if spline is None or max(spline.v) < least:
        return "never", None
    if spline.v[-1] >= least:
        return "at least", curve.knots[-1].x
    k = max(i for i, value in enumerate(spline.v) if value >= least)
    left, right = curve.x[k], curve.x[k + 1]
    for _ in range(_HALVINGS):
        middle = (left + right) / 2
        left, right = (middle, right) if spline.at(middle) >= least else (left, middle)
    return "", float(left)


def _between(curve: Curve, at: Fraction) -> tuple[Figures, Figures, Figures]:
    figures: Figures = dict.fromkeys(METRICS)
    low, high = figures.copy(), figures.copy()
    for metric, spline in curve.splines.items():
        ends = [getattr(knot, metric) for knot in _bracket(curve, at)]
        figures[metric], low[metric], high[metric] = float(spline.at(at)), min(ends), max(ends)
    return figures, low, high


def _bracket(curve: Curve, at: Fraction) -> tuple[Point, ...]:
    right = next(i for i, x in enumerate(curve.x) if x > at)
    return curve.knots[right - 1 : right + 1]


def _beats(other: Point, point: Point) -> bool:
    as_good = other.x >= point.x and other.total >= point.total
    return as_good and (other.x, other.total) != (point.x, point.total)


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)
