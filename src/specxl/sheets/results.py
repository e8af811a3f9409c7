"""The Results sheet: one row per comparison and target in fixed columns, untouched by any pair sheet's dropdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.curves import read
from specxl.model.cells import Range
from specxl.model.formulas import cases, literal, word
from specxl.sheets.block.columns import FULL_ROW, Stack
from specxl.sheets.frame import RESULTS, Columns, TableColumn, start_sheet
from specxl.sheets.published import page_rate, printed_point
from specxl.sheets.same_engine import COMMON, TARGET_KINDS, same_engine_words, target_in
from specxl.sheets.shown import better_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Ref, Sheet
    from specxl.sheets.plan import Plan
    from specxl.sheets.same_engine import EngineReads, SameEngineTable

HEAD_ROW = 6
# Later releases keep these columns and their order, and append.
TABLE = Columns(
    TableColumn("number", "Comparison", 11, "id"),
    TableColumn("model", "Model", 20, "indent"),
    TableColumn("hardware", "Hardware", 14, "text"),
    TableColumn("vendor", "Vendor", 9, "text"),
    TableColumn("precision", "Precision", 9, "text"),
    TableColumn("workload", "Workload", 10, "text"),
    TableColumn("label_a", "Variant A", 9, "text"),
    TableColumn("label_b", "Variant B", 9, "text"),
    TableColumn("kind", "Target", 8, "text"),
    TableColumn("target", "Interactivity (tok/s/user)", 12, "speed"),
    TableColumn("a_y", "A throughput (tok/s/GPU)", 12, "tput"),
    TableColumn("a_cost", "A cost (per M tokens)", 10, "cost"),
    TableColumn("a_mw", "A tok/s/MW", 12, "whole"),
    TableColumn("a_joules", "A joules per token", 10, "power"),
    TableColumn("a_requests", "A concurrency (approx.)", 11, "whole"),
    TableColumn("a_status", "A read", 22, "indent"),
    TableColumn("b_y", "B throughput (tok/s/GPU)", 12, "tput"),
    TableColumn("b_cost", "B cost (per M tokens)", 10, "cost"),
    TableColumn("b_mw", "B tok/s/MW", 12, "whole"),
    TableColumn("b_joules", "B joules per token", 10, "power"),
    TableColumn("b_requests", "B concurrency (approx.)", 11, "whole"),
    TableColumn("b_status", "B read", 22, "indent"),
    TableColumn("ratio", "Ratio (larger to smaller)", 10, "times"),
    TableColumn("better", "Better", 9, "centre"),
    TableColumn("bound", "Bound", 16, "centre"),
    TableColumn("saving", "Saving per token", 9, "percent"),
    TableColumn("same_ratio", "Same engine, A : B", 10, "times"),
    TableColumn("same_engine", "Same engine", 34, "indent"),
    TableColumn("grade", "Worst flag", 9, "text"),
    TableColumn("flags", "Flags", 7, "id"),
    TableColumn("printed_a", "A printed cost (page)", 10, "cost"),
    TableColumn("printed_b", "B printed cost (page)", 10, "cost"),
    TableColumn("page_rate", "Page's price per GPU-hour", 10, "price"),
)
CHECK_HEADERS = (
    "reference: A total", "reference: B total", "differs from reference", "cost x throughput is not the price", "ratio or saving out of bounds",
)  # fmt: skip
BLOCK_COL = len(TABLE) + 1
CHECK_COL = BLOCK_COL + len(FULL_ROW)
DIFFERS, MISPRICED, OUT_OF_BOUNDS = (CHECK_COL + CHECK_HEADERS.index(header) for header in CHECK_HEADERS[2:])
# Where the formulas below find a cell of the row's block before it is laid out.
_BLOCK = {side + column.key: BLOCK_COL + offset for offset, (side, column) in enumerate(FULL_ROW)}


@dataclass(frozen=True)
class ResultTable:
    """The sheet; the shown cells and the block's cells of each row, by comparison number and target kind (0 common)."""

    sheet: Sheet
    shown: Mapping[tuple[int, int], Mapping[str, Ref]]
    block: Mapping[tuple[int, int], Mapping[str, Ref]]
    checks: Mapping[str, Range]

    def column(self, key: str) -> Range:
        """One column of the block, over all rows in order of comparison and target."""
        cells = [block[key] for block in self.block.values()]
        return Range(cells[0], cells[-1])


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: the comparison and which of its four targets it reads, and where it stands."""

    sheet: Sheet
    row: int
    plan: Plan
    comparison: Comparison
    kind: int

    @property
    def target(self) -> float:
        """The release target in tok/s/user."""
        return self.plan.catalogue.targets(self.comparison)[self.kind]

    @property
    def own_target(self) -> bool:
        """Whether the target is the comparison's own: the common one may be edited on the Summary."""
        return self.kind != COMMON

    def ref(self, col: int) -> Ref:
        return self.sheet.ref(self.row, col)


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
    stack = Stack(sheet, BLOCK_COL, FULL_ROW, plan.context)
    _lay_head(sheet, stack)
    shown: dict[tuple[int, int], Mapping[str, Ref]] = {}
    blocks: dict[tuple[int, int], Mapping[str, Ref]] = {}
    row = HEAD_ROW
    for comparison in plan.catalogue.comparisons:
        for kind in range(len(TARGET_KINDS)):
            row += 1
            at, key = _Row(sheet, row, plan, comparison, kind), (comparison.number, kind)
            blocks[key] = stack.lay(row, _given(at))
            shown[key] = _lay_shown(at, blocks[key], engines.reads[key])
            _lay_printed(at)
            _lay_checks(at, blocks[key])
    sheet.freeze = (HEAD_ROW + 1, 3)
    sheet.repeat_rows = (HEAD_ROW, HEAD_ROW)
    sheet.print_area = sheet.area(0, 0, row, len(TABLE) - 1)
    columns = {"reference": DIFFERS, "price": MISPRICED, "ratio": OUT_OF_BOUNDS}
    checks = {name: sheet.area(HEAD_ROW + 1, col, row, col) for name, col in columns.items()}
    return ResultTable(sheet, shown, blocks, checks)


