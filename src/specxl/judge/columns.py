"""What every column of a comparison block must hold, laid out from the reference by the block's keys.

An empty cell is "". The working columns are computed by another algebra than the formulas': places and weights by
Bernstein's polynomials, the cubic of the inverse read from its Bernstein coefficients.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from specxl.method import curves
from specxl.method.codes import End, EqualCost, Grade
from specxl.method.curves import Status
from specxl.method.metrics import METRICS, figure
from specxl.method.verdict import (
    UNLIKE,
    certainty,
    decide,
    equal_cost,
    find_reason,
    flags,
    gaps,
    grades,
    power_factor,
    price_factor,
    read_side,
    usable_target,
)
from specxl.schema import TOKEN_BASES
from specxl.sheets.block.flags import MARK_BASE, MARKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from specxl.method.verdict import Equal, Given, Known, KnownCurve, Outcome, Reading

Figure = float | None
Held = float | str


def compare(known: Known, given: Given, cost_factor: float = 1.0) -> dict[str, Held]:
    """Return what every column of a full comparison block must hold, by key, but for the steps of the inverse read.

    `cost_factor` moves the cost that the speed at equal cost is sought for, to see whether it lies on the edge of a knot.
    """
    a, b = (read_side(known, side, given.target) for side in (given.a, given.b))
    outcome = decide(given, a, b, known.thresholds["tie_ratio"])
    return {
        **given_columns(given),
        **_side_columns(known, given, "a", a),
        **_side_columns(known, given, "b", b),
        **_ratio_columns(known, given, outcome, a, b),
        **_equal_columns(known, given, outcome, a, b, cost_factor),
        **_caveat_columns(known, given, a, b),
    }


def compare_family(known: Known, given: Given) -> dict[str, Held]:
    """Return what every column of a same-family row must hold: which family has both sides in range, and its ratio."""
    a, b = (read_side(known, side, given.target) for side in (given.a, given.b))
    wanted = known.thresholds["family_knots"]
    fewest = min(0 if side.known is None else side.known.fit.x.size for side in (a, b))
    in_range = min(a.read.status, b.read.status) > Status.BELOW
    usable = in_range and fewest >= wanted and a.y is not None and b.y is not None
    target = usable_target(given.target) or 0.0
    places = {name: place_columns(side.known, target, side.read.status) for name, side in (("a", a), ("b", b))}
    return {
        **{key: value for key, value in given_columns(given).items() if key in _FAMILY_GIVEN},
        **{f"{name}_{key}": value for name, place in places.items() for key, value in place.items()},
        **{f"{name}_has": int(side.published) for name, side in (("a", a), ("b", b))},
        **{f"{name}_y": _held(side.y) for name, side in (("a", a), ("b", b))},
        "usable": int(usable),
        "enough": 0 if fewest == 0 else 2 if fewest >= wanted else 1,
        "ratio": a.y / b.y if usable and a.y is not None and b.y is not None else "",
    }


_PLACE_KEYS = (
    "knots", "x_first", "x_last", "x_read", "segment", "row_left", "row_right", "x_left", "x_right", "u", "at", "status",
    "w_left", "w_left_m", "w_right", "w_right_m",
)  # fmt: skip
_FAMILY_GIVEN = ("target_in", "a_id", "b_id", "valid", "target")


def _held(value: Figure) -> Held:
    return "" if value is None else value


def given_columns(given: Given) -> dict[str, Held]:
    """Return what a block is given, as its cells hold it, and the target that it uses."""
    target = usable_target(given.target)
    entered = given.target if isinstance(given.target, (int, float, str)) else ""
    return {
        "target_in": entered,
        "a_id": given.a.curve,
        "b_id": given.b.curve,
        "a_price": _held(given.a.price),
        "b_price": _held(given.b.price),
        "a_power": _held(given.a.power),
        "b_power": _held(given.b.power),
        "one_hardware": int(given.one_hardware),
        "stated": int(given.stated),
        "valid": int(target is not None),
        "target": target or 0.0,
    }


def _side_columns(known: Known, given: Given, name: str, side: Reading) -> dict[str, Held]:
    """The columns of a side: where the target falls, the figures, and the knots they rest on."""
    target, priced = usable_target(given.target) or 0.0, given.a if name == "a" else given.b
    place = place_columns(side.known, target, side.read.status)
    metrics = {m.key: figure(m, side.y, priced.price, priced.power) for m in METRICS if m.formula}
    figures = {
        "has": int(side.published),
        "total": side.read.total if side.read.status >= Status.BELOW else None,
        "y": side.y,
        "y_low": side.low,
        "y_high": side.high,
        "y_last": side.last,
        "requests": side.read.concurrency if side.read.status >= Status.BELOW else None,
        **metrics,
    }
    held = place | {key: _held(value) for key, value in figures.items()} | dict(_evidence(known, side))
    return {f"{name}_{key}": value for key, value in held.items()}


def place_columns(known: KnownCurve | None, target: float, status: Status) -> dict[str, Held]:
    """Where a target falls on a curve, and the weights of the knots around it, by Bernstein's polynomials."""
    x = known.fit.x.tolist() if known else [0.0]
    count = len(x) if known else 0
    at = min(max(target, x[0]), x[-1])
    segment = max(1, min(bisect_right(x, at), count - 1)) if known else 0
    row = known.first + segment - 1 if known else 0
    left, right = (x[segment - 1], x[min(segment, len(x) - 1)]) if known else (0.0, 0.0)
    h = right - left
    u = (at - left) / h if h else 0.0
    b = ((1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3)
    on = End.LEFT if at - left <= curves.MEASURED_TOLERANCE * left else 0
    if not on and right - at <= curves.MEASURED_TOLERANCE * right:
        on = End.RIGHT
    values = (
        count, x[0], x[-1], at, segment, row, row + (count > 1), left, right, u, on, status,
        b[0] + b[1], b[1] / 3 * h, b[2] + b[3], -b[2] / 3 * h,
    )  # fmt: skip
    return dict(zip(_PLACE_KEYS, values, strict=True))


def _evidence(known: Known, side: Reading) -> Iterator[tuple[str, Held]]:
    """The knots that a read rests on, by their rows and measurements, and what these say."""
    numbers = side.numbers
    rows = (0, 0)
    if side.known and numbers:
        rows = (side.known.first + (side.read.left or 0), side.known.first + (side.read.right or 0))
    yield from zip(("left", "right"), rows, strict=True)
    yield from zip(("m_left", "m_right"), numbers or (0, 0), strict=True)
    for fact in ("date", "ttft", "gpus"):
        values = [v for number in numbers if (v := known.facts[fact][number - 1]) is not None]
        if fact == "date":
            yield "date", max(values, default=0)
        else:
            yield f"{fact}_low", _held(min(values, default=None))
            yield f"{fact}_high", _held(max(values, default=None))
    x, y = gaps(side) if numbers else (0.0, 0.0)
    yield from (("gap_x", x), ("gap_y", y))


def _ratio_columns(known: Known, given: Given, outcome: Outcome, a: Reading, b: Reading) -> dict[str, Held]:
    tie, factor, power = known.thresholds["tie_ratio"], price_factor(given), power_factor(given)
    reason = find_reason(given, a, b)
    both = a.y is not None and b.y is not None and reason is None
    apart = a.y / b.y if both and a.y is not None and b.y is not None else None
    larger, low, high = outcome.larger
    better = outcome.better
    rated = outcome.ratio is not None
    return {
        "price_ratio": _held(factor),
        "power_ratio": _held(power),
        "reason": int(reason or 0),
        "r": _held(apart * factor if apart is not None and factor is not None else None),
        "verdict": int(outcome.verdict),
        "ratio": _held(outcome.ratio),
        "ratio_low": _held(outcome.low),
        "ratio_high": _held(outcome.high),
        "ratio_power": _held(apart * power if rated and apart is not None and power is not None else None),
        "better": {"": 0, "a": 1, "b": 2}[better],
        "larger": _held(larger),
        "larger_low": _held(low),
        "larger_high": _held(high),
        "certainty": certainty(outcome, a, b, tie),
        "saving": 1 - 1 / larger if better and larger else "",
        "saving_low": 1 - 1 / low if better and low else "",
        "saving_high": 1 - 1 / high if better and high else "",
    }


def _equal_columns(
    known: Known, given: Given, outcome: Outcome, a: Reading, b: Reading, cost_factor: float
) -> dict[str, Held]:
    """The speed at equal cost and the cubic that it is the root of; its steps are tested one by one by the judge."""
    equal, target = equal_cost(known, given, outcome, a, b, cost_factor), usable_target(given.target)
    solved = equal.code in (EqualCost.EXACT, EqualCost.AT_MOST) and a.known is not None and equal.x is not None
    held: dict[str, Held] = {
        "b_floor": int(b.floor),
        "eq_y": equal.y or 0.0,
        "eq_knots": equal.knots,
        "eq_code": equal.code,
        "eq_row": a.known.first + equal.knots - 1 if solved and a.known else 0,
        "eq_x": _held(equal.x),
        "eq_ratio": equal.x / target if equal.x is not None and target else "",
    }
    return held | dict(
        zip(("eq_h", "eq_c0", "eq_c1", "eq_c2", "eq_c3"), _cubic(known, equal, a, solved=solved), strict=True)
    )


def _cubic(known: Known, equal: Equal, a: Reading, *, solved: bool) -> tuple[float, float, float, float, float]:
    """The length of the segment, and the powers of its cubic over the wanted throughput less 1, from Bernstein's form."""
    if not solved or a.known is None or equal.y is None:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    fit, left = a.known.fit, equal.knots - 1
    h = float(fit.x[left + 1] - fit.x[left])
    b0, b1, b2, b3 = (float(value) for value in fit.splines[TOKEN_BASES[known.basis - 1]].c[:, left])
    powers = b0 - equal.y, 3 * (b1 - b0), 3 * (b2 - 2 * b1 + b0), b3 - 3 * b2 + 3 * b1 - b0
    c0, c1, c2, c3 = (power / equal.y for power in powers)
    return h, c0, c1, c2, c3


def _marks(known: Known, number: int) -> int:
    """The marks of a measurement as the digits of one number."""
    return sum(
        MARK_BASE**digit * int(known.facts[fact][number - 1] or 0)
        for digit, fact in enumerate(MARKS)
        if fact in known.facts
    )


def _caveat_columns(known: Known, given: Given, a: Reading, b: Reading) -> dict[str, Held]:
    columns = caveat_columns(known, given, a, b, tuple(grades(known)))
    unlike = sum(int(columns[f"f_{name}"]) for name in UNLIKE)
    both = a.y is not None and b.y is not None
    return {
        **columns,
        "grade": max((grade for grade, key in _COUNTS.items() if columns[key]), default=0),
        "unlike": unlike,
        "like": 0 if not both else 1 if unlike == 0 else 2,
    }


_COUNTS = {Grade.STOP: "stops", Grade.CAUTION: "cautions", Grade.NOTE: "notes"}


def caveat_columns(known: Known, given: Given, a: Reading, b: Reading, names: Sequence[str]) -> dict[str, Held]:
    """Return the measurements that two reads rest on, the flags of these names, and how many of each grade are raised."""
    raised, graded = flags(known, given, a, b), grades(known)
    own, other = a.numbers or b.numbers or (0, 0), b.numbers or a.numbers or (0, 0)
    numbers = {*a.numbers, *b.numbers}
    families = [known.facts["family"][number - 1] or 0 for number in numbers]
    return {
        "k1": own[0],
        "k2": own[1],
        "k3": other[0],
        "k4": other[1],
        "marks": sum(_marks(known, number) for number in (*own, *other)) if numbers else 0,
        "family_low": min(families, default=0),
        "family_high": max(families, default=0),
        **{f"f_{name}": int(raised[name]) for name in names},
        **{
            key: sum(raised[name] for name in names if graded[name] == grade)
            for grade, key in _COUNTS.items()
            if any(graded[name] == grade for name in names)
        },
    }
