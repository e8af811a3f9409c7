"""Mutations of the sheet model: whichever judged column is made wrong, and however, the build stops."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest
from support.layouts import layout_of, mixed_rows
from support.mutants import (
    PLAIN,
    Bench,
    Mutation,
    WatchedEngine,
    draw,
    fate,
    inversions,
    judged,
    judged_columns,
    mutations_of,
)

from specxl.house import House
from specxl.judge.expect import CHECKS
from specxl.judge.moved import MOVED_CHECKS
from specxl.sheets.block.columns import FAMILY_ROW, FULL_ROW

if TYPE_CHECKING:
    from pathlib import Path

    from support.mutants import Column

    from specxl.sheets.book import Layout

SEEDS = (11, 12, 13)
DRAWN = 44  # for each seed
LEAST_STOPPED = 35  # of them, so that at least 100 stop the build over all seeds
MOST_EQUIVALENT = 0.2
COMPARISONS = {"": "Results", "foo B300": "a pair sheet"}


@cache
def _materials(folder: Path) -> tuple[Layout, WatchedEngine, Bench]:
    layout = layout_of(mixed_rows(), folder, House.load())
    return layout, judged(layout, folder)[0], Bench(layout, folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for this module's files."""
    return tmp_path_factory.mktemp("mutations")


@pytest.fixture
def layout(folder: Path) -> Layout:
    """Return the layout of rows in which much differs."""
    return _materials(folder)[0]


@pytest.fixture
def base(folder: Path) -> WatchedEngine:
    """Return the engine in which that layout was judged, with all that the judge looked at."""
    return _materials(folder)[1]


@pytest.fixture
def bench(folder: Path) -> Bench:
    """Return that layout in an engine in which formulas can be made wrong."""
    return _materials(folder)[2]


@pytest.fixture
def columns(layout: Layout, base: WatchedEngine) -> list[Column]:
    """Return every column that the judge looked at."""
    return judged_columns(layout, base)


def test_the_judge_looks_at_every_kind_of_block(layout: Layout, base: WatchedEngine, columns: list[Column]) -> None:
    """Every kind that has a reference stands in the workbook and is looked at; every column of every block is among them."""
    elsewhere = {"changes", *MOVED_CHECKS}  # what only a previous workbook or a past brings
    assert {column.kind for column in columns} == set(CHECKS) - elsewhere
    seen = {ref for state in base.states for ref in state}
    for kind, laid in (("comparison", FULL_ROW), ("family", FAMILY_ROW)):
        keys = {side + column.key for side, column in laid}
        anchors = [anchor for anchor in layout.plan.anchors if anchor.kind == kind]
        assert len(anchors) >= 4
        assert all(set(anchor.keys) == keys for anchor in anchors)
        for anchor in anchors:
            assert [ref for row in anchor.cells() for ref in row.values() if ref not in seen] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_mutations_drawn_at_random_stop_the_build(
    layout: Layout, bench: Bench, base: WatchedEngine, columns: list[Column], folder: Path, seed: int
) -> None:
    """Of columns of all kinds none survives being made wrong; those that change no judged cell in any state are few."""
    drawn = draw(layout, columns, DRAWN, random.Random(seed))  # noqa: S311 - a sample
    fates = {str(mutation): fate(bench, mutation, base, folder) for mutation in drawn}

    assert [name for name, end in fates.items() if end == "survived"] == []
    counts = Counter(fates.values())
    assert counts["equivalent"] <= MOST_EQUIVALENT * DRAWN, [name for name, end in fates.items() if end != "stopped"]
    assert counts["stopped"] >= LEAST_STOPPED


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("owner", COMPARISONS, ids=COMPARISONS.values())
def test_every_column_of_the_comparison_block_stops_the_build(
    bench: Bench, base: WatchedEngine, columns: list[Column], folder: Path, owner: str, part: int
) -> None:
    """One after the other, each column of the block is a tenth too small, or one too large: not one passes."""
    own = [c for c in columns if c.kind == "comparison" and c.name.startswith(f"comparison {owner}".rstrip() + ":")]
    given = {"target_in", "a_id", "b_id", "one_hardware", "stated"}  # constants on Results
    assert {side + column.key for side, column in FULL_ROW} - {c.name.rpartition(": ")[2] for c in own} <= given
    what = "times 0.9, or one more"

    fates = {c.name: fate(bench, Mutation(c, what, PLAIN[what]), base, folder) for c in own[part::4]}

    assert {name: end for name, end in fates.items() if end != "stopped"} == {}
    assert len(fates) > 30


def test_a_survivor_would_be_seen(
    bench: Bench, base: WatchedEngine, columns: list[Column], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were a kind of block not compared, a mutation of it would survive: the test can fail."""
    column = next(c for c in columns if c.kind == "table" and c.name.endswith(": saving"))
    mutation = Mutation(column, "always 0", PLAIN["always 0"])
    assert fate(bench, mutation, base, folder) == "stopped"

    def look_only(_world: object, anchor: object, rows: list[dict[str, object]], tally: object) -> list[object]:
        tally.count(anchor.kind, len(rows))  # type: ignore[attr-defined]
        return [row[key] for row in rows for key in ("b_cost", "a_cost", "saving", "ratio")] * 0

    monkeypatch.setitem(CHECKS, "table", look_only)  # type: ignore[arg-type]
    assert fate(bench, mutation, base, folder) == "survived"


def test_comparisons_are_found_outside_of_texts() -> None:
    """What is inverted is a comparison, never a sign inside of a text or of a sheet's name."""
    found = [match[1] for match in inversions('IF(AND(A1>=2,\'a<b\'!C3<>"x=1""<"),B2<1,C3=0)')]

    assert found == [">=", "<>", "<", "="]


def test_a_column_suffers_what_its_formula_offers(layout: Layout, columns: list[Column]) -> None:
    """Every comparison in a verdict's formula is a mutation of its own."""
    verdict = next(c for c in columns if c.name == "comparison: verdict")

    names = [mutation.what for mutation in mutations_of(layout, verdict)]

    assert names[: len(PLAIN)] == list(PLAIN)
    assert len(names) > len(PLAIN) + 8
