"""What every part of a sheet with two sides needs while it is laid out: the sheet, its words, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import CatalogueCurve, Pair
    from specxl.model.cells import Range, Ref, Sheet
    from specxl.sheets.plan import Plan

SIDES = ("a", "b")
PAIR_WORDS = "pair"
"""The template with the words that all sheets with two sides begin from."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A sheet with two sides while it is laid out.

    `order` is that of the sides from top to bottom: "ba" on a pair's sheet, whose side A is what is looked at beside Off, and
    "ab" where neither side leads, so that savings are those with the cheaper one; `subject` says in the charts' alt texts what they are of;
    `curves` is every curve that its dropdowns can bring up; `texts` are its words by part and name, those of `file` (the
    stem of a template) where it has any, else those of pair sheets; `own` says whether runs of one's own can be chosen.
    """

    sheet: Sheet
    plan: Plan
    order: str
    subject: str
    curves: Sequence[CatalogueCurve]
    texts: Mapping[str, Mapping[str, str]]
    file: str
    own: bool

    @property
    def name(self) -> str:
        """The sheet's name."""
        return self.sheet.name

    @property
    def neither_leads(self) -> bool:
        """Whether the two sides stand beside each other as equals."""
        return self.order == "ab"

    def origin(self, part: str, name: str) -> str:
        """How an error names one of its words: by the file that it stands in."""
        own = self.plan.house.texts[self.file].get(part, {})
        return f"{self.file if name in own else PAIR_WORDS}.toml [{part}] {name}"


@dataclass(frozen=True, slots=True)
class PairDraft(Draft):
    """A pair's sheet while it is laid out, with the cells of its two names."""

    pair: Pair
    model: Ref
    hardware: Ref


@dataclass(frozen=True)
class Shown:
    """What a sheet with two sides shows: cells by name ("a_id", "b_price", "stated", "label_a", "metric", ...).

    `labels` name the sides in sentences. Where the sides need other names before rows or within narrow columns, "head_a"
    and "mark_a" hold them.
    """

    cells: Mapping[str, Ref]

    def __getitem__(self, name: str) -> Ref:
        """A cell by name, with an absolute address."""
        return self.cells[name].fix

    @property
    def targets(self) -> tuple[Ref, ...]:
        """The cells of the three speeds."""
        raise NotImplementedError

    @property
    def slots(self) -> Range | None:
        """The families of engines that are compared with themselves, by combination; None without any."""
        return None

    @property
    def one_hardware(self) -> str | float:
        """Whether price and power cancel: 1 on a sheet of one hardware, else the cell that says so."""
        return str(self["one_hardware"])

    @property
    def labels(self) -> tuple[Ref, Ref]:
        """The cells with the names of both sides, A first."""
        return self["label_a"], self["label_b"]

    @property
    def heads(self) -> Mapping[str, Ref]:
        """What stands before the rows of a side and in legends, by side."""
        return {side: self.cells.get(f"head_{side}", self.cells[f"label_{side}"]).fix for side in SIDES}

    @property
    def marks(self) -> Mapping[str, Ref]:
        """What sides are called within narrow columns, by side."""
        return {side: self.cells.get(f"mark_{side}", self.cells[f"label_{side}"]).fix for side in SIDES}
