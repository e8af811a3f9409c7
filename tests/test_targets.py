"""Where the reference aims: overlaps, default targets and the Summary's common target."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specxl.method.curves import Range, common_target, default_targets, overlap

coordinates = st.one_of(st.integers(1, 12).map(float), st.floats(0.01, 1e6))


def test_overlap() -> None:
    """Ranges share their common part; ranges that touch share one value; others share nothing."""
    assert overlap((1, 5), (3, 9)) == (3, 5)
    assert overlap((1, 5), (5, 9)) == (5, 5)
    assert overlap((1, 5), (6, 9)) is None


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((10, 110), (30, 210), (50, 70, 90)),
        ((27, 92), (20, 95), (43, 60, 76)),  # 43.25, 59.5 (half up), 75.75
        ((10, 20), (40, 50), (20, 30, 40)),  # no overlap: over the union 10..50
        (None, (10, 50), (20, 30, 40)),
        ((10, 50), None, (20, 30, 40)),
        ((10, 30.5), (30.5, 51.5), (30.5, 41, 46)),  # touching: that value unrounded, then the wider side
        ((7.25, 7.25), (2, 10), (7.25, 6, 8)),
        ((7.25, 7.25), None, (7.25, 7.25, 7.25)),
        ((7.25, 7.25), (7.25, 7.25), (7.25, 7.25, 7.25)),
        ((60.4, 61.6), (60.4, 61.6), (61, 61, 61)),
        ((60.6, 61.4), (60.6, 61.4), (61, 61, 61)),
        ((60.1, 60.8), (60.1, 60.8), (60.3, 60.5, 60.6)),  # whole numbers leave the overlap: one decimal, half up
        ((60.12, 60.16), (1, 99), (60.13, 60.14, 60.15)),  # one decimal leaves it too: unrounded
        ((0.2, 0.4), (0.2, 0.4), (0.3, 0.3, 0.4)),
    ],
)
def test_default_targets(a: Range | None, b: Range | None, expected: tuple[float, float, float]) -> None:
    """Quarter points of the overlap, the union or the only side, rounded half up as far as the range allows."""
    assert default_targets(a, b) == pytest.approx(expected, abs=1e-9)


def test_default_targets_need_a_side() -> None:
    """Without any range there is nothing to aim at."""
    with pytest.raises(ValueError, match="one side at least"):
        default_targets(None, None)


@given(st.tuples(coordinates, coordinates), st.tuples(coordinates, coordinates))
def test_default_targets_lie_in_the_measured_union(a: Range, b: Range) -> None:
    """Whatever the ranges, the targets lie inside them, and in the overlap where it has some width."""
    a, b = (min(a), max(a)), (min(b), max(b))
    span = overlap(a, b) or (min(a[0], b[0]), max(a[1], b[1]))
    if span[0] == span[1]:
        span = (min(a[0], b[0]), max(a[1], b[1]))
    assert all(span[0] <= target <= span[1] for target in default_targets(a, b))


@pytest.mark.parametrize(
    ("a", "b", "frontiers", "expected"),
    [
        ((10, 110), None, ((60, 110), None), (60, 60, 85)),
        (None, (10, 110), (None, (10, 40.5)), (35, 40, 40)),  # a whole number near the end, since half up leaves it
        ((10, 110), (30, 210), ((10, 110), (64.2, 210)), (65, 70, 90)),
        ((10, 110), (30, 210), ((10, 50), (80, 210)), (50, 70, 90)),  # the frontiers apart: nothing to stay inside
        ((10, 20), (40, 50), ((18, 20), (40, 45)), (20, 30, 40)),
        ((10, 20), (40, 50), ((26, 26), (40, 45)), (26, 30, 40)),  # the union of both frontiers
        ((10, 30), (30, 90), ((10, 30), (70, 90)), (30, 70, 75)),  # one value, then the wider side on its frontier
    ],
)
def test_default_targets_stay_on_the_frontiers(
    a: Range | None, b: Range | None, frontiers: tuple[Range | None, Range | None], expected: tuple[float, float, float]
) -> None:
    """A range that slow points widen is divided as it is, and a share beyond the frontiers is moved to their end."""
    assert default_targets(a, b, frontiers) == pytest.approx(expected, abs=1e-9)
    assert default_targets(b, a, frontiers[::-1]) == pytest.approx(expected, abs=1e-9)


@given(st.tuples(coordinates, coordinates), st.floats(0, 1), st.floats(0, 1))
def test_the_targets_of_one_side_lie_on_its_frontier(ends: Range, start: float, stop: float) -> None:
    """Whatever slow points widen the range of the only side, no suggestion reads below or above."""
    low, high = min(ends), max(ends)
    first, last = sorted(min(max(low + share * (high - low), low), high) for share in (start, stop))
    assert all(first <= target <= last for target in default_targets((low, high), None, ((first, last), None)))


PUBLISHED_RANGES: list[tuple[Range | None, Range | None]] = [
    ((59, 144), (59, 144)),  # DeepSeek R1, B300
    ((46, 61), (32, 61)),  # DeepSeek V4 Pro, GB200 NVL72: MTP is equal at 32 and 46, so 32 is not on the frontier
    ((43, 76), (43, 76)),  # GLM 5, B300
    ((49, 121), (49, 121)),  # DeepSeek R1, MI355X
    ((26, 62), (26, 62)),  # DeepSeek V4 Pro, H200
]


def test_common_target_of_the_published_points() -> None:
    """59, 60 and 61 are in range for all five published comparisons; 60 and 59 are as near the median of 59.5."""
    assert common_target(PUBLISHED_RANGES) == 60


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([((10, 20), (10, 20)), ((15, 30), (15, 30)), ((100, 900), (100, 900))], 20),  # two votes; median 22.5
        ([((10, 21), (10, 21)), (None, (500, 900)), ((1, 2), (3, 4))], 16),  # 15.5; only overlaps vote
        ([(None, (500, 900)), ((600, 800), None)], 700),  # nothing overlaps: the sides vote
        ([((1, 2), (3, 4))], 3),  # midpoints 1.5 and 3.5: 2 and 3 are as near to 2.5
        ([((60.2, 60.8), (60.2, 60.8))], 60.5),  # no whole number in range
    ],
)
def test_common_target(ranges: list[tuple[Range | None, Range | None]], expected: float) -> None:
    """Most votes win, then nearness to the median of the midpoints, then the larger."""
    assert common_target(ranges) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 40)), min_size=1, max_size=8))
def test_common_target_equals_brute_force(spans: list[tuple[int, int]]) -> None:
    """Counting every whole number by itself gives the same target."""
    ranges = [(low + 0.25, low + 0.25 + width) for low, width in spans]
    middle = float(np.median([(low + high) / 2 for low, high in ranges]))
    votes = {n: sum(low <= n <= high for low, high in ranges) for n in range(1, 120)}
    best = min(votes, key=lambda n: (-votes[n], abs(n - middle), -n))
    assert common_target([(r, r) for r in ranges]) == (best if votes[best] else pytest.approx(middle))


def test_common_target_needs_a_range() -> None:
    """Without any range there is no common target."""
    with pytest.raises(ValueError, match="one range at least"):
        common_target([(None, None)])
