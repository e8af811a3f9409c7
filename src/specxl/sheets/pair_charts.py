"""A pair sheet's two charts and the cells they plot: our spline in straight steps, knots, other points, moving targets.

No cell of a chart ever holds text or an error: padding repeats the last point, a side that cannot be plotted sits on the
other side's first knot and its series name says so, an idle marker sits on its curve's first knot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.cells import Chart, Series
from specxl.formulas import cases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.catalogue import CatalogueCurve, Pair
    from specxl.cells import Range, Ref, Sheet
    from specxl.sheets.pair_reads import Reads
    from specxl.sheets.pair_selection import Selection
    from specxl.sheets.plan import Plan

STEPS = 5
CHART_WIDTH, CHART_HEIGHT = 640, 290
COST, MW, JOULES, CONCURRENCY, THROUGHPUT = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class PlotCells:
    """Cells that decide what is plotted: token basis and metric in force, and per side the curve and its name."""

    basis: Ref
    metric: Ref
    concurrency_known: Ref
    curve: Mapping[str, Ref]
    drawn: Mapping[str, Ref]
    count: Mapping[str, Ref]
    first: Mapping[str, Ref]


@dataclass(frozen=True)
class _Points:
    """Three columns of plotted cells: x, throughput, and the second chart's metric."""

    x: Range
    y: Range
    metric: Range


def pair_curves(pair: Pair) -> list[CatalogueCurve]:
    """Every curve that the sheet's dropdowns can bring up."""
    found = {c.id: c for comparison in pair.comparisons for c in (comparison.a, comparison.b) if c}
    for comparison in pair.comparisons:
        for scope in comparison.scopes:
            found |= {c.id: c for c in (scope.a, scope.b) if c}
    return list(found.values())


def lay_plot_cells(sheet: Sheet, row: int, pair: Pair, plan: Plan, chosen: Selection) -> tuple[PlotCells, int]:
    """Lay out which curves, token basis and metric are plotted, with fall-backs for what is unknown."""
    names = plan.context
    canonical = pair.canonical.a or pair.canonical.b
    sheet.put(row, 0, "What the charts plot", "heading")
    placed = 0

    def put(label: str, text: str, style: str = "id") -> Ref:
        nonlocal placed
        placed += 1
        sheet.put(row + placed, 0, label)
        return sheet.formula(row + placed, 3, text, style).fix

    def has_class(side: str) -> str:
        knots = f"INDEX({names['curve_knots']},{chosen[f'{side}_id']})"
        counts = [
            f"IF(INDEX({names[f'curve_{m}_count']},{chosen[f'{side}_id']})={knots},1,0)" for m in ("output", "input")
        ]
        return f"IF({chosen[f'{side}_id']}=0,0,IF({names['basis']}<2,1,IF({names['basis']}=2,{counts[0]},{counts[1]})))"

    drawn = {side: put(f"{side.upper()} can be drawn on the token basis", has_class(side)) for side in "ab"}
    basis = put("token basis plotted", f"IF({drawn['a']}+{drawn['b']}=0,1,MAX({names['basis']},1))")
    either = (
        f"IF({drawn['a']}=1,{chosen['a_id']},IF({drawn['b']}=1,{chosen['b_id']},IF({chosen['a_id']}>0,{chosen['a_id']},"
    )
    either += f"IF({chosen['b_id']}>0,{chosen['b_id']},{canonical.id if canonical else 1}))))"
    fallback = put("curve that a missing side sits on", either)
    curve = {s: put(f"{s.upper()} curve plotted", f"IF({drawn[s]}=1,{chosen[f'{s}_id']},{fallback})") for s in "ab"}
    count = {
        s: put(f"{s.upper()} knots plotted", f"IF({drawn[s]}=1,INDEX({names['curve_knots']},{curve[s]}),1)")
        for s in "ab"
    }
    first = {s: put(f"{s.upper()} first row plotted", f"INDEX({names['curve_first']},{curve[s]})") for s in "ab"}
    known = [
        f"IF(INDEX({names['curve_conc_count']},{curve[s]})=INDEX({names['curve_knots']},{curve[s]}),1,0)" for s in "ab"
    ]
    concurrency = put("concurrency known for both", f"MIN({known[0]},{known[1]})")
    asked = put("metric asked for", f"IF({chosen['metric']}=0,1,{chosen['metric']})")
    priced = put(
        "metric with its price or power known",
        f'IF(AND({asked}=1,{chosen["price"]}=""),4,IF(AND({asked}>1,{asked}<4,{chosen["power"]}=""),4,{asked}))',
    )
    metric = put(
        "metric plotted (5: throughput, for lack of others)", f"IF(AND({priced}=4,{concurrency}=0),5,{priced})"
    )
    plot = PlotCells(basis, metric, concurrency, curve, drawn, count, first)
    return plot, row + placed + 2


