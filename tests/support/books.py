"""Workbooks that several test modules look at, each built once per run and removed at its end."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path

import specxl
from specxl.pipeline import BuildOptions
from support.curvesets import SHAPES, csv_text
from support.engine import Book
from support.finder import Workbook

_FOLDER = tempfile.TemporaryDirectory(prefix="specxl-books-")
atexit.register(_FOLDER.cleanup)


@cache
def default_book() -> Path:
    """Build the workbook of the published points."""
    path = Path(_FOLDER.name) / "default.xlsx"
    specxl.build(output=path)
    return path


@cache
def reference_book(answer: Path) -> Path:
    """Build the workbook of the shared API answer with the rate card behind the expected reads."""
    path = Path(_FOLDER.name) / "reference.xlsx"
    specxl.build([answer], path, BuildOptions(rates="2026-04"))
    return path


@cache
def shapes_book() -> Path:
    """Build the workbook of the hand-made curves."""
    table = Path(_FOLDER.name) / "shapes.csv"
    table.write_text(csv_text(SHAPES), encoding="utf-8")
    path = Path(_FOLDER.name) / "shapes.xlsx"
    specxl.build([table], path)
    return path


@cache
def pages(path: Path) -> Workbook:
    """Read a workbook's labels and charts, once."""
    return Workbook(path)


@cache
def engine(path: Path) -> Book:
    """Load a workbook into the spreadsheet engine, once; whoever edits resets it."""
    return Book(path)
