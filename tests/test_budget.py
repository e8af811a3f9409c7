"""Budget and Break-even (METHOD 9): what the cells find is what a dense scan and bisection find on the reference's curves."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from support.books import built_default, built_reference
from support.desk import place
from support.engine import Book

from specxl.method.break_even import Affordable, affordable, crossings, faster
from specxl.method.codes import EqualCost, Verdict
from specxl.method.curves import Curve
from specxl.method.margin import Mix, TokenPrices, blended
from specxl.schema import TOKEN_BASES, workload_tokens
from specxl.sheets.anchors import ENTERED
from specxl.sheets.break_even.sheet import HEAD_ROW
from specxl.sheets.frame import BREAK_EVEN, BUDGET, OVERALL, PRICES, WORKINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from support import Cell, Value
    from support.books import Built

    from specxl.method.catalogue import Comparison
    from specxl.sheets.anchors import Anchor

pytestmark = pytest.mark.slow
SEED, BUDGETS, SCAN, TOLERANCE = 20261125, 25, 20_001, 1e-6
FLAT = 1e-3
"""By how much curves must cross for a crossing not to be missed."""
BOOKS = ("default", "benchmarks")


class Bench(NamedTuple):
    """A finished workbook in the engine, with everything frozen that budgets and break-even do not read."""

    built: Built
    book: Book

    def anchor(self, kind: str, tag: str = "") -> Anchor:
        """The anchor of a block of the whole workbook."""
        return next(a for a in self.built.layout.plan.anchors if (a.kind, a.owner, a.tag) == (kind, "", tag))

    def rows(self, kind: str) -> list[dict[str, Value]]:
        """The values of a block's rows."""
        return [{key: self.book.value(place(ref)) for key, ref in row.items()} for row in self.anchor(kind).cells()]

    def input(self, name: str) -> Cell:
        """The cell of an input, by its name."""
        return place(self.anchor(ENTERED, name).first)

    @property
    def comparisons(self) -> Sequence[Comparison]:
        """All comparisons."""
        return self.built.layout.plan.catalogue.comparisons


_LIVE = {BUDGET, BREAK_EVEN, PRICES}


@pytest.fixture(scope="module", params=BOOKS)
def bench(request: pytest.FixtureRequest) -> Bench:
    """Return a workbook with its budget, break-even and prices live."""
    if request.param == "default":
        built = built_default()
    else:
        shared: Path = request.getfixturevalue("shared")
        built = built_reference(shared / "data" / "inferencex" / "benchmarks.json")
    return Bench(built, Book(built.path))


def price_of(bench: Bench, hardware: str) -> float:
    """The price in force as released."""
    plan = bench.built.layout.plan
    price = plan.card.entries[hardware].usd_per_gpu_hr[plan.tier]
    assert price is not None
    return price


def bisected(curve: Curve, metric: str, y: float) -> float:
    """The highest speed at which a falling curve still gives a throughput, by a dense scan and bisection."""
    grid = np.linspace(curve.x[0], curve.x[-1], SCAN)
    held = curve.at(metric, grid)
    assert held is not None
    last = int(np.flatnonzero(held >= y)[-1])
    low, high = float(grid[last]), float(grid[min(last + 1, SCAN - 1)])
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if float(curve.at(metric, middle)) >= y else (low, middle)  # type: ignore[arg-type]
    return low


def test_budgets_agree_with_a_scan(bench: Bench) -> None:
    """On every side of every comparison, for many budgets: the speed to 1e-6, its bounds, or why there is none."""
    dice = random.Random(SEED)  # noqa: S311 - a sample that is the same in every run
    kinds = dict.fromkeys(EqualCost, 0)
    try:
        for _ in range(BUDGETS):
            budget = 10 ** dice.uniform(-1.5, 1.5)
            bench.book.edit({bench.input("budget"): budget})
            for row, comparison in zip(bench.rows("budget"), bench.comparisons, strict=True):
                for name, side in comparison.sides:
                    kinds[_hold_side(bench, row, name, side.hardware, side.curve and side.curve.fit, budget)] += 1
    finally:
        bench.book.reset()
    assert min(kinds[code] for code in (EqualCost.EXACT, EqualCost.AT_LEAST, EqualCost.NEVER)) > 0


