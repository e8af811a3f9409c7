"""The tidy table: one measurement per row under the canonical column names (docs/formats.md)."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from specxl.errors import InputError, Notice, nearest
from specxl.figures import positive
from specxl.labels import clean_label
from specxl.schema import PublishedFigures
from specxl.sources.frames import is_missing
from specxl.sources.notation import Notation
from specxl.sources.record import INFERENCEX_ATTRIBUTION, INTERFACE_VERSION, Reading, Record, flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from specxl.figures import Figure
    from specxl.sources.content import Content, Table

SPEED = "interactivity_tok_s_user"
TOTAL = "total_tok_s_gpu"
TEXT_COLUMNS = (
    "model",
    "hardware",
    "engine",
    "precision",
    "variant",
    "workload",
    "parallelism",
    "date",
    "run_url",
    "image",
    "configuration",
)
FIGURE_COLUMNS = (
    "isl",
    "osl",
    "concurrency",
    TOTAL,
    "output_tok_s_gpu",
    "input_tok_s_gpu",
    "gpus",
    "prefill_gpus",
    "decode_gpus",
    "accept_length",
    "completed",
    "failed",
    "draft_tokens",
    "request_rate",
)
STAT_COLUMNS: Mapping[str, str] = {
    SPEED: "median_intvty",
    **{
        f"{quantity}_{statistic}_s": f"{statistic}_{quantity}"
        for quantity in ("tpot", "ttft", "e2el")
        for statistic in ("median", "mean", "p90", "p99")
    },
}
OTHER_COLUMNS = ("serving", "per_role", "interactivity_definition")
PUBLISHED_COLUMNS = (
    "published_page",
    "published_position",
    "published_cost_usd_per_mtok",
    "published_throughput_tok_s_mw",
)
COLUMNS: tuple[str, ...] = (*TEXT_COLUMNS, *FIGURE_COLUMNS, *STAT_COLUMNS, *OTHER_COLUMNS, *PUBLISHED_COLUMNS)
NUMERIC_COLUMNS = frozenset((*FIGURE_COLUMNS, *STAT_COLUMNS, *PUBLISHED_COLUMNS[1:]))
_PRINTED = frozenset(PUBLISHED_COLUMNS)
"""Columns whose decimals are kept as printed."""
LONGEST_TEXT = 1000
"""Longer texts are cut: no label shows more than a quarter of this."""
REQUIRED = ("model", "hardware", TOTAL)
_SPEEDS = {SPEED, "tpot_median_s", "tpot_mean_s", "tpot_p90_s", "tpot_p99_s"}
LARGEST_POSITION = 1000
LARGEST_PRINTED = 1e12
"""No page prints a larger figure: tok/s/MW run to some millions."""
SERVING = ("aggregated", "disaggregated", "unknown")
_WORKLOAD = re.compile(r"(\d+)(k?)\s*[x/]\s*(\d+)(k?)", re.IGNORECASE | re.ASCII)


class Tidy:
    """Reads the tidy table from CSV text, whatever its delimiter, byte order mark and line ends."""

    interface_version = INTERFACE_VERSION
    name = "tidy"
    title = "tidy table"

    def recognises(self, content: Content) -> bool:
        """By its header: the canonical names of model, hardware and throughput or speed."""
        return is_header(canonical_names(content.header))

    def read(self, content: Content) -> Reading:
        """Read all rows; a missing column, a row of the wrong width or mixed decimal signs stop the file."""
        table = content.table
        names = canonical_names(table.header)
        _check_widths(table, content.name)
        return read_table(names, table.rows, content.name, table.delimiter)


def read_table(
    names: Sequence[str], rows: Sequence[tuple[int, Sequence[Figure]]], file: str, delimiter: str = ""
) -> Reading:
    """Turn rows of cells into records; shared with the readers of xlsx and Parquet.

    `names` are the canonical names of the columns, `rows` the cells with their row numbers. Cells right of the last
    column are left to the caller.
    """
    _check_columns(names, file)
    used = [(place, name) for place, name in enumerate(names) if name in COLUMNS]
    numeric = [(place, name) for place, name in used if name in NUMERIC_COLUMNS]
    notation = Notation(_number_cells(rows, numeric), delimiter, file)
    shared: dict[str, str] = {}
    records = [_record(row, _given(cells, used, notation, shared), file) for row, cells in rows]
    notices = notation.notices
    unknown = [name for name in names if name and name not in COLUMNS]
    if unknown:
        listed = ", ".join(f"`{clean_label(name, limit=40)}`" for name in unknown[:8])
        notices.append(Notice("columns", f"columns that mean nothing here were not read: {listed}", file))
    published = any(record.published for record in records)
    attribution = INFERENCEX_ATTRIBUTION if published else ""
    return Reading(records=records, definition="TPOT as the table gives it", attribution=attribution, notices=notices)


def _number_cells(
    rows: Iterable[tuple[int, Sequence[Figure]]], numeric: Sequence[tuple[int, str]]
) -> Iterator[tuple[int, str, str]]:
    """Yield the texts in number columns."""
    for row, cells in rows:
        for place, name in numeric:
            value = cells[place] if place < len(cells) else None
            if isinstance(value, str) and (text := value.strip()):
                yield row, name, text


def _given(
    cells: Sequence[Figure], used: Sequence[tuple[int, str]], notation: Notation, shared: dict[str, str]
) -> dict[str, Figure]:
    """Return the filled cells of a row by name: numbers as numbers, except those whose printed form counts."""
    given: dict[str, Figure] = {}
    for place, name in used:
        value = cells[place] if place < len(cells) else None
        if isinstance(value, str):
            value = value.strip()
            if name in NUMERIC_COLUMNS:
                value = notation.plain(value) if name in _PRINTED else notation.figure(value)
            else:
                value = shared.setdefault(value[:LONGEST_TEXT], value[:LONGEST_TEXT])
        if value is not None and value != "":
            given[name] = value
    return given


def cell(value: Any) -> Figure:  # noqa: ANN401 - whatever a workbook or a frame holds
    """Turn one value of a workbook or Parquet file into a figure: a missing value is None, a date its ISO text."""
    if is_missing(value):
        return None
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return value if isinstance(value, (int, float, str)) else str(value)


def is_header(names: Iterable[str]) -> bool:
    """Whether canonical names are the header of a tidy table."""
    present = set(names)
    return {"model", "hardware"} <= present and bool(present & {TOTAL, SPEED})


def canonical_names(header: Sequence[str]) -> list[str]:
    """Canonical spelling of a header: lower case, white space and hyphens as underscores."""
    return [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in header]


def missing_columns(header: Sequence[str]) -> list[str]:
    """The required columns that a header lacks, a speed or a latency to derive it from among them."""
    present = set(canonical_names(header))
    needed = REQUIRED if present & _SPEEDS else (*REQUIRED, SPEED)
    return [name for name in needed if name not in present]


def _check_columns(names: Sequence[str], file: str) -> None:
    """Every required column once, and a speed or a latency to derive it from."""
    missing = missing_columns(names)
    if missing:
        near = nearest(missing[0], [name for name in names if name not in COLUMNS])
        raise InputError(
            f"the column is missing{f' ({near})' if near else ''}",
            file=file,
            field=missing[0],
            allowed=f"a header with at least {', '.join((*REQUIRED, SPEED))}",
            next_step="docs/formats.md lists all columns",
        )
    twice = next((name for name, count in Counter(names).items() if name and count > 1), None)
    if twice:
        raise InputError("the column stands twice in the header", file=file, field=clean_label(twice, limit=60))


def _check_widths(table: Table, file: str) -> None:
    """Refuse a row with more filled cells than the header has names: one of its values stands in the wrong place."""
    width = len(table.header)
    for line, cells in table.rows:
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            raise InputError(
                f"the row has {len(cells)} cells", file=file, row=line, allowed=f"{width}, as in the header"
            )


def _record(row: int, given: Mapping[str, Figure], file: str) -> Record:
    """Build one record from the filled cells of a row."""
    text: dict[str, Any] = {name: str(given[name]) for name in TEXT_COLUMNS if name in given}
    workload, isl, osl = _lengths(text.pop("workload", None), given.get("isl"), given.get("osl"))
    figures: dict[str, Any] = {name: given[name] for name in FIGURE_COLUMNS[2:] if name in given}
    stats = {stat: given[name] for name, stat in STAT_COLUMNS.items() if name in given}
    definition = given.get("interactivity_definition")
    published = _published(given, row, file)
    if published is not None and definition is None:
        definition = "as the published page states it"
    return Record(
        row=row,
        workload=workload,
        isl=isl,
        osl=osl,
        stats=stats,
        disaggregated=_serving(given.get("serving"), row, file),
        per_role=bool(flag(given.get("per_role"))),
        definition=f"TPOT: {definition}" if definition is not None else None,
        published=published,
        identity=tuple(str(given.get(name, "")) for name in ("serving", "published_page", "published_position")),
        **text,
        **figures,
    )


def _lengths(workload: str | None, isl: Figure, osl: Figure) -> tuple[str | None, Figure, Figure]:
    """Split "1k/1k" or "1024x1024" into lengths; another name stays a name."""
    match = _WORKLOAD.fullmatch(workload.strip()) if workload else None
    if match is None:
        return workload, isl, osl
    first, second = (int(n) * (1024 if k else 1) for n, k in ((match[1], match[2]), (match[3], match[4])))
    return None, first if isl is None else isl, second if osl is None else osl


def _serving(value: Figure, row: int, file: str) -> bool | None:
    """Read the serving column."""
    text = str(value).strip().lower() if value is not None else "unknown"
    if text not in SERVING:
        raise InputError(
            f"`{clean_label(text, limit=40)}` is no serving mode",
            file=file,
            row=row,
            field="serving",
            allowed=", ".join(SERVING),
        )
    return None if text == "unknown" else text == "disaggregated"


def _published(given: Mapping[str, Figure], row: int, file: str) -> PublishedFigures | None:
    """Read the printed figures of a published page, with the decimals they were printed with."""
    if "published_page" not in given:
        return None
    position, cost, throughput = (_printed(given, name, row, file) for name in PUBLISHED_COLUMNS[1:])
    if position != int(position) or position > LARGEST_POSITION:
        raise InputError(
            f"`{clean_label(given[PUBLISHED_COLUMNS[1]], limit=40)}` is no place on a page",
            file=file,
            row=row,
            field=PUBLISHED_COLUMNS[1],
            allowed=f"a whole number from 1 to {LARGEST_POSITION}",
        )
    decimals = len(str(given[PUBLISHED_COLUMNS[2]]).partition(".")[2])
    return PublishedFigures(
        page=clean_label(given["published_page"]),
        position=int(position),
        cost_usd_per_mtok=cost,
        throughput_tok_s_mw=throughput,
        cost_decimals=max(decimals, 3),
    )


def _printed(given: Mapping[str, Figure], name: str, row: int, file: str) -> float:
    """Read one printed figure: what a page prints is above zero, and a tie-out divides by it."""
    value = positive(given.get(name))
    if value is None or value > LARGEST_PRINTED:
        raise InputError(
            f"`{clean_label(given.get(name), limit=40)}` is not a number above zero",
            file=file,
            row=row,
            field=name,
            allowed=f"a figure as printed, up to {LARGEST_PRINTED:g}",
            next_step="Leave published_page empty where the page prints no figures",
        )
    return value
