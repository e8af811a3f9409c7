"""What all sheets share: their names, the head with its live status line, and tables with named columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from specxl.model.cells import Formula, Highlight, Link, Ref, Sheet, resolve
from specxl.model.formulas import literal

if TYPE_CHECKING:
    from specxl.model.cells import Content, Range

SUMMARY, PRICES, EXPLORER, RESULTS, SAME_ENGINE = "Summary", "Prices", "Explorer", "Results", "Same engine"
FLEET, SERVICE_LEVEL = "Fleet", "Service level"
BUDGET, BREAK_EVEN, MARGIN, MOVED = "Budget", "Break-even", "Margin", "How it moved"
MEASUREMENTS, CURVES, WORKINGS, INPUTS = "Measurements", "Curves", "Workings", "Inputs"
CHECKS, ABOUT, CHANGES, PERFORMANCE = "Checks", "About", "Changes", "Performance"
FIXED_NAMES = (
    SUMMARY, CHANGES, PRICES, PERFORMANCE, EXPLORER, MOVED, FLEET, SERVICE_LEVEL, BUDGET, BREAK_EVEN, MARGIN, RESULTS, SAME_ENGINE,
    MEASUREMENTS, CURVES, WORKINGS, INPUTS, CHECKS, ABOUT,
)  # fmt: skip

# Cells that every sheet refers to, whatever the order in which the sheets are laid out.
OVERALL = Ref(CHECKS, 5, 1, fixed=True)
FAILED = Ref(CHECKS, 5, 2, fixed=True)
INPUTS_LINE = Ref(CHECKS, 6, 1, fixed=True)
DATA_LINE, CARD_LINE, TITLE_LINE = (Ref(CHECKS, row, 1, fixed=True) for row in (8, 9, 10))
"""What the release says of itself as text; formulas refer to it, since no text of a user stands in a formula."""
COMMON_TARGET = Ref(SUMMARY, 4, 2, fixed=True)
GROUP_CHOICE = Ref(SUMMARY, 4, 4, fixed=True)
TIER_CHOICE = Ref(SUMMARY, 4, 10, fixed=True)
EMPTY = "(empty)"
HEAD_ROWS = 4
"""Rows of a sheet's head: message, facts, links and checks, a gap."""
MESSAGE_HEIGHT = 24.0
LONGEST_PAGE, ROW_HEIGHT = 660.0, 15.0
"""Points of rows that a landscape page takes before its small type is hard to read; points of a row that nobody set."""


@dataclass(frozen=True, slots=True)
class Release:
    """Facts about this release that every sheet repeats; the title is empty unless the user gave one."""

    title: str
    as_of: str
    attribution: str

    @property
    def shown_title(self) -> str:
        """The user's title, or what every workbook is about."""
        return self.title or "Speculative decoding: cost and throughput at equal speed per user"

    @property
    def dated(self) -> str:
        """How old the data are, in words: "Data as of 2026-06-11", or that nobody knows."""
        return f"Data as of {self.as_of}" if self.as_of[:1].isdigit() else f"Data: {self.as_of}"


# Styles whose cells stand at the right edge: of numbers, and of words beside numbers.
_RIGHT_ALIGNED = frozenset({
    "about", "cost", "cost_page", "date", "figure", "full", "id", "joules", "money", "percent", "percent1", "power", "price",
    "right", "seconds", "speed", "times", "tokens", "tput", "whole",
})  # fmt: skip


def head_style(style: str) -> str:
    """The style of a column's header: aligned as the cells below it."""
    words = set(style.split())
    if _RIGHT_ALIGNED & words:
        return "head right"
    return next((f"head {name}" for name in ("centre", "indent") if name in words), "head")


class TableColumn(NamedTuple):
    """One column of a table: its key, header, width in characters and the style of its cells."""

    key: str
    header: str
    width: float
    style: str


