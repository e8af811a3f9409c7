"""The Workings sheet: the lists behind dropdowns and codes, then every sheet's workings, one labelled block each.

What people read and print so ends where the reading ends. The rows of each owner are remembered: a judge that drives one
sheet need not evaluate the workings of the others.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from specxl.method.metrics import METRICS
from specxl.model.flow import Flow
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.block.flags import flags_of
from specxl.sheets.frame import HEAD_ROWS, WORKINGS, start_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.house import House
    from specxl.model.cells import Range

LABEL_WIDTH, CELL_WIDTH, WIDE_COLUMNS = 44, 12, 4


class Workings:
    """The sheet while it is laid out; `lists` are the choices and words by name."""

    def __init__(self, house: House, *, scored: bool = False) -> None:
        subtitle = "How every figure is computed: lists first, then one block for each sheet"
        self.sheet = start_sheet(WORKINGS, "Workings", tab="data", subtitle=subtitle)
        self.flow = Flow(self.sheet, HEAD_ROWS)
        self.regions: dict[str, tuple[int, int]] = {}
        self.flow.heading("Lists that dropdowns and codes refer to")
        self.lists = {
            name: self.flow.list(name.replace("_", " "), items) for name, items in _lists(house, scored=scored).items()
        }
        self.sheet.widths |= {0: LABEL_WIDTH, **dict.fromkeys(range(1, WIDE_COLUMNS), 22)}
        self.sheet.freeze = (HEAD_ROWS, 1)

    def list(self, name: str, items: list[str]) -> Range:
        """Lay out one more list."""
        return self.flow.list(name, items)

    @contextmanager
    def block(self, owner: str, heading: str) -> Iterator[Flow]:
        """Lay out a block of an owner (a sheet's name) under a heading; its rows are remembered."""
        first = self.flow.row
        self.flow.heading(f"{owner}: {heading}" if owner else heading)
        yield self.flow
        self.flow.gap()
        start = self.regions.get(owner, (first, first))[0]
        self.regions[owner] = (min(start, first), self.flow.row)

    def finish(self) -> None:
        """Set the widths of what was laid out."""
        last = max(col for _, col in self.sheet.cells)
        self.sheet.widths |= dict.fromkeys(range(WIDE_COLUMNS, last + 1), CELL_WIDTH)


def _lists(house: House, *, scored: bool) -> dict[str, list[str]]:
    texts = house.texts["labels"]
    return {
        "tiers": [texts["tiers"][t] for t in TIERS],
        "sheet_tiers": [texts["as_workbook"], *(texts["tiers"][t] for t in TIERS)],
        "bases": [texts["bases"][b] for b in TOKEN_BASES],
        "tokens": [texts["tokens"][b] for b in TOKEN_BASES],
        "metrics": [texts["metrics"][metric.key]["name"] for metric in METRICS],
        "statuses": list(texts["statuses"]),
        "published_statuses": list(texts["published_statuses"]),
        "verdicts": [text.replace("{a}", "A").replace("{b}", "B") for text in texts["verdicts"]],
        "grades": list(texts["grades"][1:]),
        "certainties": list(texts["certainties"][1:]),
        "equal_costs": list(texts["equal_costs"][1:]),
        "flags": [house.texts["flags"][flag.id]["short"] for flag in flags_of(scored=scored)],
    }