def _lay_head(sheet: Sheet, stack: Stack) -> None:
    TABLE.lay_head(sheet, HEAD_ROW)
    sheet.put(HEAD_ROW - 1, BLOCK_COL, "Workings of the row: read from left to right", "heading")
    stack.lay_headers(HEAD_ROW)
    sheet.row(HEAD_ROW, CHECK_COL, CHECK_HEADERS, "head")
    sheet.widths |= dict.fromkeys(range(BLOCK_COL, CHECK_COL), 10)
    sheet.heights[HEAD_ROW] = 44


def _given(at: _Row) -> dict[str, str | float]:
    hardware = at.plan.assumptions.hardware[at.comparison.hardware]
    return {
        "target_in": target_in(at.plan, at.comparison, at.kind),
        "a_id": at.comparison.a.id if at.comparison.a else 0,
        "b_id": at.comparison.b.id if at.comparison.b else 0,
        "price": str(hardware.price.fix),
        "power": str(hardware.power.fix),
        "page_odds": _page_odds(at),
    }


def _page_odds(at: _Row) -> str | float:
    """1 where a printed cost is off by more than the tie-out threshold from price / throughput at the page's price.

    The row of the common target looks at the rows of the page's own targets, which stand below it.
    """
    if at.comparison.page is None:
        return 0
    if at.kind == COMMON:
        own = [(at.ref(_BLOCK["target_in"]).down(k), at.ref(_BLOCK["page_odds"]).down(k)) for k in (1, 2, 3)]
        return "+".join(f"IF({at.ref(_BLOCK['target_in'])}={target},{odds},0)" for target, odds in own)
    tests = []
    for side in "ab":
        printed, total = at.ref(TABLE[f"printed_{side}"]), at.ref(_BLOCK[f"{side}_total"])
        ours = at.plan.context.cost(at.ref(TABLE["page_rate"]), total)
        apart = f"ABS({printed}/({ours})-1)>{at.plan.context['tie_out']}"
        tests.append(f"IF(COUNT({printed},{total})=2,IF({apart},1,0),0)")
    return f"MAX({','.join(tests)})"