class Columns:
    """The columns of a table from column A on, placed by their keys."""

    def __init__(self, *columns: TableColumn) -> None:
        """Place the columns from left to right."""
        self._columns = columns
        self._places = {column.key: col for col, column in enumerate(columns)}

    def __len__(self) -> int:
        return len(self._columns)

    def __getitem__(self, key: str) -> int:
        """The number of a column."""
        return self._places[key]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys from left to right."""
        return tuple(self._places)

    def width(self, key: str) -> float:
        """The width of a column in characters."""
        return self._columns[self._places[key]].width

    def style(self, key: str) -> str:
        """The style of a column's cells."""
        return self._columns[self._places[key]].style

    def lay_head(self, sheet: Sheet, row: int) -> None:
        """Write the headers and set the widths."""
        for col, column in enumerate(self._columns):
            sheet.put(row, col, column.header, head_style(column.style))
            sheet.widths[col] = column.width

    def put(self, sheet: Sheet, row: int, key: str, content: Content) -> Ref:
        """Place a constant in the column's style."""
        col = self._places[key]
        return sheet.put(row, col, content, self._columns[col].style)

    def formula(self, sheet: Sheet, row: int, key: str, text: str) -> Ref:
        """Place a formula in the column's style."""
        col = self._places[key]
        return sheet.formula(row, col, text, self._columns[col].style)

    def cells(self, sheet: Sheet, row: int) -> dict[str, Ref]:
        """The cells of a row by key."""
        return {key: sheet.ref(row, col) for key, col in self._places.items()}

    def area(self, sheet: Sheet, key: str, first: int, last: int) -> Range:
        """A column's cells from one row to another."""
        return sheet.area(first, self._places[key], last, self._places[key])


def start_sheet(
    name: str, heading: str | None, *, tab: str, subtitle: str | Ref, check_columns: int = 1, titled: bool = False
) -> Sheet:
    """Make a sheet with its head: what it is, the data's date and edited inputs, checks and the way to the Summary.

    Without a `heading` the first row is left to a live message. `subtitle` is words of ours or a cell with those of others;
    `check_columns` is how many columns the state of the checks needs, where the first are narrow; the release's title stands
    before the subtitle where it is `titled`.
    """
    sheet = Sheet(name, tab=tab)
    if heading is not None:
        sheet.put(0, 0, heading, "title")
    sheet.heights[0] = MESSAGE_HEIGHT
    facts = [*([str(TITLE_LINE)] if titled else []), literal(subtitle) if isinstance(subtitle, str) else str(subtitle)]
    sheet.formula(1, 0, facts_line(*facts), "muted")
    sheet.put(2, check_columns, Link(Ref(SUMMARY, 0, 0).link(), SUMMARY), "link")
    lay_checks_line(sheet, 0, check_columns - 1)
    return sheet


def facts_line(*parts: str) -> str:
    """Formula: some facts, each a formula, then the date of the data, and how many inputs differ from the release."""
    return "&".join([*(f'{part}&". "' for part in parts), str(DATA_LINE), '"; "', str(INPUTS_LINE)])


def lay_checks_line(sheet: Sheet, col: int, last_col: int) -> None:
    """Tell the state of all checks in the third row of a sheet, over some columns."""
    text = Formula(resolve(f'"Checks: "&{OVERALL}', sheet.name))
    if last_col > col:
        sheet.wide(2, col, last_col, text, "strong")
    else:
        sheet.put(2, col, text, "strong")
    area = sheet.area(2, col, 2, last_col)
    sheet.highlights += [Highlight(area, f"{FAILED}=0", "good"), Highlight(area, f"{FAILED}>0", "stop")]


def lay_page(sheet: Sheet, last: Ref, head: tuple[int, int]) -> None:
    """Print a sheet down to its last cell: on one page where it can be read there, else on several under its table's head."""
    sheet.print_area = sheet.area(0, 0, last.row, last.col)
    tall = sum(sheet.heights.get(row, ROW_HEIGHT) for row in range(last.row + 1))
    sheet.one_page = tall <= LONGEST_PAGE
    if not sheet.one_page:
        sheet.repeat_rows = head
