"""The Checks sheet: every integrity check with its result, the overall verdict, all inputs, and the build's notices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Highlight, Link, Range
from specxl.model.formulas import choice_number, differs, if_positive
from specxl.sheets.curves.checks import RELATIVE_TOLERANCE, faults
from specxl.sheets.frame import (
    ALL_PASSED,
    CHECKS,
    CURVES,
    INPUTS_LINE,
    MEASUREMENTS,
    OVERALL,
    RESULTS,
    head_style,
    start_sheet,
)
from specxl.sheets.same_engine import TARGET_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.errors import Notice
    from specxl.model.cells import Input, Ref, Sheet
    from specxl.sheets.pair.sheet import PairSheet
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

HEAD_ROW = 9
# From the last check but one to the first input: the last check, a gap, heading and headers.
REGISTER_BELOW = 7
RESULT_COL, FAILED_COL = 4, 5
DIFFERS_COL, USABLE_COL = 4, 5
# header and the style of the cells below it
HEADERS = (
    ("Check", "text"),
    ("Sheet", "text"),
    ("Found", "right"),
    ("Allowed", "right"),
    ("Result", "indent"),
    ("Failed (1)", "centre"),
)
INPUT_HEADERS = (
    ("Input", "text"),
    ("Sheet", "text"),
    ("Now", "right"),
    ("As released", "right"),
    ("Differs (1)", "centre"),
    ("Usable (1)", "centre"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: `formula` counts the faults it finds; 0 is right."""

    text: str
    sheet: str
    formula: str


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
            Check(
                "Knots of every curve ascend strictly in interactivity",
                CURVES,
                f"SUMPRODUCT(({id0}={id1})*({x1}<={x0}))",
            ),
            Check(
                "Knots of every curve descend strictly in throughput", CURVES, f"SUMPRODUCT(({id0}={id1})*({y1}>={y0}))"
            ),
        ]
    return [
        *found,
        Check(
            "Knots and tangents are those of the reference, and of their measurement rows",
            CURVES,
            faults(str(t.knot_differs), t.knot_differs.rows * t.knot_differs.columns),
        ),
        Check("Index entries are those of the reference", CURVES, faults(str(t.index_differs))),
        Check("Points off the frontier are those of their measurement rows", CURVES, faults(str(t.off_differs), off)),
        Check("No point off the frontier beats a knot", CURVES, faults(str(t.off_undominated), off)),
    ]


def _count_checks(plan: Plan, results: ResultTable) -> list[Check]:
    measured, catalogue = plan.measured.columns, plan.catalogue
    rows = len(catalogue.measurements)
    knots = sum(len(c.knots) for c in catalogue.curves)
    number = measured["number"]
    return [
        Check("Measurement rows are complete and in order", MEASUREMENTS,
              f"ABS(COUNT({number})-{rows})+ABS(SUM({number})-{rows * (rows + 1) // 2})"),
        Check("Curves and knots are complete", CURVES,
              f"ABS(COUNT({plan.curves.ranges['curve_knots']})-{len(catalogue.curves)})+ABS(SUM({plan.curves.ranges['curve_knots']})-{knots})"),
        Check("Every knot refers to a row of Measurements", CURVES,
              f"SUMPRODUCT(1*({plan.curves.ranges['knot_measurement']}>{rows}))+SUMPRODUCT(1*({plan.curves.ranges['knot_measurement']}<1))"),
        Check("The live formulas reproduce the reference at the release targets", RESULTS, faults(str(results.checks["reference"]))),
        Check("Cost times throughput is the price in every read", RESULTS, faults(str(results.checks["price"]))),
        Check("Every ratio is at least 1 and every saving below 100 %", RESULTS, faults(str(results.checks["ratio"]))),
    ]  # fmt: skip


def _unlike(live: Ref, held: str) -> str:
    """1 where two figures differ, or only one of them is a number."""
    apart = f"1*(ABS({live}-{held})>{RELATIVE_TOLERANCE}*{live})"
    return f"IF(COUNT({live},{held})=2,{apart},1*(COUNT({live})<>COUNT({held})))"