def _lay_shown(at: _Row, block: Mapping[str, Ref], engines: EngineReads | None) -> dict[str, Ref]:
    """What people and pivot tables read: labels, then the block's figures and codes in words."""
    refs = TABLE.cells(at.sheet, at.row)
    labels = (refs["label_a"], refs["label_b"])
    TABLE.put(at.sheet, at.row, "number", at.comparison.number)
    for key, text in {**at.plan.labels(at.comparison), "kind": TARGET_KINDS[at.kind]}.items():
        at.sheet.put(at.row, TABLE[key], text)
    lists, best = at.plan.assumptions.lists, refs["same_ratio"]
    statuses = lists["published_statuses" if at.comparison.page else "statuses"]
    bounds = at.plan.house.texts["labels"]["bounds"]
    formulas = {
        "target": f'IF({block["valid"]}=1,{block["target"]},"")',
        **{f"{s}_{f}": str(block[f"{s}_{f}"]) for s in "ab" for f in ("y", "cost", "mw", "joules", "requests")},
        **{f"{s}_status": word(statuses, block[f"{s}_status"]) for s in "ab"},
        "ratio": str(block["ratio"]),
        "better": better_word(block, *labels),
        "bound": cases(block["bound"], [(i, literal(text)) for i, text in enumerate(bounds) if i]),
        "saving": str(block["saving"]),
        "same_ratio": engines.best() if engines else '""',
        "same_engine": same_engine_words(engines, best, engines.engine(best) if engines else "", labels, at.plan),
        "grade": word(lists["grades"], block["grade"]),
        "flags": str(block["flag_count"]),
    }
    for key, text in formulas.items():
        TABLE.formula(at.sheet, at.row, key, text)
    return refs


def _lay_printed(at: _Row) -> None:
    """The published page's costs at its own targets, and the price behind them."""
    if at.comparison.page is None or not at.own_target:
        return
    for side, curve in at.comparison.sides:
        point = printed_point(curve, at.target)
        if point is not None and point.published is not None:
            TABLE.put(at.sheet, at.row, f"printed_{side}", point.published.cost_usd_per_mtok)
    rate = page_rate(at.plan, at.comparison)
    if rate is not None:
        TABLE.put(at.sheet, at.row, "page_rate", rate)


def _lay_checks(at: _Row, block: Mapping[str, Ref]) -> None:
    """The row's own checks: as-built reads at the release targets, cost times throughput, ratio and saving in bounds."""
    tests = []
    for i, (side, curve) in enumerate(at.comparison.sides):
        value = read(curve.fit if curve else None, at.target).total if at.own_target else None
        if value is not None:
            twin = at.sheet.put(at.row, CHECK_COL + i, value, "released full")
            tests.append(f"IF(ABS(SUM({block[f'{side}_total']})-{twin})<=1E-9*{twin},0,1)")
    at.sheet.formula(at.row, DIFFERS, "+".join(tests) or "0", "flag")
    price, priced = block["price"], []
    for side in "ab":
        cost, y = block[f"{side}_cost"], block[f"{side}_y"]
        held = f"ABS({at.plan.context.price(cost, y)}-{price})<=1E-12*{price}"
        priced.append(f"IF(COUNT({cost},{y},{price})=3,IF({held},0,1),0)")
    at.sheet.formula(at.row, MISPRICED, "+".join(priced), "flag")
    ratio, saving = block["ratio"], block["saving"]
    bounds = f"AND({ratio}>=1,{saving}>=0,{saving}<1)"
    at.sheet.formula(at.row, OUT_OF_BOUNDS, f"IF(COUNT({ratio},{saving})=2,IF({bounds},0,1),0)", "flag")
