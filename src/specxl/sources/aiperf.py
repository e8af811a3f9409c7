"""NVIDIA AIPerf and GenAI-Perf exports, as JSON and as CSV.

Their inter-token latency is per request, (latency - TTFT) / (tokens - 1): the TPOT of the other tools. The per-user
throughput percentiles run the other way (p90 is the fast tail), so speed is always rebuilt from the latency.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.errors import InputError
from specxl.figures import Figure, number
from specxl.labels import clean_label
from specxl.sources.fields import figure, invalid_submission, metric_stats, quotient, text, total_of, within
from specxl.sources.notation import Notation
from specxl.sources.record import INTERFACE_VERSION, Reading, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.sources.content import Content, JsonValue

_DEFINITION = "ITL per request, (latency - TTFT) / (output tokens - 1)"
_CSV_NAMES = {
    "inter_token_latency": "inter_token_latency",
    "request_latency": "request_latency",
    "time_to_first_token": "time_to_first_token",
    "output_token_throughput": "output_token_throughput",
    "total_token_throughput": "total_token_throughput",
    "input_token_throughput": "input_token_throughput",
    "input_sequence_length": "input_sequence_length",
    "output_sequence_length": "output_sequence_length",
    "benchmark_duration": "benchmark_duration",
    "total_input_sequence_length": "total_isl",
    "request_count": "request_count",
    "request_throughput": "request_throughput",
    "error_request_count": "error_request_count",
}
_UNIT = re.compile(r"\s*\(([^)]*)\)\s*$")
_PER_SECOND = {
    **dict.fromkeys(("", "ms", "msec", "millisecond", "milliseconds"), 1e3),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("us", "usec", "µs", "μs", "microsecond", "microseconds"), 1e6),
    **dict.fromkeys(("ns", "nsec", "nanosecond", "nanoseconds"), 1e9),
}
"""How many of a latency's unit are a second; exports write milliseconds where they name none."""
_LATENCIES = {"time_to_first_token": "ttft", "inter_token_latency": "tpot", "request_latency": "e2el"}


class Aiperf:
    """Reads `profile_export_aiperf.json` and `profile_export_genai_perf.json`: one run each."""

    interface_version = INTERFACE_VERSION
    name = "aiperf"
    title = "AIPerf or GenAI-Perf JSON export"

    def recognises(self, content: Content) -> bool:
        """By metrics that are objects with a unit and an average."""
        return _is_metric(content.first.get("request_throughput")) and _is_metric(content.first.get("request_latency"))

    def read(self, content: Content) -> Reading:
        """Read the run; warm-up metrics, host names and command lines are left where they are."""
        return Reading(
            records=[
                _from_metrics(export, row, export.get("input_config"), content.name) for row, export in content.objects
            ],
            definition=_DEFINITION,
            by_documentation="aiperf_version" not in content.first,
        )


class AiperfCsv:
    """Reads the CSV exports: tables of metrics split by empty lines, without model or concurrency."""

    interface_version = INTERFACE_VERSION
    name = "aiperf-csv"
    title = "AIPerf or GenAI-Perf CSV export"

    def recognises(self, content: Content) -> bool:
        """By the header `Metric,avg,min,max,...`."""
        return content.header[:4] == ("Metric", "avg", "min", "max")

    def read(self, content: Content) -> Reading:
        """Read all tables of the file into one run."""
        table = content.table
        numbers = ((line, cells[0], text.strip()) for line, cells in table.rows for text in cells[1:])
        notation = Notation(numbers, table.delimiter, content.name)
        metrics: dict[str, JsonValue] = {}
        header = list(table.header)
        for _, cells in table.rows:
            if cells[0] == "Metric":
                header = ["avg" if cell == "Value" else cell for cell in cells]
                continue
            name = re.sub(r"[\s-]+", "_", _UNIT.sub("", cells[0]).strip().lower())
            unit = _UNIT.search(cells[0])
            metrics[_CSV_NAMES.get(name, f"other {name}")] = {"unit": unit[1] if unit else ""} | {
                key: notation.plain(cell.strip())
                for key, cell in zip(header[1:], cells[1:], strict=False)
                if cell.strip()
            }
        records = [_from_metrics(metrics, 1, None, content.name)]
        return Reading(records=records, definition=_DEFINITION, notices=notation.notices)


