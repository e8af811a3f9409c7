"""The Summary's table of one's own runs: below what is official, never counted in it, and said to be unofficial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Highlight, Link
from specxl.model.formulas import literal
from specxl.sheets.anchors import Anchor
from specxl.sheets.pair.answer import figure_or_words, signed_saving
from specxl.sheets.pair.figures import COMBINATION_KEYS
from specxl.sheets.results import OWN
from specxl.sheets.summary.draft import LAST_COL, TABLE, Draft
from specxl.sheets.summary.table import RIGHT_KEYS, equal_words, interval_words, row_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.method.catalogue import Comparison
    from specxl.model.flow import Flow
    from specxl.sheets.pair.sheet import PairSheet
    from specxl.sheets.results import ResultTable

ROW_HEIGHT = 30.0


def lay_own(draft: Draft, flow: Flow, results: ResultTable, pairs: Sequence[PairSheet]) -> None:
    """Lay out one row per comparison of one's own runs, at the Summary's speed; nothing where there are none."""
    own, sheet = draft.plan.catalogue.own, draft.sheet
    if not own:
        return
    flow.heading(draft.texts["own"]["heading"])
    sheet.wide(flow.take(), 1, LAST_COL, draft.texts["own"]["note"], "caution")
    _lay_head(draft, flow.take())
    first = flow.row
    for comparison in own:
        _lay_row(draft, flow.take(), comparison, results, pairs)
    start = sheet.ref(first, TABLE["b_cost"])
    subjects = tuple((comparison.number, 0) for comparison in own)
    tag = f"{OWN} summary {own[0].number}"
    draft.plan.anchors.append(Anchor("combinations", "", start, COMBINATION_KEYS, subjects, tag))
    flow.gap()


def _lay_head(draft: Draft, row: int) -> None:
    sheet, texts, unit = draft.sheet, draft.texts, f'{draft.plan.context["currency"]}&"/M"'
    for key in TABLE.keys:
        col = TABLE[key]
        style = "head right" if key in RIGHT_KEYS else "head indent" if key == "verdict" else "head"
        if key in ("a_cost", "b_cost"):
            fields = {"side": literal(texts["own"][f"side_{key[0]}"]), "unit": unit}
            sheet.formula(row, col, draft.say("table", key, fields), style)
        else:
            words = {"rank": "", "model": texts["own"]["comparison"], "combination": ""}.get(key, texts["table"][key])
            sheet.put(row, col, words or None, style)
    sheet.heights[row] = 30.0


def _lay_row(draft: Draft, row: int, comparison: Comparison, results: ResultTable, pairs: Sequence[PairSheet]) -> None:
    sheet, plan, block = draft.sheet, draft.plan, results.block[comparison.number, 0]
    hardware, model, _, link, _, _, verdict, certainty, like = row_words(plan, comparison, results, pairs)
    sheet.put(row, TABLE["hardware"], Link(link, f"{hardware}, {model}"), "link wrap middle")
    sheet.put(row, TABLE["model"], comparison.label, "wrap middle")
    sheet.merges.append(sheet.area(row, TABLE["model"], row, TABLE["combination"]))
    texts = draft.texts["cells"]
    formulas = {
        **{f"{side}_cost": (figure_or_words(plan, block, side, "cost"), f"cost {side} middle") for side in "ba"},
        "saving": (signed_saving(block), "percent strong middle"),
        "ratio": (str(block["ratio"]), "times middle"),
        "interval": (
            interval_words(texts, block["ratio"], block["ratio_low"], block["ratio_high"]),
            "right muted middle",
        ),
        "equal": (equal_words(texts, block["eq_code"], block["eq_x"], block["eq_ratio"]), "right middle"),
        "verdict": (verdict[1:], "indent wrap middle"),
        "certainty": (certainty[1:], "wrap middle"),
        "like": (like[1:], "wrap middle"),
    }
    for key, (text, style) in formulas.items():
        sheet.formula(row, TABLE[key], text, style)
    stopped = sheet.area(row, TABLE["certainty"], row, TABLE["certainty"])
    sheet.highlights.append(Highlight(stopped, f"{block['stops'].fix}>0", "stop"))
    sheet.heights[row] = ROW_HEIGHT
