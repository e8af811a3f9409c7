"""Inputs to one canonical data set: read, normalise, audit, select, and account for every row."""

from __future__ import annotations

import gc
import re
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from specxl.errors import InputError, Notice
from specxl.figures import number, positive
from specxl.labels import clean_label
from specxl.reading import selection, sidecar
from specxl.reading.audit import FINDINGS, audit_rows
from specxl.reading.normalise import NOT_SAID, SIDECAR, Names, Origin, RoleBasis, Row, Rules, normalise
from specxl.schema import Measurement, SourceFile, Statistic
from specxl.sources.containers import open_inputs
from specxl.sources.inferencex_api import InferencexApi
from specxl.sources.registry import UnrecognisedError, load_registry

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from specxl.house import House
    from specxl.sources.content import Content
    from specxl.sources.record import Reading, Source

ALIKE_LENGTHS = 0.1
"""Mean lengths that differ by less than this share are probably draws from one distribution."""
_VALUE = re.compile(r" `[^`]*`,|(?<=the run cannot be used):.*")
"""What differs between rows that are left out for the same kind of reason."""
SHOWN_ROWS = 5
"""Row numbers that a notice names before it says how many more there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetOptions:
    """What to read and how.

    `statistic` is the statistic of the latency behind interactivity; while it is the median, agentic traces take
    `agentic_statistic`, since their source shows the 90th percentile. Filters hold keys, aliases or labels. `settings` are the values of
    `--set [GLOB:]key=value`, which add what files do not say.
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


@dataclass(frozen=True, slots=True)
class _ReadFile:
    """One file between reading and normalising."""

    content: Content
    source: Source
    reading: Reading


@dataclass(frozen=True, slots=True)
class Dataset:
    """Every row that was read and passes the filters, in file order, with all that is to be known about it.

    `as_of` is the newest date of a usable row; `filtered` counts the rows that the user's filters left out.
    """

    measurements: tuple[Measurement, ...]
    notices: tuple[Notice, ...]
    files: tuple[SourceFile, ...]
    as_of: dt.date | None
    attribution: tuple[str, ...]
    filtered: int = 0


def load(inputs: Sequence[str | Path], house: House, options: DatasetOptions = DatasetOptions()) -> Dataset:
    """Read `inputs` (files, folders, globs, "-") into one data set.

    Raises `InputError` when a file cannot be read (unless `skip_bad`) or no usable row remains, and `OptionError` when
    a filter or a setting matches nothing.
    """
    dataset = collect(inputs, house, options)
    _require_usable(dataset)
    return dataset


def collect(inputs: Sequence[str | Path], house: House, options: DatasetOptions) -> Dataset:
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


def _collect(inputs: Sequence[str | Path], house: House, options: DatasetOptions) -> Dataset:
    """Read, normalise, audit and select."""
    notices: list[Notice] = []
    names = Names(house)
    readings = _read_all(open_inputs(inputs), names, options, notices)
    rows = _normalise_all(readings, names, options)
    wanted = (
        ("model", options.models),
        ("hardware", options.hardware),
        ("precision", options.precisions),
        ("workload", options.workloads),
    )
    kept = selection.filter_rows(rows, wanted, house)
    audit_rows(kept)
    notices += _select(kept, {item.content.name for item in readings if item.reading.newest_run_only}, options)
    notices += _row_notices(kept, options)
    return Dataset(
        measurements=tuple(_measurement(row, place) for place, row in enumerate(kept, 1)),
        notices=tuple(notices),
        files=tuple(_source_file(item) for item in readings),
        as_of=max((row.date for row in kept if row.date is not None and not row.excluded), default=None),
        attribution=tuple(dict.fromkeys(item.reading.attribution for item in readings if item.reading.attribution)),
        filtered=len(rows) - len(kept),
    )


