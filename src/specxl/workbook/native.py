"""XlsxWriter's worksheet, with a quicker way for formulas and numbers: a large build holds a million of them.

They stay in the model until their row is written, so that nothing is held twice. The XML of a cell is the same as XlsxWriter's,
which a test holds, but where a formula is shared. What cells it may hold is checked once for the whole sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import isfinite
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from xlsxwriter.worksheet import CellBlankTuple, CellStringTuple, Worksheet

from specxl.model.cells import Formula, column_name
from specxl.workbook.shared import shared_elements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xlsxwriter.format import Format

    from specxl.evaluate import Values
    from specxl.model.cells import Cell, Sheet, Value

_ALL_DIGITS = 1e15
_DRAWN_DIGITS = 10
_NUMBERS = (int, float)
_Place = tuple[int, int]


@dataclass(frozen=True)
class Figures:
    """The formulas and numbers of a sheet of the model, with the results and the format of each."""

    sheet: Sheet
    values: Values
    look: Callable[[Cell], Format]

    def places(self) -> list[_Place]:
        """Where they stand, row by row."""
        return sorted(place for place, cell in self.sheet.cells.items() if type(cell.content) in (Formula, *_NUMBERS))

    def result(self, place: _Place) -> Value:
        """What a formula shows, as it is written."""
        value = self.values[self.sheet.name, *place]
        if type(value) is float and value.is_integer() and abs(value) < _ALL_DIGITS:
            return int(value)  # shorter in the file, and what Excel writes
        return value

    def drawn(self, place: _Place) -> object:
        """What a chart remembers of a cell; None where neither a formula nor a number stands."""
        cell = self.sheet.cells.get(place)
        content = cell.content if cell else None
        if isinstance(content, Formula):
            value = self.result(place)
            # more digits than a picture shows, since programs read the cells
            return f"{value:.{_DRAWN_DIGITS}g}" if type(value) is float else value
        return f"{content:.16g}" if type(content) in _NUMBERS else None


class NativeSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """XlsxWriter's worksheet; every cell of ours has a format."""

    _figures: Figures | None = None

    def fill(self, figures: Figures) -> None:
        """Make room for all cells of a sheet, as far as Excel has them, and take its formulas and numbers."""
        self._figures = figures
        rows = {row for row, _ in figures.sheet.cells if row < self.xls_rowmax}
        columns = {col for _, col in figures.sheet.cells if col < self.xls_colmax}
        if rows and columns:
            self._check_dimensions(min(rows), min(columns))
            self._check_dimensions(max(rows), max(columns))

    def refused(self, row: int, col: int, number: float = 0.0) -> int:
        """Less than 0 where there is no such cell, as XlsxWriter returns; what no cell can hold is left to it to refuse.

        No formula has functions newer than Excel 2007, which XlsxWriter would look for (`formulas.ALLOWED_FUNCTIONS`, held by a
        test).
        """
        if not isfinite(number):
            return int(self.write_number(row, col, number))
        return 0 if row <= (self.dim_rowmax or 0) and col <= (self.dim_colmax or 0) else -1

    def _get_range_data(self, *corners: int) -> list[Any]:
        """Return what charts remember of their cells."""
        top, left, bottom, right = corners
        data: list[Any] = []
        for row in range(top, bottom + 1):
            for col in range(left, right + 1):
                drawn = self._figures.drawn((row, col)) if self._figures else None
                data += super()._get_range_data(row, col, row, col) if drawn is None else [drawn]
        return data

    def _write_rows(self) -> None:
        """Write the XML of all rows, each in one piece, without saying which columns it spans, which no reader needs."""
        names = [column_name(col) for col in range((self.dim_colmax or 0) + 1)]
        figures = self._figures
        shared = shared_elements(figures.sheet.cells) if figures else {}
        own = groupby(figures.places() if figures else (), key=itemgetter(0))
        at, places = next(own, (-1, iter(())))
        for row in range(self.dim_rowmin, self.dim_rowmax + 1):
            cells, info, written = self.table.get(row) or {}, self.row_info.get(row), {}
            if figures and row == at:
                written = {place[1]: _element(figures, place, names, shared) for place in places}
                at, places = next(own, (-1, iter(())))
            if cells or written:
                self._write_row(row, None, info)
                self._write_cells(row, cells, names, written)
                self._xml_end_tag("row")
            elif info:
                self._write_empty_row(row, None, info)

    def _write_cells(self, row: int, cells: dict[int, Any], names: list[str], figures: dict[int, str]) -> None:
        """Write the XML of the cells of a row beside its figures; what hardly occurs goes XlsxWriter's way."""
        number, written = row + 1, []
        for col in sorted({**cells, **figures}):
            if col in figures:
                written.append(figures[col])
                continue
            cell = cells[col]
            start = f'<c r="{names[col]}{number}" s="{cell.format._get_xf_index()}"'  # noqa: SLF001
            if type(cell) is CellStringTuple:
                written.append(f'{start} t="s"><v>{cell.string}</v></c>')
            elif type(cell) is CellBlankTuple:
                written.append(f"{start}/>")
            else:
                self.fh.write("".join(written))
                written.clear()
                self._write_cell(row, col, cell)
        self.fh.write("".join(written))


def _element(figures: Figures, place: _Place, names: list[str], shared: Mapping[_Place, str]) -> str:
    """The XML of a formula with its result, or of a number."""
    row, col = place
    cell = figures.sheet.cells[place]
    start = f'<c r="{names[col]}{row + 1}" s="{figures.look(cell)._get_xf_index()}"'  # noqa: SLF001
    content = cell.content
    if not isinstance(content, Formula):
        return f"{start}><v>{content:.16G}</v></c>"
    element = shared.get(place) or f"<f>{escape(content.text(row))}</f>"
    value = figures.result(place)
    if isinstance(value, bool):
        return f'{start} t="b">{element}<v>{value:d}</v></c>'
    if isinstance(value, str):
        start += ' t="str"' if value else ""
        value = escape(value)
    return f"{start}>{element}<v>{value}</v></c>"
