"""An .xlsx file that comes back -> the plain sheet model, the stored results, and what else the sheets show or hide.

Sheets are found as a spreadsheet program finds them, by relations and content types. Only the sheets that the manifest
names are read: what people added is theirs, may be of any size, and is never looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specxl.errors import WorkbookFileError
from specxl.labels import clean_label
from specxl.model.cells import Book, Cell, Link, Properties, Sheet
from specxl.model.manifest import MANIFEST_SHEET, read_manifest
from specxl.returned.package import open_package
from specxl.returned.parts import once
from specxl.returned.sheetlooks import collect_looks
from specxl.returned.styles import Looks, StylesReader
from specxl.returned.workbookpart import PropertiesReader, TextsReader, WorkbookFacts, WorkbookReader
from specxl.returned.worksheet import Allowance, WorksheetReader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from specxl.evaluate import Values
    from specxl.model.cells import Value
    from specxl.returned.package import Package
    from specxl.returned.sheetlooks import SheetLooks
    from specxl.returned.workbookpart import SheetEntry

_SHEET_KINDS = ("worksheet", "chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet")


@dataclass(frozen=True, slots=True)
class WorkbookFile:
    """A workbook as it stands in a file: its cells without looks, the stored result of every formula, its properties.

    A formula without a stored result has None there. `book` holds worksheets only, in order; those that the manifest does
    not name are there without their cells. `looks` is by the names of the sheets that were read; `facts` is what the
    workbook says as a whole.
    """

    book: Book
    stored: Values
    properties: Mapping[str, str]
    looks: Mapping[str, SheetLooks] = field(default_factory=dict)
    facts: WorkbookFacts = field(default_factory=WorkbookFacts)


def read_workbook(path: Path) -> WorkbookFile:
    """Read a workbook whose package was screened (`safety.screen_package`).

    Raises:
        WorkbookFileError: a part is missing or is not as the file format asks, or programs could read it in two ways.
    """
    with open_package(path) as package:
        return _Reader(package).read()


def looks_of(path: Path) -> Mapping[str, SheetLooks]:
    """What the sheets of a workbook show or hide besides the contents of their cells, by name.

    Raises:
        WorkbookFileError: the workbook cannot be read.
    """
    return read_workbook(path).looks


class _Reader:
    """Reads one package."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._allowance = Allowance()
        self._stored: dict[tuple[str, int, int], Value] = {}
        self._looks: dict[str, SheetLooks] = {}
        reader = WorkbookReader(package.workbook)
        package.read(reader, package.workbook)
        self._facts = reader.facts
        self._texts = self._read_texts()
        self._styles = self._read_styles()
        self._watched = frozenset((*self._styles.faults, *self._styles.dates))

    def read(self) -> WorkbookFile:
        """Read the sheet with the manifest first, then the sheets that it names; all of them where there is none."""
        parts = {entry.name: self._part_of(entry) for entry in self._facts.sheets}
        once(self._package.workbook, (part for part, _ in parts.values()), "the part of a sheet")
        states = {entry.name: entry.state for entry in self._facts.sheets}
        sheets = {name: Sheet(name) for name, (_, kind) in parts.items() if kind == "worksheet"}
        if MANIFEST_SHEET in sheets:
            self._read_sheet(sheets[MANIFEST_SHEET], parts[MANIFEST_SHEET][0], states[MANIFEST_SHEET])
        named = _named_sheets(sheets)
        for name, sheet in sheets.items():
            if name != MANIFEST_SHEET and (named is None or name in named):
                self._read_sheet(sheet, parts[name][0], states[name])
        properties = self._read_properties()
        book = Book(list(sheets.values()), Properties("", "", "", "", "", properties))
        return WorkbookFile(book, self._stored, properties, self._looks, self._facts)

    def _part_of(self, entry: SheetEntry) -> tuple[str, str]:
        """The part of a sheet, and of which kind it is."""
        relation = self._package.related(self._package.workbook, entry.relation, *_SHEET_KINDS)
        return relation.target, relation.kind

    def _single(self, kind: str, source: str) -> str | None:
        return next((r.target for r in self._package.of(source, kind) if not r.outside), None)

    def _read_texts(self) -> list[str]:
        part = self._single("sharedStrings", self._package.workbook)
        if part is None:
            return []
        reader = TextsReader(part)
        self._package.read(reader, part)
        return reader.texts

    def _read_styles(self) -> Looks:
        part = self._single("styles", self._package.workbook)
        if part is None:
            return Looks()
        reader = StylesReader(part)
        self._package.read(reader, part)
        return reader.looks()

    def _read_properties(self) -> dict[str, str]:
        part = self._single("custom-properties", "")
        if part is None:
            return {}
        reader = PropertiesReader(part)
        self._package.read(reader, part)
        return reader.properties

    def _read_sheet(self, sheet: Sheet, part: str, state: str) -> None:
        name = clean_label(sheet.name, limit=60)
        reader = WorksheetReader(name, self._texts, self._allowance, self._watched)
        self._package.read(reader, part)
        cells = reader.cells
        looks = collect_looks(self._package, part, state, reader.facts, cells, self._styles)
        for place, content in cells.contents.items():
            target = looks.links.get(place)
            linked = target is not None and isinstance(content, str)
            sheet.cells[place] = Cell(Link(target or "", str(content)) if linked else content, "")
        self._stored |= {(sheet.name, *place): value for place, value in cells.stored.items()}
        self._looks[sheet.name] = looks


def _named_sheets(sheets: Mapping[str, Sheet]) -> frozenset[str] | None:
    """The names of the sheets of the build; None where the file does not say it."""
    about = sheets.get(MANIFEST_SHEET)
    try:
        read = read_manifest(Book([about], Properties("", "", "", "", "", {}))) if about else None
    except (WorkbookFileError, ValueError):
        return None
    return frozenset(sheet.name for sheet in read[0].sheets) if read else None
