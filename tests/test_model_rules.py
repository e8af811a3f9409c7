"""The rules that every formula, text, table and name of the model keeps, whatever the data (no file is written for them)."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

import pytest
from openpyxl.formula.tokenizer import Token
from support.built import built
from support.references import Formula

from specxl.judge.expect import CHECKS
from specxl.model import cells as model
from specxl.model.formulas import ALLOWED_FUNCTIONS
from specxl.sheets.block.columns import GIVEN
from specxl.sheets.block.flags import FLAGS, MARK_BASE, MARKS
from specxl.sheets.frame import (
    ABOUT,
    BREAK_EVEN,
    BUDGET,
    CURVES,
    EXPLORER,
    FIXED_NAMES,
    FLEET,
    MARGIN,
    PERFORMANCE,
    SERVICE_LEVEL,
    SUMMARY,
    WORKINGS,
)
from specxl.sheets.frame import CHECKS as CHECKS_SHEET
from specxl.sheets.pair.evidence import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.model.cells import Range, Sheet
    from specxl.sheets.book import Layout

BOOKS = ("default", "mixed")
LONGEST_FORMULA, LONGEST_LITERAL, DEEPEST = 8192, 255, 64
LONGEST_TEXT = 1_000  # of one cell, but for the manifest
NUMBERS = {
    **{str(number): "a code, a place in a list, decimals, a count of order, a factor of the method's cubic" for number in range(13)},
    "0.5": "the power of a square root, and nothing else",
    "100": "per cent",
    "0.01": "below it a figure has more decimals",
    "0.995": "rounds to 1.0: two significant digits",
    "9.95": "rounds to 10: two significant digits",
    "23": "where a name that is too long for its column still has a character",
    "999": "all characters that follow: more than all flags together have",
    "99.5": "rounds to 100: two significant digits",
    **{str(MARK_BASE**digit): "the place of a mark among the digits of one number" for digit in range(len(MARKS) + 1)},
}  # fmt: skip
"""Numbers that any formula may hold, and why; everything else stands in a labelled cell."""
ON_SHEETS = {
    SUMMARY: {str(number) for number in range(13, len(FLAGS) + 1)},  # the places of the caveats
    WORKINGS: {
        str(number) for number in range(13, max(MOST_ROWS, len(FLAGS)) + 1)
    },  # those, and of the list of evidence
    CURVES: {"1E-9"},  # how far a live number may be from the one that was built
}
AS_BUILT = (CURVES, CHECKS_SHEET)
"""Sheets whose checks hold whole numbers of the build: how many rows there are, which measurement a knot names."""
_QUOTED = re.compile(r'"[^"]*"|\'(?:[^\']|\'\')*\'')
_BARE_SHEET = re.compile(r"\w!\$?[A-Z]")


@pytest.fixture(params=BOOKS)
def layout(request: pytest.FixtureRequest) -> Layout:
    """Return the model of a workbook."""
    return built(request.param).layout


@cache
def written(name: str) -> list[Formula]:
    """Return every formula of a model that is no copy of another one in its column."""
    found = {}
    for sheet in built(name).layout.book.sheets:
        for (row, col), cell in sheet.cells.items():
            if isinstance(cell.content, model.Formula):
                key = (sheet.name, col, cell.content.source)
                found.setdefault(key, Formula(sheet.name, model.address(row, col), f"={cell.content.text(row)}"))
    return list(found.values())


@pytest.fixture(params=BOOKS)
def formulas(request: pytest.FixtureRequest) -> list[Formula]:
    """Return every formula of a model."""
    return written(request.param)


# --- formulas ---------------------------------------------------------------------------------------------------------


def test_functions_are_those_of_the_list(formulas: list[Formula]) -> None:
    """Only functions of the one list are called; none needs a prefix, none is volatile."""
    assert {name for formula in formulas for name in formula.functions} <= ALLOWED_FUNCTIONS


def test_the_list_of_functions_has_no_more_than_is_used() -> None:
    """Each function of the list is called somewhere, so that the list says what the workbook needs."""
    assert {name for book in BOOKS for formula in written(book) for name in formula.functions} == ALLOWED_FUNCTIONS


def test_formulas_keep_within_excel_s_limits(formulas: list[Formula]) -> None:
    """Length, nesting, and each literal."""
    assert max(len(formula.text) for formula in formulas) <= LONGEST_FORMULA
    assert max(formula.depth for formula in formulas) <= DEEPEST
    assert max(len(literal) for formula in formulas for literal in formula.literals) <= LONGEST_LITERAL


def numbers(formula: Formula) -> Iterator[str]:
    """Yield every number that stands in a formula."""
    yield from (token.value for token in formula.tokens if (token.type, token.subtype) == (Token.OPERAND, Token.NUMBER))


@pytest.mark.parametrize("book", BOOKS)
def test_numbers_in_formulas_are_those_of_the_list(book: str) -> None:
    """Prices, thresholds and constants stand in labelled cells; formulas hold only what the list justifies."""
    sums = {f"{number}" for number in built(book).layout.plan.curves.sample_sums}  # the samples as they were built
    strange = defaultdict(set)
    for formula in written(book):
        for number in numbers(formula):
            counts = formula.sheet in AS_BUILT and number.isdigit()
            built_sum = formula.sheet == CHECKS_SHEET and number in sums
            if not (number in NUMBERS or number in ON_SHEETS.get(formula.sheet, ()) or counts or built_sum):
                strange[formula.sheet, number].add(formula.address)
    assert dict(strange) == {}


def test_the_only_power_is_a_square_root(formulas: list[Formula]) -> None:
    """Other powers are products; 0.5 stands nowhere else."""
    powers = halves = 0
    for formula in formulas:
        for token, following in zip(formula.tokens, formula.tokens[1:], strict=False):
            if token.value == "^":
                powers += 1
                assert following.value == "0.5", formula
        halves += sum(number == "0.5" for number in numbers(formula))
    assert powers == halves > 0


def test_references_name_cells_of_sheets_that_exist(formulas: list[Formula], layout: Layout) -> None:
    """No name, no whole column, no other file; every sheet's name is quoted."""
    areas = [area for formula in formulas for area in formula.areas]  # raises where one is no plain reference
    assert len(areas) > 5_000
    assert not [f for f in formulas if _BARE_SHEET.search(_QUOTED.sub(lambda m: "'" * ("!" in m[0]), f.text))]
    assert not [f for f in formulas if "[" in _QUOTED.sub("", f.text)]
    _ = layout


