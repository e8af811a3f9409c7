"""The points of the Curves sheet: the knots with live tangents, and the points off the frontier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.sheets.curve_checks import count_of, differs, is_not, knot_terms
from specxl.sheets.curve_layout import (
    KNOT_COLUMNS,
    KNOT_GIVEN,
    MEASURED,
    METRICS,
    OFF_BEATS,
    OFF_DIFFERS,
    OFF_HEADERS,
    OFF_KNOT,
    OFF_MEASUREMENT,
    OFF_TWIN,
    OFF_X,
    TWINS,
    reference,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from specxl.catalogue import CatalogueCurve
    from specxl.schema import Measurement
    from specxl.sheets.curve_layout import CurveLayout


def lay_knots(layout: CurveLayout) -> None:
    """Lay out the knots of every curve with live tangents, each beside its twin."""
    sheet, head = layout.sheet, layout.knot_head
    sheet.put(
        head - 1,
        0,
        "Knots: the frontier points of every curve, in order of interactivity, with their tangents",
        "heading",
    )
    for key, header in KNOT_GIVEN:
        sheet.put(head, layout.knot_col[key], header, "head")
    for column in KNOT_COLUMNS:
        sheet.put(head, layout.knot_col[column.key], column.header, "head")
    for key, col in layout.twin_col.items():
        sheet.put(head, col, f"reference: {key}", "head")
    sheet.put(head, layout.knot_check_col, "differs from reference", "head")
    row = layout.knot_first
    for curve in layout.catalogue.curves:
        twins = {key: reference(curve, key) for key in TWINS}
        for number, measurement in enumerate(curve.knots, start=1):
            numbers = (curve.id, number, len(curve.knots), measurement.number)
            given = dict(zip((key for key, _ in KNOT_GIVEN), numbers, strict=True))
            for col, content in enumerate(numbers):
                sheet.put(row, col, content, "id")
            # A class that any knot lacks has no spline: the tangents between the knots that have it mean nothing.
            unused = {key for key in TWINS if key.startswith("m_") and twins[key][number - 1] is None}
            _lay_knot_formulas(layout, row, given, unused)
            for key, col in layout.twin_col.items():
                twin = twins[key][number - 1]
                if twin is not None:
                    sheet.put(row, col, twin, "released full")
            row += 1


def _lay_knot_formulas(layout: CurveLayout, row: int, given: Mapping[str, int], unused: Collection[str]) -> None:
    sheet = layout.sheet
    names = {f"measured_{m}": str(layout.measured[MEASURED[m]]) for m in METRICS}
    names["measured_x"] = str(layout.measured["x"])
    for key, col in layout.knot_col.items():
        names[key] = str(sheet.ref(row, col))
        names[f"{key}_up"] = str(sheet.ref(row - 1, col))
        names[f"{key}_down"] = str(sheet.ref(row + 1, col))
    for column in KNOT_COLUMNS:
        sheet.formula(row, layout.knot_col[column.key], column.formula.format_map(names), column.style)
    checked = {key: col for key, col in layout.twin_col.items() if key not in unused}
    pairs = ((sheet.ref(row, layout.knot_col[key]), sheet.ref(row, col)) for key, col in checked.items())
    terms = [differs(live.address, twin.address) for live, twin in pairs]
    terms += knot_terms(KNOT_COLUMNS, names, given, METRICS, unused)
    sheet.formula(row, layout.knot_check_col, count_of(terms), "flag")


def lay_off_frontier(layout: CurveLayout) -> None:
    """Lay out the points off the frontier: what their measurement rows hold, and that no knot is beaten by them."""
    sheet, head = layout.sheet, layout.off_head
    title = "Points off the frontier: measured, but another point is at least as good on both axes"
    sheet.put(head - 1, 0, title, "heading")
    sheet.row(head, 0, OFF_HEADERS, "head")
    row = layout.off_first
    for curve in layout.catalogue.curves:
        for number, measurement in enumerate(curve.off_frontier, start=1):
            _lay_off_point(layout, row, (curve.id, number, measurement.number), measurement)
            _lay_dominance(layout, row, curve)
            row += 1
    if row == layout.off_first:
        sheet.put(row, 0, "none", "muted")


def _lay_off_point(layout: CurveLayout, row: int, given: tuple[int, int, int], measurement: Measurement) -> None:
    """One point: its given numbers, its live values, and the sum of what the reference holds for them."""
    sheet = layout.sheet
    for col, number in enumerate(given):
        sheet.put(row, col, number, "id")
    source = sheet.ref(row, OFF_MEASUREMENT)
    live = [sheet.formula(row, OFF_X, f"INDEX({layout.measured['x']},{source})", "tput")]
    for col, metric in enumerate(METRICS, start=OFF_X + 1):
        value = f"INDEX({layout.measured[MEASURED[metric]]},{source})"
        live.append(sheet.formula(row, col, f'IF(ISNUMBER({value}),{value},"")', "tput"))
    known = (
        measurement.interactivity_tok_s_user,
        measurement.total_tok_s_gpu,
        measurement.output_tok_s_gpu,
        measurement.input_tok_s_gpu,
        measurement.concurrency,
    )
    twin = sheet.put(row, OFF_TWIN, sum(value or 0.0 for value in known), "released full")
    terms = [is_not(str(sheet.ref(row, col)), number) for col, number in enumerate(given)]
    terms.append(differs(f"{live[0]}:{live[-1].address}", str(twin)))
    sheet.formula(row, OFF_DIFFERS, count_of(terms), "flag")


def _lay_dominance(layout: CurveLayout, row: int, curve: CatalogueCurve) -> None:
    """A point off the frontier must not beat the first knot at or above its x: 1 where it does."""
    sheet, strip, place = layout.sheet, layout.strip(), curve.id - 1
    x, total = sheet.ref(row, OFF_X), sheet.ref(row, OFF_X + 1)
    line = f"{strip.cell(place).fix}:{strip.cell(place, strip.columns - 1).fix.address}"
    below = f"SUMPRODUCT(1*({line}<{x}))"
    knot = sheet.formula(row, OFF_KNOT, f"{layout.index('first').cell(place).fix}+{below}", "id")
    beaten = f"INDEX({layout.knots('total')},{knot})>={total}"
    inside = f"IF({below}<{layout.index('knots').cell(place).fix},{beaten},1=0)"
    sheet.formula(row, OFF_BEATS, f"IF({inside},0,1)", "flag")
