"""`specxl diff`."""

from __future__ import annotations

import json
from pathlib import Path

import click

import specxl
from specxl.cli.options import guarded
from specxl.cli.session import say
from specxl.cli.verify import NOT_OURS
from specxl.errors import WorkbookFileError
from specxl.source_date import source_date

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("old", type=_FILE, metavar="OLD.xlsx")
@click.argument("new", type=_FILE, metavar="NEW.xlsx")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def diff(old: Path, new: Path, *, as_json: bool) -> None:
    """Say what changed from one release to the next: comparisons, prices and inputs.

    A comparison has changed when its verdict did, when a stop came or went, or when a figure moved by more than 5 %. Both
    workbooks are computed afresh, as they stand.

    Exit status: 0 nothing changed, 4 something changed, 1 one of them is not as it was built, 3 one of them is no workbook
    of specxl, is of an older version, or is not safe to open.

    \b
    Examples:
      specxl diff release-08.xlsx release-09.xlsx
      specxl diff release-08.xlsx release-09.xlsx --json
    """
    guarded(source_date)
    try:
        report = specxl.diff_files(old, new)
    except WorkbookFileError as exc:
        if as_json:
            say(json.dumps({"exit_status": NOT_OURS, "error": str(exc)}, indent=2))
        say(f"Error: {exc}", err=True)
        click.get_current_context().exit(NOT_OURS)
    if as_json:
        say(json.dumps(report.to_dict(), indent=2))
    else:
        say("\n".join(report.lines()))
    click.get_current_context().exit(report.exit_status)
