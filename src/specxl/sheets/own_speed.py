"""The speed at which Budget and Break-even read costs: one of their own, or the Summary's while none is typed.

Its cell stands on Break-even, since prices and loads there hang on it; Budget shows costs beside its speeds. Every comparison is
read at it once, for both sheets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Range, Ref
from specxl.model.formulas import Context, content, literal, speed
from specxl.sheets.anchors import Anchor, entered
from specxl.sheets.block.light import LIGHT_ROW
from specxl.sheets.block.stack import Stack
from specxl.sheets.frame import BREAK_EVEN, COMMON_TARGET

if TYPE_CHECKING:
    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.plan import Plan

OWN_SPEED_NAME, KIND = "own_speed", "decided"
OWN_SPEED = Ref(BREAK_EVEN, 4, 3, fixed=True)
_GIVEN = tuple(column.key for _, column in LIGHT_ROW if not column.formula)


def place_speed(plan: Plan, sheet: Sheet) -> Ref:
    """Place the input, released empty: then it follows the Summary's speed."""
    texts, at = plan.house.texts["budget"]["even"], (OWN_SPEED.row, OWN_SPEED.col)
    typed = plan.register.place(sheet, at, None, texts["control"], style="general centre answer", message=texts["hint"])
    plan.anchors.append(entered(OWN_SPEED_NAME, typed))
    return typed


def lay_reads(plan: Plan, flow: Flow) -> None:
    """Lay out a light comparison block for each comparison."""
    stack = Stack(flow.sheet, 1, LIGHT_ROW, Context(plan.context))
    flow.heading(plan.house.texts["budget"]["work"]["decided"])
    head = flow.take()
    flow.sheet.put(head, 0, plan.house.texts["budget"]["columns"]["number"], "head")
    stack.lay_headers(head)
    target = f'IF({OWN_SPEED}="",{content(COMMON_TARGET)},{OWN_SPEED})'
    comparisons = plan.catalogue.comparisons
    for comparison in comparisons:
        row = flow.take()
        flow.sheet.put(row, 0, comparison.number, "id")
        given = plan.given(comparison) | {"a_id": comparison.a.curve_id, "b_id": comparison.b.curve_id}
        given |= {"target_in": target}
        stack.lay(row, {key: given[key] for key in _GIVEN})
    first = flow.sheet.ref(flow.row - len(comparisons), 1)
    plan.anchors.append(Anchor(KIND, "", first, stack.keys, tuple((c.number, 0) for c in comparisons)))
    flow.gap()


def decided_read(plan: Plan, comparison: Comparison) -> dict[str, Ref]:
    """The cells of a comparison's read at that speed, by key."""
    anchor = next(a for a in plan.anchors if a.kind == KIND)
    return anchor.row(anchor.subjects.index((comparison.number, 0)))


def stops_column(plan: Plan) -> Range:
    """How many stops each read has, in the order of the comparisons."""
    cells = [decided_read(plan, comparison)["stops"] for comparison in plan.catalogue.comparisons]
    return Range(cells[0], cells[-1])


def speed_words(plan: Plan) -> dict[str, str]:
    """Formulas for sentences: the speed in force, and whose it is, as Break-even and as Budget call it."""
    read = decided_read(plan, plan.catalogue.comparisons[0])
    texts = plan.house.texts["budget"]["even"]
    own = f'{OWN_SPEED}=""'
    return {
        "target": f'IF({read["valid"]}=1,{speed(read["target"], 2)},"-")',
        "whose": f"IF({own},{literal(texts['of_summary'])},{literal(texts['of_own'])})",
        "whose_there": f"IF({own},{literal(texts['of_summary'])},{literal(texts['of_there'])})",
    }
