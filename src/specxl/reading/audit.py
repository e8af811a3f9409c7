"""The data audit: does a row contradict itself (suspect), and what should its reader know (note).

FORMATS 0.2 and its amendment 5 name the traps, METHOD 7 the grades. A suspect row is kept, marked and flagged unless the
user excludes it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from specxl.figures import number
from specxl.reading.consistency import length_ratios, littles_law, output_over_speed, speed_over_latency
from specxl.reading.identity import load_of, server_options
from specxl.reading.units import FEW_GPUS
from specxl.schema import OFF, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from specxl.reading.consistency import Law
    from specxl.reading.row import Row

LITTLE_BY_MEANS, LITTLE_BY_MEDIANS = 3.0, 4.0
"""Little's law: beyond these factors the row contradicts itself. Sound real rows reach 1.3 by means, 2.2 by medians."""
LATENCY_FACTOR = 2.0
"""Over 1,364 real rows the speed by TPOT lies between 0.51 and 1.26 times the one that whole requests imply."""
LENGTH_FACTOR = 2.0
OUTPUT_FACTOR = 2.0
UNDIVIDED = (0.75, 1.1)
"""Output over speed and GPUs where the throughput was not divided: in the median above the first, always below the second.

With the right number of GPUs it is 0.92 in the median of 800 real rows and never above 1.
"""
FEWEST_OF_A_TABLE = 2
SLOWEST_LIKELY_TOK_S_USER = 0.5
"""Two seconds per token: what looks slower is a figure in milliseconds, unless the row's other figures bear it out."""
SUM_TOLERANCE = 0.01
UNIT_TOLERANCE = 0.01
ORDER_TOLERANCE = 1e-9
WARM_UP_RATIO = 20.0
SYNTHETIC_FROM = dt.date(2026, 7, 10)
"""From then on InferenceX requires a committed, synthetic acceptance length of agentic speculative runs."""
INFERENCEX_FORMATS = frozenset({"inferencex-api", "inferencex-aggregate", "inferencex-csv", "inferencex-dump"})
DECIDING = ("variant", "hardware", "gpus", "engine")
"""The fields that decide what is compared with what, and at which price."""
_LATENCIES = ("ttft", "tpot", "e2el")
_RISING = tuple(
    tuple(f"{statistic}_{name}" for statistic in ("median", "p75", "p90", "p95", "p99", "p99.9")) for name in _LATENCIES
)
_NEVER_ZERO = tuple(f"{statistic}_{name}" for statistic in ("median", "mean", "p99") for name in _LATENCIES)


def audit_rows(rows: Sequence[Row]) -> None:
    """Add the findings of every row; rows that cannot be used are audited too, because they are listed."""
    for row in rows:
        row.findings.extend(_findings(row))
    _mark_undivided(rows)


def mark_gains_above_acceptance(rows: Iterable[Row]) -> None:
    """Compare usable rows that state an acceptance length with the same configuration and load without speculation.

    Where the load is not stated there is nothing to compare with.
    """
    usable = [row for row in rows if not row.excluded and load_of(row) is not None]
    accepting = [row for row in usable if row.variant != OFF and number(row.record.accept_length) is not None]
    if not accepting:
        return
    plain = {_setting(row): row.interactivity for row in usable if row.variant == OFF}
    for row in accepting:
        accepted, base = number(row.record.accept_length), plain.get(_setting(row))
        if accepted and base and row.interactivity and row.interactivity / base > accepted:
            row.findings.append("note:gain_above_acceptance")


def _findings(row: Row) -> list[str]:
    """Return the ids of what one row shows by itself."""
    record, law = row.record, littles_law(row)
    speculative = row.variant not in (OFF, UNKNOWN)
    checks = (
        ("suspect:littles_law", _is_broken(law)),
        ("suspect:latency", _latency_is_off(row)),
        ("suspect:output", law is None and _has_too_much_output(row)),
        ("suspect:sum", _sum_is_off(row)),
        ("suspect:unit", _unit_is_off(row)),
        ("suspect:lengths", any(not 1 / LENGTH_FACTOR <= r <= LENGTH_FACTOR for r in length_ratios(row))),
        ("suspect:percentile_order", _order_is_off(row)),
        ("suspect:zeros", _has_zero(row)),
        ("suspect:failed_requests", (number(record.failed) or 0) > 0),
        ("note:warm_up", _warms_up(row)),
        ("note:gpu_count", _gpus_corrected(row)),
        ("note:synthetic_acceptance", speculative and _accepts_synthetically(row)),
        ("note:random_prompts", speculative and row.format in INFERENCEX_FORMATS and not record.agentic),
        ("note:stated_by_hand", not record.stated.isdisjoint(DECIDING)),
        ("note:submission_invalid", bool(record.submission_invalid)),
        ("note:derived_shares", record.per_role and row.output is not None and record.decode_gpus is None),
        ("note:estimated_speed", bool(record.estimated)),
    )
    return [finding for finding, holds in checks if holds]


def _is_broken(law: Law | None) -> bool:
    """Whether the requests held open are not those that throughput and latency imply."""
    if law is None:
        return False
    bound = LITTLE_BY_MEANS if law.by_means else LITTLE_BY_MEDIANS
    return not 1 / bound <= law.ratio <= bound


