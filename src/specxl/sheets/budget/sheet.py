"""The Budget sheet: a line per comparison, how fast each side serves a user within a cost per million tokens."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from specxl.method.codes import EqualCost, Grade, Verdict
from specxl.method.curves import cost_usd_per_mtok, read
from specxl.method.metrics import BY_KEY
from specxl.model.cells import Chart, Highlight, Link, Range, Series
from specxl.model.formulas import Context, cases, content, first_true, literal, speed
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.anchors import Anchor, entered
from specxl.sheets.block.scored import with_scores
from specxl.sheets.block.stack import Stack
from specxl.sheets.budget.columns import BUDGET_GIVEN, BUDGET_ROW
from specxl.sheets.budget.words import line_words
from specxl.sheets.frame import BUDGET, WORKINGS, Columns, TableColumn, lay_page, start_sheet
from specxl.sheets.inputs import as_released
from specxl.sheets.own_speed import OWN_SPEED, decided_read, lay_reads, speed_words
from specxl.sheets.plan import Check
from specxl.sheets.words import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Ref, Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.plan import Plan

BUDGET_NAME = "budget"
"""What the budget is called among the inputs that a judge looks up."""
CONTROL_ROW, NOTE_ROW, HEAD_ROW = 4, 5, 6
CONTROL_COL, UNIT_COL, RELEASED_COL, SPEED_COL = 2, 3, 5, 6
LINE_HEIGHT = 27.0
CHART_SIZE, ROW_PIXELS = (760, 400), 20
TABLE = Columns(
    TableColumn("hardware", "", 14, "middle"),
    TableColumn("model", "", 14, "middle"),
    TableColumn("combination", "", 13, "middle"),
    TableColumn("b_x", "", 12, "speed b middle"),
    TableColumn("a_x", "", 12, "speed a middle"),
    TableColumn("times", "", 8, "times strong middle"),
    TableColumn("b_measured", "", 11.5, "right muted middle"),
    TableColumn("a_measured", "", 11.5, "right muted middle"),
    TableColumn("b_cost", "", 9, "cost b middle"),
    TableColumn("a_cost", "", 9, "cost a middle"),
    TableColumn("saving", "", 8, "percent middle"),
    TableColumn("words", "", 46, "wrap middle indent"),
)
LAST_COL = len(TABLE) - 1
NAMES = ("hardware", "model", "combination")


@dataclass(frozen=True)
class _Draft:
    """The sheet while it is laid out: its names in words, its block per comparison, and the counts over them."""

    plan: Plan
    sheet: Sheet
    budget: Ref
    sides: Mapping[str, str]
    blocks: Mapping[int, Mapping[str, Ref]]
    counts: Mapping[str, Ref]

    def say(self, piece: str, name: str, fields: Mapping[str, str]) -> str:
        """Formula: a sentence of `budget.toml`."""
        return self.plan.say("budget", piece, name, fields)

    def words(self, piece: str) -> Mapping[str, str]:
        """The words of a table of `budget.toml`."""
        found: Mapping[str, str] = self.plan.house.texts["budget"][piece]
        return found


def build_budget(plan: Plan) -> list[Sheet]:
    """Lay out the sheet and its workings: a block per comparison, in the order of the pairs' sheets."""
    texts = plan.house.texts["budget"]["budget"]
    sheet = start_sheet(BUDGET, None, tab="front", subtitle=texts["subtitle"], check_columns=3)
    budget = plan.register.place(
        sheet, (CONTROL_ROW, CONTROL_COL), opening_budget(plan), texts["item"], style="general centre answer",
        message=texts["hint"],
    )  # fmt: skip
    plan.anchors.append(entered(BUDGET_NAME, budget))
    work = plan.house.texts["budget"]["work"]
    with plan.workings.block(BUDGET, work["budget"]) as flow:
        blocks = _lay_blocks(plan, flow, budget)
        counts = _lay_counts(flow, blocks, work)
        diagonal = _lay_diagonal(flow, blocks, work)
        lay_reads(plan, flow)
    sides = plan.shared_sides()
    draft = _Draft(plan, sheet, budget, sides, blocks, counts)
    _lay_head(draft)
    last = _lay_table(draft)
    row = _lay_chart(draft, last + 2, diagonal) + 1
    sheet.wide(row, 0, LAST_COL, plan.house.texts["flags"]["general"]["cost"]["long"], "small")
    sheet.freeze = (HEAD_ROW + 1, 1)
    lay_page(sheet, sheet.ref(row, LAST_COL), (HEAD_ROW, HEAD_ROW))
    _add_checks(draft)
    return [sheet]


