"""The charts of a workbook file against its cells: they may draw sheets of the build only, and must draw what these hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.model.cells import Formula, Link, address
from specxl.returned.areas import SMALL, area_of
from specxl.returned.differences import Difference
from specxl.returned.recompute import same_result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from specxl.model.cells import Content, Value
    from specxl.returned.areas import Area
    from specxl.returned.drawings import ChartFacts, Drawn
    from specxl.returned.reading import WorkbookFile

_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!()\[\],]+))!(\$?[A-Z]{1,3}\$?[0-9]+(?::\$?[A-Z]{1,3}\$?[0-9]+)?)")
_LARGEST = 20 * SMALL  # cells of one series


def chart_faults(
    sheet: str, charts: Sequence[ChartFacts], file: WorkbookFile, names: Sequence[str]
) -> Iterator[Difference]:
    """What the charts of a sheet draw that no build draws, and stored points that are not what the cells hold.

    Args:
        sheet: the sheet on which they lie; charts: as read.
        file: the workbook; names: the sheets of the build.
    """
    for chart in charts:
        for fault in _faults(chart, file, names):
            yield Difference(sheet, "chart", f"the chart at {chart.place} {fault}")


def _faults(chart: ChartFacts, file: WorkbookFile, names: Sequence[str]) -> Iterator[str]:
    for text in chart.odd:
        yield f"has {text}"
    if not chart.series:
        yield "draws nothing"
    for text in chart.others:
        if _drawn_area(text, names) is None:
            yield f"refers to {clean_label(text, limit=60)!r}, which is none of the cells of the build"
    for number, series in enumerate(chart.series, 1):
        yield from (f"in series {number} {fault}" for fault in _series_faults(series, file, names))


def _series_faults(series: Drawn, file: WorkbookFile, names: Sequence[str]) -> Iterator[str]:
    if not series.references:
        yield "draws fixed figures in place of cells"
    for role in series.points:
        if role not in series.references:
            yield f"draws fixed figures as its {role}"
    for role, text in series.references.items():
        drawn = _drawn_area(text, names)
        if drawn is None:
            yield f"draws {clean_label(text, limit=60)!r}, which is none of the cells of the build"
            continue
        yield from _stale(role, *drawn, series.points.get(role, {}), file)


def _drawn_area(text: str, names: Sequence[str]) -> tuple[str, Area] | None:
    """The sheet and the area of a reference; None where it is more, or elsewhere."""
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return None
    name = (match[1] or match[2]).replace("''", "'")
    area = area_of(match[3], name)
    return (name, area) if name in names and area.size <= _LARGEST else None


def _shown(content: Content, stored: Value) -> Value:
    if isinstance(content, Formula):
        return stored
    return content.text if isinstance(content, Link) else content


def _stale(role: str, sheet: str, area: Area, points: dict[int, Value], file: WorkbookFile) -> Iterator[str]:
    """The first stored point that is another figure or text than its cell holds: viewers draw what is stored."""
    cells = next((s.cells for s in file.book.sheets if s.name == sheet), {})
    width = area.right - area.left + 1
    for index, point in points.items():
        place = area.top + index // width, area.left + index % width
        if place not in cells or not area.holds(place):
            continue
        held = _shown(cells[place].content, file.stored.get((sheet, *place)))
        if held is None or isinstance(held, str) is not isinstance(point, str):
            continue  # no result was stored, or a number was stored as it is displayed
        if not same_result(point, held):
            cell = f"{clean_label(sheet, limit=40)} {address(*place)}"
            yield f"stores {clean_label(point, limit=40)!r} as its {role} where {cell} holds {clean_label(held, limit=40)!r}"
            return
