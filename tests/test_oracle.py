"""The oracle's curves and reads against values worked out by hand; places are (speed, throughput)."""

from __future__ import annotations

import ast
import math
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from support.oracle import Curve, Point, fit, frontier, highest_speed, read

INF = math.inf
SUPPORT = Path(__file__).resolve().parent / "support"
Places = list[tuple[float, float]]


def points(places: Places) -> tuple[Point, ...]:
    """Return points at these places."""
    return tuple(Point(x, y) for x, y in places)


def curve(places: Places) -> Curve:
    """Return the curve of these places."""
    made = fit(points(places))
    assert made
    return made


@pytest.mark.parametrize(
    "path", sorted([*SUPPORT.glob("oracle*.py"), SUPPORT / "reader_of_benchmarks.py"]), ids=lambda path: path.stem
)
def test_the_oracle_shares_nothing(path: Path) -> None:
    """It imports the standard library and itself, so that no fault of the package can be its own."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    foreign = {name for name in named if name.partition(".")[0] not in sys.stdlib_module_names}
    assert all(name.startswith("support.oracle") for name in foreign)


# Frontier


@pytest.mark.parametrize(
    ("places", "kept"),
    [
        ([(50, 900)], [(50, 900)]),
        ([(50, 900), (80, 900)], [(80, 900)]),  # the slower of two equal throughputs is beaten
        ([(50, 900), (50, 700)], [(50, 900)]),  # and so is the lower at one speed
        ([(80, 300), (20, 900), (40, 250), (60, 310)], [(20, 900), (60, 310), (80, 300)]),
        ([(20, 100), (40, 200), (60, 300)], [(60, 300)]),  # a rising line ends in one knot
        ([(0, 900), (-5, 1000), (50, 0), (math.nan, 9), (50, INF), (70, 4)], [(70, 4)]),
    ],
)
def test_frontier(places: Places, kept: Places) -> None:
    """Points that another beats, and points that are no measurement, are left out."""
    assert [(knot.x, knot.total) for knot in frontier(points(places))] == kept


def test_one_point_of_a_place_is_kept() -> None:
    """Of two points at one place the first stands, whatever else it says."""
    assert [knot.run for knot in frontier((Point(5, 5, run="1"), Point(5, 5, run="2")))] == ["1"]


def test_a_curve_needs_a_valid_point() -> None:
    """No points and no valid points are no curve; what was left out is counted."""
    assert fit(None) is None
    assert fit(()) is None
    assert fit(points([(0, 5)])) is None
    assert curve([(5, 5), (0, 5), (6, -1)]).left_out == 2


# Spline

# h = 10, 20; s = -4, -2; p = (-4*20 - 2*10)/30 = -10/3; m1 = -2*min(4, 2, 5/3) = -10/3
# m0 = (3*-4 + 10/3)/2 = -13/3; m2 = (3*-2 + 10/3)/2 = -4/3
# at 15: (100 + 60)/2 + 10/8*(m0 - m1) = 80 - 1.25 = 78.75; at 30: (60 + 20)/2 + 20/8*(m1 - m2) = 40 - 5 = 35
# at 12.5, u = 1/4: (1.5*9/16)*100 + (9/64)*10*m0 + (1/16*2.5)*60 + (1/16*-3/4)*10*m1
#   = 84.375 - 6.09375 + 9.375 + 1.5625 = 89.21875
THREE = [(10, 100), (20, 60), (40, 20)]
# h = 10, 10, 10; s = -1, -9, -0.95; m1 = -2*min(1, 9, 5/2) = -2; m2 = -2*min(9, 0.95, 4.975/2) = -1.9
# m0 = (-3 + 2)/2 = -0.5; m3 = (-2.85 + 1.9)/2 = -0.475; in a middle: the mean of both ends + 10/8*(m left - m right)
FOUR = [(10, 110), (20, 100), (30, 10), (40, 0.5)]


@pytest.mark.parametrize(
    ("places", "target", "value"),
    [
        ([(50, 900)], 50, 900),
        ([(50, 1000), (100, 500)], 75, 750),  # two knots: the line
        ([(50, 1000), (100, 500)], 60, 900),
        ([(50, 1000), (100, 500)], 99.5, 505),
        (THREE, 15, 78.75),
        (THREE, 30, 35),
        (THREE, 12.5, 89.21875),
        (FOUR, 15, 106.875),  # 105 + 1.25*(-0.5 + 2)
        (FOUR, 25, 54.875),  # 55 + 1.25*(-2 + 1.9)
        (FOUR, 35, 3.46875),  # 5.25 + 1.25*(-1.9 + 0.475)
    ],
)
def test_reads_on_the_spline(places: Places, target: float, value: float) -> None:
    """The cubic passes where the hand calculation says."""
    assert read(curve(places), target).figures["total"] == pytest.approx(value, rel=1e-15)


def test_every_metric_has_its_own_spline() -> None:
    """Output that rises and falls turns flat at its top; a class that one knot lacks is not published anywhere."""
    knots = [
        Point(10, 100, output=10, input=5),
        Point(20, 60, output=30, input=None),
        Point(40, 20, output=10, input=5),
    ]
    made = fit(knots)
    # s = 2, -1: signs differ, m1 = 0; m0 = 3, m2 = -1.5; at 15: 20 + 10/8*3 = 23.75; at 30: 20 + 20/8*1.5 = 23.75
    assert read(made, 15).figures == {"total": 78.75, "output": 23.75, "input": None, "conc": None}
    assert read(made, 30).figures["output"] == 23.75
    assert (read(made, 15).low["output"], read(made, 15).high["output"]) == (10, 30)
    assert (read(made, 10).figures["input"], read(made, 99).last_y["input"]) == (None, None)


# Reads


@pytest.mark.parametrize(
    ("target", "status", "figure", "low", "high"),
    [
        (None, "no target", None, None, None),
        ("60", "no target", None, None, None),
        (True, "no target", None, None, None),
        (0, "no target", None, None, None),
        (-3, "no target", None, None, None),
        (math.nan, "no target", None, None, None),
        (40.1, "above measured range", None, None, None),
        (40 * (1 + 5e-10), "above measured range", None, None, None),  # above comes before measured
        (9, "below the frontier", 100, 100, INF),
        (10 * (1 - 5e-10), "below the frontier", 100, 100, INF),
        (10, "measured", 100, 100, 100),
        (20 * (1 + 9e-10), "measured", 60, 60, 60),
        (20 * (1 - 9e-10), "measured", 60, 60, 60),
        (20 * (1 + 2e-9), "interpolated", pytest.approx(60, rel=1e-7), 20, 60),
        (40, "measured", 20, 20, 20),
        (15, "interpolated", 78.75, 60, 100),
    ],
)
def test_statuses(target: object, status: str, figure: float | None, low: float | None, high: float | None) -> None:
    """The first status that applies, its figure and what the measurements alone say; the last knot is always there."""
    got = read(curve(THREE), target)
    assert (got.status, got.figures.get("total"), got.low.get("total"), got.high.get("total")) == (
        (status, figure, low, high)
    )
    assert (got.last_x, got.last_y["total"]) == (40, 20)
    assert len(got.knots) == {"interpolated": 2, "measured": 1, "below the frontier": 1}.get(status, 0)


def test_without_a_curve() -> None:
    """A target without a curve is no data, and no target comes first."""
    assert [read(None, target).status for target in (60, None)] == ["no data", "no target"]


@pytest.mark.parametrize(
    ("places", "least", "kind", "speed"),
    [
        ([(50, 1000), (100, 500)], 750, "", 75),
        ([(50, 1000), (100, 500)], 1000, "", 50),
        ([(50, 1000), (100, 500)], 1000.5, "never", None),
        ([(50, 1000), (100, 500)], 500, "at least", 100),
        ([(50, 1000)], 400, "at least", 50),
        ([(50, 1000)], 1001, "never", None),
        (THREE, 78.75, "", 15),
        (THREE, 35, "", 30),
        (THREE, 60, "", 20),
    ],
)
def test_highest_speed(places: Places, least: float, kind: str, speed: float | None) -> None:
    """The inverse read goes back to where the read came from."""
    got = highest_speed(curve(places), "total", Fraction(least))
    assert got == (kind, speed if speed is None else pytest.approx(speed, rel=1e-13))


def test_highest_speed_where_output_rises() -> None:
    """Where a metric rises and falls, the higher of the two speeds counts."""
    made = fit([Point(10, 100, output=10), Point(20, 60, output=30), Point(40, 20, output=10)])
    assert made
    assert highest_speed(made, "output", Fraction(10)) == ("at least", 40)
    assert highest_speed(made, "output", Fraction("23.75")) == ("", pytest.approx(30, rel=1e-13))  # 15 gives it too
    assert highest_speed(made, "input", Fraction(1)) == ("never", None)
