"""The cells of a workbook file as they stand and compute now, found by the labels beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.errors import WorkbookFileError
from specxl.model.cells import Formula, Link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.evaluate import Values
    from specxl.model.cells import Book, Sheet, Value


class View:
    """Constants as they stand and formulas as they compute, by sheet, row and column from zero."""

    def __init__(self, book: Book, values: Values) -> None:
        self.sheets = {sheet.name: sheet for sheet in book.sheets}
        self._values = values

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name.

        Raises:
            WorkbookFileError: it is missing.
        """
        if name not in self.sheets:
            msg = f"the sheet {name!r} is missing"
            raise WorkbookFileError(msg)
        return self.sheets[name]

    def value(self, sheet: str, row: int, col: int) -> Value:
        """What a cell shows; None when nothing stands there."""
        cell = self.sheet(sheet).cells.get((row, col))
        if cell is None:
            return None
        if isinstance(cell.content, Formula):
            return self._values.get((sheet, row, col))
        return cell.content.text if isinstance(cell.content, Link) else cell.content

    def text(self, sheet: str, row: int, col: int) -> str:
        """A cell's text; empty for a number or nothing."""
        value = self.value(sheet, row, col)
        return value if isinstance(value, str) else ""

    def number(self, sheet: str, row: int, col: int) -> float | None:
        """A cell's number; None for a text or nothing."""
        value = self.value(sheet, row, col)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def places(self, sheet: str, label: str) -> list[tuple[int, int]]:
        """Every place of a constant text on a sheet, from top to bottom."""
        cells = self.sheet(sheet).cells.items()
        return sorted(place for place, cell in cells if isinstance(cell.content, str) and cell.content == label)

    def place(self, sheet: str, label: str, col: int = 0) -> tuple[int, int]:
        """The first place of a constant text in a column.

        Raises:
            WorkbookFileError: it stands nowhere there.
        """
        for place in self.places(sheet, label):
            if place[1] == col:
                return place
        msg = f"{sheet} has no line {label!r}"
        raise WorkbookFileError(msg)

    def headers(self, sheet: str, row: int) -> dict[str, int]:
        """The columns of a header row by their texts; of equal ones the first."""
        found: dict[str, int] = {}
        for (at, col), cell in sorted(self.sheet(sheet).cells.items(), key=lambda item: item[0]):
            if at == row and isinstance(cell.content, str):
                found.setdefault(cell.content, col)
        return found

    def rows_below(self, sheet: str, row: int, col: int = 0) -> Iterator[int]:
        """The rows under a header for as long as the column holds anything."""
        cells = self.sheet(sheet).cells
        while (row := row + 1, col) in cells:
            yield row
