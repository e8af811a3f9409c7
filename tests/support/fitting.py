"""Whether texts fit their cells: widths of the letters of Calibri, lines of wrapped texts, room beside a cell to run into.

`carlito.csv` holds how wide every letter of Carlito is, which is as wide as Calibri by design, in 2048ths of the font's size.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specxl.model.numbers import ROUNDINGS
from support.screen import WINDOW, chart_box, height, lower_edge, right_edge, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from specxl.model.cells import Range, Sheet
    from support import Value

_UNITS, _PIXELS = 2048, 4 / 3  # of the font's size; of a point, at 100 %
_LINE = 1.22
"""Height of a line in sizes of the font."""
_MARGINS, _INDENT = 4, 9
"""Pixels of a cell that text leaves free on both sides together, and of one step of indent."""
_SLACK = 1.0
"""Points that the last line may lack: descenders end above."""


@cache
def _advances() -> dict[bool, dict[str, int]]:
    with (Path(__file__).parent / "carlito.csv").open(encoding="utf-8", newline="") as lines:
        rows = [(chr(int(row["code"])), int(row["regular"]), int(row["bold"])) for row in csv.DictReader(lines)]
    return {False: {char: plain for char, plain, _ in rows}, True: {char: bold for char, _, bold in rows}}


@cache
def text_pixels(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text is on screen; a letter that the table lacks counts as a whole size of the font."""
    advances = _advances()[bold]
    return sum(advances.get(char, _UNITS) for char in text) / _UNITS * size * _PIXELS


@dataclass(frozen=True)
class Face:
    """How a style shows a text: its size in points, its weight, where it stands in the cell, and its number format."""

    size: float
    bold: bool
    align: str
    wrap: bool
    indent: int
    number_format: str

    @classmethod
    def of(cls, theme: Mapping[str, Any], style: str) -> Face:
        """The face of a style of the theme."""
        merged: dict[str, Any] = {"font_size": theme["page"]["size"]}
        for name in style.split():
            merged |= theme["styles"][name]
            if name in ROUNDINGS:
                merged["num_format"] = ROUNDINGS[name].number_format
        return cls(
            merged["font_size"],
            merged.get("bold", False),
            merged.get("align", ""),
            merged.get("text_wrap", False),
            merged.get("indent", 0),
            merged.get("num_format", "General"),
        )

    def pixels(self, text: str) -> float:
        """How wide a text is."""
        return text_pixels(text, self.size, bold=self.bold)

    def lines(self, text: str, room: float) -> int:
        """How many lines a text takes where it may be so wide: words are kept whole, as spreadsheet programs do."""
        count, used = 1, 0.0
        space = self.pixels(" ")
        for word in text.split(" "):
            wide = self.pixels(word)
            if used and used + space + wide > room:
                count, used = count + 1, wide
            else:
                used += space * bool(used) + wide
        return count

    def shown(self, value: Value) -> str:
        """A value as its cell shows it."""
        if isinstance(value, bool):
            return str(value).upper()
        if value is None or isinstance(value, str):
            return value or ""
        if "General" in self.number_format or self.number_format == "0":
            coarse = self.number_format == "0" or (value >= 1000 and "#" in self.number_format)
            return f"{value:.10g}" if not coarse else f"{value:,.0f}" if "#" in self.number_format else f"{value:.0f}"
        if self.number_format.startswith("yyyy"):
            return "2026-08-28"
        if plain := re.fullmatch('"([^"]*)"0', self.number_format):
            return f"{plain[1]}{value:.0f}"
        rounding = next(one for one in ROUNDINGS.values() if one.number_format == self.number_format)
        return f"{rounding.prefix}{rounding.plain(value)}{'%' if rounding.percent else ''}{rounding.suffix}"


