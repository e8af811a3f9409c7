"""The Curves sheet: an index of the curves, their knots with live tangents, and the points off the frontier.

Each live column has a twin that holds what the reference computed at the build; the sum of their differences is a check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.catalogue import BEST
from specxl.cells import Formula, Range
from specxl.schema import workload_label
from specxl.sheets.curve_checks import Column, count_of, differs, is_not, knot_terms
from specxl.sheets.frame import CURVES, start_sheet

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from specxl.catalogue import Catalogue, CatalogueCurve
    from specxl.cells import Sheet
    from specxl.house import House
    from specxl.sheets.frame import Release
    from specxl.sheets.measurements import MeasurementTable

METRICS = ("total", "output", "input", "conc")
_MEASURED = {"total": "total", "output": "output", "input": "input", "conc": "concurrency"}
_FACTS = (
    ("engine", "engine_code"),
    ("serving", "serving_code"),
    ("date", "date"),
    ("suspect", "suspect"),
    ("published", "published"),
    ("synthetic", "synthetic"),
    ("warm_up", "warm_up"),
    ("gpu_count", "gpu_count"),
)
INDEX_HEAD = 6
POOLED = "best of all"


# The knot table's formulas: {x} is this row's cell, {x_up} and {x_down} those of the rows above and below, @ a metric.
_VALUE = Column(
    "@", "@ (value)", "tput", 'IF(ISNUMBER(INDEX({measured_@},{measurement})),INDEX({measured_@},{measurement}),"")'
)
# The inner tangent and the tangent are two columns, so that an end tangent refers to its neighbour's inner rule and
# never to a cell that refers back; with two knots the ends take the straight line (METHOD 3).
_TANGENTS = (
    Column("s_@", "@: slope to next", "full", "IF({h}=0,0,IF(COUNT({@},{@_down})=2,({@_down}-{@})/{h},0))"),
    Column(
        "i_@",
        "@: inner tangent",
        "full",
        "IF(OR({h}=0,{knot}=1),0,(SIGN({s_@_up})+SIGN({s_@}))*MIN(ABS({s_@_up}),ABS({s_@}),"
        "ABS(({s_@_up}*{h}+{s_@}*{h_up})/({h_up}+{h}))/2))",
    ),
    Column(
        "m_@",
        "@: tangent",
        "full",
        "IF({knots}=1,0,IF({knots}=2,IF({knot}=1,{s_@},{s_@_up}),"
        "IF({knot}=1,(3*{s_@}-{i_@_down})/2,IF({h}=0,(3*{s_@_up}-{i_@_up})/2,{i_@}))))",
    ),
)
_RUNNING = (
    Column("known_@", "@: known so far", "id", "IF({knot}=1,COUNT({@}),COUNT({@})+{known_@_up})"),
    Column("low_@", "@: lowest so far", "tput", "IF({knot}=1,MIN({@}),MIN({@},{low_@_up}))"),
    Column("high_@", "@: highest so far", "tput", "IF({knot}=1,MAX({@}),MAX({@},{high_@_up}))"),
)


def _for_each(template: Column, metrics: Sequence[str]) -> list[Column]:
    return [Column(*(text.replace("@", metric) for text in template)) for metric in metrics]


def _knot_columns() -> tuple[Column, ...]:
    """The columns in order; those of one kind stand side by side, so that a token basis picks among neighbours."""
    columns = [
        Column("x", "interactivity (tok/s/user)", "tput", "INDEX({measured_x},{measurement})"),
        *_for_each(_VALUE, METRICS),
        Column("h", "step to next x", "full", "IF({id_down}={id},{x_down}-{x},0)"),
    ]
    for template in _TANGENTS:
        columns += _for_each(template, METRICS)
    # total throughput descends along a frontier: its bounds are its ends
    for template in _RUNNING:
        columns += _for_each(template, METRICS[1:])
    return tuple(columns)


_KNOT_COLUMNS = _knot_columns()
_KNOT_GIVEN = (("id", "curve id"), ("knot", "knot"), ("knots", "knots of curve"), ("measurement", "measurement no."))
_TWINS = ("x", *METRICS, *(f"m_{m}" for m in METRICS))
_INDEX_LABELS = ("curve id", "model", "hardware", "precision", "workload", "spec decoding", "engine scope")
_INDEX_TWINS = (
    "first",
    "knots",
    "x_min",
    "x_max",
    *(f"{m}_{end}" for end in ("min", "max") for m in METRICS),
    "off_count",
    "off_first",
)


@dataclass(frozen=True, slots=True)
class CurveTables:
    """Where the curves stand: ranges by the names that the comparison block uses, and the anchors of the checks."""

    sheet: Sheet
    ranges: Mapping[str, Range]
    index_differs: Range
    knot_differs: Range
    off_differs: Range
    off_undominated: Range
    knot_row: Mapping[tuple[int, int], int]

    def context(self) -> dict[str, str]:
        """The ranges as formula text, by name."""
        return {name: str(area) for name, area in self.ranges.items()}


@dataclass
class _Layout:
    """Rows and columns of the three tables."""

    sheet: Sheet
    catalogue: Catalogue
    measured: Mapping[str, Range]

    def __post_init__(self) -> None:
        curves = self.catalogue.curves
        self.knot_count = sum(len(c.knots) for c in curves)
        self.off_count = sum(len(c.off_frontier) for c in curves)
        self.index_first = INDEX_HEAD + 1
        self.knot_head = self.index_first + len(curves) + 3
        self.knot_first = self.knot_head + 1
        self.off_head = self.knot_first + self.knot_count + 4
        self.off_first = self.off_head + 1
        keys = [key for key, _ in _KNOT_GIVEN] + [c.key for c in _KNOT_COLUMNS]
        self.knot_col = {key: col for col, key in enumerate(keys)}
        self.twin_col = {key: len(keys) + i for i, key in enumerate(_TWINS)}
        self.knot_check_col = len(keys) + len(_TWINS)
        index_keys = [*_INDEX_TWINS, "output_count", "input_count", "conc_count"]
        self.index_col = {key: len(_INDEX_LABELS) + i for i, key in enumerate(index_keys)}
        self.strip_col = len(_INDEX_LABELS) + len(index_keys)
        self.index_twin_col = self.strip_col + self.catalogue.longest
        self.strip_twin_col = self.index_twin_col + len(_INDEX_TWINS)
        self.index_check_col = self.strip_twin_col + self.catalogue.longest

    def knots(self, key: str) -> Range:
        col = self.knot_col[key]
        return self.sheet.area(self.knot_first, col, self.knot_first + self.knot_count - 1, col)

    def index(self, key: str) -> Range:
        col = self.index_col[key]
        return self.sheet.area(self.index_first, col, self.index_first + len(self.catalogue.curves) - 1, col)

    def off_ids(self) -> Range:
        """Curve ids of the points off the frontier."""
        return self.sheet.area(self.off_first, 0, self.off_first + max(self.off_count, 1) - 1, 0)

    def strip(self) -> Range:
        last = self.index_first + len(self.catalogue.curves) - 1
        return self.sheet.area(self.index_first, self.strip_col, last, self.strip_col + self.catalogue.longest - 1)


def _reference(curve: CatalogueCurve, key: str) -> list[float | None]:
    """What the reference holds for a knot column, one number per knot; None where the class is not published."""
    fit = curve.fit
    if key == "x":
        return [float(v) for v in fit.x]
    tangent, metric = key.startswith("m_"), key.removeprefix("m_")
    name = "concurrency" if metric == "conc" else metric
    if not tangent:
        fields = {"total": "total_tok_s_gpu", "output": "output_tok_s_gpu", "input": "input_tok_s_gpu"}
        return [getattr(m, fields.get(metric, "concurrency")) for m in curve.knots]
    if name not in fit.tangents:
        return [None] * len(curve.knots)
    return [float(v) for v in fit.tangents[name]]


def _lay_knots(layout: _Layout) -> None:
    sheet, head = layout.sheet, layout.knot_head
    sheet.put(
        head - 1,
        0,
        "Knots: the frontier points of every curve, in order of interactivity, with their tangents",
        "heading",
    )
    for key, header in _KNOT_GIVEN:
        sheet.put(head, layout.knot_col[key], header, "head")
    for column in _KNOT_COLUMNS:
        sheet.put(head, layout.knot_col[column.key], column.header, "head")
    for key, col in layout.twin_col.items():
        sheet.put(head, col, f"reference: {key}", "head")
    sheet.put(head, layout.knot_check_col, "differs from reference", "head")
    row = layout.knot_first
    for curve in layout.catalogue.curves:
        twins = {key: _reference(curve, key) for key in _TWINS}
        for number, measurement in enumerate(curve.knots, start=1):
            numbers = (curve.id, number, len(curve.knots), measurement.number)
            given = dict(zip((key for key, _ in _KNOT_GIVEN), numbers, strict=True))
            for col, content in enumerate(numbers):
                sheet.put(row, col, content, "id")
            # A class that any knot lacks has no spline: the tangents between the knots that have it mean nothing.
            unused = {key for key in _TWINS if key.startswith("m_") and twins[key][number - 1] is None}
            _lay_knot_formulas(layout, row, given, unused)
            for key, col in layout.twin_col.items():
                twin = twins[key][number - 1]
                if twin is not None:
                    sheet.put(row, col, twin, "released full")
            row += 1


def _lay_knot_formulas(layout: _Layout, row: int, given: Mapping[str, int], unused: Collection[str]) -> None:
    sheet = layout.sheet
    names = {f"measured_{m}": str(layout.measured[_MEASURED[m]]) for m in METRICS}
    names["measured_x"] = str(layout.measured["x"])
    for key, col in layout.knot_col.items():
        names[key] = str(sheet.ref(row, col))
        names[f"{key}_up"] = str(sheet.ref(row - 1, col))
        names[f"{key}_down"] = str(sheet.ref(row + 1, col))
    for column in _KNOT_COLUMNS:
        sheet.formula(row, layout.knot_col[column.key], column.formula.format_map(names), column.style)
    checked = {key: col for key, col in layout.twin_col.items() if key not in unused}
    pairs = ((sheet.ref(row, layout.knot_col[key]), sheet.ref(row, col)) for key, col in checked.items())
    terms = [differs(live.address, twin.address) for live, twin in pairs]
    terms += knot_terms(_KNOT_COLUMNS, names, given, METRICS, unused)
    sheet.formula(row, layout.knot_check_col, count_of(terms), "flag")


def _lay_index(layout: _Layout, house: House) -> None:
    sheet = layout.sheet
    sheet.put(INDEX_HEAD - 1, 0, "Index: one row per curve; a comparison finds its curve by the id", "heading")
    headers = dict(enumerate(_INDEX_LABELS))
    headers |= {col: key.replace("_", " ") for key, col in layout.index_col.items()}
    headers |= {layout.strip_col + i: f"x{i + 1}" for i in range(layout.catalogue.longest)}
    headers |= {layout.index_twin_col + i: f"reference: {key}" for i, key in enumerate(_INDEX_TWINS)}
    headers |= {layout.index_check_col: "differs from reference"}
    headers |= {layout.strip_twin_col + i: f"reference: x{i + 1}" for i in range(layout.catalogue.longest)}
    for col, text in headers.items():
        sheet.put(INDEX_HEAD, col, text, "head")
    first = 1
    for curve in layout.catalogue.curves:
        _lay_index_row(layout, house, curve, first)
        first += len(curve.knots)


def _lay_index_row(layout: _Layout, house: House, curve: CatalogueCurve, first: int) -> None:
    sheet, row = layout.sheet, layout.index_first + curve.id - 1
    key = curve.key
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
    col = layout.index_col
    ids, at = layout.knots("id"), {k: sheet.ref(row, c) for k, c in col.items()}
    sheet.formula(row, col["first"], f"MATCH({sheet.ref(row, 0)},{ids},0)", "id")
    sheet.formula(row, col["knots"], f"COUNTIF({ids},{sheet.ref(row, 0)})", "id")
    last = f"{at['first']}+{at['knots']}-1"
    sheet.formula(row, col["x_min"], f"INDEX({layout.knots('x')},{at['first']})", "tput")
    sheet.formula(row, col["x_max"], f"INDEX({layout.knots('x')},{last})", "tput")
    # total throughput descends along a frontier, so its ends are its bounds
    sheet.formula(row, col["total_min"], f"INDEX({layout.knots('total')},{last})", "tput")
    sheet.formula(row, col["total_max"], f"INDEX({layout.knots('total')},{at['first']})", "tput")
    for m in METRICS[1:]:
        sheet.formula(row, col[f"{m}_min"], f"INDEX({layout.knots(f'low_{m}')},{last})", "tput")
        sheet.formula(row, col[f"{m}_max"], f"INDEX({layout.knots(f'high_{m}')},{last})", "tput")
        counted = f"INDEX({layout.knots(f'known_{m}')},{last})"
        sheet.formula(row, col[f"{m}_count"], counted, "id")
    off_ids = layout.off_ids()
    sheet.formula(row, col["off_count"], f"COUNTIF({off_ids},{sheet.ref(row, 0)})", "id")
    off_first = f"IF({at['off_count']}=0,0,MATCH({sheet.ref(row, 0)},{off_ids},0))"
    sheet.formula(row, col["off_first"], off_first, "id")
    for i in range(layout.catalogue.longest):
        place = f"{at['first']}+MIN({i + 1},{at['knots']})-1"
        sheet.formula(row, layout.strip_col + i, f"INDEX({layout.knots('x')},{place})", "tput")
    _lay_index_twins(layout, curve, row, first)


def _off_first(catalogue: Catalogue, curve: CatalogueCurve) -> int:
    """Where the curve's points off the frontier begin in their table, from 1; 0 without any."""
    before = sum(len(c.off_frontier) for c in catalogue.curves if c.id < curve.id)
    return before + 1 if curve.off_frontier else 0


