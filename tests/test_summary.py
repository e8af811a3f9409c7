"""The Summary: its order, counts, message and large figures after random edits, against the oracle and its own table."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from support.books import PUBLISHED_CARD, SHAPES_CARD, built_default, built_shapes
from support.curvesets import SHAPES, curve_points
from support.desk import Desk, State, matrix
from support.engine import Book
from support.overview import Overview
from support.published import published_curves

from specxl.schema import TIERS, TOKEN_BASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Cell, Value

pytestmark = pytest.mark.slow
SEED = 20260612
EDITS, IN_FULL = 200, 30
KNOTS = sorted({row.point.x for rows in curve_points(SHAPES).values() for row in rows})
HARDWARE = ("b300", "h200", "gb200", "mi355x", "zx-9000")
ADDED_UP = ("better", "worse", "level", "undecided", "only", "neither", "none")


@pytest.fixture(scope="module")
def own() -> Desk:
    """Return the hand-made workbook with Results and the Summary live."""
    built = built_shapes()
    return Desk(built, Book(built.path), curve_points(SHAPES), SHAPES_CARD).only("Results", "Summary")


@pytest.fixture
def desk(own: Desk) -> Iterator[Desk]:
    """Return that workbook; every edit is taken back afterwards."""
    yield own
    own.book.reset()


def random_edits(desk: Desk, count: int, seed: int) -> Iterator[Overview]:
    """Make so many random edits, one after the other: a speed, the group shown first, prices, price and token basis."""
    dice = random.Random(seed)  # noqa: S311 - a sample that is the same in every run
    for _ in range(count):
        typed: dict[tuple[str, str], Value] = {
            (hardware, "own"): dice.choice([None, round(dice.uniform(0.2, 9), 3), "n/a", -1])
            for hardware in dice.sample(HARDWARE, 2)
        }
        state = State(dice.choice(TIERS), dice.choice(TOKEN_BASES), typed=typed)
        speed = dice.choice([dice.uniform(5, 250), dice.choice(matrix(KNOTS, ()))])
        yield made(desk, speed, dice.randrange(len(desk.groups())), state)


def made(desk: Desk, speed: Value, group: int, state: State) -> Overview:
    """Bring a state about, whatever was typed before: speed, group, bases and every own price."""
    texts, inputs = desk.house.texts["labels"], desk.inputs
    own: dict[Cell, Value] = {desk.rate_cells[hardware, "own"]: None for hardware in HARDWARE}
    chosen: dict[Cell, Value] = {
        inputs["speed"]: speed,
        inputs["group"]: desk.groups()[group],
        inputs["tier"]: texts["tiers"][state.tier],
        inputs["basis"]: texts["bases"][state.basis],
    }
    desk.book.edit({**own, **desk.edits(state), **chosen})
    return Overview(desk, speed, group, state)


def test_the_counts_add_up(desk: Desk) -> None:
    """After 200 random edits the counts in words add up to all comparisons, and are those of the table's own verdicts."""
    verdicts = {"undecided": "undecided", "level": "level", "neither reaches it": "neither"}
    for seen in random_edits(desk, EDITS, SEED):
        counts = seen.counts()
        assert counts["all"] == len(desk.comparisons) == sum(counts[name] for name in ADDED_UP)
        assert counts["settled"] <= counts["better"]
        shown = Counter(str(seen.shown(at, "verdict")) for at in range(counts["all"]))
        for words, name in verdicts.items():
            assert shown[words] == counts[name]
        assert sum(count for words, count in shown.items() if words.startswith("only ")) == counts["only"]
        off = sum(count for words, count in shown.items() if words == "Off better")
        assert off == counts["worse"]
        assert sum(count for words, count in shown.items() if words.endswith(" better")) == counts["better"] + off


def test_the_counts_are_the_oracles(desk: Desk) -> None:
    """So are those of every verdict by themselves, and of the comparisons that rest on a stop."""
    for seen in random_edits(desk, IN_FULL, SEED + 1):
        assert seen.counts() == seen.expected_counts(), (seen.speed, seen.state)