def _metric_value(plan: Plan, chosen: Selection, plot: PlotCells, y: Ref | str, concurrency: Ref | str) -> str:
    names = plan.context
    return cases(
        plot.metric,
        [
            (COST, f"{chosen['price']}/({y}*{names['seconds_per_hour']}/{names['million']})"),
            (MW, f"{y}*{names['thousand']}/{chosen['power']}"),
            (JOULES, f"{chosen['power']}*{names['thousand']}/{y}"),
            (CONCURRENCY, str(concurrency)),
        ],
        otherwise=str(y),
    )


def _by_basis(plan: Plan, plot: PlotCells, prefix: str, row: Ref | str) -> str:
    return f"INDEX({plan.context[f'{prefix}_by_basis']},{row},{plot.basis})"


def _bounds(plan: Plan, plot: PlotCells, side: str, end: str) -> str:
    return f"INDEX({plan.context[f'curve_{end}_by_basis']},{plot.curve[side]},{plot.basis})"


SEGMENT_HEADERS = (
    "knot", "row", "next row", "x", "step", "throughput", "its tangent", "next throughput", "next tangent",
    "concurrency", "its tangent ", "next concurrency", "next tangent ", "metric of chart 2",
)  # fmt: skip


def _lay_segments(
    sheet: Sheet, row: int, plan: Plan, chosen: Selection, plot: PlotCells, side: str, knots: int
) -> tuple[_Points, list[dict[str, Ref]], dict[str, Ref]]:
    """One row per knot and segment: what the samples and the knot markers are made of."""
    names = plan.context
    sheet.row(row, 0, SEGMENT_HEADERS, "head")
    bounds = {
        "low": sheet.formula(row + 1, len(SEGMENT_HEADERS), _bounds(plan, plot, side, "min"), "tput").fix,
        "high": sheet.formula(row + 1, len(SEGMENT_HEADERS) + 1, _bounds(plan, plot, side, "max"), "tput").fix,
        "conc_low": sheet.formula(
            row + 1, len(SEGMENT_HEADERS) + 2, f"INDEX({names['curve_conc_min']},{plot.curve[side]})", "tput"
        ).fix,
        "conc_high": sheet.formula(
            row + 1, len(SEGMENT_HEADERS) + 3, f"INDEX({names['curve_conc_max']},{plot.curve[side]})", "tput"
        ).fix,
    }
    sheet.row(
        row,
        len(SEGMENT_HEADERS),
        ("lowest throughput", "highest throughput", "lowest concurrency", "highest concurrency"),
        "head",
    )
    rows: list[dict[str, Ref]] = []
    for i in range(knots):
        at = row + 1 + i
        c = {
            key: sheet.ref(at, col)
            for col, key in enumerate(
                ("i", "row", "next", "x", "h", "v", "m", "v1", "m1", "c", "cm", "c1", "cm1", "metric")
            )
        }
        sheet.put(at, 0, i + 1, "id")
        conc = {
            key: f"IF({plot.concurrency_known}=0,0,INDEX({names[source]},{c[at_row]}))"
            for key, source, at_row in (
                ("c", "knot_conc", "row"),
                ("cm", "tangent_conc", "row"),
                ("c1", "knot_conc", "next"),
                ("cm1", "tangent_conc", "next"),
            )
        }
        texts = {
            "row": f"{plot.first[side]}+MIN({c['i']},{plot.count[side]})-1",
            "next": f"{plot.first[side]}+MIN({c['i']}+1,{plot.count[side]})-1",
            "x": f"INDEX({names['knot_x']},{c['row']})",
            "h": f"INDEX({names['knot_x']},{c['next']})-{c['x']}",
            "v": _by_basis(plan, plot, "knot", c["row"]),
            "m": _by_basis(plan, plot, "tangent", c["row"]),
            "v1": _by_basis(plan, plot, "knot", c["next"]),
            "m1": _by_basis(plan, plot, "tangent", c["next"]),
            **conc,
            "metric": _metric_value(plan, chosen, plot, c["v"], c["c"]),
        }
        for col, key in enumerate(c):
            if key != "i":
                sheet.formula(at, col, texts[key], "full" if key in ("m", "m1", "cm", "cm1", "h", "metric") else "tput")
        rows.append(c)
    last = row + knots
    points = _Points(
        sheet.area(row + 1, 3, last, 3), sheet.area(row + 1, 5, last, 5), sheet.area(row + 1, 13, last, 13)
    )
    return points, rows, bounds