def _index_reference(layout: _Layout, curve: CatalogueCurve, first: int) -> dict[str, float | None]:
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
        values = _reference(curve, m)
        known = [v for v in values if v is not None]
        complete = len(known) == len(values)
        twins[f"{m}_min"], twins[f"{m}_max"] = (min(known), max(known)) if complete else (None, None)
    return twins


def _lay_index_twins(layout: _Layout, curve: CatalogueCurve, row: int, first: int) -> None:
    sheet, col = layout.sheet, layout.index_col
    at = {key: str(sheet.ref(row, c)) for key, c in col.items()}
    checks = [is_not(str(sheet.ref(row, 0)), curve.id)]
    for i, (key, twin) in enumerate(_index_reference(layout, curve, first).items()):
        if twin is None:
            formula = sheet.cells[row, col[key]].content
            checks.append(is_not(at[key], formula.text if isinstance(formula, Formula) else 0))
        else:
            ref = sheet.put(row, layout.index_twin_col + i, twin, "released full")
            checks.append(is_not(at[key], ref) if isinstance(twin, int) else differs(at[key], str(ref)))
    checks.append(f"(COUNT({at['first']}:{at['conc_count']})<>{len(col)})")
    padded = [float(curve.fit.x[min(i, len(curve.fit.x) - 1)]) for i in range(layout.catalogue.longest)]
    twins = sheet.row(row, layout.strip_twin_col, padded, "released full")
    last = layout.strip_col + layout.catalogue.longest - 1
    checks.append(f"SUMPRODUCT(1*({sheet.area(row, layout.strip_col, row, last)}<>{twins}))")
    for m in METRICS[1:]:
        known = sum(v is not None for v in _reference(curve, m))
        checks.append(is_not(at[f"{m}_count"], known))
    checks += _label_terms(layout, curve, row)
    sheet.formula(row, layout.index_check_col, count_of(checks), "flag")


