"""The `specxl` command: options, progress, messages and exit codes; all work is done by the library."""

from __future__ import annotations

import click

from specxl.cli.build import build
from specxl.cli.fetch import fetch
from specxl.cli.inspect import inspect
from specxl.cli.verify import verify
from specxl.version import __version__

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="specxl")
def main() -> None:
    """Turn LLM inference benchmarks into an Excel workbook that finance can trust.

    \b
    Examples:
      specxl build -o default.xlsx
      specxl build benchmarks.json --rates 2026-04 -o release.xlsx
      specxl inspect results/
      specxl fetch dsr1 -o dsr1.json
      specxl verify release.xlsx
    """


for command in (build, inspect, fetch, verify):
    main.add_command(command)
