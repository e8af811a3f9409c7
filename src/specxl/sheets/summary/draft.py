"""What every part of the Summary needs: its places, its words, and the sheet while it is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.formulas import literal, sentence, speed
from specxl.schema import workload_label
from specxl.sheets.frame import (
    COMMON_TARGET,
    Columns,
    TableColumn,
)
from specxl.sheets.pair.selection import distinct
from specxl.sheets.summary.ranking import groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Sheet
    from specxl.sheets.plan import Plan
    from specxl.sheets.summary.ranking import Ranking


TABLE = Columns(
    TableColumn("rank", "", 3.5, "id muted"),
    TableColumn("hardware", "", 15, "link"),
    TableColumn("model", "", 13.6, "text"),
    TableColumn("combination", "", 12, "text"),
    TableColumn("b_cost", "", 9, "cost b"),
    TableColumn("a_cost", "", 9, "cost a"),
    TableColumn("saving", "", 17, "percent strong"),
    TableColumn("ratio", "", 8, "times"),
    TableColumn("interval", "", 13, "right muted"),
    TableColumn("equal", "", 14, "right"),
    TableColumn("verdict", "", 16, "indent"),
    TableColumn("certainty", "", 17, "text"),
    TableColumn("like", "", 26.6, "text"),
)
LAST_COL = len(TABLE) - 1
CONTROL_ROW, FIGURE_ROW, LABEL_ROW, NOTE_ROW, HEAD_ROW = COMMON_TARGET.row, 6, 7, 8, 9
FIGURE_COLS = (1, 4, 7, 10, 12)
FACTS_COL = 7
"""Where the third row tells the date of the data and the edited inputs."""
FIGURE_SPANS = (3, 3, 3, 2, 1)
CHART_BARS = 12
CHART_WIDTH, CHART_MARGIN, BAR_HEIGHT = 1000, 110, 34
ROW_PIXELS = 20
LONGEST = {"hardware": 16, "model": 15, "combination": 12}
"""Characters of a name that fit its column; the whole name stands on its own sheet."""
LISTED = 8
"""Rows that a caveat names before it says that there are more."""


@dataclass(frozen=True)
class Draft:
    """The sheet while it is laid out."""

    sheet: Sheet
    plan: Plan
    ranking: Ranking

    @property
    def texts(self) -> Mapping[str, Mapping[str, str]]:
        """The words of the Summary."""
        texts: Mapping[str, Mapping[str, str]] = self.plan.house.texts["summary"]
        return texts

    def side_labels(self) -> dict[str, str]:
        """Formulas of what the two sides are called: the name that all comparisons share, else what the sides are."""
        texts = self.texts["table"]
        names = [self.plan.labels(comparison) for comparison in self.plan.catalogue.comparisons]
        words = {"a": texts["with"], "b": texts["without"]}
        return {
            side: str(self.ranking.held(f"label_{side}", 1))
            if len({labels[f"side_{side}"] for labels in names}) == 1
            else literal(words[side])
            for side in "ab"
        }

    @property
    def target(self) -> str:
        """Formula: the speed that stands on the sheet as text, in every state."""
        return f'IF(ISNUMBER({COMMON_TARGET}),{speed(COMMON_TARGET, 2)},"-")'

    def say(self, piece: str, name: str, fields: Mapping[str, str]) -> str:
        """Formula: a sentence of `summary.toml`."""
        return sentence(self.texts[piece][name], fields, origin=f"summary.toml [{piece}] {name}")


def group_labels(plan: Plan) -> list[str]:
    """What the control offers: model and workload of every group."""
    names = [f"{plan.house.model(model).label}, {workload_label(workload)}" for model, workload in groups(plan)]
    return distinct(names)
