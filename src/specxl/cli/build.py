"""`specxl build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

import specxl
from specxl.cli.options import data_options, dataset_options, guarded, parse_targets
from specxl.cli.progress import StageBar
from specxl.cli.session import say
from specxl.schema import TIERS
from specxl.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from specxl.errors import Notice
    from specxl.pipeline import BuildResult
    from specxl.recipe import BuildOptions
    from specxl.sources.containers import Input
    from specxl.splitting import SplitResult

SHOWN_NOTICES = 20
DEFAULT_OUTPUT = Path("specxl.xlsx")
SPLIT_BY = ("model", "hardware", "vendor", "workload")
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
    "compare",
    "strict",
)


class _Made(NamedTuple):
    """What a run made: one workbook, or one per group."""

    single: BuildResult | None = None
    split: SplitResult | None = None


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=DEFAULT_OUTPUT,
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
@click.option(
    "--split", metavar="|".join(SPLIT_BY), help="One workbook per group, and an index, into the folder that -o names."
)
@click.option("--jobs", type=click.IntRange(1), help="With --split: processes; as many as processors by default.")
@click.option("--scheduler", metavar="ADDRESS", help="With --split: make the workbooks on a Dask cluster instead.")
@click.option(
    "--compare",
    multiple=True,
    metavar="KIND[:REFERENCE]",
    help="Compare hardware or precision too, each with one reference (hardware:h200); repeatable.",
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
      specxl build benchmarks.json --split hardware -o release/
    """
    _require_split(given)
    with StageBar(enabled=not given["quiet"]) as progress:
        result = guarded(lambda: _build(given, progress.step))
    if result.split is not None:
        _tell_split(result.split, quiet=given["quiet"])
    elif result.single is not None and not given["quiet"]:
        _tell(result.single)


def _tell(result: BuildResult) -> None:
    _print_notices(result.notices)
    say(
        f"{result.path}: {result.sheets} sheets, {result.comparisons} comparisons, {len(result.notices)} notices; "
        f"{result.reads_verified} reads in {result.states_verified} states agree, "
        f"largest difference {result.worst_disagreement:.1e}; root digest {result.root_digest}"
    )


def _require_split(given: dict[str, Any]) -> None:
    for name in ("jobs", "scheduler"):
        if given[name] is not None and given["split"] is None:
            msg = f"--{name} says where the workbooks of a split build are made: give --split too"
            raise click.UsageError(msg)


def _tell_split(result: SplitResult, *, quiet: bool) -> None:
    """Say what a split build made; a group without a workbook for a fault of its own makes the run fail."""
    if not quiet:
        _print_notices(result.notices)
        for label in result.left_out:
            say(f"notice: {label}: no usable row, so no workbook", err=True)
        for made in result.workbooks:
            say(
                f"{result.index.parent / made.file}: {made.judged.comparisons} comparisons, root digest {made.judged.root_digest}"
            )
        say(f"{result.index}: leads to {len(result.workbooks)} workbooks")
    if result.faults:
        listed = "; ".join(f"{label}: {fault}" for label, fault in result.faults.items())
        raise click.ClickException(f"{len(result.faults)} workbooks could not be made: {listed}")


def _build(given: dict[str, Any], step: Callable[[str], None]) -> _Made:
    options = specxl.BuildOptions(data=dataset_options(given), **{key: given[key] for key in _BUILD_KEYS})
    if not given["fetched"]:
        return _made(given, given["inputs"], options, step)
    with scratch_folder() as folder:
        step("fetching")
        chosen = specxl.FetchOptions(**({"base_url": given["base_url"]} if given["base_url"] else {}))
        answer = specxl.fetch_models(given["fetched"], specxl.House.load(), folder / "inferencex.json", options=chosen)
        return _made(given, [*given["inputs"], answer], options, step)


def _made(given: dict[str, Any], inputs: Sequence[Input], options: BuildOptions, step: Callable[[str], None]) -> _Made:
    if given["split"] is None:
        return _Made(single=specxl.build(inputs, given["output"], options, step))
    folder = given["output"].with_suffix("") if given["output"] == DEFAULT_OUTPUT else given["output"]
    where = {"jobs": given["jobs"], "scheduler": given["scheduler"]}
    return _Made(split=specxl.build_split(inputs, folder, given["split"], options, step, **where))


def _print_notices(notices: tuple[Notice, ...]) -> None:
    for notice in notices[:SHOWN_NOTICES]:
        say(f"notice: {notice}", err=True)
    if len(notices) > SHOWN_NOTICES:
        say(f"notice: {len(notices) - SHOWN_NOTICES} more; all of them stand on the Checks sheet", err=True)
