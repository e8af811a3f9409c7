"""Shared formulas: what is written reads in every cell as the model has it, and what is in doubt is not shared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator
from support.books import small_book
from support.parts import sheet_parts, written_out
from support.repack import cell_xml, edit_sheet

from specxl.errors import WorkbookFileError
from specxl.model.cells import Cell, Formula, address, in_row
from specxl.returned import verify_file
from specxl.sheets.frame import WORKINGS
from specxl.workbook.shared import in_common, shared_elements, to_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

Place = tuple[int, int]
FIRST = (8, 2)  # C9
# Pieces of formulas: what moves, what is held, and what only looks as if it moved.
PIECES = (
    "A9", "$B9", "C$9", "$D$9", "AA12", "SUM(A9:B10)", "MAX($A$9:$A$99)", "LOG10(A9)", "ATAN2(A9,B9)", "1E5", "2.5E-9",
    "12", '"A9 to B10"', '"said ""A9"" twice"', "COUNT(A:A)", "TRUE", "ROUND(C8/7,9)", "B1048570", "A1",
)  # fmt: skip


def column(texts: Sequence[str], first: Place = FIRST) -> dict[Place, Cell]:
    """Return a column of formulas."""
    return {(first[0] + at, first[1]): Cell(Formula(text), "") for at, text in enumerate(texts)}


def filled(text: str, count: int, first: Place = FIRST) -> list[str]:
    """Return a formula and its copies below, as another library fills it down."""
    origin = Translator(f"={text}", origin=address(*first))
    return [origin.translate_formula(address(first[0] + at, first[1]))[1:] for at in range(count)]


def read(cells: Mapping[Place, Cell]) -> dict[Place, str]:
    """Return the formula of every cell as another library reads it, from what is written of it."""
    elements = shared_elements(cells)
    origins: dict[str, Translator] = {}
    found: dict[Place, str] = {}
    for place in sorted(cells):
        if place not in elements:
            found[place] = cells[place].content.text(place[0])  # type: ignore[union-attr]
            continue
        element = ET.fromstring(elements[place])  # noqa: S314 - our own
        if element.text:
            origins[element.attrib["si"]] = Translator(f"={element.text}", origin=address(*place))
        found[place] = origins[element.attrib["si"]].translate_formula(address(*place))[1:]
    return found


def texts_of(cells: Mapping[Place, Cell]) -> dict[Place, str]:
    """Return the formula of every cell as the model has it."""
    return {place: cell.content.text(place[0]) for place, cell in cells.items()}  # type: ignore[union-attr]


def test_copies_down_a_column_are_written_once() -> None:
    """The first cell has the text and the area of all, those below point to it, and a gap begins anew."""
    texts = filled('IF(A9<B9,"a & b",$D$1)', 6)
    cells = column(texts)
    del cells[12, 2]

    assert shared_elements(cells) == {
        (8, 2): '<f t="shared" ref="C9:C12" si="0">IF(A9&lt;B9,"a &amp; b",$D$1)</f>',
        **dict.fromkeys([(9, 2), (10, 2), (11, 2)], '<f t="shared" si="0"/>'),
    }
    assert shared_elements({**cells, **column(filled("SUM(A1:B1)/$D$1/12", 2, (0, 5)), (0, 5))})[1, 5] == (
        '<f t="shared" si="1"/>'
    )


@settings(derandomize=True, max_examples=150)
@given(st.lists(st.sampled_from(PIECES), min_size=2, max_size=5), st.integers(2, 6), st.integers(0, 5))
def test_a_copy_reads_as_another_library_fills_it_down(pieces: list[str], count: int, changed: int) -> None:
    """Whatever a formula is made of, its copies are shared and read as they were; one that differs is not among them."""
    texts = filled("+".join([*pieces, "SUM(B9:$C$99)"]), count)

    assert len(shared_elements(column(texts))) == count
    assert read(column(texts)) == texts_of(column(texts))
    if changed < count:
        texts[changed] += "+A1"
        assert read(column(texts)) == texts_of(column(texts))
        assert FIRST[0] + changed not in {row for row, _ in shared_elements(column(texts))}


@settings(derandomize=True, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(PIECES)), min_size=2, max_size=12))
def test_any_column_reads_as_the_model_has_it(pairs: list[tuple[str, str]]) -> None:
    """Formulas below each other that are no copies, though they look like it, keep what they say."""
    cells = column([f"SUM({one},{other},$A$1,$B$2)" for one, other in pairs])

    assert read(cells) == texts_of(cells)


@pytest.mark.parametrize(
    "text",
    [
        "'Other sheet'!$A$1+SUM(A9:B9)",
        "Other!A9+SUM($A$1:B9)",
        "SUM(INDEX($A$1:$A$9,B9):C9)",
        "SUM(A9:INDEX($A$1:$A$9,B9))",
        "SUM(A9:B9)*MAX({1,2,3})",
        "SUM(Table[Cost])+MAX(A9:B9)",
        "A9+B9",
    ],
    ids=["another sheet", "no quotes", "computed start", "computed end", "array", "table", "shorter than a mark"],
)
def test_what_is_in_doubt_keeps_its_text(text: str) -> None:
    """Nothing is shared that Excel's own shared formulas never hold, or that would not become shorter."""
    assert shared_elements(column(filled(text, 4))) == {}


