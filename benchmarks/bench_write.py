"""Time a large build, and its writing alone, beside bare XlsxWriter, openpyxl and pandas with the same cells.

    python benchmarks/bench_write.py [--pairs 100] [--runs 3]

Each writer gets the same cells in a process of its own, in turns, and what counts is processor time from the first cell to the
content of the file. Bare XlsxWriter writes every constant, and every formula with its result, in the same formats; openpyxl
writes constants and formulas without formats or results, which it cannot write together; pandas writes the results of all
cells without formulas or formats. The writing of specxl also draws the charts, sets rules and protection, and shares copied formulas; the whole build is `specxl build` from the first import to the file, both engines and the judge
included.
"""

from __future__ import annotations

import argparse
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter
from bench_growth import table
from openpyxl import Workbook

from specxl.evaluate import Engine
from specxl.model.cells import Formula, Link
from specxl.model.manifest import lay_manifest
from specxl.pipeline import prepare
from specxl.recipe import DEFAULTS, materials_of
from specxl.sheets.anchors import place_of
from specxl.sheets.book import build_book
from specxl.workbook import package_of
from specxl.workbook.plain import write_plain
from specxl.workbook.styles import Styles

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.model.cells import Book

Values = "dict[tuple[str, int, int], Value]"


def writing(book: Book, values: Any, theme: Mapping[str, Any]) -> int:  # noqa: ANN401 - by (sheet, row, column)
    """Write the workbook as a build does."""
    return len(package_of(book, values, theme))


def bare_xlsxwriter(book: Book, values: Any, theme: Mapping[str, Any]) -> int:  # noqa: ANN401
    """Write the same cells with XlsxWriter as its documentation has it."""
    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    native = xlsxwriter.Workbook(file, options)
    styles = Styles(native, theme)
    for sheet in book.sheets:
        page = native.add_worksheet(sheet.name)
        for (row, col), cell in sheet.cells.items():
            content, look = cell.content, styles.format(cell.style)
            if isinstance(content, Formula):
                page.write_formula(row, col, f"={content.text(row)}", look, values[sheet.name, row, col])
            elif isinstance(content, Link):
                page.write_string(row, col, content.text, look)
            elif isinstance(content, str):
                page.write_string(row, col, content, look)
            elif content is None:
                page.write_blank(row, col, None, look)
            else:
                page.write_number(row, col, content, look)
    native.close()
    return len(file.getvalue())


def openpyxl(book: Book, _values: object, _theme: object) -> int:
    """Write constants and formulas with openpyxl."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for sheet in book.sheets:
        page = made.create_sheet(sheet.name)
        for (row, col), cell in sheet.cells.items():
            content = cell.content
            held = f"={content.text(row)}" if isinstance(content, Formula) else content
            page.cell(row + 1, col + 1, held.text if isinstance(held, Link) else held)
    file = BytesIO()
    made.save(file)
    return len(file.getvalue())


def pandas(book: Book, values: Any, _theme: object) -> int:  # noqa: ANN401
    """Write what all cells show with pandas."""
    file = BytesIO()
    with pd.ExcelWriter(file, engine="xlsxwriter") as writer:
        for sheet in book.sheets:
            rows: dict[int, dict[int, object]] = {}
            for (row, col), cell in sheet.cells.items():
                content = cell.content
                held = values[sheet.name, row, col] if isinstance(content, Formula) else content
                rows.setdefault(row, {})[col] = held.text if isinstance(held, Link) else held
            frame = pd.DataFrame.from_dict(rows, orient="index").sort_index(axis=0).sort_index(axis=1)
            frame.to_excel(writer, sheet_name=sheet.name, header=False, index=False)
    return len(file.getvalue())


def _plain(held: object) -> object:
    """Read-only views as the dicts they are of, which can be kept."""
    return {key: _plain(value) for key, value in held.items()} if isinstance(held, Mapping) else held


WRITERS: tuple[Callable[..., int], ...] = (writing, bare_xlsxwriter, openpyxl, pandas)


def prepared(pairs: int, folder: Path) -> Path:
    """Make the cells once, and keep them in a file."""
    source = folder / "rows.csv"
    source.write_text(table("pairs", pairs))
    layout = build_book(materials_of(*prepare([source], DEFAULTS, lambda _: None)))
    lay_manifest(layout.book, [place_of(anchor) for anchor in layout.plan.anchors])
    write_plain(layout.book, folder / "plain.xlsx")
    values = dict(Engine(folder / "plain.xlsx", layout.book).values())
    kept = folder / "cells.pickle"
    kept.write_bytes(pickle.dumps((layout.book, values, _plain(layout.plan.house.theme))))
    cells = sum(len(sheet.cells) for sheet in layout.book.sheets)
    print(f"{pairs} pairs: {len(layout.book.sheets)} sheets, {cells} cells, {len(values)} of them formulas")
    return kept


def whole_build(folder: Path) -> tuple[float, int]:
    """Build the workbook by the command: seconds of processor time of all its processes, and the size of the file."""
    made = folder / "whole.xlsx"
    process = subprocess.Popen((sys.executable, "-m", "specxl", "build", folder / "rows.csv", "-o", made, "--quiet"))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.returncode)
    return usage.ru_utime + usage.ru_stime, made.stat().st_size


def main() -> None:
    """Run the benchmark, or one writer of it in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--writer", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.writer:
        name, kept = given.writer
        book, values, theme = pickle.loads(Path(kept).read_bytes())  # noqa: S301 - made by this benchmark
        begun = time.process_time()
        size = next(writer for writer in WRITERS if writer.__name__ == name)(book, values, theme)
        print(time.process_time() - begun, size)
        return
    with tempfile.TemporaryDirectory() as folder:
        kept = prepared(given.pairs, Path(folder))
        taken: dict[str, list[tuple[float, int]]] = {writer.__name__: [] for writer in WRITERS}
        whole: list[tuple[float, int]] = []
        for _ in range(given.runs):
            whole.append(whole_build(Path(folder)))
            for name, runs in taken.items():
                command = (sys.executable, __file__, "--writer", name, str(kept))
                seconds, size = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
                runs.append((float(seconds), int(size)))
    bare = statistics.median(seconds for seconds, _ in taken["bare_xlsxwriter"])
    for name, runs in {"whole build": whole, **taken}.items():
        middle = statistics.median(seconds for seconds, _ in runs)
        print(
            f"{name:18s} median {middle:6.2f} s of {len(runs)}   {middle / bare:5.2f} times bare XlsxWriter   {runs[0][1] / 1e6:6.2f} MB"
        )


if __name__ == "__main__":
    main()
