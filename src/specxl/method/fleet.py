"""The reference for fleets (METHOD 9): GPUs in whole deployments, bills, what they make, what one side saves.

Written from the method and independent of the formulas: sheets count the GPUs that a demand takes and round them to
deployments; here a deployment has a capacity, and a demand takes so many of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from math import ceil, floor, isfinite

from specxl.method.codes import RATED, Verdict

Figure = float | None
Ends = tuple[float, float]
HOURS_A_DAY, HOURS_A_MONTH, MONTHS_A_YEAR, SECONDS_AN_HOUR = 24, 730, 12, 3600
MILLION, THOUSAND = 1e6, 1e3
LEAST, MOST = 1e-6, 1e9
"""Least and most of anything that is asked for, and the most GPUs of a plan and the highest price that it counts with."""
DEPLOYMENT_DECIMALS = 6
SHARES = (1.0, 0.75, 0.5)
"""The shares of the load in force at which a saving is shown."""
PRICE_STEPS = (0.8, 1.0, 1.25)
SPEED_STEPS = (0.8, 1.0, 1.25)
"""Prices and speeds beside those in force at which a saving is shown, as shares of them."""


class Mode(IntEnum):
    """What a plan is made for; 0 where the control holds none of its choices."""

    VOLUME = 1
    USERS = 2
    POWER = 3


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked for: the mode, its amount (million tokens a day, users or MW) and the load; None where unusable."""

    mode: int
    amount: Figure
    load: Figure

    @classmethod
    def entered(cls, mode: int, amounts: tuple[object, object, object], load: object) -> Demand:
        """What is in force of what was entered: an amount of the mode within bounds, a load above 0 and up to 1."""
        amount = usable(amounts[mode - 1], LEAST, MOST) if mode else None
        return cls(mode, amount, usable(load, LEAST, 1.0))

    def at(self, share: float) -> Demand:
        """The same at a share of the load."""
        return Demand(self.mode, self.amount, None if self.load is None else self.load * share)


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the cells that drive a plan: the places of the comparison and of the mode (0: none), and what is typed."""

    comparison: int
    mode: int
    speed: object
    volume: object
    users: object
    power: object
    load: object

    @property
    def demand(self) -> Demand:
        """What of it is in force."""
        return Demand.entered(self.mode, (self.volume, self.users, self.power), self.load)


@dataclass(frozen=True, slots=True)
class Deployed:
    """One side at a speed: tokens per second of a GPU, counted and output, sizes of its deployments, price, kW.

    `y` is None where there is no read, and `sizes` None where the measurements do not state their GPUs.
    """

    target: float
    y: Figure
    out: Figure
    sizes: Ends | None
    price: Figure
    power: Figure


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a demand takes of a side: GPUs before rounding, deployments by size, GPUs at least and at most."""

    need: float
    counts: tuple[int, int]
    gpus: Ends


def usable(value: object, least: float, most: float) -> Figure:
    """Return a number within bounds, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return None
    return float(value) if least <= value <= most else None


def capacity(mode: int, side: Deployed) -> Figure:
    """What one GPU gives when full: million tokens a day, users, or the MW it takes; None where that is not known."""
    if side.y is None:
        return None
    if mode == Mode.VOLUME:
        return side.y * SECONDS_AN_HOUR * HOURS_A_DAY / MILLION
    if mode == Mode.USERS:
        return None if side.out is None else side.out / side.target
    return None if side.power is None or mode != Mode.POWER else side.power / THOUSAND


def fleet(demand: Demand, side: Deployed) -> Fleet | None:
    """Return the fleet that a demand takes, or that a power feeds; None where something is not known or too large."""
    of_one = capacity(demand.mode, side)
    if of_one is None or demand.amount is None or demand.load is None:
        return None
    # by power the load moves what is made, not how many GPUs are fed
    given = of_one if demand.mode == Mode.POWER else of_one * demand.load
    need = demand.amount / given
    if need > MOST:
        return None
    low, high = side.sizes or (1.0, 1.0)
    counts = tuple(_deployments(demand, given * size) for size in (low, high))
    gpus = sorted((counts[0] * low, counts[1] * high))
    return Fleet(need, (counts[0], counts[1]), (gpus[0], gpus[1]))


def _deployments(demand: Demand, of_deployment: float) -> int:
    share = round((demand.amount or 0.0) / of_deployment, DEPLOYMENT_DECIMALS)
    return floor(share) if demand.mode == Mode.POWER else max(1, ceil(share))


def payable(price: Figure) -> Figure:
    """The price that a plan counts with: none beyond any that can be meant."""
    return None if price is None or price > MOST else price


def bill(gpus: Ends | None, price: Figure) -> Ends | None:
    """Money of a month, at least and at most; None without a fleet or a price."""
    paying = payable(price)
    if gpus is None or paying is None:
        return None
    return gpus[0] * paying * HOURS_A_MONTH, gpus[1] * paying * HOURS_A_MONTH


def made(gpus: Ends, per_second: float, load: float) -> Ends:
    """Million tokens of a month at a load."""
    tokens = per_second * load * HOURS_A_MONTH * SECONDS_AN_HOUR / MILLION
    return gpus[0] * tokens, gpus[1] * tokens


def saved(verdict: Verdict, mode: int, ratio: Figure, a: Ends | None, b: Ends | None) -> Ends | None:
    """What A saves of a month against B, at least and at most; None without a verdict that has a ratio, or a bill.

    By volume and by users it is the bill of B less that of A. By power the bills are alike, and it is what A's tokens
    would cost with B, less A's bill: `ratio` is A over B in tokens for the money.
    """
    if verdict not in RATED or a is None or b is None or ratio is None:
        return None
    if mode == Mode.POWER:
        worth = sorted(end * ratio - end for end in a)
        return worth[0], worth[1]
    return b[0] - a[1], b[1] - a[0]
