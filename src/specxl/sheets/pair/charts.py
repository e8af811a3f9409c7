"""A pair sheet's two charts and the cells they plot: our spline in straight steps, knots, other points, moving targets.

No cell of a chart ever holds text or an error: padding repeats the last point, a side that cannot be plotted sits on the
other side's first knot and its series name says so, an idle marker sits on its curve's first knot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Chart, Series, in_row, resolve
from specxl.model.formulas import hermite_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import CatalogueCurve, Pair
    from specxl.model.cells import Range, Ref, Sheet
    from specxl.sheets.pair.plot import Plot
    from specxl.sheets.pair.reads import Reads

STEPS = 5
CHART_WIDTH, CHART_HEIGHT = 640, 290
TARGETS = 3
# The kinds of series of a side, and how their names end.
KINDS = {"curve": "", "off": " off the frontier", "knots": " measured", "target": " at the targets"}
# Where the blocks beside each other begin.
CURVE_COL, OFF_COL, TARGET_COL = 0, 5, 11
PLOTTED_HEADERS = ("x", "throughput", "concurrency", "metric of chart 2")
# Each segment's knot and the next one: key, header, style.
SEGMENT_COLUMNS = (
    ("i", "knot", "id"),
    ("row", "row", "tput"),
    ("next", "next row", "tput"),
    ("x", "x", "tput"),
    ("h", "step", "full"),
    ("v", "throughput", "tput"),
    ("m", "its tangent", "full"),
    ("v1", "next throughput", "tput"),
    ("m1", "next tangent", "full"),
    ("c", "concurrency", "tput"),
    ("cm", "tangent of concurrency", "full"),
    ("c1", "next concurrency", "tput"),
    ("cm1", "next tangent of concurrency", "full"),
    ("metric", "metric of chart 2", "full"),
)
BOUND_HEADERS = ("lowest throughput", "highest throughput", "lowest concurrency", "highest concurrency")


@dataclass(frozen=True, slots=True)
class _Points:
    """Three columns of plotted cells: x, throughput, and the second chart's metric."""

    x: Range
    y: Range
    metric: Range


@dataclass(frozen=True, slots=True)
class _Segments:
    """A side's knots as points, each segment's cells by key, and the bounds that its samples are clamped to."""

    points: _Points
    rows: Sequence[Mapping[str, Ref]]
    throughput: tuple[Ref, Ref]
    concurrency: tuple[Ref, Ref]

    @property
    def start(self) -> Mapping[str, Ref]:
        """The first knot: where whatever has nothing to show sits."""
        return {key: cell.fix for key, cell in self.rows[0].items()}


@dataclass(frozen=True, slots=True)
class _Weights:
    """A place in a segment from 0 to 1, and the Hermite weights of its ends' values and tangents there."""

    u: Ref
    left: Ref
    left_tangent: Ref
    right: Ref
    right_tangent: Ref

    def at(self, step: Ref, left: tuple[Ref, Ref], right: tuple[Ref, Ref]) -> str:
        """Formula: the spline between two values, each given with its tangent."""
        return (
            f"{self.left}*{left[0]}+{self.left_tangent}*{step}*{left[1]}"
            f"+{self.right}*{right[0]}+{self.right_tangent}*{step}*{right[1]}"
        )


def _points(sheet: Sheet, first: int, last: int, columns: tuple[int, int, int]) -> _Points:
    x, y, metric = (sheet.area(first, col, last, col) for col in columns)
    return _Points(x, y, metric)


def pair_curves(pair: Pair) -> list[CatalogueCurve]:
    """Every curve that the sheet's dropdowns can bring up."""
    found = {curve.id: curve for comparison in pair.comparisons for _, curve in comparison.sides if curve}
    for comparison in pair.comparisons:
        for scope in comparison.scopes:
            found |= {curve.id: curve for curve in (scope.a, scope.b) if curve}
    return list(found.values())


def lay_charts(plot: Plot, row: int, places: tuple[Ref, Ref], reads: Reads) -> None:
    """Lay out everything the two charts plot from `row` on, and place the charts."""
    sheet, members = plot.draft.sheet, pair_curves(plot.draft.pair)
    knots = max(2, *(len(curve.knots) for curve in members))
    off = max(1, *(len(curve.off_frontier) for curve in members))
    weights = _lay_weights(sheet, row)
    at = row + STEPS + 3
    drawn: dict[str, dict[str, _Points]] = {}
    for side in "ab":
        sheet.put(at, 0, f"Segments of curve {side.upper()}, also its knot markers", "heading")
        segments = _lay_segments(plot, at + 1, side, knots)
        at += knots + 3
        sheet.put(at, 0, f"Curve {side.upper()} as plotted, its points off the frontier, its target markers", "heading")
        drawn[side] = {
            "curve": _lay_samples(plot, at + 1, segments, weights),
            "off": _lay_off(plot, at + 1, side, segments.start, off),
            "knots": segments.points,
            "target": _lay_markers(plot, at + 1, side, segments.start, reads),
        }
        at += max((knots - 1) * STEPS + 1, off, TARGETS) + 3
    names = _lay_names(plot, at)
    scattered = any(curve.off_frontier for curve in members)
    kinds = [kind for kind in KINDS if scattered or kind != "off"]
    for number, place in enumerate(places, start=1):
        series = [
            Series(
                names[side, kind],
                drawn[side][kind].x,
                drawn[side][kind].y if number == 1 else drawn[side][kind].metric,
                f"{side}_{kind}",
            )
            for kind in kinds
            for side in "ab"
        ]
        sheet.charts.append(_chart(plot, number, place, series))


