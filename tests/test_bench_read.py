"""The benchmark of reading runs and says what it measured."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_benchmark_of_reading_runs() -> None:
    """With few rows it finishes at once and prints both times; no row is lost."""
    command = [sys.executable, str(ROOT / "benchmarks" / "bench_read.py"), "90"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}

    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert shown.startswith("90 rows, 0 MB, 90 usable, 0 notices")
    assert re.search(r"json\.load [\d.]+ s; specxl [\d.]+ s, [\d.]+ times; peak \d+ MB", shown)
