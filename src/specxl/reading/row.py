"""One canonical row while the data set is put together, and the choices it was made under."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from specxl.figures import number
from specxl.schema import UNKNOWN, Statistic, round15

if TYPE_CHECKING:
    import datetime as dt

    from specxl.sources.record import Record

RoleBasis = Literal["deployment", "as published"]
NOT_SAID = "the file does not say"
SIDECAR = "specxl.toml"
LONGEST_S = 1e7
"""No request takes longer (s): 115 days."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where records come from: the file, its format, and what its speeds are one over."""

    file: str
    format: str
    definition: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The choices that normalising leaves to the user."""

    statistic: Statistic = "median"
    agentic_statistic: Statistic = "p90"
    role_basis: RoleBasis = "deployment"


class Run(NamedTuple):
    """When a row was measured: what orders runs in time, the newest last, and what tells one from another.

    `number` and `attempt` are those of the run's link; a row without a date counts as the oldest.
    """

    date: dt.date
    started: str
    number: int
    attempt: int
    key: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one row that a notice says; `topic` is that of the notice."""

    topic: str
    text: str


@dataclass(slots=True)
class Row:
    """One canonical row; `excluded` says in words why it feeds no curve.

    `latency` names the quantity whose statistic the speed is one over; `scales` turn the record's quantities into
    seconds where the file writes them in another unit. `number` counts the rows of the data set from 1; `line` numbers
    the configurations without their concurrency, and `run` is when the row was measured. `also_in` names other files
    that hold the same row, `issues` the references of known issues that its run is on the list of, `days` those on which it
    counted (`history`).
    """

    record: Record
    file: str
    format: str
    model: str
    hardware: str
    engine: str
    precision: str
    variant: str
    workload: str
    isl: int | None
    osl: int | None
    statistic: Statistic = "median"
    concurrency: float | None = None
    request_rate: float | None = None
    interactivity: float | None = None
    latency: str = "tpot"
    definition: str = ""
    total: float | None = None
    output: float | None = None
    input: float | None = None
    output_as_published: float | None = None
    input_as_published: float | None = None
    gpus: int | None = None
    serving: str = UNKNOWN
    scales: dict[str, float] | None = None
    date: dt.date | None = None
    link: str = ""
    configuration: str = ""
    number: int = 0
    line: int = 0
    run: Run | None = None
    also_in: set[str] | None = None
    issues: tuple[str, ...] = ()
    days: tuple[dt.date, ...] = ()
    repeats: int = 1
    excluded: str = ""
    findings: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def seconds(self, name: str) -> float | None:
        """Return a latency of the record, such as "p99_ttft", in seconds; None when it is missing or no duration."""
        raw = self.record.stats.get(name)
        value = number(raw) if raw is not None else None
        if value is None or value <= 0:
            return None
        scaled = value * self.scales.get(name.partition("_")[2], 1.0) if self.scales else value
        return scaled if scaled <= LONGEST_S else None

    def rounded_seconds(self, name: str) -> float | None:
        """Return a latency as a measurement holds it: to 15 digits."""
        value = self.seconds(name)
        return round15(value) if value is not None else None

    def unsaid(self) -> list[str]:
        """Name what the row can do without but a reader of the workbook would want to know."""
        names = [name for name in ("engine", "precision", "variant", "workload") if getattr(self, name) == UNKNOWN]
        load = self.concurrency if self.concurrency is not None else self.request_rate
        lacking = {"gpus": self.gpus, "concurrency": load, "date": self.date}
        return [*names, *(name for name, value in lacking.items() if value is None)]

    @property
    def curve(self) -> tuple[str, str, str, str, str, str]:
        """The key of the curve, all engines pooled; a run of one's own is a curve of its own."""
        return self.model, self.hardware, self.precision, self.workload, self.variant, self.record.label
