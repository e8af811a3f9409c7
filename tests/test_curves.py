"""The numerical reference: frontier, tangents, reads, derived metrics and chart samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.interpolate import BPoly, CubicHermiteSpline

from specxl.method.bernstein import Bernstein
from specxl.method.curves import (
    Curve,
    Status,
    cost_usd_per_mtok,
    joules_per_token,
    pareto_frontier,
    read,
    tangents,
    throughput_tok_s_mw,
)
from specxl.method.samples import samples

X = [10.0, 20.0, 40.0, 80.0]
TOTAL = [1000.0, 900.0, 300.0, 100.0]
CONCURRENCY = [64.0, 32.0, 16.0, 4.0]

coordinates = st.one_of(st.integers(1, 12).map(float), st.floats(0.01, 1e6))
clouds = st.lists(st.tuples(coordinates, coordinates), max_size=25)


def curve_of(x: list[float], total: list[float]) -> Curve:
    """Return a curve whose concurrency is its throughput and whose token classes are missing."""
    return Curve.fit(x, total, None, None, total)


@st.composite
def frontiers(draw: st.DrawFn, least: int = 1) -> tuple[list[float], list[float]]:
    """Draw x strictly ascending and y strictly descending, with gaps that a benchmark could have."""
    steps = draw(st.lists(st.floats(0.5, 500), min_size=least, max_size=9))
    drops = draw(st.lists(st.floats(0.5, 5000), min_size=len(steps), max_size=len(steps)))
    return np.cumsum(steps).tolist(), np.cumsum(drops)[::-1].tolist()


# Frontier


@given(clouds)
def test_frontier_equals_brute_force(cloud: list[tuple[float, float]]) -> None:
    """The frontier is the set of points that no other point equals or beats on both axes, ascending in x."""
    distinct = set(cloud)
    expected = sorted(p for p in distinct if not any(q != p and q[0] >= p[0] and q[1] >= p[1] for q in distinct))
    kept = pareto_frontier([p[0] for p in cloud], [p[1] for p in cloud])
    assert [cloud[i] for i in kept] == expected


@given(frontiers())
def test_frontier_of_a_frontier_is_itself(knots: tuple[list[float], list[float]]) -> None:
    """Knots that already form a frontier are all kept, whatever order they come in."""
    x, y = knots
    assert pareto_frontier(x, y).tolist() == list(range(len(x)))
    assert pareto_frontier(x[::-1], y[::-1]).tolist() == list(range(len(x)))[::-1]


def test_frontier_ties() -> None:
    """Of equal x the highest stays, of equal y the one furthest right, of identical points the first."""
    assert pareto_frontier([5, 5, 5], [1, 3, 2]).tolist() == [1]
    assert pareto_frontier([5, 6, 7], [2, 2, 2]).tolist() == [2]
    assert pareto_frontier([5, 5, 5], [2, 2, 2]).tolist() == [0]
    assert pareto_frontier([5, 5, 6], [3, 2, 3]).tolist() == [2]


def test_points_that_are_no_measurement_never_enter() -> None:
    """Missing, non-finite, zero and negative coordinates are left out, even where they would beat everything."""
    x = [None, 9, np.inf, 9, 0, -1, 9, 9, 1]
    y = [9, None, 9, np.nan, 9, 9, 0, -9, 1]
    assert pareto_frontier(x, y).tolist() == [8]
    assert pareto_frontier([], []).tolist() == []


# Tangents and spline


def test_tangents_by_hand() -> None:
    """Inside: Steffen's limited slope; at the ends d3's (3s - m)/2."""
    # slopes -10, -30, -5; p1 = (-10*20 - 30*10)/30 = -50/3, p2 = (-30*40 - 5*20)/60 = -65/3
    m1, m2 = -2 * min(10, 30, 50 / 6), -2 * min(30, 5, 65 / 6)
    expected = [(3 * -10 - m1) / 2, m1, m2, (3 * -5 - m2) / 2]
    assert tangents(X, TOTAL) == pytest.approx(expected, rel=1e-15)


def test_tangent_at_a_turn_or_a_level_stretch_is_zero() -> None:
    """A metric that turns or stays level at a knot has a level tangent there, so no overshoot is made inside."""
    assert tangents([0, 1, 2], [0, 1, 0])[1] == 0
    assert tangents([0, 1, 2], [0, 0, 5])[1] == 0


def test_two_knots_are_the_straight_line_and_one_is_itself() -> None:
    """Two knots read on their line, one knot reads itself."""
    line = curve_of([10, 30], [100, 20])
    assert tangents([10, 30], [100, 20]).tolist() == [-4, -4]
    assert read(line, 15).total == pytest.approx(80, rel=1e-15)
    point = curve_of([10], [100])
    assert tangents([10], [100]).tolist() == [0]
    assert read(point, 10).total == 100
    assert point.measured_range == (10, 10)


def test_interpolation_by_hand() -> None:
    """The middle of the second segment is the mean of the values plus an eighth of h times the tangents' difference."""
    m = tangents(X, TOTAL)
    expected = (900 + 300) / 2 + 20 * (m[1] - m[2]) / 8
    assert read(Curve.fit(X, TOTAL, None, None, CONCURRENCY), 30).total == pytest.approx(expected, rel=1e-15)


