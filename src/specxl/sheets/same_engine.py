"""The same-engine reads: each engine that has both variants, compared with itself (METHOD 7, "Same engine")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Range
from specxl.model.formulas import content, first_true, literal
from specxl.sheets.block.columns import ENGINE_ROW, Stack
from specxl.sheets.frame import COMMON_TARGET, SAME_ENGINE, start_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Comparison, EngineScope
    from specxl.model.cells import Ref, Sheet
    from specxl.sheets.plan import Plan

HEAD_ROW = 6
LABELS = ("Comparison", "Model", "Hardware", "Precision", "Workload", "Engine", "Target")
ENGINE_COL = LABELS.index("Engine")
TARGET_KINDS = ("common", "first", "second", "third")
COMMON = 0


@dataclass(frozen=True, slots=True)
class EngineReads:
    """The rows of one comparison and target: labels, usable flags, enough-knots flags and ratios, one per engine."""

    engines: Range
    usable: Range
    enough: Range
    ratios: Range

    def best(self) -> str:
        """Formula: the largest A : B ratio of the engines in range with enough knots, or empty text."""
        return f'IF(SUM({self.usable})=0,"",MAX({self.ratios}))'

    def engine(self, best: Ref) -> str:
        """Formula: the engine of that ratio."""
        return f'IF({best}="","",INDEX({self.engines},MATCH({best},{self.ratios},0)))'


@dataclass(frozen=True)
class SameEngineTable:
    """The sheet, and the reads by comparison number and target kind; None without an engine that has both variants."""

    sheet: Sheet
    reads: Mapping[tuple[int, int], EngineReads | None]
    cells: Mapping[tuple[int, int, str], Mapping[str, Ref]]


def same_engine_words(
    reads: EngineReads | None, best: Ref | str, engine: Ref | str, labels: tuple[Ref, Ref], plan: Plan
) -> str:
    """Formula: "1.70x MTP, sglang", or what is missing.

    Args:
        reads: the engines of one comparison and target, None without any.
        best, engine: the cells with the largest ratio A : B and its engine.
        labels: the cells with both variants' names.
    """
    texts = {name: literal(text) for name, text in plan.house.texts["narrative"]["same_engine"].items()}
    if reads is None:
        return texts["none"]
    knots = plan.context["same_engine_knots"]
    few = f"{texts['few_knots']}&{knots}&{texts['few_knots_end']}"
    missing = f"IF(MAX({reads.enough})=0,{texts['none']},IF(MAX({reads.enough})=1,{few},{texts['out_of_range']}))"
    ratio = f"MAX({best},1/{best})"
    winner = ((f"{ratio}<{plan.context['tie_ratio']}", texts["tie"]), (f"{best}>1", labels[0]))
    return f'IF({best}="",{missing},FIXED({ratio},2)&"x "&{first_true(winner, labels[1])}&", "&{engine})'


def build_same_engine(plan: Plan) -> SameEngineTable:
    """Lay out one row per comparison, target and engine with both variants."""
    sheet = start_sheet(
        SAME_ENGINE,
        "Same engine",
        plan.release,
        tab="data",
        subtitle="Every engine that measured both variants, compared with itself",
    )
    sheet.put(
        4,
        0,
        "A is the speculative variant, B is Off. A ratio stands only where both curves have enough knots and reach the target.",
        "muted",
    )
    sheet.row(HEAD_ROW, 0, LABELS, "head")
    stack = Stack(sheet, len(LABELS), ENGINE_ROW, plan.context)
    stack.lay_headers(HEAD_ROW)
    reads: dict[tuple[int, int], EngineReads | None] = {}
    cells: dict[tuple[int, int, str], Mapping[str, Ref]] = {}
    row = HEAD_ROW + 1
    for comparison in plan.catalogue.comparisons:
        names = plan.labels(comparison)
        places = [names[key] for key in ("model", "hardware", "precision", "workload")]
        for kind in range(len(TARGET_KINDS)):
            blocks: dict[str, Mapping[str, Ref]] = {}
            for at, scope in enumerate(comparison.same_engine, start=row):
                sheet.put(at, 0, comparison.number, "id")
                sheet.row(at, 1, (*places, plan.house.engine_label(scope.engine), TARGET_KINDS[kind]))
                blocks[scope.engine] = stack.lay(at, _given(plan, comparison, scope, kind))
            cells |= {(comparison.number, kind, engine): block for engine, block in blocks.items()}
            reads[comparison.number, kind] = engine_reads(sheet, ENGINE_COL, list(blocks.values()))
            row += len(blocks)
    if not cells:
        sheet.put(row, 0, "No engine measured both variants of any comparison.", "muted")
    sheet.widths |= {0: 11, 1: 20, 2: 14, 3: 10, 4: 10, 5: 15, 6: 9, **dict.fromkeys(range(7, 7 + len(ENGINE_ROW)), 10)}
    sheet.heights[HEAD_ROW] = 44
    sheet.freeze = (HEAD_ROW + 1, len(LABELS))
    return SameEngineTable(sheet, reads, cells)


def target_in(plan: Plan, comparison: Comparison, kind: int) -> str | float:
    """What a block's target is: the Summary's cell for the common one, else the comparison's own."""
    return content(COMMON_TARGET) if kind == COMMON else plan.catalogue.targets(comparison)[kind]


def _given(plan: Plan, comparison: Comparison, scope: EngineScope, kind: int) -> dict[str, str | float]:
    return {
        "target_in": target_in(plan, comparison, kind),
        "a_id": scope.a.id if scope.a else 0,
        "b_id": scope.b.id if scope.b else 0,
    }


def engine_reads(sheet: Sheet, engine_col: int, blocks: Sequence[Mapping[str, Ref]]) -> EngineReads | None:
    """The columns of blocks that stand below each other, with the engines' names in a column; None without any."""
    if not blocks:
        return None

    def column(key: str) -> Range:
        return Range(blocks[0][key], blocks[-1][key])

    first, last = blocks[0]["usable"].row, blocks[-1]["usable"].row
    engines = sheet.area(first, engine_col, last, engine_col)
    return EngineReads(engines, column("usable"), column("enough"), column("a_to_b"))
