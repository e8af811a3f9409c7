"""The cells of a workbook file as they stand and compute now, by address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.errors import WorkbookFileError
from specxl.model.cells import Formula, Link
from specxl.model.manifest import position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.evaluate import Values
    from specxl.model.cells import Book, Value
    from specxl.model.manifest import BlockPlace


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

    def rows(self, block: BlockPlace) -> Iterator[dict[str, Value]]:
        """The rows of a block by key.

        Raises:
            WorkbookFileError: its sheet is missing, or its address is none.
        """
        top, left = position(block.cell)
        for row in range(top, top + block.rows):
            yield {key: self.value(block.sheet, row, left + col) for col, key in enumerate(block.keys)}