@pytest.mark.parametrize("text", ["SUM(9:9)+SUM($A$1:$B$9)", "SUM(9:$11)+SUM($A$1:$B$9)", "SUM($9:12)+SUM($A$1:$B$9)"])
def test_whole_rows_are_not_shared(text: str) -> None:
    """A row without a dollar sign moves along in a copy: the same text in two cells is no copy."""
    assert shared_elements(column([text] * 3)) == {}


def test_copies_of_a_pattern_are_shared_by_their_pattern() -> None:
    """A pattern's copies are shared; one that names a row which neither moves nor is held is not, and keeps its texts."""

    def laid(pattern: str) -> dict[Place, Cell]:
        return {(row, 2): Cell(Formula(pattern, pattern=True), "") for row in range(8, 12)}

    good, stray = laid(f"SUM({in_row(0)}:${in_row(1, -1)})/$D$7/100"), laid(f"SUM({in_row(0)}:${in_row(1)})/$D7/100")

    assert len(shared_elements(good)) == 4
    assert read(good) == texts_of(good)
    assert shared_elements(stray) == {}


# --- in a workbook that comes back ------------------------------------------------------------------------------------


def group(xml: str, least: int = 3) -> tuple[list[str], str, str]:
    """Return the cells of a group of shared formulas, its number, and the element of the first."""
    for element, column_of, first, last, number in re.findall(
        r'(<f t="shared" ref="([A-Z]+)(\d+):\2(\d+)" si="(\d+)">[^<]*</f>)', xml
    ):
        if int(last) - int(first) >= least:
            return [f"{column_of}{row}" for row in range(int(first), int(last) + 1)], number, element
    raise AssertionError("no group is as large")


def in_cell(xml: str, cell: str, old: str, new: str) -> str:
    """Return a sheet's XML with text exchanged in one cell."""
    found = cell_xml(xml, cell)
    assert old in found
    return xml.replace(found, found.replace(old, new))


def tampered(tmp_path: Path, change: Callable[[str], str]) -> Path:
    """Return a copy of a small workbook with the XML of Workings changed."""
    assert WORKINGS in sheet_parts(small_book())
    return edit_sheet(small_book(), tmp_path / "tampered.xlsx", WORKINGS, change)


def test_a_changed_first_formula_is_found_in_every_cell(tmp_path: Path) -> None:
    """The text that all cells of a group share is changed: each of them is named."""
    cells: list[str] = []

    def change(xml: str) -> str:
        found, _, element = group(xml)
        cells.extend(found)
        return xml.replace(element, element.replace("</f>", "+0</f>"))

    report = verify_file(tampered(tmp_path, change))

    assert report.outcome == "altered"
    assert sorted(cell for found in report.differences for cell in found.cells) == sorted(cells)


def test_a_copy_with_its_own_text_is_no_change(tmp_path: Path) -> None:
    """A program may write a copy out again, which leaves a gap in the area: each cell still has its formula."""

    def change(xml: str) -> str:
        cell = group(xml)[0][1]
        return xml.replace(cell_xml(xml, cell), cell_xml(written_out(xml), cell))

    assert verify_file(tampered(tmp_path, change)).outcome == "unchanged"


