"""Lays out the workings of the Break-even sheet: the comparisons, the stretches of speed, the crossings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.break_even import crossings
from specxl.model.formulas import Context
from specxl.schema import TOKEN_BASES, workload_tokens
from specxl.sheets.anchors import Anchor
from specxl.sheets.block.stack import Stack
from specxl.sheets.break_even.columns import CROSSING_ROW, EVEN_ROW, GIVEN_KEYS, STRETCH_RANGES, STRETCH_ROW
from specxl.sheets.own_speed import decided_read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import CatalogueCurve, Comparison
    from specxl.model.cells import Ref
    from specxl.model.flow import Flow
    from specxl.sheets.plan import Plan

MOST_CROSSINGS = 3
"""Crossings of a comparison that are solved; their number tells of more."""
Cells = dict[str, "Ref"]


@dataclass(frozen=True)
class EvenRows:
    """The row of each comparison by its number, and its crossings, as many as can be shown."""

    rows: Mapping[int, Cells]
    crossings: Mapping[int, Sequence[Cells]]


def lay_rows(plan: Plan, flow: Flow) -> EvenRows:
    """Lay out all rows; the comparisons stand first, though they look up what stands below them."""
    comparisons = plan.catalogue.comparisons
    stretches = {c.number: stretches_of(plan, c) for c in comparisons}
    even_head, even_first = flow.take(), flow.take(len(comparisons))
    flow.gap()
    head = flow.take()
    first = flow.take(sum(map(len, stretches.values())))
    ranges = _ranges(flow, min(first, flow.row - 1), flow.row - 1)
    flow.gap()
    context = Context(plan.context | ranges)
    evens = Stack(flow.sheet, 0, EVEN_ROW, context)
    evens.lay_headers(even_head, plan.house.texts["budget"]["columns"])
    solved = {c.number: crossing_count(c) if stretches[c.number] else 0 for c in comparisons}
    rows, start = {}, 0
    for row, comparison in enumerate(comparisons, start=even_first):
        length = len(stretches[comparison.number])
        given = _given(plan, comparison) | {"from": start + 1 if length else 0, "to": start + length if length else 0}
        given["solved"] = solved[comparison.number]
        rows[comparison.number] = evens.lay(row, {key: given[key] for key in GIVEN_KEYS})
        start += length
    _anchor(plan, "even", evens, next(iter(rows.values()))["number"], [(number,) for number in rows])
    _lay_stretches(plan, flow, (head, first), context, stretches, rows)
    return EvenRows(rows, _lay_crossings(plan, flow, context, solved, rows))


def stretches_of(plan: Plan, comparison: Comparison) -> list[tuple[int, int]]:
    """The rows on Curves of both sides' left knots, for every stretch of speed on which both curves are one cubic."""
    a, b = comparison.a.curve, comparison.b.curve
    if a is None or b is None:
        return []
    low, high = (end(a.measured_range[at], b.measured_range[at]) for at, end in ((0, max), (1, min)))
    first_a, first_b = _first_row(plan, a), _first_row(plan, b)
    starts = sorted({float(x) for curve in (a, b) for x in curve.fit.x if low <= x < high})
    return [(first_a + _segment(a, x), first_b + _segment(b, x)) for x in starts]


def _first_row(plan: Plan, curve: CatalogueCurve) -> int:
    """The row of a curve's first knot in the table of knots, from 1."""
    return 1 + sum(len(other.knots) for other in plan.catalogue.curves if other.id < curve.id)


def _segment(curve: CatalogueCurve, x: float) -> int:
    """The last knot that is not faster than a speed, from 0."""
    return int((curve.fit.x <= x).sum()) - 1


def crossing_count(comparison: Comparison) -> int:
    """How many crossings of a comparison get a row: prices move none on one hardware, so the curves say it."""
    a, b = comparison.a.curve, comparison.b.curve
    if a is None or b is None or not comparison.one_hardware:
        return MOST_CROSSINGS
    held = [basis for basis in TOKEN_BASES if a.fit.values(basis) is not None and b.fit.values(basis) is not None]
    found = [crossings(a.fit, b.fit, basis, 1.0) for basis in held if min(a.fit.x.size, b.fit.x.size) > 1]
    return min(MOST_CROSSINGS, max((len(crossed.speeds) for crossed in found if crossed), default=0))


def _ranges(flow: Flow, first: int, last: int) -> dict[str, str]:
    """The columns of the stretches by name; without a stretch they are the header, which nobody looks up."""
    cols = {side + column.key: col for col, (side, column) in enumerate(STRETCH_ROW)}
    return {
        name: str(flow.sheet.area(first, cols[left], last, cols[right]))
        for name, (left, right) in STRETCH_RANGES.items()
    }


def _given(plan: Plan, comparison: Comparison) -> dict[str, str | float]:
    """What a comparison's row is given: its curves, prices, the read at the speed in force, and the API prices."""
    at_speed, api = decided_read(plan, comparison), plan.api.prices[comparison.key.model]
    tokens = workload_tokens(comparison.key.workload)
    n_in, n_out = tokens or ('""', '""')
    return {
        **plan.given(comparison),
        "number": comparison.number,
        "a_id": comparison.a.curve_id,
        "b_id": comparison.b.curve_id,
        "r_ratio": str(at_speed["ratio"]),
        "r_a_cost": str(at_speed["a_cost"]),
        "r_b_cost": str(at_speed["b_cost"]),
        "p_in": str(api["input"].fix),
        "p_cached": str(api["cached"].fix),
        "p_out": str(api["output"].fix),
        "share": str(plan.api.share.fix),
        "n_in": n_in,
        "n_out": n_out,
    }


def _lay_stretches(
    plan: Plan,
    flow: Flow,
    at: tuple[int, int],
    context: Context,
    stretches: Mapping[int, Sequence[tuple[int, int]]],
    rows: Mapping[int, Cells],
) -> None:
    head, row = at
    stack = Stack(flow.sheet, 0, STRETCH_ROW, context)
    stack.lay_headers(head, plan.house.texts["budget"]["columns"])
    laid, subjects = [], []
    for number, own in stretches.items():
        for place, (a_row, b_row) in enumerate(own):
            given: dict[str, str | float] = {"number": number, "first": int(place == 0), "a_row": a_row, "b_row": b_row}
            given |= {key: str(rows[number][key]) for key in ("on", "factor")}
            laid.append(stack.lay(row, given))
            subjects.append((number, place))
            row += 1
    if laid:
        _anchor(plan, "stretches", stack, laid[0]["number"], subjects)


def _lay_crossings(
    plan: Plan, flow: Flow, context: Context, solved: Mapping[int, int], rows: Mapping[int, Cells]
) -> dict[int, list[Cells]]:
    stack = Stack(flow.sheet, 0, CROSSING_ROW, context)
    head = flow.take()
    stack.lay_headers(head, plan.house.texts["budget"]["columns"])
    found: dict[int, list[Cells]] = {}
    subjects = []
    for number, count in solved.items():
        own = found[number] = []
        for k in range(1, count + 1):
            row = flow.take()
            links = {key: str(rows[number][key]) for key in ("base", "count")}
            own.append(stack.lay(row, {"number": number, "k": k, **links}))
            subjects.append((number, k))
    laid = [cells for own in found.values() for cells in own]
    if laid:
        _anchor(plan, "crossings", stack, laid[0]["number"], subjects)
    flow.gap()
    return found


def _anchor(plan: Plan, kind: str, stack: Stack, first: Ref, subjects: Sequence[tuple[int, ...]]) -> None:
    plan.anchors.append(Anchor(kind, "", first, stack.keys, tuple(subjects)))
