"""Margin (METHOD 9): cases computed by hand, identities, and inputs that cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.books import build, built_default
from support.desk import place
from support.engine import Book
from support.shapes import FALLING, STEEP, both
from support.tables import write_table

from specxl import BuildOptions
from specxl.method.codes import Estimate, Missing
from specxl.method.margin import Mix, Terms, TokenPrices, earned, sized
from specxl.sheets.anchors import ENTERED
from specxl.sheets.break_even.plot import comparison_names
from specxl.sheets.frame import COMMON_TARGET, MARGIN, OVERALL
from specxl.sheets.margin.sheet import CHOICE, HEAD_ROW, INPUTS, margin_name
from specxl.sheets.margin.what_if import OWN_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Cell, Value
    from support.books import Built

    from specxl.sheets.anchors import Anchor


class Case(NamedTuple):
    """One sale, and what a GPU must earn by it."""

    prices: TokenPrices
    mix: Mix
    load: float
    cut: float
    fee: float
    total: float
    price: float
    power: float | None
    blended: float
    revenue: float
    profit: float
    margin: float
    load_even: float | None
    gw_year: float | None


# 1. 1000 tok/s are 3.6 M tokens an hour; at 1.00 per M, full load, 2.00 an hour: 3.60 revenue, 1.60 profit, 1.6/3.6 margin,
#    2/3.6 load; 2 kW: 500,000 GPUs a GW earn 1.6 * 8760 each = 7,008 million
# 2. the same at half load: 1.80 revenue, 0.20 lost; the break-even load is the same
# 3. as many in as out at 0.50 and 1.50: blended 1.00; half of the input cached at 0.10: (0.25 + 0.05 + 1.50)/2 = 0.90
# 4. a fifth of the revenue paid away and 0.40 licence: 3.60 - 0.72 - 2.40 = 0.48; 2.40 / (3.6 * 0.8) = 5/6
# 5. 8k in, 1k out at 0.27 and 1.10: (8 * 0.27 + 1.10)/9 = 3.26/9; 2500 tok/s are 9 M an hour: 3.26; at 3.26 an hour nothing is left
FLAT, EVEN = TokenPrices(1.0, None, 1.0), Mix(1024, 1024, 0.0)
CASES = {
    "full load": Case(FLAT, EVEN, 1.0, 0.0, 0.0, 1000, 2.0, 2.0, 1.0, 3.6, 1.6, 1.6 / 3.6, 2 / 3.6, 7008.0),
    "half load": Case(FLAT, EVEN, 0.5, 0.0, 0.0, 1000, 2.0, None, 1.0, 1.8, -0.2, -0.2 / 1.8, 2 / 3.6, None),
    "cached": Case(
        TokenPrices(0.5, 0.1, 1.5), Mix(512, 512, 0.5), 1.0, 0.0, 0.0, 1000, 1.62, 1.0, 0.9, 3.24, 1.62, 0.5, 0.5, 14191.2
    ),
    "share and licence": Case(FLAT, EVEN, 1.0, 0.2, 0.4, 1000, 2.0, 1.0, 1.0, 3.6, 0.48, 0.48 / 3.6, 5 / 6, 4204.8),
    "nothing left": Case(
        TokenPrices(0.27, None, 1.1), Mix(8192, 1024, 0.0), 1.0, 0.0, 0.0, 2500, 3.26, 2.0, 3.26 / 9, 3.26, 0.0, 0.0, 1.0, 0.0
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_case_by_hand(case: Case) -> None:
    """What a GPU earns is what the lines above say."""
    terms = Terms(chosen=True, prices=case.prices, mix=case.mix, load=case.load, cut=case.cut, fee=case.fee)
    assert terms.missing == 0
    found = earned(terms, case.total, case.price, case.power)
    assert (found.revenue, found.profit, found.margin) == pytest.approx(
        (case.revenue, case.profit, case.margin), abs=1e-12
    )
    assert found.load_even == pytest.approx(case.load_even)
    assert found.gw_year == (None if case.gw_year is None else pytest.approx(case.gw_year, abs=1e-9))
    assert found.sold * case.blended == pytest.approx(case.revenue)
    assert found.revenue - found.paid - found.cost == pytest.approx(found.profit, abs=1e-12)


@pytest.mark.parametrize(
    ("entered", "number"),
    [
        (2, 2.0),
        (1e9, 1e9),
        (1.1e9, None),
        (0, None),
        (-1, None),
        ("2", None),
        (True, None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_what_counts_as_a_price(entered: object, number: float | None) -> None:
    """A number above zero, of a size that prices have."""
    assert sized(entered) == number


ERRORS = {"#N/A", "#VALUE!", "#DIV/0!", "#NUM!", "#REF!", "#NAME?", "#ERROR!"}


class Desk:
    """The Margin sheet of the published points, in the engine."""

    def __init__(self, built: Built) -> None:
        self.built, self.book = built, Book(built.path)

    def anchor(self, kind: str, tag: str = "") -> Anchor:
        """The anchor of a block of the whole workbook."""
        return next(a for a in self.built.layout.plan.anchors if (a.kind, a.owner, a.tag) == (kind, "", tag))

    def input(self, name: str) -> Cell:
        """The cell of an input of the sheet."""
        return place(self.anchor(ENTERED, CHOICE if name == "choice" else margin_name(name)).first)

    def block(self, kind: str) -> dict[str, Value]:
        """The values of a block of one row."""
        [cells] = self.anchor(kind).cells()
        return {key: self.book.value(place(ref)) for key, ref in cells.items()}

    @property
    def row(self) -> dict[str, Value]:
        """The row behind the sheet."""
        return self.block("margin")

    def typed(self, **values: Value) -> dict[str, Value]:
        """Type inputs, and return the row."""
        self.book.edit({self.input(name): value for name, value in values.items()})
        return self.row

    def errors(self) -> list[Cell]:
        """Every formula that shows an error value."""
        return [c for c in self.book.formulas() if self.book.value(c) in ERRORS]


@pytest.fixture(scope="module")
def opened() -> Desk:
    """Return the sheet as it opens."""
    return Desk(built_default())


@pytest.fixture
def desk(opened: Desk) -> Iterator[Desk]:
    """Return the sheet, and put everything back afterwards."""
    yield opened
    opened.book.reset()


def number(value: Value) -> float:
    """A cell's number."""
    assert isinstance(value, (int, float))
    return float(value)