@pytest.mark.parametrize("book", BOOKS)
def test_sheets_that_formulas_name_exist(book: str) -> None:
    """A formula refers to the sheets of its own workbook."""
    names = {sheet.name for sheet in built(book).layout.book.sheets}
    assert {area.sheet for formula in written(book) for area in formula.areas} <= names


# Blocks whose rows are read across from rows of other blocks, so that no one form fits all of them.
TURNED = {
    "answer": "a read is a row of Workings and a column of the sheet",
    "combinations": "reads every fourth row of the blocks behind Results",
    "fleet-shown": "a line shows other columns of one row of Workings",
    "level-slots": "each kind of deployment looks at its own measurements",
}
_LINK = re.compile(r"=('(?:[^']|'')+'!)?\$?[A-Z]+\$?\d+$")


def test_each_column_of_a_block_has_one_form(layout: Layout) -> None:
    """In R1C1 the formulas of a column are one, as if filled down; a mere link may lead anywhere, a given column is given."""
    sheets = {sheet.name: sheet for sheet in layout.book.sheets}
    given = {column.key for column in GIVEN}
    forms = defaultdict(set)
    for anchor in layout.plan.anchors:
        if anchor.kind not in CHECKS or anchor.kind in TURNED:
            continue
        for row in anchor.cells():
            for key, ref in row.items():
                cell = sheets[ref.sheet].cells.get((ref.row, ref.col))
                if cell is not None and isinstance(cell.content, model.Formula) and key not in given:
                    found = Formula(ref.sheet, ref.address, f"={cell.content.text(ref.row)}")
                    forms[anchor, key].add("link" if _LINK.match(found.text) else found.shape)
    assert len(forms) > 1_000
    assert {(a.kind, a.owner, a.tag, key): found for (a, key), found in forms.items() if len(found) > 1} == {}


