"""What an input holds, before anything is built from it: the data behind `specxl inspect`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from specxl.reading.dataset import Dataset, DatasetOptions, collect
from specxl.reading.findings import FINDINGS
from specxl.schema import UNKNOWN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from specxl.house import House
    from specxl.schema import Measurement
    from specxl.sources.containers import Input

BY_DOCUMENTATION = "read by documentation only"
_NAMED = ("model", "hardware", "engine", "precision", "variant", "workload", "serving")
_COUNTED = ("gpus", "concurrency", "date")


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file: what it was recognised as, how many of its rows can be used, and what it does not say."""

    name: str
    format: str
    title: str
    note: str
    rows: int
    usable: int
    definition: str
    missing: dict[str, int]


@dataclass(frozen=True, slots=True)
class CurveReport:
    """One curve of usable rows: points and ranges of interactivity (tok/s/user) and total throughput (tok/s/GPU)."""

    model: str
    hardware: str
    precision: str
    workload: str
    variant: str
    points: int
    interactivity: tuple[float, float]
    throughput: tuple[float, float]
    engines: tuple[str, ...]
    first_date: str
    last_date: str


@dataclass(frozen=True, slots=True)
class FindingReport:
    """One finding of the data audit with the number of rows it concerns and the first of them."""

    id: str
    grade: str
    text: str
    rows: int
    first_file: str
    first_row: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that `specxl inspect` shows."""

    files: tuple[FileReport, ...]
    curves: tuple[CurveReport, ...]
    findings: tuple[FindingReport, ...]
    excluded: dict[str, int]
    notices: tuple[str, ...]
    engines: tuple[str, ...]
    as_of: str
    attribution: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether a workbook can be built: at least one row feeds a curve."""
        return bool(self.curves)

    def as_json(self) -> dict[str, Any]:
        """Return the inspection as plain values for `--json`; keys are only ever added."""
        return {"inspection": 1, "usable": self.usable, **asdict(self)}


def inspect_inputs(inputs: Sequence[Input], house: House, options: DatasetOptions | None = None) -> Inspection:
    """Read `inputs` as `build` would, but never stop at a bad file or for lack of usable rows.

    Raises `InputError` when there is nothing to open and `OptionError` for options that match nothing.
    """
    dataset = collect(inputs, house, replace(options or DatasetOptions(), skip_bad=True))
    return Inspection(
        files=describe_files(dataset),
        curves=_curves(dataset.measurements),
        findings=_findings(dataset.measurements),
        excluded=dict(Counter(_reason(m) for m in dataset.measurements if not m.usable).most_common()),
        notices=tuple(str(notice) for notice in dataset.notices),
        engines=tuple(sorted({m.engine for m in dataset.measurements})),
        as_of=str(dataset.as_of or ""),
        attribution=dataset.attribution,
    )


def describe_files(dataset: Dataset) -> tuple[FileReport, ...]:
    """Describe the files in the order they were read."""
    rows: dict[str, list[Measurement]] = defaultdict(list)
    for m in dataset.measurements:
        rows[m.source_file].append(m)
    return tuple(
        FileReport(
            name=file.name,
            format=file.format,
            title=file.title,
            note=BY_DOCUMENTATION if file.by_documentation else "",
            rows=file.rows,
            usable=sum(m.usable for m in rows[file.name]),
            definition=file.definition,
            missing=_missing(rows[file.name]),
        )
        for file in dataset.files
    )


def _missing(rows: Iterable[Measurement]) -> dict[str, int]:
    """Count, by name, what the rows do not say."""
    gaps: Counter[str] = Counter()
    for m in rows:
        gaps.update(name for name in _NAMED if getattr(m, name) == UNKNOWN)
        gaps.update(name for name in _COUNTED if getattr(m, name) is None)
        gaps.update(["run_url"] if not m.run_url else [])
    return dict(gaps)


def _reason(m: Measurement) -> str:
    """Return the reason of an excluded row without row numbers, so that like reasons count together."""
    return re.sub(r"\brow \d+.*", "another row", m.excluded)


def _curves(rows: Iterable[Measurement]) -> tuple[CurveReport, ...]:
    """Describe the curves of usable rows, in the order of their keys."""
    groups: dict[tuple[str, str, str, str, str], list[Measurement]] = defaultdict(list)
    for m in rows:
        if m.usable:
            groups[m.model, m.hardware, m.precision, m.workload, m.variant].append(m)
    return tuple(_curve(key, groups[key]) for key in sorted(groups))


def _curve(key: tuple[str, str, str, str, str], rows: Sequence[Measurement]) -> CurveReport:
    """Describe one curve."""
    speeds = [m.interactivity_tok_s_user for m in rows if m.interactivity_tok_s_user is not None]
    totals = [m.total_tok_s_gpu for m in rows if m.total_tok_s_gpu is not None]
    dates: list[dt.date] = sorted(m.date for m in rows if m.date is not None)
    return CurveReport(
        *key,
        points=len(rows),
        interactivity=(min(speeds), max(speeds)),
        throughput=(min(totals), max(totals)),
        engines=tuple(sorted({m.engine for m in rows})),
        first_date=str(dates[0]) if dates else "",
        last_date=str(dates[-1]) if dates else "",
    )


def _findings(rows: Iterable[Measurement]) -> tuple[FindingReport, ...]:
    """Count the findings of the audit, contradictions first."""
    first: dict[str, Measurement] = {}
    counts: Counter[str] = Counter()
    for m in rows:
        for finding in m.findings:
            first.setdefault(finding, m)
            counts[finding] += 1
    return tuple(
        FindingReport(key, known.grade, known.short, counts[key], first[key].source_file, first[key].source_row)
        for key, known in FINDINGS.items()
        if key in counts
    )
