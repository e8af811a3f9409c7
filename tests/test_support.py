"""The outside judges on a small workbook: each must see what is right, and each must see what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import xlsxwriter
from support import Cell, Value, differences
from support.engine import Book
from support.libreoffice import LOCALES, Session, recalculate, recalculate_in, render
from support.parts import SPOILED, formula_texts, spoil_results, stored_results
from support.references import circular, formulas, functions_used, shapes_by_column
from support.validator import complaints

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INPUT: Cell = ("In & Out", "A1")
DOUBLE: Cell = ("In & Out", "B1")
WORD: Cell = ("In & Out", "C1")
ERROR: Cell = ("In & Out", "D1")
GROUPED: Cell = ("In & Out", "E1")
TRUTH: Cell = ("In & Out", "F1")
EMPTY: Cell = ("In & Out", "G1")
NEXT: Cell = ("Second Sheet", "A1")

RESULTS: dict[Cell, tuple[str, Value]] = {
    DOUBLE: ("A1*2", 5.0),
    WORD: ('IF(A1>0,"yes & ""no""","no")', 'yes & "no"'),
    ERROR: ("1/A2", "#DIV/0!"),
    GROUPED: ("FIXED(1234.5,1)", "1,234.5"),
    TRUTH: ("A1>1", True),
    EMPTY: ('IF(A1>0,"","x")', ""),
    NEXT: ("'In & Out'!B1+$B$2", 6.0),
}


def write(path: Path, results: dict[Cell, tuple[str, Value]]) -> Path:
    """Write a workbook of two sheets with one input and these formulas with these stored results."""
    with xlsxwriter.Workbook(path) as book:
        sheets = {name: book.add_worksheet(name) for name in ("In & Out", "Second Sheet")}
        sheets["In & Out"].write_number("A1", 2.5, book.add_format({"locked": False}))
        sheets["Second Sheet"].write_number("B2", 1)
        for (sheet, address), (text, value) in results.items():
            sheets[sheet].write_formula(address, f"={text}", None, value)
        sheets["In & Out"].protect()
    return path


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small workbook with every kind of result, one of them an error."""
    return write(tmp_path_factory.mktemp("support") / "small.xlsx", RESULTS)


@pytest.fixture(scope="module")
def office() -> Iterator[Session]:
    """Start one LibreOffice for the tests of this module."""
    with Session() as session:
        yield session


def test_parts_hold_what_was_written(workbook: Path) -> None:
    """Formula texts and stored results come back with entities, quotes, errors and truth values in order."""
    assert formula_texts(workbook) == {cell: text for cell, (text, _) in RESULTS.items()}
    assert stored_results(workbook) == {cell: value for cell, (_, value) in RESULTS.items()}


def test_spoiling_touches_results_only(workbook: Path, tmp_path: Path) -> None:
    """A spoiled copy has the same formulas, and nothing but the marker as results."""
    spoil_results(workbook, tmp_path / "copy.xlsx")
    assert formula_texts(tmp_path / "copy.xlsx") == formula_texts(workbook)
    assert set(stored_results(tmp_path / "copy.xlsx").values()) == {SPOILED}


def test_differences_see_numbers_and_text() -> None:
    """Numbers differ beyond the tolerance, text differs at all, and a missing cell equals empty text only."""
    expected: dict[Cell, Value] = {
        ("A", "A1"): 1.0,
        ("A", "A2"): "x",
        ("A", "A3"): "",
        ("A", "A4"): True,
        ("A", "A5"): 0.0,
    }
    assert differences(expected, {("A", "A1"): 1 + 1e-10, ("A", "A2"): "x", ("A", "A4"): 1.0, ("A", "A5"): 0.0}) == []
    found: dict[Cell, Value] = {("A", "A1"): 1 + 1e-8, ("A", "A2"): "X", ("A", "A3"): 0.0, ("A", "A4"): "TRUE"}
    assert [cell for cell, _, _ in differences(expected, found)] == list(expected)


@pytest.mark.libreoffice
@pytest.mark.parametrize("locale", LOCALES)
def test_recalculation_under_each_locale(workbook: Path, locale: str) -> None:
    """All results are computed afresh, numbers the same everywhere, and grouped text in the locale's own way."""
    results = recalculate(workbook, locale)  # type: ignore[arg-type]
    grouped = results.pop(GROUPED)
    assert isinstance(grouped, str)
    assert grouped.replace("\u202f", "\xa0") == {"en-US": "1,234.5", "de-DE": "1.234,5", "fr-FR": "1\xa0234,5"}[locale]
    assert differences({cell: value for cell, (_, value) in RESULTS.items() if cell != GROUPED}, results) == []


@pytest.mark.libreoffice
def test_recalculation_finds_a_false_result(office: Session, tmp_path: Path) -> None:
    """A stored result that its formula does not give is found, and no other."""
    false = write(tmp_path / "false.xlsx", RESULTS | {NEXT: (RESULTS[NEXT][0], 6.001)})
    found = differences(stored_results(false), recalculate_in(office, false, tmp_path))
    assert found == [(NEXT, 6.001, 6.0)]


