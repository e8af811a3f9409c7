"""How it moved: both sides of a comparison at the Summary's speed on every run date, where the inputs hold a past.

On each day a side is the frontier over the newest run of each of its lines up to that day (METHOD 6); prices, power and the
token class are those in force today. So what moves is the software and the deployments that were measured, never a price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Chart, Highlight, Link, Ref, Series, Sheet
from specxl.model.formulas import literal, speed
from specxl.sheets.anchors import Anchor
from specxl.sheets.frame import (
    CHECKS,
    COMMON_TARGET,
    MESSAGE_HEIGHT,
    MOVED,
    PRICES,
    SUMMARY,
    WORKINGS,
    facts_line,
    lay_checks_line,
)
from specxl.sheets.measurements import serial
from specxl.sheets.moved.days import lay_choice, lay_days, lay_offered, lay_reads
from specxl.sheets.moved.draft import Draft, MovedSheet, Workings, names_of, opening_place
from specxl.sheets.moved.line import lay_drawn, lay_lines
from specxl.sheets.moved.places import (
    CHART_HEAD,
    CHART_ROW,
    CHART_SIZE,
    CONTROL_ROW,
    FIRST_SENTENCE,
    KIND,
    LAST_COL,
    NOTE_ROW,
    ORDER,
    PAGE_HEIGHT,
    TABLE,
    TABLE_ROW,
)
from specxl.sheets.moved.words import lay_told, message, row_texts
from specxl.sheets.plan import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Range
    from specxl.sheets.plan import Plan

CONTROL_COLS = (2, 4)
CHECKS_COL = 5
HEAD_HEIGHT, SENTENCE_HEIGHT = 18.0, 27.0
MARGIN_DAYS, MARGIN_SHARE = 1, 0.03
"""Room on either side of the dates in the chart: days at least, and a share of what they span."""


def build_moved(plan: Plan) -> list[Sheet]:
    """Lay out the sheet and its workings; none where no comparison has a past."""
    if not plan.catalogue.moved:
        return []
    comparisons = {comparison.number: comparison for comparison in plan.catalogue.comparisons}
    pasts = [(past, comparisons[past.comparison]) for past in plan.catalogue.moved]
    texts, sheet = plan.house.texts["moved"], Sheet(MOVED, tab="front")
    with plan.workings.block(MOVED, texts["workings"]["block"]) as flow:
        draft = Draft(sheet, plan, flow, pasts)
        names = flow.list(texts["workings"]["names"], names_of(plan))
        control = _lay_control(draft, names)
        offered, days = lay_offered(draft), lay_days(draft)
        choice = lay_choice(draft, control, names, offered)
        reads, blocks = lay_reads(draft, choice, days)
        lines = lay_lines(draft, reads, blocks)
        work = Workings(choice, days["text"], reads, blocks, lines, lay_drawn(draft, reads, blocks, lines))
        told = lay_told(draft, work)
    _lay_head(draft, work, control, told)
    _lay_chart(draft, work)
    last = _lay_table(draft, work)
    sheet.widths |= {col: TABLE.width(key) for col, key in enumerate(TABLE.keys)}
    sheet.freeze, sheet.repeat_rows = (3, 0), (TABLE_ROW, TABLE_ROW)
    sheet.print_area = sheet.area(0, 0, last, LAST_COL)
    sheet.one_page = sum(sheet.heights.get(row, 15.0) for row in range(last + 1)) <= PAGE_HEIGHT
    _add_checks(draft, work)
    plan.driven[MOVED] = MovedSheet(control, names_of(plan))
    return [sheet]


def _lay_control(draft: Draft, names: Range) -> Ref:
    """The comparison that is shown: a dropdown, or a word where there is one only."""
    sheet, texts = draft.sheet, draft.texts["sheet"]
    sheet.put(CONTROL_ROW, 0, texts["choice"], "strong")
    sheet.merges.append(sheet.area(CONTROL_ROW, *CONTROL_COLS[:1], CONTROL_ROW, CONTROL_COLS[1]))
    place, offered = (CONTROL_ROW, CONTROL_COLS[0]), names_of(draft.plan)
    opening = offered[opening_place(draft.plan) - 1]
    if len(offered) == 1:
        return sheet.put(*place, opening, "left").fix
    hint = texts["choice_hint"]
    return draft.plan.register.place(
        sheet, place, opening, texts["choice"], style="left", choices=names, message=hint
    ).fix


def _lay_head(draft: Draft, work: Workings, control: Ref, told: Mapping[str, Mapping[str, Ref]]) -> None:
    """The message, what the figures rest on, links, how to read it, and a sentence per side."""
    sheet, texts = draft.sheet, draft.texts["sheet"]
    sheet.formula(0, 0, message(draft, work, told, control), "message")
    sheet.formula(1, 0, facts_line(literal(texts["subtitle"])), "muted")
    for col, name in ((0, SUMMARY), (1, PRICES), (2, CHECKS)):
        sheet.put(2, col, Link(Ref(name, 0, 0).link(), name), "link")
    lay_checks_line(sheet, CHECKS_COL, CHECKS_COL + 1)
    left_out = work.choice["left_out"].fix
    more = draft.say("sheet", "left_out", {"count": f"FIXED({left_out},0)"})
    sheet.formula(NOTE_ROW, 0, f'{literal(texts["note"])}&IF({left_out}=0,"",{more})', "small")
    sheet.merges.append(sheet.area(NOTE_ROW, 0, NOTE_ROW, LAST_COL))
    for row, side in enumerate(ORDER, start=FIRST_SENTENCE):
        sheet.formula(row, 0, str(told[side]["sentence"]), f"wrap {side}")
        sheet.merges.append(sheet.area(row, 0, row, LAST_COL))
        sheet.heights[row] = SENTENCE_HEIGHT
    sheet.heights |= {0: MESSAGE_HEIGHT}


def _lay_chart(draft: Draft, work: Workings) -> None:
    """The cost of both sides by date, as lines with a mark for every day; the axis spans every day of the sheet."""
    sheet, texts, context = draft.sheet, draft.texts["chart"], draft.plan.context
    at = f'IF(ISNUMBER({COMMON_TARGET}),{speed(COMMON_TARGET, 2)},"-")'
    fields = {"currency": context["currency"], "tokens": context["tokens"], "speed": at}
    sheet.formula(CHART_HEAD, 0, draft.say("chart", "heading", fields), "heading")
    dates = [serial(day.date) or 0 for past, _ in draft.pasts for day in past.days]
    room = max(MARGIN_DAYS, round(MARGIN_SHARE * (max(dates) - min(dates))))
    curves = [Series(work.label(side), *work.drawn[side], f"{side}_curve") for side in ORDER]
    marks = [Series(work.label(side), *work.drawn[side], f"{side}_knots") for side in ORDER]
    sheet.charts.append(
        Chart(
            kind="scatter",
            at=sheet.ref(CHART_ROW, 0),
            width=CHART_SIZE[0],
            height=CHART_SIZE[1],
            series=(*curves, *marks),
            x_title=texts["x"],
            y_title=texts["y"],
            alt_text=texts["alt"],
            name="moved",
            unlisted=(2, 3),
            number_format="0.00",
            x_span=(min(dates) - room, max(dates) + room),
            x_format="yyyy-mm-dd",
        )
    )


def _lay_table(draft: Draft, work: Workings) -> int:
    """A row per day; return the last row."""
    sheet, context = draft.sheet, draft.plan.context
    unit = f'{context["currency"]}&"/M"'
    for col, key in enumerate(TABLE.keys):
        style = "head right" if TABLE.style(key).split()[0] in ("date", "cost", "right", "times") else "head"
        style = "head indent" if "indent" in TABLE.style(key) else style
        side = key[0] if key[1:2] == "_" else ""
        fields = {"unit": unit, **({"side": str(work.label(side))} if side else {})}
        sheet.formula(TABLE_ROW, col, draft.say("table", key, fields), style)
    sheet.heights[TABLE_ROW] = HEAD_HEIGHT
    first, last = TABLE_ROW + 1, TABLE_ROW + work.slots
    for slot in range(work.slots):
        for key, text in row_texts(draft, work, slot).items():
            TABLE.formula(sheet, first + slot, key, text)
    stops = work.blocks["stops"]
    here = sheet.ref(first, 0)
    stopped = f"INDEX({stops},ROWS({here.fix.address}:$A{here.row + 1}))>0"
    sheet.highlights.append(Highlight(TABLE.area(sheet, "words", first, last), stopped, "stop"))
    subjects = tuple((slot,) for slot in range(work.slots))
    draft.plan.anchors.append(Anchor(f"{KIND}table", "", sheet.ref(first, 0), TABLE.keys, subjects))
    return last


def _add_checks(draft: Draft, work: Workings) -> None:
    """The last day is what the workbook shows today; every day of the comparison has a row."""
    choice, tolerance = work.choice, draft.plan.context["tolerance"]
    last = choice["count"].fix
    wrong = []
    for key in ("a_y", "b_y", "verdict"):
        live, now = f"INDEX({work.blocks[key]},{last})", choice[f"now_{key}"].fix
        apart = f"1*(ABS({live}-{now})>{tolerance}*ABS({live}))"
        wrong.append(f"IF(COUNT({live},{now})=2,{apart},1*(COUNT({live})<>COUNT({now})))")
    texts = draft.texts["workings"]
    draft.plan.checks.append(Check(texts["check_today"], WORKINGS, f"IF({last}=0,0,{'+'.join(wrong)})"))
    shown = work.reads["date"]
    draft.plan.checks.append(Check(texts["check_days"], WORKINGS, f"ABS(COUNT({shown})-{last})"))
