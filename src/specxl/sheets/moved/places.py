"""The fixed places of the sheet How it moved, and the keys of its workings from left to right."""

from __future__ import annotations

from enum import IntEnum

from specxl.sheets.frame import Columns, TableColumn

KIND = "moved_"
"""What the kinds of the blocks of this sheet begin with."""
BLOCKS = f"{KIND}blocks"
ORDER = "ba"
"""The sides from left to right: Off first, as on a pair's sheet."""


class Move(IntEnum):
    """What the cost of a side came to from its first day with a cost to its last; 0 where there are not two."""

    FELL = 1
    ROSE = 2
    LEVEL = 3
    UNDECIDED = 4


CHOICE_KEYS = ("choice", "number", "first", "count", "left_out")
SIDE_FACTS = ("left", "right", "gpus_low", "gpus_high", "count")
READ_KEYS = ("slot", "day", "date", "a_id", "b_id", *(f"{side}_{fact}" for side in ORDER for fact in SIDE_FACTS))
DRAWN_KEYS = ("point", "slot", "x", "cost")
LINE_KEYS = ("count", "first", "last", "cost_first", "cost_last", "move", "engine", "size")
TABLE = Columns(
    TableColumn("date", "", 11, "date"),
    TableColumn("b_cost", "", 11, "cost b"),
    TableColumn("b_status", "", 20, "indent"),
    TableColumn("b_engine", "", 22, "text"),
    TableColumn("b_gpus", "", 10, "right"),
    TableColumn("a_cost", "", 11, "cost a"),
    TableColumn("a_status", "", 20, "indent"),
    TableColumn("a_engine", "", 22, "text"),
    TableColumn("a_gpus", "", 10, "right"),
    TableColumn("ratio", "", 9, "times strong"),
    TableColumn("words", "", 24, "indent"),
)
LAST_COL = len(TABLE) - 1
CONTROL_ROW, NOTE_ROW, FIRST_SENTENCE = 3, 4, 5
CHART_HEAD = FIRST_SENTENCE + len(ORDER)
CHART_ROW, CHART_SIZE, ROW_PIXELS = CHART_HEAD + 1, (1180, 220), 20
TABLE_ROW = CHART_ROW + CHART_SIZE[1] // ROW_PIXELS + 1
PAGE_HEIGHT = 600.0
"""Points of the sheet that a landscape page holds where its width fits."""
