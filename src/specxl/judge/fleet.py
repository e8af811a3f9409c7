"""Holds the Fleet sheet against `method.fleet`: what is in force, the rows behind it, the tables and bars that people see."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from specxl.judge.columns import compare
from specxl.judge.compare import HAIR, Tally, differ, faults
from specxl.judge.fleet_columns import (
    Row,
    Seen,
    gpus_of,
    held_or_empty,
    main_columns,
    row_columns,
    saved_of,
    scaled,
    see,
    shown_columns,
)
from specxl.method import fleet as method
from specxl.method.codes import Verdict
from specxl.method.fleet import Demand, Deployed, Mode
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.fleet.places import LINES, SHOWN_KEYS
from specxl.sheets.results import READS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.compare import Fault
    from specxl.judge.world import World
    from specxl.method.fleet import Ends
    from specxl.method.verdict import Given, Known
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor
    from specxl.sheets.fleet.places import Line

    Rows = Sequence[Mapping[str, Value]]
    Expected = Callable[[World, Known, Anchor, Rows], list[dict[str, Held]]]

SPEEDS, LOADS, BY_SPEED = "fleet-speeds", "fleet-loads", "fleet-by-speed"

# What each kind of block must hold, row by row.


def _choice_rows(world: World, known: Known, anchor: Anchor, rows: Rows) -> list[Row]:
    _ = (known, anchor, rows)
    asked = world.asked()
    demand, hour = asked.demand, method.SECONDS_AN_HOUR
    by_power = asked.mode == Mode.POWER
    load = held_or_empty(demand.load)
    bounds = ((asked.volume, 1e308), (asked.load, 1.0))
    volume, load_in = (held_or_empty(method.usable(typed, 5e-324, most)) for typed, most in bounds)
    entered = {"speed": asked.speed, "users": asked.users, "power": asked.power}
    return [
        {
            "comparison": asked.comparison,
            "mode": asked.mode,
            "volume": volume,
            "load_in": load_in,
            **{key: held if isinstance(held, (int, float, str)) else "" for key, held in entered.items()},
            "amount": held_or_empty(demand.amount),
            "load": load,
            "over": 1.0 if by_power and load != "" else load,
            "day": method.HOURS_A_DAY * hour,
            "month": method.HOURS_A_MONTH * hour,
            **{f"share_{n}": 1.0 if by_power else method.SHARES[n - 1] for n in (2, 3)},
            **{f"part_{n}": method.SHARES[n - 1] for n in (2, 3)},
            "least": method.LEAST,
            "most": method.MOST,
            "hours_day": method.HOURS_A_DAY,
            "hours": method.HOURS_A_MONTH,
            "months": method.MONTHS_A_YEAR,
        }
    ]


def _main_rows(world: World, known: Known, anchor: Anchor, rows: Rows) -> list[Row]:
    _ = anchor
    given, demand = world.planned(rows[0]), world.asked().demand
    seen, block = see(known, given), compare(known, given)
    held = {key: block[key] for key in rows[0] if key in block}
    return [held | row_columns(demand, seen) | main_columns(demand, seen)]


def _at_own_speeds(world: World, known: Known) -> Iterator[tuple[Given, Seen | None]]:
    """The three reads of the comparison chosen on Results; nothing is seen of them while none is."""
    asked = world.asked()
    for kind in range(1, READS):
        given = world.behind(max(asked.comparison, 1), kind)
        yield given, see(known, given) if asked.comparison else None


_UNSEEN: Row = {
    "target": "",
    "verdict": int(Verdict.NO_TARGET),
    "stops": 0,
    "a_y": "",
    "b_y": "",
    "a_out": "",
    "b_out": "",
}
_LOOKED_UP = (
    "target", "r", "verdict", "stops",
    *(f"{side}_{key}" for side in "ab" for key in ("y", "gpus_low", "gpus_high", "price", "power")),
)  # fmt: skip


def _speed_rows(world: World, known: Known, anchor: Anchor, rows: Rows) -> list[Row]:
    _ = (anchor, rows)
    asked, found = world.asked(), []
    for kind, (given, seen) in enumerate(_at_own_speeds(world, known), start=1):
        block = compare(known, given)
        held: Row = {"place": READS * (max(asked.comparison, 1) - 1) + kind + 1}
        held |= {key: block[key] for key in _LOOKED_UP}
        if seen is None:
            held |= _UNSEEN
        found.append(held | row_columns(asked.demand, seen or _nothing(given)))
    return found


def _nothing(given: Given) -> Seen:
    """What is seen while no comparison is chosen: prices, and no read."""
    sides = {name: Deployed(0.0, None, None, None, side.price, None) for name, side in (("a", given.a), ("b", given.b))}
    return Seen(Verdict.NO_TARGET, None, sides, {})


def _load_rows(world: World, known: Known, anchor: Anchor, rows: Rows) -> list[Row]:
    _ = anchor
    seen, demand = see(known, world.planned({})), world.asked().demand
    shares = dict(zip(("load", "load_2", "load_3"), method.SHARES, strict=True))
    saved = {key: saved_of(demand.at(share), seen) for key, share in shares.items()}
    return [
        {key: "" if ends is None else ends[0] * step for key, ends in saved.items()}
        for step, _ in zip(method.PRICE_STEPS, rows, strict=True)
    ]


def _price_rows(world: World, known: Known, anchor: Anchor, rows: Rows) -> list[Row]:
    _ = rows
    demand = world.asked().demand
    found: list[Row] = []
    for _given, seen in _at_own_speeds(world, known):
        saved = saved_of(demand, seen) if seen else None
        steps = zip(anchor.keys, method.PRICE_STEPS, strict=True)
        found.append({key: "" if saved is None else saved[0] * step for key, step in steps})
    return found


def _bar_rows(world: World, known: Known, anchor: Anchor, rows: Rows) -> list[Row]:
    _ = rows
    demand = world.asked().demand
    found: list[Row] = []
    for _given, seen in _at_own_speeds(world, known):
        found.append({name: _length(demand, seen.sides[name]) if seen else 0.0 for name in anchor.keys})
    return found


def _length(demand: Demand, side: Deployed) -> float:
    """The length of a bar: the bill of a month, by power what is made; 0 where there is none."""
    gpus = gpus_of(demand, side)
    if demand.mode == Mode.POWER:
        return method.made(gpus, side.y, demand.load)[1] if gpus and side.y and demand.load else 0.0
    money = method.bill(gpus, side.price)
    return money[1] if money else 0.0


# What people see: figures, ranges as texts behind their signs, and words where there is no figure.


def _shown_rows(world: World, known: Known, anchor: Anchor, rows: Rows) -> list[Row]:
    _ = anchor
    seen, demand = see(known, world.planned({})), world.asked().demand
    saved = saved_of(demand, seen)
    expected: list[Row] = []
    for line, row in zip(LINES, rows, strict=True):
        held = {name: _shown_figure(world, demand, seen, name, line, row[name]) for name in "ba"}
        factor = {"hour": 1 / method.HOURS_A_MONTH, "month": 1.0, "year": method.MONTHS_A_YEAR}.get(line.key)
        ends = scaled(saved, factor)
        shown = _text(ends, "", line.style, row["saved"]) if ends else ""
        expected.append(dict(zip(SHOWN_KEYS, (held["b"], held["a"], shown), strict=True)))
    return [
        {key: value for key, value in row.items() if key in found} for row, found in zip(expected, rows, strict=True)
    ]


def _figures(demand: Demand, seen: Seen, name: str) -> Mapping[str, Ends | None]:
    """The ends of every line of a side."""
    side, found = seen.sides[name], method.fleet(demand, seen.sides[name])
    columns, money = shown_columns(demand, seen, name), method.bill(found.gpus if found else None, side.price)

    def held(first: str, last: str) -> Ends | None:
        low, high = columns[first], columns[last]
        return None if isinstance(low, str) or isinstance(high, str) else (low, high)

    return {
        "y": None if side.y is None else (side.y, side.y),
        "size": side.sizes,
        "deployments": (min(found.counts), max(found.counts)) if found else None,
        "gpus": found.gpus if found else None,
        "mw": held("mw_min", "mw_max"),
        "hour": scaled(money, 1 / method.HOURS_A_MONTH),
        "month": money,
        "year": scaled(money, method.MONTHS_A_YEAR),
        "tokens": held("made_min", "made_max"),
        "users": held("served_min", "served_max"),
        "cost": held("full", "full"),
        "cost_load": held("loaded", "loaded"),
        "paid": held("paid_min", "paid_max"),
    }


def _shown_figure(world: World, demand: Demand, seen: Seen, name: str, line: Line, found: Value) -> Held:
    ends = _figures(demand, seen, name)[line.key]
    if ends is not None:
        sign = str(shown_columns(demand, seen, name)[line.bound]) if line.bound else ""
        return _text(ends, sign, line.style, found)
    side = seen.sides[name]
    known = {
        "y": side.y is not None,
        "need": method.fleet(demand, side) is not None,
        "full": side.y is not None and method.payable(side.price) is not None,
    }
    if not known[line.known]:
        return ""
    words = world.missing(line.missing) if line.missing else world.fleet_words(line.key)
    return words if words is not None else found if isinstance(found, str) else ""


def _text(ends: Ends, sign: str, style: str, found: Value) -> Held:
    """A figure, or its range as text; a tie in a last digit may be rounded either way."""
    if not sign and isinstance(found, (int, float)) and abs(ends[0] - ends[1]) <= HAIR * abs(ends[1]):
        return ends[0]

    def written(value: float, hair: float) -> str:
        rounding = ROUNDINGS[style]
        decimals = rounding.fine_decimals if value < rounding.fine_below else rounding.decimals
        return f"{value * (1 + hair):,.{decimals}f}"

    hairs = (0.0, HAIR, -HAIR)
    if ends[0] == ends[1] or not isinstance(found, str) or " " not in found.removeprefix(sign):
        if not sign:
            return ends[0]
        texts = [sign + written(ends[0], hair) for hair in hairs]
        return found if found in texts else texts[0]
    between = _between(found.removeprefix(sign))
    texts = [f"{sign}{written(ends[0], one)}{between}{written(ends[1], two)}" for one, two in product(hairs, hairs)]
    return found if found in texts else texts[0]


def _between(text: str) -> str:
    """The word between two figures, which a template chose."""
    digits = "-0123456789.,"
    return text.strip(digits)


_ROWS: Mapping[str, Expected] = {
    "fleet-choice": _choice_rows,
    "fleet": _main_rows,
    SPEEDS: _speed_rows,
    "fleet-shown": _shown_rows,
    LOADS: _load_rows,
    BY_SPEED: _price_rows,
    "fleet-bars": _bar_rows,
}


def fleet_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold a block of the Fleet sheet against the reference; a ratio at the threshold may fall either way."""
    tally.count(anchor.kind, len(rows))
    found = _faults(world, world.known, anchor, rows, tally)
    for hair in (-HAIR, HAIR):
        if found:
            thresholds = {**world.known.thresholds, "tie_ratio": world.known.thresholds["tie_ratio"] * (1 + hair)}
            again = _faults(world, replace(world.known, thresholds=thresholds), anchor, rows, Tally())
            found = found if again else []
    yield from found


