"""The Summary's table of one's own runs: below what is official, never counted in it, and said to be unofficial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Link
from specxl.sheets.results import OWN
from specxl.sheets.summary.beside import lay_beside
from specxl.sheets.summary.draft import LAST_COL, Draft
from specxl.sheets.summary.table import row_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.model.flow import Flow
    from specxl.sheets.pair.sheet import PairSheet
    from specxl.sheets.results import ResultTable


def lay_own(draft: Draft, flow: Flow, results: ResultTable, pairs: Sequence[PairSheet]) -> None:
    """Lay out one row per comparison of one's own runs, at the Summary's speed; nothing where there are none."""
    own = draft.plan.catalogue.own
    if not own:
        return
    flow.heading(draft.texts["own"]["heading"])
    draft.sheet.wide(flow.take(), 1, LAST_COL, draft.texts["own"]["note"], "caution")
    words = [row_words(draft.plan, comparison, results, pairs) for comparison in own]
    links = [Link(link, f"{hardware}, {model}") for hardware, model, _, link, *_ in words]
    lay_beside(draft, flow, results, own, links, f"{OWN} summary")
