"""The rules that a distributed workbook keeps, on the file: recalculation by others, schema, protection, charts, same bytes.

What can be said of the model without a file stands in `test_model_rules`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest
from support import differences
from support.built import NAMES, Built, built
from support.drawings import alt_texts, cells_of, stored_charts
from support.engine import Book
from support.libreoffice import LOCALES, Locale, Session, recalculate_in
from support.parts import MAIN, formula_texts, sheet_parts, stored_results
from support.references import Formula, circular, formulas
from support.validator import complaints

from specxl.model import cells as model
from specxl.sheets.frame import CHECKS, FAILED, OVERALL, SUMMARY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Value

ERRORS = re.compile(r"#(N/A|VALUE!|DIV/0!|REF!|NAME\?|NUM!|NULL!|CIRC!|ERROR!|SPILL!|CALC!)")
LEAST_FORMULAS = 5_000
_SEPARATORS = re.compile(r"(?<=\d)[.,'\u2019\s\xa0\u202f](?=\d)")


@pytest.fixture
def book(request: pytest.FixtureRequest) -> Built:
    """Return one of the workbooks, by name; the one of the shared answer needs `../shared`."""
    if request.param == "benchmarks":
        shared: Path = request.getfixturevalue("shared")
        return built("benchmarks", shared)
    return built(request.param)


every_book = pytest.mark.parametrize("book", NAMES, indirect=True)
small_books = pytest.mark.parametrize("book", ["default", "mixed"], indirect=True)
"""Without the largest, whose formulas, inputs and links are of the same kinds: it takes a minute longer."""


@pytest.fixture(scope="module", params=LOCALES)
def office(request: pytest.FixtureRequest) -> Iterator[Session]:
    """Start one LibreOffice per locale for all workbooks."""
    with Session(request.param) as session:
        yield session


# --- other programs ---------------------------------------------------------------------------------------------------


@pytest.mark.libreoffice
@every_book
def test_libreoffice_computes_the_stored_results(office: Session, book: Built, tmp_path: Path) -> None:
    """Recalculated from spoiled results no number differs by more than 1e-9, under any locale, and no text but its separators."""
    stored, found = stored_results(book.path), recalculate_in(office, book.path, tmp_path)
    plain = office.locale == "en-US"
    expected, seen = (
        (stored, found) if plain else ({c: _bare(v) for c, v in values.items()} for values in (stored, found))
    )
    assert differences(expected, seen) == []
    assert len(found) == len(stored) > LEAST_FORMULAS


def _bare(value: Value) -> Value:
    """A text without the marks between its digits, which differ by locale."""
    return _SEPARATORS.sub("", value) if isinstance(value, str) else value


def test_locales_are_those_promised() -> None:
    """English, German and French are tried."""
    promised: tuple[Locale, ...] = ("en-US", "de-DE", "fr-FR")
    assert promised == LOCALES


@pytest.mark.validator
@every_book
def test_the_open_xml_sdk_finds_nothing(book: Built) -> None:
    """Microsoft's validator has no complaint for the oldest and the newest Excel that we support."""
    assert complaints(book.path) == []


@every_book
def test_pandas_reads_the_results_table(book: Built) -> None:
    """Read without computing anything, every row of Results has its figures, and what was not measured is missing, not 0."""
    table = next(sheet.tables[0].area for sheet in book.layout.book.sheets if sheet.name == "Results")
    frame = pd.read_excel(book.path, sheet_name="Results", header=table.first.row)
    assert len(frame) == 4 * book.result.comparisons
    assert frame["a_tok_s_gpu"].notna().any()
    for name in ("a_tok_s_gpu", "b_tok_s_gpu", "a_cost_per_mtok", "ratio"):
        assert not (pd.to_numeric(frame[name], errors="coerce") == 0).any()


# --- formulas and results ---------------------------------------------------------------------------------------------


@every_book
def test_stored_results_are_the_engine_s(book: Built) -> None:
    """Every formula carries its true result, text results too, and none is an error."""
    stored = stored_results(book.path)
    assert differences(stored, Book(book.path).read(stored)) == []
    assert [(cell, value) for cell, value in stored.items() if isinstance(value, str) and ERRORS.match(value)] == []


_parsed = cache(formulas)
_texts = cache(formula_texts)


@small_books
def test_no_circular_reference(book: Built) -> None:
    """No cell depends on itself, ranges counted with all their cells."""
    assert circular(_parsed(book.path)) == []


@every_book
def test_the_file_holds_the_formulas_of_the_model(book: Built) -> None:
    """What was judged is what was written: every formula of the model stands in the file as it is, and no other."""
    laid = {
        (ref.sheet, ref.address): text for sheet in book.layout.book.sheets for ref, text in sheet.formulas()
    }  # fmt: skip
    assert _texts(book.path) == laid
    assert isinstance(_parsed(book.path)[0], Formula)


