"""How large the model's cells are on screen, in pixels at 100 %: what of a sheet is seen before anybody scrolls."""

from __future__ import annotations

from math import trunc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specxl.model.cells import Chart, Sheet

WINDOW = (1311, 527)
"""Pixels of cells that a spreadsheet program shows on a screen of 1366 x 768, below its bars and beside its row numbers."""
_DEFAULT_WIDTH, _DEFAULT_HEIGHT = 8.43, 15.0
_DIGIT, _PADDING = 7, 5  # of Calibri at 11 points, in which widths are counted
_NARROW, _WIDE = frozenset("fijlrtI.,:;'|()[] "), frozenset("mwMW@%")
_EMS = (0.29, 0.52, 0.84)
"""Widths of a narrow, a plain and a wide character of Calibri, in sizes of the font."""


def width(sheet: Sheet, col: int) -> int:
    """Return the width of a column."""
    return trunc(sheet.widths.get(col, _DEFAULT_WIDTH) * _DIGIT + _PADDING)


def height(sheet: Sheet, row: int) -> float:
    """Return the height of a row."""
    return sheet.heights.get(row, _DEFAULT_HEIGHT) * 4 / 3


def right_edge(sheet: Sheet, col: int) -> int:
    """Return where a column ends, from the left edge of column A."""
    return sum(width(sheet, column) for column in range(col + 1))


def lower_edge(sheet: Sheet, row: int) -> float:
    """Return where a row ends, from the upper edge of row 1."""
    return sum(height(sheet, number) for number in range(row + 1))


def in_view(sheet: Sheet, row: int, col: int) -> bool:
    """Whether a cell is seen whole before anybody scrolls."""
    return right_edge(sheet, col) <= WINDOW[0] and lower_edge(sheet, row) <= WINDOW[1]


def chart_box(sheet: Sheet, chart: Chart) -> tuple[float, float, float, float]:
    """Return left, upper, right and lower edge of a chart."""
    left = right_edge(sheet, chart.at.col) - width(sheet, chart.at.col)
    top = lower_edge(sheet, chart.at.row) - height(sheet, chart.at.row)
    return left, top, left + chart.width, top + chart.height


def text_width(text: str, size: int) -> float:
    """Return about how wide a text is at a size in points."""
    narrow, wide = (sum(char in kind for char in text) for kind in (_NARROW, _WIDE))
    ems = _EMS[0] * narrow + _EMS[2] * wide + _EMS[1] * (len(text) - narrow - wide)
    return ems * size * 4 / 3
