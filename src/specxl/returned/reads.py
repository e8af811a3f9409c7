"""Every comparison read of a workbook file against the reference: curves refitted from the file, inputs as they stand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specxl.errors import WorkbookFileError
from specxl.method import curves
from specxl.model.cells import address
from specxl.returned.inputs import StandingInputs, pair_choice
from specxl.sheets.block.columns import ENGINE_ROW, FULL_ROW, GIVEN
from specxl.sheets.frame import CURVES, MEASUREMENTS, RESULTS
from specxl.sheets.same_engine import TARGET_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from specxl.model.cells import Value
    from specxl.returned.view import View
    from specxl.sheets.block.columns import Column

TOLERANCE = 1e-9
_PREFIXES = {"": "", "a_": "A: ", "b_": "B: "}
_MEASURED = {
    "x": "Interactivity (tok/s/user)",
    "total": "Total throughput (tok/s/GPU)",
    "output": "Output throughput (tok/s/GPU)",
    "input": "Input throughput (tok/s/GPU)",
    "concurrency": "Concurrency (requests)",
}
_FIELDS = {"total": "total", "output": "output", "input": "input", "concurrency": "conc"}


@dataclass
class ReadVerdict:
    """How many reads were compared, the largest relative difference of those that agree, and what disagrees."""

    compared: int = 0
    worst: float = 0.0
    disagreements: list[str] = field(default_factory=list)

    def compare(self, place: str, found: Value, expected: float | None) -> None:
        """Note one figure; None must show as empty text."""
        if expected is None:
            if found not in ("", None):
                self.disagreements.append(f"{place} shows {found!r} where the reference has nothing")
            return
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            self.disagreements.append(f"{place} shows {found!r}, the reference {expected!r}")
            return
        error = abs(found - expected) / max(abs(expected), 1e-300)
        if error > TOLERANCE:
            self.disagreements.append(f"{place} shows {found!r}, the reference {expected!r} ({error:.1e} apart)")
        else:
            self.worst = max(self.worst, error)


def refit_curves(view: View) -> dict[int, curves.Curve]:
    """Fit every curve anew: its knots are named on Curves, their figures stand on Measurements.

    Raises:
        WorkbookFileError: a table is missing, or a curve's knots do not ascend.
    """
    head = next(
        (row for row, col in view.places(CURVES, "curve id") if col == 0 and "knot" in view.headers(CURVES, row)), None
    )
    if head is None:
        msg = f"{CURVES} has no table of knots"
        raise WorkbookFileError(msg)
    measurement = view.headers(CURVES, head)["measurement no."]
    top, _ = view.place(MEASUREMENTS, "No.")
    columns = {name: view.headers(MEASUREMENTS, top).get(header, -1) for name, header in _MEASURED.items()}
    numbers = {view.number(MEASUREMENTS, row, 0): row for row in view.rows_below(MEASUREMENTS, top)}
    knots: dict[int, list[int]] = defaultdict(list)
    for row in view.rows_below(CURVES, head):
        source = numbers.get(view.number(CURVES, row, measurement))
        if source is None:
            msg = f"{CURVES} row {row + 1} names a measurement that does not exist"
            raise WorkbookFileError(msg)
        knots[int(view.number(CURVES, row, 0) or 0)].append(source)
    return {number: _fit(view, number, rows, columns) for number, rows in knots.items()}


def _fit(view: View, number: int, rows: list[int], columns: dict[str, int]) -> curves.Curve:
    def column(name: str) -> list[float] | None:
        values = [view.number(MEASUREMENTS, row, columns[name]) for row in rows]
        return None if any(value is None for value in values) else [value for value in values if value is not None]

    try:
        parts = (column(name) for name in ("output", "input", "concurrency"))
        return curves.Curve.fit(column("x") or [], column("total") or [], *parts)
    except ValueError as exc:
        msg = f"curve {number} cannot be fitted from its measurements: {exc}"
        raise WorkbookFileError(msg) from exc


def _blocks(
    view: View, sheet: str, columns: Sequence[tuple[str, Column]]
) -> Iterator[list[dict[str, tuple[int, int]]]]:
    """The cells by key of every row of every comparison block with these columns."""
    for head, first in view.places(sheet, GIVEN[0].header):
        headers = [_PREFIXES[side] + column.header for side, column in columns]
        if [view.text(sheet, head, first + i) for i in range(len(headers))] == headers:
            keys = [side + column.key for side, column in columns]
            rows = view.rows_below(sheet, head, first)
            yield [{key: (row, first + i) for i, key in enumerate(keys)} for row in rows]


@dataclass(frozen=True, slots=True)
class _Given:
    """What one read rests on: curve ids, target, and the price and power of its hardware."""

    ids: tuple[int, int]
    target: Value
    price: float | None
    power: float | None


class _Reader:
    def __init__(self, view: View) -> None:
        self.view, self.verdict = view, ReadVerdict()
        self.inputs = StandingInputs(view)
        self.curves = refit_curves(view)

    def full(self, sheet: str, cells: dict[str, tuple[int, int]], given: _Given) -> None:
        """Compare one row of a full comparison block."""
        figures = []
        for side, number in zip("ab", given.ids, strict=True):
            read = curves.read(self.curves.get(number), given.target)
            self._figure(sheet, cells, f"{side}_status", int(read.status))
            y = getattr(read, self.inputs.basis) if self.inputs.basis else None
            figures.append((read.status, y))
            if read.status is not curves.Status.NO_TARGET:
                for name, key in _FIELDS.items():
                    self._figure(sheet, cells, f"{side}_{key}", getattr(read, name))
            self._figure(sheet, cells, f"{side}_y", y)
            self._figure(sheet, cells, f"{side}_cost", curves.cost_usd_per_mtok(given.price, y))
            self._figure(sheet, cells, f"{side}_mw", curves.throughput_tok_s_mw(y, given.power))
            self._figure(sheet, cells, f"{side}_joules", curves.joules_per_token(y, given.power))
        self._figure(sheet, cells, "ratio", _ratio(figures))
        self.verdict.compared += 1

    def _figure(self, sheet: str, cells: dict[str, tuple[int, int]], key: str, expected: float | None) -> None:
        place = cells[key]
        self.verdict.compare(f"{sheet} {address(*place)} ({key})", self.view.value(sheet, *place), expected)

    def results(self) -> None:
        """Compare every row of Results; its curve ids and release targets are constants there."""
        for rows in _blocks(self.view, RESULTS, FULL_ROW):
            hardware = self.view.headers(RESULTS, rows[0]["target_in"][0] - 1)["Hardware"] if rows else 0
            for number, cells in enumerate(rows):
                row = cells["target_in"][0]
                label = self.view.text(RESULTS, row, hardware)
                price = self.inputs.price(label, self.inputs.tier)
                target = self._target(RESULTS, number, cells)
                self.full(RESULTS, cells, _Given(self._ids(RESULTS, cells), target, price, self.inputs.power(label)))

    def _ids(self, sheet: str, cells: dict[str, tuple[int, int]]) -> tuple[int, int]:
        a, b = (int(self.view.number(sheet, *cells[key]) or 0) for key in ("a_id", "b_id"))
        return a, b

    def _target(self, sheet: str, number: int, cells: dict[str, tuple[int, int]]) -> Value:
        """The common target in the first row of a comparison; the other three rows hold their own."""
        common = number % len(TARGET_KINDS) == 0
        return self.inputs.common_target if common else self.view.value(sheet, *cells["target_in"])

    def pair(self, sheet: str) -> None:
        """Compare the four reads of a pair sheet."""
        choice = pair_choice(self.view, sheet, self.inputs)
        price, power = self.inputs.price(choice.hardware, choice.tier), self.inputs.power(choice.hardware)
        for rows in _blocks(self.view, sheet, FULL_ROW):
            for cells, target in zip(rows, choice.targets, strict=False):
                self.full(sheet, cells, _Given(choice.ids, target, price, power))

    def engines(self, sheet: str) -> None:
        """Compare the throughput of every same-engine row at the target and with the curves that the row names."""
        for rows in _blocks(self.view, sheet, ENGINE_ROW):
            for cells in rows:
                target = self.view.value(sheet, *cells["target_in"])
                for side, number in zip("ab", self._ids(sheet, cells), strict=True):
                    read = curves.read(self.curves.get(number), target)
                    y = getattr(read, self.inputs.basis) if self.inputs.basis else None
                    self._figure(sheet, cells, f"{side}_y", y)
                self.verdict.compared += 1


def _ratio(figures: list[tuple[curves.Status, float | None]]) -> float | None:
    (status_a, a), (status_b, b) = figures
    if a is None or b is None or min(status_a, status_b) < curves.Status.BELOW:
        return None
    return max(a / b, b / a)


def compare_reads(view: View) -> ReadVerdict:
    """Compare every read of Results, of the pair sheets and of the same-engine rows with the reference.

    What cannot be compared, because a table is not where a build lays it, is a disagreement too.
    """
    try:
        reader = _Reader(view)
    except (WorkbookFileError, KeyError) as exc:
        return ReadVerdict(disagreements=[f"the reads cannot be compared: {exc}"])
    for sheet in view.sheets:
        try:
            reader.engines(sheet)
            if sheet == RESULTS:
                reader.results()
            elif any(True for _ in _blocks(view, sheet, FULL_ROW)):
                reader.pair(sheet)
        except (WorkbookFileError, KeyError) as exc:
            reader.verdict.disagreements.append(f"the reads of {sheet} cannot be compared: {exc}")
    return reader.verdict
