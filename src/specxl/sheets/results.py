"""The Results sheet: one row per comparison and read in fixed columns, untouched by any sheet's dropdown.

An Excel table for pivots, Power Query and people's own models. Where there is no figure the cell is empty, so that no
average counts what was not measured. The blocks that it reads stand on Workings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from specxl.method.curves import Status, read
from specxl.method.metrics import BY_KEY, METRICS
from specxl.model.cells import Formula, Range, Ref, TableSpec
from specxl.model.formulas import content, word
from specxl.sheets.anchors import Anchor
from specxl.sheets.block.columns import FULL_ROW
from specxl.sheets.block.scored import with_scores
from specxl.sheets.block.stack import Stack
from specxl.sheets.curves.checks import faults
from specxl.sheets.frame import COMMON_TARGET, RESULTS, WORKINGS, head_style, start_sheet
from specxl.sheets.plan import Check
from specxl.sheets.published import page_price, printed_point
from specxl.sheets.words import (
    better_label,
    certainty_word,
    equal_cost_word,
    flag_words,
    grade_word,
    likeness_words,
    verdict_word,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Content, Sheet
    from specxl.sheets.plan import Plan

HEAD_ROW = 5
OWN, SIDES = "own", "sides"
"""The tags of the blocks of runs of one's own, and of other kinds of comparisons; in the order of their numbers."""
_WHOSE = {"": "", OWN: ", in runs of one's own too", SIDES: ", in other kinds of comparisons too"}
HEADER_ROOM = 4
"""Characters beside a header that is one word: the button of its filter, and bold type."""
COMMON, READS = 0, 4
"""The read at the Summary's speed, and the number of reads of a comparison: that one and its three targets."""


class _Row(NamedTuple):
    """One row while it is laid out."""

    plan: Plan
    comparison: Comparison
    kind: int
    block: Mapping[str, Ref]
    refs: Mapping[str, Ref]

    @property
    def labels(self) -> tuple[Ref, Ref]:
        """The cells with the names of both sides."""
        return self.refs["side_a"], self.refs["side_b"]


class _Column(NamedTuple):
    """One column: its name in the contract, its width and style, and its content; a text that begins with "=" is a text."""

    key: str
    width: float
    style: str
    content: Callable[[_Row], Content]


def _label(key: str) -> Callable[[_Row], Content]:
    return lambda row: row.plan.labels(row.comparison)[key]


def _held(key: str) -> Callable[[_Row], Content]:
    return lambda row: Formula(f"{row.block[key]}")


def _status(side: str) -> Callable[[_Row], Content]:
    def text(row: _Row) -> Formula:
        lists = row.plan.workings.lists
        words = lists["published_statuses" if row.comparison.page else "statuses"]
        return Formula(word(words, row.block[f"{side}_status"]))

    return text


def _last(side: str) -> Callable[[_Row], Content]:
    return lambda row: Formula(f'IF({row.block[f"{side}_knots"]}=0,"",{row.block[f"{side}_x_last"]})')


# The contract: these names in this order. Later releases keep them, and append.
_CONTRACT = (
    _Column("model", 20, "text", _label("model")),
    _Column("hardware", 14, "text", _label("hardware")),
    _Column("vendor", 9, "text", _label("vendor")),
    _Column("precision", 10, "text", _label("precision")),
    _Column("workload", 10, "text", _label("workload")),
    _Column("engine", 18, "text", lambda row: row.plan.house.texts["labels"]["best_engine"]),
    _Column("side_a", 10, "text", _label("side_a")),
    _Column("side_b", 10, "text", _label("side_b")),
    _Column("read", 10, "text", lambda row: row.plan.house.texts["labels"]["reads"][row.kind]),
    _Column(
        "target_tok_s_user", 10, "speed", lambda row: Formula(f'IF({row.block["valid"]}=1,{row.block["target"]},"")')
    ),
    _Column("a_status", 22, "indent", _status("a")),
    _Column("b_status", 22, "text", _status("b")),
    *(_Column(f"{s}_tok_s_gpu", 12, "tput", _held(f"{s}_y")) for s in "ab"),
    *(_Column(f"{s}_{end}_tok_s_gpu", 12, "tput", _held(f"{s}_y_{end}")) for s in "ab" for end in ("low", "high")),
    *(_Column(f"{s}_cost_per_mtok", 11, BY_KEY["cost"].style, _held(f"{s}_cost")) for s in "ab"),
    *(_Column(f"{s}_tok_s_mw", 12, BY_KEY["mw"].style, _held(f"{s}_mw")) for s in "ab"),
    *(_Column(f"{s}_requests", 11, "whole", _held(f"{s}_requests")) for s in "ab"),
    *(_Column(f"{s}_last_tok_s_user", 11, "speed", _last(s)) for s in "ab"),
    _Column("verdict", 20, "text", lambda row: Formula(verdict_word(row.plan, row.block, row.labels))),
    _Column("certainty", 20, "text", lambda row: Formula(certainty_word(row.plan, row.block))),
    _Column("better", 10, "text", lambda row: Formula(better_label(row.block, row.labels))),
    _Column("ratio", 9, "times", _held("ratio")),
    _Column("ratio_low", 9, "times", _held("ratio_low")),
    _Column("ratio_high", 9, "times", _held("ratio_high")),
    _Column("saving", 9, "percent", _held("saving")),
    _Column("equal_cost_tok_s_user", 11, "speed", _held("eq_x")),
    _Column("equal_cost_ratio", 9, "times", _held("eq_ratio")),
    _Column("like_for_like", 26, "indent", lambda row: Formula(likeness_words(row.plan, row.block))),
    _Column("worst_flag", 10, "text", lambda row: Formula(grade_word(row.plan, row.block))),
    _Column("flags", 44, "text", lambda row: Formula(flag_words(row.plan, row.block))),
)
_NAMED = {"cost", "mw", "y"}  # metrics that the contract names by itself


