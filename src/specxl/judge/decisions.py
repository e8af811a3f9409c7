"""What the rows behind the decisions must hold (METHOD 9), laid out from the reference by the rows' keys."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from specxl.judge.columns import caveat_columns, compare, given_columns
from specxl.judge.compare import HAIR, Fault, differ, faults, step_faults
from specxl.method.break_even import Affordable, affordable, faster, usable_budget
from specxl.method.codes import EqualCost, Verdict
from specxl.method.verdict import LOW_SCORE, gaps, grades, read_side
from specxl.schema import TOKEN_BASES
from specxl.sheets.budget.columns import BUDGET_FLAGS, BUDGET_GIVEN, IDLE
from specxl.sheets.own_speed import OWN_SPEED_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.compare import Name, Tally
    from specxl.judge.world import World
    from specxl.method.verdict import Given, GivenSide, Known, Reading
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor

    Rows = Sequence[Mapping[str, Value]]

_GIVEN = tuple(column.key for column in BUDGET_GIVEN)


def budget_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold the rows of the budget against the reference; its answer may hang on the last bit of the budget."""
    for number, row in enumerate(rows):
        given, name = world.given(anchor, number, row), partial(world.name, anchor, number)
        tally.count(anchor.kind)
        first = _budget_row_faults(name, row, world.known, given, tally, 1.0)
        if first:
            hairs = (1 - HAIR, 1 + HAIR)
            if all(_budget_row_faults(name, row, world.known, given, tally, hair) for hair in hairs):
                yield from first


def at_own_speed(world: World, given: Given) -> Given:
    """A comparison at the speed of Budget and Break-even: their own where one is typed, else the one that it is given."""
    typed = world.entered(OWN_SPEED_NAME)
    return given if typed is None or typed == "" else replace(given, target=typed)


def decided_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold the light blocks against the reference; a verdict may hang on the last bit of the threshold."""
    known = world.known
    for number, row in enumerate(rows):
        given, name = world.given(anchor, number, row), partial(world.name, anchor, number)
        tally.count(anchor.kind)
        first = _light_faults(name, row, world.columns(given), tally)
        if first:
            ties = [known.thresholds["tie_ratio"] * hair for hair in (1 - HAIR, 1 + HAIR)]
            again = [replace(known, thresholds={**known.thresholds, "tie_ratio": tie}) for tie in ties]
            if all(_light_faults(name, row, compare(other, given), tally) for other in again):
                yield from first


def _light_faults(name: Name, row: Mapping[str, Value], expected: Mapping[str, Held], tally: Tally) -> list[Fault]:
    """What a light block lacks nobody asks for; the marks that stops are read from are no column of the reference."""
    return list(faults(name, row, {key: expected[key] for key in row if key in expected}, tally))


def _budget_row_faults(
    name: Name, row: Mapping[str, Value], known: Known, given: Given, tally: Tally, hair: float
) -> list[Fault]:
    expected = budget_columns(known, given, hair)
    found = list(faults(name, row, expected, tally))
    for side in "ab":
        own = {key.removeprefix(f"{side}_"): value for key, value in row.items() if key.startswith(f"{side}_")}
        x, scale = expected[f"{side}_x"], 1 + abs(_number(own["eq_c0"]))
        if expected[f"{side}_eq_code"] == EqualCost.EXACT and differ(row[f"{side}_x"], x, tally):
            found.append(Fault(name(), f"{side}_x", row[f"{side}_x"], x))
        found += step_faults(name, own, tally, scale)
    return found


def _number(value: Value) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def budget_columns(known: Known, given: Given, hair: float = 1.0) -> dict[str, Held]:
    """Return what every column of a budget's row must hold, by key, but for the steps of the inverse read."""
    found = {side: _affordable(known, given, held, hair) for side, held in (("a", given.a), ("b", given.b))}
    reads = {side: _read_within(known, held, found[side]) for side, held in (("a", given.a), ("b", given.b))}
    start = given_columns(given)
    budget = usable_budget(given.target)
    start |= {"valid": int(budget is not None), "target": budget or 0.0}
    given = replace(given, target=budget)
    verdict = _verdict(known, given, found, reads)
    rated = verdict >= Verdict.A_BETTER
    a_x, b_x = found["a"].x, found["b"].x
    both = a_x is not None and b_x is not None
    columns: dict[str, Held] = {key: start[key] for key in (*_GIVEN, "valid", "target")}
    for side in "ab":
        columns |= {f"{side}_{key}": held for key, held in _side(known, found[side], reads[side]).items()}
    columns |= {"verdict": verdict, "times": a_x / b_x if rated and both else ""}  # type: ignore[operator]
    columns |= {"plot_x": b_x if both else IDLE, "plot_y": a_x if both else 0.0}  # type: ignore[dict-item]
    flagged = caveat_columns(known, given, reads["a"], reads["b"], _flags(known))
    return columns | flagged


def _flags(known: Known) -> list[str]:
    """The flags of a budget's row; that on scores where there are any."""
    named = {flag.id for flag in BUDGET_FLAGS}
    return [name for name in grades(known) if name in named or name == LOW_SCORE]


def _affordable(known: Known, given: Given, side: GivenSide, hair: float) -> Affordable:
    curve = known.curves.get(side.curve)
    if curve is None or not known.basis:
        return Affordable(0)
    return affordable(curve.fit, TOKEN_BASES[known.basis - 1], side.price, usable_budget(given.target), hair)


def _read_within(known: Known, side: GivenSide, found: Affordable) -> Reading:
    """The read at the highest speed within the budget; at the first knot where nothing is within it."""
    curve = known.curves.get(side.curve)
    if not found.code or curve is None:
        return read_side(known, side, None)
    return read_side(known, side, float(curve.fit.x[0]) if found.x is None else found.x)


def _side(known: Known, found: Affordable, read: Reading) -> dict[str, Held]:
    left, right = (read.numbers or (0, 0)) if found.code else (0, 0)
    first = read.known.first if read.known else 0
    held: dict[str, Held] = {
        "knots": read.known.fit.x.size if read.known else 0,
        "has": int(read.published),
        "cheapest": "" if found.cheapest is None else found.cheapest,
        "eq_y": found.y,
        "eq_knots": found.knots,
        "eq_code": found.code,
        "eq_row": first + found.knots - 1 if found.code == EqualCost.EXACT else 0,
        "x_low": "" if found.low is None else found.low,
        "x_high": "" if found.high is None else found.high,
        "x": "" if found.x is None else found.x,
        "m_left": left,
        "m_right": right,
        "left": first + (read.read.left or 0) if found.code else 0,
        "right": first + (read.read.right or 0) if found.code else 0,
        "date": max((known.facts["date"][n - 1] or 0 for n in read.numbers), default=0) if found.code else 0,
    }
    x, y = gaps(read) if found.code else (0.0, 0.0)
    return held | {"gap_x": x, "gap_y": y}


def _verdict(known: Known, given: Given, found: Mapping[str, Affordable], reads: Mapping[str, Reading]) -> Verdict:
    reasons = (
        (given.target is None, Verdict.NO_TARGET),
        (not given.stated, Verdict.NOT_STATED),
        (any(read.known is None for read in reads.values()), Verdict.NO_DATA),
        (not all(read.published for read in reads.values()), Verdict.NOT_PUBLISHED),
        (None in (given.a.price, given.b.price), Verdict.NO_PRICE),
    )
    reason = next((verdict for applies, verdict in reasons if applies), None)
    return reason or faster(found["a"], found["b"], known.thresholds["tie_ratio"])
