"""vLLM `bench serve` results: one object, appended JSON lines, sweep summaries, and the forks around them."""

from __future__ import annotations

import re
from math import ceil, inf
from typing import TYPE_CHECKING

from specxl.figures import Figure, number
from specxl.sources.fields import (
    figure,
    flat_stats,
    product,
    quotient,
    request_rate,
    says_synthetic,
    text,
    total_of,
)
from specxl.sources.record import INTERFACE_VERSION, Reading, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.sources.content import Content, JsonValue

_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})-(\d{6})")
_RUN_FILE = re.compile(r"run=(\d+)\.json")
_ROUNDING = 1e-6
_SETTINGS = ("label", "burstiness")
_SIZES = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
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
_RESULT = re.compile(
    r"date|endpoint_type|backend|label|(?:model|tokenizer)_id|best_of|num_prompts|request_(?:rate|goodput:?|throughput)|"
    r"burstiness|max_concurren.*|max_output_tokens_per_s|peak_.*|rtfx|duration|completed|failed|good_completed|.*_throughput|"
    r"total_.*|(?:mean|median|std|p[\d.]+)_.*|spec_decode_.*|benchmark_.*|run_number|input_lens|output_lens|"
    r"ttfts|tpots|itls|e2els|errors|start_times|generated_texts|gpus|.*_parallel_size"
)
"""What a result holds of itself; what else stands at its top level was swept, or given with `--metadata`."""


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
        records = [_record(row, place, repeat) for place, row in content.objects]
        if run:
            # A sweep writes what it swept into the names of its folders, and into no run of them.
            folder = content.name.replace("!", "/").rpartition("/")[0]
            for record in records:
                record.settings = (*record.settings, *_swept_by_name(folder))
        return Reading(records=records, by_documentation=any("run_number" in row for _, row in content.objects))


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
        gpus=figure(row.get("gpus")) or product(row.get(key) for key in _SIZES),
        date=f"{stamp[1]}-{stamp[2]}-{stamp[3]}" if stamp else None,
        run_order=stamp[4] if stamp else "",
        completed=completed,
        failed=_failed(row.get("failed"), sent, completed),
        failure="no request completed" if number(completed) == 0 else "",
        accept_length=figure(row.get("spec_decode_acceptance_length")),
        length_factor=1.0 if request_rate(row.get("request_rate")) in (None, inf) else None,
        identity=tuple((key, str(row[key])) for key in (*_SETTINGS, *_SIZES) if key in row),
        request_rate=request_rate(row.get("request_rate")),
        requests=sent,
        draft_tokens=_draft_tokens(row),
        settings=_settings(row),
        synthetic_acceptance=says_synthetic(row),
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


def _draft_tokens(row: Mapping[str, JsonValue]) -> Figure:
    """Return the most tokens drafted per step: as swept, else drafted tokens over drafts, which fall short at times."""
    stated = figure(row.get("speculative_config.num_speculative_tokens"))
    drafted = quotient(row.get("spec_decode_draft_tokens"), row.get("spec_decode_num_drafts"))
    return stated if stated is not None or drafted is None else ceil(drafted - _ROUNDING)


def _settings(row: Mapping[str, JsonValue]) -> tuple[tuple[str, str], ...]:
    """Return the server options that a sweep changed and what the user called the run, by name."""
    return tuple(
        (key, value)
        for key in sorted(row)
        if key not in _METADATA and not _RESULT.fullmatch(key) and key != "speculative_config.num_speculative_tokens"
        if (value := text(row[key])) is not None
    )


def _swept_by_name(folder: str) -> tuple[tuple[str, str], ...]:
    """Return what a folder such as "SERVE--max_num_seqs=64-BENCH--c16" says of the server as one setting."""
    name = next((part for part in reversed(folder.split("/")) if part.startswith("SERVE-")), "")
    server = name.removeprefix("SERVE-").partition("BENCH-")[0].strip("-")
    return (("server", server),) if server else ()
