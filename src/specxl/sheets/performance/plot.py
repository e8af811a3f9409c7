"""The charts of the Performance sheet and the cells they plot: up to eight curves in the table's order, with their points.

Every place of the order has its own series, whatever configuration stands there; one that holds none, or none that can be
drawn, stands at x = -1, left of an axis that begins at 0.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from specxl.model.cells import Chart, Series, in_row, resolve
from specxl.sheets.anchors import Anchor
from specxl.sheets.curves.drawn import IDLE, held, sample_texts
from specxl.sheets.performance.places import DRAWN, LARGE, SMALL
from specxl.sheets.performance.reads import figure_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from specxl.method.catalogue import CatalogueCurve
    from specxl.model.cells import Range, Ref
    from specxl.sheets.performance.draft import Board, Draft

SAMPLE_KEYS = ("row", "u", "x", "y", "metric")
POINT_KEYS = ("x", "y", "metric")
MARK_KEYS = ("number", "x", "metric")
_AXIS = "[<1]0.00;#,##0"


@dataclass(frozen=True)
class Plot:
    """What is plotted: the curve and the points of every place as (x, figure), the marks, and the names of all series."""

    curves: tuple[tuple[Range, Range], ...]
    points: tuple[tuple[Range, Range], ...]
    marks: tuple[Range, Range]
    names: tuple[Ref, ...]
    mark_name: Ref


@dataclass(frozen=True)
class _Place:
    """A place of the order: which curve stands there, whether it is drawn, and what makes figures of its throughputs."""

    number: int
    curve: Ref
    drawn: Ref
    factor: Ref


def reaching(draft: Draft, place: int) -> Iterator[CatalogueCurve]:
    """Every curve that may stand at a place: of the models and workloads that have so many lines."""
    lines = draft.plan.catalogue.lines
    sizes = Counter((line.key.model, line.key.workload) for line in lines)
    for line in lines:
        if sizes[line.key.model, line.key.workload] >= place:
            yield line.curve
            yield from line.by_serving.values()


def place_count(board: Board) -> int:
    """How many places have a curve of their own in the charts."""
    return min(DRAWN, board.slots["number"].rows)


def lay_plot(draft: Draft, board: Board) -> Plot:
    """Lay out everything the charts plot: which configuration stands at each place, then its curve and points."""
    basis = draft.flow.line("token_basis", f"MAX({draft.plan.context['basis']},1)")
    places = [_lay_place(draft, board, number) for number in range(1, place_count(board) + 1)]
    draft.flow.gap()
    members = [{curve.id: curve for curve in reaching(draft, place.number)}.values() for place in places]
    samples = [max(draft.plan.curves.samples[curve.id - 1].knot.size for curve in found) for found in members]
    knots = [max(len(curve.knots) for curve in found) for found in members]

    def sample(place: _Place, own: Mapping[str, str]) -> dict[str, str]:
        return sample_texts(draft.plan.context, own, place.curve, place.drawn, basis)

    curves = _lay_series(draft, board, "samples", SAMPLE_KEYS, places, samples, sample)
    points = _lay_series(draft, board, "points", POINT_KEYS, places, knots, partial(_points, draft, basis))
    names = _lay_names(draft, board, len(places))
    return Plot(curves, points, _lay_marks(draft, board, len(places)), *names)


def _slot(board: Board, place: int) -> str:
    """Formula: the slot that stands at a place."""
    return str(board.slots["holds"].cell(place - 1).fix)


def _lay_place(draft: Draft, board: Board, number: int) -> _Place:
    """What stands at a place; a curve that is not drawn is looked at all the same."""
    row, sheet, slot = draft.flow.take(), draft.flow.sheet, _slot(board, number)
    sheet.put(row, 0, number, "id")
    curve = sheet.formula(row, 1, f"MAX({board.held('id', slot)},1)", "id").fix
    drawn = sheet.formula(row, 2, board.held("drawn", slot), "flag").fix
    factor = sheet.formula(row, 3, board.held("factor", slot), "full").fix
    return _Place(number, curve, drawn, factor)


def _figure(board: Board, place: _Place, y: str) -> str:
    """Formula: the figure chosen for a throughput; 1 where the curve is not drawn."""
    low_first = str(board["low_first"])
    return f"IF({place.drawn}=0,{board['idle']},{figure_of(str(place.factor), y, low_first)})"


def _points(draft: Draft, basis: Ref, place: _Place, own: Mapping[str, str]) -> dict[str, str]:
    """Formulas of a measured point by its number; beyond the last one it stands idle, at the last one's height."""
    names, number = draft.plan.context, own["number"]
    first, count = (f"INDEX({names[f'curve_{key}']},{place.curve})" for key in ("first", "knots"))
    row = f"{first}+MIN({number},{count})-1"
    shown = f"AND({place.drawn}=1,{number}<={count})"
    return {
        "x": f"IF({shown},INDEX({names['knot_x']},{row}),{IDLE})",
        "y": f"IF({place.drawn}=0,1,{held(names, 'knot', row, basis)})",
    }


