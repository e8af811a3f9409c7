"""The workings of How it moved: what is offered, what is chosen, and a comparison block for each of its days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.history import MOST_DAYS
from specxl.model.formulas import Context, choice_number, content
from specxl.sheets.anchors import Anchor
from specxl.sheets.block.columns import FULL_ROW
from specxl.sheets.block.stack import Stack
from specxl.sheets.frame import COMMON_TARGET
from specxl.sheets.measurements import serial
from specxl.sheets.moved.places import BLOCKS, CHOICE_KEYS, KIND, ORDER, READ_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Range, Ref
    from specxl.sheets.moved.draft import Draft

_GIVEN = ("a_price", "b_price", "a_power", "b_power", "one_hardware", "stated")
_NOW = ("a_y", "b_y", "verdict")
"""What stands today: the last day must show the same."""
_OFFERED = ("number", "first", "count", "left_out", "side_a", "side_b", *_GIVEN, *(f"now_{key}" for key in _NOW))
_DAY_KEYS = ("number", "date", "text", "a_id", "b_id")
_STYLES = {"date": "date", "text": "text", "side_a": "text", "side_b": "text", **dict.fromkeys(_GIVEN[:4], "full")}


def lay_offered(draft: Draft) -> dict[str, Range]:
    """One row per comparison with a past: where its days stand, what its sides are given, and what it shows today."""
    flow, plan, sheet = draft.flow, draft.plan, draft.flow.sheet
    flow.heading(draft.texts["workings"]["offered"])
    flow.heads([draft.texts["columns"].get(key, key) for key in _OFFERED])
    top = flow.take(len(draft.pasts))
    first = 1
    for row, (past, comparison) in enumerate(draft.pasts, start=top):
        common, labels = plan.common_read(comparison), plan.side_cells(comparison)
        held: dict[str, str | float] = {
            "number": comparison.number,
            "first": first,
            "count": len(past.days),
            "left_out": past.left_out,
            **{f"side_{side}": str(labels[side]) for side in ORDER},
            **{key: value for key, value in plan.given(comparison).items() if key in _GIVEN},
            **{f"now_{key}": str(common[key].fix) for key in _NOW},
        }
        for col, key in enumerate(_OFFERED):
            content_, style = held[key], _STYLES.get(key, "id")
            if isinstance(content_, str):
                sheet.formula(row, col, content_, style)
            else:
                sheet.put(row, col, content_, style)
        first += len(past.days)
    flow.gap()
    last = top + len(draft.pasts) - 1
    return {key: sheet.area(top, col, last, col) for col, key in enumerate(_OFFERED)}


def lay_days(draft: Draft) -> dict[str, Range]:
    """Every day of every comparison: its date as a number and as text, and both curves as they were."""
    flow, sheet = draft.flow, draft.flow.sheet
    flow.heading(draft.texts["workings"]["days"])
    flow.heads([draft.texts["columns"].get(key, key) for key in _DAY_KEYS])
    rows = [(past.comparison, day) for past, _ in draft.pasts for day in past.days]
    top = flow.take(len(rows))
    for row, (number, day) in enumerate(rows, start=top):
        for col, held in enumerate((number, serial(day.date), day.date.isoformat(), *day.ids)):
            sheet.put(row, col, held, _STYLES.get(_DAY_KEYS[col], "id"))
    flow.gap()
    last = top + len(rows) - 1
    subjects = tuple((number,) for number, _ in rows)
    draft.plan.anchors.append(Anchor(f"{KIND}days", "", sheet.ref(top, 0), _DAY_KEYS, subjects))
    return {key: sheet.area(top, col, last, col) for col, key in enumerate(_DAY_KEYS)}


def lay_choice(draft: Draft, control: Ref, names: Range, offered: Mapping[str, Range]) -> dict[str, Ref]:
    """The comparison in force, and what its row says; without a valid choice it has no days."""
    flow = draft.flow
    flow.heading(draft.texts["workings"]["choice"])
    keys = (*CHOICE_KEYS, *(key for key in _OFFERED if key not in CHOICE_KEYS))
    flow.heads([draft.texts["columns"].get(key, key) for key in keys])
    row = flow.take()
    cells: dict[str, Ref] = {}
    for col, key in enumerate(keys):
        if key == "choice":
            text = choice_number(control, names)
        elif key in ("count", "left_out"):
            text = f"IF({cells['choice'].fix}=0,0,INDEX({offered[key]},{cells['choice'].fix}))"
        else:
            text = content(f"INDEX({offered[key]},MAX({cells['choice'].fix},1))")
        cells[key] = flow.sheet.formula(row, col, text, _STYLES.get(key, "id"))
    draft.plan.anchors.append(Anchor(f"{KIND}choice", "", cells["choice"], CHOICE_KEYS, ((),)))
    flow.gap()
    return cells


def lay_reads(
    draft: Draft, choice: Mapping[str, Ref], days: Mapping[str, Range]
) -> tuple[dict[str, Range], dict[str, Range]]:
    """The days shown from the first on, and a comparison block for each; return the columns of both by key.

    Behind the last day the rows hold no target and no curve. What a read rests on stands beside its day: its engines, the GPUs
    of its deployments, and how many days so far have a cost.
    """
    flow, sheet, plan = draft.flow, draft.flow.sheet, draft.plan
    slots = min(MOST_DAYS, max(len(past.days) for past, _ in draft.pasts))
    flow.heading(draft.texts["workings"]["reads"])
    flow.heads([draft.texts["columns"].get(key, key) for key in READ_KEYS])
    top = flow.take(slots)
    flow.gap()
    stack = Stack(sheet, 1, FULL_ROW, Context(plan.context))
    flow.heading(draft.texts["workings"]["blocks"])
    head = flow.take()
    sheet.put(head, 0, draft.texts["columns"]["slot"], "head")
    stack.lay_headers(head)
    under = flow.take(slots)
    flow.gap()
    given = {key: str(choice[key].fix) for key in _GIVEN}
    for slot in range(slots):
        own = {key: sheet.ref(top + slot, col) for col, key in enumerate(READ_KEYS)}
        _lay_day(draft, own, choice, days, slot)
        sheet.put(under + slot, 0, slot + 1, "id")
        target = f'IF({own["day"]}=0,"",{content(COMMON_TARGET)})'
        stack.lay(under + slot, given | {"target_in": target, "a_id": str(own["a_id"]), "b_id": str(own["b_id"])})
        _lay_facts(draft, own, {key: sheet.ref(under + slot, 1 + col) for col, key in enumerate(stack.keys)})
    subjects = tuple((slot,) for slot in range(slots))
    plan.anchors.append(Anchor(f"{KIND}reads", "", sheet.ref(top, 0), READ_KEYS, subjects))
    plan.anchors.append(Anchor(BLOCKS, "", sheet.ref(under, 1), stack.keys, subjects))
    reads = {key: sheet.area(top, col, top + slots - 1, col) for col, key in enumerate(READ_KEYS)}
    blocks = {key: sheet.area(under, col, under + slots - 1, col) for col, key in enumerate(stack.keys, start=1)}
    return reads, blocks


def _lay_day(
    draft: Draft, own: Mapping[str, Ref], choice: Mapping[str, Ref], days: Mapping[str, Range], slot: int
) -> None:
    """The row of a day in the table of days, its date and curves; 0 behind the last."""
    sheet, day = draft.flow.sheet, own["day"]
    sheet.put(own["slot"].row, 0, slot + 1, "id")
    place = f"IF({own['slot']}>{choice['count'].fix},0,{choice['first'].fix}+{own['slot']}-1)"
    sheet.formula(day.row, day.col, place, "id")
    for key, nothing in (("date", '""'), ("a_id", "0"), ("b_id", "0")):
        sheet.formula(day.row, own[key].col, f"IF({day}=0,{nothing},INDEX({days[key]},{day}))", _STYLES.get(key, "id"))


def _lay_facts(draft: Draft, own: Mapping[str, Ref], block: Mapping[str, Ref]) -> None:
    """What the read of each side rests on, and how many days up to this one have a cost."""
    sheet, engines = draft.flow.sheet, draft.plan.measured.columns["engine"]
    for side in ORDER:
        for end in ("left", "right"):
            number, cell = block[f"{side}_m_{end}"], own[f"{side}_{end}"]
            sheet.formula(cell.row, cell.col, f'IF({number}=0,"",INDEX({engines},{number}))')
        for fact in ("gpus_low", "gpus_high"):
            cell = own[f"{side}_{fact}"]
            sheet.formula(cell.row, cell.col, str(block[f"{side}_{fact}"]), "whole")
        cell = own[f"{side}_count"]
        above = sheet.ref(cell.row - 1, cell.col)  # the header above the first one, which a sum takes for 0
        sheet.formula(cell.row, cell.col, f"SUM({above})+COUNT({block[f'{side}_cost']})", "id")
