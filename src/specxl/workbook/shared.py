"""Formulas that are copied down a column -> one text and marks that point to it, as spreadsheet programs store copies.

A formula of which any part is in doubt keeps its own text: the file grows by it, and nobody can misread it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from specxl.model.cells import Formula, address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Cell

Place = tuple[int, int]

# What keeps a formula from being shared. A reference to another sheet: Excel's own shared formulas have none ([MS-XLSB]
# 2.5.98.98), it does not move the rows of one that it is given, and other readers lose the sheet. Arrays, tables, and areas
# whose ends are computed: the same rule. Whole rows: they move along, and look like numbers.
_ALONE = re.compile(r"[{\[#]|\):|:[A-Za-z]+\(|:\d|(?<![A-Za-z$\d])\d+:")
# A text stays as it is; of a reference to a cell the row is taken, unless a dollar sign holds it. What stands around it is
# looked at as well, so that neither a function (`LOG10(`) nor a number (`1E5`) is taken for a reference.
_ROW = re.compile(r'("[^"]*")|(?<![\w.$])(\$?[A-Za-z]{1,3})([1-9][0-9]{0,6})(?![\w.(])')
# The same with rows that a dollar sign holds, and with the sheet that a reference names, which may look like a reference.
_ANY_ROW = re.compile(r"""("[^"]*"|'[^']*')|(?<![\w.$])(\$?[A-Za-z]{1,3})\$?([1-9][0-9]{0,6})(?![\w.(!])""")
_NEAR = 400
"""Rows: a reference to a cell no further off is taken to move along with its formula, any other to stay."""
_SHORTEST = 16
"""A text of fewer characters than these is no longer than the mark that would stand for it."""


def _relative(text: str, row: int) -> str:
    """A formula as it reads from its own row: two in one column are copies of each other where these are the same."""

    def seen(found: re.Match[str]) -> str:
        literal, column, number = found.groups()
        # the brackets stand in no formula that is shared, so that no text reads like a relative row
        return literal or f"{column}[{int(number) - row}]"

    return _ROW.sub(seen, text)


def _may_be_shared(text: str) -> bool:
    return len(text) >= _SHORTEST and "!" not in text and not _ALONE.search(text)


def in_common(text: str, row: int) -> str:
    """What a formula has in common with its copies in the same column; empty if any part of it is in doubt.

    Blocks of one kind stand far apart, and what their formulas refer to stands near them or is the same for all. Which rows
    move along is a guess that costs nothing: whatever is guessed, two formulas of which this is the same mean the same, each
    in its place.
    """
    if _ALONE.search(text):
        return ""

    def seen(found: re.Match[str]) -> str:
        literal, column, number = found.groups()
        off = 0 if literal else int(number) - row
        # the brackets stand in no formula that is shared, so that no text reads like a relative row
        return literal or (f"{column}[{off}]" if -_NEAR <= off <= _NEAR else f"{column}${number}")

    return _ANY_ROW.sub(seen, text)


def to_copy(text: str, row: int) -> str:
    """The same formula with dollar signs before those rows that do not move along, and before no others."""

    def marked(found: re.Match[str]) -> str:
        literal, column, number = found.groups()
        return literal or f"{column}{'' if abs(int(number) - row) <= _NEAR else '$'}{number}"

    return _ANY_ROW.sub(marked, text)


def _keys(cells: Mapping[Place, Cell]) -> dict[Place, str]:
    """What all copies of a formula in a column have in common, by place, for formulas that may be shared."""
    keys: dict[Place, str] = {}
    judged: dict[str, bool] = {}  # by pattern, since its copies differ in nothing that is looked for
    for place, cell in cells.items():
        content = cell.content
        if type(content) is not Formula:
            continue
        source = content.source
        if not content.pattern:
            if _may_be_shared(source):
                keys[place] = _relative(source, place[0])
        elif judged[source] if source in judged else judged.setdefault(source, _may_be_shared(content.text(place[0]))):
            keys[place] = source
    return keys


def shared_elements(cells: Mapping[Place, Cell]) -> dict[Place, str]:
    """The element of every formula of a sheet that is shared: with the text in the first cell of a run, without it below.

    A run is without a gap and in one column, so that the area of the first is all of it and nothing else: some readers
    count the rows of a copy from the corner of that area, others take its cells for copies.
    """
    keys = _keys(cells)
    elements: dict[Place, str] = {}
    number = 0
    for (row, col), key in keys.items():
        if keys.get((row - 1, col)) == key:
            continue
        last = row
        while keys.get((last + 1, col)) == key:
            last += 1
        if last == row or not _alike(cells, (row, col), (last, col)):
            continue
        text = escape(_text(cells, (row, col)))
        elements[row, col] = f'<f t="shared" ref="{address(row, col)}:{address(last, col)}" si="{number}">{text}</f>'
        elements |= dict.fromkeys(
            ((below, col) for below in range(row + 1, last + 1)), f'<f t="shared" si="{number}"/>'
        )
        number += 1
    return elements


def _text(cells: Mapping[Place, Cell], place: Place) -> str:
    content = cells[place].content
    return content.text(place[0]) if isinstance(content, Formula) else ""


def _alike(cells: Mapping[Place, Cell], first: Place, last: Place) -> bool:
    """Whether the ends of a run are copies of each other.

    Those of a pattern are, unless it names a row that neither moves along nor is held by a dollar sign: seen from two rows
    that is two things, and seen from any row between them as well.
    """
    return _relative(_text(cells, first), first[0]) == _relative(_text(cells, last), last[0])