def test_figures_are_clamped_to_the_knots() -> None:
    """A spline that strays beyond the knots' extremes is read at the extreme.

    The end rule cannot stray by itself (see the next test), so a steeper end tangent is put in by hand.
    """
    honest = Curve.fit(X, TOTAL, None, None, CONCURRENCY)
    steep = {"total": honest.tangents["total"] + [200.0, 0.0, 0.0, 200.0]}
    coefficients = [[1000, 900, 300], [0, 0, 0], [0, 0, 0], [900, 300, 100]]
    for k in range(3):
        third = (X[k + 1] - X[k]) / 3
        coefficients[1][k] = TOTAL[k] + third * steep["total"][k]
        coefficients[2][k] = TOTAL[k + 1] - third * steep["total"][k + 1]
    bent = replace(
        honest, splines=honest.splines | {"total": Bernstein(np.array(coefficients), np.array(X))}, tangents=steep
    )
    assert bent.splines["total"](11.0) > 1000
    assert bent.splines["total"](79.0) < 100
    assert read(bent, 11.0).total == 1000
    assert read(bent, 79.0).total == 100
    whole = bent.at("total", np.linspace(10, 80, 701))
    assert whole is not None
    assert (whole.max(), whole.min()) == (1000, 100)


@given(frontiers(3), st.data())
def test_every_segment_stays_between_its_knots(knots: tuple[list[float], list[float]], data: st.DataObject) -> None:
    """Without any clamp, each segment runs monotonically between its knots, the end segments included.

    At an end 2 m_0 + m_1 = 3 s_0 with m_1 between 0 and 2 s_0, which lies inside Fritsch and Carlson's region. That
    holds for metrics that turn (concurrency can) as well as for throughput.
    """
    x = knots[0]
    wobble = data.draw(st.lists(st.floats(-1e4, 1e4), min_size=len(x), max_size=len(x)))
    for values in (knots[1], wobble):
        spline = curve_of(x, knots[1]).splines["total"] if values is knots[1] else _spline_of(x, values)
        for k in range(len(x) - 1):
            v = spline(np.linspace(x[k], x[k + 1], 20))
            slack = 1e-9 * max(1.0, float(np.abs(values).max()))
            direction = np.sign(values[k + 1] - values[k])
            assert bool(np.all(np.diff(v) * direction >= -slack))


def _spline_of(x: list[float], concurrency: list[float]) -> Bernstein:
    return Curve.fit(x, np.ones(len(x)), None, None, concurrency).splines["concurrency"]


@given(frontiers(2))
def test_scipy_evaluates_the_same_splines(knots: tuple[list[float], list[float]]) -> None:
    """SciPy's Bernstein and Hermite splines through the same values and tangents agree, at the knots exactly."""
    x, total = knots
    curve = curve_of(x, total)
    spline, points = curve.splines["total"], np.linspace(x[0], x[-1], 97)
    others = (BPoly(spline.c, x), CubicHermiteSpline(x, total, curve.tangents["total"]))
    for other in others:
        assert spline(points) == pytest.approx(other(points), rel=1e-12, abs=1e-12 * total[0])
    assert spline(np.array(x)).tolist() == total


@given(frontiers(2), st.floats(0, 1), st.floats(0.001, 1000), st.floats(0.001, 1000))
def test_units_do_not_matter(knots: tuple[list[float], list[float]], at: float, a: float, b: float) -> None:
    """Scaling x and y by constants scales the read by the same constants."""
    x, y = knots
    target = x[0] + at * (x[-1] - x[0])
    assume(min(abs(target / k - 1) for k in x) > 1e-6)
    plain = read(curve_of(x, y), target)
    scaled = read(curve_of([v * a for v in x], [v * b for v in y]), target * a)
    assert plain.total is not None
    assert (scaled.status, scaled.left) == (plain.status, plain.left)
    assert scaled.total == pytest.approx(plain.total * b, rel=1e-9)


@given(frontiers(), st.data())
def test_reads_hit_the_knots_exactly(knots: tuple[list[float], list[float]], data: st.DataObject) -> None:
    """A target that equals a knot's x gives the knot's own figures, bit for bit."""
    curve = curve_of(*knots)
    k = data.draw(st.integers(0, curve.x.size - 1))
    got = read(curve, float(curve.x[k]))
    assert (got.status, got.total, got.left, got.right) == (Status.MEASURED, knots[1][k], k, k)


