"""Addresses, paths, users and tokens that stand where a name is expected: none of them leaves the file."""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_row, load_rows, write_json
from support.tables import pair_rows, write_table

from specxl.reading.dataset import DatasetOptions, collect

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House
    from specxl.reading.dataset import Dataset


def _all_text(dataset: Dataset) -> str:
    """Everything that a data set hands on."""
    parts = [*map(str, dataset.notices), *dataset.attribution]
    parts += [str(value) for item in (*dataset.measurements, *dataset.files) for value in astuple(item)]
    return "\n".join(parts)


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("framework", "/home/SECRET/engines/vllm", "vllm"),
        ("framework", "https://SECRET:SECRET@h.SECRET.corp:8000/serve/sglang?token=SECRET", "sglang"),
        ("framework", "SECRET.corp:8000", "unknown"),
        ("framework", "vllm --api-key SECRET", "vllm"),
        ("image", "registry.SECRET.corp:5000/SECRET/vllm:v1?token=SECRET", "vllm:v1"),
        ("image", "/scratch/SECRET/vllm.sif", "vllm.sif"),
        ("model", "C:\\Users\\SECRET\\models\\dsr1", "dsr1"),
        ("model", "\\\\SECRET\\share\\dsr1", "dsr1"),
        ("model", "dsr1?token=SECRET", "dsr1"),
        ("model", "dsr1 --api-key SECRET -v", "dsr1"),
        ("run_url", "https://github.com/a/b/actions/runs/1?token=SECRET", "https://github.com/a/b/actions/runs/1"),
        ("run_url", "https://github.com/login?return_to=SECRET", ""),
        ("run_url", "https://ci.SECRET.corp/7", ""),
    ],
)
def test_api_rows(tmp_path: Path, house: House, field: str, value: str, shown: str) -> None:
    """The harmless last part stays, and the row is used as before."""
    dataset = load_rows(tmp_path, house, api_row(**{field: value}))

    row = dataset.measurements[0]
    assert getattr(row, {"framework": "engine"}.get(field, field)) == shown
    assert row.usable
    assert "SECRET" not in _all_text(dataset)


@pytest.mark.parametrize(
    ("changes", "engine", "workload"),
    [
        ({"backend": "http://SECRET.corp:30000"}, "unknown", "1024x1024"),
        ({"backend": "http://SECRET:30000/sglang?key=SECRET"}, "sglang", "1024x1024"),
        ({"dataset_name": "/data/SECRET/sharegpt.json"}, "sglang", "sharegpt.json"),
        ({"dataset_name": "C:\\SECRET\\chats.jsonl"}, "sglang", "chats.jsonl"),
        ({"tag": "SECRET", "server_info": {"api_key": "SECRET", "admin_api_key": "SECRET", "host": "SECRET"}}, "sglang", "1024x1024"),
    ],
)  # fmt: skip
def test_sglang_lines(tmp_path: Path, house: House, changes: dict[str, Any], engine: str, workload: str) -> None:
    """The backend may be an address, the data set a path; keys and hosts of the server are never copied."""
    row = {"backend": "sglang", "dataset_name": "random", "random_input_len": 1024, "random_output_len": 1024}
    row |= {"random_range_ratio": 1.0, "completed": 4, "total_input_tokens": 4096, "total_output_tokens": 4096}
    row |= {"total_output_tokens_retokenized": 4090, "output_throughput": 100.0, "total_throughput": 200.0}
    row |= {"median_tpot_ms": 10.0, "max_concurrency": 4}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row | changes))

    settings = ("model=dsr1", "hardware=h200", "gpus=8")
    dataset = collect([path], house, DatasetOptions(settings=settings))

    assert [(m.engine, m.workload, m.usable) for m in dataset.measurements] == [(engine, workload, True)]
    assert "SECRET" not in _all_text(dataset)


@pytest.mark.parametrize("spoil", ["image", "engine", "run_url", "model", "configuration", "parallelism"])
def test_tidy_tables(tmp_path: Path, house: House, spoil: str) -> None:
    """A table made by hand may carry the same."""
    values = {
        "image": "SECRET@SECRET.corp/x/sglang:1",
        "engine": "ssh://SECRET@SECRET/opt/sglang",
        "run_url": "https://github.com/o/r/actions/runs/3#SECRET",
        "model": "\\\\SECRET\\dsr1",
        "configuration": "large batch --api-key SECRET C:\\SECRET\\x /home/SECRET/y ~/SECRET/z",
        "parallelism": "TP8/EP8 --key=SECRET",
    }
    table = write_table(tmp_path / "t.csv", pair_rows(**{spoil: values[spoil]}))

    dataset = collect([table], house, DatasetOptions())

    assert all(m.usable for m in dataset.measurements)
    assert {m.model for m in dataset.measurements} == {"dsr1"}
    assert "SECRET" not in _all_text(dataset)


@pytest.mark.parametrize(
    "document",
    [
        {"benchmarks": [{"metrics": {"inter_token_latency_ms": {"successful": {"median": 9}}}, "config": {"backend": {"target": "SECRET"}}}], "args": {"target": "http://SECRET", "backend_kwargs": {"api_key": "SECRET"}}},
        {"request_throughput": {"unit": "r/s", "avg": 2}, "request_latency": {"unit": "ms", "avg": 9}, "input_config": {"endpoint": {"urls": ["SECRET"], "api_key": "SECRET"}, "cli_command": "aiperf SECRET"}, "error_summary": [{"error_details": {"message": "SECRET"}, "count": 2}]},
        {"engine": {"engine_dir": "/SECRET", "model_path": "/SECRET"}, "world_info": {}, "request_info": {}, "performance": {}, "dataset": {"path": "SECRET"}},
        {"load_summary": {"requested_rate": 1}, "successes": {"count": 1, "latency": {}}, "failures": {"by_label": {"SECRET": {"messages": [{"message": "SECRET"}]}}}},
        {"num_prompts": 3, "output_throughput": 3.0, "median_tpot_ms": 9.0, "endpoint": "http://SECRET", "generated_texts": ["SECRET"], "errors": ["SECRET"]},
    ],
)  # fmt: skip
def test_what_other_tools_write_beside_their_figures(tmp_path: Path, house: House, document: dict[str, Any]) -> None:
    """Targets, keys, command lines, paths and error texts stay behind, whether a row can be used or not."""
    path = write_json(tmp_path / "r.json", document)

    dataset = collect([path], house, DatasetOptions(settings=("model=m", "hardware=h200", "gpus=8")))

    assert len(dataset.measurements) == 1
    assert "SECRET" not in _all_text(dataset)
