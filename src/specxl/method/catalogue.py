"""Which curves exist and which of them are compared: measurements -> curves, comparisons and pairs.

A comparison sets two sides against each other at a speed. A pair is one model on one hardware and becomes one sheet; its
comparisons differ in the variant only: a speculative method (side A) against no speculation (side B).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.method import curves
from specxl.method.curve_book import BEST, FAMILY, CatalogueCurve, CurveBook, CurveKey, frontier, promptness
from specxl.schema import OFF, workload_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from specxl.house import House, PublishedPage
    from specxl.schema import Measurement

__all__ = [
    "BEST",
    "FAMILY",
    "Catalogue",
    "CatalogueCurve",
    "Comparison",
    "CurveKey",
    "Pair",
    "Scope",
    "Side",
    "build_catalogue",
]

WORKLOAD_ORDER = ("1024x1024", "8192x1024", "1024x8192")
DEFAULT_SPECULATIVE = "mtp"
SIDES = ("a", "b")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: what it is, and its curve; None where nothing of it was measured.

    Its hardware decides price and power. `stated` is False for runs whose source does not say the method: they are
    neither Off nor speculative, and are compared with nothing (METHOD 6).
    """

    key: CurveKey
    curve: CatalogueCurve | None
    stated: bool = True

    @property
    def hardware(self) -> str:
        """The hardware's key."""
        return self.key.hardware

    @property
    def curve_id(self) -> int:
        """The id of its curve; 0 for none."""
        return self.curve.id if self.curve else 0


@dataclass(frozen=True, slots=True)
class Scope:
    """Both sides of a comparison narrowed to one serving engine, or to one family of engines."""

    key: str
    a: CatalogueCurve | None
    b: CatalogueCurve | None

    @property
    def both(self) -> bool:
        """Whether both sides were measured within it."""
        return self.a is not None and self.b is not None

    def curve(self, side: str) -> CatalogueCurve | None:
        """The curve of side "a" or "b"."""
        return self.a if side == "a" else self.b


@dataclass(frozen=True)
class Comparison:
    """Two sides, the targets at which they are read, and the engines and families that each have one or both of them.

    `suggestion` are the targets that suit its curves, whatever targets the user gave.
    """

    number: int
    a: Side
    b: Side
    engines: tuple[Scope, ...]
    families: tuple[Scope, ...]
    targets: tuple[float, float, float]
    suggestion: tuple[float, float, float]
    page: PublishedPage | None
    label: str

    @property
    def key(self) -> CurveKey:
        """What both sides share, read off side A."""
        return self.a.key

    @property
    def stated(self) -> bool:
        """Whether the method of both sides is stated."""
        return self.a.stated and self.b.stated

    @property
    def one_hardware(self) -> bool:
        """Whether prices and power cancel in every ratio."""
        return self.a.hardware == self.b.hardware

    @property
    def sides(self) -> tuple[tuple[str, Side], tuple[str, Side]]:
        """The two sides by name: "a" and "b"."""
        return ("a", self.a), ("b", self.b)

    def side(self, name: str) -> Side:
        """Side "a" or "b"."""
        return self.a if name == "a" else self.b

    def curve(self, side: str, scope: str = BEST) -> CatalogueCurve | None:
        """The curve of side "a" or "b" within a scope: "best" or the key of one engine; None where there is none."""
        if scope == BEST:
            return self.side(side).curve
        found = next((s for s in self.engines if s.key == scope), None)
        return found.curve(side) if found else None

    def suggested(self, scope: str = BEST) -> tuple[float, float, float]:
        """The targets suggested within a scope: its own curves' where it has any, else the comparison's."""
        a, b = self.curve("a", scope), self.curve("b", scope)
        return self.suggestion if scope == BEST or not (a or b) else default_targets(a, b)


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


def _reasons(all_curves: Iterable[CatalogueCurve]) -> dict[int, str]:
    """Why a usable row is not on its pooled frontier, by measurement number; empty text when it is."""
    reasons: dict[int, str] = {}
    for curve in all_curves:
        if curve.key.scope != BEST:
            continue
        reasons.update(dict.fromkeys((m.number for m in curve.knots), ""))
        speeds = [m.interactivity_tok_s_user or 0.0 for m in curve.knots]
        quick = frontier([m for m in curve.points if m.agentic_e2el_s], promptness)
        times = [promptness(m) for m in quick]
        for m in curve.off_frontier:
            # Throughput falls along a frontier, so the first knot that is as fast is the best of those that are.
            place = bisect_left(speeds, m.interactivity_tok_s_user or 0.0)
            if place < len(speeds) and (curve.knots[place].total_tok_s_gpu or 0.0) >= (m.total_tok_s_gpu or 0.0):
                reasons[m.number] = f"row {curve.knots[place].number} is at least as good on both axes"
            else:
                other = quick[bisect_left(times, promptness(m))]
                reasons[m.number] = f"row {other.number} is at least as good in throughput and end-to-end latency"
    return reasons


def default_targets(a: CatalogueCurve | None, b: CatalogueCurve | None) -> tuple[float, float, float]:
    """Three targets in tok/s/user for two curves (METHOD 6).

    Raises:
        ValueError: both sides are None.
    """
    full = [side.full_range if side else None for side in (a, b)]
    return curves.default_targets(full[0], full[1], [side.measured_range if side else None for side in (a, b)])


def _page(house: House, *sides: Side) -> PublishedPage | None:
    """The published page whose points these curves are, if it is one page."""
    ids = {m.published.page for side in sides if side.curve for m in side.curve.knots if m.published}
    return house.pages.get(ids.pop()) if len(ids) == 1 else None


