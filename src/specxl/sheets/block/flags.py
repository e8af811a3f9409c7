"""The comparability flags of METHOD 7: what raises each of them, and how bad it is.

The formulas name cells of a comparison block (`comparison_row`) and thresholds of Assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass

from specxl.method.codes import Grade
from specxl.method.curves import Status


@dataclass(frozen=True, slots=True)
class FlagRule:
    """One flag: its id, its grade, and the formula that is 1 where it is raised."""

    id: str
    grade: Grade
    formula: str


def _either(fact: str) -> str:
    """The larger of both sides' cells: 1 where either side has the fact."""
    return f"MAX({{a_{fact}}},{{b_{fact}}})"


def _mixed(fact: str) -> str:
    """1 where any two of the bracketing knots differ in a fact; an unknown one (code 0) differs from none."""
    low = (
        f"IF(MIN({{a_{fact}_low}},{{b_{fact}_low}})=0,{_either(f'{fact}_low')},MIN({{a_{fact}_low}},{{b_{fact}_low}}))"
    )
    high = f"MAX({{a_{fact}_left}},{{a_{fact}_right}},{{b_{fact}_left}},{{b_{fact}_right}})"
    return f"IF({low}<{high},1,0)"


def _side_is(status: Status) -> str:
    return f"IF(OR({{a_status}}={status},{{b_status}}={status}),1,0)"


_DAYS_APART = "ABS({a_date}-{b_date})"
_THIN = "AND({a_left}>0,{a_knots}<{thin_knots}),AND({b_left}>0,{b_knots}<{thin_knots})"

FLAGS = (
    FlagRule("price_unknown", Grade.STOP, "IF({valid}=1,IF(ISNUMBER({price}),0,1),0)"),
    FlagRule("above_range", Grade.STOP, _side_is(Status.ABOVE)),
    FlagRule("suspect", Grade.STOP, _either("suspect")),
    FlagRule("published_at_odds", Grade.STOP, "{page_odds}"),
    FlagRule("cross_engine", Grade.CAUTION, _mixed("engine")),
    FlagRule("mixed_serving", Grade.CAUTION, _mixed("serving")),
    FlagRule("stale", Grade.CAUTION, f"IF(MIN({{a_date}},{{b_date}})=0,0,IF({_DAYS_APART}>{{stale_days}},1,0))"),
    FlagRule("thin_curve", Grade.CAUTION, f"IF(OR({_THIN}),1,0)"),
    FlagRule("wide_gap", Grade.CAUTION, "IF(MAX({a_gap},{b_gap})>{gap_factor},1,0)"),
    FlagRule("below_frontier", Grade.CAUTION, _side_is(Status.BELOW)),
    FlagRule("published_points", Grade.NOTE, _either("published")),
    FlagRule("synthetic_acceptance", Grade.NOTE, _either("synthetic")),
    FlagRule("warm_up", Grade.NOTE, _either("warm_up")),
    FlagRule("gpu_count", Grade.NOTE, _either("gpu_count")),
)
