"""Workbook models that tests look into or drive: laid out as a build does, but neither evaluated nor written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from specxl.reading.dataset import load
from specxl.recipe import BuildOptions, materials_of, recipe_of
from specxl.sheets.book import build_book
from support.shapes import FALLING, STEEP, scaled, side
from support.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from specxl.house import House
    from specxl.reading.dataset import Dataset
    from specxl.sheets.book import Layout, Materials


def layout_of(rows: Iterable[Mapping[str, object]], folder: Path, house: House, **options: Any) -> Layout:  # noqa: ANN401 - of a build
    """Lay out the workbook of some rows, priced by the bundled card of 2026-08 unless the options say otherwise."""
    table = write_table(folder / "table.csv", rows)
    return build_book(materials(load([table], house), house, BuildOptions(**{"rates": "2026-08"} | options)))


def materials(dataset: Dataset, house: House, options: BuildOptions) -> Materials:
    """Gather what the sheets of a data set are made of."""
    return materials_of(dataset, recipe_of(dataset, house, options))


def translated(folder: Path, shipped: Path) -> Path:
    """Write every template with other words but the same placeholders, as a translation has; return the folder."""
    for path in sorted(shipped.glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        if path.stem != "theme":
            lines = [line if line.startswith("#") else _TEXT.sub(_reworded, line) for line in text.splitlines()]
            text = "\n".join(lines) + "\n"
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder


_TEXT = re.compile(r'"((?:[^"\\]|\\.)+)"')
_WORD = re.compile(r"\{\w+\}|[a-z]{3,}")


def _reworded(quoted: re.Match[str]) -> str:
    return '"' + _WORD.sub(lambda match: match[0] if match[0][0] == "{" else match[0][::-1], quoted[1]) + '"'


def mixed_rows() -> list[dict[str, Any]]:
    """Rows of two hardware in which much differs: methods, engines, ranges, dates, first tokens, prices, faults, classes."""
    slow = {"ttft_median_s": 4.0, "ttft_p99_s": 9.0, "date": "2026-01-05"}
    quick = {"ttft_median_s": 0.25, "ttft_p99_s": 0.75, "date": "2026-06-05"}
    near = [(speed * 1.01, total * 1.02) for speed, total in STEEP]
    fast = [(speed + 95, total) for speed, total in FALLING]
    risen = [
        row | {"output_tok_s_gpu": 30 + 20 * place, "input_tok_s_gpu": row["total_tok_s_gpu"] - 30 - 20 * place}
        for place, row in enumerate(side("mtp", [(25, 905.5), (70, 400.25), (125, 300.5)], workload="8k/1k", **quick))
    ]
    here = [
        *side("mtp", FALLING, engine="sglang", **quick),
        *side("mtp", scaled(FALLING, 0.8), engine="vllm", **slow),
        *side("none", STEEP, engine="vllm", gpus=16, serving="disaggregated", **slow),
        *side("none", scaled(STEEP, 0.9), engine="sglang", **quick),
        *side("none", ((45, 20.5),), engine="trt", completed=90, failed=30),
        *side("eagle", fast, engine="vllm", serving="aggregated", **quick),
        *risen,
        *side("none", STEEP, workload="8k/1k", **quick),
        *side("mtp", near, precision="fp4", **quick),
        *side("none", STEEP, precision="fp4", **quick),
        *side("unknown", FALLING, precision="int4", **quick),
        *side("none", STEEP, precision="int4", **quick),
    ]
    classless = {"output_tok_s_gpu": "", "input_tok_s_gpu": "", "concurrency": ""}
    there = [
        *side("mtp", STEEP, hardware="h200", engine="trt", **quick),
        *side("none", scaled(FALLING, 2), hardware="h200", engine="trt", **quick),
        *side("mtp", FALLING[:2], hardware="h200", precision="fp4", model="bar", **classless),
        *side("none", STEEP, hardware="h200", precision="fp4", model="bar", **classless),
        *side("mtp", FALLING, hardware="zx-9000"),
        *side("none", STEEP, hardware="zx-9000"),
    ]
    return [*here, *there]
