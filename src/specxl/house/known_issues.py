"""Known issues: runs of which faults such as wrong answers were reported upstream. A price for wrong answers is no price.

The bundled list and a user's own are CSV tables of one form (docs/data.md). Nothing is repaired and no entry left out.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.errors import InputError, nearest
from specxl.house.tables import read_table
from specxl.labels import LINK_HOSTS, clean_label, clean_link
from specxl.schema import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from specxl.house.names import Names
    from specxl.house.tables import Row
    from specxl.schema import Measurement

COLUMNS = (
    "model",
    "hardware",
    "engine",
    "variant",
    "precisions",
    "runs",
    "kind",
    "summary",
    "filed",
    "reference",
    "url",
)
LONGEST_SUMMARY = 250
LONGEST_REFERENCE = 80
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_RUN = re.compile(r"\d{1,20}", re.ASCII)
_RUN_LINK = re.compile(r"/runs/(\d{1,20})(?=[/?#]|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class KnownIssue:
    """One reported fault and the runs that it concerns; without `runs` every run of the configuration.

    `kind` is a word ("accuracy"), `summary` a sentence, `reference` how the report is cited ("owner/project#51"), `url`
    its link, "" where there is none.
    """

    model: str
    hardware: str
    engine: str
    variant: str
    precisions: frozenset[str]
    runs: frozenset[str]
    kind: str
    summary: str
    filed: dt.date
    reference: str
    url: str

    def concerns(self, measurement: Measurement) -> bool:
        """Whether a measurement is of this configuration and of one of its runs."""
        m = measurement
        if (m.model, m.hardware, m.engine, m.variant) != (self.model, self.hardware, self.engine, self.variant):
            return False
        return m.precision in self.precisions and (not self.runs or run_number(m.run_url) in self.runs)


@dataclass(frozen=True, slots=True)
class KnownIssues:
    """All known issues, the bundled ones first."""

    entries: tuple[KnownIssue, ...]

    def match(self, measurement: Measurement) -> tuple[KnownIssue, ...]:
        """Return the issues that concern a measurement, in the order of the lists."""
        return tuple(entry for entry in self.entries if entry.concerns(measurement))


def run_number(link: str) -> str:
    """Return the number of the run that a link names (".../actions/runs/21726915223/attempts/1"), "" without one."""
    match = _RUN_LINK.search(link)
    return match[1] if match else ""


def read_known_issues(path: Path, registries: Mapping[str, Names]) -> tuple[KnownIssue, ...]:
    """Read one list in file order.

    Args:
        path: a CSV file with `COLUMNS`.
        registries: the known names by column: model, hardware, engine, variant, precisions.

    Raises:
        InputError: with file, row and field, for a missing column, an unknown name, a date, a run or a link that is none.
    """
    return tuple(_issue(row, registries) for row in read_table(path, InputError, required=COLUMNS))


def _issue(row: Row, registries: Mapping[str, Names]) -> KnownIssue:
    named = {field: _key(row, field, row.required(field), registries[field]) for field in COLUMNS[:4]}
    precisions = row.names("precisions")
    if not precisions:
        row.fail("precisions", "is empty", allowed="one or several, separated by semicolons")
    return KnownIssue(
        **named,
        precisions=frozenset(_key(row, "precisions", name, registries["precisions"]) for name in precisions),
        runs=frozenset(_run(row, text) for text in row.names("runs")),
        kind=clean_label(row.required("kind")),
        summary=clean_label(row.required("summary"), limit=LONGEST_SUMMARY),
        filed=_date(row),
        reference=clean_label(row.required("reference"), limit=LONGEST_REFERENCE),
        url=_link(row),
    )


def _key(row: Row, field: str, name: str, known: Names) -> str:
    key = known.find(name)
    if key is None or key == UNKNOWN:
        keys = [known_key for known_key in known.labels if known_key != UNKNOWN]
        row.fail(
            field,
            f"{clean_label(name, limit=60)!r} is not known",
            allowed=", ".join(keys),
            next_step=nearest(name, keys) or "Use a key, label or alias of the registries in data/.",
        )
    return key


def _run(row: Row, text: str) -> str:
    if not _RUN.fullmatch(text):
        row.fail(
            "runs",
            f"{clean_label(text, limit=60)!r} is not the number of a run",
            allowed="numbers as in the runs' links, separated by semicolons; empty for every run",
        )
    return text


def _date(row: Row) -> dt.date:
    text = row.required("filed")
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not _DATE.fullmatch(text):
        row.fail("filed", f"{clean_label(text, limit=60)!r} is not a date", allowed="a date such as 2026-04-21")
    return day


def _link(row: Row) -> str:
    text = row.text("url")
    link = clean_link(text)
    if text and not link:
        row.fail(
            "url",
            f"{clean_label(text, limit=60)!r} is no link that a workbook may carry",
            allowed=f"https to {', '.join(sorted(LINK_HOSTS))}, or empty",
        )
    return link
