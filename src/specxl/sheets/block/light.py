"""A light comparison block: cost, verdict and stops at a speed, in a third of the full block's columns.

What has a key of the full block holds the same; what stands between is written into one formula. So a sheet can read every
comparison at a speed of its own without making the file much larger.
"""

from __future__ import annotations

from specxl.method.codes import End, Grade
from specxl.method.curves import Status
from specxl.sheets.block.column import Column
from specxl.sheets.block.columns import FIGURES, GIVEN, HAS, PLACE, RATIOS, START, caveats, plain, sided
from specxl.sheets.block.flags import FLAGS, KNOTS

STOPS = tuple(flag for flag in FLAGS if flag.grade == Grade.STOP)
_AS_THERE = {column.key: column for column in (*PLACE, *FIGURES, *RATIOS)}
_NO_READ = f"{{status}}<{Status.BELOW}"
_SEGMENT = "MAX(1,MIN(MATCH({x_read},INDEX({curve_strip},{id},0),1),{knots}-1))"
_LEFT, _RIGHT = "{row_left},{basis}", "{row_right},{basis}"
_STEP = "({x_right}-{x_left})"
# the weights of METHOD 3, two and two with their common factor before them
_SPLINE = (
    f"(1-{{u}})*(1-{{u}})*((1+2*{{u}})*INDEX({{knot_by_basis}},{_LEFT})+{{u}}*{_STEP}*INDEX({{tangent_by_basis}},{_LEFT}))"
    f"+{{u}}*{{u}}*((3-2*{{u}})*INDEX({{knot_by_basis}},{_RIGHT})+({{u}}-1)*{_STEP}*INDEX({{tangent_by_basis}},{_RIGHT}))"
)
_BOUNDS = ("INDEX({curve_min_by_basis},{id},{basis})", "INDEX({curve_max_by_basis},{id},{basis})")


def _measurement(end: str, other: str, at: End) -> str:
    """Formula: the measurement at an end of the segment, or at the other end where the speed lies on that."""
    return f"IF({_NO_READ},0,INDEX({{knot_measurement}},IF({{at}}={at},{{row_{other}}},{{row_{end}}})))"


SIDE = (
    *PLACE[:4],
    _AS_THERE["row_left"]._replace(formula=f"IF({{knots}}=0,0,INDEX({{curve_first}},{{id}})+{_SEGMENT}-1)"),
    *(_AS_THERE[key] for key in ("row_right", "x_left", "x_right", "u", "at", "status")),
    HAS,
    _AS_THERE["y"]._replace(formula=f'IF(OR({{has}}=0,{_NO_READ}),"",MAX({_BOUNDS[0]},MIN({_BOUNDS[1]},{_SPLINE})))'),
    _AS_THERE["cost"],
    Column("m_left", "measurement of left knot", "id", _measurement("left", "right", End.RIGHT)),
    Column("m_right", "measurement of right knot", "id", _measurement("right", "left", End.LEFT)),
)
_ENDS = (("a", "b", "left"), ("a", "b", "right"), ("b", "a", "left"), ("b", "a", "right"))
_RESTS_ON = {
    key: f"IF({{{first}_m_left}}>0,{{{first}_m_{end}}},{{{other}_m_{end}}})"
    for key, (first, other, end) in zip(KNOTS, _ENDS, strict=True)
}
LIGHT_ROW = (
    *plain((*(column for column in GIVEN if not column.key.endswith("power")), *START)),
    *sided(SIDE),
    *plain(tuple(_AS_THERE[key] for key in ("price_ratio", "reason", "r", "verdict", "ratio", "better"))),
    *plain(tuple(c._replace(formula=_RESTS_ON.get(c.key, c.formula)) for c in caveats(STOPS))),
)