class _PairBuilder:
    """Makes the comparisons of one model on one hardware."""

    def __init__(self, book: CurveBook, house: House, model: str, hardware: str) -> None:
        self._book, self._house, self._model, self._hardware = book, house, model, hardware
        self._variants: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._scopes: dict[tuple[str, str], set[str]] = defaultdict(set)
        for key in book.keys(model, hardware):
            self._variants[key.precision, key.workload].add(key.variant)
            self._scopes[key.precision, key.workload].add(key.scope)

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines of the pair, sorted."""
        every = {scope for scopes in self._scopes.values() for scope in scopes}
        return tuple(sorted(scope for scope in every if scope != BEST and not scope.startswith(FAMILY)))

    def comparisons(self, start: int) -> tuple[Comparison, ...]:
        """Every combination by every method, numbered from `start`; unstated methods last, compared with nothing."""
        house = self._house
        ordered = sorted(
            self._variants, key=lambda c: (_order(house.precision_keys(), c[0]), _order(WORKLOAD_ORDER, c[1]))
        )
        found: list[Comparison] = []
        for precision, workload in ordered:
            methods = self._methods(precision, workload)
            for variant in methods:
                key = CurveKey(self._model, self._hardware, precision, workload, variant)
                label = f"{house.precision_label(precision)}, {workload_label(workload)}"
                named = f"{label}, {house.variant_label(variant)}" if len(methods) > 1 else label
                found.append(self._comparison(key, start + len(found), named))
        return tuple(found)

    def _methods(self, precision: str, workload: str) -> list[str]:
        """The variants to set against Off: the speculative ones, then what is unstated; MTP where there is only Off."""
        house, measured = self._house, self._variants[precision, workload]
        by_kind: dict[str, list[str]] = defaultdict(list)
        for variant in sorted(measured, key=lambda v: _order(house.variant_keys(), v)):
            by_kind[house.variant_kind(variant)].append(variant)
        return [*by_kind["speculative"], *by_kind["unknown"]] or [DEFAULT_SPECULATIVE]

    def _comparison(self, key: CurveKey, number: int, label: str) -> Comparison:
        """Set the curve of `key` against its twin without speculation, pooled, by engine and by family."""
        off = replace(key, variant=OFF)
        stated = self._house.variant_kind(key.variant) != "unknown"
        a, b = Side(key, self._book.curve(key), stated), Side(off, self._book.curve(off))
        page = _page(self._house, a, b)
        targets = _three(page.targets) if page else default_targets(a.curve, b.curve)
        scopes = [self._scope(key, off, scope) for scope in sorted(self._scopes[key.precision, key.workload] - {BEST})]
        return Comparison(
            number=number,
            a=a,
            b=b,
            engines=tuple(s for s in scopes if not s.key.startswith(FAMILY) and (s.a or s.b)),
            families=tuple(s for s in scopes if s.key.startswith(FAMILY) and s.both) if stated else (),
            targets=targets,
            suggestion=targets,
            page=page,
            label=label,
        )

    def _scope(self, key: CurveKey, off: CurveKey, scope: str) -> Scope:
        a, b = (self._book.curve(replace(side, scope=scope)) for side in (key, off))
        return Scope(scope, a, b)


def _three(targets: Sequence[float]) -> tuple[float, float, float]:
    """A published comparison keeps its published targets (METHOD 6); its registry holds three."""
    first, second, third = targets
    return first, second, third


def _preference(house: House, comparison: Comparison) -> tuple[object, ...]:
    """Sort key of METHOD 6's canonical combination: the smallest is the one the sheet opens on."""
    sides = [side.curve for _, side in comparison.sides if side.curve]
    both = len(sides) == len(SIDES) and comparison.stated
    overlapping = both and curves.overlap(sides[0].measured_range, sides[1].measured_range) is not None
    knots = [len(curve.knots) for curve in sides]
    return (
        comparison.page is None,
        not comparison.stated,
        not both,
        not overlapping,
        -min(knots) if both else 0,
        -sum(knots),
        _order(house.precision_keys(), comparison.key.precision),
        _order(WORKLOAD_ORDER, comparison.key.workload),
        comparison.number,
    )


def build_catalogue(measurements: Sequence[Measurement], house: House) -> Catalogue:
    """Group the usable measurements into curves, comparisons and pairs (METHOD 1, 2, 6, 7).

    Pairs follow the order of the registries (models, then hardware), combinations precision, then workload.
    """
    book = CurveBook(measurements, house)
    ordered = sorted(book.pairs, key=lambda n: (house.model(n[0]).order, n[0], house.hardware(n[1]).order, n[1]))
    pairs: list[Pair] = []
    count = 1
    for model, hardware in ordered:
        builder = _PairBuilder(book, house, model, hardware)
        found = builder.comparisons(count)
        count += len(found)
        canonical = min(found, key=lambda c: _preference(house, c))
        pairs.append(Pair(model, hardware, found, canonical, builder.engines))
    all_curves = tuple(book.curves.values())
    ranges = [_ranges(c) for pair in pairs for c in pair.comparisons]
    return Catalogue(tuple(measurements), all_curves, tuple(pairs), curves.common_target(ranges), _reasons(all_curves))


def _ranges(comparison: Comparison) -> tuple[curves.Range | None, curves.Range | None]:
    """The frontier ranges of both sides; a side whose method is unstated is in range for nothing."""
    a, b = (side.curve.measured_range if side.curve else None for _, side in comparison.sides)
    return (a, b) if comparison.stated else (a, None)
