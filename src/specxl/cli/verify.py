"""`specxl verify`."""

from __future__ import annotations

import json
from pathlib import Path

import click

import specxl
from specxl.cli.options import guarded
from specxl.errors import WorkbookFileError
from specxl.source_date import source_date

NOT_OURS = 3


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def verify(file: Path, *, as_json: bool) -> None:
    """Verify a workbook that comes back: which inputs were edited, what else was changed, and whether it is right.

    Every result is computed afresh and every read compared with the reference. It detects accidents, not forgers.
    Exit status: 0 unchanged or only inputs edited, 1 altered or wrong, 3 not a workbook of specxl or not safe to open.

    \b
    Examples:
      specxl verify release.xlsx
      specxl verify release.xlsx --json
    """
    guarded(source_date)
    try:
        report = specxl.verify_file(file)
    except WorkbookFileError as exc:
        _refuse(file, exc, as_json=as_json)
        return
    if as_json:
        click.echo(json.dumps(report.to_dict(), indent=2))
    else:
        click.echo("\n".join(report.lines()))
    click.get_current_context().exit(report.exit_status)


def _refuse(file: Path, error: WorkbookFileError, *, as_json: bool) -> None:
    """Say why the file is not verified at all; with --json on standard output too, so that a program can read it."""
    if as_json:
        answer = {"file": str(file), "outcome": "refused", "exit_status": NOT_OURS, "error": str(error)}
        click.echo(json.dumps(answer, indent=2))
    click.echo(f"Error: {error}", err=True)
    click.get_current_context().exit(NOT_OURS)
