"""The whole workbook model: lays every sheet out and puts them in the order in which people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.cells import Book, Properties
from specxl.sheets.about import Provenance, build_about
from specxl.sheets.assumptions import build_assumptions
from specxl.sheets.checks import build_checks
from specxl.sheets.comparison_row import FLAGS
from specxl.sheets.curves_sheet import build_curves
from specxl.sheets.measurements import build_measurements
from specxl.sheets.pair import PairSheet, build_pair
from specxl.sheets.plan import Context, Plan, mint_sheet_names
from specxl.sheets.results import ResultTable, build_results
from specxl.sheets.same_engine import SameEngineTable, build_same_engine
from specxl.sheets.summary import SummarySheet, build_summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.catalogue import Catalogue
    from specxl.errors import Notice
    from specxl.house import House
    from specxl.rates import RateCard
    from specxl.sheets.frame import Release


@dataclass(frozen=True)
class Layout:
    """The model and the anchors by which it can be driven and verified."""

    book: Book
    plan: Plan
    summary: SummarySheet
    results: ResultTable
    same_engine: SameEngineTable
    pairs: tuple[PairSheet, ...]


def build_book(
    catalogue: Catalogue,
    house: House,
    card: RateCard,
    tier: str,
    release: Release,
    provenance: Provenance,
    notices: Sequence[Notice],
    created: str,
) -> Layout:
    """Lay out the workbook.

    Args:
        tier: the workbook's price tier, one of `schema.TIERS`.
        created: ISO date that becomes the file's creation date.
    """
    measured = build_measurements(catalogue, house, release)
    hardware = list(
        dict.fromkeys(pair.hardware for pair in sorted(catalogue.pairs, key=lambda p: house.hardware(p.hardware).order))
    )
    assumptions = build_assumptions(house, hardware, card, tier, measured.engines, release)
    curve_tables = build_curves(catalogue, house, measured, release)
    context = Context(curve_tables.context() | assumptions.context())
    names = mint_sheet_names(catalogue.pairs, house)
    plan = Plan(catalogue, house, release, card, measured, curve_tables, assumptions, names, context)
    same_engine = build_same_engine(plan)
    results = build_results(plan, same_engine)
    flags = assumptions.lists["flags"]
    flag_texts = {flag.id: flags.cell(i) for i, flag in enumerate(FLAGS)}
    pairs = tuple(build_pair(pair, plan, results, flag_texts) for pair in catalogue.pairs)
    summary = build_summary(plan, results)
    about = build_about(plan, provenance)
    front = [summary.sheet, assumptions.sheet, *(pair.sheet for pair in pairs)]
    inputs = {sheet.name: sheet.inputs for sheet in front if sheet.inputs}
    checks = build_checks(plan, pairs, results, inputs, notices)
    back = [results.sheet, same_engine.sheet, measured.sheet, curve_tables.sheet, checks, about]
    properties = Properties(
        title=release.title,
        subject="LLM inference: throughput and cost with speculative decoding on and off",
        comments=release.attribution,
        keywords="LLM inference; speculative decoding; cost per token; throughput per megawatt",
        created=created,
        custom={"specxl version": provenance.version, "Data as of": release.as_of, "Rate card": card.name},
    )
    footer = f"{release.attribution[:110]} | specxl {provenance.version}"
    return Layout(Book([*front, *back], properties, footer), plan, summary, results, same_engine, pairs)