def _read_all(
    contents: Sequence[Content], names: Names, options: DatasetOptions, notices: list[Notice]
) -> list[_ReadFile]:
    """Read every file; a bad one stops the build, or is listed when bad files may be skipped."""
    readings: list[_ReadFile] = []
    registry = load_registry()
    notices += registry.notices
    settings = sidecar.read_settings(options.settings)
    sidecar.check_patterns(settings, contents)
    for content in contents:
        try:
            source, reading = registry.read(content, notices)
            content.release()
            sidecar.apply(sidecar.for_file(content, settings), reading.records, content.name, names)
        except InputError as error:
            if isinstance(error, UnrecognisedError) and content.collected and not content.looks_like_json:
                notices.append(Notice("ignored", "this is no result file, so it was left out", content.name))
                continue
            if not options.skip_bad:
                raise
            notices.append(Notice("skipped", f"the file was skipped: {error}", content.name))
            continue
        notices += reading.notices
        readings.append(_ReadFile(content, source, reading))
    return readings


def _normalise_all(readings: Sequence[_ReadFile], names: Names, options: DatasetOptions) -> list[Row]:
    """Normalise all records in file order."""
    rules = Rules(options.statistic, options.agentic_statistic, options.role_basis)
    rows: list[Row] = []
    for item in readings:
        origin = Origin(item.content.name, item.source.name, clean_label(item.reading.definition, limit=255))
        rows += [normalise(record, origin, names, rules) for record in item.reading.records]
    return rows


def _source_file(item: _ReadFile) -> SourceFile:
    """Describe one file that was read."""
    return SourceFile(
        name=item.content.name,
        format=item.source.name,
        sha256=item.content.sha256,
        rows=len(item.reading.records),
        definition=clean_label(item.reading.definition, limit=255),
        title=item.source.title,
        by_documentation=item.reading.by_documentation,
    )


def _select(rows: Sequence[Row], histories: set[str], options: DatasetOptions) -> list[Notice]:
    """Exclude what must not feed a curve, in the order in which the reasons take precedence."""
    notices = selection.drop_later(rows, options.as_of) if options.as_of is not None else []
    if options.exclude_suspect:
        selection.drop_suspects(rows)
    selection.drop_repeats(rows)
    selection.drop_superseded(rows, lambda members: _is_history(members, histories))
    return notices


def _is_history(members: Sequence[Row], histories: set[str]) -> bool:
    """Whether a line's rows are several runs: from a dump, or from answers of the API saved at different times.

    One answer is taken as already selected: each holds the newest run of every line, so two of them together do not.
    """
    if any(row.file in histories for row in members):
        return True
    return len({row.file for row in members if row.format == InferencexApi.name}) > 1


def _row_notices(rows: Sequence[Row], options: DatasetOptions) -> list[Notice]:
    """One notice per file and reason: rows not used, figures left empty, suspects, curves that vanish."""
    dropped: list[tuple[str, str, Row]] = []
    for row in rows:
        if row.excluded.startswith("later than"):
            continue
        merged = next((text for start, text in selection.MERGED.items() if row.excluded.startswith(start)), None)
        if merged:
            dropped.append(("merged", merged, row))
        elif row.excluded:
            dropped.append(("dropped", row.excluded, row))
        dropped += [("incomplete", remark, row) for remark in row.remarks]
        dropped += [
            ("suspect", f"suspect: {FINDINGS[finding].short}", row)
            for finding in row.findings
            if finding.startswith("suspect") and not row.excluded
        ]
    return [*_grouped(dropped), *_unsaid(rows), *_scattered(rows), *_vanished(rows, options)]


def _scattered(rows: Iterable[Row]) -> list[Notice]:
    """Warn where measured mean lengths differ a little from run to run, which tears one curve into several."""
    lengths: dict[tuple[str, ...], set[tuple[int, int]]] = defaultdict(set)
    files: dict[tuple[str, ...], str] = {}
    for row in rows:
        measured = row.record.isl is None and row.record.workload is None
        if measured and not row.excluded and row.isl is not None and row.osl is not None:
            key = (row.model, row.hardware, row.engine, row.precision, row.variant)
            lengths[key].add((row.isl, row.osl))
            files.setdefault(key, row.file)
    notices = []
    for setting, found in lengths.items():
        alike = [pair for pair in pairwise(sorted(found)) if _are_alike(*pair)]
        if alike:
            shown = " and ".join(f"{isl}x{osl}" for isl, osl in alike[0])
            text = f"measured mean lengths differ a little between runs (such as {shown}), so each stands on a curve of its own"
            notices.append(Notice("lengths", f"{text}: give isl and osl in {SIDECAR} or with --set", files[setting]))
    return notices


