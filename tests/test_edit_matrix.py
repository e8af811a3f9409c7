"""The edit matrix of Results: hand-made curves, every kind of speed and input, every column of the contract by the oracle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from support.books import SHAPES_CARD, built_shapes, engine
from support.curvesets import SHAPES, curve_points
from support.desk import LIMITS, Desk, State, matrix
from support.engine import Book
from support.expectations import ERROR, Shown, comparison_faults, family_faults
from support.oracle import Thresholds

from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.results import COLUMNS, COMMON, CONTRACT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from support import Value


GARBAGE: tuple[Value, ...] = (None, "", "n/a", "2.5", 0, -1.5, True)
UNUSUAL = 33.0, 71.5
NAMED = {"model", "hardware", "vendor", "precision", "workload", "engine", "side_a", "side_b", "read"}


@pytest.fixture(scope="module")
def own() -> Desk:
    """Return the hand-made workbook; whatever does not follow the Summary's speed or Prices is frozen."""
    built = built_shapes()
    return Desk(built, Book(built.path), curve_points(SHAPES), SHAPES_CARD).only("Results", "Same engine", "Summary")


@pytest.fixture
def desk(own: Desk) -> Iterator[Desk]:
    """Return that workbook; every edit is taken back afterwards."""
    yield own
    own.book.reset()


def faults(desk: Desk, state: State, speed: Value, reads: tuple[int, ...] = (COMMON, 1, 2, 3)) -> list[str]:
    """Return what Results shows wrong of the given reads while `speed` stands on the Summary."""
    found = []
    for number, read, row in desk.results():
        if read in reads:
            comparison = desk.comparisons[number]
            target = speed if read == COMMON else comparison.targets[read - 1]
            sides, shown = desk.sides(comparison, state), Shown(desk.labels(comparison))
            wrong = comparison_faults(row, sides, target, state, shown)
            found += [f"{comparison.key} at {target!r}: {text}" for text in wrong]
    return found


def same_engine_faults(desk: Desk, state: State, speed: Value) -> list[str]:
    """Return which engine families the Same engine sheet compares wrongly at the Summary's speed."""
    found = []
    for subject, cells in desk.rows("family"):
        number, read, family = int(subject[0]), int(subject[1]), str(subject[2])
        if read == COMMON:
            wanted = desk.families(desk.comparisons[number], speed, state)
            found += [f"{subject}: {text}" for text in family_faults(desk.values(cells), family, wanted)]
    return found


def errors(desk: Desk) -> list[str]:
    """Return every formula that shows an error value."""
    shown = desk.book.read(desk.book.formulas())
    return [f"{cell} {value}" for cell, value in shown.items() if isinstance(value, str) and ERROR.match(value)]


# the opening state


def test_every_row_as_it_opens() -> None:
    """Before anything is edited every column of every row is the oracle's, at the Summary's speed and at its own three."""
    built = built_shapes()
    desk = Desk(built, engine(built.path), curve_points(SHAPES), SHAPES_CARD)
    assert len(list(desk.results())) == 4 * len(desk.comparisons) == 128
    assert faults(desk, State(), desk.book.value(desk.inputs["speed"])) == []
    assert errors(desk) == []


def test_every_column_of_the_contract_is_compared(desk: Desk) -> None:
    """What is not compared with the oracle is a name; no column of the contract goes unseen."""
    comparison = next(iter(desk.comparisons.values()))
    shown = Shown(desk.labels(comparison))
    compared = set(shown.row(desk.compared(comparison, 60.0, State()), 60.0))
    assert compared | NAMED == set(CONTRACT)
    assert tuple(column.key for column in COLUMNS)[: len(CONTRACT)] == CONTRACT


