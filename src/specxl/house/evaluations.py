"""When a score of an evaluation lies clearly under those of other configurations: one line of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.errors import TemplateError
from specxl.house.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from specxl.schema import Evaluation

COLUMNS = ("standard_errors", "points", "peers")
_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class EvaluationRule:
    """A score is low when it lies under the median of at least `peers` others by more than both bounds.

    `points` are hundredths of the full score; `standard_errors` are those that the score itself states.
    """

    standard_errors: float
    points: float
    peers: int

    def is_low(self, score: float, standard_error: float | None, median: float, peers: int) -> bool:
        """Whether a score lies clearly under its peers'; without a standard error the points alone decide."""
        # without the last bits: 0.93 lies exactly three points over 0.9
        gap = round(median - score, _DECIMALS)
        bound = max(self.points / 100, self.standard_errors * (standard_error or 0.0))
        return peers >= self.peers and gap > round(bound, _DECIMALS)


def read_evaluation_rule(path: Path) -> EvaluationRule:
    """Read the one line.

    Raises TemplateError where it is missing, or a bound is no number above zero.
    """
    rows = list(read_table(path, TemplateError, required=COLUMNS))
    if len(rows) != 1:
        raise TemplateError("the table has one line", file=path.name, allowed=", ".join(COLUMNS))
    bounds = {name: rows[0].positive(name) for name in COLUMNS}
    for name, bound in bounds.items():
        if bound is None:
            rows[0].fail(name, "is empty", allowed="a number above zero")
    return EvaluationRule(bounds["standard_errors"] or 0.0, bounds["points"] or 0.0, int(bounds["peers"] or 1))


def in_words(evaluation: Evaluation, texts: Mapping[str, str]) -> str:
    """What was measured, and where it is low against what, in the words of evaluations.toml."""
    said = texts["low" if evaluation.low else "score"]
    fields = {
        "{score}": f"{evaluation.score:.3g}",
        "{median}": f"{evaluation.median or 0.0:.3g}",
        "{peers}": str(evaluation.peers),
        "{task}": evaluation.task,  # last: a name from data may hold anything
    }
    for name, value in fields.items():
        said = said.replace(name, value)
    return said


def all_in_words(evaluations: Iterable[Evaluation], texts: Mapping[str, str]) -> str:
    """The scores of one configuration, the lowest against its peers first."""
    return texts["join"].join(in_words(evaluation, texts) for evaluation in evaluations)
