"""One sheet per model and hardware: the answer and one large chart on the first screen, everything else below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.method.metrics import METRICS
from specxl.model.cells import Link, Ref, Sheet
from specxl.model.flow import Flow
from specxl.model.formulas import literal, sentence
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.frame import (
    CHECKS,
    DATA_LINE,
    INPUTS_LINE,
    MESSAGE_HEIGHT,
    MOVED,
    PRICES,
    SUMMARY,
    lay_checks_line,
)
from specxl.sheets.pair.answer import lay_answer
from specxl.sheets.pair.draft import PAIR_WORDS, PairDraft
from specxl.sheets.pair.evidence import evidence_rows, lay_evidence, lay_evidence_list
from specxl.sheets.pair.figures import anchor_combinations, anchor_figures, order_of
from specxl.sheets.pair.message import lay_message
from specxl.sheets.pair.more import lay_combinations, lay_more
from specxl.sheets.pair.page import finish_page, lay_gap, lay_in_words, lay_reasons, lay_targets
from specxl.sheets.pair.places import (
    CHART_COL,
    CONTROL_ROWS,
    FIRST_FIGURE,
    FIRST_READ,
    LABEL,
    LAST_READ,
    RANGE_ROW,
)
from specxl.sheets.pair.plot import chart_heading, lay_plot, pair_curves, place_charts
from specxl.sheets.pair.reads import SUMMARY_READ, lay_reads
from specxl.sheets.pair.selection import Controls, Tables, choice_labels, lay_selection, lay_tables
from specxl.sheets.pair.sentences import lay_sentences, range_line
from specxl.sheets.pair.tie_out import lay_tie_out
from specxl.sheets.plan import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.method.catalogue import Pair
    from specxl.model.cells import Range
    from specxl.sheets.pair.reads import Reads
    from specxl.sheets.pair.selection import Selection
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable


LONGEST_NAME = 30


@dataclass(frozen=True)
class PairSheet:
    """A finished pair sheet: what it chooses and reads, and where its combinations stand for the Summary's links."""

    sheet: Sheet
    pair: Pair
    chosen: Selection
    reads: Reads
    combinations: Mapping[int, Ref]


def build_pair(pair: Pair, plan: Plan, results: ResultTable) -> PairSheet:
    """Lay out one pair's sheet (DESIGN 2.1): the workings first, on their own sheet, then what people see of them."""
    name = plan.sheet_name(pair)
    sheet = Sheet(name, tab="pair")
    with plan.workings.block(name, "from the controls to the words and the charts") as work:
        draft = _start(pair, plan, sheet, work)
        tables = lay_tables(draft, work)
        controls = _lay_controls(draft, tables)
        chosen = lay_selection(draft, work, controls, tables)
        reads = lay_reads(draft, work, chosen)
        sentences = lay_sentences(draft, work, chosen, reads)
        names = {"model": str(draft.model), "hardware": str(draft.hardware)}
        message = lay_message(draft, work, chosen, reads, names, unofficial=_unofficial(draft, chosen))
        found = lay_evidence_list(work, reads, evidence_rows(pair))
        plot = lay_plot(draft, work, chosen, reads)
    _lay_head(draft, chosen, message)
    sheet.formula(RANGE_ROW, LABEL, range_line(draft, chosen, reads), "small")
    flow = Flow(sheet, FIRST_FIGURE)
    lay_answer(draft, flow, chosen, reads)
    lay_gap(flow)
    lay_in_words(draft, flow, sentences)
    combinations = lay_combinations(draft, flow, results)
    last_printed = flow.row - 1
    flow.gap()
    small = lay_more(draft, flow, chosen, reads)
    anchor_figures(draft, reads)
    anchor_combinations(draft, combinations)
    lay_reasons(draft, flow, reads)
    evidence = lay_evidence(draft, flow, chosen, found)
    tie_out = lay_tie_out(draft, flow, results)
    sheet.put(2, 3, Link(evidence.link(), "Evidence"), "link")
    _link_past(draft)
    sheet.formula(CONTROL_ROWS[0], CHART_COL, chart_heading(draft, chosen, plot), "strong")
    place_charts(draft, plot, sheet.ref(CONTROL_ROWS[0] + 1, CHART_COL), small)
    finish_page(sheet, last_printed)
    _add_checks(draft, chosen, reads, results, tie_out)
    return PairSheet(sheet, pair, chosen, reads, combinations)


def _start(pair: Pair, plan: Plan, sheet: Sheet, work: Flow) -> PairDraft:
    """Start the workings with the two names that the message refers to, cut to what its line holds."""
    row = work.take()
    names = plan.house.model(pair.model).label, plan.house.hardware(pair.hardware).label
    labels = [clean_label(name, limit=LONGEST_NAME) for name in names]
    model, hardware = (work.sheet.put(row, col, label).fix for col, label in enumerate(labels))
    work.gap()
    texts = plan.house.texts[PAIR_WORDS]
    return PairDraft(
        sheet, plan, order_of(sheet.name), " on ".join(labels), pair_curves(pair), texts, PAIR_WORDS, _own(pair), pair, model, hardware
    )  # fmt: skip


def _own(pair: Pair) -> bool:
    """Whether a pair has runs of one's own."""
    return any(comparison.own for comparison in pair.comparisons)


