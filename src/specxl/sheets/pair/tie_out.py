"""The tie-out of a pair sheet: every figure and percentage that a published page printed, beside ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.formulas import word
from specxl.sheets.published import page_entry, page_price, printed_point

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Range, Ref
    from specxl.model.flow import Flow
    from specxl.schema import Measurement
    from specxl.sheets.pair.draft import PairDraft
    from specxl.sheets.results import ResultTable

HEADERS = (
    "Target (tok/s/user)", "Variant", "Read", "Throughput printed", "Throughput ours", "Cost printed",
    "Cost ours, at the page's price", "Difference", "Price that the printed cost implies", "Flag", "tok/s/MW printed",
    "tok/s/MW ours", "Concurrency printed", "Concurrency ours", "Differs (1)",
)  # fmt: skip
CLAIM_HEADERS = (
    "Target (tok/s/user)", "Winner", "Claim", "Larger, printed", "Smaller, printed", "Percentage printed",
    "Lowest that rounding allows", "Highest that rounding allows", "Ours, same convention", "Verdict",
)  # fmt: skip
CLAIM_PLACES = (0, 1, 2, 3, 4, 6, 7, 8, 9, 10)
# The columns of the sheet that the tie-out uses: the narrow one between figures and chart stays free.
PLACES = (0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
FIRST_FIGURE = PLACES[HEADERS.index("Throughput printed")]
PRICE_COL, HALF_COLS = 3, (12, 13, 14)
# Half of the last digit that the page prints: its costs have three decimals, its throughputs one, percentages none.
HALVES = {"cost": 0.0005, "throughput": 0.05, "percent": 0.005}


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


def lay_tie_out(draft: PairDraft, flow: Flow, results: ResultTable) -> Range | None:
    """Lay out every figure that the published page printed beside ours, at the page's own targets, price and power.

    Ours is read from Results, which no dropdown of this sheet changes, so an edited price does not blur the tie-out.
    Returns the flags of printed throughputs and concurrencies that ours do not meet; None without a page.
    """
    sheet, comparison = draft.sheet, draft.pair.canonical
    page = comparison.page
    if page is None:
        return None
    flow.heading(draft.texts["headings"]["tie_out"])
    model = draft.plan.house.model(page.model).label
    source = f"Printed on {page.title} ({model}), rate card {page.rate_card}. Printed figures are never interpolated."
    sheet.put(flow.take(), 0, source, "muted")
    entry = page_entry(draft.plan.house, page)
    row = flow.take()
    sheet.put(row, 0, "Page's price, USD per GPU-hour, and kW")
    rate = sheet.put(row, PRICE_COL, page_price(draft.plan.house, page), "price").fix
    power = sheet.put(row, PRICE_COL + 1, entry.kw_per_gpu if entry else None, "power").fix
    halves = {
        name: sheet.put(row, col, half, "full").fix for (name, half), col in zip(HALVES.items(), HALF_COLS, strict=True)
    }
    sheet.put(row, HALF_COLS[0] - 1, "half of the last digit printed: cost, throughput, percent", "muted right")
    head = flow.take()
    for col, header in zip(PLACES, HEADERS, strict=True):
        sheet.put(head, col, header, "head" if col < FIRST_FIGURE else "head right")
    sheet.heights[head] = 56
    first = flow.row
    for printed in _figures(comparison, results):
        _lay_printed(draft, flow.take(), printed, rate, power)
    last = flow.row - 1
    flow.gap()
    _lay_claims(draft, flow, results, halves)
    flow.gap()
    return sheet.area(first, PLACES[-1], last, PLACES[-1])


def _figures(comparison: Comparison, results: ResultTable) -> Iterator[_Printed]:
    """Every point that the page printed, target by target."""
    for kind, target in enumerate(comparison.targets, start=1):
        for side, held in comparison.sides:
            point = printed_point(held.curve, target)
            if point is not None:
                yield _Printed(comparison, side, point, results.block[comparison.number, kind])


def _lay_printed(draft: PairDraft, row: int, printed: _Printed, rate: Ref, power: Ref) -> None:
    sheet, names, statuses = draft.sheet, draft.plan.context, draft.plan.workings.lists["published_statuses"]
    side, point, block, figures = printed.side, printed.point, printed.block, printed.point.published
    if figures is None:
        return
    at = dict(zip(HEADERS, PLACES, strict=True))
    label = draft.plan.house.variant_label(printed.comparison.side(side).key.variant)
    sheet.put(row, at["Target (tok/s/user)"], point.interactivity_tok_s_user, "general left")
    sheet.put(row, at["Variant"], label, side)
    sheet.formula(row, at["Read"], word(statuses, block[f"{side}_status"]), "small")
    throughput = sheet.put(row, at["Throughput printed"], point.total_tok_s_gpu, "tput")
    ours = sheet.formula(row, at["Throughput ours"], str(block[f"{side}_total"]), "tput")
    cost_printed = sheet.put(row, at["Cost printed"], figures.cost_usd_per_mtok, "cost_page")
    cost = sheet.formula(row, at["Cost ours, at the page's price"], names.cost(rate, ours), "cost_page")
    difference = sheet.formula(row, at["Difference"], f"{cost_printed}/{cost}-1", "percent1")
    sheet.formula(row, at["Price that the printed cost implies"], names.price(cost_printed, ours), "price")
    sheet.formula(row, at["Flag"], f'IF(ABS({difference})>{names["tie_out"]},"at odds","")', "strong right")
    sheet.put(row, at["tok/s/MW printed"], figures.throughput_tok_s_mw, "whole")
    sheet.formula(row, at["tok/s/MW ours"], names.per_megawatt(ours, power), "whole")
    requests = sheet.put(row, at["Concurrency printed"], point.concurrency, "about")
    concurrency = sheet.formula(row, at["Concurrency ours"], str(block[f"{side}_requests"]), "about")
    pairs = ((throughput, ours), (requests, concurrency))
    apart = "+".join(f"(ABS(SUM({a})-SUM({b}))>{names['tolerance']}*SUM({a}))" for a, b in pairs)
    sheet.formula(row, at["Differs (1)"], apart, "flag")


def _claims(comparison: Comparison, results: ResultTable) -> Iterator[_Claim]:
    """The page's percentages, target by target: of costs, then of throughputs."""
    for claim in comparison.page.claims if comparison.page else ():
        target = comparison.targets[claim.position - 1]
        block = results.block[comparison.number, claim.position]
        points = {side: printed_point(held.curve, target) for side, held in comparison.sides}
        for of_cost, winner, percent in (
            (True, claim.cost_winner, claim.cost_percent),
            (False, claim.throughput_winner, claim.throughput_percent),
        ):
            better, worse = ("a", "b") if winner == comparison.a.key.variant else ("b", "a")
            figures = {side: _figure(point, of_cost=of_cost) for side, point in points.items()}
            larger, smaller = (figures[worse], figures[better]) if of_cost else (figures[better], figures[worse])
            if larger is not None and smaller is not None:
                yield _Claim(target, of_cost, better, percent, larger, smaller, block)


