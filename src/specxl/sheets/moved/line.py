"""What the cost of a side came to over the days, and what the chart plots of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.curves import Status
from specxl.model.formulas import first_true
from specxl.sheets.anchors import Anchor
from specxl.sheets.block.columns import beyond
from specxl.sheets.curves.drawn import IDLE
from specxl.sheets.moved.places import DRAWN_KEYS, KIND, LINE_KEYS, ORDER, Move

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Range, Ref
    from specxl.sheets.moved.draft import Draft


def lay_lines(draft: Draft, reads: Mapping[str, Range], blocks: Mapping[str, Range]) -> dict[str, dict[str, Ref]]:
    """A row per side: its first and last day with a cost, which way it went, and whether engine and size are others."""
    flow, sheet = draft.flow, draft.flow.sheet
    flow.heading(draft.texts["workings"]["lines"])
    flow.heads([draft.texts["columns"].get(key, key) for key in LINE_KEYS])
    found = {}
    for side in ORDER:
        row = flow.take()
        cells = {key: sheet.ref(row, col) for col, key in enumerate(LINE_KEYS)}
        own = {key.removeprefix(f"{side}_"): area for key, area in reads.items() if key.startswith(f"{side}_")}
        status, cost = blocks[f"{side}_status"], blocks[f"{side}_cost"]
        for key, text in _line(draft, cells, own, status, cost).items():
            sheet.formula(row, cells[key].col, text, "full" if key.startswith("cost") else "id")
        draft.plan.anchors.append(Anchor(f"{KIND}line", "", cells["count"], LINE_KEYS, ((),), side))
        found[side] = {key: cell.fix for key, cell in cells.items()}
    flow.gap()
    return found


def _line(
    draft: Draft, cells: Mapping[str, Ref], own: Mapping[str, Range], status: Range, cost: Range
) -> dict[str, str]:
    """The formulas of a side's row by key.

    As in a verdict, a difference within the tie threshold is none, and nothing is decided where the higher cost is only a
    bound, or both are.
    """
    counts, count, first, last = own["count"], cells["count"], cells["first"], cells["last"]
    tie, times = draft.plan.context["tie_ratio"], f"{cells['cost_last']}/{cells['cost_first']}"
    apart = beyond(f"{times}-1")
    bound = {end: f"INDEX({status},{place})={Status.BELOW}" for end, place in (("first", first), ("last", last))}
    open_ = (
        f"AND({bound['first']},{bound['last']})",
        f"AND({bound['first']},{apart}<0)",
        f"AND({bound['last']},{apart}>0)",
    )
    moves = (
        (f"{count}<2", 0),
        (f"OR({','.join(open_)})", Move.UNDECIDED),
        (f"{beyond(f'{times}*{tie}-1')}<=0", Move.FELL),
        (f"{beyond(f'{times}-{tie}')}>=0", Move.ROSE),
    )
    sizes = [f"INDEX({own[fact]},{first})=INDEX({own[fact]},{last})" for fact in ("gpus_low", "gpus_high")]
    return {
        "count": f"INDEX({counts},{counts.rows})",
        "first": f"IF({count}=0,0,MATCH(1,{counts},0))",
        "last": f"IF({count}=0,0,MATCH({count},{counts},0))",
        "cost_first": f'IF({count}=0,"",INDEX({cost},{first}))',
        "cost_last": f'IF({count}=0,"",INDEX({cost},{last}))',
        "move": first_true(moves, Move.LEVEL),
        "engine": f"IF({count}<2,0,IF({_same_engines(own, first, last)},0,1))",
        "size": f"IF({count}<2,0,IF(AND({','.join(sizes)}),0,1))",
    }


def _same_engines(own: Mapping[str, Range], first: Ref, last: Ref) -> str:
    """Condition: the reads of two days rest on the same engines, in whatever order."""
    then, now = ([f"INDEX({own[end]},{place})" for end in ("left", "right")] for place in (first, last))
    held = [f"OR({one}={others[0]},{one}={others[1]})" for ones, others in ((then, now), (now, then)) for one in ones]
    return f"AND({','.join(held)})"


def lay_drawn(
    draft: Draft, reads: Mapping[str, Range], blocks: Mapping[str, Range], lines: Mapping[str, Mapping[str, Ref]]
) -> dict[str, tuple[Range, Range]]:
    """The points of each side, one for each day with a cost; behind the last it stands there again, without any nowhere."""
    flow, sheet, slots = draft.flow, draft.flow.sheet, reads["slot"].rows
    flow.heading(draft.texts["workings"]["drawn"])
    head, top = flow.take(), flow.take(slots)
    found = {}
    for number, side in enumerate(ORDER):
        left = number * len(DRAWN_KEYS)
        sheet.row(head, left, [draft.texts["columns"].get(key, key) for key in DRAWN_KEYS], "head")
        counts, total = reads[f"{side}_count"], lines[side]["count"]
        for row in range(slots):
            sheet.put(top + row, left, row + 1, "id")
            point, slot = sheet.ref(top + row, left), sheet.ref(top + row, left + 1)
            sheet.formula(slot.row, slot.col, f"IF({total}=0,0,MATCH(MIN({point},{total}),{counts},0))", "id")
            x, cost = (f"INDEX({area},{slot})" for area in (reads["date"], blocks[f"{side}_cost"]))
            sheet.formula(slot.row, left + 2, f"IF({slot}=0,{IDLE},{x})", "id")
            sheet.formula(slot.row, left + 3, f"IF({slot}=0,0,{cost})", "full")
        subjects = tuple((row,) for row in range(slots))
        draft.plan.anchors.append(Anchor(f"{KIND}drawn", "", sheet.ref(top, left), DRAWN_KEYS, subjects, side))
        x_col, cost_col = left + 2, left + 3
        last = top + slots - 1
        found[side] = sheet.area(top, x_col, last, x_col), sheet.area(top, cost_col, last, cost_col)
    flow.gap()
    return found
