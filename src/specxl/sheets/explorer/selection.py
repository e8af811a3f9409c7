"""The Explorer's choice in force: from the dropdowns to curves, prices and power, and to what the two sides differ in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Range
from specxl.model.formulas import choice_number, content, first_true, positive
from specxl.sheets.anchors import Anchor
from specxl.sheets.explorer.offer import CHOICES, STEPS
from specxl.sheets.pair.draft import SIDES, Draft, Shown
from specxl.sheets.pair.selection import basis_words
from specxl.sheets.prices import in_currency

if TYPE_CHECKING:
    from collections.abc import Iterable

    from specxl.model.cells import Ref
    from specxl.model.flow import Flow
    from specxl.sheets.explorer.controls import Controls
    from specxl.sheets.explorer.tables import Tables

NOT_THERE = len(CHOICES) - 1
"""What is added to the number of a step (from 2) in the code of why a side has no curve: its choice was not measured with
those before it. The number alone (from 1) says that the cell holds none of its choices."""
SIDE_KEYS = (
    *(f"n_{step}" for step in CHOICES), *(f"row_{step}" for step in STEPS), "id", "missing", "own", "listed", "price", "power",
)  # fmt: skip
COMMON_KEYS = ("tier_choice", "tier", "metric")
BOTH_KEYS = (
    "stated",
    "published",
    "own",
    "one_hardware",
    "same",
    *(f"d_{step}" for step in CHOICES),
    "differences",
    "work",
    "apart",
)
KEYS = (*COMMON_KEYS, *(f"{side}_{key}" for side in SIDES for key in SIDE_KEYS), *BOTH_KEYS)
"""The cells that a judge reads, from left to right."""
WORK = ("model", "workload")
"""Where these differ, the two sides do different work."""
UNLIKE = (*WORK, "precision")
"""What makes sides unlike whatever is compared; hardware, method and engine are so beside another difference only."""


@dataclass(frozen=True)
class Explored(Shown):
    """What the controls choose."""

    controls: Controls
    tables: Tables

    @property
    def targets(self) -> tuple[Ref, ...]:
        """The cells of the three speeds."""
        return self.controls.targets


class _Cells:
    """A row of cells under their headers, from left to right, by name."""

    def __init__(self, flow: Flow) -> None:
        self._sheet, self._head, self._row = flow.sheet, flow.take(), flow.take()
        self.held: dict[str, Ref] = {}

    def put(self, name: str, text: str, style: str = "id") -> Ref:
        """Lay out one cell; return it with an absolute address."""
        col = len(self.held)
        self._sheet.put(self._head, col, name.replace("_", " "), "head")
        self.held[name] = self._sheet.formula(self._row, col, text, style)
        return self.held[name].fix

    def __getitem__(self, name: str) -> Ref:
        return self.held[name].fix


def lay_selection(draft: Draft, flow: Flow, controls: Controls, tables: Tables) -> Explored:
    """Lay out one row, read from left to right: each side's choices, rows of the table and curve; what they differ in."""
    lists, tier = draft.plan.workings.lists, draft.plan.context["tier"]
    flow.heading(draft.texts["workings"]["choice"])
    cells = _Cells(flow)
    chosen = cells.put("tier_choice", choice_number(controls.tier, lists["sheet_tiers"]))
    cells.put("tier", f"IF({chosen}=1,{tier},IF({chosen}>1,{chosen}-1,0))")
    cells.put("metric", choice_number(controls.metric, lists["metrics"]))
    for side in SIDES:
        _lay_side(draft, cells, controls, tables, side)
    _lay_both(cells, tables)
    draft.plan.anchors.append(Anchor("exploration", draft.name, cells.held["tier_choice"], KEYS, ((),)))
    engines = [f"IF({cells[f'{s}_id']}=0,1,INDEX({tables.engines_stated},{cells[f'{s}_row_variant']}))" for s in SIDES]
    cells.put("engines_stated", f"MIN({','.join(engines)})", "flag")
    cells.put("tier_text", basis_words(cells["tier"], lists["tiers"]), "right")
    flow.gap()
    return Explored(cells.held, controls, tables)


