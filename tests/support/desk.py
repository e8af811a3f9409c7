"""A finished workbook in the spreadsheet engine beside the measurements it was built from: edit, and see what is wrong."""

from __future__ import annotations

import csv
import itertools
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from specxl.house import data_file
from specxl.schema import workload_label
from support.expectations import Labels, chart_cells, chart_faults, fixed, read_faults
from support.method import BASES, Assumptions, Compared, Curve, Point, same_engine
from support.parts import formula_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from specxl.house import House
    from support import Cell, Value
    from support.curvesets import CurveKey
    from support.engine import Book
    from support.finder import Workbook

ASSUMPTIONS = "Assumptions"
TIERS = {
    "hyperscaler": "Owning cost, hyperscaler scale",
    "neocloud": "Owning cost, neocloud",
    "rental": "3-year rental price",
    "own": "Own price",
}
BASIS_LABELS = dict(
    zip(BASES, ("Total tokens (input + output)", "Output tokens only", "Input tokens only"), strict=True)
)
ERROR = re.compile(r"#(N/A|N/IMPL|NULL|DIV/0|VALUE|REF|NAME|NUM|SPILL|CALC|CIRC|ERROR)")


@dataclass(frozen=True)
class Case:
    """One combination of a pair sheet: the measurements of both variants, and how the sheet names them."""

    title: str
    combination: str
    hardware: str
    labels: Labels
    a: tuple[Point, ...]
    b: tuple[Point, ...]

    @cached_property
    def curves(self) -> tuple[Curve | None, Curve | None]:
        """Both sides, all engines pooled."""
        return Curve(self.a) if self.a else None, Curve(self.b) if self.b else None

    def within(self, engine: str) -> Case:
        """The same combination narrowed to one engine."""
        a, b = (tuple(p for p in side if p.engine == engine) for side in (self.a, self.b))
        return replace(self, a=a, b=b)


def cases(points: Mapping[CurveKey, list[Point]], house: House) -> dict[tuple[str, str], Case]:
    """Return every combination of every pair by the sheet's title and what its dropdown offers."""
    sides: dict[tuple[str, str, str, str], dict[str, list[Point]]] = defaultdict(dict)
    for key, members in points.items():
        sides[key[:4]][key.variant] = members
    found = {}
    for (model, hardware, precision, workload), variants in sides.items():
        title = f"{house.model(model).label} on {house.hardware(hardware).label}"
        methods = sorted(set(variants) - {"none"}) or ["mtp"]
        for method in methods:
            label = f"{house.precision_label(precision)}, {workload_label(workload)}"
            label += f", {house.variant_label(method)}" if len(methods) > 1 else ""
            labels = Labels(house.variant_label(method), house.variant_label("none"))
            a, b = tuple(variants.get(method, ())), tuple(variants.get("none", ()))
            found[title, label] = Case(title, label, hardware, labels, a, b)
    return found


def rates(card: str) -> dict[str, dict[str, float | None]]:
    """Return prices by tier and kW per GPU of every hardware on a bundled rate card."""
    with data_file("rates.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["hardware"]: {
                **{tier: _number(row.get(f"usd_per_gpu_hr_{tier}")) for tier in TIERS},
                "power": _number(row["kw_per_gpu"]),
            }
            for row in csv.DictReader(lines)
            if row["as_of"] == card
        }


def _number(text: str | None) -> float | None:
    return float(text) if text else None


