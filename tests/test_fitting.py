"""Every text that people read fits its cell, as the workbook opens and after edits; rows are no higher than they need; print is legible.

Two workbooks: the published points, and the shared answer of the API. What a reader types into an input is his own.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

import pytest
from support.built import Built, built
from support.desk import place
from support.engine import Book
from support.fitting import Fit, text_pixels
from support.screen import lower_edge, right_edge

from specxl.model.cells import Formula, Link, Ref, address
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.frame import (
    ABOUT,
    BREAK_EVEN,
    BUDGET,
    CHECKS,
    COMMON_TARGET,
    CURVES,
    FLEET,
    MARGIN,
    PERFORMANCE,
    PRICES,
    RESULTS,
    SERVICE_LEVEL,
    SUMMARY,
    TIER_CHOICE,
    WORKINGS,
)
from specxl.sheets.pair.selection import choice_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support import Cell, Value

    from specxl.model.cells import Sheet

pytestmark = pytest.mark.slow
READ = (SUMMARY, PERFORMANCE, PRICES, FLEET, SERVICE_LEVEL, BUDGET, BREAK_EVEN, MARGIN, CHECKS, ABOUT)
NOT_FOR_PRINT = (CURVES, WORKINGS, RESULTS)
SMALLEST_TYPE, FEW_EMPTY = 7.5, 1
PAGE = {True: (784.0, 530.0), False: (537.0, 777.0)}
"""Points of a landscape and of an upright A4 page inside of our margins, across and down."""
SPEEDS: tuple[Value, ...] = (1, 30, 33.12, 100.5, 150, 200, 99_999, None, "", "fast", -3, True)


class Opened:
    """A workbook in the engine, and its sheets that people read."""

    def __init__(self, made: Built) -> None:
        self.layout, self.book = made.layout, Book(made.path)
        names = {*READ, *(pair.sheet.name for pair in self.layout.pairs)}
        self.fits = [Fit(s, self.layout.plan.house.theme) for s in self.layout.book.sheets if s.name in names]
        self.names = self.layout.plan.context

    def values(self, sheet: Sheet) -> dict[tuple[int, int], Value]:
        """What every cell of a sheet shows now, but for what a reader typed."""
        found: dict[tuple[int, int], Value] = {}
        for at, cell in sheet.cells.items():
            content = cell.content
            if isinstance(content, Link):
                found[at] = content.text
            elif isinstance(content, Formula):
                found[at] = self.book.value((sheet.name, address(*at)))
            elif "input" not in cell.style.split() or self.book.value((sheet.name, address(*at))) == content:
                found[at] = content
        return found

    def faults(self) -> list[str]:
        """Every text of these sheets that does not fit now."""
        return [fault for fit in self.fits for fault in fit.faults(self.values(fit.sheet))]

    def edits(self) -> Iterator[tuple[str, dict[Cell, Value]]]:
        """Yield the edit matrix: speeds, combinations, engines, metrics, price and token bases, a currency, bad input."""
        labels = self.layout.plan.house.texts["labels"]
        pairs = self.layout.pairs
        targets = [place(ref) for pair in pairs for ref in pair.chosen.controls.targets] + [place(COMMON_TARGET)]
        for speed in SPEEDS:
            yield f"speed {speed!r}", dict.fromkeys(targets, speed)
        chosen = {
            "combination": lambda pair: choice_labels(pair.pair, self.layout.plan)[0],
            "engine": lambda pair: choice_labels(pair.pair, self.layout.plan)[1],
            "metric": lambda _: [metric["name"] for metric in labels["metrics"].values()],
        }
        for control, choices in chosen.items():
            offered = [
                [(place(cell), choice) for choice in choices(pair)]
                for pair in pairs
                if (cell := getattr(pair.chosen.controls, control)) in self.inputs
            ]
            for step in zip_longest(*offered):
                yield f"{control}", dict(filter(None, step))
        basis = next(item.ref for item in self.layout.plan.register.items if item.released == labels["bases"]["total"])
        for key in TOKEN_BASES:
            yield f"basis {key}", {place(basis): labels["bases"][key]}
        for key in (*TIERS, ""):
            yield f"tier {key}", {place(TIER_CHOICE): labels["tiers"].get(key, "none of these")}
        factor = next(item.ref for item in self.layout.plan.register.items if item.label.startswith("One US dollar"))
        yield "in yen", {place(factor): 151.2, place(factor._replace(row=factor.row - 1)): "JPY"}
        yield "no money", {place(factor): "n/a"}

    @property
    def inputs(self) -> set[Ref]:
        """Every cell that can be edited."""
        return {item.ref for item in self.layout.plan.register.items}


@pytest.fixture(scope="module", params=["default", "benchmarks"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """Return each workbook in turn."""
    if request.param == "benchmarks":
        shared: Path = request.getfixturevalue("shared")
        return Opened(built("benchmarks", shared))
    return Opened(built("default"))


# --- fit --------------------------------------------------------------------------------------------------------------


def test_every_text_fits_as_the_workbook_opens(opened: Opened) -> None:
    """No text is cut, none runs into what stands beside it or under a chart, no wrapped text lacks a line."""
    opened.book.reset()
    assert opened.faults() == []
    assert sum(len(fit.sheet.cells) for fit in opened.fits) > 2_000


def test_every_text_fits_after_edits(opened: Opened) -> None:
    """So it is at every kind of speed, in every combination, engine, metric, price and token basis, and after bad input."""
    found: dict[str, str] = {}
    released = {place(item.ref): item.released for item in opened.layout.plan.register.items}
    before: dict[Cell, Value] = {}
    for name, edit in opened.edits():
        opened.book.edit(before | edit)  # takes the last edit back and makes the next one at once
        before = {cell: released[cell] for cell in edit}
        found |= dict.fromkeys(opened.faults(), name)
    opened.book.reset()
    assert found == {}


def test_rows_are_no_higher_than_they_need(opened: Opened) -> None:
    """As the workbook opens no row leaves more than one line empty."""
    opened.book.reset()
    loose = [
        f"{fit.sheet.name} row {row + 1}: {lines}"
        for fit in opened.fits
        for row, lines in fit.empty_lines(opened.values(fit.sheet)).items()
        if lines > FEW_EMPTY
    ]
    assert loose == []


def test_what_does_not_fit_is_seen(opened: Opened) -> None:
    """Each kind of fault is reported: a narrower column, a lower row, a taken neighbour, a row that is too high."""
    opened.book.reset()
    summary = next(fit.sheet for fit in opened.fits if fit.sheet.name == SUMMARY)
    values, theme = opened.values(summary), opened.layout.plan.house.theme
    whole = summary.widths[12], summary.heights[7]
    assert list(Fit(summary, theme).faults(values)) == []
    summary.widths[12] = 8.0
    assert any(" M" in fault for fault in Fit(summary, theme).faults(values))
    summary.widths[12], summary.heights[7] = whole[0], 12.0
    assert any("8: " in fault for fault in Fit(summary, theme).faults(values))
    summary.heights[7] = 80.0
    assert max(Fit(summary, theme).empty_lines(values).values()) > FEW_EMPTY
    summary.heights[7] = whole[1]
    summary.put(0, 1, "in the way")
    assert any(f"{SUMMARY} A1" in fault for fault in Fit(summary, theme).faults(values))
    del summary.cells[0, 1]


def test_the_measure_is_that_of_the_font() -> None:
    """Digits of Calibri at 11 points are 7 pixels wide, which column widths are counted in; bold is wider."""
    assert text_pixels("0", 11) == pytest.approx(7.43, abs=0.01)
    assert text_pixels("interpolated", 10, bold=True) > text_pixels("interpolated", 10) > 60


# --- print ------------------------------------------------------------------------------------------------------------


def printed_size(sheet: Sheet, sizes: Mapping[str, float]) -> float:
    """The smallest type of a sheet on paper, in points."""
    used = [size for cell in sheet.cells.values() if cell.content is not None for size in [smallest(cell.style, sizes)]]
    last_row, last_col = max(row for row, _ in sheet.cells), max(col for _, col in sheet.cells)
    if sheet.print_area:
        last_row, last_col = sheet.print_area.last.row, sheet.print_area.last.col
    across, down = PAGE[sheet.landscape]
    scale = min(1.0, across / (0.75 * right_edge(sheet, last_col)))
    if sheet.one_page:
        scale = min(scale, down / (0.75 * lower_edge(sheet, last_row)))
    return min(used) * (sheet.print_scale / 100 or scale)


def smallest(style: str, sizes: Mapping[str, float]) -> float:
    """The size of a style's type."""
    return next((sizes[name] for name in reversed(style.split()) if name in sizes), sizes[""])


