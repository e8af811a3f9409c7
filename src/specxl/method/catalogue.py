"""Which curves exist and which of them are compared: measurements -> curves, comparisons and pairs.

A pair is one model on one hardware and becomes one sheet; its comparisons are its combinations of precision and
workload; each comparison sets a speculative variant (side A) against no speculation (side B).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.method import curves
from specxl.schema import OFF, UNKNOWN, workload_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from specxl.house import House, PublishedPage
    from specxl.schema import Measurement

BEST = "best"
WORKLOAD_ORDER = ("1024x1024", "8192x1024", "1024x8192")
DEFAULT_SPECULATIVE = "mtp"


@dataclass(frozen=True, slots=True)
class CurveKey:
    """What makes points one curve (METHOD 1); `scope` is "best" or the key of one engine."""

    model: str
    hardware: str
    precision: str
    workload: str
    variant: str
    scope: str


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
        return float(self.fit.x[0]), float(self.fit.x[-1])

    @property
    def full_range(self) -> tuple[float, float]:
        """Range of all valid points, on the frontier or not: default targets rest on it (METHOD 6)."""
        speeds = [m.interactivity_tok_s_user or 0.0 for m in self.points]
        return min(speeds), max(speeds)

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines of the knots, sorted."""
        return tuple(sorted({m.engine for m in self.knots if m.engine and m.engine != UNKNOWN}))


@dataclass(frozen=True, slots=True)
class EngineScope:
    """The two curves of one engine within a comparison; None where it has no such curve."""

    engine: str
    a: CatalogueCurve | None
    b: CatalogueCurve | None

    @property
    def both(self) -> bool:
        """Whether the engine measured both variants."""
        return self.a is not None and self.b is not None


@dataclass(frozen=True)
class Comparison:
    """Two curves of one pair that differ in the variant only; a side without data is None."""

    number: int
    model: str
    hardware: str
    precision: str
    workload: str
    variant_a: str
    variant_b: str
    a: CatalogueCurve | None
    b: CatalogueCurve | None
    scopes: tuple[EngineScope, ...]
    targets: tuple[float, float, float]
    page: PublishedPage | None
    label: str

    @property
    def sides(self) -> tuple[tuple[str, CatalogueCurve | None], tuple[str, CatalogueCurve | None]]:
        """The two sides by name: "a" the speculative variant, "b" without speculation."""
        return ("a", self.a), ("b", self.b)

    def curve(self, side: str, scope: str = BEST) -> CatalogueCurve | None:
        """The curve of side "a" or "b" within a scope: "best" or the key of one engine; None where there is none."""
        found = next((s for s in self.scopes if s.engine == scope), None) if scope != BEST else self
        if found is None:
            return None
        return found.a if side == "a" else found.b

    def variant(self, side: str) -> str:
        """The variant's key of side "a" or "b"."""
        return self.variant_a if side == "a" else self.variant_b

    @property
    def same_engine(self) -> tuple[EngineScope, ...]:
        """The engines that have both variants."""
        return tuple(scope for scope in self.scopes if scope.both)


@dataclass(frozen=True)
class Pair:
    """One model on one hardware, with the comparison its sheet opens on."""

    model: str
    hardware: str
    comparisons: tuple[Comparison, ...]
    canonical: Comparison
    engines: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """Everything the sheets lay out, in order, with the Summary's common target in tok/s/user."""

    measurements: tuple[Measurement, ...]
    curves: tuple[CatalogueCurve, ...]
    pairs: tuple[Pair, ...]
    common_target: float
    reasons: Mapping[int, str]

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """All comparisons in the order of the sheets."""
        return tuple(c for pair in self.pairs for c in pair.comparisons)

    def targets(self, comparison: Comparison) -> tuple[float, ...]:
        """The four targets of a comparison in tok/s/user: the common one, then its own three."""
        return (self.common_target, *comparison.targets)

    @property
    def longest(self) -> int:
        """The number of knots of the longest curve."""
        return max(len(curve.knots) for curve in self.curves)


def _order(keys: Sequence[str], key: str) -> tuple[int, str]:
    return (keys.index(key) if key in keys else len(keys), key)


def _fit(knots: Sequence[Measurement]) -> curves.Curve:
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


@dataclass
class _CurveBook:
    """Collects curves by key and numbers them; an engine alone on its curve shares the pooled one."""

    points: Mapping[CurveKey, list[Measurement]]
    curves: dict[CurveKey, CatalogueCurve]

    @classmethod
    def of(cls, measurements: Iterable[Measurement]) -> _CurveBook:
        points: dict[CurveKey, list[Measurement]] = defaultdict(list)
        for m in measurements:
            if not m.usable:
                continue
            for scope in (BEST, m.engine):
                if scope and scope != UNKNOWN:
                    points[CurveKey(m.model, m.hardware, m.precision, m.workload, m.variant, scope)].append(m)
        return cls(points, {})

    def measured(self, model: str, hardware: str) -> tuple[dict[tuple[str, str], set[str]], list[str]]:
        """The variants of a pair by combination (precision, workload), and its engines, sorted."""
        combinations: dict[tuple[str, str], set[str]] = defaultdict(set)
        keys = [key for key in self.points if (key.model, key.hardware) == (model, hardware)]
        for key in keys:
            combinations[key.precision, key.workload].add(key.variant)
        return combinations, sorted({key.scope for key in keys} - {BEST})

    def curve(self, key: CurveKey) -> CatalogueCurve | None:
        """The curve of that key, made and numbered when first asked for; None without points."""
        members = self.points.get(key)
        if not members:
            return None
        pooled = replace(key, scope=BEST)
        if key != pooled and len(members) == len(self.points[pooled]):
            return self.curve(pooled)
        if key not in self.curves:
            kept = curves.pareto_frontier(
                [m.interactivity_tok_s_user or 0.0 for m in members], [m.total_tok_s_gpu or 0.0 for m in members]
            )
            knots = tuple(members[i] for i in kept)
            on = {m.number for m in knots}
            off = tuple(m for m in members if m.number not in on)
            self.curves[key] = CatalogueCurve(len(self.curves) + 1, key, knots, off, _fit(knots))
        return self.curves[key]


