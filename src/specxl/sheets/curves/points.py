"""The points of the Curves sheet: the knots with live tangents, and the points off the frontier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.curves import METRICS
from specxl.model.cells import in_row, resolve
from specxl.sheets.curves.checks import count_of, differs, is_not, knot_terms
from specxl.sheets.curves.layout import (
    KNOT_COLUMNS,
    KNOT_GIVEN,
    OFF_BEATS,
    OFF_DIFFERS,
    OFF_HEADERS,
    OFF_KNOT,
    OFF_MEASUREMENT,
    OFF_TWIN,
    OFF_X,
    SAMPLE_HEADERS,
    SAMPLE_KNOT,
    SAMPLE_PLACE,
    TWINS,
    reference,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from specxl.method.catalogue import CatalogueCurve
    from specxl.schema import Measurement
    from specxl.sheets.curves.layout import CurveLayout


def lay_knots(layout: CurveLayout) -> None:
    """Lay out the knots of every curve with live tangents, each beside its twin."""
    _lay_knot_head(layout)
    sheet, names, row = layout.sheet, _knot_names(layout), layout.knot_first
    patterns = [(layout.knot_col[c.key], c.formula.format_map(names), c.style) for c in KNOT_COLUMNS]
    for curve in layout.catalogue.curves:
        twins = {key: reference(curve, key) for key in TWINS}
        # A class that any knot lacks has no spline: the tangents between the knots that have it mean nothing.
        unused = {key for key, known in twins.items() if key.startswith("m_") and None in known}
        test = _knot_test(layout, names, unused)
        for number, measurement in enumerate(curve.knots, start=1):
            given = (curve.id, number, len(curve.knots), measurement.number)
            for col, content in enumerate(given):
                sheet.put(row, col, content, "id")
            for col, pattern, style in patterns:
                sheet.copy(row, col, pattern, style)
            for key, col in layout.twin_col.items():
                twin = twins[key][number - 1]
                if twin is not None:
                    sheet.put(row, col, twin, "released full")
            moved = [is_not(sheet.ref(row, col).address, content) for col, content in enumerate(given)]
            sheet.formula(row, layout.knot_check_col, count_of(moved), "flag")
            sheet.copy(row, layout.knot_check_col + 1, test, "flag")
            row += 1


def _lay_knot_head(layout: CurveLayout) -> None:
    sheet, head = layout.sheet, layout.knot_head
    title = "Knots: the frontier points of every curve, in order of interactivity, with their tangents"
    sheet.put(head - 1, 0, title, "heading")
    headers = {layout.knot_col[key]: header for key, header in KNOT_GIVEN}
    headers |= {layout.knot_col[column.key]: column.header for column in KNOT_COLUMNS}
    headers |= {col: f"reference: {key}" for key, col in layout.twin_col.items()}
    headers |= {layout.knot_check_col: "not the built numbers", layout.knot_check_col + 1: "differs from reference"}
    for col, text in headers.items():
        sheet.put(head, col, text, "head")


def _knot_names(layout: CurveLayout) -> dict[str, str]:
    """What the formulas of a knot may name, as patterns: the row's cells, those above and below, and Measurements."""
    sheet = layout.sheet.name
    names = {f"measured_{m}": resolve(str(layout.measured[m]), sheet) for m in METRICS}
    names["measured_x"] = resolve(str(layout.measured["x"]), sheet)
    for key, col in (layout.knot_col | {f"twin_{key}": col for key, col in layout.twin_col.items()}).items():
        names |= {key: in_row(col), f"{key}_up": in_row(col, -1), f"{key}_down": in_row(col, 1)}
    return names


def _knot_test(layout: CurveLayout, names: Mapping[str, str], unused: Collection[str]) -> str:
    """The pattern that counts what differs in a knot's row from the reference, and from what its workings must be."""
    terms = [differs(names[key], names[f"twin_{key}"]) for key in layout.twin_col if key not in unused]
    return count_of([*terms, *knot_terms(KNOT_COLUMNS, names, METRICS, unused)])


def lay_off_frontier(layout: CurveLayout) -> None:
    """Lay out the points off the frontier: what their measurement rows hold, and that no knot is beaten by them."""
    sheet, head = layout.sheet, layout.off_head
    title = "Points off the frontier: measured, but another point is at least as good on both axes"
    sheet.put(head - 1, 0, title, "heading")
    sheet.row(head, 0, OFF_HEADERS, "head")
    row, patterns = layout.off_first, _off_patterns(layout)
    for curve in layout.catalogue.curves:
        for number, measurement in enumerate(curve.off_frontier, start=1):
            _lay_off_point(layout, row, (curve.id, number, measurement.number), measurement, patterns)
            _lay_dominance(layout, row, curve)
            row += 1
    if row == layout.off_first:
        sheet.put(row, 0, "none", "muted")


def _off_patterns(layout: CurveLayout) -> list[str]:
    """The formulas of a point's live values, from x on."""
    source = in_row(OFF_MEASUREMENT)
    values = [f"INDEX({layout.measured[metric]},{source})" for metric in METRICS]
    texts = [f"INDEX({layout.measured['x']},{source})", *(f'IF(ISNUMBER({value}),{value},"")' for value in values)]
    return [resolve(text, layout.sheet.name) for text in texts]


def _lay_off_point(
    layout: CurveLayout, row: int, given: tuple[int, int, int], measurement: Measurement, patterns: Sequence[str]
) -> None:
    """One point: its given numbers, its live values, and the sum of what the reference holds for them."""
    sheet = layout.sheet
    for col, number in enumerate(given):
        sheet.put(row, col, number, "id")
    live = [sheet.copy(row, col, pattern, "tput") for col, pattern in enumerate(patterns, start=OFF_X)]
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
    sheet, strip, place = layout.sheet, layout.strip("x"), curve.id - 1
    x, total = sheet.ref(row, OFF_X), sheet.ref(row, OFF_X + 1)
    line = f"{strip.cell(place).fix}:{strip.cell(place, strip.columns - 1).fix.address}"
    below = f"SUMPRODUCT(1*({line}<{x}))"
    knot = sheet.formula(row, OFF_KNOT, f"{layout.index('first').cell(place).fix}+{below}", "id")
    beaten = f"INDEX({layout.knots('total')},{knot})>={total}"
    inside = f"IF({below}<{layout.index('knots').cell(place).fix},{beaten},1=0)"
    sheet.formula(row, OFF_BEATS, f"IF({inside},0,1)", "flag")


def lay_samples(layout: CurveLayout) -> None:
    """Lay out where charts draw each curve: the knot before each point, and its place in the segment that begins there."""
    sheet, head = layout.sheet, layout.sample_head
    title = "Chart samples: straight lines between these points stay within 1 % of the curve"
    sheet.put(head - 1, 0, title, "heading")
    sheet.row(head, 0, SAMPLE_HEADERS, "head")
    row, first = layout.sample_first, 1
    for curve, samples in zip(layout.catalogue.curves, layout.samples, strict=True):
        for knot, place in zip(samples.knot.tolist(), samples.place.tolist(), strict=True):
            sheet.put(row, 0, curve.id, "id")
            sheet.put(row, SAMPLE_KNOT, first + knot, "id")
            sheet.put(row, SAMPLE_PLACE, place, "full")
            row += 1
        first += len(curve.knots)
