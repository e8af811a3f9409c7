"""The rows of cells behind the Break-even sheet: stretches of speed, crossings, and one row per comparison.

On a stretch between neighbouring knots of either side both curves are one cubic, and so is their difference. Its signs at the
ends and at its turning points say how often it crosses zero: between them it only rises or only falls. Each crossing then has
a row of its own, in which the steps of `block.inverse` solve it. `method.break_even` finds the crossings a second time.
"""

from __future__ import annotations

from specxl.method.break_even import SIGN_DECIMALS
from specxl.method.codes import Basis, Verdict
from specxl.model.formulas import first_true
from specxl.sheets.block.column import Column
from specxl.sheets.block.columns import GIVEN, HAS, PLACE, RATIOS, plain, sided
from specxl.sheets.block.flags import MARK_BASE, MARKS
from specxl.sheets.block.inverse import DECIMALS, PLACE_FOUND, ROOT

STOPS = {"suspect": "suspect", "reported_fault": "issue", "published_at_odds": "at_odds"}
"""Stop flags of the measurements, by the mark that raises them."""
SERVING = ("aggregated", "disaggregated")
_RUN = (*STOPS.values(), *SERVING)


def _held(table: str, below: str = "") -> str:
    return f"INDEX({{{table}}},{{row}}{below},MAX({{basis}},{Basis.TOTAL}))"


def _known(text: str, otherwise: int = 0) -> str:
    """What is read of a curve where both sides can be compared: an unpublished class holds no numbers."""
    return f"IF({{on}}=0,{otherwise},{text})"


def _cubic(u: str) -> str:
    return f"((({{e3}}*{u}+{{e2}})*{u}+{{e1}})*{u}+{{e0}})"


def _rounded(text: str, decimals: int = DECIMALS) -> str:
    return f"ROUND({text},{decimals})"


def _so_far(key: str, text: str, function: str = "MAX") -> str:
    """The largest (or smallest) of a figure over the stretches of a comparison so far."""
    return f"IF({{first}}=1,{text},{function}({{above_{key}}},{text}))"


def _any(mark: str) -> str:
    """1 where any measurement of the stretch has a mark: a digit of their sum."""
    digit = MARKS.index(mark)
    return f"IF(INT({{marks}}/{MARK_BASE**digit})>{MARK_BASE}*INT({{marks}}/{MARK_BASE ** (digit + 1)}),1,0)"


def _power(text: str) -> str:
    """A power of a side's cubic, in units of its left knot, without the last bits of which programs make different things."""
    return _known(_rounded(text))


def _slope(name: str) -> str:
    """How a side changes over the stretch, per stretch: its first power."""
    return f"{{{name}_p0}}*{{{name}_d}}*({{{name}_p1}}+{{{name}_s}}*(2*{{{name}_p2}}+3*{{{name}_s}}*{{{name}_p3}}))"


def _bend(name: str) -> str:
    return f"{{{name}_p0}}*{{{name}_d}}*{{{name}_d}}*({{{name}_p2}}+3*{{{name}_s}}*{{{name}_p3}})"


def _twist(name: str) -> str:
    return f"{{{name}_p0}}*{{{name}_d}}*{{{name}_d}}*{{{name}_d}}*{{{name}_p3}}"


def _difference(a: str, b: str) -> str:
    """A power of the difference, in B's throughput at the beginning of the stretch."""
    return _known(f"({{factor}}*{a}-{b})/{{b_q}}")


