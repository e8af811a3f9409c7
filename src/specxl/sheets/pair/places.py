"""The few fixed places of a pair sheet: its columns, and the rows of the first screen above the answer."""

from __future__ import annotations

from specxl.sheets.pair.reads import SUMMARY_READ

# Columns: the label, one per read (three speeds and the Summary's), a gap, then the chart.
LABEL, FIRST_READ = 0, 1
LAST_READ = FIRST_READ + SUMMARY_READ
CHART_COL = LAST_READ + 2
LAST_COL = 14
CONTROL_ROWS = (3, 4, 5, 6)
TARGET_ROW, RANGE_ROW = 7, 8
FIRST_FIGURE = 9
PRINTED_HEIGHT = 662.0
"""What a landscape page holds at the scale at which 10 pt print as 8 pt, in points of the sheet."""
ROW_HEIGHT, SENTENCE_HEIGHT, GAP_HEIGHT = 15.0, 26.0, 6.0
CHART_WIDTH = 10.3
"""Width of a column under the charts, in characters."""
WIDTHS = {LABEL: 23.5, **dict.fromkeys(range(FIRST_READ, LAST_READ + 1), 13.6), LAST_READ + 1: 1.5}
