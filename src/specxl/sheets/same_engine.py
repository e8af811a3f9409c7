"""The same-engine reads: each engine that has both variants, compared with itself (METHOD 7, "Same engine")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.schema import workload_label
from specxl.sheets.comparison_row import ENGINE_ROW, lay_headers, lay_row
from specxl.sheets.frame import COMMON_TARGET, SAME_ENGINE, start_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.catalogue import Comparison
    from specxl.cells import Range, Ref, Sheet
    from specxl.sheets.plan import Plan

HEAD_ROW = 6
LABELS = ("Comparison", "Model", "Hardware", "Precision", "Workload", "Engine", "Target")
TARGET_KINDS = ("common", "first", "second", "third")


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
    reads: EngineReads | None, best: Ref | str, engine: Ref | str, labels: tuple[Ref | str, Ref | str], plan: Plan
) -> str:
    """Formula: "1.70x MTP, sglang", or what is missing."""
    texts = plan.house.texts["narrative"]["same_engine"]
    if reads is None:
        return f'"{texts["none"]}"'
    few = f'IF(SUM({reads.enough})=0,"{texts["few_knots"]}"&{plan.context["same_engine_knots"]}&"{texts["few_knots_end"]}","{texts["out_of_range"]}")'
    tie = f'"{texts["tie"]}"'
    side = f"IF(MAX({best},1/{best})<{plan.context['tie_ratio']},{tie},IF({best}>1,{labels[0]},{labels[1]}))"
    return f'IF({best}="",{few},FIXED(MAX({best},1/{best}),2)&"x "&{side}&", "&{engine})'


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
    lay_headers(sheet, HEAD_ROW, len(LABELS), ENGINE_ROW)
    reads: dict[tuple[int, int], EngineReads | None] = {}
    cells: dict[tuple[int, int, str], Mapping[str, Ref]] = {}
    row = HEAD_ROW + 1
    for comparison in plan.catalogue.comparisons:
        for kind in range(len(TARGET_KINDS)):
            first = row
            rows = []
            for scope in comparison.same_engine:
                _lay_labels(sheet, row, plan, comparison, scope.engine, kind)
                given = {
                    "target_in": f'IF({COMMON_TARGET}="","",{COMMON_TARGET})'
                    if kind == 0
                    else comparison.targets[kind - 1],
                    "a_id": scope.a.id if scope.a else 0,
                    "b_id": scope.b.id if scope.b else 0,
                }
                rows.append(lay_row(sheet, row, len(LABELS), ENGINE_ROW, given, plan.context))
                cells[comparison.number, kind, scope.engine] = rows[-1]
                row += 1
            reads[comparison.number, kind] = _reads(sheet, first, rows) if rows else None
    if row == HEAD_ROW + 1:
        sheet.put(row, 0, "No engine measured both variants of any comparison.", "muted")
    sheet.widths |= {0: 11, 1: 20, 2: 14, 3: 10, 4: 10, 5: 15, 6: 9, **dict.fromkeys(range(7, 7 + len(ENGINE_ROW)), 10)}
    sheet.heights[HEAD_ROW] = 44
    sheet.freeze = (HEAD_ROW + 1, len(LABELS))
    return SameEngineTable(sheet, reads, cells)


def _lay_labels(sheet: Sheet, row: int, plan: Plan, comparison: Comparison, engine: str, kind: int) -> None:
    house = plan.house
    sheet.put(row, 0, comparison.number, "id")
    labels = (
        house.model(comparison.model).label,
        house.hardware(comparison.hardware).label,
        house.precision_label(comparison.precision),
        workload_label(comparison.workload),
        house.engine_label(engine),
        TARGET_KINDS[kind],
    )
    sheet.row(row, 1, labels)


def _reads(sheet: Sheet, first: int, rows: list[dict[str, Ref]]) -> EngineReads:
    last = first + len(rows) - 1

    def column(col: int) -> Range:
        return sheet.area(first, col, last, col)

    return EngineReads(
        column(5), column(rows[0]["usable"].col), column(rows[0]["enough"].col), column(rows[0]["a_to_b"].col)
    )