# Reads


@pytest.mark.parametrize("target", [None, "", "60", "=1", True, 0, -5, 0.0, float("nan"), float("inf"), -float("inf")])
def test_no_target_comes_first(target: object) -> None:
    """What is not a positive finite number is no target, whether or not there is a curve."""
    for curve in (None, curve_of(X, TOTAL)):
        got = read(curve, target)
        assert got.status is Status.NO_TARGET
        assert (got.total, got.output, got.input, got.concurrency, got.left, got.right) == (None,) * 6


def test_no_curve_is_no_data() -> None:
    """A curve that does not exist is no data at any target."""
    got = read(None, 60)
    assert (got.status, got.total, got.concurrency, got.left, got.right) == (Status.NO_DATA, None, None, None, None)


@pytest.mark.parametrize(
    ("target", "status", "total", "left", "right"),
    [
        (9.999999999999, Status.BELOW, 1000, 0, 0),
        (9, Status.BELOW, 1000, 0, 0),
        (10, Status.MEASURED, 1000, 0, 0),
        (20, Status.MEASURED, 900, 1, 1),
        (80, Status.MEASURED, 100, 3, 3),
        (80.000000000001, Status.ABOVE, 100, 3, 3),
        (1e300, Status.ABOVE, 100, 3, 3),
    ],
)
def test_status_and_knots(target: float, status: Status, total: float, left: int, right: int) -> None:
    """Above and below are strict and give the end knot; on a knot the read is that knot."""
    got = read(Curve.fit(X, TOTAL, None, None, CONCURRENCY), target)
    assert (got.status, got.total, got.left, got.right) == (status, total, left, right)
    assert got.concurrency == CONCURRENCY[left]


@pytest.mark.parametrize("side", [-1, 1])
def test_measured_reaches_one_part_in_a_thousand_million(side: int) -> None:
    """Just inside the tolerance of a knot a read is measured, just outside it is interpolated on the right side."""
    curve = curve_of(X, TOTAL)
    near, off = read(curve, 40 * (1 + side * 0.9e-9)), read(curve, 40 * (1 + side * 1.1e-9))
    assert (near.status, near.left, near.right) == (Status.MEASURED, 2, 2)
    assert (off.status, off.left, off.right) == (Status.INTERPOLATED, *((2, 3) if side > 0 else (1, 2)))
    assert near.total == pytest.approx(300, rel=1e-8)
    assert near.total != 300


def test_knots_closer_than_the_tolerance() -> None:
    """Where both bracketing knots are within the tolerance, the left one is named."""
    got = read(curve_of([10, 10 * (1 + 1e-10), 20], [5, 4, 3]), 10 * (1 + 0.5e-10))
    assert (got.status, got.left, got.right) == (Status.MEASURED, 0, 0)


def test_a_token_class_that_one_knot_lacks_is_missing_everywhere() -> None:
    """One missing value makes the whole column missing, and leaves the other metrics as they are."""
    curve = Curve.fit(X, TOTAL, [500, 450, None, 50], [500, 450, 150, 50], CONCURRENCY)
    assert curve.output is None
    got = read(curve, 30)
    assert got.output is None
    assert got.input == pytest.approx(read(curve, 30).total / 2, rel=1e-15)  # type: ignore[operator]


@given(frontiers(), st.floats(0.001, 1e5))
def test_every_read_stays_within_the_knots(knots: tuple[list[float], list[float]], target: float) -> None:
    """Whatever the target, the figures lie between the smallest and the largest knot, around the named knots."""
    curve = curve_of(*knots)
    got = read(curve, target)
    assert got.total is not None
    assert got.left is not None
    assert got.right is not None
    assert knots[1][got.right] * (1 - 1e-6) <= got.total <= knots[1][got.left] * (1 + 1e-6)
    assert knots[1][-1] <= got.total <= knots[1][0]
    assert got.right - got.left == (got.status is Status.INTERPOLATED)


@pytest.mark.parametrize(
    ("x", "total", "match"),
    [
        ([], [], "ascend strictly"),
        ([1, 1], [2, 1], "ascend strictly"),
        ([2, 1], [2, 1], "ascend strictly"),
        ([1, np.nan], [2, 1], "ascend strictly"),
        ([1, 2], [2, None], "total throughput"),
        ([1, 2], [2], "one value per knot"),
    ],
)
def test_fit_refuses_what_is_no_frontier(x: list[float], total: list[float], match: str) -> None:
    """Knots out of order, without throughput or of unequal length are refused."""
    with pytest.raises(ValueError, match=match):
        Curve.fit(x, total, None, None, None)


