"""What the rows behind the Break-even sheet must hold (METHOD 9): crossings, prices and loads from the reference."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from specxl.judge.compare import TOLERANCE, Fault, Tally, differ, faults, step_faults
from specxl.judge.decisions import at_own_speed
from specxl.method.break_even import SIGN_DECIMALS, Crossed, crossings
from specxl.method.codes import Verdict
from specxl.method.margin import blended, complete, counted_tokens
from specxl.method.verdict import price_factor
from specxl.schema import TOKEN_BASES
from specxl.sheets.break_even.columns import STOPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.compare import Name
    from specxl.judge.world import Sold, World
    from specxl.method.curves import Curve
    from specxl.method.verdict import Given, Known, KnownCurve
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor

    Row = Mapping[str, Value]
    Rows = Sequence[Row]

_CROSSING_TOLERANCE = 1e-6
"""How far a crossing may be from the reference's, relative, if both curves are equal there to 1e-9 all the same."""

_EXTREMES = ("most", "least")


def _basis(known: Known) -> str:
    return TOKEN_BASES[known.basis - 1] if known.basis else ""


def _reason(known: Known, given: Given) -> int:
    """Why the sides cannot be compared at any speed; 0 where they can."""
    a, b = (known.curves.get(side.curve) for side in (given.a, given.b))
    if not given.stated:
        return Verdict.NOT_STATED
    if a is None or b is None:
        return Verdict.NO_DATA
    if not all(_published(known, curve) for curve in (a, b)):
        return Verdict.NOT_PUBLISHED
    return 0 if price_factor(given) is not None else Verdict.NO_PRICE


def _published(known: Known, curve: KnownCurve | None) -> bool:
    return curve is not None and bool(known.basis) and curve.fit.values(_basis(known)) is not None


def crossed_of(known: Known, given: Given) -> Crossed | None:
    """The crossings of a comparison; None where it has none to look for."""
    a, b, factor = known.curves.get(given.a.curve), known.curves.get(given.b.curve), price_factor(given)
    if _reason(known, given) or a is None or b is None or factor is None:
        return None
    return crossings(a.fit, b.fit, _basis(known), factor)


