"""InferenceX API rows: the answer of `GET /api/v1/benchmarks` (a bare JSON array), saved or fetched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

from specxl.errors import InputError
from specxl.figures import number
from specxl.sources.fields import cached_share, first_words, text
from specxl.sources.record import INFERENCEX_ATTRIBUTION, INTERFACE_VERSION, Reading, Record, flag

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from specxl.figures import Figure
    from specxl.sources.content import Content, JsonValue

FIXED_SEQUENCE_FACTOR = 0.9
"""InferenceX draws lengths uniformly from 0.8 to 1.0 of the nominal ones: the mean that Little's law sees."""
REQUIRED = ("hardware", "framework", "model", "precision", "isl", "osl", "conc", "metrics")
_NAMED_BY_RECORD = ("hardware", "framework", "model", "precision", "spec_method", "isl", "osl")
_LINKS_AND_IDS = ("id", "image", "date", "recipe_fingerprint", "offload_mode", "append_only")
_MEASURED = ("conc", "metrics", "workers", "error", "power_invalid_reasons", "power_audit")
_OUTSIDE_IDENTITY = frozenset((*_NAMED_BY_RECORD, *_LINKS_AND_IDS, *_MEASURED))
_LINK_ENDS = ("_id", "_ids", "_url", "_at", "_date")
_LINK_START = "curve_"
_SIZES_IN_METRICS = (
    "dp", "prefill_pp", "decode_pp", "dcp_size", "pcp_size",
    "prefill_dcp_size", "decode_dcp_size", "prefill_pcp_size", "decode_pcp_size",
)  # fmt: skip
"""Parallel sizes that newer rows carry among their metrics, because the source's table has no column for them."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a configuration says of its GPUs: counts by FORMATS 1.6, the source's own count, and the sizes in words."""

    gpus: Figure
    prefill_gpus: Figure
    decode_gpus: Figure
    gpus_as_published: Figure
    disaggregated: bool | None
    parallelism: str


class InferencexApi:
    """Reads rows with normalised keys; each becomes one record in the order of the file."""

    interface_version = INTERFACE_VERSION
    name = "inferencex-api"
    title = "InferenceX API answer"

    def recognises(self, content: Content) -> bool:
        """By the keys of the first row: `metrics` beside `hardware` and `framework`."""
        rows = content.first.get("rows")
        first = rows[0] if isinstance(rows, list) and rows else content.first
        return isinstance(first, dict) and {"metrics", "hardware", "framework"} <= first.keys()

    def read(self, content: Content) -> Reading:
        """Read every row; a row without the keys of the schema stops the file."""
        records: list[Record] = []
        known: dict[Hashable, Deployment] = {}
        for place, row in enumerate(_rows(content), 1):
            if not isinstance(row, dict):
                allowed = "objects with the keys of the API"
                raise InputError("the row is not an object", file=content.name, row=place, allowed=allowed)
            records.append(read_row(row, place, content.name, known))
        head = content.document if isinstance(content.document, dict) else {}
        return Reading(
            records=records,
            attribution=INFERENCEX_ATTRIBUTION,
            answer=True,
            answered_at=text(head.get("fetched_at")) or "",
        )


def _rows(content: Content) -> list[JsonValue]:
    """Return the rows of a bare array, of JSON lines, or of the file that `specxl fetch` writes around them."""
    document = content.document
    if isinstance(document, dict) and isinstance(document.get("rows"), list):
        return list(document["rows"])
    return document if isinstance(document, list) else [row for _, row in content.objects]


def read_row(row: Mapping[str, Any], number: int, file: str, known: dict[Hashable, Deployment]) -> Record:
    """Turn one API row into a record; also used for the rows of a database dump, which have the same keys.

    `known` remembers deployments by their configuration: a file holds few, each with many rows.
    """
    _check_keys(row, number, file)
    metrics: Mapping[str, Figure] = row["metrics"]
    agentic = row.get("benchmark_type", "single_turn") == "agentic_traces"
    identity = configuration(row)
    deployment = known.get(identity) or known.setdefault(identity, describe_deployment(row))
    record = Record(
        row=number,
        model=row["model"],
        hardware=row["hardware"],
        engine=row["framework"],
        precision=row["precision"],
        variant=row.get("spec_method"),
        workload="agentic-traces" if agentic else None,
        isl=row["isl"],
        osl=row["osl"],
        agentic=agentic,
        concurrency=row["conc"],
        stats=metrics,
        total_tok_s_gpu=metrics.get("tput_per_gpu"),
        output_tok_s_gpu=metrics.get("output_tput_per_gpu"),
        input_tok_s_gpu=metrics.get("input_tput_per_gpu"),
        failure=first_words(row.get("error")),
        length_factor=None if agentic else FIXED_SEQUENCE_FACTOR,
        identity=identity,
        recipe=text(row.get("recipe_fingerprint")),
        offload=text(row.get("offload_mode")),
    )
    if agentic:
        _set_agentic(record, metrics)
    _set_deployment(record, deployment)
    _set_run(record, row)
    return record


def _check_keys(row: Mapping[str, Any], number: int, file: str) -> None:
    """Refuse a row without the keys of the API."""
    missing = [key for key in REQUIRED if key not in row]
    if missing or not isinstance(row["metrics"], dict):
        raise InputError(
            "the key is missing" if missing else "the value is not an object",
            file=file,
            row=number,
            field=missing[0] if missing else "metrics",
            allowed="the keys of /api/v1/benchmarks",
            next_step="Save the answer of /api/v1/benchmarks without a `view` parameter",
        )


