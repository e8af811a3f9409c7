"""The Measurements sheet: every row that was read, with its source, its place on the frontier and the formulas' codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from specxl.model.cells import Link, TableSpec
from specxl.schema import UNKNOWN, workload_label
from specxl.sheets.frame import MEASUREMENTS, head_style, start_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from specxl.house import House
    from specxl.method.catalogue import Catalogue
    from specxl.model.cells import Content, Range, Sheet
    from specxl.schema import Measurement
    from specxl.sheets.frame import Release

HEAD_ROW = 5
SERVING_CODES = {"aggregated": 1, "disaggregated": 2}
_EPOCH = dt.date(1899, 12, 30)


def serial(date: dt.date | None) -> int | None:
    """The day number by which spreadsheets store a date."""
    return None if date is None else (date - _EPOCH).days


@dataclass(frozen=True, slots=True)
class _Context:
    """What a column needs beside the measurement itself."""

    house: House
    engines: tuple[str, ...]
    reasons: Mapping[int, str]


class _Column(NamedTuple):
    key: str
    header: str
    width: float
    style: str
    content: Callable[[Measurement, _Context], Content]


def _frontier(m: Measurement, c: _Context) -> str:
    if m.excluded:
        return "not used"
    return "yes" if c.reasons.get(m.number) == "" else "no"


def _why(m: Measurement, c: _Context) -> str:
    return m.excluded or c.reasons.get(m.number, "")


def _run(m: Measurement, _: _Context) -> Content:
    return Link(m.run_url, "run") if m.run_url else ""


def _stated(text: str) -> str:
    return "not stated" if text.casefold() in ("", UNKNOWN) else text


def _finding(name: str) -> Callable[[Measurement, _Context], Content]:
    return lambda m, _: int(name in m.findings)


_COLUMNS = (
    _Column("number", "No.", 6, "id", lambda m, _: m.number),
    _Column("model", "Model", 20, "text", lambda m, c: c.house.model(m.model).label),
    _Column("hardware", "Hardware", 13, "text", lambda m, c: c.house.hardware(m.hardware).label),
    _Column("vendor", "Vendor", 9, "text", lambda m, c: c.house.hardware(m.hardware).vendor),
    _Column("serving", "Serving", 13, "text", lambda m, _: _stated(m.serving)),
    _Column("engine", "Engine", 14, "text", lambda m, c: _stated(m.engine and c.house.engine_label(m.engine))),
    _Column("variant", "Spec decoding", 10, "text", lambda m, c: c.house.variant_label(m.variant)),
    _Column("precision", "Precision", 9, "text", lambda m, c: c.house.precision_label(m.precision)),
    _Column("workload", "Workload", 10, "text", lambda m, _: workload_label(m.workload)),
    _Column("concurrency", "Concurrency (requests)", 11, "speed", lambda m, _: m.concurrency),
    _Column("gpus", "GPUs", 6, "whole", lambda m, _: m.gpus),
    _Column("parallelism", "Parallelism", 24, "text", lambda m, _: m.parallelism),
    _Column("x", "Interactivity (tok/s/user)", 12, "tput", lambda m, _: m.interactivity_tok_s_user),
    _Column("total", "Total throughput (tok/s/GPU)", 12, "tput", lambda m, _: m.total_tok_s_gpu),
    _Column("output", "Output throughput (tok/s/GPU)", 12, "tput", lambda m, _: m.output_tok_s_gpu),
    _Column("input", "Input throughput (tok/s/GPU)", 12, "tput", lambda m, _: m.input_tok_s_gpu),
    _Column(
        "output_published", "Output as published (tok/s/GPU)", 13, "tput", lambda m, _: m.output_as_published_tok_s_gpu
    ),
    _Column(
        "input_published", "Input as published (tok/s/GPU)", 13, "tput", lambda m, _: m.input_as_published_tok_s_gpu
    ),
    _Column("ttft_median", "TTFT median (s)", 9, "seconds", lambda m, _: m.ttft_median_s),
    _Column("ttft_p99", "TTFT p99 (s)", 9, "seconds", lambda m, _: m.ttft_p99_s),
    _Column("date", "Date", 11, "date", lambda m, _: serial(m.date)),
    _Column("run", "Run", 6, "link", _run),
    _Column("frontier", "On frontier", 9, "text", _frontier),
    _Column("why", "Why not", 34, "text", _why),
    _Column("audit", "Data audit", 24, "text", lambda m, _: ", ".join(m.findings)),
    _Column("definition", "Interactivity is", 16, "text", lambda m, _: m.interactivity_definition),
    _Column("accept", "Acceptance length (tokens/step)", 11, "power", lambda m, _: m.accept_length),
    _Column("file", "Source file", 28, "text", lambda m, _: m.source_file),
    _Column("source_row", "Source row", 8, "id", lambda m, _: m.source_row),
    _Column("image", "Container image", 34, "text", lambda m, _: m.image),
    _Column(
        "engine_code",
        "Code: engine",
        8,
        "id",
        lambda m, c: c.engines.index(m.engine) + 1 if m.engine in c.engines else 0,
    ),
    _Column("serving_code", "Code: serving", 8, "id", lambda m, _: SERVING_CODES.get(m.serving, 0)),
    _Column("suspect", "Code: suspect", 8, "flag", lambda m, _: int(m.suspect)),
    _Column("published", "Code: published point", 9, "flag", lambda m, _: int(m.published is not None)),
    _Column("synthetic", "Code: synthetic acceptance", 9, "flag", _finding("note:synthetic_acceptance")),
    _Column("warm_up", "Code: warm-up", 8, "flag", _finding("note:warm_up")),
    _Column("gpu_count", "Code: GPU count corrected", 9, "flag", _finding("note:gpu_count")),
)


@dataclass(frozen=True, slots=True)
class MeasurementTable:
    """Where the rows stand: the range of each column by key, and the numbering of the engines."""

    sheet: Sheet
    columns: Mapping[str, Range]
    engines: tuple[str, ...]


def build_measurements(catalogue: Catalogue, house: House, release: Release) -> MeasurementTable:
    """Lay out one row per measurement read, usable or not, as an Excel table with filters."""
    sheet = start_sheet(MEASUREMENTS, "Measurements", release, tab="data", subtitle="Every row that was read, as read")
    engines = tuple(sorted({m.engine for m in catalogue.measurements if m.engine and m.engine != UNKNOWN}))
    context = _Context(house, engines, catalogue.reasons)
    last = HEAD_ROW + len(catalogue.measurements)
    for col, column in enumerate(_COLUMNS):
        sheet.widths[col] = column.width
        sheet.put(HEAD_ROW, col, column.header, head_style(column.style))
        for offset, measurement in enumerate(catalogue.measurements, start=1):
            content = column.content(measurement, context)
            if content is not None and content != "":
                sheet.put(HEAD_ROW + offset, col, content, column.style)
    columns = {c.key: sheet.area(HEAD_ROW + 1, i, last, i) for i, c in enumerate(_COLUMNS)}
    area = sheet.area(HEAD_ROW, 0, last, len(_COLUMNS) - 1)
    sheet.tables.append(TableSpec(area, "MeasurementRows", "Every measurement that was read, with its source"))
    sheet.heights[HEAD_ROW] = 54
    sheet.freeze = (HEAD_ROW + 1, 3)
    sheet.repeat_rows = (HEAD_ROW, HEAD_ROW)
    return MeasurementTable(sheet, columns, engines)