def _hold_side(
    bench: Bench, row: dict[str, Value], name: str, hardware: str, curve: Curve | None, budget: float
) -> EqualCost:
    code, x = row[f"{name}_eq_code"], row[f"{name}_x"]
    if curve is None:
        assert (code, x) == (0, "")
        return EqualCost.NEVER
    y = price_of(bench, hardware) * 1e6 / 3600 / budget
    low, high = row[f"{name}_x_low"], row[f"{name}_x_high"]
    if y > curve.total[0]:
        assert (code, x, low, high) == (EqualCost.NEVER, "", "", "")
    elif y <= curve.total[-1]:
        assert (code, x, low, high) == (EqualCost.AT_LEAST, curve.x[-1], curve.x[-1], "")
    else:
        assert code == EqualCost.EXACT
        assert isinstance(x, float)
        assert x == pytest.approx(bisected(curve, "total", y), rel=TOLERANCE)
        knots = curve.x.tolist()
        assert (low, high) == (max(k for k in knots if k <= x), min(k for k in knots if k > x))
    assert isinstance(code, float)
    return EqualCost(int(code))


@pytest.mark.parametrize("basis", TOKEN_BASES)
def test_crossings_agree_with_a_scan(bench: Bench, basis: str) -> None:
    """No crossing is invented, and none missed where the curves cross by more than 0.1 %; each is right to 1e-6."""
    plan, found = bench.built.layout.plan, 0
    bench.book.edit({place(plan.prices.names["basis_text"]): plan.house.texts["labels"]["bases"][basis]})
    try:
        evens, crossed = bench.rows("even"), bench.rows("crossings")
    finally:
        bench.book.reset()
    for row, comparison in zip(evens, bench.comparisons, strict=True):
        speeds = [c["x"] for c in crossed if c["number"] == comparison.number and c["x"] != ""]
        scanned, flat = scan(comparison, basis)
        assert row["count"] == len(speeds)
        assert len(scanned) <= len(speeds) <= len(scanned) + flat
        if not flat:
            assert speeds == pytest.approx(scanned, rel=TOLERANCE)
        found += len(speeds)
    assert found > 0 or (basis != "total" and plan.catalogue.curves[0].fit.output is None)


def scan(comparison: Comparison, basis: str) -> tuple[list[float], int]:
    """The crossings of a dense scan, each bisected, and how many of them do not part the curves by 0.1 % on both sides."""
    a, b = comparison.a.curve, comparison.b.curve
    if not comparison.stated or a is None or b is None or a.fit.values(basis) is None or b.fit.values(basis) is None:
        return [], 0
    low, high = max(a.fit.x[0], b.fit.x[0]), min(a.fit.x[-1], b.fit.x[-1])
    if low >= high:
        return [], 0

    def apart(x: object) -> np.ndarray:
        return a.fit.at(basis, x) / b.fit.at(basis, x) - 1  # type: ignore[operator, arg-type]

    grid = np.linspace(low, high, SCAN)
    held = apart(grid)
    places = np.flatnonzero(held[1:] * held[:-1] < 0)
    speeds = []
    for at in places:
        left, right = grid[at], grid[at + 1]
        for _ in range(60):
            middle = (left + right) / 2
            left, right = (middle, right) if apart(middle) * held[at] > 0 else (left, middle)
        speeds.append(float((left + right) / 2))
    parts = np.split(np.abs(held), places + 1)
    return speeds, 2 * sum(bool(part.max() < FLAT) for part in parts)


def test_curves_that_cross_twice_between_neighbouring_points_are_found() -> None:
    """A crossing and its way back within one stretch leave the ends alike: the turning points in between tell of them."""
    a = Curve.fit([10, 20, 40], [100, 60, 10], None, None, None)
    b = Curve.fit([20, 40], [59.5, 9.5], None, None, None)
    found = crossings(a, b, "total", 1.0)
    assert found is not None
    grid = np.linspace(20, 40, 400_001)
    signs = np.sign(a.at("total", grid) - b.at("total", grid))  # type: ignore[operator]
    assert len(found.speeds) == int((signs[1:] * signs[:-1] < 0).sum()) > 1
    for speed in found.speeds:
        assert float(a.at("total", speed)) == pytest.approx(float(b.at("total", speed)), rel=1e-12)  # type: ignore[arg-type]


