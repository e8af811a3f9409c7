"""What fixed-sequence and agentic rows of InferenceX CI aggregates have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.figures import number
from specxl.sources.fields import figure, says_synthetic, text
from specxl.sources.record import Record, flag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.sources.content import JsonValue

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def identity_record(row: Mapping[str, JsonValue], place: int) -> Record:
    """Build a record with what fixed-sequence and agentic rows name alike."""
    spec = row.get("spec_decoding", row.get("mtp"))
    variant = text(spec) if not isinstance(spec, bool) else ("on" if spec else "none")
    completed = figure(row.get("num_requests_successful"))
    return Record(
        row=place,
        model=text(row.get("infmax_model_prefix")) or text(row.get("model")),
        hardware=text(row.get("hw")),
        engine=text(row.get("framework")),
        precision=text(row.get("precision")),
        variant="" if spec == "" else variant,
        concurrency=figure(row.get("conc")),
        parallelism=parallelism(row),
        date=_date(row),
        run_url=text(row.get("run_url")),
        image=(text(row.get("image")) or "").replace("#", "/") or None,
        completed=completed,
        synthetic_acceptance=says_synthetic(row),
        identity=tuple(str(row.get(key)) for key in ("is_multinode", "router", "kv_p2p_transfer", "mtp")),
        recipe=text(row.get("recipe_fingerprint")),
        offload=_offload(row),
    )


def _offload(row: Mapping[str, JsonValue]) -> str | None:
    """Return where the key-value cache may spill to: "dram lmcache", "none"; the eras call it by different names."""
    target = text(row.get("kv_offloading")) or text(row.get("offloading")) or text(row.get("offload_mode"))
    backend = row.get("kv_offload_backend")
    name = text(backend.get("name")) if isinstance(backend, dict) else text(backend)
    return " ".join(dict.fromkeys(part for part in (target, name) if part)) or None


def _date(row: Mapping[str, JsonValue]) -> str | None:
    """Return the date if the row has one; the usual files have none, and the file's own time is not the run's."""
    value = text(row.get("date")) or text(row.get("timestamp"))
    return value if value and _ISO_DATE.match(value) else None


def parallelism(row: Mapping[str, JsonValue]) -> str:
    """Describe the deployment as the API reader does, from `tp`, `ep`, ... or their `prefill_` and `decode_` forms."""
    if row.get("prefill_tp") is not None and flag(row.get("disagg")):
        return f"prefill {_sizes(row, 'prefill_')}, decode {_sizes(row, 'decode_')}"
    return _sizes(row, "prefill_" if row.get("tp") is None else "")


def _sizes(row: Mapping[str, JsonValue], prefix: str) -> str:
    """Describe one role."""
    workers = number(figure(row.get(f"{prefix}num_workers"))) if prefix else None
    parts = [f"{workers:g}x"] if workers is not None and workers > 1 else []
    for key, letters in (("tp", "TP"), ("pp", "PP"), ("pcp_size", "PCP"), ("dcp_size", "DCP"), ("ep", "EP")):
        size = number(figure(row.get(f"{prefix}{key}")))
        if size is not None and (size > 1 or key == "tp"):
            parts.append(f"{letters}{size:g}")
    return " ".join([*parts, "DPA"] if flag(row.get(f"{prefix}dp_attention")) else parts)
