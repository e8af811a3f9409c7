"""The numerical reference: frontier, tangents, spline, reads and targets of METHOD sections 2 to 6.

Plain arrays in, plain numbers out. Nothing here knows sheets or sources, because this module is the independent
opinion that every figure of the workbook is checked against. The sheets evaluate the Hermite form of the method; this
module evaluates the same cubic in Bernstein form (`method.bernstein`), so a slip in one algebra cannot hide in the other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from math import ceil, floor, isfinite
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from specxl.method.bernstein import Bernstein

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Column = ArrayLike | Sequence[float | None]

Range = tuple[float, float]

MEASURED_TOLERANCE = 1e-9
"""A target this close to a knot's x, relative to it, reads the knot itself (METHOD 4)."""

METRICS: tuple[str, ...] = ("total", "output", "input", "concurrency")
"""The splined columns of a curve, as they are named on `Curve` and `Read`."""


class Status(IntEnum):
    """Where a read comes from, in METHOD 4's order of precedence."""

    NO_TARGET = 0
    NO_DATA = 1
    ABOVE = 2
    BELOW = 3
    MEASURED = 4
    INTERPOLATED = 5


@dataclass(frozen=True, slots=True)
class Read:
    """One curve read at one target: its status, its figures, and the knots they rest on.

    Throughputs are tok/s/GPU, concurrency is requests (not rounded). A figure is None when there is nothing to read, or
    when the curve lacks that metric. `left` and `right` index the bracketing knots: the same knot twice for a measured,
    above or below read, and neighbours for an interpolated one.
    """

    status: Status
    total: float | None
    output: float | None
    input: float | None
    concurrency: float | None
    left: int | None
    right: int | None


@dataclass(frozen=True, eq=False)
class Curve:
    """A frontier with its splines: n knots, x strictly ascending.

    `x` is interactivity in tok/s/user; `total`, `output` and `input` are tok/s/GPU; `concurrency` is requests; all have
    shape (n,). A metric that any knot lacks is None as a whole: a knot is never skipped, since that would move the
    frontier (METHOD 3). `tangents` holds the (n,) tangents of each metric that exists.
    """

    x: NDArray[np.float64]
    total: NDArray[np.float64]
    output: NDArray[np.float64] | None
    input: NDArray[np.float64] | None
    concurrency: NDArray[np.float64] | None
    tangents: dict[str, NDArray[np.float64]]
    splines: dict[str, Bernstein]

    @classmethod
    def fit(
        cls,
        x: Column,
        total: Column,
        output: Column | None,
        input: Column | None,  # noqa: A002 - the token class of METHOD 1, beside output
        concurrency: Column | None,
    ) -> Curve:
        """Fit the splines of METHOD 3 through frontier knots of shape (n,), n >= 1.

        A missing value is None or NaN. Raises ValueError when x does not ascend strictly, or x or total is missing.
        """
        knots = _column(x)
        if knots is None or knots.ndim != 1 or not knots.size or not bool(np.all(np.diff(knots) > 0)):
            raise ValueError(f"knots must be finite and ascend strictly in x, at least one of them; found x = {x!r}")
        given = {"total": total, "output": output, "input": input, "concurrency": concurrency}
        columns = {name: _column(values) for name, values in given.items()}
        for name, column in columns.items():
            if column is not None and column.shape != knots.shape:
                raise ValueError(f"{name} has shape {column.shape}, x has {knots.shape}: one value per knot")
        if columns["total"] is None:
            raise ValueError("every knot needs its total throughput")
        present = {name: column for name, column in columns.items() if column is not None}
        slopes = {name: tangents(knots, column) for name, column in present.items()}
        splines = {
            name: Bernstein.through(knots, present[name], slope) for name, slope in slopes.items() if knots.size > 1
        }
        return cls(
            x=knots,
            total=columns["total"],
            output=columns["output"],
            input=columns["input"],
            concurrency=columns["concurrency"],
            tangents=slopes,
            splines=splines,
        )

    @property
    def measured_range(self) -> Range:
        """The measured range in the words of METHOD 6: first and last x of the frontier, in tok/s/user."""
        return float(self.x[0]), float(self.x[-1])

    def values(self, metric: str) -> NDArray[np.float64] | None:
        """Return the knots' values of one of METRICS, shape (n,), or None when the curve lacks it."""
        column: NDArray[np.float64] | None = getattr(self, metric)
        return column

    def at(self, metric: str, x: ArrayLike) -> NDArray[np.float64] | None:
        """Evaluate one of METRICS at x (any shape, inside the range), clamped to the knots' extremes (METHOD 3)."""
        values, points = self.values(metric), np.asarray(x, dtype=np.float64)
        if values is None:
            return None
        if metric not in self.splines:
            return np.full(points.shape, values[0])
        return np.clip(self.splines[metric](points), values.min(), values.max())


