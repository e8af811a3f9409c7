"""The plain sheet model: cells, formulas, charts and references as values, without any spreadsheet library.

Rows and columns count from zero. A reference renders into formula text with its sheet's name between two marks, and
`resolve` turns the marks into a quoted sheet name, or into nothing on the sheet itself: so a builder never asks on which
sheet a formula will stand, and quoting has one owner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from specxl.errors import LayoutError
from specxl.schema import round15

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKED = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")
# Stand for the number of a row above, of the own row and of a row below in a pattern.
_ABOVE, _OWN, _BELOW = "\ue010", "\ue011", "\ue012"


@cache
def column_name(column: int) -> str:
    """Return the letters of a zero-based column: 0 -> "A", 26 -> "AA"."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """Return the address of a cell: 6, 2 -> "C7"."""
    return f"{column_name(column)}{row + 1}"


def quote_sheet(name: str) -> str:
    """Quote a sheet name for a formula; always quoted, since B300 or GB200 would read as a cell address."""
    return "'" + name.replace("'", "''") + "'"


class Ref(NamedTuple):
    """One cell; formatting it into a formula gives its address, relative unless `fixed`."""

    sheet: str
    row: int
    col: int
    fixed: bool = False

    @property
    def fix(self) -> Ref:
        """The same cell with an absolute address."""
        return Ref(self.sheet, self.row, self.col, fixed=True)

    @property
    def address(self) -> str:
        """The address without the sheet, "C7" or "$C$7"."""
        mark = "$" if self.fixed else ""
        return f"{mark}{column_name(self.col)}{mark}{self.row + 1}"

    def down(self, rows: int = 1) -> Ref:
        """The cell `rows` below."""
        return Ref(self.sheet, self.row + rows, self.col, self.fixed)

    def right(self, columns: int = 1) -> Ref:
        """The cell `columns` to the right."""
        return Ref(self.sheet, self.row, self.col + columns, self.fixed)

    def link(self) -> str:
        """The location text of an internal link to this cell."""
        return f"#{quote_sheet(self.sheet)}!{self._replace(fixed=False).address}"

    def __str__(self) -> str:
        return f"{_OPEN}{self.sheet}{_CLOSE}{self.address}"


@dataclass(frozen=True, slots=True)
class Range:
    """A block of cells, always with absolute addresses."""

    first: Ref
    last: Ref

    @property
    def sheet(self) -> str:
        """The sheet's name."""
        return self.first.sheet

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.last.row - self.first.row + 1

    @property
    def columns(self) -> int:
        """The number of columns."""
        return self.last.col - self.first.col + 1

    @property
    def address(self) -> str:
        """The address without the sheet."""
        return f"{self.first.fix.address}:{self.last.fix.address}"

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """First row, first column, last row, last column."""
        return self.first.row, self.first.col, self.last.row, self.last.col

    def cell(self, row: int, column: int = 0) -> Ref:
        """The cell at an offset from the first."""
        return self.first.down(row).right(column)

    def column(self, column: int) -> Range:
        """One column of the block."""
        return Range(self.cell(0, column), self.cell(self.rows - 1, column))

    def __str__(self) -> str:
        return f"{_OPEN}{self.sheet}{_CLOSE}{self.address}"


def resolve(text: str, sheet: str) -> str:
    """Replace the sheet marks of a formula that stands on `sheet`."""
    own = text.replace(f"{_OPEN}{sheet}{_CLOSE}", "")
    return _MARKED.sub(_qualified, own) if _OPEN in own else own


@cache
def _qualifier(sheet: str) -> str:
    return quote_sheet(sheet) + "!"


def _qualified(match: re.Match[str]) -> str:
    return _qualifier(match[1])


def in_row(column: int, offset: Literal[-1, 0, 1] = 0) -> str:
    """The address in a pattern of a column's cell in the row that the pattern is copied to, or in the next to it."""
    return column_name(column) + (_OWN, _BELOW, _ABOVE)[offset]


def copied(pattern: str, row: int) -> str:
    """The text of a pattern in a row."""
    text = pattern.replace(_OWN, str(row + 1))
    if _ABOVE in text or _BELOW in text:
        text = text.replace(_ABOVE, str(row)).replace(_BELOW, str(row + 2))
    return text


class Formula(NamedTuple):
    """A formula on its sheet, without the equals sign.

    `source` is its final text; or a pattern, of which each row that holds it has a copy, as if filled down. So all copies are
    one object: a large workbook is mostly copies.
    """

    source: str
    pattern: bool = False

    def text(self, row: int) -> str:
        """The final text in a row."""
        return copied(self.source, row) if self.pattern else self.source


@dataclass(frozen=True, slots=True)
class Link:
    """A fixed link: `target` is https or "#'Sheet'!A1"; `text` is what the cell shows."""

    target: str
    text: str


Content = str | int | float | Formula | Link | None
Value = str | int | float | bool | None


class Cell(NamedTuple):
    """What a cell holds and the name of its style."""

    content: Content
    style: str


@dataclass(frozen=True, slots=True)
class Input:
    """A cell that the user may edit, its release value and the cell that shows that value.

    `most` is the largest usable number. A `share` is a number from 0 to 1; any other number is above zero.
    """

    ref: Ref
    label: str
    released: Value
    released_ref: Ref
    choices: Range | None = None
    most: float | None = None
    share: bool = False