def _lay_weights(sheet: Sheet, row: int) -> list[_Weights]:
    """The Hermite weights at the steps of a segment, computed once for both curves."""
    sheet.put(row, 0, "Weights of the spline at equal steps of a segment", "heading")
    sheet.row(row + 1, 0, ("place in segment", "left value", "left tangent", "right value", "right tangent"), "head")
    weights = []
    for step in range(STEPS):
        at = row + 2 + step
        u = sheet.formula(at, 0, f"{step}/{STEPS}", "full").fix
        refs = (sheet.formula(at, col, text, "full").fix for col, text in enumerate(hermite_weights(u), start=1))
        weights.append(_Weights(u, *refs))
    return weights


def _lay_segments(plot: Plot, row: int, side: str, knots: int) -> _Segments:
    """One row per knot and segment: what the samples and the knot markers are made of."""
    sheet, curve, names = plot.draft.sheet, plot.curve[side], plot.draft.plan.context
    sheet.row(row, 0, [header for _, header, _ in SEGMENT_COLUMNS], "head")
    bounds = (
        *(plot.on_basis(f"curve_{end}", curve) for end in ("min", "max")),
        *(f"INDEX({names[f'curve_conc_{end}']},{curve})" for end in ("min", "max")),
    )
    bound_col = len(SEGMENT_COLUMNS)
    low, high, conc_low, conc_high = (
        sheet.formula(row + 1, col, text, "tput").fix for col, text in enumerate(bounds, start=bound_col)
    )
    sheet.row(row, bound_col, BOUND_HEADERS, "head")
    patterns = _segment_patterns(plot, side)
    rows = []
    for number in range(1, knots + 1):
        cells = {"i": sheet.put(row + number, 0, number, "id")}
        for col, (key, _, style) in enumerate(SEGMENT_COLUMNS[1:], start=1):
            cells[key] = sheet.copy(row + number, col, patterns[key], style)
        rows.append(cells)
    columns = (rows[0]["x"].col, rows[0]["v"].col, rows[0]["metric"].col)
    return _Segments(_points(sheet, row + 1, row + knots, columns), rows, (low, high), (conc_low, conc_high))


def _segment_patterns(plot: Plot, side: str) -> dict[str, str]:
    """The formulas of a segment's row by key."""
    names = plot.draft.plan.context
    c = {key: in_row(col) for col, (key, _, _) in enumerate(SEGMENT_COLUMNS)}

    def held(table: str, place: str) -> str:
        return f"IF({plot.concurrency_known}=0,0,INDEX({names[table]},{place}))"

    # beyond the last knot a row repeats it, and its segment has no length
    texts = {
        "row": f"{plot.first[side]}+MIN({c['i']},{plot.count[side]})-1",
        "next": f"{plot.first[side]}+MIN({c['i']}+1,{plot.count[side]})-1",
        "x": f"INDEX({names['knot_x']},{c['row']})",
        "h": f"INDEX({names['knot_x']},{c['next']})-{c['x']}",
        "v": plot.on_basis("knot", c["row"]),
        "m": plot.on_basis("tangent", c["row"]),
        "v1": plot.on_basis("knot", c["next"]),
        "m1": plot.on_basis("tangent", c["next"]),
        "c": held("knot_conc", c["row"]),
        "cm": held("tangent_conc", c["row"]),
        "c1": held("knot_conc", c["next"]),
        "cm1": held("tangent_conc", c["next"]),
        "metric": plot.value(c["v"], c["c"]),
    }
    return {key: resolve(text, plot.draft.sheet.name) for key, text in texts.items()}


def _lay_samples(plot: Plot, row: int, segments: _Segments, weights: Sequence[_Weights]) -> _Points:
    """The curve in straight steps: five a segment, every knot among them."""
    sheet, col = plot.draft.sheet, CURVE_COL
    sheet.row(row, col, PLOTTED_HEADERS, "head")
    (low, high), (conc_low, conc_high) = segments.throughput, segments.concurrency
    steps = [(c, weight) for c in segments.rows[:-1] for weight in weights] + [(segments.rows[-1], weights[0])]
    for at, (c, weight) in enumerate(steps, start=row + 1):
        through = weight.at(c["h"], (c["v"], c["m"]), (c["v1"], c["m1"]))
        held = weight.at(c["h"], (c["c"], c["cm"]), (c["c1"], c["cm1"]))
        sheet.formula(at, col, f"{c['x']}+{weight.u}*{c['h']}", "tput")
        y = sheet.formula(at, col + 1, f"MAX({low},MIN({high},{through}))", "tput")
        concurrency = sheet.formula(at, col + 2, f"MAX({conc_low},MIN({conc_high},{held}))", "tput")
        sheet.formula(at, col + 3, plot.value(y, concurrency), "full")
    return _points(sheet, row + 1, row + len(steps), (col, col + 1, col + 3))