@every_book
def test_formulas_are_plain(book: Built) -> None:
    """No formula is an array that other programs would spill, none is empty, no defined name stands beside the print areas."""
    for xml in _sheet_texts(book.path).values():
        for formula in ET.fromstring(xml).iter(f"{MAIN}f"):  # noqa: S314 - our own file
            assert formula.attrib.get("t") in (None, "shared")
            assert formula.text or ("si" in formula.attrib and "ref" not in formula.attrib)
    assert set(openpyxl.load_workbook(book.path).defined_names) == set()


@every_book
def test_shared_formulas_fill_their_areas(book: Built) -> None:
    """All cells of an area share its formula and no others do; the formula names no other sheet, as Excel's own do not."""
    members = 0
    for xml in _sheet_texts(book.path).values():
        sharing: dict[str, list[str]] = defaultdict(list)
        for address, number in re.findall(r'<c r="([A-Z]+\d+)"[^>]*><f t="shared"[^>]* si="(\d+)"', xml):
            sharing[number].append(address)
        firsts = re.findall(r'<f t="shared" ref="([A-Z]+)(\d+):([A-Z]+)(\d+)" si="(\d+)">([^<]*)</f>', xml)
        assert {number: found for *_, number, _ in firsts for found in [sharing[number]]} == sharing
        for column, first, last_column, last, number, text in firsts:
            assert column == last_column
            assert sharing[number] == [f"{column}{row}" for row in range(int(first), int(last) + 1)]
            assert "!" not in text
        members += sum(map(len, sharing.values())) - len(firsts)
    assert members > LEAST_FORMULAS


# --- nothing hidden, nothing editable but inputs ----------------------------------------------------------------------


