"""Records in the words of their files become canonical rows: one place for aliases, units, GPU rules and rounding.

METHOD 1 (15 digits), FORMATS 0.1 (canonical row), 1.5 (whole-deployment throughput) and 1.6 (GPU counts).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Literal

from specxl.figures import number, positive
from specxl.labels import clean_label, clean_link
from specxl.schema import UNKNOWN, Statistic, round15

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.figures import Figure
    from specxl.house import House
    from specxl.sources.record import Record

RoleBasis = Literal["deployment", "as published"]
NOT_SAID = "the file does not say"
SIDECAR = "specxl.toml"
MAX_TOKENS = 10**9
MAX_GPUS = 10**6
UNIT_MARGIN = 0.1


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


@dataclass(slots=True)
class Row:
    """One canonical row while the data set is put together; `excluded` says in words why it feeds no curve."""

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
    concurrency: float | None = None
    interactivity: float | None = None
    definition: str = ""
    total: float | None = None
    output: float | None = None
    input: float | None = None
    output_as_published: float | None = None
    input_as_published: float | None = None
    gpus: int | None = None
    serving: str = UNKNOWN
    latency_scale: float = 1.0
    date: dt.date | None = None
    link: str = ""
    excluded: str = ""
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def seconds(self, name: str) -> float | None:
        """Return a latency of the record, such as "p99_ttft", in seconds; None when it is missing or not above zero."""
        value = number(self.record.stats.get(name))
        return round15(value * self.latency_scale) if value is not None and value > 0 else None

    def unsaid(self) -> list[str]:
        """Name what the row can do without but a reader of the workbook would want to know."""
        names = [name for name in ("engine", "precision", "variant", "workload") if getattr(self, name) == UNKNOWN]
        return [*names, *(name for name in ("gpus", "concurrency", "date") if getattr(self, name) is None)]

    @property
    def curve(self) -> tuple[str, str, str, str, str]:
        """The key of the curve, all engines pooled."""
        return self.model, self.hardware, self.precision, self.workload, self.variant


class Names:
    """Resolves the names of one load; each distinct name is looked up and cleaned once."""

    def __init__(self, house: House) -> None:
        self.model = _cleaned(house.resolve_model)
        self.hardware = _cleaned(house.resolve_hardware)
        self.engine = _cleaned(house.resolve_engine)
        self.precision = _cleaned(house.resolve_precision)
        self.variant = _once(lambda raw: clean_label(house.resolve_variant(clean_label(raw))) or UNKNOWN)
        self.label = _once(clean_label)
        self.link = _once(clean_link)


def _cleaned(resolve: Callable[[str], str]) -> Callable[[object], str]:
    """Wrap a resolver: the name is cleaned first; an empty one is unknown."""
    return _once(lambda raw: clean_label(resolve(label)) or UNKNOWN if (label := clean_label(raw)) else UNKNOWN)


def _once(resolve: Callable[[str], str]) -> Callable[[object], str]:
    """Remember each answer; None is unknown. Values of any type may come from a file, so text is what is looked up."""
    answers: dict[str, str] = {}

    def lookup(raw: object) -> str:
        if raw is None:
            return UNKNOWN
        text = raw if isinstance(raw, str) else str(raw)
        if (answer := answers.get(text)) is None:
            answer = answers[text] = resolve(text)
        return answer

    return lookup


def normalise(record: Record, origin: Origin, names: Names, rules: Rules) -> Row:
    """Turn one record into a canonical row; what makes it unusable is said in `excluded`."""
    isl, osl = _length(record.isl, record.isl_mean), _length(record.osl, record.osl_mean)
    row = Row(
        record=record,
        file=origin.file,
        format=origin.format,
        model=names.model(record.model),
        hardware=names.hardware(record.hardware),
        engine=names.engine(record.engine),
        precision=names.precision(record.precision),
        variant=names.variant(record.variant),
        workload=_workload(record, isl, osl, names),
        isl=isl,
        osl=osl,
    )
    row.date = _date(record, row)
    row.link = names.link(record.run_url or "")
    row.serving = _SERVING[record.disaggregated]
    row.concurrency = _optional(record.concurrency, "concurrency", row)
    row.gpus = _gpus(record, row)
    row.latency_scale = _latency_scale(record)
    by_default = rules.statistic == "median"
    statistic = rules.agentic_statistic if record.agentic and by_default else rules.statistic
    _set_speed(row, statistic, origin.definition)
    _set_throughput(row, rules.role_basis)
    if unsaid := _required_but_unsaid(row):
        row.excluded = f"{NOT_SAID} {', '.join(unsaid)}: give it in {SIDECAR} or with --set {unsaid[0]}=..."
    if record.failure:
        row.excluded = f"the run cannot be used: {clean_label(record.failure, limit=200)}"
    return row


_SERVING = {True: "disaggregated", False: "aggregated", None: UNKNOWN}


def _required_but_unsaid(row: Row) -> list[str]:
    """Name what no row can do without and the file leaves open."""
    record = row.record
    needs_gpus = record.total_tok_s is not None and record.total_tok_s_gpu is None
    gaps = {"model": row.model == UNKNOWN, "hardware": row.hardware == UNKNOWN, "gpus": needs_gpus and row.gpus is None}
    return [name for name, gap in gaps.items() if gap]


def _length(nominal: Figure, mean: float | None) -> int | None:
    """Return the nominal sequence length; else the measured mean, rounded to whole tokens."""
    value = number(nominal)
    if value is None and mean is not None and isfinite(mean):
        value = float(round(mean))
    return int(value) if value is not None and 1 <= value <= MAX_TOKENS else None


def _workload(record: Record, isl: int | None, osl: int | None, names: Names) -> str:
    """Return the workload's key: a name of its own (agentic traces), or "1024x1024" from the lengths."""
    if record.workload is not None:
        return names.label(record.workload) or UNKNOWN
    return f"{isl}x{osl}" if isl is not None and osl is not None else UNKNOWN


