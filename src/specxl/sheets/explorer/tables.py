"""The tables behind the Explorer's choices: the list of each dropdown, and what was measured, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.sheets.explorer.offer import CHOICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Range, Ref
    from specxl.model.flow import Flow
    from specxl.sheets.explorer.offer import Offer, Row
    from specxl.sheets.pair.draft import Draft

_HEADS = ("step", "above", "place", "code", "leads_to", "stated", "published", "engines_stated", "own")
"""The columns by the names of their words; a column per engine scope follows."""
_CODE, _LEADS_TO, _FACT, _IDS = 3, 4, 5, 9


@dataclass(frozen=True)
class Tables:
    """The lists of the choices by step, and the columns of the table of what there is.

    A row of the table is found by its code, `base` times the number of the row above it, plus the place of its choice. Only
    rows of the last step, with a side that was measured, have the other columns; `ids` has one per engine scope.
    """

    lists: Mapping[str, Range]
    base: Ref
    codes: Range
    leads_to: Range
    stated: Range
    published: Range
    engines_stated: Range
    own: Range
    ids: Range


def lay_tables(draft: Draft, offer: Offer, flow: Flow) -> Tables:
    """Lay out the lists, one below the other, and the table."""
    words, controls = draft.texts["workings"], draft.texts["controls"]
    lists = {step: flow.list(f"{words['choices']}: {controls[step]}", offer.labels[step]) for step in CHOICES}
    base = _lay_base(offer, flow, words["base"])
    head = flow.take()
    scopes = offer.labels["scope"]
    heads = (*(words[name] for name in _HEADS), *(f"{words['curve']}: {scope}" for scope in scopes))
    flow.sheet.row(head, 0, heads, "head")
    first = flow.take(len(offer.rows))
    for number, row in enumerate(offer.rows):
        _lay_row(offer, flow, first + number, row)
    last = first + len(offer.rows) - 1
    flow.gap()

    def column(col: int, width: int = 1) -> Range:
        return flow.sheet.area(first, col, last, col + width - 1)

    stated, published, engines_stated, own = (column(_FACT + number) for number in range(4))
    ids = column(_IDS, len(scopes))
    return Tables(lists, base, column(_CODE), column(_LEADS_TO), stated, published, engines_stated, own, ids)


def _lay_base(offer: Offer, flow: Flow, words: str) -> Ref:
    """The number that makes a row above and a choice one code."""
    row = flow.take()
    flow.sheet.put(row, 0, words)
    base = flow.sheet.put(row, _CODE, offer.base, "id")
    flow.gap()
    return base.fix


def _lay_row(offer: Offer, flow: Flow, at: int, row: Row) -> None:
    """One row: where it stands, what it leads to, and of a side that was measured its facts and its curves."""
    sheet = flow.sheet
    step = CHOICES[len(row.prefix) - 1]
    sheet.put(at, 0, offer.labels[step][row.choice - 1])
    sheet.row(at, 1, (row.parent, row.choice, row.parent * offer.base + row.choice), "id")
    sheet.put(at, _LEADS_TO, row.leads_to)
    if row.entry is not None:
        facts = (row.entry.stated, row.entry.published, row.entry.engines_stated, bool(row.entry.own))
        sheet.row(at, _FACT, [int(fact) for fact in facts], "flag")
        curves = [row.entry.curves.get(scope) for scope in offer.keys["scope"]]
        sheet.row(at, _IDS, [curve.id if curve else 0 for curve in curves], "id")
