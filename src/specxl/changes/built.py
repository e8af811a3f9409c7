"""A build that is about to be written -> a snapshot, so that it is compared like a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.changes.snapshot import KEY_COLUMNS, Entry, Price, Snapshot, input_keys, keys_of
from specxl.judge.known import Market, known_of
from specxl.labels import clean_label
from specxl.method.catalogue import BEST
from specxl.schema import TOKEN_BASES

if TYPE_CHECKING:
    from specxl.method.catalogue import Comparison
    from specxl.method.verdict import Given
    from specxl.sheets.plan import Plan


def snapshot_of_plan(plan: Plan, name: str) -> Snapshot:
    """What a release is compared by as it opens: its inputs are those placed so far."""
    market, catalogue = Market(plan.card), plan.catalogue

    def given(comparison: Comparison) -> tuple[Given, ...]:
        speeds = (catalogue.common_target, *comparison.targets)
        return tuple(market.given(comparison, plan.tier, speed, BEST) for speed in speeds)

    labels = [plan.labels(comparison) for comparison in catalogue.everything]
    keys = keys_of(tuple(clean_label(names[column]) for column in KEY_COLUMNS) for names in labels)
    items = plan.register.items
    return Snapshot(
        name=name,
        facts={"Data as of": plan.release.as_of, "Rate card": plan.card.name},
        known=known_of(plan, TOKEN_BASES[0]),
        factor=plan.card.currency_per_usd,
        comparisons={key: given(held) for key, held in zip(keys, catalogue.everything, strict=True)},
        prices={
            clean_label(plan.house.hardware(key).label): Price(market.price(key, plan.tier), market.power(key))
            for key in plan.prices.hardware
        },
        inputs={
            key: Entry(item.ref.address, item.released, edited=False)
            for key, item in zip(input_keys((i.ref.sheet, clean_label(i.label)) for i in items), items, strict=True)
        },
    )
