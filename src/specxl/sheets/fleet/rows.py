"""The rows behind the Fleet sheet on Workings: both sides at the speed asked for, and at the comparison's own three."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.model.formulas import Context
from specxl.sheets.anchors import Anchor
from specxl.sheets.block.scored import with_scores
from specxl.sheets.block.stack import Stack
from specxl.sheets.fleet.columns import HELD, MAIN_ROW, SPEED_ROW
from specxl.sheets.results import READS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.cells import Ref
    from specxl.model.flow import Flow
    from specxl.sheets.block.column import Column
    from specxl.sheets.fleet.choice import Choice, Draft

_COL = 1
_END = re.compile(r"_(min|max|low|high|2|3)$")
_FROM_BLOCK = ("a_price", "b_price", "a_power", "b_power", "one_hardware", "stated")


def _headed(draft: Draft, columns: Sequence[tuple[str, Column]]) -> list[tuple[str, Column]]:
    """The columns with their headers: a word for each figure, and which end or which load of it a column holds."""
    return [
        (side, column if column.header else column._replace(header=_header(draft, column.key)))
        for side, column in columns
    ]


def _header(draft: Draft, key: str) -> str:
    words = draft.texts["columns"]
    ends: list[str] = []
    while key not in words and (found := _END.search(key)):
        key = key[: found.start()]
        ends.insert(0, found[1])
    return ", ".join([words.get(key, key.replace("_", " ")), *ends])


def lay_main(draft: Draft, work: Flow, choice: Choice) -> Mapping[str, Ref]:
    """Lay out the read at the speed asked for, the fleets of both sides, and what is saved."""
    plan = draft.plan
    given: dict[str, str | float] = {key: choice.held("comparison", key) for key in _FROM_BLOCK}
    for side in "ab":
        given[f"{side}_id"] = f"IF({choice['comparison']}=0,0,{choice.held('comparison', f'{side}_id')})"
    work.heading(draft.texts["work"]["main"])
    stack = Stack(
        work.sheet,
        _COL,
        _headed(draft, with_scores(MAIN_ROW, scored=plan.scored)),
        Context(plan.context | choice.context()),
    )
    stack.lay_headers(work.take())
    cells = stack.lay(work.take(), given | {"target_in": str(choice["speed"])})
    plan.anchors.append(Anchor("fleet", "", cells["target_in"], stack.keys, ((),)))
    work.gap()
    return cells


def lay_speeds(draft: Draft, work: Flow, choice: Choice) -> Sequence[Mapping[str, Ref]]:
    """Lay out the fleets at the three speeds of the comparison that Results reads it at, from the first."""
    plan = draft.plan
    held = {f"held_{key}": str(choice.column("comparison", key)) for key in HELD}
    work.heading(draft.texts["work"]["speeds"])
    stack = Stack(work.sheet, _COL, _headed(draft, SPEED_ROW), Context(plan.context | choice.context() | held))
    stack.lay_headers(work.take())
    rows = []
    for read in range(1, READS):
        row = work.take()
        number = work.sheet.put(row, 0, read, "id")
        place = f"{READS}*(MAX({choice['comparison']},1)-1)+1+{number}"
        rows.append(stack.lay(row, {"place": place}))
    subjects = tuple((read,) for read in range(1, READS))
    plan.anchors.append(Anchor("fleet-speeds", "", rows[0]["place"], stack.keys, subjects))
    work.gap()
    return rows
