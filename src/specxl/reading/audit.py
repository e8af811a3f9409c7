"""The data audit: does a row contradict itself (suspect), and what should its reader know (note).

FORMATS 0.2 names the traps, METHOD 7 the grades. A suspect row is kept, marked and flagged unless the user excludes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from specxl.figures import number
from specxl.schema import OFF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.reading.normalise import Row

LITTLE_LOW, LITTLE_HIGH = 0.5, 2.0
"""Little's law: requests in flight over throughput times latency; outside these bounds the row contradicts itself."""
SUM_TOLERANCE = 0.01
UNIT_TOLERANCE = 0.01
ORDER_TOLERANCE = 1e-9
WARM_UP_RATIO = 20.0
_LATENCIES = ("ttft", "tpot", "e2el")
_RISING = tuple(
    tuple(f"{statistic}_{name}" for statistic in ("median", "p75", "p90", "p95", "p99", "p99.9")) for name in _LATENCIES
)
_NEVER_ZERO = tuple(f"{statistic}_{name}" for statistic in ("median", "mean", "p99") for name in _LATENCIES)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a finding id means: its grade, a few words for a table, and a sentence for the caveats."""

    grade: Literal["suspect", "note"]
    short: str
    long: str


FINDINGS: Mapping[str, Finding] = {
    "suspect:littles_law": Finding(
        "suspect",
        "contradicts Little's law",
        "The requests held open do not match throughput times latency within a factor of two: the run failed or stalled,"
        " or one of its figures is wrong.",
    ),
    "suspect:sum": Finding(
        "suspect",
        "input and output do not add up",
        "Input and output throughput do not add up to the total by any rule of the format.",
    ),
    "suspect:unit": Finding(
        "suspect",
        "speed and latency disagree",
        "The published speed is not one over the published latency, neither in seconds nor in milliseconds.",
    ),
    "suspect:percentile_order": Finding(
        "suspect",
        "percentiles out of order",
        "A higher percentile of a latency is smaller than a lower one.",
    ),
    "suspect:zeros": Finding(
        "suspect",
        "zero where a figure is missing",
        "A figure that cannot be zero is zero, so the source has lost it.",
    ),
    "suspect:failed_requests": Finding(
        "suspect",
        "requests failed",
        "Some of the run's requests failed, so its figures describe a smaller load than its settings say.",
    ),
    "note:warm_up": Finding(
        "note",
        "warm-up inside the measurement",
        "The 99th percentile of the time to first token is more than 20 times the median: a start-up pause probably lies"
        " inside the timed window and lowers the throughput.",
    ),
    "note:gpu_count": Finding(
        "note",
        "GPU count corrected",
        "The source counts the GPUs of this deployment in a way that its own figures contradict; the count shown is"
        " derived from the parallel sizes. Figures per GPU are not affected.",
    ),
    "note:gain_above_acceptance": Finding(
        "note",
        "gain above acceptance length",
        "The speed-up over the same configuration without speculation is larger than the accepted tokens per step"
        " allow, so something else differs as well.",
    ),
    "note:synthetic_acceptance": Finding(
        "note",
        "synthetic acceptance",
        "The source runs speculative decoding with a fixed, synthetic acceptance length; the acceptance on real"
        " traffic can differ.",
    ),
    "note:derived_shares": Finding(
        "note",
        "role shares derived",
        "The GPU counts of prefill and decode are not known; output and input throughput were put on the whole"
        " deployment with the shares that the total implies.",
    ),
    "note:estimated_speed": Finding(
        "note",
        "speed estimated",
        "The file has no time per output token; it was estimated from the medians of latency and time to first token.",
    ),
}


def audit_rows(rows: Sequence[Row]) -> None:
    """Add the findings of every row; rows that cannot be used are audited too, because they are listed."""
    for row in rows:
        row.findings.extend(_findings(row))
    _mark_gains_above_acceptance(rows)


def littles_law(row: Row) -> float | None:
    """Return requests held open over requests implied by throughput times mean latency; about 1 for a sound row.

    concurrency * (isl + osl) * f / (mean end-to-end s * total tok/s/GPU * GPUs); f is the mean share of the nominal
    lengths that the load generator draws. None when a part is missing or the load was limited by a request rate.
    """
    record = row.record
    if record.length_factor is None or not row.concurrency or not row.total or not row.gpus:
        return None
    latency = row.seconds("mean_e2el") or _latency_from_parts(row)
    if record.isl_mean is not None and record.osl_mean is not None:
        tokens = record.isl_mean + record.osl_mean
    elif row.isl is not None and row.osl is not None:
        tokens = (row.isl + row.osl) * record.length_factor
    else:
        return None
    held = (latency or 0.0) * row.total * row.gpus
    return row.concurrency * tokens / held if held > 0 else None


def _latency_from_parts(row: Row) -> float | None:
    """Build the mean latency from TTFT and TPOT where a file leaves the end-to-end time out; exact for fixed output lengths."""
    first, token, length = row.seconds("mean_ttft"), row.seconds("mean_tpot"), row.record.osl_mean or row.osl
    return first + token * (length - 1) if first and token and length else None


def _findings(row: Row) -> list[str]:
    """Return the ids of what one row shows by itself."""
    record = row.record
    law = littles_law(row)
    checks = (
        ("suspect:littles_law", law is not None and not LITTLE_LOW <= law <= LITTLE_HIGH),
        ("suspect:sum", _sum_is_off(row)),
        ("suspect:unit", _unit_is_off(row)),
        ("suspect:percentile_order", _order_is_off(row)),
        ("suspect:zeros", _has_zero(row)),
        ("suspect:failed_requests", (number(record.failed) or 0) > 0),
        ("note:warm_up", _warms_up(row)),
        ("note:gpu_count", _gpus_corrected(row)),
        ("note:synthetic_acceptance", record.synthetic_acceptance),
        ("note:derived_shares", record.per_role and row.output is not None and record.decode_gpus is None),
        ("note:estimated_speed", bool(record.estimated)),
    )
    return [finding for finding, holds in checks if holds]


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
    """Whether median speed times median latency is not one, once the unit of the latency is known."""
    latency, speed = row.seconds("median_tpot"), number(row.record.stats.get("median_intvty"))
    return latency is not None and speed is not None and speed > 0 and abs(latency * speed - 1) > UNIT_TOLERANCE


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


def _mark_gains_above_acceptance(rows: Sequence[Row]) -> None:
    """Compare rows with an acceptance length to the same configuration and concurrency without speculation."""
    plain = {_setting(row): row.interactivity for row in rows if row.variant == OFF and not row.excluded}
    for row in rows:
        accepted = number(row.record.accept_length)
        base = plain.get(_setting(row)) if accepted is not None and row.variant != OFF else None
        if accepted and base and row.interactivity and row.interactivity / base > accepted:
            row.findings.append("note:gain_above_acceptance")


def _setting(row: Row) -> tuple[object, ...]:
    """Return what must be equal for two rows to differ in speculation only."""
    return (*row.curve[:4], row.engine, row.gpus, row.record.parallelism, row.concurrency)
