"""The whole workbook model: lays every sheet out and puts them in the order in which people read them."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING

from specxl.model.cells import Book, Properties
from specxl.model.formulas import Context
from specxl.sheets import EXTRA
from specxl.sheets.about import build_about
from specxl.sheets.api_prices import lay_api_prices
from specxl.sheets.checks import build_checks
from specxl.sheets.curves.sheet import build_curves
from specxl.sheets.inputs import Register, build_inputs
from specxl.sheets.measurements import build_measurements, has_scores
from specxl.sheets.pair.sheet import build_pair
from specxl.sheets.plan import Plan, mint_sheet_names
from specxl.sheets.prices import build_prices
from specxl.sheets.results import build_results
from specxl.sheets.same_engine import build_same_engine
from specxl.sheets.summary.sheet import build_summary
from specxl.sheets.workings import Workings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from specxl.errors import Notice
    from specxl.house import House
    from specxl.house.rates import RateCard
    from specxl.method.catalogue import Catalogue
    from specxl.model.cells import Sheet
    from specxl.sheets.about import Provenance
    from specxl.sheets.frame import Release
    from specxl.sheets.pair.sheet import PairSheet
    from specxl.sheets.results import ResultTable


@dataclass(frozen=True)
class Layout:
    """The model, and the anchors by which it can be driven and judged."""

    book: Book
    plan: Plan
    results: ResultTable
    pairs: tuple[PairSheet, ...]


@dataclass(frozen=True)
class Added:
    """A sheet that only some builds have; it is laid out when every sheet that it may refer to stands."""

    name: str
    lay: Callable[[Plan, ResultTable], Sheet]


@dataclass(frozen=True)
class Materials:
    """What a release is made of.

    `tier` is the workbook's price tier, one of `schema.TIERS`; `created` an ISO date that becomes the file's creation
    date; `findings` has a few words for each finding of the data audit, `meanings` a sentence, by id; `added` are sheets that
    this release alone has.
    """

    catalogue: Catalogue
    house: House
    card: RateCard
    tier: str
    release: Release
    provenance: Provenance
    notices: tuple[Notice, ...]
    findings: Mapping[str, str]
    meanings: Mapping[str, str]
    created: str
    added: tuple[Added, ...] = ()


FOOTER_LENGTH = 150
"""Characters of the attribution in the footer, in which Excel holds 255 with everything else."""


def build_book(materials: Materials) -> Layout:
    """Lay out the workbook: data first, then what refers to it, then the order in which people read the sheets."""
    plan = _plan(materials)
    results = build_results(plan)
    same_engine = build_same_engine(plan)
    pairs = tuple(build_pair(pair, plan, results) for pair in plan.catalogue.pairs)
    summary = build_summary(plan, results, pairs)
    extra = [sheet for kind in EXTRA for sheet in kind(plan)]
    added = [sheet.lay(plan, results) for sheet in materials.added]
    about = build_about(plan, materials.provenance)
    checks = build_checks(plan, results, materials.notices)
    inputs = build_inputs(plan.register)
    plan.workings.finish()
    order = (
        summary, *added, plan.prices.sheet, *(pair.sheet for pair in pairs), *extra, results.sheet, same_engine,
        plan.measured.sheet, plan.curves.sheet, plan.workings.sheet, inputs, checks, about,
    )  # fmt: skip
    attribution = shorten(materials.release.attribution, FOOTER_LENGTH, placeholder=" ...")
    footer = f"{attribution} | specxl {materials.provenance.version}"
    book = Book([sheet for sheet in order if sheet is not None], _properties(materials), footer)
    return Layout(book, plan, results, pairs)


def _plan(materials: Materials) -> Plan:
    """Lay out what every other sheet refers to: lists, prices, measurements, curves."""
    catalogue, house, card, release = materials.catalogue, materials.house, materials.card, materials.release
    keys = dict.fromkeys(pair.hardware for pair in catalogue.pairs)
    hardware = sorted(keys, key=lambda key: house.hardware(key).order)
    register, workings = Register(), Workings(house, scored=has_scores(catalogue))
    prices = build_prices(house, hardware, card, workings.lists, register)
    models = list(dict.fromkeys(pair.model for pair in catalogue.pairs))
    api = lay_api_prices(prices, models, house, register)
    measured = build_measurements(catalogue, house, prices, materials.findings)
    families = [house.family_label(family) for family in measured.families]
    workings.lists["families"] = workings.list("engine families", families or ["none stated"])
    tables = build_curves(catalogue, house, measured)
    context = Context(tables.context() | prices.context())
    names = mint_sheet_names(catalogue.pairs, house)
    return Plan(
        catalogue=catalogue, house=house, release=release, card=card, tier=materials.tier, register=register,
        workings=workings, prices=prices, api=api, measured=measured, curves=tables, sheet_names=names, context=context,
        meanings=materials.meanings, added=tuple(sheet.name for sheet in materials.added),
        anchors=[*prices.anchors, *api.anchors, measured.anchor, *tables.anchors],
    )  # fmt: skip


def _properties(materials: Materials) -> Properties:
    release, version = materials.release, materials.provenance.version
    return Properties(
        title=release.shown_title,
        subject="LLM inference: throughput and cost with speculative decoding on and off",
        comments=release.attribution,
        keywords="LLM inference; speculative decoding; cost per token; throughput per megawatt",
        created=materials.created,
        custom={"specxl version": version, "Data as of": release.as_of, "Rate card": materials.card.name},
    )