def test_curves_that_touch_do_not_cross() -> None:
    """Equal curves, and curves equal at a knot only, have no crossing; a price moves it."""
    a = Curve.fit([10, 20, 30], [100, 50, 20], None, None, None)
    same = crossings(a, a, "total", 1.0)
    assert same is not None
    assert (same.speeds, same.first, same.most, same.least) == ((), 0, 1.0, 1.0)
    a = Curve.fit([10, 20], [100, 50], None, None, None)
    lower = Curve.fit([10, 20], [90, 50], None, None, None)
    touching = crossings(a, lower, "total", 1.0)
    assert touching is not None
    assert (touching.speeds, touching.first) == ((), 1)
    moved = crossings(a, lower, "total", 0.95)
    assert moved is not None
    assert len(moved.speeds) > 0
    assert crossings(a, Curve.fit([20, 40], [9, 8], None, None, None), "total", 1.0) is None


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        (Affordable(1, 126.0), Affordable(1, 61.0), Verdict.A_BETTER),
        (Affordable(1, 61.0), Affordable(1, 126.0), Verdict.B_BETTER),
        (Affordable(1, 100.0), Affordable(1, 104.9), Verdict.LEVEL),
        (Affordable(1, 105.0), Affordable(1, 100.0), Verdict.A_BETTER),
        (Affordable(2, 144.0), Affordable(1, 61.0), Verdict.A_BETTER),
        (Affordable(2, 50.0), Affordable(1, 61.0), Verdict.UNDECIDED),
        (Affordable(2, 50.0), Affordable(2, 61.0), Verdict.UNDECIDED),
        (Affordable(3), Affordable(1, 61.0), Verdict.ONLY_B),
        (Affordable(2, 50.0), Affordable(3), Verdict.ONLY_A),
        (Affordable(3), Affordable(3), Verdict.NEITHER),
    ],
)
def test_who_is_faster_within_a_budget(a: Affordable, b: Affordable, verdict: Verdict) -> None:
    """A speed that may be higher still wins, or nobody does; it never loses."""
    assert faster(a, b, 1.05) == verdict


def test_a_budget_by_hand() -> None:
    """At 3.60 per GPU-hour 1000 tok/s cost 1.00 per million tokens: the middle of a straight line from 1500 to 500."""
    line = Curve.fit([10, 30], [1500, 500], None, None, None)
    found = affordable(line, "total", 3.6, 1.0)
    assert (found.code, found.low, found.high, found.y) == (EqualCost.EXACT, 10.0, 30.0, pytest.approx(1000))
    assert found.x == pytest.approx(20, rel=1e-12)
    assert affordable(line, "total", 3.6, 0.5).cheapest == pytest.approx(2 / 3)
    assert affordable(line, "total", 3.6, 0.5).code == EqualCost.NEVER
    assert affordable(line, "total", 3.6, 2.0) == Affordable(
        EqualCost.AT_LEAST, 30.0, 30.0, None, pytest.approx(500), pytest.approx(2 / 3), 2
    )
    assert affordable(line, "total", None, 2.0) == Affordable(0)


@pytest.mark.parametrize(
    ("share", "basis", "price"),
    [
        (0.0, 1, 1.37),
        (0.5, 1, 1.2675),
        (1.0, 1, 1.165),
        (0.0, 2, 2.74),
        (0.25, 3, 2.6375),
        (0.0, 0, None),
        (None, 1, None),
    ],
)
def test_a_blended_price_by_hand(share: float | None, basis: int, price: float | None) -> None:
    """0.55 in, 0.14 cached, 2.19 out at as many tokens in as out; counted over all tokens, or over one class."""
    found = blended(TokenPrices(0.55, 0.14, 2.19), Mix(1024, 1024, share), basis)
    assert found == (None if price is None else pytest.approx(price, rel=1e-12))


