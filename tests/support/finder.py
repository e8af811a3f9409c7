"""A finished workbook as its reader sees it: sheets, rows found by their labels, dropdowns, charts and their ranges.

Nothing comes from the package's layout; a label that is renamed is renamed here, once.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from support import Cell, Value

TARGET = "Target interactivity"
READS = ("Target 1", "Target 2", "Target 3", "Summary")
CONTROLS = {
    "combination": "Combination",
    "engine": "Serving engine",
    "tier": "Price tier",
    "metric": "Second chart shows",
}
FIGURES = {
    "throughput": "Throughput",
    "cost": "Cost",
    "megawatt": "Throughput per megawatt",
    "joules": "Energy",
    "concurrency": "Concurrency, approximate",
}
LINES = {
    "better": "Better variant",
    "ratio": "Ratio, larger to smaller",
    "bound": "The ratio is",
    "saving": "Saving per token",
    "same engine": "Same engine",
    "status a": "Read of the first",
    "status b": "Read of the second",
    "grade": "Flags, worst first",
    "flags": "Flags in words",
}
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
    """One native chart and the sheet whose cells it plots."""

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
    def pairs(self) -> list[PairPage]:
        """The sheets that compare, one per model and hardware: those with a target to edit."""
        return [PairPage(self, name) for name in self.sheets if self.find(name, TARGET, quiet=True)]

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
        """Every chart of the workbook."""
        with zipfile.ZipFile(self.path) as package:
            names = sorted(n for n in package.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", n))
            return [_chart(name, package.read(name)) for name in names]

    def frames(self) -> Iterator[tuple[str, str]]:
        """Yield the part and the alt text of every frame that holds a chart."""
        with zipfile.ZipFile(self.path) as package:
            for name in package.namelist():
                if name.startswith("xl/drawings/drawing"):
                    for frame in ET.fromstring(package.read(name)).iter(f"{_DRAWING}cNvPr"):  # noqa: S314
                        yield name, frame.attrib.get("descr", "")


class PairPage:
    """One pair sheet: its controls and figures as cells, found by the labels beside them."""

    def __init__(self, workbook: Workbook, sheet: str) -> None:
        self.workbook, self.sheet = workbook, sheet
        self.title = str(workbook.sheet(sheet)["A1"].value)
        head = workbook.find(sheet, "Metric")
        columns = {workbook.sheet(sheet).cell(head, col).value: col for col in range(1, 12)}
        self._columns = [columns[read] for read in READS]
        self._target_row = self._row(TARGET)

    @cached_property
    def controls(self) -> dict[str, Cell]:
        """The dropdowns on top, by what they choose."""
        return {key: self._unlocked(self._row(label)) for key, label in CONTROLS.items()}

    @property
    def targets(self) -> list[Cell]:
        """The three target inputs."""
        return [self._at(self._target_row, i) for i in range(3)]

    def combinations(self) -> list[str]:
        """What the combination dropdown offers."""
        return self.workbook.texts(self.controls["combination"])

    def figure(self, name: str, side: str, read: int) -> Cell:
        """The cell of a figure: the first variant's row carries the label, the second's stands below it."""
        return self._at(self._row(FIGURES[name]) + (side == "b"), read)

    def line(self, name: str, read: int) -> Cell:
        """The cell of a line below the figures: verdict, bound, statuses, flags."""
        return self._at(self._row(LINES[name]), read)

    def sentence(self, read: int) -> Cell:
        """The cell of a read's sentence group."""
        return self._name(self.workbook.find(self.sheet, READS[read], self._row("In words")), 2)

    def block_cell(self, header: str, read: int) -> Cell:
        """The cell of a read in the workings, by the header of its column, such as "A: concurrency"."""
        head = self._row("Reads: one comparison block per target, from left to right") + 1
        found = next(cell for cell in self.workbook.sheet(self.sheet)[head] if cell.value == header)
        return self._name(self.workbook.find(self.sheet, READS[read], head), found.column)

    def evidence(self, read: int) -> list[dict[str, Cell]]:
        """The rows of a read's evidence, in order, as cells by header."""
        head = self._row("Evidence: the measurements that each figure rests on") + 1
        headers = self._headers(head)
        first = self.workbook.find(self.sheet, READS[read], head)
        return [{name: self._name(first + i, col) for name, col in headers.items()} for i in range(4)]

    def table(self, first_header: str, start: str, after: dict[str, Cell] | None = None) -> list[dict[str, Cell]]:
        """The rows of the first table below a heading, or below a row of an earlier table, as cells by header."""
        above = coordinate_to_tuple(after[first_header][1])[0] if after else self._row(start)
        head = self.workbook.find(self.sheet, first_header, above + 1)
        headers, rows = self._headers(head), []
        row = head + 1
        while self.workbook.sheet(self.sheet).cell(row, 1).value is not None:
            rows.append({name: self._name(row, col) for name, col in headers.items()})
            row += 1
        return rows

    @cached_property
    def charts(self) -> list[ChartPart]:
        """This sheet's charts: throughput first, the chosen metric second."""
        own = [chart for chart in self.workbook.charts if chart.sheet == self.sheet]
        return sorted(own, key=lambda chart: int(re.sub(r"\D", "", chart.part)))

    def shown(self) -> list[Cell]:
        """Every cell that stands for a read: figures, lines and sentences."""
        reads = range(4)
        figures = [self.figure(name, side, i) for name in FIGURES for side in "ab" for i in reads]
        return [*figures, *(self.line(n, i) for n in LINES for i in reads), *(self.sentence(i) for i in reads)]

    def _row(self, label: str) -> int:
        rows = self.__dict__.setdefault("_rows", {})
        if label not in rows:
            rows[label] = self.workbook.find(self.sheet, label)
        return int(rows[label])

    def _headers(self, row: int) -> dict[str, int]:
        page = self.workbook.sheet(self.sheet)
        return {str(page.cell(row, col).value): col for col in range(1, 20) if page.cell(row, col).value is not None}

    def _at(self, row: int, read: int) -> Cell:
        return self._name(row, self._columns[read])

    def _name(self, row: int, column: int) -> Cell:
        return self.sheet, f"{get_column_letter(column)}{row}"

    def _unlocked(self, row: int) -> Cell:
        page = self.workbook.sheet(self.sheet)
        found = [cell.coordinate for cell in page[row] if not cell.protection.locked and cell.value is not None]
        assert len(found) == 1, f"row {row} of {self.sheet} has the inputs {found}"
        return self.sheet, found[0]


def below(cell: Cell, rows: int = 1) -> Cell:
    """Return the cell some rows below."""
    row, column = coordinate_to_tuple(cell[1])
    return cell[0], f"{get_column_letter(column)}{row + rows}"


def _chart(part: str, xml: bytes) -> ChartPart:
    root = ET.fromstring(xml)  # noqa: S314 - our own file
    kind = next(node.tag for node in root.iter() if node.tag in {f"{_CHART}scatterChart", f"{_CHART}barChart"})
    series = tuple(_series(node) for node in root.iter(f"{_CHART}ser"))
    return ChartPart(part, kind.removeprefix(_CHART), series[0].y[0][0], series)


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
