"""`specxl inspect`."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

import specxl
from specxl.cli.options import data_options, dataset_options, guarded
from specxl.cli.session import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from specxl.reading.inspection import CurveReport, Inspection

CURVE_HEADS = (
    "model", "hardware", "precision", "workload", "variant", "points", "tok/s/user", "tok/s/GPU", "engines", "dates",
)  # fmt: skip


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--suggest", is_flag=True, help="Print a specxl.toml to paste, guessed from file names.")
@data_options
def inspect(**given: Any) -> None:  # noqa: ANN401 - click's keyword arguments
    """Say what INPUT files hold, as `build` would read them; exit status 1 when nothing is usable.

    \b
    Examples:
      specxl inspect benchmarks.json
      specxl inspect results/ --json
      specxl inspect results/ --suggest > results/specxl.toml
    """
    house = guarded(specxl.House.load)
    options = guarded(lambda: dataset_options(given))
    if given["suggest"]:
        say(guarded(lambda: specxl.suggest_sidecar(given["inputs"], house, options)).removesuffix("\n"))
        return
    found = guarded(lambda: specxl.inspect_inputs(given["inputs"], house, options))
    if given["as_json"]:
        say(json.dumps(found.as_json(), indent=2))
    else:
        _print(found)
    if not found.usable:
        click.get_current_context().exit(1)


def _print(found: Inspection) -> None:
    files = [(f.name, f.title or f.format, str(f.rows), str(f.usable), f.definition, f.note) for f in found.files]
    _table(("file", "format", "rows", "usable", "interactivity is", ""), files)
    missing = sum((Counter(f.missing) for f in found.files), Counter[str]())
    if missing:
        say("not said: " + ", ".join(f"{name} ({count} rows)" for name, count in missing.most_common()) + "\n")
    _table(CURVE_HEADS, [_curve_line(curve) for curve in found.curves])
    findings = [(f.text, f.grade, str(f.rows), f"{f.first_file}, row {f.first_row}") for f in found.findings]
    _table(("finding", "grade", "rows", "first"), findings)
    for reason, count in found.excluded.items():
        say(f"not used: {count} rows: {reason}")
    for notice in found.notices:
        say(f"notice: {notice}", err=True)
    say("usable" if found.usable else "nothing usable")


def _curve_line(curve: CurveReport) -> tuple[str, ...]:
    return (
        curve.model,
        curve.hardware,
        curve.precision,
        curve.workload,
        curve.variant,
        str(curve.points),
        "{:.1f} to {:.1f}".format(*curve.interactivity),
        "{:.1f} to {:.1f}".format(*curve.throughput),
        ", ".join(curve.engines),
        curve.last_date if curve.first_date == curve.last_date else f"{curve.first_date} to {curve.last_date}",
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their heads in columns as wide as their widest text; nothing without rows."""
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    if len(lines) == 1:
        return
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    for line in lines:
        say("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    say("")
