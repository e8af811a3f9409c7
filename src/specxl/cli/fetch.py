"""`specxl fetch`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import specxl
from specxl.cli.options import guarded, parse_date

if TYPE_CHECKING:
    import datetime as dt


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The JSON file to write.")
@click.option("--date", callback=parse_date, metavar="DATE", help="The newest results on or before this day.")
@click.option("--base-url", help="Where to fetch from, if not the InferenceX site.")
@click.option(
    "--retries",
    type=click.IntRange(0, 20),
    default=4,
    show_default=True,
    help="How often a failed request is tried again.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 600),
    default=30.0,
    show_default=True,
    help="Seconds to wait for the server.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def fetch(
    models: tuple[str, ...],
    output: Path,
    date: dt.date | None,
    base_url: str | None,
    retries: int,
    timeout: float,
    *,
    quiet: bool,
) -> None:
    """Fetch benchmark rows of MODELs from the InferenceX API into a file that `build` reads.

    A model is named by its key, an alias or its display name.

    \b
    Examples:
      specxl fetch dsr1 -o dsr1.json
      specxl fetch "DeepSeek R1" dsv4 --date 2026-06-11 -o june.json
    """
    chosen: dict[str, Any] = {"retries": retries, "timeout": timeout} | ({"base_url": base_url} if base_url else {})
    shown = not quiet and sys.stderr.isatty()
    path = guarded(
        lambda: specxl.fetch_models(
            models,
            specxl.House.load(),
            output,
            date=date,
            options=specxl.FetchOptions(**chosen),
            progress=_show if shown else None,
        )
    )
    if not quiet:
        click.echo(f"{path}: fetched; build a workbook with `specxl build {path}`")


def _show(name: str, received: int, announced: int | None) -> None:
    of = f" of {announced / 1e6:.1f}" if announced else ""
    click.echo(f"\r{name}: {received / 1e6:.1f}{of} MB", nl=False, err=True)
    if announced is not None and received >= announced:
        click.echo(err=True)
