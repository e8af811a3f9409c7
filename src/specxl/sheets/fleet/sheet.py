"""The Fleet sheet: what a volume, a number of users or a power takes of both sides, and what one saves against the other."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from specxl.method.codes import Verdict
from specxl.method.fleet import PRICE_STEPS, Mode
from specxl.model.cells import Chart, Highlight, Link, Range, Ref, Series, Sheet
from specxl.model.formulas import literal, speed, word
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.anchors import Anchor
from specxl.sheets.fleet.choice import Draft, lay_choice, lay_controls
from specxl.sheets.fleet.places import (
    HEAD_ROW,
    LABEL,
    LAST_COL,
    LINES,
    OFF,
    RANGE_ROW,
    SAVED,
    SHOWN_KEYS,
    TABLE_COL,
    UNIT,
    WITH,
)
from specxl.sheets.fleet.rows import lay_main, lay_speeds
from specxl.sheets.fleet.words import lay_words, range_text
from specxl.sheets.frame import CHECKS, FLEET, MESSAGE_HEIGHT, PRICES, SUMMARY, facts_line, lay_checks_line
from specxl.sheets.plan import Check
from specxl.sheets.words import certainty_word, likeness_words, stopped_or, verdict_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.flow import Flow
    from specxl.sheets.fleet.choice import Choice
    from specxl.sheets.fleet.places import Line
    from specxl.sheets.plan import Plan

    Cells = Mapping[str, Ref]

STEP_COUNT = 3
_WIDTHS = {LABEL: 20, OFF: 25, WITH: 22, SAVED: 22, UNIT: 22, 5: 0.5, TABLE_COL: 17, 7: 11, 8: 11, 9: 11, LAST_COL: 13}
_CHART_WIDTH, _CHART_HEIGHT = 470, 230
_ROW_PIXELS = 20
_DETAIL_HEIGHT = 36.0


def build_fleet(plan: Plan) -> list[Sheet]:
    """Lay out the sheet: its workings first, on their own sheet, then what people see of them."""
    sheet = Sheet(FLEET, tab="pair")
    draft = Draft(sheet, plan)
    with plan.workings.block(FLEET, draft.texts["work"]["block"]) as work:
        lists = lay_controls(draft, work)
        choice = lay_choice(draft, work, lists)
        main, speeds = lay_main(draft, work, choice), lay_speeds(draft, work, choice)
        fields = {key: choice.held("results", f"side_{key}") for key in "ab"}
        fields |= {key: plan.context[key] for key in ("tokens", "currency")}
        message, detail = lay_words(draft, work, choice, main)
        bars = _lay_bars(draft, work, choice, speeds, fields)
    _lay_head(draft, message)
    ranges = _ranges(draft, main, fields)
    sheet.formula(RANGE_ROW, LABEL, f'IF({choice["comparison"]}=0,"",{ranges})', "small")
    last = _lay_answer(draft, choice, main, fields)
    sheet.formula(last + 1, LABEL, str(detail), "wrap")
    sheet.merges.append(sheet.area(last + 1, LABEL, last + 1, UNIT))
    sheet.heights[last + 1] = _DETAIL_HEIGHT
    at = _lay_by_load(draft, choice, main, fields)
    at = _lay_by_speed(draft, speeds, fields, at)
    end = _lay_chart(draft, choice, bars, fields, at)
    sheet.widths |= _WIDTHS
    sheet.freeze = (3, 1)
    sheet.wide(end, LABEL, LAST_COL, plan.house.texts["flags"]["general"]["cost"]["long"], "note")
    sheet.print_area, sheet.one_page = sheet.area(0, 0, end, LAST_COL), True
    _add_checks(draft, choice, main)
    return [sheet]


def _lay_head(draft: Draft, message: Ref) -> None:
    sheet = draft.sheet
    sheet.formula(0, 0, str(message), "message")
    sheet.heights[0] = MESSAGE_HEIGHT
    sheet.formula(1, 0, facts_line(literal(draft.texts["heads"]["facts"])), "muted")
    for col, name in enumerate((SUMMARY, PRICES, CHECKS)):
        sheet.put(2, col, Link(Ref(name, 0, 0).link(), name), "link")
    lay_checks_line(sheet, TABLE_COL, TABLE_COL + 1)


def _ranges(draft: Draft, main: Cells, fields: Mapping[str, str]) -> str:
    """Formula: the range in which each side was measured."""

    def of(side: str) -> str:
        first, last = (speed(main[f"{side}_x_{end}"], 1) for end in ("first", "last"))
        given = {"first": first, "last": last}
        some, one, none = (draft.say("ranges", name, given) for name in ("some", "one", "none"))
        knots = main[f"{side}_knots"]
        return f"IF({knots}=0,{none},IF({knots}=1,{one},{some}))"

    return draft.say("ranges", "line", {**fields, **{f"{side}_range": of(side) for side in "ab"}})


def _lay_answer(draft: Draft, choice: Choice, main: Cells, fields: Mapping[str, str]) -> int:
    """The lines of both sides, Off first, and what is saved; return the last row."""
    sheet, texts = draft.sheet, draft.texts
    columns = (("b", OFF), ("a", WITH))
    sheet.put(HEAD_ROW, LABEL, None, "head")
    for side, col in columns:
        sheet.formula(HEAD_ROW, col, fields[side], f"head right {side}")
    sheet.formula(HEAD_ROW, SAVED, draft.say("heads", "saving", fields), "head right")
    sheet.put(HEAD_ROW, UNIT, texts["heads"]["unit"], "head indent")
    row = HEAD_ROW + 1
    sheet.put(row, LABEL, texts["lines"]["status"])
    for side, col in columns:
        sheet.formula(row, col, _status(draft, main, side), "right muted")
    first = row + 1
    for at, line in enumerate(LINES, start=first):
        _lay_line(draft, choice, main, line, at, fields)
    anchor = Anchor("fleet-shown", "", sheet.ref(first, OFF), SHOWN_KEYS, tuple((line.key,) for line in LINES))
    draft.plan.anchors.append(anchor)
    labels = (fields["a"], fields["b"])
    grade = stopped_or(draft.plan, main, certainty_word(draft.plan, main))
    said = (
        ("verdict", verdict_shown(draft, main, labels), "strong"),
        ("certainty", grade, "text"),
        ("like", likeness_words(draft.plan, main), "text"),
    )
    for row, (key, text, style) in enumerate(said, start=first + len(LINES)):
        sheet.put(row, LABEL, texts["lines"][key])
        sheet.formula(row, OFF, text, f"{style} left")
        sheet.merges.append(sheet.area(row, OFF, row, SAVED))
    area = sheet.area(row - 2, OFF, row, SAVED)
    sheet.highlights.append(Highlight(area, f"{main['stops'].fix}>0", "stop"))
    return row


def verdict_shown(draft: Draft, main: Cells, labels: tuple[str, str]) -> str:
    """Formula: the verdict with the better side's name before it."""
    word_, code = verdict_word(draft.plan, main, labels), main["verdict"]
    a, b = (f'{label}&" "' for label in labels)
    return f'IF({code}={Verdict.A_BETTER},{a},IF({code}={Verdict.B_BETTER},{b},""))&{word_}'


