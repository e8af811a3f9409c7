"""What a pair sheet's figures rest on: the measurements at the bracketing knots of every read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import quote_sheet
from specxl.model.formulas import content
from specxl.sheets.frame import MEASUREMENTS
from specxl.sheets.measurements import HEAD_ROW as MEASUREMENTS_HEAD
from specxl.sheets.pair.reads import READS

if TYPE_CHECKING:
    from specxl.model.cells import Ref
    from specxl.sheets.pair.reads import Reads
    from specxl.sheets.pair.selection import Draft, Selection

HEADERS = (
    "Read", "Variant", "Knot", "Interactivity (tok/s/user)", "Total (tok/s/GPU)", "Concurrency", "GPUs",
    "TTFT median (s)", "TTFT p99 (s)", "Date", "Engine", "Serving", "Row", "Parallelism",
)  # fmt: skip
ROW_COL, PARALLELISM_COL = 12, 13
# Column, key on Measurements, style.
_COLUMNS = (
    (3, "x", "tput"),
    (4, "total", "tput"),
    (5, "concurrency", "whole"),
    (6, "gpus", "whole"),
    (7, "ttft_median", "seconds"),
    (8, "ttft_p99", "seconds"),
    (9, "date", "date"),
    (10, "engine", "text right"),
    (11, "serving", "text right"),
    (PARALLELISM_COL, "parallelism", "text"),
)


def lay_evidence(draft: Draft, row: int, chosen: Selection, reads: Reads) -> None:
    """Lay out up to four bracketing knots per read, each with a link to its measurement row."""
    sheet = draft.sheet
    sheet.put(row, 0, "Evidence: the measurements that each figure rests on", "heading")
    right = {col for col, _, _ in _COLUMNS} - {PARALLELISM_COL}
    for col, header in enumerate(HEADERS):
        sheet.put(row + 1, col, header, "head right" if col in right else "head")
    sheet.heights[row + 1] = 32
    at = row + 1
    for read, block in zip(READS, reads.blocks, strict=True):
        for side in "ab":
            left, right_knot = block[f"{side}_left"], block[f"{side}_right"]
            # a read on a knot rests on one measurement: its row stands once
            ends = (
                (left, f"{left}=0", f'IF({right_knot}={left},"the knot read","below the target")'),
                (
                    right_knot,
                    f"OR({right_knot}=0,{left}={right_knot})",
                    f'IF({left}={right_knot},"the knot read","above the target")',
                ),
            )
            for knot, idle, place in ends:
                at += 1
                sheet.put(at, 0, read)
                sheet.formula(at, 1, str(chosen[f"label_{side}"]), side)
                sheet.formula(at, 2, f'IF({idle},"-",{place})')
                _lay_measurement(draft, at, knot, idle)


def _lay_measurement(draft: Draft, row: int, knot: Ref, idle: str) -> None:
    """What Measurements says of a knot's row; nothing while the knot is idle."""
    number = f"INDEX({draft.plan.context['knot_measurement']},{knot})"
    for col, key, style in _COLUMNS:
        value = f"INDEX({draft.plan.measured.columns[key]},{number})"
        draft.sheet.formula(row, col, f'IF({idle},"",{content(value)})', style)
    target = f'"#{quote_sheet(MEASUREMENTS)}!A"&({number}+{MEASUREMENTS_HEAD + 1})'
    draft.sheet.formula(row, ROW_COL, f'IF({idle},"",HYPERLINK({target},"row "&{number}))', "link")