# --- inputs and protection --------------------------------------------------------------------------------------------


def test_unlocked_cells_are_the_register_and_the_lines_to_sign(layout: Layout) -> None:
    """Whatever can be edited stands on the Inputs sheet with its release value, but for the empty lines to sign on."""
    free = {
        (sheet.name, *place)
        for sheet in layout.book.sheets
        for place, cell in sheet.cells.items()
        if "input" in cell.style.split()
    }
    registered = {(item.ref.sheet, item.ref.row, item.ref.col) for item in layout.plan.register.items}
    to_sign = free - registered
    assert registered <= free
    assert {sheet for sheet, _, _ in to_sign} == {ABOUT}
    assert {layout.book.sheet(ABOUT).cells[row, col].content for _, row, col in to_sign} == {None}
    assert len(registered) == len(layout.plan.register.items)


def test_each_input_has_one_rule_with_a_prompt_that_fits(layout: Layout) -> None:
    """One validation for each input; lists are ranges of distinct texts, the released one among them."""
    for sheet in layout.book.sheets:
        rules = {rule.ref: rule for rule in sheet.validations}
        assert len(rules) == len(sheet.validations) == len(sheet.inputs)
        for item in sheet.inputs:
            rule = rules[item.ref]
            assert 0 < len(rule.title) <= 32
            assert 0 < len(rule.message) <= 255
            if rule.choices is not None:
                texts = list(_texts(layout, rule.choices))
                assert item.released in texts
                assert len({text.casefold() for text in texts}) == len(texts) > 1
                assert max(map(len, texts)) <= 255


def _texts(layout: Layout, area: Range) -> Iterator[str]:
    sheet = layout.book.sheet(area.sheet)
    for at in range(area.rows):
        ref = area.cell(at)
        content = sheet.cells[ref.row, ref.col].content
        assert isinstance(content, str)
        yield content


def test_a_released_value_stands_on_the_inputs_sheet(layout: Layout) -> None:
    """Beside each input's line its release value is a constant that nobody can edit."""
    for item in layout.plan.register.items:
        held = item.released_ref
        cell = layout.book.sheet(held.sheet).cells[held.row, held.col]
        assert cell.content == ("(empty)" if item.released is None else item.released)
        assert "input" not in cell.style.split()


# --- names, tables, texts ---------------------------------------------------------------------------------------------


def test_sheets_stand_in_order_under_names_that_excel_takes(layout: Layout) -> None:
    """31 characters, none of those that are forbidden, two words or a fixed name, unique in any case, never an address."""
    names = [sheet.name for sheet in layout.book.sheets]
    pairs = [pair.sheet.name for pair in layout.pairs]
    fixed = [name for name in FIXED_NAMES if name in names]
    assert names == [*fixed[:2], *pairs, *fixed[2:]]
    assert len({name.casefold() for name in names}) == len(names)
    assert "history" not in {name.casefold() for name in names}
    for name in pairs:
        assert len(name.encode("utf-16-le")) // 2 <= 31
        assert " " in name
        assert not set(name) & set("[]:*?/\\!|")
        assert name.strip("' ") == name


