"""Agentic rows of InferenceX CI aggregates: the flat form of June 2026 (v2) and `request_metrics` (v3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.figures import number
from specxl.sources.fields import cached_share, figure, invalid_submission, product, quotient, text, total_of, within
from specxl.sources.inferencex_rows import identity_record
from specxl.sources.record import flag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.figures import Figure
    from specxl.sources.content import JsonValue
    from specxl.sources.record import Record

_STATISTICS = {"mean": "mean", "p50": "median", "p75": "p75", "p90": "p90", "p95": "p95", "p99": "p99"}
_FLAT = {"median": "median", **_STATISTICS}
_LATENCIES = ("ttft", "e2el", "tpot", "itl", "full_response_itl")
"""In seconds. No speed is read: that of v2 rows counts from the fastest user down, that of v3 rows is one over the ITL."""


def is_agentic(row: Mapping[str, JsonValue]) -> bool:
    """Whether a row was measured on agentic traces: it says so or carries per-request metrics."""
    return "request_metrics" in row or "agentic" in str(row.get("scenario_type", ""))


def read_agentic(row: Mapping[str, JsonValue], place: int) -> Record:
    """Read one agentic row; input counts cached prompt tokens, so its rate says little about work done."""
    record = identity_record(row, place)
    record.agentic = True
    record.workload = text(row.get("scenario_type")) or "agentic-traces"
    record.disaggregated = flag(row.get("disagg"))
    record.gpus = figure(row.get("num_gpus")) or product((row.get("tp"), row.get("pp"), row.get("pcp_size")))
    if record.gpus is None:
        record.gpus = total_of((row.get("num_prefill_gpu"), row.get("num_decode_gpu")))
    record.completed = figure(row.get("num_requests_successful"))
    record.failed = _failed(row)
    if number(record.completed) == 0:
        record.failure = "no request succeeded"
    record.submission_invalid = invalid_submission(row)
    if "request_metrics" in row:
        _fill_v3(record, row)
    else:
        _fill_v2(record, row)
    return record


def _failed(row: Mapping[str, JsonValue]) -> Figure:
    """Count the requests that failed: those that were neither successful nor dropped on purpose as warm-up."""
    accounts = row.get("request_accounting")
    sent, succeeded = (number(figure(row.get(f"num_requests_{name}"))) for name in ("total", "successful"))
    dropped = number(figure(within(accounts, "records_warmup_dropped"))) if accounts else 0.0
    if sent is None or succeeded is None or dropped is None:
        return None
    return max(sent - succeeded - dropped, 0.0)


def _fill_v3(record: Record, row: Mapping[str, JsonValue]) -> None:
    """Fill the figures of a v3 row: seconds, tok/s per GPU."""
    metrics = row["request_metrics"]
    latency = within(metrics, "latency")
    record.stats = {
        f"{statistic}_{quantity}": value
        for quantity in _LATENCIES
        for key, statistic in _STATISTICS.items()
        if (value := figure(within(latency, quantity, key))) is not None
    }
    per_gpu = within(metrics, "throughput", "per_gpu")
    record.total_tok_s_gpu = figure(within(per_gpu, "total_tput_tps"))
    record.output_tok_s_gpu = figure(within(per_gpu, "output_tput_tps"))
    record.input_tok_s_gpu = figure(within(per_gpu, "input_tput_tps"))
    record.isl_mean = number(figure(within(metrics, "tokens", "input", "mean")))
    record.osl_mean = number(figure(within(metrics, "tokens", "output_actual", "mean")))
    record.cached_share = _cached_v3(row.get("server_metrics"))


def _cached_v3(server: JsonValue) -> float | None:
    """Return the share of input tokens that came from a cache: counted by source, else as the server's hit rates."""
    counts = within(server, "tokens", "prompt_by_source")
    share = quotient(
        total_of((within(counts, "gpu_cache_hit"), within(counts, "cpu_or_external_cache_hit"))),
        within(server, "tokens", "prompt_total"),
    )
    rate = figure(within(server, "cache", "overall_cache_hit_rate"))
    return cached_share(share if share is not None else rate)


def _fill_v2(record: Record, row: Mapping[str, JsonValue]) -> None:
    """Fill what a v2 row gives: latencies at the top level, without medians."""
    record.stats = {
        f"{statistic}_{quantity}": value
        for quantity in _LATENCIES
        for key, statistic in _FLAT.items()
        if (value := figure(row.get(f"{key}_{quantity}"))) is not None
    }
    record.total_tok_s, record.output_tok_s, record.input_tok_s = (
        figure(row.get(f"{name}_tput_tps")) for name in ("total", "output", "input")
    )
    record.total_tok_s_gpu, record.output_tok_s_gpu, record.input_tok_s_gpu = (
        figure(row.get(f"{name}tput_per_gpu")) for name in ("", "output_", "input_")
    )
    record.isl_mean = number(figure(row.get("mean_input_tokens")))
    record.osl_mean = number(figure(row.get("mean_output_tokens_actual")))
    far = row.get("server_external_cache_hit_rate", row.get("server_cpu_cache_hit_rate"))
    record.cached_share = cached_share(row.get("server_gpu_cache_hit_rate"), far)
