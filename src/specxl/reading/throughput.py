"""Throughput per GPU of one row, over all GPUs of its deployment (FORMATS 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.figures import number, positive
from specxl.reading.row import Remark
from specxl.reading.speed import shown

if TYPE_CHECKING:
    from specxl.figures import Figure
    from specxl.reading.row import RoleBasis, Row

LOWEST_TOK_S_GPU, HIGHEST_TOK_S_GPU = 1e-3, 1e9
"""No GPU serves fewer or more tokens per second, those read from a cache included."""

CLASS_TOK_S_GPU = (1e-6, HIGHEST_TOK_S_GPU)
"""The same for one token class, which may be a small part of the total."""


def set_throughput(row: Row, role_basis: RoleBasis) -> None:
    """Set throughput per GPU: total over all GPUs, output and input as published and on the whole deployment."""
    record = row.record
    row.total, row.output_as_published, row.input_as_published = _per_gpu(row)
    row.output, row.input = row.output_as_published, row.input_as_published
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
    _refuse_impossible(row)


def optional(value: Figure, name: str, row: Row, bounds: tuple[float, float]) -> float | None:
    """Read a figure that a row can do without; an unusable or impossible one is remarked upon."""
    result = positive(value)
    if result is not None and bounds[0] <= result <= bounds[1]:
        return result
    if value is not None:
        allowed = f"is {shown(result)}, not between {bounds[0]:g} and {bounds[1]:,.0f}"
        fault = "is not a number above zero" if result is None else allowed
        row.remarks.append(Remark("incomplete", f"{name} {fault}, so it was left empty"))
    return None


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
    if prefill is not None and decode is not None and prefill + decode > 0:
        share = decode / (prefill + decode)
    elif into != output:
        share = (into - total) / (into - output)
    else:
        return None, None
    if not 0 < share < 1:
        return None, None
    return positive(output * share), positive(into * (1 - share))


def _per_gpu(row: Row) -> tuple[float | None, float | None, float | None]:
    """Throughput per GPU as given, or the deployment's divided by its GPUs."""
    record = row.record
    if record.total_tok_s_gpu is not None or record.total_tok_s is None:
        return (
            positive(record.total_tok_s_gpu),
            optional(record.output_tok_s_gpu, "output throughput", row, CLASS_TOK_S_GPU),
            optional(record.input_tok_s_gpu, "input throughput", row, CLASS_TOK_S_GPU),
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
    return "throughput is missing" if raw is None else f"throughput is {shown(raw)}, not a number above zero"


def _refuse_impossible(row: Row) -> None:
    """Refuse a throughput that no GPU has, and leave out a token class that exceeds every bound."""
    if row.total is not None and not LOWEST_TOK_S_GPU <= row.total <= HIGHEST_TOK_S_GPU:
        row.excluded = row.excluded or (
            f"throughput is {shown(row.total)}, which no GPU has: allowed are {LOWEST_TOK_S_GPU:g} to"
            f" {HIGHEST_TOK_S_GPU:,.0f} tok/s/GPU"
        )
        row.total = None
    for name in ("output", "input"):
        value = getattr(row, name)
        if value is not None and not CLASS_TOK_S_GPU[0] <= value <= CLASS_TOK_S_GPU[1]:
            setattr(row, name, None)
