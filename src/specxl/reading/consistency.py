"""What the figures of one row say of each other: load against latency, speed against latency, output against speed.

Every function returns a ratio that is about 1 for a sound row, or None where a part is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from specxl.figures import number

if TYPE_CHECKING:
    from specxl.reading.row import Row


class Law(NamedTuple):
    """Little's law of one row: requests held open over requests implied, and whether means or medians were at hand."""

    ratio: float
    by_means: bool


def littles_law(row: Row) -> Law | None:
    """Return requests held open over requests implied by throughput times latency.

    concurrency * (isl + osl) * f / (end-to-end s * total tok/s/GPU * GPUs); f is the mean share of the nominal lengths
    that the load generator draws. Medians stand in where the means are lacking (FORMATS, amendment 5). None when a part
    is missing or the load was limited by a request rate.
    """
    if row.record.length_factor is None or not row.concurrency or not row.total or not row.gpus:
        return None
    tokens = mean_tokens(row)
    for statistic in ("mean", "median"):
        latency = row.seconds(f"{statistic}_e2el") or _latency_from_parts(row, statistic)
        held = (latency or 0.0) * row.total * row.gpus
        if tokens is not None and held > 0:
            return Law(row.concurrency * tokens / held, by_means=statistic == "mean")
    return None


def speed_over_latency(row: Row) -> list[float]:
    """Return the row's speed over the one that its latencies imply, (output - 1) / (end-to-end - TTFT), mean first.

    Medians come behind the means and never alone: the middle request by latency is another one than by TTFT. An agentic
    row is left out: its requests differ too much for a quotient of means to say anything of a tail.
    """
    length, by_means = output_length(row), _decode_time(row, "mean")
    if row.record.agentic or row.record.estimated or length is None or length <= 1 or not row.interactivity:
        return []
    times = [by_means, _decode_time(row, "median")] if by_means is not None else []
    return [row.interactivity * time / (length - 1) for time in times if time is not None]


def output_over_speed(row: Row) -> float | None:
    """Return the output tokens per second of one request over the fastest speed that the row states.

    Never above 1 for a sound row, whatever its load (at most 0.99 in 800 real rows): concurrency caps the requests in
    flight. Of agentic rows it does not: a session may hold several.
    """
    output = _deployment_output(row)
    if row.record.agentic or output is None or not row.concurrency or not row.interactivity:
        return None
    stated = [row.seconds(f"{statistic}_{row.latency}") for statistic in ("mean", "median")]
    fastest = max([row.interactivity, *(1 / latency for latency in stated if latency)])
    return output / row.concurrency / fastest


def length_ratios(row: Row) -> list[float]:
    """Return measured over nominal mean lengths, where the file itself gives both."""
    record = row.record
    pairs = (("isl", record.isl, record.isl_mean), ("osl", record.osl, record.osl_mean))
    nominal = {name: number(value) for name, value, _ in pairs if name not in record.stated}
    factor = record.length_factor or 1.0
    return [mean / (size * factor) for name, _, mean in pairs if mean is not None and (size := nominal.get(name))]


def mean_tokens(row: Row) -> float | None:
    """Return the mean tokens of a request, input and output."""
    record = row.record
    if record.isl_mean is not None and record.osl_mean is not None:
        return record.isl_mean + record.osl_mean
    if row.isl is None or row.osl is None:
        return None
    return (row.isl + row.osl) * (record.length_factor or 1.0)


def output_length(row: Row) -> float | None:
    """Return the mean output tokens of a request: measured, else nominal times what the generator draws of it."""
    if row.record.osl_mean is not None:
        return row.record.osl_mean
    return row.osl * (row.record.length_factor or 1.0) if row.osl is not None else None


def _latency_from_parts(row: Row, statistic: str) -> float | None:
    """Build a latency from TTFT and TPOT where a file leaves the end-to-end time out; exact for fixed output lengths."""
    first, token = row.seconds(f"{statistic}_ttft"), row.seconds(f"{statistic}_tpot")
    length = row.record.osl_mean or row.osl
    return first + token * (length - 1) if first and token and length else None


def _decode_time(row: Row, statistic: str) -> float | None:
    """Return the time between first and last token by one statistic."""
    whole, first = row.seconds(f"{statistic}_e2el"), row.seconds(f"{statistic}_ttft")
    return whole - first if whole is not None and first is not None and whole > first else None


def _deployment_output(row: Row) -> float | None:
    """Return output tokens per second of the deployment: as given, else the output's share of the total."""
    given = number(row.record.output_tok_s)
    if given is not None and row.record.total_tok_s_gpu is None:
        return given
    if row.gpus is None or row.total is None:
        return None
    if row.output is not None:
        return row.output * row.gpus
    if row.isl is None or row.osl is None:
        return None
    return row.total * row.gpus * row.osl / (row.isl + row.osl)
