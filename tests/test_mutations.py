"""Edits of what figures rest on: whichever knot, tangent, index entry, sample or measurement is changed, a check turns red."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import ironcalc
import pytest
from support.built import built

from specxl.model.cells import Formula
from specxl.sheets.curves.layout import OFF_KNOT
from specxl.sheets.frame import CURVES, FAILED, MEASUREMENTS, OVERALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.model.cells import Ref, Value
    from specxl.sheets.book import Layout

PER_COLUMN = 3
LEAST = 150  # in each workbook, so 300 in all
FEEDING = ("number", "x", "total", "output", "input", "concurrency")
"""The columns of Measurements that feed curves."""


class Entry(NamedTuple):
    """One cell that holds something, and the column it is drawn for."""

    column: str
    ref: Ref


class Mutant:
    """A workbook in the spreadsheet engine, of which one cell at a time is changed."""

    def __init__(self, layout: Layout, path: str) -> None:
        self._model = ironcalc.load_from_xlsx(path, "en", "UTC", "en")
        self._index = {sheet.name: place for place, sheet in enumerate(layout.book.sheets)}
        self._model.evaluate()

    def value(self, ref: Ref) -> Value:
        """Return what a cell shows."""
        value: Value = self._model.get_cell_value(*self._place(ref))
        return value

    def failed_after(self, ref: Ref, change: Value) -> Value:
        """Put a constant in a cell, evaluate, count the failed checks, and put back what stood there."""
        place = self._place(ref)
        formula, before = self._model.get_cell_formula(*place), self.value(ref)
        self._put(place, change)
        self._model.evaluate()
        failed = self.value(FAILED)
        if formula:
            self._model.update_cell_with_formula(*place, formula)
        else:
            self._put(place, before)
        return failed

    def settled(self) -> Value:
        """Evaluate with everything put back; return what the Checks sheet says overall."""
        self._model.evaluate()
        return self.value(OVERALL)

    def _place(self, ref: Ref) -> tuple[int, int, int]:
        return self._index[ref.sheet], ref.row + 1, ref.col + 1

    def _put(self, place: tuple[int, int, int], value: Value) -> None:
        if value is None or value == "":
            self._model.clear_cell_contents(*place)
        elif isinstance(value, str):
            self._model.update_cell_with_text(*place, value)
        else:
            self._model.update_cell_with_number(*place, float(value))


def entries(layout: Layout) -> Iterator[Entry]:
    """Yield every filled cell of the tables of Curves, and of the measurements that feed a curve."""
    sheet = layout.plan.curves.sheet
    heads = sorted(row for (row, col), cell in sheet.cells.items() if col == 0 and cell.content == "curve id")
    for (row, col), cell in sorted(sheet.cells.items()):
        above = [head for head in heads if head < row]
        if not above or cell.content is None or not isinstance(sheet.cells[row, 0].content, int):
            continue
        head = sheet.cells.get((above[-1], col))
        off_table = len(above) == heads.index(above[-1]) + 1 == 3
        if head and not (off_table and col == OFF_KNOT):  # a working of the next column, where what matters shows
            yield Entry(f"{CURVES} {above[-1]}: {head.content}", sheet.ref(row, col))
    measured = layout.plan.measured
    used = {m.number for curve in layout.plan.catalogue.curves for m in curve.points}
    for key in FEEDING:
        for number in sorted(used):
            ref = measured.columns[key].cell(number - 1)
            cell = measured.sheet.cells.get((ref.row, ref.col))
            if cell is not None:
                yield Entry(f"{MEASUREMENTS}: {key}", ref)


def changes(value: Value, chance: random.Random) -> Value:
    """Return another value for a cell: a little more, one more, the other sign, a text, or nothing at all."""
    choices: list[Value] = [1, -1, 0.001, "text"]
    if isinstance(value, str):
        choices = [f"{value}x", 17]
    elif value:
        choices = [value * (1 + 1e-6), value * 1.01, value + 1, -value - 1, "text", None]
    return chance.choice(choices)


@pytest.mark.parametrize("name", ["default", "mixed"])
def test_every_edit_turns_a_check_red(name: str) -> None:
    """Cells of every column that curves rest on are changed, one at a time; none passes the checks."""
    found = built(name)
    mutant, chance = Mutant(found.layout, str(found.path)), random.Random(20260611)  # noqa: S311 - a sample
    assert mutant.settled() == "all passed"
    columns: dict[str, list[Ref]] = defaultdict(list)
    for entry in entries(found.layout):
        if mutant.value(entry.ref) not in ("", None):
            columns[entry.column].append(entry.ref)
    drawn = {
        ref: (column, mutant.value(ref))
        for column, members in columns.items()
        for ref in chance.sample(members, min(PER_COLUMN, len(members)))
    }
    assert len(drawn) >= LEAST, len(drawn)

    survivors = []
    for ref, (column, value) in drawn.items():
        change = changes(value, chance)
        if not mutant.failed_after(ref, change):
            survivors.append(f"{column} {ref.address}: {value!r} -> {change!r}")

    assert survivors == []
    assert mutant.settled() == "all passed"


def test_every_table_is_drawn_from() -> None:
    """The index, the knots, the points beside the curves, the samples and the measurements all have columns among the edits."""
    layout = built("mixed").layout
    columns = {entry.column for entry in entries(layout)}
    formulas = [
        entry
        for entry in entries(layout)
        if isinstance(layout.book.sheet(entry.ref.sheet).cells[entry.ref.row, entry.ref.col].content, Formula)
    ]

    assert len({column.partition(": ")[0] for column in columns}) == 5
    assert sum(column.startswith(CURVES) for column in columns) > 100
    assert {column.removeprefix(f"{MEASUREMENTS}: ") for column in columns if column.startswith(MEASUREMENTS)} == set(
        FEEDING
    )
    assert len(formulas) > 1_000
