"""Reading single fields out of parsed JSON without trusting its shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.figures import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from specxl.figures import Figure
    from specxl.sources.content import JsonValue

_FLAT = re.compile(r"(mean|median|p\d+(?:\.\d+)?)_(ttft|tpot|e2el|intvty)(_ms)?")

_PERCENTILES = {"mean": "mean", "avg": "mean", "median": "median", "p50": "median"}


def figure(value: object) -> Figure:
    """Return a value if it can be a figure (a number or text), else None."""
    return value if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None


def text(value: object) -> str | None:
    """Return a value as text; None for nothing, an empty text, an object or a list."""
    return str(value) if isinstance(value, (str, int, float)) and str(value) != "" else None


def within(value: JsonValue, *keys: str) -> JsonValue:
    """Follow keys into nested objects; None where one of them is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def seconds(value: object, divisor: float = 1000.0) -> float | None:
    """Turn a latency in milliseconds (or another unit by its divisor) into seconds."""
    result = number(figure(value))
    return result / divisor if result is not None else None


def flat_stats(row: Mapping[str, JsonValue]) -> dict[str, Figure]:
    """Collect "median_tpot", "p99_ttft_ms", ...: latencies in seconds, where `_ms` says that they are not."""
    stats: dict[str, Figure] = {}
    for key, value in row.items():
        match = _FLAT.fullmatch(key.replace("e2e_latency", "e2el"))
        if match and figure(value) is not None:
            statistic = _PERCENTILES.get(match[1], match[1])
            stats[f"{statistic}_{match[2]}"] = seconds(value) if match[3] else figure(value)
    return stats


def metric_stats(metric: JsonValue, quantity: str, divisor: float = 1000.0) -> dict[str, Figure]:
    """Collect {"avg": ..., "p50": ..., "p99": ...} of one latency as "mean_tpot", "median_tpot", ... in seconds."""
    if not isinstance(metric, dict):
        return {}
    found = {key: seconds(value, divisor) for key, value in metric.items() if key in _PERCENTILES or key in _TAILS}
    return {f"{_PERCENTILES.get(key, key)}_{quantity}": value for key, value in found.items() if value is not None}


_TAILS = ("p75", "p90", "p95", "p99", "p99.9")


def quotient(dividend: object, divisor: object) -> float | None:
    """Divide two figures; None when one is missing or the divisor is not above zero."""
    over, under = number(figure(dividend)), number(figure(divisor))
    return over / under if over is not None and under is not None and under > 0 else None


def total_of(parts: Iterable[object]) -> float | None:
    """Add figures; None when one is missing."""
    values = [number(figure(part)) for part in parts]
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def product(sizes: Iterable[object]) -> int | None:
    """Multiply parallel sizes; the first must be given, the others count as 1 when they are missing."""
    result: int | None = None
    for place, size in enumerate(sizes):
        value = number(figure(size))
        if place == 0:
            result = int(value) if value is not None and value >= 1 else None
        elif result is not None and value is not None and value >= 1:
            result *= int(value)
    return result
