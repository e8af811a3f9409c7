"""What is seen before anybody scrolls, on a screen of 1366 x 768: the answer, not the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.built import built
from support.layouts import layout_of
from support.screen import WINDOW, chart_box, height, in_view, lower_edge, right_edge, text_width, width
from support.shapes import FALLING, STEEP, both

from specxl.model.cells import Formula
from specxl.sheets.frame import COMMON_TARGET, GROUP_CHOICE, TIER_CHOICE

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House
    from specxl.model.cells import Ref, Sheet
    from specxl.sheets.anchors import Anchor
    from specxl.sheets.book import Layout

ROWS = 12
LAST_ROW = 24  # of a pair sheet's first screen, as people count
SMALLEST_CHART = (600, 320)
PROMISED = ("b_cost", "a_cost", "saving", "verdict", "certainty")
PAGE = (784.0, 530.0)
"""Points of a landscape A4 page inside of our margins, across and down."""
SMALLEST_PRINT, FONT = 8, 10


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, house: House) -> Layout:
    """Lay out a workbook of more comparisons than the first screen holds."""
    rows = [
        row
        for model in ("dsr1", "glm5", "A model of a very long name")
        for precision in ("fp4", "fp8", "int4")
        for workload in ("1k/1k", "8k/1k")
        for row in both(FALLING, STEEP, model=model, precision=precision, workload=workload)
    ]
    return layout_of(rows, tmp_path_factory.mktemp("many"), house)


@pytest.fixture(params=["default", "many", pytest.param("benchmarks", marks=pytest.mark.slow)])
def layout(request: pytest.FixtureRequest) -> Layout:
    """Return the model of the published points, of many comparisons, and of the shared answer."""
    if request.param == "benchmarks":
        shared: Path = request.getfixturevalue("shared")
        return built("benchmarks", shared).layout
    if request.param == "many":
        found: Layout = request.getfixturevalue("many")
        return found
    return built("default").layout


def table(layout: Layout) -> Anchor:
    """The anchor of the Summary's table."""
    return next(anchor for anchor in layout.plan.anchors if anchor.kind == "table")


def words(layout: Layout, name: str) -> dict[str, str]:
    """The words of a template's table, by key."""
    file, _, part = name.partition(".")
    found: dict[str, str] = layout.plan.house.texts[file][part]
    return found


def shows(sheet: Sheet, row: int, col: int, text: str) -> bool:
    """Whether a cell holds a text, or a formula that shows it."""
    content = sheet.cells[row, col].content
    return f'"{text}"' in content.source if isinstance(content, Formula) else content == text


# --- Summary ----------------------------------------------------------------------------------------------------------


def test_the_summary_s_answer_is_in_view(layout: Layout) -> None:
    """Message, controls and, for at least 12 comparisons, both costs, saving, verdict and certainty, under these words."""
    sheet, anchor = layout.book.sheets[0], table(layout)
    assert in_view(sheet, 0, 0)
    for control in (COMMON_TARGET, GROUP_CHOICE, TIER_CHOICE):
        assert in_view(sheet, control.row, control.col)
        assert (control.row, control.col) in sheet.cells
    last = anchor.first.row + ROWS - 1
    for key in PROMISED:
        assert in_view(sheet, last, anchor.first.col + anchor.keys.index(key)), key
    assert in_view(sheet, last, anchor.first.col + len(anchor.keys) - 1), "the whole table is as wide as the window"
    head = anchor.first.row - 1
    for key in ("saving", "verdict", "certainty"):
        assert shows(sheet, head, anchor.first.col + anchor.keys.index(key), words(layout, "summary.table")[key])


def test_the_table_shows_at_least_twelve_rows(many: Layout) -> None:
    """Where there are more comparisons than fit, the first twelve are in view."""
    rows = list(table(many).cells())
    assert len(rows) > ROWS
    seen = [row for row in rows if in_view(many.book.sheets[0], row["certainty"].row, row["certainty"].col)]
    assert len(seen) >= ROWS


