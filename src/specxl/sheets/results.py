"""The Results sheet: one row per comparison and target in fixed columns, untouched by any pair sheet's dropdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.curves import read
from specxl.formulas import literal
from specxl.schema import workload_label
from specxl.sheets.comparison_row import FULL_ROW, lay_headers, lay_row
from specxl.sheets.frame import COMMON_TARGET, RESULTS, head_style, start_sheet
from specxl.sheets.same_engine import TARGET_KINDS, same_engine_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.catalogue import CatalogueCurve, Comparison
    from specxl.cells import Range, Ref, Sheet
    from specxl.schema import PublishedFigures
    from specxl.sheets.plan import Plan
    from specxl.sheets.same_engine import SameEngineTable

HEAD_ROW = 6
# Key, header, width, style. Later releases keep these columns and their order, and append.
COLUMNS = (
    ("number", "Comparison", 11, "id"),
    ("model", "Model", 20, "indent"),
    ("hardware", "Hardware", 14, "text"),
    ("vendor", "Vendor", 9, "text"),
    ("precision", "Precision", 9, "text"),
    ("workload", "Workload", 10, "text"),
    ("label_a", "Variant A", 9, "text"),
    ("label_b", "Variant B", 9, "text"),
    ("kind", "Target", 8, "text"),
    ("target", "Interactivity (tok/s/user)", 12, "speed"),
    ("a_y", "A throughput (tok/s/GPU)", 12, "tput"),
    ("a_cost", "A cost (per M tokens)", 10, "cost"),
    ("a_mw", "A tok/s/MW", 12, "whole"),
    ("a_joules", "A joules per token", 10, "power"),
    ("a_requests", "A concurrency (approx.)", 11, "whole"),
    ("a_status", "A read", 22, "indent"),
    ("b_y", "B throughput (tok/s/GPU)", 12, "tput"),
    ("b_cost", "B cost (per M tokens)", 10, "cost"),
    ("b_mw", "B tok/s/MW", 12, "whole"),
    ("b_joules", "B joules per token", 10, "power"),
    ("b_requests", "B concurrency (approx.)", 11, "whole"),
    ("b_status", "B read", 22, "indent"),
    ("ratio", "Ratio (larger to smaller)", 10, "times"),
    ("better", "Better", 9, "centre"),
    ("bound", "Bound", 16, "centre"),
    ("saving", "Saving per token", 9, "percent"),
    ("same_ratio", "Same engine, A : B", 10, "times"),
    ("same_engine", "Same engine", 34, "indent"),
    ("grade", "Worst flag", 9, "text"),
    ("flags", "Flags", 7, "id"),
    ("printed_a", "A printed cost (page)", 10, "cost"),
    ("printed_b", "B printed cost (page)", 10, "cost"),
    ("page_rate", "Page's price per GPU-hour", 10, "price"),
)
CHECK_HEADERS = (
    "reference: A total", "reference: B total", "differs from reference", "cost x throughput is not the price", "ratio or saving out of bounds",
)  # fmt: skip
_COL = {key: col for col, (key, *_) in enumerate(COLUMNS)}


@dataclass(frozen=True)
class ResultTable:
    """The sheet; the shown cells and the block's cells of each row, by comparison number and target kind (0 common)."""

    sheet: Sheet
    shown: Mapping[tuple[int, int], Mapping[str, Ref]]
    block: Mapping[tuple[int, int], Mapping[str, Ref]]
    first_row: int
    last_row: int
    checks: Mapping[str, Range]

    def column(self, key: str) -> Range:
        """One column of the block, over all rows in order of comparison and target."""
        col = next(iter(self.block.values()))[key].col
        return self.sheet.area(self.first_row, col, self.last_row, col)


def printed_figures(curve: CatalogueCurve | None, target: float) -> PublishedFigures | None:
    """What the page printed for a side at one of its own targets."""
    if curve is None:
        return None
    points = (*curve.knots, *curve.off_frontier)
    return next((m.published for m in points if m.published and m.interactivity_tok_s_user == target), None)


def page_rate(plan: Plan, comparison: Comparison) -> float | None:
    """The price per GPU-hour behind a published page: hyperscaler tier of the card that the page names."""
    if comparison.page is None:
        return None
    entry = plan.house.rate_card(comparison.page.rate_card).entries.get(comparison.hardware)
    return entry.usd_per_gpu_hr.get("hyperscaler") if entry else None


