"""Sides of different hardware: comparison blocks with two prices and two powers against the oracle, and what a price moves."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.answers import block_faults
from support.books import SHAPES_CARD, built_shapes
from support.curvesets import SHAPES, curve_points
from support.desk import LIMITS, Desk, State
from support.engine import Book
from support.expectations import FLAG_TEXTS, agrees, compared
from support.oracle import Comparison, Side
from support.oracle_compare import (
    BETTER,
    LEVEL,
    NEITHER,
    NO_PRICE,
    NOT_PUBLISHED,
    NOT_STATED,
    ONLY_A,
    ONLY_B,
    UNDECIDED,
)
from support.oracle_curve import ABOVE, BELOW, INTERPOLATED, MEASURED, NO_DATA, NO_TARGET
from support.sides import Line, Pairing, changed, edits_of, lay_sides

from specxl.method.catalogue import BEST
from specxl.sheets.frame import PRICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Value
    from support.books import Built

pytestmark = pytest.mark.slow
STATUSES = (NO_TARGET, NO_DATA, ABOVE, BELOW, MEASURED, INTERPOLATED)
VERDICTS = (
    NO_TARGET, NOT_STATED, NO_DATA, NOT_PUBLISHED, NO_PRICE, ONLY_A, ONLY_B, NEITHER, UNDECIDED, (BETTER, "a"),
    (BETTER, "b"), LEVEL,
)  # fmt: skip
CERTAINTIES = ("", "settled", "interpolated", "settled, at least", "interpolated, at least")
EQUAL = {"": 1, "at least": 2, "never": 3, "at most": 4}
GRADES = ("", "note", "caution", "stop")
PAIRINGS, ROUNDS, SEED = 90, 12, 20260613


class Bench(NamedTuple):
    """The small workbook in the engine, its blocks, and the points of each curve."""

    book: Book
    lines: list[Line]
    desk: Desk

    def side(self, curve: int, price: Value, power: Value) -> Side:
        """A curve by its id as a side for the oracle."""
        key = self.desk.plan.catalogue.curves[curve - 1].key if curve else None
        points = () if key is None else self._points(key.model, key.hardware, key.precision, key.workload, key.variant)
        return Side(points, _known(price), _known(power))

    def _points(self, model: str, *key: str) -> tuple[object, ...]:
        return next(
            tuple(row.point for row in rows)
            for held, rows in self.desk.curves.items()
            if (held.model.casefold(), *held[1:]) == (model.casefold(), *key)
        )

    def faults(self, values: list[tuple[Value, ...]], state: State) -> Iterator[str]:
        """Yield where a block is not the oracle's, line by line."""
        for line, typed in zip(self.lines, values, strict=True):
            target, a_price, b_price, a_power, b_power = typed
            sides = self.side(line.pairing.a, a_price, a_power), self.side(line.pairing.b, b_price, b_power)
            one = line.pairing.one_hardware
            got = compared(sides, target, state, same_hardware=one)
            found = {key: self.book.value(cell) for key, cell in line.block.items()}
            wrong = [*block_faults(found, got), *code_faults(found, got), *_power_faults(found, got, sides, one=one)]
            yield from (f"{line.pairing} with {typed}: {text}" for text in wrong)


