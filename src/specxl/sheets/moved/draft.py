"""What every part of the sheet How it moved needs: the sheet while it is laid out, its words, and where its workings stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.formulas import literal
from specxl.sheets.pair.selection import distinct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Comparison
    from specxl.method.past import Past
    from specxl.model.cells import Range, Ref, Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.plan import Plan

WORDS = "moved"


@dataclass(frozen=True)
class MovedSheet:
    """What a judge needs in order to drive the sheet: its choice, and the names that it offers, one for each past."""

    control: Ref
    names: Sequence[str]


@dataclass(frozen=True)
class Draft:
    """The sheet and its workings while they are laid out; `pasts` are what it offers, each with its comparison."""

    sheet: Sheet
    plan: Plan
    flow: Flow
    pasts: Sequence[tuple[Past, Comparison]]

    @property
    def texts(self) -> Mapping[str, Mapping[str, str]]:
        """The words of the sheet."""
        texts: Mapping[str, Mapping[str, str]] = self.plan.house.texts[WORDS]
        return texts

    def say(self, piece: str, name: str, fields: Mapping[str, str]) -> str:
        """Formula: a sentence of `moved.toml`."""
        return self.plan.say(WORDS, piece, name, fields)

    def word(self, piece: str, name: str) -> str:
        """Formula: a text of `moved.toml`."""
        return literal(self.texts[piece][name])


@dataclass(frozen=True)
class Workings:
    """Where the workings stand.

    `choice` are the cells of what is chosen, by name; `reads` and `blocks` the columns over the days shown, by key; `lines` the cells
    of what a side came to, by side and name; `drawn` what the chart plots, by side as (dates, costs).
    """

    choice: Mapping[str, Ref]
    texts: Range
    reads: Mapping[str, Range]
    blocks: Mapping[str, Range]
    lines: Mapping[str, Mapping[str, Ref]]
    drawn: Mapping[str, tuple[Range, Range]]

    @property
    def slots(self) -> int:
        """The most days that can be shown."""
        return self.reads["slot"].rows

    def label(self, side: str) -> Ref:
        """The name of a side."""
        return self.choice[f"side_{side}"].fix


def opening_place(plan: Plan) -> int:
    """The place from 1 of the comparison that the sheet opens on: the first of those with the most days."""
    counts = [len(past.days) for past in plan.catalogue.moved]
    return counts.index(max(counts)) + 1


def names_of(plan: Plan) -> list[str]:
    """What the dropdown offers: every comparison with a past, in the order of the sheets."""
    held = {past.comparison for past in plan.catalogue.moved}
    names = []
    for comparison in plan.catalogue.comparisons:
        if comparison.number in held:
            key = comparison.key
            model, hardware = plan.house.model(key.model).short_label, plan.house.hardware(key.hardware).short_label
            names.append(f"{model}, {hardware}, {comparison.label}")
    return distinct(names)