def test_rows_are_named(desk: Desk) -> None:
    """The names in a row are those of the curves it compares, and the read's place."""
    reads = ["common", "target 1", "target 2", "target 3"]
    keys = {(key.model, key.hardware, key.precision, key.workload) for key in desk.curves}
    named = set()
    for number, read, row in desk.results():
        key = desk.comparisons[number].key
        assert (row["read"], row["engine"]) == (reads[read], "Best of all engines")
        assert str(row["precision"]).casefold() == key.precision
        named.add((row["model"], key.hardware, key.precision, key.workload))
    assert named == keys


# speeds


KNOTS = sorted({row.point.x for rows in curve_points(SHAPES).values() for row in rows})
SPEEDS = [*matrix(KNOTS, ()), *(low + (high - low) * 0.4375 for low, high in pairwise(KNOTS[::2]))]
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_every_speed_on_every_shape(desk: Desk, part: int) -> None:
    """Whatever stands on the Summary as the speed, every comparison follows the oracle and nothing shows an error."""
    for turn, speed in enumerate(SPEEDS[part::PARTS]):
        desk.book.edit({desk.inputs["speed"]: speed})
        assert faults(desk, State(), speed, (COMMON,)) + errors(desk) == []
        if turn % PARTS == 0:
            assert same_engine_faults(desk, State(), speed) == []


# inputs of Prices


@dataclass(frozen=True)
class Change:
    """An edit of inputs by name, and of rates by hardware and column; and the state that it makes."""

    name: str
    edits: Mapping[str, Value] = field(default_factory=dict)
    state: State = field(default_factory=State)


def _limits() -> list[Change]:
    other = {
        "tie_ratio": 1.9, "thin_knots": 7, "gap_x": 1.25, "gap_y": 1.5, "stale_days": 1000, "ttft_factor": 1.5,
        "ttft_apart": 0.25, "ttft_limit": 2, "family_knots": 2,
    }  # fmt: skip
    released = State()
    found = [
        Change(
            f"{name} {value}",
            {name: value},
            replace(released, limits=replace(released.limits, **{LIMITS[name]: value})),
        )
        for name, value in other.items()
    ]
    return found + [Change(f"all limits {value!r}", dict.fromkeys(other, value)) for value in GARBAGE]


def _choices() -> list[Change]:
    labels = built_texts()
    found = [Change(f"tier {tier}", {"tier": labels["tiers"][tier]}, State(tier=tier)) for tier in TIERS]
    found += [Change(f"basis {basis}", {"basis": labels["bases"][basis]}, State(basis=basis)) for basis in TOKEN_BASES]
    for value in (None, "", "n/a", 3):
        found += [
            Change(f"tier {value!r}", {"tier": value}, State(tier="")),
            Change(f"basis {value!r}", {"basis": value}, State(basis="")),
        ]
    return found


def built_texts() -> Mapping[str, Mapping[str, str]]:
    """The words of the house, by which choices are made."""
    texts: Mapping[str, Mapping[str, str]] = built_shapes().layout.plan.house.texts["labels"]
    return texts


def _rates() -> list[Change]:
    typed: dict[str, dict[tuple[str, str], Value]] = {
        "price 3.21": {("b300", "hyperscaler"): 3.21},
        "own price": {("b300", "own"): 9.5},
        "power 4.5": {("b300", "kw"): 4.5},
        "own power 0.9": {("gb200", "own_kw"): 0.9},
        "unknown filled in": {("zx-9000", "hyperscaler"): 1.75, ("zx-9000", "kw"): 2.5},
        "own price of the unknown": {("zx-9000", "own"): 0.5},
        "all at once": {("b300", "own"): 2, ("h200", "hyperscaler"): 7, ("mi355x", "own_kw"): 3, ("gb200", "kw"): None},
    }
    for value in GARBAGE:
        columns = [("b300", "hyperscaler"), ("b300", "kw"), ("h200", "own"), ("h200", "own_kw")]
        typed[f"rates {value!r}"] = dict.fromkeys(columns, value)
    return [Change(name, {}, State(typed=cells)) for name, cells in typed.items()]


