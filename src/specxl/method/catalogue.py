"""Which curves exist and which of them are compared: measurements -> curves, comparisons and pairs.

A comparison sets two sides against each other at a speed. A pair is one model on one hardware and becomes one sheet; its
comparisons differ in the variant only: a speculative method (side A) against no speculation (side B). Runs of one's own are
compared too, under their label: among themselves in the same way, and each variant against its official twin. They come
after everything official, so that no number, curve or count of that moves.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.errors import OptionError
from specxl.method import curves
from specxl.method.curve_book import BEST, FAMILY, CatalogueCurve, CurveBook, CurveKey, reasons
from specxl.method.lines import Line, find_lines
from specxl.schema import OFF, workload_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from specxl.house import House, PublishedPage
    from specxl.method.past import Past
    from specxl.schema import Measurement

__all__ = [
    "BEST", "FAMILY", "Catalogue", "CatalogueCurve", "Comparison", "CurveKey", "Pair", "Scope", "Side", "build_catalogue",
]  # fmt: skip

OFFICIAL = "official"
"""What a side without a label is called beside one that has one."""
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

    `suggestion` are the targets that suit its curves, whatever targets the user gave; `kind` is what is set against what
    (`kinds.KINDS`).
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
    kind: str = "variant"

    @property
    def key(self) -> CurveKey:
        """What both sides share, read off side A."""
        return self.a.key

    @property
    def own(self) -> str:
        """The label of the runs of one's own on side A; empty where both sides are official."""
        return self.a.key.label

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
    """One model on one hardware, with the comparison its sheet opens on; comparisons of one's own runs come last."""

    model: str
    hardware: str
    comparisons: tuple[Comparison, ...]
    canonical: Comparison
    engines: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """Everything the sheets lay out, in order, with the Summary's common target in tok/s/user.

    `lines` are all configurations that were measured, whatever they are compared with; `crossed` sets hardware against hardware
    and precision against precision, where that is asked for (`kinds`); `moved` is what the inputs hold of the past (`history`).
    """

    measurements: tuple[Measurement, ...]
    curves: tuple[CatalogueCurve, ...]
    pairs: tuple[Pair, ...]
    common_target: float
    reasons: Mapping[int, str]
    lines: tuple[Line, ...]
    crossed: tuple[Comparison, ...] = ()
    moved: tuple[Past, ...] = ()

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """All official comparisons in the order of the sheets."""
        return tuple(c for pair in self.pairs for c in pair.comparisons if not c.own)

    @property
    def own(self) -> tuple[Comparison, ...]:
        """All comparisons of one's own runs by number."""
        return tuple(sorted((c for pair in self.pairs for c in pair.comparisons if c.own), key=lambda c: c.number))

    @property
    def everything(self) -> tuple[Comparison, ...]:
        """All comparisons by number: the official ones first."""
        return (*self.comparisons, *self.own, *self.crossed)

    def targets(self, comparison: Comparison) -> tuple[float, ...]:
        """The four targets of a comparison in tok/s/user: the common one, then its own three."""
        return (self.common_target, *comparison.targets)

    @property
    def longest(self) -> int:
        """The number of knots of the longest curve."""
        return max(len(curve.knots) for curve in self.curves)


