"""The cells of a workbook file as they stand and compute now, by address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.errors import WorkbookFileError
from specxl.model.cells import Formula, Link
from specxl.model.manifest import position

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from specxl.evaluate import Values
    from specxl.model.cells import Book, Value
    from specxl.model.manifest import BlockPlace

Figure = float | None
_EMPTY_SHARE = 4
"""How many cells of a block may be empty, as a multiple of all cells; in a build the blocks have fewer cells than the sheets."""


class View:
    """Constants as they stand and formulas as they compute, by sheet, row and column from zero."""

    def __init__(self, book: Book, values: Values) -> None:
        self.sheets = {sheet.name: sheet for sheet in book.sheets}
        self._values = values

    def value(self, sheet: str, row: int, col: int) -> Value:
        """What a cell shows; None when nothing stands there.

        Raises:
            WorkbookFileError: the sheet is missing.
        """
        held = self.sheets.get(sheet)
        if held is None:
            msg = f"the sheet {sheet!r} is missing"
            raise WorkbookFileError(msg)
        cell = held.cells.get((row, col))
        if cell is None:
            return None
        if isinstance(cell.content, Formula):
            return self._values.get((sheet, row, col))
        return cell.content.text if isinstance(cell.content, Link) else cell.content

    def require_bounded(self, blocks: Sequence[BlockPlace]) -> None:
        """Refuse a manifest whose blocks have more cells than the workbook can hold: each of them would be looked up.

        Raises:
            WorkbookFileError: they have many times the cells of all sheets.
        """
        cells = sum(len(sheet.cells) for sheet in self.sheets.values())
        named = sum(block.rows * max(len(block.keys), 1) for block in blocks)
        if named > _EMPTY_SHARE * cells:
            msg = f"the manifest names blocks of {named} cells, and the workbook has {cells}"
            raise WorkbookFileError(msg)

    def rows(self, block: BlockPlace) -> Iterator[dict[str, Value]]:
        """The rows of a block by key.

        Raises:
            WorkbookFileError: its sheet is missing, or its address is none.
        """
        top, left = position(block.cell)
        for row in range(top, top + block.rows):
            yield {key: self.value(block.sheet, row, left + col) for col, key in enumerate(block.keys)}


def number(value: Value) -> Figure:
    """A cell's number; None for a text, a truth value or nothing."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def whole(value: Value) -> int:
    """A cell's number as a whole one; 0 for anything else."""
    return int(number(value) or 0)
