"""Hand-made result rows for the tests of reading: sound ones, which each test changes where it needs to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from specxl.reading.dataset import Dataset, DatasetOptions, load

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House


def api_metrics(
    speed: float = 100.0, total: float = 200.0, concurrency: float = 8, **changes: float | None
) -> dict[str, Any]:
    """Build consistent metrics of a 1024/1024 run on 8 GPUs: units, sums and Little's law hold."""
    latency = concurrency * 2048 * 0.9 / (total * 8)
    metrics = {
        "tput_per_gpu": total,
        "output_tput_per_gpu": total / 2,
        "input_tput_per_gpu": total / 2,
        "median_intvty": speed,
        "median_tpot": 1 / speed,
        "mean_tpot": 1.02 / speed,
        "p90_tpot": 1.25 / speed,
        "p99_tpot": 2 / speed,
        "mean_e2el": latency,
        "median_ttft": 0.2,
        "p99_ttft": 0.5,
    }
    return {key: value for key, value in (metrics | changes).items() if value is not None}


def api_row(metrics: dict[str, Any] | None = None, **changes: object) -> dict[str, Any]:
    """Build one row of the InferenceX API: H200, sglang, FP8, TP8, 1k/1k, no speculation."""
    row = {
        "hardware": "h200",
        "framework": "sglang",
        "model": "dsr1",
        "precision": "fp8",
        "spec_method": "none",
        "disagg": False,
        "is_multinode": False,
        "prefill_tp": 8,
        "prefill_ep": 1,
        "prefill_dp_attention": False,
        "prefill_num_workers": 0,
        "decode_tp": 8,
        "decode_ep": 1,
        "decode_dp_attention": False,
        "decode_num_workers": 0,
        "num_prefill_gpu": 8,
        "num_decode_gpu": 8,
        "isl": 1024,
        "osl": 1024,
        "conc": 8,
        "image": "lmsysorg/sglang:v0.5.12",
        "date": "2026-06-02",
        "run_url": "https://github.com/SemiAnalysisAI/InferenceX/actions/runs/1/attempts/1",
    }
    row |= changes
    return row | {"metrics": metrics if metrics is not None else api_metrics(concurrency=row["conc"])}


def write_json(path: Path, value: object) -> Path:
    """Write a value as JSON and return the path."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def load_rows(folder: Path, house: House, *rows: dict[str, Any], **options: object) -> Dataset:
    """Write API rows to a file in `folder` and load it."""
    return load([write_json(folder / "rows.json", list(rows))], house, DatasetOptions(**options))
