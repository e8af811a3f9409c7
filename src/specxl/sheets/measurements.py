"""The Measurements sheet: every row that was read, with its source, its place on the frontier and the formulas' codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from specxl.house.evaluations import all_in_words
from specxl.labels import clean_link
from specxl.model.cells import Formula, Link, TableSpec
from specxl.schema import UNKNOWN, workload_label
from specxl.sheets.anchors import Anchor
from specxl.sheets.block.flags import packed_marks
from specxl.sheets.frame import MEASUREMENTS, head_style, start_sheet
from specxl.sheets.published import page_price

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from specxl.house import House
    from specxl.method.catalogue import Catalogue
    from specxl.model.cells import Content, Range, Ref, Sheet
    from specxl.schema import Evaluation, Measurement
    from specxl.sheets.prices import PriceCells

HEAD_ROW = 5
_EPOCH = dt.date(1899, 12, 30)


def serial(date: dt.date | None) -> int | None:
    """The day number by which spreadsheets store a date."""
    return None if date is None else (date - _EPOCH).days


@dataclass(frozen=True, slots=True)
class _Context:
    """What a column needs beside the measurement itself: names, the families' numbers, why a row is not on its curve."""

    house: House
    families: tuple[str, ...]
    findings: Mapping[str, str]
    reasons: Mapping[int, str]
    tie_out: Ref
    row: Callable[[Measurement], Mapping[str, Ref]]


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


def engine_words(m: Measurement, house: House) -> str:
    """The engine of a measurement as people read it."""
    return _stated(m.engine and house.engine_label(m.engine))


def _finding(*names: str) -> Callable[[Measurement, _Context], Content]:
    return lambda m, _: int(any(name in m.findings for name in names))


def _serving(mode: str) -> Callable[[Measurement, _Context], Content]:
    return lambda m, _: int(m.serving == mode)


def _family(m: Measurement, c: _Context) -> Content:
    """The number of the engine's family; 0 where the engine is not stated."""
    family = c.house.engine_family(m.engine)
    return c.families.index(family) + 1 if family else 0


def _issues(m: Measurement, c: _Context) -> Content:
    """The known issue of the run, linked to where it was reported; the first one, should there be several."""
    known = c.house.known_issues.match(m)
    words = "; ".join(f"{issue.summary} ({issue.reference})" for issue in known)
    link = clean_link(known[0].url) if known else ""
    return Link(link, words[:LONGEST_LINK_TEXT]) if link else words


def _at_odds(m: Measurement, c: _Context) -> Content:
    """1 where the printed cost of a published point is not the page's price over its throughput."""
    if m.published is None or _page_price(m, c) is None:
        return 0
    cells = c.row(m)
    ours = f"{cells['page_price']}/({cells['total']}*{{seconds_per_hour}}/{{million}})"
    return Formula(f"IF(ABS({cells['printed']}/({ours})-1)>{c.tie_out},1,0)")


def _page_price(m: Measurement, c: _Context) -> float | None:
    page = c.house.pages.get(m.published.page) if m.published else None
    return page_price(c.house, page) if page else None


def has_scores(catalogue: Catalogue) -> bool:
    """Whether any measurement has a score of an evaluation; without one there is no column for them."""
    return any(m.scores for m in catalogue.measurements)


def _evaluated(m: Measurement, c: _Context) -> Content:
    """All scores in words, linked to the run of the first: the one that lies lowest against its peers."""
    words = all_in_words(m.scores, c.house.texts["evaluations"])
    link = clean_link(m.scores[0].run_url) if m.scores else ""
    return Link(link, words[:LONGEST_LINK_TEXT]) if link else words


def _lowest(value: Callable[[Evaluation], Content]) -> Callable[[Measurement, _Context], Content]:
    """A fact of the score that lies lowest against its peers."""
    return lambda m, _: value(m.scores[0]) if m.scores else None


