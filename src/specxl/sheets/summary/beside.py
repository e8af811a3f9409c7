"""Rows of the Summary that stand below its table and are never counted in it: the columns, figures and words are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Highlight, Link
from specxl.model.formulas import literal
from specxl.sheets.anchors import Anchor
from specxl.sheets.pair.answer import figure_or_words, signed_saving
from specxl.sheets.pair.figures import COMBINATION_KEYS
from specxl.sheets.summary.draft import TABLE, Draft
from specxl.sheets.summary.table import RIGHT_KEYS, equal_words, interval_words, verdict_words
from specxl.sheets.words import certainty_word, likeness_words, worst_stop_or

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.method.catalogue import Comparison
    from specxl.model.flow import Flow
    from specxl.sheets.results import ResultTable

ROW_HEIGHT = 30.0
"""Two lines; a row of short names has one."""
LABEL_LENGTH, SIDE_LENGTH = 28, 9
"""Characters that fit into one line: of a comparison's name, and of a side's before what its verdict says of it."""


def lay_beside(
    draft: Draft, flow: Flow, results: ResultTable, comparisons: Sequence[Comparison], links: Sequence[Link], tag: str
) -> None:
    """Lay out a head, and a row per comparison at the Summary's speed.

    Args:
        comparisons: of consecutive numbers.
        links: what stands in the first column of each.
        tag: tells the block from the others of its kind.
    """
    _lay_head(draft, flow.take())
    first = flow.row
    for comparison, link in zip(comparisons, links, strict=True):
        _lay_row(draft, flow.take(), comparison, link, results)
    start = draft.sheet.ref(first, TABLE["b_cost"])
    subjects = tuple((comparison.number, 0) for comparison in comparisons)
    name = f"{tag} {comparisons[0].number}"
    draft.plan.anchors.append(Anchor("combinations", "", start, COMBINATION_KEYS, subjects, name))
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
    sheet.heights[row] = ROW_HEIGHT


def _lay_row(draft: Draft, row: int, comparison: Comparison, link: Link, results: ResultTable) -> None:
    sheet, plan = draft.sheet, draft.plan
    block, shown = results.block[comparison.number, 0], results.shown[comparison.number, 0]
    sheet.put(row, TABLE["hardware"], link, "link wrap middle")
    sheet.put(row, TABLE["model"], comparison.label, "wrap middle")
    sheet.merges.append(sheet.area(row, TABLE["model"], row, TABLE["combination"]))
    texts = draft.texts["cells"]
    interval = interval_words(texts, block["ratio"], block["ratio_low"], block["ratio_high"])
    formulas = {
        **{f"{side}_cost": (figure_or_words(plan, block, side, "cost"), f"cost {side} middle") for side in "ba"},
        "saving": (signed_saving(block), "percent strong middle"),
        "ratio": (str(block["ratio"]), "times middle"),
        "interval": (interval, "right muted middle"),
        "equal": (equal_words(texts, block["eq_code"], block["eq_x"], block["eq_ratio"]), "right middle"),
        "verdict": (verdict_words(plan, block, (shown["side_a"], shown["side_b"])), "indent wrap middle"),
        "certainty": (worst_stop_or(plan, block, certainty_word(plan, block)), "wrap middle"),
        "like": (likeness_words(plan, block), "wrap middle"),
    }
    for key, (text, style) in formulas.items():
        sheet.formula(row, TABLE[key], text, style)
    stopped = sheet.area(row, TABLE["certainty"], row, TABLE["certainty"])
    sheet.highlights.append(Highlight(stopped, f"{block['stops'].fix}>0", "stop"))
    names = plan.labels(comparison)
    longest = max(len(names["side_a"]), len(names["side_b"]))
    high = len(comparison.label) > LABEL_LENGTH or longest > SIDE_LENGTH
    sheet.heights[row] = ROW_HEIGHT if high else ROW_HEIGHT / 2
