"""The reader of workbooks against another reader, and what programs write when they save: nothing of it is lost or held against a file."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

import openpyxl
import pytest
from openpyxl.formula.translate import Translator
from support.books import default_book, small_book
from support.libreoffice import Session
from support.parts import formula_texts, sheet_parts, stored_results
from support.repack import BOOK, BOOK_RELS, TYPES
from support.tamper import changed, entry, in_sheet, rewrite

from specxl.errors import WorkbookFileError
from specxl.model.cells import Formula, Link, address
from specxl.returned import verify_file
from specxl.returned.areas import Area, Finder, area_of, covers, place_of
from specxl.returned.formulas import Shared, acting, is_short
from specxl.returned.reading import read_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.tamper import Parts


@pytest.fixture(scope="module")
def office() -> Iterator[Session]:
    """Return a running LibreOffice; skips the test where there is none."""
    with Session() as session:
        yield session


def as_openpyxl(path: Path) -> dict[tuple[str, str], object]:
    """Return what openpyxl finds in every cell: formulas with their equals sign, links as their text."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* extension is not supported", category=UserWarning)  # data bars
        book = openpyxl.load_workbook(path)
    cells = (cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)
    return {(cell.parent.title, cell.coordinate): cell.value for cell in cells if cell.value not in (None, "")}


def as_read(path: Path) -> dict[tuple[str, str], object]:
    """Return the same from the reader under test."""
    found: dict[tuple[str, str], object] = {}
    for sheet in read_workbook(path).book.sheets:
        for place, cell in sheet.cells.items():
            content = cell.content
            shown = f"={content.source}" if isinstance(content, Formula) else content
            found[sheet.name, address(*place)] = shown.text if isinstance(shown, Link) else shown
    return found


@pytest.mark.parametrize("book", [default_book, small_book], ids=["published", "small"])
def test_two_readers_find_the_same_cells(book: Callable[[], Path], office: Session, tmp_path: Path) -> None:
    """As built and as LibreOffice saves it, every cell holds what another library reads there."""
    office.open(book())
    office.save(tmp_path / "again.xlsx")
    for path in (book(), tmp_path / "again.xlsx"):
        other = as_openpyxl(path)
        found = as_read(path)
        dates = {cell for cell, value in other.items() if hasattr(value, "isoformat")}
        assert {cell: value for cell, value in found.items() if cell not in dates} == {
            cell: value for cell, value in other.items() if cell not in dates
        }
        assert set(found) == set(other)


def test_stored_results_and_links_are_read_as_they_stand() -> None:
    """Every formula has the result that stands in the file, and every link its cell and its target."""
    file = read_workbook(default_book())
    # an empty text is written as no result at all
    stored = {
        (sheet, address(row, col)): "" if value is None else value for (sheet, row, col), value in file.stored.items()
    }
    assert stored == stored_results(default_book())
    native = openpyxl.load_workbook(default_book())
    links = {
        (sheet.title, cell.coordinate): f"{cell.hyperlink.target or ''}{'#' if cell.hyperlink.location else ''}{cell.hyperlink.location or ''}"
        for sheet in native.worksheets for row in sheet.iter_rows() for cell in row if cell.hyperlink
    }  # fmt: skip
    found = {
        (name, address(*place)): target for name, looks in file.looks.items() for place, target in looks.links.items()
    }
    assert found == links
    assert file.properties == {prop.name: prop.value for prop in native.custom_doc_props.props}


def test_copies_of_a_formula_read_as_another_library_writes_them() -> None:
    """A formula shared with a cell further down or right moves its references as openpyxl's translation does."""
    texts = sorted(set(formula_texts(default_book()).values()), key=len)[::7]
    assert len(texts) > 200
    for text in (*texts, "$A1+A$1+$A$1&\"A1 'B 2'!C3\"", "'B 2'!B2+LOG10(A1)+1E5", "SUM(A1:B2)-Results!C3"):
        shared = Shared.of(text, 4, 3)
        for row, col in ((5, 3), (4, 4), (17, 29)):
            assert shared.copied(row, col) == Translator(f"={text}", "D5").translate_formula(address(row, col))[1:]
    assert Shared.of("A1", 5, 5).copied(0, 5) == "#REF!"


def test_areas_are_read_and_never_walked_over() -> None:
    """Addresses of a sheet pass, everything else is refused; a whole sheet is asked about, not listed."""
    assert place_of("$C$7", "x") == (6, 2)
    assert str(area_of("B2:A1", "x")) == "A1:B2"
    assert area_of("XFD1048576", "x").first == (1_048_575, 16_383)
    for text in ("A0", "A1:", ":A1", "A1048577", "XFE1", "a1", "A1:B", "1A", "", "A-1", "Ａ1"):  # noqa: RUF001
        with pytest.raises(WorkbookFileError, match="no cell of a sheet"):
            area_of(text, "x")
    everything = Area(0, 0, 1_048_575, 16_383)
    finder = Finder({(5, 5), (9, 9)}, "x")
    assert set(finder.within(everything)) == {(5, 5), (9, 9)}
    assert (covers([everything], (7, 7)), covers([], (7, 7), {(7, 7)}), covers([], (7, 7))) == (True, True, False)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("SUM(A1:A3)*2", ""),
        ('IF(A1="WEBSERVICE(1)",1,0)', ""),
        ("'CALL (x)'!A1+1", ""),
        ('WEBSERVICE ("http://x")', "WEBSERVICE"),
        ("_xlfn.FILTERXML(A1,A2)", "_XLFN.FILTERXML"),
        ("sum(OFFSET(A1,1,1))", "OFFSET"),
        ("'C:\\[a.xlsx]B'!A1", "a reference to another file"),
        ("[1]Sheet!A1", "a reference to another file"),
        ("cmd|' /C calc'!A0", "a reference to another file"),
        ("Table1[Cost]", "a reference to another file"),
    ],
)
def test_what_could_act_in_a_formula_is_named(text: str, what: str) -> None:
    """Functions outside of the builds' list count, also in other spellings; text in quotes and names of sheets do not."""
    assert acting(text) == what


