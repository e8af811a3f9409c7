"""The edit matrix: hand-made curves, every kind of target and input, and everything that must follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.books import engine, pages, shapes_book
from support.curvesets import SHAPES, curve_points
from support.desk import Case, Desk, cases, matrix

from specxl.house import House

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = House.load()
CASES = cases(curve_points(SHAPES), HOUSE)
CARD = "2026-08"


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Return the hand-made workbook on the desk; every edit is taken back afterwards."""
    path = shapes_book()
    desk = Desk(pages(path), engine(path), CASES, CARD, HOUSE)
    yield desk
    desk.book.reset()


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: f"{case.title}: {case.combination}")
def test_every_target_on_every_shape(desk: Desk, case: Case) -> None:
    """Figures, statuses, verdicts, sentences and chart cells follow the method at every target, and nothing shows an error."""
    given = desk.given(case.hardware)
    for targets in matrix(case):
        desk.book.edit(desk.choose(case, targets))
        assert desk.faults(case, targets, given) + desk.same_engine_faults(case, targets, given) + desk.errors() == []
