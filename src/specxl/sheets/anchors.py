"""Anchors: where the figures stand that a judge compares, by address and key, never by a label.

The build's judge drives the workbook and looks at them; the manifest carries them, so that `specxl verify` finds them in a
copy that came back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Ref, address
from specxl.model.manifest import BlockPlace

if TYPE_CHECKING:
    from collections.abc import Iterator

Subject = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A block of rows of one kind: its first cell, the keys of its cells from left to right, and its rows.

    `kind` says which reference applies, `owner` names the sheet whose dropdowns move it ("" for the whole workbook), `tag`
    tells several of one owner apart. `subjects` holds what each row is about, for the judge of the build; a copy that came
    back does without.
    """

    kind: str
    owner: str
    first: Ref
    keys: tuple[str, ...]
    subjects: tuple[Subject, ...]
    tag: str = ""

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.subjects)

    def cells(self) -> Iterator[dict[str, Ref]]:
        """The cells of each row by key."""
        return map(self.row, range(self.rows))

    def row(self, number: int) -> dict[str, Ref]:
        """The cells of a row, counted from 0, by key."""
        sheet, top, left, _ = self.first
        return {key: Ref(sheet, top + number, left + col) for col, key in enumerate(self.keys)}


ENTERED = "entered"
"""Where an input of a decision stands: its tag is the name by which a judge asks for what it holds."""


def entered(name: str, ref: Ref) -> Anchor:
    """The anchor of an input that blocks start from."""
    return Anchor(ENTERED, "", ref, ("value",), ((),), name)


def place_of(anchor: Anchor) -> BlockPlace:
    """An anchor as the manifest carries it."""
    first = anchor.first
    cell = address(first.row, first.col)
    return BlockPlace(anchor.kind, anchor.owner, anchor.tag, first.sheet, cell, anchor.rows, anchor.keys)
