"""What the Performance sheet must hold: which configurations pass, their reads, their order, and what the charts draw."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from specxl.judge.columns import place_columns
from specxl.judge.compare import HAIR, faults
from specxl.judge.plotted import drawable, knots, sampled
from specxl.judge.world import Standing
from specxl.method.curves import Status
from specxl.method.metrics import METRICS, figure
from specxl.method.verdict import GivenSide, read_side, usable_target
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.curves.drawn import IDLE
from specxl.sheets.performance.places import CONTROLS, DRAWN
from specxl.sheets.performance.reads import (
    FIGURED,
    FREE,
    RANKED_DECIMALS,
    READABLE,
    STOPS,
    UNDRAWN,
)
from specxl.sheets.words import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.compare import Fault, Tally
    from specxl.judge.plotted import Points
    from specxl.judge.world import Board, BoardLine, World
    from specxl.method.metrics import Metric
    from specxl.method.verdict import Known, Reading
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor

    Rows = Sequence[Mapping[str, Value]]
    Row = dict[str, Held]
    Check = Callable[[World, Anchor, Rows, Tally], Iterator[Fault]]


def passes(line: BoardLine, chosen: Mapping[str, int]) -> bool:
    """Whether all filters let a line through: 1 is all, and each code one more, but for models and workloads."""
    exact = ("model", "workload")
    wanted = {name: line.codes[name] + (name not in exact) for name in line.codes}
    let = all(chosen[name] == code or (name not in exact and chosen[name] == 1) for name, code in wanted.items())
    return let and chosen["serving"] > 0 and line.curves[chosen["serving"] - 1] > 0


def stand(board: Board, known: Known, slots: int) -> Standing:
    """Read every configuration that passes at the speed, and put them in order."""
    passing = tuple(number for number, line in enumerate(board.lines, start=1) if passes(line, board.chosen))
    chosen = [*passing, *[0] * (slots - len(passing))][:slots]
    metric = METRICS[board.chosen["metric"] - 1] if board.chosen["metric"] else None
    rows = [_slot(board, known, metric, slot, line) for slot, line in enumerate(chosen, start=1)]
    _order(rows, metric)
    return Standing(passing, tuple(rows))


def _slot(board: Board, known: Known, metric: Metric | None, slot: int, number: int) -> Row:
    """What a slot must hold but for its place in order."""
    line = board.lines[number - 1] if number else None
    curve = line.curves[board.chosen["serving"] - 1] if line else 0
    price, power = (line.price, line.power) if line else (None, None)
    side = read_side(known, GivenSide(curve, price, power), board.target)

    def of(y: float | None) -> Held:
        found = figure(metric, y, price, power) if metric else None
        return "" if found is None else found

    unit = of(1.0)
    shown = of(side.y) if curve else ""
    ends = (side.high, side.low) if metric and metric.better_low else (side.low, side.high)
    low, high = (of(end) if shown != "" else "" for end in ends)
    drawn = bool(curve) and side.published and unit != ""
    return {
        "number": slot,
        "line": number,
        "id": curve,
        "price": "" if price is None else price,
        "power": "" if power is None else power,
        **place_columns(side.known, usable_target(board.target) or 0.0, side.read.status),
        "has": int(side.published),
        **{key: "" if y is None else y for key, y in (("y", side.y), ("y_low", side.low), ("y_high", side.high))},
        **_evidence(known, side),
        "known": int(unit != ""),
        "factor": 0.0 if unit == "" else unit,
        "figure": shown,
        "low": low,
        "high": high,
        "drawn": int(drawn),
        "class": FREE if line is None else FIGURED if shown != "" else READABLE if drawn else UNDRAWN,
    }


def _evidence(known: Known, side: Reading) -> Row:
    """The measurements that a read rests on, their engines' families, and the worst that is to be said of them."""
    numbers = side.numbers
    ends = (side.read.left or 0, side.read.right or 0)
    rows = tuple(side.known.first + end for end in ends) if side.known and numbers else (0, 0)
    families = [known.facts["family"][number - 1] or 0 for number in numbers]
    raised = (place for place, fact in enumerate(STOPS.values(), 1) if any(known.facts[fact][n - 1] for n in numbers))
    return {
        **dict(zip(("left", "right"), rows, strict=True)),
        **dict(zip(("m_left", "m_right"), numbers or (0, 0), strict=True)),
        "family_low": min(families, default=0),
        "family_high": max(families, default=0),
        "stop": next(raised, 0),
    }


def _order(rows: Sequence[Row], metric: Metric | None) -> None:
    """Rank the figures, equal ones alike, and give every slot a place: figures first, then what was not read, by line."""
    figures = [float(row["figure"]) for row in rows if row["class"] == FIGURED]
    falls = metric is not None and metric.better_low
    best = (min if falls else max)(figures, default=0.0)
    for row in rows:
        value = float(row["figure"] or 0.0)
        share = (best / value if falls else value / best) if row["class"] == FIGURED else 0.0
        row["score"] = round(share, RANKED_DECIMALS)
    size = len(rows) + 1
    for row in rows:
        read = row["class"] == FIGURED
        row["ahead"] = sum(float(other["score"]) > float(row["score"]) for other in rows) if read else 0
        row["rank"] = int(row["ahead"]) + 1 if read else ""
        row["key"] = (int(row["class"]) * size + int(row["ahead"])) * size + int(row["number"])
    in_order = sorted(rows, key=lambda row: (int(row["class"]), -float(row["score"]), int(row["number"])))
    for place, row in enumerate(in_order, start=1):
        row["place"] = place
        rows[place - 1]["holds"] = int(row["number"])