def test_print_can_be_read(opened: Opened) -> None:
    """On paper the smallest type of every sheet but the three of workings is at least 7.5 points high."""
    theme = opened.layout.plan.house.theme
    sizes = {name: style["font_size"] for name, style in theme["styles"].items() if "font_size" in style}
    sizes[""] = theme["page"]["size"]
    printed = {s.name: printed_size(s, sizes) for s in opened.layout.book.sheets if s.name not in NOT_FOR_PRINT}
    assert {name: round(size, 2) for name, size in printed.items() if size < SMALLEST_TYPE} == {}
    assert len(printed) > 8


# --- links ------------------------------------------------------------------------------------------------------------


def test_every_row_of_the_summary_leads_to_its_own(opened: Opened) -> None:
    """The link of a row stands for the line of its sheet that shows the same precision and workload at the same speed."""
    plan, book = opened.layout.plan, opened.book.reset()
    ranking = next(anchor for anchor in plan.anchors if anchor.kind == "ranking")
    columns = {key: book.value(place(ref)) for key, ref in next(iter(ranking.cells())).items()}
    assert columns["number"] == 1
    links = {value for value in _constants(opened, WORKINGS) if value.startswith("#'")}
    for pair in opened.layout.pairs:
        for number, cell in pair.combinations.items():
            comparison = plan.catalogue.comparisons[number - 1]
            assert comparison.number == number
            assert pair.sheet.cells[cell.row, cell.col].content == comparison.label
            assert cell.link() in links
    table = next(anchor for anchor in plan.anchors if anchor.kind == "table")
    for row in table.cells():
        content = opened.layout.book.sheet(SUMMARY).cells[row["hardware"].row, row["hardware"].col].content
        assert isinstance(content, Formula)
        assert content.text(row["hardware"].row).startswith("HYPERLINK(")


