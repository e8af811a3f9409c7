"""A pair sheet's two charts and the cells they plot: our spline in straight steps, knots, other points, the targets.

No cell of a chart ever holds text or an error. What must not be drawn stands at x = -1, where the axis, which begins at 0,
shows nothing: so there is no mark where nothing was measured or read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.metrics import METRICS
from specxl.model.cells import Chart, Series, in_row, resolve
from specxl.model.formulas import cases, first_true, literal, sentence
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.anchors import Anchor
from specxl.sheets.curves.drawn import IDLE, drawable, knot_texts, sample_texts
from specxl.sheets.pair.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import CatalogueCurve, Pair
    from specxl.model.cells import Range, Ref
    from specxl.model.flow import Flow
    from specxl.sheets.pair.draft import Draft, Shown
    from specxl.sheets.pair.reads import Reads
    from specxl.sheets.plan import Plan

TARGETS = 3
KINDS = ("curve", "off", "knots", "target")
PLOTTED = ("x", "y", "metric", "metric_x")
POINT_KEYS = ("place", "x", "y", "metric", "metric_x")
SAMPLE_KEYS = ("number", "row", "u", "x", "y", "metric", "metric_x")
LARGE, SMALL = (685, 410), (685, 300)


@dataclass(frozen=True, slots=True)
class Points:
    """The plotted cells of one series: throughput on the token basis by x, and the metric of the large chart by its own.

    They stand at the same places, but for a metric whose price or power is unknown, which is not drawn.
    """

    x: Range
    y: Range
    metric: Range
    metric_x: Range


@dataclass(frozen=True)
class Plot:
    """What is plotted: the metric's number, whether each side can be drawn, and every series by side and kind."""

    metric: Ref
    drawn: Mapping[str, Ref]
    points: Mapping[tuple[str, str], Points]
    names: Mapping[tuple[str, str], Ref]


def pair_curves(pair: Pair) -> list[CatalogueCurve]:
    """Every curve that the sheet's dropdowns can bring up."""
    found = {side.curve.id: side.curve for comparison in pair.comparisons for _, side in comparison.sides if side.curve}
    for comparison in pair.comparisons:
        for scope in comparison.engines:
            found |= {curve.id: curve for curve in (scope.a, scope.b) if curve}
    return list(found.values())


