"""The same-engine line: every family of engines that has both sides, compared with itself (METHOD 7, "Same family line")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.catalogue import FAMILY
from specxl.model.cells import Range, TableSpec
from specxl.model.formulas import content, first_true, literal, word
from specxl.model.numbers import two_digits
from specxl.sheets.anchors import Anchor
from specxl.sheets.block.columns import FAMILY_ROW
from specxl.sheets.block.stack import Stack
from specxl.sheets.frame import COMMON_TARGET, SAME_ENGINE, Columns, TableColumn, start_sheet
from specxl.sheets.results import COMMON, READS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Comparison, Scope
    from specxl.model.cells import Ref, Sheet
    from specxl.sheets.plan import Plan

HEAD_ROW, PRINT_SCALE = 5, 80
TABLE = Columns(
    TableColumn("comparison", "comparison", 11, "id"),
    TableColumn("model", "model", 16, "text"),
    TableColumn("hardware", "hardware", 14, "text"),
    TableColumn("precision", "precision", 10, "text"),
    TableColumn("workload", "workload", 10, "text"),
    TableColumn("family", "engine_family", 15, "text"),
    TableColumn("side_a", "side_a", 10, "text"),
    TableColumn("side_b", "side_b", 10, "text"),
    TableColumn("read", "read", 10, "text"),
    TableColumn("target", "target_tok_s_user", 11, "speed"),
    TableColumn("a_status", "a_status", 18, "indent"),
    TableColumn("b_status", "b_status", 18, "text"),
    TableColumn("a_y", "a_tok_s_gpu", 12, "tput"),
    TableColumn("b_y", "b_tok_s_gpu", 12, "tput"),
    TableColumn("a_knots", "a_points", 9, "id"),
    TableColumn("b_knots", "b_points", 9, "id"),
    TableColumn("ratio", "ratio", 9, "times"),
)


@dataclass(frozen=True, slots=True)
class FamilyReads:
    """The rows of one comparison and target: families, usable and enough-knots flags and ratios, one per family."""

    families: Range
    usable: Range
    enough: Range
    ratios: Range

    def best(self) -> str:
        """Formula: the largest A over B of the families in range with enough knots, or empty text."""
        return f'IF(SUM({self.usable})=0,"",MAX({self.ratios}))'

    def family(self, best: Ref) -> str:
        """Formula: the family of that ratio."""
        return f'IF({best}="","",INDEX({self.families},MATCH({best},{self.ratios},0)))'


def family_label(plan: Plan, scope: Scope) -> str:
    """What a family is called."""
    return plan.house.family_label(scope.key.removeprefix(FAMILY))


def family_words(
    reads: FamilyReads | None,
    best: Ref,
    family: Ref,
    labels: tuple[Ref, Ref],
    stated: Ref,
    plan: Plan,
    words: Mapping[str, Mapping[str, str]],
) -> str:
    """Formula: "1.7x MTP, SGLang", or what is missing; `stated` is 0 where a side's source does not name its engine."""
    texts = words["same_engine"]
    unstated = (f"{stated}=0", literal(texts["unstated"]))
    if reads is None:
        return first_true((unstated,), literal(texts["none"]))
    larger = f"MAX({best},1/{best})"
    ties = f"MAX({best},1/{best})<{plan.context['tie_ratio']}"
    winner = f"IF({best}>=1,{labels[0]},{labels[1]})"
    shown = f'IF({ties},{literal(texts["level"])},{two_digits(f"({larger})")}&"x "&{winner})&", "&{family}'
    few = f"{literal(texts['few'])}&FIXED({plan.context['family_knots']},0)&{literal(texts['few_end'])}"
    missing = (unstated, (f"MAX({reads.enough})=0", literal(texts["none"])), (f"MAX({reads.enough})=1", few))
    return f'IF({best}="",{first_true(missing, literal(texts["out_of_range"]))},{shown})'


def lay_family_rows(rows: Sequence[Mapping[str, Ref]], families: Range) -> FamilyReads:
    """The reads over family rows that stand below each other."""

    def column(key: str) -> Range:
        return Range(rows[0][key], rows[-1][key])

    return FamilyReads(families, column("usable"), column("enough"), column("ratio"))


def build_same_engine(plan: Plan) -> Sheet | None:
    """Lay out one row per comparison, family with both sides, and read; None where no family has both."""
    comparisons = [c for c in plan.catalogue.comparisons if c.families]
    if not comparisons:
        return None
    subtitle = "Each engine family that was measured with both sides, compared with itself"
    sheet = start_sheet(SAME_ENGINE, "Same engine", tab="data", subtitle=subtitle)
    TABLE.lay_head(sheet, HEAD_ROW)
    row = HEAD_ROW
    subjects: list[tuple[int, int, str]] = []
    with plan.workings.block(SAME_ENGINE, "one row per comparison, engine family and read") as flow:
        stack = Stack(flow.sheet, 3, FAMILY_ROW, plan.context)
        head = flow.take()
        flow.sheet.row(head, 0, ("Family", "Comparison", "Read"), "head")
        stack.lay_headers(head)
        first: Ref | None = None
        for comparison in comparisons:
            for kind in range(READS):
                for scope in comparison.families:
                    row += 1
                    block = _lay_block(stack, flow.take(), plan, comparison, scope, kind)
                    first = first or block["target_in"]
                    subjects.append((comparison.number, kind, scope.key))
                    _lay_shown(sheet, row, plan, comparison, scope, kind, block)
    if first is not None:
        plan.anchors.append(Anchor("family", "", first, stack.keys, tuple(subjects)))
    area = sheet.area(HEAD_ROW, 0, row, len(TABLE) - 1)
    sheet.tables.append(TableSpec(area, "SameEngineRows", "Engine families compared with themselves"))
    sheet.heights[HEAD_ROW] = 32
    sheet.freeze = (HEAD_ROW + 1, 3)
    # as wide as a page the type would be too small to read
    sheet.repeat_rows, sheet.repeat_columns, sheet.print_scale = (HEAD_ROW, HEAD_ROW), (0, 2), PRINT_SCALE
    return sheet


def _lay_block(stack: Stack, row: int, plan: Plan, comparison: Comparison, scope: Scope, kind: int) -> dict[str, Ref]:
    sheet = plan.workings.sheet
    sheet.put(row, 0, family_label(plan, scope))
    sheet.row(row, 1, (comparison.number, kind), "id")
    target = content(COMMON_TARGET) if kind == COMMON else comparison.targets[kind - 1]
    ids = {f"{side}_id": curve.id if curve else 0 for side, curve in (("a", scope.a), ("b", scope.b))}
    return stack.lay(row, {"target_in": target, **ids})


def _lay_shown(
    sheet: Sheet, row: int, plan: Plan, comparison: Comparison, scope: Scope, kind: int, block: Mapping[str, Ref]
) -> None:
    names = plan.labels(comparison)
    constants = {
        "comparison": comparison.number,
        **{key: names[key] for key in ("model", "hardware", "precision", "workload", "side_a", "side_b")},
        "family": family_label(plan, scope),
        "read": plan.house.texts["labels"]["reads"][kind],
    }
    for key, text in constants.items():
        TABLE.put(sheet, row, key, text)
    statuses = plan.workings.lists["statuses"]
    formulas = {
        "target": f'IF({block["valid"]}=1,{block["target"]},"")',
        **{f"{s}_status": word(statuses, block[f"{s}_status"]) for s in "ab"},
        **{key: str(block[key]) for key in ("a_y", "b_y", "a_knots", "b_knots", "ratio")},
    }
    for key, text in formulas.items():
        TABLE.formula(sheet, row, key, text)
