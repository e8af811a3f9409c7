"""What `specxl verify` found: the facts, as text for people and as JSON for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from specxl.labels import clean_label
from specxl.model.manifest import LIMITS
from specxl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from specxl.returned.differences import Difference, InputEdit
    from specxl.returned.recompute import ResultDifference

SHOWN = 20
_LINE = 500  # characters; what a file says may be longer
Outcome = Literal["unchanged", "inputs edited", "not recalculated", "not verified", "altered", "wrong"]
# What nobody compares, because programs change some of it whenever they save.
NOT_COMPARED = (
    "colours, fonts, alignment and highlighting", "column widths", "decimals and percent signs",
    "the place, size, styling, axes and alternative texts of charts", "prompts, lists of choices and tips of links", "page set-up",
    "views and protection", "document properties", "sheets of your own",
)  # fmt: skip
_SENTENCES: dict[Outcome, str] = {
    "unchanged": "its cells are as built",
    "inputs edited": "its cells are as built, but for edited inputs",
    "not recalculated": (
        "its cells are as built, but it was saved without results: not recalculated. "
        "Open it in a spreadsheet program and save it, and verify it again"
    ),
    "not verified": "its cells are as built, but it could NOT be verified",
    "altered": "ALTERED since it was built",
    "wrong": "its cells are as built, but what it shows is WRONG",
}


@dataclass(frozen=True, kw_only=True)
class FileReport:
    """Everything that was found in one workbook. `outcome` sums it up, and `exit_status` sums that up.

    `root_digest` is computed from the manifest, and `expected_digest` what it should be, if anybody said it. `noted` is
    what people may do to their own copy. `left_out` are cells whose formulas were not computed; `never_computed` says
    that results differ only because none are stored. `overall` is what the Checks sheet computes now; `problems` are
    parts that could not be verified at all.
    """

    file: str
    built_by: str
    root_digest: str
    inputs: tuple[InputEdit, ...] = ()
    differences: tuple[Difference, ...] = ()
    active_content: tuple[str, ...] = ()
    own_sheets: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    expected_digest: str = ""
    formulas: int = 0
    results: tuple[ResultDifference, ...] = ()
    never_computed: bool = False
    left_out: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    ties: int = 0
    reads: int = 0
    worst: float = 0.0
    disagreements: tuple[str, ...] = ()
    overall: str = ""
    failed_checks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def not_compared(self) -> tuple[str, ...]:
        """What was not looked at."""
        return NOT_COMPARED

    @property
    def checks_pass(self) -> bool:
        """Whether the Checks sheet passes with the inputs as they stand."""
        return self.overall == "all passed"

    @property
    def outcome(self) -> Outcome:
        """The verdict in one or two words."""
        if self.differences or self.active_content:
            return "altered"
        if self.problems:
            return "not verified"
        if self.errors or self.disagreements or not self.checks_pass or (self.results and not self.never_computed):
            return "wrong"
        if self.results:
            return "not recalculated"
        return "inputs edited" if self.inputs else "unchanged"

    @property
    def exit_status(self) -> int:
        """0 unchanged or only inputs edited, 1 for everything else."""
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
            "expected_digest": self.expected_digest,
            "inputs_edited": [asdict(edit) for edit in self.inputs],
            "differences": [asdict(difference) for difference in self.differences],
            "active_content": list(self.active_content),
            "own_sheets": list(self.own_sheets),
            "noted": list(self.noted),
            "recomputed": {
                "formulas": self.formulas,
                "differing": [asdict(result) for result in self.results],
                "error_cells": list(self.errors),
                "rounding_ties": self.ties,
                "left_out": list(self.left_out),
            },
            "reads": {"compared": self.reads, "worst": self.worst, "disagreements": list(self.disagreements)},
            "checks": {"passed": self.checks_pass, "overall": self.overall, "failed": list(self.failed_checks)},
            "problems": list(self.problems),
            "not_compared": list(self.not_compared),
            "limits": LIMITS,
        }

    def lines(self) -> Iterator[str]:
        """The report for people, line by line: what a file says is cleaned, and long lists are cut."""
        yield self._headline()
        yield clean_label(f"built by specxl {self.built_by or '(unknown version)'}", limit=_LINE)
        yield f"root digest {clean_label(self.root_digest, limit=_LINE) or '(none)'}"
        if self.expected_digest:
            agrees = (
                "as expected"
                if self.expected_digest == self.root_digest
                else f"NOT the one expected, {self.expected_digest}"
            )
            yield f"it is {agrees}"
        yield from _listed("could not be verified", self.problems)
        yield from _listed("content that could act", self.active_content)
        yield from _listed("not as built", self.differences)
        yield from _listed("inputs edited", self.inputs)
        yield from _listed("sheets of your own, not looked at", self.own_sheets)
        yield from _listed("changed in your copy, which you may do", self.noted)
        yield from self._figures()
        yield LIMITS

    def _headline(self) -> str:
        sentence = _SENTENCES[self.outcome]
        if self.outcome in ("unchanged", "inputs edited"):
            sentence = f"{sentence}; not compared: {', '.join(self.not_compared)}"
        return clean_label(f"{self.file}: {sentence}", limit=8 * _LINE)

    def _figures(self) -> Iterator[str]:
        """What was computed, and whether it is right."""
        if self.formulas:
            ties = f" ({self.ties} differ only by how a number halfway is rounded)" if self.ties else ""
            yield f"stored results: {self.formulas - len(self.results)} of {self.formulas} are what they compute{ties}"
        heading = (
            "stored results that are missing"
            if self.never_computed
            else "stored results that are not what they compute"
        )
        yield from _listed(heading, self.results)
        yield from _listed("formulas that were not computed, so that their stored results stand", self.left_out)
        yield from _listed("cells that compute an error", self.errors)
        if self.reads:
            yield f"reads: {self.reads} compared with the reference, largest difference {self.worst:.1e}"
        yield from _listed("reads that the reference contradicts", self.disagreements)
        if self.overall:
            yield clean_label(f"Checks sheet: {self.overall}", limit=_LINE)
        yield from _listed("failed checks", self.failed_checks)


def _listed(heading: str, items: Iterable[object]) -> Iterator[str]:
    entries = list(items)
    if not entries:
        return
    yield f"{heading}: {len(entries)}"
    for entry in entries[:SHOWN]:
        yield f"  {clean_label(entry, limit=_LINE)}"
    if len(entries) > SHOWN:
        yield f"  and {len(entries) - SHOWN} more; --json lists them all"
