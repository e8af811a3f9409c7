"""GuideLLM JSON reports: one benchmark per load level in one file.

Its `inter_token_latency_ms` is per request and what others call TPOT; its `time_per_output_token_ms` includes the time
to first token and must not be used. Of token rates only the mean is over the time in which requests ran; `duration` is
that of the measuring window, which may outlast them, and the mean of prompt tokens per second is no rate of the run.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from specxl.figures import Figure, number
from specxl.sources.fields import figure, metric_stats, quotient, text, total_of, within
from specxl.sources.record import INTERFACE_VERSION, Reading, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.sources.content import Content, JsonValue

_DEFINITION = "ITL per request, (latency - TTFT) / (output tokens - 1)"
_PERCENTILES = {"p50": "p50", "p75": "p75", "p90": "p90", "p95": "p95", "p99": "p99", "p999": "p99.9"}


class Guidellm:
    """Reads `benchmarks.json` of GuideLLM 0.3 and later; `args` may hold host names and is not read."""

    interface_version = INTERFACE_VERSION
    name = "guidellm"
    title = "GuideLLM report"

    def recognises(self, content: Content) -> bool:
        """By `benchmarks` whose metrics are split by outcome."""
        benchmarks = content.first.get("benchmarks")
        first = benchmarks[0] if isinstance(benchmarks, list) and benchmarks else None
        return within(first, "metrics", "inter_token_latency_ms", "successful") is not None

    def read(self, content: Content) -> Reading:
        """Read every benchmark of the report, numbered from 1."""
        report = content.first
        model = text(within(report.get("args"), "model")) or text(within(report, "config", "spec", "backend", "model"))
        benchmarks = report["benchmarks"]
        return Reading(
            records=[_record(benchmark, place, model) for place, benchmark in enumerate(benchmarks, 1)],
            definition=_DEFINITION,
            by_documentation=True,
        )


def _record(benchmark: JsonValue, place: int, model: str | None) -> Record:
    """Read one load level; only successful requests count, the others are reported."""
    metrics = within(benchmark, "metrics")
    strategy = within(benchmark, "config", "strategy") or within(benchmark, "scheduler", "strategy")
    output, into, total = _rates(metrics)
    counts = [figure(within(metrics, "request_totals", name)) for name in ("successful", "errored")]
    return Record(
        row=place,
        model=model or text(within(benchmark, "config", "backend", "model")),
        concurrency=_concurrency(strategy),
        isl_mean=number(figure(within(metrics, "prompt_token_count", "successful", "mean"))),
        osl_mean=number(figure(within(metrics, "output_token_count", "successful", "mean"))),
        stats={
            **_stats(metrics, "time_to_first_token_ms", "ttft", 1000),
            **_stats(metrics, "inter_token_latency_ms", "tpot", 1000),
            **_stats(metrics, "request_latency", "e2el", 1),
        },
        output_tok_s=output,
        input_tok_s=into,
        total_tok_s=total,
        date=_date(within(benchmark, "start_time")),
        run_order=f"{number(figure(within(benchmark, 'start_time'))) or 0:020.3f}",
        completed=counts[0],
        failed=counts[1],
        failure="no request succeeded" if number(counts[0]) == 0 else "",
        length_factor=1.0 if _type(strategy) in ("concurrent", "synchronous") else None,
        request_rate=figure(within(strategy, "rate")),
        identity=_type(strategy),
        tentative=frozenset({"model"}),
    )


def _rates(metrics: JsonValue) -> tuple[Figure, Figure, Figure]:
    """Return output, input and total tok/s over the time in which requests ran.

    The total is stated. Where it is not, that time follows from the output: its tokens over its rate.
    """
    output = figure(within(metrics, "output_tokens_per_second", "successful", "mean"))
    total = figure(within(metrics, "tokens_per_second", "successful", "mean"))
    if not number(total):
        ran = quotient(within(metrics, "output_token_count", "successful", "total_sum"), output)
        into = quotient(within(metrics, "prompt_token_count", "successful", "total_sum"), ran)
        return output, into, total_of((output, into))
    both, part = number(total), number(output)
    return output, both - part if both is not None and part is not None and both > part else None, total


def _type(strategy: JsonValue) -> str:
    """Return the kind of load; releases have called it differently."""
    names = (text(within(strategy, key)) for key in ("type_", "kind", "type"))
    return next((name for name in names if name), "")


def _concurrency(strategy: JsonValue) -> Figure:
    """Return the requests held open; a synchronous run holds one, and one for throughput as many as it may."""
    if _type(strategy) == "synchronous":
        return 1
    streams = figure(within(strategy, "streams"))
    if streams is None and _type(strategy) in ("concurrent", "throughput"):
        return figure(within(strategy, "max_concurrency"))
    return streams


def _stats(metrics: JsonValue, name: str, quantity: str, divisor: float) -> dict[str, Figure]:
    """Collect one latency: mean, median and the percentiles of successful requests."""
    values = within(metrics, name, "successful")
    percentiles = within(values, "percentiles")
    flat: Mapping[str, JsonValue] = {
        "mean": within(values, "mean"),
        "median": within(values, "median"),
        **{new: within(percentiles, old) for old, new in _PERCENTILES.items() if old != "p50"},
    }
    return metric_stats(flat, quantity, divisor)


def _date(stamp: JsonValue) -> str | None:
    """Return the day of a Unix time stamp in UTC, or of an ISO text."""
    seconds = number(figure(stamp)) if not isinstance(stamp, str) else None
    if seconds is None:
        return text(stamp) if isinstance(stamp, str) else None
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None
