"""`specxl verify`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

import specxl
from specxl.cli.options import guarded
from specxl.cli.session import say
from specxl.errors import WorkbookFileError
from specxl.source_date import source_date

NOT_OURS = 3
_DIGEST = re.compile(r"[0-9A-Fa-f]{16,128}")


def _parse_digest(_: click.Context, param: click.Parameter, value: str | None) -> str:
    """Read a root digest as `specxl build` prints it (exit status 2)."""
    if value is not None and not _DIGEST.fullmatch(value):
        raise click.BadParameter(
            f"{value!r} is no root digest; give the digits that `specxl build` printed", param=param
        )
    return value or ""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option(
    "--expect-digest",
    callback=_parse_digest,
    metavar="HEX",
    help="The root digest that the build printed; another is an alteration.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def verify(file: Path, *, expect_digest: str, as_json: bool) -> None:
    """Verify a workbook that comes back: which inputs were edited, what else was changed, and whether it is right.

    Every result is computed afresh and every read compared with the reference. It detects accidents, not forgers.
    Exit status: 0 unchanged or only inputs edited, 1 altered, wrong or not verified, 3 not a workbook of specxl or not
    safe to open.

    \b
    Examples:
      specxl verify release.xlsx
      specxl verify release.xlsx --json
      specxl verify --expect-digest 3a52059441321c7039171ca8d7de3c54 release.xlsx
    """
    guarded(source_date)
    try:
        report = specxl.verify_file(file, expect_digest=expect_digest)
    except WorkbookFileError as exc:
        _refuse(file, exc, as_json=as_json)
        return
    if as_json:
        say(json.dumps(report.to_dict(), indent=2))
    else:
        say("\n".join(report.lines()))
    click.get_current_context().exit(report.exit_status)


def _refuse(file: Path, error: WorkbookFileError, *, as_json: bool) -> None:
    """Say why the file is not verified at all; with --json on standard output too, so that a program can read it."""
    if as_json:
        answer = {"file": str(file), "outcome": "refused", "exit_status": NOT_OURS, "error": str(error)}
        say(json.dumps(answer, indent=2))
    say(f"Error: {error}", err=True)
    click.get_current_context().exit(NOT_OURS)
