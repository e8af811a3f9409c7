"""What all sheets share: their names, the head with its live status line, inputs and where the status is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from specxl.model.cells import Highlight, Input, Link, Ref, Sheet, Validation

if TYPE_CHECKING:
    from specxl.model.cells import Content, Range

SUMMARY, ASSUMPTIONS, RESULTS, SAME_ENGINE = "Summary", "Assumptions", "Results", "Same engine"
MEASUREMENTS, CURVES, CHECKS, ABOUT = "Measurements", "Curves", "Checks", "About"
FIXED_NAMES = (SUMMARY, ASSUMPTIONS, RESULTS, SAME_ENGINE, MEASUREMENTS, CURVES, CHECKS, ABOUT)

# Cells that every sheet refers to, whatever the order in which the sheets are laid out.
OVERALL = Ref(CHECKS, 5, 1, fixed=True)
INPUTS_LINE = Ref(CHECKS, 6, 1, fixed=True)
COMMON_TARGET = Ref(SUMMARY, 5, 2, fixed=True)
ALL_PASSED = "all passed"
EMPTY = "(empty)"


@dataclass(frozen=True, slots=True)
class Release:
    """Facts about this release that every sheet repeats."""

    title: str
    as_of: str
    attribution: str


# Styles whose cells stand at the right edge: of numbers, and of words beside numbers.
_RIGHT_ALIGNED = frozenset({
    "about", "cost", "cost_page", "date", "full", "id", "percent", "percent1", "power", "price", "right", "seconds",
    "speed", "times", "tput", "whole",
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


def start_sheet(name: str, heading: str, release: Release, *, tab: str, subtitle: str = "") -> Sheet:
    """Make a sheet with its head: title, checks, edited inputs, the data's date and the way back to the Summary."""
    sheet = Sheet(name, tab=tab)
    sheet.put(0, 0, heading, "title")
    sheet.put(1, 0, subtitle or release.title, "muted")
    sheet.formula(2, 0, f'"Checks: "&{OVERALL}', "strong")
    status = sheet.area(2, 0, 2, 0)
    sheet.highlights.append(Highlight(status, f"Checks: {ALL_PASSED}", "good", whole=True))
    sheet.highlights.append(Highlight(status, "Checks: failed", "stop"))
    sheet.formula(3, 0, f'{INPUTS_LINE}&"; data as of {release.as_of}"', "muted")
    if name != SUMMARY:
        sheet.put(2, 4, Link(Ref(SUMMARY, 0, 0).link(), "Back to Summary"), "link")
    return sheet


def put_input(
    sheet: Sheet,
    at: tuple[int, int],
    released_at: tuple[int, int],
    value: str | float | None,
    label: str,
    *,
    style: str,
    choices: Range | None = None,
    message: str = "",
) -> Ref:
    """Place an input with its release value locked beside it and one validation rule; register it for the edit count.

    `message` is the prompt (at most 255 characters) and must stay true whatever is edited. A number's rule only warns: the
    status formulas catch what pasting brings past it.
    """
    ref = sheet.put(*at, value, f"{style} input")
    released = sheet.put(*released_at, EMPTY if value is None else value, f"{style} released")
    sheet.inputs.append(Input(ref, label, value, released, choices))
    words = isinstance(value, str) and choices is None
    sheet.validations.append(
        Validation(ref, label[:32], message[:255], choices=choices, stop=choices is not None, text=words)
    )
    return ref
