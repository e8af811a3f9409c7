"""Formulas -> values, with a real spreadsheet engine (IronCalc), and edits to see what the workbook would say then."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import ironcalc

from specxl.errors import DisagreementError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from specxl.model.cells import Book, Ref, Value

Values = dict[tuple[str, int, int], "Value"]
_Place = tuple[int, int, int]


class Engine:
    """A workbook loaded into the spreadsheet engine, ready to be edited, evaluated and read."""

    def __init__(self, path: Path, book: Book) -> None:
        """Load the file at `path`, which holds the constants and formulas of `book`, and evaluate it."""
        self._model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        self._index = {sheet.name: number for number, sheet in enumerate(book.sheets)}
        # the engine counts sheets from 0, rows and columns from 1
        self._formulas = {
            sheet.name: [(number, ref.row + 1, ref.col + 1) for ref, _ in sheet.formulas()]
            for number, sheet in enumerate(book.sheets)
        }
        self._model.evaluate()

    def set(self, ref: Ref, value: Value) -> None:
        """Type a value into a cell; None empties it. Nothing is computed until `evaluate`."""
        self._set((self._index[ref.sheet], ref.row + 1, ref.col + 1), value)

    def _set(self, place: _Place, value: Value) -> None:
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
        get = self._model.get_cell_value
        for name in [name for name in self._formulas if name not in live]:
            for place in self._formulas.pop(name):
                self._set(place, get(*place))

    def evaluate(self) -> None:
        """Compute every formula afresh."""
        self._model.evaluate()

    def get(self, ref: Ref) -> Value:
        """The value of one cell; errors come as their text, "#N/A"."""
        return self._model.get_cell_value(self._index[ref.sheet], ref.row + 1, ref.col + 1)

    def values(self) -> Values:
        """The value of every formula cell, by (sheet, row, column)."""
        get = self._model.get_cell_value
        places = ((name, place) for name, places in self._formulas.items() for place in places)
        return {(name, place[1] - 1, place[2] - 1): get(*place) for name, place in places}

    def errors(self) -> list[str]:
        """Every formula cell that shows an error value, as "'Sheet'!A1 #N/A"."""
        get, kind = self._model.get_cell_value, self._model.get_cell_type
        found = []
        for name, places in self._formulas.items():
            for place in places:
                value = get(*place)
                # the type is asked for only where the text looks like an error: it costs as much as the value
                if isinstance(value, str) and value[:1] == "#" and kind(*place) == ironcalc.CellType.ErrorValue:
                    found.append(f"'{name}'!{ironcalc.column_name_from_number(place[2])}{place[1]} {value}")
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