def _unofficial(draft: PairDraft, chosen: Selection) -> str:
    """Condition: runs of one's own are shown, which come last; nothing where there are none."""
    official = sum(not comparison.own for comparison in draft.pair.comparisons)
    return f"{chosen['combination']}>{official}" if draft.own else ""


def _lay_controls(draft: PairDraft, tables: Tables) -> Controls:
    """The dropdowns, each over the columns of the reads; a control with one choice is a word."""
    pair, plan, texts = draft.pair, draft.plan, draft.texts["controls"]
    labels, lists = plan.house.texts["labels"], plan.workings.lists
    names, engines = choice_labels(pair, plan)
    opening = names[pair.comparisons.index(pair.canonical)]
    choices = (
        ("combination", opening, tables.combinations),
        ("engine", engines[0], tables.scopes),
        ("tier", labels["as_workbook"], lists["sheet_tiers"]),
        ("metric", labels["metrics"][METRICS[0].key]["name"], lists["metrics"]),
    )
    cells = []
    for row, (key, value, area) in zip(CONTROL_ROWS, choices, strict=True):
        draft.sheet.put(row, LABEL, texts[key], "strong")
        draft.sheet.merges.append(draft.sheet.area(row, FIRST_READ, row, LAST_READ))
        place = (row, FIRST_READ)
        if area.rows == 1:
            cells.append(draft.sheet.put(*place, value, "left"))
            continue
        hint = texts[f"{key}_hint"]
        cells.append(
            plan.register.place(draft.sheet, place, value, texts[key], style="left", choices=area, message=hint)
        )
    return Controls(cells[0], cells[1], cells[2], cells[3], lay_targets(draft, pair.canonical.targets))


def _lay_head(draft: PairDraft, chosen: Selection, message: Ref) -> None:
    """The message, what the figures rest on, and links."""
    sheet, plan, texts = draft.sheet, draft.plan, draft.texts["facts"]
    sheet.formula(0, 0, str(message), "message")
    sheet.heights[0] = MESSAGE_HEIGHT
    hardware = plan.house.hardware(draft.pair.hardware)
    maker = " ".join(part for part in (hardware.vendor, hardware.architecture) if part)
    price, power = chosen["price"], chosen["power"]
    kw = sentence(texts["power"], {"kw": ROUNDINGS["power"].text(power)}, origin="pair.toml [facts] power")
    fields = {
        "maker": literal(f"{maker}. " if maker else ""),
        "currency": plan.context["currency"],
        "price": ROUNDINGS["price"].text(price),
        "tier": str(chosen["tier_text"]),
        "power": f'IF({power}="",{literal(texts["no_power"])},{kw})',
        "data": str(DATA_LINE),
        "inputs": str(INPUTS_LINE),
    }
    known, unknown = (sentence(texts[key], fields, origin=f"pair.toml [facts] {key}") for key in ("priced", "unpriced"))
    sheet.formula(1, 0, f'IF({price}="",{unknown},{known})', "muted")
    sheet.put(2, 0, Link(Ref(SUMMARY, 0, 0).link(), SUMMARY), "link")
    sheet.put(2, 1, Link(plan.prices.hardware[draft.pair.hardware].price.link(), PRICES), "link")
    sheet.put(2, 2, Link(Ref(CHECKS, 0, 0).link(), CHECKS), "link")
    lay_checks_line(sheet, CHART_COL, CHART_COL + 1)


def _link_past(draft: PairDraft) -> None:
    """Lead to how comparisons moved, where the inputs hold a past of one of this sheet."""
    held = {past.comparison for past in draft.plan.catalogue.moved}
    if any(comparison.number in held for comparison in draft.pair.comparisons):
        draft.sheet.put(2, LAST_READ, Link(Ref(MOVED, 0, 0).link(), MOVED), "link")


def _add_checks(draft: PairDraft, chosen: Selection, reads: Reads, results: ResultTable, tie_out: Range | None) -> None:
    """Where a sheet shows a comparison of Results, its Summary column must be the same read; printed figures stand."""
    plan, live = draft.plan, reads.blocks[SUMMARY_READ]
    official = [comparison for comparison in draft.pair.comparisons if not comparison.own]
    if not official:
        return  # nothing on the Summary or in a page is about this sheet
    row = f"4*({chosen['combination']}+{official[0].number}-2)+1"
    wrong = "+".join(
        _unlike(plan, live[key], f"INDEX({results.column(key)},{row})") for key in ("a_y", "b_y", "ratio", "verdict")
    )
    among = f"{chosen['combination']}<={len(official)}"
    same = f"IF(AND({chosen['scope']}=1,{chosen['combination']}>0,{among}),{wrong},0)"
    plan.checks.append(Check("The Summary's column agrees with Results", draft.name, same))
    if tie_out is not None:
        plan.checks.append(Check("Throughput and concurrency are as printed", draft.name, f"SUM({tie_out})"))


def _unlike(plan: Plan, live: Ref, held: str) -> str:
    """1 where two figures differ, or only one of them is a number."""
    apart = f"1*(ABS({live}-{held})>{plan.context['tolerance']}*ABS({live}))"
    return f"IF(COUNT({live},{held})=2,{apart},1*(COUNT({live})<>COUNT({held})))"
