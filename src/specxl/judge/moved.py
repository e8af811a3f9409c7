"""What the sheet How it moved must hold: the days shown, what their reads rest on, and what both costs came to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from specxl.judge.compare import HAIR, comparison_faults, faults
from specxl.judge.world import Moved
from specxl.method.curves import Status
from specxl.method.verdict import DECIDED_DECIMALS
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.curves.drawn import IDLE
from specxl.sheets.moved.places import BLOCKS, CHOICE_KEYS, KIND, ORDER, Move
from specxl.sheets.words import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.compare import Fault, Tally
    from specxl.judge.world import World
    from specxl.method.verdict import Given
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor

    Rows = Sequence[Mapping[str, Value]]
    Row = dict[str, Held]
    Check = Callable[[World, Anchor, Rows, Tally], Iterator[Fault]]

FEWEST = 2


def moved_from(rows: Sequence[tuple[int, int, int, int]], choice: int, givens: Sequence[Given]) -> Moved:
    """Return what the sheet shows by its table of days: comparison, date and both curves of each, the comparisons in order."""
    numbers = list(dict.fromkeys(row[0] for row in rows))
    number = numbers[max(choice, 1) - 1]
    places = [place for place, row in enumerate(rows, start=1) if row[0] == number]
    days = [(float(rows[place - 1][1]), *rows[place - 1][2:]) for place in places]
    return Moved(choice, number, places[0], days if choice else [], givens)


def blocks_of(world: World) -> list[Row]:
    """What the comparison block of each row must hold."""
    return [world.columns(given) for given in world.moved().givens]


def rests_on(world: World, block: Mapping[str, Held], side: str) -> tuple[str, str]:
    """The engines of the measurements around a read, left and right; empty where it rests on none."""
    left, right = (
        world.engine(int(number)) if (number := block[f"{side}_m_{end}"]) else "" for end in ("left", "right")
    )
    return left, right


def _blocks(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        given, name = world.given(anchor, number, row), partial(world.name, anchor, number)
        yield from comparison_faults(name, row, world, given, tally)


def _choice(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    tally.count(anchor.kind)
    moved = world.moved()
    found = (moved.choice, moved.number, moved.first, len(moved.days), moved.left_out)
    expected: Row = {key: held for key, held in zip(CHOICE_KEYS, found, strict=True) if held is not None}
    yield from faults(partial(world.name, anchor, 0), rows[0], expected, tally)


def _days(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """The table of days, where what is shown stands in it; every comparison is shown in some state."""
    tally.count(anchor.kind, len(rows))
    moved = world.moved()
    for place, (date, a, b) in enumerate(moved.days, start=moved.first - 1):
        expected: Row = {"number": moved.number, "date": date, "a_id": a, "b_id": b}
        yield from faults(partial(world.name, anchor, place), rows[place], expected, tally)


def _reads(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """The day of each row, what its reads rest on, and how many days up to it have a cost."""
    moved, counts = world.moved(), dict.fromkeys(ORDER, 0)
    for number, (row, block) in enumerate(zip(rows, blocks_of(world), strict=True)):
        tally.count(anchor.kind)
        shown = number < len(moved.days)
        date, a, b = moved.days[number] if shown else ("", 0, 0)
        expected: Row = {
            "slot": number + 1,
            "day": moved.first + number if shown else 0,
            "date": date,
            "a_id": a,
            "b_id": b,
        }
        for side in ORDER:
            counts[side] += block[f"{side}_cost"] != ""
            left, right = rests_on(world, block, side)
            expected |= {f"{side}_left": left, f"{side}_right": right, f"{side}_count": counts[side]}
            expected |= {f"{side}_{fact}": block[f"{side}_{fact}"] for fact in ("gpus_low", "gpus_high")}
        yield from faults(partial(world.name, anchor, number), row, expected, tally)


def _priced(world: World, side: str) -> list[tuple[int, Row]]:
    """The rows with a cost of a side, by their number from 0."""
    return [(number, block) for number, block in enumerate(blocks_of(world)) if block[f"{side}_cost"] != ""]


def _line(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """What the cost of a side, which the tag names, came to; a cost on the threshold may fall either way."""
    tally.count(anchor.kind)
    side, name = anchor.tag, partial(world.name, anchor, 0)
    first = list(faults(name, rows[0], _came_to(world, side, 1.0), tally))
    hairs = (1 - HAIR, 1 + HAIR)
    if first and all(list(faults(name, rows[0], _came_to(world, side, hair), tally)) for hair in hairs):
        yield from first


def _came_to(world: World, side: str, hair: float) -> Row:
    priced = _priced(world, side)
    if not priced:
        return {
            **dict.fromkeys(("count", "first", "last", "move", "engine", "size"), 0),
            "cost_first": "",
            "cost_last": "",
        }
    (first, then), (last, now) = priced[0], priced[-1]
    costs = float(then[f"{side}_cost"]), float(now[f"{side}_cost"])
    several = len(priced) >= FEWEST
    sizes = [tuple(block[f"{side}_{fact}"] for fact in ("gpus_low", "gpus_high")) for block in (then, now)]
    engines = [{name.casefold() for name in rests_on(world, block, side)} for block in (then, now)]
    bounds = [block[f"{side}_status"] == Status.BELOW for block in (then, now)]
    tie = world.known.thresholds["tie_ratio"] * hair
    return {
        "count": len(priced),
        "first": first + 1,
        "last": last + 1,
        "cost_first": costs[0],
        "cost_last": costs[1],
        "move": _move(costs[1] / costs[0], bounds, tie) if several else 0,
        "engine": int(several and engines[0] != engines[1]),
        "size": int(several and sizes[0] != sizes[1]),
    }


def _move(times: float, bounds: Sequence[bool], tie: float) -> Move:
    """Which way a cost went: undecided where the higher of both is only a bound, or both are."""
    apart = round(times - 1, DECIDED_DECIMALS)
    if all(bounds) or (bounds[0] and apart < 0) or (bounds[1] and apart > 0):
        return Move.UNDECIDED
    if round(times * tie - 1, DECIDED_DECIMALS) <= 0:
        return Move.FELL
    return Move.ROSE if round(times - tie, DECIDED_DECIMALS) >= 0 else Move.LEVEL


def _drawn(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """The points of a side, which the tag names: behind its last day with a cost it stands there again."""
    moved, priced = world.moved(), _priced(world, anchor.tag)
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        expected: Row = {"point": number + 1, "slot": 0, "x": IDLE, "cost": 0}
        if priced:
            place, block = priced[min(number, len(priced) - 1)]
            expected |= {"slot": place + 1, "x": moved.days[place][0], "cost": block[f"{anchor.tag}_cost"]}
        yield from faults(partial(world.name, anchor, number), row, expected, tally)


def _table(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """What people see: the dates, both costs, their ratio, and what is said of them."""
    moved = world.moved()
    for number, (row, block) in enumerate(zip(rows, blocks_of(world), strict=True)):
        tally.count(anchor.kind)
        expected: Row = {"date": moved.days[number][0] if number < len(moved.days) else "", "ratio": block["ratio"]}
        expected |= {f"{side}_cost": _shown(block, side, row[f"{side}_cost"]) for side in ORDER}
        yield from faults(partial(world.name, anchor, number), row, expected | world.moved_words(number), tally)


def _shown(block: Mapping[str, Held], side: str, found: Value) -> Held:
    """A cost as people see it: behind a sign where it is only a bound; a tie in its last digit may go either way."""
    cost = block[f"{side}_cost"]
    if cost == "" or block[f"{side}_status"] != Status.BELOW:
        return cost
    texts = {f"{BOUNDS[True]} {ROUNDINGS['cost'].plain(float(cost) * (1 + hair))}" for hair in (0.0, HAIR, -HAIR)}
    return found if isinstance(found, str) and found in texts else min(texts)


MOVED_CHECKS: Mapping[str, Check] = {
    f"{KIND}choice": _choice,
    f"{KIND}days": _days,
    f"{KIND}reads": _reads,
    BLOCKS: _blocks,
    f"{KIND}line": _line,
    f"{KIND}drawn": _drawn,
    f"{KIND}table": _table,
}
"""The reference of every block of the sheet How it moved."""
