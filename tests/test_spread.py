"""Of a large workbook a bounded number of states is looked at, evenly between the first and the last; of a release all."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.layouts import layout_of
from support.shapes import FALLING, STEEP, both

from specxl.evaluate import Engine
from specxl.judge import states
from specxl.judge.spread import MOST_CHOICES, MOST_STATES, spread
from specxl.judge.states import Judge
from specxl.schema import TOKEN_BASES
from specxl.sheets.frame import EXPLORER, PERFORMANCE
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from specxl.house import House

MANY = 3 * MOST_STATES + 5


@given(count=st.integers(0, 400), most=st.integers(2, 60))
def test_what_is_taken_lies_evenly(count: int, most: int) -> None:
    """All of few things; of many the first, the last, and others whose distances differ by one at most."""
    taken = spread(range(count), most)

    assert len(taken) == min(count, most)
    if count <= most:
        assert taken == list(range(count))
        return
    steps = {after - before for before, after in pairwise(taken)}
    assert (taken[0], taken[-1]) == (0, count - 1)
    assert max(steps) - min(steps) <= 1


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory, house: House) -> Judge:
    """Return a judge of a workbook with more workloads and engines than it looks at one by one."""
    folder = tmp_path_factory.mktemp("many")
    rows = [
        row
        for number in range(MANY)
        for row in both(FALLING, STEEP, workload=f"{number + 1}k/1k", engine=f"engine{number % 40}")
    ]
    layout = layout_of(rows, folder, house)
    write_plain(layout.book, folder / "plain.xlsx")
    return Judge(layout, Engine(folder / "plain.xlsx", layout.book), lambda _: None)


def test_a_sheet_has_a_bounded_number_of_states(judge: Judge) -> None:
    """However many combinations, models and engines there are; both ends of the combinations are among them."""
    found = judge.states_of_pairs()

    [pair] = judge.layout.pairs
    assert len(pair.pair.comparisons) == MANY
    for own in found[pair.sheet.name]:
        assert len(own) == MOST_STATES
        assert {own[0].combination, own[-1].combination} == {1, MANY}  # type: ignore[union-attr]
        assert len({choice.tier for choice in own}) > 3  # type: ignore[union-attr]
        assert len({choice.metric for choice in own}) > 3  # type: ignore[union-attr]
    for name in (PERFORMANCE, EXPLORER):
        assert MOST_CHOICES < sum(map(len, found[name])) < 12 * MOST_CHOICES


def test_the_groups_are_spread_too(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first groups with the whole workbook, then some of the others up to the last, on the Summary."""
    seen: list[int] = []
    monkeypatch.setattr(Judge, "look", lambda _self, state, _what, _anchors: seen.append(state.group))

    judge.groups()

    assert len(seen) == MOST_CHOICES
    assert (seen[0], seen[-1]) == (states.WHOLE_GROUPS + 1, MANY)
    assert len(TOKEN_BASES) < len(set(seen))
