"""What the Service level sheet is made to look for while a workbook is judged, and the cells that make it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from specxl.method.service_level import Wanted
from specxl.sheets.service_level.places import (
    ANSWER,
    FEW,
    GROUP,
    MOST,
    PRECISION,
    SPEED,
    STATISTIC,
    WAIT,
    choices,
    precision_labels,
)

if TYPE_CHECKING:
    from specxl.model.cells import Ref, Value
    from specxl.sheets.plan import Plan

NO_CHOICE = "none of these"


def opening_wanted(plan: Plan) -> Wanted:
    """What the sheet opens on: the first model and workload, all precisions, the Summary's speed as floor."""
    return Wanted(1, 1, 1, plan.catalogue.common_target, "", "", "", "")


def wants(plan: Plan) -> list[Wanted]:
    """What the sheet is made to look for in a build: every kind of limit, met and missed, and other choices."""
    opening, groups, kinds = opening_wanted(plan), len(choices(plan)), len(precision_labels(plan))
    speed = plan.catalogue.common_target
    found = [
        replace(opening, speed="", wait=1.5, most=8.0),
        replace(opening, precision=2, speed=speed / 3, statistic=2, wait=4.0, few=8.0),
        replace(opening, speed=speed / 2, answer=12.0, most=64.0),
        replace(opening, speed=speed * 100, precision=kinds),
        replace(opening, speed="", few=9.0, most=4.0),
    ]
    return [replace(wanted, group=1 + (place + 1) % groups) for place, wanted in enumerate(found)]


def unusable(plan: Plan) -> Wanted:
    """The same with limits that are none, and no statistic."""
    return replace(opening_wanted(plan), statistic=0, wait="text", answer=-1.0, few=0.0, most=1e12)


def edits(plan: Plan, wanted: Wanted) -> dict[Ref, Value]:
    """The cells that make the sheet look for something; a control with one choice is none."""
    offers = (
        (GROUP, choices(plan), wanted.group),
        (PRECISION, precision_labels(plan), wanted.precision),
        (STATISTIC, list(plan.house.texts["service_level"]["statistics"]), wanted.statistic),
    )
    held: dict[Ref, Value] = {
        ref: labels[place - 1] if place else NO_CHOICE for ref, labels, place in offers if len(labels) > 1
    }
    for ref, value in zip((SPEED, WAIT, ANSWER, FEW, MOST), wanted.typed, strict=True):
        held[ref] = value if isinstance(value, (int, float, str)) and value != "" else None
    return held