def _order(keys: Sequence[str], key: str) -> tuple[int, str]:
    return (keys.index(key) if key in keys else len(keys), key)


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

    def __init__(self, book: CurveBook, house: House, model: str, hardware: str, label: str = "") -> None:
        self._book, self._house, self._model, self._hardware = book, house, model, hardware
        self._label = label
        self._variants: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._scopes: dict[tuple[str, str], set[str]] = defaultdict(set)
        for key in book.keys(model, hardware, label):
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
                key = CurveKey(self._model, self._hardware, precision, workload, variant, label=self._label)
                name = self._combination(key)
                named = f"{name}, {house.variant_label(variant)}" if len(methods) > 1 else name
                if self._label:
                    named = f"{named}: {self._label}"
                off = replace(key, variant=OFF)
                if self._counts(key, off):
                    found.append(self._comparison(key, off, start + len(found), named))
                if self._label:
                    found += self._twins((off, key) if variant == methods[0] else (key,), start + len(found))
        return tuple(found)

    def _combination(self, key: CurveKey) -> str:
        return f"{self._house.precision_label(key.precision)}, {workload_label(key.workload)}"

    def _counts(self, key: CurveKey, off: CurveKey) -> bool:
        """Whether a comparison is made: of one's own runs only where both sides are, or where nothing else shows them."""
        held = [side for side in (key, off) if self._book.curve(side)]
        return not self._label or len(held) == len(SIDES) or not any(self._twin(side) for side in held)

    def _twin(self, key: CurveKey) -> CurveKey | None:
        """The official curve of what a run of one's own measured."""
        twin = replace(key, label="")
        return twin if self._book.curve(key) and self._book.curve(twin) else None

    def _twins(self, keys: Sequence[CurveKey], start: int) -> list[Comparison]:
        """Each variant of one's own runs against its official twin, where there is one."""
        found: list[Comparison] = []
        for key in keys:
            twin = self._twin(key)
            if twin is not None:
                name = f"{self._combination(key)}, {self._house.variant_label(key.variant)}: {self._label} against {OFFICIAL}"
                found.append(self._comparison(key, twin, start + len(found), name))
        return found

    def _methods(self, precision: str, workload: str) -> list[str]:
        """The variants to set against Off: the speculative ones, then what is unstated; MTP where there is only Off."""
        house, measured = self._house, self._variants[precision, workload]
        by_kind: dict[str, list[str]] = defaultdict(list)
        for variant in sorted(measured, key=lambda v: _order(house.variant_keys(), v)):
            by_kind[house.variant_kind(variant)].append(variant)
        return [*by_kind["speculative"], *by_kind["unknown"]] or [DEFAULT_SPECULATIVE]

    def _comparison(self, key: CurveKey, off: CurveKey, number: int, label: str) -> Comparison:
        """Set the curve of `key` against another, as a rule its twin without speculation, pooled, by engine and by family."""
        stated = self._house.variant_kind(key.variant) != "unknown"
        a, b = Side(key, self._book.curve(key), stated), Side(off, self._book.curve(off))
        page = None if key.label else _page(self._house, a, b)
        targets = _three(page.targets) if page else default_targets(a.curve, b.curve)
        wanted = {k.scope for k in self._book.keys(self._model, self._hardware, off.label) if self._shares(k, key)}
        named = (self._scopes[key.precision, key.workload] | wanted) - {BEST}
        scopes = [self._scope(key, off, scope) for scope in sorted(named)]
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

    @staticmethod
    def _shares(one: CurveKey, other: CurveKey) -> bool:
        return (one.precision, one.workload) == (other.precision, other.workload)

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
        bool(comparison.own),
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

    Raises:
        OptionError: every usable measurement has a label.

    Pairs follow the order of the registries (models, then hardware), combinations precision, then workload.
    """
    book = CurveBook(measurements, house)
    ordered = sorted(book.pairs, key=lambda n: (house.model(n[0]).order, n[0], house.hardware(n[1]).order, n[1]))
    builders = {names: [_PairBuilder(book, house, *names)] for names in ordered if book.keys(*names)}
    if not builders and ordered:
        raise OptionError(_ALL_LABELLED)
    found: dict[tuple[str, str], list[Comparison]] = {}
    count = 1
    for names, (official,) in builders.items():
        found[names] = list(official.comparisons(count))
        count += len(found[names])
    # whatever is official has its numbers and its curves by now
    for names in ordered:
        for label in book.labels(*names):
            own = _PairBuilder(book, house, *names, label)
            builders.setdefault(names, []).append(own)
            made = own.comparisons(count)
            found.setdefault(names, []).extend(made)
            count += len(made)
    pairs = [
        Pair(*names, tuple(made), min(made, key=lambda c: _preference(house, c)), _engines(builders[names]))
        for names, made in found.items()
    ]
    # last, so that the curves of comparisons keep their numbers
    lines = find_lines(book, house, WORKLOAD_ORDER)
    all_curves = tuple(book.curves.values())
    ranges = [_ranges(c) for made in found.values() for c in made if not c.own]
    common = curves.common_target(ranges)
    return Catalogue(tuple(measurements), all_curves, tuple(pairs), common, reasons(all_curves), lines)


_ALL_LABELLED = (
    "every input has a label, and a label is for runs of one's own beside others. Leave the labels away, or add the official "
    "rows that they are to be compared with"
)


def _engines(builders: Iterable[_PairBuilder]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(engine for builder in builders for engine in builder.engines))


def _ranges(comparison: Comparison) -> tuple[curves.Range | None, curves.Range | None]:
    """The frontier ranges of both sides; a side whose method is unstated is in range for nothing."""
    a, b = (side.curve.measured_range if side.curve else None for _, side in comparison.sides)
    return (a, b) if comparison.stated else (a, None)
