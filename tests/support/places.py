"""Where things stand in a finished workbook, by its own account: the manifest names blocks, formulas lead to the rest.

No cell is found by a word that it shows: words are templates, and a template may be replaced.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple

from specxl.model.cells import Book as Model
from specxl.model.cells import Cell as Filled
from specxl.model.cells import Properties, Sheet
from specxl.model.manifest import MANIFEST_SHEET, read_manifest
from support.finder import cells_of
from support.parts import formula_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from specxl.model.manifest import Manifest
    from support import Cell

CONTROLS = {"combination": "combination", "engine": "scope", "tier": "tier_choice", "metric": "metric"}
"""The controls of a pair sheet by the key of the cell on Workings that reads each of them."""
TARGETS = 3
_REFERENCE = re.compile(r"(?<![\w!'])(?:('(?:[^']|'')+'|[A-Za-z_]\w*)!)?(\$?[A-Z]{1,3}\$?[1-9]\d*)(?![\w(!])")
_TEXT = re.compile(r'"[^"]*"')


class Places:
    """A workbook on disk: its blocks by kind and owner, its pair sheets, and what each cell holds there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path, data_only=True)

    def value(self, cell: Cell) -> Any:  # noqa: ANN401 - whatever a cell holds
        """What a cell shows; of a formula, the result that is stored with it."""
        return self.book[cell[0]][cell[1]].value

    @cached_property
    def formulas(self) -> dict[Cell, str]:
        """Every formula of the workbook, in the order of sheets, rows and columns."""
        return formula_texts(self.path)

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest as it stands on About."""
        about = Sheet(MANIFEST_SHEET)
        for row in self.book[MANIFEST_SHEET].iter_rows():
            for cell in row:
                if cell.value is not None:
                    about.cells[cell.row - 1, cell.column - 1] = Filled(str(cell.value), "")
        found = read_manifest(Model([about], Properties("", "", "", "", "", {})))
        assert found, f"{self.path} has no manifest"
        return found[0]

    def cells(self, kind: str, owner: str = "", tag: str = "") -> list[dict[str, Cell]]:
        """The cells of a block, row by row, by their keys."""
        block = next(b for b in self.manifest.blocks if (b.kind, b.owner, b.tag) == (kind, owner, tag))
        first, rows = block.first, range(block.rows)
        return [
            {key: (first.sheet, first.down(row).right(col).address) for col, key in enumerate(block.keys)}
            for row in rows
        ]

    def rows(self, kind: str, owner: str = "", tag: str = "") -> list[dict[str, Any]]:
        """What the cells of a block show, row by row, by their keys."""
        return [{key: self.value(cell) for key, cell in row.items()} for row in self.cells(kind, owner, tag)]

    def in_force(self, name: str) -> Any:  # noqa: ANN401 - a number or a choice's place
        """A threshold or a choice of Prices in force."""
        return self.rows("in force", tag=name)[0]["value"]

    @property
    def inputs(self) -> set[Cell]:
        """Every input that the manifest names."""
        return {(sheet.name, address) for sheet in self.manifest.sheets for address, _ in sheet.inputs}

    @cached_property
    def pairs(self) -> list[PairPlaces]:
        """The sheets that compare, one per model and hardware, in the order of their tabs."""
        own = {block.owner for block in self.manifest.blocks if block.kind == "selection"}
        return [PairPlaces(self, name) for name in self.book.sheetnames if name in own]

    @cached_property
    def led_by(self) -> dict[Cell, list[Cell]]:
        """The cells whose formulas name a cell first, by that cell."""
        found: dict[Cell, list[Cell]] = defaultdict(list)
        for cell in self.formulas:
            first = next(self.references(cell), None)
            if first is not None:
                found[first].append(cell)
        return found

    def references(self, cell: Cell) -> Iterator[Cell]:
        """The cells that a formula names, in its order, leaving texts out."""
        for sheet, address in _REFERENCE.findall(_TEXT.sub('""', self.formulas[cell])):
            yield sheet.strip("'").replace("''", "'") or cell[0], address.replace("$", "")

    def choices(self, cell: Cell) -> list[str]:
        """What a cell's dropdown offers; what it holds itself where it has none."""
        rules = self.book[cell[0]].data_validations.dataValidation
        for rule in rules:
            if cell[1] in rule.sqref and rule.type == "list":
                return [str(self.value(choice)) for choice in cells_of(rule.formula1, cell[0])]
        return [str(self.value(cell))]


class PairPlaces:
    """One pair sheet: its controls, its four reads (three targets and the Summary's), and where it shows them."""

    def __init__(self, places: Places, sheet: str) -> None:
        self.places, self.sheet = places, sheet

    @property
    def title(self) -> str:
        """What the sheet is about, which its message begins with: "GLM 5/5.1 on B300"."""
        return str(self.places.value((self.sheet, "A1"))).partition(": ")[0]

    @cached_property
    def controls(self) -> Mapping[str, Cell]:
        """The dropdowns on top, by what they choose; a control with one choice is a word that cannot be edited."""
        [chosen] = self.places.cells("selection", self.sheet)
        return {name: self._named_by(chosen[key]) for name, key in CONTROLS.items()}

    @cached_property
    def reads(self) -> list[dict[str, Cell]]:
        """The comparison blocks of the reads, by key."""
        return self.places.cells("comparison", self.sheet)

    @cached_property
    def targets(self) -> list[Cell]:
        """The three target inputs."""
        return [self._named_by(read["target_in"]) for read in self.reads[:TARGETS]]

    def figures(self, read: int) -> dict[str, Any]:
        """What the comparison block of a read holds in the file."""
        return {key: self.places.value(cell) for key, cell in self.reads[read].items()}

    def shown(self, key: str, read: int) -> Cell:
        """The uppermost cell of the sheet whose formula begins with a cell of a read's block: there the figure is shown."""
        return self.beginning_with(self.reads[read][key])[0]

    def beginning_with(self, cell: Cell) -> list[Cell]:
        """The cells of the sheet whose formulas name another cell first, from the top."""
        return [place for place in self.places.led_by.get(cell, ()) if place[0] == self.sheet]

    def showing(self, cell: Cell) -> list[Cell]:
        """The cells of the sheet that show another cell and nothing else."""
        return [place for place in self.beginning_with(cell) if _REFERENCE.fullmatch(self.places.formulas[place])]

    def words(self, key: str, read: int) -> Cell:
        """The cell of the sheet that shows what a formula elsewhere makes of a cell of a read's block and those after it."""
        elsewhere = self.places.led_by[self.reads[read][key]]
        return next(shown for cell in elsewhere for shown in self.showing(cell))

    def sentence(self, read: int) -> Cell:
        """The cell with a target's sentence: it stands beside the one that names the target."""
        return next(_right(place) for place in self.beginning_with(self.targets[read]))

    def _named_by(self, cell: Cell) -> Cell:
        """The cell of this sheet that a formula elsewhere names first."""
        return next(named for named in self.places.references(cell) if named[0] == self.sheet)


def _right(cell: Cell) -> Cell:
    """The cell to the right."""
    row, column = coordinate_to_tuple(cell[1])
    return cell[0], f"{get_column_letter(column + 1)}{row}"
