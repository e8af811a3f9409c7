"""From a data set and the user's options to the materials of the sheets: prices, targets, notices, and where all of it came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from specxl.changes.built import snapshot_of_plan
from specxl.changes.file import snapshot_of_file
from specxl.changes.find import find_changes
from specxl.changes.sheet import lay_changes
from specxl.errors import Notice, OptionError, nearest
from specxl.house.rates import rate_age_notice
from specxl.labels import clean_label
from specxl.method.catalogue import build_catalogue
from specxl.method.history import with_history
from specxl.method.kinds import VARIANT, with_kinds
from specxl.provenance import data_options, own_files, trace
from specxl.reading.dataset import DatasetOptions
from specxl.reading.findings import FINDINGS
from specxl.schema import TIERS
from specxl.sheets.book import Added, Materials
from specxl.sheets.frame import CHANGES, Release
from specxl.source_date import source_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from specxl.changes.snapshot import Snapshot
    from specxl.house import House
    from specxl.house.rates import RateCard
    from specxl.method.catalogue import Catalogue
    from specxl.model.cells import Sheet
    from specxl.reading.dataset import Dataset
    from specxl.sheets.about import OwnFile, Provenance
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """Everything that shapes a build besides its inputs.

    `data` holds the reader's options and filters; `rates` is a bundled card's name or a file, None for the newest (the
    published points name their own card); `targets` replaces every comparison's targets. `known_issues` is a list of
    reported faults besides the bundled one; rows whose run is on a list are flagged, or left out on request. `previous` is an
    earlier workbook: what changed since then stands on a sheet of its own. `compare` asks for further kinds of comparisons
    (`kinds.with_kinds`).
    """

    data: DatasetOptions = field(default_factory=DatasetOptions)
    rates: str | None = None
    rates_as_of: str | None = None
    tier: str = "hyperscaler"
    targets: tuple[float, float, float] | None = None
    title: str = ""
    templates: Path | None = None
    known_issues: Path | None = None
    exclude_known_issues: bool = False
    previous: Path | None = None
    compare: tuple[str, ...] = ()
    strict: bool = False


DEFAULTS = BuildOptions()


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the workbooks of one build have in common besides their rows, so that no worker reads a file of the user."""

    house: House
    card: RateCard
    own: tuple[OwnFile, ...]
    options: BuildOptions
    previous: Snapshot | None = None


def recipe_of(dataset: Dataset, house: House, options: BuildOptions, previous: Snapshot | None = None) -> Recipe:
    """The recipe for workbooks of a data set, whose published points may name the rate card.

    Raises:
        SpecxlError: there is no such rate card.
    """
    card = _rate_card(dataset, house, options)
    own = own_files(options.rates, options.templates, options.known_issues, options.previous)
    return Recipe(house, card, tuple(own), options, previous)


def require_tier(tier: str) -> None:
    """Refuse a price tier that no rate card has.

    Raises:
        OptionError: with the nearest one.
    """
    if tier not in TIERS:
        hint = nearest(tier, TIERS)
        msg = f"unknown price tier {tier!r}; allowed: {', '.join(TIERS)}" + (f"; {hint}" if hint else "")
        raise OptionError(msg)


def read_previous(options: BuildOptions, progress: Callable[[str], None]) -> Snapshot | None:
    """The earlier workbook, read before any other work: the output may replace it.

    Raises:
        WorkbookFileError: it is none that can be read.
    """
    if options.previous is None:
        return None
    progress("reading: the previous workbook")
    return snapshot_of_file(options.previous)


def _since(previous: Snapshot) -> Added:
    """The sheet that says what changed since an earlier workbook."""

    def lay(plan: Plan, results: ResultTable) -> Sheet:
        return lay_changes(plan, results, find_changes(previous, snapshot_of_plan(plan, "this workbook")))

    return Added(CHANGES, lay)


def _altered(previous: Snapshot | None) -> list[Notice]:
    if previous is None or not previous.altered:
        return []
    text = f"the previous workbook {previous.name} is not as it was built, in {previous.altered} places; see `specxl verify`"
    return [Notice("previous", text)]