def _status(draft: Draft, main: Cells, side: str) -> str:
    """Formula: how a side was read; the points of a published page are as published."""
    lists, code = draft.plan.workings.lists, main[f"{side}_status"]
    published = word(lists["published_statuses"], code)
    return f"IF({main['f_published_points']}=1,{published},{word(lists['statuses'], code)})"


def _lay_line(draft: Draft, choice: Choice, main: Cells, line: Line, row: int, fields: Mapping[str, str]) -> None:
    sheet, bold = draft.sheet, " strong" if line.key == "month" else ""
    sheet.put(row, LABEL, draft.texts["lines"][line.key], "strong" if bold else "text")
    for side, col in (("b", OFF), ("a", WITH)):
        sheet.formula(row, col, _figure(draft, choice, main, line, side), f"{line.style} right {side}{bold}")
    if line.month:
        factor = line.month.format_map(choice.context())
        low, high = (f"({main[key]}{factor})" for key in ("saved_low", "saved_high"))
        money, to = ROUNDINGS[line.style], literal(draft.texts["words"]["to"])
        span = f"IF({money.text(low)}={money.text(high)},{low},{money.text(low)}&{to}&{money.text(high)})"
        sheet.formula(row, SAVED, f'IF(ISNUMBER({main["saved_low"]}),{span},"")', f"{line.style} right{bold}")
    sheet.formula(row, UNIT, draft.say("units", line.key, fields), "muted indent")


