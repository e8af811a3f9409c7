"""The row of cells behind a line of the Budget sheet: both sides' highest speed within a budget, and what it rests on.

The target of such a row is the budget. Each side is solved by the steps of `block.inverse` for the throughput that its price
and the budget ask for. `method.break_even` and `judge.decisions` compute every column a second time.
"""

from __future__ import annotations

from specxl.method.codes import EqualCost, Grade, Verdict
from specxl.model.formulas import first_true
from specxl.sheets.block.column import Column
from specxl.sheets.block.columns import EVIDENCE, GIVEN, HAS, PLACE, START, beyond, caveats, plain, sided
from specxl.sheets.block.flags import FLAGS
from specxl.sheets.block.inverse import PLACE_FOUND, SOLVED_STEPS, knots_with

BUDGET_GIVEN = tuple(c for c in GIVEN if c.key in ("target_in", "a_id", "b_id", "a_price", "b_price", "stated"))
BUDGET_FLAGS = tuple(flag for flag in FLAGS if flag.grade != Grade.NOTE and flag.id != "first_token")
"""Two speeds of a user are compared, not two services at one speed: the wait for the first token stands on the pair sheets."""
_EVIDENCE = {column.key: column for column in EVIDENCE}
_PRICED = 'OR({has}=0,{price}="")'
_HOURLY = "{seconds_per_hour}/{million}"
_CODE = (
    ("{eq_y}=0", 0),
    ("{eq_knots}=0", EqualCost.NEVER),
    ("{eq_knots}={knots}", EqualCost.AT_LEAST),
)
_KNOT = "INDEX({curve_first},{id})+MAX({eq_knots},1)-1"
_WITHIN = "AND({target_in}>={tolerance},{target_in}*{tolerance}<=1)"
BUDGET_START = (
    Column("valid", "", "flag", f"IF(ISNUMBER({{target_in}}),IF({_WITHIN},1,0),0)"),
    START[1],
)
"""No budget is a thousand millionth of a unit of money, or a thousand millions: with these nothing could be solved."""
SIDE = (
    PLACE[0],
    HAS,
    Column("cheapest", "", "cost", f'IF({_PRICED},"",{{price}}/(INDEX({{curve_max_by_basis}},{{id}},{{basis}})*{_HOURLY}))'),
    Column("eq_y", "", "tput", f"IF(OR({_PRICED},{{valid}}=0),0,{{price}}/({{target}}*{_HOURLY}))"),
    Column("eq_knots", "", "id", f"IF({{eq_y}}=0,0,{knots_with('id')})"),
    Column("eq_code", "", "id", first_true(_CODE, EqualCost.EXACT)),
    Column("eq_row", "", "id", f"IF({{eq_code}}={EqualCost.EXACT},{_KNOT},0)"),
    *SOLVED_STEPS,
    Column("x_low", "", "speed", f'IF({{eq_knots}}=0,"",INDEX({{knot_x}},{_KNOT}))'),
    Column("x_high", "", "speed", 'IF({eq_row}=0,"",INDEX({knot_x},{eq_row}+1))'),
    Column("x", "", "speed", f"IF({{eq_row}}=0,{{x_low}},{{x_low}}+{{{PLACE_FOUND}}}*{{eq_h}})"),
    Column("left", "", "id", f"IF({{eq_code}}=0,0,{_KNOT})"),
    Column("right", "", "id", f"{{left}}+IF({{{PLACE_FOUND}}}>0,1,0)"),
    *(_EVIDENCE[key] for key in ("m_left", "m_right", "date", "gap_x")),
    Column("gap_y", "", "full", "IF({left}=0,0,MAX(INDEX({knot_by_basis},{left},{basis}),INDEX({knot_by_basis},{right},{basis}))/MIN(INDEX({knot_by_basis},{left},{basis}),INDEX({knot_by_basis},{right},{basis})))"),
)  # fmt: skip

IDLE = -1
"""Where a mark stands that must not be drawn: left of an axis that begins at 0."""
_NEVER_A, _NEVER_B = (f"{{{side}_eq_code}}={EqualCost.NEVER}" for side in "ab")
_OPEN_A, _OPEN_B = (f"{{{side}_eq_code}}={EqualCost.AT_LEAST}" for side in "ab")
_TIMES = "{a_x}/{b_x}"
_APART = beyond(f"{_TIMES}-1")
_VERDICT = (
    ("{valid}=0", Verdict.NO_TARGET),
    ("{stated}=0", Verdict.NOT_STATED),
    ("MIN({a_knots},{b_knots})=0", Verdict.NO_DATA),
    ("MIN({a_has},{b_has})=0", Verdict.NOT_PUBLISHED),
    ("COUNT({a_price},{b_price})<2", Verdict.NO_PRICE),
    (f"AND({_NEVER_A},{_NEVER_B})", Verdict.NEITHER),
    (_NEVER_B, Verdict.ONLY_A),
    (_NEVER_A, Verdict.ONLY_B),
    (f"OR(AND({_OPEN_A},{_OPEN_B}),AND({_OPEN_A},{_APART}<0),AND({_OPEN_B},{_APART}>0))", Verdict.UNDECIDED),
    (f"{beyond(f'{_TIMES}-{{tie_ratio}}')}>=0", Verdict.A_BETTER),
    (f"{beyond(f'{_TIMES}*{{tie_ratio}}-1')}<=0", Verdict.B_BETTER),
)
OUTCOME = (
    Column("verdict", "", "id", first_true(_VERDICT, Verdict.LEVEL)),
    Column("times", "", "times", f'IF({{verdict}}<{Verdict.A_BETTER},"",{_TIMES})'),
    Column("plot_x", "", "speed", f"IF(COUNT({{a_x}},{{b_x}})=2,{{b_x}},{IDLE})"),
    Column("plot_y", "", "speed", "IF(COUNT({a_x},{b_x})=2,{a_x},0)"),
)
BUDGET_ROW = (*plain((*BUDGET_GIVEN, *BUDGET_START)), *sided(SIDE), *plain((*OUTCOME, *caveats(BUDGET_FLAGS))))
