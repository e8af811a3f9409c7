"""The `specxl` command: options, progress, messages and exit codes; all work is done by the library."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import click

from specxl.cli.build import build
from specxl.cli.diff import diff
from specxl.cli.fetch import fetch
from specxl.cli.inspect import inspect
from specxl.cli.session import Session
from specxl.cli.verify import verify
from specxl.version import __version__

__all__ = ["main"]


@click.group(cls=Session, context_settings={"help_option_names": ["-h", "--help"]})
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
      specxl diff old-release.xlsx release.xlsx

    \b
    Exit status:
      0 done    1 an error, or nothing usable, or an altered workbook    2 a misused command
      3 no workbook of specxl, or not safe to open    4 `diff` found changes
      130, 143 stopped by Ctrl-C, by the system
    """
    for stream in (sys.stdout, sys.stderr):
        # a terminal or a pipe that lacks a letter of a name gets a question mark, and the report goes on
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


for command in (build, inspect, fetch, verify, diff):
    main.add_command(command)
