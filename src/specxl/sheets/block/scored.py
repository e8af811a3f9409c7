"""The flag on scores of evaluations in a row of cells: only workbooks with scores have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.sheets.block.column import Column
from specxl.sheets.block.flags import BEFORE, LOW_SCORE

if TYPE_CHECKING:
    from collections.abc import Sequence


def with_scores(row: Sequence[tuple[str, Column]], *, scored: bool) -> Sequence[tuple[str, Column]]:
    """A row of cells with the flag on scores, where the workbook has any: inside the cautions, which are summed as one range."""
    if not scored:
        return row
    place = [column.key for _, column in row].index(f"f_{BEFORE}")
    flag = Column(f"f_{LOW_SCORE.id}", LOW_SCORE.id.replace("_", " "), "flag", LOW_SCORE.formula)
    return (*row[:place], ("", flag), *row[place:])