def _label_terms(layout: _Layout, curve: CatalogueCurve, row: int) -> list[str]:
    """The labels of a curve must be those of the measurement behind its first knot."""
    sheet = layout.sheet
    number = f"INDEX({layout.knots('measurement')},{sheet.ref(row, layout.index_col['first'])})"
    keys = ["model", "hardware", "precision", "workload", "variant", *([] if curve.key.scope == BEST else ["engine"])]
    terms = [
        is_not(str(sheet.ref(row, i)), f"INDEX({layout.measured[key]},{number})") for i, key in enumerate(keys, start=1)
    ]
    return [*terms, is_not(str(sheet.ref(row, 6)), f'"{POOLED}"')] if curve.key.scope == BEST else terms


def _lay_off_frontier(layout: _Layout) -> None:
    sheet, head = layout.sheet, layout.off_head
    title = "Points off the frontier: measured, but another point is at least as good on both axes"
    sheet.put(head - 1, 0, title, "heading")
    headers = (
        "curve id",
        "point",
        "measurement no.",
        "interactivity (tok/s/user)",
        *METRICS,
        "reference: sum",
        "differs from reference",
        "knot at or above its x",
        "not beaten by that knot",
    )
    sheet.row(head, 0, headers, "head")
    row = layout.off_first
    for curve in layout.catalogue.curves:
        for number, m in enumerate(curve.off_frontier, start=1):
            for col, content in enumerate((curve.id, number, m.number)):
                sheet.put(row, col, content, "id")
            source = sheet.ref(row, 2)
            live = [sheet.formula(row, 3, f"INDEX({layout.measured['x']},{source})", "tput")]
            for i, metric in enumerate(METRICS):
                area = layout.measured[_MEASURED[metric]]
                text = f'IF(ISNUMBER(INDEX({area},{source})),INDEX({area},{source}),"")'
                live.append(sheet.formula(row, 4 + i, text, "tput"))
            known = (
                m.interactivity_tok_s_user,
                m.total_tok_s_gpu,
                m.output_tok_s_gpu,
                m.input_tok_s_gpu,
                m.concurrency,
            )
            twin = sheet.put(row, 8, sum(v or 0.0 for v in known), "released full")
            given = [is_not(str(sheet.ref(row, col)), n) for col, n in enumerate((curve.id, number, m.number))]
            sheet.formula(row, 9, count_of([*given, differs(f"{live[0]}:{live[-1].address}", str(twin))]), "flag")
            _lay_dominance(layout, row, curve)
            row += 1
    if row == layout.off_first:
        sheet.put(row, 0, "none", "muted")


