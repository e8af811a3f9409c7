"""The places of the Service level sheet, and the kinds of deployments that it lists: known to the sheet and to the judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Ref
from specxl.schema import OFF
from specxl.sheets.frame import SERVICE_LEVEL
from specxl.sheets.pair.selection import distinct
from specxl.sheets.summary.draft import group_labels
from specxl.sheets.summary.ranking import groups

if TYPE_CHECKING:
    from specxl.schema import Measurement
    from specxl.sheets.plan import Plan

RIGHT_COL = 7
GROUP = Ref(SERVICE_LEVEL, 4, 2, fixed=True)
PRECISION = Ref(SERVICE_LEVEL, 5, 2, fixed=True)
SPEED = Ref(SERVICE_LEVEL, 6, 2, fixed=True)
WAIT = Ref(SERVICE_LEVEL, 4, RIGHT_COL, fixed=True)
STATISTIC = Ref(SERVICE_LEVEL, 5, RIGHT_COL, fixed=True)
ANSWER = Ref(SERVICE_LEVEL, 6, RIGHT_COL, fixed=True)
FEW = Ref(SERVICE_LEVEL, 4, 12, fixed=True)
MOST = Ref(SERVICE_LEVEL, 5, 12, fixed=True)
COUNTS_ROW, HEAD_ROW = 7, 8
LIMITS = ("speed", "wait", "answer", "few", "most")
"""The limits by name, in the order of their cells on Workings."""
CHOICE_KEYS = (
    "group", "precision", "statistic", *(f"{name}_in" for name in LIMITS), *LIMITS, "ok", "least", "greatest", "unknown",
)  # fmt: skip
ROW_KEYS = ("n", "osl", "e2e", "answer", "excess", "v")
MISSES = tuple(f"e{number}" for number in range(1, 7))
SLOT_KEYS = (
    "number", "group", "precision", "off", "first", "count", "price", "best", "at", "n", *MISSES, "near", "limit", "cost",
    "stop", "class", "sorted", "less", "key", "place",
)  # fmt: skip
SHOWN_KEYS = ("cost", "x", "median", "p99", "answer", "gpus", "requests")
"""The figures of the table, from left to right."""
SORTED_DECIMALS = 9
"""Figures are put in order without their last digits, of which spreadsheet programs make different things."""


@dataclass(frozen=True)
class Slot:
    """One kind of deployment: what it is, and its measured rows in the order of the data."""

    group: int
    precision: int
    hardware: str
    off: bool
    rows: tuple[Measurement, ...]


def precisions(plan: Plan) -> list[str]:
    """The keys of the precisions in the data, in the order of the registry."""
    found = {m.precision for m in plan.catalogue.measurements if m.usable and not m.label}
    known = [key for key in plan.house.precision_keys() if key in found]
    return [*known, *sorted(found - set(known))]


def precision_labels(plan: Plan) -> list[str]:
    """What the dropdown offers: all of them, then each."""
    every = plan.house.texts["service_level"]["all_precisions"]
    return distinct([every, *map(plan.house.precision_label, precisions(plan))])


def choices(plan: Plan) -> list[str]:
    """What the first dropdown offers: model and workload of every group of the Summary."""
    return group_labels(plan)


def slots(plan: Plan) -> list[Slot]:
    """Every kind of deployment that was measured, by group, hardware, precision and method; runs of one's own are none."""
    order, kinds = groups(plan), precisions(plan)
    found: dict[tuple[int, int, str, int, str], list[Measurement]] = {}
    for m in plan.catalogue.measurements:
        if m.usable and not m.label and (m.model, m.workload) in order:
            place = order.index((m.model, m.workload)) + 1
            key = (place, plan.house.hardware(m.hardware).order, m.hardware, kinds.index(m.precision) + 1, m.variant)
            found.setdefault(key, []).append(m)
    return [
        Slot(group, precision, hardware, variant == OFF, tuple(rows))
        for (group, _, hardware, precision, variant), rows in sorted(found.items())
    ]


def most_places(plan: Plan) -> int:
    """The most kinds of deployments that one group has."""
    counted: dict[int, int] = {}
    for slot in slots(plan):
        counted[slot.group] = counted.get(slot.group, 0) + 1
    return max(counted.values())
