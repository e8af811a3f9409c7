"""The charts: the polyline of every curve beside the curve itself, its points, and nothing drawn where there is nothing."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from support.answer import answer_curves, answer_of
from support.books import PUBLISHED_CARD, SHAPES_CARD, Built, built_default, built_reference, built_shapes, pages
from support.curvesets import SHAPES, curve_points
from support.desk import Desk, State
from support.drawn import Drawn
from support.engine import Book
from support.plain import Plain
from support.published import published_curves
from support.walk import Shown, steps, typed

from specxl.method.catalogue import BEST
from specxl.schema import TOKEN_BASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from support.drawn import Points
    from support.oracle import Side

    from specxl.sheets.pair.sheet import PairSheet

pytestmark = pytest.mark.slow
TARGETS = (33.0, 60.0, 149.0)
LARGEST = 0.01
PLACES = np.linspace(0, 1, 11)[1:-1]
METRICS = ("cost", "tokens", "y", "mw", "joules")


class Bench(NamedTuple):
    """A workbook with its pair sheets live, and its charts."""

    desk: Desk
    drawn: Drawn
    built: Built


@pytest.fixture(scope="module", params=["published", "shapes", "reference"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Return each workbook in turn."""
    if request.param == "published":
        built, curves, card = built_default(), published_curves(), PUBLISHED_CARD
    elif request.param == "shapes":
        built, curves, card = built_shapes(), curve_points(SHAPES), SHAPES_CARD
    else:
        shared: Path = request.getfixturevalue("shared")
        built, curves, card = built_reference(answer_of(shared)), answer_curves(shared), PUBLISHED_CARD
    desk = Desk(built, Book(built.path), curves, card)
    return Bench(desk.only(*desk.pairs), Drawn(desk, built), built)


def everything(desk: Desk) -> Iterator[Shown]:
    """Yield every combination, all engines pooled and each by itself."""
    for pair in desk.pairs.values():
        for comparison in pair.pair.comparisons:
            yield Shown(pair, comparison, TARGETS)
            for scope in comparison.engines:
                yield Shown(pair, comparison, TARGETS, scope.key)


def looked_at(bench: Bench) -> Iterator[tuple[Shown, State, str]]:
    """Bring every curve up on every token basis, a metric at a time, and yield what each sheet shows then."""
    turn = 0
    for basis in TOKEN_BASES:
        state = State(basis=basis)
        for step in steps(everything(bench.desk)):
            metric = METRICS[turn % len(METRICS)]
            turn += 1
            bench.desk.book.edit(bench.desk.edits(state) | typed(bench.desk, step, metric))
            for shown in step:
                yield shown, state, metric
    bench.desk.book.reset()


def metric_of(metric: str, side: Side) -> Callable[[NDArray[np.float64]], NDArray[np.float64]] | None:
    """A metric as a function of throughput; None where its price or power is unknown."""
    price, power = side.price, side.power
    known = {"cost": price, "tokens": price, "y": 1.0, "mw": power, "joules": power}[metric]
    if known is None:
        return None
    functions: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
        "cost": lambda y: known / (y * 0.0036),
        "tokens": lambda y: y * 0.0036 / known,
        "y": lambda y: y,
        "mw": lambda y: y * 1000 / known,
        "joules": lambda y: known * 1000 / y,
    }
    return functions[metric]


