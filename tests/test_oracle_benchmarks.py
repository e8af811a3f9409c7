"""The oracle on the shared answer: the expected reads of METHOD 8 and every figure that METHOD 3 to 7 states of that file."""

from __future__ import annotations

import csv
import json
from collections import Counter
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

import pytest
from support.oracle import (
    Comparison,
    Point,
    Side,
    break_even_speeds,
    common_target,
    compare,
    default_targets,
    fit,
    quantile,
    read,
    summary,
)
from support.oracle_curve import exact
from support.reader_of_benchmarks import Key, little, points_of, rates_of, sides_of

if TYPE_CHECKING:
    from pathlib import Path

Sides = dict[Key, tuple[Side, Side]]
MONEY = Fraction(36, 10_000)


@pytest.fixture(scope="module")
def data(shared: Path) -> Path:
    """Return the folder of the shared data."""
    return shared / "data"


@pytest.fixture(scope="module")
def sides(data: Path) -> Sides:
    """Return every combination's speculative and Off side."""
    return sides_of(data)


@pytest.fixture(scope="module")
def in_common(sides: Sides) -> list[Comparison]:
    """Return the reads at the default targets of the combinations whose ranges have more than one value in common."""
    both = {key: pair for key, pair in sides.items() if all(side.curve for side in pair)}
    overlaps = {key: _overlap(pair) for key, pair in both.items()}
    return [
        compare(*both[key], target)
        for key, (low, high) in overlaps.items()
        if low < high
        for target in default_targets(*(side.points for side in both[key])) or ()
    ]


def _overlap(pair: tuple[Side, Side]) -> tuple[float, float]:
    speeds = [[point.x for point in side.points or ()] for side in pair]
    return max(min(own) for own in speeds), min(max(own) for own in speeds)


# Reading


def test_every_row_is_read(data: Path) -> None:
    """435 rows in 74 curves, and what their audit finds: one stuck run, nine with a reported fault."""
    curves = points_of(data)
    points = [point for own in curves.values() for point in own]
    facts = ("suspect", "fault", "random_prompts", "gpu_count")
    assert (len(points), len(curves)) == (435, 74)
    assert [sum(getattr(point, fact) for point in points) for fact in facts] == [1, 9, 157, 46 + 8]
    assert Counter(point.family for point in points) == {"sglang": 240, "trt": 165, "atom": 30}
    assert sum(point.output is None for point in points) == 2


def test_classes_add_up(data: Path) -> None:
    """Output and input over all GPUs are the total, which as published by role they are not."""
    points = [point for own in points_of(data).values() for point in own if point.output and point.input]
    assert max(abs((point.output + point.input) / point.total - 1) for point in points) < 1e-9  # type: ignore[operator]


def test_littles_law(data: Path) -> None:
    """One row is 42 times off; every other row agrees with itself within 29 %."""
    rows = json.loads((data / "inferencex" / "benchmarks.json").read_text(encoding="utf-8"))
    found = sorted(little(row) for row in rows)
    assert found[-1] == pytest.approx(41.99, abs=0.005)
    assert (found[0] > 0.98, found[-2] < 1.29) == (True, True)


# Reads


def test_the_expected_reads(data: Path) -> None:
    """All 948 agree in throughput, cost, tok/s/MW and requests to 1e-12, the last knot's figures where a read is above.

    The spline is compared, not the read: beside a knot (within 1e-9) the read takes the knot's figure.
    """
    curves = {"|".join(key): fit(points) for key, points in points_of(data).items()}
    rates = rates_of(data, "2026-04")
    rows = json.loads((data / "expected" / "benchmarks-latest.json").read_text(encoding="utf-8"))
    assert (len(rows), {row[0] for row in rows}) == (948, set(curves))
    for name, target, total, cost, per_megawatt, requests, _ in rows:
        curve = curves[name]
        assert curve
        at = min(max(exact(target), curve.x[0]), curve.x[-1])
        price, power = (exact(figure) for figure in rates[name.split("|")[1]])
        y = curve.splines["total"].at(at)
        mine = [float(v) for v in (y, price / (y * MONEY), y * 1000 / power, curve.splines["conc"].at(at))]
        assert mine == pytest.approx([total, cost, per_megawatt, requests], rel=1e-12), (name, target)


