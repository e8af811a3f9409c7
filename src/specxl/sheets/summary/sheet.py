"""The Summary: a live message, three controls, a few large figures, every comparison ranked, a chart, what to beware of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Sheet
from specxl.model.flow import Flow
from specxl.sheets.anchors import Anchor
from specxl.sheets.frame import (
    GROUP_CHOICE,
    SUMMARY,
)
from specxl.sheets.summary.caveats import lay_caveats
from specxl.sheets.summary.chart import lay_chart
from specxl.sheets.summary.draft import HEAD_ROW, LAST_COL, TABLE, Draft, group_labels
from specxl.sheets.summary.own import lay_own
from specxl.sheets.summary.ranking import lay_ranking
from specxl.sheets.summary.sides import lay_sides
from specxl.sheets.summary.table import lay_table, row_words
from specxl.sheets.summary.top import lay_controls, lay_figures, lay_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.sheets.pair.sheet import PairSheet
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable


def build_summary(plan: Plan, results: ResultTable, pairs: Sequence[PairSheet]) -> Sheet:
    """Lay out the Summary (DESIGN 2): it reads from Results at the speed that stands on it."""
    sheet = Sheet(SUMMARY, tab="front")
    choices = plan.workings.list("Model and workload", group_labels(plan))
    lay_controls(sheet, plan, choices)
    with plan.workings.block(SUMMARY, "one row per comparison, and its place in the table") as flow:
        chosen = flow.line("group that stands first", f"IFERROR(MATCH({GROUP_CHOICE},{choices},0),1)")
        words = {c.number: row_words(plan, c, results, pairs) for c in plan.catalogue.comparisons}
        ranking = lay_ranking(plan, flow, results, chosen, words)
    draft = Draft(sheet, plan, ranking)
    lay_head(draft)
    lay_figures(draft)
    last = lay_table(draft)
    places = tuple((place,) for place in range(1, ranking.count + 1))
    plan.anchors.append(Anchor("table", "", sheet.ref(HEAD_ROW + 1, 0), TABLE.keys, places))
    flow = Flow(sheet, last + 2)
    lay_sides(draft, flow, results)
    lay_own(draft, flow, results, pairs)
    lay_chart(draft, flow, choices, chosen)
    lay_caveats(draft, flow)
    sheet.freeze = (HEAD_ROW + 1, 2)
    sheet.repeat_rows = (HEAD_ROW, HEAD_ROW)
    sheet.print_area = sheet.area(0, 0, flow.row, LAST_COL)
    return sheet
