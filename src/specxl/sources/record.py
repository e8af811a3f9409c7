"""The reader interface: what a reader is given and what it returns. Plug-ins build on this module.

A reader turns the content of one file into records. It converts units (latencies to seconds, speeds to tok/s) and
nothing else: aliases, GPU rules, rounding and validation happen once, in `specxl.reading.normalise`, for all formats alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from specxl.errors import Notice
    from specxl.figures import Figure
    from specxl.schema import PublishedFigures
    from specxl.sources.content import Content

INTERFACE_VERSION = 1
"""Raised when a change breaks a reader written for an older version; additions with a default do not raise it."""

INFERENCEX_ATTRIBUTION = (
    "Contains data from InferenceX, copyright SemiAnalysis LLC, Apache License 2.0, "
    "https://github.com/SemiAnalysisAI/InferenceX"
)
TPOT = "TPOT, (latency - TTFT) / (output tokens - 1) per request"


@dataclass(slots=True, kw_only=True)
class Record:
    """One measurement in the words of its file.

    None means that the file does not say; nothing is guessed, and 0 is never a stand-in. Throughput is given either
    for the whole deployment (`*_tok_s`) or already per GPU (`*_tok_s_gpu`); with `per_role`, output per GPU counts
    decode GPUs only and input per GPU counts prefill GPUs only. `stats` maps "<statistic>_<quantity>" to a figure:
    statistic one of mean, median, p75, p90, p95, p99, p99.9; quantity one of ttft, tpot, e2el (seconds) and intvty
    (tok/s/user); agentic rows also itl and full_response_itl (seconds).

    What tells this configuration from others beside model, engine and sizes: `draft_tokens` (at most so many tokens per
    speculative step), `recipe` (the source's fingerprint of it), `offload` (where the key-value cache may spill to),
    `request_rate` (requests per second; infinity for all `requests` at once), `settings` (server options as pairs of name
    and value), `configuration` (in the user's words) and `identity` (what no person needs to read). `run` is the id of
    the run where the format gives one, `run_order` orders runs within a day, and rows that differ in `repeat` only are
    repeats of one setting. `cached_share` is the share of input tokens that a cache served.

    `tentative` names the fields that the file merely suggests (a served model's alias): the user may overrule those,
    while contradicting any other is an error. `stated` collects the fields that the user gave. `synthetic_acceptance`
    is for files that say so themselves, and `submission_invalid` holds the words in which one calls itself invalid.
    """

    row: int
    model: str | None = None
    hardware: str | None = None
    engine: str | None = None
    precision: str | None = None
    variant: str | None = None
    workload: str | None = None
    isl: Figure = None
    osl: Figure = None
    isl_mean: float | None = None
    osl_mean: float | None = None
    agentic: bool = False
    concurrency: Figure = None
    stats: Mapping[str, Figure] = field(default_factory=dict)
    total_tok_s: Figure = None
    output_tok_s: Figure = None
    input_tok_s: Figure = None
    total_tok_s_gpu: Figure = None
    output_tok_s_gpu: Figure = None
    input_tok_s_gpu: Figure = None
    per_role: bool = False
    gpus: Figure = None
    prefill_gpus: Figure = None
    decode_gpus: Figure = None
    gpus_as_published: Figure = None
    disaggregated: bool | None = None
    parallelism: str = ""
    date: str | None = None
    run_order: str = ""
    run_url: str | None = None
    image: str | None = None
    completed: Figure = None
    failed: Figure = None
    failure: str = ""
    accept_length: Figure = None
    synthetic_acceptance: bool = False
    estimated: str = ""
    length_factor: float | None = None
    definition: str | None = None
    identity: Hashable = ()
    repeat: int | None = None
    run: str | None = None
    recipe: str | None = None
    draft_tokens: Figure = None
    request_rate: Figure = None
    requests: Figure = None
    offload: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    configuration: str | None = None
    cached_share: Figure = None
    submission_invalid: str = ""
    stated: frozenset[str] = frozenset()
    tentative: frozenset[str] = frozenset()
    published: PublishedFigures | None = None
    label: str = ""


@dataclass(slots=True, kw_only=True)
class ScoreRecord:
    """One score that a configuration reached in an evaluation of its answers, in the words of its file.

    `score` and `standard_error` are shares of the full score, `measure` says how answers were judged ("em_strict"), `samples`
    how many there were. `sizes` are the parallel sizes as a record's `parallelism`, empty where the file has none.
    `order` orders runs within a day.
    """

    row: int
    model: str | None = None
    hardware: str | None = None
    engine: str | None = None
    precision: str | None = None
    variant: str | None = None
    sizes: str = ""
    task: str | None = None
    measure: str = ""
    score: Figure = None
    standard_error: Figure = None
    samples: Figure = None
    concurrency: Figure = None
    date: str | None = None
    order: str = ""
    run_url: str | None = None


@dataclass(slots=True, kw_only=True)
class Reading:
    """What one file held: its records in file order, how it defines interactivity, and what the reader noticed.

    `newest_run_only` says that every line holds several runs (a database dump); `answer` that the file is an answer of a
    source which may have selected the current rows already, given at `answered_at` (ISO, where the file says so).
    `by_documentation` says that no real file of this form has been at hand, so the reader follows the format's
    documentation only. `scores` are those of evaluations, which stand in files of their own.
    """

    records: list[Record]
    definition: str = TPOT
    attribution: str = ""
    newest_run_only: bool = False
    answer: bool = False
    answered_at: str = ""
    by_documentation: bool = False
    notices: list[Notice] = field(default_factory=list)
    scores: list[ScoreRecord] = field(default_factory=list)


class Source(Protocol):
    """A reader. `recognises` must be cheap, must not raise, and must look at content only, never at a name."""

    @property
    def interface_version(self) -> int:
        """The `INTERFACE_VERSION` the reader was written for."""
        ...

    @property
    def name(self) -> str:
        """The short name of the format, shown for every file."""
        ...

    @property
    def title(self) -> str:
        """The format in words, for messages."""
        ...

    def recognises(self, content: Content) -> bool:
        """Whether this reader can read the content."""
        ...

    def read(self, content: Content) -> Reading:
        """Read the content; raise `InputError` with file, row and field when it does not follow its format."""
        ...


def flag(value: object) -> bool | None:
    """Read a boolean as files write it: true, "true", "True", 1, "yes"; None when it is not said or not readable."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if value is not None else ""
    if text in {"true", "1", "yes", "on"}:
        return True
    return False if text in {"false", "0", "no", "off"} else None
