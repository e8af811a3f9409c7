"""The Summary: headline sentences, one common target at which every comparison is read, a chart, and the caveats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.cells import Chart, Highlight, Link, Ref, Series
from specxl.formulas import literal, sentence
from specxl.schema import workload_label
from specxl.sheets.flags import FLAGS
from specxl.sheets.frame import COMMON_TARGET, SUMMARY, head_style, put_input, start_sheet
from specxl.sheets.shown import figure_or_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.catalogue import CatalogueCurve, Comparison
    from specxl.cells import Range, Sheet
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

COLUMNS = (
    ("sheet", "Sheet", 27, "link"),
    ("model", "Model", 21, "text"),
    ("hardware", "Hardware", 14, "text"),
    ("vendor", "Vendor", 8, "text"),
    ("precision", "Precision", 9, "text"),
    ("workload", "Workload", 9, "text"),
    ("variants", "Variants", 11, "text"),
    ("range_a", "Spec decoding measured (tok/s/user)", 14, "right"),
    ("range_b", "Off measured (tok/s/user)", 14, "right"),
    ("engines", "Engines (spec decoding / Off)", 46, "indent"),
    ("a_y", "Spec decoding (tok/s/GPU)", 11, "tput a"),
    ("b_y", "Off (tok/s/GPU)", 11, "tput b"),
    ("a_cost", "Spec decoding (cost per M)", 10, "cost a"),
    ("b_cost", "Off (cost per M)", 10, "cost b"),
    ("ratio", "Ratio", 8, "times strong"),
    ("bound", "Bound", 12, "centre"),
    ("saving", "Saving per token", 9, "percent"),
    ("better", "Better", 8, "centre strong"),
    ("same", "Same engine", 36, "indent"),
    ("grade", "Worst flag", 9, "centre"),
    ("flags", "Flags", 6, "id"),
    ("read", "Read (spec decoding / Off)", 46, "indent"),
)
_WORKINGS = ("better code", "bound code", "grade code", "ratio for the headline", "lowest cost", "its variant")
_COL = {key: col for col, (key, *_) in enumerate(COLUMNS)}
HEADLINE_ROW, TABLE_HEAD = 7, 16
LAST_TEXT_COL = 17
CAVEAT_LINE = 215


@dataclass(frozen=True)
class SummarySheet:
    """The sheet, the rows of its table, and the counts of each flag."""

    sheet: Sheet
    first_row: int
    last_row: int


def _span(curve: CatalogueCurve | None, first: Ref, last: Ref) -> str:
    if curve is None:
        return '"no data"'
    return f'FIXED({first},0)&" to "&FIXED({last},0)'


def _engines(plan: Plan, comparison: Comparison) -> str:
    """The engines of both sides, "SGLang / SGLang, TensorRT-LLM"."""
    label = plan.house.engine_label
    sides = (comparison.a, comparison.b)
    return " / ".join(", ".join(map(label, c.engines)) or "not stated" if c else "no data" for c in sides)


def _lay_row(sheet: Sheet, row: int, plan: Plan, comparison: Comparison, results: ResultTable) -> None:
    house = plan.house
    name = plan.sheet_name(comparison.model, comparison.hardware)
    hardware = house.hardware(comparison.hardware)
    a, b = house.variant_label(comparison.variant_a), house.variant_label(comparison.variant_b)
    sides = (comparison.a, comparison.b)
    constants = {
        "sheet": Link(Ref(name, 0, 0).link(), name),
        "model": house.model(comparison.model).label,
        "hardware": hardware.label,
        "vendor": hardware.vendor,
        "precision": house.precision_label(comparison.precision),
        "workload": workload_label(comparison.workload),
        "variants": f"{a} / {b}",
        "engines": _engines(plan, comparison),
    }
    styles = {key: style for key, _, _, style in COLUMNS}
    for key, content in constants.items():
        sheet.put(row, _COL[key], content, styles[key])
    shown, block = results.shown[comparison.number, 0], results.block[comparison.number, 0]
    formulas = {
        **{
            f"range_{s}": _span(c, block[f"{s}_x_first"], block[f"{s}_x_last"])
            for s, c in zip("ab", sides, strict=True)
        },
        **{key: str(shown[key]) for key in ("ratio", "bound", "saving", "better", "grade", "flags")},
        **{f"{s}_{key}": figure_or_words(plan, block, s, key) for s in "ab" for key in ("y", "cost")},
        "same": str(shown["same_engine"]),
        "read": f'{shown["a_status"]}&" / "&{shown["b_status"]}',
    }
    for key, text in formulas.items():
        sheet.formula(row, _COL[key], text, styles[key])
    for side in "ab":
        for key in ("y", "cost"):
            col = _COL[f"{side}_{key}"]
            above = f"{block[f'{side}_status'].fix}=2"
            sheet.highlights.append(Highlight(sheet.area(row, col, row, col), "", "grey", when=above))
    _lay_workings(sheet, row, shown, block)


def _lay_workings(sheet: Sheet, row: int, shown: Mapping[str, Ref], block: Mapping[str, Ref]) -> None:
    col = len(COLUMNS) + 1
    costs = [f'IF({block[f"{s}_status"]}>2,{block[f"{s}_cost"]},"")' for s in "ab"]
    a_cost, b_cost = (sheet.formula(row, col + len(_WORKINGS) + i, text, "cost") for i, text in enumerate(costs))
    texts = (
        f"IF({block['bound']}=3,0,{block['better']})",
        str(block["bound"]),
        str(block["grade"]),
        f'IF({block["bound"]}>1,"",{block["ratio"]})',
        f'IF(COUNT({a_cost},{b_cost})=0,"",MIN({a_cost},{b_cost}))',
        f'IF(COUNT({a_cost},{b_cost})=0,"",IF(COUNT({a_cost})=0,{shown["label_b"]},IF(COUNT({b_cost})=0,{shown["label_a"]},'
        f"IF({a_cost}<={b_cost},{shown['label_a']},{shown['label_b']}))))",
    )
    for i, text in enumerate(texts):
        sheet.formula(row, col + i, text, "full")
    for i, flag in enumerate(FLAGS):
        sheet.formula(row, col + len(_WORKINGS) + 2 + i, str(block[f"f_{flag.id}"]), "flag")


def build_summary(plan: Plan, results: ResultTable) -> SummarySheet:
    """Lay out the Summary (DESIGN 2): it reads from Results at the common target."""
    sheet = start_sheet(
        SUMMARY,
        plan.release.title,
        plan.release,
        tab="front",
        subtitle="What one dollar and one megawatt buy, with speculative decoding on or off, at equal speed per user",
    )
    row = COMMON_TARGET.row
    sheet.put(row, 0, "Common target interactivity, tok/s/user", "strong")
    put_input(
        sheet,
        (row, 2),
        (row, 3),
        plan.catalogue.common_target,
        "Common target interactivity",
        style="speed strong",
        message="Decode speed of one user in tok/s, above zero, at which every comparison on this sheet is read.",
    )
    sheet.put(row, 4, "as released", "muted")
    comparisons = plan.catalogue.comparisons
    first, last = TABLE_HEAD + 1, TABLE_HEAD + len(comparisons)
    for col, (_, header, width, style) in enumerate(COLUMNS):
        sheet.put(TABLE_HEAD, col, header, head_style(style))
        sheet.widths[col] = width
    sheet.widths[_COL["engines"]] = min(60, 4 + max(len(_engines(plan, c)) for c in comparisons))
    work = len(COLUMNS) + 1
    sheet.put(TABLE_HEAD - 1, work, "Workings of the headline and of the caveats", "heading")
    sheet.row(
        TABLE_HEAD,
        work,
        (*_WORKINGS, "A cost in range", "B cost in range", *(f.id.replace("_", " ") for f in FLAGS)),
        "head",
    )
    sheet.widths |= dict.fromkeys(range(work, work + len(_WORKINGS) + 2 + len(FLAGS)), 10)
    for i, comparison in enumerate(comparisons):
        _lay_row(sheet, first + i, plan, comparison, results)
    sheet.heights[TABLE_HEAD] = 44
    _lay_headline(sheet, plan, first, last)
    at = _lay_chart(sheet, last + 2, plan, results)
    _lay_caveats(sheet, at, plan, first, last)
    grades = sheet.area(first, _COL["grade"], last, _COL["grade"])
    sheet.highlights += [Highlight(grades, word, word) for word in ("stop", "caution", "note")]
    sheet.freeze = (4, 1)
    sheet.print_area = sheet.area(0, 0, at + 3 + len(FLAGS) + 4, len(COLUMNS) - 1)
    return SummarySheet(sheet, first, last)


def _lay_headline(sheet: Sheet, plan: Plan, first: int, last: int) -> None:
    texts, names = plan.house.texts["narrative"]["summary"], plan.context
    work = len(COLUMNS) + 1

    def column(offset: int) -> Range:
        return sheet.area(first, work + offset, last, work + offset)

    def shown(key: str) -> Range:
        return sheet.area(first, _COL[key], last, _COL[key])

    better, bound, grade, ratios, costs, cheapest = (column(i) for i in range(6))
    best = f"MATCH(MAX({ratios}),{ratios},0)"
    low = f"MATCH(MIN({costs}),{costs},0)"
    combination = 'INDEX({p},{i})&", "&INDEX({w},{i})'
    target = f"FIXED({COMMON_TARGET},IF({COMMON_TARGET}=ROUND({COMMON_TARGET},0),0,1))"

    def count(area: Range, value: int) -> str:
        return f"FIXED(COUNTIF({area},{value}),0)"

    bounds = plan.house.texts["narrative"]["bound_words"]
    at_best = f"INDEX({bound},{best})"
    settled = f"(COUNTIF({better},1)+COUNTIF({better},2)+COUNTIF({better},3))"
    fields = {
        "target": target,
        "all": f"FIXED(ROWS({better}),0)",
        "shown": f"FIXED({settled},0)",
        "wins": count(better, 1), "losses": count(better, 2), "ties": count(better, 3),
        "withheld": f"FIXED(ROWS({better})-{settled},0)",
        "bounded": f"FIXED(COUNTIF({bound},1)+COUNTIF({bound},2),0)",
        "stops": count(grade, 3), "cautions": count(grade, 2), "notes": count(grade, 1),
        "tokens": names["tokens"], "currency": names["currency"],
    }  # fmt: skip
    largest = fields | {
        "model": f"INDEX({shown('model')},{best})",
        "hardware": f"INDEX({shown('hardware')},{best})",
        "combination": combination.format(p=shown("precision"), w=shown("workload"), i=best),
        "better": f"INDEX({shown('better')},{best})",
        "ratio": f"FIXED(MAX({ratios}),2)",
        "saving": f'FIXED(100*(1-1/MAX({ratios})),0)&" %"',
        "bound_words": f'IF({at_best}=1,{literal(bounds["at_least"])},"")',
    }
    cost = f"MIN({costs})"
    lowest = fields | {
        "model": f"INDEX({shown('model')},{low})",
        "hardware": f"INDEX({shown('hardware')},{low})",
        "combination": combination.format(p=shown("precision"), w=shown("workload"), i=low),
        "better": f"INDEX({cheapest},{low})",
        "cost": f"FIXED({cost},IF({cost}<0.01,5,3))",
    }

    def say(name: str, given: Mapping[str, str]) -> str:
        return sentence(texts[name], given, origin=f"narrative.toml [summary] {name}")

    valid = f"IF(ISNUMBER({COMMON_TARGET}),{COMMON_TARGET}>0,1=0)"
    lines = (
        f"IF({valid},{say('headline', fields)},{say('no_target', fields)})",
        f'IF(AND({valid},COUNT({ratios})>0),{say("largest", largest)},"")',
        f'IF({valid},IF(COUNT({costs})>0,{say("cheapest", lowest)},{say("no_cost", fields)}),"")',
        f'IF({valid},{say("withheld", fields)},"")',
        f'IF({valid},{say("evidence", fields)},"")',
    )
    for i, text in enumerate(lines):
        sheet.formula(HEADLINE_ROW + i, 0, text, "strong" if i == 0 else "text")
    general = plan.house.texts["flags"]["general"]
    sheet.wide(HEADLINE_ROW + 6, 0, LAST_TEXT_COL, "What the cost is not: " + general["cost"]["long"], "wrap note")
    sheet.heights[HEADLINE_ROW + 6] = 30


def _lay_chart(sheet: Sheet, row: int, plan: Plan, results: ResultTable) -> int:
    """Million tokens per unit of money for the canonical comparison of each pair; 0 means that it is not reached."""
    names = plan.context
    heading = f'"Million "&{names["tokens"]}&" per "&{names["currency"]}&" at the common target (0: not reached, or named in the label)"'
    sheet.formula(row, 0, heading, "heading")
    pairs = plan.catalogue.pairs
    height = min(90 + 46 * len(pairs), 1400)
    rows = height // 20 + 2
    head = row + 1
    col = len(COLUMNS) + 1
    sheet.row(head, col, ("Pair", "Spec decoding", "Off"), "head")
    sheet.put(head - 1, col, "What the chart plots", "heading")
    for i, pair in enumerate(pairs, start=1):
        block, shown = results.block[pair.canonical.number, 0], results.shown[pair.canonical.number, 0]
        unknown = f'IF(ISNUMBER({block["price"]}),"",": no price")'
        label = f'{shown["model"]}&" "&{shown["hardware"]}&", "&{shown["precision"]}&" "&{shown["workload"]}&{unknown}'
        sheet.formula(head + i, col, label)
        for j, side in enumerate("ab", start=1):
            text = f"IF(AND({block[f'{side}_status']}>2,ISNUMBER({block[f'{side}_cost']})),1/{block[f'{side}_cost']},0)"
            sheet.formula(head + i, col + j, text, "price")
    last = head + len(pairs)
    categories = sheet.area(head + 1, col, last, col)
    series = tuple(
        Series(sheet.ref(head, col + j), categories, sheet.area(head + 1, col + j, last, col + j), f"{side}_bar")
        for j, side in enumerate("ab", start=1)
    )
    alt = (
        "Bar chart: million tokens per unit of money for the comparison that each pair's sheet opens on, speculative decoding "
        "beside Off, at the common target. A bar of length zero means that the target is not reached. The figures stand in the table above."
    )
    sheet.charts.append(
        Chart(
            "bar",
            sheet.ref(head, 0),
            980,
            height,
            series,
            "Million tokens per unit of money",
            "Model, hardware and workload",
            alt,
            "summary chart",
        )
    )
    return head + rows


def _line_height(text: str) -> float:
    """Points for a text that wraps over the caveats' merged columns."""
    return 15.0 * (1 + len(text) // CAVEAT_LINE)


def _lay_caveats(sheet: Sheet, row: int, plan: Plan, first: int, last: int) -> None:
    texts, lists = plan.house.texts["flags"], plan.assumptions.lists
    sheet.put(row, 0, "Comparability caveats", "heading")
    sheet.row(row + 1, 0, ("Caveat", "Grade", "Comparisons", "What it means"), "head")
    sheet.merges.append(sheet.area(row + 1, 3, row + 1, LAST_TEXT_COL))
    at = row + 2
    for caveat in texts["general"].values():
        sheet.put(at, 0, caveat["short"], "strong wrap")
        sheet.put(at, 1, "general", "wrap")
        sheet.put(at, 2, "all", "centre wrap")
        sheet.wide(at, 3, LAST_TEXT_COL, caveat["long"], "wrap")
        sheet.heights[at] = _line_height(caveat["long"])
        at += 1
    work = len(COLUMNS) + 1 + len(_WORKINGS) + 2
    for i, flag in enumerate(FLAGS):
        sheet.formula(at, 0, f"INDEX({lists['flags']},{i + 1})", "strong wrap")
        sheet.formula(at, 1, f"INDEX({lists['grades']},{flag.grade + 1})", "wrap")
        sheet.formula(at, 2, f"SUM({sheet.area(first, work + i, last, work + i)})", "id centre wrap")
        sheet.wide(at, 3, LAST_TEXT_COL, texts[flag.id]["long"], "wrap")
        sheet.heights[at] = _line_height(texts[flag.id]["long"])
        at += 1
