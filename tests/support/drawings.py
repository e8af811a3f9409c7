"""The charts of an xlsx file as they stand in its XML: what they plot, the numbers stored for previews, their alt texts."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from openpyxl.utils import get_column_letter, range_boundaries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Cell

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_RANGE = re.compile(r"(?:('(?:[^']|'')+'|\w+)!)?(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)$")


def cells_of(reference: str, sheet: str = "") -> list[Cell]:
    """Return the cells of "'Sheet'!$A$1:$B$2", row by row; `sheet` is where a bare reference points."""
    match = _RANGE.match(reference)
    assert match, f"{reference} is no range"
    left, top, right, bottom = (side or 0 for side in range_boundaries(match[2].replace("$", "")))
    name = match[1].strip("'").replace("''", "'") if match[1] else sheet
    return [(name, f"{get_column_letter(c)}{r}") for r in range(top, bottom + 1) for c in range(left, right + 1)]


@dataclass(frozen=True)
class StoredSeries:
    """One series of a chart: the cell that names it, the cells it plots, and the values stored for previews."""

    name: Cell
    x: tuple[Cell, ...]
    y: tuple[Cell, ...]
    stored_name: str
    stored_x: tuple[str, ...]
    stored_y: tuple[str, ...]


@dataclass(frozen=True)
class StoredChart:
    """One native chart."""

    part: str
    kind: str
    xml: bytes
    series: tuple[StoredSeries, ...]


def stored_charts(path: Path) -> list[StoredChart]:
    """Return every chart of a workbook file."""
    with zipfile.ZipFile(path) as package:
        names = sorted(name for name in package.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name))
        return [_chart(name, package.read(name)) for name in names]


def alt_texts(path: Path) -> Iterator[str]:
    """Yield the alt text of every frame that holds a drawing."""
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if name.startswith("xl/drawings/drawing"):
                for frame in ET.fromstring(package.read(name)).iter(f"{_DRAWING}cNvPr"):  # noqa: S314 - our own file
                    yield frame.attrib.get("descr", "")


def _chart(part: str, xml: bytes) -> StoredChart:
    root = ET.fromstring(xml)  # noqa: S314 - our own file
    kind = next(node.tag for node in root.iter() if node.tag in {f"{_CHART}scatterChart", f"{_CHART}barChart"})
    return StoredChart(part, kind.removeprefix(_CHART), xml, tuple(map(_series, root.iter(f"{_CHART}ser"))))


def _series(node: ET.Element) -> StoredSeries:
    scatter = node.find(f"{_CHART}xVal") is not None
    x, y, name = (node.find(f"{_CHART}{tag}") for tag in (*(("xVal", "yVal") if scatter else ("cat", "val")), "tx"))
    assert x is not None
    assert y is not None
    assert name is not None
    return StoredSeries(_cells(name)[0], tuple(_cells(x)), tuple(_cells(y)), _values(name)[0], _values(x), _values(y))


def _cells(node: ET.Element) -> list[Cell]:
    formula = next(node.iter(f"{_CHART}f"))
    return cells_of(formula.text or "")


def _values(node: ET.Element) -> tuple[str, ...]:
    return tuple(value.text or "" for value in node.iter(f"{_CHART}v"))