def _figure(draft: Draft, choice: Choice, main: Cells, line: Line, side: str) -> str:
    """Formula: a figure, its range as text where deployments differ, or in words why there is none."""
    own = {key[2:]: str(ref) for key, ref in main.items() if key.startswith(f"{side}_")} | choice.context()
    first, last = line.low.format_map(own), line.high.format_map(own)
    known = re.findall(r"{(\w+)}", line.low)[0]
    sign = own[line.bound] if line.bound else ""
    text = range_text(draft, (first, last), line.style, sign)
    # a range whose ends read alike is one figure
    alike = "=".join(ROUNDINGS[line.style].text(end) for end in (first, last))
    single = f'AND({alike},{sign}="")' if sign else alike
    shown = first if (first, sign) == (last, "") else f"IF({single},{first},{text})"
    return f'IF(ISNUMBER({own[known]}),{shown},IF({own[line.known]}="","",{_missing(draft, line)}))'


def _missing(draft: Draft, line: Line) -> str:
    words = draft.texts["words"]
    if line.missing:
        return literal(draft.plan.house.texts["labels"]["metrics"][line.missing]["missing"])
    return literal(words["single"] if line.key == "size" else words["no_figure"])


def _lay_by_load(draft: Draft, choice: Choice, main: Cells, fields: Mapping[str, str]) -> int:
    """What is saved a month at three prices and three loads; return the next free row."""
    sheet, heads = draft.sheet, draft.texts["heads"]
    sheet.formula(HEAD_ROW, TABLE_COL, draft.say("heads", "by_load", fields), "heading")
    head = HEAD_ROW + 1
    sheet.put(head, TABLE_COL, heads["price"], "head")
    load = choice["load"]
    shares = (("saved_3", f"*{choice['part_3']}"), ("saved_2", f"*{choice['part_2']}"), ("saved_low", ""))
    for col, (_, share) in enumerate(shares, start=TABLE_COL + 1):
        sheet.formula(head, col, f'IF({load}="","",{load}{share})', "head right percent1")
    for row, step in enumerate(PRICE_STEPS, start=head + 1):
        price = sheet.put(row, TABLE_COL, step, "percent left")
        for col, (key, _) in enumerate(shares, start=TABLE_COL + 1):
            sheet.formula(row, col, _times(main[key].fix, price), "money")
    keys = ("load_3", "load_2", "load")
    subjects = tuple((number,) for number in range(STEP_COUNT))
    draft.plan.anchors.append(Anchor("fleet-loads", "", sheet.ref(head + 1, TABLE_COL + 1), keys, subjects))
    sheet.put(head + 1 + STEP_COUNT, TABLE_COL, heads["low"], "small")
    return head + 2 + STEP_COUNT


def _times(saved: Ref, price: Ref) -> str:
    return f'IF(ISNUMBER({saved}),{saved}*{price},"")'


def _lay_by_speed(draft: Draft, rows: Sequence[Cells], fields: Mapping[str, str], top: int) -> int:
    """What is saved a month at three speeds and three prices, and how each speed is read; return the next free row."""
    sheet, texts = draft.sheet, draft.plan.house.texts["labels"]
    sheet.formula(top, TABLE_COL, draft.say("heads", "by_speed", fields), "heading")
    head = top + 1
    sheet.put(head, TABLE_COL, draft.texts["heads"]["speed"], "head")
    prices = [sheet.put(head, TABLE_COL + 1 + at, step, "head right percent") for at, step in enumerate(PRICE_STEPS)]
    sheet.put(head, LAST_COL, None, "head")
    labels = (fields["a"], fields["b"])
    for row, cells in enumerate(rows, start=head + 1):
        sheet.formula(row, TABLE_COL, str(cells["target"]), "speed left")
        for col, price in enumerate(prices, start=TABLE_COL + 1):
            sheet.formula(row, col, _times(cells["saved_low"], price.fix), "money")
        said = f"IF({cells['stops']}>0,{literal(texts['grades'][3])},{verdict_shown(draft, cells, labels)})"
        sheet.formula(row, LAST_COL, said, "small indent")
        sheet.highlights.append(Highlight(sheet.area(row, LAST_COL, row, LAST_COL), f"{cells['stops'].fix}>0", "stop"))
    keys = tuple(f"price_{number}" for number in range(1, STEP_COUNT + 1))
    subjects = tuple((number,) for number in range(STEP_COUNT))
    draft.plan.anchors.append(Anchor("fleet-by-speed", "", sheet.ref(head + 1, TABLE_COL + 1), keys, subjects))
    return head + 1 + STEP_COUNT


