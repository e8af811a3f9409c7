"""What a pair sheet's figures rest on: the bracketing knots of every read, and the tie-out to the published page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.cells import quote_sheet
from specxl.sheets.curve_checks import RELATIVE_TOLERANCE
from specxl.sheets.frame import MEASUREMENTS
from specxl.sheets.measurements import HEAD_ROW as MEASUREMENTS_HEAD
from specxl.sheets.pair_reads import READS
from specxl.sheets.published import page_entry, page_rate, printed_point

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.catalogue import Comparison
    from specxl.cells import Range, Ref, Sheet
    from specxl.schema import Measurement
    from specxl.sheets.pair_reads import Reads
    from specxl.sheets.pair_selection import Selection
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

EVIDENCE_HEADERS = (
    "Read", "Variant", "Knot", "Interactivity (tok/s/user)", "Total (tok/s/GPU)", "Concurrency", "GPUs",
    "TTFT median (s)", "TTFT p99 (s)", "Date", "Engine", "Serving", "Row", "Parallelism",
)  # fmt: skip
_COLUMNS = (
    (3, "x", "tput"),
    (4, "total", "tput"),
    (5, "concurrency", "whole"),
    (6, "gpus", "whole"),
    (7, "ttft_median", "seconds"),
    (8, "ttft_p99", "seconds"),
    (9, "date", "date"),
    (10, "engine", "text right"),
    (11, "serving", "text right"),
    (13, "parallelism", "text"),
)
TIE_OUT_HEADERS = (
    "Target (tok/s/user)", "Variant", "Read", "Throughput printed", "Throughput ours", "Cost printed",
    "Cost ours, at the page's price", "Difference", "Price that the printed cost implies", "Flag", "tok/s/MW printed",
    "tok/s/MW ours", "Concurrency printed", "Concurrency ours", "Differs (1)",
)  # fmt: skip
DIFFERS_COL = len(TIE_OUT_HEADERS) - 1
CLAIM_HEADERS = (
    "Target (tok/s/user)", "Winner", "Claim", "Printed by the page", "Lowest that rounding allows",
    "Highest that rounding allows", "Ours, same convention", "Verdict",
)  # fmt: skip


def lay_evidence(sheet: Sheet, row: int, plan: Plan, chosen: Selection, reads: Reads) -> int:
    """Lay out up to four bracketing knots per read with a link to their measurement row; return the first free row."""
    sheet.put(row, 0, "Evidence: the measurements that each figure rests on", "heading")
    right = {col for col, _, _ in _COLUMNS} - {13}
    for col, header in enumerate(EVIDENCE_HEADERS):
        sheet.put(row + 1, col, header, "head right" if col in right else "head")
    sheet.heights[row + 1] = 32
    at = row + 2
    for i, block in enumerate(reads.blocks):
        for side in "ab":
            for end in ("left", "right"):
                _lay_knot(sheet, at, plan, chosen, block[f"{side}_{end}"], (READS[i], side, end))
                at += 1
    return at + 1


def _lay_knot(sheet: Sheet, at: int, plan: Plan, chosen: Selection, knot: Ref, words: tuple[str, str, str]) -> None:
    read, side, end = words
    sheet.put(at, 0, read)
    sheet.formula(at, 1, str(chosen[f"label_{side}"]), side)
    place = "below the target" if end == "left" else "above the target"
    # a read on a knot rests on one measurement: its row stands once
    idle = f"{knot}=0" if end == "left" else f"OR({knot}=0,{_twin(knot, end)}={knot})"
    same = f'IF({idle},"-",IF({_twin(knot, end)}={knot},"the knot read","{place}"))'
    sheet.formula(at, 2, same)
    number = f"INDEX({plan.context['knot_measurement']},{knot})"
    for col, key, style in _COLUMNS:
        area = plan.measured.columns[key]
        value = f"INDEX({area},{number})"
        shown = f'IF({value}="","",{value})'
        sheet.formula(at, col, f'IF({idle},"",{shown})', style)
    target = f'"#{quote_sheet(MEASUREMENTS)}!A"&({number}+{MEASUREMENTS_HEAD + 1})'
    sheet.formula(at, 12, f'IF({idle},"",HYPERLINK({target},"row "&{number}))', "link")


def _twin(knot: Ref, end: str) -> Ref:
    """The cell of the other bracketing knot: left and right stand beside each other in the block."""
    return knot.right(1 if end == "left" else -1)


def lay_tie_out(sheet: Sheet, row: int, plan: Plan, comparison: Comparison, results: ResultTable) -> Range | None:
    """Lay out every figure that the published page printed beside ours, at the page's own targets, price and power.

    Ours is read from Results, which no dropdown of this sheet changes, so an edited price does not blur the tie-out.
    Returns the flags of printed throughputs and concurrencies that ours do not meet; None without a page.
    """
    page = comparison.page
    if page is None:
        return None
    sheet.put(row, 0, "Tie-out to the published page", "heading")
    model = plan.house.model(page.model).label
    source = f"Printed on {page.title} ({model}), rate card {page.rate_card}. Printed figures are never interpolated."
    sheet.put(row + 1, 0, source, "muted")
    entry = page_entry(plan, comparison)
    sheet.put(row + 2, 0, "Page's price, USD per GPU-hour, and kW per GPU")
    rate = sheet.put(row + 2, 3, page_rate(plan, comparison), "price").fix
    power = sheet.put(row + 2, 4, entry.kw_per_gpu if entry else None, "power").fix
    for col, header in enumerate(TIE_OUT_HEADERS):
        sheet.put(row + 3, col, header, "head" if col < 3 else "head right")
    sheet.heights[row + 3] = 44
    at = row + 4
    for kind, target in enumerate(comparison.targets, start=1):
        block = results.block[comparison.number, kind]
        for side, curve in comparison.sides:
            point = printed_point(curve, target)
            if point is not None:
                _lay_printed_row(sheet, at, plan, (comparison, side), block, point, (rate, power))
                at += 1
    _lay_claims(sheet, at + 1, plan, comparison, results)
    return sheet.area(row + 4, DIFFERS_COL, at - 1, DIFFERS_COL)


def _lay_printed_row(
    sheet: Sheet,
    at: int,
    plan: Plan,
    which: tuple[Comparison, str],
    block: Mapping[str, Ref],
    point: Measurement,
    page: tuple[Ref, Ref],
) -> None:
    comparison, side = which
    rate, power = page
    names, printed = plan.context, point.published
    if printed is None:
        return
    ours = block[f"{side}_total"]
    sheet.put(at, 0, point.interactivity_tok_s_user, "speed left")
    sheet.put(at, 1, plan.house.variant_label(comparison.variant(side)), side)
    sheet.formula(at, 2, f"INDEX({plan.assumptions.lists['published_statuses']},{block[f'{side}_status']}+1)")
    throughput = sheet.put(at, 3, point.total_tok_s_gpu, "tput")
    shown = sheet.formula(at, 4, str(ours), "tput")
    cost_printed = sheet.put(at, 5, printed.cost_usd_per_mtok, "cost_page")
    seconds, million = names["seconds_per_hour"], names["million"]
    cost = sheet.formula(at, 6, f"{rate}/({shown}*{seconds}/{million})", "cost_page")
    difference = sheet.formula(at, 7, f"{cost_printed}/{cost}-1", "percent1")
    sheet.formula(at, 8, f"{cost_printed}*{shown}*{seconds}/{million}", "price")
    sheet.formula(at, 9, f'IF(ABS({difference})>{names["tie_out"]},"at odds","")', "strong right")
    sheet.put(at, 10, printed.throughput_tok_s_mw, "whole")
    sheet.formula(at, 11, f"{shown}*{names['thousand']}/{power}", "whole")
    requests = sheet.put(at, 12, point.concurrency, "about")
    concurrency = sheet.formula(at, 13, str(block[f"{side}_conc"]), "about")
    pairs = ((throughput, shown), (requests, concurrency))
    apart = "+".join(f"(ABS(SUM({a})-SUM({b}))>{RELATIVE_TOLERANCE}*SUM({a}))" for a, b in pairs)
    sheet.formula(at, DIFFERS_COL, apart, "flag")


def _lay_claims(sheet: Sheet, row: int, plan: Plan, comparison: Comparison, results: ResultTable) -> None:
    """The page's percentages, in its convention (ratio - 1, also for costs), and what its rounded table allows."""
    convention = (
        'The page writes ratio - 1 also for costs ("649 % cheaper"); no price can fall by more than 100 %. '
        "Its convention stands here only; ours is the ratio and the saving per token."
    )
    sheet.put(row, 0, convention, "muted")
    sheet.row(row + 1, 0, CLAIM_HEADERS[:3], "head")
    sheet.row(row + 1, 3, CLAIM_HEADERS[3:7], "head right")
    sheet.put(row + 1, 7, CLAIM_HEADERS[7], "head")
    sheet.heights[row + 1] = 32
    at = row + 2
    page = comparison.page
    for claim in page.claims if page else ():
        target = comparison.targets[claim.position - 1]
        block = results.block[comparison.number, claim.position]
        points = {side: printed_point(curve, target) for side, curve in comparison.sides}
        for kind in ("cost", "throughput"):
            winner = claim.cost_winner if kind == "cost" else claim.throughput_winner
            percent = claim.cost_percent if kind == "cost" else claim.throughput_percent
            better, worse = ("a", "b") if winner == comparison.variant_a else ("b", "a")
            high, low = (worse, better) if kind == "cost" else (better, worse)
            top, bottom = (_printed(points[s], kind) for s in (high, low))
            if top is None or bottom is None:
                continue
            half = "0.0005" if kind == "cost" else "0.05"
            sheet.put(at, 0, target, "speed left")
            sheet.put(at, 1, plan.house.variant_label(winner), better)
            sheet.put(at, 2, "cheaper per token" if kind == "cost" else "more tok/s/GPU")
            printed = sheet.put(at, 3, percent / 100, "percent")
            lowest = sheet.formula(at, 4, f"({top!r}-{half})/({bottom!r}+{half})-1-0.005", "percent1")
            highest = sheet.formula(at, 5, f"({top!r}+{half})/({bottom!r}-{half})-1+0.005", "percent1")
            sheet.formula(at, 6, f"{block[f'{better}_total']}/{block[f'{worse}_total']}-1", "percent")
            inside = (
                f'IF(AND({printed}>={lowest},{printed}<={highest}),"as its table allows","not as its table allows")'
            )
            sheet.formula(at, 7, inside, "indent")
            at += 1


def _printed(point: Measurement | None, kind: str) -> float | None:
    if point is None or point.published is None:
        return None
    return point.published.cost_usd_per_mtok if kind == "cost" else point.total_tok_s_gpu