def _currencies() -> list[Change]:
    found = [
        Change("euros", {"factor": 0.92, "currency": "EUR"}, State(factor=0.92, currency="EUR")),
        Change("no currency", {"currency": None}),
    ]
    return found + [Change(f"factor {value!r}", {"factor": value}, State(factor=0.0)) for value in GARBAGE]


def _together() -> list[Change]:
    labels, released = built_texts(), State()
    state = State(
        "rental", "output", replace(released.limits, tau=1.4, thin_knots=2), 150.5, "JPY", {("h200", "own"): 4}
    )
    edits: dict[str, Value] = {
        "tier": labels["tiers"]["rental"],
        "basis": labels["bases"]["output"],
        "tie_ratio": 1.4,
        "thin_knots": 2,
        "factor": 150.5,
        "currency": "JPY",
    }
    return [Change("all together", edits, state)]


CHANGES = {change.name: change for build in (_limits, _rates, _currencies) for change in build()}


@pytest.mark.parametrize("name", CHANGES)
def test_every_input_of_prices(desk: Desk, name: str) -> None:
    """A price, a power, a currency or a threshold, typed or spoiled, moves exactly what it should."""
    follow(desk, CHANGES[name])


def test_every_choice(desk: Desk) -> None:
    """Price basis and token basis move what they should; what is no choice leaves nothing in force."""
    for change in (*_choices(), *_together()):
        follow(desk, change)
        desk.book.reset()


def follow(desk: Desk, change: Change) -> None:
    """Make an edit at an unusual speed; Results and Same engine must follow."""
    typed = {desk.rate_cells[at]: value for at, value in change.state.typed.items()}
    speed = UNUSUAL[len(change.name) % 2]
    desk.book.edit({desk.inputs[key]: value for key, value in {**change.edits, "speed": speed}.items()} | typed)
    found = faults(desk, change.state, speed, (COMMON, 2)) + errors(desk)
    if change.edits:
        found += same_engine_faults(desk, change.state, speed)
    assert found == [], change.name


def test_a_price_moves_money_and_nothing_else(desk: Desk) -> None:
    """Another price of one hardware moves the costs of its rows by the same factor, and no other figure anywhere."""
    before = {(number, read): row for number, read, row in desk.results()}
    desk.book.edit({desk.rate_cells["h200", "own"]: 12.2})
    after = {(number, read): row for number, read, row in desk.results()}
    moved = 0
    for key, row in before.items():
        changed = {column for column, value in row.items() if after[key][column] != value}
        if desk.comparisons[key[0]].key.hardware != "h200":
            assert changed == set()
            continue
        assert changed <= {"a_cost_per_mtok", "b_cost_per_mtok", "a_tokens", "b_tokens"}
        for column in changed & {"a_cost_per_mtok", "b_cost_per_mtok"}:
            assert after[key][column] == pytest.approx(float(str(row[column])) * 12.2 / 1.22, rel=1e-12)
            moved += 1
    assert moved > 30


def test_faults_are_seen(desk: Desk) -> None:
    """The comparison is no rubber stamp: another price, threshold, basis or speed on our side is reported."""
    desk.book.edit({desk.inputs["speed"]: 60.0})
    released = State()
    seen = (COMMON,)
    assert faults(desk, released, 60.0, seen) == []
    others = [
        State(typed={("b300", "own"): 2.2600001}),
        State(typed={("gb200", "own_kw"): 1.86999}),
        State(basis="output"),
        replace(released, limits=replace(released.limits, tau=1.2)),
        replace(released, limits=replace(released.limits, thin_knots=4)),
        replace(released, limits=replace(released.limits, first_token_longest=0.2)),
    ]
    assert all(faults(desk, other, 60.0, seen) for other in others)
    assert faults(desk, released, 60.0000001, seen)


def test_every_limit_has_its_input(desk: Desk) -> None:
    """Every threshold of METHOD 7 is an input on Prices, released with the method's own value."""
    released = Thresholds()
    for name, of_oracle in LIMITS.items():
        assert desk.book.value(desk.inputs[name]) == getattr(released, of_oracle), name