def test_the_table_is_sorted(desk: Desk) -> None:
    """After 30 random edits the table is what sorting by hand gives: group first, undecided and unreached last, then cost."""
    seen_last = Counter[str]()
    for seen in random_edits(desk, IN_FULL, SEED + 2):
        assert list(seen.table_faults()) == [], (seen.speed, seen.state)
        for group in seen.groups():
            own = [row for row in seen.ranked if (row.comparison.key.model, row.comparison.key.workload) == group]
            seen_last[own[-1].got.verdict] += 1
    assert seen_last["undecided"] > 5
    assert seen_last["neither reaches it"] > 5


def test_the_message_and_the_large_figures(desk: Desk) -> None:
    """They are those of the decided comparisons without a stop, in words that hold for the tokens counted."""
    for seen in random_edits(desk, IN_FULL, SEED + 3):
        faults = [*seen.message_faults(), *seen.figure_faults()]
        assert faults == [], (seen.speed, seen.group, seen.state)


def test_the_caveats_and_the_chart(desk: Desk) -> None:
    """The caveats name exactly the rows that they hit, by rank; the bars are those of the group shown first."""
    for seen in random_edits(desk, IN_FULL, SEED + 4):
        assert [*seen.caveat_faults(), *seen.bar_faults()] == [], (seen.speed, seen.group, seen.state)


@pytest.mark.parametrize("speed", [None, "", "60", True, -3.0, 1e300, 5.0, 70.0])
def test_an_unusual_speed(desk: Desk, speed: Value) -> None:
    """Where nothing can be compared, the Summary says so; no figure stands in place of one that is not there."""
    seen = made(desk, speed, 0, State())
    assert [*seen.table_faults(), *seen.message_faults(), *seen.figure_faults()] == []
    assert seen.counts() == seen.expected_counts()


def test_what_is_no_group_leaves_the_first(desk: Desk) -> None:
    """Garbage in the control shows the groups in their own order."""
    for value in (None, "n/a", 3, "*"):
        desk.book.edit({desk.inputs["group"]: value})
        assert list(Overview(desk, desk.book.value(desk.inputs["speed"]), 0, State()).table_faults()) == []


def test_the_published_pages_at_60() -> None:
    """At 60, where the default workbook opens: all five better, four of them 1.9x to 7.3x, the fifth on a stop."""
    built = built_default()
    desk = Desk(built, Book(built.path), published_curves(), PUBLISHED_CARD)
    assert desk.book.value(desk.inputs["speed"]) == 60
    seen = Overview(desk, 60.0, 0, State())
    assert [*seen.table_faults(), *seen.message_faults(), *seen.figure_faults()] == []
    counts = seen.counts()
    assert counts == seen.expected_counts()
    assert (counts["all"], counts["better"], counts["stops"]) == (5, 5, 1)
    sound = sorted(row.got.ratio or 0 for row in seen.rows if row.got.worst_flag != "stop")
    assert [round(sound[0], 1), round(sound[-1], 1)] == [1.9, 7.3]
    [stopped] = [row for row in seen.rows if row.got.worst_flag == "stop"]
    assert (stopped.comparison.key.hardware, "published_at_odds" in stopped.got.flags) == ("gb200", True)


def test_faults_are_seen(desk: Desk) -> None:
    """Another price, speed, group or basis on our side is seen in the table, the counts, the message or the figures."""
    made(desk, 60.0, 2, State())
    assert list(Overview(desk, 60.0, 2, State()).table_faults()) == []
    assert list(Overview(desk, 60.0, 1, State()).table_faults())
    assert list(Overview(desk, 60.0, 1, State()).figure_faults())
    assert list(Overview(desk, 61.0, 2, State()).message_faults())
    assert list(Overview(desk, 60.0, 2, State(typed={("b300", "own"): 9})).table_faults())
    assert Overview(desk, 120.0, 2, State()).expected_counts() != Overview(desk, 60.0, 2, State()).counts()
