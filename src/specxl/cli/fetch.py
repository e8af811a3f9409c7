"""`specxl fetch`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import specxl
from specxl.cli.options import guarded, parse_date
from specxl.cli.progress import is_terminal
from specxl.cli.session import say

if TYPE_CHECKING:
    from collections.abc import Callable

_KINDS = ("history", "available", "evaluations")


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The JSON file to write.")
@click.option("--date", callback=parse_date, metavar="DATE", help="The newest results on or before this day.")
@click.option("--history", is_flag=True, help="Every dated row, older runs included, instead of the newest.")
@click.option(
    "--workload", "workloads", multiple=True, metavar="NAME", help="With --history only this one (1k/1k); repeatable."
)
@click.option("--available", is_flag=True, help="Which combinations have been measured at all; without MODEL.")
@click.option("--evaluations", is_flag=True, help="Scores of accuracy evaluations; without MODEL.")
@click.option("--base-url", metavar="URL", help="Where to fetch from, if not the InferenceX site.")
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
@click.option(
    "--deadline",
    type=click.FloatRange(1, 86_400),
    default=300.0,
    show_default=True,
    help="Seconds for a whole answer with its retries.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def fetch(**given: Any) -> None:  # noqa: ANN401 - click's keyword arguments
    """Fetch benchmark rows of MODELs from the InferenceX API into a file that `build` reads.

    A model is named by its key, an alias or its display name.

    \b
    Examples:
      specxl fetch dsr1 -o dsr1.json
      specxl fetch "DeepSeek R1" dsv4 --date 2026-06-11 -o june.json
      specxl fetch dsr1 --history --workload 8k/1k -o history.json
      specxl fetch --available -o available.json
      specxl fetch --evaluations -o scores.json
    """
    _require_sense(given)
    path = guarded(lambda: _fetch(given))
    if not given["quiet"]:
        say(f"{path}: fetched{_next_step(given, path)}")


def _next_step(given: dict[str, Any], path: Path) -> str:
    if given["available"]:
        return ""
    if given["evaluations"]:
        return "; `specxl build` reads it beside the rows of benchmarks"
    return f"; build a workbook with `specxl build {path}`"


def _require_sense(given: dict[str, Any]) -> None:
    """Refuse options that do not go together: misuse, exit status 2."""
    chosen = [f"--{kind}" for kind in _KINDS if given[kind]]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)} do not go together")
    about_all = given["available"] or given["evaluations"]
    if about_all and given["models"]:
        raise click.UsageError(f"{chosen[0]} is about all models: leave {' '.join(given['models'])} out")
    if not about_all and not given["models"]:
        raise click.UsageError("Missing argument '[MODEL]...'.")
    if given["date"] and chosen:
        raise click.UsageError(f"{chosen[0]} takes no --date; `build --as-of` ignores later rows")
    if given["workloads"] and not given["history"]:
        raise click.UsageError("--workload goes with --history")


def _fetch(given: dict[str, Any]) -> Path:
    keys = ("base_url", "retries", "timeout", "deadline")
    options = specxl.FetchOptions(**{key: given[key] for key in keys if given[key] is not None})
    progress = _show if not given["quiet"] and is_terminal(sys.stderr) else None
    about_all: dict[str, Callable[..., Path]] = {
        "available": specxl.fetch_availability,
        "evaluations": specxl.fetch_evaluations,
    }
    for kind, ask in about_all.items():
        if given[kind]:
            return ask(given["output"], options, progress)
    models, house, output = given["models"], specxl.House.load(), given["output"]
    if given["history"]:
        return specxl.fetch_history(models, house, output, given["workloads"], options, progress)
    return specxl.fetch_models(models, house, output, given["date"], options, progress)


def _show(name: str, received: int, announced: int | None) -> None:
    of = f" of {announced / 1e6:.1f}" if announced else ""
    click.echo(f"\r{name}: {received / 1e6:.1f}{of} MB", nl=False, err=True)
    if announced is not None and received >= announced:
        click.echo(err=True)