def test_tables_are_tables(layout: Layout) -> None:
    """Distinct header texts in one row, rows below it, no merged cell inside, no other table in it, a name and a title."""
    tables = [(sheet, table) for sheet in layout.book.sheets for table in sheet.tables]
    assert {sheet.name for sheet, _ in tables} >= {"Results", "Measurements"}
    assert len({table.name.casefold() for _, table in tables}) == len(tables)
    for sheet, table in tables:
        top, left, bottom, right = table.area.corners
        headers = [sheet.cells[top, col].content for col in range(left, right + 1)]
        assert all(isinstance(header, str) and header.strip() for header in headers)
        assert len({str(header).casefold() for header in headers}) == len(headers)
        assert bottom > top
        assert re.fullmatch(r"[A-Za-z]\w{2,}", table.name)
        assert table.title
        assert not [area for area in sheet.merges if _meet(area, table.area)]
        assert not [other for other in sheet.tables if other is not table and _meet(other.area, table.area)]


def _meet(a: Range, b: Range) -> bool:
    top, left, bottom, right = a.corners
    other_top, other_left, other_bottom, other_right = b.corners
    return top <= other_bottom and other_top <= bottom and left <= other_right and other_left <= right


def test_merged_cells_cover_nothing_and_do_not_meet(layout: Layout) -> None:
    """Only the first cell of a merged range holds anything, and no two ranges share a cell."""
    for sheet in layout.book.sheets:
        for number, area in enumerate(sheet.merges):
            assert not [other for other in sheet.merges[number + 1 :] if _meet(area, other)], sheet.name
            top, left, bottom, right = area.corners
            inside = [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)][1:]
            assert [place for place in inside if place in sheet.cells and sheet.cells[place].content is not None] == []


def test_texts_are_short(layout: Layout) -> None:
    """No constant text is longer than a few lines, and each is one line of characters that print."""
    for sheet in layout.book.sheets:
        for cell in sheet.cells.values():
            if isinstance(cell.content, str):
                assert len(cell.content) <= LONGEST_TEXT
                assert "\n" not in cell.content
                assert cell.content == cell.content.strip() or cell.content.startswith("  "), cell.content


def test_charts_say_what_they_are(layout: Layout) -> None:
    """Every chart has an alt text, axis titles and series whose ranges are as long as each other."""
    charts = [(sheet, chart) for sheet in layout.book.sheets for chart in sheet.charts]
    assert len(charts) == 2 * len(layout.pairs) + 9
    for _, chart in charts:
        assert 80 < len(chart.alt_text) < 600
        assert chart.x_title
        assert chart.y_title
        assert {series.x.rows for series in chart.series if series.x.rows != series.y.rows} == set()


def _used(sheet: Sheet) -> tuple[int, int]:
    ends = [*sheet.cells, *((area.last.row, area.last.col) for area in sheet.merges)]
    return max(row for row, _ in ends), max(col for _, col in ends)


def test_what_is_printed_is_laid_out(layout: Layout) -> None:
    """Print areas begin at A1 and end inside of what the sheet holds; sheets without one print whole, under repeated heads."""
    printed = {sheet.name: sheet.print_area for sheet in layout.book.sheets if sheet.print_area}
    plans = {FLEET, SERVICE_LEVEL, BUDGET, BREAK_EVEN, MARGIN, PERFORMANCE, EXPLORER}
    assert set(printed) == {SUMMARY, ABOUT, *plans, *(pair.sheet.name for pair in layout.pairs)}
    for name, area in printed.items():
        last_row, last_col = _used(layout.book.sheet(name))
        top, left, bottom, right = area.corners
        assert (top, left) == (0, 0)
        charts = [chart.at.row + chart.height // 20 + 1 for chart in layout.book.sheet(name).charts]
        assert 0 < bottom <= max(last_row + 1, *charts, 0)
        assert 0 < right <= max(last_col, right if layout.book.sheet(name).charts else 0)
    for sheet in layout.book.sheets:
        if sheet.tables and sheet.name != SUMMARY:
            head = sheet.tables[0].area.first.row
            assert sheet.repeat_rows == (head, head)
