"""The index of the Curves sheet: one row per curve, by which a comparison finds its curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.catalogue import BEST
from specxl.model.cells import Formula, in_row, resolve
from specxl.schema import workload_label
from specxl.sheets.curves.checks import count_of, differs, is_not
from specxl.sheets.curves.layout import INDEX_HEAD, INDEX_LABELS, INDEX_TWINS, METRICS, reference

if TYPE_CHECKING:
    from specxl.house import House
    from specxl.method.catalogue import Catalogue, CatalogueCurve
    from specxl.sheets.curves.layout import CurveLayout

POOLED = "best of all"


def lay_index(layout: CurveLayout, house: House) -> None:
    """Lay out one row per curve: its labels, where its points stand, its ends and bounds, and its x side by side."""
    sheet = layout.sheet
    sheet.put(INDEX_HEAD - 1, 0, "Index: one row per curve; a comparison finds its curve by the id", "heading")
    headers = dict(enumerate(INDEX_LABELS))
    headers |= {col: key.replace("_", " ") for key, col in layout.index_col.items()}
    headers |= {layout.strip_col + i: f"x{i + 1}" for i in range(layout.catalogue.longest)}
    headers |= {layout.index_twin_col + i: f"reference: {key}" for i, key in enumerate(INDEX_TWINS)}
    headers |= {layout.index_check_col: "differs from reference"}
    headers |= {layout.strip_twin_col + i: f"reference: x{i + 1}" for i in range(layout.catalogue.longest)}
    for col, text in headers.items():
        sheet.put(INDEX_HEAD, col, text, "head")
    first, patterns = 1, _index_patterns(layout)
    for curve in layout.catalogue.curves:
        row = layout.index_first + curve.id - 1
        _lay_labels(layout, house, curve, row)
        for col, pattern, style in patterns:
            sheet.copy(row, col, pattern, style)
        _lay_index_twins(layout, curve, row, first)
        first += len(curve.knots)


def _lay_labels(layout: CurveLayout, house: House, curve: CatalogueCurve, row: int) -> None:
    sheet, key = layout.sheet, curve.key
    labels = (
        house.model(key.model).label,
        house.hardware(key.hardware).label,
        house.precision_label(key.precision),
        workload_label(key.workload),
        house.variant_label(key.variant),
        POOLED if key.scope == BEST else house.engine_label(key.scope),
    )
    sheet.put(row, 0, curve.id, "id")
    sheet.row(row, 1, labels)


def _index_patterns(layout: CurveLayout) -> list[tuple[int, str, str]]:
    """Column, formula and style: look a curve's rows up by its id, and take its ends and bounds from them."""
    own, at = in_row(0), {key: in_row(col) for key, col in layout.index_col.items()}
    ids, x, off_ids = layout.knots("id"), layout.knots("x"), layout.off(0)
    last = f"{at['first']}+{at['knots']}-1"
    # total throughput descends along a frontier, so its ends are its bounds
    entries = [
        ("first", f"MATCH({own},{ids},0)", "id"),
        ("knots", f"COUNTIF({ids},{own})", "id"),
        ("x_min", f"INDEX({x},{at['first']})", "tput"),
        ("x_max", f"INDEX({x},{last})", "tput"),
        ("total_min", f"INDEX({layout.knots('total')},{last})", "tput"),
        ("total_max", f"INDEX({layout.knots('total')},{at['first']})", "tput"),
    ]
    for m in METRICS[1:]:
        entries += [
            (f"{m}_min", f"INDEX({layout.knots(f'low_{m}')},{last})", "tput"),
            (f"{m}_max", f"INDEX({layout.knots(f'high_{m}')},{last})", "tput"),
            (f"{m}_count", f"INDEX({layout.knots(f'known_{m}')},{last})", "id"),
        ]
    entries += [
        ("off_count", f"COUNTIF({off_ids},{own})", "id"),
        ("off_first", f"IF({at['off_count']}=0,0,MATCH({own},{off_ids},0))", "id"),
    ]
    placed = [(layout.index_col[key], text, style) for key, text, style in entries]
    for i in range(layout.catalogue.longest):
        place = f"{at['first']}+MIN({i + 1},{at['knots']})-1"
        placed.append((layout.strip_col + i, f"INDEX({x},{place})", "tput"))
    return [(col, resolve(text, layout.sheet.name), style) for col, text, style in placed]


def _off_first(catalogue: Catalogue, curve: CatalogueCurve) -> int:
    """Where the curve's points off the frontier begin in their table, from 1; 0 without any."""
    before = sum(len(c.off_frontier) for c in catalogue.curves if c.id < curve.id)
    return before + 1 if curve.off_frontier else 0


def _index_reference(layout: CurveLayout, curve: CatalogueCurve, first: int) -> dict[str, float | None]:
    """What the reference holds for a row of the index; None for the bounds of a class that is not published."""
    twins: dict[str, float | None] = {
        "first": first,
        "knots": len(curve.knots),
        "x_min": float(curve.fit.x[0]),
        "x_max": float(curve.fit.x[-1]),
        "off_count": len(curve.off_frontier),
        "off_first": _off_first(layout.catalogue, curve),
    }
    for m in METRICS:
        values = reference(curve, m)
        known = [v for v in values if v is not None]
        complete = len(known) == len(values)
        twins[f"{m}_min"], twins[f"{m}_max"] = (min(known), max(known)) if complete else (None, None)
    return twins


def _lay_index_twins(layout: CurveLayout, curve: CatalogueCurve, row: int, first: int) -> None:
    sheet, col = layout.sheet, layout.index_col
    at = {key: str(sheet.ref(row, c)) for key, c in col.items()}
    checks = [is_not(str(sheet.ref(row, 0)), curve.id)]
    for key, twin in _index_reference(layout, curve, first).items():
        if twin is None:
            formula = sheet.cells[row, col[key]].content
            checks.append(is_not(at[key], formula.text if isinstance(formula, Formula) else 0))
        else:
            ref = sheet.put(row, layout.index_twin_col + INDEX_TWINS.index(key), twin, "released full")
            checks.append(is_not(at[key], ref) if isinstance(twin, int) else differs(at[key], str(ref)))
    checks.append(f"(COUNT({at['first']}:{at['conc_count']})<>{len(col)})")
    padded = [float(curve.fit.x[min(i, len(curve.fit.x) - 1)]) for i in range(layout.catalogue.longest)]
    twins = sheet.row(row, layout.strip_twin_col, padded, "released full")
    last = layout.strip_col + layout.catalogue.longest - 1
    checks.append(f"SUMPRODUCT(1*({sheet.area(row, layout.strip_col, row, last)}<>{twins}))")
    for m in METRICS[1:]:
        known = sum(v is not None for v in reference(curve, m))
        checks.append(is_not(at[f"{m}_count"], known))
    checks += _label_terms(layout, curve, row)
    sheet.formula(row, layout.index_check_col, count_of(checks), "flag")


def _label_terms(layout: CurveLayout, curve: CatalogueCurve, row: int) -> list[str]:
    """The labels of a curve must be those of the measurement behind its first knot."""
    sheet = layout.sheet
    number = f"INDEX({layout.knots('measurement')},{sheet.ref(row, layout.index_col['first'])})"
    keys = ["model", "hardware", "precision", "workload", "variant", *([] if curve.key.scope == BEST else ["engine"])]
    terms = [
        is_not(str(sheet.ref(row, i)), f"INDEX({layout.measured[key]},{number})") for i, key in enumerate(keys, start=1)
    ]
    return [*terms, is_not(str(sheet.ref(row, 6)), f'"{POOLED}"')] if curve.key.scope == BEST else terms
