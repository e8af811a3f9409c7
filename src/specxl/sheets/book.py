"""The whole workbook model: lays every sheet out and puts them in the order in which people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Book, Properties
from specxl.model.formulas import Context
from specxl.sheets.about import Provenance, build_about
from specxl.sheets.assumptions import build_assumptions
from specxl.sheets.checks import build_checks
from specxl.sheets.curves.sheet import build_curves
from specxl.sheets.measurements import build_measurements
from specxl.sheets.pair.sheet import PairSheet, build_pair
from specxl.sheets.plan import Plan, mint_sheet_names
from specxl.sheets.results import ResultTable, build_results
from specxl.sheets.same_engine import SameEngineTable, build_same_engine
from specxl.sheets.summary import build_summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.errors import Notice
    from specxl.house import House
    from specxl.house.rates import RateCard
    from specxl.method.catalogue import Catalogue
    from specxl.sheets.frame import Release


@dataclass(frozen=True)
class Layout:
    """The model and the anchors by which it can be driven and verified."""

    book: Book
    plan: Plan
    results: ResultTable
    same_engine: SameEngineTable
    pairs: tuple[PairSheet, ...]


@dataclass(frozen=True)
class Materials:
    """What a release is made of.

    `tier` is the workbook's price tier, one of `schema.TIERS`; `created` an ISO date that becomes the file's creation
    date; `findings` says what each finding of the data audit means, by id.
    """

    catalogue: Catalogue
    house: House
    card: RateCard
    tier: str
    release: Release
    provenance: Provenance
    notices: tuple[Notice, ...]
    findings: Mapping[str, str]
    created: str


def build_book(materials: Materials) -> Layout:
    """Lay out the workbook: data first, then what refers to it, then the order in which people read the sheets."""
    catalogue, house, card, release = materials.catalogue, materials.house, materials.card, materials.release
    measured = build_measurements(catalogue, house, release)
    hardware = list(
        dict.fromkeys(pair.hardware for pair in sorted(catalogue.pairs, key=lambda p: house.hardware(p.hardware).order))
    )
    assumptions = build_assumptions(house, hardware, card, materials.tier, measured.engines, release)
    curve_tables = build_curves(catalogue, house, measured, release)
    context = Context(curve_tables.context() | assumptions.context())
    names = mint_sheet_names(catalogue.pairs, house)
    plan = Plan(
        catalogue, house, release, card, measured, curve_tables, assumptions, names, context, materials.findings
    )
    same_engine = build_same_engine(plan)
    results = build_results(plan, same_engine)
    pairs = tuple(build_pair(pair, plan, results) for pair in catalogue.pairs)
    summary = build_summary(plan, results)
    about = build_about(plan, materials.provenance)
    front = [summary, assumptions.sheet, *(pair.sheet for pair in pairs)]
    inputs = {sheet.name: sheet.inputs for sheet in front if sheet.inputs}
    checks = build_checks(plan, pairs, results, inputs, materials.notices)
    back = [results.sheet, same_engine.sheet, measured.sheet, curve_tables.sheet, checks, about]
    book = Book(
        [*front, *back], _properties(materials), f"{release.attribution[:110]} | specxl {materials.provenance.version}"
    )
    return Layout(book, plan, results, same_engine, pairs)


def _properties(materials: Materials) -> Properties:
    release, version = materials.release, materials.provenance.version
    return Properties(
        title=release.title,
        subject="LLM inference: throughput and cost with speculative decoding on and off",
        comments=release.attribution,
        keywords="LLM inference; speculative decoding; cost per token; throughput per megawatt",
        created=materials.created,
        custom={"specxl version": version, "Data as of": release.as_of, "Rate card": materials.card.name},
    )