def opening_budget(plan: Plan) -> float:
    """The budget that the sheet opens with: the median of what a token costs on either side, in two digits.

    Each comparison counts at the middle one of its own speeds; 1 where no price is known.
    """
    costs = []
    for comparison in plan.catalogue.comparisons:
        for _, side in comparison.sides:
            entry = plan.card.entries.get(side.hardware)
            found = read(side.curve.fit if side.curve else None, comparison.targets[1]).total
            cost = cost_usd_per_mtok(entry.usd_per_gpu_hr.get(plan.tier) if entry else None, found)
            costs += [] if cost is None else [cost * plan.card.currency_per_usd]
    return float(f"{median(costs):.2g}") if costs else 1.0


def _lay_blocks(plan: Plan, flow: Flow, budget: Ref) -> dict[int, dict[str, Ref]]:
    stack = Stack(flow.sheet, 1, with_scores(BUDGET_ROW, scored=plan.scored), Context(plan.context))
    head = flow.take()
    flow.sheet.put(head, 0, "Comparison", "head")
    stack.lay_headers(head, plan.house.texts["budget"]["columns"])
    blocks = {}
    keys = {column.key for column in BUDGET_GIVEN}
    for comparison in plan.catalogue.comparisons:
        row = flow.take()
        flow.sheet.put(row, 0, comparison.number, "id")
        given = plan.given(comparison) | {"a_id": comparison.a.curve_id, "b_id": comparison.b.curve_id}
        given |= {"target_in": content(budget.fix)}
        blocks[comparison.number] = stack.lay(row, {key: value for key, value in given.items() if key in keys})
    first = next(iter(blocks.values()))["target_in"]
    plan.anchors.append(Anchor("budget", "", first, stack.keys, tuple((number,) for number in blocks)))
    flow.gap()
    return blocks


def column(blocks: Mapping[int, Mapping[str, Ref]], key: str) -> Range:
    """One column of blocks that stand below each other."""
    cells = [block[key] for block in blocks.values()]
    return Range(cells[0], cells[-1])


COUNTED = {
    "better": Verdict.A_BETTER, "worse": Verdict.B_BETTER, "level": Verdict.LEVEL, "undecided": Verdict.UNDECIDED,
    "only": Verdict.ONLY_A, "only_b": Verdict.ONLY_B, "neither": Verdict.NEITHER,
}  # fmt: skip


def _lay_counts(flow: Flow, blocks: Mapping[int, Mapping[str, Ref]], work: Mapping[str, str]) -> dict[str, Ref]:
    """How often each verdict occurs without a stop, and how many verdicts rest on one."""
    verdicts, stops = column(blocks, "verdict"), column(blocks, "stops")
    counts = {
        name: flow.line(work[name], f"SUMPRODUCT(({verdicts}={code})*({stops}=0))") for name, code in COUNTED.items()
    }
    sides = f"({verdicts}>={Verdict.ONLY_A})"
    counts["counted"] = flow.line(work["counted"], f"SUMPRODUCT({sides}*({stops}=0))")
    counts["stopped"] = flow.line(work["stopped"], f"SUMPRODUCT({sides}*({stops}>0))")
    flow.gap()
    return counts


def _lay_diagonal(flow: Flow, blocks: Mapping[int, Mapping[str, Ref]], work: Mapping[str, str]) -> tuple[Range, Range]:
    """Two points on which both sides are equally fast: the origin, and the highest speed that is plotted."""
    highest = f"MAX({column(blocks, 'plot_x')},{column(blocks, 'plot_y')},1)"
    first = flow.take(2)
    for row, text in ((first, "0"), (first + 1, highest)):
        flow.sheet.put(row, 0, work["diagonal"])
        for col in (3, 4):
            flow.sheet.formula(row, col, text, "speed")
    return flow.sheet.area(first, 3, first + 1, 3), flow.sheet.area(first, 4, first + 1, 4)