def build_results(plan: Plan, engines: SameEngineTable) -> ResultTable:
    """Lay out one row per comparison and target: the common target first, then the default or page targets."""
    sheet = start_sheet(
        RESULTS,
        "Results",
        plan.release,
        tab="data",
        subtitle="Every comparison at the common target and at its release targets",
    )
    sheet.put(
        4,
        0,
        "Costs are in the currency and on the token basis chosen on Assumptions. Workings of each row stand to its right.",
        "muted",
    )
    for col, (_, header, width, style) in enumerate(COLUMNS):
        sheet.put(HEAD_ROW, col, header, head_style(style))
        sheet.widths[col] = width
    block_col = len(COLUMNS) + 1
    sheet.put(HEAD_ROW - 1, block_col, "Workings of the row: read from left to right", "heading")
    lay_headers(sheet, HEAD_ROW, block_col, FULL_ROW)
    check_col = block_col + len(FULL_ROW)
    sheet.row(HEAD_ROW, check_col, CHECK_HEADERS, "head")
    sheet.widths |= dict.fromkeys(range(block_col, block_col + len(FULL_ROW)), 10)
    shown: dict[tuple[int, int], Mapping[str, Ref]] = {}
    blocks: dict[tuple[int, int], Mapping[str, Ref]] = {}
    row = HEAD_ROW + 1
    for comparison in plan.catalogue.comparisons:
        for kind in range(len(TARGET_KINDS)):
            key = (comparison.number, kind)
            blocks[key] = _lay_block(sheet, row, block_col, plan, comparison, kind)
            shown[key] = _lay_shown(sheet, row, plan, comparison, kind, blocks[key], engines)
            _lay_checks(sheet, row, block_col + len(FULL_ROW), plan, comparison, kind, blocks[key])
            row += 1
    sheet.heights[HEAD_ROW] = 44
    sheet.freeze = (HEAD_ROW + 1, 3)
    sheet.repeat_rows = (HEAD_ROW, HEAD_ROW)
    sheet.print_area = sheet.area(0, 0, row - 1, len(COLUMNS) - 1)
    checks = {
        name: sheet.area(HEAD_ROW + 1, check_col + col, row - 1, check_col + col)
        for name, col in (("reference", 2), ("price", 3), ("ratio", 4))
    }
    return ResultTable(sheet, shown, blocks, HEAD_ROW + 1, row - 1, checks)


def _lay_block(sheet: Sheet, row: int, col: int, plan: Plan, comparison: Comparison, kind: int) -> dict[str, Ref]:
    hardware = plan.assumptions.hardware[comparison.hardware]
    target: str | float = f'IF({COMMON_TARGET}="","",{COMMON_TARGET})' if kind == 0 else comparison.targets[kind - 1]
    given: dict[str, str | float] = {
        "target_in": target,
        "a_id": comparison.a.id if comparison.a else 0,
        "b_id": comparison.b.id if comparison.b else 0,
        "price": str(hardware.price.fix),
        "power": str(hardware.power.fix),
        "page_odds": _page_odds(sheet, row, col, plan, comparison, kind),
    }
    return lay_row(sheet, row, col, FULL_ROW, given, plan.context)


def _lay_checks(
    sheet: Sheet, row: int, col: int, plan: Plan, comparison: Comparison, kind: int, block: Mapping[str, Ref]
) -> None:
    """The row's own checks: as-built reads at the release targets, cost times throughput, ratio and saving in bounds."""
    tests = []
    for i, (side, curve) in enumerate((("a", comparison.a), ("b", comparison.b))):
        value = read(curve.fit if curve else None, comparison.targets[kind - 1]).total if kind else None
        if value is not None:
            twin = sheet.put(row, col + i, value, "released full")
            tests.append(f"IF(ABS(SUM({block[f'{side}_total']})-{twin})<=1E-9*{twin},0,1)")
    sheet.formula(row, col + 2, "+".join(tests) or "0", "flag")
    product = "{cost}*{y}*" + f"{plan.context['seconds_per_hour']}/{plan.context['million']}"
    priced = []
    for side in "ab":
        cost, y, price = block[f"{side}_cost"], block[f"{side}_y"], block["price"]
        held = product.format(cost=cost, y=y)
        priced.append(f"IF(COUNT({cost},{y},{price})=3,IF(ABS({held}-{price})<=1E-12*{price},0,1),0)")
    sheet.formula(row, col + 3, "+".join(priced), "flag")
    ratio, saving = block["ratio"], block["saving"]
    sheet.formula(
        row, col + 4, f"IF(COUNT({ratio},{saving})=2,IF(AND({ratio}>=1,{saving}>=0,{saving}<1),0,1),0)", "flag"
    )