class Fit:
    """One sheet of the model, and what its cells hold now: which texts do not fit, and which rows stand too empty."""

    def __init__(self, sheet: Sheet, theme: Mapping[str, Any]) -> None:
        self.sheet, self.theme = sheet, theme
        self._faces: dict[str, Face] = {}
        self._merged = {(area.first.row, area.first.col): area for area in sheet.merges}
        self._covered = {
            (row, col) for area in sheet.merges for row, col in _places(area) if (row, col) not in self._merged
        }
        self._taken = {place for place, cell in sheet.cells.items() if cell.content is not None} | self._covered

    def edge(self, row: int) -> float:
        """Where a row ends for whoever reads it: at the printed edge or the window's; what is not printed, a column later."""
        area = self.sheet.print_area
        if area and row > area.last.row:
            return WINDOW[0] + width(self.sheet, area.last.col + 1)
        return max(WINDOW[0], right_edge(self.sheet, area.last.col) if area else 0)

    def face(self, row: int, col: int) -> Face:
        """The face of a cell."""
        style = self.sheet.cells[row, col].style
        if style not in self._faces:
            self._faces[style] = Face.of(self.theme, style)
        return self._faces[style]

    def faults(self, values: Mapping[tuple[int, int], Value]) -> Iterator[str]:
        """Yield every text of some cells that is cut, runs into what stands beside it, or has too few lines."""
        for (row, col), value in values.items():
            face = self.face(row, col)
            text = face.shown(value)
            if not text:
                continue
            where = f"{self.sheet.name} {self.sheet.ref(row, col).address}"
            if face.wrap:
                room, tall = self._box(row, col)
                needed = face.lines(text, room) * _LINE * face.size
                if needed > tall + _SLACK:
                    yield f"{where}: {needed:.0f} of {tall:.0f} points: {text!r}"
                elif (widest := max(map(face.pixels, text.split(" ")))) > room:
                    yield f"{where}: a word of {widest:.0f} in {room:.0f} pixels: {text!r}"
            elif (wide := face.pixels(text)) > (room := self._room(row, col, face, spill=isinstance(value, str))):
                yield f"{where}: {wide:.0f} of {room:.0f} pixels: {text!r}"

    def empty_lines(self, values: Mapping[tuple[int, int], Value]) -> dict[int, float]:
        """How many lines of each row with text stay empty: those of its largest text, in lines of that text."""
        found: dict[int, float] = {}
        for (row, col), value in values.items():
            face = self.face(row, col)
            text = face.shown(value)
            if text:
                area = self._merged.get((row, col))
                if area and area.rows > 1:
                    continue
                line = _LINE * face.size
                lines = face.lines(text, self._box(row, col)[0]) if face.wrap else 1
                left = (self.sheet.heights.get(row, 15.0) - lines * line) / line
                found[row] = min(found.get(row, left), left)
        return {row: floor(left + 1e-9) for row, left in found.items()}

    def _box(self, row: int, col: int) -> tuple[float, float]:
        """Pixels across and points down that a wrapped text has."""
        area = self._merged.get((row, col))
        columns = range(col, (area.last.col if area else col) + 1)
        rows = range(row, (area.last.row if area else row) + 1)
        across = sum(width(self.sheet, one) for one in columns) - _MARGINS - _INDENT * self.face(row, col).indent
        return across, sum(height(self.sheet, one) for one in rows) * 0.75

    def _room(self, row: int, col: int, face: Face, *, spill: bool) -> float:
        """Pixels that a text of one line has: its cell, and the empty ones beside it that it may run into."""
        room = self._box(row, col)[0]
        if (row, col) in self._merged or not spill:
            return room
        step = -1 if face.align == "right" else 1
        at = col + step
        while at >= 0 and self._free(row, at) and (step < 0 or right_edge(self.sheet, at) <= self.edge(row)):
            room += width(self.sheet, at)
            at += step
        return room

    def _free(self, row: int, col: int) -> bool:
        return (row, col) not in self._taken and not any(
            chart.at.col <= col
            and right_edge(self.sheet, col - 1) < right
            and top <= lower_edge(self.sheet, row) - 1 <= bottom
            for chart in self.sheet.charts
            for _, top, right, bottom in (chart_box(self.sheet, chart),)
        )


def _places(area: Range) -> Iterator[tuple[int, int]]:
    top, left, bottom, right = area.corners
    return ((row, col) for row in range(top, bottom + 1) for col in range(left, right + 1))
