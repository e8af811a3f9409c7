"""Whether a manifest names every block of the workbook, whole: nothing may be left out of what is compared.

Blocks follow from each other: the ranking has a row for each comparison, Results four, every pair sheet its reads and its
answer. And a block ends where its cells end: a row of numbers just above or below it belongs to it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.judge.board import KIND
from specxl.judge.expect import CHECKS
from specxl.method.metrics import METRICS
from specxl.returned.view import whole
from specxl.sheets.break_even.plot import CHOICE_KIND, CURVE_KIND, MARK_KIND
from specxl.sheets.fleet.places import FLEET_ROWS
from specxl.sheets.frame import EXPLORER, MOVED, SAME_ENGINE, SUMMARY
from specxl.sheets.moved.places import KIND as MOVED_KIND
from specxl.sheets.pair import reads
from specxl.sheets.pair.figures import choice_kind, lines_of
from specxl.sheets.performance.places import DRAWN
from specxl.sheets.prices import THRESHOLDS
from specxl.sheets.results import OWN, READS, SIDES
from specxl.sheets.summary.draft import CHART_BARS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from specxl.model.manifest import BlockPlace
    from specxl.returned.view import View


Key = tuple[str, str, str]
_PAIRED = ("comparison", "results")
"""Kinds of which each row of one has its row in the other."""
_SIDES = ("a", "b")
LEVEL_KINDS = ("level-rows", "level-slots", "level-shown", "level-bars")
_BESIDE_OTHERS = (
    "answer",
    "in force",
    "selection",
    "exploration",
    "figures",
    "combinations",
    "bars",
    "fleet-shown",
    "fleet-loads",
    "fleet-by-speed",
    "margin",
    "what-if",
)
"""Kinds that other rows of figures may follow directly."""


def incomplete(view: View, blocks: Sequence[BlockPlace]) -> Iterator[str]:
    """Say of every block that is missing, or has fewer or more rows than the workbook holds of it."""
    rows = {(block.kind, block.owner, block.tag): block.rows for block in blocks}
    owners = {block.owner for block in blocks if block.owner} | {
        block.sheet for block in blocks if block.kind == "combinations" and block.sheet != SUMMARY
    }
    owners |= {EXPLORER} & set(view.sheets)
    wanted_rows = _wanted(rows, owners) | _performance(rows) | _of_break_even(view, blocks, rows)
    wanted_rows |= _moved(rows) if MOVED in view.sheets else {}
    if SAME_ENGINE in view.sheets:
        wanted_rows["family", "", ""] = max(rows.get(("family", "", ""), 0), 1)
    for (kind, owner, tag), wanted in wanted_rows.items():
        found = rows.get((kind, owner, tag), 0)
        if found != wanted:
            named = " ".join(part for part in (kind, tag, f"of {owner}" if owner else "") if part)
            yield f"the manifest names {found} rows of {named}, not {wanted}, so the others were not compared"
    for block in blocks:
        if block.kind not in _BESIDE_OTHERS and _goes_on(view, block, blocks):
            yield f"{block.kind} on {block.sheet} goes on beyond the {block.rows} rows that the manifest names"


def _further(rows: dict[Key, int]) -> dict[Key, int]:
    """The rows of comparisons that only some builds have: each has its row in both kinds of block."""
    held = {tag: max(rows.get((kind, "", tag), 0) for kind in _PAIRED) for tag in (OWN, SIDES)}
    return {(kind, "", tag): count for tag, count in held.items() if count for kind in _PAIRED}


def _wanted(rows: dict[Key, int], owners: Collection[str]) -> dict[Key, int]:
    """How many rows each block must have, as far as that follows from the others; `owners` are the sheets with two sides."""
    comparisons = rows.get(("ranking", "", ""), 0)
    names = (*(threshold.name for threshold in THRESHOLDS), "tier", "basis", "factor")
    wanted = {
        ("comparison", "", ""): READS * comparisons,
        ("results", "", ""): READS * comparisons,
        ("ranking", "", ""): max(comparisons, 1),
        ("table", "", ""): comparisons,
        ("bars", "", ""): min(CHART_BARS, comparisons),
        ("figures", "", ""): 1,
        ("rates", "", ""): max(rows.get(("rates", "", ""), 0), 1),
        ("budget", "", ""): comparisons,
        ("even", "", ""): comparisons,
        ("margin", "", ""): 1,
        ("what-if", "", ""): 1,
        **{("in force", "", name): 1 for name in names},
        **_further(rows),
        **{(kind, "", ""): count for kind, count in FLEET_ROWS.items()},
        ("level-choice", "", ""): 1,
        **{(kind, "", ""): max(rows.get((kind, "", ""), 0), 1) for kind in LEVEL_KINDS},
    }
    tops = {int(tag): count for (kind, _, tag), count in rows.items() if kind == "combinations" and tag.isdigit()}
    top = 1
    while top <= comparisons:
        count = max(tops.get(top, 1), 1)
        wanted["combinations", "", str(top)] = count
        top += count
    for owner in owners:
        wanted[(choice_kind(owner), owner, "")] = 1
        wanted[("comparison", owner, "")] = reads.READS
        wanted |= {("answer", owner, metric.key): len(lines_of(metric.key, owner)) for metric in METRICS}
        for side in _SIDES:
            wanted[("targets", owner, side)] = reads.TARGETS
            for kind in ("samples", "knots"):
                wanted[(kind, owner, side)] = max(rows.get((kind, owner, side), 0), 1)
    return wanted


def _of_break_even(view: View, blocks: Sequence[BlockPlace], rows: dict[Key, int]) -> dict[Key, int]:
    """The reads at its own speed, what its chart plots, and the stretches and crossings that its rows say they have."""
    plotted = (*((CURVE_KIND, "", side) for side in _SIDES), (MARK_KIND, "", ""))
    found = [row for block in blocks if block.kind == "even" for row in view.rows(block)]
    last, solved = ([whole(row[key]) for row in found] for key in ("to", "solved"))
    return {
        ("decided", "", ""): rows.get(("ranking", "", ""), 0),
        (CHOICE_KIND, "", ""): 1,
        **{key: max(rows.get(key, 0), 1) for key in plotted},
        ("stretches", "", ""): max(last, default=0),
        ("crossings", "", ""): sum(solved),
    }


def _performance(rows: dict[Key, int]) -> dict[Key, int]:
    """The blocks of the Performance sheet: a row per slot in the table, and the series of as many places as have a curve."""
    kinds = {kind: rows.get((f"{KIND}{kind}", "", ""), 0) for kind in ("lines", "slots")}
    places = min(DRAWN, max(kinds["slots"], 1))
    drawn = [(f"{KIND}{kind}", "", str(place)) for kind in ("samples", "points") for place in range(1, places + 1)]
    return {
        (f"{KIND}choice", "", ""): 1,
        **{(f"{KIND}{kind}", "", ""): max(count, 1) for kind, count in kinds.items()},
        (f"{KIND}table", "", ""): max(kinds["slots"], 1),
        (f"{KIND}marks", "", ""): places,
        **{key: max(rows.get(key, 0), 1) for key in drawn},
    }


def _moved(rows: dict[Key, int]) -> dict[Key, int]:
    """The blocks of How it moved: a row for each day that can be shown in all of them, and a line and a series per side."""
    shown = max(rows.get((f"{MOVED_KIND}blocks", "", ""), 0), 1)
    sided = {
        (f"{MOVED_KIND}{kind}", "", side): count for kind, count in (("line", 1), ("drawn", shown)) for side in _SIDES
    }
    days = max(rows.get((f"{MOVED_KIND}days", "", ""), 0), 1)
    whole_sheet = {"choice": 1, "days": days, "reads": shown, "blocks": shown, "table": shown}
    return sided | {(f"{MOVED_KIND}{kind}", "", ""): count for kind, count in whole_sheet.items()}


def _goes_on(view: View, block: BlockPlace, blocks: Sequence[BlockPlace]) -> bool:
    """Whether a row of numbers stands directly above or below a block that belongs to no other block of its kind."""
    first = block.first
    if block.kind not in CHECKS and not block.kind.endswith("table"):
        return False
    own = range(first.col, first.col + len(block.keys))
    # the series of a chart stand side by side, each in columns of its own
    alike = [
        other
        for other in blocks
        if (other.kind, other.sheet, other.first.col in own) == (block.kind, block.sheet, True)
    ]
    taken = {row for other in alike for row in (other.first.row, other.first.row + other.rows - 1)}
    rows = [row for row in (first.row - 1, first.row + block.rows) if row >= 0 and row not in taken]
    values = [view.value(block.sheet, row, col) for row in rows for col in own]
    return any(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
