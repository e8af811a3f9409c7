"""Mutations of the Curves sheet: whichever knot, tangent or index entry is changed, the verdict on Checks turns red."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import ironcalc
import openpyxl
import pytest
from support.books import default_book, shapes_book

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support import Value

CURVES, CHECKS = "Curves", "Checks"
PER_COLUMN = 2
LEAST = 150  # in each workbook, so 300 in all
NOT_CHECKED = ("knot at or above its x",)  # a working of the next column, where any change that matters shows


class Entry(NamedTuple):
    """One cell of the Curves sheet that holds something, by its column's header."""

    header: str
    row: int
    column: int


class Mutant:
    """A workbook in the spreadsheet engine, of which one cell at a time is changed."""

    def __init__(self, path: Path) -> None:
        self._model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        names = [sheet["name"] for sheet in self._model.get_worksheets_properties()]
        self._curves, self._checks = names.index(CURVES), names.index(CHECKS)
        self._model.evaluate()

    def verdict(self) -> Value:
        """Return what the Checks sheet says overall."""
        value: Value = self._model.get_cell_value(self._checks, 6, 2)
        return value

    def value(self, entry: Entry) -> Value:
        """Return what a cell of Curves shows."""
        value: Value = self._model.get_cell_value(self._curves, entry.row, entry.column)
        return value

    def verdict_after(self, entry: Entry, change: Value) -> Value:
        """Put a constant in a cell, evaluate, take the verdict, and put back what stood there."""
        place = (self._curves, entry.row, entry.column)
        formula, before = self._model.get_cell_formula(*place), self.value(entry)
        self._put(place, change)
        self._model.evaluate()
        verdict = self.verdict()
        if formula:
            self._model.update_cell_with_formula(*place, formula)
        else:
            self._put(place, before)
        return verdict

    def _put(self, place: tuple[int, int, int], value: Value) -> None:
        if value is None:
            self._model.clear_cell_contents(*place)
        elif isinstance(value, str):
            self._model.update_cell_with_text(*place, value)
        else:
            self._model.update_cell_with_number(*place, float(value))


def entries(path: Path) -> Iterator[Entry]:
    """Yield every filled cell of the three tables: the index, the knots, the points off the frontier."""
    sheet = openpyxl.load_workbook(path, read_only=False)[CURVES]
    headers = [row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == "curve id"]
    for head in headers:
        row = head + 1
        while isinstance(sheet.cell(row, 1).value, int):
            for column in range(1, sheet.max_column + 1):
                header = sheet.cell(head, column).value
                if header and header not in NOT_CHECKED and sheet.cell(row, column).value is not None:
                    yield Entry(f"{head}: {header}", row, column)
            row += 1


def changes(value: Value, chance: random.Random) -> Value:
    """Return another value for a cell: a little more, one more, the other sign, a text, or nothing at all."""
    choices: list[Value] = [1, -1, 0.001, "text"]
    if isinstance(value, str):
        choices = [f"{value}x", 17]
    elif value:
        choices = [value * (1 + 1e-6), value * 1.01, value + 1, -value - 1, "text", None]
    return chance.choice(choices)


@pytest.mark.parametrize("book", [default_book, shapes_book], ids=["published points", "hand-made curves"])
def test_every_mutation_turns_a_check_red(book: Callable[[], Path]) -> None:
    """Cells of every column of the Curves sheet are changed, one at a time; none passes the checks."""
    path = book()
    mutant, chance = Mutant(path), random.Random(20260611)  # noqa: S311 - a sample
    assert mutant.verdict() == "all passed"
    columns: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries(path):
        if mutant.value(entry) not in ("", None):
            columns[entry.header].append(entry)
    sample = [e for members in columns.values() for e in chance.sample(members, min(PER_COLUMN, len(members)))]
    assert len(sample) >= LEAST, len(sample)
    built = {entry: mutant.value(entry) for entry in sample}  # later values are those of the change before
    survivors = []
    for entry, value in built.items():
        change = changes(value, chance)
        if mutant.verdict_after(entry, change) == "all passed":
            survivors.append(f"{entry}: {value!r} -> {change!r}")
    assert survivors == []
    mutant.verdict_after(Entry("", 1, 1), "the title")  # the last one put back, everything is computed once more
    assert mutant.verdict() == "all passed"
