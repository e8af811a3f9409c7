"""What the chart of Break-even must plot: the reference's curves as costs, and a line at each of its crossings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from specxl.judge.compare import faults
from specxl.judge.even import crossed_of, same_crossing
from specxl.judge.plotted import drawable, sampled
from specxl.method.curves import cost_usd_per_mtok
from specxl.sheets.break_even.plot import drawn_samples
from specxl.sheets.break_even.rows import MOST_CROSSINGS
from specxl.sheets.curves.drawn import IDLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.compare import Fault, Tally
    from specxl.judge.plotted import Points
    from specxl.judge.world import World
    from specxl.method.verdict import Given
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor

    Rows = Sequence[Mapping[str, Value]]


def _given(world: World) -> Given:
    """The comparison drawn; the first while none is chosen."""
    return list(world.overview().givens.values())[max(world.drawn(), 1) - 1]


def _curve(world: World, side: str, rows: int) -> Points:
    """Speeds and costs of a side as drawn; all idle where it cannot be."""
    given = _given(world)
    held = given.a if side == "a" else given.b
    curve = drawable(world, held.curve) if world.drawn() and held.price is not None else None
    points = sampled(world, curve) if curve else []
    if not points:
        return [(IDLE, 1.0)] * rows
    shown = [points[place] for place in drawn_samples(len(points), rows)]
    return [(x, cost_usd_per_mtok(held.price, y) or 0.0) for x, y in shown]


def choice_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold which comparison is drawn, its curves and its prices against the reference."""
    given = _given(world)
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        expected: dict[str, Held] = {"choice": world.drawn(), "basis": max(world.known.basis, 1)}
        for side, held in (("a", given.a), ("b", given.b)):
            drawn = world.drawn() and held.price is not None and drawable(world, held.curve) is not None
            expected |= {
                f"{side}_id": held.curve,
                f"{side}_price": "" if held.price is None else held.price,
                f"{side}_drawn": int(bool(drawn)),
            }
        yield from faults(partial(world.name, anchor, number), row, expected, tally)


def curve_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold every point of a curve as drawn against the reference."""
    points = _curve(world, str(anchor.tag), len(rows))
    for number, (row, (x, cost)) in enumerate(zip(rows, points, strict=True)):
        tally.count(anchor.kind)
        yield from faults(partial(world.name, anchor, number), row, {"x": x, "cost": cost}, tally)


def mark_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold the lines of equal cost: at the crossings that the sheet shows, from the lowest to the highest cost drawn."""
    given = _given(world)
    crossed = crossed_of(world.known, given) if world.drawn() else None
    speeds = crossed.speeds[:MOST_CROSSINGS] if crossed else ()
    # a curve falls from its first point to its last, so its cost is lowest and highest there
    costs = [cost for side in "ab" for _, cost in _curve(world, side, 2)]
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        k, end = divmod(number, 2)
        expected: dict[str, Held] = {"x": speeds[k] if k < len(speeds) else IDLE, "y": (min, max)[end](costs)}
        for fault in faults(partial(world.name, anchor, number), row, expected, tally):
            if fault.key != "x" or not same_crossing(world.known, given, fault, row["x"]):
                yield fault
