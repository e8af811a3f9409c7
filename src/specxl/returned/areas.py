"""Addresses and areas as a file states them: never expanded, because one may cover a whole sheet."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from specxl.labels import clean_label
from specxl.model.cells import address
from specxl.returned.parts import refuse

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

Place = tuple[int, int]

ROWS, COLUMNS = 1_048_576, 16_384
SMALL = 1_000
_LARGE_AREAS = 200
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})", re.ASCII)


class Area(NamedTuple):
    """First row and column, last row and column, from zero."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> int:
        """The number of cells."""
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)

    @property
    def first(self) -> Place:
        """The cell at the top left."""
        return self.top, self.left

    def holds(self, place: Place) -> bool:
        """Whether a cell lies within."""
        return self.top <= place[0] <= self.bottom and self.left <= place[1] <= self.right

    def __str__(self) -> str:
        first = address(*self.first)
        return first if self.size == 1 else f"{first}:{address(self.bottom, self.right)}"


@lru_cache(maxsize=COLUMNS)
def column_number(letters: str) -> int:
    """The number of a column from zero: "C" -> 2."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def place_of(text: str, where: str) -> Place:
    """Row and column of an address from zero.

    Raises:
        WorkbookFileError: it is no address, or lies beyond the rows and columns that a sheet has.
    """
    match = _CELL.fullmatch(text)
    row, column = (int(match[2]) - 1, column_number(match[1])) if match else (ROWS, COLUMNS)
    if row >= ROWS or column >= COLUMNS:
        refuse(where, f"it names {clean_label(text, limit=40)!r}, which is no cell of a sheet")
    return row, column


def area_of(text: str, where: str) -> Area:
    """The area of a text such as "A1:C7" or "A1".

    Raises:
        WorkbookFileError: it is none.
    """
    first, colon, last = text.partition(":")
    top, left = place_of(first, where)
    bottom, right = place_of(last, where) if colon else (top, left)
    return Area(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


class Finder:
    """Which filled cells of a sheet lie within areas, without ever walking over an area that is larger than the sheet."""

    def __init__(self, cells: Iterable[Place], where: str) -> None:
        self._cells = cells if isinstance(cells, (dict, set, frozenset)) else set(cells)
        self._where, self._large = where, 0

    def within(self, area: Area) -> Iterator[Place]:
        """The filled cells of an area.

        Raises:
            WorkbookFileError: the sheet states more large areas than any program lays.
        """
        if area.size == 1:
            return iter([area.first] if area.first in self._cells else [])
        if area.size <= SMALL:
            rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
            return ((row, col) for row in rows for col in columns if (row, col) in self._cells)
        self._large += 1
        if self._large > _LARGE_AREAS:
            refuse(self._where, f"it states more than {_LARGE_AREAS} areas of more than {SMALL} cells")
        return (place for place in self._cells if area.holds(place))


def covers(areas: Iterable[Area], place: Place, singles: Container[Place] = frozenset()) -> bool:
    """Whether a cell lies in one of the areas, or is one of the single cells."""
    return place in singles or any(area.holds(place) for area in areas)
