"""Inputs to one canonical data set: read, normalise, audit, select, and account for every row."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.errors import InputError, Notice
from specxl.figures import number, positive
from specxl.labels import clean_label
from specxl.reading import copies, selection, sidecar
from specxl.reading.account import joined, row_notices
from specxl.reading.audit import audit_rows, mark_gains_above_acceptance
from specxl.reading.choices import tell_choice, tell_copies, tell_points
from specxl.reading.history import date_rows
from specxl.reading.identity import describe_configurations
from specxl.reading.naming import Names
from specxl.reading.normalise import normalise
from specxl.reading.points import settle_points
from specxl.reading.row import Origin, RoleBasis, Row, Rules
from specxl.reading.runs import Survey, choose_runs, survey
from specxl.reading.scores import Scores
from specxl.reading.units import settle_units
from specxl.schema import MAX_MEASUREMENTS, Measurement, SourceFile, Statistic, newest_date, round15
from specxl.sources.containers import open_inputs
from specxl.sources.inferencex_evaluations import InferencexEvaluations
from specxl.sources.registry import load_registry
from specxl.sources.strays import Strays

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from specxl.house import House
    from specxl.reading.sidecar import Statement
    from specxl.schema import StatedValue
    from specxl.sources.containers import Input
    from specxl.sources.content import Content
    from specxl.sources.record import Reading, Source

SCORES = InferencexEvaluations.name
SKIP_BAD = "--skip-bad leaves such files out"
FEWER = "A workbook of so many would not open; give the models or runs that are to be compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetOptions:
    """What to read and how.

    `statistic` is the statistic of the latency behind interactivity; while it is the median, agentic traces take
    `agentic_statistic`, since their source shows the 90th percentile. Filters hold keys, aliases or labels. `settings` are
    the values of `--set [GLOB:]key=value`, which add what files do not say, `labels` those of `--label GLOB=NAME`, which say
    that files are runs of one's own. With `mix_runs` a line that was measured
    again keeps the newest row of each concurrency, of whatever run, instead of the newest run alone.
    """

    statistic: Statistic = "median"
    agentic_statistic: Statistic = "p90"
    as_of: dt.date | None = None
    models: tuple[str, ...] = ()
    hardware: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    exclude_suspect: bool = False
    skip_bad: bool = False
    role_basis: RoleBasis = "deployment"
    settings: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    mix_runs: bool = False


@dataclass(frozen=True, slots=True)
class _ReadFile:
    """One file between reading and normalising, with what the user said of it."""

    content: Content
    source: Source
    reading: Reading
    said: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Every row that was read and passes the filters, in file order, with all that is to be known about it.

    `as_of` is the newest date of a usable row; `filtered` counts the rows that the user's filters left out; `statements`
    are the values that sidecars and `--set` gave.
    """

    measurements: tuple[Measurement, ...]
    notices: tuple[Notice, ...]
    files: tuple[SourceFile, ...]
    as_of: dt.date | None
    attribution: tuple[str, ...]
    filtered: int = 0
    statements: tuple[StatedValue, ...] = ()


def load(inputs: Sequence[Input], house: House, options: DatasetOptions = DatasetOptions()) -> Dataset:
    """Read `inputs` (files, folders, globs, "-", tables in memory) into one data set.

    Raises `InputError` when a file cannot be read (unless `skip_bad`) or no usable row remains, and `OptionError` when
    a filter or a setting matches nothing.
    """
    dataset = collect(inputs, house, options)
    _require_usable(dataset)
    return dataset


