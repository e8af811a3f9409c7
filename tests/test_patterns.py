"""Formulas that are copied down a column: each copy is what a spreadsheet's own filling down would make."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import references
from support.layouts import materials
from support.tables import pair_rows, write_table

import specxl
from specxl.evaluate import Engine
from specxl.model.cells import Book, Formula, Ref, Sheet, copied, in_row
from specxl.model.manifest import digest_sheet
from specxl.reading.dataset import load
from specxl.sheets.book import build_book
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.evaluate import Values
    from specxl.house import House


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory, house: House) -> Book:
    """Return the model of a workbook with one pair, its points off the frontier and two engines among it."""
    rows = [row for engine in ("vllm", "sglang") for row in pair_rows(engine=engine)]
    beaten = [row | {"total_tok_s_gpu": row["total_tok_s_gpu"] / 2, "concurrency": 99} for row in pair_rows()[:1]]
    table = write_table(tmp_path_factory.mktemp("patterns") / "table.csv", [*rows, *beaten])
    gathered = materials(load([table], house), house, specxl.BuildOptions(rates="2026-04"))
    assert any(curve.off_frontier for curve in gathered.catalogue.curves)
    return build_book(gathered).book


def without_patterns(book: Book) -> Book:
    """Return the same book with every formula on its own."""
    sheets = []
    for sheet in book.sheets:
        cells = {
            place: cell._replace(content=Formula(cell.content.text(place[0])))
            if isinstance(cell.content, Formula)
            else cell
            for place, cell in sheet.cells.items()
        }
        sheets.append(replace(sheet, cells=cells))
    return replace(book, sheets=sheets)


def evaluated(book: Book, path: Path) -> Values:
    """Return what the engine makes of a book."""
    write_plain(book, path)
    return Engine(path, book).values()


@settings(derandomize=True)
@given(row=st.integers(1, 1_048_574), column=st.integers(0, 16_383), offset=st.sampled_from((-1, 0, 1)))
def test_an_address_in_a_pattern_follows_the_row(row: int, column: int, offset: int) -> None:
    """Own row, row above and row below stay where they are relative to the copy; other text is untouched."""
    text = copied(f"SUM({in_row(column, offset)},$B$7)", row)  # type: ignore[arg-type]

    assert text == f"SUM({Ref('S', row + offset, column).address},$B$7)"


def test_a_copy_is_a_formula_with_its_pattern() -> None:
    """The cell has the text for its row, and all copies of a pattern in a style are one object."""
    sheet = Sheet("S")

    ref = sheet.copy(4, 2, f"{in_row(0)}+{in_row(1, -1)}", "full")

    assert ref == Ref("S", 4, 2)
    cell = sheet.cells[4, 2]
    assert isinstance(cell.content, Formula)
    assert (cell.content.text(4), cell.style) == ("A5+B4", "full")
    sheet.copy(9, 3, f"{in_row(0)}+{in_row(1, -1)}", "full")
    assert sheet.cells[9, 3] is cell
    assert list(sheet.formulas()) == [(Ref("S", 4, 2), "A5+B4"), (Ref("S", 9, 3), "A10+B9")]


def test_all_copies_of_a_pattern_have_one_shape(book: Book) -> None:
    """In R1C1 form the formulas of a pattern in a column are one: a context without a fixed address would break that."""
    shapes: dict[tuple[str, int, str], set[str]] = defaultdict(set)
    for sheet in book.sheets:
        for (row, col), cell in sheet.cells.items():
            if isinstance(cell.content, Formula) and cell.content.pattern:
                found = references.Formula(sheet.name, Ref("", row, col).address, f"={cell.content.text(row)}")
                shapes[sheet.name, col, cell.content.source].add(found.shape)

    assert len(shapes) > 300
    assert {key: found for key, found in shapes.items() if len(found) > 1} == {}


def test_the_engine_computes_a_shared_copy_as_it_would_the_formula(book: Book, tmp_path: Path) -> None:
    """The engine's file shares the text of the first copy with the others; every value is the same without that."""
    shared, alone = (evaluated(each, tmp_path / f"{i}.xlsx") for i, each in enumerate((book, without_patterns(book))))

    assert shared == alone
    assert any(isinstance(value, float) and value > 1 for value in shared.values())


def test_a_digest_does_not_depend_on_patterns(book: Book) -> None:
    """The manifest takes the canonical form of a pattern once, and a file that comes back has no patterns."""
    for sheet, alone in zip(book.sheets, without_patterns(book).sheets, strict=True):
        assert digest_sheet(sheet) == digest_sheet(alone)
