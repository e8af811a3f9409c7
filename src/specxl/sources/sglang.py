"""SGLang `bench_serving` results: JSON lines, appended run after run, in the old, new and router form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.figures import Figure, number
from specxl.labels import bare_name
from specxl.sources.fields import (
    figure,
    flat_stats,
    product,
    quotient,
    request_rate,
    says_synthetic,
    seconds,
    text,
    total_of,
)
from specxl.sources.record import INTERFACE_VERSION, Reading, Record, flag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.sources.content import Content, JsonValue

_SETTINGS = (
    "tag",
    "dataset_name",
    "random_input_len",
    "random_output_len",
    "random_range_ratio",
    "sharegpt_output_len",
)
_OPTIONS = (
    "speculative_num_steps",
    "speculative_eagle_topk",
    "max_running_requests",
    "max_total_tokens",
    "chunked_prefill_size",
    "mem_fraction_static",
    "schedule_policy",
    "attention_backend",
    "kv_cache_dtype",
    "disable_radix_cache",
    "enable_torch_compile",
    "enable_dp_attention",
    "enable_two_batch_overlap",
    "enable_hierarchical_cache",
)
"""Server options that studies sweep; each is a setting of its own."""
_ROUTER_KEYS = ("prefill", "decode")
_QUANTIZATIONS = {"modelopt_fp4": "fp4", "petit_nvfp4": "fp4", "modelopt_fp8": "fp8", "w8a8_fp8": "fp8"}
"""Names that say how the weights were made as well as what they are."""
_DRAFTED_BY_ITSELF = ("EAGLE", "NEXTN")


class Sglang:
    """Reads the lines; of `server_info` only listed fields, because it holds keys and command lines as well."""

    interface_version = INTERFACE_VERSION
    name = "sglang"
    title = "SGLang bench_serving result"

    def recognises(self, content: Content) -> bool:
        """By the count of retokenized output tokens, which only this tool writes."""
        return "total_output_tokens_retokenized" in content.first

    def read(self, content: Content) -> Reading:
        """Read every line."""
        return Reading(
            records=[_record(row, line) for line, row in content.objects],
            by_documentation=any("server_info" in row for _, row in content.objects),
        )


def _record(row: Mapping[str, JsonValue], line: int) -> Record:
    """Read one run; lengths are means of what was sent, since nominal random lengths are upper bounds here."""
    info = row.get("server_info")
    server: Mapping[str, JsonValue] = info if isinstance(info, dict) else {}
    roles = _roles(server)
    router = any(key in server for key in _ROUTER_KEYS)
    server = _behind_router(roles) if roles else server
    completed, quantization = figure(row.get("completed")), text(server.get("quantization"))
    record = Record(
        row=line,
        model=text(server.get("model_path")),
        engine=_engine(row.get("backend")),
        precision=_QUANTIZATIONS.get(quantization, quantization) if quantization else None,
        concurrency=figure(row.get("max_concurrency")),
        isl_mean=quotient(row.get("total_input_tokens"), completed),
        osl_mean=quotient(row.get("total_output_tokens"), completed),
        stats=flat_stats(row),
        output_tok_s=figure(row.get("output_throughput")),
        input_tok_s=_input(row),
        gpus=None if router else _gpus(server),
        disaggregated=_serving(server, router=router),
        parallelism=", ".join(f"{role} {_parallelism(info)}" for role, info in roles.items()) or _parallelism(server),
        completed=completed,
        failure="no request completed" if number(completed) == 0 else "",
        accept_length=figure(row.get("accept_length")),
        length_factor=1.0 if figure(row.get("max_concurrency")) is not None and not _is_rate_limited(row) else None,
        variant=_variant(server) if roles or not router else None,
        identity=tuple(str(row.get(key)) for key in _SETTINGS),
        request_rate=request_rate(row.get("request_rate")),
        requests=completed,
        draft_tokens=None if text(server.get("speculative_algorithm")) is None else _draft_tokens(server),
        settings=tuple((key, value) for key in _OPTIONS if (value := text(server.get(key))) is not None),
        synthetic_acceptance=says_synthetic(server),
        tentative=frozenset({"model", "engine"}),
    )
    total = figure(row.get("total_throughput"))
    record.total_tok_s = total if total is not None else total_of((record.input_tok_s, record.output_tok_s))
    _set_lengths(record, row)
    _estimate_speed(record, row)
    return record


def _roles(server: Mapping[str, JsonValue]) -> dict[str, Mapping[str, JsonValue]]:
    """Return the first server of each role behind a router; the servers of a role are alike."""
    lists = {role: server.get(role) for role in _ROUTER_KEYS}
    firsts = {role: held[0] if isinstance(held, list) and held else held for role, held in lists.items()}
    return {role: first for role, first in firsts.items() if isinstance(first, dict)}


def _behind_router(roles: Mapping[str, Mapping[str, JsonValue]]) -> Mapping[str, JsonValue]:
    """Return what the roles say of the deployment: what they agree on, and the speculation of the one that decodes."""
    said: dict[str, JsonValue] = {}
    for key in ("model_path", "quantization"):
        values = [info[key] for info in roles.values() if key in info]
        if values and all(value == values[0] for value in values):
            said[key] = values[0]
    decode = roles.get("decode", {})
    return said | {key: value for key, value in decode.items() if key.startswith("speculative_")}


def _engine(backend: JsonValue) -> str | None:
    """Return the engine that the client's backend names; "sglang-oai" and the like are SGLang too."""
    name = text(backend)
    return "sglang" if name and name.startswith("sglang") else name


