"""Agentic rows of InferenceX CI aggregates: the flat form of June 2026 (v2) and `request_metrics` (v3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.figures import number
from specxl.sources.fields import figure, product, text, total_of, within
from specxl.sources.inferencex_rows import identity_record
from specxl.sources.record import flag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.figures import Figure
    from specxl.sources.content import JsonValue
    from specxl.sources.record import Record

_DEFINITION = "full-response ITL, (latency - TTFT) / (output tokens - 1) per request of an agentic trace"
_STATISTICS = {"mean": "mean", "p50": "median", "p75": "p75", "p90": "p90", "p95": "p95", "p99": "p99"}


def is_agentic(row: Mapping[str, JsonValue]) -> bool:
    """Whether a row was measured on agentic traces: it says so or carries per-request metrics."""
    return "request_metrics" in row or "agentic" in str(row.get("scenario_type", ""))


def read_agentic(row: Mapping[str, JsonValue], place: int) -> Record:
    """Read one agentic row; input counts cached prompt tokens, so its rate says little about work done."""
    record = identity_record(row, place)
    record.agentic = True
    record.workload = text(row.get("scenario_type")) or "agentic-traces"
    record.definition = _DEFINITION
    record.disaggregated = flag(row.get("disagg"))
    record.gpus = figure(row.get("num_gpus")) or product((row.get("tp"), row.get("pp"), row.get("pcp_size")))
    if record.gpus is None:
        record.gpus = total_of((row.get("num_prefill_gpu"), row.get("num_decode_gpu")))
    record.completed = figure(row.get("num_requests_successful"))
    record.failed = _failed(row)
    if number(record.completed) == 0:
        record.failure = "no request succeeded"
    if "request_metrics" in row:
        _fill_v3(record, row["request_metrics"])
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


def _fill_v3(record: Record, metrics: JsonValue) -> None:
    """Fill the figures of a v3 row: seconds, tok/s per GPU; p50 of ITL is the per-request TPOT."""
    latency = within(metrics, "latency")
    stats: dict[str, Figure] = {}
    for name, quantity in (("ttft", "ttft"), ("e2el", "e2el"), ("itl", "tpot")):
        values = within(latency, name)
        for key, statistic in _STATISTICS.items():
            if (value := figure(within(values, key))) is not None:
                stats[f"{statistic}_{quantity}"] = value
    record.stats = stats
    per_gpu = within(metrics, "throughput", "per_gpu")
    record.total_tok_s_gpu = figure(within(per_gpu, "total_tput_tps"))
    record.output_tok_s_gpu = figure(within(per_gpu, "output_tput_tps"))
    record.input_tok_s_gpu = figure(within(per_gpu, "input_tput_tps"))
    record.isl_mean = number(figure(within(metrics, "tokens", "input", "mean")))
    record.osl_mean = number(figure(within(metrics, "tokens", "output_actual", "mean")))


def _fill_v2(record: Record, row: Mapping[str, JsonValue]) -> None:
    """Fill what a v2 row gives; it has no medians, and its p90 speed is that of the fastest users, so no speed."""
    record.stats = {}
    record.total_tok_s = figure(row.get("total_tput_tps"))
    record.output_tok_s = figure(row.get("output_tput_tps"))
    record.input_tok_s = figure(row.get("input_tput_tps"))
    record.total_tok_s_gpu = figure(row.get("tput_per_gpu"))
    record.failure = record.failure or (
        "agentic rows of this era publish no latency percentiles of the decode phase, only the speed of the fastest users"
    )
