"""The metrics of a read, one line each: what Results, pair rows, dropdowns, charts and the judge show and compare.

A metric is arithmetic on the throughput of the chosen token class, the price and the power of a side (METHOD 5). To add
one, add its line here and its words to `templates/labels.toml`, section [metrics.KEY].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_PER_HOUR, MILLION, THOUSAND = 3600.0, 1e6, 1000.0
Need = Literal["", "price", "power"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a side.

    `style` names the rounding and the look of its cells; `needs` what a side must have besides a throughput;
    `formula` is the Excel of it, where {y} is the throughput in tok/s/GPU, {price} per GPU-hour and {power} in kW per
    GPU (empty for the throughput, which a comparison has anyway); `reference` computes the same from (throughput,
    price, power). `better_low` says that less is better.
    """

    key: str
    style: str
    needs: Need
    formula: str
    reference: Callable[[float, float, float], float]
    better_low: bool = False


# fmt: off
METRICS = (
    Metric("cost", "cost", "price", "{price}/({y}*{seconds_per_hour}/{million})", lambda y, price, _: price / (y * SECONDS_PER_HOUR / MILLION), better_low=True),
    Metric("tokens", "tokens", "price", "{y}*{seconds_per_hour}/{million}/{price}", lambda y, price, _: y * SECONDS_PER_HOUR / MILLION / price),
    Metric("y", "tput", "", "", lambda y, _price, _power: y),
    Metric("mw", "whole", "power", "{y}*{thousand}/{power}", lambda y, _, power: y * THOUSAND / power),
    Metric("joules", "joules", "power", "{power}*{thousand}/{y}", lambda y, _, power: power * THOUSAND / y, better_low=True),
)
# fmt: on
BY_KEY = {metric.key: metric for metric in METRICS}


def figure(metric: Metric, y: float | None, price: float | None, power: float | None) -> float | None:
    """Return a metric of a side; None where the throughput, or what the metric needs, is unknown."""
    needed = {"": 0.0, "price": price, "power": power}[metric.needs]
    if y is None or needed is None:
        return None
    return metric.reference(y, price or 0.0, power or 0.0)
