"""The method in plain Python, written from its description alone: the tests' own opinion of every figure and flag.

Nothing here is shared with the package. Frontier by definition instead of by a walk, the Hermite form in plain floats,
flags as the table of rules says them. Slow and short on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

NO_TARGET, NO_DATA, ABOVE, BELOW, MEASURED, BETWEEN = (
    "no target",
    "no data",
    "above measured range",
    "below the frontier",
    "measured",
    "interpolated",
)
SIDES = ("a", "b")
BASES = ("total", "output", "input")
GRADES = {
    "stop": ("price_unknown", "above_range", "suspect", "published_at_odds"),
    "caution": ("cross_engine", "mixed_serving", "stale", "thin_curve", "wide_gap", "below_frontier"),
    "note": ("published_points", "synthetic_acceptance", "warm_up", "gpu_count"),
}


@dataclass(frozen=True)
class Point:
    """One measurement: x in tok/s/user, throughputs in tok/s/GPU; `number` is its place among all rows, from 1."""

    number: int
    x: float
    total: float
    output: float | None = None
    input: float | None = None
    concurrency: float | None = None
    engine: str = ""
    serving: str = ""
    gpus: int | None = None
    ttft_median: float | None = None
    ttft_p99: float | None = None
    date: dt.date | None = None
    notes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Read:
    """One curve at one target: status, figures (None where there are none) and the points they rest on."""

    status: str
    x: float | None = None
    figures: dict[str, float | None] = field(default_factory=dict)
    left: Point | None = None
    right: Point | None = None

    @property
    def evidence(self) -> list[Point]:
        """The bracketing points, one or two."""
        return list(dict.fromkeys(point for point in (self.left, self.right) if point is not None))


class Curve:
    """The frontier of some points with its splines."""

    def __init__(self, points: Iterable[Point]) -> None:
        points = [p for p in points if p.x > 0 and p.total > 0]
        kept = [p for p in points if not any(_beats(q, p) for q in points)]
        first = {(p.x, p.total): p for p in reversed(kept)}
        self.knots = sorted(first.values(), key=lambda p: p.x)
        self.points = points

    @property
    def off_frontier(self) -> list[Point]:
        """The points that are no knots."""
        return [p for p in self.points if p not in self.knots]

    @cached_property
    def x(self) -> list[float]:
        """The knots' interactivity."""
        return [p.x for p in self.knots]

    def values(self, metric: str) -> list[float] | None:
        """The knots' values of a metric; None when any knot lacks it."""
        found = [getattr(p, metric) for p in self.knots]
        return None if None in found else found

    def tangents(self, metric: str) -> list[float]:
        """Steffen's tangents inside, the one-sided rule at the ends, the straight line for two knots."""
        v, x = self.values(metric) or [], self.x
        n = len(x)
        if n < 2:
            return [0.0] * n
        h = [x[i + 1] - x[i] for i in range(n - 1)]
        s = [(v[i + 1] - v[i]) / h[i] for i in range(n - 1)]
        if n == 2:
            return [s[0], s[0]]
        m = [0.0] * n
        for i in range(1, n - 1):
            p = (s[i - 1] * h[i] + s[i] * h[i - 1]) / (h[i - 1] + h[i])
            m[i] = (_sign(s[i - 1]) + _sign(s[i])) * min(abs(s[i - 1]), abs(s[i]), abs(p) / 2)
        m[0] = (3 * s[0] - m[1]) / 2
        m[-1] = (3 * s[-1] - m[-2]) / 2
        return m

    def at(self, metric: str, t: float) -> float | None:
        """The spline of a metric at t, which lies in the measured range."""
        v, x = self.values(metric), self.x
        if v is None:
            return None
        if len(x) == 1:
            return v[0]
        m = self.tangents(metric)
        k = max(i for i in range(len(x) - 1) if x[i] <= t)
        h = x[k + 1] - x[k]
        u = (t - x[k]) / h
        value = (
            (1 + 2 * u) * (1 - u) ** 2 * v[k]
            + u * (1 - u) ** 2 * h * m[k]
            + u**2 * (3 - 2 * u) * v[k + 1]
            + u**2 * (u - 1) * h * m[k + 1]
        )
        return min(max(value, min(v)), max(v))

    def read(self, target: object) -> Read:
        """Read at a target, by the table of statuses in its order."""
        if isinstance(target, bool) or not isinstance(target, (int, float)) or not target > 0:
            return Read(NO_TARGET)
        x = self.x
        if target > x[-1]:
            return self._read(ABOVE, x[-1], -1, -1)
        if target < x[0]:
            return self._read(BELOW, x[0], 0, 0)
        for i, knot in enumerate(x):
            if abs(target - knot) <= 1e-9 * knot:
                return self._read(MEASURED, target, i, i)
        k = max(i for i in range(len(x)) if x[i] < target)
        return self._read(BETWEEN, target, k, k + 1)

    def _read(self, status: str, t: float, left: int, right: int) -> Read:
        figures = {metric: self.at(metric, t) for metric in (*BASES, "concurrency")}
        return Read(status, t, figures, self.knots[left], self.knots[right])