def _set_deployment(record: Record, deployment: Deployment) -> None:
    """Set what follows from the configuration; agentic rows count all GPUs whatever the serving mode."""
    record.per_role = bool(deployment.disaggregated) and not record.agentic
    record.gpus = deployment.gpus
    record.prefill_gpus = deployment.prefill_gpus
    record.decode_gpus = deployment.decode_gpus
    record.gpus_as_published = deployment.gpus_as_published
    record.disaggregated = deployment.disaggregated
    record.parallelism = deployment.parallelism


def _set_agentic(record: Record, metrics: Mapping[str, Figure]) -> None:
    """Set the mean lengths and what a cache served: of the GPUs, and of what lies behind them."""
    record.isl_mean = number(metrics.get("mean_input_tokens"))
    record.osl_mean = number(metrics.get("mean_output_tokens_actual"))
    near, far = metrics.get("server_gpu_cache_hit_rate"), metrics.get("server_external_cache_hit_rate")
    record.cached_share = cached_share(near, far if far is not None else metrics.get("server_cpu_cache_hit_rate"))


def _set_run(record: Record, row: Mapping[str, Any]) -> None:
    """Set when and where the row was measured.

    Newer rows name the snapshot of the curve that they belong to, which may be later than the run that measured them.
    """
    record.date = row.get("date")
    record.run_url = row.get("run_url")
    record.image = row.get("image")
    curve = text(row.get("curve_workflow_run_id"))
    record.run_order = str((row.get("run_started_at") if curve is None else row.get("curve_run_started_at")) or "")
    record.run = curve if curve is not None or record.run_url else text(row.get("workflow_run_id"))


def configuration(row: Mapping[str, Any]) -> Hashable:
    """Return every key of the row except concurrency, metrics, image, date, links, ids, and what the record names itself."""
    keys, metrics = _identity_keys(tuple(row)), row["metrics"]
    sizes = tuple([(key, str(metrics[key])) for key in _SIZES_IN_METRICS if key in metrics])
    return keys, tuple([str(row[key]) for key in keys]), sizes


@lru_cache(maxsize=1024)
def _identity_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of a configuration in their order; the rows of a file have a few sets of keys between them."""
    return tuple(sorted(key for key in keys if not _is_outside_identity(key)))


def _is_outside_identity(key: str) -> bool:
    """Whether a key says nothing of the configuration: a figure, an id, a link, a time, or what the record names."""
    return key in _OUTSIDE_IDENTITY or key.endswith(_LINK_ENDS) or key.startswith(_LINK_START)


def describe_deployment(row: Mapping[str, Any]) -> Deployment:
    """Work out what follows from the keys of a configuration alone."""
    disaggregated = flag(row.get("disagg"))
    gpus, prefill, decode = gpu_counts(row, disaggregated=bool(disaggregated))
    return Deployment(
        gpus,
        prefill,
        decode,
        gpus_as_published=_published_count(row, disaggregated=bool(disaggregated)),
        disaggregated=disaggregated,
        parallelism=parallelism(row, disaggregated=bool(disaggregated)),
    )


def gpu_counts(row: Mapping[str, Any], *, disaggregated: bool) -> tuple[Figure, Figure, Figure]:
    """Return all, prefill and decode GPUs by evidence (`num_gpus` first), not by the API's own count.

    The API's `num_prefill_gpu` is tp x ep, which counts twice on one node when experts share the GPUs of the tensor
    groups, and mirrors itself in `num_decode_gpu` for aggregated rows. Disaggregated rows that are not multi-node
    (December 2025) carry wrong role counts; only their tp can be trusted.
    """
    prefill, decode = row.get("num_prefill_gpu"), row.get("num_decode_gpu")
    multinode = bool(flag(row.get("is_multinode")))
    stated = row.get("num_gpus")
    if multinode and (disaggregated or not decode):
        both = _sum(prefill, decode)
        return stated or both, (prefill if disaggregated else None), (decode if disaggregated else None)
    return stated or _times(row.get("prefill_tp"), row.get("prefill_pp"), row.get("prefill_pcp_size")), None, None


def _published_count(row: Mapping[str, Any], *, disaggregated: bool) -> Figure:
    """Return the count a reader of the API would take: both roles together, or one of the mirrored counts."""
    prefill, decode = row.get("num_prefill_gpu"), row.get("num_decode_gpu")
    return _sum(prefill, decode) if disaggregated else prefill


def _sum(first: object, second: object) -> Figure:
    """Add two counts; None when a count is missing."""
    return first + second if isinstance(first, int) and isinstance(second, int) else None


def _times(tensor: object, *others: object) -> Figure:
    """Multiply parallel sizes, where a missing pipeline or context size counts as 1."""
    if not isinstance(tensor, int):
        return None
    return prod((tensor, *(size for size in others if isinstance(size, int) and size > 0)))


def parallelism(row: Mapping[str, Any], *, disaggregated: bool) -> str:
    """Describe the deployment: "TP8 EP8", or "prefill 2x TP4, decode TP8 EP8 DPA" when the roles are apart."""
    prefill, decode = (_role(row, role) for role in ("prefill", "decode"))
    if disaggregated and flag(row.get("is_multinode")):
        return f"prefill {prefill}, decode {decode}"
    return prefill


def _role(row: Mapping[str, Any], role: str) -> str:
    """Describe the parallel sizes of one role."""
    workers, tensor = row.get(f"{role}_num_workers"), row.get(f"{role}_tp")
    parts = [f"{workers}x"] if isinstance(workers, int) and workers > 1 else []
    parts += [f"TP{tensor}"] if tensor else []
    parts += [
        f"{letters}{size}"
        for key, letters in (("pp", "PP"), ("pcp_size", "PCP"), ("dcp_size", "DCP"), ("ep", "EP"))
        if isinstance(size := row.get(f"{role}_{key}"), int) and size > 1
    ]
    return " ".join([*parts, "DPA"] if flag(row.get(f"{role}_dp_attention")) else parts)
