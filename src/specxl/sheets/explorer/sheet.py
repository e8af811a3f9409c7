"""The Explorer: side A and side B each chosen by itself; the answer, chart, sentences and evidence of a pair's sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Highlight, Link, Ref, Sheet
from specxl.model.flow import Flow
from specxl.sheets.explorer.controls import PLACES, SIDE_ROWS, ExplorerSheet, lay_controls
from specxl.sheets.explorer.offer import make_offer, opening
from specxl.sheets.explorer.selection import lay_selection
from specxl.sheets.explorer.tables import lay_tables
from specxl.sheets.explorer.words import lay_lines, lay_words, say
from specxl.sheets.frame import (
    CHECKS,
    DATA_LINE,
    EXPLORER,
    INPUTS_LINE,
    MESSAGE_HEIGHT,
    PRICES,
    SUMMARY,
    lay_checks_line,
)
from specxl.sheets.pair.answer import lay_answer
from specxl.sheets.pair.draft import PAIR_WORDS, SIDES, Draft
from specxl.sheets.pair.evidence import MOST_ROWS, lay_evidence, lay_evidence_list
from specxl.sheets.pair.figures import anchor_figures, order_of
from specxl.sheets.pair.message import lay_message
from specxl.sheets.pair.more import lay_more
from specxl.sheets.pair.page import finish_page, lay_gap, lay_in_words, lay_reasons
from specxl.sheets.pair.places import CHART_COL, FIRST_FIGURE, LABEL, LAST_COL, RANGE_ROW
from specxl.sheets.pair.plot import chart_heading, lay_plot, place_charts
from specxl.sheets.pair.reads import lay_reads
from specxl.sheets.pair.sentences import Case, lay_sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.method.catalogue import CatalogueCurve
    from specxl.sheets.explorer.offer import Offer
    from specxl.sheets.explorer.selection import Explored
    from specxl.sheets.plan import Plan

WORDS = "explorer"
DIFFERENCES_ROW = 6
CHART_HEIGHT = 330
THREE_LINES = 42.0
"""Height of a sentence: it names the sides by all that they differ in, and says that."""
LIKENESS = 40.0
"""Height of the last row of the answer, in points: three lines, and still in view on a small screen."""
CAVEATS = (
    Case("care", "work", "AND({like}>0,{work}=1)"),
    Case("care", "apart", "AND({like}>0,{apart}=1,{work}=0)"),
)
"""Said of both sides before anything else: what was chosen to differ leads the caveats."""


def build_explorer(plan: Plan) -> list[Sheet]:
    """Lay out the sheet: the workings first, on their own sheet; none where there are not two sides to compare."""
    offer = make_offer(plan)
    if offer is None:
        return []
    start, sheet = opening(offer, plan), Sheet(EXPLORER, tab="pair")
    curves = _curves(offer)
    texts, own = _texts(plan), any(entry.own for entry in offer.entries.values())
    draft = Draft(sheet, plan, order_of(EXPLORER), texts["workings"]["subject"], curves, texts, WORDS, own)
    with plan.workings.block(EXPLORER, texts["workings"]["block"]) as work:
        tables = lay_tables(draft, offer, work)
        controls = lay_controls(draft, offer, start, tables)
        chosen = lay_words(draft, work, lay_selection(draft, work, controls, tables))
        reads = lay_reads(draft, work, chosen)
        lines = lay_lines(draft, work, chosen, reads.blocks[0])
        sentences = lay_sentences(draft, work, chosen, reads, CAVEATS)
        ahead = ((f'{chosen["problem"]}<>""', "missing"), (f"{chosen['same']}=1", "same"))
        names = {name: str(chosen[name]) for name in ("subject", "short")}
        unofficial = f"{chosen['own']}=1" if own else ""
        message = lay_message(draft, work, chosen, reads, names, ahead, unofficial)
        found = lay_evidence_list(work, reads, _evidence_rows(curves))
        plot = lay_plot(draft, work, chosen, reads)
    _lay_head(draft, chosen, message)
    _lay_lines(draft, chosen, lines)
    flow = Flow(sheet, FIRST_FIGURE)
    lay_answer(draft, flow, chosen, reads)
    sheet.heights[flow.row - 1] = LIKENESS
    lay_gap(flow)
    lay_in_words(draft, flow, sentences, THREE_LINES)
    last_printed = flow.row - 1
    flow.gap()
    lay_more(draft, flow, chosen, reads)
    lay_reasons(draft, flow, reads)
    anchor_figures(draft, reads)
    evidence = lay_evidence(draft, flow, chosen, found)
    sheet.put(2, 3, Link(evidence.link(), "Evidence"), "link")
    sheet.formula(RANGE_ROW, CHART_COL, chart_heading(draft, chosen, plot), "strong")
    place_charts(draft, plot, sheet.ref(FIRST_FIGURE, CHART_COL), height=CHART_HEIGHT)
    finish_page(sheet, last_printed)
    plan.driven[EXPLORER] = ExplorerSheet(offer, start, controls)
    return [sheet]


def _texts(plan: Plan) -> dict[str, Mapping[str, str]]:
    """The words of pair sheets with those of the Explorer over them."""
    shared, own = plan.house.texts[PAIR_WORDS], plan.house.texts[WORDS]
    return {part: {**shared.get(part, {}), **own.get(part, {})} for part in (*shared, *own)}


def _curves(offer: Offer) -> list[CatalogueCurve]:
    """Every curve that the choices can bring up."""
    found = {curve.id: curve for entry in offer.entries.values() for curve in entry.curves.values()}
    return list(found.values())


def _evidence_rows(curves: list[CatalogueCurve]) -> int:
    """The most measurements that the reads of any two sides can rest on."""
    most = sorted((len(curve.knots) for curve in curves), reverse=True)
    return min(MOST_ROWS, sum(most[:2]))


def _lay_head(draft: Draft, chosen: Explored, message: Ref) -> None:
    """The message, what the figures rest on, and links."""
    sheet = draft.sheet
    sheet.formula(0, 0, str(message), "message")
    sheet.heights[0] = MESSAGE_HEIGHT
    fields = {"tier": str(chosen["tier_text"]), "data": str(DATA_LINE), "inputs": str(INPUTS_LINE)}
    sheet.formula(1, 0, say(draft, "facts", "line", fields), "muted")
    for col, name in enumerate((SUMMARY, PRICES, CHECKS)):
        sheet.put(2, col, Link(Ref(name, 0, 0).link(), name), "link")
    lay_checks_line(sheet, CHART_COL, CHART_COL + 1)


def _lay_lines(draft: Draft, chosen: Explored, lines: Mapping[str, Ref]) -> None:
    """What is shown of each side beside its choices, what the sides differ in, and where both were measured."""
    sheet = draft.sheet
    for side in SIDES:
        row = SIDE_ROWS[side]
        sheet.formula(row, PLACES["price"][0], str(chosen[f"{side}_price"]), "price")
        sheet.formula(row, PLACES["power"][0], str(chosen[f"{side}_power"]), "power")
        first, last = PLACES["measured"]
        sheet.formula(row, first, str(lines[f"range_{side}"]), "right")
        sheet.merges.append(sheet.area(row, first, row, last))
    sheet.formula(DIFFERENCES_ROW, LABEL, str(lines["differences"]), "note")
    area = sheet.area(DIFFERENCES_ROW, LABEL, DIFFERENCES_ROW, LAST_COL)
    sheet.merges.append(area)
    missing = f"{chosen['a_missing']}+{chosen['b_missing']}>0"
    sheet.highlights.append(Highlight(area, missing, "stop"))
    sheet.highlights.append(Highlight(area, f"{chosen['apart']}=1", "caution"))
    sheet.formula(RANGE_ROW, LABEL, str(lines["range"]), "small")
