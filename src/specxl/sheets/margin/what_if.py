"""The acceptance what-if: an estimate of what the speculative side would earn on traffic that accepts more or less.

It stands apart from the measured figures. Scaled is the rate of the speculative side, by the ratio of one's own acceptance length
to that of the measured runs, within a bound; where the source states no length there is no estimate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import Estimate
from specxl.model.formulas import Context, first_true, literal
from specxl.model.numbers import ROUNDINGS, two_digits
from specxl.sheets.anchors import Anchor, entered
from specxl.sheets.block.column import Column
from specxl.sheets.block.columns import plain
from specxl.sheets.block.stack import Stack
from specxl.sheets.frame import COMMON_TARGET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref, Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.plan import Plan

EMPTY = '""'
OWN_LENGTH = "own_acceptance"
_WHY = (
    ("{a_missing}>0", Estimate.NO_READ),
    ("COUNT({l_left},{l_right})<2", Estimate.NOT_STATED),
    ('{own}=""', Estimate.NOT_TYPED),
)


def _known(text: str) -> str:
    return f'IF({{estimate}}>0,"",{text})'


WHAT_IF_ROW = plain(
    (
        Column("l_left", "", "price", ""),
        Column("l_right", "", "price", ""),
        Column(
            "own", "", "price", 'IF(ISNUMBER({own_in}),IF(AND({own_in}>=1,{own_in}*{tolerance}<=1),{own_in},""),"")'
        ),
        Column("estimate", "", "id", first_true(_WHY, 0)),
        Column("measured", "", "price", _known("({l_left}+{l_right})/2")),
        Column("ratio", "", "times", _known("{own}/{measured}")),
        Column("scale", "", "times", _known("MAX(1/2,MIN(2,{ratio}))")),
        Column("total_est", "", "tput", _known("{a_total_in}*{scale}")),
        Column("speed_est", "", "speed", _known("{common}*{scale}")),
        Column("profit_est", "", "price", _known("{a_kept}*{load}*{scale}-{a_cost}")),
    )
)


def lay_what_if(
    plan: Plan, flow: Flow, sale: Mapping[str, Ref], knots: Mapping[str, str], typed: Ref
) -> dict[str, Ref]:
    """Lay out the row of the estimate; `knots` are formulas of the speculative read's measurements, by "left" and "right"."""
    stated = plan.measured.columns.get("accept")
    given: dict[str, str | float] = {}
    for end, number in knots.items():
        length = f"SUM(INDEX({stated},MAX({number},1)))"
        given[f"l_{end}"] = f'IF({number}=0,"",IF({length}>0,{length},""))' if stated else EMPTY
    names = {key: str(sale[key].fix) for key in ("a_missing", "a_total_in", "a_kept", "a_cost", "load")}
    context = Context(plan.context | names | {"own_in": str(typed.fix), "common": str(COMMON_TARGET)})
    stack = Stack(flow.sheet, 0, WHAT_IF_ROW, context)
    stack.lay_headers(flow.take(), plan.house.texts["margin"]["columns"])
    cells = stack.lay(flow.take(), given)
    plan.anchors.append(Anchor("what-if", "", cells["l_left"], stack.keys, ((),)))
    flow.gap()
    return cells


def place_length(plan: Plan, sheet: Sheet, row: int, col: int) -> Ref:
    """Place the input: the acceptance length of one's own traffic."""
    texts = plan.house.texts["margin"]["what_if"]
    typed = plan.register.place(sheet, (row, col), None, texts["item"], style="price", message=texts["hint"])
    plan.anchors.append(entered(OWN_LENGTH, typed))
    return typed


def estimate_words(plan: Plan, cells: Mapping[str, Ref], side: str) -> str:
    """Formula: the estimate in a sentence that calls itself one, or why there is none."""
    texts = plan.house.texts["margin"]["what_if"]
    ratio, profit = cells["ratio"], cells["profit_est"]
    fields = {
        "side": side,
        "own": ROUNDINGS["tokens"].text(cells["own"]),
        "measured": ROUNDINGS["tokens"].text(cells["measured"]),
        "scale": two_digits(cells["scale"]),
        "total": ROUNDINGS["tput"].text(cells["total_est"]),
        "speed": ROUNDINGS["speed"].text(cells["speed_est"]),
        "currency": plan.context["currency"],
        "profit": ROUNDINGS["price"].text(f"ABS({profit})"),
        "sign": f"IF({profit}<0,{literal(texts['loss'])},{literal(texts['profit'])})",
        "bound": f'IF({ratio}={cells["scale"]},"",{literal(texts["bound"])})',
    }
    why = cells["estimate"]
    rules = (
        (f"{why}={Estimate.NO_READ}", literal(texts["no_read"])),
        (f"{why}={Estimate.NOT_STATED}", literal(texts["not_stated"])),
        (f"{why}={Estimate.NOT_TYPED}", literal(texts["not_typed"])),
    )
    return first_true(rules, plan.say("margin", "what_if", "line", fields))
