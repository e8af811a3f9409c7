"""inference-perf (kubernetes-sigs) stage reports: one file for each load stage of a run.

Latencies are in seconds. Its time per output token is per request, without the time to first token; its normalised time per
output token includes that, and its inter-token latency is the gap between streamed chunks: neither is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.figures import number
from specxl.sources.fields import figure, metric_stats, within
from specxl.sources.record import INTERFACE_VERSION, TPOT, Reading, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.figures import Figure
    from specxl.sources.content import Content, JsonValue


def is_report(report: Mapping[str, JsonValue]) -> bool:
    """Whether an object is a report of one stage, or of all stages together."""
    latency = within(report.get("successes"), "latency")
    return isinstance(report.get("load_summary"), dict) and isinstance(latency, dict) and "failures" in report


class InferencePerf:
    """Reads `stage_N_lifecycle_metrics.json`; model, hardware and date stand in other files, or nowhere."""

    interface_version = INTERFACE_VERSION
    name = "inference-perf"
    title = "inference-perf stage report"

    def recognises(self, content: Content) -> bool:
        """By its load summary beside the latencies of successful requests."""
        return is_report(content.first)

    def read(self, content: Content) -> Reading:
        """Read the stage; several reports may stand in one file."""
        return Reading(
            records=[_record(report, row) for row, report in content.objects if is_report(report)],
            definition=TPOT,
            by_documentation=True,
        )


def _record(report: Mapping[str, JsonValue], row: int) -> Record:
    """Read one stage: throughput is that of successful requests over the time from the first start to the last end."""
    load, done = report["load_summary"], report["successes"]
    latency, rates = done["latency"], done.get("throughput")
    concurrency = figure(load.get("concurrency"))
    completed = figure(done.get("count"))
    return Record(
        row=row,
        concurrency=concurrency,
        isl_mean=_mean(done, "prompt_tokens", "prompt_len"),
        osl_mean=_mean(done, "output_len", "output_tokens"),
        stats={
            **metric_stats(latency.get("time_to_first_token"), "ttft", 1),
            **metric_stats(latency.get("time_per_output_token"), "tpot", 1),
            **metric_stats(latency.get("request_latency"), "e2el", 1),
        },
        total_tok_s=figure(within(rates, "total_tokens_per_sec")),
        output_tok_s=figure(within(rates, "output_tokens_per_sec")),
        input_tok_s=figure(within(rates, "input_tokens_per_sec")),
        completed=completed,
        failed=figure(within(report.get("failures"), "count")),
        failure=_failure(latency, completed),
        length_factor=1.0 if concurrency is not None else None,
        identity=("requested rate", str(load.get("requested_rate")) if concurrency is None else ""),
    )


def _mean(done: Mapping[str, JsonValue], *names: str) -> float | None:
    """Return the mean length of requests by the first name that has one; releases have called it differently."""
    means = (number(figure(within(done.get(name), "mean"))) for name in names)
    return next((mean for mean in means if mean is not None), None)


def _failure(latency: Mapping[str, JsonValue], completed: Figure) -> str:
    """Say why a stage has no speed."""
    if number(completed) == 0:
        return "no request succeeded"
    streamed = isinstance(latency.get("time_per_output_token"), dict)
    return "" if streamed else "the report has no time per output token: run inference-perf with api.streaming"
