"""One vertical cursor: it hands out the rows of a sheet from top to bottom, so that no block needs to know a row number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.model.cells import Content, Range, Ref, Sheet


class Flow:
    """The next free row of a sheet, and the few ways in which blocks take rows."""

    def __init__(self, sheet: Sheet, row: int = 0) -> None:
        self.sheet = sheet
        self.row = row

    def take(self, rows: int = 1) -> int:
        """Take rows; return the first of them."""
        first = self.row
        self.row += rows
        return first

    def gap(self, rows: int = 1) -> None:
        """Leave rows empty."""
        self.row += rows

    def heading(self, text: str, style: str = "heading") -> Ref:
        """Lay out a heading in column A."""
        return self.sheet.put(self.take(), 0, text, style)

    def heads(self, headers: Sequence[str], col: int = 0, style: str = "head") -> int:
        """Lay out a header row; return it."""
        row = self.take()
        self.sheet.row(row, col, headers, style)
        return row

    def line(self, label: str, text: str, style: str = "id", *, col: int = 3) -> Ref:
        """Lay out a line of workings: its label in column A, its formula beside it; return the cell, absolute."""
        row = self.take()
        self.sheet.put(row, 0, label)
        return self.sheet.formula(row, col, text, style).fix

    def list(self, name: str, items: Sequence[Content], col: int = 0) -> Range:
        """Lay out a list with its name above it and a gap below; return its cells."""
        self.sheet.put(self.take(), col, name, "head")
        first = self.take(len(items))
        for row, item in enumerate(items, start=first):
            self.sheet.put(row, col, item)
        self.gap()
        return self.sheet.area(first, col, first + len(items) - 1, col)
