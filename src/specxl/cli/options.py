"""What the commands share: options, the parsing of their values, and the one place where errors become messages."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, TypeVar

import click

import specxl
from specxl.errors import SpecxlError
from specxl.schema import STATISTICS
from specxl.source_date import source_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.reading.dataset import DatasetOptions

T = TypeVar("T")
TARGETS = 3
SMALLEST_TARGET_TOK_S_USER, LARGEST_TARGET_TOK_S_USER = 1e-9, 1e9
ROLE_BASES = ("deployment", "as published")
_DATA_KEYS = (
    "models",
    "hardware",
    "precisions",
    "workloads",
    "statistic",
    "as_of",
    "exclude_suspect",
    "skip_bad",
    "role_basis",
    "settings",
    "labels",
    "mix_runs",
)


def guarded(work: Callable[[], T]) -> T:
    """Run the library; its errors become a message and exit status 1, anything else is a bug and keeps its traceback."""
    try:
        source_date()  # the libraries that the work imports would fail on a malformed one
        return work()
    except SpecxlError as exc:
        raise click.ClickException(str(exc)) from exc


def parse_date(_: click.Context, param: click.Parameter, value: str | None) -> dt.date | None:
    """Read an ISO date, or say how to write one (exit status 2)."""
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a date; write it as 2026-06-11", param=param) from None


def parse_targets(_: click.Context, param: click.Parameter, value: str | None) -> tuple[float, float, float] | None:
    """Read three target interactivities in tok/s/user."""
    if value is None:
        return None
    try:
        numbers = [float(part) for part in value.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != TARGETS or not all(SMALLEST_TARGET_TOK_S_USER <= n < LARGEST_TARGET_TOK_S_USER for n in numbers):
        raise click.BadParameter(
            f"{value!r} is not three numbers above zero (1e-9 is the least); write them as 30,60,90", param=param
        )
    return numbers[0], numbers[1], numbers[2]


_DATA_OPTIONS = (
    click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model; repeatable."),
    click.option("--hardware", multiple=True, metavar="NAME", help="Only this hardware; repeatable."),
    click.option("--precision", "precisions", multiple=True, metavar="NAME", help="Only this precision; repeatable."),
    click.option("--workload", "workloads", multiple=True, metavar="NAME", help="Only this one (1k/1k); repeatable."),
    click.option(
        "--statistic",
        type=click.Choice(STATISTICS),
        default=STATISTICS[0],
        show_default=True,
        help="Which statistic of the time per token interactivity rests on.",
    ),
    click.option("--as-of", callback=parse_date, metavar="DATE", help="Ignore rows measured after this day."),
    click.option(
        "--exclude-suspect", is_flag=True, help="Drop rows that contradict themselves instead of flagging them."
    ),
    click.option(
        "--mix-runs",
        is_flag=True,
        help="Of a line that was measured again, keep the newest row of each concurrency instead of the newest run.",
    ),
    click.option("--skip-bad", is_flag=True, help="Skip files that cannot be read, and list them."),
    click.option(
        "--role-basis",
        type=click.Choice(ROLE_BASES),
        default=ROLE_BASES[0],
        show_default=True,
        help="Output and input throughput of disaggregated rows: over all GPUs, or per role as published.",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="[GLOB:]KEY=VALUE",
        help="State what files do not say, such as gpus=8; repeatable.",
    ),
    click.option(
        "--label",
        "labels",
        multiple=True,
        metavar="GLOB=NAME",
        help="These files are runs of your own: shown beside the official ones under this name; repeatable.",
    ),
)


def data_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what is read; `build` and `inspect` share them."""
    for option in reversed(_DATA_OPTIONS):
        command = option(command)
    return command


def dataset_options(given: dict[str, Any]) -> DatasetOptions:
    """Turn the parsed options into the library's."""
    return specxl.DatasetOptions(**{key: given[key] for key in _DATA_KEYS})