def _pair_checks(pairs: Sequence[PairSheet], results: ResultTable) -> list[Check]:
    """Where a sheet shows a comparison of Results, its Summary column must be the same read; printed figures stand."""
    found = []
    for pair in pairs:
        live, combination, scope = pair.reads.blocks[3], pair.chosen["combination"], pair.chosen["scope"]
        # the comparisons of a pair are numbered one after the other, each with a row of Results per target
        row = f"{len(TARGET_KINDS)}*({combination}+{pair.pair.comparisons[0].number}-2)+1"
        wrong = "+".join(_unlike(live[key], f"INDEX({results.column(key)},{row})") for key in ("a_y", "b_y", "ratio"))
        text = f"IF(AND({scope}=1,{combination}>0),{wrong},0)"
        found.append(Check("The Summary column agrees with Results", pair.sheet.name, text))
        if pair.tie_out is not None:
            found.append(Check("Throughput and concurrency are as printed", pair.sheet.name, f"SUM({pair.tie_out})"))
    return found


def build_checks(
    plan: Plan,
    pairs: Sequence[PairSheet],
    results: ResultTable,
    inputs: Mapping[str, Sequence[Input]],
    notices: Sequence[Notice],
) -> Sheet:
    """Lay out the checks, the register of inputs and the notices; the verdict stands in a fixed cell."""
    sheet = start_sheet(
        CHECKS,
        "Checks",
        plan.release,
        tab="check",
        subtitle="Every integrity check, every input, every notice of the build",
    )
    checks = [*_curve_checks(plan), *_count_checks(plan, results), *_pair_checks(pairs, results)]
    register = [(name, item) for name, items in inputs.items() for item in items]
    first_input = HEAD_ROW + len(checks) + REGISTER_BELOW
    last_input = first_input + len(register) - 1
    usable = sheet.area(first_input, USABLE_COL, last_input, USABLE_COL)
    checks.append(Check("Every input can be used", CHECKS, f"ROWS({usable})-SUM({usable})"))
    _lay_checks(sheet, checks)
    _lay_inputs_line(sheet, sheet.area(first_input, DIFFERS_COL, last_input, DIFFERS_COL))
    _lay_register(sheet, first_input, register)
    after = _lay_findings(sheet, last_input + 3, plan)
    _lay_notices(sheet, after, notices)
    sheet.widths |= {0: 62, 1: 26, 2: 30, 3: 30, 4: 12, 5: 11}
    sheet.freeze = (4, 1)
    return sheet


def _lay_checks(sheet: Sheet, checks: Sequence[Check]) -> None:
    """The table of checks, and the verdict over all of them."""
    for col, (header, style) in enumerate(HEADERS):
        sheet.put(HEAD_ROW, col, header, head_style(style))
    first, last = HEAD_ROW + 1, HEAD_ROW + len(checks)
    for row, check in enumerate(checks, start=first):
        _lay_check(sheet, row, check)
    names, results, failed = (sheet.area(first, col, last, col) for col in (1, RESULT_COL, FAILED_COL))
    sheet.put(OVERALL.row, 0, "Overall", "strong")
    verdict = f'"failed: "&FIXED(SUM({failed}),0)&" of {len(checks)}, first on "&INDEX({names},MATCH(1,{failed},0))'
    sheet.formula(OVERALL.row, OVERALL.col, f'IF(SUM({failed})=0,"{ALL_PASSED}",{verdict})', "strong")
    sheet.highlights += [Highlight(results, "passed", "good"), Highlight(results, "FAILED", "stop")]


def _lay_inputs_line(sheet: Sheet, differing: Range) -> None:
    """How many inputs are not as released."""
    sheet.put(INPUTS_LINE.row, 0, "Inputs", "strong")
    count = f"SUM({differing})"
    words = f'IF({count}=1," input differs"," inputs differ")'
    line = f'IF({count}=0,"inputs as released",FIXED({count},0)&{words}&" from the release")'
    sheet.formula(INPUTS_LINE.row, INPUTS_LINE.col, line, "strong")


