"""The tidy table on a sheet of an Excel workbook: below a title or on a sheet behind a cover as well as in its corner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specxl.errors import Notice
from specxl.labels import clean_label
from specxl.sources.bounds import MAX_COLUMNS
from specxl.sources.content import UnrecognisedError
from specxl.sources.record import INTERFACE_VERSION, Reading
from specxl.sources.tidy import (
    COLUMNS,
    NUMERIC_COLUMNS,
    canonical_names,
    cell,
    is_header,
    missing_columns,
    read_table,
)
from specxl.sources.workbooks import FARTHEST_ROW, NO_RESULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.figures import Figure
    from specxl.sources.content import Content

HEADER_ROWS = 50
"""The header is looked for in so many rows."""
BESIDE = 16
"""How many columns right of the header are looked at for cells that have no column name."""

SheetRow = tuple[int, tuple[Any, ...]]


class TidyWorkbook:
    """Reads one sheet of an xlsx file."""

    interface_version = INTERFACE_VERSION
    name = "tidy-xlsx"
    title = "tidy table in an Excel workbook"

    def recognises(self, content: Content) -> bool:
        """By its being a sheet of a workbook, as the container found."""
        return content.workbook is not None

    def read(self, content: Content) -> Reading:
        """Read the sheet's table; rows are numbered as in the sheet. `UnrecognisedError` when it holds none."""
        workbook, sheet = content.workbook, content.sheet
        if workbook is None:
            raise UnrecognisedError("this is no sheet of a workbook", file=content.name)
        head = workbook.rows(sheet, 1, HEADER_ROWS, MAX_COLUMNS)
        found = next((row for row in head if is_header(_names(row))), None)
        if found is None:
            raise _without_table(head, content)
        names = _names(found)
        rows = workbook.rows(sheet, found[0] + 1, FARTHEST_ROW, len(names) + BESIDE)
        table = [(number, _figures(names, cells)) for number, cells in rows]
        filled = [(number, cells) for number, cells in table if any(value not in (None, "") for value in cells)]
        reading = read_table(names, filled, content.name)
        reading.notices += [*_beside(rows, len(names), content.name), *_without_result(rows, content.name)]
        return reading


def _names(row: SheetRow) -> list[str]:
    """Return the canonical names that a row holds as a header, up to its last filled cell."""
    names = canonical_names(["" if value is None else str(value) for value in row[1]])
    while names and not names[-1]:
        names.pop()
    return names


def _figures(names: Sequence[str], cells: Sequence[Any]) -> list[Figure]:
    """Return the cells below the names; only a number column says that its formula has no result."""
    return [
        None if value == NO_RESULT and name not in NUMERIC_COLUMNS else cell(value)
        for name, value in zip(names, cells, strict=False)
    ]


def _without_table(head: Sequence[SheetRow], content: Content) -> UnrecognisedError:
    """Say where the header was looked for, and which row came nearest."""
    places = [(len(set(_names(row)) & set(COLUMNS)), -row[0], row) for row in head]
    known, _, nearest = max(places, default=(0, 0, (0, ())), key=lambda place: place[:2])
    problem = (
        f"no table on sheet `{clean_label(content.sheet, limit=31)}`: looked for its header in rows 1 to {HEADER_ROWS}"
    )
    if known:
        lacking = ", ".join(f"`{name}`" for name in missing_columns(_names(nearest)))
        problem += f"; row {nearest[0]} comes nearest and lacks {lacking}"
    step = "docs/formats.md lists the columns of a tidy table"
    error = UnrecognisedError(problem, file=content.name, next_step=step)
    error.nearness = known / len(COLUMNS)
    return error


def _beside(rows: Sequence[SheetRow], width: int, name: str) -> list[Notice]:
    """Say that cells stand right of the table, in columns without a name."""
    first = next((number for number, cells in rows if any(value is not None for value in cells[width:])), None)
    if first is None:
        return []
    return [
        Notice("columns", "cells right of the table stand in columns without a name and were not read", name, first)
    ]


def _without_result(rows: Sequence[SheetRow], name: str) -> list[Notice]:
    """Say that formulas have no stored result: no spreadsheet program has computed them yet."""
    places = [number for number, cells in rows if NO_RESULT in cells]
    if not places:
        return []
    text = f"formulas without a stored result stand in {len(places)} rows, so those cells are empty here"
    step = "open the workbook in a spreadsheet program and save it"
    return [Notice("formula", f"{text}: {step}", name, places[0])]
