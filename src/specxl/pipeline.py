"""The order of the stages, and nothing else: read, normalise, curves, sheets, evaluate, verify, write."""

from __future__ import annotations

import gc
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from specxl import workbook
from specxl.errors import Notice, OptionError, OutputError, nearest
from specxl.evaluate import Engine
from specxl.house import House, data_file
from specxl.judge.states import verify_opening, verify_sheets
from specxl.labels import clean_label
from specxl.method.catalogue import build_catalogue
from specxl.model.manifest import lay_manifest
from specxl.reading.audit import FINDINGS
from specxl.reading.dataset import DatasetOptions, load
from specxl.schema import TIERS
from specxl.sheets.about import Provenance
from specxl.sheets.book import Materials, build_book
from specxl.sheets.frame import Release
from specxl.source_date import source_date
from specxl.version import __version__
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from specxl.evaluate import Values
    from specxl.house.rates import RateCard
    from specxl.judge.states import Verdict
    from specxl.method.catalogue import Catalogue
    from specxl.reading.dataset import Dataset
    from specxl.sheets.book import Layout

PUBLISHED = "published_points.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """Everything that shapes a build besides its inputs.

    `data` holds the reader's options and filters; `rates` is a bundled card's name or a file, None for the newest (the
    published points name their own card); `targets` replaces every comparison's targets.
    """

    data: DatasetOptions = field(default_factory=DatasetOptions)
    rates: str | None = None
    rates_as_of: str | None = None
    tier: str = "hyperscaler"
    targets: tuple[float, float, float] | None = None
    title: str = ""
    templates: Path | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build made: the file, how much is in it, its notices, and how far the two engines were apart at most.

    `root_digest` is the manifest's, by which a workbook that comes back can be told from every other build.
    """

    path: Path
    sheets: int
    comparisons: int
    reads_verified: int
    states_verified: int
    worst_disagreement: float
    notices: tuple[Notice, ...]
    root_digest: str


def _no_progress(_: str) -> None:
    return


def build(
    inputs: Sequence[str | Path] = (),
    output: str | Path = "specxl.xlsx",
    options: BuildOptions = BuildOptions(),
    progress: Callable[[str], None] = _no_progress,
) -> BuildResult:
    """Read benchmark results and write the comparison workbook.

    Args:
        inputs: files, folders or globs; none at all means the bundled published points.
        output: the .xlsx to write; an older file stays untouched unless everything succeeds.
        options: see `BuildOptions`.
        progress: called with the name of each stage.

    Raises:
        SpecxlError: with a message for the user; nothing has been written.
    """
    with _collection_paused():
        return _build(inputs, Path(output), options, progress)


def _build(
    inputs: Sequence[str | Path], path: Path, options: BuildOptions, progress: Callable[[str], None]
) -> BuildResult:
    workbook.require_writable(path)
    _require_other_place(path, inputs)
    _require_name(path)
    _require_tier(options.tier)
    progress("reading")
    house = House.load(options.templates)
    dataset = load(list(inputs) or [data_file(PUBLISHED)], house, options.data)
    progress("curves")
    materials = _materials(dataset, house, options)
    progress("sheets")
    layout = build_book(materials)
    root_digest = lay_manifest(layout.book)
    values, verdict = _evaluate(layout, options.tier, progress)
    progress("writing")
    workbook.write_workbook(layout.book, values, house.theme, path)
    return BuildResult(
        path=path,
        sheets=len(layout.book.sheets),
        comparisons=len(materials.catalogue.comparisons),
        reads_verified=verdict.reads,
        states_verified=verdict.states,
        worst_disagreement=verdict.worst,
        notices=materials.notices,
        root_digest=root_digest,
    )


def _require_other_place(path: Path, inputs: Sequence[str | Path]) -> None:
    """An output that names an input by mistake would replace the data."""
    for given in map(Path, inputs):
        if path.is_file() and given.is_file() and path.samefile(given):
            msg = f"{path}: this is one of the inputs, which the workbook would replace. Choose another place with -o"
            raise OutputError(msg)


def _require_name(path: Path) -> None:
    if path.suffix.lower() != ".xlsx":
        msg = f"{path}: spreadsheet programs open a workbook by its name, which ends in .xlsx. Use -o {path}.xlsx"
        raise OutputError(msg)


def _require_tier(tier: str) -> None:
    if tier not in TIERS:
        hint = nearest(tier, TIERS)
        msg = f"unknown price tier {tier!r}; allowed: {', '.join(TIERS)}" + (f". {hint}" if hint else "")
        raise OptionError(msg)


def _materials(dataset: Dataset, house: House, options: BuildOptions) -> Materials:
    """Everything that the sheets are made of; under --strict nothing is made while a notice stands."""
    card = _rate_card(dataset, house, options)
    catalogue = _with_targets(build_catalogue(dataset.measurements, house), options)
    notices = (*dataset.notices, *card.notices, *_price_notices(catalogue, house, card, options.tier))
    if options.strict and notices:
        msg = f"--strict: {len(notices)} notices, the first: {notices[0]}. Resolve them, or build without --strict"
        raise OptionError(msg)
    return Materials(
        catalogue=catalogue,
        house=house,
        card=card,
        tier=options.tier,
        release=_release(dataset, card, options),
        provenance=_provenance(dataset, card, options),
        notices=notices,
        findings={name: finding.short for name, finding in FINDINGS.items()},
        created=_created(dataset, card),
    )