def _faults(world: World, known: Known, anchor: Anchor, rows: Rows, tally: Tally) -> list[Fault]:
    expected = _ROWS[anchor.kind](world, known, anchor, rows)
    found: list[Fault] = []
    for number, (row, held) in enumerate(zip(rows, expected, strict=True)):
        found += (
            fault
            for fault in faults(partial(world.name, anchor, number), row, held, tally)
            if not _is_saved(anchor, fault)
            or differ(fault.found, fault.expected, tally, _bills(world, known, anchor, number))
        )
    return found


def _is_saved(anchor: Anchor, fault: Fault) -> bool:
    """Whether a cell holds what one side saves: a difference of bills, which rounds as they do, however little is left of it."""
    return anchor.kind in (LOADS, BY_SPEED) or fault.key.startswith("saved")


def _bills(world: World, known: Known, anchor: Anchor, number: int) -> float:
    """The size of the bills of which a row holds differences, at the least load that it looks at."""
    own = [seen for _, seen in _at_own_speeds(world, known)] if anchor.kind in (SPEEDS, BY_SPEED) else None
    there = own[number] if own else see(known, world.planned({}))
    if there is None:
        return 0.0
    lightest = world.asked().demand.at(min(method.SHARES))
    bills = [method.bill(gpus_of(lightest, side), side.price) for side in there.sides.values()]
    return max((abs(end) for bill in bills if bill for end in bill), default=0.0)


FLEET_CHECKS = dict.fromkeys(_ROWS, fleet_faults)
FROM_RESULTS = (SPEEDS, BY_SPEED, "fleet-bars")
"""Kinds that rest on the blocks behind Results."""
