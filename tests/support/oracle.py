"""An independent implementation of the whole method, written from its description alone: what the tests compare with.

Nothing here is shared with the package. `oracle_curve` has METHOD 1 to 4, `oracle_compare` 5 and 7, `oracle_targets` 6,
`oracle_summary` the end of 7, `oracle_decisions` 9; their docstrings say how each reads the method where it is terse.
"""

from __future__ import annotations

from support.oracle_compare import GRADES, Comparison, Side, Thresholds, TieOut, compare, same_family, tie_out, worst
from support.oracle_curve import Curve, Point, Read, Spline, fit, frontier, highest_speed, is_valid, read
from support.oracle_decisions import (
    BudgetSpeed,
    Fleet,
    Level,
    Mix,
    Powered,
    Prices,
    Row,
    blended_price,
    break_even_load,
    break_even_price,
    break_even_speeds,
    budget_speed,
    cost_at_load,
    fleet,
    margin,
    powered,
    service_level,
)
from support.oracle_summary import Summary, quantile, summary
from support.oracle_targets import Combination, canonical, canonical_key, common_target, default_targets

__all__ = [
    "GRADES",
    "BudgetSpeed",
    "Combination",
    "Comparison",
    "Curve",
    "Fleet",
    "Level",
    "Mix",
    "Point",
    "Powered",
    "Prices",
    "Read",
    "Row",
    "Side",
    "Spline",
    "Summary",
    "Thresholds",
    "TieOut",
    "blended_price",
    "break_even_load",
    "break_even_price",
    "break_even_speeds",
    "budget_speed",
    "canonical",
    "canonical_key",
    "common_target",
    "compare",
    "cost_at_load",
    "default_targets",
    "fit",
    "fleet",
    "frontier",
    "highest_speed",
    "is_valid",
    "margin",
    "powered",
    "quantile",
    "read",
    "same_family",
    "service_level",
    "summary",
    "tie_out",
    "worst",
]
