"""The workbook of the five published pages: where it shows each page's comparison, and what the pages computed with."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import specxl
from support.engine import Book
from support.places import Places

if TYPE_CHECKING:
    from support import Cell
    from support.places import PairPlaces

RATES = {"B300": (2.34, 2.17), "GB200 NVL72": (2.21, 2.10), "MI355X": (1.48, 2.65), "H200": (1.41, 1.73)}
"""What the pages computed with: $/GPU-hr and kW/GPU."""
KEYS = {
    "DeepSeek R1 on B300": ("dsr1", "b300"),
    "DeepSeek R1 on MI355X": ("dsr1", "mi355x"),
    "DeepSeek V4 Pro 1.6T on GB200 NVL72": ("dsv4", "gb200"),
    "DeepSeek V4 Pro 1.6T on H200": ("dsv4", "h200"),
    "GLM 5/5.1 on B300": ("glm5", "b300"),
}
"""Model and hardware of the published points, by the title of their sheet."""
AT_ODDS = ("DeepSeek V4 Pro 1.6T on GB200 NVL72", 61.0)
"""Where one cost that is printed contradicts the page's own price."""


_FOLDER = tempfile.TemporaryDirectory(prefix="specxl-printed-")
atexit.register(_FOLDER.cleanup)


@cache
def places() -> Places:
    """Where things stand in the default workbook, which is built once."""
    return Places(specxl.build(output=Path(_FOLDER.name) / "default.xlsx").path)


@cache
def engine() -> Book:
    """The default workbook in the spreadsheet engine, loaded once; whoever edits resets it."""
    return Book(places().path)


@cache
def page_of(title: str) -> PairPlaces:
    """The pair sheet with this title."""
    return next(page for page in places().pairs if page.title == title)


def five() -> list[PairPlaces]:
    """The five pair sheets, so that no test goes over fewer."""
    found = places().pairs
    assert len(found) == 5
    return found


def results(page: PairPlaces) -> list[dict[str, Cell]]:
    """The blocks behind the rows of Results for what a sheet shows: at the Summary's speed, then at its own targets."""
    [chosen] = places().rows("selection", page.sheet)
    shown = (chosen["a_id"], chosen["b_id"])
    blocks, held = places().cells("comparison"), places().rows("comparison")
    found = [cells for cells, row in zip(blocks, held, strict=True) if (row["a_id"], row["b_id"]) == shown]
    assert len(found) == 4
    return found