def _reasons(all_curves: Iterable[CatalogueCurve]) -> dict[int, str]:
    """Why a usable row is not on its pooled frontier, by measurement number; empty text when it is."""
    reasons: dict[int, str] = {}
    for curve in all_curves:
        if curve.key.scope != BEST:
            continue
        reasons.update(dict.fromkeys((m.number for m in curve.knots), ""))
        for m in curve.off_frontier:
            better = next(
                k
                for k in curve.knots
                if (k.interactivity_tok_s_user or 0) >= (m.interactivity_tok_s_user or 0)
                and (k.total_tok_s_gpu or 0) >= (m.total_tok_s_gpu or 0)
            )
            reasons[m.number] = f"row {better.number} is at least as good on both axes"
    return reasons


def default_targets(a: CatalogueCurve | None, b: CatalogueCurve | None) -> tuple[float, float, float]:
    """Three targets in tok/s/user for two curves (METHOD 6).

    Raises:
        ValueError: both sides are None.
    """
    return curves.default_targets(a.full_range if a else None, b.full_range if b else None)


def _page(house: House, *sides: CatalogueCurve | None) -> PublishedPage | None:
    """The published page whose points these curves are, if it is one page."""
    ids = {m.published.page for curve in sides if curve for m in curve.knots if m.published}
    return house.pages.get(ids.pop()) if len(ids) == 1 else None


def _page_targets(page: PublishedPage) -> tuple[float, float, float]:
    """A published comparison keeps its published targets (METHOD 6); its registry holds three."""
    first, second, third = page.targets
    return first, second, third


def _comparisons(book: _CurveBook, house: House, model: str, hardware: str, start: int) -> list[Comparison]:
    """The comparisons of one pair, numbered from `start`: every combination by every speculative variant."""
    combinations, engines = book.measured(model, hardware)
    ordered = sorted(combinations, key=lambda c: (_order(house.precision_keys(), c[0]), _order(WORKLOAD_ORDER, c[1])))
    found: list[Comparison] = []
    for precision, workload in ordered:
        variants = sorted(combinations[precision, workload] - {OFF}, key=lambda v: _order(house.variant_keys(), v))
        label = f"{house.precision_label(precision)}, {workload_label(workload)}"
        for variant in variants or [DEFAULT_SPECULATIVE]:
            key = CurveKey(model, hardware, precision, workload, variant, BEST)
            named = f"{label}, {house.variant_label(variant)}" if len(variants) > 1 else label
            found.append(_comparison(book, house, key, engines, start + len(found), named))
    return found


def _comparison(
    book: _CurveBook, house: House, key: CurveKey, engines: Sequence[str], number: int, label: str
) -> Comparison:
    """Set the curve of `key` against its twin without speculation, pooled and engine by engine."""
    off = replace(key, variant=OFF)
    a, b = book.curve(key), book.curve(off)
    page = _page(house, a, b)
    scopes = [EngineScope(e, book.curve(replace(key, scope=e)), book.curve(replace(off, scope=e))) for e in engines]
    return Comparison(
        number=number,
        model=key.model,
        hardware=key.hardware,
        precision=key.precision,
        workload=key.workload,
        variant_a=key.variant,
        variant_b=OFF,
        a=a,
        b=b,
        scopes=tuple(scope for scope in scopes if scope.a or scope.b),
        targets=_page_targets(page) if page else default_targets(a, b),
        page=page,
        label=label,
    )


def _preference(house: House, comparison: Comparison) -> tuple[object, ...]:
    """Sort key of METHOD 6's canonical combination: the smallest is the one the sheet opens on."""
    a, b = comparison.a, comparison.b
    overlapping = a is not None and b is not None and curves.overlap(a.full_range, b.full_range) is not None
    knots = sum(len(side.knots) for side in (a, b) if side)
    return (
        comparison.page is None,
        not (a and b),
        not overlapping,
        -knots,
        _order(house.precision_keys(), comparison.precision),
        _order(WORKLOAD_ORDER, comparison.workload),
        comparison.number,
    )


def build_catalogue(measurements: Sequence[Measurement], house: House) -> Catalogue:
    """Group the usable measurements into curves, comparisons and pairs (METHOD 1, 2, 6, 7).

    Pairs follow the order of the registries (models, then hardware), combinations precision, then workload.
    """
    book = _CurveBook.of(measurements)
    names = {(m.model, m.hardware) for m in measurements if m.usable}
    ordered = sorted(names, key=lambda n: (house.model(n[0]).order, n[0], house.hardware(n[1]).order, n[1]))
    pairs: list[Pair] = []
    count = 1
    for model, hardware in ordered:
        found = _comparisons(book, house, model, hardware, count)
        count += len(found)
        canonical = min(found, key=lambda c: _preference(house, c))
        engines = tuple(sorted({s.engine for c in found for s in c.scopes}))
        pairs.append(Pair(model, hardware, tuple(found), canonical, engines))
    all_curves = tuple(book.curves.values())
    ranges = [
        (c.a.measured_range if c.a else None, c.b.measured_range if c.b else None)
        for pair in pairs
        for c in pair.comparisons
    ]
    return Catalogue(tuple(measurements), all_curves, tuple(pairs), curves.common_target(ranges), _reasons(all_curves))
