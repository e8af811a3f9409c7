"""What the default workbook says of published points: Results in their words, the stop of a cost at odds, its threshold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.books import PUBLISHED_CARD, Built, built_default, engine
from support.desk import Desk, State, place
from support.engine import Book
from support.expectations import FLAG_TEXTS, Shown, comparison_faults
from support.libreoffice import Session
from support.oracle import Thresholds
from support.published import PRICES, published_curves

from specxl.sheets.results import COMMON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Value

AT_ODDS = ("dsv4", "gb200")


@pytest.fixture(scope="module")
def built() -> Built:
    """Return the default workbook."""
    return built_default()


@pytest.fixture
def desk(built: Built) -> Iterator[Desk]:
    """Return it on the desk; every edit is taken back afterwards."""
    desk = Desk(built, engine(built.path), published_curves(), PUBLISHED_CARD)
    yield desk
    desk.book.reset()


def faults(desk: Desk, state: State, speed: Value) -> list[str]:
    """Return what Results shows wrong while a speed stands on the Summary."""
    found = []
    for number, read, row in desk.results():
        comparison = desk.comparisons[number]
        target = speed if read == COMMON else comparison.targets[read - 1]
        shown = Shown(desk.labels(comparison), published=True)
        wrong = comparison_faults(row, desk.sides(comparison, state), target, state, shown)
        found += [f"{comparison.key} at {target!r}: {text}" for text in wrong]
    return found


def test_every_row_of_results(desk: Desk) -> None:
    """As it opens, and after edits of speed, basis, price and threshold, every row is the oracle's, in published words."""
    speeds: tuple[Value, ...] = (60.0, 32.0, 46.0, 61.0, 60.999999, 20.0, 1e300, None, "60")
    for speed in speeds:
        desk.book.edit({desk.inputs["speed"]: speed})
        assert faults(desk, State(), speed) == [], speed
    for state in (
        State(tier="neocloud"),
        State(basis="input"),
        State(typed={("b300", "own"): 9.25, ("h200", "kw"): "n/a"}),
        State(limits=Thresholds(tau=1.9, thin_knots=4)),
    ):
        desk.book.reset()
        desk.book.edit({**desk.edits(state), desk.inputs["speed"]: 55.5})
        assert faults(desk, state, 55.5) == [], state


def test_the_cost_at_odds_stops_the_reads_that_rest_on_it(desk: Desk) -> None:
    """GB200 at 60, in the default workbook, rests on the point at 61 and carries its stop; at 32 and 46 nothing does."""
    pair = next(p for p in desk.pairs.values() if (p.pair.model, p.pair.hardware) == AT_ODDS)
    raised = [desk.book.value(place(block["f_published_at_odds"])) for block in pair.reads.blocks]
    assert raised == [0.0, 0.0, 1.0, 1.0]
    grades = [desk.book.value(place(block["grade"])) for block in pair.reads.blocks]
    assert grades == [2.0, 2.0, 3.0, 3.0]
    others = [
        desk.book.value(place(block["f_published_at_odds"]))
        for other in desk.pairs.values()
        if other is not pair
        for block in other.reads.blocks
    ]
    assert set(others) == {0.0}
    summary = {number: row for number, read, row in desk.results() if read == COMMON}
    [number] = [c.number for c in pair.pair.comparisons]
    assert FLAG_TEXTS["published_at_odds"] in str(summary[number]["flags"])
    assert (summary[number]["worst_flag"], summary[number]["verdict"]) == ("stop", "better")


@pytest.mark.parametrize(("limit", "stopped"), [(0.05, 1), (2.0, 0), (0.02, 4), (0.001, 5)])
def test_the_threshold_of_the_tie_out(built: Built, limit: float, stopped: int) -> None:
    """The share above which a printed cost is at odds is an input; the stop follows it."""
    limits = replace(Thresholds(), tie_out=limit)
    desk = Desk(built, Book(built.path), published_curves(limits), PUBLISHED_CARD)
    desk.book.edit({desk.inputs["tie_out"]: limit})
    assert faults(desk, State(limits=limits), 60.0) == []
    hit = {number for number, _, row in desk.results() if FLAG_TEXTS["published_at_odds"] in str(row["flags"])}
    assert len(hit) == stopped


@pytest.mark.libreoffice
def test_a_price_moves_money_alone_in_libreoffice(built: Built) -> None:
    """In LibreOffice an edited price or price basis moves every cost of its hardware by the price, and no throughput."""
    desk = Desk(built, engine(built.path), published_curves(), PUBLISHED_CARD)
    rows = dict(desk.rows("results"))
    wanted = ("a_tok_s_gpu", "b_tok_s_gpu", "a_cost_per_mtok", "b_cost_per_mtok", "ratio", "equal_cost_tok_s_user")
    cells = [row[key] for row in rows.values() for key in wanted]
    with Session() as office:
        office.open(built.path)
        before = office.edit({}, cells)
        after = office.edit({desk.rate_cells["b300", "own"]: 3.21}, cells)
        rental = office.edit({desk.inputs["tier"]: desk.house.texts["labels"]["tiers"]["rental"]}, cells)
    for (number, _), row in rows.items():
        hardware = desk.comparisons[int(number)].key.hardware
        own = {"b300": 3.21}
        prices = (
            PRICES[hardware],
            own.get(hardware, PRICES[hardware]),
            own.get(hardware, desk.rates[hardware]["rental"]),
        )
        for shown, price in zip((before, after, rental), prices, strict=True):
            for side in "ab":
                y, cost = shown[row[f"{side}_tok_s_gpu"]], shown[row[f"{side}_cost_per_mtok"]]
                assert float(str(y)) * float(str(cost)) * 0.0036 == pytest.approx(price, rel=1e-12)
            for key in ("a_tok_s_gpu", "b_tok_s_gpu", "ratio", "equal_cost_tok_s_user"):
                assert shown[row[key]] == before[row[key]]