def _sheet_texts(path: Path) -> dict[str, str]:
    """Return the XML of every worksheet by its name."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(part).decode() for name, part in sheet_parts(path).items()}


@every_book
def test_nothing_is_hidden(book: Built) -> None:
    """No sheet, row or column is hidden or grouped, and hidden cells would be plotted all the same."""
    assert {page.sheet_state for page in openpyxl.load_workbook(book.path)} == {"visible"}
    for name, xml in _sheet_texts(book.path).items():
        assert not re.search(r'(hidden|collapsed)="1"|outlineLevel="[1-9]', xml), name
    for chart in stored_charts(book.path):
        assert b'<c:plotVisOnly val="0"/>' in chart.xml or b"plotVisOnly" not in chart.xml


@small_books
def test_only_inputs_are_unlocked(book: Built) -> None:
    """Every sheet is protected without a password; unlocked is what the model says, and no formula among it."""
    free = {
        (sheet.name, model.address(*place))
        for sheet in book.layout.book.sheets
        for place, cell in sheet.cells.items()
        if "input" in cell.style.split()
    }
    workbook = openpyxl.load_workbook(book.path)
    merged = {
        (page.title, model.address(row - 1, col - 1))
        for page in workbook
        for area in page.merged_cells.ranges
        for row, col in list(area.cells)[1:]
    }
    found = {
        (p.title, cell.coordinate)
        for p in workbook
        for row in p.iter_rows()
        for cell in row
        if not cell.protection.locked
    }
    assert found - merged == free
    assert found & set(_texts(book.path)) == set()
    for page in workbook:
        assert page.protection.sheet
        assert page.protection.password is None
        for allowed in ("selectLockedCells", "formatColumns", "formatRows", "autoFilter", "objects"):
            assert not getattr(page.protection, allowed), allowed
    assert workbook.security is None or not workbook.security.lockStructure


@every_book
def test_every_sheet_says_how_it_stands(book: Built) -> None:
    """Every sheet repeats the overall check, and its count of edited inputs follows an edit."""
    engine = Book(book.path)
    overall, failed = ((ref.sheet, ref.address.replace("$", "")) for ref in (OVERALL, FAILED))
    said = {
        cell for cell, text in _texts(book.path).items() if re.search(rf"'{CHECKS}'!\$B\${OVERALL.row + 1}\b", text)
    }
    sheets = {sheet.name for sheet in book.layout.book.sheets}
    assert {sheet for sheet, _ in said} | {CHECKS} == sheets
    assert set(engine.read(said).values()) == {"Checks: all passed"}
    assert engine.read([overall, failed]) == {overall: "all passed", failed: 0}
    lines = {
        cell for cell, text in _texts(book.path).items() if re.search(rf"'{CHECKS}'!\$B\${OVERALL.row + 2}\b", text)
    }
    assert {sheet for sheet, _ in lines} | {CHECKS, SUMMARY} >= sheets - {CHECKS, SUMMARY}
    assert all("inputs as released" in str(value) for value in engine.read(lines).values())
    targets = book.layout.pairs[0].chosen.controls.targets
    edits = {(ref.sheet, ref.address): value for ref, value in zip(targets, (1.25, None), strict=False)}
    assert all("2 inputs differ" in str(value) for value in engine.edit(edits, lines).values())


# --- charts, print, links ---------------------------------------------------------------------------------------------


@every_book
def test_charts_carry_alt_text_and_true_numbers(book: Built) -> None:
    """Every chart has a description, and the numbers stored for previews are those of its cells: no zero stands for a gap."""
    stored, charts = stored_results(book.path), stored_charts(book.path)
    shown = openpyxl.load_workbook(book.path, data_only=True)
    texts = list(alt_texts(book.path))
    assert len(texts) == len(charts) == 2 * len(book.layout.pairs) + 9
    assert all(len(text) > 80 for text in texts)
    for chart in charts:
        for series in chart.series:
            assert series.stored_name == shown[series.name[0]][series.name[1]].value
            for cells, cached in ((series.x, series.stored_x), (series.y, series.stored_y)):
                values = [stored.get(cell, shown[cell[0]][cell[1]].value) for cell in cells]
                assert len(values) == len(cached)
                numbers = chart.kind == "scatterChart" or cells is series.y
                if not numbers:
                    assert list(cached) == values, (chart.part, series.name)
                    continue
                # a preview has ten digits of a figure
                near = [v if isinstance(v, str) or v is None else pytest.approx(v, rel=1e-9) for v in values]
                assert [float(c) for c in cached] == near, (chart.part, series.name)


@every_book
def test_printing_and_panes(book: Built) -> None:
    """Sheets print one page wide or at a scale to read, in landscape where that is wanted, with attribution and page numbers; heads stay in view."""
    for name, xml in _sheet_texts(book.path).items():
        sheet = book.layout.book.sheet(name)
        assert ('orientation="landscape"' in xml) == sheet.landscape
        assert ('fitToPage="1"' in xml) == (not sheet.print_scale)
        assert bool(re.search(r'<pageSetup [^>]*fitToHeight="0"', xml)) == (
            not sheet.one_page and not sheet.print_scale
        )
        footer = re.search(r"<oddFooter>(.*?)</oddFooter>", xml)
        assert footer
        assert "page &amp;P of &amp;N" in footer[1]
        assert "specxl" in footer[1]
        assert len(footer[1]) <= 255
        assert 'state="frozen"' in xml
        assert 'showGridLines="0"' in xml
    areas = {page.title: page.print_area for page in openpyxl.load_workbook(book.path) if page.print_area}
    assert set(areas) == {sheet.name for sheet in book.layout.book.sheets if sheet.print_area}


@small_books
def test_no_links_to_elsewhere(book: Built) -> None:
    """No macro, connection, embedded object or external workbook; links lead to https or into the workbook."""
    with zipfile.ZipFile(book.path) as package:
        names = package.namelist()
        relations = [package.read(name) for name in names if name.endswith(".rels")]
    unwanted = ("externalLink", "vbaProject", "connections", "oleObject", "activeX", "customUI", "media/")
    assert [name for name in names if any(word in name for word in unwanted)] == []
    for xml in relations:
        for relation in ET.fromstring(xml):  # noqa: S314 - our own file
            if relation.attrib.get("TargetMode") == "External":
                assert relation.attrib["Target"].startswith("https://")
    sheets = {sheet.name for sheet in book.layout.book.sheets}
    links = [
        cell.hyperlink
        for page in openpyxl.load_workbook(book.path)
        for row in page.iter_rows()
        for cell in row
        if cell.hyperlink and cell.hyperlink.location
    ]
    assert len(links) > 2 * len(sheets)
    assert {cells_of(link.location)[0][0] for link in links} <= sheets


# --- same bytes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("zone", "umask"), [("Pacific/Kiritimati", 0o077), ("America/Los_Angeles", 0o022)])
def test_two_builds_have_the_same_bytes(tmp_path: Path, zone: str, umask: int) -> None:
    """Built again by the command, elsewhere in time and under another mask, the default workbook has the same bytes."""
    command = [sys.executable, "-m", "specxl", "build", "-q", "-o", "again.xlsx"]
    environment = os.environ | {"TZ": zone, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"}
    subprocess.run(command, cwd=tmp_path, env=environment, umask=umask, check=True)
    assert (tmp_path / "again.xlsx").read_bytes() == built("default").path.read_bytes()
    assert (tmp_path / "again.xlsx").stat().st_mode & 0o777 == 0o666 & ~umask
