"""The shared API answer as points by curve, each with its engine, for scopes of one engine."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from support.curvesets import CurveKey, Measured
from support.reader_of_benchmarks import points_of

if TYPE_CHECKING:
    from pathlib import Path

    from support.books import Built
    from support.curvesets import Curves
    from support.oracle import Point


def answer_of(shared: Path) -> Path:
    """The file of the answer."""
    return shared / "data" / "inferencex" / "benchmarks.json"


def answer_curves(shared: Path, *, synthetic: bool = False) -> Curves:
    """Return the points of every curve of the answer in the order of its rows, each with the engine that its row names.

    Speculative runs are noted as answering random prompts (METHOD 7), or, if asked, as of synthetic acceptance: which of the
    two a run is noted as is the reader's to say, and not the workbook's.
    """
    engines: dict[CurveKey, list[str]] = defaultdict(list)
    for row in json.loads(answer_of(shared).read_text(encoding="utf-8")):
        workload = f"{row['isl']}x{row['osl']}"
        key = CurveKey(row["model"], row["hardware"], row["precision"], workload, row["spec_method"])
        engines[key].append(row["framework"])
    return {
        CurveKey(*key): [
            Measured(engine, _noted(point, synthetic=synthetic))
            for engine, point in zip(engines[CurveKey(*key)], points, strict=True)
        ]
        for key, points in points_of(shared / "data").items()
    }


def _noted(point: Point, *, synthetic: bool) -> Point:
    return replace(point, random_prompts=False, synthetic=point.random_prompts) if synthetic else point


def notes_synthetic(built: Built) -> bool:
    """Whether the reader of a build notes speculative runs as of synthetic acceptance."""
    noted = {note for m in built.layout.plan.catalogue.measurements for note in m.findings}
    return "note:random_prompts" not in noted
