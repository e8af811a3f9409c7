"""The sheets of the workbook: one module per kind.

`EXTRA` lists the sheets that nothing else refers to: each is a function that takes the plan and returns its sheets, and
stands between the sheets of the pairs and the tables. Adding one is a file and a line here; its inputs, checks and anchors
go to the plan's registers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.sheets.break_even.sheet import build_break_even
from specxl.sheets.budget.sheet import build_budget
from specxl.sheets.explorer.sheet import build_explorer
from specxl.sheets.fleet.sheet import build_fleet
from specxl.sheets.margin.sheet import build_margin
from specxl.sheets.moved.sheet import build_moved
from specxl.sheets.performance.sheet import build_performance
from specxl.sheets.service_level.sheet import build_service_level

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from specxl.model.cells import Sheet
    from specxl.sheets.plan import Plan

EXTRA: Sequence[Callable[[Plan], list[Sheet]]] = (
    build_performance, build_explorer, build_moved, build_fleet, build_service_level, build_budget, build_break_even,
    build_margin,
)  # fmt: skip