@dataclass(frozen=True, slots=True)
class Validation:
    """The one validation rule of an input cell: a list of choices, a short text, a share, or a number above zero."""

    ref: Ref
    title: str
    message: str
    choices: Range | None = None
    stop: bool = False
    text: bool = False
    share: bool = False


@dataclass(frozen=True, slots=True)
class Highlight:
    """A style for the cells of an area in which a formula holds (conditional formatting, always beside words).

    `when` is written for the first cell of the area, as a spreadsheet program fills it down and across. It follows codes,
    never the words of a cell, so that words can be changed.
    """

    area: Range
    when: str
    style: str


@dataclass(frozen=True, slots=True)
class DataBar:
    """Bars in the cells of an area in a colour of the theme, in proportion up to `longest`; an empty cell has none."""

    area: Range
    colour: str
    longest: float = 1


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a chart; the name is a cell, so it follows edits. `labelled` puts its values beside its marks."""

    name: Ref
    x: Range
    y: Range
    look: str
    labelled: str = ""
    """Number format of the labels; empty for none."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart: scatter with straight segments, or clustered bars. `unlisted` series have no entry in the legend.

    `x_span` is where the horizontal axis of a scatter chart begins and ends, 0 and as far as it takes without one; its numbers
    look like `x_format` then, as dates do.
    """

    kind: Literal["scatter", "bar"]
    at: Ref
    width: int
    height: int
    series: tuple[Series, ...]
    x_title: str
    y_title: str
    alt_text: str
    name: str
    log: bool = False
    unlisted: tuple[int, ...] = ()
    number_format: str = "General"
    x_span: tuple[float, float] | None = None
    x_format: str = ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """An Excel table over constants (filters, banded rows); the header cells hold the column names."""

    area: Range
    name: str
    title: str


@dataclass
class Sheet:
    """One sheet under construction: the cells by (row, column), and what belongs to the sheet as a whole."""

    name: str
    tab: str = "neutral"
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    merges: list[Range] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    highlights: list[Highlight] = field(default_factory=list)
    bars: list[DataBar] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[TableSpec] = field(default_factory=list)
    freeze: tuple[int, int] = (0, 0)
    repeat_rows: tuple[int, int] | None = None
    print_area: Range | None = None
    landscape: bool = True
    one_page: bool = False
    print_scale: int = 0
    """Per cent; 0 fits the width of the sheet to the page."""
    repeat_columns: tuple[int, int] | None = None
    _patterns: dict[tuple[str, str], Cell] = field(default_factory=dict, repr=False, compare=False)

    def ref(self, row: int, col: int) -> Ref:
        """The reference of a cell of this sheet."""
        return Ref(self.name, row, col)

    def area(self, row: int, col: int, last_row: int, last_col: int) -> Range:
        """The reference of a block of this sheet."""
        return Range(self.ref(row, col), self.ref(last_row, last_col))

    def put(self, row: int, col: int, content: Content, style: str = "text") -> Ref:
        """Place a cell.

        Raises:
            LayoutError: the cell is taken; two blocks overlap.
        """
        # no program that saves the file again changes a number of 15 digits, so that its digest holds
        return self._place(row, col, Cell(round15(content) if type(content) is float else content, style))

    def _place(self, row: int, col: int, cell: Cell) -> Ref:
        if (row, col) in self.cells:
            msg = f"{self.name}!{column_name(col)}{row + 1} is laid out twice"
            raise LayoutError(msg)
        self.cells[row, col] = cell
        return self.ref(row, col)

    def formula(self, row: int, col: int, text: str, style: str = "text") -> Ref:
        """Place a formula, given without the equals sign."""
        return self.put(row, col, Formula(resolve(text, self.name)), style)

    def copy(self, row: int, col: int, pattern: str, style: str = "text") -> Ref:
        """Place a copy of a pattern, whose addresses are fixed, of this sheet or its own (`in_row`)."""
        kept = self._patterns.get((pattern, style))
        if kept is None:
            kept = self._patterns[pattern, style] = Cell(Formula(pattern, pattern=True), style)
        return self._place(row, col, kept)

    def row(self, row: int, col: int, contents: Sequence[Content], style: str = "text") -> Range:
        """Place a row of cells of one style."""
        for offset, content in enumerate(contents):
            self.put(row, col + offset, content, style)
        return self.area(row, col, row, col + len(contents) - 1)

    def wide(self, row: int, col: int, last_col: int, content: Content, style: str = "text") -> Ref:
        """Place one cell merged over columns `col` to `last_col`, for running text outside of tables."""
        ref = self.put(row, col, content, style)
        self.merges.append(self.area(row, col, row, last_col))
        return ref

    def formulas(self) -> Iterator[tuple[Ref, str]]:
        """Every formula cell with its final text."""
        for (row, col), cell in self.cells.items():
            if isinstance(cell.content, Formula):
                yield self.ref(row, col), cell.content.text(row)


@dataclass(frozen=True)
class Properties:
    """Document properties: nothing in them depends on when or where the file was made."""

    title: str
    subject: str
    comments: str
    keywords: str
    created: str
    custom: Mapping[str, str]


@dataclass
class Book:
    """The workbook model: sheets in order, and the document properties."""

    sheets: list[Sheet]
    properties: Properties
    footer: str = ""

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name.

        Raises:
            LayoutError: there is none.
        """
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        msg = f"no sheet {name!r}"
        raise LayoutError(msg)