def test_formulas_are_measured_outside_of_texts() -> None:
    """Parentheses inside a text nest nothing; 64 levels and 8,192 characters pass, one more does not."""
    assert is_short('"' + "(" * 500 + '"&A1')
    assert is_short("(" * 64 + "1" + ")" * 64)
    assert not is_short("(" * 65 + "1" + ")" * 65)
    assert is_short("1" * 8192)
    assert not is_short("1" * 8193)


# What Excel writes


def as_excel_saves(parts: Parts) -> None:
    """Names of newer programs, extensions, rules in other places: what Excel makes of a workbook when it saves it."""
    book = parts[BOOK].decode()
    book = book.replace('fullCalcOnLoad="1"', "").replace('calcId="124519"', 'calcId="191029"')
    alternative = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x15">'
        '<x15ac:absPath url="C:\\Users\\" xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac"/>'
        "</mc:Choice></mc:AlternateContent>"
    )
    parts[BOOK] = book.replace("<bookViews>", alternative + "<bookViews>").encode()
    for part in sheet_parts(small_book()).values():
        xml = parts[part].decode()
        xml = xml.replace("<sheetFormatPr ", '<sheetFormatPr x14ac:dyDescent="0.3" ').replace(
            "<worksheet ",
            '<worksheet xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" '
            'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac" ',
        )
        parts[part] = rules_in_extension(xml).encode()
    for name in (TYPES, BOOK_RELS):
        parts[name] = parts[name].replace(b"\n", b"\r\n")


def rules_in_extension(xml: str) -> str:
    """Rules for entries that refer to other sheets stand at the end of the part, in a namespace of their own."""
    rules = re.findall(
        r'<dataValidation [^>]*sqref="([^"]*)"[^>]*><formula1>([^<]*!)([^<]*)</formula1></dataValidation>', xml
    )
    xml = re.sub(r"<dataValidation [^>]*><formula1>[^<]*![^<]*</formula1></dataValidation>", "", xml)
    if not rules:
        return xml
    moved = "".join(
        f'<x14:dataValidation type="list"><x14:formula1><xm:f>{sheet}{area}</xm:f></x14:formula1><xm:sqref>{cells}</xm:sqref></x14:dataValidation>'
        for cells, sheet, area in rules
    )
    spaces = (
        'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
        'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"'
    )
    extension = (
        f'<extLst><ext uri="{{CCE6A557}}" {spaces}><x14:dataValidations>{moved}</x14:dataValidations></ext></extLst>'
    )
    return xml.replace("</worksheet>", extension + "</worksheet>")


def test_what_excel_makes_of_a_file_is_no_change(tmp_path: Path) -> None:
    """Extensions, alternatives in the workbook part and rules in another place are no second reading and no loss."""
    report = verify_file(rewrite(small_book(), tmp_path / "excel.xlsx", as_excel_saves))
    assert (report.outcome, report.differences, report.noted) == ("unchanged", (), ())


def test_cells_without_addresses_are_counted(tmp_path: Path) -> None:
    """A program may leave out the addresses of rows and cells that follow each other."""
    edit = lambda xml: re.sub(r'(<row )r="1" ([^>]*><c )r="A1" ', r"\1\2", xml, count=1)  # noqa: E731
    copy = rewrite(small_book(), tmp_path / "bare.xlsx", in_sheet(small_book(), "Checks", edit))
    assert verify_file(copy).outcome == "unchanged"


def test_texts_of_many_kinds_are_one(tmp_path: Path) -> None:
    """Rich text, reading aids and text in the cell itself hold the same as a shared text."""

    def rich(xml: str) -> str:
        runs = r"<si><r><t>\1</t></r><r><rPr><b/></rPr><t>\2</t></r><rPh sb='0' eb='1'><t>x</t></rPh></si>"
        return re.sub(r"<si><t>([^<]{4})([^<]*)</t></si>", runs, xml)

    copy = rewrite(small_book(), tmp_path / "rich.xlsx", changed("xl/sharedStrings.xml", rich))
    assert verify_file(copy).outcome == "unchanged"


def test_an_edited_input_keeps_what_was_typed(tmp_path: Path) -> None:
    """Whole numbers, fractions and texts are said as they stand in the cell."""
    sheet, cell = entry(small_book())
    for written, new in (("<v>61</v>", 61), ("<v>61.25</v>", 61.25), ("<v>6.1E1</v>", 61.0)):
        edit = lambda xml, written=written: re.sub(rf'(<c r="{cell}"[^>]*>)<v>[^<]*</v>', rf"\g<1>{written}", xml)  # noqa: E731
        report = verify_file(rewrite(small_book(), tmp_path / "typed.xlsx", in_sheet(small_book(), sheet, edit)))
        assert [(edit.cell, edit.new) for edit in report.inputs] == [(cell, new)]
