"""What the Service level sheet asks for: its controls, and the one row of Workings with what is in force of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.service_level import GREATEST, LEAST, NOT_STATED
from specxl.model.formulas import choice_number, content, sentence
from specxl.sheets.anchors import Anchor
from specxl.sheets.inputs import as_released
from specxl.sheets.service_level.places import (
    ANSWER,
    CHOICE_KEYS,
    FEW,
    GROUP,
    LIMITS,
    MOST,
    PRECISION,
    SPEED,
    STATISTIC,
    WAIT,
    choices,
    precision_labels,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Range, Ref, Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.plan import Plan

USABLE, UNUSABLE = 1, 2


@dataclass(frozen=True)
class Draft:
    """The sheet while it is laid out."""

    sheet: Sheet
    plan: Plan

    @property
    def texts(self) -> Mapping[str, Mapping[str, str]]:
        """The words of the sheet."""
        texts: Mapping[str, Mapping[str, str]] = self.plan.house.texts["service_level"]
        return texts

    def say(self, piece: str, name: str, fields: Mapping[str, str]) -> str:
        """Formula: a sentence of `service_level.toml`."""
        return sentence(self.texts[piece][name], fields, origin=f"service_level.toml [{piece}] {name}")


@dataclass(frozen=True)
class Choice:
    """The cells in force by CHOICE_KEYS, absolute; those of a limit hold its number, or nothing for no limit."""

    cells: Mapping[str, Ref]

    def __getitem__(self, key: str) -> Ref:
        """A cell by its key."""
        return self.cells[key]

    def context(self) -> dict[str, str]:
        """The cells as formula text under the names that the columns know them by."""
        return {f"lv_{key}": str(ref) for key, ref in self.cells.items()}

    def state(self, name: str) -> str:
        """Formula: 0 where there is no limit, 1 where there is one, 2 where what was typed is none."""
        typed = self[f"{name}_in"]
        return f'IF({typed}="",0,IF({self[name]}="",{UNUSABLE},{USABLE}))'


def lay_controls(draft: Draft, work: Flow) -> dict[str, Range]:
    """The inputs of the sheet: three dropdowns and five limits; return the lists of the dropdowns."""
    sheet, plan, texts = draft.sheet, draft.plan, draft.texts["controls"]
    offers = {
        "group": choices(plan),
        "precision": precision_labels(plan),
        "statistic": list(plan.house.texts["service_level"]["statistics"]),
    }
    lists = {key: work.list(texts[key], items) for key, items in offers.items()}

    def put(ref: Ref, key: str, value: str | float | None, style: str) -> None:
        sheet.put(ref.row, ref.col - 2, texts[key], "strong")
        if key in offers and len(offers[key]) == 1:
            sheet.put(ref.row, ref.col, offers[key][0], "left")
            return
        placed = plan.register.place(
            sheet,
            (ref.row, ref.col),
            value,
            texts[key],
            style=style,
            choices=lists.get(key),
            message=texts[f"{key}_hint"],
        )
        if key not in offers:
            sheet.formula(ref.row, ref.col + 1, as_released(plan.register.released(placed)), "changed")

    for ref in (GROUP, PRECISION):
        sheet.merges.append(sheet.area(ref.row, ref.col, ref.row, ref.col + 1))
    put(GROUP, "group", offers["group"][0], "left")
    put(PRECISION, "precision", offers["precision"][0], "left")
    put(SPEED, "speed", plan.catalogue.common_target, "general right answer")
    put(WAIT, "wait", None, "general right")
    sheet.merges.append(sheet.area(STATISTIC.row, STATISTIC.col, STATISTIC.row, STATISTIC.col + 1))
    put(STATISTIC, "statistic", offers["statistic"][0], "left")
    for ref, key in ((ANSWER, "answer"), (FEW, "few"), (MOST, "most")):
        put(ref, key, None, "general right")
    return lists


_TYPED = {"speed": SPEED, "wait": WAIT, "answer": ANSWER, "few": FEW, "most": MOST}


def lay_choice(draft: Draft, work: Flow, lists: Mapping[str, Range]) -> Choice:
    """Lay out the row of what is in force, whether all of it can be used, and constants."""
    plan, sheet, texts = draft.plan, work.sheet, draft.texts
    work.heading(texts["work"]["choice"])
    head, row = work.take(), work.take()
    work.gap()
    cells = {key: sheet.ref(row, col).fix for col, key in enumerate(CHOICE_KEYS)}
    choice = Choice(cells)
    least, greatest = cells["least"], cells["greatest"]

    def limit(name: str) -> str:
        typed = cells[f"{name}_in"]
        return f'IF(ISNUMBER({typed}),IF(AND({typed}>={least},{typed}<={greatest}),{typed},""),"")'

    chosen = f"MIN({cells['group']},{cells['precision']},{cells['statistic']},{plan.context['basis']})>0"
    limits = ",".join(choice.state(name) for name in LIMITS)
    contents: dict[str, str | float] = {
        "group": choice_number(GROUP, lists["group"]),
        "precision": choice_number(PRECISION, lists["precision"]),
        "statistic": choice_number(STATISTIC, lists["statistic"]),
        **{f"{name}_in": content(_TYPED[name]) for name in LIMITS},
        **{name: limit(name) for name in LIMITS},
        "ok": f"IF(AND({chosen},MAX({limits})<{UNUSABLE}),1,0)",
        "least": LEAST,
        "greatest": GREATEST,
        "unknown": NOT_STATED,
    }
    for key, held in contents.items():
        sheet.put(head, cells[key].col, texts["cells"][key], "head")
        if isinstance(held, str):
            sheet.formula(row, cells[key].col, held, "full")
        else:
            sheet.put(row, cells[key].col, held, "full")
    plan.anchors.append(Anchor("level-choice", "", sheet.ref(row, 0), CHOICE_KEYS, ((),)))
    return choice
