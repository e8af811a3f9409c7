"""The tie-out of a pair sheet: every figure and percentage that a published page printed, beside ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.formulas import word
from specxl.sheets.curves.checks import RELATIVE_TOLERANCE
from specxl.sheets.published import page_entry, page_rate, printed_point

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Range, Ref
    from specxl.schema import Measurement
    from specxl.sheets.pair.selection import Draft
    from specxl.sheets.results import ResultTable

HEADERS = (
    "Target (tok/s/user)", "Variant", "Read", "Throughput printed", "Throughput ours", "Cost printed",
    "Cost ours, at the page's price", "Difference", "Price that the printed cost implies", "Flag", "tok/s/MW printed",
    "tok/s/MW ours", "Concurrency printed", "Concurrency ours", "Differs (1)",
)  # fmt: skip
DIFFERS_COL = len(HEADERS) - 1
CLAIM_HEADERS = (
    "Target (tok/s/user)", "Winner", "Claim", "Printed by the page", "Lowest that rounding allows",
    "Highest that rounding allows", "Ours, same convention", "Verdict",
)  # fmt: skip


FIRST_FIGURE = HEADERS.index("Throughput printed")
# Half of the last digit that the page prints: its costs have three decimals, its throughputs one, percentages none.
HALF_COST, HALF_THROUGHPUT, HALF_PERCENT = "0.0005", "0.05", "0.005"


@dataclass(frozen=True, slots=True)
class _Printed:
    """One side of the comparison at one of the page's targets: the printed point beside the block of Results."""

    comparison: Comparison
    side: str
    point: Measurement
    block: Mapping[str, Ref]


@dataclass(frozen=True, slots=True)
class _Claim:
    """One percentage of the page: of costs or of throughputs, which side it favours, and the figures it compares."""

    target: float
    of_cost: bool
    better: str
    percent: float
    larger: float
    smaller: float
    block: Mapping[str, Ref]


def lay_tie_out(draft: Draft, row: int, results: ResultTable) -> Range | None:
    """Lay out every figure that the published page printed beside ours, at the page's own targets, price and power.

    Ours is read from Results, which no dropdown of this sheet changes, so an edited price does not blur the tie-out.
    Returns the flags of printed throughputs and concurrencies that ours do not meet; None without a page.
    """
    sheet, comparison = draft.sheet, draft.pair.canonical
    page = comparison.page
    if page is None:
        return None
    sheet.put(row, 0, "Tie-out to the published page", "heading")
    model = draft.plan.house.model(page.model).label
    source = f"Printed on {page.title} ({model}), rate card {page.rate_card}. Printed figures are never interpolated."
    sheet.put(row + 1, 0, source, "muted")
    entry = page_entry(draft.plan, comparison)
    sheet.put(row + 2, 0, "Page's price, USD per GPU-hour, and kW per GPU")
    rate = sheet.put(row + 2, 3, page_rate(draft.plan, comparison), "price").fix
    power = sheet.put(row + 2, 4, entry.kw_per_gpu if entry else None, "power").fix
    for col, header in enumerate(HEADERS):
        sheet.put(row + 3, col, header, "head" if col < FIRST_FIGURE else "head right")
    sheet.heights[row + 3] = 44
    last = row + 3
    for last, printed in enumerate(_printed(comparison, results), start=row + 4):
        _lay_printed(draft, last, printed, rate, power)
    _lay_claims(draft, last + 2, results)
    return sheet.area(row + 4, DIFFERS_COL, last, DIFFERS_COL)


def _printed(comparison: Comparison, results: ResultTable) -> Iterator[_Printed]:
    """Every point that the page printed, target by target."""
    for kind, target in enumerate(comparison.targets, start=1):
        for side, curve in comparison.sides:
            point = printed_point(curve, target)
            if point is not None:
                yield _Printed(comparison, side, point, results.block[comparison.number, kind])