def _lay_off(plot: Plot, row: int, side: str, start: Mapping[str, Ref], count: int) -> _Points:
    """The measured points off the frontier; free places sit on the curve's first knot."""
    sheet, names, col = plot.draft.sheet, plot.draft.plan.context, OFF_COL
    sheet.row(row, col, ("row", *PLOTTED_HEADERS), "head")
    held, first = (f"INDEX({names[f'curve_off_{fact}']},{plot.curve[side]})" for fact in ("count", "first"))
    for i in range(count):
        at = row + 1 + i
        place = sheet.formula(at, col, f"IF(AND({plot.drawn[side]}=1,{i}<{held}),{first}+{i},0)", "id")
        x, value, conc = (f"INDEX({names['off_points']},{place},{c})" for c in ("1", f"1+{plot.basis}", "5"))
        usable = f"IF({place}=0,0,COUNT({value}))=1"
        sheet.formula(at, col + 1, f"IF({usable},{x},{start['x']})", "tput")
        y = sheet.formula(at, col + 2, f"IF({usable},{value},{start['v']})", "tput")
        known = f"IF({place}=0,{start['c']},IF(ISNUMBER({conc}),{conc},{start['c']}))"
        concurrency = sheet.formula(at, col + 3, known, "tput")
        sheet.formula(at, col + 4, plot.value(y, concurrency), "full")
    return _points(sheet, row + 1, row + count, (col + 1, col + 2, col + 4))


def _lay_markers(plot: Plot, row: int, side: str, start: Mapping[str, Ref], reads: Reads) -> _Points:
    """The three targets on their curve: where the read is taken, or idle on the first knot."""
    sheet, col = plot.draft.sheet, TARGET_COL
    sheet.row(row, col, PLOTTED_HEADERS, "head")
    for at, block in enumerate(reads.blocks[:TARGETS], start=row + 1):
        x, y_read, requests = (block[f"{side}_{key}"] for key in ("x_read", "y", "requests"))
        live = f"AND({plot.drawn[side]}=1,ISNUMBER({y_read}))"
        sheet.formula(at, col, f"IF({live},{x},{start['x']})", "tput")
        y = sheet.formula(at, col + 1, f"IF({live},{y_read},{start['v']})", "tput")
        held = f"IF(AND({live},ISNUMBER({requests})),{requests},{start['c']})"
        concurrency = sheet.formula(at, col + 2, held, "tput")
        sheet.formula(at, col + 3, plot.value(y, concurrency), "full")
    return _points(sheet, row + 1, row + TARGETS, (col, col + 1, col + 3))


def _lay_names(plot: Plot, row: int) -> dict[tuple[str, str], Ref]:
    """The names of the series, live: variant, what it is, or that there is no data."""
    sheet = plot.draft.sheet
    sheet.put(row, 0, "Names of the series", "heading")
    names: dict[tuple[str, str], Ref] = {}
    for side, label in zip("ab", plot.chosen.labels, strict=True):
        for kind, text in KINDS.items():
            empty = f'{label}&": no data"' if kind == "curve" else f'{label}&"{text}: none"'
            formula = f'IF({plot.drawn[side]}=1,{label}&"{text}",{empty})'
            names[side, kind] = sheet.formula(row + 1 + len(names), 0, formula)
    return names


def _chart(plot: Plot, number: int, place: Ref, series: Sequence[Series]) -> Chart:
    """The first chart shows throughput, the second the metric that its heading names."""
    house, pair = plot.draft.plan.house, plot.draft.pair
    title = f"{house.model(pair.model).label} on {house.hardware(pair.hardware).label}"
    what = "throughput per GPU" if number == 1 else "the metric chosen above it"
    alt = (
        f"{title}: scatter chart of {what} (vertical axis) against interactivity per user (horizontal axis). Two curves, "
        "one per variant, with measured points, points off the frontier and the three targets. "
        "The figures stand in the table on this sheet and in its workings."
    )
    return Chart(
        kind="scatter",
        at=place,
        width=CHART_WIDTH,
        height=CHART_HEIGHT,
        series=tuple(series),
        x_title="Interactivity (tok/s/user)",
        y_title="Throughput per GPU (tok/s)" if number == 1 else "Metric named above the chart",
        alt_text=alt,
        name=f"chart {number}",
    )