def pareto_frontier(x: Column, y: Column) -> NDArray[np.intp]:
    """Return the indices of the points that no other beats on both axes, by ascending x (METHOD 2).

    `x` (tok/s/user) and `y` (tok/s/GPU) have shape (n,); None stands for a missing value. Points whose x or y is
    missing, non-finite, zero or negative never enter. The kept points have x strictly ascending and y strictly
    descending. Of identical points the first one given is kept.
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        candidates = np.flatnonzero(np.isfinite(xs) & np.isfinite(ys) & (xs > 0) & (ys > 0))
    order = candidates[np.lexsort((-ys[candidates], xs[candidates]))]
    kept: list[int] = []
    for index in order:
        if kept and xs[index] == xs[kept[-1]]:
            continue
        while kept and ys[kept[-1]] <= ys[index]:
            kept.pop()
        kept.append(int(index))
    return np.asarray(kept, dtype=np.intp)


def tangents(x: ArrayLike, v: ArrayLike) -> NDArray[np.float64]:
    """Return the tangents dv/dx at the knots (METHOD 3): Steffen's inside, d3's one-sided rule at the two ends.

    `x` (strictly ascending) and `v` have shape (n,), as has the result. Two knots get the slope of their straight line;
    one knot gets 0. The sign of a zero slope is 0, so a tangent beside a level segment is 0.
    """
    xs, vs = np.asarray(x, dtype=np.float64), np.asarray(v, dtype=np.float64)
    if xs.size <= 1:
        return np.zeros_like(xs)
    h = np.diff(xs)
    s = np.diff(vs) / h
    if s.size == 1:
        return np.repeat(s, 2)
    p = (s[:-1] * h[1:] + s[1:] * h[:-1]) / (h[:-1] + h[1:])
    smallest = np.minimum(np.minimum(np.abs(s[:-1]), np.abs(s[1:])), np.abs(p) / 2)
    inside = (np.sign(s[:-1]) + np.sign(s[1:])) * smallest
    first, last = (3 * s[0] - inside[0]) / 2, (3 * s[-1] - inside[-1]) / 2
    return np.concatenate(([first], inside, [last]))


def read(curve: Curve | None, target: object) -> Read:
    """Read a curve at a target in tok/s/user; the statuses follow METHOD 4 in its order of precedence.

    Readings where the method is terse: a target that is no number (text, None, a truth value) or not finite counts as
    no target. Above and below are strict, so they win over "measured" for a target just outside the range. Measured
    means |target - x_k| <= 1e-9 x_k; where both bracketing knots are that close, the left one is named. The tolerance
    decides status and evidence only: the figures are the spline's at the target itself, which are the knot's own when
    the target equals its x. Taking the knot's figures throughout would move steep curves by 2e-7 against METHOD 8.
    """
    if not isinstance(target, (int, float)) or isinstance(target, bool) or not isfinite(target) or target <= 0:
        return Read(Status.NO_TARGET, None, None, None, None, None, None)
    if curve is None:
        return Read(Status.NO_DATA, None, None, None, None, None, None)
    return _read_number(curve, float(target))


# A workbook is looked at in many states of its dropdowns, most of which read the same curves at the same speeds.
@lru_cache(maxsize=65536)
def _read_number(curve: Curve, target: float) -> Read:
    first, last = curve.measured_range
    if target > last:
        return _read_at(curve, last, Status.ABOVE, curve.x.size - 1, curve.x.size - 1)
    if target < first:
        return _read_at(curve, first, Status.BELOW, 0, 0)
    left = int(np.searchsorted(curve.x, target, side="right")) - 1
    for index in range(left, min(left + 2, curve.x.size)):
        if abs(target - curve.x[index]) <= MEASURED_TOLERANCE * curve.x[index]:
            return _read_at(curve, target, Status.MEASURED, index, index)
    return _read_at(curve, target, Status.INTERPOLATED, left, left + 1)


def cost_usd_per_mtok(rate: float | None, throughput: float | None) -> float | None:
    """Return $ per million tokens from $/GPU-hr and tok/s/GPU of the chosen token class (METHOD 5).

    None when the rate or the throughput is unknown, or the throughput is not positive: a cost is never guessed.
    """
    if rate is None or throughput is None or throughput <= 0:
        return None
    return rate / (throughput * 3600 / 1e6)


def throughput_tok_s_mw(throughput: float | None, kw: float | None) -> float | None:
    """Return tok/s per MW from tok/s/GPU and kW per GPU (METHOD 5); None when either is unknown or kw not positive."""
    if throughput is None or kw is None or kw <= 0:
        return None
    return throughput * 1000 / kw


def joules_per_token(throughput: float | None, kw: float | None) -> float | None:
    """Return joules per token from tok/s/GPU and kW per GPU (METHOD 5); None when either is unknown or not positive."""
    if throughput is None or kw is None or throughput <= 0 or kw <= 0:
        return None
    return kw * 1000 / throughput


def overlap(a: Range, b: Range) -> Range | None:
    """Return the common part of two closed ranges, or None. Ranges that touch share a single value (v, v)."""
    low, high = max(a[0], b[0]), min(a[1], b[1])
    return (low, high) if low <= high else None


def default_targets(
    a: Range | None, b: Range | None, frontiers: Sequence[Range | None] = ()
) -> tuple[float, float, float]:
    """Return the three default targets of a comparison in tok/s/user (METHOD 6).

    `a` and `b` are the ranges of x over all valid points of each side, on the frontier or not; None for a side without
    data. The targets are 25, 50 and 75 % of the overlap, of the union where nothing overlaps, or of the only side there
    is, rounded half up to a whole number. `frontiers` holds the ranges of the two frontiers: a target that rounding
    would move out of their overlap gets as few decimals as keep it inside, or is not rounded at all, so that no suggestion
    ever reads "below" or "above". Without them a target stays within the range that it is a share of.

    Readings where the method is terse: each target is rounded by itself; a share that itself lies outside of the frontiers
    is moved to their nearer end first, also where there is one side only. Where nothing overlaps, the frontiers count
    together. An overlap of one value gives that value, then 50 and 75 % of the wider side. Raises ValueError when both
    sides are None.
    """
    sides = [side for side in (a, b) if side is not None]
    if not sides:
        raise ValueError("default targets need the range of one side at least")
    read = [side for side in frontiers if side is not None] or sides
    shared = overlap(sides[0], sides[-1])
    if shared is not None and shared[0] == shared[1]:
        wider = max(range(len(sides)), key=lambda place: sides[place][1] - sides[place][0])
        return shared[0], _share(sides[wider], 0.5, read[wider]), _share(sides[wider], 0.75, read[wider])
    span, inside = (_union(sides), _union(read)) if shared is None else (shared, overlap(read[0], read[-1]))
    return _share(span, 0.25, inside), _share(span, 0.5, inside), _share(span, 0.75, inside)


def _union(ranges: Sequence[Range]) -> Range:
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def common_target(ranges: Sequence[tuple[Range | None, Range | None]]) -> float:
    """Return the one target at which the Summary reads every comparison: the whole number in range for most of them.

    `ranges` holds the frontier ranges of both sides of every comparison. A target is in range where it lies in both
    (METHOD 6). Ties go to the number nearest the median of the midpoints of all overlaps; of two equally near to the
    larger, as half up would round it (which is what gives 60 for the published points).

    Readings where the method is terse: a comparison with one side, or without overlap, has no vote as long as any other
    overlaps; if none does, every side votes by itself. If no range holds a whole number, the median itself is returned.
    Raises ValueError when no range is given at all.
    """
    both = [overlap(a, b) for a, b in ranges if a is not None and b is not None]
    spans = [span for span in both if span is not None]
    spans = spans or [side for pair in ranges for side in pair if side is not None]
    if not spans:
        raise ValueError("a common target needs one range at least")
    middle = median((low + high) / 2 for low, high in spans)
    # The best whole numbers form intervals that end where spans end, so the nearest best one is among these.
    candidates = {floor(middle), ceil(middle)} | {ceil(low) for low, _ in spans} | {floor(high) for _, high in spans}

    lows, highs = (sorted(ends) for ends in zip(*spans, strict=True))

    def votes(value: int) -> int:
        return bisect_right(lows, value) - bisect_left(highs, value)

    best = min(candidates, key=lambda value: (-votes(value), abs(value - middle), -value))
    return float(best) if votes(best) else middle


@dataclass(frozen=True, slots=True)
class Inverse:
    """The highest speed at which a curve still gives a throughput: METHOD 7's inverse read.

    `x` is that speed in tok/s/user, None where the curve gives it nowhere. `knots` counts the knots from the left up to
    the last that gives it. `beyond` says that the last knot still does: the speed is a lower bound.
    """

    x: float | None
    knots: int
    beyond: bool


def inverse(curve: Curve, metric: str, y: float) -> Inverse:
    """Return the highest speed at which one of METRICS is still at least `y`, by bisection (METHOD 7).

    Total throughput falls strictly along a frontier, so there is one solution. Another token class may rise in places:
    the highest speed is meant then. Raises ValueError when the curve lacks the metric.

    A knot gives `y` within the tolerance of a measured point, so that nothing hangs on the last bit of a double.
    """
    values = curve.values(metric)
    if values is None:
        raise ValueError(f"the curve has no {metric}")
    enough = np.flatnonzero(values >= y * (1 - MEASURED_TOLERANCE))
    if not enough.size:
        return Inverse(None, 0, beyond=False)
    left = int(enough[-1])
    if left == curve.x.size - 1:
        return Inverse(float(curve.x[-1]), left + 1, beyond=True)
    first, last = float(curve.x[left]), float(curve.x[left + 1])
    # plain floats: a build asks this thousands of times
    b0, b1, b2, b3 = (float(value) for value in curve.splines[metric].c[:, left])
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        u = (low + high) / 2
        v = 1 - u
        if v * v * v * b0 + 3 * u * v * (v * b1 + u * b2) + u * u * u * b3 >= y:
            low = u
        else:
            high = u
    return Inverse(first + low * (last - first), left + 1, beyond=False)


_BISECTIONS = 60


def _column(values: Column | None) -> NDArray[np.float64] | None:
    """Return a float array, or None when it is absent or any of its values is missing."""
    column = np.asarray(values, dtype=np.float64)
    return column if bool(np.all(np.isfinite(column))) else None


def _read_at(curve: Curve, x: float, status: Status, left: int, right: int) -> Read:
    figures = {metric: curve.at(metric, x) for metric in METRICS}
    return Read(status, **{m: None if v is None else float(v) for m, v in figures.items()}, left=left, right=right)


def _share(span: Range, fraction: float, inside: Range | None = None) -> float:
    """Return the point at `fraction` of a range, rounded half up as far as that keeps it inside."""
    low, high = inside or span
    value = min(max(span[0] + fraction * (span[1] - span[0]), low), high)
    for scale in (1, 10, 100, 1000):
        near = _half_up(value * scale)
        for whole in (near, near - 1, near + 1):
            if low <= whole / scale <= high and whole > 0:
                return whole / scale
    return value


def _half_up(value: float) -> int:
    whole = floor(value)
    return whole + (2 * (value - whole) >= 1)