def _latency_is_off(row: Row) -> bool:
    """Whether every statistic of whole requests speaks against the stated speed."""
    ratios = speed_over_latency(row)
    return bool(ratios) and (min(ratios) > LATENCY_FACTOR or max(ratios) < 1 / LATENCY_FACTOR)


def _has_too_much_output(row: Row) -> bool:
    """Whether the output per request is more than the speed allows: asked of rows without the latency of whole requests.

    A table may count the concurrency per GPU or replica, so only all of its rows together can be held against it.
    """
    ratio = output_over_speed(row) if not _is_table(row) else None
    return ratio is not None and ratio > OUTPUT_FACTOR


def _mark_undivided(rows: Iterable[Row]) -> None:
    """Mark the rows of a table whose throughput per GPU is that of the deployment.

    All of its rows then state more output than their speed allows, and about as many times as they have GPUs. One row
    alone may be a slip, and one that is within the bounds shows that the column is what it says.
    """
    tables: dict[str, list[tuple[Row, float]]] = defaultdict(list)
    for row in rows:
        if _is_table(row) and not row.excluded and (ratio := output_over_speed(row)) is not None:
            tables[row.file].append((row, ratio))
    for shown in tables.values():
        shares = [ratio / (row.gpus or 1) for row, ratio in shown]
        impossible = all(ratio > OUTPUT_FACTOR and (row.gpus or 1) > 1 for row, ratio in shown)
        enough = len(shown) >= FEWEST_OF_A_TABLE
        if enough and impossible and max(shares) <= UNDIVIDED[1] and median(shares) >= UNDIVIDED[0]:
            for row, _ in shown:
                row.findings.append("suspect:not_per_gpu")


def _is_table(row: Row) -> bool:
    """Whether a row is from a table that somebody put together, rather than from a tool that measured."""
    return row.format.startswith("tidy")


def _sum_is_off(row: Row) -> bool:
    """Whether the total is not the sum of its parts: o + i, or (o * D + i * P) / (P + D) when published per role."""
    total, output, into = row.total, row.output_as_published, row.input_as_published
    if total is None or output is None or into is None:
        return False
    prefill, decode = number(row.record.prefill_gpus), number(row.record.decode_gpus)
    if not row.record.per_role or decode == 0:
        expected = output + into
    elif prefill is not None and decode is not None and prefill + decode > 0:
        expected = (output * decode + into * prefill) / (prefill + decode)
    else:
        return not min(output, into) < total < max(output, into)
    return abs(expected - total) > SUM_TOLERANCE * total


def _unit_is_off(row: Row) -> bool:
    """Whether speed times latency is not one once the unit is settled, or the latency is hardly one in seconds."""
    latency, speed = row.seconds(f"median_{row.latency}"), number(row.record.stats.get("median_intvty"))
    if latency is not None and speed is not None and speed > 0:
        return abs(latency * speed - 1) > UNIT_TOLERANCE
    slow = row.interactivity is not None and row.interactivity < SLOWEST_LIKELY_TOK_S_USER
    output = output_over_speed(row)
    return (
        slow
        and not speed_over_latency(row)
        and (output is None or output > OUTPUT_FACTOR * max(row.gpus or 1, FEW_GPUS))
    )


def _order_is_off(row: Row) -> bool:
    """Whether a latency falls from one percentile to a higher one; a zero stands for a missing one."""
    get = row.record.stats.get
    for names in _RISING:
        last = 0.0
        for name in names:
            figure = number(value) if (value := get(name)) is not None else None
            if not figure:
                continue
            if figure < last * (1 - ORDER_TOLERANCE):
                return True
            last = figure
    return False


def _has_zero(row: Row) -> bool:
    """Whether a latency or a throughput is exactly zero: a lost figure."""
    record = row.record
    figures = [record.output_tok_s_gpu, record.input_tok_s_gpu, record.output_tok_s, record.input_tok_s]
    figures += map(record.stats.get, _NEVER_ZERO)
    return any(number(figure) == 0 for figure in figures if not figure or isinstance(figure, str))


def _warms_up(row: Row) -> bool:
    """Whether a start-up pause lies inside the timed window (FORMATS trap 8)."""
    median, tail = row.seconds("median_ttft"), row.seconds("p99_ttft")
    return median is not None and tail is not None and tail > WARM_UP_RATIO * median


def _gpus_corrected(row: Row) -> bool:
    """Whether the source's own count differs from the one derived by FORMATS 1.6."""
    published = number(row.record.gpus_as_published)
    return published is not None and row.gpus is not None and published != row.gpus


def _accepts_synthetically(row: Row) -> bool:
    """Whether the file says so, or the source requires it of such a run."""
    if row.record.synthetic_acceptance:
        return True
    required = row.format in INFERENCEX_FORMATS and row.record.agentic
    return required and row.date is not None and row.date >= SYNTHETIC_FROM


def _setting(row: Row) -> Hashable:
    """Return what must be equal for two rows to differ in speculation only."""
    return (
        *row.curve[:4],
        row.record.label,
        row.engine,
        row.gpus,
        row.record.parallelism,
        server_options(row),
        load_of(row),
    )