def _choice(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """The choice in force, and what is counted of it."""
    tally.count(anchor.kind)
    board, standing = world.board(), world.standing()
    target, metric = usable_target(board.target), board.chosen["metric"]
    drawable = sum(int(slot["drawn"]) for slot in standing.slots)
    group = [
        line for line in board.lines if all(line.codes[name] == board.chosen[name] for name in ("model", "workload"))
    ]
    expected: Row = {
        **{control: board.chosen[control] for control in CONTROLS},
        "target_in": board.target if isinstance(board.target, (int, float, str)) else "",
        "valid": int(target is not None),
        "target": target or 0.0,
        "total": len(standing.passing),
        "group": len(group),
        "low_first": int(bool(metric) and METRICS[metric - 1].better_low),
        "read": sum(slot["class"] == FIGURED for slot in standing.slots),
        "best": standing.best,
        "idle": standing.best or 1.0,
        "drawable": drawable,
        "drawn": min(DRAWN, drawable),
        "rest": len(standing.passing) - min(DRAWN, drawable),
    }
    yield from faults(partial(world.name, anchor, 0), rows[0], expected, tally)


def _lines(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Every line: its codes, curves, price and power, and whether it passes."""
    board, count = world.board(), 0
    curves = [key for key in anchor.keys if key.startswith("curve_")]
    words = [key for key in anchor.keys if key.endswith("_word")]
    for number, (row, line) in enumerate(zip(rows, board.lines, strict=True)):
        tally.count(anchor.kind)
        through = passes(line, board.chosen)
        count += through
        expected: Row = {
            "number": number + 1,
            **line.codes,
            **dict(zip(curves, line.curves, strict=True)),
            "price": "" if line.price is None else line.price,
            "power": "" if line.power is None else line.power,
            "published": int(line.published),
            "passes": int(through),
            "count": count,
            **dict(zip(words, line.words, strict=True)),
        }
        yield from faults(partial(world.name, anchor, number), row, expected, tally)


def _slots(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    for number, (row, held) in enumerate(zip(rows, world.standing().slots, strict=True)):
        tally.count(anchor.kind)
        yield from faults(partial(world.name, anchor, number), row, held, tally)


def _table(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """What people see, place by place: the words of a configuration, its rank and figure, and what is said of it."""
    board, standing = world.board(), world.standing()
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        slot = standing.at(number + 1)
        line = board.lines[int(slot["line"]) - 1] if slot["line"] else None
        words = line.words if line else ("", "", "")
        expected: Row = {
            "rank": slot["rank"],
            **dict(zip(("hardware", "precision", "variant"), words, strict=True)),
            "figure": _shown(board, slot, row["figure"]),
        }
        said = world.board_words(slot, row)
        yield from faults(partial(world.name, anchor, number), row, expected | said, tally)


def _shown(board: Board, slot: Row, found: Value) -> Held:
    """A figure as people see it: behind a sign where it is only a bound; a tie in its last digit may go either way."""
    if slot["class"] != FIGURED or slot["status"] != Status.BELOW:
        return slot["figure"]
    metric = METRICS[board.chosen["metric"] - 1]
    texts = {
        f"{BOUNDS[metric.better_low]} {ROUNDINGS['figure'].plain(float(slot['figure']) * (1 + hair))}"
        for hair in (0.0, HAIR, -HAIR)
    }
    return found if isinstance(found, str) and found in texts else min(texts)


def _plotted(points: Callable[[World, int], Points], *, repeat: bool) -> Check:
    """The check of the series of a place, which the tag names: beyond its end it stands on the last point, or idle at its height."""

    def check(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
        slot = world.standing().at(int(anchor.tag))
        held = points(world, int(slot["id"])) if slot["drawn"] else []
        metric, idle = world.board().chosen["metric"], world.standing().best or 1.0
        falls, factor = bool(metric) and METRICS[metric - 1].better_low, float(slot["factor"])
        for number, row in enumerate(rows):
            x, y = held[min(number, len(held) - 1)] if held else (IDLE, 1.0)
            if number >= len(held) and not repeat:
                x = IDLE
            value = (factor / y if falls else factor * y) if held else idle
            tally.count(anchor.kind)
            expected: Row = {"x": x, "y": y, "metric": value}
            yield from faults(partial(world.name, anchor, number), row, expected, tally)

    return check


def _samples(world: World, number: int) -> Points:
    curve = drawable(world, number)
    return sampled(world, curve) if curve else []


def _knots(world: World, number: int) -> Points:
    curve = drawable(world, number)
    return knots(world, curve) if curve else []


def _marks(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    standing = world.standing()
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        slot = standing.at(number + 1)
        read = slot["class"] == FIGURED
        expected: Row = {
            "number": number + 1,
            "x": slot["x_read"] if read else IDLE,
            "metric": slot["figure"] if read else standing.best or 1.0,
        }
        yield from faults(partial(world.name, anchor, number), row, expected, tally)


KIND = "performance_"
"""What the kinds of the blocks of the Performance sheet begin with."""
BOARD_CHECKS: Mapping[str, Check] = {
    f"{KIND}choice": _choice,
    f"{KIND}lines": _lines,
    f"{KIND}slots": _slots,
    f"{KIND}table": _table,
    f"{KIND}samples": _plotted(_samples, repeat=True),
    f"{KIND}points": _plotted(_knots, repeat=False),
    f"{KIND}marks": _marks,
}
"""The reference of every block of the Performance sheet."""
