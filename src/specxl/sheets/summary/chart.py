"""The chart of the Summary: tokens for the money in the model and workload that stands first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Chart, Ref, Series
from specxl.model.formulas import literal
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.anchors import Anchor
from specxl.sheets.frame import (
    SUMMARY,
)
from specxl.sheets.summary.draft import BAR_HEIGHT, CHART_BARS, CHART_MARGIN, CHART_WIDTH, ROW_PIXELS, Draft

if TYPE_CHECKING:
    from specxl.model.cells import Range
    from specxl.model.flow import Flow


def lay_chart(draft: Draft, flow: Flow, choices: Range, chosen: Ref) -> None:
    """Tokens for the money in the group that stands first, both sides beside each other, in the table's order."""
    sheet, names = draft.sheet, draft.plan.context
    bars = min(CHART_BARS, draft.ranking.count)
    fields = {
        "tokens": names["tokens"],
        "currency": names["currency"],
        "target": draft.target,
        "group": f"INDEX({choices},{chosen})",
    }
    sheet.formula(flow.take(), 1, draft.say("headings", "chart", fields), "heading")
    height = CHART_MARGIN + BAR_HEIGHT * bars
    sheet.charts.append(
        Chart(
            kind="bar",
            at=sheet.ref(flow.row, 1),
            width=CHART_WIDTH,
            height=height,
            series=_lay_bars(draft, bars),
            x_title="Million tokens for one unit of money",
            y_title="Hardware, precision and workload",
            alt_text=_ALT,
            name="summary chart",
            number_format="#,##0.0",
        )
    )
    flow.gap(height // ROW_PIXELS + 2)


_ALT = (
    "Bar chart: million tokens for one unit of money, with speculative decoding beside Off, for the model and workload "
    "that stands first in the table above, where the figures stand. Where a side has no figure its name says so."
)
_LABELS = f'[=0]"";{ROUNDINGS["tokens"].number_format}'
"""A bar of no length has no figure: its name says what is missing."""


def _lay_bars(draft: Draft, bars: int) -> tuple[Series, ...]:
    """Lay out what the chart plots on Workings: a name and two lengths for each place of the table."""
    plan, ranking = draft.plan, draft.ranking
    with plan.workings.block(SUMMARY, "what the chart plots") as work:
        head = work.take()
        labels = draft.side_labels()
        work.sheet.put(head, 0, "Bar", "head")
        for col, side in enumerate("ab", start=1):
            work.sheet.formula(head, col, labels[side], "head")
        first = work.take(bars)
        for place in range(1, bars + 1):
            a, b, label_a, label_b, hardware, combination, turn = (
                ranking.held(key, place)
                for key in ("a_tokens", "b_tokens", "label_a", "label_b", "hardware", "combination", "turn")
            )
            one = f'IF(COUNT({a})=0,": no "&{label_a},"")&IF(COUNT({b})=0,": no "&{label_b},"")'
            missing = f"IF(COUNT({a},{b})=0,{literal(draft.texts['cells']['no_bar'])},{one})"
            row = first + place - 1
            work.sheet.formula(row, 0, f'IF({turn}=0,{hardware}&" "&{combination}&{missing}," ")')
            for col, value in ((1, a), (2, b)):
                work.sheet.formula(row, col, f"IF({turn}=0,IF(COUNT({value})=1,{value},0),0)", "full")
    sheet = plan.workings.sheet
    subjects = tuple((place,) for place in range(1, bars + 1))
    plan.anchors.append(Anchor("bars", "", sheet.ref(first, 1), ("a", "b"), subjects))
    areas = [sheet.area(first, col, first + bars - 1, col) for col in range(3)]
    sides = ((1, "a_bar"), (2, "b_bar"))
    return tuple(Series(sheet.ref(head, col), areas[0], areas[col], look, _LABELS) for col, look in sides)
