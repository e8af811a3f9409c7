"""The formulas by which a chart draws a curve of the Curves sheet: its samples in straight steps, and its measured points.

What must not be drawn stands at x = -1, where the axis, which begins at 0, shows nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import Basis
from specxl.model.formulas import first_true

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref

IDLE = -1
"""The x of a point that must not be drawn."""


def drawable(names: Mapping[str, str], curve: Ref | str) -> str:
    """Formula: 1 where a curve exists and every knot of it has the token class in force."""
    knots = f"INDEX({names['curve_knots']},{curve})"
    counted = [f"IF(INDEX({names[f'curve_{kind}_count']},{curve})={knots},1,0)" for kind in ("output", "input")]
    basis = names["basis"]
    rules = (
        (f"{curve}=0", 0),
        (f"{basis}=0", 0),
        (f"{basis}={Basis.TOTAL}", 1),
        (f"{basis}={Basis.OUTPUT}", counted[0]),
    )
    return first_true(rules, counted[1])


def held(names: Mapping[str, str], table: str, row: str, basis: Ref | str) -> str:
    """Formula: a row of a table with one column per token class, in the class plotted."""
    return f"INDEX({names[f'{table}_by_basis']},{row},{basis})"


def sample_texts(
    names: Mapping[str, str], own: Mapping[str, str], curve: Ref | str, drawn: Ref, basis: Ref
) -> dict[str, str]:
    """Formulas of a sample: the knot before it, its place in the segment, its speed, and its throughput on the token basis.

    Args:
        names: the ranges of Curves; own: the row's cells by key: number, row, u.
        curve: the id of a curve; drawn: 1 where it is drawn; basis: the token class plotted.
    """
    number, row, u = own["number"], own["row"], own["u"]
    count, start = (f"INDEX({names[f'curve_sample_{key}']},{curve})" for key in ("count", "first"))
    place = f"{start}+MIN({number},{count})-1"
    step = f"INDEX({names['knot_h']},{row})"
    beyond = f"{row}+IF({u}>0,1,0)"
    # the weights of METHOD 3, two and two with their common factor before them
    spline = (
        f"(1-{u})*(1-{u})*((1+2*{u})*{held(names, 'knot', row, basis)}+{u}*{step}*{held(names, 'tangent', row, basis)})"
        f"+{u}*{u}*((3-2*{u})*{held(names, 'knot', beyond, basis)}+({u}-1)*{step}*{held(names, 'tangent', beyond, basis)})"
    )
    low, high = (f"INDEX({names[f'curve_{end}_by_basis']},{curve},{basis})" for end in ("min", "max"))
    return {
        "row": f"INDEX({names['sample_knot']},{place})",
        "u": f"INDEX({names['sample_place']},{place})",
        "x": f"IF({drawn}=0,{IDLE},INDEX({names['knot_x']},{row})+{u}*{step})",
        "y": f"IF({drawn}=0,1,MAX({low},MIN({high},{spline})))",
    }


def knot_texts(names: Mapping[str, str], number: str, curve: Ref, drawn: Ref, basis: Ref) -> dict[str, str]:
    """Formulas of a measured point on the curve by its number: its speed and throughput, idle beyond the last."""
    row = f"INDEX({names['curve_first']},{curve})+{number}-1"
    shown = f"AND({drawn}=1,{number}<=INDEX({names['curve_knots']},{curve}))"
    return {
        "x": f"IF({shown},INDEX({names['knot_x']},{row}),{IDLE})",
        "y": f"IF({shown},{held(names, 'knot', row, basis)},1)",
    }