def _input(row: Mapping[str, JsonValue]) -> Figure:
    """Return input tok/s; the old schema gives tokens and duration only."""
    published = figure(row.get("input_throughput"))
    return published if published is not None else quotient(row.get("total_input_tokens"), row.get("duration"))


def _gpus(server: Mapping[str, JsonValue]) -> int | None:
    """Count GPUs: tp x pp, times dp unless attention alone is data-parallel (then dp shares the tp GPUs)."""
    sizes = [server.get("tp_size"), server.get("pp_size")]
    return product(sizes if flag(server.get("enable_dp_attention")) else [*sizes, server.get("dp_size")])


def _serving(server: Mapping[str, JsonValue], *, router: bool) -> bool | None:
    """Whether prefill and decode are apart; unknown without server info."""
    if router:
        return True
    mode = text(server.get("disaggregation_mode"))
    return (mode not in (None, "null", "none")) if server else None


def _parallelism(server: Mapping[str, JsonValue]) -> str:
    """Describe the parallel sizes."""
    parts = []
    for key, letters in (("tp_size", "TP"), ("pp_size", "PP"), ("dp_size", "DP"), ("ep_size", "EP")):
        size = number(figure(server.get(key)))
        if size is not None and (size > 1 or key == "tp_size"):
            parts.append(f"{letters}{size:g}")
    return " ".join([*parts, "DPA"] if flag(server.get("enable_dp_attention")) else parts)


def _variant(server: Mapping[str, JsonValue]) -> str | None:
    """Return the speculative method: null is an explicit "off", and a model's own draft head is MTP for DeepSeek."""
    if "speculative_algorithm" not in server:
        return None
    method = text(server["speculative_algorithm"])
    if method is None:
        return "none"
    own_head = method.upper() in _DRAFTED_BY_ITSELF and text(server.get("speculative_draft_model_path")) is None
    return "mtp" if own_head and "deepseek" in str(server.get("model_path", "")).lower() else method.lower()


def _draft_tokens(server: Mapping[str, JsonValue]) -> Figure:
    """Return the tokens drafted per step."""
    return figure(server.get("speculative_num_draft_tokens"))


def _is_rate_limited(row: Mapping[str, JsonValue]) -> bool:
    """Whether requests came at a fixed rate; `Infinity` is no rate."""
    return number(figure(row.get("request_rate"))) is not None


def _set_lengths(record: Record, row: Mapping[str, JsonValue]) -> None:
    """Name the workload: fixed lengths as such, uniform draws by their bounds, since their means wander."""
    nominal = [number(figure(row.get(key))) for key in ("random_input_len", "random_output_len")]
    ratio = number(figure(row.get("random_range_ratio")))
    is_random = str(row.get("dataset_name", "")).startswith("random")
    is_told = is_random and nominal[0] is not None and nominal[1] is not None and ratio is not None and 0 <= ratio <= 1
    if is_told and ratio == 1:
        record.isl, record.osl = nominal
    elif is_told:
        low = [max(int(length * (ratio or 0)), 1) for length in nominal if length is not None]
        record.workload = f"{low[0]}-{nominal[0]:g} x {low[1]}-{nominal[1]:g} uniform"
    elif not is_random:
        record.workload = bare_name(text(row.get("dataset_name")) or "") or None
    record.tentative |= {"workload"}


def _estimate_speed(record: Record, row: Mapping[str, JsonValue]) -> None:
    """Estimate TPOT where the old schema has none: (median latency - median TTFT) / (mean output tokens - 1)."""
    if "median_tpot" in record.stats:
        return
    latency, first = seconds(row.get("median_e2e_latency_ms")), seconds(row.get("median_ttft_ms"))
    if latency is None or first is None or record.osl_mean is None or record.osl_mean <= 1 or latency <= first:
        return
    record.stats = {**record.stats, "median_tpot": (latency - first) / (record.osl_mean - 1)}
    record.estimated = "median_tpot"
    record.definition = "TPOT, estimated as (median latency - median TTFT) / (mean output tokens - 1)"
