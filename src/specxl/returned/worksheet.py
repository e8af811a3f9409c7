"""One worksheet part -> its cells, in one pass and within bounds; what belongs to the sheet as a whole is in `surroundings`.

A cell that stands twice, or that programs could read in two ways, is refused: what is verified must be what is shown.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.model.cells import Formula, address
from specxl.returned.areas import COLUMNS, ROWS, Area, Place, area_of, place_of
from specxl.returned.formulas import TOO_LONG, Shared, is_short
from specxl.returned.parts import Attributes, is_true, refuse, whole
from specxl.returned.surroundings import SurroundingsReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.model.cells import Content, Value

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?")
_FRACTION = re.compile(r"[.Ee]")
_EXACT_DIGITS = 15
_THINNEST = 1.0  # points; a row of less cannot be read


@dataclass
class Allowance:
    """What all sheets of one workbook may hold together: cells, and characters (of shared formulas in every cell)."""

    cells: int = 2_000_000
    characters: int = 200_000_000


@dataclass
class SheetCells:
    """What the cells of a sheet hold, by row and column from zero; blank ones are left out.

    `stored` is the result of every formula as the file has it, None where it has none. `odd` names cells that hold what
    no build writes, in words; `looks` is the number of the look of each filled cell.
    """

    contents: dict[Place, Content] = field(default_factory=dict)
    stored: dict[Place, Value] = field(default_factory=dict)
    odd: dict[Place, str] = field(default_factory=dict)
    looks: dict[Place, int] = field(default_factory=dict)


class WorksheetReader(SurroundingsReader):
    """Reads the cells of one sheet."""

    root = "worksheet"
    places = SurroundingsReader.places | {
        "sheetData": ["worksheet"],
        "row": ["worksheet", "sheetData"],
        "c": ["worksheet", "sheetData", "row"],
        "f": ["worksheet", "sheetData", "row", "c"],
        "v": ["worksheet", "sheetData", "row", "c"],
        "is": ["worksheet", "sheetData", "row", "c"],
    }

    def __init__(self, name: str, strings: Sequence[str], allowance: Allowance, watched: frozenset[int]) -> None:
        """Prepare to read a sheet.

        Args:
            name: the sheet's, for messages.
            strings: the shared texts; allowance: is drawn on.
            watched: numbers of the looks whose cells are to be named.
        """
        super().__init__(name)
        self.cells = SheetCells()
        self._strings, self._allowance = strings, allowance
        self._watched = {str(look): look for look in watched}
        self._shared: dict[int, tuple[Shared, Area]] = {}
        self._row = self._col = -1
        self._hidden = False
        self._begin({})
        self.starts |= {"row": self._on_row, "c": self._on_cell, "f": self._on_formula, "is": self._on_inline}
        self.ends |= {"c": self._end_cell, "f": self._end_formula, "v": self._end_value, "t": self._end_text}

    def _on_row(self, given: Attributes) -> None:
        number = whole(self.where, given.get("r"), self._row + 2) - 1
        if not 0 <= number < ROWS:
            refuse(self.where, f"it has a row {number + 1}; a sheet has rows 1 to {ROWS}")
        if number <= self._row:
            refuse(self.where, f"it can be read in two ways: row {number + 1} stands there twice, or out of order")
        self._row, self._col = number, -1
        height = given.get("ht")
        self._hidden = is_true(given.get("hidden")) or (height is not None and self.size(height) <= _THINNEST)

    def _on_cell(self, given: Attributes) -> None:
        named = given.get("r")
        row, col = (self._row, self._col + 1) if named is None else place_of(named, self.where)
        if row != self._row or col <= self._col or col >= COLUMNS:
            refuse(self.where, f"it can be read in two ways: {address(row, col)} stands twice, or in another row")
        self._col = col
        self._allowance.cells -= 1
        if self._allowance.cells < 0:
            refuse(self.where, "the workbook holds more cells than are compared", "It is not compared")
        self._begin(given)

    def _begin(self, given: Attributes) -> None:
        """Forget the cell before."""
        self._given = given
        self._formula: Attributes | None = None
        self._formula_text = ""
        self._value: str | None = None
        self._inline: list[str] | None = None

    def _here(self) -> str:
        return f"{self.where} {address(self._row, self._col)}"

    def _on_formula(self, given: Attributes) -> None:
        if self._formula is not None:
            refuse(self._here(), "it can be read in two ways: the cell has two formulas")
        self._formula = given

    def _end_formula(self, text: str) -> None:
        self._formula_text = text

    def _end_value(self, text: str) -> None:
        if self._value is not None:
            refuse(self._here(), "it can be read in two ways: the cell has two values")
        self._value = text

    def _on_inline(self, _: Attributes) -> None:
        if self._inline is not None:
            refuse(self._here(), "it can be read in two ways: the cell has two texts")
        self._inline = []

    def _end_text(self, text: str) -> None:
        """A piece of a text in the cell itself; the reading aids of Japanese texts are no part of it."""
        if self._inline is not None and "c" in self.path and "rPh" not in self.path:
            self._inline.append(text)

    def _end_cell(self, _: str) -> None:
        if (self._inline is not None) is not (self._given.get("t") == "inlineStr") and self._filled():
            refuse(self._here(), "it can be read in two ways: the cell has a value and a text")
        if self._inline is not None and (self._value is not None or self._formula is not None):
            refuse(self._here(), "it can be read in two ways: the cell has a value and a text")
        value = self._typed()
        place = self._row, self._col
        content: Content = value
        if self._formula is not None:
            content = Formula(self._text_of(self._formula, self._formula_text.strip()))
            self.cells.stored[place] = value
        if content is None or content == "":
            return
        self.cells.contents[place] = content
        self._note(place)

    def _filled(self) -> bool:
        return self._inline is not None or self._value is not None

    def _note(self, place: Place) -> None:
        """What else is to be said of a filled cell."""
        if self._hidden:
            self.facts.hidden_rows.add(place[0])
        self.facts.filled_columns.add(place[1])
        look = self._given.get("s", "0")
        if look in self._watched:
            self.cells.looks[place] = self._watched[look]
        kind = self._given.get("t", "n")
        if self._formula is None and kind in ("b", "d", "e"):
            self.cells.odd[place] = {"b": "a truth value", "d": "a date", "e": "an error value"}[kind]
        if "vm" in self._given:
            self.cells.odd[place] = "a picture or a linked data type over its value"

    def _typed(self) -> Value:
        """The constant, or the stored result of the formula."""
        kind, text = self._given.get("t", "n"), self._value
        if self._inline is not None:
            return self._count("".join(self._inline))
        if text is None or (text.strip() == "" and kind != "str"):
            return None
        if kind == "s":
            number = whole(self._here(), text.strip())
            if number >= len(self._strings):
                refuse(self._here(), f"it shows the shared text {number}, and there are {len(self._strings)}")
            return self._strings[number]
        if kind == "b":
            return int(is_true(text.strip()))
        if kind in ("str", "e", "d"):
            return self._count(text)
        if kind != "n":
            refuse(self._here(), f"the cell is of the kind {clean_label(kind, limit=20)!r}, which no program writes")
        return self._number(text.strip())

    def _count(self, text: str) -> str:
        self._allowance.characters -= len(text)
        if self._allowance.characters < 0:
            refuse(self.where, "the workbook holds longer texts and formulas than are compared", "It is not compared")
        return text

    def _number(self, text: str) -> float:
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(number):
            refuse(self._here(), f"it holds {clean_label(text, limit=40)!r}, which is no number that a cell takes")
        return number if _FRACTION.search(text) or len(text) > _EXACT_DIGITS else int(text)

    def _text_of(self, given: Attributes, text: str) -> str:
        """The text of a formula, its own or the one that it shares."""
        kind = given.get("t", "normal")
        if kind == "shared":
            text = self._shared_text(given, text)
        elif kind == "dataTable":
            self.cells.odd[self._row, self._col] = "a data table"
            text = text or "TABLE()"
        elif kind == "array":
            self.cells.odd[self._row, self._col] = "an array formula"
        elif kind != "normal":
            refuse(self._here(), f"its formula is of the kind {clean_label(kind, limit=20)!r}, which no program writes")
        if not text:
            refuse(self._here(), "it can be read in two ways: its formula is empty")
        if not is_short(text):
            refuse(self._here(), TOO_LONG)
        self._count(text)
        return text

    def _shared_text(self, given: Attributes, text: str) -> str:
        number = whole(self._here(), given.get("si"), -1)
        known = self._shared.get(number)
        if text and known is None:
            if not is_short(text):
                refuse(self._here(), TOO_LONG)
            self._shared[number] = Shared.of(text, self._row, self._col), area_of(given.get("ref", ""), self._here())
            known = self._shared[number]
        elif text or known is None:
            refuse(self._here(), "it can be read in two ways: its formula is shared with cells that do not say so")
        formula, area = known
        if not area.holds((self._row, self._col)):
            # programs that go by the area leave the cell without a formula, others give it one
            refuse(self._here(), f"it can be read in two ways: its formula is shared by the cells {area} alone")
        return text or formula.copied(self._row, self._col)
