"""TensorRT-LLM `trtllm-bench --report_json` reports: one run each, the most self-describing of all formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.figures import number
from specxl.sources.fields import figure, metric_stats, seconds, text, within
from specxl.sources.record import INTERFACE_VERSION, TPOT, Reading, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.sources.content import Content, JsonValue

_METHODS = {"mtp": "mtp", "eagle": "eagle", "eagle3": "eagle3", "medusa": "medusa", "ngram": "ngram", "none": "none"}


class TrtllmBench:
    """Reads the report; engine directories and paths are not read."""

    interface_version = INTERFACE_VERSION
    name = "trtllm-bench"
    title = "trtllm-bench report"

    def recognises(self, content: Content) -> bool:
        """By its sections."""
        return {"engine", "world_info", "request_info", "performance"} <= content.first.keys()

    def read(self, content: Content) -> Reading:
        """Read the report."""
        return Reading(
            records=[_record(report, row) for row, report in content.objects], definition=TPOT, by_documentation=True
        )


def _record(report: Mapping[str, JsonValue], row: int) -> Record:
    """Read one run; without `--streaming` there is no TPOT, and the point cannot stand on a curve."""
    engine, world, requests = (report.get(name) for name in ("engine", "world_info", "request_info"))
    performance, streaming = report.get("performance"), report.get("streaming_metrics")
    output = number(figure(within(performance, "system_output_throughput_tok_s")))
    total = number(figure(within(performance, "system_total_throughput_tok_s")))
    percentiles = within(streaming, "tpot_percentiles")
    stats = metric_stats(percentiles, "tpot") | metric_stats(within(streaming, "ttft_percentiles"), "ttft")
    stats |= metric_stats(within(performance, "request_latency_percentiles_ms"), "e2el")
    for name, key in (("mean_tpot", "avg_tpot_ms"), ("mean_ttft", "avg_ttft_ms")):
        if (value := seconds(within(streaming, key))) is not None:
            stats[name] = value
    decoding = report.get("decoding_stats")
    return Record(
        row=row,
        model=text(within(engine, "model")),
        hardware=_hardware(text(within(report.get("machine"), "name"))),
        engine="trt",
        precision=_precision(engine),
        variant=_variant(decoding),
        isl=None,
        isl_mean=number(figure(within(requests, "avg_input_length"))),
        osl_mean=number(figure(within(requests, "avg_output_length"))),
        concurrency=figure(within(requests, "avg_num_concurrent_requests")),
        stats=stats,
        total_tok_s=total,
        output_tok_s=output,
        input_tok_s=total - output if total is not None and output is not None and total > output else None,
        gpus=figure(within(world, "world_size")),
        disaggregated=False,
        parallelism=_parallelism(world),
        failure="" if percentiles else "the report has no TPOT: run trtllm-bench with --streaming",
        accept_length=figure(within(decoding, "acceptance_length_percentiles", "average"))
        or figure(within(decoding, "acceptance_length_percentiles", "p50")),
        tentative=frozenset({"model", "concurrency", "hardware"}),
    )


def _hardware(name: str | None) -> str | None:
    """Return the product name without vendor and form factor ("NVIDIA B200" becomes "b200")."""
    words = [
        word for word in (name or "").replace("-", " ").lower().split() if word not in ("nvidia", "amd", "instinct")
    ]
    return words[0] if words else None


def _precision(engine: JsonValue) -> str | None:
    """Return the quantization, or the data type of an engine that has none."""
    return text(within(engine, "quantization")) or text(within(engine, "dtype"))


def _variant(decoding: JsonValue) -> str:
    """Return the speculative method; the section is only written when there is one."""
    if not decoding:
        return "none"
    mode = (text(within(decoding, "mode")) or "other").lower().rpartition(".")[2]
    return _METHODS.get(mode, mode)


def _parallelism(world: JsonValue) -> str:
    """Describe the parallel sizes."""
    parts = []
    for key, letters in (("tp_size", "TP"), ("pp_size", "PP"), ("ep_size", "EP")):
        size = number(figure(within(world, key)))
        if size is not None and (size > 1 or key == "tp_size"):
            parts.append(f"{letters}{size:g}")
    return " ".join(parts)