def _lay_bars(
    draft: Draft, work: Flow, choice: Choice, rows: Sequence[Cells], fields: Mapping[str, str]
) -> tuple[Range, Range, Range]:
    """What the chart plots: a name and two lengths for each speed; a bar of no length has no figure."""
    sheet = work.sheet
    work.heading(draft.texts["work"]["bars"])
    head = work.take()
    sheet.put(head, 0, draft.texts["bars"]["axis"], "head")
    for col, side in enumerate("ba", start=1):
        sheet.formula(head, col, fields[side], "head")
    first = work.take(STEP_COUNT)
    for row, cells in enumerate(rows, start=first):
        missing = "&".join(
            f'IF({_length(choice, cells, side)}=0,{draft.say("bars", "none", {"side": fields[side]})},"")'
            for side in "ba"
        )
        sheet.formula(
            row,
            0,
            f'IF(ISNUMBER({cells["target"]}),{draft.say("bars", "speed", {"speed": speed(cells["target"], 1)})}&{missing},"-")',
        )
        for col, side in enumerate("ba", start=1):
            sheet.formula(row, col, _length(choice, cells, side), "full")
    subjects = tuple((number,) for number in range(STEP_COUNT))
    draft.plan.anchors.append(Anchor("fleet-bars", "", sheet.ref(first, 1), ("b", "a"), subjects))
    work.gap()
    last = first + STEP_COUNT - 1
    return tuple(sheet.area(first, col, last, col) for col in range(STEP_COUNT))  # type: ignore[return-value]


def _length(choice: Choice, cells: Cells, side: str) -> str:
    """Formula: the length of a bar, for the larger fleet where deployments differ; 0 where there is none."""
    fleet, y, load = cells[f"{side}_fleet_max"], cells[f"{side}_y"], choice["load"]
    million = choice.plan.context["million"]
    made = f"IF(COUNT({fleet},{y},{load})=3,{fleet}*{y}*{load}*{choice['month']}/{million},0)"
    return f"IF({choice['mode']}={Mode.POWER},{made},SUM({cells[f'{side}_bill_max']}))"


def _lay_chart(
    draft: Draft, choice: Choice, bars: tuple[Range, Range, Range], fields: Mapping[str, str], top: int
) -> int:
    """Place the chart under its live heading; return the last row that it covers."""
    what = [draft.say("heads", f"chart_{name}", fields) for name in ("tokens", "bill")]
    heading = draft.say("heads", "chart", {**fields, "what": f"IF({choice['mode']}={Mode.POWER},{what[0]},{what[1]})"})
    draft.sheet.formula(top, TABLE_COL, heading, "heading")
    names, b, a = bars
    series = tuple(
        Series(area.first._replace(row=area.first.row - 1), names, area, look)
        for area, look in ((b, "b_bar"), (a, "a_bar"))
    )
    draft.sheet.charts.append(
        Chart(
            kind="bar",
            at=draft.sheet.ref(top + 1, TABLE_COL),
            width=_CHART_WIDTH,
            height=_CHART_HEIGHT,
            series=series,
            x_title=draft.texts["bars"]["value"],
            y_title=draft.texts["bars"]["axis"],
            alt_text=draft.texts["bars"]["alt"],
            name="fleet-chart",
            number_format="#,##0",
        )
    )
    return top + 2 + _CHART_HEIGHT // _ROW_PIXELS


def _add_checks(draft: Draft, choice: Choice, main: Cells) -> None:
    """Identities of METHOD 9 that hold whatever is edited: GPUs times price, and tokens times cost, are the bill."""
    plan, checks = draft.plan, draft.texts["checks"]
    tolerance = plan.context["tolerance"]

    def unlike(product: str, bill: Ref, parts: Sequence[Ref]) -> str:
        known = ",".join(str(part) for part in (*parts, bill))
        return f"IF(COUNT({known})={len(parts) + 1},IF(ABS({product}-{bill})<={tolerance}*ABS({bill}),0,1),0)"

    hours, tokens = [], []
    for side in "ab":
        held = partial(_side_cell, main, side)
        gpus, price = held("fleet_max"), held("price")
        hours.append(unlike(f"{gpus}*{price}*{choice['hours']}", held("bill_max"), (gpus, price)))
        made, cost = held("made_max"), held("loaded")
        tokens.append(unlike(f"{made}*{cost}", held("bill_max"), (made, cost)))
    plan.checks.append(Check(checks["gpus"], FLEET, "+".join(hours)))
    plan.checks.append(Check(checks["tokens"], FLEET, "+".join(tokens)))


def _side_cell(main: Cells, side: str, key: str) -> Ref:
    return main[f"{side}_{key}"]
