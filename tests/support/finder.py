"""A finished workbook as it stands on disk: sheets, dropdowns, charts and their ranges, and what its manifest names."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from functools import cached_property
from posixpath import normpath
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries

from specxl.house import House
from specxl.model.cells import Book as Model
from specxl.model.cells import Cell as Filled
from specxl.model.cells import Properties, Sheet
from specxl.model.manifest import MANIFEST_SHEET, read_manifest
from support.parts import PACKAGE, sheet_parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from specxl.model.manifest import Manifest
    from support import Cell, Value

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_RANGE = re.compile(r"(?:('(?:[^']|'')+'|\w+)!)?(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)$")


def cells_of(reference: str, sheet: str = "") -> list[Cell]:
    """Return the cells of "'Sheet'!$A$1:$B$2", row by row; `sheet` is where a bare reference points."""
    match = _RANGE.match(reference)
    assert match, f"{reference} is no range"
    left, top, right, bottom = (side or 0 for side in range_boundaries(match[2].replace("$", "")))
    name = match[1].strip("'").replace("''", "'") if match[1] else sheet
    return [
        (name, f"{get_column_letter(column)}{row}")
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    ]


@dataclass(frozen=True)
class Series:
    """One series of a chart: the cell that names it, the cells it plots, and the numbers stored for previews."""

    name: Cell
    x: tuple[Cell, ...]
    y: tuple[Cell, ...]
    stored_x: tuple[str, ...]
    stored_y: tuple[str, ...]


@dataclass(frozen=True)
class ChartPart:
    """One native chart and the sheet on which it stands."""

    part: str
    kind: str
    sheet: str
    series: tuple[Series, ...]

    def named(self, text: str, names: dict[Cell, Value]) -> Series | None:
        """The series whose name, in the values given, is this text."""
        return next((series for series in self.series if names[series.name] == text), None)


class Workbook:
    """A finished workbook on disk: labels, validations and protection by openpyxl, charts from their XML."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path, data_only=True)

    @property
    def sheets(self) -> list[str]:
        """The sheets' names in the order of their tabs."""
        return self.book.sheetnames

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest on About: the inputs of every sheet, and where its blocks stand."""
        about = Sheet(MANIFEST_SHEET)
        for row in self.sheet(MANIFEST_SHEET).iter_rows():
            for cell in row:
                if cell.value is not None:
                    about.cells[cell.row - 1, cell.column - 1] = Filled(str(cell.value), "")
        found = read_manifest(Model([about], Properties("", "", "", "", "", {})))
        assert found, f"{self.path} has no manifest"
        return found[0]

    @cached_property
    def pairs(self) -> list[PairPage]:
        """The sheets that compare, one per model and hardware, in the order of the tabs."""
        own = {block.owner for block in self.manifest.blocks if block.kind == "selection"}
        return [PairPage(self, name) for name in self.sheets if name in own]

    def pair(self, title: str) -> PairPage:
        """The pair sheet with this title, such as "GLM 5 on B300"."""
        return next(page for page in self.pairs if page.title == title)

    def sheet(self, name: str) -> Worksheet:
        """The worksheet as openpyxl reads it."""
        return self.book[name]

    def find(self, sheet: str, label: str, start: int = 1, column: int = 1, *, quiet: bool = False) -> int:
        """Return the first row from `start` whose cell in this column is the label; 0, if quiet, where there is none."""
        page = self.sheet(sheet)
        for row in range(start, page.max_row + 1):
            if page.cell(row, column).value == label:
                return row
        assert quiet, f"no row of {sheet} is labelled {label!r} from row {start} on"
        return 0

    def has_choices(self, cell: Cell) -> bool:
        """Whether a cell has a dropdown."""
        rules = self.sheet(cell[0]).data_validations.dataValidation
        return any(cell[1] in rule.sqref and rule.type == "list" for rule in rules)

    def choices(self, cell: Cell) -> list[Cell]:
        """Return the cells from which this cell's dropdown offers its texts."""
        page = self.sheet(cell[0])
        rule = next(r for r in page.data_validations.dataValidation if cell[1] in r.sqref and r.type == "list")
        return cells_of(rule.formula1, cell[0])

    def texts(self, cell: Cell) -> list[str]:
        """Return what this cell's dropdown offers."""
        return [str(self.sheet(sheet)[address].value) for sheet, address in self.choices(cell)]

    def unlocked(self) -> set[Cell]:
        """Return every cell that can be edited under protection."""
        return {
            (page.title, cell.coordinate)
            for page in self.book
            for row in page.iter_rows()
            for cell in row
            if not cell.protection.locked
        }

    @cached_property
    def charts(self) -> list[ChartPart]:
        """Every chart of the workbook, sheet by sheet in the order in which they were placed."""
        with zipfile.ZipFile(self.path) as package:
            return [
                _chart(chart, package.read(chart), name)
                for name, part in sheet_parts(self.path).items()
                for drawing in _related(package, part, "drawing")
                for chart in _related(package, drawing, "chart")
            ]

    def frames(self) -> Iterator[tuple[str, str]]:
        """Yield the part and the alt text of every frame that holds a chart."""
        with zipfile.ZipFile(self.path) as package:
            for name in package.namelist():
                if name.startswith("xl/drawings/drawing"):
                    for frame in ET.fromstring(package.read(name)).iter(f"{_DRAWING}cNvPr"):  # noqa: S314
                        yield name, frame.attrib.get("descr", "")