def _optional(value: Figure, name: str, row: Row) -> float | None:
    """Read a figure that a row can do without; an unusable one is remarked upon."""
    result = positive(value)
    if result is None and value is not None:
        row.remarks.append(f"{name} is not a number above zero, so it was left empty")
    return result


def _date(record: Record, row: Row) -> dt.date | None:
    """Read the date of the run: YYYY-MM-DD, with or without a time behind it."""
    if record.date is None:
        return None
    try:
        return dt.date.fromisoformat(record.date[:10])
    except (ValueError, TypeError):
        row.remarks.append("the date is not written YYYY-MM-DD, so it was left empty")
        return None


def _gpus(record: Record, row: Row) -> int | None:
    """Read the GPU count; a fraction or anything below one is no count."""
    value = number(record.gpus)
    if value is None and record.prefill_gpus is not None and record.decode_gpus is not None:
        prefill, decode = number(record.prefill_gpus), number(record.decode_gpus)
        value = prefill + decode if prefill is not None and decode is not None else None
    if value is None and record.gpus is None:
        return None
    if value is None or value < 1 or value != int(value) or value > MAX_GPUS:
        row.remarks.append("the GPU count is not a whole number above zero, so it was left empty")
        return None
    return int(value)


def _latency_scale(record: Record) -> float:
    """Return what turns the record's latencies into seconds, by evidence: TPOT times speed is 1 in s and 1000 in ms.

    Headers and key names have said "(ms)" over seconds, so a file that gives both is judged by its own figures.
    """
    latency, speed = number(record.stats.get("median_tpot")), number(record.stats.get("median_intvty"))
    if latency is None or speed is None:
        return 1.0
    return 0.001 if abs(latency * speed / 1000 - 1) < UNIT_MARGIN else 1.0


def _set_speed(row: Row, statistic: Statistic, definition: str) -> None:
    """Set the interactivity: the median as published, any other statistic rebuilt as 1 / that TPOT (FORMATS 0.2).

    A published p90 or p99 speed is never taken: some formats mean the fastest users by it and some the slowest.
    """
    stats = row.record.stats
    tpot = f"{statistic}_tpot"
    row.definition = clean_label(f"1 / {statistic} {row.record.definition or definition}", limit=255)
    raw = stats.get("median_intvty") if statistic == "median" else None
    if raw is not None:
        row.interactivity = positive(raw)
    else:
        raw = stats.get(tpot)
        latency = (number(raw) or 0.0) * row.latency_scale
        row.interactivity = positive(1 / latency) if latency > 0 else None
    if row.interactivity is None:
        reason = "is missing" if raw is None else f"is {_shown(raw)}, not a number above zero"
        name = "interactivity" if statistic == "median" else f"the {statistic} TPOT that interactivity needs"
        row.excluded = f"{name} {reason}"


def _shown(value: Figure) -> str:
    """Show an unusable figure."""
    return f"`{clean_label(value, limit=30)}`"


def _set_throughput(row: Row, role_basis: RoleBasis) -> None:
    """Set throughput per GPU: total over all GPUs, output and input as published and on the whole deployment."""
    record = row.record
    total, output, into = _per_gpu(row)
    row.total, row.output_as_published, row.input_as_published = total, output, into
    row.output, row.input = output, into
    if row.total is None and not row.excluded:
        row.excluded = _missing_total(row)
    if record.per_role and role_basis == "deployment":
        # From the unrounded figures: every number is rounded once.
        row.output, row.input = whole_deployment(
            number(record.total_tok_s_gpu),
            number(record.output_tok_s_gpu),
            number(record.input_tok_s_gpu),
            number(record.prefill_gpus),
            number(record.decode_gpus),
        )


def _per_gpu(row: Row) -> tuple[float | None, float | None, float | None]:
    """Throughput per GPU as given, or the deployment's divided by its GPUs."""
    record = row.record
    if record.total_tok_s_gpu is not None or record.total_tok_s is None:
        return (
            positive(record.total_tok_s_gpu),
            _optional(record.output_tok_s_gpu, "output throughput", row),
            _optional(record.input_tok_s_gpu, "input throughput", row),
        )
    if row.gpus is None:
        return None, None, None
    rates = (number(rate) for rate in (record.total_tok_s, record.output_tok_s, record.input_tok_s))
    total, output, into = (positive(rate / row.gpus) if rate is not None else None for rate in rates)
    return total, output, into


def _missing_total(row: Row) -> str:
    """Say why there is no throughput per GPU."""
    record = row.record
    raw = record.total_tok_s_gpu if record.total_tok_s_gpu is not None else record.total_tok_s
    return "throughput is missing" if raw is None else f"throughput is {_shown(raw)}, not a number above zero"


def whole_deployment(
    total: float | None, output: float | None, into: float | None, prefill: float | None, decode: float | None
) -> tuple[float | None, float | None]:
    """Put output per decode GPU and input per prefill GPU on all GPUs of the deployment (FORMATS 1.5).

    With the role counts P and D: output * D / (P + D) and input * P / (P + D). Without them the shares follow from
    total = share * output + (1 - share) * input, which has no solution when output equals input. D = 0 means that the
    figures already count all GPUs.
    """
    if output is None or into is None or total is None:
        return None, None
    if decode == 0:
        return output, into
    if prefill is not None and decode is not None:
        share = decode / (prefill + decode)
    elif into != output:
        share = (into - total) / (into - output)
    else:
        return None, None
    if not 0 < share < 1:
        return None, None
    return positive(output * share), positive(into * (1 - share))
