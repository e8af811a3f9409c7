"""What the Fleet sheet is made to plan for while a workbook is judged, and the cells that make it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from specxl.method.fleet import Mode
from specxl.sheets.fleet.places import COMPARISON, MODE, POWER, SPEED, USERS, comparison_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.fleet import Asked
    from specxl.model.cells import Ref, Value
    from specxl.sheets.plan import Plan

NO_CHOICE = "none of these"


def asks(opening: Asked, speeds: Mapping[int, Sequence[float]]) -> list[Asked]:
    """What the sheet is made to plan for in a build: every mode, loads, speeds within and beyond, and what cannot be used.

    `speeds` are the targets of every comparison by its number.
    """
    numbers = sorted(speeds)

    def made(turn: int, mode: int, place: int, **changes: object) -> Asked:
        number = numbers[turn % len(numbers)]
        return replace(opening, comparison=number, mode=mode, speed=speeds[number][place], **changes)

    return [
        made(1, Mode.POWER, 0, power=3.7, load=0.5),
        made(2, Mode.USERS, 1, users=12_345.0, load=0.37),
        made(3, Mode.VOLUME, 2, volume=777.7, load=0.9),
        made(0, Mode.VOLUME, 0, volume=1e9, load=1e-6),
        replace(made(1, Mode.POWER, 1, power=0.0001), speed=min(speeds[numbers[0]]) / 1000),
        replace(made(2, Mode.USERS, 1, load=1.5), speed=max(speeds[numbers[-1]]) * 1000),
    ]


def unusable(opening: Asked, turn: int) -> Asked:
    """The same with nothing that can be used: by turns no choice, a text, a negative number."""
    held: tuple[object, ...] = ("", "text", -1.0)
    speed, volume, users, power, load = (held[(turn + place) % len(held)] for place in range(5))
    return replace(opening, mode=turn % 4, speed=speed, volume=volume, users=users, power=power, load=load)


def edits(plan: Plan, asked: Asked) -> dict[Ref, Value]:
    """The cells that make the sheet plan for something; a control with one choice is none."""
    labels, modes = comparison_labels(plan), plan.house.texts["fleet"]["modes"]
    names = plan.prices.names
    typed = ((SPEED, asked.speed), (USERS, asked.users), (POWER, asked.power))
    held: dict[Ref, Value] = {ref: _typed(value) for ref, value in typed}
    held |= {names["volume_input"]: _typed(asked.volume), names["load_input"]: _typed(asked.load)}
    held[MODE] = modes[asked.mode - 1] if asked.mode else NO_CHOICE
    if len(labels) > 1:
        held[COMPARISON] = labels[asked.comparison - 1] if asked.comparison else NO_CHOICE
    return held


def _typed(value: object) -> Value:
    return value if isinstance(value, (int, float, str)) and value != "" else None
