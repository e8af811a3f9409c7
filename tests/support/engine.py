"""IronCalc over a finished workbook: set cells, evaluate, read, hundreds of times a second."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Self

import ironcalc
from openpyxl.utils.cell import coordinate_to_tuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from support import Cell, Value


class Book:
    """A workbook loaded from an xlsx file into the spreadsheet engine; nothing is written back."""

    def __init__(self, path: Path) -> None:
        self._model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        names = [sheet["name"] for sheet in self._model.get_worksheets_properties()]
        self._index = {name: index for index, name in enumerate(names)}
        self._before: dict[Cell, Value] = {}
        self._model.evaluate()

    @property
    def sheets(self) -> list[str]:
        """The sheets' names in the order of their tabs."""
        return list(self._index)

    def edit(self, cells: Mapping[Cell, Value], reads: Iterable[Cell] = ()) -> dict[Cell, Value]:
        """Set constants (None empties a cell; text is never parsed), evaluate, and return the cells asked for."""
        for cell, value in cells.items():
            self._before.setdefault(cell, self.value(cell))
            self._set(cell, value)
        self._model.evaluate()
        return self.read(reads)

    def reset(self) -> Self:
        """Put back every constant that was edited since the last reset, and evaluate if there was one."""
        if not self._before:
            return self
        for cell, value in self._before.items():
            self._set(cell, value)
        self._before.clear()
        self._model.evaluate()
        return self

    def freeze(self, live: Callable[[str, int], bool]) -> Self:
        """Replace formulas by their present results where `live(sheet, row)` is false: what is left evaluates quicker.

        For good: whoever freezes has loaded the workbook for himself.
        """
        kept = []
        for cell in self.formulas():
            if live(cell[0], _coordinates(cell[1])[0]):
                kept.append(cell)
            else:
                self._set(cell, self.value(cell))
        self.__dict__["_formula_cells"] = kept
        return self

    def read(self, cells: Iterable[Cell]) -> dict[Cell, Value]:
        """Return the values of these cells; an error is its text ("#DIV/0!"), an empty cell None."""
        return {cell: self.value(cell) for cell in cells}

    def value(self, cell: Cell) -> Value:
        """Return the value of one cell."""
        found: Value = self._model.get_cell_value(*self._place(cell))
        return found

    def formulas(self) -> list[Cell]:
        """Return every formula cell."""
        return self._formula_cells

    @cached_property
    def _formula_cells(self) -> list[Cell]:
        names = self.sheets
        return [
            (names[sheet], f"{ironcalc.column_name_from_number(column)}{row}")
            for sheet, row, column in self._model.get_all_cells()
            if self._model.get_cell_formula(sheet, row, column)
        ]

    def _place(self, cell: Cell) -> tuple[int, int, int]:
        sheet, address = cell
        return (self._index[sheet], *_coordinates(address))

    def _set(self, cell: Cell, value: Value) -> None:
        place = self._place(cell)
        if value is None:
            self._model.clear_cell_contents(*place)
        elif isinstance(value, bool):
            self._model.update_cell_with_bool(*place, value)
        elif isinstance(value, str):
            self._model.update_cell_with_text(*place, value)
        else:
            self._model.update_cell_with_number(*place, float(value))


@cache
def _coordinates(address: str) -> tuple[int, int]:
    """Row and column of an address; the same few thousand are asked for again and again."""
    return coordinate_to_tuple(address)