class _Plotter:
    """Lays the plotted cells of one sheet out."""

    def __init__(self, draft: Draft, flow: Flow, chosen: Shown) -> None:
        self.draft, self.flow, self.chosen = draft, flow, chosen
        self.sheet, self.names = flow.sheet, draft.plan.context
        flow.heading("What the charts plot")
        self.metric = flow.line("metric plotted", f"MAX({chosen['metric']},1)")
        self.basis = flow.line("token basis plotted", f"MAX({self.names['basis']},1)")
        self.priced = self._lay_priced()
        self.drawn = {
            s: flow.line(f"{s.upper()} can be drawn", drawable(self.names, chosen[f"{s}_id"]), "flag") for s in "ab"
        }
        self.curve = {s: flow.line(f"{s.upper()} curve looked at", f"MAX({chosen[f'{s}_id']},1)") for s in "ab"}

    def _lay_priced(self) -> dict[str, Ref]:
        """Whether the price or power that the metric plotted needs is known, by side; one line where the sides share them."""
        label, flow = "metric has its price or power", self.flow
        texts = {side: f"IF({self._lacks(side)},0,1)" for side in "ab"}
        if texts["a"] == texts["b"]:
            return dict.fromkeys("ab", flow.line(label, texts["a"], "flag"))
        return {side: flow.line(f"{side.upper()}: {label}", text, "flag") for side, text in texts.items()}

    def _lacks(self, side: str) -> str:
        """Condition: the metric plotted needs a price or a power that is not known of a side."""
        tests = [
            f'AND({self.metric}={number},{self.chosen[f"{side}_{m.needs}"]}="")'
            for number, m in enumerate(METRICS, start=1)
            if m.needs
        ]
        return f"OR({','.join(tests)})"

    def unpriced(self, side: str) -> str:
        """Formula: why a curve that could be drawn is not, where its side alone lacks the price or power; else nothing."""
        if self.priced["a"] == self.priced["b"]:
            return '""'
        words = self.draft.plan.house.texts["labels"]["metrics"]
        missing = [(n, literal(f": {words[m.key]['missing']}")) for n, m in enumerate(METRICS, start=1) if m.needs]
        return f'IF({self.priced[side]}=1,"",{cases(self.metric, missing)})'

    def value(self, y: str, side: str) -> str:
        """Formula: the metric plotted for a throughput; 1 where its price or power is unknown, which is not drawn."""
        fields = {"y": y, **{fact: str(self.chosen[f"{side}_{fact}"]) for fact in ("price", "power")}}
        of = {key: self.names[key] for key in ("seconds_per_hour", "million", "thousand")}
        choices = [(number, (m.formula or "{y}").format_map(fields | of)) for number, m in enumerate(METRICS, start=1)]
        return f"IF({self.priced[side]}=0,1,{cases(self.metric, choices[:-1], choices[-1][1])})"

    def metric_x(self, x: str, side: str) -> str:
        """Formula: where the metric of a point stands; nowhere that is drawn without its price or power."""
        return f"IF({self.priced[side]}=0,{IDLE},{x})"

    def _columns(self, keys: Sequence[str], texts: Mapping[str, str], rows: int, kind: str, side: str) -> Points:
        """Rows of copied formulas under a header; a number in the first column counts them."""
        head = self.flow.take()
        self.sheet.row(head, 0, keys, "head")
        first = self.flow.take(rows)
        patterns = [resolve(texts[key], self.sheet.name) for key in keys[1:]]
        for number in range(rows):
            self.sheet.put(first + number, 0, number + 1, "id")
            for col, pattern in enumerate(patterns, start=1):
                self.sheet.copy(first + number, col, pattern, "full")
        subjects = tuple((number,) for number in range(rows))
        place = self.sheet.ref(first, 0)
        self.draft.plan.anchors.append(Anchor(kind, self.draft.name, place, tuple(keys), subjects, side))
        self.flow.gap()
        areas = {key: self.sheet.area(first, col, first + rows - 1, col) for col, key in enumerate(keys)}
        return Points(*(areas[key] for key in PLOTTED))

    def samples(self, side: str, rows: int) -> Points:
        """The curve in straight steps: the samples of Curves, so dense that the line stays within 1 % of the spline."""
        self.flow.heading(f"Curve {side.upper()} as drawn: knot row, place in the segment, speed, throughput, metric")
        own = {key: in_row(col) for col, key in enumerate(SAMPLE_KEYS)}
        x, y = own["x"], own["y"]
        texts = {
            **sample_texts(self.names, own, self.curve[side], self.drawn[side], self.basis),
            "metric": self.value(y, side),
            "metric_x": self.metric_x(x, side),
        }
        return self._columns(SAMPLE_KEYS, texts, rows, "samples", side)

    def knots(self, side: str, rows: int) -> Points:
        """The measured points on the curve."""
        self.flow.heading(f"Points of curve {side.upper()}: number, speed, throughput, metric")
        number, x, y = (in_row(POINT_KEYS.index(key)) for key in ("place", "x", "y"))
        texts = {
            **knot_texts(self.names, number, self.curve[side], self.drawn[side], self.basis),
            "metric": self.value(y, side),
            "metric_x": self.metric_x(x, side),
        }
        return self._columns(POINT_KEYS, texts, rows, "knots", side)

    def off(self, side: str, rows: int) -> Points:
        """The measured points beside the curve: other settings, which another one beats."""
        self.flow.heading(f"Other settings of side {side.upper()}: number, speed, throughput, metric")
        names, curve = self.names, self.curve[side]
        number, x, y = (in_row(POINT_KEYS.index(key)) for key in ("place", "x", "y"))
        held, first = (f"INDEX({names[f'curve_off_{fact}']},{curve})" for fact in ("count", "first"))
        row = f"MAX(1,{first}+{number}-1)"
        value = f"INDEX({names['off_points']},{row},1+{self.basis})"
        shown = f"AND({self.drawn[side]}=1,{number}<={held},COUNT({value})=1)"
        texts = {
            "x": f"IF({shown},INDEX({names['off_points']},{row},1),{IDLE})",
            "y": f"IF({shown},{value},1)",
            "metric": self.value(y, side),
            "metric_x": self.metric_x(x, side),
        }
        return self._columns(POINT_KEYS, texts, rows, "off", side)

    def targets(self, side: str, reads: Reads) -> Points:
        """The three targets on their curve, where there is a read."""
        self.flow.heading(f"Your speeds on curve {side.upper()}: number, speed, throughput, metric")
        head = self.flow.take()
        self.sheet.row(head, 0, POINT_KEYS, "head")
        first = self.flow.take(TARGETS)
        for row, block in enumerate(reads.blocks[:TARGETS], start=first):
            read = f"ISNUMBER({block[f'{side}_y']})"
            self.sheet.put(row, 0, row - first + 1, "id")
            x = self.sheet.formula(row, 1, f"IF({read},{block[f'{side}_x_read']},{IDLE})", "full")
            y = self.sheet.formula(row, 2, f"IF({read},{block[f'{side}_y']},1)", "full")
            self.sheet.formula(row, 3, self.value(str(y), side), "full")
            self.sheet.formula(row, 4, self.metric_x(str(x), side), "full")
        subjects = tuple((number,) for number in range(TARGETS))
        self.draft.plan.anchors.append(
            Anchor("targets", self.draft.name, self.sheet.ref(first, 0), POINT_KEYS, subjects, side)
        )
        self.flow.gap()
        return Points(*(self.sheet.area(first, col, first + TARGETS - 1, col) for col in (1, 2, 3, 4)))


