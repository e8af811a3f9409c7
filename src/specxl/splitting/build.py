"""A split build: read once, make a workbook of each part, write each when it is whole, and the index last."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from specxl import workbook
from specxl.errors import OptionError, OutputError
from specxl.output import require_writable
from specxl.pipeline import prepare, require_other_place
from specxl.recipe import DEFAULTS, creation_date
from specxl.splitting.index import Listed, index_book
from specxl.splitting.parts import split_dataset
from specxl.splitting.work import Task, make_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from specxl.errors import Notice
    from specxl.pipeline import Judged
    from specxl.recipe import BuildOptions
    from specxl.sources.containers import Input
    from specxl.splitting.parts import Part

INDEX = "index.xlsx"


@dataclass(frozen=True, slots=True)
class SplitResult:
    """What a split build made: the index, the workbooks in the order of their labels, and why a group has none."""

    index: Path
    workbooks: tuple[Listed, ...]
    faults: dict[str, str]
    left_out: tuple[str, ...]
    notices: tuple[Notice, ...]


def build_split(
    inputs: Sequence[Input],
    folder: str | Path,
    by: str,
    options: BuildOptions = DEFAULTS,
    progress: Callable[[str], None] = lambda _: None,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
) -> SplitResult:
    """Write one workbook per group of the rows, and an index workbook that leads to them.

    Args:
        inputs: as for `build`.
        folder: where to write; it is made where it does not exist. A file stays untouched unless its workbook is whole.
        by: one of `SPLITS`.
        options: as for `build`.
        progress: called with the name of each stage.
        jobs: processes on this machine; as many as there are processors by default.
        scheduler: the address of a Dask scheduler whose workers make the workbooks instead.

    Raises:
        SpecxlError: with a message for the user. A part that cannot be made is no error but a fault of the result.
    """
    place = Path(folder)
    if place.suffix.lower() == ".xlsx":
        msg = f"{place}: a split build writes several workbooks into a folder. Name a folder with -o"
        raise OptionError(msg)
    dataset, recipe = prepare(inputs, options, progress)
    parts, left_out = split_dataset(dataset, recipe.house, by)
    _make_folder(place)
    for stem in (*(part.stem for part in parts), Path(INDEX).stem):
        require_writable(place / f"{stem}.xlsx")
        require_other_place(place / f"{stem}.xlsx", inputs)
    made: dict[str, Listed] = {}
    faults: dict[str, str] = {}
    named = {part.stem: part for part in parts}
    for one in make_all([Task(part, recipe) for part in parts], jobs or os.cpu_count() or 1, scheduler):
        part = named[one.stem]
        progress(f"writing: {part.label}, {len(made) + len(faults) + 1} of {len(parts)}")
        if one.judged is None:
            faults[part.label] = one.fault
        else:
            made[part.label] = _write(place, part, one.package, one.judged)
    listed = tuple(made[part.label] for part in parts if part.label in made)
    created = creation_date(dataset, recipe.card)
    texts = recipe.house.texts["index"]
    book = index_book(listed, dict(sorted(faults.items())), texts, created)
    workbook.write_workbook(book, {}, recipe.house.theme, place / INDEX)
    return SplitResult(place / INDEX, listed, faults, left_out, dataset.notices)


def _write(place: Path, part: Part, package: bytes, judged: Judged) -> Listed:
    file = f"{part.stem}.xlsx"
    workbook.write_package(package, place / file)
    return Listed(part.label, file, sha256(package).hexdigest(), len(part.dataset.measurements), judged)


def _make_folder(place: Path) -> None:
    try:
        place.mkdir(exist_ok=True)
    except OSError as exc:
        msg = f"{place}: the folder cannot be made: {exc.strerror or exc}. Choose another place with -o"
        raise OutputError(msg) from exc
