"""The Checks sheet: every integrity check with its result, the overall verdict, bad input, and the build's notices."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from specxl.model.cells import Highlight, Link, Range, Ref, quote_sheet
from specxl.model.flow import Flow
from specxl.model.formulas import literal
from specxl.sheets.curves.checks import faults
from specxl.sheets.frame import (
    CARD_LINE,
    CHECKS,
    CURVES,
    DATA_LINE,
    FAILED,
    INPUTS,
    INPUTS_LINE,
    MEASUREMENTS,
    OVERALL,
    TITLE_LINE,
    WORKINGS,
    head_style,
    start_sheet,
)
from specxl.sheets.inputs import EDITED, UNUSABLE
from specxl.sheets.plan import Check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.errors import Notice
    from specxl.model.cells import Sheet
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

HEAD_ROW = 12
TEXT, WHERE, FOUND, ALLOWED, RESULT, FAILED_COL = range(6)
HEADERS = (
    ("Check", "text"),
    ("Sheet", "text"),
    ("Found", "right"),
    ("Allowed", "right"),
    ("Result", "indent"),
    ("Failed (1)", "centre"),
)
NOTICE_WIDTH = 62
MEANING_WIDTH, LAST_COL = 85, 9
"""Characters of a sentence that fit a line of the columns from ALLOWED to LAST_COL."""


def _neighbours(area: Range) -> tuple[str, str]:
    """A column without its last row, and without its first: row by row a cell and the one below."""
    return str(Range(area.first, area.cell(area.rows - 2))), str(Range(area.cell(1), area.last))


def _curve_checks(plan: Plan) -> list[Check]:
    t = plan.curves
    off = sum(len(curve.off_frontier) for curve in plan.catalogue.curves)
    found: list[Check] = []
    if t.ranges["knot_x"].rows > 1:
        (id0, id1), (x0, x1), (y0, y1) = (_neighbours(t.ranges[key]) for key in ("knot_id", "knot_x", "knot_total"))
        found += [
            Check("Knots of every curve ascend strictly in speed", CURVES, f"SUMPRODUCT(({id0}={id1})*({x1}<={x0}))"),
            Check(
                "Knots of every curve descend strictly in throughput", CURVES, f"SUMPRODUCT(({id0}={id1})*({y1}>={y0}))"
            ),
        ]
    both = t.knot_differs.rows * t.knot_differs.columns
    return [
        *found,
        Check("Knots and tangents are those of the reference, and of their measurement rows", CURVES, faults(str(t.knot_differs), both)),
        Check("Index entries are those of the reference", CURVES, faults(str(t.index_differs))),
        Check("Points off the frontier are those of their measurement rows", CURVES, faults(str(t.off_differs), off)),
        Check("No point off the frontier beats a knot", CURVES, faults(str(t.off_undominated), off)),
        Check("Chart samples are those of the reference", CURVES, _sample_check(plan)),
    ]  # fmt: skip


def _sample_check(plan: Plan) -> str:
    """Formula: how far the table of samples is from the one that was built, by two sums; a text is none of its numbers.

    Its curve ids go up by one or stay; with that, the ends of each curve, which the index holds, say every one of them.
    """
    t, rows = plan.curves, plan.curves.sample_sums
    knots, places = t.ranges["sample_knot"], t.ranges["sample_place"]
    sums = f"1*(ABS(SUM({knots})-{rows[0]})>0)+1*(ABS(SUM({places})-{rows[1]})>{plan.context['tolerance']})"
    counted = f"{sums}+2*ROWS({knots})-COUNT({knots})-COUNT({places})"
    if t.ranges["sample_id"].rows == 1:
        return counted
    above, below = _neighbours(t.ranges["sample_id"])
    return f"{counted}+SUMPRODUCT(1*(ABS({below}-{above}-1/2)<>1/2))"


def _count_checks(plan: Plan) -> list[Check]:
    measured, catalogue = plan.measured.columns, plan.catalogue
    rows = len(catalogue.measurements)
    knots = sum(len(c.knots) for c in catalogue.curves)
    number, curve_knots = measured["number"], plan.curves.ranges["curve_knots"]
    knot_rows = plan.curves.ranges["knot_measurement"]
    return [
        Check("Measurement rows are complete and in order", MEASUREMENTS,
              f"ABS(COUNT({number})-{rows})+ABS(SUM({number})-{rows * (rows + 1) // 2})"),
        Check("Curves and knots are complete", CURVES,
              f"ABS(COUNT({curve_knots})-{len(catalogue.curves)})+ABS(SUM({curve_knots})-{knots})"),
        Check("Every knot refers to a row of Measurements", CURVES,
              f"SUMPRODUCT(1*({knot_rows}>{rows}))+SUMPRODUCT(1*({knot_rows}<1))"),
    ]  # fmt: skip


def _result_checks(results: ResultTable) -> list[Check]:
    """What must hold in every row of Results, whatever is edited: identities of METHOD 4, 5 and 7."""
    a_cost, b_cost = results.column("a_cost"), results.column("b_cost")
    verdict, ratio, better = results.column("verdict"), results.column("ratio"), results.column("better")
    saving = results.column("saving")
    return [
        Check("Where a side is better there is a saving, and nowhere else", WORKINGS,
              f"ABS(COUNT({saving})-COUNTIF({better},1)-COUNTIF({better},2))"),
        Check("A ratio stands beside every verdict that has one, and beside no other", WORKINGS,
              f"ABS(COUNT({ratio})-COUNTIF({verdict},10)-COUNTIF({verdict},11)-COUNTIF({verdict},12))"),
        Check("No cost stands without a price", WORKINGS,
              f"MAX(0,COUNT({a_cost})-COUNT({results.column('a_price')}))+MAX(0,COUNT({b_cost})-COUNT({results.column('b_price')}))"),
    ]  # fmt: skip


def build_checks(plan: Plan, results: ResultTable, notices: Sequence[Notice]) -> Sheet:
    """Lay out the checks, what the audit found and the notices; the overall result stands in a fixed cell."""
    texts = plan.house.texts["labels"]["checks"]
    sheet = start_sheet(CHECKS, "Checks", tab="check", subtitle=texts["subtitle"])
    checks = [*_curve_checks(plan), *_count_checks(plan), *_result_checks(results), *plan.checks]
    flow = Flow(sheet, HEAD_ROW)
    _lay_checks(flow, checks, texts["first"])
    _lay_inputs_line(sheet, texts["inputs"])
    _lay_release(sheet, plan)
    flow.gap(2)
    _lay_findings(flow, plan)
    flow.gap()
    flow.heading(texts["notices"])
    _lay_notices(flow, notices)
    sheet.widths |= {TEXT: 62, WHERE: 30, FOUND: 12, ALLOWED: 12, RESULT: 14, FAILED_COL: 12}
    sheet.freeze = (4, 1)
    return sheet


def _lay_checks(flow: Flow, checks: Sequence[Check], lead: str) -> None:
    """The table of checks, and the result over all of them."""
    sheet, head = flow.sheet, flow.take()
    for col, (header, style) in enumerate(HEADERS):
        sheet.put(head, col, header, head_style(style))
    first, last = head + 1, head + len(checks)
    for check in checks:
        _lay_check(sheet, flow.take(), check)
    names, failed = (sheet.area(first, col, last, col) for col in (WHERE, FAILED_COL))
    sheet.put(OVERALL.row, 0, "Overall", "strong")
    words = f'"failed: "&FIXED(SUM({failed}),0)&" of {len(checks)}, first on "&INDEX({names},MATCH(1,{failed},0))'
    sheet.formula(OVERALL.row, OVERALL.col, f'IF({FAILED}=0,"all passed",{words})', "strong")
    sheet.formula(FAILED.row, FAILED.col, f"SUM({failed})", "id strong")
    line = f'"#{quote_sheet(CHECKS)}!A"&({first}+MATCH(1,{failed},0))'
    to_line = f'IF({FAILED}=0,"",HYPERLINK({line},{literal(lead)}))'
    sheet.formula(FAILED.row, FAILED.col + 1, to_line, "link indent")
    results = sheet.area(first, RESULT, last, RESULT)
    flag = f"${sheet.ref(first, FAILED_COL).address}"
    sheet.highlights += [Highlight(results, f"{flag}=0", "good"), Highlight(results, f"{flag}=1", "stop")]


def _lay_check(sheet: Sheet, row: int, check: Check) -> None:
    sheet.put(row, TEXT, check.text)
    sheet.put(row, WHERE, Link(Ref(check.sheet, 0, 0).link(), check.sheet), "link")
    found = sheet.formula(row, FOUND, check.formula, "id")
    allowed = sheet.put(row, ALLOWED, 0, "id")
    failed = sheet.ref(row, FAILED_COL)
    sheet.formula(row, RESULT, f'IF({failed}=0,"passed","FAILED")', "indent")
    sheet.formula(row, FAILED_COL, f"IF(ISNUMBER({found}),IF({found}={allowed},0,1),1)", "flag")


def _lay_inputs_line(sheet: Sheet, lead: str) -> None:
    """How many inputs are not as released, and whether one of them cannot be used: no failed check, but a line of its own."""
    sheet.put(INPUTS_LINE.row, 0, "Inputs", "strong")
    words = f'IF({EDITED}=1," input differs from the release"," inputs differ from the release")'
    edited = f'IF({EDITED}=0,"inputs as released",FIXED({EDITED},0)&{words})'
    where = Ref(INPUTS, UNUSABLE.row, 2, fixed=True)
    unusable = f'IF({UNUSABLE}=0,"","; "&FIXED({UNUSABLE},0)&" cannot be used, "&{where})'
    sheet.formula(INPUTS_LINE.row, INPUTS_LINE.col, f"{edited}&{unusable}", "strong")
    line = sheet.area(INPUTS_LINE.row, INPUTS_LINE.col, INPUTS_LINE.row, INPUTS_LINE.col)
    sheet.highlights.append(Highlight(line, f"{UNUSABLE}>0", "caution"))
    sheet.put(INPUTS_LINE.row + 1, INPUTS_LINE.col, Link(Ref(INPUTS, 0, 0).link(), lead), "link")


def _lay_release(sheet: Sheet, plan: Plan) -> None:
    """What the release says of itself, each in the cell to which the heads of the sheets refer."""
    card = plan.card
    dated = "" if card.as_of in card.name else f", as of {card.as_of}"
    for name, ref, text in (
        ("Release", DATA_LINE, plan.release.dated),
        ("Prices", CARD_LINE, f"Rate card {card.name}{dated}: {card.source}"),
        ("Title", TITLE_LINE, plan.release.shown_title),
    ):
        sheet.put(ref.row, 0, name, "strong")
        sheet.put(ref.row, ref.col, text)


def _lay_findings(flow: Flow, plan: Plan) -> None:
    """What the data audit found, counted; the rows themselves are marked on Measurements."""
    sheet, texts = flow.sheet, plan.house.texts["labels"]["checks"]
    flow.heading(texts["findings"])
    head = flow.heads(("Finding", "Grade", "Rows", texts["meaning"]))
    sheet.cells[head, FOUND] = sheet.cells[head, FOUND]._replace(style="head right")
    sheet.cells[head, ALLOWED] = sheet.cells[head, ALLOWED]._replace(style="head indent line")
    for col in range(ALLOWED + 1, LAST_COL + 1):
        sheet.put(head, col, None, "head")
    counts = Counter(finding for m in plan.catalogue.measurements for finding in m.findings)
    order = {"stop": 0, "suspect": 0, "caution": 1}
    for finding, count in sorted(counts.items(), key=lambda item: (order.get(item[0].partition(":")[0], 2), item[0])):
        grade, _, name = finding.partition(":")
        row = flow.take()
        meaning = plan.meanings.get(finding, "")
        sheet.put(row, 0, name.replace("_", " "))
        sheet.put(row, 1, grade, "stop" if order.get(grade) == 0 else "note")
        sheet.put(row, FOUND, count, "id")
        sheet.wide(row, ALLOWED, LAST_COL, meaning, "wrap middle indent")
        sheet.heights[row] = 15.0 * max(1, -(-len(meaning) // MEANING_WIDTH))
    if not counts:
        sheet.put(flow.take(), 0, "none", "muted")


def _lay_notices(flow: Flow, notices: Sequence[Notice]) -> None:
    sheet = flow.sheet
    if not notices:
        sheet.put(flow.take(), 0, "none", "muted")
        return
    head = flow.heads(("Notice", "About", "Row", "File"))
    sheet.cells[head, FOUND] = sheet.cells[head, FOUND]._replace(style="head right")
    for notice in notices:
        row = flow.take()
        sheet.put(row, 0, notice.text, "wrap")
        sheet.put(row, 1, notice.topic)
        if notice.file:
            sheet.put(row, 3, notice.file, "indent")
        if notice.row is not None:
            sheet.put(row, 2, notice.row, "id")
        sheet.heights[row] = 15 * (1 + len(notice.text) // NOTICE_WIDTH)
