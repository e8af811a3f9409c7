"""Two releases side by side: which comparisons are new, gone or changed, and which prices and inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.changes.file import snapshot_of_file
from specxl.changes.find import find_changes
from specxl.changes.report import ChangeReport
from specxl.house import House

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["ChangeReport", "diff_files"]


def _no_progress(_: str) -> None:
    return


def diff_files(old: str | Path, new: str | Path, progress: Callable[[str], None] = _no_progress) -> ChangeReport:
    """Compare two workbooks that `specxl build` made, as they stand; both are only read, and nothing in them is run.

    Args:
        old, new: the .xlsx files. Both are read at the speeds and the token basis of the new one, each with its own
            measurements, prices and thresholds.
        progress: called with the name of each stage.

    Raises:
        WorkbookFileError: one of them is no workbook of specxl, is of an older version, or is not safe to open.
    """
    progress("reading the old workbook")
    before = snapshot_of_file(old)
    progress("reading the new workbook")
    after = snapshot_of_file(new)
    progress("comparing")
    return ChangeReport(find_changes(before, after), House.load())
