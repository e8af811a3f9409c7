"""The message of a pair sheet: what its three speeds come to together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import Verdict
from specxl.model.formulas import first_true, literal
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.pair.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.cells import Ref
    from specxl.model.flow import Flow
    from specxl.sheets.pair.draft import Draft, Shown
    from specxl.sheets.pair.reads import Reads


_COUNTED = {
    "a": Verdict.A_BETTER,
    "b": Verdict.B_BETTER,
    "level": Verdict.LEVEL,
    "only_a": Verdict.ONLY_A,
    "only_b": Verdict.ONLY_B,
}


def lay_message(
    draft: Draft,
    flow: Flow,
    chosen: Shown,
    reads: Reads,
    names: Mapping[str, str],
    ahead: Sequence[tuple[str, str]] = (),
    unofficial: str = "",
) -> Ref:
    """Lay out the sheet's message, and what it counts, on Workings; return its cell.

    `names` are the placeholders that say what the message is about; `ahead` are conditions with the message for each, which
    go before all others; `unofficial` is the condition under which runs of one's own are shown, where there are any.
    """
    sheet = flow.sheet
    flow.heading("Message of the sheet")
    # without a price, sides of one hardware are compared all the same, and those of two are not
    two = "one_hardware" in chosen.cells
    cells = _lay_counts(flow, reads, _COUNTED | ({"no_price": Verdict.NO_PRICE} if two else {}))
    fields = {**_fields(draft, chosen, cells), **names}
    a, b = cells["a"], cells["b"]
    unpriced = f'AND({cells["stops"]}>0,{chosen["a_price"]}="")'
    if two:
        unpriced = f"AND({cells['stops']}+{cells['no_price']}>0,COUNT({chosen['a_price']},{chosen['b_price']})<2)"
    rules = (
        *ahead,
        (unpriced, "unpriced"),
        (f"{cells['stops']}>0", "stop"),
        (f"AND({a}>0,{b}>0)", "depends"),
        (f"{a}>0", "cheaper"),
        (f"{b}>0", "dearer"),
        (f"{cells['level']}>0", "level"),
        (f"{cells['only_a']}>0", "only_a"),
        (f"{cells['only_b']}>0", "only_b"),
    )
    text = first_true(
        ((test, say(draft, "message", name, fields)) for test, name in rules), say(draft, "message", "none", fields)
    )
    if unofficial:
        text = f'{text}&IF({unofficial},{literal(draft.texts["own"]["message"])},"")'
    message = sheet.formula(flow.take(), 0, text)
    flow.gap()
    return message


def _lay_counts(flow: Flow, reads: Reads, counted: Mapping[str, Verdict]) -> dict[str, Ref]:
    """How many of the three speeds come to each verdict, the lowest and the highest saving, the stops."""
    sheet, blocks = flow.sheet, reads.blocks[:3]
    head, row = flow.take(), flow.take()
    savings = ",".join(str(block["saving"]) for block in blocks)
    texts = {
        name: ("+".join(f"IF({block['verdict']}={code},1,0)" for block in blocks), "id")
        for name, code in counted.items()
    }
    texts["lowest"], texts["highest"] = (f"MIN({savings})", "percent1"), (f"MAX({savings})", "percent1")
    rated = (f"IF(AND({b['verdict']}>={Verdict.A_BETTER},{b['stops']}>0),1,0)" for b in blocks)
    texts["stops"] = ("+".join(rated), "id")
    cells: dict[str, Ref] = {}
    for col, (name, (text, style)) in enumerate(texts.items()):
        sheet.put(head, col, name.replace("_", " "), "head")
        cells[name] = sheet.formula(row, col, text, style)
    return cells


def _fields(draft: Draft, chosen: Shown, cells: Mapping[str, Ref]) -> dict[str, str]:
    low, high = (ROUNDINGS["percent"].text(cells[name]) for name in ("lowest", "highest"))
    # the speeds at which what the message says is so: the message is about the first of these that has any
    won = first_true(((f"{cells[name]}>0", cells[name]) for name in _COUNTED), 0)
    some = say(draft, "message", "some", {"count": f"FIXED({won},0)"})
    return {
        "a": str(chosen["label_a"]),
        "b": str(chosen["label_b"]),
        "tokens": draft.plan.context["tokens"],
        "saving": f'IF({low}={high},{low},{low}&{literal(draft.texts["lines"]["to"])}&{high})&" %"',
        "where": f'IF({won}=3,"",{some})',
    }
