"""vLLM `bench serve` results: one object, appended JSON lines, sweep summaries, and the forks around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.figures import Figure, number
from specxl.sources.fields import figure, flat_stats, product, quotient, text, total_of
from specxl.sources.record import INTERFACE_VERSION, Reading, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.sources.content import Content, JsonValue

_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})-(\d{6})")
_RUN_FILE = re.compile(r"run=(\d+)\.json")
_SETTINGS = ("label", "request_rate", "burstiness")
_SWEPT = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
_METADATA = {
    "hardware": "hardware",
    "precision": "precision",
    "engine": "engine",
    "framework": "engine",
    "variant": "variant",
    "spec": "variant",
    "spec_method": "variant",
    "run_url": "run_url",
}


class VllmServe:
    """Reads the JSON that `vllm bench serve` and `benchmark_serving.py` write."""

    interface_version = INTERFACE_VERSION
    name = "vllm"
    title = "vLLM bench serve result"

    def recognises(self, content: Content) -> bool:
        """By the count of prompts beside a latency per output token in milliseconds or, in a fork, in seconds."""
        row = content.first
        latency = not row.keys().isdisjoint(("mean_tpot_ms", "median_tpot_ms", "median_tpot"))
        return "num_prompts" in row and "output_throughput" in row and latency and "hw" not in row

    def read(self, content: Content) -> Reading:
        """Read every run of the file."""
        run = _RUN_FILE.search(content.name)
        repeat = int(run[1]) if run else None
        return Reading(
            records=[_record(row, place, repeat) for place, row in content.objects],
            by_documentation=any("run_number" in row for _, row in content.objects),
        )


def _record(row: Mapping[str, JsonValue], place: int, repeat: int | None) -> Record:
    """Read one run. Throughput is that of the whole deployment; who served it, and on what, is for the user to say."""
    completed, sent = figure(row.get("completed")), figure(row.get("num_prompts"))
    stamp = _STAMP.match(str(row.get("date", "")))
    fork = "best_of" in row or "request_goodput:" in row or "median_tpot" in row
    record = Record(
        row=place,
        model=text(row.get("model_id")),
        engine=None if fork else "vllm",
        concurrency=figure(row.get("max_concurrency")),
        isl_mean=quotient(row.get("total_input_tokens"), completed),
        osl_mean=quotient(row.get("total_output_tokens"), completed),
        stats=flat_stats(row),
        total_tok_s=_total(row),
        output_tok_s=figure(row.get("output_throughput")),
        gpus=figure(row.get("gpus")) or product(row.get(key) for key in _SWEPT),
        date=f"{stamp[1]}-{stamp[2]}-{stamp[3]}" if stamp else None,
        run_order=stamp[4] if stamp else "",
        completed=completed,
        failed=_failed(row.get("failed"), sent, completed),
        failure="no request completed" if number(completed) == 0 else "",
        accept_length=figure(row.get("spec_decode_acceptance_length")),
        length_factor=None if _is_rate_limited(row.get("request_rate")) else 1.0,
        identity=_settings(row),
        repeat=repeat if "run_number" not in row else int(number(figure(row["run_number"])) or 0),
        tentative=frozenset({"model", "engine"}),
    )
    record.input_tok_s = _difference(record.total_tok_s, record.output_tok_s)
    _set_variant(record, row)
    for key, name in _METADATA.items():
        if name != "variant" and (value := text(row.get(key))) is not None:
            setattr(record, name, value)
            record.tentative -= {name}
    return record


def _total(row: Mapping[str, JsonValue]) -> Figure:
    """Return total tok/s: published, or the sum of its parts (the fork that writes seconds has no total)."""
    published = figure(row.get("total_token_throughput"))
    return published if published is not None else total_of((row.get("input_throughput"), row.get("output_throughput")))


def _difference(total: Figure, output: Figure) -> float | None:
    """Return input tok/s: the total less the output."""
    both, part = number(total), number(output)
    return both - part if both is not None and part is not None and both > part else None


def _failed(stated: JsonValue, sent: Figure, completed: Figure) -> Figure:
    """Return the failed requests: stated, or those that were sent and did not complete."""
    if (value := figure(stated)) is not None:
        return value
    asked, done = number(sent), number(completed)
    return max(asked - done, 0.0) if asked is not None and done is not None else None


def _is_rate_limited(rate: JsonValue) -> bool:
    """Whether requests came at a fixed rate: concurrency is then a limit, not the load."""
    value = number(figure(rate)) if str(rate) not in ("inf", "Infinity", "None") else None
    return value is not None


def _set_variant(record: Record, row: Mapping[str, JsonValue]) -> None:
    """Set speculation: stated as metadata, or shown by acceptance figures; without either it stays unknown.

    Acceptance figures show that speculation was on, not by which method, so the method may be stated by the user.
    """
    stated = next((value for key in ("spec", "spec_method", "variant") if (value := text(row.get(key)))), None)
    swept = text(row.get("speculative_config.method"))
    if stated or swept:
        record.variant = stated or swept
    elif any(key.startswith("spec_decode_") and value is not None for key, value in row.items()):
        record.variant = "other"
        record.tentative |= {"variant"}


def _settings(row: Mapping[str, JsonValue]) -> tuple[tuple[str, str], ...]:
    """Return what tells one configuration from another: label, load and the swept server options."""
    return tuple(
        (key, str(row[key]))
        for key in sorted(row)
        if key in _SETTINGS or key in _SWEPT or key.startswith("speculative_config.")
    )
