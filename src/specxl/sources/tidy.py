"""The tidy table: one measurement per row under the canonical column names (docs/formats.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from specxl.errors import InputError, Notice, nearest
from specxl.labels import clean_label
from specxl.schema import PublishedFigures
from specxl.sources.delimited import with_decimal_points
from specxl.sources.record import INFERENCEX_ATTRIBUTION, INTERFACE_VERSION, Reading, Record, flag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
REQUIRED = ("model", "hardware", TOTAL)
_SPEEDS = {SPEED, "tpot_median_s", "tpot_mean_s", "tpot_p90_s", "tpot_p99_s"}
SERVING = ("aggregated", "disaggregated", "unknown")
_WORKLOAD = re.compile(r"(\d+)(k?)\s*[x/]\s*(\d+)(k?)", re.IGNORECASE)


class Tidy:
    """Reads the tidy table from CSV text, whatever its delimiter, byte order mark and line ends."""

    interface_version = INTERFACE_VERSION
    name = "tidy"
    title = "tidy table"

    def recognises(self, content: Content) -> bool:
        """By its header: the canonical names of model, hardware and throughput or speed."""
        names = set(canonical_names(content.header))
        return {"model", "hardware"} <= names and bool(names & {TOTAL, SPEED})

    def read(self, content: Content) -> Reading:
        """Read all rows; a missing column, a row of the wrong width or mixed decimal signs stop the file."""
        names = canonical_names(content.table.header)
        return read_table(names, _rows(content.table, names, content.name), content.name)


def read_table(names: Sequence[str], rows: Sequence[tuple[int, Mapping[str, Figure]]], file: str) -> Reading:
    """Turn named cells into records; shared with the readers of xlsx and Parquet."""
    _check_columns(names, file)
    records = [_record(row, cells, file) for row, cells in rows]
    unknown = [name for name in names if name and name not in COLUMNS]
    notices = []
    if unknown:
        listed = ", ".join(f"`{clean_label(name, limit=40)}`" for name in unknown[:8])
        notices.append(Notice("columns", f"columns that mean nothing here were not read: {listed}", file))
    published = any(record.published for record in records)
    attribution = INFERENCEX_ATTRIBUTION if published else ""
    return Reading(records=records, definition="TPOT as the table gives it", attribution=attribution, notices=notices)


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
    twice = next((name for name in names if name and list(names).count(name) > 1), None)
    if twice:
        raise InputError("the column stands twice in the header", file=file, field=clean_label(twice, limit=60))


def _rows(table: Table, names: Sequence[str], file: str) -> list[tuple[int, Mapping[str, Figure]]]:
    """Name the cells of every row; decimal commas are read where the delimiter allows them."""
    numeric = {*FIGURE_COLUMNS, *STAT_COLUMNS, *PUBLISHED_COLUMNS[2:]}
    pointed = with_decimal_points(table, {place for place, name in enumerate(names) if name in numeric}, file)
    result: list[tuple[int, Mapping[str, Figure]]] = []
    for line, cells in pointed.rows:
        if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
            raise InputError(
                f"the row has {len(cells)} cells", file=file, row=line, allowed=f"{len(names)}, as in the header"
            )
        result.append((line, dict(zip(names, (cell.strip() for cell in cells), strict=False))))
    return result


def _record(row: int, cells: Mapping[str, Figure], file: str) -> Record:
    """Build one record; an empty cell is None."""
    given = {name: value for name, value in cells.items() if value is not None and value != ""}
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
    numbers: list[float] = []
    for name in PUBLISHED_COLUMNS[1:]:
        try:
            numbers.append(float(str(given[name])))
        except (KeyError, ValueError) as error:
            raise InputError(
                f"`{clean_label(given.get(name), limit=40)}` is not a number", file=file, row=row, field=name
            ) from error
    decimals = len(str(given[PUBLISHED_COLUMNS[2]]).partition(".")[2])
    return PublishedFigures(
        page=clean_label(given["published_page"]),
        position=int(numbers[0]),
        cost_usd_per_mtok=numbers[1],
        throughput_tok_s_mw=numbers[2],
        cost_decimals=max(decimals, 3),
    )