@dataclass(frozen=True)
class Assumptions:
    """What a comparison takes from outside: price per GPU-hour, kW per GPU, token basis, thresholds."""

    price: float | None
    power: float | None
    basis: str = "total"
    tie: float = 1.01
    stale_days: float = 90
    thin: float = 3
    gap: float = 2
    same_engine: float = 3
    currency: str = "USD"
    odds_at: frozenset[float] = frozenset()
    """Targets at which a published page prints a cost at odds with its own price and throughput."""


class Compared:
    """Two curves at one target: every figure of the two sides, the verdict, the bound and the flags."""

    def __init__(self, a: Curve | None, b: Curve | None, target: object, given: Assumptions) -> None:
        self.curves = {"a": a, "b": b}
        self.target, self.given = target, given
        self.reads = {side: _read(curve, target) for side, curve in self.curves.items()}

    def status(self, side: str) -> str:
        """Where the read of a side comes from."""
        return self.reads[side].status

    def throughput(self, side: str) -> float | None:
        """Throughput on the token basis, in tok/s/GPU."""
        return self.reads[side].figures.get(self.given.basis)

    def cost(self, side: str) -> float | None:
        """Cost per million tokens of the basis."""
        y, price = self.throughput(side), self.given.price
        return None if y is None or price is None else price / (y * 3600 / 1e6)

    def per_megawatt(self, side: str) -> float | None:
        """Tokens per second and MW."""
        y, power = self.throughput(side), self.given.power
        return None if y is None or power is None else y * 1000 / power

    def joules(self, side: str) -> float | None:
        """Joules per token."""
        y, power = self.throughput(side), self.given.power
        return None if y is None or power is None else power * 1000 / y

    def requests(self, side: str) -> float | None:
        """Concurrency, not rounded."""
        return self.reads[side].figures.get("concurrency")

    @property
    def a_to_b(self) -> float | None:
        """Throughput of A over that of B; None where the comparison is withheld."""
        a, b = (self.throughput(side) for side in SIDES)
        withheld = any(self.status(side) in {NO_TARGET, NO_DATA, ABOVE} for side in SIDES)
        return None if withheld or a is None or b is None else a / b

    @property
    def ratio(self) -> float | None:
        """The larger over the smaller."""
        return None if self.a_to_b is None else max(self.a_to_b, 1 / self.a_to_b)

    @property
    def saving(self) -> float | None:
        """What the better side saves per token."""
        return None if self.ratio is None else 1 - 1 / self.ratio

    @property
    def better(self) -> str:
        """Return "a", "b", "tie", or nothing where no comparison is made."""
        if self.a_to_b is None or self.ratio is None:
            return ""
        if self.ratio < self.given.tie:
            return "tie"
        return "a" if self.a_to_b > 1 else "b"

    @property
    def bound(self) -> str:
        """What the ratio is when a side stands below its frontier."""
        below = [side for side in SIDES if self.status(side) == BELOW]
        if self.a_to_b is None or not below:
            return ""
        if len(below) == 2:
            return "of two lower bounds"
        if self.better == "tie":
            return ""
        return "at least" if self.better in below else "at most"

    @property
    def flags(self) -> set[str]:
        """Every comparability flag whose rule holds, by id."""
        if self.status("a") == NO_TARGET:
            return set()
        rules = {
            "price_unknown": self.given.price is None,
            "above_range": self._any_status(ABOVE),
            "suspect": self._noted("suspect"),
            "published_at_odds": self.target in self.given.odds_at,
            "cross_engine": len(self._known("engine")) > 1,
            "mixed_serving": len(self._known("serving")) > 1,
            "stale": self._stale(),
            "thin_curve": any(curve and len(curve.knots) < self.given.thin for curve in self.curves.values()),
            "wide_gap": any(self._gap(side) > self.given.gap for side in SIDES),
            "below_frontier": self._any_status(BELOW),
            "published_points": self._noted("published"),
            "synthetic_acceptance": self._noted("synthetic"),
            "warm_up": self._noted("warm_up"),
            "gpu_count": self._noted("gpu_count"),
        }
        return {name for name, holds in rules.items() if holds}

    @property
    def evidence(self) -> list[Point]:
        """The bracketing points of both sides."""
        return [point for side in SIDES for point in self.reads[side].evidence]

    def _any_status(self, status: str) -> bool:
        return any(self.status(side) == status for side in SIDES)

    def _noted(self, note: str) -> bool:
        return any(note in point.notes for point in self.evidence)

    def _known(self, fact: str) -> set[str]:
        return {getattr(point, fact) for point in self.evidence} - {"", "unknown"}

    def _stale(self) -> bool:
        dates = [[p.date for p in self.reads[side].evidence if p.date] for side in SIDES]
        return all(dates) and abs((max(dates[0]) - max(dates[1])).days) > self.given.stale_days

    def _gap(self, side: str) -> float:
        read = self.reads[side]
        return read.right.x / read.left.x if read.left and read.right else 1.0


