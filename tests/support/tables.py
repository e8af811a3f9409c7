"""Small tidy tables for tests that build: a pair with three knots a side, and whatever columns a test changes."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

SPEEDS = {"mtp": ((60, 500.5), (90, 300.25), (120, 100.125)), "none": ((40, 450.5), (60, 250.25), (100, 80.125))}
"""The knots of both variants: interactivity in tok/s/user and total throughput in tok/s/GPU."""


def pair_rows(variants: Iterable[str] = SPEEDS, **facts: object) -> list[dict[str, Any]]:
    """Return complete rows of one combination, DeepSeek R1 on B300 unless `facts` say otherwise: no notice arises."""
    known = {
        "model": "dsr1",
        "hardware": "b300",
        "engine": "sglang",
        "precision": "fp8",
        "workload": "1k/1k",
        "gpus": 8,
        "serving": "aggregated",
        "date": "2026-05-01",
    }
    return [
        {
            **known,
            "variant": variant,
            "concurrency": 2 ** (3 - place),
            "interactivity_tok_s_user": speed,
            "total_tok_s_gpu": total,
            "output_tok_s_gpu": total / 4,
            "input_tok_s_gpu": total * 3 / 4,
            **facts,
        }
        for variant in variants
        for place, (speed, total) in enumerate(SPEEDS.get(variant, SPEEDS["mtp"]))
    ]


def table_text(rows: Iterable[Mapping[str, object]]) -> str:
    """Return rows as tidy CSV with every column that any of them names; None is an empty field."""
    listed = list(rows)
    columns = list(dict.fromkeys(name for row in listed for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue()


def write_table(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """Write rows as a tidy CSV file and return its path."""
    path.write_text(table_text(rows), encoding="utf-8")
    return path
