"""What a content that no reader takes comes nearest to, so that a refusal names one format and what it would need."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.sources.tidy import COLUMNS, REQUIRED, SPEED, canonical_names, missing_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from specxl.sources.content import Content


@dataclass(frozen=True, slots=True)
class _Form:
    """A JSON format: the keys its reader asks for, each as one or several of which one is enough, and others it has."""

    title: str
    needed: tuple[tuple[str, ...], ...]
    usual: tuple[str, ...]


_FORMS = (
    _Form(
        "an InferenceX API answer",
        (("hardware",), ("framework",), ("metrics",)),
        ("conc", "isl", "osl", "precision", "spec_method", "decode_tp", "prefill_tp", "run_url", "tput_per_gpu"),
    ),
    _Form(
        "an InferenceX CI aggregate",
        (("hw",), ("conc",), ("tput_per_gpu", "request_metrics", "scenario_type")),
        ("framework", "precision", "spec_decoding", "median_tpot", "median_intvty", "infmax_model_prefix", "tp", "ep"),
    ),
    _Form(
        "a vLLM bench serve result",
        (("num_prompts",), ("output_throughput",), ("median_tpot_ms", "mean_tpot_ms")),
        (
            "max_concurrency",
            "request_rate",
            "total_token_throughput",
            "request_throughput",
            "model_id",
            "tokenizer_id",
            "endpoint_type",
            "burstiness",
        ),
    ),
    _Form(
        "an SGLang bench_serving result",
        (("total_output_tokens_retokenized",),),
        (
            "random_input_len",
            "random_output_len",
            "server_info",
            "sharegpt_output_len",
            "accept_length",
            "total_throughput",
        ),
    ),
    _Form(
        "an AIPerf or GenAI-Perf export",
        (("request_throughput",), ("request_latency",)),
        ("inter_token_latency", "time_to_first_token", "input_config", "output_token_throughput", "aiperf_version"),
    ),
    _Form(
        "a GuideLLM report",
        (("benchmarks",),),
        ("metadata", "args", "inter_token_latency_ms", "request_totals", "guidellm_version"),
    ),
    _Form(
        "a trtllm-bench report",
        (("engine",), ("world_info",), ("request_info",), ("performance",)),
        ("streaming_metrics", "decoding_stats", "machine", "dataset"),
    ),
    _Form(
        "an inference-perf stage report",
        (("load_summary",), ("successes",), ("failures",)),
        ("benchmark_time_seconds", "latency", "throughput", "prompt_len", "output_len"),
    ),
)
_KNOWN = frozenset(key for form in _FORMS for group in (*form.needed, form.usual) for key in group)
_DISTINCT = _KNOWN - {
    *("hardware", "framework", "metrics", "model", "engine", "metadata", "args", "tp", "ep", "latency", "throughput"),
    *("dataset", "machine", "performance", "failures", "successes", "hw", "precision", "benchmarks"),
}
"""Keys that hardly any other file has."""
_KEY = re.compile(r'"([a-z][a-z0-9_]{1,40})"\s*:')
_COLUMN_NAME = re.compile(r"[A-Za-z][\w .()/%-]{0,29}")


def describe(content: Content) -> str:
    """Say in a few words what the content looks like; of unknown text nothing but names that a table could have."""
    if content.is_binary:
        return "it holds binary data"
    if content.looks_like_json:
        keys = _listed(key for key in content.first if _COLUMN_NAME.fullmatch(key))
        return f"it is JSON with the keys {keys}" if keys else "it is JSON without any object"
    names = [name for name in content.header if _COLUMN_NAME.fullmatch(name)]
    known = set(canonical_names(names)) & set(COLUMNS)
    if not known:
        return "it is text without a header that is known"
    return f"it is text that begins with the columns {_listed(names)}"


def nearest_format(content: Content) -> tuple[str, float]:
    """Return what the nearest format would need, in words, and how near it is from 0 to 1; empty when none is near."""
    if content.looks_like_json:
        return _nearest_form(set(_keys_of(content.first)))
    present = set(canonical_names(content.header)) & set(COLUMNS)
    lacking = missing_columns(content.header)
    if not present and len(content.header) > len(REQUIRED):
        return f"a tidy table needs the columns {_listed(lacking)}", 0.0
    if not present or len(lacking) > len(REQUIRED):
        return "", 0.0
    return f"a tidy table also needs the columns {_listed(lacking)}", len(present) / len((*REQUIRED, SPEED))


def looks_like_results(text: str, *, cut: bool) -> bool:
    """Whether a text that cannot be parsed shows keys of benchmark results: two of their own; one if it is merely cut."""
    keys = {match[1] for match in _KEY.finditer(text)}
    return bool(keys & _KNOWN) if cut else len(keys & _DISTINCT) > 1


def _keys_of(first: dict[str, object]) -> Iterable[str]:
    """Yield the keys of an object, and those of the objects right below it."""
    for key, value in first.items():
        yield key
        if isinstance(value, dict):
            yield from (inner for inner in value if isinstance(inner, str))


def _nearest_form(keys: set[str]) -> tuple[str, float]:
    """Return the JSON format with the largest share of its keys present."""
    scores = [(_score(form, keys), form) for form in _FORMS]
    score, form = max(scores, key=lambda pair: pair[0])
    if score <= 0:
        return "", 0.0
    lacking = [" or ".join(f"`{key}`" for key in group) for group in form.needed if keys.isdisjoint(group)]
    if not lacking:
        return f"it comes nearest to {form.title}, whose keys stand in another place or hold something else", score
    return f"it comes nearest to {form.title}, which also needs {', '.join(lacking)}", score


def _score(form: _Form, keys: set[str]) -> float:
    """Weigh a format: needed keys count three times, and a key that many files have is not enough."""
    if not keys & _DISTINCT & {key for group in (*form.needed, form.usual) for key in group}:
        return 0.0
    needed = sum(not keys.isdisjoint(group) for group in form.needed)
    return (3 * needed + len(keys & set(form.usual))) / (3 * len(form.needed) + len(form.usual))


def _listed(names: Iterable[str]) -> str:
    """Show the first names."""
    return ", ".join(f"`{clean_label(name, limit=30)}`" for name in list(names)[:6])
