"""What a published page printed, and the price it rests on (METHOD 5, "Published figures")."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specxl.house import House, PublishedPage
    from specxl.house.rates import Rate
    from specxl.method.catalogue import CatalogueCurve
    from specxl.schema import Measurement

PAGE_TIER = "hyperscaler"


def printed_point(curve: CatalogueCurve | None, target: float) -> Measurement | None:
    """The published point of a side at one of the page's own targets in tok/s/user."""
    points = curve.points if curve else ()
    return next((m for m in points if m.published and m.interactivity_tok_s_user == target), None)


def page_entry(house: House, page: PublishedPage) -> Rate | None:
    """The hardware's entry in the rate card that a page names."""
    return house.rate_card(page.rate_card).entries.get(page.hardware)


def page_price(house: House, page: PublishedPage) -> float | None:
    """The price in USD per GPU-hour behind a published page."""
    entry = page_entry(house, page)
    return entry.usd_per_gpu_hr.get(PAGE_TIER) if entry else None