def test_the_expected_bounds(data: Path) -> None:
    """Above and below agree wherever the target is farther than 1e-6 from a knot."""
    curves = {"|".join(key): fit(points) for key, points in points_of(data).items()}
    words = {"above measured range": "above", "below the frontier": "below", "interpolated": ""}
    rows = json.loads((data / "expected" / "benchmarks-latest.json").read_text(encoding="utf-8"))
    compared = 0
    for name, target, *_, bound in rows:
        curve = curves[name]
        if curve and min(abs(exact(target) / x - 1) for x in curve.x) > Fraction(1, 10**6):
            assert words[read(curve, target).status] == bound
            compared += 1
    assert compared == 750


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("edge_same_x", {60: (1106.25, 1300), 95: (611.71875, 985.9182098765433), 100: (500, 934.5679012345679)}),
        (
            "edge_overshoot",
            {
                10.5: (999.996875, 999.37490234375),
                55: (513.3322619150631, 99.90251481120154),
                100.5: (9.993125, 99.21274369268963),
            },
        ),
        ("edge_no_overlap", {45: (550, 700), 100: (None, 700), 135: (None, 480)}),
    ],
)
def test_the_edge_cases(data: Path, name: str, reads: dict[float, tuple[float | None, float]]) -> None:
    """The shared cases of awkward curves give the values that stand beside them."""
    with (data / "cases" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    curves = [
        fit(
            [
                Point(float(row["interactivity_tok_s_user"]), float(row["total_tok_s_gpu"]))
                for row in rows
                if row["variant"] == of
            ]
        )
        for of in ("none", "mtp")
    ]
    for target, figures in reads.items():
        for curve, figure in zip(curves, figures, strict=True):
            got = read(curve, target).figures.get("total")
            assert got == (figure if figure is None else pytest.approx(figure, rel=1e-14))


# Comparisons


def test_the_verdicts_at_71(sides: Sides) -> None:
    """At the common speed, 71: 9 settled, 15 interpolated, 1 level, 2 undecided of 40; the rest is withheld."""
    assert common_target([(a.points, b.points) for a, b in sides.values()]) == 71
    made = summary([compare(a, b, 71) for a, b in sides.values()])
    assert made.counts == {
        "better settled": 9,
        "better interpolated": 15,
        "worse": 0,
        "level": 1,
        "undecided": 2,
        "only one side reaches it": 5,
        "neither": 2,
        "no data": 6,
    }
    assert (made.verdicts["only A reaches it"], made.decided_on_a_stop) == (2, 3)


def test_the_verdicts_at_the_default_targets(in_common: list[Comparison]) -> None:
    """24 settled, 52 interpolated, 2 level over the 26 combinations whose ranges have a stretch in common."""
    words = Counter((got.verdict, got.certainty) for got in in_common)
    assert words == {("better", "settled"): 24, ("better", "interpolated"): 52, ("level", ""): 2}


def test_the_spreads(in_common: list[Comparison]) -> None:
    """The ratio spreads 0.7 to 55, the speed at equal cost 0.75 to 3.4 about 1.7, an interval a factor of 11."""
    ratios = [got.ratio for got in in_common if got.ratio]
    assert [f"{end:.2g}" for end in (min(ratios), max(ratios))] == ["0.7", "55"]
    speeds = [got.equal_cost_ratio for got in in_common if got.equal_cost_ratio]
    middle = quantile(speeds, Fraction(1, 2))
    assert [f"{speed:.2f}" for speed in (min(speeds), middle, max(speeds))] == ["0.75", "1.74", "3.42"]
    widths = [got.ratio_high / got.ratio_low for got in in_common if got.ratio_high and got.ratio_low]
    assert f"{quantile(widths, Fraction(1, 2)):.0f}" == "11"
    assert Counter(got.equal_cost_kind for got in in_common) == {"": 56, "at least": 21, "never": 1}


def test_leaving_a_knot_out(data: Path) -> None:
    """Without one of the 181 interior knots the spline misses it by 21 % in the median and 107 % at the 90th percentile."""
    missed = []
    for points in points_of(data).values():
        curve = fit(points)
        for i in range(1, len(curve.knots) - 1) if curve else ():
            others = fit([*curve.knots[:i], *curve.knots[i + 1 :]]) if curve else None
            assert others
            missed.append(abs(float(others.splines["total"].at(curve.x[i])) / curve.knots[i].total - 1))
    assert [f"{quantile(missed, share):.0%}" for share in (Fraction(1, 2), Fraction(9, 10))] == ["21%", "107%"]
    assert len(missed) == 181


def test_default_targets_never_land_outside(sides: Sides) -> None:
    """Where the frontiers have a stretch in common, every target reads on both sides."""
    for a, b in sides.values():
        if a.curve and b.curve and max(a.curve.x[0], b.curve.x[0]) < min(a.curve.x[-1], b.curve.x[-1]):
            for side, target in product((a, b), default_targets(a.points, b.points) or ()):
                assert read(side.curve, target).status in {"measured", "interpolated"}


def test_break_evens_between_two_knots(sides: Sides) -> None:
    """Eleven speeds at which the cheaper side changes; the signs at the knots alone show seven of them."""
    found = {key: [break_even_speeds(*pair, scan=scan) for scan in (64, 1)] for key, pair in sides.items()}
    assert [sum(len(speeds[way]) for speeds in found.values()) for way in (0, 1)] == [11, 7]
    inside, shown = found[Key("dsr1", "b200", "fp8", "8192x1024", "")]
    assert (inside, shown) == (pytest.approx([65.78, 84.14], abs=0.01), [])
