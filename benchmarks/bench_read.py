"""Times reading 100,000 API rows against `json.load` of the same file. Run: python benchmarks/bench_read.py [ROWS]."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from specxl.house import House
from specxl.reading.dataset import load

HARDWARE = ("h100", "h200", "b200", "b300", "gb200", "gb300", "mi300x", "mi325x", "mi355x")
STATISTICS = ("mean", "median", "std", "p90", "p99", "p99.9")


def row(number: int) -> dict[str, Any]:
    """Build one consistent row with as many keys as the API gives; no two rows share configuration and concurrency."""
    speed, concurrency = 20 + number % 977 / 7, 1 + number // 36
    latency = 0.2 + (1024 * 0.9 - 1) / speed
    total = concurrency * 2048 * 0.9 / (latency * 8)
    metrics: dict[str, float] = {
        "tput_per_gpu": total,
        "output_tput_per_gpu": total / 2,
        "input_tput_per_gpu": total / 2,
    }
    for place, statistic in enumerate(STATISTICS):
        tail = 1 + 0.1 * max(place - 2, 0)
        metrics |= {
            f"{statistic}_tpot": tail / speed,
            f"{statistic}_intvty": speed / tail,
            f"{statistic}_itl": 9 * tail / speed,
        }
        metrics |= {f"{statistic}_ttft": 0.2 * tail, f"{statistic}_e2el": latency * tail}
    return {
        "hardware": HARDWARE[number % 9],
        "framework": "sglang",
        "model": "dsr1",
        "precision": ("fp4", "fp8")[number // 9 % 2],
        "spec_method": ("none", "mtp")[number // 18 % 2],
        "disagg": False,
        "is_multinode": False,
        **{
            f"{role}_{key}": value
            for role in ("prefill", "decode")
            for key, value in (("tp", 8), ("ep", 1), ("num_workers", 0))
        },
        "prefill_dp_attention": False,
        "decode_dp_attention": False,
        "num_prefill_gpu": 8,
        "num_decode_gpu": 8,
        "isl": 1024,
        "osl": 1024,
        "conc": concurrency,
        "image": "lmsysorg/sglang:v0.5.12",
        "metrics": metrics,
        "workers": None,
        "date": "2026-06-02",
        "run_url": "https://github.com/SemiAnalysisAI/InferenceX/actions/runs/1/attempts/1",
    }


def main() -> None:
    """Write the rows, time both ways of reading three times, and print the best of each."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    house = House.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.json"
        path.write_text(json.dumps([row(number) for number in range(count)], indent=2))
        plain, ours = [], []
        for _ in range(3):
            begun = time.perf_counter()
            with path.open(encoding="utf-8") as stream:
                json.load(stream)
            plain.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            dataset = load([path], house)
            ours.append(time.perf_counter() - begun)
        megabytes = path.stat().st_size / 1e6
    usable = sum(m.usable for m in dataset.measurements)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} rows, {megabytes:.0f} MB, {usable} usable, {len(dataset.notices)} notices")
    print(
        f"json.load {min(plain):.2f} s; specxl {min(ours):.2f} s, {min(ours) / min(plain):.2f} times; peak {peak:.0f} MB"
    )


if __name__ == "__main__":
    main()