@pytest.mark.libreoffice
def test_editing_session(office: Session, workbook: Path, tmp_path: Path) -> None:
    """Inputs can be set to numbers, text, truth values and nothing, and everything that depends on them follows."""
    assert office.open(workbook) == ["In & Out", "Second Sheet"]
    assert office.edit({}, [INPUT, NEXT]) == {INPUT: 2.5, NEXT: 6}
    for number in range(50):
        assert office.edit({INPUT: number / 8}, [NEXT], recalculate=number % 2 == 0) == {NEXT: number / 4 + 1}
    assert office.edit({INPUT: None}, [INPUT, WORD, NEXT]) == {INPUT: "", WORD: "no", NEXT: 1}
    assert office.edit({INPUT: "=5"}, [INPUT, NEXT]) == {INPUT: "=5", NEXT: "#VALUE!"}
    assert office.edit({INPUT: True}, [TRUTH, NEXT]) == {TRUTH: 0, NEXT: 3}
    office.edit({INPUT: 7})
    office.save(tmp_path / "saved.xlsx")
    assert stored_results(tmp_path / "saved.xlsx")[NEXT] == 15


@pytest.mark.libreoffice
def test_protection_holds_until_it_is_lifted(office: Session, workbook: Path) -> None:
    """A locked cell of a protected sheet takes an edit only after `unprotect`."""
    office.open(workbook)
    with pytest.raises(RuntimeError, match="B1 on In & Out is locked"):
        office.edit({DOUBLE: 1.0})
    office.unprotect()
    assert office.edit({DOUBLE: 1.0}, [NEXT]) == {NEXT: 2}


@pytest.mark.libreoffice
def test_a_request_that_cannot_be_met_names_itself(office: Session, workbook: Path, tmp_path: Path) -> None:
    """A file that is no workbook and a missing sheet are reported, and the session goes on."""
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(RuntimeError, match="could not open"):
        office.open(tmp_path / "broken.xlsx")
    office.open(workbook)
    with pytest.raises(RuntimeError, match="could not edit: KeyError"):
        office.edit({}, [("No Sheet", "A1")])
    assert office.edit({}, [NEXT]) == {NEXT: 6}


@pytest.mark.libreoffice
def test_pictures(workbook: Path, tmp_path: Path) -> None:
    """Each sheet is printed on a page of its own."""
    pages = render(workbook, tmp_path / "pages")
    assert len(pages) == 2
    assert all(page.read_bytes().startswith(b"\x89PNG") for page in pages)


@pytest.mark.validator
def test_validator(workbook: Path, tmp_path: Path) -> None:
    """A sound workbook passes for both Excel versions; one with two sheets of one name does not."""
    assert complaints(workbook) == []
    with xlsxwriter.Workbook(tmp_path / "broken.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.conditional_format("A1", {"type": "cell", "criteria": ">", "value": 1, "stop_if_true": True})
        sheet.set_column("A:A", 300)
        sheet.write_string("A1", "x")
        sheet.name = "A name far longer than the thirty-one characters"
    assert {found["version"] for found in complaints(tmp_path / "broken.xlsx")} == {"Office2016", "Microsoft365"}


def test_engine(workbook: Path) -> None:
    """The engine computes the stored results, follows edits without parsing text, and returns to the start."""
    book = Book(workbook)
    assert book.sheets == ["In & Out", "Second Sheet"]
    assert set(book.formulas()) == set(RESULTS)
    assert differences({cell: value for cell, (_, value) in RESULTS.items()}, book.read(RESULTS)) == []
    assert book.edit({INPUT: 7}, [NEXT]) == {NEXT: 15}
    assert book.edit({INPUT: None}, [WORD, NEXT]) == {WORD: "no", NEXT: 1}
    assert book.edit({INPUT: "=5"}, [INPUT, NEXT]) == {INPUT: "=5", NEXT: "#VALUE!"}
    assert book.edit({INPUT: True}, [NEXT]) == {NEXT: 3}
    assert book.reset().read([INPUT, NEXT]) == {INPUT: 2.5, NEXT: 6}


def test_references_of_formulas(workbook: Path) -> None:
    """Functions, areas, literals and depth are read from the formulas as they stand in the file."""
    found = {(f.sheet, f.address): f for f in formulas(workbook)}
    assert functions_used(found.values()) == {"IF", "FIXED"}
    assert [(a.sheet, a.top, a.left, a.size) for a in found[NEXT].areas] == [
        ("In & Out", 1, 2, 1),
        ("Second Sheet", 2, 2, 1),
    ]
    assert found[WORD].literals == ['yes & "no"', "no"]
    assert found[WORD].depth == 1
    assert found[NEXT].shape == "='In & Out'!R[0]C[1]+R2C2"
    assert circular(found.values()) == []


def test_circles_and_shapes(tmp_path: Path) -> None:
    """A circle through a range, a cell that names itself and an odd formula in a column are found; names are refused."""
    path = write(
        tmp_path / "circles.xlsx",
        {
            ("In & Out", "B2"): ("SUM(C1:C5)", 0),
            ("In & Out", "C3"): ("'Second Sheet'!A9", 0),
            ("Second Sheet", "A9"): ("INDEX('In & Out'!A1:B9,1,1)", 0),
            ("In & Out", "F1"): ("F1+1", 0),
            ("In & Out", "H1"): ("A1+$A$1", 0),
            ("In & Out", "H2"): ("A2+$A$1", 0),
            ("In & Out", "H3"): ("A3+$A$2", 0),
            ("Second Sheet", "C1"): ("tax_rate*2", 0),
        },
    )
    plain = [formula for formula in formulas(path) if formula.address != "C1"]
    named = [formula for formula in formulas(path) if formula.address == "C1"]
    assert circular(plain) == [
        [("In & Out", "B2"), ("In & Out", "C3"), ("Second Sheet", "A9")],
        [("In & Out", "F1")],
    ]
    assert shapes_by_column(plain)["In & Out", "H"] == {"=R[0]C[-7]+R1C1", "=R[0]C[-7]+R2C1"}
    with pytest.raises(ValueError, match="tax_rate on sheet Second Sheet is no plain reference"):
        circular(named)
