"""Holds the Service level sheet against `method.service_level`: what is in force, every measurement, every kind, the table."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from specxl.judge.compare import faults
from specxl.method import service_level as method
from specxl.method.service_level import MISSES, NOT_CHOSEN, STOPPED, UNPRICED, Found
from specxl.sheets.service_level.places import LIMITS, SORTED_DECIMALS
from specxl.sheets.service_level.places import MISSES as MISS_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.compare import Fault, Tally
    from specxl.judge.world import World
    from specxl.method.service_level import Kind
    from specxl.model.cells import Value
    from specxl.sheets.anchors import Anchor

    Rows = Sequence[Mapping[str, Value]]

Row = dict[str, "Held"]
PER_COST = 3600 / 1e6


def _held(value: float | None) -> Held:
    return "" if value is None else value


def _choice_rows(world: World) -> list[Row]:
    wanted = world.wanted()
    typed = dict(zip(LIMITS, wanted.typed, strict=True))
    entered = {f"{name}_in": value if isinstance(value, (int, float, str)) else "" for name, value in typed.items()}
    in_force = {name: _held(method.limit_of(value)[1]) for name, value in typed.items()}
    choices = {"group": wanted.group, "precision": wanted.precision, "statistic": wanted.statistic}
    constants = {"least": method.LEAST, "greatest": method.GREATEST, "unknown": method.NOT_STATED}
    return [{**choices, **entered, **in_force, "ok": int(wanted.usable and world.known.basis > 0), **constants}]


def _measured_rows(world: World) -> list[Row]:
    limits, found = world.wanted().limits, []
    for kind in world.kinds():
        for row in kind.rows:
            beyond = max(method.misses(row, limits))
            held = {
                "n": row.number,
                "osl": _held(row.osl),
                "e2e": _held(row.measured_answer),
                "answer": _held(row.answer),
            }
            found.append({**held, "excess": beyond, "v": (row.y or 0.0) if beyond <= 1 else 0.0})
    return found


@dataclass(frozen=True)
class _Listed:
    """A kind of deployment with what stands for it, its cost, its stops, its class, and what it is put in order of."""

    kind: Kind
    found: Found
    cost: float | None
    stops: int
    listed: int
    value: float


def _listed(world: World) -> list[_Listed]:
    wanted, facts = world.wanted(), world.known.facts
    usable = wanted.usable and world.known.basis > 0
    result = []
    for kind in world.kinds():
        found = method.choose(kind.rows, wanted.limits)
        cost = None if kind.price is None or not found.qualifies else kind.price / ((found.row.y or 0.0) * PER_COST)
        marks = (facts[fact][found.row.number - 1] or 0 for fact in ("suspect", "issue", "at_odds"))
        stops = int(sum(marks)) if found.qualifies else 0
        chosen = usable and wanted.takes(kind)
        listed = method.class_of(found, kind.price, stopped=stops > 0, chosen=chosen)
        values = {NOT_CHOSEN: 0.0, MISSES: max(found.misses), UNPRICED: -(found.row.y or 0.0)}
        value = values.get(listed, cost or 0.0)
        result.append(_Listed(kind, found, cost, stops, listed, round(value, SORTED_DECIMALS)))
    return result


def _kind_rows(world: World) -> list[Row]:
    listed, rows, first = _listed(world), [], 1
    size, values = len(listed) + 1, sorted(one.value for one in listed)
    for number, one in enumerate(listed, start=1):
        less = bisect_left(values, one.value)
        found = one.found
        rows.append(
            {
                "number": number,
                "group": one.kind.group,
                "precision": one.kind.precision,
                "off": int(one.kind.off),
                "first": first,
                "count": len(one.kind.rows),
                "price": _held(one.kind.price),
                "best": (found.row.y or 0.0) if found.qualifies else 0.0,
                "at": found.place + 1,
                "n": found.row.number,
                **dict(zip(MISS_KEYS, found.misses, strict=True)),
                "near": max(found.misses),
                "limit": found.limit,
                "cost": _held(one.cost),
                "stop": one.stops,
                "class": one.listed,
                "sorted": one.value,
                "less": less,
                "key": (one.listed * size + less) * size + number,
            }
        )
        first += len(one.kind.rows)
    places = {key: place for place, key in enumerate(sorted(float(row["key"]) for row in rows), start=1)}
    return [row | {"place": places[float(row["key"])]} for row in rows]


def _in_order(world: World) -> list[_Listed]:
    listed = list(enumerate(_listed(world)))
    return [one for _, one in sorted(listed, key=lambda item: (item[1].listed, item[1].value, item[0]))]


def _shown_rows(world: World) -> list[Row]:
    rows: list[Row] = []
    for one in _in_order(world):
        row = one.found.row
        held = {
            "cost": one.cost,
            "x": row.x,
            "median": row.median,
            "p99": row.p99,
            "answer": row.answer,
            "gpus": row.gpus,
            "requests": row.requests,
        }
        rows.append({key: "" if one.listed >= MISSES else _held(value) for key, value in held.items()})
    return rows


def _bar_rows(world: World) -> list[Row]:
    rows: list[Row] = []
    for one in _in_order(world):
        cost = one.cost if one.listed <= STOPPED and one.cost is not None else 0.0
        rows.append({"b": cost if one.kind.off else 0.0, "a": 0.0 if one.kind.off else cost})
    return rows


_ROWS: Mapping[str, Callable[[World], list[Row]]] = {
    "level-choice": _choice_rows,
    "level-rows": _measured_rows,
    "level-slots": _kind_rows,
    "level-shown": _shown_rows,
    "level-bars": _bar_rows,
}
_CUT_OFF = ("level-shown", "level-bars")
"""Kinds that have a row for the first places alone."""


def level_faults(world: World, anchor: Anchor, rows: Rows, tally: Tally) -> Iterator[Fault]:
    """Hold a block of the Service level sheet against the reference."""
    expected = _ROWS[anchor.kind](world)
    expected = expected[: len(rows)] if anchor.kind in _CUT_OFF else expected
    for number, (row, held) in enumerate(zip(rows, expected, strict=True)):
        tally.count(anchor.kind)
        yield from faults(partial(world.name, anchor, number), row, held, tally)


LEVEL_CHECKS = dict.fromkeys(_ROWS, level_faults)
