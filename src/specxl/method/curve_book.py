"""The curves of a data set: its usable points by what makes them one curve, fitted and numbered when asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.method import curves
from specxl.schema import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from specxl.house import House
    from specxl.schema import Measurement

BEST = "best"
FAMILY = "family:"
SERVING = "serving:"
DAY = "day:"


@dataclass(frozen=True, slots=True)
class CurveKey:
    """What makes points one curve (METHOD 1).

    `scope` is "best", the key of one engine, "family:" and a family of engines, "serving:" and a way of serving, or "day:" and
    a day of the past. `label` is what the user calls a run of one's own, empty for the official ones: the two are never one curve.
    """

    model: str
    hardware: str
    precision: str
    workload: str
    variant: str
    scope: str = BEST
    label: str = ""


@dataclass(frozen=True)
class CatalogueCurve:
    """One curve: its id on the Curves sheet (from 1), its knots in order of x, and the points off the frontier."""

    id: int
    key: CurveKey
    knots: tuple[Measurement, ...]
    off_frontier: tuple[Measurement, ...]
    fit: curves.Curve

    @property
    def points(self) -> tuple[Measurement, ...]:
        """All valid points: the knots, then those off the frontier."""
        return (*self.knots, *self.off_frontier)

    @property
    def measured_range(self) -> tuple[float, float]:
        """First and last knot in tok/s/user: the range of every statement in words."""
        return self.fit.measured_range

    @property
    def full_range(self) -> tuple[float, float]:
        """Range of all valid points, on the frontier or not: default targets rest on it (METHOD 6)."""
        speeds = [m.interactivity_tok_s_user or 0.0 for m in self.points]
        return min(speeds), max(speeds)


def fitted(knots: Sequence[Measurement]) -> curves.Curve:
    """The splines through knots in order of x."""

    def column(name: str) -> list[float] | None:
        values = [getattr(m, name) for m in knots]
        return None if any(v is None for v in values) else values

    return curves.Curve.fit(
        [m.interactivity_tok_s_user or 0.0 for m in knots],
        [m.total_tok_s_gpu or 0.0 for m in knots],
        column("output_tok_s_gpu"),
        column("input_tok_s_gpu"),
        column("concurrency"),
    )


def frontier(members: Sequence[Measurement], better: Callable[[Measurement], float]) -> tuple[Measurement, ...]:
    """The members that no other beats both in throughput and in what is the better the larger, by which they ascend."""
    kept = curves.pareto_frontier([better(m) for m in members], [m.total_tok_s_gpu or 0.0 for m in members])
    return tuple(members[i] for i in kept)


def _on_latency_frontier(members: Sequence[Measurement]) -> Sequence[Measurement]:
    """The members that may be knots: of agentic rows only those on the frontier of end-to-end latency too (FORMATS)."""
    timed = [m for m in members if m.agentic_e2el_s]
    if not timed:
        return members
    quick = {m.number for m in frontier(timed, promptness)}
    return [m for m in members if not m.agentic_e2el_s or m.number in quick]


def knots_of(members: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """The knots of the curve that measurements give, in order of x."""
    return frontier(_on_latency_frontier(members), lambda m: m.interactivity_tok_s_user or 0.0)


def promptness(m: Measurement) -> float:
    """How soon a whole agentic request is answered, the larger the better; 0 where that is not stated."""
    return 1 / m.agentic_e2el_s if m.agentic_e2el_s else 0.0


class CurveBook:
    """Collects the usable points by curve, and numbers the curves that are asked for."""

    def __init__(self, measurements: Iterable[Measurement], house: House) -> None:
        self._house = house
        self.curves: dict[CurveKey, CatalogueCurve] = {}
        self._points: dict[CurveKey, list[Measurement]] = defaultdict(list)
        # By pair, so that a sheet looks at its own points only, however many pairs and workloads there are.
        self._keys: dict[tuple[str, str], dict[CurveKey, None]] = defaultdict(dict)
        for m in measurements:
            if m.usable:
                for scope in self._scopes(m):
                    key = CurveKey(m.model, m.hardware, m.precision, m.workload, m.variant, scope, m.label)
                    self._points[key].append(m)
                    # a way of serving is asked for by name: comparisons are not narrowed by it
                    if not scope.startswith(SERVING):
                        self._keys[m.model, m.hardware][key] = None

    def _scopes(self, m: Measurement) -> Iterator[str]:
        yield BEST
        if m.engine and m.engine != UNKNOWN:
            yield m.engine
            yield FAMILY + self._house.engine_family(m.engine)
        if m.serving and m.serving != UNKNOWN:
            yield SERVING + m.serving

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The models and hardware that have usable points."""
        return list(self._keys)

    def keys(self, model: str, hardware: str, label: str = "") -> list[CurveKey]:
        """The curves of a pair under a label, in every scope but those of serving; the official ones unless one is given."""
        return [key for key in self._keys[model, hardware] if key.label == label]

    def labels(self, model: str, hardware: str) -> list[str]:
        """The labels of one's own runs of a pair, sorted."""
        return sorted({key.label for key in self._keys[model, hardware] if key.label})

    def curve(self, key: CurveKey) -> CatalogueCurve | None:
        """The curve of that key, made and numbered when first asked for; None without points.

        An engine or a family that has all points of the pooled curve shares it, as a family does with its only engine, and a
        way of serving with the only engine or family that serves so and not otherwise.
        """
        members = self._points.get(key)
        if not members:
            return None
        for wider in (BEST, *self._twins(key, members)):
            twin = replace(key, scope=wider)
            if key != twin and len(members) == len(self._points.get(twin, ())):
                return self.curve(twin)
        if key not in self.curves:
            self.curves[key] = self._make(key, members)
        return self.curves[key]

    def _twins(self, key: CurveKey, members: Sequence[Measurement]) -> Iterator[str]:
        """The scopes other than the pooled one that hold every one of these points, and perhaps no other."""
        engines = {m.engine for m in members}
        if key.scope.startswith(FAMILY):
            yield from engines
        elif key.scope.startswith(SERVING):
            families = {self._house.engine_family(engine) for engine in engines}
            yield from engines if len(engines) == 1 else ()
            yield from (f"{FAMILY}{family}" for family in families if len(families) == 1)

    def _make(self, key: CurveKey, members: Sequence[Measurement]) -> CatalogueCurve:
        knots = knots_of(members)
        on = {m.number for m in knots}
        off = tuple(m for m in members if m.number not in on)
        return CatalogueCurve(len(self.curves) + 1, key, knots, off, fitted(knots))


def reasons(all_curves: Iterable[CatalogueCurve]) -> dict[int, str]:
    """Why a usable row is not on its pooled frontier, by measurement number; empty text when it is."""
    found: dict[int, str] = {}
    for curve in all_curves:
        if curve.key.scope != BEST:
            continue
        found.update(dict.fromkeys((m.number for m in curve.knots), ""))
        speeds = [m.interactivity_tok_s_user or 0.0 for m in curve.knots]
        quick = frontier([m for m in curve.points if m.agentic_e2el_s], promptness)
        times = [promptness(m) for m in quick]
        for m in curve.off_frontier:
            # Throughput falls along a frontier, so the first knot that is as fast is the best of those that are.
            place = bisect_left(speeds, m.interactivity_tok_s_user or 0.0)
            if place < len(speeds) and (curve.knots[place].total_tok_s_gpu or 0.0) >= (m.total_tok_s_gpu or 0.0):
                found[m.number] = f"row {curve.knots[place].number} is at least as good on both axes"
            else:
                other = quick[bisect_left(times, promptness(m))]
                found[m.number] = f"row {other.number} is at least as good in throughput and end-to-end latency"
    return found
