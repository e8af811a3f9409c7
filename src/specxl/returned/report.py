"""What `specxl verify` found: the facts, as text for people and as JSON for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from specxl.model.manifest import LIMITS
from specxl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from specxl.returned.differences import Difference, InputEdit
    from specxl.returned.recompute import ResultDifference

SHOWN = 20
Outcome = Literal["unchanged", "inputs edited", "altered", "wrong"]
_SENTENCES: dict[Outcome, str] = {
    "unchanged": "as it was built",
    "inputs edited": "as it was built, but for edited inputs",
    "altered": "ALTERED since it was built",
    "wrong": "its cells are as built, but what it shows is WRONG",
}


@dataclass(frozen=True, kw_only=True)
class FileReport:
    """Everything that was found in one workbook. `outcome` sums it up, and `exit_status` sums that up.

    `overall` is what the Checks sheet computes now; `problems` are parts that could not be verified at all.
    """

    file: str
    built_by: str
    root_digest: str
    inputs: tuple[InputEdit, ...] = ()
    differences: tuple[Difference, ...] = ()
    active_content: tuple[str, ...] = ()
    own_sheets: tuple[str, ...] = ()
    formulas: int = 0
    results: tuple[ResultDifference, ...] = ()
    errors: tuple[str, ...] = ()
    ties: int = 0
    reads: int = 0
    worst: float = 0.0
    disagreements: tuple[str, ...] = ()
    overall: str = ""
    failed_checks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def checks_pass(self) -> bool:
        """Whether the Checks sheet passes with the inputs as they stand."""
        return self.overall == "all passed"

    @property
    def outcome(self) -> Outcome:
        """The verdict in one or two words."""
        if self.differences or self.active_content:
            return "altered"
        if self.results or self.errors or self.disagreements or self.problems or not self.checks_pass:
            return "wrong"
        return "inputs edited" if self.inputs else "unchanged"

    @property
    def exit_status(self) -> int:
        """0 unchanged or only inputs edited, 1 altered or wrong."""
        return 0 if self.outcome in ("unchanged", "inputs edited") else 1

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON types; see docs/verify.md for the keys."""
        return {
            "specxl": __version__,
            "file": self.file,
            "outcome": self.outcome,
            "exit_status": self.exit_status,
            "built_by": self.built_by,
            "root_digest": self.root_digest,
            "inputs_edited": [
                {"sheet": e.sheet, "cell": e.cell, "label": e.label, "old": e.old, "new": e.new} for e in self.inputs
            ],
            "differences": [
                {
                    "sheet": d.sheet,
                    "kind": d.kind,
                    "cells": list(d.cells),
                    "rows": list(d.rows),
                    "columns": list(d.columns),
                    "text": d.text,
                }
                for d in self.differences
            ],
            "active_content": list(self.active_content),
            "own_sheets": list(self.own_sheets),
            "recomputed": {
                "formulas": self.formulas,
                "differing": [
                    {"sheet": r.sheet, "cell": r.cell, "stored": r.stored, "computed": r.computed} for r in self.results
                ],
                "error_cells": list(self.errors),
                "rounding_ties": self.ties,
            },
            "reads": {"compared": self.reads, "worst": self.worst, "disagreements": list(self.disagreements)},
            "checks": {"passed": self.checks_pass, "overall": self.overall, "failed": list(self.failed_checks)},
            "problems": list(self.problems),
            "limits": LIMITS,
        }

    def lines(self) -> Iterator[str]:
        """The report for people, line by line; long lists are cut."""
        yield f"{self.file}: {_SENTENCES[self.outcome]}"
        yield f"built by specxl {self.built_by or '(unknown version)'}, root digest {self.root_digest or '(none)'}"
        yield from _listed("could not be verified", self.problems)
        yield from _listed("content that could act", self.active_content)
        yield from _listed("not as built", self.differences)
        yield from _listed("inputs edited", self.inputs)
        yield from _listed("sheets of your own, not looked at", self.own_sheets)
        if self.formulas:
            ties = f" ({self.ties} differ only by how a number halfway is rounded)" if self.ties else ""
            yield f"stored results: {self.formulas - len(self.results)} of {self.formulas} are what they compute{ties}"
        yield from _listed("stored results that are not what they compute", self.results)
        yield from _listed("cells that compute an error", self.errors)
        if self.reads:
            yield f"reads: {self.reads} compared with the reference, largest difference {self.worst:.1e}"
        yield from _listed("reads that the reference contradicts", self.disagreements)
        if self.overall:
            yield f"Checks sheet: {self.overall}"
        yield from _listed("failed checks", self.failed_checks)
        yield LIMITS


def _listed(heading: str, items: Iterable[object]) -> Iterator[str]:
    entries = list(items)
    if not entries:
        return
    yield f"{heading}: {len(entries)}"
    for entry in entries[:SHOWN]:
        yield f"  {entry}"
    if len(entries) > SHOWN:
        yield f"  and {len(entries) - SHOWN} more; --json lists them all"