def _lay_head(draft: _Draft) -> None:
    """The message, the control, what the costs on the right are read at, and what the signs mean."""
    sheet, plan, names, texts = draft.sheet, draft.plan, draft.plan.context, draft.words("budget")
    counts = {name: f"FIXED({cell},0)" for name, cell in draft.counts.items()}
    fields = {
        "currency": names["currency"],
        "tokens": names["tokens"],
        "budget": ROUNDINGS["cost"].text(draft.budget),
        "noun": plan.noun(draft.counts["counted"]),
        **draft.sides,
        **counts,
    }
    alone = f'IF({draft.counts["only"]}=0,"",{draft.say("budget_message", "alone", fields)})'
    valid = next(iter(draft.blocks.values()))["valid"]
    rules = (
        (f"{valid}=0", draft.say("budget_message", "no_target", {})),
        (f"{draft.counts['counted']}=0", draft.say("budget_message", "none", fields)),
    )
    line = f"{draft.say('budget_message', 'line', fields)}&{alone}"
    sheet.formula(0, 0, first_true(rules, line), "message")
    sheet.put(CONTROL_ROW, CONTROL_COL - 1, texts["item"], "strong right")
    unit = draft.say("budget", "unit", {key: names[key] for key in ("currency", "tokens")})
    sheet.formula(CONTROL_ROW, UNIT_COL, unit, "muted indent")
    released = as_released(plan.register.released(draft.budget))
    sheet.formula(CONTROL_ROW, RELEASED_COL, released, "changed")
    told = speed_words(plan)
    at_speed = draft.say("budget", "at_speed", {"target": told["target"], "whose": told["whose_there"]})
    sheet.formula(CONTROL_ROW, SPEED_COL, at_speed, "muted")
    sheet.put(CONTROL_ROW, LAST_COL, Link(OWN_SPEED.link(), texts["other_speed"]), "link indent")
    stopped = draft.counts["stopped"]
    stops = first_true(
        ((f"{stopped}=0", '""'), (f"{stopped}=1", draft.say("budget_message", "stop", {}))),
        draft.say("budget_message", "stops", fields),
    )
    counted = draft.say("budget_message", "counts", fields | {"stops": stops})
    sheet.formula(2, 4, f'IF({valid}=0,"",{counted})', "muted")
    sheet.wide(NOTE_ROW, 0, LAST_COL, texts["note"], "small")
    sheet.heights |= {3: 6.0, CONTROL_ROW: 18.0}


def _lay_table(draft: _Draft) -> int:
    """A line per comparison; return the last row."""
    sheet, texts, names = draft.sheet, draft.words("budget_table"), draft.plan.context
    unit = f'{names["currency"]}&"/M"'
    for col, key in enumerate(TABLE.keys):
        style = "head" if key in NAMES else "head indent" if col == LAST_COL else "head right"
        if "{side}" in texts[key]:
            fields = {"side": draft.sides[key[0]], "unit": unit}
            sheet.formula(HEAD_ROW, col, draft.say("budget_table", key, fields), style)
        else:
            sheet.put(HEAD_ROW, col, texts[key], style)
        sheet.widths[col] = TABLE.width(key)
    sheet.heights[HEAD_ROW] = 44.0
    row = HEAD_ROW
    for comparison in draft.plan.catalogue.comparisons:
        row += 1
        _lay_line(draft, row, comparison)
    decided = {c.number: decided_read(draft.plan, c) for c in draft.plan.catalogue.comparisons}
    for key, blocks in (("words", draft.blocks), ("saving", decided)):
        area = TABLE.area(sheet, key, HEAD_ROW + 1, row)
        sheet.highlights.append(Highlight(area, _stop_rule(draft.sheet, blocks, HEAD_ROW + 1), "stop"))
    return row


def _stop_rule(sheet: Sheet, blocks: Mapping[int, Mapping[str, Ref]], first: int) -> str:
    """Condition: the row's block carries a stop."""
    here = sheet.ref(first, 0)
    return f"INDEX({column(blocks, 'stops')},ROWS({here.fix.address}:$A{here.row + 1}))>0"


