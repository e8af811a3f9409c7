"""A reading of the InferenceX benchmarks answer that shares nothing with the package, for the oracle to work on.

Only what the shared file needs: fixed-sequence rows of one latest answer, by FORMATS 0.2, 1.4 to 1.6 and METHOD 1, 7.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from support.oracle_compare import Side
from support.oracle_curve import Point

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LENGTHS_DRAWN = 0.9
"""Lengths are drawn from 0.8 to 1.0 of the nominal ones."""
WARM_UP = 20
"""A p99 first token this many times the median one is a warm-up inside the timed window."""

_RUN = re.compile(r"/actions/runs/(\d+)")
_Row = dict[str, Any]


class Key(NamedTuple):
    """What makes points one curve."""

    model: str
    hardware: str
    precision: str
    workload: str
    variant: str


class Lists(NamedTuple):
    """The lists beside the data: engine families as (family, what its engines contain), and known issues."""

    families: list[tuple[str, str]]
    issues: list[dict[str, str]]


def points_of(data: Path) -> dict[Key, list[Point]]:
    """Return every row of the answer in a data folder as a point, by curve and in the order of the file."""
    lists = Lists(
        [(row["family"], row["engines_contain"]) for row in _table(data / "engine_families.csv")],
        _table(data / "known_issues.csv"),
    )
    curves: dict[Key, list[Point]] = defaultdict(list)
    for row in json.loads((data / "inferencex" / "benchmarks.json").read_text(encoding="utf-8")):
        workload = f"{row['isl']}x{row['osl']}"
        key = Key(row["model"], row["hardware"], row["precision"], workload, row["spec_method"])
        curves[key].append(point_of(row, lists))
    return dict(curves)


def rates_of(data: Path, card: str) -> dict[str, tuple[float, float]]:
    """Return $/GPU-hr at hyperscaler scale and kW per GPU of a rate card, by hardware."""
    return {
        row["hardware"]: (float(row["usd_per_gpu_hr_hyperscaler"]), float(row["kw_per_gpu"]))
        for row in _table(data / "rates.csv")
        if row["as_of"] == card
    }


def sides_of(data: Path, card: str = "2026-04") -> dict[Key, tuple[Side, Side]]:
    """Return each combination's two sides, speculative and Off, by its key with an empty variant."""
    curves, rates = points_of(data), rates_of(data, card)
    combinations = dict.fromkeys(key._replace(variant="") for key in curves)
    return {key: (_side(curves, rates, key, "mtp"), _side(curves, rates, key, "none")) for key in combinations}


def point_of(row: _Row, lists: Lists) -> Point:
    """Return one row as a point."""
    metrics = row["metrics"]
    gpus, output, input_ = gpus_of(row), *classes_of(row)
    run = _RUN.search(row["run_url"] or "")
    return Point(
        x=rounded(metrics["median_intvty"]),
        total=rounded(metrics["tput_per_gpu"]),
        output=output,
        input=input_,
        conc=row["conc"],
        gpus=gpus,
        ttft=rounded(metrics["median_ttft"]),
        family=next((family for family, part in lists.families if part in row["framework"]), row["framework"]),
        serving="disaggregated" if row["disagg"] else "aggregated",
        date=dt.date.fromisoformat(row["date"]),
        run=run[1] if run else "",
        suspect=not 0.5 <= little(row) <= 2,
        fault=any(_is_reported(row, run[1] if run else "", issue) for issue in lists.issues),
        random_prompts=row["spec_method"] != "none",
        warm_up=metrics["p99_ttft"] > WARM_UP * metrics["median_ttft"],
        gpu_count=gpus != _stated_gpus(row),
    )


def gpus_of(row: _Row) -> int:
    """Return the GPUs of a deployment: FORMATS 1.6."""
    if row["disagg"] and row["is_multinode"]:
        return int(row["num_prefill_gpu"] + row["num_decode_gpu"])
    return int(row["prefill_tp"])


def classes_of(row: _Row) -> tuple[float | None, float | None]:
    """Return output and input tokens per second over all GPUs of a deployment: FORMATS 1.5."""
    total, output, input_ = (row["metrics"].get(f"{name}tput_per_gpu") for name in ("", "output_", "input_"))
    if output is None or input_ is None:
        return None, None
    prefill, decode = row["num_prefill_gpu"], row["num_decode_gpu"]
    if not row["disagg"] or decode == 0:
        return rounded(output), rounded(input_)
    if row["is_multinode"]:
        return rounded(output * decode / (prefill + decode)), rounded(input_ * prefill / (prefill + decode))
    apart = input_ - output
    return rounded(output * (input_ - total) / apart), rounded(input_ * (total - output) / apart)


def little(row: _Row) -> float:
    """Return the requests stated over those that throughput and latency imply; 1 where a row agrees with itself."""
    metrics = row["metrics"]
    tokens = row["conc"] * (row["isl"] + row["osl"]) * LENGTHS_DRAWN
    return float(tokens / (metrics["mean_e2el"] * metrics["tput_per_gpu"] * gpus_of(row)))


def rounded(value: float) -> float:
    """Return a number rounded to the 15 significant digits that spreadsheets keep."""
    return float(f"{value:.15g}")


def _stated_gpus(row: _Row) -> int:
    both = row["disagg"]
    return int(row["num_prefill_gpu"] + row["num_decode_gpu"] if both else row["num_prefill_gpu"])


def _is_reported(row: _Row, run: str, issue: dict[str, str]) -> bool:
    facts = {"model": "model", "hardware": "hardware", "engine": "framework", "variant": "spec_method"}
    return (
        all(row[field] == issue[column] for column, field in facts.items())
        and row["precision"] in issue["precisions"].split(";")
        and run in issue["runs"].split(";")
    )


def _side(curves: dict[Key, list[Point]], rates: dict[str, tuple[float, float]], key: Key, variant: str) -> Side:
    points: Sequence[Point] | None = curves.get(key._replace(variant=variant))
    price, power = rates.get(key.hardware, (None, None))
    return Side(None if points is None else tuple(points), price, power, variant)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
