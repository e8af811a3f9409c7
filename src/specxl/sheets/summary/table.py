"""The table of the Summary: every comparison, ranked live within its model and workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.method.codes import EqualCost, Verdict
from specxl.method.metrics import BY_KEY
from specxl.model.cells import DataBar, Highlight
from specxl.model.formulas import cases, literal
from specxl.model.numbers import two_digits
from specxl.sheets.summary.draft import HEAD_ROW, LONGEST, TABLE, Draft
from specxl.sheets.words import bounded, certainty_word, likeness_words, no_data_word, worst_stop_or

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Ref
    from specxl.sheets.pair.sheet import PairSheet
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

BAR_ROOM = 1.2
"""A bar of a whole saving ends left of the figure in its cell, which stands on white then."""


def row_words(plan: Plan, comparison: Comparison, results: ResultTable, pairs: Sequence[PairSheet]) -> list[str]:
    """What the table says of a comparison besides figures, in the order of `ranking.WORDS`."""
    labels, block = plan.labels(comparison), results.block[comparison.number, 0]
    cell = next(pair.combinations[comparison.number] for pair in pairs if comparison.number in pair.combinations)
    shown = results.shown[comparison.number, 0]
    a, b = shown["side_a"], shown["side_b"]
    verdict = verdict_words(plan, block, (a, b))
    names = {
        "hardware": labels["hardware"],
        "model": plan.house.model(comparison.key.model).short_label,
        "combination": comparison.label,
    }
    return [
        *(clean_label(names[key], limit=limit) for key, limit in LONGEST.items()),
        cell.link(),
        f"={a}",
        f"={b}",
        f"={verdict}",
        f"={worst_stop_or(plan, block, certainty_word(plan, block))}",
        f"={likeness_words(plan, block)}",
    ]


def verdict_words(plan: Plan, block: Mapping[str, Ref], labels: tuple[Ref, Ref]) -> str:
    """Formula: the verdict with the name of the side that it speaks of, short enough for its column."""
    texts, verdicts = plan.house.texts["summary"]["cells"], plan.house.texts["labels"]["verdicts"]
    a, b = labels
    named = {
        Verdict.A_BETTER: f"{a}&{literal(texts['better'])}",
        Verdict.B_BETTER: f"{b}&{literal(texts['better'])}",
        Verdict.NO_DATA: no_data_word(plan, block, (a, b)),
        Verdict.ONLY_A: f"{literal(texts['reaches'])}&{a}",
        Verdict.ONLY_B: f"{literal(texts['reaches'])}&{b}",
    }
    return cases(block["verdict"], [(v, named.get(v, literal(verdicts[v - 1]))) for v in Verdict])


def lay_table(draft: Draft) -> int:
    """The table, ranked live; return its last row."""
    sheet, ranking = draft.sheet, draft.ranking
    _lay_head(draft)
    first, last = HEAD_ROW + 1, HEAD_ROW + ranking.count
    for place in range(1, ranking.count + 1):
        _lay_row(draft, place)
    areas = {key: TABLE.area(sheet, key, first, last) for key in TABLE.keys}
    sheet.bars.append(DataBar(areas["saving"], "bar", longest=BAR_ROOM))
    stops = f"INDEX({ranking['stops']},INDEX({ranking.at},${sheet.ref(first, 0).address}))"
    sheet.highlights.append(Highlight(areas["certainty"], f"{stops}>0", "stop"))
    return last


def _lay_row(draft: Draft, place: int) -> None:
    """The comparison that stands at a place of the table."""
    sheet, texts, row = draft.sheet, draft.texts["cells"], HEAD_ROW + place

    def held(key: str) -> str:
        return draft.ranking.held(key, place)

    TABLE.put(sheet, row, "rank", place)
    better, ratio, low, high = (held(key) for key in ("better", "ratio", "ratio_low", "ratio_high"))
    formulas = {
        "hardware": f"HYPERLINK({held('link')},{held('hardware')})",
        **{key: held(key) for key in ("model", "combination", "ratio")},
        **{f"{s}_cost": bounded(held(f"{s}_status"), held(f"{s}_cost"), BY_KEY["cost"]) for s in "ba"},
        "saving": f'IF({better}=0,"",1-1/{ratio})',
        "interval": interval_words(texts, ratio, low, high),
        "equal": equal_words(texts, held("eq_code"), held("eq_x"), held("eq_ratio")),
        **{key: held(f"{key}_word") for key in ("verdict", "certainty", "like")},
    }
    for key, text in formulas.items():
        TABLE.formula(sheet, row, key, text)


def interval_words(texts: Mapping[str, str], ratio: Ref | str, low: Ref | str, high: Ref | str) -> str:
    """Formula: the ratio that the measurements allow, "1.1 to 8.6x"; empty where there is none."""
    start = f"IF({low}=0,{literal(texts['any'])},{two_digits(low)})"
    end = f'IF({high}="",{literal(texts["any"])},{two_digits(high)}&"x")'
    return f'IF({ratio}="","",{start}&{literal(" to ")}&{end})'


def equal_words(texts: Mapping[str, str], code: Ref | str, x: Ref | str, times: Ref | str) -> str:
    """Formula: the speed at equal cost and how many times the target it is, "277 (3.9x)"."""
    shown = f'FIXED({x},0)&" ("&{two_digits(times)}&"x)"'
    speeds = (
        (EqualCost.EXACT, shown),
        (EqualCost.AT_LEAST, f'"≥ "&{shown}'),
        (EqualCost.AT_MOST, f'"≤ "&{shown}'),
        (EqualCost.NEVER, literal(texts["never"])),
    )
    return cases(code, speeds)


RIGHT_KEYS = ("rank", "b_cost", "a_cost", "saving", "ratio", "interval", "equal")


def _lay_head(draft: Draft) -> None:
    sheet, texts, plan = draft.sheet, draft.texts["table"], draft.plan
    labels, unit = draft.side_labels(), f'{plan.context["currency"]}&"/M"'
    for col, key in enumerate(TABLE.keys):
        style = "head right" if key in RIGHT_KEYS else "head indent" if key == "verdict" else "head"
        if key in ("a_cost", "b_cost"):
            fields = {"side": labels[key[0]], "unit": unit}
            sheet.formula(HEAD_ROW, col, draft.say("table", key, fields), style)
        else:
            sheet.put(HEAD_ROW, col, texts[key] or None, style)
        sheet.widths[col] = TABLE.width(key)
    sheet.heights[HEAD_ROW] = 30.0
