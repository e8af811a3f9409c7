"""The inverse read in cells: the highest speed at which a curve still gives a throughput (METHOD 7, speed at equal cost).

On the segment in which the curve crosses that throughput, the curve over that throughput less 1 is a falling cubic
((c3 u + c2) u + c1) u + c0, where u runs from 0 to 1. Halving finds the root to 1/32 of the segment; then three steps solve
the parabola that touches the cubic there, which leaves nothing that a double could show. Every step has a cell of its own,
so that anyone can follow it, and none can leave the segment. Differences and places are rounded to 12 decimals, because
spreadsheet programs differ in what they make of the last bit, and nothing may hang on it.
"""

from __future__ import annotations

from specxl.method.codes import Basis, EqualCost
from specxl.method.curves import Status
from specxl.model.formulas import cases, first_true
from specxl.sheets.block.column import Column

HALVINGS = 4
STEPS = 3


DECIMALS = 12


def _cubic(u: str) -> str:
    return f"((({{eq_c3}}*{u}+{{eq_c2}})*{u}+{{eq_c1}})*{u}+{{eq_c0}})"


def _rounded(text: str) -> str:
    return f"ROUND({text},{DECIMALS})"


def knots_with(curve: str) -> str:
    """The number of knots from the left up to the last that gives the throughput, within the tolerance of a point.

    `curve` names the cell with the curve's id.
    """

    def counted(basis: str) -> str:
        return f"SUMPRODUCT(1*(INDEX({{strip_{basis}}},{{{curve}}},0)>={{eq_y}}*(1-{{tolerance}})))"

    return cases("{basis}", ((Basis.OUTPUT, counted("output")), (Basis.INPUT, counted("input"))), counted("total"))


_CODE = (
    ('{ratio}=""', 0),
    ("{eq_knots}=0", EqualCost.NEVER),
    ("{eq_knots}={a_knots}", EqualCost.AT_LEAST),
    ("{b_floor}=1", EqualCost.AT_MOST),
)
_SOLVED = f"OR({{eq_code}}={EqualCost.EXACT},{{eq_code}}={EqualCost.AT_MOST})"


def _held(table: str, below: str = "") -> str:
    return f"INDEX({{{table}}},{{eq_row}}{below},{{basis}})"


def _on_segment(text: str) -> str:
    return f"IF({{eq_row}}=0,0,{text})"


def _power(text: str) -> str:
    """A power of the cubic, in units of the wanted throughput."""
    return _on_segment(f"ROUND(({text})/{{eq_y}},{DECIMALS})")


_RISE = f"({_held('knot_by_basis', '+1')}-{_held('knot_by_basis')})"
_LEFT, _RIGHT = (f"{{eq_h}}*{_held('tangent_by_basis', below)}" for below in ("", "+1"))


def _halvings() -> list[Column]:
    """Half the segment, then a quarter to the side on which the curve still gives the throughput, and so on."""
    columns = [Column("eq_u1", "middle of the segment", "full", _on_segment("1/2"))]
    before = "0"
    for number in range(1, HALVINGS + 1):
        u = f"{{eq_u{number}}}"
        text = f"{u}+SIGN({_rounded(_cubic(u))})*ABS({u}-{before})/2"
        columns.append(Column(f"eq_u{number + 1}", f"halved {number} times", "full", text))
        before = u
    return columns


def _touching() -> list[Column]:
    """The slope at a place, and where the parabola that touches the cubic there has no throughput left."""
    columns = []
    u = f"{{eq_u{HALVINGS + 1}}}"
    for number in range(1, STEPS + 1):
        slope = f"{{eq_d{number}}}"
        bend = f"(3*{{eq_c3}}*{u}+{{eq_c2}})"
        reach = f"(ABS({slope})+MAX(0,{slope}*{slope}-4*{bend}*{_cubic(u)})^0.5)"
        place = f"IF({slope}=0,{u},MAX(0,MIN(1,{u}+2*{_cubic(u)}/{reach})))"
        columns += [
            Column(f"eq_d{number}", f"step {number}: slope", "full", f"(3*{{eq_c3}}*{u}+2*{{eq_c2}})*{u}+{{eq_c1}}"),
            Column(f"eq_v{number}", f"step {number}: place", "full", _rounded(place)),
        ]
        u = f"{{eq_v{number}}}"
    return columns


ROOT = (*_halvings(), *_touching())
"""The steps that find where a cubic that falls from `eq_u` 0 to 1 has nothing left; the place is the last of them."""
PLACE_FOUND = f"eq_v{STEPS}"
SOLVED_STEPS = (
    Column("eq_h", "step of the segment", "full", _on_segment("INDEX({knot_x},{eq_row}+1)-INDEX({knot_x},{eq_row})")),
    Column("eq_c0", "cubic: constant", "full", _power(f"{_held('knot_by_basis')}-{{eq_y}}")),
    Column("eq_c1", "cubic: first power", "full", _power(_LEFT)),
    Column("eq_c2", "cubic: second power", "full", _power(f"3*{_RISE}-2*{_LEFT}-{_RIGHT}")),
    Column("eq_c3", "cubic: third power", "full", _power(f"{_LEFT}+{_RIGHT}-2*{_RISE}")),
    *ROOT,
)
"""From the row of the knot before (`eq_row`, 0 for none) and the throughput (`eq_y`) to the place on the segment."""

EQUAL_COST = (
    Column("b_floor", "B is only a floor", "flag", f"IF({{b_status}}={Status.BELOW},1,0)"),
    Column("eq_y", "throughput of A at B's cost", "tput", 'IF({ratio}="",0,{b_y}/{price_ratio})'),
    Column("eq_knots", "knots of A that give it", "id", f'IF({{ratio}}="",0,{knots_with("a_id")})'),
    Column("eq_code", "equal cost: 1 exact, 2 at least, 3 never, 4 at most", "id", first_true(_CODE, EqualCost.EXACT)),
    Column("eq_row", "row of the knot before", "id", f"IF({_SOLVED},INDEX({{curve_first}},{{a_id}})+{{eq_knots}}-1,0)"),
    *SOLVED_STEPS,
    Column(
        "eq_x",
        "A's speed at B's cost",
        "speed",
        f"IF({{eq_row}}>0,INDEX({{knot_x}},{{eq_row}})+{{{PLACE_FOUND}}}*{{eq_h}},"
        f'IF({{eq_code}}={EqualCost.AT_LEAST},{{a_x_last}},""))',
    ),
    Column("eq_ratio", "times the target", "times", 'IF({eq_x}="","",{eq_x}/{target})'),
)
