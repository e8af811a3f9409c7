"""The states in which Performance and How it moved are judged: each choice of each dropdown once, and what leaves nothing."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from specxl.judge.spread import MOST_CHOICES, MOST_STATES, spread
from specxl.judge.state import MovedPick, Pick
from specxl.method.metrics import METRICS
from specxl.sheets.frame import MOVED
from specxl.sheets.moved.draft import MovedSheet
from specxl.sheets.performance.offers import offers_of, opening_choice
from specxl.sheets.performance.places import CELLS, FILTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from specxl.model.cells import Ref, Value
    from specxl.sheets.performance.offers import Offer
    from specxl.sheets.plan import Plan

_SPEEDS = (1.0, 0.5, 2.0)
"""Shares of the opening speed: some configurations are read above what was measured then, some below."""


def picks(plan: Plan) -> list[Pick]:
    """Return the picks to look at: one filter moved at a time, the figures and speeds by turns."""
    offers = offers_of(plan)
    first = opening_choice(plan, offers)
    chosen = list(_moved(plan, offers, first))
    chosen += [first] * (len(METRICS) - len(chosen))
    speed = plan.catalogue.common_target
    return [
        Pick(choice | {"metric": 1 + turn % len(METRICS)}, speed * _SPEEDS[turn % len(_SPEEDS)])
        for turn, choice in enumerate(chosen)
    ]


def _moved(plan: Plan, offers: Mapping[str, Offer], first: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """The opening choice with one filter moved; a model with a workload of its own, and a workload with a model of its own."""
    models, workloads = offers["model"].keys, offers["workload"].keys
    groups = {
        (models.index(line.key.model) + 1, workloads.index(line.key.workload) + 1) for line in plan.catalogue.lines
    }
    for name, side in (("model", 0), ("workload", 1)):
        for number in _others(offers, first, name):
            model, workload = min(group for group in groups if group[side] == number)
            yield {**first, "model": model, "workload": workload}
    missing = ((m, w) for m in offers["model"].numbers for w in offers["workload"].numbers if (m, w) not in groups)
    yield from ({**first, "model": m, "workload": w} for m, w in islice(missing, 1))
    for name in FILTERS[2:]:
        yield from ({**first, name: number} for number in _others(offers, first, name))


def _others(offers: Mapping[str, Offer], first: Mapping[str, int], name: str) -> list[int]:
    """The choices of a filter but for the one that it opens on; of many those that lie evenly between first and last."""
    return spread((number for number in offers[name].numbers if number != first[name]), MOST_CHOICES)


def pick_edits(offers: Mapping[str, Offer], pick: Pick) -> dict[Ref, Value]:
    """What to type for a pick; a control with one choice is a word, which stands already."""
    edits: dict[Ref, Value] = {
        CELLS[name]: offer.labels[pick.chosen[name] - 1] for name, offer in offers.items() if not offer.single
    }
    return edits | {CELLS["target"]: pick.target if isinstance(pick.target, (int, float, str)) else None}


def moved_picks(plan: Plan) -> list[MovedPick]:
    """Return what How it moved is looked at with: everything that it offers; nothing where there is no such sheet."""
    every = range(1, len(plan.catalogue.moved) + 1)
    return [MovedPick(place) for place in spread(every, MOST_STATES)]


def moved_edits(plan: Plan, place: int | None) -> dict[Ref, Value]:
    """What to type for a choice of How it moved; a control with one choice is a word, which stands already."""
    driven = plan.driven.get(MOVED)
    if place is None or not isinstance(driven, MovedSheet) or len(driven.names) == 1:
        return {}
    return {driven.control: driven.names[place - 1] if place else None}
