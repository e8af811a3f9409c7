"""The order of the stages, and nothing else: read, normalise, curves, sheets, evaluate, verify, write."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from specxl import workbook
from specxl.beside import Beside
from specxl.errors import OutputError
from specxl.evaluate import Engine
from specxl.house import House, data_file
from specxl.judge.states import judge_build
from specxl.model.cells import Formula
from specxl.model.manifest import lay_manifest
from specxl.output import require_writable
from specxl.reading.dataset import load
from specxl.reading.reported_faults import apply_known_issues
from specxl.recipe import DEFAULTS, materials_of, read_previous, recipe_of, require_tier
from specxl.scratch import scratch_folder
from specxl.sheets.anchors import place_of
from specxl.sheets.book import build_book
from specxl.sources import TidyRows
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from specxl.errors import Notice
    from specxl.evaluate import Values
    from specxl.frames import Frame
    from specxl.judge.compare import Tally
    from specxl.model.cells import Value
    from specxl.reading.dataset import Dataset
    from specxl.recipe import BuildOptions, Recipe
    from specxl.sheets.book import Layout
    from specxl.sources.containers import Input

PUBLISHED = "published_points.csv"


@dataclass(frozen=True, slots=True)
class ResultRows:
    """The Results table as plain values: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What there is to say of a workbook that was judged: how much is in it, its notices, how far two engines were apart at most.

    `root_digest` is the manifest's, by which a workbook that comes back can be told from every other build.
    """

    sheets: int
    comparisons: int
    reads_verified: int
    states_verified: int
    worst_disagreement: float
    notices: tuple[Notice, ...]
    root_digest: str
    table: ResultRows = field(repr=False)

    def results(self) -> Frame:
        """The Results table of the workbook as it opens, as a pandas data frame with the columns of its contract."""
        frame: Frame = _frames().results_frame(self.table.columns, self.table.rows)
        return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult(Judged):
    """What a build made: the file, and what there is to say of it."""

    path: Path


def _frames() -> ModuleType:
    """The module of data frames, on first use: most builds do not need pandas."""
    return import_module("specxl.frames")


def _no_progress(_: str) -> None:
    return


def build(
    inputs: Sequence[Input | Frame] = (),
    output: str | Path = "specxl.xlsx",
    options: BuildOptions = DEFAULTS,
    progress: Callable[[str], None] = _no_progress,
) -> BuildResult:
    """Read benchmark results and write the comparison workbook.

    Args:
        inputs: files, folders, globs, tables in memory or data frames; none at all means the bundled published points.
        output: the .xlsx to write; an older file stays untouched unless everything succeeds.
        options: see `BuildOptions`.
        progress: called with the name of each stage.

    Raises:
        SpecxlError: with a message for the user; nothing has been written.
    """
    with _collection_paused():
        return _build(_taken(inputs), Path(output), options, progress)


def _taken(inputs: Sequence[Input | Frame]) -> list[Input]:
    """The inputs, data frames among them as tidy tables."""
    plain = (str, Path, TidyRows)
    return [
        given if isinstance(given, plain) else _frames().tidy_rows(given, number)
        for number, given in enumerate(inputs, start=1)
    ]


def _build(inputs: Sequence[Input], path: Path, options: BuildOptions, progress: Callable[[str], None]) -> BuildResult:
    require_writable(path)
    require_other_place(path, inputs)
    _require_name(path)
    dataset, recipe = prepare(inputs, options, progress)
    package, judged = compose(dataset, recipe, progress)
    workbook.write_package(package, path)
    return BuildResult(path=path, **{part.name: getattr(judged, part.name) for part in fields(judged)})


def prepare(inputs: Sequence[Input], options: BuildOptions, progress: Callable[[str], None]) -> tuple[Dataset, Recipe]:
    """Read everything that a build needs; none at all means the bundled published points.

    Raises:
        SpecxlError: an input, an option or a file of the user's own is none.
    """
    require_tier(options.tier)
    previous = read_previous(options, progress)
    progress("reading")
    house = House.load(options.templates, known_issues=options.known_issues)
    dataset = load(list(inputs) or [data_file(PUBLISHED)], house, options.data)
    dataset = apply_known_issues(dataset, house, exclude=options.exclude_known_issues)
    return dataset, recipe_of(dataset, house, options, previous)


def compose(
    dataset: Dataset, recipe: Recipe, progress: Callable[[str], None] = _no_progress, *, alone: bool = False
) -> tuple[bytes, Judged]:
    """Make one workbook of a data set: curves, sheets, both evaluations and the judge, and the content of its file.

    `alone` keeps to this process, where others work on the other processors.

    Raises:
        SpecxlError: with a message for the user.
    """
    progress("curves")
    materials = materials_of(dataset, recipe)
    progress("sheets")
    layout = build_book(materials)
    root_digest = lay_manifest(layout.book, [place_of(anchor) for anchor in layout.plan.anchors])
    package, tally, rows = _evaluate(layout, recipe.house, progress, alone=alone)
    return package, Judged(
        sheets=len(layout.book.sheets),
        comparisons=len(materials.catalogue.everything),
        reads_verified=tally.reads,
        states_verified=tally.states,
        worst_disagreement=tally.worst,
        notices=materials.notices,
        root_digest=root_digest,
        table=rows,
    )


def _result_rows(layout: Layout, values: Values) -> ResultRows:
    """What the Results table holds as the workbook opens."""
    sheet, anchor = layout.results.sheet, next(a for a in layout.plan.anchors if a.kind == "results")
    first = anchor.first

    def held(row: int, col: int) -> Value:
        cell = sheet.cells.get((row, col))
        if cell is None or not isinstance(cell.content, (Formula, str, int, float)):
            return None
        return values[sheet.name, row, col] if isinstance(cell.content, Formula) else cell.content

    columns = range(first.col, first.col + len(anchor.keys))
    rows = range(first.row, first.row + anchor.rows)
    return ResultRows(anchor.keys, tuple(tuple(held(row, col) for col in columns) for row in rows))


def require_other_place(path: Path, inputs: Sequence[Input]) -> None:
    """An output that names an input by mistake would replace the data."""
    for given in (Path(given) for given in inputs if not isinstance(given, TidyRows)):
        if path.is_file() and given.is_file() and path.samefile(given):
            msg = f"{path}: this is one of the inputs, which the workbook would replace. Choose another place with -o"
            raise OutputError(msg)


def _require_name(path: Path) -> None:
    if path.suffix.lower() != ".xlsx":
        msg = f"{path}: spreadsheet programs open a workbook by its name, which ends in .xlsx. Use -o {path}.xlsx"
        raise OutputError(msg)


_FORMULAS_BESIDE = 150_000
"""With more formulas the file is made before they are judged, not beside that: a copy of the process would take as much memory again."""


@contextmanager
def _collection_paused() -> Iterator[None]:
    """A build makes half a million objects that live to its end: looking for garbage among them is wasted time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _evaluate(
    layout: Layout, house: House, progress: Callable[[str], None], *, alone: bool
) -> tuple[bytes, Tally, ResultRows]:
    """Evaluate the workbook, make the file, and have it judged in every state of every dropdown: only then it is given out."""
    with scratch_folder() as folder:
        progress("evaluating")
        plain = folder / "plain.xlsx"
        write_plain(layout.book, plain)
        engine = Engine(plain, layout.book)
        values = engine.values()
        rows = _result_rows(layout, values)

        def made() -> bytes:
            return workbook.package_of(layout.book, values, house.theme)

        def made_anew() -> bytes:  # judging has changed what the engine holds
            return workbook.package_of(layout.book, Engine(plain, layout.book).values(), house.theme)

        def judged() -> Tally:
            return judge_build(layout, engine, lambda state: progress(f"judging: {state}"))

        if alone or len(values) > _FORMULAS_BESIDE:
            progress("writing")
            return made(), judged(), rows
        with Beside(made, folder / "made.xlsx") as making:
            tally = judged()
            progress("writing")
            return making.result(made_anew), tally, rows