def grade(flags: Iterable[str]) -> str:
    """Return the worst grade of some flags."""
    found = set(flags)
    return next((name for name, ids in GRADES.items() if found & set(ids)), "no flag")


def same_engine(a: Sequence[Point], b: Sequence[Point], target: object, given: Assumptions) -> dict[str, float] | str:
    """Return A : B by engine for every engine that may be shown at this target, or what is missing in words."""
    engines = ({p.engine for p in a} & {p.engine for p in b}) - {"", "unknown"}
    if not engines:
        return "no engine has both variants"
    curves = {e: (_of_engine(a, e), _of_engine(b, e)) for e in engines}
    enough = {e: pair for e, pair in curves.items() if min(len(c.knots) for c in pair) >= given.same_engine}
    if not enough:
        return "no engine with"
    shown = {}
    for engine, pair in enough.items():
        compared = Compared(*pair, target, given)
        if {compared.status(side) for side in SIDES} <= {MEASURED, BETWEEN} and compared.a_to_b is not None:
            shown[engine] = compared.a_to_b
    return shown or "no such engine reaches"


def _of_engine(points: Sequence[Point], engine: str) -> Curve:
    return Curve(p for p in points if p.engine == engine)


def default_targets(a: Curve | None, b: Curve | None) -> tuple[float, float, float]:
    """Return the three default targets; see the method's section 6. Sides are ranges of all points."""
    spans = [(min(p.x for p in c.points), max(p.x for p in c.points)) for c in (a, b) if c]
    low, high = max(s[0] for s in spans), min(s[1] for s in spans)
    if low == high and len(spans) == 2 and spans[0] != spans[1]:
        wide = max(spans, key=lambda s: s[1] - s[0])
        return low, _rounded(wide, 0.5), _rounded(wide, 0.75)
    if low > high:
        low, high = min(s[0] for s in spans), max(s[1] for s in spans)
    return _rounded((low, high), 0.25), _rounded((low, high), 0.5), _rounded((low, high), 0.75)


def _rounded(span: tuple[float, float], share: float) -> float:
    value = span[0] + share * (span[1] - span[0])
    for scale in (1, 10):
        rounded = int(value * scale + 0.5) / scale
        if span[0] <= rounded <= span[1]:
            return rounded
    return value


def _read(curve: Curve | None, target: object) -> Read:
    if curve is not None:
        return curve.read(target)
    usable = isinstance(target, (int, float)) and not isinstance(target, bool) and target > 0
    return Read(NO_DATA if usable else NO_TARGET)


def _beats(q: Point, p: Point) -> bool:
    return q.x >= p.x and q.total >= p.total and (q.x, q.total) != (p.x, p.total)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
