"""What the reference knows of a build: its curves, what is said of its measurements, thresholds and prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.method.verdict import LOW_SCORE, Given, GivenSide, Known, KnownCurve
from specxl.schema import TOKEN_BASES
from specxl.sheets.measurements import engine_families, serial
from specxl.sheets.prices import THRESHOLDS
from specxl.sheets.published import page_price

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from specxl.house import House
    from specxl.house.rates import RateCard
    from specxl.method.catalogue import Catalogue, CatalogueCurve, Comparison, Side
    from specxl.schema import Measurement
    from specxl.sheets.plan import Plan

Figure = float | None


def known_of(plan: Plan, basis: str) -> Known:
    """Return what comparisons of a build rest on, on a token basis."""
    catalogue, house = plan.catalogue, plan.house
    thresholds = {threshold.name: threshold.value for threshold in THRESHOLDS}
    return Known(
        curves=_curves(catalogue.curves),
        facts=_facts(catalogue, house, thresholds["tie_out"]),
        thresholds=thresholds,
        basis=TOKEN_BASES.index(basis) + 1,
    )


def on_basis(known: Known, basis: str) -> Known:
    """The same on another token basis."""
    return replace(known, basis=TOKEN_BASES.index(basis) + 1)


def _curves(found: Iterable[CatalogueCurve]) -> dict[int, KnownCurve]:
    curves, first = {}, 1
    for curve in found:
        curves[curve.id] = KnownCurve(curve.id, curve.fit, first, tuple(m.number for m in curve.knots))
        first += len(curve.knots)
    return curves


def _facts(catalogue: Catalogue, house: House, tie_out: float) -> dict[str, list[Figure]]:
    families = engine_families(catalogue, house)

    def family(m: Measurement) -> int:
        key = house.engine_family(m.engine)
        return families.index(key) + 1 if key else 0

    def at_odds(m: Measurement) -> int:
        page = house.pages.get(m.published.page) if m.published else None
        price = page_price(house, page) if page else None
        if m.published is None or price is None or m.total_tok_s_gpu is None:
            return 0
        return int(abs(m.published.cost_usd_per_mtok * m.total_tok_s_gpu * 0.0036 / price - 1) > tie_out)

    def has(*findings: str) -> list[Figure]:
        return [int(any(finding in m.findings for finding in findings)) for m in rows]

    rows = catalogue.measurements
    return {
        "family": [family(m) for m in rows],
        "aggregated": [int(m.serving == "aggregated") for m in rows],
        "disaggregated": [int(m.serving == "disaggregated") for m in rows],
        "date": [serial(m.date) for m in rows],
        "ttft": [m.ttft_median_s for m in rows],
        "gpus": [m.gpus for m in rows],
        "suspect": [int(m.suspect) for m in rows],
        "issue": [int(bool(m.issues)) for m in rows],
        "at_odds": [at_odds(m) for m in rows],
        "published": [int(m.published is not None) for m in rows],
        "synthetic": has("note:synthetic_acceptance"),
        "random_prompts": has("note:random_prompts"),
        "stated": has("note:stated_by_hand"),
        "mixes_runs": has("caution:mixes_runs"),
        "warm_up": has("note:warm_up"),
        "gpu_count": has("note:gpu_count"),
        **({LOW_SCORE: [_is_low(m, house) for m in rows]} if any(m.scores for m in rows) else {}),
    }


def _is_low(m: Measurement, house: House) -> int:
    """Whether a score lies under the median of enough others by more than both bounds; the last bits decide nothing."""
    rule = house.evaluation_rule
    held = [s for s in m.scores if s.median is not None and s.peers >= rule.peers]
    under = [(round(((s.median or 0.0) - s.score) * 100, 9), s.standard_error or 0.0) for s in held]
    return int(any(gap > rule.points and gap > round(rule.standard_errors * error * 100, 9) for gap, error in under))


@dataclass(frozen=True, slots=True)
class Market:
    """The prices and power of a build as released."""

    card: RateCard

    def price(self, hardware: str, tier: str) -> Figure:
        """The price of a GPU-hour in the workbook's currency: the own one, else that of the tier."""
        entry = self.card.entries.get(hardware)
        if entry is None:
            return None
        usd = entry.own_usd_per_gpu_hr if entry.own_usd_per_gpu_hr is not None else entry.usd_per_gpu_hr.get(tier)
        return None if usd is None else usd * self.card.currency_per_usd

    def power(self, hardware: str) -> Figure:
        """The all-in kW per GPU."""
        entry = self.card.entries.get(hardware)
        return entry.kw_per_gpu if entry else None

    def given(self, comparison: Comparison, tier: str, target: object, scope: str) -> Given:
        """What a comparison block of a comparison is given at a price tier, a target and an engine scope."""

        def side(name: str, held: Side) -> GivenSide:
            curve = comparison.curve(name, scope)
            return GivenSide(curve.id if curve else 0, self.price(held.hardware, tier), self.power(held.hardware))

        a, b = (side(name, held) for name, held in comparison.sides)
        return Given(target, a, b, comparison.one_hardware, comparison.stated)


def family_given(given: Given, curves: Mapping[str, int]) -> Given:
    """The same comparison between two other curves."""
    return replace(given, a=replace(given.a, curve=curves["a"]), b=replace(given.b, curve=curves["b"]))
