"""The one error tree, and the notices for everything that is reported but does not stop a build."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class SpecxlError(Exception):
    """Root of every error that specxl raises on purpose; its text is written for the user."""


class PlacedError(SpecxlError):
    """A fault in a file.

    The message is assembled from its parts, so that every one names the place, the fault and the way out.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        row: int | None = None,
        field: str | None = None,
        allowed: str | None = None,
        next_step: str | None = None,
    ) -> None:
        self.problem, self.file, self.row, self.field = problem, file, row, field
        self.allowed, self.next_step = allowed, next_step
        place = ", ".join(
            part
            for part in (
                file or "",
                f"row {row}" if row is not None else "",
                f"field `{field}`" if field else "",
            )
            if part
        )
        text = f"{place}: {problem}" if place else problem
        if allowed:
            text += f"; allowed: {allowed}"
        if next_step:
            text += f". {next_step}"
        super().__init__(text)


class InputError(PlacedError):
    """A source file cannot be read or holds nothing usable."""

    def with_next_step(self, more: str) -> InputError:
        """Return the same fault with one more way out."""
        step = f"{self.next_step}. {more}" if self.next_step else more
        return InputError(
            self.problem, file=self.file, row=self.row, field=self.field, allowed=self.allowed, next_step=step
        )


class RateCardError(InputError):
    """A rate card is unknown, or one of its entries is not usable."""


class OptionError(SpecxlError):
    """An option's value is not one of those that this input allows."""


class TemplateError(PlacedError):
    """A template or a registry of the house does not follow its schema."""


class LayoutError(SpecxlError):
    """A sheet model breaks one of Excel's rules or one of ours; always a bug of specxl."""


class DisagreementError(SpecxlError):
    """The spreadsheet engine and the reference differ, so nothing is written."""


class OutputError(SpecxlError):
    """The workbook cannot be written to the place asked for."""


class ClusterError(SpecxlError):
    """The processes or machines that were to make workbooks cannot be had, or ended too soon."""


class WorkbookFileError(SpecxlError):
    """A file handed to `verify` is not a workbook that specxl wrote, or is unsafe to open."""


class OlderWorkbookError(WorkbookFileError):
    """A workbook was built by an older version, whose manifest this one does not read."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing the user should know: it is printed, listed in the workbook, and fatal under --strict.

    `topic` groups notices of one kind ("dropped", "merged", "price", "suspect", ...); `file` and `row` say where.
    """

    topic: str
    text: str
    file: str = ""
    row: int | None = None

    def __str__(self) -> str:
        place = ", ".join(p for p in (self.file, f"row {self.row}" if self.row is not None else "") if p)
        return f"{place}: {self.text}" if place else self.text


def nearest(name: str, known: Iterable[str]) -> str:
    """Return "did you mean `x`?" for the closest of `known`, or an empty string."""
    match = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean `{match[0]}`?" if match else ""
