"""SGLang `bench_serving` results: JSON lines, appended run after run, in the old, new and router form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.figures import Figure, number
from specxl.sources.fields import figure, flat_stats, product, quotient, seconds, text, total_of
from specxl.sources.record import INTERFACE_VERSION, Reading, Record, flag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.sources.content import Content, JsonValue

_SETTINGS = (
    "tag",
    "dataset_name",
    "request_rate",
    "random_input_len",
    "random_output_len",
    "random_range_ratio",
    "sharegpt_output_len",
    "completed",
)
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
    router = any(key in server for key in _ROUTER_KEYS)
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
        parallelism=_parallelism(server),
        completed=completed,
        failure="no request completed" if number(completed) == 0 else "",
        accept_length=figure(row.get("accept_length")),
        length_factor=1.0 if figure(row.get("max_concurrency")) is not None and not _is_rate_limited(row) else None,
        variant=None if router else _variant(server),
        identity=tuple(str(row.get(key)) for key in _SETTINGS),
        tentative=frozenset({"model", "engine"}),
    )
    total = figure(row.get("total_throughput"))
    record.total_tok_s = total if total is not None else total_of((record.input_tok_s, record.output_tok_s))
    _set_lengths(record, row)
    _estimate_speed(record, row)
    return record


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


def _is_rate_limited(row: Mapping[str, JsonValue]) -> bool:
    """Whether requests came at a fixed rate; `Infinity` is no rate."""
    return number(figure(row.get("request_rate"))) is not None


def _set_lengths(record: Record, row: Mapping[str, JsonValue]) -> None:
    """Name the workload: fixed lengths as such, uniform draws by their bounds, since their means wander."""
    nominal = [number(figure(row.get(key))) for key in ("random_input_len", "random_output_len")]
    ratio = number(figure(row.get("random_range_ratio")))
    is_random = str(row.get("dataset_name", "")).startswith("random")
    if not is_random or nominal[0] is None or nominal[1] is None or ratio is None:
        record.workload = text(row.get("dataset_name")) if not is_random else None
    elif ratio == 1:
        record.isl, record.osl = nominal
    else:
        low = [max(int(length * ratio), 1) for length in nominal if length is not None]
        record.workload = f"{low[0]}-{nominal[0]:g} x {low[1]}-{nominal[1]:g} uniform"
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
