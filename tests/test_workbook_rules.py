"""The rules that a distributed workbook keeps: recalculation by others, schema, protection, formulas, charts, same bytes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from functools import cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from openpyxl.utils import get_column_letter
from support import differences
from support.books import default_book, engine, pages, reference_book, shapes_book
from support.desk import ERROR
from support.finder import cells_of
from support.libreoffice import LOCALES, Locale, Session, recalculate_in
from support.parts import MAIN, formula_texts, sheet_parts, stored_results
from support.references import Formula, circular, formulas, functions_used
from support.validator import complaints

from specxl.model.formulas import ALLOWED_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Cell, Value
    from support.finder import Workbook

FIXED_SHEETS = ["Summary", "Assumptions", "Results", "Same engine", "Measurements", "Curves", "Checks", "About"]
BOOKS = ("default", "reference", "shapes")
_UNQUOTED = re.compile(r"(?<!['\w])\w+!\$?[A-Z]")
_SEPARATORS = re.compile(r"(?<=\d)[.,'\u2019\s\xa0\u202f](?=\d)")


@pytest.fixture
def path(request: pytest.FixtureRequest) -> Path:
    """Return one of the three workbooks, by name; the one of the shared answer needs `../shared`."""
    if request.param == "reference":
        shared: Path = request.getfixturevalue("shared")
        return reference_book(shared / "data" / "inferencex" / "benchmarks.json")
    return default_book() if request.param == "default" else shapes_book()


every_book = pytest.mark.parametrize("path", BOOKS, indirect=True)


@pytest.fixture(scope="module", params=LOCALES)
def office(request: pytest.FixtureRequest) -> Iterator[Session]:
    """Start one LibreOffice per locale for all workbooks."""
    with Session(request.param) as session:
        yield session


@pytest.mark.libreoffice
@every_book
def test_libreoffice_computes_the_stored_results(office: Session, path: Path, tmp_path: Path) -> None:
    """Recalculated from spoiled results no number differs by more than 1e-9, under any locale, and no text but its separators."""
    stored, found = stored_results(path), recalculate_in(office, path, tmp_path)
    plain = office.locale == "en-US"
    expected, seen = (
        (stored, found) if plain else ({c: _bare(v) for c, v in values.items()} for values in (stored, found))
    )
    assert differences(expected, seen) == []
    assert len(found) == len(stored) > 5_000


def _bare(value: Value) -> Value:
    """A text without the marks between its digits, which differ by locale."""
    return _SEPARATORS.sub("", value) if isinstance(value, str) else value


@every_book
def test_stored_results_are_the_engine_s(path: Path) -> None:
    """Every formula carries its true result, text results too, and none is an error."""
    stored = stored_results(path)
    assert differences(stored, engine(path).read(stored)) == []
    assert [(cell, value) for cell, value in stored.items() if isinstance(value, str) and ERROR.match(value)] == []


@pytest.mark.validator
@every_book
def test_the_open_xml_sdk_finds_nothing(path: Path) -> None:
    """Microsoft's validator has no complaint for the oldest and the newest Excel that we support."""
    assert complaints(path) == []


_parsed = cache(formulas)


@pytest.fixture
def written(path: Path) -> list[Formula]:
    """Return every formula of the workbook, parsed once."""
    return _parsed(path)


@every_book
def test_no_circular_reference(written: list[Formula]) -> None:
    """No cell depends on itself, ranges counted with all their cells."""
    assert circular(written) == []


@every_book
def test_functions_and_limits(written: list[Formula]) -> None:
    """Only functions of the list are called; length, literals and nesting keep within Excel's limits."""
    assert functions_used(written) <= ALLOWED_FUNCTIONS
    assert max(len(formula.text) for formula in written) <= 8192
    assert max(len(literal) for formula in written for literal in formula.literals) <= 255
    assert max(formula.depth for formula in written) <= 64


@every_book
def test_references_are_plain_and_quoted(path: Path, written: list[Formula]) -> None:
    """Formulas name cells and ranges only, of sheets that exist, whose names are quoted."""
    sheets = set(pages(path).sheets)
    assert {area.sheet for formula in written for area in formula.areas} <= sheets
    bare = [f.text for f in written if _UNQUOTED.search(re.sub(r'"[^"]*"|\'[^\']*\'', "", f.text))]
    assert bare == []
    names = set(pages(path).book.defined_names)
    assert names == set(), "no names in formulas, and none defined beside print areas and titles"