def _another_number(xml: str) -> str:
    cells, number, _ = group(xml)
    other = re.search(r'<f t="shared" ref="[^"]*" si="((?!' + number + r'")\d+)"', xml)
    assert other
    last = xml.index(other[0])
    assert last > xml.index(f'"{cells[0]}"')
    return in_cell(xml, cells[-1], f'si="{number}"', f'si="{other[1]}"')


def _no_such_number(xml: str) -> str:
    cells, number, _ = group(xml)
    return in_cell(xml, cells[1], f'si="{number}"', 'si="99999"')


def _area(change: Callable[[list[str]], str]) -> Callable[[str], str]:
    def changed(xml: str) -> str:
        cells, _, element = group(xml)
        return xml.replace(element, re.sub(r' ref="[^"]*"', change(cells), element))

    return changed


TAMPERED: dict[str, tuple[Callable[[str], str], str]] = {
    "another group's number": (_another_number, "two ways"),
    "a number of no group": (_no_such_number, "two ways"),
    "a shorter area": (_area(lambda cells: f' ref="{cells[0]}:{cells[-2]}"'), "shared by the cells .* alone"),
    "an area elsewhere": (_area(lambda _: ' ref="A1:A2"'), "shared by the cells A1:A2 alone"),
    "no area": (_area(lambda _: ""), "no cell of a sheet"),
    "an area that is none": (_area(lambda _: ' ref="A0:B"'), "no cell of a sheet"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_group_that_programs_read_differently_is_refused(case: str, tmp_path: Path) -> None:
    """A copy that points nowhere, to another formula, or out of its area has a formula in one program and none in another."""
    change, message = TAMPERED[case]

    with pytest.raises(WorkbookFileError, match=message):
        verify_file(tampered(tmp_path, change))


def test_a_larger_area_is_no_change(tmp_path: Path) -> None:
    """Excel leaves the area as it was when cells of it are cleared; the cells that share the formula say so themselves."""
    wider = _area(lambda cells: f' ref="{re.sub("[0-9]", "", cells[0])}1:{cells[-1]}"')

    assert verify_file(tampered(tmp_path, wider)).outcome == "unchanged"


# --- formulas of like blocks, for the engine --------------------------------------------------------------------------

PARTS = (
    "A{near}", "$B${near}", "SUM($A${near}:B{near})", "MAX($C$7:C{near})", "$D$9", "'Prices'!$F$15", "'B300 x'!B{near}",
    "INDEX('It''s A1'!$A$3:$C$9,A{near},1)", '"A9 said ""B{near}"""', "LOG10(A{near})", "1E5", "$AA{near}", "12", "A4000", "$E5000",
)  # fmt: skip


@given(
    parts=st.lists(st.sampled_from(PARTS), min_size=1, max_size=6),
    offsets=st.lists(st.integers(-500, 500), min_size=6, max_size=6),
    row=st.integers(600, 3_000),
    down=st.integers(1, 900),
)
def test_what_is_in_common_means_the_same(parts: list[str], offsets: list[int], row: int, down: int) -> None:
    """Two formulas with the same in common: the marked text of one, filled down to the other, is the other but for dollars."""
    texts = [
        "+".join(part.replace("{near}", str(at + 1 + off)) for part, off in zip(parts, offsets, strict=False))
        for at in (row, row + down)
    ]

    marked = to_copy(texts[0], row)
    assert marked.replace("$", "") == texts[0].replace("$", "")
    moved = Translator(f"={marked}", origin=f"C{row + 1}").translate_formula(f"C{row + down + 1}")[1:]
    alike = in_common(texts[0], row) == in_common(texts[1], row + down)
    assert alike == (moved.replace("$", "") == texts[1].replace("$", ""))


@pytest.mark.parametrize("text", ["SUM(5:7)", "SUM({1,2})", "Table[Column]", "A1:INDEX(B:B,3)", "#REF!+1"])
def test_what_is_in_doubt_has_nothing_in_common(text: str) -> None:
    """Whole rows, arrays, tables, computed ends and errors are parsed each for itself."""
    assert in_common(text, 8) == ""