def _lay_weights(sheet: Sheet, row: int) -> list[tuple[Ref, Ref, Ref, Ref, Ref]]:
    """The Hermite weights at the steps of a segment, computed once for both curves."""
    sheet.put(row, 0, "Weights of the spline at equal steps of a segment", "heading")
    sheet.row(row + 1, 0, ("place in segment", "left value", "left tangent", "right value", "right tangent"), "head")
    weights = []
    for j in range(STEPS):
        at = row + 2 + j
        u = sheet.formula(at, 0, f"{j}/{STEPS}", "full").fix
        texts = (f"(1+2*{u})*(1-{u})*(1-{u})", f"{u}*(1-{u})*(1-{u})", f"{u}*{u}*(3-2*{u})", f"{u}*{u}*({u}-1)")
        refs = [sheet.formula(at, 1 + k, text, "full").fix for k, text in enumerate(texts)]
        weights.append((u, *refs))
    return weights  # type: ignore[return-value]


def _lay_samples(
    sheet: Sheet, row: int, col: int, plan: Plan, chosen: Selection, plot: PlotCells,
    rows: list[dict[str, Ref]], bounds: dict[str, Ref], weights: list[tuple[Ref, Ref, Ref, Ref, Ref]],
) -> _Points:  # fmt: skip
    """The curve in straight steps: five a segment, every knot among them."""
    sheet.row(row, col, ("x", "throughput", "concurrency", "metric of chart 2"), "head")
    at = row
    for i, c in enumerate(rows):
        for u, w0, w1, w2, w3 in weights if i < len(rows) - 1 else weights[:1]:
            at += 1
            hermite = f"{w0}*{c['v']}+{w1}*{c['h']}*{c['m']}+{w2}*{c['v1']}+{w3}*{c['h']}*{c['m1']}"
            held = f"{w0}*{c['c']}+{w1}*{c['h']}*{c['cm']}+{w2}*{c['c1']}+{w3}*{c['h']}*{c['cm1']}"
            sheet.formula(at, col, f"{c['x']}+{u}*{c['h']}", "tput")
            y = sheet.formula(at, col + 1, f"MAX({bounds['low']},MIN({bounds['high']},{hermite}))", "tput")
            conc = sheet.formula(at, col + 2, f"MAX({bounds['conc_low']},MIN({bounds['conc_high']},{held}))", "tput")
            sheet.formula(at, col + 3, _metric_value(plan, chosen, plot, y, conc), "full")

    def column(offset: int) -> Range:
        return sheet.area(row + 1, col + offset, at, col + offset)

    return _Points(column(0), column(1), column(3))


