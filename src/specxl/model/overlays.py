"""What lies over or around the cells of a sheet and can be told again after any program has saved it: one code for each.

Charts by what they draw, tables and print areas by their place. The same functions serve the model and a file that comes
back, so that codes laid at the build can be compared then; looks are in none of them.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from specxl.model.cells import Range, Ref, Sheet

_DIGITS = 10


def reference(text: str) -> str:
    """A reference in the form that no program's rewriting changes: "'B 300'!$A$7:$A$7" -> "B300!A7"."""
    plain = text.upper().replace("'", "").replace("$", "").replace(" ", "").removeprefix("=")
    sheet, mark, area = plain.rpartition("!")
    first, _, last = area.partition(":")
    return f"{sheet}{mark}{first if last == first else area}"


def chart_code(kind: str, series: Iterable[tuple[str, str, str]], titles: Iterable[str]) -> str:
    """The code of a chart: its kind, the references of each series (name, x, y), and its titles."""
    drawn = (" ".join(map(reference, parts)) for parts in series)
    return _code("chart", [kind, *drawn, *sorted(titles)])


def table_code(area: str) -> str:
    """The code of a table."""
    return _code("table", [reference(area)])


def print_code(areas: Iterable[str]) -> str:
    """The code of what a sheet prints."""
    return _code("print", sorted(map(reference, areas)))


def _code(kind: str, lines: list[str]) -> str:
    digest = sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()
    return f"{kind}-{digest[:_DIGITS]}"


def overlay_codes(sheet: Sheet) -> tuple[str, ...]:
    """The codes of everything that a build lays over or around the cells of a sheet, in a fixed order."""
    charts = [
        chart_code(
            chart.kind,
            ((_cell(s.name), _area(s.x), _area(s.y)) for s in chart.series),
            (title for title in (chart.x_title, chart.y_title) if title),
        )
        for chart in sheet.charts
    ]
    tables = [table_code(table.area.address) for table in sheet.tables]
    printed = [print_code([sheet.print_area.address])] if sheet.print_area else []
    return tuple(sorted([*charts, *tables, *printed]))


def _cell(ref: Ref) -> str:
    return f"{ref.sheet}!{ref.address}"


def _area(area: Range) -> str:
    return f"{area.sheet}!{area.address}"