NUMBER = Column("number", "", "id", "")
STRETCH_GIVEN = (
    NUMBER,
    Column("first", "", "flag", ""),
    Column("a_row", "", "id", ""),
    Column("b_row", "", "id", ""),
    Column("on", "", "flag", ""),
    Column("factor", "", "full", ""),
)
_SIDE = (
    Column("s", "", "full", "({x0}-INDEX({knot_x},{row}))/INDEX({knot_h},{row})"),
    Column("d", "", "full", "({x1}-{x0})/INDEX({knot_h},{row})"),
    Column("p0", "", "tput", _known(_held("knot_by_basis"), 1)),
    Column("p1", "", "full", _power(f"INDEX({{knot_h}},{{row}})*{_held('tangent_by_basis')}/{{p0}}")),
    Column("end", "", "full", _power(f"INDEX({{knot_h}},{{row}})*{_held('tangent_by_basis', '+1')}/{{p0}}")),
    Column("p2", "", "full", _power(f"3*({_held('knot_by_basis', '+1')}/{{p0}}-1)-2*{{p1}}-{{end}}")),
    Column("p3", "", "full", _power(f"{{p1}}+{{end}}-2*({_held('knot_by_basis', '+1')}/{{p0}}-1)")),
    Column("q", "", "tput", "{p0}*(1+{s}*({p1}+{s}*({p2}+{s}*{p3})))"),
    Column("q1", "", "tput", "{p0}*(1+({s}+{d})*({p1}+({s}+{d})*({p2}+({s}+{d})*{p3})))"),
)  # fmt: skip
# In units of the largest power: where both sides all but agree, some programs would take the square of a difference for 0.
_E1, _E2, _E3 = (f"{{e{power}}}/{{steep}}" for power in (1, 2, 3))
_DISC = f"(({_E2})*{_E2}-3*({_E1})*{_E3})"
_TURN = f"({_E2}+IF({{e2}}<0,-1,1)*MAX(0,{_DISC})^0.5)"
_TURNS = (
    f"IF({{steep}}=0,0,IF(OR({_DISC}<=0,{_E3}=0),0,MAX(0,MIN(1,0-{_TURN}/(3*{_E3})))))",
    f"IF({{steep}}=0,0,IF(OR({_DISC}<=0,{_TURN}=0),0,MAX(0,MIN(1,0-({_E1})/{_TURN}))))",
)
_RATIO0, _RATIO1 = "{factor}*{a_q}/{b_q}", "{factor}*{a_q1}/{b_q1}"


def _sign(value: str, before: str) -> str:
    """The sign of a difference; where it is none, that before it."""
    return f"IF({value}=0,{before},SIGN({value}))"


def _of_ends(table: str) -> list[str]:
    """A fact of the four measurements at the ends of both segments."""
    return [
        f"INDEX({{{table}}},INDEX({{knot_measurement}},{{{side}_row}}{end}))" for side in "ab" for end in ("", "+1")
    ]


_FAMILIES = ",".join(_of_ends("measured_family"))
_SIGN0 = f"SIGN({_rounded('{e0}', SIGN_DECIMALS)})"
_DIFFERENCE = (
    Column("e0", "", "full", _difference("{a_q}", "{b_q}")),
    Column("e1", "", "full", _difference(_slope("a"), _slope("b"))),
    Column("e2", "", "full", _difference(_bend("a"), _bend("b"))),
    Column("e3", "", "full", _difference(_twist("a"), _twist("b"))),
    Column("steep", "", "full", "MAX(ABS({e1}),ABS({e2}),ABS({e3}))"),
    Column("t1", "", "full", f"MIN({','.join(_TURNS)})"),
    Column("t2", "", "full", f"MAX({','.join(_TURNS)})"),
    Column("g0", "", "id", f"IF({{first}}=1,{_SIGN0},IF({{above_g3}}=0,{_SIGN0},{{above_g3}}))"),
    *(
        Column(f"g{number}", "", "id", _sign(_rounded(_cubic(at), SIGN_DECIMALS), f"{{g{number - 1}}}"))
        for number, at in ((1, "{t1}"), (2, "{t2}"), (3, "1"))
    ),
    Column("n1", "", "id", "IF(ISNUMBER({above_n3}),{above_n3},0)+IF({g0}*{g1}<0,1,0)"),
    Column("n2", "", "id", "{n1}+IF({g1}*{g2}<0,1,0)"),
    Column("n3", "", "id", "{n2}+IF({g2}*{g3}<0,1,0)"),
)  # fmt: skip
_SO_FAR = (
    Column("most", "", "times", f"MAX(IF({{first}}=1,{_RATIO0},{{above_most}}),{_RATIO1})"),
    Column("least", "", "times", f"MIN(IF({{first}}=1,{_RATIO0},{{above_least}}),{_RATIO1})"),
    Column("marks", "", "id", "+".join(_of_ends("measured_marks"))),
    *(Column(f"w_{mark}", "", "flag", _so_far(f"w_{mark}", _any(mark))) for mark in _RUN),
    Column("w_low", "", "id", _so_far("w_low", f"MIN({_FAMILIES})", "MIN")),
    Column("w_high", "", "id", _so_far("w_high", f"MAX({_FAMILIES})")),
)  # fmt: skip
STRETCH_ROW = (
    *plain(
        (
            *STRETCH_GIVEN,
            Column("x0", "", "speed", "MAX(INDEX({knot_x},{a_row}),INDEX({knot_x},{b_row}))"),
            Column("x1", "", "speed", "MIN(INDEX({knot_x},{a_row}+1),INDEX({knot_x},{b_row}+1))"),
        )
    ),
    *sided(_SIDE),
    *plain((*_DIFFERENCE, *_SO_FAR)),
)
STRETCH_RANGES = {
    **{f"stretch_{key}": (key, key) for key in ("n1", "n2", "n3", "g3", "most", "least", "w_low", "w_high")},
    **{f"stretch_w_{mark}": (f"w_{mark}", f"w_{mark}") for mark in _RUN},
    "stretch_x": ("x0", "x1"),
    "stretch_powers": ("e0", "e3"),
    "stretch_turns": ("t1", "t2"),
    "stretch_signs": ("g0", "g3"),
}
"""The columns of the stretches that other rows look up, by name: the first and the last of each."""