_SCORES = (
    _Column("score_words", "", 60, "link", _evaluated),
    _Column("score_task", "", 14, "text", _lowest(lambda score: score.task)),
    _Column("score", "", 9, "price", _lowest(lambda score: score.score)),
    _Column("score_se", "", 11, "price", _lowest(lambda score: score.standard_error)),
    _Column("score_median", "", 13, "price", _lowest(lambda score: score.median)),
    _Column("score_peers", "", 13, "id", _lowest(lambda score: score.peers)),
    _Column("score_date", "", 11, "date", _lowest(lambda score: serial(score.date))),
)
"""Columns of workbooks with scores of evaluations; their headers stand in evaluations.toml."""
PRINT_SCALE = 80
"""Per cent: the table is several pages wide, or its type would be too small to read."""
LONGEST_LINK_TEXT = 250
_COLUMNS = (
    _Column("number", "No.", 6, "id", lambda m, _: m.number),
    _Column("model", "Model", 20, "text", lambda m, c: c.house.model(m.model).label),
    _Column("hardware", "Hardware", 13, "text", lambda m, c: c.house.hardware(m.hardware).label),
    _Column("vendor", "Vendor", 9, "text", lambda m, c: c.house.hardware(m.hardware).vendor),
    _Column("serving", "Serving", 13, "text", lambda m, _: _stated(m.serving)),
    _Column("engine", "Engine", 14, "text", lambda m, c: engine_words(m, c.house)),
    _Column("variant", "Spec decoding", 10, "text", lambda m, c: c.house.variant_label(m.variant)),
    _Column("precision", "Precision", 9, "text", lambda m, c: c.house.precision_label(m.precision)),
    _Column("workload", "Workload", 10, "text", lambda m, _: workload_label(m.workload)),
    _Column("concurrency", "Concurrency (requests)", 15, "speed", lambda m, _: m.concurrency),
    _Column("gpus", "GPUs", 6, "whole", lambda m, _: m.gpus),
    _Column("parallelism", "Parallelism", 24, "indent", lambda m, _: m.parallelism),
    _Column("configuration", "Configuration", 24, "text", lambda m, _: m.configuration),
    _Column("x", "Speed per user (tok/s)", 12, "tput", lambda m, _: m.interactivity_tok_s_user),
    _Column("total", "Total throughput (tok/s/GPU)", 12, "tput", lambda m, _: m.total_tok_s_gpu),
    _Column("output", "Output throughput (tok/s/GPU)", 12, "tput", lambda m, _: m.output_tok_s_gpu),
    _Column("input", "Input throughput (tok/s/GPU)", 12, "tput", lambda m, _: m.input_tok_s_gpu),
    _Column(
        "output_published", "Output as published (tok/s/GPU)", 13, "tput", lambda m, _: m.output_as_published_tok_s_gpu
    ),
    _Column(
        "input_published", "Input as published (tok/s/GPU)", 13, "tput", lambda m, _: m.input_as_published_tok_s_gpu
    ),
    _Column("cached", "Cached input (tok/s/GPU)", 12, "tput", lambda m, _: m.cached_input_tok_s_gpu),
    _Column("ttft_median", "First token, median (s)", 9, "price", lambda m, _: m.ttft_median_s),
    _Column("ttft_p99", "First token, p99 (s)", 9, "price", lambda m, _: m.ttft_p99_s),
    _Column("date", "Date", 11, "date", lambda m, _: serial(m.date)),
    _Column("run", "Run", 6, "link", _run),
    _Column("frontier", "Best measured setting", 9, "text", _frontier),
    _Column("why", "Why not", 34, "text", _why),
    _Column("issue_words", "Reported fault", 34, "link", _issues),
    _Column(
        "audit", "Data audit", 24, "text", lambda m, c: ", ".join(c.findings.get(name, name) for name in m.findings)
    ),
    _Column("stated_fields", "Stated by hand", 16, "text", lambda m, _: ", ".join(m.stated)),
    _Column("repeats", "Median of", 8, "id", lambda m, _: m.repeats),
    _Column(
        "printed",
        "Printed cost (page)",
        9,
        "price",
        lambda m, _: m.published.cost_usd_per_mtok if m.published else None,
    ),
    _Column("page_price", "Page's price (USD/GPU-hour)", 9, "price", _page_price),
    _Column("definition", "Speed is", 16, "text", lambda m, _: m.interactivity_definition),
    _Column("accept", "Acceptance length (tokens/step)", 11, "power", lambda m, _: m.accept_length),
    _Column("file", "Source file", 28, "text", lambda m, _: m.source_file),
    _Column("source_row", "Source row", 8, "id", lambda m, _: m.source_row),
    _Column("image", "Container image", 34, "text", lambda m, _: m.image),
    _Column("label", "Own run", 18, "text", lambda m, _: m.label),
    *_SCORES,
    _Column("family", "Code: engine family", 8, "id", _family),
    _Column("aggregated", "Code: aggregated", 8, "flag", _serving("aggregated")),
    _Column("disaggregated", "Code: disaggregated", 8, "flag", _serving("disaggregated")),
    _Column("suspect", "Code: suspect", 8, "flag", lambda m, _: int(m.suspect)),
    _Column("issue", "Code: reported fault", 8, "flag", lambda m, _: int(bool(m.issues))),
    _Column("at_odds", "Code: published cost at odds", 9, "flag", _at_odds),
    _Column("published", "Code: published point", 9, "flag", lambda m, _: int(m.published is not None)),
    _Column("synthetic", "Code: synthetic acceptance", 9, "flag", _finding("note:synthetic_acceptance")),
    _Column("random_prompts", "Code: random prompts", 9, "flag", _finding("note:random_prompts")),
    _Column("stated", "Code: stated by hand", 9, "flag", _finding("note:stated_by_hand")),
    _Column("mixes_runs", "Code: mixes runs", 9, "flag", _finding("caution:mixes_runs")),
    _Column("warm_up", "Code: warm-up", 8, "flag", _finding("note:warm_up")),
    _Column("gpu_count", "Code: GPU count corrected", 9, "flag", _finding("note:gpu_count")),
    _Column("low_score", "", 9, "flag", _finding("caution:low_score")),
    _Column("marks", "Code: all marks", 14, "id", lambda m, c: Formula(packed_marks(c.row(m)))),
)
FACT_COLUMNS = {
    "ttft": "ttft_median",
    **{
        fact: fact
        for fact in (
            "family", "aggregated", "disaggregated", "date", "gpus", "suspect", "issue", "at_odds", "published",
            "synthetic", "random_prompts", "stated", "mixes_runs", "warm_up", "gpu_count", "low_score",
        )
    },
}  # fmt: skip
"""What a comparison asks of a measurement, and the column that says it; that of low scores is in some workbooks only."""
_COMPUTED = frozenset({"at_odds", "marks"})
"""Columns with formulas over others of their row, whose places must be known first."""
# Columns that are left out where no row of the input holds anything in them.
_OPTIONAL = frozenset(
    {"configuration", "cached", "issue_words", "stated_fields", "printed", "page_price", "accept", "image", "label"}
)


