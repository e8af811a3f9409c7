"""Comparison blocks below each other on a sheet, laid out column by column as copies of one pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import in_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.cells import Ref, Sheet
    from specxl.model.formulas import Context
    from specxl.sheets.block.column import Column


class Stack:
    """Comparison blocks below each other on a sheet: the formulas of each column are copies of one pattern.

    `columns` is FULL_ROW or FAMILY_ROW; `context` has the ranges and inputs of other sheets by name.
    """

    def __init__(self, sheet: Sheet, col: int, columns: Sequence[tuple[str, Column]], context: Context) -> None:
        self._sheet, self._col, self._columns = sheet, col, columns
        own = {side + column.key: in_row(at) for at, (side, column) in enumerate(columns, start=col)}
        # the same column in the row above
        own |= {
            f"above_{key}": in_row(at, -1)
            for at, (side, column) in enumerate(columns, start=col)
            for key in [side + column.key]
        }
        # short names for the ends of a side's interval, which the ratios need
        own |= {
            f"{side}_{end}": own[f"{side}_y_{end}"]
            for side in "ab"
            for end in ("low", "high")
            if f"{side}_y_{end}" in own
        }
        here = {**context.on(sheet.name), **own}
        # inside a side its own cells go by their names without the prefix
        names = {side: here | {key[2:]: text for key, text in own.items() if key[:2] == side} for side in ("a_", "b_")}
        names[""] = here
        self._patterns = [column.formula.format_map(names[side]) for side, column in columns]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the block's cells, from left to right."""
        return tuple(side + column.key for side, column in self._columns)

    def lay_headers(self, row: int, words: Mapping[str, str] | None = None) -> None:
        """Write the header row; columns of a side carry its letter. `words` are headers of columns by key, before their own."""
        prefixes = {"": "", "a_": "A: ", "b_": "B: "}
        told = words or {}
        heads = [prefixes[side] + (told.get(column.key) or column.header) for side, column in self._columns]
        self._sheet.row(row, self._col, heads, "head")

    def lay(self, row: int, given: Mapping[str, str | float]) -> dict[str, Ref]:
        """Lay one block out and return its cells by key.

        `given` is the formula text (or a constant number) of every column without a formula of its own.
        """
        cells: dict[str, Ref] = {}
        for col, ((side, column), pattern) in enumerate(zip(self._columns, self._patterns, strict=True), self._col):
            key = side + column.key
            if pattern:
                cells[key] = self._sheet.copy(row, col, pattern, column.style)
            elif isinstance(content := given[key], str):
                cells[key] = self._sheet.formula(row, col, content, column.style)
            else:
                cells[key] = self._sheet.put(row, col, content, column.style)
        return cells