def lay_plot(draft: Draft, flow: Flow, chosen: Shown, reads: Reads) -> Plot:
    """Lay out everything the two charts plot."""
    plotter, members = _Plotter(draft, flow, chosen), draft.curves
    samples = max(draft.plan.curves.samples[curve.id - 1].knot.size for curve in members)
    knots = max(len(curve.knots) for curve in members)
    off = max(len(curve.off_frontier) for curve in members)
    points: dict[tuple[str, str], Points] = {}
    for side in "ab":
        points[side, "curve"] = plotter.samples(side, samples)
        points[side, "knots"] = plotter.knots(side, knots)
        if off:
            points[side, "off"] = plotter.off(side, off)
        points[side, "target"] = plotter.targets(side, reads)
    return Plot(plotter.metric, plotter.drawn, points, _lay_names(flow, chosen, points, plotter))


def _lay_names(
    flow: Flow,
    chosen: Shown,
    points: Mapping[tuple[str, str], Points],
    plotter: _Plotter,
) -> dict[tuple[str, str], Ref]:
    """The names of the series, live: the side, and what its marks are."""
    flow.heading("Names of the series")
    words = {"curve": "", "knots": " points", "off": " other settings", "target": " at your speeds"}
    names: dict[tuple[str, str], Ref] = {}
    for side, kind in points:
        label = chosen.heads[side]
        empty = (
            f'IF({plotter.drawn[side]}=1,{plotter.unpriced(side)},": no data")'
            if kind == "curve"
            else literal(words[kind])
        )
        names[side, kind] = flow.sheet.formula(flow.take(), 0, f"{label}&{empty}")
    flow.gap()
    return names


def chart_heading(draft: Draft, chosen: Shown, plot: Plot) -> str:
    """Formula: what the large chart shows, with its unit, and what its marks are; or what it lacks."""
    texts = draft.texts["chart"]
    points = f"IF({chosen['published']}=1,{literal(texts['published'])},{literal(texts['measured'])})"
    shown, lacking = [], []
    for number, metric in enumerate(METRICS, start=1):
        words = draft.plan.house.texts["labels"]["metrics"][metric.key]
        fields = {"metric": literal(words["name"]), "unit": metric_unit(draft.plan, metric.key), "points": points}
        shown.append((number, say(draft, "chart", "heading", fields)))
        fields = {"metric": literal(words["name"]), "missing": literal(words["missing"])}
        if metric.needs:
            unknown = dict.fromkeys(f'{chosen[f"{side}_{metric.needs}"]}=""' for side in "ab")
            test = f"AND({plot.metric}={number},{','.join(unknown)})"
            lacking.append((test, say(draft, "chart", "nothing", fields)))
    return first_true(lacking, cases(plot.metric, shown[:-1], shown[-1][1]))


def metric_unit(plan: Plan, key: str) -> str:
    """Formula: a metric's unit, which follows the currency and the tokens counted."""
    fields = {"currency": plan.context["currency"], "tokens": plan.context["tokens"]}
    unit = plan.house.texts["labels"]["metrics"][key]["unit"]
    return sentence(unit, fields, origin=f"labels.toml [metrics.{key}] unit")


def place_charts(draft: Draft, plot: Plot, large: Ref, small: Ref | None = None, height: int = LARGE[1]) -> None:
    """Place the large chart (the metric chosen), of a height in pixels, and the small one (throughput) where it has a place."""
    texts = draft.texts["chart"]
    order = [(side, kind) for kind in KINDS for side in "ab" if (side, kind) in plot.points]
    unlisted = tuple(i for i, (_, kind) in enumerate(order) if kind != "curve")
    for number, (at, size) in enumerate(((large, (LARGE[0], height)), (small, SMALL)), start=1):
        if at is None:
            continue
        what = "the metric chosen beside it" if number == 1 else "throughput per GPU"
        y_title = texts["y"] if number == 1 else "Throughput per GPU, tok/s, log scale"
        series = tuple(
            Series(
                plot.names[key],
                plot.points[key].metric_x if number == 1 else plot.points[key].x,
                plot.points[key].metric if number == 1 else plot.points[key].y,
                f"{key[0]}_{key[1]}" if number == 1 or key[1] != "target" else f"{key[0]}_high",
                _LABELS if key[1] == "target" else "",
            )
            for key in order
        )
        alt = (
            f"{draft.subject}: scatter chart of {what} (vertical axis, logarithmic) against speed per user (horizontal axis). Two "
            "curves, one per side, with their points, other settings and the three speeds. The figures stand on this sheet."
        )
        draft.sheet.charts.append(
            Chart(
                kind="scatter",
                at=at,
                width=size[0],
                height=size[1],
                series=series,
                x_title=texts["x"],
                y_title=y_title,
                alt_text=alt,
                name=f"chart {number}",
                log=True,
                unlisted=unlisted,
                number_format=_AXIS,
            )
        )


_LABELS = f"[<0.01]{ROUNDINGS['cost'].number_format.partition(']')[2].replace(';', ';[<10]')};#,##0"
_AXIS = "[<1]General;#,##0"
