"""What How it moved of a build shows in a state, from the catalogue and the rate card, without its cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from specxl.judge.world import Moved
from specxl.method.catalogue import BEST
from specxl.sheets.measurements import serial
from specxl.sheets.moved.draft import opening_place

if TYPE_CHECKING:
    from specxl.judge.known import Market
    from specxl.judge.state import State
    from specxl.method.verdict import Given
    from specxl.sheets.plan import Plan


def moved_of(plan: Plan, state: State, market: Market) -> Moved:
    """Return what the sheet shows: behind the last day, and without a choice, its rows hold no target and no curve."""
    pasts = plan.catalogue.moved
    choice = opening_place(plan) if state.moved is None else state.moved
    past = pasts[max(choice, 1) - 1]
    comparison = next(c for c in plan.catalogue.comparisons if c.number == past.comparison)
    given = market.given(comparison, state.tier, state.common, BEST)
    days = [(float(serial(day.date) or 0), *day.ids) for day in past.days] if choice else []
    slots = max(len(held.days) for held in pasts)
    rows = [_on(given, a, b) for _, a, b in days] + [_on(replace(given, target=""), 0, 0)] * (slots - len(days))
    first = 1 + sum(len(held.days) for held in pasts[: max(choice, 1) - 1])
    return Moved(choice, past.comparison, first, days, rows, past.left_out if choice else 0)


def _on(given: Given, a: int, b: int) -> Given:
    return replace(given, a=replace(given.a, curve=a), b=replace(given.b, curve=b))