def _lay_dominance(layout: _Layout, row: int, curve: CatalogueCurve) -> None:
    """A point off the frontier must not beat the first knot at or above its x: 1 where it does."""
    sheet = layout.sheet
    x, total = sheet.ref(row, 3), sheet.ref(row, 4)
    strip = layout.strip()
    line = f"{strip.cell(curve.id - 1).fix}:{strip.cell(curve.id - 1, strip.columns - 1).fix.address}"
    below = f"SUMPRODUCT(1*({line}<{x}))"
    knot = sheet.formula(row, 10, f"{layout.index('first').cell(curve.id - 1).fix}+{below}", "id")
    beaten = (
        f"IF({below}<{layout.index('knots').cell(curve.id - 1).fix},INDEX({layout.knots('total')},{knot})>={total},1=0)"
    )
    sheet.formula(row, 11, f"IF({beaten},0,1)", "flag")


def build_curves(catalogue: Catalogue, house: House, measured: MeasurementTable, release: Release) -> CurveTables:
    """Lay out index, knots and points off the frontier (METHOD 2, 3)."""
    sheet = start_sheet(
        CURVES,
        "Curves",
        release,
        tab="data",
        subtitle="Knots and tangents of every curve; the workings behind all figures",
    )
    layout = _Layout(sheet, catalogue, measured.columns)
    _lay_index(layout, house)
    _lay_knots(layout)
    _lay_off_frontier(layout)
    ranges = {
        "curve_knots": layout.index("knots"),
        "curve_first": layout.index("first"),
        "curve_x_min": layout.index("x_min"),
        "curve_x_max": layout.index("x_max"),
        "curve_strip": layout.strip(),
        "curve_off_count": layout.index("off_count"),
        "curve_off_first": layout.index("off_first"),
        "knot_id": layout.knots("id"),
        "knot_x": layout.knots("x"),
        "knot_measurement": layout.knots("measurement"),
    }
    for m in METRICS:
        ranges |= {f"curve_{m}_min": layout.index(f"{m}_min"), f"curve_{m}_max": layout.index(f"{m}_max")}
        ranges |= {f"knot_{m}": layout.knots(m), f"tangent_{m}": layout.knots(f"m_{m}")}
        if m != "total":
            ranges[f"curve_{m}_count"] = layout.index(f"{m}_count")
    for end in ("min", "max"):
        ranges[f"curve_{end}_by_basis"] = _neighbours(layout.index(f"total_{end}"), layout.index(f"input_{end}"))
    ranges["knot_by_basis"] = _neighbours(layout.knots("total"), layout.knots("input"))
    ranges["tangent_by_basis"] = _neighbours(layout.knots("m_total"), layout.knots("m_input"))
    ranges |= {f"measured_{name}": measured.columns[source] for name, source in _FACTS}
    last_off = layout.off_first + max(layout.off_count, 1) - 1
    ranges["off_points"] = sheet.area(layout.off_first, 3, last_off, 7)
    sheet.widths |= {0: 10, 1: 20, 2: 14, **dict.fromkeys(range(3, layout.index_check_col + 1), 11)}
    sheet.heights[INDEX_HEAD] = sheet.heights[layout.knot_head] = sheet.heights[layout.off_head] = 44
    sheet.freeze = (INDEX_HEAD + 1, 1)
    return CurveTables(
        sheet,
        ranges,
        sheet.area(
            layout.index_first,
            layout.index_check_col,
            layout.index_first + len(catalogue.curves) - 1,
            layout.index_check_col,
        ),
        sheet.area(
            layout.knot_first, layout.knot_check_col, layout.knot_first + layout.knot_count - 1, layout.knot_check_col
        ),
        sheet.area(layout.off_first, 9, last_off, 9),
        sheet.area(layout.off_first, 11, last_off, 11),
        _knot_rows(layout),
    )


def _neighbours(first: Range, last: Range) -> Range:
    """The block from one column to another: total, output and input, in the order of the token bases."""
    return Range(first.first, last.last)


def _knot_rows(layout: _Layout) -> dict[tuple[int, int], int]:
    """Row number in the knot table (from 1) by curve id and knot (from 0), for whoever checks the evidence."""
    rows: dict[tuple[int, int], int] = {}
    for curve in layout.catalogue.curves:
        for knot in range(len(curve.knots)):
            rows[curve.id, knot] = len(rows) + 1
    return rows
