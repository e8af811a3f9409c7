"""The cells by which the Explorer is driven, and what each of them offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.metrics import METRICS
from specxl.model.formulas import literal
from specxl.sheets.explorer.offer import CHOICES
from specxl.sheets.pair.draft import SIDES
from specxl.sheets.pair.page import lay_targets
from specxl.sheets.pair.places import CHART_COL, LABEL, TARGET_ROW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref
    from specxl.sheets.explorer.offer import Offer, Opening
    from specxl.sheets.explorer.tables import Tables
    from specxl.sheets.pair.draft import Draft

HEAD_ROW = 3
SIDE_ROWS = {side: HEAD_ROW + number for number, side in enumerate(SIDES, start=1)}
PLACES = {
    "model": (1, 2), "hardware": (3, 4), "precision": (6, 6), "workload": (7, 7), "variant": (8, 8), "scope": (9, 10),
    "price": (11, 11), "power": (12, 12), "measured": (13, 14),
}  # fmt: skip
"""First and last column of what is chosen and shown of each side; the narrow column between stays free."""
_FIGURES = ("price", "power", "measured")
TIER_COL, METRIC_COL = CHART_COL + 1, CHART_COL + 5
TIER_SPAN, METRIC_SPAN = 2, 3


@dataclass(frozen=True, slots=True)
class Controls:
    """The cells by which the Explorer is driven: six choices a side, price basis, what the chart shows, three speeds."""

    sides: Mapping[str, Mapping[str, Ref]]
    tier: Ref
    metric: Ref
    targets: tuple[Ref, ...]


@dataclass(frozen=True)
class ExplorerSheet:
    """What a judge needs in order to drive the sheet: what it offers, what it opens on, and its controls."""

    offer: Offer
    opening: Opening
    controls: Controls


def lay_controls(draft: Draft, offer: Offer, start: Opening, tables: Tables) -> Controls:
    """Lay out a row of dropdowns per side, then price basis and chart beside the three speeds; one choice is a word."""
    sheet, texts = draft.sheet, draft.texts["controls"]
    lists, labels = draft.plan.workings.lists, draft.plan.house.texts["labels"]
    _lay_head(draft)
    sides = {side: _lay_side(draft, offer, start, tables, side) for side in SIDES}
    cells = {}
    for name, col, span, value, area in (
        ("tier", TIER_COL, TIER_SPAN, labels["as_workbook"], lists["sheet_tiers"]),
        ("metric", METRIC_COL, METRIC_SPAN, labels["metrics"][METRICS[0].key]["name"], lists["metrics"]),
    ):
        sheet.put(TARGET_ROW, col - 1, texts[name], "strong")
        sheet.merges.append(sheet.area(TARGET_ROW, col, TARGET_ROW, col + span))
        place, hint = (TARGET_ROW, col), texts[f"{name}_hint"]
        cells[name] = draft.plan.register.place(
            sheet, place, value, texts[name], style="left", choices=area, message=hint
        )
    return Controls(sides, cells["tier"], cells["metric"], lay_targets(draft, start.targets))


def _lay_head(draft: Draft) -> None:
    """The names of the choices, and of what is shown of each side beside them."""
    sheet, texts = draft.sheet, draft.texts["controls"]
    for name, (first, last) in PLACES.items():
        style = "head right" if name in _FIGURES else "head"
        if last > first:
            sheet.merges.append(sheet.area(HEAD_ROW, first, HEAD_ROW, last))
        if name == "price":
            sheet.formula(HEAD_ROW, first, f"{draft.plan.context['currency']}&{literal(texts[name])}", style)
        else:
            sheet.put(HEAD_ROW, first, texts[name], style)
    for col in (LABEL, CHART_COL - 1):
        sheet.put(HEAD_ROW, col, None, "head")


def _lay_side(draft: Draft, offer: Offer, start: Opening, tables: Tables, side: str) -> dict[str, Ref]:
    """The six choices of a side."""
    sheet, texts, row = draft.sheet, draft.texts["controls"], SIDE_ROWS[side]
    sheet.put(row, LABEL, texts[f"side_{side}"], f"strong {side}")
    places = offer.places(start.a if side == "a" else start.b)
    cells = {}
    for step, place in zip(CHOICES, places, strict=True):
        first, last = PLACES[step]
        if last > first:
            sheet.merges.append(sheet.area(row, first, row, last))
        value, area = offer.labels[step][place - 1], tables.lists[step]
        if area.rows == 1:
            cells[step] = sheet.put(row, first, value, "left")
            continue
        label = f"{texts[f'side_{side}']}: {texts[step]}"
        cells[step] = draft.plan.register.place(
            sheet, (row, first), value, label, style="left", choices=area, message=texts["choice_hint"]
        )
    return cells
