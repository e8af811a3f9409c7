"""`specxl build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import specxl
from specxl.cli.options import data_options, dataset_options, guarded, parse_targets
from specxl.cli.progress import StageBar
from specxl.cli.session import say
from specxl.schema import TIERS
from specxl.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.errors import Notice
    from specxl.pipeline import BuildResult

SHOWN_NOTICES = 20
_BUILD_KEYS = (
    "rates",
    "rates_as_of",
    "tier",
    "targets",
    "title",
    "templates",
    "known_issues",
    "exclude_known_issues",
    "previous",
    "strict",
)


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("specxl.xlsx"),
    show_default=True,
    help="The workbook to write.",
)
@click.option(
    "--rates", metavar="NAME|FILE", help="Rate card: a bundled one such as 2026-04, or your own CSV or TOML file."
)
@click.option("--rates-as-of", metavar="DATE", help="Which date of a card that holds several; the newest by default.")
@click.option(
    "--tier", default=TIERS[0], show_default=True, metavar="|".join(TIERS), help="The price tier it opens with."
)
@click.option(
    "--targets", callback=parse_targets, metavar="A,B,C", help="Three targets for every comparison, tok/s/user."
)
@click.option("--title", default="", help="The workbook's title.")
@click.option("--templates", type=click.Path(path_type=Path), help="A folder whose TOML files replace texts or theme.")
@click.option(
    "--known-issues", type=click.Path(path_type=Path), metavar="FILE", help="Your own list of runs with known faults."
)
@click.option(
    "--exclude-known-issues", is_flag=True, help="Drop rows of runs with a reported fault instead of flagging them."
)
@click.option(
    "--previous",
    type=click.Path(path_type=Path),
    metavar="OLD.xlsx",
    help="An earlier workbook; a sheet Changes says what is new, gone or changed since then.",
)
@click.option("--fetch", "fetched", multiple=True, metavar="MODEL", help="Fetch this model's rows first; repeatable.")
@click.option("--base-url", help="Where to fetch from, if not the InferenceX site.")
@click.option("--strict", is_flag=True, help="Treat every notice as an error.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@data_options
def build(**given: Any) -> None:  # noqa: ANN401 - click's keyword arguments
    """Read INPUT files and write the comparison workbook.

    INPUT is a file, a folder, a pattern or "-"; without any, the bundled published comparison points are used.

    \b
    Examples:
      specxl build -o default.xlsx
      specxl build benchmarks.json --rates 2026-04 -o release.xlsx
      specxl build runs/ --model "DeepSeek R1" --hardware b300 --tier rental
      specxl build table.csv --rates my-rates.csv --targets 30,60,90
      specxl build benchmarks.json --exclude-known-issues --known-issues ours.csv
      specxl build --fetch dsr1 -o dsr1.xlsx
      specxl build september.json --previous august.xlsx -o september.xlsx
    """
    with StageBar(enabled=not given["quiet"]) as progress:
        result = guarded(lambda: _build(given, progress.step))
    if given["quiet"]:
        return
    _print_notices(result.notices)
    say(
        f"{result.path}: {result.sheets} sheets, {result.comparisons} comparisons, {len(result.notices)} notices; "
        f"{result.reads_verified} reads in {result.states_verified} states agree, "
        f"largest difference {result.worst_disagreement:.1e}; root digest {result.root_digest}"
    )


def _build(given: dict[str, Any], step: Callable[[str], None]) -> BuildResult:
    options = specxl.BuildOptions(data=dataset_options(given), **{key: given[key] for key in _BUILD_KEYS})
    if not given["fetched"]:
        return specxl.build(given["inputs"], given["output"], options, step)
    with scratch_folder() as folder:
        step("fetching")
        chosen = specxl.FetchOptions(**({"base_url": given["base_url"]} if given["base_url"] else {}))
        answer = specxl.fetch_models(given["fetched"], specxl.House.load(), folder / "inferencex.json", options=chosen)
        return specxl.build([*given["inputs"], answer], given["output"], options, step)


def _print_notices(notices: tuple[Notice, ...]) -> None:
    for notice in notices[:SHOWN_NOTICES]:
        say(f"notice: {notice}", err=True)
    if len(notices) > SHOWN_NOTICES:
        say(f"notice: {len(notices) - SHOWN_NOTICES} more; all of them stand on the Checks sheet", err=True)
