"""The caveats of the Summary: those that occur, worst first, with the rows of the table that they hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.formulas import literal
from specxl.sheets.frame import (
    SUMMARY,
)
from specxl.sheets.summary.draft import LAST_COL, LISTED, Draft

if TYPE_CHECKING:
    from specxl.model.cells import Range, Ref
    from specxl.model.flow import Flow


def lay_caveats(draft: Draft, flow: Flow) -> None:
    """The caveats that occur, worst first, with the rows of the table that they hit; then what always holds."""
    sheet, plan, texts = draft.sheet, draft.plan, draft.texts["caveats"]
    with plan.workings.block(SUMMARY, "which rows of the table each caveat hits") as work:
        hits = _lay_hits(draft, work)
    flow.heading(draft.texts["headings"]["caveats"])
    head = flow.take()
    for col, key in ((1, "name"), (3, "grade"), (4, "count"), (5, "rows"), (7, "meaning")):
        style = {"count": "head right", "rows": "head indent", "meaning": "head line"}.get(key, "head")
        sheet.put(head, col, texts[key], style)
    for col in (2, 6, *range(8, LAST_COL + 1)):
        sheet.put(head, col, None, "head")
        meanings = plan.workings.list(
            "What each caveat means", [plan.house.texts["flags"][flag.id]["long"] for flag in plan.flags]
        )
    for number in range(1, len(plan.flags) + 1):
        row = flow.take()
        at = f"MATCH({number},{hits['place']},0)"
        exists = f"{number}<={hits['occurring']}"
        shown = {
            1: f"INDEX({plan.workings.lists['flags']},{at})",
            3: f"INDEX({plan.workings.lists['grades']},INDEX({hits['grade']},{at}))",
            4: f"INDEX({hits['count']},{at})",
            5: f"INDEX({hits['rows']},{at})",
            7: f"INDEX({meanings},{at})",
        }
        for col, text in shown.items():
            style = {1: "strong middle", 4: "id middle", 5: "wrap middle indent", 7: "small wrap middle"}.get(
                col, "middle"
            )
            sheet.formula(row, col, f'IF({exists},{text},"")', style)
        sheet.merges.append(sheet.area(row, 5, row, 6))
        sheet.merges.append(sheet.area(row, 7, row, LAST_COL))
        sheet.heights[row] = 27.0
    flow.gap()
    flow.heading(draft.texts["headings"]["general"])
    for caveat in plan.house.texts["flags"]["general"].values():
        row = flow.take()
        sheet.put(row, 1, caveat["short"], "strong middle")
        sheet.wide(row, 5, LAST_COL, caveat["long"], "small wrap middle")
        sheet.heights[row] = 27.0


def _lay_hits(draft: Draft, work: Flow) -> dict[str, Range | Ref]:
    """How often each flag occurs, its place among those that do, and the ranks of the rows it hits."""
    sheet, ranking, flags = work.sheet, draft.ranking, draft.plan.flags
    heads = ("caveat", "grade", "count", "order", "place", "first rows")
    work.heads(heads)
    first = work.take(len(flags))
    last = first + len(flags) - 1
    columns = {name: sheet.area(first, col, last, col) for col, name in enumerate(heads)}
    listed = _lay_listed(draft, work)
    for row, flag in enumerate(flags, start=first):
        number = row - first + 1
        sheet.put(row, 0, flag.id.replace("_", " "))
        sheet.put(row, 1, int(flag.grade), "id")
        found = sheet.formula(row, 2, f"SUM({ranking[f'f_{flag.id}']})", "id")
        order = sheet.formula(row, 3, f"IF({found}=0,0,{number})", "id")
        sheet.formula(row, 4, f"IF({found}=0,0,SUMPRODUCT(({columns['order']}>0)*({columns['order']}<={order})))", "id")
        sheet.formula(row, 5, listed[flag.id])
    occurring = work.line("caveats that occur", f"SUMPRODUCT(1*({columns['count']}>0))")
    return {**columns, "rows": columns["first rows"], "occurring": occurring}


def _lay_listed(draft: Draft, work: Flow) -> dict[str, str]:
    """Formulas: the ranks of the first rows that a flag hits, "1, 4, 7", row by row from the top of the table."""
    sheet, ranking, flags = work.sheet, draft.ranking, draft.plan.flags
    work.gap()
    names = [flag.id.replace("_", " ") for flag in flags]
    work.heads(("rank", *(f"{name}: so far" for name in names), *(f"{name}: rows" for name in names)))
    first = work.take(ranking.count)
    more = literal(draft.texts["caveats"]["more"])
    for number in range(1, ranking.count + 1):
        row = first + number - 1
        sheet.put(row, 0, number, "id")
        for col, flag in enumerate(flags, start=1):
            raised = ranking.held(f"f_{flag.id}", number)
            before, listed = (sheet.ref(row - 1, col + shift) if number > 1 else None for shift in (0, len(flags)))
            so_far = sheet.formula(row, col, f"{before}+{raised}" if before else raised, "id")
            earlier = str(listed) if listed else '""'
            added = f'{earlier}&IF({earlier}="","",", ")&FIXED({number},0)'
            full = f"IF({so_far}={LISTED + 1},{earlier}&{more},{earlier})"
            sheet.formula(row, col + len(flags), f"IF({raised}=1,IF({so_far}<={LISTED},{added},{full}),{earlier})")
    work.gap()
    last = first + ranking.count - 1
    return {flag.id: str(sheet.ref(last, len(flags) + col)) for col, flag in enumerate(flags, start=1)}
