"""A workbook that comes back: what was edited, whether it is as built, and whether its figures are right."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from specxl.errors import OlderWorkbookError, SpecxlError, WorkbookFileError
from specxl.model.manifest import MANIFEST_SHEET, ROOT_PROPERTY, Manifest, read_manifest
from specxl.returned.acting import acting_formulas, noted_formulas
from specxl.returned.differences import Difference, edited_inputs, find_differences, own_sheets
from specxl.returned.looks import find_looks
from specxl.returned.reading import read_workbook
from specxl.returned.reads import compare_reads
from specxl.returned.recompute import recompute
from specxl.returned.report import FileReport
from specxl.returned.safety import screen_package
from specxl.returned.view import View
from specxl.sheets.checks import FAILED_COL, HEAD_ROW, TEXT, WHERE
from specxl.sheets.frame import CHECKS, OVERALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.returned.reading import WorkbookFile

__all__ = ["FileReport", "verify_file"]

VERSION_PROPERTY = "specxl version"
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}(?:[-.+]?[a-z0-9]{1,12}){0,3}", re.ASCII)


def _no_progress(_: str) -> None:
    return


def verify_file(
    path: str | Path, progress: Callable[[str], None] = _no_progress, expect_digest: str = ""
) -> FileReport:
    """Verify a workbook that `specxl build` made and that people have had in their hands since.

    Args:
        path: the .xlsx; it is only read, and nothing in it is run.
        progress: called with the name of each stage.
        expect_digest: the root digest that the build printed; another one is a difference.

    Returns:
        The inputs that were edited, what else differs from the build or hides it, whether every stored result is what
        the engine computes (1e-9) and every read what the reference computes from the inputs as they stand, and the checks.

    Raises:
        WorkbookFileError: not a workbook of specxl, or not safe to open.
    """
    path = Path(path)
    progress("opening")
    active = screen_package(path)
    file = read_workbook(path)
    manifest, root, damage = _manifest(path, file)
    found = FileReport(
        file=str(path),
        built_by=_version(file),
        root_digest=manifest.root if manifest else "",
        expected_digest=expect_digest.lower(),
        active_content=active,
    )
    if manifest is None:
        return replace(found, differences=(Difference(MANIFEST_SHEET, "manifest", damage), *_unexpected(found)))
    progress("comparing with the manifest")
    looks = find_looks(file, manifest)
    found = replace(
        found,
        inputs=edited_inputs(manifest, file.book),
        differences=(
            *_unexpected(found),
            *find_differences(manifest, root, file.book, file.properties),
            *looks.differences,
        ),
        active_content=(*active, *acting_formulas(file, manifest)),
        own_sheets=own_sheets(manifest, file.book),
        noted=(*looks.noted, *noted_formulas(file, manifest)),
    )
    return _recomputed(found, file, manifest, progress)


def _version(file: WorkbookFile) -> str:
    """The version that built the file; nothing where its property does not look like one."""
    stated = file.properties.get(VERSION_PROPERTY, "")
    return stated if _VERSION.fullmatch(stated) else ""


def _unexpected(found: FileReport) -> tuple[Difference, ...]:
    if found.expected_digest in ("", found.root_digest):
        return ()
    text = f"the root digest is not the expected {found.expected_digest}: this is another build, or its manifest was made anew"
    return (Difference(MANIFEST_SHEET, "manifest", text),)


def _manifest(path: Path, file: WorkbookFile) -> tuple[Manifest | None, str, str]:
    """The manifest and root digest; without a usable one, what is wrong with it.

    Raises:
        WorkbookFileError: nothing says that specxl made this workbook, or an older version did.
    """
    try:
        read = read_manifest(file.book)
    except OlderWorkbookError as exc:
        msg = f"{path}: {exc}"
        raise WorkbookFileError(msg) from exc
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
    reads = compare_reads(view, manifest.blocks)
    overall, failed = _checks(view)
    return replace(
        found,
        formulas=again.formulas,
        results=again.differing,
        never_computed=again.never_computed,
        left_out=again.left_out,
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
    failed = []
    row = HEAD_ROW + 1
    while view.value(CHECKS, row, FAILED_COL) is not None:
        if view.value(CHECKS, row, FAILED_COL) != 0:
            failed.append(f"{view.value(CHECKS, row, TEXT)} (sheet {view.value(CHECKS, row, WHERE)})")
        row += 1
    return str(overall), tuple(failed)
