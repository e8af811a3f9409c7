"""Reads the reports of "loadbench", an imaginary in-house load tool, into specxl.

A report is text: a first line `loadbench report 1`, settings as `name = value`, and one line per measured load:

    loadbench report 1
    model = DeepSeek R1
    gpu = H200
    gpus = 8
    speculation = mtp
    load 16: 41.5 ms/token, 5200 tok/s out, 5300 tok/s in, ttft 310 ms
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.errors import InputError
from specxl.sources import INTERFACE_VERSION, Reading, Record

if TYPE_CHECKING:
    from specxl.sources import Content

FIRST_LINE = "loadbench report 1"
SETTINGS = ("model", "gpu", "gpus", "engine", "precision", "speculation", "input", "output", "date")
_LOAD = re.compile(
    r"load (?P<load>\d+): (?P<tpot>[\d.]+) ms/token, (?P<out>[\d.]+) tok/s out, (?P<into>[\d.]+) tok/s in"
    r"(?:, ttft (?P<ttft>[\d.]+) ms)?"
)


class Loadbench:
    """The reader that the entry point names; specxl makes one without arguments."""

    interface_version = INTERFACE_VERSION
    name = "loadbench"
    title = "loadbench report"

    def recognises(self, content: Content) -> bool:
        """By the first line. This must be cheap and look at the content only."""
        return content.head.startswith(FIRST_LINE)

    def read(self, content: Content) -> Reading:
        """Read settings and loads; a line that fits neither stops the file with its number."""
        settings: dict[str, str] = {}
        records: list[Record] = []
        for number, line in enumerate(content.text.splitlines(), 1):
            name, equals, value = line.partition("=")
            if match := _LOAD.fullmatch(line.strip()):
                records.append(_record(number, match, settings))
            elif equals and name.strip() in SETTINGS:
                settings[name.strip()] = value.strip()
            elif line.strip() and number > 1:
                raise InputError(
                    "the line is neither a setting nor a load",
                    file=content.name,
                    row=number,
                    allowed=f"`name = value` with {', '.join(SETTINGS)}, or `load N: ...`",
                )
        return Reading(records=records, definition="TPOT, decode time / output tokens as loadbench measures it")


def _record(line: int, match: re.Match[str], settings: dict[str, str]) -> Record:
    """Build one record: latencies in seconds, throughput of the whole deployment, nothing guessed."""
    stats = {"median_tpot": float(match["tpot"]) / 1000}
    if match["ttft"]:
        stats["median_ttft"] = float(match["ttft"]) / 1000
    return Record(
        row=line,
        model=settings.get("model"),
        hardware=settings.get("gpu"),
        engine=settings.get("engine"),
        precision=settings.get("precision"),
        variant=settings.get("speculation"),
        isl=settings.get("input"),
        osl=settings.get("output"),
        concurrency=int(match["load"]),
        stats=stats,
        total_tok_s=float(match["out"]) + float(match["into"]),
        output_tok_s=float(match["out"]),
        input_tok_s=float(match["into"]),
        gpus=settings.get("gpus"),
        date=settings.get("date"),
    )
