"""The fixed places of the Performance sheet: its controls, its table and its charts."""

from __future__ import annotations

from specxl.model.cells import Ref
from specxl.sheets.frame import PERFORMANCE, Columns, TableColumn

DRAWN = 8
"""The most curves that the charts draw."""
FILTERS = ("model", "workload", "precision", "variant", "vendor", "serving")
CONTROLS = (*FILTERS, "metric")
"""The dropdowns, in the order of their codes in workings and blocks."""
_LEFT, _RIGHT = 2, 7
_CELLS = {
    "model": (3, _LEFT), "workload": (4, _LEFT), "precision": (5, _LEFT), "variant": (6, _LEFT),
    "vendor": (3, _RIGHT), "serving": (4, _RIGHT), "metric": (5, _RIGHT), "target": (6, _RIGHT),
}  # fmt: skip
CELLS = {name: Ref(PERFORMANCE, *place, fixed=True) for name, place in _CELLS.items()}
"""The controls by name, the speed among them: inputs, or words where there is one choice only."""
LABEL_COLS = {_LEFT: 0, _RIGHT: 5}
LAST_INPUT_COLS = {_LEFT: 4, _RIGHT: 8}
COUNT_ROW, HEAD_ROW = 7, 8
TABLE = Columns(
    TableColumn("rank", "", 3, "id muted"),
    TableColumn("hardware", "", 12.5, "text"),
    TableColumn("precision", "", 7.5, "text"),
    TableColumn("variant", "", 8, "text"),
    TableColumn("engine", "", 17.6, "text"),
    TableColumn("figure", "", 9.5, "figure strong"),
    TableColumn("span", "", 13.5, "right muted"),
    TableColumn("range", "", 11.5, "right"),
    TableColumn("status", "", 16, "indent"),
)
WIDEST_VARIANT = 26.0
"""Characters of a method with the name of a run of one's own."""
GAP_COL = len(TABLE)
CHART_COL = GAP_COL + 1
LAST_COL = CHART_COL + 5
CHART_ROW = 4
CHART_WIDTH = 12
"""Width of a column under the charts, in characters."""
LARGE, SMALL = (524, 410), (524, 290)
ROW_PIXELS = 20
LONGEST_PAGE = 44
"""Rows that a landscape page holds at the scale at which 10 pt print as 8 pt."""