def _figure(point: Measurement | None, *, of_cost: bool) -> float | None:
    if point is None or point.published is None:
        return None
    return point.published.cost_usd_per_mtok if of_cost else point.total_tok_s_gpu


def _lay_claims(draft: PairDraft, flow: Flow, results: ResultTable, halves: Mapping[str, Ref]) -> None:
    """The page's percentages, in its convention (ratio - 1, also for costs), and what its rounded table allows."""
    sheet, comparison = draft.sheet, draft.pair.canonical
    convention = (
        'The page writes ratio - 1 also for costs ("649 % cheaper"); no price can fall by more than 100 %. '
        "Its convention stands here only; ours is the ratio and the saving per token."
    )
    sheet.put(flow.take(), 0, convention, "muted")
    head = flow.take()
    for col, header in zip(CLAIM_PLACES, CLAIM_HEADERS, strict=True):
        sheet.put(head, col, header, "head right" if col >= CLAIM_PLACES[3] and header != CLAIM_HEADERS[-1] else "head")
    sheet.heights[head] = 44
    for claim in _claims(comparison, results):
        _lay_claim(draft, flow.take(), claim, halves)


def _lay_claim(draft: PairDraft, row: int, claim: _Claim, halves: Mapping[str, Ref]) -> None:
    """One percentage: the figures of the page's table that it compares, and the interval that their rounding leaves."""
    sheet, comparison = draft.sheet, draft.pair.canonical
    half, percent = halves["cost" if claim.of_cost else "throughput"], halves["percent"]
    other = "b" if claim.better == "a" else "a"
    places = dict(zip(CLAIM_HEADERS, CLAIM_PLACES, strict=True))
    sheet.put(row, places["Target (tok/s/user)"], claim.target, "general left")
    label = draft.plan.house.variant_label(comparison.side(claim.better).key.variant)
    sheet.put(row, places["Winner"], label, claim.better)
    sheet.put(row, places["Claim"], "cheaper" if claim.of_cost else "more tok/s")
    style = "cost_page" if claim.of_cost else "tput"
    larger = sheet.put(row, places["Larger, printed"], claim.larger, style)
    smaller = sheet.put(row, places["Smaller, printed"], claim.smaller, style)
    printed = sheet.put(row, places["Percentage printed"], claim.percent / 100, "percent")
    lowest = sheet.formula(
        row, places["Lowest that rounding allows"], f"({larger}-{half})/({smaller}+{half})-1-{percent}", "percent1"
    )
    highest = sheet.formula(
        row, places["Highest that rounding allows"], f"({larger}+{half})/({smaller}-{half})-1+{percent}", "percent1"
    )
    sheet.formula(
        row,
        places["Ours, same convention"],
        f"{claim.block[f'{claim.better}_total']}/{claim.block[f'{other}_total']}-1",
        "percent",
    )
    inside = f"AND({printed}>={lowest},{printed}<={highest})"
    sheet.formula(row, places["Verdict"], f'IF({inside},"as its table allows","not as its table allows")', "indent")
