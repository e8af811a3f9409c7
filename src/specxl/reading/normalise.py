"""Records in the words of their files become canonical rows: one place for aliases, GPU rules, dates and rounding.

METHOD 1 (15 digits), FORMATS 0.1 (canonical row) and 1.6 (GPU counts). Speed and throughput have modules of their own.
"""

from __future__ import annotations

import datetime as dt
from math import inf, isfinite
from typing import TYPE_CHECKING

from specxl.figures import number
from specxl.labels import clean_label
from specxl.reading.row import NOT_SAID, SIDECAR, Remark, Row
from specxl.reading.speed import set_speed
from specxl.reading.throughput import optional, set_throughput
from specxl.schema import UNKNOWN

if TYPE_CHECKING:
    from specxl.figures import Figure
    from specxl.reading.naming import Names
    from specxl.reading.row import Origin, Rules
    from specxl.sources.record import Record

MAX_TOKENS = 10**9
MAX_GPUS = 10**6
CONCURRENCY = (1e-3, 1e8)
REQUESTS_PER_S = (1e-9, 1e8)
FIRST_YEAR = 2015
"""Before it nothing of this kind was measured."""
_RELEASED = dt.date(2026, 11, 1)
"""No present day is earlier: a clock that says so is wrong, and must not make the dates of real runs future ones."""
_SERVING = {True: "disaggregated", False: "aggregated", None: UNKNOWN}


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
    row.concurrency = optional(record.concurrency, "concurrency", row, CONCURRENCY)
    row.request_rate = _request_rate(record, row)
    row.gpus = _gpus(record, row)
    by_default = rules.statistic == "median"
    statistic = rules.agentic_statistic if record.agentic and by_default else rules.statistic
    set_speed(row, statistic, origin.definition)
    set_throughput(row, rules.role_basis)
    if unsaid := _required_but_unsaid(row):
        row.excluded = f"{NOT_SAID} {', '.join(unsaid)}: give it in {SIDECAR} or with --set {unsaid[0]}=..."
    if record.failure:
        row.excluded = f"the run cannot be used: {clean_label(record.failure, limit=200)}"
    if record.submission_invalid:
        reason = clean_label(record.submission_invalid, limit=120)
        row.remarks.append(Remark("invalid", f"the run says that it is no valid submission ({reason})"))
    return row


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
        return names.workload(record.workload)
    return f"{isl}x{osl}" if isl is not None and osl is not None else UNKNOWN


def _date(record: Record, row: Row) -> dt.date | None:
    """Read the date of the run: YYYY-MM-DD, with or without a time behind it, from 2015 to the present."""
    if record.date is None:
        return None
    try:
        # A file may hold an object here, in which Python 3.12 would look a slice up.
        date = dt.date.fromisoformat(record.date[:10] if isinstance(record.date, str) else "")
    except ValueError:
        row.remarks.append(Remark("incomplete", "the date is not written YYYY-MM-DD, so it was left empty"))
        return None
    if date.year < FIRST_YEAR:
        row.remarks.append(Remark("date", f"the date is `{date}`, before {FIRST_YEAR}, so it was left empty"))
        return None
    # A run of today may already carry tomorrow's date in another time zone.
    if date > _RELEASED and date > dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1):
        row.remarks.append(Remark("date", f"the date is `{date}`, in the future, so it was left empty"))
        return None
    return date


def _request_rate(record: Record, row: Row) -> float | None:
    """Read the request rate; infinity means that all requests came at once, and says nothing beside a concurrency."""
    if str(record.request_rate).strip().lower() in ("inf", "infinity"):
        return inf if row.concurrency is None else None
    return optional(record.request_rate, "the request rate", row, REQUESTS_PER_S)


def _gpus(record: Record, row: Row) -> int | None:
    """Read the GPU count; a fraction or anything below one is no count."""
    value = number(record.gpus)
    if value is None and record.prefill_gpus is not None and record.decode_gpus is not None:
        prefill, decode = number(record.prefill_gpus), number(record.decode_gpus)
        value = prefill + decode if prefill is not None and decode is not None else None
    if value is None and record.gpus is None:
        return None
    if value is None or value < 1 or value != int(value) or value > MAX_GPUS:
        text = "the GPU count is not a whole number above zero, so it was left empty"
        row.remarks.append(Remark("incomplete", text))
        return None
    return int(value)