def _are_alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two pairs of lengths are probably the same nominal ones."""
    return all(abs(a - b) <= ALIKE_LENGTHS * max(a, b) for a, b in zip(one, other, strict=True))


def _unsaid(rows: Iterable[Row]) -> list[Notice]:
    """Ask for what a file leaves open and a workbook would show as unknown; published figures never say it."""
    gaps: dict[str, Counter[str]] = defaultdict(Counter)
    sizes: Counter[str] = Counter()
    for row in rows:
        if row.record.published is None and not row.excluded:
            sizes[row.file] += 1
            gaps[row.file].update(row.unsaid())
    asked: dict[str, list[str]] = defaultdict(list)
    for file, names in gaps.items():
        whole = (f" ({count} of {sizes[file]} rows)" if count < sizes[file] else "" for count in names.values())
        if listed := ", ".join(f"{name}{part}" for name, part in zip(names, whole, strict=True)):
            asked[listed].append(file)
    notices = []
    for listed, files in asked.items():
        others = f" (the same holds for {len(files) - 1} more files)" if len(files) > 1 else ""
        text = f"{NOT_SAID} {listed}: give it in {SIDECAR} or with --set{others}"
        notices.append(Notice("missing", text, files[0]))
    return notices


def _grouped(entries: Iterable[tuple[str, str, Row]]) -> list[Notice]:
    """Join entries of one topic, kind of text and file into one notice with the count and the first rows."""
    groups: dict[tuple[str, str, str], list[tuple[str, int]]] = defaultdict(list)
    for topic, text, row in entries:
        groups[topic, row.file, _VALUE.sub("", text)].append((text, row.record.row))
    notices = []
    for (topic, file, kind), members in groups.items():
        places = [place for _, place in members]
        shown = ", ".join(str(place) for place in places[:SHOWN_ROWS])
        more = f" and {len(places) - SHOWN_ROWS} more" if len(places) > SHOWN_ROWS else ""
        noun = "row" if len(places) == 1 else "rows"
        verb = {"dropped": " not used", "merged": " merged"}.get(topic, "")
        where = f" (rows {shown}{more})" if len(places) > 1 else ""
        text = members[0][0] if len({text for text, _ in members}) == 1 else f"{kind}, such as: {members[0][0]}"
        notices.append(Notice(topic, f"{len(places)} {noun}{verb}: {text}{where}", file, places[0]))
    return notices


def _vanished(rows: Sequence[Row], options: DatasetOptions) -> list[Notice]:
    """Say how many curves and rows are lost because a file lacks the statistic that was asked for."""
    if options.statistic == "median":
        return []
    lacking = [row for row in rows if row.excluded.startswith(f"the {options.statistic} TPOT")]
    curves = {row.curve for row in lacking} - {row.curve for row in rows if not row.excluded}
    text = f"{len(curves)} curves and {len(lacking)} rows vanish: they have no {options.statistic} TPOT"
    return [Notice("statistic", text)] if lacking else []


def _require_usable(dataset: Dataset) -> None:
    """Refuse a data set without a usable row, with the commonest reasons."""
    rows = dataset.measurements
    if any(row.usable for row in rows):
        return
    hint = "`specxl inspect` shows what is read and what is missing"
    if not rows:
        raise InputError("no usable row: the inputs hold no measurement", next_step=hint)
    reasons = Counter(row.excluded for row in rows).most_common(3)
    listed = "; ".join(f"{count} x {reason}" for reason, count in reasons)
    raise InputError(
        f"no usable row among {len(rows)}: {listed}", file=rows[0].source_file, row=rows[0].source_row, next_step=hint
    )


def _measurement(row: Row, place: int) -> Measurement:
    """Freeze one row under its number."""
    record = row.record
    return Measurement(
        number=place,
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
        parallelism=clean_label(record.parallelism),
        ttft_median_s=row.seconds("median_ttft"),
        ttft_p99_s=row.seconds("p99_ttft"),
        date=row.date,
        run_url=row.link,
        image=clean_label(record.image, limit=200),
        source_file=row.file,
        source_row=record.row,
        excluded=row.excluded,
        findings=tuple(row.findings),
        accept_length=positive(record.accept_length) if number(record.accept_length) is not None else None,
        published=record.published,
    )
