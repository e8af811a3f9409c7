"""Holds every kind of anchored block against the reference, row by row, whatever world its starting points come from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from specxl.judge.board import BOARD_CHECKS
from specxl.judge.compare import Fault, comparison_faults, differ, family_faults, faults
from specxl.judge.decisions import budget_faults, decided_faults
from specxl.judge.even import crossing_faults, even_faults, stretch_faults
from specxl.judge.even_plot import choice_faults, curve_faults, mark_faults
from specxl.judge.fleet import FLEET_CHECKS
from specxl.judge.margin import margin_faults, what_if_faults
from specxl.judge.moved import MOVED_CHECKS
from specxl.judge.overview import bars, figures, ranked
from specxl.judge.plotted import drawable, knots, sampled
from specxl.judge.seen import answer_faults, combination_faults, table_faults
from specxl.judge.service_level import LEVEL_CHECKS
from specxl.method.curves import METRICS as SPLINED
from specxl.method.curves import Status
from specxl.method.metrics import METRICS, figure
from specxl.method.verdict import read_side
from specxl.schema import TOKEN_BASES
from specxl.sheets.curves.drawn import IDLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.compare import Tally
    from specxl.judge.plotted import Points
    from specxl.judge.world import Chosen, World
    from specxl.method.verdict import KnownCurve
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor

    Rows = Sequence[Mapping[str, Value]]
    Check = Callable[[World, Anchor, Rows, Tally], Iterator[Fault]]

CHANGE_FIGURES = ("ratio", "a_cost", "b_cost")
"""The figures that Changes shows before and now."""


def block_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold every row of an anchor against the reference; `rows` are its cells as they stand.

    Raises:
        KeyError: the kind of the anchor has no reference.
    """
    yield from CHECKS[anchor.kind](world, anchor, rows, tally)


