"""Workbooks that several test modules look at, each built once per run and removed at its end.

A built workbook is a file and the layout that it was written from, by which a test knows where everything stands.
"""

from __future__ import annotations

import atexit
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import specxl
from specxl import pipeline
from specxl.recipe import BuildOptions
from specxl.sheets.book import Layout, build_book
from specxl.sheets.pair import sheet as pair_sheet
from support.curvesets import SHAPES, csv_text
from support.engine import Book
from support.finder import Workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from specxl.pipeline import BuildResult
    from specxl.sheets.book import Materials

_FOLDER = tempfile.TemporaryDirectory(prefix="specxl-books-")
atexit.register(_FOLDER.cleanup)
SHAPES_CARD, PUBLISHED_CARD = "2026-08", "2026-04"


@dataclass(frozen=True)
class Built:
    """A finished workbook, and the layout that it was written from.

    `said` holds what the parts of each pair sheet returned when they were laid out, by their function's name and the
    sheet's: where its sentences, its message and its list of evidence stand.
    """

    path: Path
    layout: Layout
    result: BuildResult
    said: Mapping[str, Mapping[str, Any]]


PARTS = ("lay_sentences", "lay_message", "lay_evidence_list")


@contextmanager
def _recorded() -> Iterator[dict[str, dict[str, Any]]]:
    """Keep what the parts of pair sheets return while a workbook is laid out."""
    said: dict[str, dict[str, Any]] = {name: {} for name in PARTS}

    def recorder(name: str) -> Callable[..., Any]:
        original = getattr(pair_sheet, name)

        def record(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the part is given and returns
            made = original(*args, **named)
            owner = args[0].name if name != "lay_evidence_list" else list(said["lay_message"])[-1]
            said[name][owner] = made
            return made

        return record

    with ExitStack() as stack:
        for name in PARTS:
            stack.enter_context(mock.patch.object(pair_sheet, name, recorder(name)))
        yield said


def build(inputs: Sequence[Path], path: Path, options: BuildOptions) -> Built:
    """Build a workbook as `specxl.build` does, and keep its layout."""
    kept: list[Layout] = []

    def keep(materials: Materials) -> Layout:
        kept.append(build_book(materials))
        return kept[-1]

    with _recorded() as said, mock.patch.object(pipeline, "build_book", keep):
        result = specxl.build(list(inputs), path, options)
    [layout] = kept
    return Built(path, layout, result, said)


@cache
def built_default() -> Built:
    """Build the workbook of the published points."""
    return build([], Path(_FOLDER.name) / "default.xlsx", BuildOptions())


@cache
def built_reference(answer: Path) -> Built:
    """Build the workbook of the shared API answer with the rate card behind the expected reads."""
    return build([answer], Path(_FOLDER.name) / "reference.xlsx", BuildOptions(rates=PUBLISHED_CARD))


@cache
def built_shapes() -> Built:
    """Build the workbook of the hand-made curves, with a rate card that has a price in every tier."""
    table = Path(_FOLDER.name) / "shapes.csv"
    table.write_text(csv_text(SHAPES), encoding="utf-8")
    return build([table], Path(_FOLDER.name) / "shapes.xlsx", BuildOptions(rates=SHAPES_CARD))


def default_book() -> Path:
    """The file of the published points."""
    return built_default().path


def reference_book(answer: Path) -> Path:
    """The file of the shared API answer."""
    return built_reference(answer).path


def shapes_book() -> Path:
    """The file of the hand-made curves."""
    return built_shapes().path


@cache
def pages(path: Path) -> Workbook:
    """Read a workbook's labels and charts, once."""
    return Workbook(path)


@cache
def engine(path: Path) -> Book:
    """Load a workbook into the spreadsheet engine, once; whoever edits resets it."""
    return Book(path)


@cache
def small_book() -> Path:
    """Build a workbook of one pair with three points a side, for tests that verify many copies of it."""
    table = Path(_FOLDER.name) / "small.csv"
    head = "model,hardware,variant,interactivity_tok_s_user,total_tok_s_gpu,concurrency"
    off = ("none,20,4000,64", "none,45,2500,32", "none,80,900,8")
    mtp = ("mtp,30,5200,64", "mtp,70,3100,32", "mtp,120,1200,8")
    table.write_text("\n".join([head, *(f"Small 7B,b300,{row}" for row in (*off, *mtp))]), encoding="utf-8")
    path = Path(_FOLDER.name) / "small.xlsx"
    specxl.build([table], path)
    return path
