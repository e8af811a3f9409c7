"""The charts of pair sheets as their cells: which series shows what, and that every plotted cell is a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.books import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Value
    from support.books import Built
    from support.desk import Desk
    from support.finder import Series

Points = list[tuple["Value", "Value"]]
IDLE = -1
"""The place of what must not be drawn: left of an axis that begins at 0."""


class Drawn:
    """The charts of a workbook's pair sheets, the large one (a metric) before the small one (throughput)."""

    def __init__(self, desk: Desk, built: Built) -> None:
        self.desk = desk
        self.charts = {page.sheet: page.charts for page in pages(built.path).pairs}
        self.plotted = {
            cell for charts in self.charts.values() for chart in charts for s in chart.series for cell in (*s.x, *s.y)
        }

    def series(self, name: str, kind: str, side: str) -> tuple[Series, Series] | None:
        """The series of a kind and side on a sheet, in both charts; None where the sheet has none."""
        if not self.desk.anchors(kind, name, side):
            return None
        cells = [cells for _, cells in self.desk.rows(kind, name, side)]
        large, small = (
            next(s for s in chart.series if s.y == tuple(row[key] for row in cells))
            for chart, key in zip(self.charts[name], ("metric", "y"), strict=True)
        )
        return large, small

    def points(self, series: Series) -> Points:
        """What a series plots now, without what is not drawn and without repetitions of the last point."""
        value = self.desk.book.value
        found = [(value(x), value(y)) for x, y in zip(series.x, series.y, strict=True)]
        return list(dict.fromkeys(point for point in found if point[0] != IDLE))

    def faults(self) -> Iterator[str]:
        """Yield every plotted cell that is no number, and every place that is neither drawn nor left of the axis."""
        for cell, value in self.desk.book.read(self.plotted).items():
            if type(value) not in (int, float):
                yield f"{cell} plots {value!r}"