def even_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold the row of each comparison against the reference."""
    before = 0
    givens = world.overview().givens
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        given = givens[int(_number(row["number"]))]
        expected = _even_columns(world, given, world.sold(number + 1))
        crossed = crossed_of(world.known, given)
        expected["base"] = before if _number(row["from"]) > 1 else 0
        before += len(crossed.speeds) if crossed else 0
        name = partial(world.name, anchor, number)
        for fault in faults(name, row, expected, tally):
            if fault.key not in _EXTREMES or not _same_extreme(world.known, given, fault):
                yield fault


def _same_extreme(known: Known, given: Given, fault: Fault) -> bool:
    """Whether the largest or smallest ratio differs by no more than the cubics' own rounding, which is in units of left knots.

    Where throughput falls by orders of magnitude within a segment, its low end has that many digits fewer.
    """
    found, expected, factor = fault.found, fault.expected, price_factor(given)
    a, b = known.curves.get(given.a.curve), known.curves.get(given.b.curve)
    if not isinstance(found, (int, float)) or not isinstance(expected, (int, float)):
        return False
    if a is None or b is None or factor is None:
        return False
    low, high = max(a.fit.x[0], b.fit.x[0]), min(a.fit.x[-1], b.fit.x[-1])
    places = [float(x) for x in (*a.fit.x, *b.fit.x) if low <= x <= high]
    ratios = [factor * _at(a.fit, known, x) / _at(b.fit, known, x) for x in places]
    ratio, x = min(zip(ratios, places, strict=True), key=lambda pair: abs(pair[0] - expected))
    steep = sum(_left(curve.fit, known, x) / _at(curve.fit, known, x) for curve in (a, b))
    return abs(found / ratio - 1) <= TOLERANCE * steep


def _left(curve: Curve, known: Known, x: float) -> float:
    """Throughput at the knot that begins the segment which ends at a speed, or holds it."""
    return _at(curve, known, float(curve.x[max(int((curve.x < x).sum()) - 1, 0)]))


def _number(value: Value) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _held(value: float | None) -> Held:
    return "" if value is None else value


def _even_columns(world: World, given: Given, sold: Sold) -> dict[str, Held]:
    known = world.known
    a, b = (known.curves.get(side.curve) for side in (given.a, given.b))
    reason, crossed, factor = _reason(known, given), crossed_of(known, given), price_factor(given)
    columns: dict[str, Held] = {
        "a_id": given.a.curve,
        "b_id": given.b.curve,
        "a_price": _held(given.a.price),
        "b_price": _held(given.b.price),
        "one_hardware": int(given.one_hardware),
        "stated": int(given.stated),
        "price_ratio": _held(factor),
        "reason": reason,
        "on": int(not reason),
        "factor": factor if not reason and factor is not None else 1.0,
        "count": len(crossed.speeds) if crossed else 0,
        "ahead": crossed.first if crossed else 0,
        "most": crossed.most if crossed else "",
        "least": crossed.least if crossed else "",
    }
    ranges = []
    for name, curve in (("a", a), ("b", b)):
        first, last = curve.fit.measured_range if curve else (0.0, 0.0)
        ranges.append((first, last))
        columns |= {f"{name}_knots": curve.fit.x.size if curve else 0, f"{name}_x_first": first, f"{name}_x_last": last}
        columns[f"{name}_has"] = int(_published(known, curve))
    columns |= {"x_low": max(first for first, _ in ranges), "x_high": min(last for _, last in ranges)}
    return columns | _flags(known, given, a, b, crossed) | _prices(world, given, sold)


def _within(curve: KnownCurve, crossed: Crossed) -> list[int]:
    """The measurements of all segments of a curve that reach into the stretch in common."""
    x = curve.fit.x
    left, right = int((x <= crossed.low).sum()) - 1, int((x < crossed.high).sum())
    return list(curve.measurements[left : right + 1])


def _flags(
    known: Known, given: Given, a: KnownCurve | None, b: KnownCurve | None, crossed: Crossed | None
) -> dict[str, Held]:
    numbers = _within(a, crossed) + _within(b, crossed) if crossed and a and b else []

    def any_of(fact: str) -> bool:
        return any(known.facts[fact][number - 1] for number in numbers)

    families = {known.facts["family"][number - 1] or 0 for number in numbers}
    thin = bool(crossed) and any(c is not None and c.fit.x.size < known.thresholds["thin_knots"] for c in (a, b))
    columns: dict[str, Held] = {
        "f_price_unknown": int(None in (given.a.price, given.b.price)),
        **{f"f_{flag}": int(any_of(mark)) for flag, mark in STOPS.items()},
        "f_engine_family": int(bool(families) and (len(families) > 1 or 0 in families)),
        "f_serving_mode": int(any_of("aggregated") and any_of("disaggregated")),
        "f_thin_curve": int(thin),
    }
    stops = sum(int(columns[f"f_{flag}"]) for flag in ("price_unknown", *STOPS))
    cautions = sum(int(columns[f"f_{flag}"]) for flag in ("engine_family", "serving_mode", "thin_curve"))
    return columns | {"stops": stops, "cautions": cautions}


def _prices(world: World, given: Given, sold: Sold) -> dict[str, Held]:
    """The prices that turn the verdict at the speed in force, and the loads that equal the API."""
    block, basis = world.columns(at_own_speed(world, given)), world.known.basis
    ratio, price = block["ratio"], blended(sold.prices, sold.mix, basis)
    columns: dict[str, Held] = {
        "r_ratio": ratio,
        **{f"r_{side}_cost": block[f"{side}_cost"] for side in "ab"},
        "p_in": _held(sold.prices.fresh),
        "p_cached": _held(sold.prices.cached),
        "p_out": _held(sold.prices.output),
        "share": _held(sold.mix.cached_share),
        "n_in": _held(sold.mix.tokens_in),
        "n_out": _held(sold.mix.tokens_out),
        "turn_a": given.a.price * float(ratio) if given.a.price is not None and ratio != "" else "",
        "turn_b": given.b.price / float(ratio) if given.b.price is not None and ratio != "" else "",
        "tokens": counted_tokens(sold.mix, basis),
        "priced": int(complete(sold.prices, sold.mix)),
        "blended": _held(price),
    }
    for side in "ab":
        cost = block[f"{side}_cost"]
        columns[f"load_{side}"] = float(cost) / price if price and cost != "" else ""
    return columns


def crossing_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold every crossing against the reference's bisection, and each step of its solution against the one before."""
    givens = world.overview().givens
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        name = partial(world.name, anchor, number)
        given = givens[int(_number(row["number"]))]
        crossed, k = crossed_of(world.known, given), int(_number(row["k"]))
        speeds = crossed.speeds if crossed else ()
        expected: dict[str, Held] = {"count": len(speeds), "x": speeds[k - 1] if k <= len(speeds) else ""}
        for fault in faults(name, row, expected, tally):
            if fault.key != "x" or not same_crossing(world.known, given, fault, row["x"]):
                yield fault
        yield from step_faults(name, row, tally, 1 + abs(_number(row["eq_c0"])))


def same_crossing(known: Known, given: Given, fault: Fault, found: Value) -> bool:
    """Whether a crossing that is a little apart lies where the curves are equal to the last digits: they cross flatly."""
    expected, factor = fault.expected, price_factor(given)
    if not isinstance(found, (int, float)) or not isinstance(expected, (int, float)) or factor is None:
        return False
    values = [float(known.curves[s.curve].fit.at(_basis(known), found)) for s in (given.a, given.b)]  # type: ignore[arg-type]
    return abs(found / expected - 1) <= _CROSSING_TOLERANCE and abs(values[0] * factor / values[1] - 1) <= TOLERANCE


