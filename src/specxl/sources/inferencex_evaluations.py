"""Scores of accuracy evaluations: the API's answer of /evaluations, a file that `specxl fetch` wrote of it, a CI aggregate.

They stand beside the rows of benchmarks, and no figure is made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.errors import InputError
from specxl.sources.fields import figure, text
from specxl.sources.inferencex_api import parallelism
from specxl.sources.inferencex_rows import parallelism as aggregate_parallelism
from specxl.sources.record import INFERENCEX_ATTRIBUTION, INTERFACE_VERSION, Reading, ScoreRecord, flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from specxl.sources.content import Content, JsonValue

_MEASURES = ("em_strict", "accuracy", "em_flexible", "score")
"""How answers were judged, in the order of the source's own choice."""
_ROLES = ("prefill", "decode")


class InferencexEvaluations:
    """Reads one score a row; rows without a score of a known name keep an empty one."""

    interface_version = INTERFACE_VERSION
    name = "inferencex-evaluations"
    title = "InferenceX evaluation scores"

    def recognises(self, content: Content) -> bool:
        """By the task in the first row, beside metrics (API) or a score (CI) and the hardware."""
        rows = content.first.get("rows")
        first = rows[0] if isinstance(rows, list) and rows else content.first
        if not isinstance(first, dict) or "task" not in first or "framework" not in first:
            return False
        return {"metrics", "hardware"} <= first.keys() or ("hw" in first and bool({*_MEASURES} & first.keys()))

    def read(self, content: Content) -> Reading:
        """Read every row; what is no object stops the file."""
        scores = []
        for place, row in enumerate(_rows(content), 1):
            if not isinstance(row, dict):
                raise InputError(
                    "the row is not an object",
                    file=content.name,
                    row=place,
                    allowed="objects with `task` and `metrics`",
                )
            scores.append(_score(row, place))
        return Reading(records=[], scores=scores, definition="", attribution=INFERENCEX_ATTRIBUTION)


def _rows(content: Content) -> Iterable[JsonValue]:
    """Return the rows of a bare array, of JSON lines, or of the file that `specxl fetch` writes around them."""
    document = content.document
    if isinstance(document, dict) and isinstance(document.get("rows"), list):
        return list(document["rows"])
    return document if isinstance(document, list) else [row for _, row in content.objects]


def _score(row: Mapping[str, JsonValue], place: int) -> ScoreRecord:
    held = row.get("metrics")
    metrics: Mapping[str, JsonValue] = held if isinstance(held, dict) else row
    measure = next((name for name in _MEASURES if figure(metrics.get(name)) is not None), "")
    return ScoreRecord(
        row=place,
        model=text(row.get("model_prefix")) or text(row.get("model")),
        hardware=text(row.get("hardware")) or text(row.get("hw")),
        engine=text(row.get("framework")),
        precision=text(row.get("precision")),
        variant=text(row.get("spec_method")) or text(row.get("spec_decoding")),
        sizes=_sizes(row),
        task=text(row.get("task")),
        measure=measure,
        score=figure(metrics.get(measure)),
        standard_error=figure(metrics.get(f"{measure}_se")),
        samples=figure(metrics.get("n_eff")),
        concurrency=figure(row.get("conc")),
        date=text(row.get("date")),
        order=text(row.get("timestamp")) or text(row.get("run_started_at")) or "",
        run_url=text(row.get("run_url")),
    )


def _sizes(row: Mapping[str, JsonValue]) -> str:
    """Describe the parallel sizes as the rows of benchmarks do; older answers name those of the decoding role only."""
    if "hw" in row:
        return aggregate_parallelism({**row, "disagg": row.get("is_multinode")})
    if row.get("prefill_tp") is not None:
        return parallelism(row, disaggregated=bool(flag(row.get("disagg"))))
    if flag(row.get("is_multinode")) or row.get("decode_tp") is None:
        return ""
    mirrored = {key.replace(_ROLES[1], _ROLES[0]): value for key, value in row.items() if key.startswith(_ROLES[1])}
    return parallelism(mirrored, disaggregated=False)
