"""Numbers in delimited text: decimal commas where the delimiter leaves room for them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from specxl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

    from specxl.sources.content import Table

_COMMA = re.compile(r"[+-]?\d+(?:\.\d{3})*,\d+(?:[eE][+-]?\d+)?")
_POINT = re.compile(r"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?")


def with_decimal_points(table: Table, numeric: Collection[int], file: str) -> Table:
    """Return the table with decimal points, whatever sign it is written with.

    `numeric` holds the places of number columns. Only a table without commas as delimiter can hold decimal commas. One
    that writes 1,5 in one place and 1.5 in another could mean either by the point, and is refused.
    """
    if table.delimiter == ",":
        return table
    cells = [
        (line, place, cell.strip()) for line, row in table.rows for place, cell in enumerate(row) if place in numeric
    ]
    comma = next((cell for cell in cells if _COMMA.fullmatch(cell[2])), None)
    if comma is None:
        return table
    point = next((cell for cell in cells if _POINT.fullmatch(cell[2])), None)
    if point is not None:
        raise InputError(
            f"`{point[2]}` has a decimal point where row {comma[0]} has a decimal comma (`{comma[2]}`)",
            file=file,
            row=point[0],
            field=table.header[point[1]] if point[1] < len(table.header) else None,
            allowed="one decimal sign in the whole file",
        )
    return replace(table, rows=[(line, [_pointed(cell) for cell in row]) for line, row in table.rows])


def _pointed(cell: str) -> str:
    """Turn "1.234,5" into "1234.5"; other text stays."""
    return cell.replace(".", "").replace(",", ".") if _COMMA.fullmatch(cell.strip()) else cell
