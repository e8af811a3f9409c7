"""A workbook that comes back: what was edited, whether it is as built, and whether its figures are right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from specxl.errors import SpecxlError, WorkbookFileError
from specxl.model.manifest import MANIFEST_SHEET, ROOT_PROPERTY, Manifest, read_manifest
from specxl.returned.differences import Difference, edited_inputs, find_differences, own_sheets
from specxl.returned.reading import read_workbook
from specxl.returned.reads import compare_reads
from specxl.returned.recompute import recompute
from specxl.returned.report import FileReport
from specxl.returned.safety import screen_package
from specxl.returned.view import View
from specxl.sheets.frame import CHECKS, OVERALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.returned.reading import WorkbookFile

__all__ = ["FileReport", "verify_file"]

VERSION_PROPERTY = "specxl version"


def _no_progress(_: str) -> None:
    return


def verify_file(path: str | Path, progress: Callable[[str], None] = _no_progress) -> FileReport:
    """Verify a workbook that `specxl build` made and that people have had in their hands since.

    Args:
        path: the .xlsx; it is only read, and nothing in it is run.
        progress: called with the name of each stage.

    Returns:
        The inputs that were edited, what else differs from the build, whether every stored result is what the engine
        computes (1e-9) and every read what the reference computes from the inputs as they stand, and the checks.

    Raises:
        WorkbookFileError: not a workbook of specxl, or not safe to open.
    """
    path = Path(path)
    progress("opening")
    active = screen_package(path)
    file = read_workbook(path)
    manifest, root, damage = _manifest(path, file)
    version = file.properties.get(VERSION_PROPERTY, "")
    found = FileReport(file=str(path), built_by=version, root_digest=root, active_content=active)
    if manifest is None:
        return replace(found, differences=(Difference(MANIFEST_SHEET, "manifest", damage),))
    progress("comparing with the manifest")
    found = replace(
        found,
        inputs=edited_inputs(manifest, file.book),
        differences=find_differences(manifest, root, file.book, file.properties),
        own_sheets=own_sheets(manifest, file.book),
    )
    return _recomputed(found, file, manifest, progress)


def _manifest(path: Path, file: WorkbookFile) -> tuple[Manifest | None, str, str]:
    """The manifest and root digest; without a usable one, what is wrong with it.

    Raises:
        WorkbookFileError: nothing says that specxl made this workbook.
    """
    try:
        read = read_manifest(file.book)
    except (WorkbookFileError, ValueError) as exc:
        return None, "", str(exc)
    if read is not None:
        return read[0], read[1], ""
    if not {ROOT_PROPERTY, VERSION_PROPERTY} & set(file.properties):
        msg = f"{path}: this is not a workbook of specxl: it has no manifest. Give a workbook that `specxl build` wrote"
        raise WorkbookFileError(msg)
    return (
        None,
        "",
        f"the manifest is missing, so nothing can be compared: the sheet {MANIFEST_SHEET} was removed or changed",
    )


def _recomputed(
    found: FileReport, file: WorkbookFile, manifest: Manifest, progress: Callable[[str], None]
) -> FileReport:
    """Evaluate the sheets of the build, and judge the stored results, the reads and the checks."""
    progress("recomputing")
    built = {sheet.name for sheet in manifest.sheets}
    book = replace(file.book, sheets=[sheet for sheet in file.book.sheets if sheet.name in built])
    try:
        again = recompute(book, file.stored)
    except SpecxlError as exc:
        return replace(found, problems=(f"the workbook cannot be recomputed: {exc}",))
    progress("comparing with the reference")
    view = View(book, again.values)
    reads = compare_reads(view)
    overall, failed = _checks(view)
    return replace(
        found,
        formulas=again.formulas,
        results=again.differing,
        errors=again.errors,
        ties=again.ties,
        reads=reads.compared,
        worst=reads.worst,
        disagreements=tuple(reads.disagreements),
        overall=overall,
        failed_checks=failed,
    )


def _checks(view: View) -> tuple[str, tuple[str, ...]]:
    """The overall verdict of the Checks sheet as it computes now, and the checks that fail."""
    if CHECKS not in view.sheets:
        return f"the sheet {CHECKS} is missing", ()
    overall = view.value(CHECKS, OVERALL.row, OVERALL.col)
    head = next((row for row, col in view.places(CHECKS, "Check") if col == 0), None)
    result = view.headers(CHECKS, head).get("Result") if head is not None else None
    if head is None or result is None:
        return f"{overall}, and the table of checks is not where a build lays it", ()
    failed = tuple(
        f"{view.text(CHECKS, row, 0)} (sheet {view.text(CHECKS, row, 1)})"
        for row in view.rows_below(CHECKS, head)
        if view.value(CHECKS, row, result) != "passed"
    )
    return str(overall), failed