@contextmanager
def _collection_paused() -> Iterator[None]:
    """A build makes half a million objects that live to its end: looking for garbage among them is wasted time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _evaluate(layout: Layout, tier: str, progress: Callable[[str], None]) -> tuple[Values, Verdict]:
    """Evaluate the workbook, and compare it with the reference in every state of every dropdown."""
    with tempfile.TemporaryDirectory(prefix="specxl-") as folder:
        progress("evaluating")
        plain = Path(folder) / "plain.xlsx"
        write_plain(layout.book, plain)
        engine = Engine(plain, layout.book)
        values = engine.values()
        progress("verifying: opening state, tiers and token bases")
        verdict = verify_opening(layout, engine, tier)
        # What a pair sheet's dropdowns cannot change is frozen, so that each of their many states is quick to evaluate.
        engine.evaluate()
        engine.freeze_all_but([pair.sheet.name for pair in layout.pairs])
        verify_sheets(layout, engine, tier, verdict, lambda state: progress(f"verifying: {state}"))
    return values, verdict


def _rate_card(dataset: Dataset, house: House, options: BuildOptions) -> RateCard:
    """The card asked for; else the one that all published points name; else the newest."""
    if options.rates is not None or options.rates_as_of is not None:
        return house.rate_card(options.rates, rates_as_of=options.rates_as_of)
    usable = [m for m in dataset.measurements if m.usable]
    named = {house.pages[m.published.page].rate_card for m in usable if m.published and m.published.page in house.pages}
    published = all(m.published for m in usable)
    return house.rate_card(named.pop() if published and len(named) == 1 else None)


def _with_targets(catalogue: Catalogue, options: BuildOptions) -> Catalogue:
    """Replace the targets of every comparison without a published page."""
    if options.targets is None:
        return catalogue
    targets = options.targets
    pairs = []
    for pair in catalogue.pairs:
        comparisons = tuple(c if c.page else replace(c, targets=targets) for c in pair.comparisons)
        canonical = next(c for c in comparisons if c.number == pair.canonical.number)
        pairs.append(replace(pair, comparisons=comparisons, canonical=canonical))
    return replace(catalogue, pairs=tuple(pairs))


def _price_notices(catalogue: Catalogue, house: House, card: RateCard, tier: str) -> list[Notice]:
    """What the rate card does not say of the hardware in the workbook."""
    notices = []
    for key in dict.fromkeys(pair.hardware for pair in catalogue.pairs):
        label, entry = house.hardware(key).label, card.entries.get(key)
        if entry is None or tier not in entry.usd_per_gpu_hr:
            text = f"no {tier} price for {label} in rate card {card.name}: its costs are empty until one is filled in on Assumptions"
            notices.append(Notice("price", text))
        if entry is None or entry.kw_per_gpu is None:
            notices.append(
                Notice("price", f"no power figure for {label} in rate card {card.name}: tok/s/MW and joules are empty")
            )
    return notices


def _release(dataset: Dataset, card: RateCard, options: BuildOptions) -> Release:
    as_of = dataset.as_of.isoformat() if dataset.as_of else f"undated points, rate card {card.as_of}"
    title = clean_label(options.title) or "Speculative decoding: cost and throughput at equal speed per user"
    attribution = "; ".join(dataset.attribution) or "Data: files of the user, see About"
    return Release(title, as_of, clean_label(attribution, limit=250))


def _provenance(dataset: Dataset, card: RateCard, options: BuildOptions) -> Provenance:
    chosen = options.data
    shown = {
        "statistic of interactivity": chosen.statistic,
        "as of": chosen.as_of.isoformat() if chosen.as_of else "",
        "models": ", ".join(chosen.models),
        "hardware": ", ".join(chosen.hardware),
        "precisions": ", ".join(chosen.precisions),
        "workloads": ", ".join(chosen.workloads),
        "throughput by role": chosen.role_basis,
        "suspect rows": "excluded" if chosen.exclude_suspect else "kept and flagged",
        "rate card": card.name,
        "price tier": options.tier,
        "targets": ", ".join(f"{t:g}" for t in options.targets or ()),
    }
    rows = tuple((name, clean_label(text)) for name, text in shown.items() if text)
    return Provenance(dataset.files, dataset.attribution, __version__, rows)


def _created(dataset: Dataset, card: RateCard) -> str:
    """The file's creation date: SOURCE_DATE_EPOCH, else the data's date, else the rate card's month."""
    given = source_date()
    if given:
        return given
    if dataset.as_of:
        return dataset.as_of.isoformat()
    day = f"{card.as_of}-01" if len(card.as_of) == len("2026-04") else card.as_of
    return day[: len("2026-04-01")]
