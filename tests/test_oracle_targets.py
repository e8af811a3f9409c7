"""The oracle's targets, canonical combination and summary, worked out by hand; places are (speed, throughput)."""

from __future__ import annotations

import csv
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import pytest
from support.oracle import (
    Combination,
    Comparison,
    Point,
    Side,
    canonical,
    common_target,
    compare,
    default_targets,
    quantile,
    summary,
)

PAGES = Path(__file__).resolve().parents[1] / "data" / "published_points.csv"


def falling(*speeds: float) -> tuple[Point, ...]:
    """Return points at these speeds, all on the frontier."""
    return tuple(Point(x, 1000 / x) for x in speeds)


# Targets


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (falling(10, 110), falling(30, 210), (50, 70, 90)),
        (falling(27, 92), falling(20, 95), (43, 60, 76)),  # 43.25, 59.5 half up, 75.75
        (falling(10, 20), falling(40, 50), (20, 30, 40)),  # no overlap: 10 to 50
        (None, falling(10, 50), (20, 30, 40)),
        (falling(10, 50), (), (20, 30, 40)),
        (falling(10, 30.5), falling(30.5, 51.5), (30.5, 41, 46)),  # one value: itself, then 41 and 46.25 of the wider
        (falling(30.25), falling(10, 110), (30.25, 60, 85)),
        (falling(30.25), falling(30.25), (30.25, 30.25, 30.25)),
        (falling(60.2, 60.8), falling(10, 90), (60.4, 60.5, 60.7)),  # 60.35 half up, 60.5, 60.65: no whole one inside
        (falling(60.9, 61.3), falling(10, 90), (61, 61, 61)),  # 61.0, 61.1, 61.2
        (falling(60.51, 60.59), falling(10, 90), (60.53, 60.55, 60.57)),  # 60.5 and 60.6 lie outside
        (falling(1.25, 1.75), falling(1, 2), (1.4, 1.5, 1.6)),  # 1.375, 1.5, 1.625
        (None, (Point(-1, 5),), None),
    ],
)
def test_default_targets(a: tuple[Point, ...], b: tuple[Point, ...], expected: tuple[float, ...] | None) -> None:
    """Quarters of the overlap of all points, with as few decimals as stay inside the overlap of the frontiers."""
    assert default_targets(a, b) == (expected if expected is None else pytest.approx(expected, rel=1e-15))
    assert default_targets(b, a) == default_targets(a, b)


def test_default_targets_stay_on_the_frontier() -> None:
    """A slow point that is beaten widens the range of all points; its share is brought to where both sides read."""
    a = (Point(10, 50), Point(60.3, 100), Point(90, 10))  # all points 10 to 90: 30, 50, 70; the frontier from 60.3
    b = falling(5, 200)
    assert default_targets(a, b) == (60.3, 60.3, 70)
    a = (Point(10, 50), Point(60.6, 100), Point(90, 10))
    assert default_targets(a, b) == (61, 61, 70)
    # the frontiers 60 to 90 and 5 to 50 have no overlap though the points have, 10 to 50: nothing to stay inside
    assert default_targets((Point(10, 50), Point(60, 100), Point(90, 10)), falling(5, 50)) == (20, 30, 40)


def test_common_target() -> None:
    """The whole speed that most overlaps hold, nearest the median of their midpoints, the higher of two as near."""
    wide, left, right = (falling(10, 100), falling(10, 100)), (falling(20, 40), falling(5, 90)), (falling(30, 60),) * 2
    assert common_target([wide, left, right]) == 40  # 30 to 40 hold all three; midpoints 55, 30, 45: the median 45
    assert common_target([wide, left]) == 40  # 20 to 40 hold both; 55 and 30: 42.5
    assert common_target([(falling(20, 41), falling(20, 41))]) == 31  # 30.5: as near to 30 as to 31
    assert common_target([(falling(20.2, 20.8),) * 2, (None, falling(1, 2)), (falling(1, 2), falling(3, 4))]) is None


