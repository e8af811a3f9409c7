"""What the pages of all sheets with two sides share: the row of speeds, the sentences below the answer, and their print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.formulas import content, literal, speed
from specxl.sheets.frame import COMMON_TARGET
from specxl.sheets.pair.places import (
    CHART_COL,
    CHART_WIDTH,
    FIRST_FIGURE,
    FIRST_READ,
    GAP_HEIGHT,
    LABEL,
    LAST_COL,
    LAST_READ,
    PRINTED_HEIGHT,
    ROW_HEIGHT,
    SENTENCE_HEIGHT,
    TARGET_ROW,
    WIDTHS,
)
from specxl.sheets.pair.reads import SUMMARY_READ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.model.cells import Ref, Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.pair.draft import Draft
    from specxl.sheets.pair.reads import Reads


def lay_targets(draft: Draft, targets: Sequence[float]) -> tuple[Ref, ...]:
    """Lay out the three speeds to type over, and the Summary's beside them; return the cells of the three."""
    sheet, texts = draft.sheet, draft.texts["controls"]
    sheet.put(TARGET_ROW, LABEL, texts["targets"], "strong rule")
    cells = tuple(
        draft.plan.register.place(
            sheet,
            (TARGET_ROW, FIRST_READ + i),
            target,
            f"{texts['targets']}, {i + 1}",
            style="general right answer",
            message=texts["target_hint"],
        )
        for i, target in enumerate(targets)
    )
    sheet.formula(TARGET_ROW, LAST_READ, content(COMMON_TARGET), "general right muted rule")
    return cells


def lay_in_words(draft: Draft, flow: Flow, sentences: Sequence[Ref], height: float = SENTENCE_HEIGHT) -> None:
    """Lay out the caveat on acceptance, and a sentence per speed in rows of a height in points."""
    sheet = draft.sheet
    row = flow.take()
    sheet.wide(row, LABEL, LAST_COL, draft.texts["acceptance"]["line"], "note")
    if draft.own:
        sheet.wide(flow.take(), LABEL, LAST_COL, draft.texts["own"]["unofficial"], "caution")
    flow.heading(draft.texts["headings"]["words"])
    for number, cell in enumerate(sentences):
        row = flow.take()
        sheet.formula(row, LABEL, _speed_named(draft, number), "strong wrap")
        sheet.formula(row, FIRST_READ, str(cell), "wrap")
        sheet.merges.append(sheet.area(row, FIRST_READ, row, LAST_COL))
        sheet.heights[row] = height
    lay_gap(flow)


def lay_reasons(draft: Draft, flow: Flow, reads: Reads) -> None:
    """Lay out every reason for care at each speed, the notes too, which the sentences leave out."""
    sheet = draft.sheet
    flow.heading(draft.texts["lines"]["flags"])
    for number, words in enumerate(reads.words):
        row = flow.take()
        sheet.formula(row, LABEL, _speed_named(draft, number), "strong")
        sheet.formula(row, FIRST_READ, str(words["flags"]))
    flow.gap()


def _speed_named(draft: Draft, number: int) -> str:
    """Formula: the speed that a line is about, "78 tok/s"; the last one is the Summary's."""
    target = draft.sheet.ref(TARGET_ROW, FIRST_READ + number)
    words = draft.texts["controls"]["summary"] if number == SUMMARY_READ else ""
    named = literal(f"{words}: " if words else "")
    return f'{named}&IF(ISNUMBER({target}),{speed(target, 2)}&" tok/s","")'


def lay_gap(flow: Flow) -> None:
    """Leave a low empty row, so that the page holds more."""
    flow.sheet.heights[flow.take()] = GAP_HEIGHT


def finish_page(sheet: Sheet, last_printed: int) -> None:
    """Set the heights and widths of the first screen, and what is printed, on one page where that can be read."""
    sheet.heights |= dict.fromkeys(range(1, FIRST_FIGURE), ROW_HEIGHT)
    sheet.widths |= WIDTHS | dict.fromkeys(range(CHART_COL, LAST_COL + 1), CHART_WIDTH)
    sheet.freeze = (3, 1)
    sheet.print_area = sheet.area(0, 0, last_printed, LAST_COL)
    # beyond that the type would be too small: then as many pages as it takes
    height = sum(sheet.heights.get(row, ROW_HEIGHT) for row in range(last_printed + 1))
    sheet.one_page = height <= PRINTED_HEIGHT