def _lay_printed(draft: Draft, row: int, printed: _Printed, rate: Ref, power: Ref) -> None:
    sheet, names, statuses = draft.sheet, draft.plan.context, draft.plan.assumptions.lists["published_statuses"]
    side, point, block, figures = printed.side, printed.point, printed.block, printed.point.published
    if figures is None:
        return
    sheet.put(row, 0, point.interactivity_tok_s_user, "speed left")
    sheet.put(row, 1, draft.plan.house.variant_label(printed.comparison.variant(side)), side)
    sheet.formula(row, 2, word(statuses, block[f"{side}_status"]))
    throughput = sheet.put(row, 3, point.total_tok_s_gpu, "tput")
    ours = sheet.formula(row, 4, str(block[f"{side}_total"]), "tput")
    cost_printed = sheet.put(row, 5, figures.cost_usd_per_mtok, "cost_page")
    cost = sheet.formula(row, 6, names.cost(rate, ours), "cost_page")
    difference = sheet.formula(row, 7, f"{cost_printed}/{cost}-1", "percent1")
    sheet.formula(row, 8, names.price(cost_printed, ours), "price")
    sheet.formula(row, 9, f'IF(ABS({difference})>{names["tie_out"]},"at odds","")', "strong right")
    sheet.put(row, 10, figures.throughput_tok_s_mw, "whole")
    sheet.formula(row, 11, names.per_megawatt(ours, power), "whole")
    requests = sheet.put(row, 12, point.concurrency, "about")
    concurrency = sheet.formula(row, 13, str(block[f"{side}_conc"]), "about")
    pairs = ((throughput, ours), (requests, concurrency))
    apart = "+".join(f"(ABS(SUM({a})-SUM({b}))>{RELATIVE_TOLERANCE}*SUM({a}))" for a, b in pairs)
    sheet.formula(row, DIFFERS_COL, apart, "flag")


def _claims(comparison: Comparison, results: ResultTable) -> Iterator[_Claim]:
    """The page's percentages, target by target: of costs, then of throughputs."""
    for claim in comparison.page.claims if comparison.page else ():
        target = comparison.targets[claim.position - 1]
        block = results.block[comparison.number, claim.position]
        points = {side: printed_point(curve, target) for side, curve in comparison.sides}
        for of_cost, winner, percent in (
            (True, claim.cost_winner, claim.cost_percent),
            (False, claim.throughput_winner, claim.throughput_percent),
        ):
            better, worse = ("a", "b") if winner == comparison.variant_a else ("b", "a")
            figures = {side: _figure(point, of_cost=of_cost) for side, point in points.items()}
            larger, smaller = (figures[worse], figures[better]) if of_cost else (figures[better], figures[worse])
            if larger is not None and smaller is not None:
                yield _Claim(target, of_cost, better, percent, larger, smaller, block)


def _figure(point: Measurement | None, *, of_cost: bool) -> float | None:
    if point is None or point.published is None:
        return None
    return point.published.cost_usd_per_mtok if of_cost else point.total_tok_s_gpu


def _lay_claims(draft: Draft, row: int, results: ResultTable) -> None:
    """The page's percentages, in its convention (ratio - 1, also for costs), and what its rounded table allows."""
    sheet, comparison = draft.sheet, draft.pair.canonical
    convention = (
        'The page writes ratio - 1 also for costs ("649 % cheaper"); no price can fall by more than 100 %. '
        "Its convention stands here only; ours is the ratio and the saving per token."
    )
    sheet.put(row, 0, convention, "muted")
    sheet.row(row + 1, 0, CLAIM_HEADERS[:3], "head")
    sheet.row(row + 1, 3, CLAIM_HEADERS[3:-1], "head right")
    sheet.put(row + 1, len(CLAIM_HEADERS) - 1, CLAIM_HEADERS[-1], "head")
    sheet.heights[row + 1] = 32
    for at, claim in enumerate(_claims(comparison, results), start=row + 2):
        half = HALF_COST if claim.of_cost else HALF_THROUGHPUT
        larger, smaller = repr(claim.larger), repr(claim.smaller)
        other = "b" if claim.better == "a" else "a"
        sheet.put(at, 0, claim.target, "speed left")
        sheet.put(at, 1, draft.plan.house.variant_label(comparison.variant(claim.better)), claim.better)
        sheet.put(at, 2, "cheaper per token" if claim.of_cost else "more tok/s/GPU")
        printed = sheet.put(at, 3, claim.percent / 100, "percent")
        lowest = sheet.formula(at, 4, f"({larger}-{half})/({smaller}+{half})-1-{HALF_PERCENT}", "percent1")
        highest = sheet.formula(at, 5, f"({larger}+{half})/({smaller}-{half})-1+{HALF_PERCENT}", "percent1")
        sheet.formula(at, 6, f"{claim.block[f'{claim.better}_total']}/{claim.block[f'{other}_total']}-1", "percent")
        inside = f"AND({printed}>={lowest},{printed}<={highest})"
        sheet.formula(at, 7, f'IF({inside},"as its table allows","not as its table allows")', "indent")
