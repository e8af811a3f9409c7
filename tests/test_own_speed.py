"""The speed of Break-even and Budget, their light reads, and the chart of costs over speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.built import built
from support.desk import place
from support.engine import Book

from specxl.sheets.anchors import ENTERED
from specxl.sheets.block.light import LIGHT_ROW
from specxl.sheets.break_even.plot import CHOICE_KIND, CURVE_KIND, EVEN_CHOICE, MARK_KIND, comparison_names
from specxl.sheets.break_even.sheet import HEAD_ROW, TABLE
from specxl.sheets.budget.sheet import HEAD_ROW as BUDGET_HEAD
from specxl.sheets.budget.sheet import TABLE as BUDGET_TABLE
from specxl.sheets.curves.drawn import IDLE
from specxl.sheets.frame import BREAK_EVEN, BUDGET, COMMON_TARGET, OVERALL
from specxl.sheets.own_speed import KIND, OWN_SPEED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Value

    from specxl.sheets.anchors import Anchor
    from specxl.sheets.frame import Columns

pytestmark = pytest.mark.slow
STOPPED, CROSSING = "GB200", "H200"


class Desk:
    """The default workbook in the engine."""

    def __init__(self) -> None:
        self.layout, self.book = built("default").layout, Book(built("default").path)
        self.names = comparison_names(self.layout.plan)

    def anchors(self, kind: str) -> list[Anchor]:
        """The anchors of a kind that belong to the whole workbook."""
        return [a for a in self.layout.plan.anchors if (a.kind, a.owner) == (kind, "")]

    def rows(self, anchor: Anchor) -> list[dict[str, Value]]:
        """The values of a block's rows."""
        return [{key: self.book.value(place(ref)) for key, ref in row.items()} for row in anchor.cells()]

    def reads(self) -> list[dict[str, Value]]:
        """The light reads."""
        return self.rows(self.anchors(KIND)[0])

    def common(self) -> list[dict[str, Value]]:
        """The full blocks at the Summary's speed."""
        [anchor] = self.anchors("comparison")
        return [row for row, subject in zip(self.rows(anchor), anchor.subjects, strict=True) if subject[1] == 0]

    def draw(self, name: str) -> None:
        """Choose what the chart of Break-even draws."""
        choice = next(a for a in self.anchors(ENTERED) if a.tag == EVEN_CHOICE)
        self.book.edit({place(choice.first): name})

    def shown(self, sheet: str, table: Columns, head: int, key: str, part: str) -> str:
        """What a column shows for the comparison whose name has this part."""
        at = next(at for at, name in enumerate(self.names) if part in name)
        return str(
            self.book.value(place(table.area(self.layout.book.sheet(sheet), key, head + 1 + at, head + 1 + at).first))
        )


@pytest.fixture(scope="module")
def opened() -> Desk:
    """Return the workbook as it opens."""
    return Desk()


@pytest.fixture
def desk(opened: Desk) -> Iterator[Desk]:
    """Return the workbook, and put everything back afterwards."""
    yield opened
    opened.book.reset()


@pytest.mark.parametrize("speed", [60, 33.3, 102, 500, 0.1])
def test_a_light_read_is_the_full_one(desk: Desk, speed: float) -> None:
    """Typed on Break-even or on the Summary, a speed gives the same figures, verdicts and stops, whichever block reads it."""
    desk.book.edit({place(OWN_SPEED): speed})
    light = desk.reads()
    desk.book.edit({place(OWN_SPEED): None, place(COMMON_TARGET): speed})
    full = desk.common()
    assert desk.reads() == light  # empty follows the Summary
    keys = [side + column.key for side, column in LIGHT_ROW]
    for own, held in zip(light, full, strict=True):
        for key in keys:
            assert own[key] == (pytest.approx(held[key], rel=1e-12) if isinstance(held[key], float) else held[key]), key


@pytest.mark.parametrize("bad", ["fast", 0.0, -3.0, True])
def test_a_speed_that_is_none_is_not_replaced(desk: Desk, bad: Value) -> None:
    """What was typed counts even where it is no speed: no figure of the Summary's speed stands in for it."""
    desk.book.edit({place(OWN_SPEED): bad})
    assert {row["verdict"] for row in desk.reads()} == {1}
    assert desk.book.value(place(OVERALL)) == "all passed"
    assert desk.shown(BREAK_EVEN, TABLE, HEAD_ROW, "a_turn", "B300") == ""
    assert "in force: -" in str(desk.book.value((BREAK_EVEN, "G5")))


def test_both_sheets_say_whose_speed_it_is(desk: Desk) -> None:
    """Empty it is the Summary's; else that of Break-even, which Budget names."""
    assert "60 tok/s per user, the speed on the Summary" in str(desk.book.value((BREAK_EVEN, "G5")))
    desk.book.edit({place(OWN_SPEED): 70})
    assert "70 tok/s per user, the speed of this sheet" in str(desk.book.value((BREAK_EVEN, "G5")))
    assert "70 tok/s per user, the speed on Break-even" in str(desk.book.value((BUDGET, "G5")))


def test_what_rests_on_a_stop_says_so(desk: Desk) -> None:
    """At 60 the GB200 rests on a cost at odds: no saving is shown, and the price that turns it begins with the stop."""
    assert desk.shown(BUDGET, BUDGET_TABLE, BUDGET_HEAD, "saving", STOPPED) == "stop"
    assert desk.shown(BREAK_EVEN, TABLE, HEAD_ROW, "price_words", STOPPED).startswith("stop: cost at odds. ")
    assert float(desk.shown(BUDGET, BUDGET_TABLE, BUDGET_HEAD, "saving", CROSSING)) > 0


def test_a_price_that_is_a_bound_has_a_sign(desk: Desk) -> None:
    """Below the first measurement of a side its throughput is a floor, so its price may be higher and the other's lower."""
    desk.book.edit({place(OWN_SPEED): 40})
    gb200 = next(row for row in desk.reads() if row["a_status"] == 3 and row["b_status"] != 3)
    part = desk.names[desk.reads().index(gb200)]
    assert desk.shown(BREAK_EVEN, TABLE, HEAD_ROW, "a_turn", part).startswith("≥ ")
    assert desk.shown(BREAK_EVEN, TABLE, HEAD_ROW, "b_turn", part).startswith("≤ ")
    assert "up to ≥ " in desk.shown(BREAK_EVEN, TABLE, HEAD_ROW, "price_words", part)


def test_the_chart_draws_the_comparison_chosen(desk: Desk) -> None:
    """Two curves from end to end, a line at the speed that the table gives; nothing at all where none is chosen."""
    for name in desk.names:
        desk.draw(name)
        [choice] = desk.rows(desk.anchors(CHOICE_KIND)[0])
        assert desk.names[round(float(str(choice["choice"]))) - 1] == name
        marks = {row["x"] for row in desk.rows(desk.anchors(MARK_KIND)[0])} - {IDLE}
        crossing = desk.shown(BREAK_EVEN, TABLE, HEAD_ROW, "x1", name)
        assert marks == ({float(crossing)} if CROSSING in name else set())
        for anchor in desk.anchors(CURVE_KIND):
            rows = desk.rows(anchor)
            assert sorted(row["x"] for row in rows) == [row["x"] for row in rows]
            assert sorted(row["cost"] for row in rows) == [row["cost"] for row in rows]
            assert IDLE not in {row["x"] for row in rows}
    desk.draw("none of these")
    plotted = [*desk.anchors(CURVE_KIND), *desk.anchors(MARK_KIND)]
    assert {row["x"] for anchor in plotted for row in desk.rows(anchor)} == {IDLE}
