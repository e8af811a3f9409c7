"""The plain sheet model: references, quoting, and the rules of laying cells out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.formula import Tokenizer
from openpyxl.utils import column_index_from_string, get_column_letter

from specxl.errors import LayoutError
from specxl.model.cells import Book, Cell, Formula, Properties, Range, Ref, Sheet, column_name, quote_sheet, resolve

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn")), min_size=1, max_size=31)
LAST_COLUMN = 16_383


@given(column=st.integers(0, LAST_COLUMN))
def test_columns_are_named_as_excel_names_them(column: int) -> None:
    """The letters of every column of the format are those of openpyxl, and lead back to it."""
    assert column_name(column) == get_column_letter(column + 1)
    assert column_index_from_string(column_name(column)) == column + 1


def test_a_reference_knows_its_address() -> None:
    """Addresses are relative unless fixed, and moving keeps the kind."""
    ref = Ref("S", 6, 27)

    assert (ref.address, ref.fix.address) == ("AB7", "$AB$7")
    assert ref.down().address == "AB8"
    assert ref.down(-2).right(3).address == "AE5"
    assert ref.fix.right().address == "$AC$7"
    assert ref.fix.fix == ref.fix != ref


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("B300", "#'B300'!C2"),
        ("It's", "#'It''s'!C2"),
        ("a b", "#'a b'!C2"),
        ("''", "#''''''!C2"),
        ("R1C1", "#'R1C1'!C2"),
    ],
)
def test_a_link_quotes_its_sheet(name: str, link: str) -> None:
    """Sheet names are always quoted, since many read as addresses, and never carry dollar signs in a link."""
    assert Ref(name, 1, 2).link() == Ref(name, 1, 2).fix.link() == link


def test_a_block_knows_its_cells() -> None:
    """Rows, columns and cells of a block are counted from its first cell; its address is absolute."""
    block = Range(Ref("S", 1, 1), Ref("S", 4, 3))

    assert (block.sheet, block.rows, block.columns, block.address) == ("S", 4, 3, "$B$2:$D$5")
    assert block.cell(0) == Ref("S", 1, 1)
    assert block.cell(3, 2) == Ref("S", 4, 3)
    assert block.column(1).address == "$C$2:$C$5"


@settings(max_examples=60)
@given(home=NAMES, other=NAMES, row=st.integers(0, 9_999), col=st.integers(0, 200))
def test_a_formula_names_other_sheets_only(home: str, other: str, row: int, col: int) -> None:
    """Whatever sheets are called, a reference reads as a bare address at home and as a quoted one elsewhere."""
    ref = Ref(other, row, col)
    block = Range(ref, ref.down(2))

    written = resolve(f"SUM({block})+{ref}", home)

    bare = f"SUM({block.address})+{ref.address}"
    quoted = f"SUM({quote_sheet(other)}!{block.address})+{quote_sheet(other)}!{ref.address}"
    assert written == (bare if home == other else quoted)
    ranges = [token.value for token in Tokenizer(f"={written}").items if token.subtype == "RANGE"]
    assert len(ranges) == 2


def test_text_without_references_is_left_alone() -> None:
    """Quotes, exclamation marks and braces of a formula are nobody's business."""
    assert resolve('IF(A1="It\'s {x}!",1,0)', "S") == 'IF(A1="It\'s {x}!",1,0)'


def test_a_cell_is_laid_out_once() -> None:
    """Two blocks that overlap are a mistake, named with the cell."""
    sheet = Sheet("Data")
    sheet.put(0, 1, "x")

    with pytest.raises(LayoutError, match="Data!B1 is laid out twice"):
        sheet.formula(0, 1, "1")


def test_numbers_are_kept_to_fifteen_digits() -> None:
    """A float is rounded once, as every program that saves the file again would; whole numbers and texts are kept."""
    sheet = Sheet("S")
    sheet.row(0, 0, (0.1 + 0.2, 10**17, "0.30000000000000004", None))

    assert [sheet.cells[0, col].content for col in range(4)] == [0.3, 10**17, "0.30000000000000004", None]


def test_a_row_a_wide_cell_and_the_formulas() -> None:
    """A row returns its block, a wide cell merges, and formulas are found with their final text."""
    sheet = Sheet("S")

    block = sheet.row(2, 1, ("a", "b", "c"), "head")
    sheet.wide(4, 0, 6, "running text", "wrap")
    sheet.formula(5, 0, f"{sheet.ref(2, 1)}&{Ref('T', 0, 0, fixed=True)}")

    assert block.address == "$B$3:$D$3"
    assert sheet.cells[2, 3] == Cell("c", "head")
    assert [area.address for area in sheet.merges] == ["$A$5:$G$5"]
    assert list(sheet.formulas()) == [(Ref("S", 5, 0), "B3&'T'!$A$1")]
    assert sheet.cells[5, 0].content == Formula("B3&'T'!$A$1")


def test_a_book_finds_its_sheets() -> None:
    """A sheet is found by its name; another name is an error that says it."""
    book = Book([Sheet("One"), Sheet("Two")], Properties("", "", "", "", "2026-01-01", {}))

    assert book.sheet("Two") is book.sheets[1]
    with pytest.raises(LayoutError, match="no sheet 'Three'"):
        book.sheet("Three")