def collect(inputs: Sequence[Input], house: House, options: DatasetOptions) -> Dataset:
    """Read `inputs` as `load` does, but also return a data set without any usable row: what `inspect` shows."""
    with _collection_paused():
        return _collect(inputs, house, options)


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector: reading makes millions of objects and no cycles, and looking costs a third."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _collect(inputs: Sequence[Input], house: House, options: DatasetOptions) -> Dataset:
    """Read, normalise, select and audit."""
    notices: list[Notice] = []
    names = Names(house)
    readings = _read_all(open_inputs(inputs), names, options, notices)
    notices = joined(notices)
    rows = _normalise_all(readings, names, options, notices)
    files = survey(
        rows,
        {item.content.name for item in readings if item.reading.newest_run_only},
        {item.content.name: item.reading.answered_at for item in readings if item.reading.answer},
    )
    wanted = (
        ("model", options.models),
        ("hardware", options.hardware),
        ("precision", options.precisions),
        ("workload", options.workloads),
    )
    kept = selection.filter_rows(rows, wanted, house)
    for place, row in enumerate(kept, 1):
        row.number = place
    notices += _select(kept, files, options)
    notices += row_notices(kept, options.statistic)
    scores = Scores.empty(names, options.as_of)
    for item in readings:
        scores.add(item.reading.scores, item.content.name, _label(item))
    measurements, said = scores.beside([_labelled(_measurement(row, names), row) for row in kept], house)
    return Dataset(
        measurements=measurements,
        notices=(*notices, *said),
        files=tuple(_source_file(item) for item in readings),
        as_of=newest_date(measurements),
        attribution=tuple(dict.fromkeys(item.reading.attribution for item in readings if item.reading.attribution)),
        filtered=len(rows) - len(kept),
        statements=tuple(dict.fromkeys(statement.listed for item in readings for statement in item.said)),
    )


def _read_all(
    contents: Sequence[Content], names: Names, options: DatasetOptions, notices: list[Notice]
) -> list[_ReadFile]:
    """Read every file; a bad one stops the build, or is listed when bad files may be skipped."""
    readings: list[_ReadFile] = []
    registry = load_registry()
    notices += registry.notices
    settings = [*sidecar.read_settings(options.settings), *sidecar.read_labels(options.labels)]
    sidecar.check_patterns(settings, contents)
    strays, rows = Strays(), 0
    for content in contents:
        try:
            source, reading = registry.read(content, notices)
            said = sidecar.for_file(content, settings)
            sidecar.apply(said, reading.records, content.name, names)
        except InputError as error:
            if strays.take(content, error):
                continue
            if not options.skip_bad:
                raise (error.with_next_step(SKIP_BAD) if len(contents) > 1 else error) from error
            notices.append(Notice("skipped", f"the file was skipped: {error}", content.name))
            continue
        finally:
            content.release()
        rows += len(reading.records) + len(reading.scores)
        if rows > MAX_MEASUREMENTS:
            raise InputError(f"the inputs hold more than {MAX_MEASUREMENTS} rows", file=content.name, next_step=FEWER)
        notices += reading.notices
        readings.append(_ReadFile(content, source, reading, tuple(said)))
    if not readings and not options.skip_bad:
        strays.raise_nearest()
    notices += strays.notices()
    return readings


def _normalise_all(
    readings: Sequence[_ReadFile], names: Names, options: DatasetOptions, notices: list[Notice]
) -> list[Row]:
    """Normalise all records in file order; a file that holds what another one holds counts once."""
    rules = Rules(options.statistic, options.agentic_statistic, options.role_basis)
    files: list[tuple[str, str, list[Row]]] = []
    for item in readings:
        origin = Origin(item.content.name, item.source.name, clean_label(item.reading.definition, limit=255))
        rows = [normalise(record, origin, names, rules) for record in item.reading.records]
        settle_units(rows)
        files.append((item.content.name, f"{item.content.sha256} {item.content.sheet} {_label(item)}", rows))
    notices += tell_copies(copies.drop_same_content(files), "the same content stands under another name")
    return [row for _, _, rows in files for row in rows]


def _label(item: _ReadFile) -> str:
    """The name of runs of the user's own that the file is said to hold; empty for official ones."""
    return next((str(statement.value) for statement in item.said if statement.key == sidecar.LABEL), "")


