"""Hand-made curves as tidy tables, and tables as points for the oracle.

`SHAPES` holds one row per measurement. Each pair of model and hardware collects curves of one kind; each of its
combinations of precision and workload is one awkward shape, named beside its rows.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from support.oracle import Point

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Row = dict[str, Any]


class CurveKey(NamedTuple):
    """What makes points one curve, in the keys of the sources."""

    model: str
    hardware: str
    precision: str
    workload: str
    variant: str


class Measured(NamedTuple):
    """A point as the oracle takes it, and the engine that a scope may narrow it to."""

    engine: str
    point: Point


Curves = dict[CurveKey, list[Measured]]

LENGTHS = {"1k/1k": "1024x1024", "8k/1k": "8192x1024", "1k/8k": "1024x8192"}
FAMILIES = {
    "sglang": "sglang",
    "vllm": "vllm",
    "trt": "trt",
    "dynamo-trt": "trt",
    "atom": "atom",
    "home-made": "home-made",
}
COLUMNS = (
    "model", "hardware", "engine", "precision", "variant", "workload", "concurrency", "interactivity_tok_s_user",
    "total_tok_s_gpu", "output_tok_s_gpu", "input_tok_s_gpu", "gpus", "serving", "date", "run_url", "parallelism",
    "ttft_median_s", "ttft_p99_s", "completed", "failed",
)  # fmt: skip

LONG_A = [(20, 9000.5), (35, 8200.25), (50, 7000.125), (80, 3000.75), (120, 1500.5), (150, 900.25), (200, 120.125)]
LONG_B = [(15, 5000.5), (30, 4100.25), (45, 2000.125), (90, 1100.75), (140, 300.5), (180, 90.25)]
ZIGZAG = [512, 4, 400, 8, 300, 2, 1]


def curve(
    variant: str,
    points: Sequence[tuple[float, float]],
    concurrency: Sequence[float | None] = (),
    **facts: object,
) -> list[Row]:
    """Return rows of one curve; input takes three quarters of the total, and `facts` go into every row."""
    rows = []
    for i, (x, y) in enumerate(points):
        held = concurrency[i] if i < len(concurrency) else 2 ** (len(points) - i)
        row: Row = {
            "variant": variant,
            "engine": "sglang",
            "interactivity_tok_s_user": x,
            "total_tok_s_gpu": y,
            "output_tok_s_gpu": y / 4,
            "input_tok_s_gpu": y * 3 / 4,
            "concurrency": held,
            "gpus": 8,
            "serving": "aggregated",
            "date": "2026-05-01",
            "run_url": "https://github.com/SemiAnalysisAI/InferenceX/actions/runs/1",
            "parallelism": "TP8",
            "ttft_median_s": 0.25,
            "ttft_p99_s": 0.75,
        }
        rows.append(row | facts)
    return rows


def combination(model: str, hardware: str, precision: str, workload: str, *sides: list[Row]) -> list[Row]:
    """Return the rows of one combination."""
    own = {"model": model, "hardware": hardware, "precision": precision, "workload": workload}
    return [own | row for side in sides for row in side]


def without(rows: list[Row], place: int, *names: str) -> list[Row]:
    """Return the rows with some figures of one of them left out."""
    return [row | dict.fromkeys(names) if i == place else row for i, row in enumerate(rows)]


def with_output(rows: list[Row], output: Sequence[float]) -> list[Row]:
    """Return the rows with another output throughput each; input is what the total leaves."""
    return [
        row | {"output_tok_s_gpu": y, "input_tok_s_gpu": row["total_tok_s_gpu"] - y}
        for row, y in zip(rows, output, strict=True)
    ]


def _knots() -> list[Row]:
    """Numbers of knots: many, three, two, one; ties and points off the frontier among the many."""
    model = "Knots"
    ties = curve(
        "mtp", [(40, 7000.0), (50, 6999.0), (45, 7000.125), (80, 3000.75), (120, 1000.0)], [60, 61, 62, 63, 64]
    )
    three = [(30, 900.0), (60, 500.0), (90, 50.0)]
    return [
        *combination(model, "b300", "fp4", "1k/1k", curve("mtp", LONG_A, ZIGZAG), ties, curve("none", LONG_B)),
        *combination(
            model, "b300", "fp8", "1k/1k", curve("mtp", three), curve("none", [(20, 800.0), (50, 90.0), (70, 9.0)])
        ),
        *combination(model, "b300", "bf16", "1k/1k", curve("mtp", three[:2]), curve("none", [(25, 700.0), (70, 30.0)])),
        *combination(model, "b300", "int4", "1k/1k", curve("mtp", three[:1]), curve("none", [(30, 450.0)])),
        *combination(model, "b300", "fp4", "8k/1k", curve("mtp", [(60, 800.0)]), curve("none", LONG_B)),
        *combination(model, "b300", "fp8", "8k/1k", curve("mtp", LONG_A), curve("none", [(100, 400.0), (101, 399.0)])),
    ]


def _gaps() -> list[Row]:
    """What may be missing: overlap, a variant, a token class, the concurrency; and two levels of ties."""
    model, hardware = "Gaps", "h200"
    off = curve("none", LONG_B)
    near = [(x, y * 0.995) for x, y in LONG_A]
    return [
        *combination(model, hardware, "fp4", "1k/1k", curve("mtp", [(200, 90.0), (220, 50.0), (300, 10.0)]), off),
        *combination(model, hardware, "fp8", "1k/1k", curve("mtp", LONG_A)),
        *combination(model, hardware, "bf16", "1k/1k", curve("none", LONG_A)),
        *combination(
            model, hardware, "fp4", "8k/1k",
            without(curve("mtp", LONG_A), 3, "output_tok_s_gpu", "input_tok_s_gpu"), off,
        ),
        *combination(model, hardware, "fp8", "8k/1k", without(curve("mtp", LONG_A), 0, "concurrency"), off),
        *combination(model, hardware, "bf16", "8k/1k", curve("mtp", LONG_A), curve("none", near)),
        *combination(model, hardware, "fp8", "1k/8k", curve("mtp", LONG_A), curve("none", LONG_A)),
    ]  # fmt: skip


def _turns() -> list[Row]:
    """What turns on a curve: which side is ahead, a token class that rises, a floor that is nearly or exactly level."""
    model, hardware = "Turns", "gb200"
    falling = [(30, 1000.0), (60, 640.0), (90, 210.0), (120, 55.0)]
    crossing = [(30, 700.0), (60, 600.0), (90, 400.0), (110, 90.0)]
    late = [(70, 640.0), (90, 210.0), (120, 55.0)]
    return [
        *combination(model, hardware, "fp4", "1k/1k", curve("mtp", crossing), curve("none", falling)),
        *combination(model, hardware, "fp8", "1k/1k", curve("mtp", falling), curve("none", crossing)),
        # output rises, falls and rises again while the total falls
        *combination(
            model, hardware, "fp4", "8k/1k",
            with_output(curve("mtp", falling), [100.0, 180.0, 30.0, 40.0]),
            with_output(curve("none", crossing), [90.0, 95.0, 120.0, 10.0]),
        ),
        # a floor that loses, one that is level (4 % and 5 % exactly), one that wins, on either side
        *combination(model, hardware, "fp8", "8k/1k", curve("mtp", late), curve("none", falling)),
        *combination(model, hardware, "bf16", "1k/1k", curve("mtp", falling), curve("none", late)),
        *combination(model, hardware, "bf16", "8k/1k", curve("mtp", [(x, y * 1.25) for x, y in late]), curve("none", falling)),
        *combination(model, hardware, "int4", "1k/1k", curve("mtp", [(50, 1050.0), (80, 520.0)]), curve("none", [(50, 1000.0), (80, 500.0)])),
        *combination(model, hardware, "int4", "8k/1k", curve("mtp", [(50, 1000.0), (80, 500.0)]), curve("none", [(50, 1050.0), (80, 520.0)])),
    ]  # fmt: skip


def _methods() -> list[Row]:
    """Several speculative methods against one baseline, on hardware that no registry and no rate card knows."""
    off = curve("none", LONG_B)
    eagle = curve("eagle", [(x * 1.1, y * 0.9) for x, y in LONG_A])
    return [
        *combination("Methods", "zx-9000", "fp4", "1k/1k", curve("mtp", LONG_A), eagle, off),
        *combination("Methods", "zx-9000", "fp8", "1k/1k", eagle),
        *combination("Methods", "zx-9000", "w4a16", "2048x512", curve("my-own-draft", LONG_A), off),
        *combination("Methods", "zx-9000", "fp8", "8k/1k", curve("unknown", LONG_A), off),
        *combination("Methods", "zx-9000", "int4", "1k/1k", curve("unknown", LONG_B)),
    ]


def _engines() -> list[Row]:
    """Engines that measured both variants densely, thinly or on one side only; dates, serving and faults that differ."""

    def scaled(variant: str, points: Sequence[tuple[float, float]], factor: float, **facts: Any) -> list[Row]:  # noqa: ANN401 - any field
        return curve(variant, [(x * (1 + factor / 50), y * factor) for x, y in points], **facts)

    failed = [row | {"completed": 90, "failed": 3} if i == 2 else row for i, row in enumerate(curve("mtp", LONG_A))]
    slow_start = curve("none", LONG_B, ttft_p99_s=30.0, date="2025-12-01", serving="disaggregated", gpus=24)
    waiting = [
        row | {"ttft_median_s": 0.1 * 3**i, "ttft_p99_s": 0.2 * 3**i} for i, row in enumerate(curve("none", LONG_B))
    ]
    return [
        *combination(
            "Engines", "mi355x", "fp8", "1k/1k",
            scaled("mtp", LONG_A, 1.0), scaled("none", LONG_B, 1.0),
            scaled("mtp", LONG_A[:5], 1.6, engine="trt"), scaled("none", LONG_B[:4], 0.4, engine="dynamo-trt", gpus=16),
            scaled("mtp", LONG_A[1:3], 2.5, engine="vllm"), scaled("none", LONG_B[1:3], 2.2, engine="vllm"),
            scaled("mtp", LONG_A[2:6], 1.9, engine="atom"),
        ),
        *combination("Engines", "mi355x", "fp4", "1k/1k", failed, slow_start),
        *combination("Engines", "mi355x", "fp4", "8k/1k", curve("mtp", LONG_A, engine="trt"), waiting),
        *combination("Engines", "mi355x", "bf16", "1k/1k", curve("mtp", LONG_A, engine=""), curve("none", LONG_B)),
        *combination(
            "Engines", "mi355x", "bf16", "8k/1k",
            curve("mtp", LONG_A, engine="home-made"), curve("none", LONG_B, engine="home-made"),
        ),
    ]  # fmt: skip


SHAPES: list[Row] = [*_knots(), *_gaps(), *_turns(), *_methods(), *_engines()]


def csv_text(rows: Iterable[Mapping[str, object]]) -> str:
    """Return rows as the text of a tidy CSV file; None is an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def curve_points(rows: Iterable[Row]) -> Curves:
    """Return the points of every curve of tidy rows, in the order of the rows."""
    found: Curves = defaultdict(list)
    for row in rows:
        workload = LENGTHS.get(row["workload"], str(row["workload"]))
        key = CurveKey(row["model"], row["hardware"], row["precision"], workload, row["variant"])
        point = Point(
            x=round15(row["interactivity_tok_s_user"]),
            total=round15(row["total_tok_s_gpu"]),
            output=round15(row["output_tok_s_gpu"]),
            input=round15(row["input_tok_s_gpu"]),
            conc=row["concurrency"],
            gpus=row["gpus"],
            ttft=round15(row["ttft_median_s"]),
            family=FAMILIES.get(row["engine"], ""),
            serving=row["serving"],
            date=dt.date.fromisoformat(row["date"]),
            suspect=bool(row.get("failed")),
            warm_up=row["ttft_p99_s"] > 20 * row["ttft_median_s"],
        )
        found[key].append(Measured(row["engine"], point))
    return dict(found)


def round15(value: float | None) -> Any:  # noqa: ANN401 - a number, or None for None
    """Round to the 15 significant digits with which every number is read."""
    return None if value is None else float(f"{value:.15g}")