class Desk:
    """One workbook, its engine and its measurements."""

    def __init__(
        self, pages: Workbook, book: Book, found: dict[tuple[str, str], Case], card: str, house: House
    ) -> None:
        self.pages, self.book, self.cases, self.house = pages, book, found, house
        self.statuses: Mapping[str, str] = {}
        self.rates = rates(card)
        self.formulas = book.formulas()

    @cached_property
    def texts(self) -> dict[Cell, str]:
        """Every formula as it stands in the file."""
        return formula_texts(self.pages.path)

    def given(self, hardware: str, **changes: object) -> Assumptions:
        """What the Assumptions sheet says for this hardware as released, but for the changes."""
        known = self.rates.get(hardware, {})
        return replace(Assumptions(known.get("hyperscaler"), known.get("power")), **changes)  # type: ignore[arg-type]

    def input(self, label: str, under: str = "", sheet: str = ASSUMPTIONS) -> Cell:
        """Return the input with this label on Assumptions or another sheet, below a heading that starts with `under`."""
        page = self.pages.sheet(sheet)
        start = next(row for row in range(1, page.max_row + 1) if str(page.cell(row, 1).value or "").startswith(under))
        row = self.pages.find(sheet, label, start)
        free = [cell.coordinate for cell in page[row] if not cell.protection.locked]
        assert len(free) == 1, f"the row of {label} on {sheet} has the inputs {free}"
        return sheet, free[0]

    def choose(self, case: Case, targets: Sequence[Value]) -> dict[Cell, Value]:
        """Return the edits that bring a combination up on its sheet at three targets."""
        page = self.pages.pair(case.title)
        return {page.controls["combination"]: case.combination, **dict(zip(page.targets, targets, strict=True))}

    def faults(
        self, case: Case, targets: Sequence[object], given: Assumptions, metric: str = "Cost per million tokens"
    ) -> list[str]:
        """Return what the case's sheet shows wrong at its three targets, charts included."""
        page = self.pages.pair(case.title)
        values = self.book.read([*page.shown(), *chart_cells(page)])
        reads = [Compared(*case.curves, target, given) for target in targets]
        found: list[str] = []
        for i, read in enumerate(reads):
            found += read_faults(page, i, values, read, case.labels, self.statuses)
        if given.basis in BASES:
            found += chart_faults(page, 0, values, reads, case.labels)
            if self._plots(case, given, metric):
                found += chart_faults(page, 1, values, reads, case.labels, metric)
        return found

    def same_engine_faults(self, case: Case, targets: Sequence[object], given: Assumptions) -> list[str]:
        """Return where the same-engine lines differ from the engines' own curves."""
        page = self.pages.pair(case.title)
        found = []
        for read, target in enumerate(targets):
            shown = str(self.book.value(page.line("same engine", read)))
            wanted = self._same_engine_words(same_engine(case.a, case.b, target, given), case.labels, given)
            if shown not in wanted:
                found.append(f"{case.title}, {case.combination} at {target!r}: same engine {shown!r}, not {wanted!r}")
        return found

    @cached_property
    def _plotted(self) -> set[Cell]:
        """Every cell that any chart of the workbook plots as a number."""
        series = [(chart.kind, s) for chart in self.pages.charts for s in chart.series]
        return {cell for kind, s in series for cell in (*_across(kind, s.x), *s.y)}

    def errors(self) -> list[str]:
        """Return every cell of the workbook that shows an error value, and every chart cell that is no number."""
        values = self.book.read(self.formulas)
        found = [f"{cell} {value}" for cell, value in values.items() if isinstance(value, str) and ERROR.match(value)]
        shown = self.book.read(self._plotted)
        return found + [f"{cell} plots {value!r}" for cell, value in shown.items() if type(value) not in (int, float)]

    def _same_engine_words(self, best: dict[str, float] | str, labels: Labels, given: Assumptions) -> tuple[str, ...]:
        """What the line may say; without any engine that has both variants it may also miss the knots, which is as true."""
        if isinstance(best, str):
            few = f"no engine with {given.same_engine:g} knots on both sides"
            words = {"no engine has both variants": (best, few), "no engine with": (few,)}
            return words.get(best, ("no such engine reaches this target",))
        engine, ratio = max(best.items(), key=lambda item: item[1])
        larger = max(ratio, 1 / ratio)
        winner = "level" if larger < given.tie else labels.a if ratio > 1 else labels.b
        return (f"{fixed(larger, 2)}x {winner}, {self.house.engine_label(engine)}",)

    def _plots(self, case: Case, given: Assumptions, metric: str) -> bool:
        """Whether the second chart can show this metric: it needs a price, the power, or the concurrency of both sides."""
        curves = [curve for curve in case.curves if curve is not None]
        if metric == "Concurrency":
            return all(curve.values("concurrency") is not None for curve in curves)
        return (given.price if metric.startswith("Cost") else given.power) is not None


def _across(kind: str, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The cells of the horizontal axis; a bar chart's are names."""
    return cells if kind == "scatterChart" else ()


def matrix(case: Case) -> Iterator[tuple[Value, Value, Value]]:
    """Yield the targets of the edit matrix in threes: below, on, between and above the knots of both curves, and no target."""
    x = sorted({knot for curve in case.curves if curve for knot in curve.x})
    between = [low + (high - low) * share for low, high in itertools.pairwise(x) for share in (0.03125, 0.5)]
    odd: list[Value] = [None, "", "text", "60", 0, -5.0, True, 1e300, 1e-6]
    targets: list[Value] = [x[0] / 2, *x, *between, x[-1] * (1 + 5e-10), x[-1] * 1.5, *odd]
    targets += targets[: -len(targets) % 3]
    for place in range(0, len(targets), 3):
        yield targets[place], targets[place + 1], targets[place + 2]
