"""Reading single fields out of parsed JSON without trusting its shape."""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING

from specxl.figures import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from specxl.figures import Figure
    from specxl.sources.content import JsonValue

_WORD = re.compile(r"[A-Za-z]{1,20}(?:'[a-z]{1,2})?|\d{1,4}")
_NAMED_NEXT = frozenset(
    {"account", "at", "by", "file", "for", "from", "home", "host", "hostname", "in", "key", "login", "node", "on"}
    | {"owner", "password", "path", "secret", "server", "token", "user", "username", "with"}
)
"""Words after which a message names a person, a machine, a place or a secret."""
MAX_FIRST_WORDS = 6
_SYNTHETIC = ("synthetic_acceptance", "simulate_acc_len", "simulated_acceptance")
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


def first_words(message: object) -> str:
    """Return how an error message of a run begins, up to the first word that may name a person, a machine or a secret."""
    kept: list[str] = []
    for word in str(message or "").split()[:MAX_FIRST_WORDS]:
        bare = word.rstrip(".,:;!")
        if not _WORD.fullmatch(bare) or (kept and kept[-1].lower() in _NAMED_NEXT):
            break
        kept.append(bare)
        if bare != word:
            break
    while kept and kept[-1].lower() in _NAMED_NEXT:
        kept.pop()
    return " ".join(kept) or ("the source reports an error" if message else "")


def cached_share(*parts: object) -> float | None:
    """Return the share of input tokens that caches served: the sum of what is known; None when that is no share."""
    known = [value for part in parts if (value := number(figure(part))) is not None]
    share = sum(known)
    return share if known and 0 <= share <= 1 else None


def says_synthetic(row: Mapping[str, JsonValue]) -> bool:
    """Whether a run says of itself that its acceptance length was set instead of measured."""
    return any(value not in (None, "", False, 0, "false", "0") for key, value in row.items() if _names_synthetic(key))


def request_rate(value: object) -> Figure:
    """Return requests per second; infinity where all requests came at once, None where the run does not say."""
    if str(value).lower() in ("inf", "infinity"):
        return inf
    return number(figure(value))


def invalid_submission(run: JsonValue) -> str:
    """Return why a run calls itself no valid submission; empty where it does not."""
    if within(run, "submission_valid") not in (False, "false", "False"):
        return ""
    reasons = within(run, "submission_invalid_reasons")
    named = [str(reason).replace("_", " ") for reason in reasons] if isinstance(reasons, list) else []
    return ", ".join(named) or "no reason given"


def _names_synthetic(key: str) -> bool:
    """Whether a key is one of the options that fix the acceptance length."""
    return any(part in key.lower() for part in _SYNTHETIC)
