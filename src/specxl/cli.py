"""The `specxl` command: options, progress, messages and exit codes; all work is done by the library."""

from __future__ import annotations

import datetime as dt
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specxl.errors import SpecxlError
from specxl.schema import STATISTICS, TIERS
from specxl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN_NOTICES = 20


def _library(name: str) -> Any:  # noqa: ANN401 - a module, imported only when a command runs: --help stays light
    return import_module(f"specxl.{name}")


class _Failure(click.ClickException):
    """A message for the user and exit status 1."""

    def format_message(self) -> str:
        return self.message


def _guarded(work: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the work returns
    try:
        return work()
    except SpecxlError as exc:
        raise _Failure(str(exc)) from exc


def _date(_: click.Context, param: click.Parameter, value: str | None) -> dt.date | None:
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a date; write it as 2026-06-11", param=param) from None


def _targets(_: click.Context, param: click.Parameter, value: str | None) -> tuple[float, float, float] | None:
    if value is None:
        return None
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != 3 or not all(0 < n < 1e9 for n in numbers):
        raise click.BadParameter(f"{value!r} is not three numbers above zero; write them as 30,60,90", param=param)
    return numbers[0], numbers[1], numbers[2]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="specxl")
def main() -> None:
    """Turn LLM inference benchmarks into an Excel workbook that finance can trust.

    \b
    Examples:
      specxl build -o default.xlsx
      specxl build benchmarks.json --rates 2026-04 -o release.xlsx
    """


def _selection_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is read; `build` and `inspect` share them."""
    options = [
        click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model (key, alias or label); repeatable."),
        click.option("--hardware", multiple=True, metavar="NAME", help="Only this hardware; repeatable."),
        click.option("--precision", "precisions", multiple=True, metavar="NAME", help="Only this precision; repeatable."),
        click.option("--workload", "workloads", multiple=True, metavar="NAME", help="Only this workload, such as 1k/1k; repeatable."),
        click.option("--statistic", type=click.Choice(STATISTICS), default="median", show_default=True,
                     help="Which statistic of the time per token interactivity rests on."),
        click.option("--as-of", callback=_date, metavar="DATE", help="Ignore rows measured after this day."),
        click.option("--exclude-suspect", is_flag=True, help="Drop rows that contradict themselves instead of flagging them."),
        click.option("--skip-bad", is_flag=True, help="Skip files that cannot be read, and list them."),
        click.option("--role-basis", type=click.Choice(["deployment", "as published"]), default="deployment", show_default=True,
                     help="Output and input throughput of disaggregated rows: over all GPUs, or per role as published."),
        click.option("--set", "settings", multiple=True, metavar="[GLOB:]KEY=VALUE",
                     help="State what a file does not say, such as gpus=8; repeatable."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _data_options(given: dict[str, Any]) -> Any:  # noqa: ANN401 - DatasetOptions, whose module is imported late
    keys = ("models", "hardware", "precisions", "workloads", "statistic", "as_of", "exclude_suspect", "skip_bad", "role_basis", "settings")
    return _library("dataset").DatasetOptions(**{key: given[key] for key in keys})


@main.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("specxl.xlsx"), show_default=True, help="The workbook to write.")
@click.option("--rates", metavar="NAME|FILE", help="Rate card: a bundled name such as 2026-04, or your own CSV or TOML file.")
@click.option("--rates-as-of", metavar="DATE", help="Which date of a rate card that holds several; the newest by default.")
@click.option("--tier", default="hyperscaler", show_default=True, metavar="|".join(TIERS), help="The price tier that the workbook opens with.")
@click.option("--targets", callback=_targets, metavar="A,B,C", help="Three target interactivities for every comparison, in tok/s/user.")
@click.option("--title", default="", help="The workbook's title.")
@click.option("--templates", type=click.Path(path_type=Path), help="A folder whose TOML files replace the texts or the theme.")
@click.option("--strict", is_flag=True, help="Treat every notice as an error.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@_selection_options
def build(**given: Any) -> None:  # noqa: ANN401 - click's keyword arguments
    """Read INPUT files and write the comparison workbook.

    Without INPUT the bundled published comparison points are used.

    \b
    Examples:
      specxl build -o default.xlsx
      specxl build benchmarks.json --rates 2026-04 -o release.xlsx
      specxl build runs/ --model "DeepSeek R1" --hardware b300 --tier rental
      specxl build table.csv --rates my-rates.csv --targets 30,60,90
    """
    quiet = given["quiet"]
    with _Progress(enabled=not quiet and sys.stderr.isatty()) as progress:
        result = _guarded(lambda: _build(given, progress.step))
    if quiet:
        return
    _print_notices(result.notices)
    click.echo(
        f"{result.path}: {result.sheets} sheets, {result.comparisons} comparisons, {len(result.notices)} notices; "
        f"{result.reads_verified} reads in {result.states_verified} states agree, largest difference {result.worst_disagreement:.1e}"
    )


def _build(given: dict[str, Any], step: Callable[[str], None]) -> Any:  # noqa: ANN401 - BuildResult
    pipeline = _library("pipeline")
    options = pipeline.BuildOptions(
        data=_data_options(given),
        **{key: given[key] for key in ("rates", "rates_as_of", "tier", "targets", "title", "templates", "strict")},
    )
    return pipeline.build(given["inputs"], given["output"], options, step)


def _print_notices(notices: tuple[Any, ...]) -> None:
    for notice in notices[:SHOWN_NOTICES]:
        click.echo(f"notice: {notice}", err=True)
    if len(notices) > SHOWN_NOTICES:
        click.echo(f"notice: {len(notices) - SHOWN_NOTICES} more; all of them stand on the Checks sheet", err=True)


class _Progress:
    """One line on a terminal that says which stage is running; nothing when the output is not a terminal."""

    STAGES = ("reading", "curves", "sheets", "evaluating", "verifying", "writing")

    def __init__(self, *, enabled: bool) -> None:
        self._bar: Any = None
        self._enabled, self._done = enabled, 0

    def __enter__(self) -> _Progress:
        if self._enabled:
            self._bar = click.progressbar(
                length=len(self.STAGES), label="starting", file=sys.stderr, item_show_func=lambda text: text or ""
            )
            self._bar.__enter__()
        return self

    def step(self, text: str) -> None:
        """Show a stage; a stage that comes again moves nothing."""
        if self._bar is None:
            return
        number = self.STAGES.index(text.split(":")[0]) + 1
        self._bar.label = self.STAGES[number - 1]
        self._bar.update(number - self._done, current_item=text)
        self._done = number

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
