"""A small workbook of comparison blocks: any curve of a build against any other, each with a price and a power of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from specxl.model.cells import Book as Model
from specxl.model.cells import Sheet
from specxl.model.formulas import content
from specxl.sheets.block.columns import FULL_ROW
from specxl.sheets.block.stack import Stack
from specxl.workbook.plain import write_plain
from support.desk import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from support import Cell, Value
    from support.books import Built

NAME = "Any sides"
INPUTS = ("target_in", "a_price", "b_price", "a_power", "b_power")
_FIRST_COL = len(INPUTS) + 1


class Pairing(NamedTuple):
    """Two curves by their ids, and whether they are on one hardware."""

    a: int
    b: int
    one_hardware: bool = False


@dataclass(frozen=True)
class Line:
    """One block: its pairing, the inputs that drive it, and its cells by key."""

    pairing: Pairing
    inputs: Mapping[str, Cell]
    block: Mapping[str, Cell]

    def typed(self, *values: Value) -> dict[Cell, Value]:
        """The edits that give it a target, both prices and both powers, as far as they are named."""
        return {self.inputs[key]: value for key, value in zip(INPUTS, values, strict=False)}


def lay_sides(built: Built, pairings: Iterable[Pairing], path: Path) -> list[Line]:
    """Write a copy of a build's model with a sheet of such blocks, and return them in order."""
    sheet, lines = Sheet(NAME), []
    stack = Stack(sheet, _FIRST_COL, FULL_ROW, built.layout.plan.context)
    stack.lay_headers(0)
    for row, pairing in enumerate(pairings, start=1):
        inputs = {key: sheet.put(row, col, 1.0) for col, key in enumerate(INPUTS)}
        given: dict[str, str | float] = {key: content(ref) for key, ref in inputs.items()}
        given |= {"a_id": pairing.a, "b_id": pairing.b, "one_hardware": int(pairing.one_hardware), "stated": 1}
        block = stack.lay(row, given)
        lines.append(Line(pairing, _placed(inputs), _placed(block)))
    model = built.layout.book
    write_plain(Model([*model.sheets, sheet], model.properties, model.footer), path)
    return lines


def _placed(refs: Mapping[str, object]) -> dict[str, Cell]:
    return {key: place(ref) for key, ref in refs.items()}  # type: ignore[arg-type]


def alone(sheet: str, _: int) -> bool:
    """What stays live: the blocks, and nothing that they read."""
    return sheet == NAME


def edits_of(lines: Iterable[Line], values: Iterable[tuple[Value, ...]]) -> dict[Cell, Value]:
    """The edits of several blocks at once."""
    found: dict[Cell, Value] = {}
    for line, typed in zip(lines, values, strict=True):
        found |= line.typed(*typed)
    return found


def changed(before: Mapping[str, Value], after: Mapping[str, Value]) -> Iterator[str]:
    """The keys of a block whose values differ."""
    return (key for key, value in before.items() if after[key] != value)