def _printed(side: str) -> Callable[[_Row], Content]:
    def cost(row: _Row) -> float | None:
        if row.comparison.page is None or row.kind == COMMON:
            return None
        point = printed_point(row.comparison.curve(side), row.comparison.targets[row.kind - 1])
        return point.published.cost_usd_per_mtok if point and point.published else None

    return cost


def _page_price(row: _Row) -> float | None:
    page = row.comparison.page
    return page_price(row.plan.house, page) if page and row.kind != COMMON else None


COLUMNS = (
    *_CONTRACT,
    _Column("comparison", 11, "id", lambda row: row.comparison.number),
    _Column("equal_cost", 16, "text", lambda row: Formula(equal_cost_word(row.plan, row.block))),
    *(
        _Column(f"{s}_{metric.key}", 11, metric.style, _held(f"{s}_{metric.key}"))
        for metric in METRICS
        if metric.key not in _NAMED
        for s in "ab"
    ),
    *(_Column(f"{s}_ttft_{end}_s", 10, "price", _held(f"{s}_ttft_{end}")) for s in "ab" for end in ("low", "high")),
    *(_Column(f"{s}_gpus_{end}", 8, "whole", _held(f"{s}_gpus_{end}")) for s in "ab" for end in ("low", "high")),
    *(_Column(f"{s}_printed_cost_per_mtok", 11, "cost_page", _printed(s)) for s in "ab"),
    _Column("page_price_per_gpu_hr", 11, "price", _page_price),
    _Column("own_run", 24, "text", lambda row: row.comparison.own),
    _Column("compared", 12, "text", lambda row: row.comparison.kind),
    _Column("variant", 10, "text", _label("variant")),
)
CONTRACT = tuple(column.key for column in _CONTRACT)


@dataclass(frozen=True)
class ResultTable:
    """The sheet, and the block's cells of each row by comparison number and read (0 the Summary's, 1 to 3 its targets)."""

    sheet: Sheet
    block: Mapping[tuple[int, int], Mapping[str, Ref]]
    shown: Mapping[tuple[int, int], Mapping[str, Ref]]

    official: int
    """How many comparisons are those of the Summary's table: official, with against without. All others come after them."""

    def column(self, key: str) -> Range:
        """One column of the blocks of all official comparisons, in order of comparison and read."""
        cells = [block[key] for block in list(self.block.values())[: READS * self.official]]
        return Range(cells[0], cells[-1])