def _lay_off(
    sheet: Sheet,
    row: int,
    col: int,
    plan: Plan,
    chosen: Selection,
    plot: PlotCells,
    side: str,
    first: dict[str, Ref],
    count: int,
) -> _Points:
    """The measured points off the frontier; free places sit on the curve's first knot."""
    names = plan.context
    sheet.row(row, col, ("row", "x", "throughput", "concurrency", "metric of chart 2"), "head")
    for i in range(count):
        at = row + 1 + i
        held = f"INDEX({names['curve_off_count']},{plot.curve[side]})"
        start = f"INDEX({names['curve_off_first']},{plot.curve[side]})"
        place = sheet.formula(at, col, f"IF(AND({plot.drawn[side]}=1,{i}<{held}),{start}+{i},0)", "id")

        def known(column: str, p: Ref = place) -> str:
            return f"INDEX({names['off_points']},{p},{column})"

        value = known(f"1+{plot.basis}")
        x0, v0, c0 = (first[key].fix for key in ("x", "v", "c"))
        usable = f"IF({place}=0,0,COUNT({value}))=1"
        sheet.formula(at, col + 1, f"IF({usable},{known('1')},{x0})", "tput")
        y = sheet.formula(at, col + 2, f"IF({usable},{value},{v0})", "tput")
        conc = sheet.formula(at, col + 3, f"IF({place}=0,{c0},IF(ISNUMBER({known('5')}),{known('5')},{c0}))", "tput")
        sheet.formula(at, col + 4, _metric_value(plan, chosen, plot, y, conc), "full")

    def column(offset: int) -> Range:
        return sheet.area(row + 1, col + offset, row + count, col + offset)

    return _Points(column(1), column(2), column(4))


def _lay_markers(
    sheet: Sheet,
    row: int,
    col: int,
    plan: Plan,
    chosen: Selection,
    plot: PlotCells,
    side: str,
    first: dict[str, Ref],
    reads: Reads,
) -> _Points:
    """The three targets on their curve: where the read is taken, or idle on the first knot."""
    sheet.row(row, col, ("x", "throughput", "concurrency", "metric of chart 2"), "head")
    for i in range(3):
        at, block = row + 1 + i, reads.blocks[i]
        live = f"AND({plot.drawn[side]}=1,ISNUMBER({block[f'{side}_y']}))"
        sheet.formula(at, col, f"IF({live},{block[f'{side}_x_read']},{first['x'].fix})", "tput")
        y = sheet.formula(at, col + 1, f"IF({live},{block[f'{side}_y']},{first['v'].fix})", "tput")
        held = f"IF(AND({live},ISNUMBER({block[f'{side}_requests']})),{block[f'{side}_requests']},{first['c'].fix})"
        conc = sheet.formula(at, col + 2, held, "tput")
        sheet.formula(at, col + 3, _metric_value(plan, chosen, plot, y, conc), "full")

    def column(offset: int) -> Range:
        return sheet.area(row + 1, col + offset, row + 3, col + offset)

    return _Points(column(0), column(1), column(3))


def lay_charts(
    sheet: Sheet,
    row: int,
    places: tuple[Ref, Ref],
    pair: Pair,
    plan: Plan,
    chosen: Selection,
    reads: Reads,
    plot: PlotCells,
) -> int:
    """Lay out everything the two charts plot and place them; return the first free row."""
    members = pair_curves(pair)
    knots = max(2, max(len(c.knots) for c in members))
    off = max(1, max(len(c.off_frontier) for c in members))
    weights = _lay_weights(sheet, row)
    at = row + STEPS + 3
    drawn: dict[str, dict[str, _Points]] = {}
    for side in "ab":
        sheet.put(at, 0, f"Segments of curve {side.upper()}, also its knot markers", "heading")
        knot_points, rows, bounds = _lay_segments(sheet, at + 1, plan, chosen, plot, side, knots)
        at += knots + 3
        sheet.put(at, 0, f"Curve {side.upper()} as plotted, its points off the frontier, its target markers", "heading")
        curve = _lay_samples(sheet, at + 1, 0, plan, chosen, plot, rows, bounds, weights)
        others = _lay_off(sheet, at + 1, 5, plan, chosen, plot, side, rows[0], off)
        markers = _lay_markers(sheet, at + 1, 11, plan, chosen, plot, side, rows[0], reads)
        drawn[side] = {"curve": curve, "off": others, "knots": knot_points, "target": markers}
        at += max((knots - 1) * STEPS + 1, off, 3) + 3
    names = _lay_names(sheet, at, plan, chosen, plot)
    _insert(sheet, places, drawn, names, pair, plan)
    return at + 12


