"""The order of the stages, and nothing else: read, normalise, curves, sheets, evaluate, verify, write."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from specxl import workbook
from specxl.changes.built import snapshot_of_plan
from specxl.changes.file import snapshot_of_file
from specxl.changes.find import find_changes
from specxl.changes.sheet import lay_changes
from specxl.errors import Notice, OptionError, OutputError, nearest
from specxl.evaluate import Engine
from specxl.house import House, data_file
from specxl.house.rates import rate_age_notice
from specxl.judge.states import judge_build
from specxl.labels import clean_label
from specxl.method.catalogue import build_catalogue
from specxl.model.cells import Formula
from specxl.model.manifest import lay_manifest
from specxl.output import require_writable
from specxl.provenance import data_options, own_files, trace
from specxl.reading.dataset import DatasetOptions, load
from specxl.reading.findings import FINDINGS
from specxl.reading.reported_faults import apply_known_issues
from specxl.schema import TIERS
from specxl.scratch import scratch_folder
from specxl.sheets.anchors import place_of
from specxl.sheets.book import Added, Materials, build_book
from specxl.sheets.frame import CHANGES, Release
from specxl.source_date import source_date
from specxl.sources import TidyRows
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from specxl.changes.snapshot import Snapshot
    from specxl.evaluate import Values
    from specxl.frames import Frame
    from specxl.house.rates import RateCard
    from specxl.judge.compare import Tally
    from specxl.method.catalogue import Catalogue
    from specxl.model.cells import Sheet, Value
    from specxl.reading.dataset import Dataset
    from specxl.sheets.about import Provenance
    from specxl.sheets.book import Layout
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable
    from specxl.sources.containers import Input

PUBLISHED = "published_points.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """Everything that shapes a build besides its inputs.

    `data` holds the reader's options and filters; `rates` is a bundled card's name or a file, None for the newest (the
    published points name their own card); `targets` replaces every comparison's targets. `known_issues` is a list of
    reported faults besides the bundled one; rows whose run is on a list are flagged, or left out on request. `previous` is an
    earlier workbook: what changed since then stands on a sheet of its own.
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
    strict: bool = False