def _constants(opened: Opened, name: str) -> Iterator[str]:
    for cell in opened.layout.book.sheet(name).cells.values():
        if isinstance(cell.content, str):
            yield cell.content


def test_every_price_leads_to_its_row(opened: Opened) -> None:
    """Every pair sheet's line about its price has a link to the price in force of that hardware; the Summary has one too."""
    prices = opened.layout.plan.prices
    for pair in opened.layout.pairs:
        targets = {cell.content.target for cell in pair.sheet.cells.values() if isinstance(cell.content, Link)}
        assert prices.hardware[pair.pair.hardware].price.link() in targets
    cells = opened.layout.book.sheet(SUMMARY).cells.values()
    assert Ref(PRICES, 0, 0).link() in {cell.content.target for cell in cells if isinstance(cell.content, Link)}


def test_a_failed_check_is_led_to(opened: Opened) -> None:
    """Checks leads to its first failed line, each line to its sheet, and every sheet that people read to Checks."""
    sheet = opened.layout.book.sheet(CHECKS)
    formulas = [cell.content.source for cell in sheet.cells.values() if isinstance(cell.content, Formula)]
    [lead] = [text for text in formulas if "HYPERLINK(" in text]
    assert f"\"#'{CHECKS}'!A\"&" in lead
    linked = {cell.content.target for cell in sheet.cells.values() if isinstance(cell.content, Link)}
    assert {Ref(check.sheet, 0, 0).link() for check in opened.layout.plan.checks} <= linked
    for name in (SUMMARY, *(pair.sheet.name for pair in opened.layout.pairs)):
        cells = opened.layout.book.sheet(name).cells.values()
        assert Ref(CHECKS, 0, 0).link() in {cell.content.target for cell in cells if isinstance(cell.content, Link)}
