"""What an input holds, before anything is built from it: the data behind `specxl inspect`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from specxl.labels import clean_label
from specxl.reading.audit import FINDINGS
from specxl.reading.dataset import Dataset, DatasetOptions, collect
from specxl.schema import UNKNOWN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from specxl.house import House
    from specxl.schema import Measurement

BY_DOCUMENTATION = "read by documentation only"
_NAMED = ("model", "hardware", "engine", "precision", "variant", "workload", "serving")
REQUIRED = ("model", "hardware", "gpus")
"""Without these no row can be used; the rest is shown as unknown."""
OTHER = "other"
"""The method of a file that only shows that speculation was on."""
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


def inspect_inputs(inputs: Sequence[str | Path], house: House, options: DatasetOptions | None = None) -> Inspection:
    """Read `inputs` as `build` would, but never stop at a bad file or for lack of usable rows.

    Raises `InputError` when there is nothing to open and `OptionError` for options that match nothing.
    """
    dataset = collect(inputs, house, replace(options or DatasetOptions(), skip_bad=True))
    return Inspection(
        files=_files(dataset),
        curves=_curves(dataset.measurements),
        findings=_findings(dataset.measurements),
        excluded=dict(Counter(_reason(m) for m in dataset.measurements if not m.usable).most_common()),
        notices=tuple(str(notice) for notice in dataset.notices),
        engines=tuple(sorted({m.engine for m in dataset.measurements})),
        as_of=str(dataset.as_of or ""),
        attribution=dataset.attribution,
    )


def _files(dataset: Dataset) -> tuple[FileReport, ...]:
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


_TOKENS: tuple[tuple[str, str], ...] = (
    ("gpus", r"(?:^|[_\-.])(?:tp|gpus?)(\d+)(?=$|[_\-.])"),
    ("concurrency", r"(?:^|[_\-.])(?:conc|bs|c)(\d+)(?=$|[_\-.])"),
    ("isl", r"(?:^|[_\-.])isl(\d+)(?=$|[_\-.])"),
    ("osl", r"(?:^|[_\-.])osl(\d+)(?=$|[_\-.])"),
    ("date", r"(?:^|[_\-.])(\d{4}-\d{2}-\d{2})(?=$|[_\-.T])"),
)
_LENGTHS = re.compile(r"(?:^|[_\-.])(\d)k(\d)k(?=$|[_\-.])")
_OFF = re.compile(r"(?:^|[_\-.])(?:no[_\-]?mtp|no[_\-]?spec|spec[_\-]?(?:none|off)|mtp[_\-]?off)(?=$|[_\-.])")
_ON = re.compile(r"(?:^|[_\-.])(mtp|eagle3?|ngram|nextn)(?=$|[_\-.])")


@dataclass(frozen=True, slots=True)
class _Gap:
    """What one file does not say, what its name suggests, and how the name contradicts the file, if it does."""

    name: str
    wanted: tuple[str, ...]
    guesses: dict[str, str | int]
    contradiction: str


def suggest_sidecar(inputs: Sequence[str | Path], house: House, options: DatasetOptions | None = None) -> str:
    """Return a `specxl.toml` to paste: what files do not say, guessed from their names, for the user to check.

    Guesses are offered here and never used by themselves. What no name tells is left as a comment to fill in. What
    holds for all files stands once, under `[defaults]`.
    """
    dataset = collect(inputs, house, replace(options or DatasetOptions(), skip_bad=True))
    rows: dict[str, list[Measurement]] = defaultdict(list)
    for m in dataset.measurements:
        rows[m.source_file].append(m)
    gaps = [_gap(file, rows[file.name], house) for file in _files(dataset)]
    keys = list(dict.fromkeys(key for gap in gaps for key in gap.wanted))
    if not keys:
        return "# The files say everything that specxl asks for.\n"
    common = [key for key in keys if _holds_for_all(key, gaps)]
    head = "# Suggested by specxl from file names: check every value, then save this as specxl.toml beside the files.\n"
    blocks = ["\n".join(["[defaults]", *(_line(key, gaps[0]) for key in common)])] if common else []
    for gap in gaps:
        lines = [_line(key, gap) for key in gap.wanted if key not in common]
        if lines or gap.contradiction:
            comment = [gap.contradiction] if gap.contradiction else []
            blocks.append("\n".join(["[[files]]", f"match = {_quoted(gap.name)}", *comment, *lines]))
    return head + "\n" + "\n\n".join(blocks) + "\n"


def _gap(file: FileReport, rows: Sequence[Measurement], house: House) -> _Gap:
    """Find what one file leaves open and what its name says of it."""
    name = file.name.replace("!", "/").rpartition("/")[2]
    guesses = _guesses(name, house)
    wanted = [key for key in file.missing if key != "workload"]
    wanted += ["isl", "osl"] if "workload" in file.missing else []
    wanted += ["variant"] if any(m.variant == OTHER for m in rows) else []
    models = {m.model for m in rows}
    contradiction = ""
    if "model" in guesses and "model" not in wanted and guesses["model"] not in models:
        contradiction = f"# The name suggests the model {guesses['model']}, the file says {', '.join(sorted(models))}."
    return _Gap(name, tuple(dict.fromkeys(wanted)), guesses, contradiction)


def _holds_for_all(key: str, gaps: Sequence[_Gap]) -> bool:
    """Whether all files lack the key and all names say the same of it, if only nothing."""
    return all(key in gap.wanted for gap in gaps) and len({gap.guesses.get(key) for gap in gaps}) == 1


def _line(key: str, gap: _Gap) -> str:
    """Write one key: with its guess, or as a comment to fill in."""
    if key not in gap.guesses:
        return f"# {key} ={'  # needed' if key in REQUIRED else ''}"
    value = gap.guesses[key]
    return f"{key} = {value if isinstance(value, int) else _quoted(value)}  # from the file name"


def _quoted(text: str) -> str:
    """Return text as a TOML string."""
    return '"' + clean_label(text, limit=250).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _guesses(name: str, house: House) -> dict[str, str | int]:
    """Read a file name: hardware, precision, engine and model by their keys, sizes and lengths by their letters."""
    stem = name.lower().removesuffix(".gz").rpartition(".")[0] or name.lower()
    found: dict[str, str | int] = {}
    for key, pattern in _TOKENS:
        if match := re.search(pattern, stem):
            found[key] = match[1] if key == "date" else int(match[1])
    if match := _LENGTHS.search(stem):
        found |= {"isl": int(match[1]) * 1024, "osl": int(match[2]) * 1024}
    if _OFF.search(stem):
        found["variant"] = "none"
    elif match := _ON.search(stem):
        found["variant"] = house.resolve_variant(match[1])
    words = re.split(r"[_\-/]", stem)
    known = {
        "hardware": (house.resolve_hardware, set(house.hardware_keys())),
        "model": (house.resolve_model, set(house.model_keys())),
        "precision": (house.resolve_precision, {"fp4", "fp8", "bf16", "int4"}),
        "engine": (house.resolve_engine, {"vllm", "sglang", "trt", "atom"}),
    }
    for key, (resolve, keys) in known.items():
        hits = [resolved for word in words if word and (resolved := resolve(word)) in keys]
        if len(set(hits)) == 1:
            found[key] = hits[0]
    return found
