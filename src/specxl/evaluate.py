"""Formulas -> values, with a real spreadsheet engine (IronCalc), and edits to see what the workbook would say then."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import ironcalc

from specxl.cells import Ref
from specxl.errors import DisagreementError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from specxl.cells import Book, Value

Values = dict[tuple[str, int, int], "Value"]


class Engine:
    """A workbook loaded into the spreadsheet engine, ready to be edited, evaluated and read."""

    def __init__(self, path: Path, book: Book) -> None:
        """Load the file at `path`, which holds the constants and formulas of `book`, and evaluate it."""
        self._model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        self._index = {sheet.name: number for number, sheet in enumerate(book.sheets)}
        self._formulas = [
            (sheet.name, self._index[sheet.name], ref.row, ref.col)
            for sheet in book.sheets
            for ref, _ in sheet.formulas()
        ]
        self._model.evaluate()

    def set(self, ref: Ref, value: Value) -> None:
        """Type a value into a cell; None empties it. Nothing is computed until `evaluate`."""
        place = (self._index[ref.sheet], ref.row + 1, ref.col + 1)
        if value is None:
            self._model.clear_cell_contents(*place)
        elif isinstance(value, bool):
            self._model.update_cell_with_bool(*place, value)
        elif isinstance(value, (int, float)):
            self._model.update_cell_with_number(*place, float(value))
        else:
            self._model.update_cell_with_text(*place, value)

    def freeze_all_but(self, live: Collection[str]) -> None:
        """Replace the formulas of every other sheet by their present values, so that evaluating the rest is quick."""
        if all(name in live for name, *_ in self._formulas):
            return
        kept = []
        for place in self._formulas:
            name, number, row, col = place
            if name in live:
                kept.append(place)
            else:
                self.set(Ref(name, row, col), self._model.get_cell_value(number, row + 1, col + 1))
        self._formulas = kept

    def evaluate(self) -> None:
        """Compute every formula afresh."""
        self._model.evaluate()

    def get(self, ref: Ref) -> Value:
        """The value of one cell; errors come as their text, "#N/A"."""
        return self._model.get_cell_value(self._index[ref.sheet], ref.row + 1, ref.col + 1)

    def values(self) -> Values:
        """The value of every formula cell, by (sheet, row, column)."""
        get = self._model.get_cell_value
        return {(name, row, col): get(number, row + 1, col + 1) for name, number, row, col in self._formulas}

    def errors(self) -> list[str]:
        """Every formula cell that shows an error value, as "'Sheet'!A1 #N/A"."""
        get, kind = self._model.get_cell_value, self._model.get_cell_type
        found = []
        for name, number, row, col in self._formulas:
            value = get(number, row + 1, col + 1)
            # the type is asked for only where the text looks like an error: it costs as much as the value
            looks_wrong = isinstance(value, str) and value[:1] == "#"
            if looks_wrong and kind(number, row + 1, col + 1) == ironcalc.CellType.ErrorValue:
                found.append(f"'{name}'!{ironcalc.column_name_from_number(col + 1)}{row + 1} {value}")
        return found

    @contextmanager
    def edited(self, edits: Mapping[Ref, Value]) -> Iterator[None]:
        """Make edits, evaluate, and put the old values back at the end (without evaluating again)."""
        before = {ref: self.get(ref) for ref in edits}
        for ref, value in edits.items():
            self.set(ref, value)
        self.evaluate()
        try:
            yield
        finally:
            for ref, old in before.items():
                self.set(ref, old)

    def require_no_errors(self, state: str) -> None:
        """Raise when any cell shows an error value.

        Raises:
            DisagreementError: naming the state and the first cells.
        """
        found = self.errors()
        if found:
            msg = f"{state}: {len(found)} cells show an error value: {', '.join(found[:5])}. This is a bug of specxl"
            raise DisagreementError(msg)
