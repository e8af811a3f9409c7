"""What a published page printed, and the price it rests on (METHOD 5, "Published figures")."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specxl.house.rates import Rate
    from specxl.method.catalogue import CatalogueCurve, Comparison
    from specxl.schema import Measurement
    from specxl.sheets.plan import Plan

PAGE_TIER = "hyperscaler"


def printed_point(curve: CatalogueCurve | None, target: float) -> Measurement | None:
    """The published point of a side at one of the page's own targets in tok/s/user."""
    points = curve.points if curve else ()
    return next((m for m in points if m.published and m.interactivity_tok_s_user == target), None)


def page_entry(plan: Plan, comparison: Comparison) -> Rate | None:
    """The hardware's entry in the rate card that the comparison's page names."""
    if comparison.page is None:
        return None
    return plan.house.rate_card(comparison.page.rate_card).entries.get(comparison.hardware)


def page_rate(plan: Plan, comparison: Comparison) -> float | None:
    """The price in USD per GPU-hour behind a published page."""
    entry = page_entry(plan, comparison)
    return entry.usd_per_gpu_hr.get(PAGE_TIER) if entry else None
