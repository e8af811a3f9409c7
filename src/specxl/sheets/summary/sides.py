"""The Summary's tables of other kinds: hardware against hardware, precision against precision, with the prices of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.kinds import KINDS
from specxl.model.cells import Link
from specxl.model.formulas import content
from specxl.sheets.results import SIDES
from specxl.sheets.summary.beside import lay_beside
from specxl.sheets.summary.draft import LAST_COL, TABLE, Draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.method.catalogue import Comparison
    from specxl.model.flow import Flow
    from specxl.sheets.results import ResultTable


def lay_sides(draft: Draft, flow: Flow, results: ResultTable) -> None:
    """Lay out a table for each kind that was asked for: its caveat, its rows, and the prices and power in force behind them."""
    for kind in KINDS:
        found = [comparison for comparison in draft.plan.catalogue.crossed if comparison.kind == kind]
        if found:
            reference = draft.plan.labels(found[0])["side_b"]
            flow.heading(draft.texts["sides"][kind].replace("{reference}", reference))
            draft.sheet.wide(flow.take(), 1, LAST_COL, draft.texts["sides"][f"{kind}_note"], "caution")
            links = [_link(draft, comparison, results) for comparison in found]
            lay_beside(draft, flow, results, found, links, f"{SIDES} {kind}")
            _lay_prices(draft, flow, found)


def _link(draft: Draft, comparison: Comparison, results: ResultTable) -> Link:
    """What is compared with the reference, with a link to the row of Results."""
    text = draft.plan.labels(comparison)["side_a"]
    return Link(results.shown[comparison.number, 0]["model"].link(), text)


def _lay_prices(draft: Draft, flow: Flow, found: Sequence[Comparison]) -> None:
    """The price and the power in force of every hardware on either side, with links to where they are entered."""
    sheet, plan, texts = draft.sheet, draft.plan, draft.texts["sides"]
    keys = dict.fromkeys(side.hardware for comparison in found for _, side in comparison.sides)
    head = flow.take()
    for col, key, style in ((TABLE["hardware"], "hardware_name", "head"), (TABLE["b_cost"], "price", "head right"), (TABLE["a_cost"], "power", "head right")):  # fmt: skip
        sheet.put(head, col, texts[key], style)
    for col in (TABLE["model"], TABLE["combination"]):
        sheet.put(head, col, None, "head")
    sheet.heights[head] = 30.0
    for key in sorted(keys, key=lambda name: plan.house.hardware(name).order):
        row, cells = flow.take(), plan.prices.hardware[key]
        sheet.put(row, TABLE["hardware"], Link(cells.price.link(), plan.house.hardware(key).label), "link")
        sheet.formula(row, TABLE["b_cost"], content(cells.price), "price")
        sheet.formula(row, TABLE["a_cost"], content(cells.power), "power")
    flow.gap()