@dataclass(frozen=True, slots=True)
class MeasurementTable:
    """Where the rows stand: the range of each column by key, and the numbering of the engine families from 1."""

    sheet: Sheet
    columns: Mapping[str, Range]
    families: tuple[str, ...]
    anchor: Anchor


def _is_shown(column: _Column, held: Sequence[Content], *, scored: bool) -> bool:
    """Columns that may be left out are, where no row holds anything in them; those of scores go together."""
    if not column.header and not scored:
        return False
    return column.key not in _OPTIONAL or any(content not in (None, "") for content in held)


def engine_families(catalogue: Catalogue, house: House) -> tuple[str, ...]:
    """The families of the engines in the data, sorted: their numbers are their places here, from 1."""
    found = {house.engine_family(m.engine) for m in catalogue.measurements}
    return tuple(sorted(found - {""}))


def build_measurements(
    catalogue: Catalogue, house: House, prices: PriceCells, findings: Mapping[str, str]
) -> MeasurementTable:
    """Lay out one row per measurement read, usable or not, as an Excel table with filters.

    `findings` holds the words of the data audit's findings by their ids.
    """
    sheet = start_sheet(
        MEASUREMENTS, "Measurements", tab="data", check_columns=2, subtitle="Every row that was read, as read"
    )
    first, last = HEAD_ROW + 1, HEAD_ROW + len(catalogue.measurements)
    places: dict[str, int] = {}

    def row(m: Measurement) -> dict[str, Ref]:
        return {key: sheet.ref(HEAD_ROW + m.number, col) for key, col in places.items()}

    context = _Context(
        house, engine_families(catalogue, house), findings, catalogue.reasons, prices.names["tie_out"].fix, row
    )
    cells = {c.key: [c.content(m, context) for m in catalogue.measurements] for c in _COLUMNS if c.key not in _COMPUTED}
    shown = [c for c in _COLUMNS if _is_shown(c, cells.get(c.key, ()), scored=has_scores(catalogue))]
    places |= {column.key: col for col, column in enumerate(shown)}
    cells |= {c.key: [c.content(m, context) for m in catalogue.measurements] for c in shown if c.key in _COMPUTED}
    constants = prices.context()
    for col, column in enumerate(shown):
        sheet.widths[col] = column.width
        header = column.header or house.texts["evaluations"]["columns"][column.key]
        sheet.put(HEAD_ROW, col, header, head_style(column.style))
        for at, content in enumerate(cells[column.key], start=first):
            if isinstance(content, Formula):
                sheet.formula(at, col, content.source.format_map(constants), column.style)
            elif content is not None and content != "":
                sheet.put(
                    at, col, content, column.style if isinstance(content, Link) or column.style != "link" else "text"
                )
    columns = {c.key: sheet.area(first, i, last, i) for i, c in enumerate(shown)}
    area = sheet.area(HEAD_ROW, 0, last, len(shown) - 1)
    sheet.tables.append(TableSpec(area, "MeasurementRows", "Every measurement that was read, with its source"))
    sheet.heights[HEAD_ROW] = 54
    sheet.freeze = (HEAD_ROW + 1, 3)
    sheet.repeat_rows, sheet.repeat_columns, sheet.print_scale = (HEAD_ROW, HEAD_ROW), (0, 2), PRINT_SCALE
    subjects = tuple((m.number,) for m in catalogue.measurements)
    anchor = Anchor("measurements", "", sheet.ref(first, 0), tuple(columns), subjects)
    return MeasurementTable(sheet, columns, context.families, anchor)