def _source_file(item: _ReadFile) -> SourceFile:
    """Describe one file that was read."""
    return SourceFile(
        name=item.content.name,
        format=item.source.name,
        sha256=item.content.sha256,
        rows=len(item.reading.records) or len(item.reading.scores),
        definition=clean_label(item.reading.definition, limit=255),
        title=item.source.title,
        by_documentation=item.reading.by_documentation,
    )


def _select(rows: Sequence[Row], files: Survey, options: DatasetOptions) -> list[Notice]:
    """Audit the rows and exclude what must not feed a curve, in the order in which the reasons take precedence."""
    notices = tell_copies(copies.drop_other_exports(rows), "the same run in another export")
    audit_rows(rows)
    notices += selection.drop_later(rows, options.as_of) if options.as_of is not None else []
    if options.exclude_suspect:
        selection.drop_suspects(rows)
    notices += tell_copies(copies.drop_copies(rows), "a row of another file, repeated")
    measured = [row for row in rows if not row.excluded]
    choice = choose_runs(rows, files, mix=options.mix_runs)
    notices += tell_choice(choice, mix=options.mix_runs)
    notices += tell_points(settle_points(rows))
    date_rows(measured, choice, files, mix=options.mix_runs)
    mark_gains_above_acceptance(rows)
    describe_configurations(rows)
    return notices


def _require_usable(dataset: Dataset) -> None:
    """Refuse a data set without a usable row, with the commonest reasons."""
    rows = dataset.measurements
    if any(row.usable for row in rows):
        return
    hint = "`specxl inspect` shows what is read and what is missing"
    if not rows:
        only = ", only scores of evaluations" if any(file.format == SCORES for file in dataset.files) else ""
        raise InputError(f"no usable row: the inputs hold no measurement{only}", next_step=hint)
    reasons = Counter(row.excluded for row in rows).most_common(3)
    listed = "; ".join(f"{count} x {reason}" for reason, count in reasons)
    raise InputError(
        f"no usable row among {len(rows)}: {listed}", file=rows[0].source_file, row=rows[0].source_row, next_step=hint
    )


def _labelled(measurement: Measurement, row: Row) -> Measurement:
    """The same under the label of its row and with the days on which it counted, if it has any."""
    if not row.record.label and not row.days:
        return measurement
    return replace(measurement, label=row.record.label, days=row.days)


def _measurement(row: Row, names: Names) -> Measurement:
    """Freeze one row."""
    return Measurement(
        number=row.number,
        model=row.model,
        hardware=row.hardware,
        engine=row.engine,
        precision=row.precision,
        workload=row.workload,
        isl=row.isl,
        osl=row.osl,
        variant=row.variant,
        concurrency=row.concurrency,
        interactivity_tok_s_user=row.interactivity,
        interactivity_definition=row.definition,
        total_tok_s_gpu=row.total,
        output_tok_s_gpu=row.output,
        input_tok_s_gpu=row.input,
        output_as_published_tok_s_gpu=row.output_as_published,
        input_as_published_tok_s_gpu=row.input_as_published,
        gpus=row.gpus,
        serving=row.serving,
        parallelism=clean_label(row.record.parallelism),
        ttft_median_s=row.rounded_seconds("median_ttft"),
        ttft_p99_s=row.rounded_seconds("p99_ttft"),
        date=row.date,
        run_url=row.link,
        image=names.image(row.record.image or ""),
        source_file=row.file,
        source_row=row.record.row,
        excluded=row.excluded,
        findings=tuple(row.findings),
        accept_length=positive(row.record.accept_length),
        published=row.record.published,
        configuration=row.configuration,
        stated=tuple(sorted(row.record.stated)),
        issues=row.issues,
        repeats=row.repeats,
        cached_input_tok_s_gpu=_cached(row),
        agentic_e2el_s=row.rounded_seconds(f"{row.statistic}_e2el") if row.record.agentic else None,
    )


def _cached(row: Row) -> float | None:
    """Return the input throughput that a cache served, in tok/s/GPU; None where it is not known."""
    share = number(row.record.cached_share)
    return round15(row.input * share) if row.input is not None and share is not None and 0 <= share <= 1 else None
