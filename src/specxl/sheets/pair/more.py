"""Below the first screen of a pair sheet: its combinations at the Summary's speed, further metrics, the deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import Verdict
from specxl.method.metrics import METRICS
from specxl.model.cells import Highlight
from specxl.model.formulas import cases, literal
from specxl.sheets.pair.answer import figure_or_words
from specxl.sheets.pair.places import CHART_COL, FIRST_READ, LABEL, ROW_HEIGHT, SENTENCE_HEIGHT
from specxl.sheets.pair.plot import metric_unit
from specxl.sheets.words import certainty_word, likeness_words, no_data_word, stopped_or, verdict_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Comparison
    from specxl.method.metrics import Metric
    from specxl.model.cells import Ref
    from specxl.model.flow import Flow
    from specxl.sheets.pair.draft import Draft, PairDraft, Shown
    from specxl.sheets.pair.reads import Reads
    from specxl.sheets.results import ResultTable

SAME_ENGINE_LINES = 2
LABEL_LENGTH = 22
"""Characters of a combination's name that fit into a line of its column, broken between words."""


def lay_combinations(draft: PairDraft, flow: Flow, results: ResultTable) -> dict[int, Ref]:
    """Every combination of the sheet at the Summary's speed: where the Summary's links lead; return their cells."""
    flow.heading(draft.texts["headings"]["combinations"])
    _lay_combination_head(draft, flow.take(), results)
    return {c.number: _lay_combination(draft, flow.take(), c, results) for c in draft.pair.comparisons}


def _lay_combination_head(draft: PairDraft, head: int, results: ResultTable) -> None:
    sheet, plan, texts = draft.sheet, draft.plan, draft.texts
    unit = f'{plan.context["currency"]}&"/M"'
    shown = results.shown[draft.pair.canonical.number, 0]
    own = any(comparison.own for comparison in draft.pair.comparisons)
    sides = {side: literal(texts["own"][side]) if own else f"{shown[f'side_{side}']}" for side in "ab"}
    heads = (
        (0, literal(texts["controls"]["combination"]), "head"),
        (1, f'{sides["b"]}&", "&{unit}', "head right"),
        (2, f'{sides["a"]}&", "&{unit}', "head right"),
        (3, '"Saving"', "head right"),
        (4, '"Ratio"', "head right"),
        (6, '"Verdict"', "head"),
        (9, '"Certainty"', "head"),
        (12, '"Like for like"', "head"),
    )
    for col, text, style in heads:
        sheet.formula(head, col, text, style)
    for col in (5, 7, 8, 10, 11, 13, 14):
        sheet.put(head, col, None, "head")
    sheet.heights[head] = SENTENCE_HEIGHT


def _lay_combination(draft: PairDraft, row: int, comparison: Comparison, results: ResultTable) -> Ref:
    """One combination at the Summary's speed; return the cell with its name."""
    sheet, plan = draft.sheet, draft.plan
    block, shown = results.block[comparison.number, 0], results.shown[comparison.number, 0]
    labels = (shown["side_a"], shown["side_b"])
    cell = sheet.put(row, 0, comparison.label, "wrap middle" if comparison.own else "text")
    if comparison.own:
        sheet.heights[row] = ROW_HEIGHT * -(-len(comparison.label) // LABEL_LENGTH)
    sheet.formula(row, 1, figure_or_words(plan, block, "b", "cost"), "cost b")
    sheet.formula(row, 2, figure_or_words(plan, block, "a", "cost"), "cost a")
    sheet.formula(row, 3, f"IF({block['better']}=2,1-{block['larger']},{block['saving']})", "percent strong")
    sheet.formula(row, 4, str(block["ratio"]), "times")
    better = cases(block["better"], [(number, f'{label}&" "') for number, label in enumerate(labels, start=1)])
    words = f"IF({block['verdict']}={Verdict.NO_DATA},{no_data_word(plan, block, labels)},{verdict_word(plan, block, labels)})"
    sheet.formula(row, 6, f"{better}&{words}")
    sheet.formula(row, 9, stopped_or(plan, block, certainty_word(plan, block)))
    sheet.formula(row, 12, likeness_words(plan, block))
    sheet.highlights.append(Highlight(sheet.area(row, 9, row, 11), f"{block['stops'].fix}>0", "stop"))
    return cell


def lay_more(draft: Draft, flow: Flow, chosen: Shown, reads: Reads) -> Ref:
    """The remaining metrics, the size of the deployments, the same-engine line, and the place of the second chart."""
    texts = draft.texts["lines"]
    top = flow.heading(draft.texts["headings"]["more"])
    for metric in METRICS:
        if metric.key not in ("cost", "y"):
            _lay_metric(draft, flow, chosen, reads, metric)
    for key, build in (("gpus", _gpus), ("hourly", _hourly)):
        for side in draft.order:
            label = f"{literal(texts[key] + ', ')}&{chosen.marks[side]}"
            _lay_line(
                draft, flow.take(), label, side, [build(draft, block, side) for block in reads.blocks], f"right {side}"
            )
    at = flow.take()
    draft.sheet.put(at, LABEL, texts["same_engine"], "strong wrap")
    for col, words in enumerate(reads.words, start=FIRST_READ):
        draft.sheet.formula(at, col, str(words["same_engine"]), "wrap right")
    draft.sheet.heights[at] = SAME_ENGINE_LINES * ROW_HEIGHT
    flow.gap()
    return draft.sheet.ref(top.row, CHART_COL)


def _lay_metric(draft: Draft, flow: Flow, chosen: Shown, reads: Reads, metric: Metric) -> None:
    """The name of a metric with its unit, and a line per side."""
    sheet, plan, at = draft.sheet, draft.plan, flow.take()
    name = plan.house.texts["labels"]["metrics"][metric.key]["name"]
    sheet.formula(at, LABEL, f'{literal(name)}&", "&{metric_unit(plan, metric.key)}', "strong")
    for side in draft.order:
        at = flow.take()
        figures = [figure_or_words(plan, block, side, metric.key) for block in reads.blocks]
        _lay_line(draft, at, str(chosen.heads[side]), f"indent {side}", figures, f"{metric.style} {side}")


def _lay_line(draft: Draft, at: int, label: str, label_style: str, figures: Sequence[str], style: str) -> None:
    """A label, and a formula per read."""
    draft.sheet.formula(at, LABEL, label, label_style)
    for col, text in enumerate(figures, start=FIRST_READ):
        draft.sheet.formula(at, col, text, style)


def _gpus(_: Draft, block: Mapping[str, Ref], side: str) -> str:
    """Formula: the number of GPUs of the deployments around the speed, "4" or "4-36"."""
    low, high = block[f"{side}_gpus_low"], block[f"{side}_gpus_high"]
    return f'IF({low}="","",IF({low}={high},FIXED({low},0),FIXED({low},0)&"-"&FIXED({high},0)))'


def _hourly(draft: Draft, block: Mapping[str, Ref], side: str) -> str:
    """Formula: what those deployments cost per hour, in the currency shown."""
    low, high, price = block[f"{side}_gpus_low"], block[f"{side}_gpus_high"], block[f"{side}_price"]
    text, top = (f"FIXED({cell}*{price},0)" for cell in (low, high))
    currency = draft.plan.context["currency"]
    return f'IF(COUNT({low},{price})<2,"",{currency}&" "&IF({low}={high},{text},{text}&"-"&{top}))'
