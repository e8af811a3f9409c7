"""The canonical measurement: what one row of any source means once it is normalised.

Names carry their unit where a number crosses a module border. The glossary of the terms is METHOD section 1,
repeated for readers of the workbook in `docs/glossary.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

Statistic = Literal["median", "mean", "p90", "p99"]
STATISTICS: tuple[Statistic, ...] = ("median", "mean", "p90", "p99")
TIERS: tuple[str, ...] = ("hyperscaler", "neocloud", "rental")
TOKEN_BASES: tuple[str, ...] = ("total", "output", "input")
UNKNOWN = "unknown"
OFF = "none"
K_TOKENS = 1024
SHEET_ROWS = 1_048_576
"""Rows of a sheet in an xlsx file."""
MAX_MEASUREMENTS = 250_000
"""Most measurements of one data set. Fewer than a sheet could hold below its head: reading them takes 1 GB of memory."""


@dataclass(frozen=True, slots=True)
class PublishedFigures:
    """What a published page printed for this point, kept as printed (METHOD 5, "Published figures").

    `page` is the id of the page in `data/published_pages.csv`; cost is $/M tokens; `position` orders the page's targets.
    """

    page: str
    position: int
    cost_usd_per_mtok: float
    throughput_tok_s_mw: float
    cost_decimals: int = 3


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The score of a measurement's configuration in one task, as a share, beside the median of `peers` other configurations.

    `low` says that it lies clearly under that median; there is none without peers.
    """

    task: str
    score: float
    standard_error: float | None
    date: dt.date | None
    run_url: str
    peers: int
    median: float | None
    low: bool


@dataclass(frozen=True, slots=True)
class Measurement:
    """One canonical row: every number in the unit of its name, rounded to 15 significant digits.

    A number that the source does not give is None, never 0. `excluded` says in words why the row feeds no curve, and is
    empty for a usable row. `findings` holds ids of the data audit ("suspect:littles_law", "note:warm_up", ...).
    `configuration` says for people what besides the parallelism makes this another setting (draft tokens, swept server
    options, recipe); `stated` names the fields that a sidecar or `--set` gave; `issues` the known issues (their
    references) that the run is on the list of; `repeats` how many measurements of one setting the figures are the median of.
    `cached_input_tok_s_gpu` is the part of the input that a cache served. `agentic_e2el_s` is the end-to-end latency of an
    agentic row at the statistic of its speed: only rows that are on the frontier of it too may be knots of a curve. `label`
    is what the user calls a run of one's own, empty for everything else: rows of two labels are never one curve. `scores` are
    those of its configuration in evaluations, the one that lies lowest against its peers first. `days` are the run dates of its
    curve on which the row counted; empty where the inputs hold no past of the curve.
    """

    number: int
    model: str
    hardware: str
    engine: str
    precision: str
    workload: str
    isl: int | None
    osl: int | None
    variant: str
    concurrency: float | None
    interactivity_tok_s_user: float | None
    interactivity_definition: str
    total_tok_s_gpu: float | None
    output_tok_s_gpu: float | None
    input_tok_s_gpu: float | None
    output_as_published_tok_s_gpu: float | None
    input_as_published_tok_s_gpu: float | None
    gpus: int | None
    serving: str
    parallelism: str
    ttft_median_s: float | None
    ttft_p99_s: float | None
    date: dt.date | None
    run_url: str
    image: str
    source_file: str
    source_row: int
    excluded: str = ""
    findings: tuple[str, ...] = ()
    accept_length: float | None = None
    published: PublishedFigures | None = None
    configuration: str = ""
    stated: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()
    repeats: int = 1
    cached_input_tok_s_gpu: float | None = None
    agentic_e2el_s: float | None = None
    label: str = ""
    scores: tuple[Evaluation, ...] = ()
    days: tuple[dt.date, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether the row may feed a curve."""
        return not self.excluded

    @property
    def suspect(self) -> bool:
        """Whether the data audit found that the row contradicts itself."""
        return any(finding.startswith("suspect") for finding in self.findings)


def newest_date(measurements: Iterable[Measurement]) -> dt.date | None:
    """Return the newest date of a usable row: of the official ones where any is dated, since one's own move none of theirs."""
    dated = [(m.date, m.label) for m in measurements if m.usable and m.date is not None]
    official = [date for date, label in dated if not label]
    return max(official or [date for date, _ in dated], default=None)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that was read: the name it is reported under, its format, digest, rows and speed definition.

    `by_documentation` marks a form of which no real file was at hand when its reader was written.
    """

    name: str
    format: str
    sha256: str
    rows: int
    definition: str
    title: str = ""
    by_documentation: bool = False


@dataclass(frozen=True, slots=True)
class StatedValue:
    """One value that the user gave because the files do not say it: where, for which files, and the digest of the place.

    `source` is the sidecar's name or "--set", `match` the pattern of the files, `sha256` that of the sidecar's bytes or of
    the setting's text.
    """

    source: str
    match: str
    field: str
    value: str
    sha256: str


def workload_label(workload: str) -> str:
    """Turn "1024x1024" into "1k/1k"; other names stay as they are.

    Multiples of 1024 are written with a k, other lengths as plain numbers ("512/128").
    """
    isl, _, osl = workload.partition("x")
    if not all(length.isascii() and length.isdigit() for length in (isl, osl)):
        return workload
    return f"{_in_k(int(isl))}/{_in_k(int(osl))}"


_LONGEST_LENGTH = 9


def workload_tokens(workload: str) -> tuple[int, int] | None:
    """Return how many tokens go in and out of a request of "1024x1024"; None where the name does not say it."""
    isl, _, osl = workload.partition("x")
    if not all(length.isascii() and length.isdigit() and len(length) <= _LONGEST_LENGTH for length in (isl, osl)):
        return None
    tokens = int(isl), int(osl)
    return tokens if all(tokens) else None


def _in_k(tokens: int) -> str:
    thousands, rest = divmod(tokens, K_TOKENS)
    return f"{thousands}k" if thousands and not rest else str(tokens)


def round15(value: float) -> float:
    """Round to 15 significant digits (METHOD 1): what Excel shows and every writer keeps without loss."""
    return float(f"{value:.15g}") if isfinite(value) else value
