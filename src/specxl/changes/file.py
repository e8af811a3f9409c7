"""A workbook file -> a snapshot, through the anchors of its manifest and with everything that `specxl verify` guards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from specxl.changes.snapshot import KEY_COLUMNS, Entry, Price, Snapshot, input_keys, keys_of
from specxl.errors import OlderWorkbookError, SpecxlError, WorkbookFileError
from specxl.labels import clean_label
from specxl.model.manifest import read_manifest
from specxl.returned.differences import find_differences, standing_inputs
from specxl.returned.reading import read_workbook
from specxl.returned.recompute import recompute
from specxl.returned.safety import screen_package
from specxl.returned.view import View, number
from specxl.returned.world import FileWorld, strict_arithmetic
from specxl.sheets.results import READS

if TYPE_CHECKING:
    from specxl.changes.snapshot import InputKey, Key
    from specxl.method.verdict import Given
    from specxl.model.manifest import Manifest
    from specxl.returned.reading import WorkbookFile

FACTS = ("Data as of", "Rate card", "specxl version")
_FACT_LENGTH, _NAME_LENGTH = 60, 80


def snapshot_of_file(path: str | Path) -> Snapshot:
    """Read what a workbook is compared by: prices and choices as they stand, curves fitted anew from its measurements.

    Raises:
        WorkbookFileError: it is no workbook of specxl, is of an older version, is not safe to open, or holds what no
            build lays out.
    """
    path = Path(path)
    screen_package(path)
    file = read_workbook(path)
    manifest, root = _manifest(path, file)
    try:
        with strict_arithmetic():
            return _snapshot(path, file, manifest, root)
    except OlderWorkbookError:
        raise
    except SpecxlError as exc:
        raise _unusable(path, exc) from exc
    except (ArithmeticError, LookupError, TypeError, ValueError) as exc:  # figures that no build holds
        raise _unusable(path, exc) from exc


def _unusable(path: Path, cause: Exception) -> WorkbookFileError:
    said = clean_label(cause) if isinstance(cause, SpecxlError) else "a block does not hold what a build lays there"
    return WorkbookFileError(f"{path}: cannot be compared: {said}. `specxl verify` says what was changed in it")


def _manifest(path: Path, file: WorkbookFile) -> tuple[Manifest, str]:
    try:
        found = read_manifest(file.book)
    except OlderWorkbookError as exc:
        msg = f"{path}: the workbook was built by an older version, whose manifest this one does not read"
        raise OlderWorkbookError(f"{msg}. Build it again from its data with this version") from exc
    except (WorkbookFileError, ValueError) as exc:
        raise _unusable(path, exc) from exc
    if found is None:
        msg = f"{path}: this is not a workbook of specxl: it has no manifest. Give a workbook that `specxl build` wrote"
        raise WorkbookFileError(msg)
    return found


def _snapshot(path: Path, file: WorkbookFile, manifest: Manifest, root: str) -> Snapshot:
    built = {sheet.name for sheet in manifest.sheets}
    book = replace(file.book, sheets=[sheet for sheet in file.book.sheets if sheet.name in built])
    # computed afresh: stored results may be stale, and are whatever the file says
    view = View(book, recompute(book, file.stored).values)
    view.require_bounded(manifest.blocks)
    world = FileWorld(view, manifest.blocks)
    facts = {name: clean_label(file.properties.get(name, ""), limit=_FACT_LENGTH) for name in FACTS}
    return Snapshot(
        name=clean_label(path.name, limit=_NAME_LENGTH),
        facts=facts,
        known=world.known,
        comparisons=_comparisons(world),
        prices=_prices(world),
        factor=number(world.rows(world.block("in force", tag="factor"))[0]["value"]) or 1.0,
        inputs=_inputs(manifest, file),
        altered=len(find_differences(manifest, root, file.book, file.properties)),
    )


def _comparisons(world: FileWorld) -> dict[Key, tuple[Given, ...]]:
    """What each comparison's reads are given, under the names that its row of Results shows."""
    tags = sorted(block.tag for block in world.blocks if (block.kind, block.owner) == ("results", ""))
    shown = [row for tag in tags for row in world.rows(world.block("results", tag=tag))]
    blocks = world.reads_of_results()
    if len(shown) != len(blocks) or len(shown) % READS:
        msg = f"Results has {len(shown)} rows and {len(blocks)} comparison blocks"
        raise WorkbookFileError(msg)
    firsts = shown[::READS]
    keys = keys_of(tuple(clean_label(row.get(column)) for column in KEY_COLUMNS) for row in firsts)
    found = {}
    for place, key in enumerate(keys):
        rows = blocks[place * READS : (place + 1) * READS]
        found[key] = tuple(world.read_given(row) for row in rows)
    return found


def _prices(world: FileWorld) -> dict[str, Price]:
    found = {}
    for row in world.rows(world.block("rates")):
        found[clean_label(row["hardware"])] = Price(number(row["price"]), number(row["power"]))
    return found


def _inputs(manifest: Manifest, file: WorkbookFile) -> dict[InputKey, Entry]:
    standing = list(standing_inputs(manifest, file.book))
    keys = input_keys((clean_label(item.sheet), clean_label(item.label or item.cell)) for item, _ in standing)
    return {key: Entry(item.cell, _told(item.new), edited) for key, (item, edited) in zip(keys, standing, strict=True)}


def _told(value: object) -> str | float | int | None:
    return value if value is None or isinstance(value, (int, float)) else clean_label(value)
