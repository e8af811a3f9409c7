"""What a pair sheet's figures rest on: the measurements around every speed, each once, only rows that exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.catalogue import BEST
from specxl.model.cells import quote_sheet
from specxl.model.formulas import content, literal
from specxl.sheets.frame import MEASUREMENTS, head_style
from specxl.sheets.measurements import HEAD_ROW as MEASUREMENTS_HEAD

if TYPE_CHECKING:
    from specxl.method.catalogue import Pair
    from specxl.model.cells import Range, Ref
    from specxl.model.flow import Flow
    from specxl.sheets.pair.draft import Draft, Shown
    from specxl.sheets.pair.reads import Reads

MOST_ROWS = 16
"""Four reads of two sides with two measurements each."""
# Header, key on Measurements, style; the first column names the side and leads to the row.
_COLUMNS = (
    ("Speed, tok/s", "x", "tput"),
    ("tok/s per GPU", "total", "tput"),
    ("Requests", "concurrency", "whole"),
    ("GPUs", "gpus", "whole"),
    ("First token, median s", "ttft_median", "price"),
    ("p99 s", "ttft_p99", "price"),
    ("Date", "date", "date"),
    ("Engine", "engine", "indent"),
    ("Serving", "serving", "small"),
    ("Data audit", "audit", "text"),
)
_PLACES = (1, 2, 3, 4, 6, 7, 8, 9, 11, 12)
_FREE = (5, 10, 13, 14)
"""Columns that hold nothing: the gap beside the figures, and those that engines and findings run into."""
LABEL = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measurements that the reads rest on, place by place: their numbers (0 for none) and their sides (1 A, 2 B)."""

    numbers: Range
    sides: Range


def evidence_rows(pair: Pair) -> int:
    """The most measurements that the reads of a pair's sheet can rest on, whatever is chosen."""
    scopes = [(c.curve("a", key), c.curve("b", key)) for c in pair.comparisons for key in (BEST, *pair.engines)]
    return min(MOST_ROWS, max(sum(len(curve.knots) for curve in sides if curve) for sides in scopes))


def lay_evidence_list(flow: Flow, reads: Reads, rows: int) -> Evidence:
    """Lay out every measurement that a read rests on, in order of side and speed, each counted once.

    `rows` is how many of them there can be.
    """
    sheet = flow.sheet
    flow.heading("Evidence: measurements that the reads rest on, each counted once")
    flow.heads(("Side: 1 A, 2 B", "Measurement", "Counts", "Place", "By place: row", "Its measurement", "Its side"))
    first = flow.take(MOST_ROWS)
    last = first + MOST_ROWS - 1
    knots = [(side, block[f"{side}_m_{end}"]) for side in "ab" for block in reads.blocks for end in ("left", "right")]
    places = sheet.area(first, 3, last, 3)
    for row, (side, knot) in enumerate(knots, start=first):
        sheet.put(row, 0, 1 if side == "a" else 2, "id")
        held = sheet.formula(row, 1, str(knot), "id")
        above = [f"({sheet.ref(earlier, 1)}={held})" for earlier in range(first, row)]
        seen = "+".join(("0", *above))  # one truth value by itself is no number that could equal 0
        counts = sheet.formula(row, 2, f"IF({held}=0,0,IF({seen}=0,1,0))", "flag")
        before = f"SUM({sheet.ref(first, 2).fix}:{counts.address})"
        sheet.formula(row, 3, f"IF({counts}=1,{before},0)", "id")
        place = row - first + 1
        if place > rows:
            continue
        found = sheet.formula(row, 4, f"IF({place}>MAX({places}),0,MATCH({place},{places},0))", "id")
        sheet.formula(row, 5, f"IF({found}=0,0,INDEX({sheet.area(first, 1, last, 1)},{found}))", "id")
        sheet.formula(row, 6, f"IF({found}=0,0,INDEX({sheet.area(first, 0, last, 0)},{found}))", "id")
    flow.gap()
    shown = first + rows - 1
    return Evidence(sheet.area(first, 5, shown, 5), sheet.area(first, 6, shown, 6))


def _named(chosen: Shown, measurement: Ref, side: Ref) -> str:
    """Formula: the side of a measurement and a link to its row; empty text where there is none."""
    named = f"IF({side}=1,{chosen.marks['a']},{chosen.marks['b']})"
    target = f'"#{quote_sheet(MEASUREMENTS)}!A"&({measurement}+{MEASUREMENTS_HEAD + 1})'
    return f'IF({measurement}=0,"",HYPERLINK({target},{named}&", row "&{measurement}))'


def lay_evidence(draft: Draft, flow: Flow, chosen: Shown, found: Evidence) -> Ref:
    """Lay out the measurements behind the figures, each with a link to its row; return the heading's cell."""
    sheet, plan = draft.sheet, draft.plan
    heading = flow.heading(draft.texts["headings"]["evidence"])
    head = flow.take()
    sheet.put(head, LABEL, "Side and row", "head")
    for col, (header, _, style) in zip(_PLACES, _COLUMNS, strict=True):
        sheet.put(head, col, header, head_style(style))
    for col in _FREE:
        sheet.put(head, col, None, "head")
    sheet.heights[head] = 30
    for place in range(found.numbers.rows):
        row = flow.take()
        measurement, side = found.numbers.cell(place), found.sides.cell(place)
        none = f"{measurement}=0"
        sheet.formula(row, LABEL, _named(chosen, measurement, side), "link")
        for col, (_, key, style) in zip(_PLACES, _COLUMNS, strict=True):
            value = f"INDEX({plan.measured.columns[key]},{measurement})"
            sheet.formula(row, col, f'IF({none},"",{content(value)})', style)
    flow.gap()
    if plan.scored:
        _lay_scores(draft, flow, chosen, found)
    return heading


def _lay_scores(draft: Draft, flow: Flow, chosen: Shown, found: Evidence) -> None:
    """The scores of the same measurements' configurations, each a line of words, which no column beside figures could hold."""
    sheet, plan = draft.sheet, draft.plan
    texts = plan.house.texts["evaluations"]
    flow.heading(texts["heading"])
    for place in range(found.numbers.rows):
        row, measurement = flow.take(), found.numbers.cell(place)
        sheet.formula(row, LABEL, _named(chosen, measurement, found.sides.cell(place)), "link")
        said = f"INDEX({plan.measured.columns['score_words']},{measurement})"
        words = f'IF({content(said)}="",{literal(texts["none"])},{said})'
        sheet.formula(row, _PLACES[0], f'IF({measurement}=0,"",{words})')
    flow.gap()