# Derived metrics


def test_derived_metrics() -> None:
    """Cost, tok/s/MW and joules follow from rate, power and throughput; cost times throughput is the rate."""
    assert cost_usd_per_mtok(2.34, 9810.7) == pytest.approx(0.0662542, abs=1e-7)
    assert throughput_tok_s_mw(9810.7, 2.17) == pytest.approx(4521059.9, abs=0.1)
    assert joules_per_token(1000, 2.17) == pytest.approx(2.17, rel=1e-15)
    cost = cost_usd_per_mtok(2.21, 131.9)
    assert cost is not None
    assert cost * 131.9 * 0.0036 == pytest.approx(2.21, rel=1e-15)


def test_unknown_stays_unknown() -> None:
    """Without a rate, a power figure or a throughput there is no figure, and never a zero."""
    assert cost_usd_per_mtok(None, 100) is None
    assert cost_usd_per_mtok(2, None) is None
    assert cost_usd_per_mtok(2, 0) is None
    assert throughput_tok_s_mw(100, None) is None
    assert throughput_tok_s_mw(None, 2) is None
    assert throughput_tok_s_mw(100, 0) is None
    assert joules_per_token(0, 2) is None
    assert joules_per_token(5, None) is None


# Chart samples


def drawn(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    """Return the places at which a chart draws a curve, and its throughput there."""
    [found] = samples([curve])
    steps = np.append(np.diff(curve.x), 0.0)
    x = np.minimum(curve.x[found.knot] + found.place * steps[found.knot], curve.x[-1])
    total = curve.at("total", x)
    assert total is not None
    return x, total


@given(frontiers())
def test_samples_hold_every_knot(knots: tuple[list[float], list[float]]) -> None:
    """Every knot is a sample with its own figure, the last one at the end; x ascends, and throughput never rises."""
    [found] = samples([curve_of(*knots)])
    x, total = drawn(curve_of(*knots))
    on = found.place == 0
    assert x[on].tolist() == knots[0]
    assert total[on].tolist() == knots[1]
    assert (found.knot[-1], found.place[-1]) == (len(knots[0]) - 1, 0)
    assert bool(np.all((found.place >= 0) & (found.place < 1)))
    assert bool(np.all(np.diff(x) > 0))
    assert bool(np.all(np.diff(total) <= 1e-9 * total[0]))


@settings(max_examples=60)
@given(frontiers(2))
def test_lines_between_samples_stay_within_one_percent(knots: tuple[list[float], list[float]]) -> None:
    """On linear and on logarithmic axes, of a throughput and of a cost, a line is the curve, though it fall a hundredfold."""
    curve = curve_of(knots[0], [y + knots[1][0] / 100 for y in knots[1]])
    x, total = drawn(curve)
    between = np.linspace(x[:-1], x[1:], 12)
    true = curve.at("total", between)
    assert true is not None
    share = (between - x[:-1]) / np.diff(x)
    linear = total[:-1] + share * np.diff(total)
    on_log_axes = np.exp(np.log(total[:-1]) + share * np.diff(np.log(total)))
    cost = 1 / (1 / total[:-1] + share * np.diff(1 / total))
    for line in (linear, on_log_axes, cost):
        assert float(np.abs(line / true - 1).max()) < 0.01


def test_samples_are_dense_where_a_curve_bends() -> None:
    """A straight line takes its ends and one middle; a fall to a hundredth takes many, most of them where it is steep."""
    [flat, steep, point] = samples(
        [curve_of([10, 30], [100, 99]), curve_of([10, 60, 90], [1000, 800, 8]), curve_of([5], [7])]
    )
    assert flat.knot.tolist() == [0, 0, 1]
    assert flat.place.tolist() == [0, 0.5, 0]
    assert steep.knot.size > 15
    assert np.count_nonzero(steep.knot == 1) > 2 * np.count_nonzero(steep.knot == 0)
    assert (point.knot.tolist(), point.place.tolist()) == ([0], [0])


def test_curves_are_sampled_together_as_by_themselves() -> None:
    """What stands beside a curve moves none of its samples, and a token class that bends more asks for more of them."""
    plain, other = curve_of([10, 40, 90], [900, 300, 40]), curve_of([7, 8, 30], [50, 49, 2])
    [first, second] = samples([plain, other])
    for together, alone in ((first, samples([plain])[0]), (second, samples([other])[0])):
        assert together.knot.tolist() == alone.knot.tolist()
        assert together.place.tolist() == alone.place.tolist()
    bending = Curve.fit([10, 40, 90], [900, 300, 40], [450, 140, 0.1], None, None)
    assert samples([bending])[0].knot.size > first.knot.size
