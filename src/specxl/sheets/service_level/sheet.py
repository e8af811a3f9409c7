"""The Service level sheet: limits in, the cheapest measured deployment of each kind out, ranked by cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.service_level import MISSES, STOPPED
from specxl.model.cells import Chart, Highlight, Link, Range, Ref, Series, Sheet, quote_sheet
from specxl.model.formulas import content, literal
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.anchors import Anchor
from specxl.sheets.frame import (
    CHECKS,
    MEASUREMENTS,
    MESSAGE_HEIGHT,
    PRICES,
    SERVICE_LEVEL,
    SUMMARY,
    facts_line,
    head_style,
    lay_checks_line,
    lay_page,
)
from specxl.sheets.measurements import HEAD_ROW as MEASUREMENTS_HEAD
from specxl.sheets.plan import Check
from specxl.sheets.service_level.choice import Draft, lay_choice, lay_controls
from specxl.sheets.service_level.places import COUNTS_ROW, HEAD_ROW, SHOWN_KEYS
from specxl.sheets.service_level.rows import lay_rows
from specxl.sheets.service_level.words import answer_of, lay_words, measured, note

if TYPE_CHECKING:
    from specxl.model.flow import Flow
    from specxl.sheets.plan import Plan
    from specxl.sheets.service_level.choice import Choice
    from specxl.sheets.service_level.rows import Table

# The table from left to right: key, width in characters, style; figures and facts by their column of Measurements.
_TABLE = (
    ("rank", 3, "id muted"), ("hardware", 13, "strong"), ("precision", 9, "text"), ("variant", 9, "text"), ("cost", 10, "cost strong"),
    ("x", 10, "speed"), ("median", 9, "price"), ("p99", 9, "price"), ("answer", 9, "price"), ("gpus", 6, "whole"),
    ("requests", 9, "whole"), ("engine", 19.5, "indent"), ("serving", 13, "text"), ("date", 10, "date"), ("link", 8, "link right"),
    ("note", 29, "indent"),
)  # fmt: skip
_HELD = {"median": "ttft_median", "p99": "ttft_p99", "requests": "concurrency"}
_FIGURES = (*SHOWN_KEYS, "engine", "serving", "date")
_PLACES = {key: col for col, (key, _, _) in enumerate(_TABLE)}
_CHART_WIDTH, _BAR_HEIGHT, _CHART_MARGIN, _ROW_PIXELS = 900, 26, 110, 20
BARS = 12


def build_service_level(plan: Plan) -> list[Sheet]:
    """Lay out the sheet: its workings first, on their own sheet, then what people see of them."""
    sheet = Sheet(SERVICE_LEVEL, tab="pair")
    draft = Draft(sheet, plan)
    with plan.workings.block(SERVICE_LEVEL, draft.texts["work"]["block"]) as work:
        lists = lay_controls(draft, work)
        choice = lay_choice(draft, work, lists)
        table = lay_rows(draft, work, choice)
        message, counts = lay_words(draft, work, choice, table)
        bars = _lay_bars(draft, work, table)
    _lay_head(draft, message)
    sheet.formula(COUNTS_ROW, 0, str(counts), "small")
    last = _lay_table(draft, choice, table)
    _lay_chart(draft, bars, last + 2)
    sheet.widths |= {col: width for col, (_, width, _) in enumerate(_TABLE)}
    sheet.freeze = (HEAD_ROW + 1, 2)
    end = last + 5 + (_CHART_MARGIN + _BAR_HEIGHT * bars[0].rows) // _ROW_PIXELS
    sheet.wide(end, 0, len(_TABLE) - 1, plan.house.texts["flags"]["general"]["cost"]["long"], "note")
    lay_page(sheet, sheet.ref(end, len(_TABLE) - 1), (HEAD_ROW, HEAD_ROW))
    _add_checks(draft, table)
    return [sheet]


def _lay_head(draft: Draft, message: Ref) -> None:
    sheet = draft.sheet
    sheet.formula(0, 0, str(message), "message")
    sheet.heights[0] = MESSAGE_HEIGHT
    labelled = any(m.label for m in draft.plan.catalogue.measurements)
    own = draft.texts["heads"]["own"] if labelled else ""
    sheet.formula(1, 0, facts_line(literal(draft.texts["heads"]["facts"] + own)), "muted")
    for col, name in ((1, SUMMARY), (2, PRICES), (3, CHECKS)):
        sheet.put(2, col, Link(Ref(name, 0, 0).link(), name), "link")
    lay_checks_line(sheet, 5, 7)


def _lay_table(draft: Draft, choice: Choice, table: Table) -> int:
    """One line for each place, empty where the choice has fewer kinds; return the last row."""
    sheet, plan = draft.sheet, draft.plan
    fields = {key: plan.context[key] for key in ("tokens", "currency")}
    for key, _, style in _TABLE:
        sheet.formula(HEAD_ROW, _PLACES[key], draft.say("columns", key, fields), head_style(style))
    sheet.heights[HEAD_ROW] = 39.0
    for place in range(len(table.places)):
        _lay_line(draft, choice, table, place)
    first, last = HEAD_ROW + 1, HEAD_ROW + len(table.places)
    anchor = Anchor(
        "level-shown",
        "",
        sheet.ref(first, _PLACES["cost"]),
        SHOWN_KEYS,
        tuple((place,) for place in range(last - HEAD_ROW)),
    )
    plan.anchors.append(anchor)
    return last


def _lay_line(draft: Draft, choice: Choice, table: Table, place: int) -> None:
    sheet, row, at = draft.sheet, HEAD_ROW + 1 + place, table.places[place]
    listed, number = at["class"], at["n"]
    styles = {key: style for key, _, style in _TABLE}

    def put(key: str, text: str, missing: str) -> None:
        sheet.formula(row, _PLACES[key], f'IF({missing},"",{text})', styles[key])

    none, misses = f"{number}=0", f"{listed}>={MISSES}"
    put("rank", f"{place + 1}", misses)
    for key in ("hardware", "precision", "variant"):
        put(key, measured(draft, key, number), none)
    put("cost", table.held("cost", place), misses)
    for key in _FIGURES:
        if key == "answer":
            put(key, answer_of(table, place), misses)
        elif key != "cost":
            put(key, content(measured(draft, _HELD.get(key, key), number)), misses)
    target = f'"#{quote_sheet(MEASUREMENTS)}!A"&({number}+{MEASUREMENTS_HEAD + 1})'
    shown = draft.say("notes", "row", {"number": f"{number}"})
    put("link", f"HYPERLINK({target},{shown})", none)
    sheet.formula(row, _PLACES["note"], note(draft, choice, table, place), styles["note"])
    line = sheet.area(row, 0, row, len(_TABLE) - 1)
    sheet.highlights.append(Highlight(line, f"{listed.fix}={STOPPED}", "stop"))
    sheet.highlights.append(Highlight(line, f"{listed.fix}={MISSES}", "grey"))


def _lay_bars(draft: Draft, work: Flow, table: Table) -> tuple[Range, Range, Range]:
    """What the chart plots: a name, and the cost with or without speculative decoding; 0 where there is none."""
    sheet, texts = work.sheet, draft.plan.house.texts["summary"]["table"]
    work.heading(draft.texts["work"]["bars"])
    head = work.take()
    sheet.row(head, 0, (draft.texts["bars"]["axis"], texts["without"], texts["with"]), "head")
    count = min(BARS, len(table.places))
    first = work.take(count)
    for place in range(count):
        at, row = table.places[place], first + place
        names = {key: measured(draft, key, at["n"]) for key in ("variant", "hardware", "precision")}
        shown = f"{at['class']}<={STOPPED}"
        sheet.formula(row, 0, f'IF({shown},{draft.say("message", "name", names)}," ")')
        cost = table.held("cost", place)
        for col, off in ((1, 1), (2, 0)):
            sheet.formula(row, col, f"IF({shown},IF({table.held('off', place)}={off},{cost},0),0)", "full")
    anchor = Anchor("level-bars", "", sheet.ref(first, 1), ("b", "a"), tuple((place,) for place in range(count)))
    draft.plan.anchors.append(anchor)
    work.gap()
    last = first + count - 1
    return sheet.area(first, 0, last, 0), sheet.area(first, 1, last, 1), sheet.area(first, 2, last, 2)


def _lay_chart(draft: Draft, bars: tuple[Range, Range, Range], top: int) -> None:
    sheet, plan = draft.sheet, draft.plan
    fields = {key: plan.context[key] for key in ("tokens", "currency")}
    sheet.formula(top, 1, draft.say("heads", "chart", fields), "heading")
    names, b, a = bars
    labels = f'[=0]"";{ROUNDINGS["cost"].number_format.rpartition(";")[2]}'
    series = tuple(
        Series(area.first._replace(row=area.first.row - 1), names, area, look, labels)
        for area, look in ((b, "b_bar"), (a, "a_bar"))
    )
    sheet.charts.append(
        Chart(
            kind="bar",
            at=sheet.ref(top + 1, 1),
            width=_CHART_WIDTH,
            height=_CHART_MARGIN + _BAR_HEIGHT * names.rows,
            series=series,
            x_title=draft.texts["bars"]["value"],
            y_title=draft.texts["bars"]["axis"],
            alt_text=draft.texts["bars"]["alt"],
            name="level-chart",
            number_format="#,##0.00",
        )
    )


def _add_checks(draft: Draft, table: Table) -> None:
    """Places are a permutation, and no cost stands beside what misses a limit."""
    columns, texts = table.columns, draft.texts["checks"]
    places, numbers, near = columns["place"], columns["number"], columns["near"]
    order = f"ABS(SUM({places})-SUM({numbers}))+ABS(SUMPRODUCT({places}*{places})-SUMPRODUCT({numbers}*{numbers}))"
    within = f"SUMPRODUCT(({columns['best']}>0)*({near}>1))"
    draft.plan.checks.append(Check(texts["order"], SERVICE_LEVEL, order))
    draft.plan.checks.append(Check(texts["within"], SERVICE_LEVEL, within))