def test_the_heads_of_the_table_fit(layout: Layout) -> None:
    """Each word of a head fits its column, and all of them fit the lines that the head's row has."""
    sheet, anchor = layout.book.sheets[0], table(layout)
    head = anchor.first.row - 1
    lines = int(height(sheet, head) // 17)
    for col, key in enumerate(anchor.keys, start=anchor.first.col):
        text = words(layout, "summary.table").get(key, "").replace("{side}", "MTP").replace("{unit}", "USD/M")
        assert all(text_width(word, 10) <= width(sheet, col) for word in text.split()), key
        assert text_width(text, 10) <= lines * width(sheet, col), key


def test_the_words_of_the_table_fit(layout: Layout) -> None:
    """Certainties fit their column in one line: a text beside a filled cell would be cut."""
    sheet, anchor = layout.book.sheets[0], table(layout)
    texts = {"certainty": layout.plan.house.texts["labels"]["certainties"]}
    for key, listed in texts.items():
        longest = max(listed, key=len)
        assert text_width(longest, 10) <= width(sheet, anchor.first.col + anchor.keys.index(key)), longest


# --- pair sheets ------------------------------------------------------------------------------------------------------


def line(layout: Layout, name: str, tag: str, number: int) -> Ref:
    """The first cell of a row of the answer."""
    anchor = next(a for a in layout.plan.anchors if (a.kind, a.owner, a.tag) == ("answer", name, tag))
    return list(anchor.cells())[number][anchor.keys[0]]


def labelled(layout: Layout, sheet: Sheet, key: str) -> int:
    """The row whose label is a word of the template, or begins with it."""
    text = words(layout, "pair.lines")[key]
    rows = [row for (row, col) in sheet.cells if col == 0 and shows(sheet, row, 0, text)]
    assert rows, text
    return min(rows)


def test_a_pair_s_answer_is_in_view(layout: Layout) -> None:
    """Rows 1 to 24 are in view with all four reads: costs, saving, throughputs, verdict and certainty, under these words."""
    for pair in layout.pairs:
        sheet = pair.sheet
        assert lower_edge(sheet, LAST_ROW - 1) <= WINDOW[1]
        saving, verdict = (labelled(layout, sheet, key) for key in ("saving", "verdict"))
        promised = [line(layout, sheet.name, tag, number) for tag in ("cost", "y") for number in (0, 1)]
        assert {saving, verdict, labelled(layout, sheet, "certainty"), *(ref.row for ref in promised)} <= set(
            range(LAST_ROW)
        )
        assert line(layout, sheet.name, "cost", 2).row == saving
        for ref in (*pair.chosen.controls.targets, pair.chosen.controls.metric, promised[0].right(3)):
            assert in_view(sheet, ref.row, ref.col)
        for read in range(4):
            assert (verdict, 1 + read) in sheet.cells


def test_a_pair_s_chart_is_in_view(layout: Layout) -> None:
    """The whole large chart, at least 600 x 320 pixels, stands beside the answer and covers none of it."""
    for pair in layout.pairs:
        large = pair.sheet.charts[0]
        left, top, right, bottom = chart_box(pair.sheet, large)
        assert (large.width, large.height) >= SMALLEST_CHART
        assert large.height >= SMALLEST_CHART[1]
        assert right <= WINDOW[0]
        assert bottom <= WINDOW[1]
        assert left >= right_edge(pair.sheet, line(layout, pair.sheet.name, "cost", 0).right(3).col)
        assert top >= lower_edge(pair.sheet, 2)
        covered = [
            sheet_place
            for sheet_place, cell in pair.sheet.cells.items()
            if cell.content is not None
            and sheet_place[1] >= large.at.col
            and large.at.row <= sheet_place[0] < large.at.row + large.height // 20
        ]
        assert covered == []


def test_a_pair_prints_on_one_page() -> None:
    """Printed on one landscape page, the text of the published pages' sheets is at least 8 points high."""
    for pair in built("default").layout.pairs:
        area = pair.sheet.print_area
        assert area is not None
        assert pair.sheet.one_page
        assert pair.sheet.landscape
        across, down = right_edge(pair.sheet, area.last.col) * 0.75, lower_edge(pair.sheet, area.last.row) * 0.75
        scale = min(1.0, PAGE[0] / across, PAGE[1] / down)
        assert round(scale * FONT, 1) >= SMALLEST_PRINT, pair.sheet.name


# --- the measure itself -----------------------------------------------------------------------------------------------


def test_the_measure_is_the_program_s(many: Layout) -> None:
    """A column of 8.43 characters is 64 pixels, a row of 15 points 20; what moves out of view is noticed."""
    sheet = many.book.sheets[0]
    assert (width(sheet, 500), height(sheet, 5_000)) == (64, 20)
    anchor = table(many)
    place = (anchor.first.row + ROWS - 1, anchor.first.col + anchor.keys.index("certainty"))
    before = sheet.widths[1], sheet.heights.get(0)
    sheet.widths[1] += 40
    assert not in_view(sheet, *place)
    sheet.widths[1] = before[0]
    sheet.heights[0] = 400.0
    assert not in_view(sheet, *place)
    sheet.heights[0] = before[1] or 15.0
    assert in_view(sheet, *place)