def _lay_register(sheet: Sheet, first: int, register: Sequence[tuple[str, Input]]) -> None:
    sheet.put(first - 2, 0, "Inputs: every cell that can be edited", "heading")
    for col, (header, style) in enumerate(INPUT_HEADERS):
        sheet.put(first - 1, col, header, head_style(style))
    for row, (name, item) in enumerate(register, start=first):
        _lay_input(sheet, row, name, item)


def _lay_check(sheet: Sheet, row: int, check: Check) -> None:
    sheet.put(row, 0, check.text)
    sheet.put(row, 1, check.sheet)
    found = sheet.formula(row, 2, check.formula, "id")
    allowed = sheet.put(row, 3, 0, "id")
    failed = sheet.ref(row, FAILED_COL)
    sheet.formula(row, RESULT_COL, f'IF({failed}=0,"passed","FAILED")', "indent")
    sheet.formula(row, FAILED_COL, f"IF(ISNUMBER({found}),IF({found}={allowed},0,1),1)", "flag")


def _lay_input(sheet: Sheet, row: int, name: str, item: Input) -> None:
    style = "general right" if isinstance(item.released, (int, float)) else "right"
    sheet.put(row, 0, Link(item.ref.link(), item.label), "link")
    sheet.put(row, 1, name)
    now = f'IF({item.ref}="","(empty)",{item.ref})'
    sheet.formula(row, 2, now, style)
    sheet.formula(row, 3, str(item.released_ref), style)
    sheet.formula(row, DIFFERS_COL, differs(item.ref, item.released_ref, empty=item.released is None), "flag")
    sheet.formula(row, USABLE_COL, _usable(item), "flag")


def _usable(item: Input) -> str:
    """Formula: 1 when an input holds one of its choices, a text, or a number above zero.

    A number may be empty: then the figures that need it are empty too, and say so in words.
    """
    if item.choices is not None:
        return f"IF({choice_number(item.ref, item.choices)}>0,1,0)"
    if isinstance(item.released, str):
        return f'IF({item.ref}="",0,1)'
    return f'IF({item.ref}="",1,{if_positive(item.ref, 1, 0)})'


def _lay_findings(sheet: Sheet, row: int, plan: Plan) -> int:
    """What the data audit found, counted; the rows themselves are marked on Measurements."""
    sheet.put(row, 0, "Data audit: rows of Measurements by finding", "heading")
    sheet.row(row + 1, 0, ("Finding", "Grade", "What it means", "Rows"), "head")
    counts = Counter(finding for m in plan.catalogue.measurements for finding in m.findings)
    at = row + 2
    for finding, count in sorted(counts.items(), key=lambda item: (not item[0].startswith("suspect"), item[0])):
        grade, _, name = finding.partition(":")
        sheet.put(at, 0, name.replace("_", " "))
        sheet.put(at, 1, grade, "stop" if grade == "suspect" else "note")
        sheet.put(at, 2, plan.findings.get(finding, ""))
        sheet.put(at, 3, count, "id")
        at += 1
    if not counts:
        sheet.put(at, 0, "none", "muted")
        at += 1
    return at + 1


def _lay_notices(sheet: Sheet, row: int, notices: Sequence[Notice]) -> None:
    sheet.put(row, 0, "Notices of this build: what was dropped, merged or is unknown", "heading")
    if not notices:
        sheet.put(row + 1, 0, "none", "muted")
        return
    sheet.row(row + 1, 0, ("Notice", "About", "File", "Row"), "head")
    for i, notice in enumerate(notices, start=2):
        sheet.put(row + i, 0, notice.text, "wrap")
        sheet.put(row + i, 1, notice.topic)
        if notice.file:
            sheet.put(row + i, 2, notice.file)
        if notice.row is not None:
            sheet.put(row + i, 3, notice.row, "id")
        sheet.heights[row + i] = 15 * (1 + len(notice.text) // 62)