def stretch_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold the stretches against the reference: where they lie, both curves and their difference on them, the signs."""
    givens = world.overview().givens
    before: dict[str, float] = {"n3": 0.0, "g3": 0.0}
    place = 0
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        name = partial(world.name, anchor, number)
        given = givens[int(_number(row["number"]))]
        place = 0 if row["first"] == 1 else place + 1
        yield from _stretch_faults(name, row, _stretch(world.known, given, place), tally)
        yield from _difference_faults(name, row, world.known, given, tally)
        yield from _turn_faults(name, row, tally)
        yield from faults(name, row, _signs(row, before), tally)
        before = {key: _number(row[key]) for key in before}


def _stretch_faults(name: Name, row: Row, expected: Mapping[str, Held], tally: Tally) -> Iterator[Fault]:
    """A side's cubic is rounded in units of its left knot, so that its figures are measured by that."""
    for key, held in expected.items():
        scale = _number(row[f"{key[0]}_p0"]) if key[0] in "ab" else 0.0
        tally.cells += 1
        if differ(row[key], held, tally, scale):
            yield Fault(name(), key, row[key], held)


def _stretch(known: Known, given: Given, place: int) -> dict[str, Held]:
    """Where a stretch lies, and what both sides give at its ends."""
    a, b = known.curves[given.a.curve].fit, known.curves[given.b.curve].fit
    low, high = max(a.x[0], b.x[0]), min(a.x[-1], b.x[-1])
    knots = sorted({float(x) for x in (*a.x, *b.x) if low <= x <= high})
    left, right = list(pairwise(knots))[place]
    held: dict[str, Held] = {"x0": left, "x1": right}
    if _reason(known, given):
        return held
    for side, curve in (("a", a), ("b", b)):
        held |= {f"{side}_q": _at(curve, known, left), f"{side}_q1": _at(curve, known, right)}
    return held


def _at(curve: Curve, known: Known, x: float) -> float:
    return float(curve.at(_basis(known), x))  # type: ignore[arg-type]


def _difference_faults(name: Name, row: Row, known: Known, given: Given, tally: Tally) -> Iterator[Fault]:
    """The cubic of the difference must be the curves' own at four places, which settle it."""
    e0, e1, e2, e3 = (_number(row[f"e{power}"]) for power in range(4))
    factor = price_factor(given)
    if _reason(known, given) or factor is None:
        return
    a, b = known.curves[given.a.curve].fit, known.curves[given.b.curve].fit
    x0, x1 = _number(row["x0"]), _number(row["x1"])
    scale = 1 + (factor * _number(row["a_p0"]) + _number(row["b_p0"])) / _number(row["b_q"])
    for u in (0.0, 1 / 3, 2 / 3, 1.0):
        x = min(x0 + u * (x1 - x0), x1)
        wanted = (factor * _at(a, known, x) - _at(b, known, x)) / _at(b, known, x0)
        found = ((e3 * u + e2) * u + e1) * u + e0
        if differ(found, wanted, tally, scale):
            yield Fault(name(), f"difference at {u:.2f}", found, wanted)


def _turn_faults(name: Name, row: Row, tally: Tally) -> Iterator[Fault]:
    """The places at which the difference turns, from its derivative; where two all but meet, any place where it is flat."""
    e1, e2, e3 = (_number(row[f"e{power}"]) for power in (1, 2, 3))
    inside, steepest = e2 * e2 - 3 * e1 * e3, abs(e1) + 2 * abs(e2) + 3 * abs(e3)
    yield from faults(name, row, {"steep": max(abs(e1), abs(e2), abs(e3))}, tally)
    if steepest <= 10**-SIGN_DECIMALS:
        return  # the sides run alike, and where the last digits turn decides nothing
    root = -(e2 + math.copysign(math.sqrt(max(inside, 0.0)), e2))
    turns = [root / (3 * e3) if e3 else 0.0, e1 / root if root else 0.0] if inside > 0 else [0.0, 0.0]
    for key, turn in zip(("t1", "t2"), sorted(min(max(u, 0.0), 1.0) for u in turns), strict=True):
        tally.cells += 1
        u = _number(row[key])
        flat = abs((3 * e3 * u + 2 * e2) * u + e1) <= TOLERANCE * steepest or abs(inside) <= TOLERANCE * steepest**2
        if abs(u - turn) > TOLERANCE and not (flat and 0 <= u <= 1):
            yield Fault(name(), key, row[key], turn)


def _signs(row: Row, before: Mapping[str, float]) -> dict[str, Held]:
    """The signs at the places of a stretch, and the crossings so far, from its cubic and its turning points."""
    e0, e1, e2, e3 = (_number(row[f"e{power}"]) for power in range(4))

    def sign(u: float) -> int:
        value = round(((e3 * u + e2) * u + e1) * u + e0, SIGN_DECIMALS)
        return (value > 0) - (value < 0)

    now = int(before["g3"]) if row["first"] != 1 and before["g3"] else sign(0.0)
    held: dict[str, Held] = {"g0": now}
    count = before["n3"]
    for number, u in enumerate((_number(row["t1"]), _number(row["t2"]), 1.0), start=1):
        following = sign(u) or now
        count += int(now * following < 0)
        held |= {f"g{number}": following, f"n{number}": count}
        now = following
    return held