def test_the_sheet_computes_a_case_by_hand(desk: Desk) -> None:
    """Every line from the throughput and price that stand there, written out: 0.9 blended, a tenth paid away, 0.16 licence."""
    row = desk.typed(load=0.25, p_in=0.5, p_cached=0.1, p_out=1.5, n_in=512, n_out=512, share=0.5, cut=0.1, fee=0.16)
    assert row["blended"] == pytest.approx(0.9)
    assert (row["fresh"], row["cached"], row["output"]) == pytest.approx((0.125, 0.025, 0.75))
    for side in "ab":
        tokens = number(row[f"{side}_total_in"]) * 0.0036
        revenue = tokens * 0.25 * 0.9
        cost = number(row[f"{side}_price"]) + 0.16
        profit = 0.9 * revenue - cost
        assert row[f"{side}_revenue"] == pytest.approx(revenue)
        assert row[f"{side}_profit"] == pytest.approx(profit)
        assert row[f"{side}_margin"] == pytest.approx(profit / revenue)
        assert row[f"{side}_year"] == pytest.approx(profit * 8760)
        assert row[f"{side}_gw_year"] == pytest.approx(profit * 8760 / number(row[f"{side}_power"]))
        assert row[f"{side}_load_even"] == pytest.approx(cost / (tokens * 0.9 * 0.9))
        assert row[f"{side}_price_even"] == pytest.approx(cost / (tokens * 0.25 * 0.9))
    assert "every figure is an estimate" in str(desk.book.value((MARGIN, "F27"))) + str(
        desk.book.value((MARGIN, "F26"))
    )


@pytest.mark.parametrize("side", ["a", "b"])
def test_nothing_is_left_at_break_even(desk: Desk, side: str) -> None:
    """At the break-even load the margin is nothing, and so it is where all prices are scaled to the break-even price."""
    row = desk.typed(load=0.5, cut=0.15, fee=0.1)
    even = number(row[f"{side}_load_even"])
    scale = number(row[f"{side}_price_even"]) / number(row["blended"])
    prices = {name: number(row[name]) * scale for name in ("p_in", "p_out")}
    assert 0 < even < 1
    assert desk.typed(load=even)[f"{side}_margin"] == pytest.approx(0, abs=1e-12)
    assert desk.typed(load=0.5, **prices)[f"{side}_margin"] == pytest.approx(0, abs=1e-12)


def test_an_empty_load_follows_that_on_prices(desk: Desk) -> None:
    """One fact has one place: the sheet takes the load factor on Prices until a load of its own is typed, and says which."""
    row = HEAD_ROW + 2 + list(INPUTS).index("load")
    on_prices = place(desk.built.layout.plan.prices.names["load_input"])
    desk.book.edit({on_prices: 0.4})
    held = desk.row
    assert held["load"] == 0.4
    assert "on Prices" in str(desk.book.value((MARGIN, f"D{row}")))
    assert "a load of 40 %" in str(desk.book.value((MARGIN, "A1")))
    assert number(held["a_revenue"]) == pytest.approx(number(desk.typed(load=0.8)["a_revenue"]) / 2)
    assert "your own" in str(desk.book.value((MARGIN, f"D{row}")))
    for bad in (None, "text", 0, 1.5):
        desk.book.edit({on_prices: bad})
        assert desk.typed(load=None)["why"] == Missing.LOAD
        assert desk.typed(load=0.8)["load"] == 0.8


def test_load_moves_revenue_and_never_the_cost(desk: Desk) -> None:
    """Twice the load is twice the revenue at the same cost."""
    half, full = desk.typed(load=0.4), desk.typed(load=0.8)
    for side in "ab":
        assert full[f"{side}_revenue"] == pytest.approx(2 * number(half[f"{side}_revenue"]))
        assert (full[f"{side}_cost"], full[f"{side}_load_even"]) == (half[f"{side}_cost"], half[f"{side}_load_even"])