def _found(text: str, otherwise: str = "0") -> str:
    """What a crossing has; without one nothing is looked up."""
    return f"IF({{eq_row}}=0,{otherwise},{text})"


_PLACED = "{sgn}*{w}"
CROSSING_ROW = plain(
    (
        NUMBER,
        Column("k", "", "id", ""),
        Column("base", "", "id", ""),
        Column("count", "", "id", ""),
        Column("eq_row", "", "id", "IF({k}>{count},0,SUMPRODUCT(1*({stretch_n3}<{base}+{k}))+1)"),
        Column("piece", "", "id", _found("IF(INDEX({stretch_n1},{eq_row})>={base}+{k},1,IF(INDEX({stretch_n2},{eq_row})>={base}+{k},2,3))")),
        Column("lo", "", "full", "IF({piece}<2,0,INDEX({stretch_turns},{eq_row},{piece}-1))"),
        Column("w", "", "full", _found("IF({piece}=3,1,INDEX({stretch_turns},{eq_row},{piece}))-{lo}")),
        Column("sgn", "", "id", _found("INDEX({stretch_signs},{eq_row},{piece})")),
        *(Column(f"e{power}", "", "full", _found(f"INDEX({{stretch_powers}},{{eq_row}},{power + 1})")) for power in range(4)),
        Column("scale", "", "full", _found(f"MAX(ABS({_cubic('{lo}')}),ABS({_cubic('({lo}+{w})')}))", "1")),
        Column("eq_c0", "", "full", _rounded(f"{{sgn}}*{_cubic('{lo}')}/{{scale}}")),
        Column("eq_c1", "", "full", _rounded(f"{_PLACED}*({{e1}}+{{lo}}*(2*{{e2}}+3*{{lo}}*{{e3}}))/{{scale}}")),
        Column("eq_c2", "", "full", _rounded(f"{_PLACED}*{{w}}*({{e2}}+3*{{lo}}*{{e3}})/{{scale}}")),
        Column("eq_c3", "", "full", _rounded(f"{_PLACED}*{{w}}*{{w}}*{{e3}}/{{scale}}")),
        *ROOT,
        Column("x", "", "speed", _found(f"INDEX({{stretch_x}},{{eq_row}},1)+({{lo}}+{{{PLACE_FOUND}}}*{{w}})*(INDEX({{stretch_x}},{{eq_row}},2)-INDEX({{stretch_x}},{{eq_row}},1))", '""')),
    )
)  # fmt: skip

_REASON = (
    ("{stated}=0", Verdict.NOT_STATED),
    ("MIN({a_knots},{b_knots})=0", Verdict.NO_DATA),
    ("MIN({a_has},{b_has})=0", Verdict.NOT_PUBLISHED),
    ('{price_ratio}=""', Verdict.NO_PRICE),
)
_OFF = "OR({to}=0,{on}=0)"


def _last(key: str, otherwise: str = "0") -> str:
    """What the last stretch of the comparison holds of it."""
    return f"IF({_OFF},{otherwise},INDEX({{stretch_{key}}},{{to}}))"