def build_results(plan: Plan) -> ResultTable:
    """Lay out one row per comparison and read: at the Summary's speed first, then at the default or the page's targets."""
    subtitle = "Every comparison at the Summary's speed and at its own three speeds; A and B are the two sides"
    sheet = start_sheet(RESULTS, "Results", tab="data", subtitle=subtitle)
    catalogue = plan.catalogue
    blocks = _lay_blocks(plan, catalogue.comparisons, "", "one comparison block per row, to be read from left to right")
    if catalogue.own:
        heading = "the same for runs of one's own, which nothing else counts"
        blocks = {**blocks, **_lay_blocks(plan, catalogue.own, OWN, heading)}
    if catalogue.crossed:
        heading = "the same for hardware against hardware and precision against precision"
        blocks = {**blocks, **_lay_blocks(plan, catalogue.crossed, SIDES, heading)}
    for col, column in enumerate(COLUMNS):
        sheet.put(HEAD_ROW, col, column.key, head_style(column.style))
        sheet.widths[col] = max(column.width, HEADER_ROOM + len(column.key))
    comparisons = {comparison.number: comparison for comparison in catalogue.everything}
    shown: dict[tuple[int, int], Mapping[str, Ref]] = {}
    for at, (key, block) in enumerate(blocks.items(), start=HEAD_ROW + 1):
        refs = {column.key: sheet.ref(at, col) for col, column in enumerate(COLUMNS)}
        shown[key] = refs
        row = _Row(plan, comparisons[key[0]], key[1], block, refs)
        for col, column in enumerate(COLUMNS):
            held = column.content(row)
            if isinstance(held, Formula):
                sheet.formula(at, col, held.source, column.style)
            elif held is not None:
                sheet.put(at, col, held, column.style)
    last = HEAD_ROW + len(blocks)
    area = sheet.area(HEAD_ROW, 0, last, len(COLUMNS) - 1)
    sheet.tables.append(TableSpec(area, "ResultRows", "Every comparison at every read"))
    sheet.heights[HEAD_ROW] = 30
    sheet.freeze = (HEAD_ROW + 1, 2)
    sheet.repeat_rows = (HEAD_ROW, HEAD_ROW)
    keys = tuple(column.key for column in COLUMNS)
    top = HEAD_ROW + 1
    for tag, part in (("", catalogue.comparisons), (OWN, catalogue.own), (SIDES, catalogue.crossed)):
        if part:
            subjects = tuple((comparison.number, kind) for comparison in part for kind in range(READS))
            plan.anchors.append(Anchor("results", "", sheet.ref(top, 0), keys, subjects, tag))
            top += len(subjects)
    return ResultTable(sheet, blocks, shown, len(catalogue.comparisons))


_CHECK_HEADERS = (
    "reference: A total", "reference: B total", "differs from reference", "cost x throughput is not the price",
)  # fmt: skip
_BLOCK_COL = 2


def _lay_blocks(
    plan: Plan, comparisons: Sequence[Comparison], tag: str, heading: str
) -> dict[tuple[int, int], Mapping[str, Ref]]:
    """The comparison blocks behind the rows, on Workings, each with its own checks."""
    blocks: dict[tuple[int, int], Mapping[str, Ref]] = {}
    with plan.workings.block(RESULTS, heading) as flow:
        stack = Stack(flow.sheet, _BLOCK_COL, with_scores(FULL_ROW, scored=plan.scored), plan.context)
        check_col = _BLOCK_COL + len(stack.keys)
        head = flow.take()
        flow.sheet.row(head, 0, ("Comparison", "Read"), "head")
        stack.lay_headers(head)
        flow.sheet.row(head, check_col, _CHECK_HEADERS, "head")
        for comparison in comparisons:
            given = plan.given(comparison) | {"a_id": comparison.a.curve_id, "b_id": comparison.b.curve_id}
            for kind in range(READS):
                row = flow.take()
                flow.sheet.row(row, 0, (comparison.number, kind), "id")
                target = content(COMMON_TARGET) if kind == COMMON else comparison.targets[kind - 1]
                block = blocks[comparison.number, kind] = stack.lay(row, given | {"target_in": target})
                _lay_row_checks(plan, Ref(WORKINGS, row, check_col), comparison, kind, block)
        last = flow.row - 1
    first = next(iter(blocks.values()))["target_in"]
    plan.anchors.append(Anchor("comparison", "", first, stack.keys, tuple(blocks), tag))
    whose = _WHOSE[tag]
    for col, text in (
        (2, f"The live formulas reproduce the reference at the release targets{whose}"),
        (3, f"Cost times throughput is the price in every read{whose}"),
    ):
        tests = plan.workings.sheet.area(first.row, check_col + col, last, check_col + col)
        plan.checks.append(Check(text, WORKINGS, faults(str(tests))))
    return blocks


def _lay_row_checks(plan: Plan, at: Ref, comparison: Comparison, kind: int, block: Mapping[str, Ref]) -> None:
    """As-built reads at the release targets, which no input moves, and cost times throughput."""
    sheet, tolerance, row = plan.workings.sheet, plan.context["tolerance"], at.row
    tests = []
    for col, side in enumerate("ab", start=at.col):
        curve = comparison.curve(side)
        held = read(curve.fit, comparison.targets[kind - 1]) if curve and kind != COMMON else None
        if held is not None and held.total is not None and held.status >= Status.BELOW:
            twin = sheet.put(row, col, held.total, "released full")
            tests.append(f"IF(ABS(SUM({block[f'{side}_total']})-{twin})<={tolerance}*{twin},0,1)")
    sheet.formula(row, at.col + 2, "+".join(tests) or "0", "flag")
    priced = []
    for side in "ab":
        cost, y, price = block[f"{side}_cost"], block[f"{side}_y"], block[f"{side}_price"]
        held_to = f"ABS({plan.context.price(cost, y)}-{price})<={tolerance}*{price}"
        priced.append(f"IF(COUNT({cost},{y},{price})=3,IF({held_to},0,1),0)")
    sheet.formula(row, at.col + 3, "+".join(priced), "flag")