def _lay_names(sheet: Sheet, row: int, plan: Plan, chosen: Selection, plot: PlotCells) -> dict[tuple[str, str], Ref]:
    """The names of the series, live: variant, what it is, or that there is no data."""
    sheet.put(row, 0, "Names of the series", "heading")
    names: dict[tuple[str, str], Ref] = {}
    words = {"curve": "", "off": " off the frontier", "knots": " measured", "target": " at the targets"}
    for i, side in enumerate("ab"):
        for j, (kind, text) in enumerate(words.items()):
            label = chosen[f"label_{side}"]
            empty = f'{label}&": no data"' if kind == "curve" else f'{label}&"{text}: none"'
            formula = f'IF({plot.drawn[side]}=1,{label}&"{text}",{empty})'
            names[side, kind] = sheet.formula(row + 1 + j + 4 * i, 0, formula)
    return names


def second_heading(plan: Plan, plot: PlotCells) -> str:
    """Formula: what the second chart shows, with its unit, and why when it is not what was asked for."""
    lists, names = plan.assumptions.lists, plan.context
    units = [
        (COST, f'", "&{names["currency"]}&" per million "&{names["tokens"]}'),
        (MW, '", tok/s/MW"'),
        (JOULES, '", J per token"'),
        (CONCURRENCY, '", requests (approximate)"'),
    ]
    shown = f'IF({plot.metric}=5,"Throughput per GPU",INDEX({lists["metrics"]},{plot.metric}))'
    return f'{shown}&{cases(plot.metric, units, otherwise=chr(34) + ", tok/s/GPU" + chr(34))}&" against interactivity"'


def _insert(
    sheet: Sheet,
    places: tuple[Ref, Ref],
    drawn: Mapping[str, Mapping[str, _Points]],
    names: Mapping[tuple[str, str], Ref],
    pair: Pair,
    plan: Plan,
) -> None:
    title = f"{plan.house.model(pair.model).label} on {plan.house.hardware(pair.hardware).label}"
    scattered = any(curve.off_frontier for curve in pair_curves(pair))
    kinds: Sequence[str] = ("curve", *(("off",) if scattered else ()), "knots", "target")
    for number, place in enumerate(places, start=1):
        series = tuple(
            Series(
                names[side, kind],
                drawn[side][kind].x,
                drawn[side][kind].y if number == 1 else drawn[side][kind].metric,
                f"{side}_{kind}",
            )
            for kind in kinds
            for side in "ab"
        )
        what = "throughput per GPU" if number == 1 else "the metric chosen above it"
        alt = (
            f"{title}: scatter chart of {what} (vertical axis) against interactivity per user (horizontal axis). Two curves, "
            "one per variant, with measured points, points off the frontier and the three targets. "
            "The figures stand in the table on this sheet and in its workings."
        )
        y_title = "Throughput per GPU (tok/s)" if number == 1 else "Metric named above the chart"
        sheet.charts.append(
            Chart(
                "scatter",
                place,
                CHART_WIDTH,
                CHART_HEIGHT,
                series,
                "Interactivity (tok/s/user)",
                y_title,
                alt,
                f"chart {number}",
            )
        )
