"""Where a pair sheet shows figures to people: the rows that a judge reads as they stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.metrics import METRICS
from specxl.model.cells import Formula, resolve
from specxl.sheets.anchors import Anchor
from specxl.sheets.frame import EXPLORER
from specxl.sheets.pair.answer import figure_or_words
from specxl.sheets.pair.places import FIRST_READ
from specxl.sheets.results import OWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref
    from specxl.sheets.pair.draft import Draft, PairDraft
    from specxl.sheets.pair.reads import Reads

_BELOW = {"cost": ("saving",), "y": ("ratio",)}
CHEAPER = "cheaper"
"""The line of the saving with whichever side is the cheaper one."""
COMBINATION_KEYS = ("b_cost", "a_cost", "saving", "ratio")
"""The figures of the table of combinations, from left to right."""


def choice_kind(owner: str) -> str:
    """The kind of the block with the choice in force of a sheet with two sides."""
    return "exploration" if owner == EXPLORER else "selection"


def order_of(owner: str) -> str:
    """The order in which a sheet shows its sides, from top to bottom: Off stands first on the sheet of a pair."""
    return "ab" if owner == EXPLORER else "ba"


def lines_of(metric: str, owner: str) -> tuple[str, ...]:
    """What the rows of a metric show on a sheet, from top to bottom: both sides, and what follows from them."""
    below: tuple[str, ...] = _BELOW.get(metric, ())
    if owner == EXPLORER:
        below = tuple(CHEAPER if line == "saving" else line for line in below)
    return (*(f"{side}_{metric}" for side in order_of(owner)), *below)


def anchor_figures(draft: Draft, reads: Reads) -> None:
    """Anchor the rows of every metric, one column per read. A row is found by what it reads: the layout may move it."""
    anchors, name = draft.plan.anchors, draft.name
    keys = tuple(f"read{number}" for number in range(1, len(reads.blocks) + 1))
    for metric in METRICS:
        first = _cell(draft, figure_or_words(draft.plan, reads.blocks[0], draft.order[0], metric.key))
        lines = tuple((line,) for line in lines_of(metric.key, name))
        anchors.append(Anchor("answer", name, first, keys, lines, metric.key))


def anchor_combinations(draft: PairDraft, combinations: Mapping[int, Ref]) -> None:
    """Anchor the table of combinations of a pair's sheet; those of runs of one's own stand apart."""
    own = {comparison.number for comparison in draft.pair.comparisons if comparison.own}
    for name, numbers in (("", [n for n in combinations if n not in own]), (f"{OWN} ", sorted(own))):
        if numbers:
            subjects, first = tuple((number, 0) for number in numbers), combinations[numbers[0]].right()
            draft.plan.anchors.append(
                Anchor("combinations", "", first, COMBINATION_KEYS, subjects, f"{name}{numbers[0]}")
            )


def _cell(draft: Draft, text: str) -> Ref:
    """The cell of the first read that holds a formula."""
    wanted = resolve(text, draft.name)
    return next(
        draft.sheet.ref(row, col)
        for (row, col), cell in draft.sheet.cells.items()
        if col == FIRST_READ and isinstance(cell.content, Formula) and cell.content.text(row) == wanted
    )