def test_the_cached_price_is_needed_where_a_cache_serves() -> None:
    """Without a price of cached input nothing is blended, unless no input is cached."""
    prices = TokenPrices(0.5, None, 2.0)
    assert blended(prices, Mix(8192, 1024, 0.0), 1) == pytest.approx((8192 * 0.5 + 1024 * 2) / 9216)
    assert blended(prices, Mix(8192, 1024, 0.1), 1) is None


@pytest.mark.parametrize(
    ("workload", "tokens"),
    [
        ("1024x8192", (1024, 8192)),
        ("agentic", None),
        ("0x128", None),
        ("1" * 5000 + "x1", None),
        ("x", None),
        ("٣x4", None),
    ],
)
def test_tokens_of_a_workload(workload: str, tokens: tuple[int, int] | None) -> None:
    """A name says how many tokens go in and out, or it does not."""
    assert workload_tokens(workload) == tokens


def test_prices_turn_the_verdict(bench: Bench) -> None:
    """At the price that turns it a side costs what the other one costs; a load that equals the API makes both equal."""
    rows = [row for row in bench.rows("even") if row["r_ratio"] != ""]
    assert rows
    for row in rows:
        a, b, turn_a, turn_b = (float(str(row[key])) for key in ("r_a_cost", "r_b_cost", "turn_a", "turn_b"))
        assert a * turn_a / float(str(row["a_price"])) == pytest.approx(b)
        assert b * turn_b / float(str(row["b_price"])) == pytest.approx(a)
    priced = [row for row in rows if row["blended"] != ""]
    assert priced
    for row in priced:
        assert float(str(row["load_a"])) * float(str(row["blended"])) == pytest.approx(float(str(row["r_a_cost"])))


ERRORS = {"#N/A", "#VALUE!", "#DIV/0!", "#NUM!", "#REF!", "#NAME?", "#ERROR!"}
BAD: tuple[Value, ...] = (None, "text", 0.0, -1.0, 1e300, 1e-300, "=1+1", True)


def test_bad_inputs_give_words(bench: Bench) -> None:
    """Whatever stands in an input of these sheets: no error value, no figure that is stale, all checks pass."""
    plan = bench.built.layout.plan
    names = [a.tag for a in plan.anchors if a.kind == ENTERED]
    opened = {name: bench.book.value(bench.input(name)) for name in names}
    try:
        for bad in BAD:
            bench.book.edit({bench.input(name): bad for name in names})
            assert list(_errors(bench)) == [], bad
            assert bench.book.value(place(OVERALL)) == "all passed", bad
            usable = False
            for row in bench.rows("budget"):
                found = {row["a_x"], row["b_x"]}
                assert found == {""} or usable, bad
                assert (row["verdict"] == Verdict.NO_TARGET) != usable, bad
            assert {row["blended"] for row in bench.rows("even")} == {""}, bad
    finally:
        bench.book.reset()
    assert {name: bench.book.value(bench.input(name)) for name in names} == opened


def _errors(bench: Bench) -> Iterator[Cell]:
    for sheet in (BUDGET, BREAK_EVEN, PRICES, WORKINGS):
        for cell in bench.book.formulas():
            held = bench.book.value(cell) if cell[0] == sheet else None
            if isinstance(held, str) and held in ERRORS:
                yield cell


def test_the_words_follow_the_figures(bench: Bench) -> None:
    """The opening sentences say how often the cheaper side changes, and each line tells where; a stop comes first."""
    message = bench.book.value((BREAK_EVEN, "A1"))
    rows = bench.rows("even")
    counted = [row for row in rows if row["on"] == 1 and row["to"] != 0 and row["stops"] == 0]
    changing = [row for row in counted if row["count"] != 0]
    assert str(message).startswith(f"In {len(changing)} of {len(counted)} comparisons the cheaper side changes")
    for at, row in enumerate(rows):
        words = str(bench.book.value((BREAK_EVEN, f"G{HEAD_ROW + 2 + at}")))
        assert words.startswith("stop: ") == (row["stops"] != 0 and row["reason"] == 0 and row["to"] != 0)
        if row["count"] == 1:
            crossing = next(c["x"] for c in bench.rows("crossings") if c["number"] == row["number"])
            assert f"elow {float(str(crossing)):.1f} ".replace(".0 ", " ") in words.replace(".0 ", " ")