@dataclass(frozen=True, slots=True)
class ResultRows:
    """The Results table as plain values: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


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
    table: ResultRows = field(repr=False)

    def results(self) -> Frame:
        """The Results table of the workbook as it opens, as a pandas data frame with the columns of its contract."""
        frame: Frame = _frames().results_frame(self.table.columns, self.table.rows)
        return frame


def _frames() -> ModuleType:
    """The module of data frames, on first use: most builds do not need pandas."""
    return import_module("specxl.frames")


def _no_progress(_: str) -> None:
    return


def build(
    inputs: Sequence[Input | Frame] = (),
    output: str | Path = "specxl.xlsx",
    options: BuildOptions = BuildOptions(),
    progress: Callable[[str], None] = _no_progress,
) -> BuildResult:
    """Read benchmark results and write the comparison workbook.

    Args:
        inputs: files, folders, globs, tables in memory or data frames; none at all means the bundled published points.
        output: the .xlsx to write; an older file stays untouched unless everything succeeds.
        options: see `BuildOptions`.
        progress: called with the name of each stage.

    Raises:
        SpecxlError: with a message for the user; nothing has been written.
    """
    with _collection_paused():
        return _build(_taken(inputs), Path(output), options, progress)


def _taken(inputs: Sequence[Input | Frame]) -> list[Input]:
    """The inputs, data frames among them as tidy tables."""
    plain = (str, Path, TidyRows)
    return [
        given if isinstance(given, plain) else _frames().tidy_rows(given, number)
        for number, given in enumerate(inputs, start=1)
    ]


def _build(inputs: Sequence[Input], path: Path, options: BuildOptions, progress: Callable[[str], None]) -> BuildResult:
    require_writable(path)
    _require_other_place(path, inputs)
    _require_name(path)
    _require_tier(options.tier)
    previous = _previous(options, progress)
    progress("reading")
    house = House.load(options.templates, known_issues=options.known_issues)
    dataset = load(list(inputs) or [data_file(PUBLISHED)], house, options.data)
    dataset = apply_known_issues(dataset, house, exclude=options.exclude_known_issues)
    progress("curves")
    materials = _materials(dataset, house, options, previous)
    progress("sheets")
    layout = build_book(materials)
    root_digest = lay_manifest(layout.book, [place_of(anchor) for anchor in layout.plan.anchors])
    values, tally = _evaluate(layout, progress)
    progress("writing")
    workbook.write_workbook(layout.book, values, house.theme, path)
    return BuildResult(
        path=path,
        sheets=len(layout.book.sheets),
        comparisons=len(materials.catalogue.comparisons),
        reads_verified=tally.reads,
        states_verified=tally.states,
        worst_disagreement=tally.worst,
        notices=materials.notices,
        root_digest=root_digest,
        table=_result_rows(layout, values),
    )


def _result_rows(layout: Layout, values: Values) -> ResultRows:
    """What the Results table holds as the workbook opens."""
    sheet, anchor = layout.results.sheet, next(a for a in layout.plan.anchors if a.kind == "results")
    first = anchor.first

    def held(row: int, col: int) -> Value:
        cell = sheet.cells.get((row, col))
        if cell is None or not isinstance(cell.content, (Formula, str, int, float)):
            return None
        return values[sheet.name, row, col] if isinstance(cell.content, Formula) else cell.content

    columns = range(first.col, first.col + len(anchor.keys))
    rows = range(first.row, first.row + anchor.rows)
    return ResultRows(anchor.keys, tuple(tuple(held(row, col) for col in columns) for row in rows))


def _require_other_place(path: Path, inputs: Sequence[Input]) -> None:
    """An output that names an input by mistake would replace the data."""
    for given in (Path(given) for given in inputs if not isinstance(given, TidyRows)):
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
        msg = f"unknown price tier {tier!r}; allowed: {', '.join(TIERS)}" + (f"; {hint}" if hint else "")
        raise OptionError(msg)


def _previous(options: BuildOptions, progress: Callable[[str], None]) -> Snapshot | None:
    """The earlier workbook, read before any other work: the output may replace it."""
    if options.previous is None:
        return None
    progress("reading the previous workbook")
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


def _materials(dataset: Dataset, house: House, options: BuildOptions, previous: Snapshot | None = None) -> Materials:
    """Everything that the sheets are made of; under --strict nothing is made while a notice stands."""
    card = _rate_card(dataset, house, options)
    catalogue = _with_targets(build_catalogue(dataset.measurements, house), options)
    priced = _price_notices(catalogue, house, card, options.tier)
    old = rate_age_notice(card, dataset.as_of)
    notices = (*dataset.notices, *card.notices, *priced, *((old,) if old else ()), *_altered(previous))
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
        meanings={name: finding.long for name, finding in FINDINGS.items()},
        created=_created(dataset, card),
        added=(_since(previous),) if previous else (),
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


def _evaluate(layout: Layout, progress: Callable[[str], None]) -> tuple[Values, Tally]:
    """Evaluate the workbook, and have it judged in every state of every dropdown."""
    with scratch_folder() as folder:
        progress("evaluating")
        plain = folder / "plain.xlsx"
        write_plain(layout.book, plain)
        engine = Engine(plain, layout.book)
        values = engine.values()
        tally = judge_build(layout, engine, lambda state: progress(f"judging: {state}"))
    return values, tally


def _rate_card(dataset: Dataset, house: House, options: BuildOptions) -> RateCard:
    """The card asked for; else the one that all published points name; else the newest."""
    if options.rates is not None or options.rates_as_of is not None:
        return house.rate_card(options.rates, rates_as_of=options.rates_as_of)
    usable = [m for m in dataset.measurements if m.usable]
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
    return replace(catalogue, pairs=tuple(pairs))


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


def _provenance(dataset: Dataset, card: RateCard, options: BuildOptions) -> Provenance:
    own = own_files(options.rates, options.templates, options.known_issues, options.previous)
    shown = (
        *data_options(options.data),
        ("runs with a reported fault", "excluded" if options.exclude_known_issues else "kept and flagged"),
        ("price tier", options.tier),
        ("targets", ", ".join(f"{t:g}" for t in options.targets or ())),
    )
    return trace(dataset, card, own, shown)


def _created(dataset: Dataset, card: RateCard) -> str:
    """The file's creation date: SOURCE_DATE_EPOCH, else the data's date, else the rate card's month."""
    given = source_date()
    if given:
        return given
    if dataset.as_of:
        return dataset.as_of.isoformat()
    day = f"{card.as_of}-01" if len(card.as_of) == len("2026-04") else card.as_of
    return day[: len("2026-04-01")]