def _sheet_texts(path: Path) -> dict[str, str]:
    """Return the XML of every worksheet by its name."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(part).decode() for name, part in sheet_parts(path).items()}


@every_book
def test_nothing_is_hidden(path: Path) -> None:
    """No sheet, row or column is hidden or grouped, and hidden cells would be plotted all the same."""
    workbook = pages(path)
    assert {page.sheet_state for page in workbook.book} == {"visible"}
    for name, xml in _sheet_texts(path).items():
        assert not re.search(r'(hidden|collapsed)="1"|outlineLevel="[1-9]', xml), name
    with zipfile.ZipFile(path) as package:
        for chart in workbook.charts:
            assert b'<c:plotVisOnly val="0"/>' in package.read(chart.part) or b"plotVisOnly" not in package.read(
                chart.part
            )


@cache
def _registered(path: Path) -> set[Cell]:
    """Return the cells that the list of inputs on Checks refers to."""
    workbook, texts = pages(path), formula_texts(path)
    head = workbook.find("Checks", "Input")
    columns = {cell.value: get_column_letter(cell.column or 1) for cell in workbook.sheet("Checks")[head]}
    found: set[Cell] = set()
    row = head + 1
    while workbook.sheet("Checks").cell(row, 1).value is not None:
        text = texts.get(("Checks", f"{columns['Now']}{row}"), "")
        reference = re.search(r"('(?:[^']|'')+'|\w+)!\$?[A-Z]+\$?\d+", text)
        assert reference, f"the input in row {row} of Checks is not shown live: {text!r}"
        found.add(cells_of(reference[0])[0])
        row += 1
    return found


def _inside_merges(workbook: Workbook) -> set[Cell]:
    """Return the cells that stand behind the first cell of a merged range."""
    return {
        (page.title, f"{get_column_letter(col)}{row}")
        for page in workbook.book
        for area in page.merged_cells.ranges
        for row, col in list(area.cells)[1:]
    }


@every_book
def test_only_inputs_are_unlocked(path: Path) -> None:
    """Every formula is locked; exactly the inputs that Checks lists, and the lines to sign on, can be edited; no password."""
    workbook = pages(path)
    free = workbook.unlocked() - _inside_merges(workbook)
    assert free & set(formula_texts(path)) == set()
    to_sign = {(sheet, address) for sheet, address in free if sheet == "About"}
    assert free - to_sign == _registered(path)
    assert {workbook.sheet(sheet)[address].value for sheet, address in to_sign} <= {None}
    for page in workbook.book:
        assert page.protection.sheet
        assert page.protection.password is None
        assert not page.protection.selectLockedCells
        assert not page.protection.formatColumns
        assert not page.protection.autoFilter
    assert workbook.book.security is None or not workbook.book.security.lockStructure


@every_book
def test_every_input_has_one_rule_and_its_release_value(path: Path) -> None:
    """Each input has one validation with a prompt that fits, lists point at ranges, and a locked release value beside it."""
    workbook = pages(path)
    for page in workbook.book:
        rules = list(page.data_validations.dataValidation)
        assert all(len(rule.promptTitle or "") <= 32 and len(rule.prompt or "") <= 255 for rule in rules)
        assert all("!" in rule.formula1 or "$" in rule.formula1 for rule in rules if rule.type == "list")
        own = {address for sheet, address in _registered(path) if sheet == page.title}
        assert own == {str(rule.sqref).partition(":")[0] for rule in rules}
        assert len(own) == len(rules)


@every_book
def test_every_sheet_says_how_it_stands(path: Path) -> None:
    """Every sheet repeats the overall check and how many inputs differ from the release, and both follow an edit."""
    workbook, book = pages(path), engine(path)
    lines = [(sheet, address) for sheet in workbook.sheets for address in ("A3", "A4")]
    shown = book.read(lines)
    assert {value for (_, address), value in shown.items() if address == "A3"} == {"Checks: all passed"}
    assert all(str(value).startswith("inputs as released") for (_, address), value in shown.items() if address == "A4")
    page = workbook.pairs[0]
    edited = book.edit({page.targets[0]: 1.25, page.targets[1]: None}, lines)
    book.reset()
    assert all(str(value).startswith("2 inputs differ") for (_, address), value in edited.items() if address == "A4")


@every_book
def test_sheet_names_and_order(path: Path) -> None:
    """Sheets stand in the designed order under names that Excel takes and that are no cell address."""
    names = pages(path).sheets
    assert names[:2] + names[-6:] == FIXED_SHEETS
    assert len({name.casefold() for name in names}) == len(names)
    for name in names[2:-6]:
        assert len(name) <= 31
        assert " " in name
        assert not set(name) & set("[]:*?/\\")
        assert name.strip("'") == name != "History"


@every_book
def test_charts_carry_alt_text_and_true_numbers(path: Path) -> None:
    """Every chart has a description, and the numbers stored for previews are those of its cells: no zero stands for a gap."""
    workbook, stored = pages(path), stored_results(path)
    frames = list(workbook.frames())
    assert len(frames) == len(workbook.charts) == 2 * len(workbook.pairs) + 1
    assert all(len(text) > 80 for _, text in frames)
    for chart in workbook.charts:
        for series in chart.series:
            for cells, cached in ((series.x, series.stored_x), (series.y, series.stored_y)):
                values = [stored.get(cell, workbook.sheet(cell[0])[cell[1]].value) for cell in cells]
                assert len(values) == len(cached)
                numbers = chart.kind == "scatterChart" or cells is series.y
                assert [float(c) if numbers else c for c in cached] == values, (chart.part, series.name)


@every_book
def test_printing_and_panes(path: Path) -> None:
    """Sheets print one page wide, in landscape but for the text of About, with attribution and page numbers; heads stay in view."""
    for name, xml in _sheet_texts(path).items():
        assert ('orientation="landscape"' in xml) == (name != "About")
        assert 'fitToPage="1"' in xml
        assert re.search(r'<pageSetup [^>]*fitToHeight="0"', xml)
        footer = re.search(r"<oddFooter>(.*?)</oddFooter>", xml)
        assert footer
        assert "page &amp;P of &amp;N" in footer[1]
        assert "specxl" in footer[1]
        assert len(footer[1]) <= 255
        assert 'state="frozen"' in xml
        assert 'showGridLines="0"' in xml


@every_book
def test_no_links_to_elsewhere(path: Path) -> None:
    """No macro, connection, embedded object or external workbook; links lead to https or into the workbook."""
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        relations = [package.read(name) for name in names if name.endswith(".rels")]
    unwanted = ("externalLink", "vbaProject", "connections", "oleObject", "activeX", "customUI", "media/")
    assert [name for name in names if any(word in name for word in unwanted)] == []
    for xml in relations:
        for relation in ET.fromstring(xml):  # noqa: S314 - our own file
            if relation.attrib.get("TargetMode") == "External":
                assert relation.attrib["Target"].startswith("https://")
    for page in pages(path).book:
        for row in page.iter_rows():
            for cell in row:
                if cell.hyperlink and cell.hyperlink.location:
                    assert cells_of(cell.hyperlink.location)[0][0] in pages(path).sheets


@every_book
def test_text_is_text(path: Path) -> None:
    """No constant is an empty formula or an error, and no formula is an array that other programs would spill."""
    for xml in _sheet_texts(path).values():
        for formula in ET.fromstring(xml).iter(f"{MAIN}f"):  # noqa: S314 - our own file
            assert formula.attrib.get("t") is None
            assert formula.text


@pytest.mark.parametrize(("zone", "umask"), [("Pacific/Kiritimati", 0o077), ("America/Los_Angeles", 0o022)])
def test_two_builds_have_the_same_bytes(tmp_path: Path, zone: str, umask: int) -> None:
    """Built again by the command, elsewhere in time and under another mask, the default workbook has the same bytes."""
    command = [sys.executable, "-m", "specxl", "build", "-q", "-o", "again.xlsx"]
    environment = os.environ | {"TZ": zone, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"}
    subprocess.run(command, cwd=tmp_path, env=environment, umask=umask, check=True)
    assert (tmp_path / "again.xlsx").read_bytes() == default_book().read_bytes()
    assert (tmp_path / "again.xlsx").stat().st_mode & 0o777 == 0o666 & ~umask


def test_locales_are_those_promised() -> None:
    """English, German and French are tried."""
    promised: tuple[Locale, ...] = ("en-US", "de-DE", "fr-FR")
    assert promised == LOCALES