class PairPage:
    """One pair sheet: its controls, and the comparison blocks behind its four reads, found through the manifest."""

    def __init__(self, workbook: Workbook, sheet: str) -> None:
        self.workbook, self.sheet = workbook, sheet
        self.title = str(workbook.sheet(sheet)["A1"].value).partition(": ")[0]
        own = next(part for part in workbook.manifest.sheets if part.name == sheet)
        self._inputs = [(sheet, address) for address, _ in own.inputs]

    @property
    def targets(self) -> list[Cell]:
        """The three target inputs: those without a dropdown."""
        return [cell for cell in self._inputs if not self.workbook.has_choices(cell)]

    @cached_property
    def controls(self) -> dict[str, Cell]:
        """The dropdowns on top, by what they choose; a control with one choice is a word, and not here."""
        labels = House.load().texts["labels"]
        marks = {
            "tier": labels["as_workbook"],
            "metric": labels["metrics"]["cost"]["name"],
            "engine": labels["best_engine"],
        }
        found: dict[str, Cell] = {}
        for cell in self._inputs:
            if self.workbook.has_choices(cell):
                first = self.workbook.texts(cell)[0]
                found[next((name for name, text in marks.items() if text == first), "combination")] = cell
        return found

    def combinations(self) -> list[str]:
        """What the combination dropdown offers."""
        return self.workbook.texts(self.controls["combination"])

    def block(self, read: int) -> dict[str, Cell]:
        """The cells of a read's comparison block by their keys; the reads are the three targets, then the Summary's."""
        place = next(b for b in self.workbook.manifest.blocks if (b.kind, b.owner) == ("comparison", self.sheet))
        first = place.first.down(read)
        return {key: (first.sheet, first.right(col).address) for col, key in enumerate(place.keys)}

    @property
    def charts(self) -> list[ChartPart]:
        """This sheet's charts in their order: the chosen metric first, throughput second."""
        return [chart for chart in self.workbook.charts if chart.sheet == self.sheet]


def below(cell: Cell, rows: int = 1) -> Cell:
    """Return the cell some rows below."""
    row, column = coordinate_to_tuple(cell[1])
    return cell[0], f"{get_column_letter(column)}{row + rows}"


def _related(package: zipfile.ZipFile, part: str, kind: str) -> list[str]:
    """The parts of a kind that a part names, in the order in which it names them."""
    folder, _, name = part.rpartition("/")
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in package.namelist():
        return []
    nodes = ET.fromstring(package.read(relations)).iter(f"{PACKAGE}Relationship")  # noqa: S314 - our own file
    own = [node.attrib for node in nodes if node.attrib["Type"].endswith(f"/{kind}")]
    found = sorted(own, key=lambda node: int(re.sub(r"\D", "", node["Id"])))
    return [normpath(f"{folder}/{node['Target']}") for node in found]


def _chart(part: str, xml: bytes, sheet: str) -> ChartPart:
    root = ET.fromstring(xml)  # noqa: S314 - our own file
    kind = next(node.tag for node in root.iter() if node.tag in {f"{_CHART}scatterChart", f"{_CHART}barChart"})
    series = tuple(_series(node) for node in root.iter(f"{_CHART}ser"))
    return ChartPart(part, kind.removeprefix(_CHART), sheet, series)


def _series(node: ET.Element) -> Series:
    scatter = node.find(f"{_CHART}xVal") is not None
    x, y = (node.find(f"{_CHART}{name}") for name in (("xVal", "yVal") if scatter else ("cat", "val")))
    name = node.find(f"{_CHART}tx")
    assert x is not None
    assert y is not None
    assert name is not None
    return Series(_cells(name)[0], tuple(_cells(x)), tuple(_cells(y)), _stored(x), _stored(y))


def _cells(node: ET.Element) -> list[Cell]:
    formula = next(node.iter(f"{_CHART}f"))
    return cells_of(formula.text or "")


def _stored(node: ET.Element) -> tuple[str, ...]:
    return tuple(value.text or "" for value in node.iter(f"{_CHART}v"))