def test_every_comparison_can_be_sold(desk: Desk) -> None:
    """The dropdown changes what is sold; a model without a price says so, and a stop comes first."""
    plan = desk.built.layout.plan
    for at, name in enumerate(comparison_names(plan)):
        row = desk.typed(choice=name)
        known = plan.catalogue.comparisons[at].key.model == "dsr1"
        assert row["why"] == (0 if known else Missing.PRICE)
        assert row["a_profit"] == "" or known
        message = str(desk.book.value((MARGIN, "A1")))
        assert message.startswith("stop: ") == ("GB200" in name)
        assert name in message or not known


BAD: tuple[Value, ...] = ("text", 0.0, -1.0, 1e300, "=1+1", True)


@pytest.mark.parametrize("name", [*INPUTS, "choice"])
def test_bad_inputs_give_words(desk: Desk, name: str) -> None:
    """Empty takes what the workbook holds; anything unusable leaves no figure, no error value, and words for why."""
    before = desk.row
    for bad in (None, *BAD):
        row = desk.typed(**{name: bad})
        assert desk.errors() == [], bad
        assert desk.book.value(place(OVERALL)) == "all passed", bad
        zero_share = name in ("share", "cut") and bad == 0 and bad is not True
        if name != "choice" and (bad is None or zero_share):
            assert {key: row[key] for key in ("a_profit", "b_profit")} == {
                key: before[key] for key in ("a_profit", "b_profit")
            }
            continue
        # a price of cached input is not needed while nothing is cached
        if name == "p_cached":
            assert row["p_cached"] == ""
            continue
        assert {row[f"{side}_{key}"] for side in "ab" for key in ("profit", "margin", "revenue", "load_even")} == {
            ""
        }, bad
        assert row["why"] in (Missing.LOAD, Missing.SHARE, Missing.MIX, Missing.PRICE, Missing.CHOICE)
        said = str(desk.book.value((MARGIN, "A1")))
        assert "USD" not in said


def test_no_speed_leaves_no_figure(desk: Desk) -> None:
    """Without a speed on the Summary, and above all that was measured, a side has none; the words say which."""
    for speed, words in ((None, "no target"), (1e6, "above measured range")):
        desk.book.edit({place(COMMON_TARGET): speed})
        row = desk.row
        assert {row["a_missing"], row["b_missing"]} == {Missing.READ}
        assert words in str(desk.book.value((MARGIN, "F25")))
        assert desk.errors() == []


def test_without_a_stated_length_there_is_no_estimate(desk: Desk) -> None:
    """The published points state no acceptance length: whatever is typed, there are words and no figure."""
    for typed in (None, 2.8, "text", -1.0):
        desk.book.edit({place(desk.anchor(ENTERED, OWN_LENGTH).first): typed})
        row = desk.block("what-if")
        assert row["estimate"] == Estimate.NOT_STATED
        assert {row[key] for key in ("scale", "total_est", "speed_est", "profit_est")} == {""}
        assert "does not state the acceptance length" in str(desk.book.value((MARGIN, "F30")))
        assert desk.errors() == []


@pytest.mark.parametrize(
    ("own", "scale"), [(2.0, 2 / 3.2), (3.2, 1.0), (1.0, 0.5), (9.0, 2.0), (0.5, None), ("x", None), (None, None)]
)
def test_another_acceptance_length_scales_the_rate(stated: Desk, own: Value, scale: float | None) -> None:
    """Between 3.0 and 3.4 tokens a step the measured length is 3.2; the ratio is kept between half and twice."""
    stated.book.edit({place(stated.anchor(ENTERED, OWN_LENGTH).first): own, place(COMMON_TARGET): 75.0})
    row, sale = stated.block("what-if"), stated.row
    words = str(stated.book.value((MARGIN, "F30")))
    stated.book.reset()
    if scale is None:
        assert (row["estimate"], row["total_est"]) == (Estimate.NOT_TYPED, "")
        assert words.startswith("Type the acceptance length")
        return
    assert row["measured"] == pytest.approx(3.2)
    assert row["scale"] == pytest.approx(scale)
    assert row["total_est"] == pytest.approx(number(sale["a_total_in"]) * scale)
    assert row["speed_est"] == pytest.approx(75 * scale)
    profit = number(sale["a_kept"]) * number(sale["load"]) * scale - number(sale["a_cost"])
    assert row["profit_est"] == pytest.approx(profit)
    assert words.startswith("Estimate: at a length of")
    assert ("kept between half and twice" in words) == (own in (1.0, 9.0))


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return the sheet of rows whose speculative runs state an acceptance length of 3.0 at 60 tok/s and of 3.4 at 90."""
    rows = both(FALLING, STEEP, model="dsr1")
    for row, length in zip(rows, (2.0, 3.0, 3.4, 2.0), strict=False):
        row["accept_length"] = length
    folder = tmp_path_factory.mktemp("lengths")
    return Desk(build([write_table(folder / "t.csv", rows)], folder / "t.xlsx", BuildOptions(rates="2026-08")))
