"""What the Fleet sheet plans for: its controls, and the one row of Workings with what is in force of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.fleet import LEAST, MOST, SHARES, Mode
from specxl.model.cells import Link, Range, Ref
from specxl.model.formulas import choice_number, content, sentence
from specxl.sheets.anchors import Anchor
from specxl.sheets.fleet.places import (
    CHOICE_KEYS,
    COMPARISON,
    LOAD_ROW,
    MODE,
    POWER,
    SPEED,
    TABLE_COL,
    USERS,
    VOLUME_ROW,
    comparison_labels,
    opening_asked,
)
from specxl.sheets.inputs import as_released
from specxl.sheets.results import READS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.plan import Plan

# Constants of METHOD 9, and bounds within which anything is planned.
CONSTANTS = {
    "least": LEAST, "most": MOST, "hours_day": 24, "hours": 730, "months": 12, "part_2": SHARES[1], "part_3": SHARES[2],
}  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """The sheet while it is laid out."""

    sheet: Sheet
    plan: Plan

    @property
    def texts(self) -> Mapping[str, Mapping[str, str]]:
        """The words of the sheet."""
        texts: Mapping[str, Mapping[str, str]] = self.plan.house.texts["fleet"]
        return texts

    def say(self, piece: str, name: str, fields: Mapping[str, str]) -> str:
        """Formula: a sentence of `fleet.toml`."""
        return sentence(self.texts[piece][name], fields, origin=f"fleet.toml [{piece}] {name}")


def opening(value: object) -> str | float:
    """A value as a cell is released with it."""
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Choice:
    """The cells in force by CHOICE_KEYS, absolute, and how the comparison chosen is found among all of Results."""

    plan: Plan
    cells: Mapping[str, Ref]

    def __getitem__(self, key: str) -> Ref:
        """A cell by its key."""
        return self.cells[key]

    def column(self, kind: str, key: str) -> Range:
        """A column of Results ("results"), or of the blocks behind it ("comparison"), over all comparisons and reads."""
        anchor = next(a for a in self.plan.anchors if a.kind == kind and not a.owner)
        first = anchor.first.right(anchor.keys.index(key))
        return Range(first, first.down(anchor.rows - 1))

    def held(self, kind: str, key: str) -> str:
        """Formula: such a column for the comparison chosen, the first while there is none."""
        return f"INDEX({self.column(kind, key)},{READS}*(MAX({self['comparison']},1)-1)+1)"

    def context(self) -> dict[str, str]:
        """The cells as formula text under the names that the columns know them by."""
        return {f"fl_{key}": str(ref) for key, ref in self.cells.items()}


def lay_controls(draft: Draft, work: Flow) -> dict[str, Range]:
    """The inputs of the sheet, and what stands on Prices beside them; return the lists of both dropdowns."""
    sheet, plan, texts = draft.sheet, draft.plan, draft.texts["controls"]
    asked = opening_asked(plan)
    labels = comparison_labels(plan)
    lists = {
        "comparison": work.list(texts["comparison"], labels),
        "mode": work.list(texts["mode"], list(plan.house.texts["fleet"]["modes"])),
    }

    def place(ref: Ref, key: str, value: object, style: str, choices: Range | None = None) -> None:
        sheet.put(ref.row, ref.col - 1, texts[key], "strong")
        at, hint = (ref.row, ref.col), texts[f"{key}_hint"]
        held = plan.register.place(sheet, at, opening(value), texts[key], style=style, choices=choices, message=hint)
        if choices is None:
            sheet.formula(ref.row, ref.col + 1, as_released(plan.register.released(held)), "changed")

    sheet.merges.append(sheet.area(COMPARISON.row, 1, COMPARISON.row, 3))
    sheet.merges.append(sheet.area(MODE.row, 1, MODE.row, 2))
    if len(labels) > 1:
        place(COMPARISON, "comparison", labels[asked.comparison - 1], "left", lists["comparison"])
    else:
        sheet.put(COMPARISON.row, 0, texts["comparison"], "strong")
        sheet.put(COMPARISON.row, 1, labels[0], "left")
    place(SPEED, "speed", asked.speed, "general right answer")
    place(MODE, "mode", plan.house.texts["fleet"]["modes"][0], "left", lists["mode"])
    place(USERS, "users", asked.users, "amount")
    place(POWER, "power", asked.power, "amount")
    for row, key, style in ((VOLUME_ROW, "volume", "amount"), (LOAD_ROW, "load", "percent")):
        cell = plan.prices.names[f"{key}_input"]
        sheet.put(row, TABLE_COL, texts[key], "strong")
        sheet.formula(row, TABLE_COL + 1, content(cell.fix), style)
        sheet.put(row, TABLE_COL + 2, Link(cell.link(), texts["on_prices"]), "link")
    return lists


def lay_choice(draft: Draft, work: Flow, lists: Mapping[str, Range]) -> Choice:
    """Lay out the row of what is in force: choices, what was entered, what of it can be planned for, and constants."""
    plan, sheet = draft.plan, work.sheet
    work.heading(draft.texts["work"]["choice"])
    head, row = work.take(), work.take()
    work.gap()
    cells = {key: sheet.ref(row, col).fix for col, key in enumerate(CHOICE_KEYS)}
    c = {key: str(ref) for key, ref in cells.items()}
    amounts = Range(cells["volume"], cells["power"])
    asked = f"INDEX({amounts},{c['mode']})"
    within = f'IF(ISNUMBER({asked}),IF(AND({asked}>={c["least"]},{asked}<={c["most"]}),{asked},""),"")'
    hour = plan.context["seconds_per_hour"]
    contents: dict[str, str | float] = {
        "comparison": choice_number(COMPARISON, lists["comparison"]),
        "mode": choice_number(MODE, lists["mode"]),
        "speed": content(SPEED),
        "volume": content(plan.prices.names["volume"].fix),
        "users": content(USERS),
        "power": content(POWER),
        "load_in": content(plan.prices.names["load"].fix),
        "amount": f'IF({c["mode"]}=0,"",{within})',
        "load": f'IF(ISNUMBER({c["load_in"]}),IF({c["load_in"]}>={c["least"]},{c["load_in"]},""),"")',
        # by power the load moves what is made, not how many GPUs are fed
        "over": f'IF({c["load"]}="","",IF({c["mode"]}={Mode.POWER},1,{c["load"]}))',
        "day": f"{c['hours_day']}*{hour}",
        "month": f"{c['hours']}*{hour}",
        **{f"share_{n}": f"IF({c['mode']}={Mode.POWER},1,{c[f'part_{n}']})" for n in (2, 3)},
        **CONSTANTS,
    }
    for key in CHOICE_KEYS:
        sheet.put(head, cells[key].col, draft.texts["choice"][key], "head")
        held = contents[key]
        if isinstance(held, str):
            sheet.formula(row, cells[key].col, held, "full")
        else:
            sheet.put(row, cells[key].col, held, "full")
    plan.anchors.append(Anchor("fleet-choice", "", sheet.ref(row, 0), CHOICE_KEYS, ((),)))
    return Choice(plan, cells)