def _is_metric(value: JsonValue) -> bool:
    """Whether a value is a metric: an object with its unit and average."""
    return isinstance(value, dict) and "unit" in value and "avg" in value


def _from_metrics(metrics: Mapping[str, JsonValue], row: int, config: JsonValue, file: str) -> Record:
    """Build the record of one run from its metrics and the settings it was started with."""
    output, total, into = _throughputs(metrics)
    completed = _average(metrics, "request_count")
    errors = metrics.get("error_summary")
    agentic = "agent" in str(within(metrics.get("metadata"), "scenario") or "")
    return Record(
        row=row,
        model=_model(config),
        workload="agentic-coding" if agentic else None,
        agentic=agentic,
        concurrency=_concurrency(config),
        isl_mean=number(_average(metrics, "input_sequence_length")),
        osl_mean=number(_average(metrics, "output_sequence_length")),
        stats={
            name: value
            for metric, quantity in _LATENCIES.items()
            for name, value in metric_stats(
                metrics.get(metric), quantity, _divisor(metrics.get(metric), metric, file, row)
            ).items()
        },
        total_tok_s=total,
        output_tok_s=output,
        input_tok_s=into,
        date=text(metrics.get("start_time")),
        run_order=(text(metrics.get("start_time")) or "")[10:],
        completed=completed,
        failed=_average(metrics, "error_request_count") or _errors(errors),
        failure="the run was cancelled" if metrics.get("was_cancelled") is True else "",
        length_factor=None if agentic or _request_rate(config) is not None else 1.0,
        request_rate=_request_rate(config),
        submission_invalid=invalid_submission(metrics.get("metadata")),
        tentative=frozenset({"model", "workload"}),
    )


def _divisor(metric: JsonValue, name: str, file: str, row: int) -> float:
    """Return how many of a latency's unit are a second; a unit that is none stops the file."""
    unit = str(within(metric, "unit") or "").strip().lower()
    if unit not in _PER_SECOND:
        problem = f"the unit `{clean_label(unit, limit=20)}` is not one of time"
        raise InputError(problem, file=file, row=row, field=name, allowed="ns, us, ms, s")
    return _PER_SECOND[unit]


def _average(metrics: Mapping[str, JsonValue], name: str) -> Figure:
    """Return the average of a metric, which for totals is the total."""
    return figure(within(metrics.get(name), "avg"))


def _throughputs(metrics: Mapping[str, JsonValue]) -> tuple[Figure, Figure, Figure]:
    """Return output, total and input tok/s of the deployment; older exports need tokens over duration for input."""
    output = _average(metrics, "output_token_throughput")
    into = _average(metrics, "input_token_throughput")
    if into is None:
        into = quotient(_average(metrics, "total_isl"), _average(metrics, "benchmark_duration"))
    if into is None:
        rate, length = (
            number(_average(metrics, "request_throughput")),
            number(_average(metrics, "input_sequence_length")),
        )
        into = rate * length if rate is not None and length is not None else None
    total = _average(metrics, "total_token_throughput")
    return output, total if total is not None else total_of((output, into)), into


def _model(config: JsonValue) -> str | None:
    """Return the first model name: `endpoint.model_names` (AIPerf) or `model` and `model_names` (GenAI-Perf)."""
    for names in (within(config, "endpoint", "model_names"), within(config, "model_names"), within(config, "model")):
        first = names[0] if isinstance(names, list) and names else names
        if isinstance(first, str) and first:
            return first
    return None


def _concurrency(config: JsonValue) -> Figure:
    """Return the configured concurrency from where the tools have kept it."""
    for keys in (("loadgen", "concurrency"), ("perf_analyzer", "stimulus", "concurrency"), ("concurrency",)):
        if (value := figure(within(config, *keys))) is not None:
            return value
    return None


def _request_rate(config: JsonValue) -> float | None:
    """Return the requests per second, where they came at a fixed rate."""
    rates = (within(config, "loadgen", "request_rate"), within(config, "request_rate"))
    return next((rate for rate in map(number, map(figure, rates)) if rate is not None), None)


def _errors(summary: JsonValue) -> Figure:
    """Count the errors of an error summary."""
    if not isinstance(summary, list):
        return None
    return sum(number(figure(within(entry, "count"))) or 1 for entry in summary)
