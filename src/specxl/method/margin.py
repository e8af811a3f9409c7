"""The reference for the prices of tokens and what a GPU earns by them (METHOD 9)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from specxl.method.codes import Basis, Missing
from specxl.method.metrics import MILLION, SECONDS_PER_HOUR, THOUSAND

Figure = float | None


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """Prices per million input, cached input and output tokens, in the workbook's currency; None where one is unknown."""

    fresh: Figure
    cached: Figure
    output: Figure


@dataclass(frozen=True, slots=True)
class Mix:
    """What a request is made of: tokens in, tokens out, and the share of those in that a cache serves; None if unusable."""

    tokens_in: Figure
    tokens_out: Figure
    cached_share: Figure


def counted_tokens(mix: Mix, basis: int) -> float:
    """Return how many tokens of a request the token basis counts; 0 where the mix or the basis is unknown."""
    if mix.tokens_in is None or mix.tokens_out is None:
        return 0.0
    counted = {Basis.TOTAL: mix.tokens_in + mix.tokens_out, Basis.OUTPUT: mix.tokens_out, Basis.INPUT: mix.tokens_in}
    return counted.get(Basis(basis), 0.0) if basis else 0.0


def complete(prices: TokenPrices, mix: Mix) -> bool:
    """Whether every price that the mix needs is known; that of cached input only where a cache serves any."""
    if mix.cached_share is None or prices.fresh is None or prices.output is None:
        return False
    return prices.cached is not None or mix.cached_share == 0


def blended(prices: TokenPrices, mix: Mix, basis: int) -> Figure:
    """Return the price of a million tokens of the basis, for requests of that mix; None where anything is unknown.

    A request is charged for all its tokens; counted are those of the basis, so that the price stands beside the cost.
    """
    tokens = counted_tokens(mix, basis)
    if not tokens or not complete(prices, mix):
        return None
    if prices.fresh is None or prices.output is None or mix.cached_share is None:
        return None
    if mix.tokens_in is None or mix.tokens_out is None:
        return None
    from_cache = mix.cached_share * mix.tokens_in
    charged = (mix.tokens_in - from_cache) * prices.fresh + from_cache * (prices.cached or 0.0)
    return (charged + mix.tokens_out * prices.output) / tokens


LEAST_SCALE, MOST_SCALE = 0.5, 2.0
"""How far an estimate goes from what was measured: an acceptance length says little of a server under another load."""


def acceptance_scale(own: Figure, measured: Figure) -> Figure:
    """Return by how much another acceptance length would scale the rate of the speculative side, within the bound."""
    return None if own is None or not measured else min(MOST_SCALE, max(LEAST_SCALE, own / measured))


HOURS_PER_YEAR = 8760.0
LARGEST = 1e9
"""No price, length or power is larger: what is beyond it is a slip of the keyboard."""


def sized(entered: object) -> Figure:
    """Return a number above zero of a usable size, or None for anything else."""
    if isinstance(entered, bool) or not isinstance(entered, (int, float)) or not isfinite(entered):
        return None
    return float(entered) if 0 < entered <= LARGEST else None


@dataclass(frozen=True, slots=True)
class Terms:
    """What tokens are sold on: prices, mix, load (above 0 and up to 1), the share of the revenue and the fee that are paid."""

    chosen: bool
    prices: TokenPrices
    mix: Mix
    load: Figure
    cut: Figure
    fee: Figure

    @property
    def missing(self) -> int:
        """What is missing of the terms themselves; 0 where they are complete."""
        rules = (
            (not self.chosen, Missing.CHOICE),
            (self.load is None, Missing.LOAD),
            (None in (self.mix.cached_share, self.cut, self.fee), Missing.SHARE),
            (None in (self.mix.tokens_in, self.mix.tokens_out), Missing.MIX),
            (not complete(self.prices, self.mix), Missing.PRICE),
        )
        return next((code for applies, code in rules if applies), 0)


@dataclass(frozen=True, slots=True)
class Earned:
    """What one GPU earns, in money per GPU-hour unless a name says otherwise.

    `sold` is million tokens an hour, `margin` a share of the revenue, `gw_year` millions; `kept` is what the seller keeps of
    the revenue at full load.
    """

    sold: float
    revenue: float
    paid: float
    cost: float
    profit: float
    margin: float
    year: float
    gw_year: Figure
    load_even: Figure
    price_even: Figure
    kept: float


def earned(terms: Terms, total: float, price: float, power: Figure) -> Earned:
    """Return what a GPU earns at a total throughput in tok/s, a price per hour and kW; the terms are complete.

    The margin is 1 - cut - cost / (L * price): load scales what is sold, never what the GPU costs.
    """
    worth = blended(terms.prices, terms.mix, Basis.TOTAL)
    assert worth is not None and terms.load is not None and terms.cut is not None and terms.fee is not None  # noqa: S101, PT018
    per_hour = total * SECONDS_PER_HOUR / MILLION
    cost, kept = price + terms.fee, 1 - terms.cut
    per_token = cost / per_hour
    revenue = per_hour * terms.load * worth
    margin = kept - per_token / (terms.load * worth)
    profit = margin * revenue
    year = profit * HOURS_PER_YEAR
    return Earned(
        sold=per_hour * terms.load,
        revenue=revenue,
        paid=terms.cut * revenue,
        cost=cost,
        profit=profit,
        margin=margin,
        year=year,
        gw_year=None if power is None else year * THOUSAND * THOUSAND / max(power, 1 / LARGEST) / MILLION,
        load_even=per_token / worth / kept if kept else None,
        price_even=per_token / terms.load / kept if kept else None,
        kept=per_hour * worth * kept,
    )