def _lay_series(
    draft: Draft,
    board: Board,
    kind: str,
    keys: Sequence[str],
    places: Sequence[_Place],
    rows: Sequence[int],
    texts: Callable[[_Place, Mapping[str, str]], dict[str, str]],
) -> tuple[tuple[Range, Range], ...]:
    """The series of all places side by side, each with as many rows as it may need; return their x and figures.

    The first column numbers the rows; `texts` gives the formulas of a place by the cells of a row.
    """
    flow, sheet = draft.flow, draft.flow.sheet
    draft.heading(kind)
    head, first = flow.take(), flow.take(max(rows))
    flow.gap()
    sheet.put(head, 0, "number", "head")
    for number in range(max(rows)):
        sheet.put(first + number, 0, number + 1, "id")
    areas = []
    for place, count in zip(places, rows, strict=True):
        left = 1 + (place.number - 1) * len(keys)
        sheet.row(head, left, keys, "head")
        own = {"number": in_row(0), **{key: in_row(left + col) for col, key in enumerate(keys)}}
        formulas = texts(place, own) | {"metric": _figure(board, place, own["y"])}
        for col, key in enumerate(keys, start=left):
            pattern = resolve(formulas[key], sheet.name)
            for row in range(first, first + count):
                sheet.copy(row, col, pattern, "full")
        subjects = tuple((number,) for number in range(count))
        anchor = Anchor(f"performance_{kind}", "", sheet.ref(first, left), tuple(keys), subjects, f"{place.number}")
        draft.plan.anchors.append(anchor)
        x, figure = (left + keys.index(key) for key in ("x", "metric"))
        areas.append((sheet.area(first, x, first + count - 1, x), sheet.area(first, figure, first + count - 1, figure)))
    return tuple(areas)


def _lay_marks(draft: Draft, board: Board, places: int) -> tuple[Range, Range]:
    """A mark at the speed on every curve that is drawn and has a figure there."""
    flow, sheet = draft.flow, draft.flow.sheet
    draft.heading("marks")
    flow.heads(MARK_KEYS)
    first = flow.take(places)
    slot = f"INDEX({board.slots['holds']},{in_row(0)})"
    figure = board.held("figure", slot)
    known = f"COUNT({figure})=1"
    texts = (f"IF({known},{board.held('x_read', slot)},{IDLE})", f"IF({known},{figure},{board['idle']})")
    for place in range(places):
        sheet.put(first + place, 0, place + 1, "id")
        for col, text in enumerate(texts, start=1):
            sheet.copy(first + place, col, resolve(text, sheet.name), "full")
    subjects = tuple((place,) for place in range(places))
    draft.plan.anchors.append(Anchor("performance_marks", "", sheet.ref(first, 0), MARK_KEYS, subjects))
    flow.gap()
    return sheet.area(first, 1, first + places - 1, 1), sheet.area(first, 2, first + places - 1, 2)


def _lay_names(draft: Draft, board: Board, places: int) -> tuple[tuple[Ref, ...], Ref]:
    """The names of the series, live: what stands at each place; then that of the marks."""
    flow = draft.flow
    draft.heading("names")
    names = tuple(
        flow.sheet.formula(flow.take(), 0, board.held("name", _slot(board, place))) for place in range(1, places + 1)
    )
    return names, flow.sheet.put(flow.take(), 0, draft.texts["chart"]["mark"])


def place_charts(draft: Draft, plot: Plot, large: Ref, small: Ref) -> None:
    """Place the chart on a logarithmic scale, and the one on a linear scale."""
    texts, count = draft.texts["chart"], len(plot.curves)
    curves = [Series(plot.names[i], *plot.curves[i], f"place_{i + 1}_curve") for i in range(count)]
    points = [Series(plot.names[i], *plot.points[i], f"place_{i + 1}_knots") for i in range(count)]
    marks = Series(plot.mark_name, *plot.marks, "speed_mark")
    for number, (at, size, log) in enumerate(((large, LARGE, True), (small, SMALL, False)), start=1):
        axis = texts["log" if log else "plain"]
        draft.sheet.charts.append(
            Chart(
                kind="scatter",
                at=at,
                width=size[0],
                height=size[1],
                series=(*curves, *points, marks) if log else (*curves, marks),
                x_title=texts["x"],
                y_title=texts["y_log" if log else "y_linear"],
                alt_text=texts["alt"].format(axis=axis),
                name=f"performance_chart_{number}",
                log=log,
                unlisted=tuple(range(count, 2 * count)) if log else (),
                number_format=_AXIS,
            )
        )
