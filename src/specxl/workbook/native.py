"""XlsxWriter's worksheet, with a quicker way for cells: a large build holds two hundred thousand of them.

The XML of a cell is the same as XlsxWriter's, which a test holds, but where a formula is shared. What cells it may hold is
checked once for the whole sheet.
"""

from __future__ import annotations

from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from xlsxwriter.worksheet import CellBlankTuple, CellFormulaTuple, CellNumberTuple, CellStringTuple, Worksheet

from specxl.model.cells import column_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from xlsxwriter.format import Format

    from specxl.model.cells import Value

_ALL_DIGITS = 1e15
_DRAWN_DIGITS = 10


class NativeSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """XlsxWriter's worksheet; every cell of ours has a format."""

    _shared: Mapping[tuple[int, int], str] = MappingProxyType({})

    def share(self, elements: Mapping[tuple[int, int], str]) -> None:
        """Have these elements stand for the formulas at their rows and columns, as `shared_elements` makes them."""
        self._shared = elements

    def reserve(self, places: Collection[tuple[int, int]]) -> None:
        """Make room for the cells at these rows and columns, as far as Excel has them."""
        rows = {row for row, _ in places if row < self.xls_rowmax}
        columns = {col for _, col in places if col < self.xls_colmax}
        if rows and columns:
            self._check_dimensions(min(rows), min(columns))
            self._check_dimensions(max(rows), max(columns))

    def _reserved(self, row: int, col: int) -> bool:
        return bool(row <= self.dim_rowmax and col <= self.dim_colmax)

    def write_result(self, row: int, col: int, formula: str, cell_format: Format, value: Value) -> int:
        """Write a formula with its result into a reserved cell, without looking for functions newer than Excel 2007 in it.

        None is ever written (`formulas.ALLOWED_FUNCTIONS`, held by a test). Returns less than 0 where there is no such cell.
        """
        if not self._reserved(row, col):
            return -1
        if type(value) is float and value.is_integer() and abs(value) < _ALL_DIGITS:
            value = int(value)  # shorter in the file, and what Excel writes
        self.table[row][col] = CellFormulaTuple(formula, cell_format, value)
        return 0

    def write_figure(self, row: int, col: int, number: float, cell_format: Format) -> object:
        """Write a number into a reserved cell; what no cell can hold is left to XlsxWriter, which refuses it."""
        if not self._reserved(row, col) or not isfinite(number):
            return self.write_number(row, col, number, cell_format)
        self.table[row][col] = CellNumberTuple(number, cell_format)
        return 0

    def _get_range_data(self, *corners: int) -> list[Any]:
        """Return what charts remember of their cells: more digits than a picture shows, since programs read the cells."""
        held: list[Any] = super()._get_range_data(*corners)
        return [f"{value:.{_DRAWN_DIGITS}g}" if type(value) is float else value for value in held]

    def _write_rows(self) -> None:
        """Write the XML of all rows, each in one piece, without saying which columns it spans, which no reader needs."""
        names = [column_name(col) for col in range((self.dim_colmax or 0) + 1)]
        for row in range(self.dim_rowmin, self.dim_rowmax + 1):
            cells, info = self.table.get(row), self.row_info.get(row)
            if cells:
                self._write_row(row, None, info)
                self._write_cells(row, cells, names)
                self._xml_end_tag("row")
            elif info:
                self._write_empty_row(row, None, info)

    def _write_cells(self, row: int, cells: dict[int, Any], names: list[str]) -> None:
        """Write the XML of the cells of a row; what hardly occurs goes XlsxWriter's way."""
        number, written = row + 1, []
        for col in sorted(cells):
            cell = cells[col]
            kind = type(cell)
            start = f'<c r="{names[col]}{number}" s="{cell.format._get_xf_index()}"'  # noqa: SLF001
            if kind is CellFormulaTuple and type(cell.value) in (str, float, int):
                formula, _, value = cell
                element = self._shared.get((row, col)) or f"<f>{escape(formula)}</f>"
                if type(value) is str:
                    start += ' t="str"' if value else ""
                    value = escape(value)
                written.append(f"{start}>{element}<v>{value}</v></c>")
            elif kind is CellNumberTuple:
                written.append(f"{start}><v>{cell.number:.16G}</v></c>")
            elif kind is CellStringTuple:
                written.append(f'{start} t="s"><v>{cell.string}</v></c>')
            elif kind is CellBlankTuple:
                written.append(f"{start}/>")
            else:
                self.fh.write("".join(written))
                written.clear()
                self._write_cell(row, col, cell)
        self.fh.write("".join(written))
