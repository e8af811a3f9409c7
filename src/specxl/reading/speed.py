"""Interactivity of one row: which statistic of which latency it is one over, and in which unit that latency is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.figures import number, positive
from specxl.labels import clean_label

if TYPE_CHECKING:
    from specxl.figures import Figure
    from specxl.reading.row import Row
    from specxl.schema import Statistic
    from specxl.sources.record import Record

SLOWEST_TOK_S_USER, FASTEST_TOK_S_USER = 1e-3, 1e6
"""No user is served slower or faster than this: a token in a quarter of an hour, a million tokens in a second."""
UNIT_MARGIN = 0.1
_AGENTIC = {
    "full_response_itl": "full-response ITL, (latency - TTFT) / (output tokens - 1) per request of an agentic trace",
    "itl": "ITL per request of an agentic trace",
    "tpot": "TPOT per request of an agentic trace",
}
"""What the speed of an agentic row rests on, the best first."""


def set_speed(row: Row, statistic: Statistic, definition: str) -> None:
    """Set the interactivity: the median as published, any other statistic rebuilt as 1 / that TPOT (FORMATS 0.2).

    Agentic rows take one over the full-response ITL, which is what their source publishes, and plain ITL or TPOT only
    where that is missing. A published p90 or p99 speed is taken from an agentic row alone, and only where it is that of
    the slow users: some formats mean the fastest by it.
    """
    record = row.record
    row.statistic, row.latency = statistic, _latency(record, statistic)
    row.scales = _scales(row)
    named = record.definition or (_AGENTIC[row.latency] if record.agentic else definition)
    row.definition = clean_label(f"1 / {statistic} {named}", limit=255)
    raw, from_latency = _published(record, statistic, row.latency), False
    if raw is None:
        raw, from_latency = record.stats.get(f"{statistic}_{row.latency}"), True
        seconds = (number(raw) or 0.0) * (row.scales or {}).get(row.latency, 1.0)
        row.interactivity = positive(1 / seconds) if seconds > 0 else None
    else:
        row.interactivity = positive(raw)
    if row.interactivity is None:
        row.excluded = _unusable(statistic, raw, from_latency=from_latency and raw is not None)
    else:
        refuse_impossible_speed(row)


def refuse_impossible_speed(row: Row) -> None:
    """Refuse a speed that nothing can serve at."""
    speed = row.interactivity
    if speed is not None and not SLOWEST_TOK_S_USER <= speed <= FASTEST_TOK_S_USER:
        row.excluded = (
            f"interactivity is {shown(speed)}, which no system serves: allowed are {SLOWEST_TOK_S_USER:g} to"
            f" {FASTEST_TOK_S_USER:,.0f} tok/s/user"
        )
        row.interactivity = None


def shown(value: Figure) -> str:
    """Show an unusable figure."""
    return f"`{clean_label(value, limit=30)}`"


def _latency(record: Record, statistic: str) -> str:
    """Name the quantity that the speed is one over."""
    if not record.agentic:
        return "tpot"
    return next((name for name in _AGENTIC if number(record.stats.get(f"{statistic}_{name}"))), "tpot")


def _published(record: Record, statistic: str, latency: str) -> Figure:
    """Return the published speed where it may be taken as it stands."""
    stats = record.stats
    if not record.agentic:
        return stats.get("median_intvty") if statistic == "median" else None
    if stats.get(f"{statistic}_{latency}") is not None:
        return None
    stated, middle = stats.get(f"{statistic}_intvty"), number(stats.get("median_intvty"))
    is_slow_tail = middle is not None and (number(stated) or 0.0) <= middle
    return stated if is_slow_tail else None


def _scales(row: Row) -> dict[str, float] | None:
    """Return what turns the record's latencies into seconds, by evidence: latency times speed is 1 in s and 1000 in ms.

    Headers and key names have said "(ms)" over seconds, so a file that gives both is judged by its own figures.
    """
    stats = row.record.stats
    latency, speed = number(stats.get(f"median_{row.latency}")), number(stats.get("median_intvty"))
    if latency is None or speed is None or abs(latency * speed / 1000 - 1) >= UNIT_MARGIN:
        return None
    return dict.fromkeys(("tpot", "ttft", "e2el", "itl", "full_response_itl"), 0.001)


def _unusable(statistic: str, raw: Figure, *, from_latency: bool) -> str:
    """Say which figure keeps a row from having a speed."""
    reason = "is missing" if raw is None else f"is {shown(raw)}, not a number above zero"
    if from_latency or statistic != "median":
        return f"the {statistic} TPOT that interactivity needs {reason}"
    return f"interactivity {reason}"