def _lay_line(draft: _Draft, row: int, comparison: Comparison) -> None:
    sheet, plan, texts = draft.sheet, draft.plan, draft.words("budget_table")
    block, at_speed = draft.blocks[comparison.number], decided_read(plan, comparison)
    names = {
        "hardware": plan.labels(comparison)["hardware"],
        "model": plan.house.model(comparison.key.model).short_label,
    }
    for key, text in (*names.items(), ("combination", comparison.label)):
        TABLE.put(sheet, row, key, text)
    shown = {"times": str(block["times"]), "words": line_words(plan, block, plan.side_cells(comparison))}
    for side in "ab":
        code, x, low, high = (block[f"{side}_{key}"] for key in ("eq_code", "x", "x_low", "x_high"))
        figures = (
            (EqualCost.EXACT, str(x)),
            (EqualCost.AT_LEAST, f'"≥ "&{ROUNDINGS["speed"].text(x)}'),
            (EqualCost.NEVER, f"{literal(texts['from'])}&{ROUNDINGS['cost'].text(block[f'{side}_cheapest'])}"),
        )
        shown[f"{side}_x"] = cases(code, figures)
        up = f'IF({high}="",{literal(texts["and_up"])},{literal(texts["to"])}&{speed(high)})'
        shown[f"{side}_measured"] = f'IF({low}="","",{speed(low)}&{up})'
        shown[f"{side}_cost"] = bounded(at_speed[f"{side}_status"], at_speed[f"{side}_cost"], BY_KEY["cost"])
    stop = literal(plan.house.texts["labels"]["grades"][Grade.STOP])
    saving = f"IF({at_speed['stops']}>0,{stop},1-1/{at_speed['ratio']})"
    shown["saving"] = f'IF({at_speed["better"]}=0,"",{saving})'
    for key, text in shown.items():
        TABLE.formula(sheet, row, key, text)
    sheet.heights[row] = LINE_HEIGHT


def _lay_chart(draft: _Draft, row: int, diagonal: tuple[Range, Range]) -> int:
    """Both sides' speeds against each other, a mark per comparison; return the last row that the chart covers."""
    sheet, texts, blocks = draft.sheet, draft.words("budget"), draft.blocks
    sheet.formula(row, 0, draft.say("budget", "chart", {"a": draft.sides["a"]}), "heading")
    work = draft.plan.workings.sheet
    names = [work.ref(diagonal[0].first.row + at, 5) for at in range(2)]
    for ref, key in zip(names, ("chart_marks", "chart_line"), strict=True):
        work.put(ref.row, ref.col, texts[key])
    sheet.charts.append(
        Chart(
            kind="scatter",
            at=sheet.ref(row + 1, 0),
            width=CHART_SIZE[0],
            height=CHART_SIZE[1],
            series=(
                Series(names[0], column(blocks, "plot_x"), column(blocks, "plot_y"), "a_knots"),
                Series(names[1], *diagonal, "b_curve"),
            ),
            x_title=texts["chart_x"],
            y_title=texts["chart_y"],
            alt_text=texts["chart_alt"],
            name="budget",
            number_format="0",
        )
    )
    return row + 1 + CHART_SIZE[1] // ROW_PIXELS


def _add_checks(draft: _Draft) -> None:
    """A speed stands beside every price, budget and curve that give one; both sides' costs there are the budget."""
    plan, blocks = draft.plan, draft.blocks
    wrong, budget = [], column(blocks, "target")
    once_more = f"{budget}*(1+2*{plan.context['tolerance']})"
    for side in "ab":
        codes, speeds, cheapest = (column(blocks, f"{side}_{key}") for key in ("eq_code", "x", "cheapest"))
        found = f"COUNTIF({codes},{EqualCost.EXACT})+COUNTIF({codes},{EqualCost.AT_LEAST})"
        wrong += [
            f"ABS(COUNT({speeds})-({found}))",
            f"SUMPRODUCT(({codes}={EqualCost.NEVER})*({cheapest}<{budget}))",
            f"SUMPRODUCT(({codes}={EqualCost.AT_LEAST})*({cheapest}>{once_more}))",
        ]
    work = draft.words("work")
    plan.checks.append(Check(work["check_speeds"], WORKINGS, "+".join(wrong)))
    counted = "+".join(str(draft.counts[name]) for name in COUNTED)
    plan.checks.append(Check(work["check_counts"], WORKINGS, f"ABS({counted}-{draft.counts['counted']})"))