def _page_odds(sheet: Sheet, row: int, col: int, plan: Plan, comparison: Comparison, kind: int) -> str | float:
    """1 where a printed cost is off by more than the tie-out threshold from price / throughput at the page's price."""
    if comparison.page is None:
        return 0
    if kind == 0:
        rows = [(sheet.ref(row + k, col), sheet.ref(row + k, col + 5)) for k in (1, 2, 3)]
        target = sheet.ref(row, col)
        return "+".join(f"IF({target}={other},{odds},0)" for other, odds in rows)
    offsets = {side + column.key: offset for offset, (side, column) in enumerate(FULL_ROW)}
    tests = []
    for side in ("a", "b"):
        printed = sheet.ref(row, _COL[f"printed_{side}"])
        total = sheet.ref(row, col + offsets[f"{side}_total"])
        ours = f"{sheet.ref(row, _COL['page_rate'])}/({total}*{plan.context['seconds_per_hour']}/{plan.context['million']})"
        tests.append(f"IF(COUNT({printed},{total})=2,IF(ABS({printed}/({ours})-1)>{plan.context['tie_out']},1,0),0)")
    return f"MAX({','.join(tests)})"


def _lay_shown(
    sheet: Sheet,
    row: int,
    plan: Plan,
    comparison: Comparison,
    kind: int,
    block: Mapping[str, Ref],
    engines: SameEngineTable,
) -> dict[str, Ref]:
    house, refs = plan.house, {key: sheet.ref(row, col) for key, col in _COL.items()}
    hardware = house.hardware(comparison.hardware)
    sheet.put(row, _COL["number"], comparison.number, "id")
    constants = {
        "model": house.model(comparison.model).label,
        "hardware": hardware.label,
        "vendor": hardware.vendor,
        "precision": house.precision_label(comparison.precision),
        "workload": workload_label(comparison.workload),
        "label_a": house.variant_label(comparison.variant_a),
        "label_b": house.variant_label(comparison.variant_b),
        "kind": TARGET_KINDS[kind],
    }
    for key, text in constants.items():
        sheet.put(row, _COL[key], text)
    lists = plan.assumptions.lists
    statuses = lists["published_statuses" if comparison.page else "statuses"]
    reads = engines.reads[comparison.number, kind]
    bounds = house.texts["labels"]["bounds"]
    formulas = {
        "target": f'IF({block["valid"]}=1,{block["target"]},"")',
        **{f"{s}_{f}": str(block[f"{s}_{f}"]) for s in "ab" for f in ("y", "cost", "mw", "joules", "requests")},
        **{f"{s}_status": f"INDEX({statuses},{block[f'{s}_status']}+1)" for s in "ab"},
        "ratio": str(block["ratio"]),
        "better": better_word(block, refs["label_a"], refs["label_b"]),
        "bound": "".join(f'IF({block["bound"]}={i},"{text}",' for i, text in enumerate(bounds) if i) + '""' + ")" * 3,
        "saving": str(block["saving"]),
        "same_ratio": reads.best() if reads else '""',
        "same_engine": same_engine_words(
            reads,
            refs["same_ratio"],
            reads.engine(refs["same_ratio"]) if reads else "",
            (refs["label_a"], refs["label_b"]),
            plan,
        ),
        "grade": f"INDEX({lists['grades']},{block['grade']}+1)",
        "flags": str(block["flag_count"]),
    }
    styles = {key: style for key, _, _, style in COLUMNS}
    for key, text in formulas.items():
        sheet.formula(row, _COL[key], text, styles[key])
    _lay_printed(sheet, row, plan, comparison, kind)
    return refs


def _lay_printed(sheet: Sheet, row: int, plan: Plan, comparison: Comparison, kind: int) -> None:
    if comparison.page is None or kind == 0:
        return
    target = comparison.targets[kind - 1]
    for side, curve in (("a", comparison.a), ("b", comparison.b)):
        printed = printed_figures(curve, target)
        if printed is not None:
            sheet.put(row, _COL[f"printed_{side}"], printed.cost_usd_per_mtok, "cost")
    rate = page_rate(plan, comparison)
    if rate is not None:
        sheet.put(row, _COL["page_rate"], rate, "price")


def figure_or_words(plan: Plan, block: Mapping[str, Ref], side: str, key: str) -> str:
    """Formula: a figure of one side, or in words why there is none although the curve exists."""
    words = plan.house.texts["labels"]["missing"]
    y, value = block[f"{side}_y"], block[f"{side}_{key}"]
    if key == "y":
        return f'IF({block[f"{side}_status"]}<2,"",IF(ISNUMBER({y}),{y},{literal(words[key])}))'
    return f'IF(ISNUMBER({value}),{value},IF(ISNUMBER({y}),{literal(words[key])},""))'


def better_word(block: Mapping[str, Ref], label_a: Ref, label_b: Ref) -> str:
    """Formula: the better variant's label, "tie", "open" between two lower bounds, or empty text."""
    word = f'IF({block["better"]}=1,{label_a},IF({block["better"]}=2,{label_b},IF({block["better"]}=3,"tie","")))'
    return f'IF({block["bound"]}=3,"open",{word})'