def materials_of(dataset: Dataset, recipe: Recipe) -> Materials:
    """Everything that the sheets are made of.

    Raises:
        OptionError: a notice stands, and the build is strict.
    """
    house, card, options, previous = recipe.house, recipe.card, recipe.options, recipe.previous
    catalogue = with_history(with_kinds(build_catalogue(dataset.measurements, house), house, options.compare))
    catalogue = _with_targets(catalogue, options)
    priced = _price_notices(catalogue, house, card, options.tier)
    old = rate_age_notice(card, dataset.as_of)
    notices = (
        *dataset.notices,
        *card.notices,
        *priced,
        *((old,) if old else ()),
        *_altered(previous),
        *_nothing_to_compare(catalogue, options),
    )
    if options.strict and notices:
        msg = f"--strict: {len(notices)} notices, the first: {notices[0]}. Resolve them, or build without --strict"
        raise OptionError(msg)
    return Materials(
        catalogue=catalogue,
        house=house,
        card=card,
        tier=options.tier,
        release=_release(dataset, card, options),
        provenance=_provenance(dataset, recipe),
        notices=notices,
        findings={name: finding.short for name, finding in FINDINGS.items()},
        meanings={name: finding.long for name, finding in FINDINGS.items()},
        created=creation_date(dataset, card),
        added=(_since(previous),) if previous else (),
    )


def _nothing_to_compare(catalogue: Catalogue, options: BuildOptions) -> Iterator[Notice]:
    made = {comparison.kind for comparison in catalogue.crossed}
    for kind in dict.fromkeys(text.partition(":")[0] for text in options.compare):
        if kind != VARIANT and kind not in made:
            yield Notice("compare", f"--compare {kind}: nothing was measured on two sides that differ in that alone")


def _rate_card(dataset: Dataset, house: House, options: BuildOptions) -> RateCard:
    """The card asked for; else the one that all official points name, if they are published; else the newest."""
    if options.rates is not None or options.rates_as_of is not None:
        return house.rate_card(options.rates, rates_as_of=options.rates_as_of)
    usable = [m for m in dataset.measurements if m.usable and not m.label]
    named = {house.pages[m.published.page].rate_card for m in usable if m.published and m.published.page in house.pages}
    published = all(m.published for m in usable)
    return house.rate_card(named.pop() if published and len(named) == 1 else None)


def _with_targets(catalogue: Catalogue, options: BuildOptions) -> Catalogue:
    """Replace the targets of every comparison, those of published pages too; what suits its curves stays suggested."""
    if options.targets is None:
        return catalogue
    targets = options.targets
    pairs = []
    for pair in catalogue.pairs:
        comparisons = tuple(replace(c, targets=targets) for c in pair.comparisons)
        canonical = next(c for c in comparisons if c.number == pair.canonical.number)
        pairs.append(replace(pair, comparisons=comparisons, canonical=canonical))
    return replace(catalogue, pairs=tuple(pairs), crossed=tuple(replace(c, targets=targets) for c in catalogue.crossed))


def _price_notices(catalogue: Catalogue, house: House, card: RateCard, tier: str) -> list[Notice]:
    """What the rate card does not say of the hardware in the workbook."""
    notices = []
    for key in dict.fromkeys(pair.hardware for pair in catalogue.pairs):
        label, entry = house.hardware(key).label, card.entries.get(key)
        if entry is None or (tier not in entry.usd_per_gpu_hr and entry.own_usd_per_gpu_hr is None):
            text = f"no {tier} price for {label} in rate card {card.name}: its costs are empty until one is filled in on Prices"
            notices.append(Notice("price", text))
        if entry is None or entry.kw_per_gpu is None:
            notices.append(
                Notice("price", f"no power figure for {label} in rate card {card.name}: tok/s/MW and joules are empty")
            )
    return notices


def _release(dataset: Dataset, card: RateCard, options: BuildOptions) -> Release:
    as_of = dataset.as_of.isoformat() if dataset.as_of else f"undated points, rate card {card.as_of}"
    attribution = "; ".join(dataset.attribution) or "Data: files of the user, see About"
    return Release(clean_label(options.title), as_of, clean_label(attribution, limit=250))


def _provenance(dataset: Dataset, recipe: Recipe) -> Provenance:
    options = recipe.options
    shown = (
        *data_options(options.data),
        ("runs with a reported fault", "excluded" if options.exclude_known_issues else "kept and flagged"),
        ("price tier", options.tier),
        ("targets", ", ".join(f"{t:g}" for t in options.targets or ())),
        ("compared", ", ".join(options.compare)),
    )
    return trace(dataset, recipe.card, recipe.own, shown)


def creation_date(dataset: Dataset, card: RateCard) -> str:
    """The file's creation date: SOURCE_DATE_EPOCH, else the data's date, else the rate card's month."""
    given = source_date()
    if given:
        return given
    if dataset.as_of:
        return dataset.as_of.isoformat()
    day = f"{card.as_of}-01" if len(card.as_of) == len("2026-04") else card.as_of
    return day[: len("2026-04-01")]
