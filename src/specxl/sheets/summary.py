"""The Summary: headline sentences, one common target at which every comparison is read, a chart, and the caveats."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from specxl.method.codes import Better, Bound, Grade
from specxl.method.curves import Status
from specxl.model.cells import Chart, Highlight, Link, Ref, Series
from specxl.model.formulas import amount, first_true, literal, sentence, speed
from specxl.sheets.block.flags import FLAGS
from specxl.sheets.frame import COMMON_TARGET, SUMMARY, Columns, TableColumn, put_input, start_sheet
from specxl.sheets.same_engine import COMMON
from specxl.sheets.shown import figure_or_words, grey_above_range

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.method.catalogue import CatalogueCurve, Comparison
    from specxl.model.cells import Content, Range, Sheet
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

TABLE = Columns(
    TableColumn("sheet", "Sheet", 27, "link"),
    TableColumn("model", "Model", 21, "text"),
    TableColumn("hardware", "Hardware", 14, "text"),
    TableColumn("vendor", "Vendor", 8, "text"),
    TableColumn("precision", "Precision", 9, "text"),
    TableColumn("workload", "Workload", 9, "text"),
    TableColumn("variants", "Variants", 11, "text"),
    TableColumn("range_a", "Spec decoding measured (tok/s/user)", 14, "right"),
    TableColumn("range_b", "Off measured (tok/s/user)", 14, "right"),
    TableColumn("engines", "Engines (spec decoding / Off)", 46, "indent wrap middle"),
    TableColumn("a_y", "Spec decoding (tok/s/GPU)", 11, "tput a"),
    TableColumn("b_y", "Off (tok/s/GPU)", 11, "tput b"),
    TableColumn("a_cost", "Spec decoding (cost per M)", 10, "cost a"),
    TableColumn("b_cost", "Off (cost per M)", 10, "cost b"),
    TableColumn("ratio", "Ratio", 8, "times strong"),
    TableColumn("bound", "Bound", 12, "centre"),
    TableColumn("saving", "Saving per token", 9, "percent"),
    TableColumn("better", "Better", 8, "centre strong"),
    TableColumn("same", "Same engine", 36, "indent"),
    TableColumn("grade", "Worst flag", 9, "centre"),
    TableColumn("flags", "Flags", 6, "id"),
    TableColumn("read", "Read (spec decoding / Off)", 46, "indent"),
)
# The workings beside the table; each flag has a column of its own behind them.
_WORKINGS = {
    "better": "better code", "bound": "bound code", "grade": "grade code", "ratio": "ratio for the headline",
    "cost": "lowest cost", "cheapest": "its variant", "a_cost": "A cost in range", "b_cost": "B cost in range",
}  # fmt: skip
WORK_COL = len(TABLE) + 1
FLAG_COL = WORK_COL + len(_WORKINGS)
_WORK = {key: col for col, key in enumerate(_WORKINGS, start=WORK_COL)}
HEADLINE_ROW, TABLE_HEAD = 7, 16
COST_NOTE_ROW = HEADLINE_ROW + 6
LAST_TEXT_COL = 17
CAVEAT_LINE = 215
WIDEST_ENGINES = 60  # characters that surely fit a line of the column
LINE_HEIGHT = 15.0  # in points
CHART_WIDTH, TALLEST_CHART = 980, 1400
CHART_MARGIN, BAR_PAIR_HEIGHT, ROW_HEIGHT = 90, 46, 20


@dataclass(frozen=True, slots=True)
class _Body:
    """The rows of the table, one per comparison, and the columns by which sentences and caveats refer to them."""

    sheet: Sheet
    plan: Plan
    results: ResultTable
    first: int
    last: int

    def shown(self, key: str) -> Range:
        """A column of the table."""
        return TABLE.area(self.sheet, key, self.first, self.last)

    def work(self, key: str) -> Range:
        """A column of the workings."""
        return self.sheet.area(self.first, _WORK[key], self.last, _WORK[key])

    def flag(self, number: int) -> Range:
        """The column of a flag, counted from 0."""
        return self.sheet.area(self.first, FLAG_COL + number, self.last, FLAG_COL + number)


def _span(curve: CatalogueCurve | None, first: Ref, last: Ref) -> str:
    """Formula: the measured range of a side, "20 to 180"."""
    return f'FIXED({first},0)&" to "&FIXED({last},0)' if curve else '"no data"'


def _engines(plan: Plan, comparison: Comparison) -> str:
    """The engines of both sides, "SGLang / SGLang, TensorRT-LLM"."""
    label = plan.house.engine_label
    sides = (", ".join(map(label, c.engines)) or "not stated" if c else "no data" for _, c in comparison.sides)
    return " / ".join(sides)


def build_summary(plan: Plan, results: ResultTable) -> Sheet:
    """Lay out the Summary (DESIGN 2): it reads from Results at the common target."""
    sheet = start_sheet(
        SUMMARY,
        plan.release.title,
        plan.release,
        tab="front",
        subtitle="What one dollar and one megawatt buy, with speculative decoding on or off, at equal speed per user",
    )
    _lay_target(sheet, plan)
    comparisons = plan.catalogue.comparisons
    body = _Body(sheet, plan, results, TABLE_HEAD + 1, TABLE_HEAD + len(comparisons))
    _lay_heads(body)
    for row, comparison in enumerate(comparisons, start=body.first):
        _lay_row(body, row, comparison)
        _lay_workings(body, row, comparison)
    _lay_headline(body)
    at = _lay_chart(body, body.last + 2)
    _lay_caveats(body, at)
    sheet.highlights += [Highlight(body.shown("grade"), word, word) for word in ("stop", "caution", "note")]
    sheet.freeze = (4, 1)
    sheet.print_area = sheet.area(0, 0, at + 3 + len(FLAGS) + 4, len(TABLE) - 1)
    return sheet


def _lay_target(sheet: Sheet, plan: Plan) -> None:
    row = COMMON_TARGET.row
    sheet.put(row, 0, "Common target interactivity, tok/s/user", "strong")
    put_input(
        sheet,
        (row, COMMON_TARGET.col),
        (row, COMMON_TARGET.col + 1),
        plan.catalogue.common_target,
        "Common target interactivity",
        style="speed strong",
        message="Decode speed of one user in tok/s, above zero, at which every comparison on this sheet is read.",
    )
    sheet.put(row, COMMON_TARGET.col + 2, "as released", "muted")


def _lay_heads(body: _Body) -> None:
    sheet = body.sheet
    TABLE.lay_head(sheet, TABLE_HEAD)
    longest = max(len(_engines(body.plan, comparison)) for comparison in body.plan.catalogue.comparisons)
    sheet.widths[TABLE["engines"]] = min(WIDEST_ENGINES, 4 + longest)
    sheet.put(TABLE_HEAD - 1, WORK_COL, "Workings of the headline and of the caveats", "heading")
    flags = (flag.id.replace("_", " ") for flag in FLAGS)
    sheet.row(TABLE_HEAD, WORK_COL, (*_WORKINGS.values(), *flags), "head")
    sheet.widths |= dict.fromkeys(range(WORK_COL, FLAG_COL + len(FLAGS)), 10)
    sheet.heights[TABLE_HEAD] = 44


def _lay_row(body: _Body, row: int, comparison: Comparison) -> None:
    sheet, plan, key = body.sheet, body.plan, (comparison.number, COMMON)
    shown, block = body.results.shown[key], body.results.block[key]
    name, labels = plan.sheet_name(comparison.model, comparison.hardware), plan.labels(comparison)
    engines = _engines(plan, comparison)
    constants: dict[str, Content] = {
        "sheet": Link(Ref(name, 0, 0).link(), name),
        **{key: labels[key] for key in ("model", "hardware", "vendor", "precision", "workload")},
        "variants": f"{labels['label_a']} / {labels['label_b']}",
        "engines": engines,
    }
    for column, content in constants.items():
        TABLE.put(sheet, row, column, content)
    lines = ceil(len(engines) / WIDEST_ENGINES)
    if lines > 1:
        sheet.heights[row] = LINE_HEIGHT * lines
    figures = [(side, figure) for side in "ab" for figure in ("y", "cost")]
    formulas = {
        **{f"range_{s}": _span(curve, block[f"{s}_x_first"], block[f"{s}_x_last"]) for s, curve in comparison.sides},
        **{column: str(shown[column]) for column in ("ratio", "bound", "saving", "better", "grade", "flags")},
        **{f"{side}_{figure}": figure_or_words(plan, block, side, figure) for side, figure in figures},
        "same": str(shown["same_engine"]),
        "read": f'{shown["a_status"]}&" / "&{shown["b_status"]}',
    }
    for column, text in formulas.items():
        TABLE.formula(sheet, row, column, text)
    for side, figure in figures:
        grey_above_range(sheet, sheet.ref(row, TABLE[f"{side}_{figure}"]), block[f"{side}_status"])


def _lay_workings(body: _Body, row: int, comparison: Comparison) -> None:
    """Codes and figures that count: an open verdict and a bound win no headline, a greyed cost is no cost."""
    key = (comparison.number, COMMON)
    shown, block = body.results.shown[key], body.results.block[key]

    def put(key: str, text: str, style: str = "full") -> Ref:
        return body.sheet.formula(row, _WORK[key], text, style)

    a, b = (put(f"{s}_cost", f'IF({_in_range(block, s)},{block[f"{s}_cost"]},"")', "cost") for s in "ab")
    label_a, label_b = shown["label_a"], shown["label_b"]
    unpriced, only_b, only_a = f"COUNT({a},{b})=0", f"COUNT({a})=0", f"COUNT({b})=0"
    cheapest = ((unpriced, '""'), (only_b, label_b), (only_a, label_a), (f"{a}<={b}", label_a))
    put("better", f"IF({block['bound']}={Bound.OPEN},0,{block['better']})")
    put("bound", str(block["bound"]))
    put("grade", str(block["grade"]))
    put("ratio", f'IF({block["bound"]}>{Bound.AT_LEAST},"",{block["ratio"]})')
    put("cost", f'IF({unpriced},"",MIN({a},{b}))')
    put("cheapest", first_true(cheapest, label_b))
    for i, flag in enumerate(FLAGS):
        body.sheet.formula(row, FLAG_COL + i, str(block[f"f_{flag.id}"]), "flag")


def _in_range(block: Mapping[str, Ref], side: str) -> str:
    """Condition: a side reaches the target, be it below its measured range."""
    return f"{block[f'{side}_status']}>{Status.ABOVE}"


def _lay_headline(body: _Body) -> None:
    sheet, texts = body.sheet, body.plan.house.texts["narrative"]["summary"]
    ratios, costs, given = body.work("ratio"), body.work("cost"), _counts(body)

    def say(name: str, fields: Mapping[str, str]) -> str:
        return sentence(texts[name], fields, origin=f"narrative.toml [summary] {name}")

    valid = f"IF(ISNUMBER({COMMON_TARGET}),{COMMON_TARGET}>0,1=0)"
    cost = f"IF(COUNT({costs})>0,{say('cheapest', given | _cheapest(body))},{say('no_cost', given)})"
    lines = (
        f"IF({valid},{say('headline', given)},{say('no_target', given)})",
        f'IF(AND({valid},COUNT({ratios})>0),{say("largest", given | _largest(body))},"")',
        f'IF({valid},{cost},"")',
        f'IF({valid},{say("withheld", given)},"")',
        f'IF({valid},{say("evidence", given)},"")',
    )
    for i, text in enumerate(lines):
        sheet.formula(HEADLINE_ROW + i, 0, text, "strong" if i == 0 else "text")
    caveat = body.plan.house.texts["flags"]["general"]["cost"]["long"]
    sheet.wide(COST_NOTE_ROW, 0, LAST_TEXT_COL, f"What the cost is not: {caveat}", "wrap note")
    sheet.heights[COST_NOTE_ROW] = 30


def _counts(body: _Body) -> dict[str, str]:
    """The placeholders of every headline sentence, as formula texts."""
    better, bound, grade = body.work("better"), body.work("bound"), body.work("grade")

    def count(area: Range, *codes: int) -> str:
        return "+".join(f"COUNTIF({area},{code})" for code in codes)

    settled = f"({count(better, *Better)})"
    counted = {
        "all": f"ROWS({better})",
        "shown": settled,
        "wins": count(better, Better.A),
        "losses": count(better, Better.B),
        "ties": count(better, Better.TIE),
        "withheld": f"ROWS({better})-{settled}",
        "bounded": count(bound, Bound.AT_LEAST, Bound.AT_MOST),
        "stops": count(grade, Grade.STOP),
        "cautions": count(grade, Grade.CAUTION),
        "notes": count(grade, Grade.NOTE),
    }
    names = body.plan.context
    words = {"target": speed(COMMON_TARGET), "tokens": names["tokens"], "currency": names["currency"]}
    return {name: f"FIXED({number},0)" for name, number in counted.items()} | words


def _winner(body: _Body, row: str, better: Range) -> dict[str, str]:
    """The placeholders that name one row of the table, found by its number in it."""
    return {
        "model": f"INDEX({body.shown('model')},{row})",
        "hardware": f"INDEX({body.shown('hardware')},{row})",
        "combination": f'INDEX({body.shown("precision")},{row})&", "&INDEX({body.shown("workload")},{row})',
        "better": f"INDEX({better},{row})",
    }


def _largest(body: _Body) -> dict[str, str]:
    """The placeholders of the sentence on the largest ratio."""
    ratios, at_least = body.work("ratio"), body.plan.house.texts["narrative"]["bound_words"]["at_least"]
    best, row = f"MAX({ratios})", f"MATCH(MAX({ratios}),{ratios},0)"
    return _winner(body, row, body.shown("better")) | {
        "ratio": f"FIXED({best},2)",
        "saving": f'FIXED(100*(1-1/{best}),0)&" %"',
        "bound_words": f'IF(INDEX({body.work("bound")},{row})={Bound.AT_LEAST},{literal(at_least)},"")',
    }


def _cheapest(body: _Body) -> dict[str, str]:
    """The placeholders of the sentence on the lowest cost."""
    costs = body.work("cost")
    lowest, row = f"MIN({costs})", f"MATCH(MIN({costs}),{costs},0)"
    return _winner(body, row, body.work("cheapest")) | {"cost": amount(lowest, ((0.01, 5),), 3)}


def _lay_chart(body: _Body, row: int) -> int:
    """Million tokens per unit of money for the canonical comparison of each pair; return the first free row."""
    sheet, names, pairs = body.sheet, body.plan.context, body.plan.catalogue.pairs
    where = "at the common target (0: not reached, or named in the label)"
    sheet.formula(row, 0, f'"Million "&{names["tokens"]}&" per "&{names["currency"]}&" {where}"', "heading")
    height = min(CHART_MARGIN + BAR_PAIR_HEIGHT * len(pairs), TALLEST_CHART)
    head = row + 1
    alt = (
        "Bar chart: million tokens per unit of money for the comparison that each pair's sheet opens on, speculative "
        "decoding beside Off, at the common target. A bar of length zero means that the target is not reached. The "
        "figures stand in the table above."
    )
    chart = Chart(
        kind="bar",
        at=sheet.ref(head, 0),
        width=CHART_WIDTH,
        height=height,
        series=_lay_bars(body, head),
        x_title="Million tokens per unit of money",
        y_title="Model, hardware and workload",
        alt_text=alt,
        name="summary chart",
    )
    sheet.charts.append(chart)
    return head + height // ROW_HEIGHT + 2


def _lay_bars(body: _Body, head: int) -> tuple[Series, ...]:
    """Lay out what the chart plots; 0 stands for a target that is not reached or a cost that is not known."""
    sheet = body.sheet
    sheet.row(head, WORK_COL, ("Pair", "Spec decoding", "Off"), "head")
    sheet.put(head - 1, WORK_COL, "What the chart plots", "heading")
    last = head
    for pair in body.plan.catalogue.pairs:
        last += 1
        key = (pair.canonical.number, COMMON)
        block, shown = body.results.block[key], body.results.shown[key]
        unknown = f'IF(ISNUMBER({block["price"]}),"",": no price")'
        label = f'{shown["model"]}&" "&{shown["hardware"]}&", "&{shown["precision"]}&" "&{shown["workload"]}&{unknown}'
        sheet.formula(last, WORK_COL, label)
        for j, side in enumerate("ab", start=1):
            cost = block[f"{side}_cost"]
            sheet.formula(last, WORK_COL + j, f"IF(AND({_in_range(block, side)},ISNUMBER({cost})),1/{cost},0)", "price")

    def column(offset: int) -> Range:
        return sheet.area(head + 1, WORK_COL + offset, last, WORK_COL + offset)

    sides = enumerate("ab", start=1)
    return tuple(Series(sheet.ref(head, WORK_COL + j), column(0), column(j), f"{side}_bar") for j, side in sides)


def _lay_caveats(body: _Body, row: int) -> None:
    """The general caveats, then every flag with the number of comparisons that carry it."""
    sheet, texts, lists = body.sheet, body.plan.house.texts["flags"], body.plan.assumptions.lists
    sheet.put(row, 0, "Comparability caveats", "heading")
    sheet.row(row + 1, 0, ("Caveat", "Grade", "Comparisons", "What it means"), "head")
    sheet.merges.append(sheet.area(row + 1, 3, row + 1, LAST_TEXT_COL))
    at = row + 2
    for caveat in texts["general"].values():
        sheet.put(at, 0, caveat["short"], "strong wrap middle")
        sheet.put(at, 1, "general", "wrap middle")
        sheet.put(at, 2, "all", "centre wrap middle")
        _lay_meaning(sheet, at, caveat["long"])
        at += 1
    for i, flag in enumerate(FLAGS):
        sheet.formula(at, 0, f"INDEX({lists['flags']},{i + 1})", "strong wrap middle")
        sheet.formula(at, 1, f"INDEX({lists['grades']},{flag.grade + 1})", "wrap middle")
        sheet.formula(at, 2, f"SUM({body.flag(i)})", "id centre wrap middle")
        _lay_meaning(sheet, at, texts[flag.id]["long"])
        at += 1


def _lay_meaning(sheet: Sheet, row: int, text: str) -> None:
    sheet.wide(row, 3, LAST_TEXT_COL, text, "wrap middle")
    sheet.heights[row] = LINE_HEIGHT * (1 + len(text) // CAVEAT_LINE)