def _known(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def code_faults(found: dict[str, Value], got: Comparison) -> Iterator[str]:
    """Yield each code of a block that is not the oracle's word."""
    verdict = (got.verdict, got.better) if got.verdict == BETTER else got.verdict
    rated = got.verdict in (BETTER, LEVEL)
    wanted: dict[str, float] = {
        **{f"{side}_status": STATUSES.index(getattr(got, f"{side}_status")) for side in "ab"},
        **{f"f_{flag}": int(flag in got.flags) for flag in FLAG_TEXTS},
        "verdict": 1 + VERDICTS.index(verdict),
        "better": " ab".index(got.better or " "),
        "certainty": CERTAINTIES.index(got.certainty),
        "eq_code": EQUAL[got.equal_cost_kind] if rated else 0,
        "grade": GRADES.index(got.worst_flag),
    }
    yield from (
        f"{key}: {found[key]!r}, not {value!r}" for key, value in wanted.items() if not agrees(found[key], float(value))
    )


def _power_faults(found: dict[str, Value], got: Comparison, sides: tuple[Side, Side], *, one: bool) -> Iterator[str]:
    """Yield the ratio in tokens per energy where it is not that of both sides' powers."""
    a, b = sides
    rated = got.verdict in (BETTER, LEVEL) and got.a_tok_s_gpu is not None and got.b_tok_s_gpu is not None
    known = one or (a.power is not None and b.power is not None)
    factor = 1.0 if one else (b.power or 0) / (a.power or 1)
    wanted = got.a_tok_s_gpu / got.b_tok_s_gpu * factor if rated and known else None  # type: ignore[operator]
    if not agrees(found["ratio_power"], wanted):
        yield f"ratio_power: {found['ratio_power']!r}, not {wanted!r}"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return random pairings of the hand-made curves, also with no curve, a few of them on one hardware."""
    built, dice = built_shapes(), _dice(SEED)
    ids = [curve.id for curve in built.layout.plan.catalogue.curves if curve.key.scope == BEST]
    pairings = [Pairing(dice.choice(ids), dice.choice(ids), dice.random() < 0.1) for _ in range(PAIRINGS)]
    pairings += [Pairing(0, ids[0]), Pairing(ids[0], 0), Pairing(ids[0], ids[0]), _single_knots(built)]
    path = tmp_path_factory.mktemp("sides") / "sides.xlsx"
    lines = lay_sides(built, pairings, path)
    book = Book(path).freeze(lambda sheet, _: sheet in (lines[0].block["r"][0], PRICES))
    return Bench(book, lines, Desk(built, book, curve_points(SHAPES), SHAPES_CARD))


@pytest.fixture
def released(bench: Bench) -> Iterator[Bench]:
    """Return the blocks; every edit is taken back afterwards."""
    yield bench
    bench.book.reset()


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a sample that is the same in every run


def at_random(bench: Bench, dice: random.Random) -> list[tuple[Value, ...]]:
    """A target, two prices and two powers for each block: on a knot, between, outside; some prices and powers unknown."""
    curves = bench.desk.plan.catalogue.curves

    def one(line: Line) -> tuple[Value, ...]:
        knots = [x for curve in line.pairing[:2] if curve for x in curves[curve - 1].fit.x.tolist()]
        target = dice.choice(
            [dice.choice(knots), dice.uniform(0.9 * min(knots), 1.05 * max(knots)), dice.uniform(20, 120)]
        )
        prices = [None if dice.random() < 0.08 else round(dice.uniform(0.3, 9), 3) for _ in "ab"]
        powers = [None if dice.random() < 0.08 else round(dice.uniform(0.5, 3), 3) for _ in "ab"]
        return target, *prices, *powers

    return [one(line) for line in bench.lines]


@pytest.mark.parametrize("basis", ["total", "output", "input"])
def test_any_side_against_any_other(released: Bench, basis: str) -> None:
    """Tokens per dollar decide between two prices: every figure, code and flag of every block is the oracle's."""
    dice, verdicts = _dice(SEED + len(basis)), set()
    state = State(basis=basis)
    for _ in range(ROUNDS if basis == "total" else ROUNDS // 3):
        values = at_random(released, dice)
        released.book.edit(edits_of(released.lines, values) | released.desk.edits(state))
        assert list(released.faults(values, state)) == []
        verdicts |= {released.book.value(line.block["verdict"]) for line in released.lines}
    assert {
        1.0 + VERDICTS.index(v) for v in (NO_DATA, NO_PRICE, UNDECIDED, LEVEL, (BETTER, "a"), (BETTER, "b"))
    } <= verdicts


def test_every_threshold(released: Bench) -> None:
    """Each threshold on Prices moves the blocks as it moves the oracle."""
    values = at_random(released, _dice(SEED))
    other = {"tie_ratio": 2.5, "thin_knots": 5, "gap_x": 1.1, "gap_y": 1.1, "stale_days": 10, "ttft_factor": 1.01}
    for name, value in other.items():
        released.book.reset()
        state = replace(State(), limits=replace(State().limits, **{LIMITS[name]: value}))
        released.book.edit(edits_of(released.lines, values) | released.desk.edits(state))
        assert list(released.faults(values, state)) == []


def _single_knots(built: Built) -> Pairing:
    """The curve whose only knot is 900 tok/s/GPU at 30 tok/s/user, against the one of 450."""
    curves = built.layout.plan.catalogue.curves
    held = {(*curve.fit.x.tolist(), *curve.fit.total.tolist()): curve.id for curve in curves}
    return Pairing(held[30.0, 900.0], held[30.0, 450.0])


@pytest.mark.parametrize(
    ("prices", "verdict", "ratio", "saving", "speed"),
    [
        ((2.0, 1.0), LEVEL, 1.0, None, 30.0),  # 1.62 M tokens a dollar on both
        ((2.0, 0.75), (BETTER, "b"), 0.75, 0.25, None),  # 1.62 against 2.16: A never gets that cheap
        ((1.5, 1.0), (BETTER, "a"), 4 / 3, 0.25, 30.0),  # 2.16 against 1.62, and A's only knot is its last
        ((1.9, 1.0), (BETTER, "a"), 20 / 19, 0.05, 30.0),
        ((1.91, 1.0), LEVEL, 200 / 191, None, 30.0),  # 4.7 % is no evidence
    ],
)
def test_by_hand(
    released: Bench,
    prices: tuple[float, float],
    verdict: str | tuple[str, str],
    ratio: float,
    saving: float | None,
    speed: float | None,
) -> None:
    """Twice the throughput at twice the price is level; what decides is tokens per dollar."""
    line = released.lines[-1]
    released.book.edit(line.typed(30.0, *prices, 1.0, 2.0))
    found = {key: released.book.value(cell) for key, cell in line.block.items()}
    assert found["verdict"] == 1.0 + VERDICTS.index(verdict)
    assert found["ratio"] == pytest.approx(ratio, rel=1e-12)
    assert found["ratio_power"] == pytest.approx(4.0, rel=1e-12)
    assert (found["saving"] or None) == (saving and pytest.approx(saving, rel=1e-12))
    assert (found["eq_x"] or None) == (speed and pytest.approx(speed, rel=1e-12))
    assert found["a_cost"] == pytest.approx(prices[0] / (900 * 0.0036), rel=1e-12)


def test_a_price_moves_money_alone(released: Bench) -> None:
    """Another price of A moves A's cost and what is said in money; no speed, throughput, energy or evidence moves."""
    dice = _dice(SEED + 9)
    values = [(t, 2.0, 3.0, 1.0, 2.0) for t, *_ in at_random(released, dice)]
    released.book.edit(edits_of(released.lines, values))
    before = [released.book.read(line.block.values()) for line in released.lines]
    released.book.edit(edits_of(released.lines, [(t, 8.0) for t, *_ in values]))
    moved: set[str] = set()
    for line, held in zip(released.lines, before, strict=True):
        now = {key: released.book.value(cell) for key, cell in line.block.items()}
        keys = set(changed({key: held[cell] for key, cell in line.block.items()}, now))
        own = {"a_price", "a_cost", "a_tokens"}
        assert keys <= (own if line.pairing.one_hardware else own | MONEY), line.pairing
        moved |= keys
    assert moved >= {"a_cost", "ratio", "verdict", "better", "saving", "eq_x", "price_ratio"}


MONEY = {
    "price_ratio", "r", "verdict", "ratio", "ratio_low", "ratio_high", "ratio_power", "better", "larger", "larger_low",
    "larger_high", "certainty", "saving", "saving_low", "saving_high", "eq_x", "eq_ratio", "eq_y", "eq_knots", "eq_code",
    "eq_row", "eq_h", *(f"eq_{part}{i}" for part in "cudv" for i in range(10)),
}  # fmt: skip
"""What follows from the ratio of tokens per dollar; the ratio in energy stands only where that one does."""


def test_an_unknown_price_says_so(released: Bench) -> None:
    """Between hardware an empty price leaves no comparison, on one hardware it leaves the ratio, in both cases no cost."""
    values = [(60.0, None, 2.0, 1.0, 1.0)] * len(released.lines)
    released.book.edit(edits_of(released.lines, values))
    assert list(released.faults(values, State())) == []
    for line in released.lines:
        assert released.book.value(line.block["a_cost"]) in ("", None)
        if not line.pairing.one_hardware:
            assert released.book.value(line.block["ratio"]) in ("", None)