_ODD = "({count}-2*INT({count}/2))"
_BLENDED = "({n_in}*((1-{share})*{p_in}+{share}*SUM({p_cached}))+{n_out}*{p_out})/{tokens}"
EVEN_ROW = (
    *plain(
        (
            NUMBER,
            Column("from", "", "id", ""),
            Column("to", "", "id", ""),
            Column("solved", "", "id", ""),
            *(column for column in GIVEN if column.key in ("a_id", "b_id", "a_price", "b_price", "one_hardware", "stated")),
            Column("r_ratio", "", "times", ""),
            Column("r_a_cost", "", "cost", ""),
            Column("r_b_cost", "", "cost", ""),
            Column("p_in", "", "price", ""),
            Column("p_cached", "", "price", ""),
            Column("p_out", "", "price", ""),
            Column("share", "", "percent", ""),
            Column("n_in", "", "whole", ""),
            Column("n_out", "", "whole", ""),
        )
    ),
    *sided((*PLACE[:3], HAS)),
    *plain(
        (
            RATIOS[0],
            Column("reason", "", "id", first_true(_REASON, 0)),
            Column("on", "", "flag", "IF({reason}=0,1,0)"),
            Column("factor", "", "full", "IF({on}=1,{price_ratio},1)"),
            Column("x_low", "", "speed", "MAX({a_x_first},{b_x_first})"),
            Column("x_high", "", "speed", "MIN({a_x_last},{b_x_last})"),
            Column("base", "", "id", "IF({from}<2,0,INDEX({stretch_n3},{from}-1))"),
            Column("count", "", "id", f"IF({_OFF},0,INDEX({{stretch_n3}},{{to}})-{{base}})"),
            Column("ahead", "", "id", f"IF({_OFF},0,INDEX({{stretch_g3}},{{to}})*(1-2*{_ODD}))"),
            Column("most", "", "times", _last("most", '""')),
            Column("least", "", "times", _last("least", '""')),
            Column("f_price_unknown", "", "flag", "IF(COUNT({a_price},{b_price})=2,0,1)"),
            *(Column(f"f_{flag}", "", "flag", _last(f"w_{mark}")) for flag, mark in STOPS.items()),
            Column("f_engine_family", "", "flag", f"IF({_OFF},0,IF(INDEX({{stretch_w_low}},{{to}})=0,1,IF(INDEX({{stretch_w_low}},{{to}})<INDEX({{stretch_w_high}},{{to}}),1,0)))"),
            Column("f_serving_mode", "", "flag", f"MIN({','.join(_last(f'w_{mark}') for mark in SERVING)})"),
            Column("f_thin_curve", "", "flag", f"IF({_OFF},0,IF(MIN({{a_knots}},{{b_knots}})<{{thin_knots}},1,0))"),
            Column("stops", "", "id", "+".join(f"{{f_{flag}}}" for flag in ("price_unknown", *STOPS))),
            Column("cautions", "", "id", "{f_engine_family}+{f_serving_mode}+{f_thin_curve}"),
            Column("turn_a", "", "price", 'IF(COUNT({r_ratio},{a_price})=2,{a_price}*{r_ratio},"")'),
            Column("turn_b", "", "price", 'IF(COUNT({r_ratio},{b_price})=2,{b_price}/{r_ratio},"")'),
            Column("tokens", "", "whole", f"IF(OR({{basis}}=0,COUNT({{n_in}},{{n_out}})<2),0,IF({{basis}}={Basis.TOTAL},{{n_in}}+{{n_out}},IF({{basis}}={Basis.OUTPUT},{{n_out}},{{n_in}})))"),
            Column("priced", "", "flag", "IF(COUNT({p_in},{p_out},{share})<3,0,IF({share}=0,1,COUNT({p_cached})))"),
            Column("blended", "", "cost", f'IF(OR({{tokens}}=0,{{priced}}=0),"",{_BLENDED})'),
            *(Column(f"load_{side}", "", "percent", f'IF(COUNT({{r_{side}_cost}},{{blended}})=2,{{r_{side}_cost}}/{{blended}},"")') for side in "ab"),
        )
    ),
)  # fmt: skip
GIVEN_KEYS = tuple(column.key for _, column in EVEN_ROW if not column.formula)
