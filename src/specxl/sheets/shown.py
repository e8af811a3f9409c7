"""How the figures of a comparison block are shown: as numbers, or in words where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import Better, Bound
from specxl.method.curves import Status
from specxl.model.cells import Highlight
from specxl.model.formulas import cases, literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref, Sheet
    from specxl.sheets.plan import Plan


def figure_or_words(plan: Plan, block: Mapping[str, Ref], side: str, key: str) -> str:
    """Formula: a figure of one side, or in words why there is none although the curve exists."""
    words = plan.house.texts["labels"]["missing"]
    y, value = block[f"{side}_y"], block[f"{side}_{key}"]
    if key == "y":
        return f'IF({block[f"{side}_status"]}<{Status.ABOVE},"",IF(ISNUMBER({y}),{y},{literal(words[key])}))'
    return f'IF(ISNUMBER({value}),{value},IF(ISNUMBER({y}),{literal(words[key])},""))'


def better_word(block: Mapping[str, Ref], label_a: Ref, label_b: Ref) -> str:
    """Formula: the better variant's label, "tie", "open" between two lower bounds, or empty text."""
    words = ((Better.A, str(label_a)), (Better.B, str(label_b)), (Better.TIE, '"tie"'))
    return f'IF({block["bound"]}={Bound.OPEN},"open",{cases(block["better"], words)})'


def grey_above_range(sheet: Sheet, cell: Ref, status: Ref) -> None:
    """Above the measured range a figure is the last knot's, for orientation only: grey, beside the status in words."""
    area = sheet.area(cell.row, cell.col, cell.row, cell.col)
    sheet.highlights.append(Highlight(area, "", "grey", when=f"{status.fix}={Status.ABOVE}"))
