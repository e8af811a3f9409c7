"""Latencies in milliseconds under a name that says seconds, told by what the same rows say of their output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from specxl.figures import number, positive
from specxl.reading.consistency import mean_tokens, output_over_speed
from specxl.reading.row import Remark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.reading.row import Row

MILLI = 0.001
_UNIT_STATED = frozenset({"aiperf", "aiperf-csv", "guidellm", "sglang", "trtllm-bench"})
"""Formats that name the unit beside every latency: what contradicts itself there is no mistaken unit."""
POSSIBLE = 2.0
"""Output per request over speed stays below this, whatever the load."""
FEW_GPUS = 5
TOO_SLOW_TOK_S_USER = 5.0
"""A time per token in milliseconds, taken for seconds, gives less than this."""
TOO_LONG = 30.0
"""A latency this many times the one that throughput and concurrency allow at most is none in seconds."""
_SAID = "the time per output token is in milliseconds where its name says seconds, as the output per request shows"


def settle_units(rows: Sequence[Row]) -> None:
    """Read the time per output token of one file's rows in milliseconds where rows show that, and none shows seconds.

    Rows that cannot show it themselves, for lack of GPUs or concurrency, follow the others of their file.
    """
    derived = [row for row in rows if _is_derived(row)]
    shown = {id(row): _unit(row) for row in derived}
    if "ms" not in shown.values():
        return
    mixed = "s" in shown.values()
    for row in derived:
        if shown[id(row)] == "ms" or (not mixed and (row.interactivity or 0.0) < TOO_SLOW_TOK_S_USER):
            _read_in_milliseconds(row)


def _is_derived(row: Row) -> bool:
    """Whether the speed is one over a latency whose unit nothing else in the record confirms."""
    if row.format in _UNIT_STATED:
        return False
    return row.interactivity is not None and row.scales is None and row.record.stats.get("median_intvty") is None


def _unit(row: Row) -> Literal["ms", "s"] | None:
    """Return the unit that the output per request speaks for; more output than one of them allows rules it out.

    A throughput that was not divided by its GPUs is too high as well, but by no more than their number.
    """
    ratio = output_over_speed(row)
    if ratio is None or row.interactivity is None:
        return None
    if ratio <= POSSIBLE:
        return "s"
    beyond = ratio > POSSIBLE * max(row.gpus or 1, FEW_GPUS)
    return "ms" if beyond and ratio * MILLI <= POSSIBLE and row.interactivity < TOO_SLOW_TOK_S_USER else None


def _read_in_milliseconds(row: Row) -> None:
    """Read the latency behind the speed in milliseconds, and the others where they would be too long in seconds."""
    allowed = _longest_request(row)
    row.scales = {row.latency: MILLI}
    for quantity in ("ttft", "e2el"):
        stated = next((v for s in ("median", "mean") if (v := number(row.record.stats.get(f"{s}_{quantity}")))), None)
        if allowed is not None and stated is not None and stated > TOO_LONG * allowed:
            row.scales[quantity] = MILLI
    latency = number(row.record.stats.get(f"{row.statistic}_{row.latency}"))
    row.interactivity = positive(1 / (latency * MILLI)) if latency else None
    row.remarks.append(Remark("unit", f"{_SAID}; it was read so"))


def _longest_request(row: Row) -> float | None:
    """Return the latency in s of a request if all that the concurrency allows were in flight."""
    tokens = mean_tokens(row)
    if tokens is None or not row.concurrency or not row.total or not row.gpus:
        return None
    return row.concurrency * tokens / (row.total * row.gpus)