def strays(points: Points, plain: Plain, of: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
    """How far straight lines through the points are from the curve, on linear and on logarithmic axes, at most."""
    x, drawn = (np.array(column, dtype=np.float64) for column in zip(*points, strict=True))
    at = (x[:-1, None] + (x[1:] - x[:-1])[:, None] * PLACES).clip(plain.x[0], plain.x[-1])
    true = of(np.array([[plain.read(place) for place in row] for row in at]))
    low, high = drawn[:-1, None], drawn[1:, None]
    lines = (low + (high - low) * PLACES, low * (high / low) ** PLACES)
    return max(float(np.max(np.abs(line / true - 1))) for line in lines) if len(points) > 1 else 0.0


def test_every_polyline_is_within_one_percent(bench: Bench) -> None:
    """Whatever curve, metric, token basis and axis: the drawn line is nowhere more than 1 % off, and all knots are on it."""
    curves: set[tuple[str, int, str, str]] = set()
    worst = 0.0
    for shown, state, metric in looked_at(bench):
        assert list(bench.drawn.faults()) == []
        for name in "ab":
            side = bench.desk.side(shown.comparison, name, state, shown.scope)
            series = bench.drawn.series(shown.pair.sheet.name, "samples", name)
            assert series
            published = side.curve is not None and side.curve.publishes(state.basis)
            for one, drawn in zip(series, (metric, "y"), strict=True):
                of, points = metric_of(drawn, side), bench.drawn.points(one)
                if not published or of is None or side.curve is None:
                    assert points == [], (shown, name, drawn)
                    continue
                plain = Plain.of(side.curve, state.basis)
                places = [x for x, _ in points]
                assert places == sorted(places)  # type: ignore[type-var]
                assert on_it(points, plain.x, of(np.array(plain.y)))
                worst = max(worst, strays(points, plain, of))
                curves.add((shown.pair.sheet.name, shown.comparison.number, shown.scope, name))
    assert worst <= LARGEST
    assert len(curves) >= {"DeepSeek R1 B300": 10}.get(next(iter(bench.desk.pairs)), 60)


def on_it(points: Points, x: list[float], values: NDArray[np.float64]) -> bool:
    """Whether these are points of a polyline, to 1e-9."""
    found = np.array(points, dtype=np.float64)
    at = [int(np.argmin(np.abs(found[:, 0] - place))) for place in x]
    return bool(
        np.allclose(found[at, 0], x, rtol=1e-9, atol=0) and np.allclose(found[at, 1], values, rtol=1e-9, atol=0)
    )


def test_every_point_is_drawn_and_no_other(bench: Bench) -> None:
    """Knots stand where they were measured, other settings beside them; a series has no mark for what is not there."""
    seen = 0
    for shown, state, metric in looked_at(bench):
        for name in "ab":
            side = bench.desk.side(shown.comparison, name, state, shown.scope)
            for kind in ("knots", "off"):
                series = bench.drawn.series(shown.pair.sheet.name, kind, name) or ()
                for one, drawn in zip(series, (metric, "y")[: len(series)], strict=True):
                    wanted = expected_points(side, state.basis, kind, metric_of(drawn, side))
                    found = sorted(bench.drawn.points(one))  # type: ignore[type-var]
                    assert len(found) == len(wanted), (shown, name, kind, drawn)
                    assert np.allclose(np.array(found, dtype=np.float64), np.array(wanted), rtol=1e-9, atol=0)
                    seen += len(found)
    assert seen >= 60


def expected_points(
    side: Side, basis: str, kind: str, of: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None
) -> list[tuple[float, float]]:
    """The knots of a curve, or its other points, as far as they can be drawn: each place once, by speed."""
    curve = side.curve
    if curve is None or of is None or not curve.publishes(basis):
        return []
    # a second measurement at a knot's own place is another setting too
    knots = {id(point) for point in curve.knots}
    own = curve.knots if kind == "knots" else [point for point in curve.points if id(point) not in knots]
    held = [(p.x, y) for p in own if (y := getattr(p, basis)) is not None]
    return sorted({(x, float(of(np.array(y)))) for x, y in held})


def test_the_axis_begins_at_zero(bench: Bench) -> None:
    """What stands at x = -1 is not drawn, because every horizontal axis of speeds begins at 0."""
    with zipfile.ZipFile(bench.built.path) as package:
        for chart in pages(bench.built.path).charts:
            if chart.kind == "scatterChart":
                xml = package.read(chart.part).decode()
                first = xml[xml.index("<c:valAx>") : xml.index("</c:valAx>")]
                assert re.search(r'<c:min val="0"/>', first), chart.part
                assert 'c:smooth val="1"' not in xml


def test_two_charts_on_every_sheet(bench: Bench) -> None:
    """Every pair sheet has a chart of the metric chosen and one of throughput, with the same kinds of series."""
    for name, charts in bench.drawn.charts.items():
        assert len(charts) == 2, name
        assert len(charts[0].series) == len(charts[1].series)
        for kind in ("samples", "knots", "targets"):
            assert all(bench.drawn.series(name, kind, side) for side in "ab")


def test_best_is_what_a_sheet_opens_on(bench: Bench) -> None:
    """Before anything is chosen the charts draw the pooled curves of the combination that the sheet opens on."""
    bench.desk.book.reset()
    for pair in bench.desk.pairs.values():
        opening(bench, pair)


def opening(bench: Bench, pair: PairSheet) -> None:
    """Look at a sheet as it opens."""
    for name in "ab":
        side = bench.desk.side(pair.pair.canonical, name, State(), BEST)
        series = bench.drawn.series(pair.sheet.name, "knots", name)
        assert series
        wanted = expected_points(side, "total", "knots", metric_of("cost", side))
        found = sorted(bench.drawn.points(series[0]))  # type: ignore[type-var]
        assert len(found) == len(wanted)
        assert np.allclose(np.array(found, dtype=np.float64), np.array(wanted), rtol=1e-9, atol=0)
