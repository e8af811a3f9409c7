"""Whatever a file holds, reading it ends in rows or in one clear error, never in a traceback."""

from __future__ import annotations

import json
import math
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.rows import api_row

from specxl.errors import SpecxlError
from specxl.reading.dataset import DatasetOptions, collect
from specxl.sources.content import Content
from specxl.sources.registry import BUILT_IN

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

SETTINGS = ("gpus=8", "hardware=h200", "model=m")
STRANGE: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 1e308, 5e-324, "1e400", "0", "nan", "\ud800", "=1+1", "2026-13-45", [1], {"a": 1}, [], {}]),
    st.text(max_size=8),
)
KEYS = [
    "hw",
    "conc",
    "model",
    "framework",
    "precision",
    "spec_decoding",
    "disagg",
    "is_multinode",
    "tp",
    "ep",
    "pp",
    "isl",
    "osl",
    "tput_per_gpu",
    "median_tpot",
    "median_intvty",
    "scenario_type",
    "request_metrics",
    "num_requests_total",
    "num_requests_successful",
    "date",
    "run_url",
    "image",
    "mtp",
    "num_prompts",
    "completed",
    "output_throughput",
    "total_token_throughput",
    "median_tpot_ms",
    "mean_ttft_ms",
    "request_rate",
    "max_concurrency",
    "total_input_tokens",
    "total_output_tokens",
    "failed",
    "run_number",
    "spec_decode_acceptance_length",
    "total_output_tokens_retokenized",
    "server_info",
    "accept_length",
    "random_input_len",
    "random_output_len",
    "random_range_ratio",
    "dataset_name",
    "median_e2e_latency_ms",
    "median_ttft_ms",
    "engine",
    "world_info",
    "request_info",
    "performance",
    "streaming_metrics",
    "decoding_stats",
    "machine",
    "benchmarks",
    "args",
    "hardware",
    "metrics",
    "rows",
    "points",
    "scores",
    "data",
    "prefill_tp",
    "num_prefill_gpu",
]
SHAPES: tuple[dict[str, Any], ...] = (
    {"hw": "b200", "conc": 4, "tput_per_gpu": 1.0, "median_tpot": 0.1, "tp": 4},
    {"hw": "b200", "conc": 4, "request_metrics": {"latency": {"itl": {"p90": 1}}, "throughput": {"per_gpu": {}}}},
    {"num_prompts": 4, "completed": 4, "output_throughput": 9.0, "total_token_throughput": 18.0, "median_tpot_ms": 9.0},
    {"total_output_tokens_retokenized": 9, "completed": 3, "server_info": {"tp_size": 8}, "output_throughput": 4.0},
    {
        "engine": {},
        "world_info": {},
        "request_info": {},
        "performance": {},
        "streaming_metrics": {"tpot_percentiles": {}},
    },
    {"benchmarks": [{"metrics": {"inter_token_latency_ms": {"successful": {"median": 3}}}, "config": {}}]},
    {"request_throughput": {"unit": "r", "avg": 1}, "request_latency": {"unit": "ms", "avg": 1}, "input_config": {}},
)


def _collect(folder: Path, house: House, data: bytes, statistic: str = "median") -> None:
    (folder / "input").write_bytes(data)
    try:
        dataset = collect([folder / "input"], house, DatasetOptions(settings=SETTINGS, statistic=statistic))
    except SpecxlError:
        return
    for m in dataset.measurements:
        figures = (m.interactivity_tok_s_user, m.total_tok_s_gpu, m.output_tok_s_gpu, m.concurrency, m.ttft_p99_s)
        assert all(f is None or (math.isfinite(f) and f > 0) for f in figures)
        assert m.usable == (m.interactivity_tok_s_user is not None and m.total_tok_s_gpu is not None and not m.excluded)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.sampled_from(SHAPES),
    changes=st.dictionaries(st.sampled_from(KEYS), STRANGE, max_size=6),
    statistic=st.sampled_from(["median", "p99"]),
)
def test_any_value_under_any_known_key(
    tmp_path: Path, house: House, shape: dict[str, Any], changes: dict[str, Any], statistic: str
) -> None:
    """Known formats with strange values under their keys."""
    _collect(tmp_path, house, json.dumps([shape | changes, shape]).encode(), statistic)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(st.sampled_from(sorted(api_row())), STRANGE, max_size=5),
    metrics=st.dictionaries(st.sampled_from(sorted(api_row()["metrics"])), STRANGE, max_size=5),
)
def test_any_value_in_an_api_row(
    tmp_path: Path, house: House, changes: dict[str, Any], metrics: dict[str, Any]
) -> None:
    """API rows with strange values under any key and metric."""
    row = api_row()
    row = row | {"metrics": row["metrics"] | metrics} | changes
    _collect(tmp_path, house, json.dumps([row, api_row()]).encode())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.sampled_from([b"\x1f\x8b", b"PK\x03\x04", b"PAR1", b"\xff\xfe", b"[", b"{", b"# x\n"]).flatmap(
            lambda start: st.binary(max_size=50).map(lambda rest: start + rest)
        ),
    )
)
def test_any_bytes(tmp_path: Path, house: House, data: bytes) -> None:
    """Bytes of any kind."""
    _collect(tmp_path, house, data)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.sampled_from(
        [
            "model,hardware,total_tok_s_gpu,interactivity_tok_s_user,concurrency,gpus,published_page,date",
            "model;hardware;total_tok_s_gpu;tpot_median_s;prefill_gpus;decode_gpus;per_role;serving",
            "Hardware Key,Framework,Precision,Concurrency,Throughput/GPU (tok/s),Median TPOT (s),Spec Decoding",
            "Metric,avg,min,max,p50",
        ]
    ),
    rows=st.lists(st.lists(st.text(max_size=10), max_size=9), max_size=4),
)
def test_any_table(tmp_path: Path, house: House, header: str, rows: list[list[str]]) -> None:
    """Tables of the known headers with any cells."""
    delimiter = ";" if ";" in header else ","
    text = "\n".join([header, *(delimiter.join(row) for row in rows)])
    _collect(tmp_path, house, text.encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        STRANGE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    )
)
def test_recognising_never_raises(value: Any) -> None:  # noqa: ANN401
    """No reader's recognition fails on any JSON value."""
    content = Content("input", json.dumps(value).encode())

    assert [source.recognises(content) for source in BUILT_IN].count(True) <= len(BUILT_IN)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\nb.json", "\u202egpj.json", "x" * 200 + ".json"])
def test_hostile_file_names_are_cleaned(tmp_path: Path, house: House, name: str) -> None:
    """Names inside archives are shown cleaned and open nothing on disk."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, json.dumps([api_row()]))

    dataset = collect([tmp_path / "a.zip"], house, DatasetOptions())

    shown = dataset.measurements[0].source_file
    assert shown.startswith("a.zip!")
    assert shown.isprintable()
    assert len(shown) <= 130