def _comparison(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    for number, row in enumerate(rows):
        given, name = world.given(anchor, number, row), partial(world.name, anchor, number)
        yield from comparison_faults(name, row, world, given, tally)


def _family(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    for number, row in enumerate(rows):
        given, name = world.given(anchor, number, row), partial(world.name, anchor, number)
        yield from family_faults(name, row, world.known, given, tally)


def _results(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        yield from faults(partial(world.name, anchor, number), row, world.shown(anchor, number), tally)


def _changes(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """What a changed read holds now, beside what it held: nothing once the speed or the tokens counted are others."""
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        given, name = world.result(anchor, number, row), partial(world.name, anchor, number)
        block = world.columns(given)
        comparable = world.known.basis == row["basis"] and given.target == row["speed"]
        held = {f"{key}_now": block[key] if comparable else "" for key in CHANGE_FIGURES}
        yield from faults(name, row, {"comparable": int(comparable), "now": block["verdict"], **held}, tally)
        for key in CHANGE_FIGURES:
            then, now, moved = (row[f"{key}_{part}"] for part in ("then", "now", "change"))
            both = isinstance(then, (int, float)) and isinstance(now, (int, float))
            expected = now / then - 1 if both else ""  # type: ignore[operator]
            if differ(moved, expected, tally, scale=1.0):
                yield Fault(name(), f"{key}_change", moved, expected)


def _selection(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    tally.count(anchor.kind, len(rows))
    expected = world.selection(anchor.owner)
    if expected is not None:
        yield from faults(partial(world.name, anchor, 0), rows[0], expected, tally)


def _rates(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    for number, row in enumerate(rows):
        tally.count(anchor.kind)
        yield from faults(partial(world.name, anchor, number), row, world.rate(number, row), tally)


def _in_force(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    tally.count(anchor.kind, len(rows))
    expected = world.in_force(anchor.tag)
    if expected is not None:
        yield from faults(lambda: f"{anchor.tag} in force", rows[0], {"value": expected}, tally)


def _ranking(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    overview = world.overview()
    expected = ranked(overview, world.columns)
    for number, (row, held) in enumerate(zip(rows, expected.values(), strict=True)):
        tally.count(anchor.kind)
        yield from faults(partial(world.name, anchor, number), row, held, tally)


def _figures(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    tally.count(anchor.kind, len(rows))
    yield from faults(partial(world.name, anchor, 0), rows[0], figures(ranked(world.overview(), world.columns)), tally)


def _bars(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    expected = bars(ranked(world.overview(), world.columns), len(rows))
    for number, (row, held) in enumerate(zip(rows, expected, strict=True)):
        tally.count(anchor.kind)
        yield from faults(partial(world.name, anchor, number), row, held, tally)


def _knots_table(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """The knots on Curves: values, steps, slopes and tangents, and what runs along with them."""
    expected = [held for curve in world.known.curves.values() for held in _knot_rows(curve)]
    for number, (row, held) in enumerate(zip(rows, expected, strict=True)):
        tally.count(anchor.kind)
        yield from faults(
            partial(world.name, anchor, number), row, {key: held[key] for key in row if key in held}, tally
        )


def _knot_rows(curve: KnownCurve) -> Iterator[dict[str, Held]]:
    """What the reference holds for each knot of a curve, by the columns of its table."""
    fit = curve.fit
    columns = {"x": fit.x, **{m: values for m in SPLINED if (values := fit.values(m)) is not None}}
    columns |= {f"m_{metric}": tangents for metric, tangents in fit.tangents.items()}
    steps = np.append(np.diff(curve.fit.x), 0.0).tolist()
    for knot in range(curve.fit.x.size):
        held: dict[str, Held] = {
            "id": curve.id,
            "knot": knot + 1,
            "knots": curve.fit.x.size,
            "measurement": curve.measurements[knot],
            "h": steps[knot],
        }
        held |= {key: float(values[knot]) for key, values in columns.items()}
        for basis in TOKEN_BASES[1:]:
            values = curve.fit.values(basis)
            if values is not None:
                held[f"top_{basis}"] = float(values[knot:].max())
        yield held


def _series(points: Callable[[World, Chosen, str], Points], *, repeat: bool) -> Check:
    """The check of a plotted series: `points` says where it stands; beyond its end it repeats the last, or is idle."""

    def check(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
        side, chosen = str(anchor.tag), world.chosen(anchor.owner)
        metric = METRICS[max(chosen.metric, 1) - 1]
        held = points(world, chosen, side)
        for number, row in enumerate(rows):
            place = min(number, len(held) - 1) if repeat else number
            x, y = held[place] if held and place < len(held) else (IDLE, 1.0)
            value = figure(metric, y, chosen.side(side).price, chosen.side(side).power)
            expected: dict[str, Held] = {"x": x, "y": y, "metric": 1.0, "metric_x": IDLE}
            if value is not None:
                expected |= {"metric": value, "metric_x": x}
            tally.count(anchor.kind)
            yield from faults(partial(world.name, anchor, number), row, expected, tally)

    return check


def _drawn(world: World, chosen: Chosen, side: str) -> KnownCurve | None:
    """The curve of a side where it can be drawn."""
    return drawable(world, chosen.side(side).curve)


def _sampled(world: World, chosen: Chosen, side: str) -> Points:
    curve = _drawn(world, chosen, side)
    return sampled(world, curve) if curve else []


def _knots(world: World, chosen: Chosen, side: str) -> Points:
    curve = _drawn(world, chosen, side)
    return knots(world, curve) if curve else []


def _off(world: World, chosen: Chosen, side: str) -> Points:
    curve = _drawn(world, chosen, side)
    points = world.off_frontier(curve.id) if curve else ()
    return [(IDLE, 1.0) if y is None else (x, y) for x, y in points]


def _targets(world: World, chosen: Chosen, side: str) -> Points:
    points: Points = []
    for target in chosen.targets:
        found = read_side(world.known, chosen.side(side), target)
        if found.y is None or found.known is None or not isinstance(target, (int, float)):
            points.append((IDLE, 1.0))
            continue
        below = found.read.status == Status.BELOW
        points.append((float(found.known.fit.x[0]) if below else float(target), found.y))
    return points


CHECKS: Mapping[str, Check] = {
    "comparison": _comparison,
    "family": _family,
    "results": _results,
    "changes": _changes,
    "selection": _selection,
    "exploration": _selection,
    "rates": _rates,
    "in force": _in_force,
    "ranking": _ranking,
    "figures": _figures,
    "bars": _bars,
    "table": table_faults,
    "combinations": combination_faults,
    "answer": answer_faults,
    "budget": budget_faults,
    "decided": decided_faults,
    "even": even_faults,
    "even-choice": choice_faults,
    "even-curve": curve_faults,
    "even-marks": mark_faults,
    "stretches": stretch_faults,
    "margin": margin_faults,
    "what-if": what_if_faults,
    "crossings": crossing_faults,
    "knot table": _knots_table,
    "samples": _series(_sampled, repeat=True),
    "knots": _series(_knots, repeat=False),
    "off": _series(_off, repeat=False),
    "targets": _series(_targets, repeat=False),
    **FLEET_CHECKS,
    **LEVEL_CHECKS,
    **BOARD_CHECKS,
    **MOVED_CHECKS,
}
"""The reference of every kind of block; an anchor of another kind only says where something stands."""