def test_the_canonical_combination() -> None:
    """Page, both sides, overlap, knots on the smaller side, knots, precision, workload: each decides where those before are level."""
    three, two = falling(10, 20, 30), falling(10, 20)
    order = [
        Combination("int4", "9x9", (), two, page=True),
        Combination("int4", "1024x8192", three, three),
        Combination("bf16", "1024x1024", two, falling(10, 20, 30, 40)),
        Combination("fp4", "1024x1024", two, two),
        Combination("fp4", "8192x1024", two, two),
        Combination("fp8", "1024x1024", two, two),
        Combination("odd", "1024x1024", two, two),
        Combination("fp4", "1024x1024", three, falling(40, 50, 60)),
        Combination("fp4", "1024x1024", falling(10, 20, 30, 40, 50), ()),
    ]
    for first in range(len(order)):
        assert canonical(order[first:][::-1]) is order[first]


# Summary


def one(y: float, *, x: float = 50, target: float = 50, suspect: bool = False, b: float = 100) -> Comparison:
    """Return the comparison of one point with (50, b)."""
    a = Side((Point(x, y, family="f", suspect=suspect),), 1)
    return compare(a, Side((Point(50, b, family="f"), Point(60, b / 2, family="f")), 1), target)


def test_summary() -> None:
    """Counts add up, and the middle half is that of what is decided and carries no stop."""
    got = [
        one(200),  # 2, A at 50 still over B's 100: at least 50
        one(300),  # 3
        one(600, x=60, target=55),  # B 75 [50, 100]: at least 8, settled; 60 at B's cost
        one(76, x=55, target=55),  # level: 1.013
        one(100, x=55, target=55),  # 1.33 [1, 2]: interpolated
        one(50),  # 0.5: worse, never
        one(900, suspect=True),
        one(40, x=60, target=55),  # undecided
        one(40, x=60, target=61),
        one(40, x=80, target=61),  # A is below its frontier and B above its range
        one(40, target=55),  # B alone reaches 55
        one(200, target=0),
        compare(Side(None), Side(None), 50),
    ]
    made = summary(got)
    assert made.counts == {
        "better settled": 4,
        "better interpolated": 1,
        "worse": 1,
        "level": 1,
        "undecided": 1,
        "only one side reaches it": 2,
        "neither": 1,
        "no data": 2,
    }
    assert sum(made.counts.values()) == len(got) == sum(made.verdicts.values())
    # 0.5, 1.3333, 2, 3, 8: the quartiles fall on the second and the fourth
    assert made.ratio == pytest.approx((4 / 3, 2, 3))
    # 50/50, 50/50, 60/55, 55/55; the one that never gets that cheap has no figure: 1, 1, 1, 1.0909
    assert made.equal_cost_ratio == pytest.approx((1, 1, 1 + 0.25 * (60 / 55 - 1)))
    assert (made.on_a_stop, made.decided_on_a_stop) == (2, 1)  # the last has no price
    assert made.like_for_like == 8


def test_summary_of_nothing() -> None:
    """No comparison, and none that is decided, have no median."""
    assert summary([]).ratio is None
    made = summary([one(100), one(100, target=-1)])
    assert (made.ratio, made.equal_cost_ratio, made.counts["level"]) == (None, None, 1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([4], (4, 4, 4)), ([1, 3], (1.5, 2, 2.5)), ([8, 1, 2], (1.5, 2, 5)), ([1, 2, 3, 10], (1.75, 2.5, 4.75))],
)
def test_quantiles(values: list[float], expected: tuple[float, ...]) -> None:
    """Quartiles lie between order statistics, as far as their place says."""
    assert tuple(quantile(values, Fraction(q, 4)) for q in (1, 2, 3)) == expected


# The published pages


@pytest.fixture(scope="module")
def pages() -> list[tuple[Side, Side]]:
    """Return the two sides of each published page."""
    curves: dict[tuple[str, str], list[Point]] = defaultdict(list)
    with PAGES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            at = float(row["interactivity_tok_s_user"]), float(row["total_tok_s_gpu"])
            curves[row["published_page"], row["variant"]].append(Point(*at, published=True))
    names = dict.fromkeys(page for page, _ in curves)
    return [(Side(tuple(curves[name, "mtp"]), 1), Side(tuple(curves[name, "none"]), 1)) for name in names]


def test_the_pages_at_60(pages: list[tuple[Side, Side]]) -> None:
    """Four pages give 1.9x to 7.3x at 60, where the Summary opens; the fifth lies where Off falls from 2,843 to 132."""
    assert common_target([(a.points, b.points) for a, b in pages]) == 60
    found = sorted(compare(a, b, 60).ratio or 0 for a, b in pages)
    assert [f"{found[i]:.2g}" for i in (0, 3, 4)] == ["1.9", "7.3", "35"]