def _lay_side(draft: Draft, cells: _Cells, controls: Controls, tables: Tables, side: str) -> None:
    """One side: the place of each choice in its list, the row of the table that each step leads to, the curve, the price."""
    for step in CHOICES:
        cells.put(f"{side}_n_{step}", choice_number(controls.sides[side][step], tables.lists[step]))
    numbers = {step: cells[f"{side}_n_{step}"] for step in CHOICES}
    above = ""
    for step in STEPS:
        code = f"{above}*{tables.base}+{numbers[step]}" if above else f"{numbers[step]}"
        exists = f"MIN({above},{numbers[step]})=0" if above else f"{numbers[step]}=0"
        found = f"IF(COUNTIF({tables.codes},{code})=0,0,MATCH({code},{tables.codes},0))"
        above = str(cells.put(f"{side}_row_{step}", f"IF({exists},0,{found})"))
    scope = numbers["scope"]
    curve = cells.put(f"{side}_id", f"IF(MIN({above},{scope})=0,0,INDEX({tables.ids},{above},{scope}))")
    missing = [(f"{number}=0", place) for place, number in enumerate(numbers.values(), start=1)]
    rows = [cells[f"{side}_row_{step}"] for step in STEPS]
    missing += [(f"{row}=0", NOT_THERE + place) for place, row in enumerate((*rows[1:], curve), start=2)]
    cells.put(f"{side}_missing", first_true(missing, 0))
    _lay_market(draft, cells, side)


def _lay_market(draft: Draft, cells: _Cells, side: str) -> None:
    """The price and the power of a side's hardware in force; empty text where they are unknown or no hardware is chosen."""
    rates = list(draft.plan.prices.hardware.values())
    first, last = rates[0], rates[-1]
    hardware, tier = cells[f"{side}_n_hardware"], cells["tier"]

    def held(name: str, area: Range, column: str, condition: str, style: str) -> Ref:
        found = content(f"INDEX({area},{hardware}{column})")
        return cells.put(f"{side}_{name}", f'IF({condition},"",{found})', style)

    none = f"{hardware}=0"
    own = held("own", Range(first.own, last.own), "", none, "price")
    tiers = Range(first.tiers.first, last.tiers.last)
    listed = held("listed", tiers, f",{tier}", f"OR({none},{tier}=0)", "price")
    usd = positive(own, otherwise=positive(listed))
    cells.put(f"{side}_price", in_currency(usd, draft.plan.context["factor"]), "price")
    held("power", Range(first.power, last.power), "", none, "power")


def _lay_both(cells: _Cells, tables: Tables) -> None:
    """What follows from both sides: whether they may be compared, and what they differ in."""
    rows = {side: cells[f"{side}_row_variant"] for side in SIDES}
    a, b = (cells[f"{side}_id"] for side in SIDES)
    stated = _of_rows("MIN", tables.stated, rows.values(), 1)
    cells.put("stated", stated, "flag")
    cells.put("published", _of_rows("MAX", tables.published, rows.values(), 0), "flag")
    cells.put("own", _of_rows("MAX", tables.own, rows.values(), 0), "flag")
    hardware = [cells[f"{side}_n_hardware"] for side in SIDES]
    cells.put("one_hardware", f"IF({hardware[0]}={hardware[1]},1,0)", "flag")
    cells.put("same", f"IF({a}={b},IF({a}>0,1,0),0)", "flag")
    differs = {
        step: cells.put(f"d_{step}", f"IF({cells[f'a_n_{step}']}={cells[f'b_n_{step}']},0,1)", "flag")
        for step in CHOICES
    }
    count = cells.put("differences", "+".join(map(str, differs.values())))
    cells.put("work", f"MAX({','.join(str(differs[step]) for step in WORK)})", "flag")
    unlike = ",".join(str(differs[step]) for step in UNLIKE)
    cells.put("apart", f"IF(OR(MAX({unlike})=1,{count}>1),1,0)", "flag")


def _of_rows(function: str, facts: Range, rows: Iterable[Ref], otherwise: int) -> str:
    """Formula: the smallest or the largest of a fact over the sides that were measured."""
    held = (f"IF({row}=0,{otherwise},INDEX({facts},{row}))" for row in rows)
    return f"{function}({','.join(held)})"
