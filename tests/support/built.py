"""Finished workbooks that several test modules look at, each with the model that it was written from.

Each is built once per process and removed at its end. The model says where everything stands; the file is what people get.
"""

from __future__ import annotations

import atexit
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import specxl
from specxl import pipeline
from support.layouts import mixed_rows
from support.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from specxl.pipeline import BuildResult
    from specxl.sheets.book import Layout

_FOLDER = tempfile.TemporaryDirectory(prefix="specxl-built-")
atexit.register(_FOLDER.cleanup)
NAMES = ("default", "benchmarks", "mixed")
"""The published points; the shared answer of the API; hand-made rows of three hardware in which much differs."""


@dataclass(frozen=True)
class Built:
    """A finished workbook, what the build returned, and the model, whose manifest is laid out."""

    path: Path
    result: BuildResult
    layout: Layout


def build(inputs: Sequence[Path], path: Path, **options: Any) -> Built:  # noqa: ANN401 - options of a build
    """Build as `specxl.build` does, and keep the layout."""
    kept: list[Layout] = []

    def keep(make: Callable[..., Layout]) -> Callable[..., Layout]:
        def made(*args: Any) -> Layout:  # noqa: ANN401 - whatever the pipeline gives
            kept.append(make(*args))
            return kept[-1]

        return made

    with mock.patch.object(pipeline, "build_book", keep(pipeline.build_book)):
        result = specxl.build(inputs, path, specxl.BuildOptions(**options))
    return Built(path, result, kept[0])


@cache
def built(name: str, shared: Path | None = None) -> Built:
    """Return one of NAMES; `shared` is the folder of real data, which "benchmarks" needs."""
    path = Path(_FOLDER.name) / f"{name}.xlsx"
    if name == "default":
        return build([], path)
    if name == "mixed":
        table = write_table(path.with_suffix(".csv"), mixed_rows())
        return build([table], path, rates="2026-08")
    assert shared is not None
    return build([shared / "data" / "inferencex" / "benchmarks.json"], path, rates="2026-04")
