"""What every part of the Performance sheet needs: the sheet while it is laid out, its words, and where its workings stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.metrics import METRICS
from specxl.model.formulas import cases, literal, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from specxl.method.metrics import Metric
    from specxl.model.cells import Range, Ref, Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.performance.offers import Offer
    from specxl.sheets.plan import Plan


@dataclass(frozen=True)
class Draft:
    """The sheet and its workings while they are laid out; `lists` are the choices of the controls."""

    sheet: Sheet
    plan: Plan
    flow: Flow
    offers: Mapping[str, Offer]
    lists: Mapping[str, Range]

    @property
    def texts(self) -> Mapping[str, Mapping[str, str]]:
        """The words of the sheet."""
        texts: Mapping[str, Mapping[str, str]] = self.plan.house.texts["performance"]
        return texts

    def say(self, piece: str, name: str, fields: Mapping[str, str]) -> str:
        """Formula: a sentence of `performance.toml`."""
        return sentence(self.texts[piece][name], fields, origin=f"performance.toml [{piece}] {name}")

    def word(self, piece: str, name: str) -> str:
        """Formula: a text of `performance.toml`."""
        return literal(self.texts[piece][name])

    def heading(self, name: str) -> None:
        """A heading in the workings."""
        self.flow.heading(self.texts["workings"][name])


@dataclass(frozen=True)
class Board:
    """Where the workings stand: one row of choices and counts by name, then columns over lines and over slots by key."""

    cells: Mapping[str, Ref]
    lines: Mapping[str, Range]
    slots: Mapping[str, Range]

    def __getitem__(self, name: str) -> Ref:
        """A cell of the row of choices, absolute."""
        return self.cells[name].fix

    def held(self, key: str, slot: Ref | str) -> str:
        """Formula: a column of the configuration in a slot."""
        return f"INDEX({self.slots[key]},{slot})"

    def by_metric(self, text: Callable[[Metric], str], otherwise: str = '""') -> str:
        """Formula: what applies to the metric chosen."""
        return cases(self["metric"], [(number, text(m)) for number, m in enumerate(METRICS, start=1)], otherwise)
